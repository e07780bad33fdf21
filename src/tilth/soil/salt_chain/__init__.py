"""Salt, water and crop through the years: the chain itself, its parts, its measures and options."""
