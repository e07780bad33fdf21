"""What lies under a footprint: pairs of a plot and a feature, as a record and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise
from json.encoder import encode_basestring as quoted
from typing import TYPE_CHECKING, Any

import numpy as np

from tilth.api.projects import known_region
from tilth.core import Finding, dm2_array
from tilth.land import RegionTree, Snapshot
from tilth.runtime import Workspace

if TYPE_CHECKING:
    from tilth.change.footprint import Plots
    from tilth.overlay import PieceTable

#: Name of the survey among the layers.
PARCELS = "parcels"
#: Columns that say which feature it is, of what class it is, and where: of the survey, and of layers.
_OF_PARCELS = ("parcel_id", "class_code", "region_code")
_OF_LAYERS = ("feature_id", "code", "name")
#: Plot, row, and what those columns say of the row, and the area that both share. [dm²]
_Pair = tuple[str, int, str, str, str, int]


@dataclass(frozen=True)
class LandUnder:
    """Pairs of a plot and a feature that share ground, for the survey and each layer."""

    year: int
    crs: str
    plots: Plots
    land: Mapping[str, Snapshot]  # the survey, and each layer by its kind
    shared: Mapping[str, PieceTable]
    unusable: tuple[Finding, ...]
    tree: RegionTree

    def regions(self, workspace: Workspace) -> frozenset[str]:
        """The smallest regions of the workspace in which the footprint meets parcels."""
        villages = set(self._texts[PARCELS][2])
        return frozenset(known_region(one, self.tree, workspace.region) for one in villages if one)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {**self._about, "layers": [self._layer(kind) for kind in self.shared], **self._sources}

    def as_json(self) -> str:
        """What `as_record` says, to the letter as `json.dumps` writes it; features are written straight."""
        layers = ", ".join(map(self._written, self.shared))
        about, sources = (json.dumps(one, ensure_ascii=False) for one in (self._about, self._sources))
        return f'{about[:-1]}, "layers": [{layers}], {sources[1:]}'

    @property
    def _about(self) -> dict[str, Any]:
        plots = self.plots
        return {
            "year": self.year,
            "crs": self.crs,
            "area_dm2": int(plots.area_dm2.sum()),
            "area_from": plots.area_from,
            "plots": [
                {"plot_id": name, "name": plots.names[at], "area_dm2": int(plots.area_dm2[at])}
                for at, name in enumerate(plots.ids)
            ],
        }

    @property
    def _sources(self) -> dict[str, Any]:
        return {
            "inputs": {kind: one.id for kind, one in self.land.items()},
            "findings": [one.as_record() for one in (*self.plots.findings, *self.unusable)],
        }

    def _layer(self, kind: str) -> dict[str, Any]:
        _, code, name = _columns(kind)
        return {
            "layer": kind,
            "area_dm2": sum(self._areas[kind]),
            "features": [
                {"plot_id": plot, "row": row, "id": own, code: of, name: text, "area_dm2": area}
                for plot, row, own, of, text, area in self._pairs(kind, self.plots.ids)
            ],
        }

    def _written(self, kind: str) -> str:
        """`_layer` as JSON."""
        _, code, name = _columns(kind)
        features = ", ".join(
            f'{{"plot_id": {plot}, "row": {row}, "id": {quoted(own)}, "{code}": {quoted(of)}, '
            f'"{name}": {quoted(text)}, "area_dm2": {area}}}'
            for plot, row, own, of, text, area in self._pairs(kind, [*map(quoted, self.plots.ids)])
        )
        return f'{{"layer": {quoted(kind)}, "area_dm2": {sum(self._areas[kind])}, "features": [{features}]}}'

    def _pairs(self, kind: str, plots: Sequence[str]) -> Iterator[_Pair]:
        table = self.shared[kind]
        named = (plots[plot] for plot in table.left.tolist())
        return zip(named, table.right.tolist(), *self._texts[kind], self._areas[kind], strict=True)

    @cached_property
    def _texts(self) -> dict[str, list[list[str]]]:
        """By kind, what its columns say of each row that shares ground."""
        return {
            kind: [self.land[kind].texts(column).at(table.right) for column in _columns(kind)]
            for kind, table in self.shared.items()
        }

    @cached_property
    def _areas(self) -> dict[str, list[int]]:
        whole = dm2_array(np.concatenate([table.area_m2 for table in self.shared.values()])).tolist()
        ends = accumulate((len(table.area_m2) for table in self.shared.values()), initial=0)
        return {kind: whole[a:b] for kind, (a, b) in zip(self.shared, pairwise(ends), strict=True)}


def lay_out(land: Mapping[str, Snapshot]) -> None:
    """Have all texts at hand that are told of `land`."""
    for kind, one in land.items():
        for column in _columns(kind):
            one.texts(column)


def _columns(kind: str) -> tuple[str, str, str]:
    return _OF_PARCELS if kind == PARCELS else _OF_LAYERS
