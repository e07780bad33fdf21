"""The map: which layers there are, their tiles, and the overview from afar, for whoever may see all or some of it."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from tilth.api.map_sheets import (
    BASIC,
    OTHER_FARMLAND,
    OTHER_LAND,
    THEMES,
    Progress,
    Shelf,
    drawn_key,
    is_open,
    open_behind,
    overview_of,
    progress_of,
    sheet_of,
    shelf_at_hand,
    shelf_of,
)
from tilth.api.map_stock import draw_ahead, stock_at_hand
from tilth.core import BadInput, BoolArray, Label, NotFound, label
from tilth.land import CodeSystem, RegionTree, Store, Stored, code_system
from tilth.land.folder import read_meta
from tilth.runtime import Workspace
from tilth.tiles import LAST_ZOOM, Address, Choices, Sheet, indexed_png, is_packed, packed, tile_of, unpacked

#: Kinds of layers whose features are regions, and are seen by whoever may see the region.
_OF_REGIONS = ("township", "village")
#: Tiles drawn last are kept, up to so many bytes.
_MOST_KEPT = 64 << 20
_GRADES = 15
_RING = ("#1a9850", "#66bd63", "#a6d96a", "#d9ef8b", "#ffffbf", "#fee08b", "#fdae61", "#f46d43", "#d73027", "#a50026")


@dataclass(frozen=True, slots=True)
class MapTile:
    """A tile as bytes, none where it shows nothing. `tag` changes whenever the bytes may."""

    content: bytes
    tag: str

    @property
    def is_packed(self) -> bool:
        """Is it packed by gzip?"""
        return is_packed(self.content)


class Kept:
    """The tiles drawn last."""

    def __init__(self, most: int) -> None:
        self._most, self._bytes = most, 0
        self._held: OrderedDict[str, bytes] = OrderedDict()
        self._lock = Lock()

    def get(self, tag: str, draw: Callable[[], bytes]) -> bytes:
        """The tile `tag`, drawn where it is not kept."""
        with self._lock:
            found = self._held.get(tag)
            if found is not None:
                self._held.move_to_end(tag)
                return found
        found = draw()
        with self._lock:
            if tag not in self._held:
                self._held[tag] = found
                self._bytes += len(found)
            while self._bytes > self._most:
                self._bytes -= len(self._held.popitem(last=False)[1])
        return found


_kept = Kept(_MOST_KEPT)


def map_layers(workspace: Workspace) -> dict[str, Stored]:
    """What the map can show, by the id under which it is asked for: the survey of each year, and the layers in use."""
    return dict(shelf_of(workspace, anew=True).layers)


def map_record(workspace: Workspace, scope: Sequence[str] | None = None) -> dict[str, Any]:
    """Bounds, years, layers with the addresses of their tiles, the overview, and what the colours say.

    What is not ready to be drawn is made ready from now on, while others go on; `ready` and `progress` tell how far it
    is. Then the tiles of the newest survey are drawn ahead of whoever asks for them; `drawn_ahead` tells of which they
    are.

    Parameters
    ----------
    scope
        Codes of the regions whose land may be seen; all of it if None.
    """
    store = Store(workspace)
    layers, whole = map_layers(workspace), _sees_all(workspace, scope)
    for stored in sorted(layers.values(), key=lambda one: one.year or 0, reverse=True):
        _ready(workspace, stored, overview=stored.kind == "survey")  # the newest is what is looked at first
    newest = max((one for one in layers.values() if one.kind == "survey"), key=lambda one: one.year or 0, default=None)
    if newest is not None and is_open(workspace, newest, overview=True):
        draw_ahead(workspace, shelf_of(workspace), newest)
    told = []
    for name, stored in layers.items():
        if whole or stored.kind in ("survey", *_OF_REGIONS):
            told.append(_layer_record(workspace, name, stored, store.meta(stored).rows_stored if whole else None))
    years = sorted(one.year for one in layers.values() if one.kind == "survey" and one.year is not None)
    ready = [one for one in layers.values() if is_open(workspace, one)]
    surveys = [sheet_of(workspace, one) for one in ready if one.kind == "survey"]
    boxes = [box for sheet in surveys or [sheet_of(workspace, one) for one in ready] if (box := sheet.bounds)]
    bounds = (
        [*np.min([box[:2] for box in boxes], axis=0), *np.max([box[2:] for box in boxes], axis=0)] if boxes else None
    )
    return {
        "bounds": bounds,
        "center": [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2] if bounds else None,
        "years": years,
        "ready": all(one["ready"] for one in told),
        "layers": told,
        "overview": _overview_record(workspace, layers),
        "legend": _legend(workspace, layers),
    }


def map_tile(
    workspace: Workspace,
    layer: str,
    z: int,
    x: int,
    y: int,
    scope: Sequence[str] | None = None,
    *,
    pack: bool = False,
) -> MapTile | None:
    """A vector tile of a layer, for whoever may see `scope`; None while the layer is being made ready.

    With `pack`, it is packed by gzip where that makes it smaller.

    Raises
    ------
    NotFound
        If there is no such layer or tile.
    BadInput
        If the layer cannot be drawn.
    """
    stored = _stored(workspace, layer, scope)
    at = Address.of(z, x, y)
    if not _ready(workspace, stored):
        return None
    sheet = sheet_of(workspace, stored)
    if z < sheet.first_zoom:
        raise NotFound("TILES-TOO-FAR", layer=layer, z=z, first=sheet.first_zoom)
    allowed = None if _sees_all(workspace, scope) else _allowed(workspace, sheet, stored, scope or ())
    tag = _tag(workspace, stored, f"{z}/{x}/{y}", allowed) + (_PACKED if pack else "")
    ahead = None if allowed is not None else _ahead(workspace, shelf_of(workspace), stored, at)
    if ahead is not None:
        return MapTile(ahead if pack else unpacked(ahead), tag)
    draw = (lambda: packed(tile_of(sheet, at, allowed))) if pack else (lambda: tile_of(sheet, at, allowed))
    return MapTile(_kept.get(tag, draw), tag)


def tile_at_hand(
    workspace: Workspace, layer: str, z: int, x: int, y: int, sees: Callable[[RegionTree], Sequence[str]]
) -> MapTile | None:
    """What `map_tile` gives, packed, where that is at hand; None where more has to be done for it than to look.

    No database is asked: what the workspace has is known from a moment ago (`look_again` sees to that), and the tile
    is drawn already.

    Parameters
    ----------
    sees
        Gives the codes of the regions whose land may be seen.
    """
    shelf = shelf_at_hand(workspace)
    stored = None if shelf is None else shelf.layers.get(layer)
    if shelf is None or stored is None or not 0 <= x < 1 << z or not 0 <= y < 1 << z:
        return None
    stock = stock_at_hand(workspace, shelf, stored)
    if stock is None or not shelf.shows_all_to(sees(shelf.tree), workspace.region):
        return None
    content = stock.get(Address(z, x, y))
    if content is None:
        return None
    return MapTile(content, f"{_tag_of(workspace, shelf.key_of(stored), f'{z}/{x}/{y}')}{_PACKED}")


def look_again(workspace: Workspace) -> None:
    """Look up what the workspace has for the map, so that `tile_at_hand` knows for another second."""
    shelf_of(workspace, anew=True)


def map_regions(workspace: Workspace) -> RegionTree:
    """The region tree by which it is decided what of the map is shown to whom, as it was a second ago at most."""
    return shelf_of(workspace).tree


def _ahead(workspace: Workspace, shelf: Shelf, stored: Stored, at: Address) -> bytes | None:
    """The tile, packed, if it was drawn ahead; if none were yet, they are from now on."""
    stock = stock_at_hand(workspace, shelf, stored)
    if stock is None:
        draw_ahead(workspace, shelf, stored)
        return None
    return stock.get(at)


def map_overview(
    workspace: Workspace, year: int, z: int, x: int, y: int, by: str = "class", scope: Sequence[str] | None = None
) -> MapTile | None:
    """A picture (PNG) of a survey from afar, coloured by class, basic farmland ("pbf") or quality; as `map_tile`."""
    stored = shelf_of(workspace).layers.get(f"survey-{year}") or Store(workspace).in_use(year)
    if by not in THEMES:
        raise BadInput("MAP-THEME", by=by, known=", ".join(THEMES))
    if not _ready(workspace, stored, overview=True):
        Address.of(z, x, y)
        return None
    sheet, overview = sheet_of(workspace, stored), overview_of(workspace, stored)
    at = Address.of(z, x, y, overview.last_zoom)
    allowed = None
    if not _sees_all(workspace, scope):
        allowed = np.concatenate([[False], _allowed(workspace, sheet, stored, scope or ())])
    colours = _colours(workspace, stored, sheet)[by]
    tag = _tag(workspace, stored, f"{by}/{z}/{x}/{y}/{''.join(map(str, colours))}", allowed)

    def draw() -> bytes:
        pixels = overview.tile(by, at, allowed)
        return b"" if pixels is None else indexed_png(pixels, colours)

    return MapTile(_kept.get(tag, draw), tag)


def map_tilejson(workspace: Workspace, layer: str, base: str, scope: Sequence[str] | None = None) -> dict[str, Any]:
    """TileJSON 3.0.0 of a layer; `base` is the address of the server.

    Raises
    ------
    NotFound
        If there is no such layer.
    """
    stored = _stored(workspace, layer, scope)
    sheet = sheet_of(workspace, stored)
    kinds = {column.name: "Number" if not _is_text(column) else "String" for column in sheet.columns}
    return {
        "tilejson": "3.0.0",
        "name": layer,
        "tiles": [f"{base}{_TILES.format(layer=layer)}"],
        "minzoom": sheet.first_zoom,
        "maxzoom": LAST_ZOOM,
        "bounds": sheet.bounds,
        "vector_layers": [{"id": sheet.name, "fields": kinds, "minzoom": sheet.first_zoom, "maxzoom": LAST_ZOOM}],
    }


#: Ends the tag of a tile that may be packed.
_PACKED = "-packed"
_TILES = "/api/v1/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt"
_OVERVIEW = "/api/v1/tiles/overview/{year}/{z}/{x}/{y}.png?by={by}"


def _stored(workspace: Workspace, layer: str, scope: Sequence[str] | None) -> Stored:
    layers = shelf_of(workspace).layers
    stored = layers.get(layer)
    if stored is None or not (_sees_all(workspace, scope) or stored.kind in ("survey", *_OF_REGIONS)):
        raise NotFound("TILES-NO-SUCH-LAYER", layer=layer, known=", ".join(layers) or "-")
    return stored


def _ready(workspace: Workspace, stored: Stored, *, overview: bool = False) -> bool:
    if is_open(workspace, stored, overview=overview):
        return True
    open_behind(workspace, stored)
    return False


def _sees_all(workspace: Workspace, scope: Sequence[str] | None) -> bool:
    return scope is None or shelf_of(workspace).shows_all_to(scope, workspace.region)


def _allowed(workspace: Workspace, sheet: Sheet, stored: Stored, scope: Sequence[str]) -> BoolArray:
    """(c,) which of the regions of a sheet lie in `scope`."""
    column = sheet.column("region_code" if stored.kind == "survey" else "code")
    codes = column.choices if isinstance(column, Choices) else ()
    tree = shelf_of(workspace).tree
    return np.array([_lies_in(str(code), scope, tree) for code in codes], dtype=bool)


def _lies_in(code: str, scope: Sequence[str], tree: RegionTree) -> bool:
    """Is a region in `scope` or below? One that the tree does not know lies in those whose code its own begins with."""
    if code in tree:
        return any(one.code in scope for one in tree.ancestors(code))
    above = [one for one in tree.regions if code.startswith(one)]
    return bool(above) and any(one.code in scope for one in tree.ancestors(max(above, key=len)))


def _tag(workspace: Workspace, stored: Stored, what: str, allowed: BoolArray | None) -> str:
    seen = b"" if allowed is None else b"some" + allowed.tobytes()
    return _tag_of(workspace, drawn_key(workspace, stored), what, seen)


def _tag_of(workspace: Workspace, key: str, what: str, seen: bytes = b"") -> str:
    return hashlib.sha256(f"{workspace.root}/{key}/{what}".encode() + seen).hexdigest()[:32]


def _is_text(column: Any) -> bool:
    if isinstance(column, Choices):
        return any(isinstance(choice, str) for choice in column.choices)
    return hasattr(column, "text")


def _layer_record(workspace: Workspace, name: str, stored: Stored, count: int | None) -> dict[str, Any]:
    """One entry of the list of layers. How many features it has is told to those who may see all of them."""
    ready = _ready(workspace, stored)
    sheet = sheet_of(workspace, stored) if ready else None
    told = {
        "id": name,
        "kind": stored.kind,
        "label": stored.label,
        "year": stored.year,
        "tiles": _TILES.format(layer=name).replace("{{", "{").replace("}}", "}"),
        "source_layer": "parcels" if stored.kind == "survey" else stored.kind,
        "minzoom": sheet.first_zoom if sheet else None,
        "maxzoom": LAST_ZOOM,
        "bounds": sheet.bounds if sheet else None,
        "count": count,
        "drawn_ahead": stock_at_hand(workspace, shelf_of(workspace), stored) is not None,
        "ready": ready and (stored.kind != "survey" or _ready(workspace, stored, overview=True)),
    }
    far = progress_of(workspace, stored)
    return {**told, "progress": _progress_record(far)} if not told["ready"] else told


def _progress_record(far: Progress | None) -> dict[str, Any] | None:
    return None if far is None else {"doing": far.doing, "done": far.done, "total": far.total}


def _overview_record(workspace: Workspace, layers: Mapping[str, Stored]) -> dict[str, Any] | None:
    surveys = [one for one in layers.values() if one.kind == "survey"]
    ready = [one for one in surveys if is_open(workspace, one, overview=True)]
    if not surveys:
        return None
    last = {str(one.year): overview_of(workspace, one).last_zoom for one in ready}
    return {"tiles": _OVERVIEW, "minzoom": 0, "maxzoom": min(last.values(), default=None), "themes": list(THEMES)}


def _legend(workspace: Workspace, layers: Mapping[str, Stored]) -> dict[str, list[dict[str, Any]]]:
    """What the colours of the overview, and of a map in the same colours, say."""
    found: dict[str, dict[str, Any]] = {}
    for one in layers.values():
        if one.kind == "survey" and is_open(workspace, one):
            sheet = sheet_of(workspace, one)
            colours, codes = _colours(workspace, one, sheet)["class"], _codes(workspace, one)
            for place, code in enumerate(_class_codes(sheet)):
                named = codes[code].label if codes is not None and code in codes else Label(code, code)
                told = {"code": code, "label": named.en, "label_zh": named.zh, "colour": colours[place + 1]}
                found.setdefault(code, told)
    pbf = [
        {"code": code, "label": said.en, "label_zh": said.zh, "colour": _PBF_COLOURS[place]}
        for code, place in (("pbf", BASIC), ("farmland", OTHER_FARMLAND), ("other", OTHER_LAND))
        for said in [label(f"MAP-{code.upper()}")]
    ]
    grades = [
        {"code": grade, "label": said.en, "label_zh": said.zh, "colour": _grade_colours()[grade + 1]}
        for grade in range(1, 11)
        for said in [label("MAP-GRADE", grade=grade)]
    ]
    return {"class": [found[code] for code in sorted(found)], "pbf": pbf, "quality": grades}


_PBF_COLOURS: dict[int, str] = {BASIC: "#b3541e", OTHER_FARMLAND: "#f2d36b", OTHER_LAND: "#e4e4e0"}


def _class_codes(sheet: Sheet) -> tuple[str, ...]:
    column = sheet.column("class_code")
    return tuple(str(code) for code in column.choices) if isinstance(column, Choices) else ()


def _codes(workspace: Workspace, stored: Stored) -> CodeSystem | None:
    try:
        return code_system(_system(str(workspace.root / stored.folder)))
    except BadInput:
        return None


def _colours(workspace: Workspace, stored: Stored, sheet: Sheet) -> dict[str, list[str | None]]:
    """The colour of each value of a pixel, by theme."""
    pbf = [None, *(_PBF_COLOURS[place] for place in (BASIC, OTHER_FARMLAND, OTHER_LAND))]
    system = _system(str(workspace.root / stored.folder))
    return {"class": list(_class_colours(system, _class_codes(sheet))), "pbf": pbf, "quality": _grade_colours()}


@lru_cache(maxsize=256)
def _system(folder: str) -> str:
    """The code system of a stored survey, which never changes."""
    return read_meta(Path(folder)).code_system


@lru_cache(maxsize=32)
def _class_colours(system: str, codes: tuple[str, ...]) -> tuple[str | None, ...]:
    from tilth.report.colours import class_colours, ring_colour

    try:
        shipped = class_colours(code_system(system))
    except BadInput:
        shipped = {}
    return None, *(shipped.get(code) or ring_colour(place) for place, code in enumerate(codes))


def _grade_colours() -> list[str | None]:
    """Of nothing, of land without a grade, of each grade."""
    return [None, None, *_RING, *([_RING[-1]] * (_GRADES - len(_RING)))]
