"""A snapshot: one year's survey of one region, immutable and named by its content. A layer is built the same way."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, Finding
from tilth.land.classes import CodeSystem, code_system, observed_code_system
from tilth.land.rows import StoredAside, StoredRows
from tilth.land.texts import Texts

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from tilth.core import FloatArray, IntArray
    from tilth.land.rows import Bytes, Shapes

#: Columns of every parcel frame, with their dtypes. Text is "" where the file gave nothing; numbers are pandas'
#: nullable integers where a blank must stay a blank. Further columns of the source may follow under their own names.
PARCEL_COLUMNS: dict[str, str] = {
    "parcel_id": "str",  # BSM or the profile's id; unique inside a snapshot
    "source_row": "int64",  # 1-based row of the source file
    "class_code": "str",  # a code of the snapshot's code system
    "class_name": "str",  # as the file wrote it
    "area_dm2": "int64",  # recorded gross area (TBMJ), or measured and levelled where the file gave none
    "net_area_dm2": "int64",  # area_dm2 less the ridge deduction: the statistic area (TBDLMJ), as recomputed
    "ridge_coef": "float64",  # KCXS, 0 where none; four decimals
    "deduct_dm2": "int64",  # ridge deduction (KCMJ), recomputed
    "stated_net_dm2": "Int64",  # TBDLMJ as the file wrote it
    "stated_deduct_dm2": "Int64",  # KCMJ as the file wrote it
    "deduct_class": "str",  # KCDLBM
    "slope_grade": "Int8",  # GDPDJB 1..5 on farmland
    "farmland_form": "str",  # GDLX: PD slope, TT terrace
    "planting": "str",  # ZZSXDM
    "refinement": "str",  # TBXHDM
    "settlement": "str",  # CZCSXM
    "grade15": "Int8",  # GDDB, 15-grade system
    "quality_grade": "Int8",  # ten-grade system of GB/T 33469, where given
    "tenure": "str",  # QSXZ
    "owner_code": "str",  # QSDWDM, 19 digits
    "location_code": "str",  # ZLDWDM, 19 digits
    "region_code": "str",  # the village: first 12 digits of location_code
    "region_name": "str",  # ZLDWMC
    "enclave": "boolean",  # FRDBS
    "island": "boolean",  # MSSM = 01
    "linear_width_m": "float64",  # XZDWKD
    "parcel_no": "str",  # TBBH
    "data_year": "Int16",  # SJNF
}

#: Columns of every other layer's frame, before its own attributes.
LAYER_COLUMNS: dict[str, str] = {
    "feature_id": "str",
    "source_row": "int64",
    "name": "str",
    "code": "str",  # class, zone or region code, where the layer has one
    "area_dm2": "int64",  # recorded area, or measured where the file gave none
    "net_area_dm2": "int64",  # recorded net area (YJJBNTMJ); equal to area_dm2 where there is none
}

#: Layer kinds that rules know. Any other word is accepted and shown, and no rule looks at it.
LAYER_KINDS = ("pbf", "ecology", "town", "reserve", "project", "township", "village", "slope", "quality")


@dataclass(frozen=True, slots=True)
class Source:
    """One file that a snapshot was made from."""

    name: str
    sha256: str
    layer: str = ""
    encoding: str = ""
    driver: str = ""


@dataclass(frozen=True)
class Meta:
    """What a snapshot or layer is: everything but its rows. Rows in = rows stored + rows quarantined, always."""

    kind: str  # "survey" for a snapshot, else a layer kind
    year: int | None
    region: str
    crs: str  # "EPSG:4526", or WKT where no code fits
    code_system: str
    profile: str
    sources: tuple[Source, ...]
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    area_dm2: int  # Σ area_dm2 of the stored rows
    area_from: str  # "file", "survey" (computed by the survey's method) or "engine"
    version: str  # of the software that wrote it
    rules: str  # version of the import rules and tables
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.rows_in == self.rows_stored + self.rows_quarantined, self

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Meta:
        """The meta that `as_record` gave."""
        return cls(**{**record, "sources": tuple(Source(**source) for source in record["sources"])})


@dataclass(frozen=True)
class Snapshot:
    """Rows and what is known of them: PARCEL_COLUMNS (or LAYER_COLUMNS) first, then geometry."""

    id: str
    meta: Meta
    rows: gpd.GeoDataFrame | StoredRows
    findings: tuple[Finding, ...] = ()
    aside: gpd.GeoDataFrame | StoredAside | None = None

    @property
    def quarantine(self) -> gpd.GeoDataFrame | None:
        """The rows that were set aside, see `Draft`. Those of a stored snapshot are read when first asked for."""
        return self.aside.frame if isinstance(self.aside, StoredAside) else self.aside

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """The rows with their shapes. Those of a stored snapshot are read when first asked for."""
        return self.rows.frame if isinstance(self.rows, StoredRows) else self.rows

    @property
    def attributes(self) -> pd.DataFrame:
        """The rows without their shapes, where these have not been read, else with them."""
        return self.rows.attributes if isinstance(self.rows, StoredRows) else self.rows

    @property
    def bounds(self) -> FloatArray:
        """(n, 4) x and y least, x and y most of each shape; NaN where it has no ground."""
        if isinstance(self.rows, StoredRows):
            return self.rows.bounds
        import numpy as np
        import shapely

        return np.asarray(shapely.bounds(np.asarray(self.rows.geometry, dtype=object)))

    def meeting(self, box: FloatArray) -> IntArray:
        """The rows whose boxes meet `box` (4,): x and y least, x and y most. In their order."""
        if isinstance(self.rows, StoredRows) and self.rows.at_hand is not None:
            return self.rows.at_hand.meeting(box)
        import numpy as np

        bounds = self.bounds
        return np.flatnonzero((bounds[:, :2] <= box[2:]).all(axis=1) & (bounds[:, 2:] >= box[:2]).all(axis=1))

    def binaries(self) -> Iterator[tuple[Bytes, IntArray]]:
        """The shapes as well-known binary, some rows at a time, see `StoredRows.binaries`."""
        if isinstance(self.rows, StoredRows):
            yield from self.rows.binaries()
            return
        import numpy as np
        import shapely

        texts = [text or b"" for text in shapely.to_wkb(np.asarray(self.rows.geometry, dtype=object)).tolist()]
        start = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype(np.int64)
        yield np.frombuffer(b"".join(texts), np.uint8), start

    def shapes(self, rows: IntArray) -> Shapes:
        """(k,) the shapes of some rows."""
        if isinstance(self.rows, StoredRows):
            return self.rows.shapes(rows)
        import numpy as np

        return np.asarray(self.rows.geometry, dtype=object)[rows]

    def texts(self, column: str) -> Texts:
        """A column of text of the attributes, laid out for whoever looks at a few rows, time and again."""
        found = self._texts.get(column)
        if found is None:
            found = self._texts[column] = Texts.of(self.attributes[column])
        return found

    @cached_property
    def _texts(self) -> dict[str, Texts]:
        return {}

    @cached_property
    def repeated_ids(self) -> frozenset[str]:
        """The ids that stand for more than one row, and the blank one where there is a row without an id."""
        frame = self.attributes
        ids = frame["feature_id" if "feature_id" in frame else "parcel_id"].astype("str")
        return frozenset(ids[ids.duplicated() | ids.eq("")].tolist())

    @property
    def codes(self) -> CodeSystem:
        """The code system of its classes; one made of its own codes where none ships under that name."""
        try:
            return code_system(self.meta.code_system)
        except BadInput:
            rows = self.attributes
            names = dict(zip(rows["class_code"], rows["class_name"], strict=True))
            known = {code: name for code, name in names.items() if name}
            return observed_code_system(self.meta.code_system, rows["class_code"], known)


@dataclass(frozen=True)
class Draft:
    """A snapshot before it is stored.

    `quarantine` has the columns source_row, code, reason (in the language in use when it was made), reason_values (what
    the reason fills in, JSON text), attributes (JSON text) and geometry. `retold` says the reasons in the language of
    the reader.
    """

    meta: Meta
    parcels: gpd.GeoDataFrame
    findings: tuple[Finding, ...]
    quarantine: gpd.GeoDataFrame

    @property
    def id(self) -> str:
        """A name made of the content: the same rows from the same files under the same rules give the same id."""
        return content_id(self.meta, self.parcels)


def typed(frame: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    """`frame` with every column of `columns` present and of its dtype, those first, further columns behind."""
    import pandas as pd

    out = {}
    for name, dtype in columns.items():
        if name in frame:
            values = frame[name]
        else:
            blank: object = {"str": "", "int64": 0, "float64": 0.0}.get(dtype, pd.NA)
            values = pd.Series([blank] * len(frame), index=frame.index)
        out[name] = values.fillna("").astype("str") if dtype == "str" else values.astype(dtype)
    rest = [name for name in frame.columns if name not in columns]
    return pd.concat([pd.DataFrame(out, index=frame.index), frame[rest]], axis=1)


def content_id(meta: Meta, parcels: gpd.GeoDataFrame) -> str:
    """SHA-256 over the meta, every attribute and every coordinate, in row order; hexadecimal."""
    import numpy as np
    import shapely

    digest = hashlib.sha256(json.dumps(meta.as_record(), sort_keys=True, ensure_ascii=False).encode())
    geometry = parcels.geometry.name
    for name in sorted(column for column in parcels.columns if column != geometry):
        digest.update(name.encode())
        digest.update("\x1f".join(parcels[name].astype("str").fillna("\x00").tolist()).encode())
    for wkb in shapely.to_wkb(np.asarray(parcels.geometry)):
        digest.update(wkb or b"\0")
    return digest.hexdigest()


def ridge_deduction(area_dm2: np.ndarray, ridge_coef: np.ndarray) -> np.ndarray:
    """KCMJ in dm²: the gross area times the four-decimal ridge coefficient, half away from zero, in whole numbers.

    Source: survey rules on field ridges (田坎扣除): `KCMJ = round2(TBMJ * KCXS)`.

    >>> ridge_deduction(np.array([1_000_005]), np.array([0.0412]))
    array([41200])
    """
    import numpy as np

    ten_thousandths = np.rint(np.asarray(ridge_coef, dtype=np.float64) * 10_000).astype(np.int64)
    product = np.asarray(area_dm2, dtype=np.int64) * ten_thousandths
    rounded: np.ndarray = (2 * product + 10_000) // 20_000
    return rounded


def source_of(sources: Sequence[Source]) -> str:
    """The file names of `sources`, for a line of text."""
    return ", ".join(source.name for source in sources)
