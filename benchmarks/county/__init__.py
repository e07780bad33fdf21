"""A made-up county for benchmarks: two surveys of gap-free parcels, and the layers that they are overlaid with."""

from county.files import County, county

__all__ = ["County", "county"]
