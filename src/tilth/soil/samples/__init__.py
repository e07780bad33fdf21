"""Laboratory tables: headings, units, depths and places understood, every conversion recorded, and kept."""
