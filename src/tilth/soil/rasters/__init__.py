"""Grids, stacks of years, bands and the indices made of them."""
