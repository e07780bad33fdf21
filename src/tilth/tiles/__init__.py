"""Maps in the browser: layers made ready once, and drawn as vector tiles and as an overview."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.tiles.columns import Choices, Column, Texts, Wholes
    from tilth.tiles.matrices import GRID, GRID_CRS, GRID_URI, limits, tile_matrix_set
    from tilth.tiles.overview import Overview, write_overview
    from tilth.tiles.packing import is_packed, packed, unpacked
    from tilth.tiles.picture import picture_of
    from tilth.tiles.png import indexed_png
    from tilth.tiles.prepared import prepare_drawing
    from tilth.tiles.sheet import Sheet, write_sheet
    from tilth.tiles.stock import Stock, roots_of, write_stock
    from tilth.tiles.tile import tile_of
    from tilth.tiles.world import LAST_ZOOM, Address, bounds_of
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "GRID",
    "GRID_CRS",
    "GRID_URI",
    "LAST_ZOOM",
    "Address",
    "Choices",
    "Column",
    "Overview",
    "Sheet",
    "Stock",
    "Texts",
    "Wholes",
    "bounds_of",
    "indexed_png",
    "is_packed",
    "limits",
    "packed",
    "picture_of",
    "prepare_drawing",
    "roots_of",
    "tile_matrix_set",
    "tile_of",
    "unpacked",
    "write_overview",
    "write_sheet",
    "write_stock",
]
