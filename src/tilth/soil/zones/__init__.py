"""Zones of land with their measures, and land that could become farmland."""
