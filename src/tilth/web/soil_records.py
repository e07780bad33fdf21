"""What answers on soil look like: sets of samples, rasters, finished maps, one parcel, its options."""

from __future__ import annotations

from typing import Any, Literal

from tilth.web.records import FindingRecord, Record


class LegendStep(Record):
    """A colour and what it says."""

    colour: str
    label: str


class ConversionRecord(Record):
    """Values of one column that were come by in one way."""

    column: str
    unit: str
    method: str
    rows: int
    stated: str
    value: float
    source_row: int


class SampleSetRecord(Record):
    """A stored set of samples; places in longitude and latitude."""

    id: str
    label: str
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    placed: int
    figures: list[Record]
    conversions_made: list[ConversionRecord]
    quarantine: list[Record]
    points: Record
    points_left_out: int
    legend: list[LegendStep]
    findings: list[FindingRecord]


class RasterRecord(Record):
    """A raster that is kept to map over."""

    name: str
    bands: list[str]
    width: int
    height: int
    cell_m: float
    crs: str
    bytes: int


class MapShortRecord(Record):
    """A finished map, in a list."""

    name: str
    made_at: str
    samples: int | None
    recipe: str | None
    year: int | None
    parcels: int
    outside_applicability: float | None
    unmapped: float | None
    validated: bool


class QuantityRecord(Record):
    """What a map can be shown by."""

    id: str
    label: str
    unit: str
    legend: list[LegendStep]


class ClassAreaRecord(Record):
    """One class of the area table: whole dm², and the interval that holds it with 90 %."""

    area_dm2: int
    ha: float
    low_dm2: int
    high_dm2: int
    share_pct: str


class ClassAreasRecord(Record):
    """The area table; `method` says what the intervals stand on."""

    method: Literal["design", "model"]
    said: str
    total_dm2: int
    rows: list[ClassAreaRecord]


class MapRecord(MapShortRecord):
    """A finished map: model, quantities with legends, tiles, areas of classes, its validation."""

    bounds: list[float]
    cell_m: float
    tiles: str
    maxzoom: int
    classes: list[str]
    quantities: list[QuantityRecord]
    areas: ClassAreasRecord | None
    validation: dict[str, Any] | None
    files: list[Record]


class ResultShortRecord(Record):
    """A finished result (zones, trend, candidate land, places to sample), in a list; with its own figures."""

    name: str
    made_at: str


class ResultRecord(ResultShortRecord):
    """A finished result with what its kind tells, and what the colours of its picture stand for."""

    kind: Literal["zones", "trends", "candidates", "next-samples"]
    picture: str | None
    legend: list[LegendStep]
    files: list[Record]


class ParcelSoilRecord(Record):
    """What a map says of a parcel."""

    map: str
    year: int
    parcel_id: str
    area_dm2: int
    mapped_share: float
    outside_share: float
    classes: list[Record]
    unmapped_dm2: int
    ece_ds_m: dict[str, float] | None


class OptionRecord(Record):
    """One option of a parcel: means over the years, and each year. What is not known is null."""

    id: str
    name: str
    allowed: bool
    excluded: list[Record]
    income_yuan_ha: float | None
    cost_yuan_ha: float
    invest_yuan_ha: float
    relative_yield: float | None
    water_mm: float | None
    salt_end_ds_m: float | None
    risk: float | None
    series: list[Record]


class ParcelOptionsRecord(Record):
    """Options of a parcel side by side."""

    map: str
    year: int
    parcel_id: str
    years: int
    ground: Record
    start_ds_m: dict[str, float]
    options: list[OptionRecord]
    best: str | None
    not_counted: list[str]


class SaltFactsRecord(Record):
    """What the workspace knows for the salt chain."""

    weather: Record | None
    ground: int | None
    textures: list[str]
    crops: list[Record]
    measures: list[Record]
    usual: list[str]
