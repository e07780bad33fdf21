"""What a rule is, what it looks at and what the whole examination hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tilth.core import Finding, IntArray, Label, Where
from tilth.intake.domains import Domains, RidgeTable
from tilth.land import CodeSystem, Snapshot

BoolArray = npt.NDArray[np.bool_]
#: x and y of a place, where known.
Point = tuple[float | None, float | None]

#: The first full year of the third survey: taken where a snapshot names no year.
FIRST_YEAR = 2019


@dataclass(frozen=True)
class Validation:
    """All findings of one examination, the rules that were run, and those that could not be, each with its reason.

    A rule stands in both lists where only a part of it could be run.
    """

    findings: tuple[Finding, ...]
    assessed: tuple[str, ...]
    not_assessed: tuple[tuple[str, Label], ...]


@dataclass(frozen=True)
class Subject:
    """The parcels under examination and what is known beside them. Rows are named by their position, 0..n-1."""

    frame: gpd.GeoDataFrame
    crs: str
    codes: CodeSystem
    domains: Domains
    year: int
    file: str = ""
    layer: str = ""
    area_from: str = "file"
    ridge_table: RidgeTable | None = None

    def __len__(self) -> int:
        return len(self.frame)

    @cached_property
    def geometry(self) -> npt.NDArray[np.object_]:
        """(n,) shapely geometries; a missing one is an empty polygon."""
        shapes = np.asarray(self.frame.geometry, dtype=object)
        return np.where(shapely.is_missing(shapes), shapely.Polygon(), shapes)

    def text(self, column: str) -> npt.NDArray[np.object_]:
        """(n,) a text column, as plain strings."""
        return np.asarray(self.frame[column].to_numpy(dtype=object, na_value=""), dtype=object)

    def number(self, column: str) -> npt.NDArray[np.float64]:
        """(n,) a number column, NaN where blank."""
        return np.asarray(self.frame[column].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)

    def whole(self, column: str, blank: int = 0) -> IntArray:
        """(n,) a whole-number column, `blank` where blank. Exact."""
        return np.asarray(self.frame[column].to_numpy(dtype=np.int64, na_value=blank), dtype=np.int64)

    def given(self, column: str) -> BoolArray:
        """(n,) does the row carry a value in `column`?"""
        values = self.frame[column]
        if pd.api.types.is_float_dtype(values.dtype):
            return np.asarray(values.fillna(0.0) != 0.0, dtype=np.bool_)
        if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_bool_dtype(values.dtype):
            return np.asarray(values.notna(), dtype=np.bool_)
        return np.asarray(self.text(column) != "", dtype=np.bool_)

    @cached_property
    def farmland(self) -> BoolArray:
        """(n,) is the parcel farmland (0101, 0102, 0103)?"""
        return self.of_classes({code for code, found in self.codes.classes.items() if found.farmland})

    def of_classes(self, codes: set[str]) -> BoolArray:
        """(n,) is the parcel's class one of `codes`?"""
        return np.asarray(self.frame["class_code"].isin(sorted(codes)), dtype=np.bool_)

    def where(self, row: int, point: Point | None = None) -> Where:
        """The place of a finding on `row`; without a `point`, a point inside the parcel."""
        x, y = point if point is not None else inner_point(self.geometry[row])
        return Where(self.file, self.layer, self.source_row(row), self.parcel(row), x, y)

    def source_row(self, row: int) -> int:
        """1-based row of the source file."""
        return int(self.frame["source_row"].iat[row])

    def parcel(self, row: int) -> str:
        """The parcel's id."""
        return str(self.frame["parcel_id"].iat[row])

    def finding(self, code: str, row: int, /, *, point: Point | None = None, **values: Any) -> Finding:
        """A finding on `row`."""
        return Finding(code, self.where(row, point), {"parcel": self.parcel(row), **values})


def rows_where(mask: npt.ArrayLike) -> list[int]:
    """Positions at which `mask` holds."""
    return [int(row) for row in np.flatnonzero(mask)]


def inner_point(geometry: shapely.Geometry | None) -> Point:
    """x, y of a point inside the largest part of `geometry`; its first coordinate where the ring is broken."""
    if geometry is None or geometry.is_empty:
        return None, None
    if not geometry.is_valid:
        x, y = shapely.get_coordinates(geometry)[0]
        return round(float(x), 6), round(float(y), 6)
    largest = max(shapely.get_parts(geometry), key=lambda part: float(part.area))
    point = shapely.point_on_surface(largest)
    return round(float(point.x), 6), round(float(point.y), 6)


def subject_of(
    snapshot: Snapshot, codes: CodeSystem, domains: Domains, ridge_table: RidgeTable | None = None
) -> Subject:
    """The parcels of `snapshot` as rules see them."""
    source = snapshot.meta.sources[0] if snapshot.meta.sources else None
    return Subject(
        frame=snapshot.parcels.reset_index(drop=True),
        crs=snapshot.meta.crs,
        codes=codes,
        domains=domains,
        year=snapshot.meta.year or _latest_year(snapshot.parcels),
        file=source.name if source else "",
        layer=source.layer if source else "",
        area_from=snapshot.meta.area_from,
        ridge_table=ridge_table,
    )


def _latest_year(parcels: gpd.GeoDataFrame) -> int:
    latest = parcels["data_year"].max() if "data_year" in parcels and len(parcels) else None
    return FIRST_YEAR if latest is None or pd.isna(latest) else int(latest)


@dataclass(frozen=True, slots=True)
class AttributeRule:
    """A rule that needs nothing but the parcels' own attributes.

    It is not assessed where every one of `needs` is blank on every row: the file has no such field.
    """

    id: str
    run: Callable[[Subject], list[Finding]]
    needs: tuple[str, ...]
    survey_only: bool = True
