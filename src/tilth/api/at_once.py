"""What lies under a footprint, and how much of it: areas alone, at once, for whoever draws or asks for many."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import shapely

from tilth import __version__
from tilth.api.layers import usable_layers
from tilth.api.outlined import outlines_of
from tilth.api.under import PARCELS, LandUnder, lay_out
from tilth.change import mend, plots_of
from tilth.core import Finding
from tilth.intake import read_drawn
from tilth.land import RegionTree, Snapshot, Store
from tilth.overlay import intersection_areas, kept, prepare
from tilth.runtime import Workspace, cached, keep_cached
from tilth.runtime.held import HOLDING

if TYPE_CHECKING:
    from tilth.change.footprint import Plots
    from tilth.overlay.layer import Layer
    from tilth.overlay.rings import Extent

#: Raised when what is kept of a layer changes.
_EDITION = 1
#: What is mapped into memory counts for so much less than what is held in it.
_MAPPED = 20
#: What is stored is looked up again after so long.
_LOOK_S = 1.0
#: … and what nobody asked for since is forgotten after so long.
_FORGET_S = 60.0
#: Under the box around a footprint that is answered at once lie no more parcels, if they lie evenly.
_FEW = 2_000


def land_under(workspace: Workspace, drawn: bytes, *, year: int, crs: str | None = None) -> LandUnder:
    """The parcels of a year and the features of every layer that share ground with a footprint, and how much.

    Areas are those of the overlay, exact on the ellipsoid, each by itself: features of one layer that overlap count
    each. No rule is asked; nothing is kept.

    Parameters
    ----------
    drawn
        GeoJSON.
    crs
        Its coordinate system, where it does not say or is wrong.

    Raises
    ------
    NotFound
        If there is no survey of that year.
    BadInput, NeedsAnswer
        If what was drawn cannot be used or leaves something open.
    """
    there = _in_use(workspace, year)
    return there.under(_plots(drawn, crs, there), year)


def land_under_at_hand(workspace: Workspace, drawn: bytes, *, year: int) -> LandUnder | None:
    """What `land_under` gives, where that takes a moment; None where something has to be read for it, or much found.

    No database is asked: what a year uses is known from a moment ago (`look_under_again` sees to that).

    Raises
    ------
    BadInput, NeedsAnswer
        As `land_under`.
    """
    key, now = (str(workspace.root), year), time.monotonic()
    there = _known.get(key)
    if there is None or now - there.looked > _LOOK_S or HOLDING.most <= 0:
        return None
    _asked[key] = now
    plots = _plots(drawn, None, there)
    return there.under(plots, year) if there.is_little(plots) else None


def look_under_again(workspace: Workspace) -> None:
    """Look up what the years use that footprints were asked about, so that `land_under_at_hand` knows another second.

    Raises
    ------
    NotFound, BadInput
        As `land_under`.
    """
    for root, year in list(_known):
        if root == str(workspace.root) and time.monotonic() - _asked.get((root, year), 0.0) <= _FORGET_S:
            _looked_up(workspace, year)


@dataclass(frozen=True)
class _InUse:
    """What a year uses, as it was a moment ago."""

    land: Mapping[str, Snapshot]  # the survey, and each layer by its kind
    ready: Mapping[str, Layer]
    extent: Extent | None  # of the survey
    unusable: tuple[Finding, ...]
    tree: RegionTree
    looked: float  # when [s]

    @property
    def crs(self) -> str:
        """In which all of it stands."""
        return self.land[PARCELS].meta.crs

    def is_little(self, plots: Plots) -> bool:
        """Do no more than a few parcels lie around the plots?"""
        rows = self.ready[PARCELS].rows
        if rows <= _FEW or self.extent is None:
            return True
        x0, y0, x1, y1 = shapely.total_bounds(plots.geometry).tolist()
        left, low, right, high = self.extent
        share = min(1.0, (x1 - x0) / (right - left)) * min(1.0, (y1 - y0) / (high - low))
        return bool(rows * share <= _FEW)

    def under(self, plots: Plots, year: int) -> LandUnder:
        """What lies under the plots."""
        own = prepare(plots.geometry, self.crs)
        shared = {kind: intersection_areas(own, one, self.crs) for kind, one in self.ready.items()}
        return LandUnder(year, self.crs, plots, self.land, shared, self.unusable, self.tree)


_known: dict[tuple[str, int], _InUse] = {}
_asked: dict[tuple[str, int], float] = {}


def _plots(drawn: bytes, crs: str | None, there: _InUse) -> Plots:
    found = read_drawn(drawn, crs=crs)
    return plots_of(found.names, found.shapes, found.crs, there.crs)


def _in_use(workspace: Workspace, year: int) -> _InUse:
    """What `year` uses; a server looks at most once a second."""
    key, now = (str(workspace.root), year), time.monotonic()
    held = _known.get(key) if HOLDING.most > 0 else None
    found = held if held is not None and now - held.looked <= _LOOK_S else _looked_up(workspace, year)
    if HOLDING.most > 0:
        _asked[key] = now
        for other in [one for one, asked in list(_asked.items()) if now - asked > _FORGET_S]:
            _known.pop(other, None)  # what is held for longer is held by `HOLDING`, within its bounds
            _asked.pop(other, None)
    return found


def _looked_up(workspace: Workspace, year: int) -> _InUse:
    """What `year` uses now; kept for a moment by a server."""
    store, now = Store(workspace), time.monotonic()
    survey = store.survey(year)
    layers, unusable = usable_layers(store, survey)
    land = {PARCELS: survey, **layers}
    ready = {kind: prepared(workspace, one) for kind, one in land.items()}
    lay_out(land)
    found = _InUse(land, ready, ready[PARCELS].extent, unusable, store.regions(), now)
    if HOLDING.most > 0:
        _known[str(workspace.root), year] = found
    return found


def prepared(workspace: Workspace, layer: Snapshot) -> Layer:
    """A stored survey or layer as the overlay takes it, held for the next who asks; kept for the next server."""
    key = ("prepared", str(workspace.root), layer.id, layer.meta.crs)
    return HOLDING.held(key, lambda: _prepared(workspace, layer), lambda one: one.rows // _MAPPED)


def _prepared(workspace: Workspace, layer: Snapshot) -> Layer:
    if layer.meta.kind == "survey":
        return outlines_of(workspace, layer).layer
    about = hashlib.sha256(f"{layer.id} {layer.meta.crs}".encode()).hexdigest()[:16]
    key = f"{layer.id[:32]}-{__version__}-prepared-{_EDITION}-{about}"
    folder = cached(workspace, key)
    if folder is not None:
        return kept(folder, layer.meta.crs)
    shapes, _ = mend(layer.parcels.geometry, layer.meta.crs)
    found = prepare(shapes, layer.meta.crs)
    if keep_cached(workspace, key, found.keep):
        return kept(workspace.root / "cache" / key, layer.meta.crs)
    return found
