"""The rows of a stored snapshot: attributes at once, shapes only when somebody asks for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, Finding

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from tilth.core import FloatArray, IntArray
    from tilth.land.at_hand import AtHand

    Bytes = npt.NDArray[np.uint8]
    Shapes = npt.NDArray[np.object_]

_SHAPES, _BOXES, _SIDES = "geometry", "bbox", ("xmin", "ymin", "xmax", "ymax")
#: Rows that are read together.
_GROUP = 8_192
#: Fewer than one row in so many are picked out; more are read with all others.
_FEW = 8


def write_rows(rows: gpd.GeoDataFrame, file: Path) -> None:
    """Write `rows` as `StoredRows` reads them. ValueError or TypeError where they do not fit the format."""
    own = _BOXES in rows.columns  # the source's own column of that name: then without boxes
    rows.to_parquet(file, index=False, write_covering_bbox=not own, row_group_size=_GROUP)


@dataclass(frozen=True, eq=False)
class StoredRows:
    """The rows in a GeoParquet file."""

    file: Path

    @cached_property
    def attributes(self) -> pd.DataFrame:
        """(n,) rows without their shapes. ValueError or OSError where the file cannot be read."""
        import pyarrow.parquet as pq

        beside = {_SHAPES, _BOXES} if self._has_boxes else {_SHAPES}
        names = [name for name in pq.read_schema(self.file).names if name not in beside]
        return pq.read_table(self.file, columns=names).combine_chunks().to_pandas()

    @cached_property
    def at_hand(self) -> AtHand | None:
        """The shapes laid out for whoever looks at a few of them, time and again; None where nobody did that."""
        return None

    def lay_out(self, shapes: AtHand | None) -> None:
        """Look there for shapes from now on."""
        self.__dict__["at_hand"] = shapes

    @cached_property
    def _has_boxes(self) -> bool:
        """Has the file a column of bounding boxes of ours? A column of that name may be the source's own."""
        import pyarrow.parquet as pq

        about = json.loads((pq.read_schema(self.file).metadata or {}).get(b"geo", b"{}"))
        return "covering" in about.get("columns", {}).get(_SHAPES, {})

    @cached_property
    def frame(self) -> gpd.GeoDataFrame:
        """(n,) rows, columns in the order of the file.

        Raises
        ------
        BadInput
            If the shapes cannot be read.
        """
        import geopandas as gpd
        import pyarrow.parquet as pq

        try:
            shapes = gpd.read_parquet(self.file, columns=[_SHAPES])[_SHAPES]
            order = pq.read_schema(self.file).names
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise damaged(self.file.parent, error) from error
        rows = gpd.GeoDataFrame(self.attributes.copy(deep=False), geometry=shapes.array, crs=shapes.crs)
        return rows[[name for name in order if name in rows]]

    @cached_property
    def bounds(self) -> FloatArray:
        """(n, 4) x and y least, x and y most of each shape; NaN where it has no ground. BadInput as for `frame`."""
        import numpy as np
        import pyarrow.parquet as pq
        import shapely

        if not self._has_boxes:  # written before boxes were
            return np.asarray(shapely.bounds(np.asarray(self.frame.geometry, dtype=object)))
        try:
            (boxes,) = pq.read_table(self.file, columns=[_BOXES]).columns
            sides = [boxes.combine_chunks().field(side).to_numpy(zero_copy_only=False) for side in _SIDES]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged(self.file.parent, error) from error
        return np.column_stack(sides)

    def binaries(self) -> Iterator[tuple[Bytes, IntArray]]:
        """The shapes as well-known binary, some rows at a time: all bytes, and (k + 1,) where each shape's begin; a
        missing one has none. BadInput as for `frame`."""
        import numpy as np
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            with pq.ParquetFile(self.file) as opened:
                for number in range(opened.num_row_groups):
                    (column,) = opened.read_row_group(number, columns=[_SHAPES]).columns
                    whole = column.combine_chunks().cast(pa.large_binary()).fill_null(b"")
                    _, first, held = whole.buffers()
                    start = np.frombuffer(first, np.int64)[whole.offset : whole.offset + len(whole) + 1]
                    yield np.frombuffer(held or b"", np.uint8), start
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise damaged(self.file.parent, error) from error

    def shapes(self, rows: IntArray) -> Shapes:
        """(k,) the shapes of some rows: of a few, without reading all others. BadInput as for `frame`."""
        import numpy as np
        import pyarrow.parquet as pq
        import shapely

        if self.at_hand is not None:
            try:
                return self.at_hand.shapes(rows)
            except shapely.GEOSException as error:
                raise damaged(self.file.parent, error) from error
        if "frame" in self.__dict__ or len(rows) > len(self.attributes) // _FEW:
            return np.asarray(self.frame.geometry, dtype=object)[rows]
        try:
            with pq.ParquetFile(self.file) as opened:
                sizes = [opened.metadata.row_group(group).num_rows for group in range(opened.num_row_groups)]
                first = np.cumsum([0, *sizes])
                group = np.searchsorted(first, rows, side="right") - 1
                out = np.empty(len(rows), dtype=object)
                for number in np.unique(group).tolist():
                    (column,) = opened.read_row_group(number, columns=[_SHAPES]).columns
                    here = group == number
                    out[here] = shapely.from_wkb(column.take(rows[here] - first[number]).to_numpy())
                return out
        except (OSError, ValueError, KeyError, TypeError, shapely.GEOSException) as error:
            raise damaged(self.file.parent, error) from error


@dataclass(frozen=True, eq=False)
class StoredAside:
    """The rows that were set aside, in a GeoParquet file."""

    file: Path

    @property
    def frame(self) -> gpd.GeoDataFrame:
        """(k,) rows, every reason in the language in use.

        Raises
        ------
        BadInput
            If they cannot be read.
        """
        return retold(self._stored)

    @cached_property
    def _stored(self) -> gpd.GeoDataFrame:
        """As they were stored: whoever reads them next may speak another language."""
        import geopandas as gpd

        try:
            return gpd.read_parquet(self.file)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise damaged(self.file.parent, error) from error


def retold(quarantine: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """`quarantine` with every reason in the language in use. What an older workspace stored without the values of its
    reasons, or under a code that is no more, keeps the words that it has."""
    import pandas as pd

    if "reason_values" not in quarantine:
        return quarantine
    kept = zip(quarantine["code"], quarantine["reason_values"], quarantine["reason"], strict=True)
    reasons = [_said(str(code), values, str(reason)) for code, values, reason in kept]
    return quarantine.assign(reason=pd.Series(reasons, index=quarantine.index, dtype="str"))


def _said(code: str, values: Any, otherwise: str) -> str:
    try:
        return Finding(code, values=json.loads(values)).said
    except (KeyError, TypeError, ValueError, IndexError):
        return otherwise


def damaged(folder: Path, why: Exception | str) -> BadInput:
    """What is said of a stored snapshot that cannot be read."""
    text = (str(why) or type(why).__name__).splitlines()[0]
    return BadInput("LAND-SNAPSHOT-DAMAGED", folder=str(folder), why=text)
