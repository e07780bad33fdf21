"""Maps in the browser: layers made ready once, and drawn as vector tiles and as an overview."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.tiles.columns import Choices, Column, Texts, Wholes
    from tilth.tiles.overview import Overview, write_overview
    from tilth.tiles.png import indexed_png
    from tilth.tiles.prepared import prepare_drawing
    from tilth.tiles.sheet import Sheet, write_sheet
    from tilth.tiles.tile import tile_of
    from tilth.tiles.world import LAST_ZOOM, Address, bounds_of
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "LAST_ZOOM",
    "Address",
    "Choices",
    "Column",
    "Overview",
    "Sheet",
    "Texts",
    "Wholes",
    "bounds_of",
    "indexed_png",
    "prepare_drawing",
    "tile_of",
    "write_overview",
    "write_sheet",
]
