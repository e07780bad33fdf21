"""The tiles of the map by the names of collections, for GIS programs that draw them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tilth.api.map_sheets import shelf_of
from tilth.api.map_tiles import map_tilejson
from tilth.core import NotFound

if TYPE_CHECKING:
    from tilth.features import Collection
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class TileSet:
    """What a GIS program is told of the tiles of a collection."""

    first: int  # zooms of which there are tiles
    last: int
    bounds: tuple[float, float, float, float] | None  # west, south, east, north [degree]
    limits: tuple[dict[str, Any], ...]
    layer: str  # the name of the layer inside a tile
    fields: dict[str, str]  # "Number" or "String" by name

    def holds(self, zoom: int, row: int, column: int) -> bool:
        """May something lie in this tile?"""
        one = next((one for one in self.limits if one["tileMatrix"] == str(zoom)), None)
        return one is not None and (
            one["minTileRow"] <= row <= one["maxTileRow"] and one["minTileCol"] <= column <= one["maxTileCol"]
        )


def tiled_layer(workspace: Workspace, collection: Collection) -> str:
    """Under which id the map shows what a collection holds.

    Raises
    ------
    NotFound
        If the map does not show it.
    """
    found = drawn(workspace).get(collection.snapshot.id)
    if found is None:
        raise NotFound("TILES-NO-SUCH-LAYER", layer=collection.id, known="-")
    return found


def drawn(workspace: Workspace) -> dict[str, str]:
    """What the map shows: by the id of what is stored, the id of the layer."""
    return {stored.id: name for name, stored in shelf_of(workspace).layers.items()}


def tile_set(workspace: Workspace, collection: Collection, scope: Sequence[str] | None = None) -> TileSet:
    """The tiles of a collection, for whoever may see `scope`.

    Raises
    ------
    NotFound, BadInput
        If there are none, or the layer cannot be drawn.
    """
    from tilth.tiles import limits

    told = map_tilejson(workspace, tiled_layer(workspace, collection), "", scope)
    (layer,), bounds, first, last = told["vector_layers"], told["bounds"], told["minzoom"], told["maxzoom"]
    known = tuple(limits(bounds, first, last)) if bounds else ()
    west_to_north = tuple(bounds) if bounds else None
    return TileSet(first, last, west_to_north, known, layer["id"], dict(layer["fields"]))
