"""What there is to ask for: the survey of each year, and every layer in use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tilth.core import Label, label
from tilth.features.systems import CRS84, System, carried, system, systems_for
from tilth.land import Snapshot


@dataclass(frozen=True)
class Collection:
    """One survey or layer. Its features are its rows; a feature's id is the row's `parcel_id` or `feature_id`."""

    id: str  # "parcels-2024", "pbf", "pbf-2024"
    snapshot: Snapshot
    label: str = ""  # of a layer, where its kind has several

    @property
    def title(self) -> Label:
        """What it is, for a list."""
        meta = self.snapshot.meta
        year = "" if meta.year is None else str(meta.year)
        code = "FEATURES-SURVEY" if meta.kind == "survey" else "FEATURES-LAYER"
        said = label(code, kind=meta.kind, year=year, label=self.label)
        return Label(*(" ".join(text.split()) for text in (said.en, said.zh)))

    @property
    def key(self) -> str:
        """The column that holds the ids."""
        return "parcel_id" if self.snapshot.meta.kind == "survey" else "feature_id"

    @property
    def systems(self) -> tuple[System, ...]:
        """The CRSs in which it may be had; the last is the one that it is stored in, where that has a name."""
        return systems_for(self.snapshot.meta.crs)

    @cached_property
    def extent(self) -> tuple[float, float, float, float] | None:
        """West, south, east and north [degrees]; None where nothing has a place."""
        import shapely

        bounds = self.snapshot.bounds
        if not len(bounds) or np.isnan(bounds).all():
            return None
        low, high = np.nanmin(bounds[:, :2], axis=0), np.nanmax(bounds[:, 2:], axis=0)
        frame = shapely.segmentize(shapely.box(*low, *high), max(*(high - low)) / 32)
        (shown,) = carried(np.array([frame], dtype=object), self.snapshot.meta.crs, system(CRS84))
        west, south, east, north = (float(side) for side in shapely.bounds(shown))
        return west, south, east, north


def collection_of(snapshot: Snapshot, name: str = "") -> Collection:
    """The collection of a survey or layer; `name` is the layer's own where its kind has several."""
    meta = snapshot.meta
    kind = "parcels" if meta.kind == "survey" else meta.kind
    parts = [kind, *([] if meta.year is None else [str(meta.year)]), *([_plain(name)] if name else [])]
    return Collection("-".join(parts), snapshot, name)


def _plain(name: str) -> str:
    """Letters and digits of any script; what else there is becomes one hyphen."""
    return re.sub(r"[\W_]+", "-", name).strip("-").lower()
