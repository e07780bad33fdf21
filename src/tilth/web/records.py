"""What answers look like, for the description of the interface. Areas are whole numbers of dm² (0.01 m²)."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """Named fields are always there; a record may carry more."""

    model_config = ConfigDict(extra="allow")


class Problem(Record):
    """What went wrong (RFC 9457): `code` names the message, `title` says it, `detail` is what to do about it."""

    type: str
    code: str
    title: str
    detail: str
    status: int


class FindingRecord(Record):
    """One thing that is wrong or odd in somebody's data."""

    code: str
    name: str
    severity: Literal["breaks", "odd"]
    file: str
    layer: str
    row: int | None
    parcel: str
    x: float | None
    y: float | None
    said: str
    remedy: str
    values: dict[str, Any]


class StandingRow(Record):
    """One region against its tasks. What is not known is null."""

    region: str
    name: str
    farmland_dm2: int | None
    farmland_task_dm2: int | None
    pbf_dm2: int | None
    pbf_task_dm2: int | None
    stable_dm2: int | None
    book: Record | None
    trend: Record


class StandingRecord(Record):
    """Every region against its tasks, with land book, quality and trend."""

    year: int
    book_on: str | None
    rows: list[StandingRow]
    group: Record | None
    ungraded_parcels: list[Record]
    findings: list[FindingRecord]


class Geometry(Record):
    """A GeoJSON geometry in longitude and latitude."""

    type: str


class Feature(Record):
    """A GeoJSON feature."""

    type: Literal["Feature"]
    properties: dict[str, Any] | None
    geometry: Geometry | None


class FeatureCollection(Record):
    """GeoJSON in longitude and latitude."""

    type: Literal["FeatureCollection"]
    features: list[Feature]


class ParcelRecord(Record):
    """One parcel: what it is, where it comes from, its shape."""

    year: int
    parcel_id: str
    region: str
    class_code: str
    class_name: str
    farmland: bool
    area_dm2: int
    net_area_dm2: int
    attributes: dict[str, Any]
    source: Record
    hash: str
    crs: str
    geometry: Geometry | None
    findings: list[FindingRecord]


class RuleOutcomeRecord(Record):
    """What one rule says of a footprint."""

    rule: str
    version: str
    title: str
    outcome: Literal["pass", "fail", "warn", "info", "not_assessed"]
    said: str
    duty: str
    area_dm2: int
    hits: int
    contested: int
    source: str
    confidence: str
    values: dict[str, Any]


class VerdictRecord(Record):
    """A footprint judged by every rule, each hit by itself, and the shapes to draw."""

    project: str
    clear: bool
    said: str
    year: int
    act_date: str
    crs: str
    area_dm2: int
    distinct_dm2: int
    outcomes: list[RuleOutcomeRecord]
    plots: list[Record]
    hits: list[Record]
    cross: list[Record]
    findings: list[FindingRecord]
    left_out: list[Record]
    file_findings: list[FindingRecord]
    plots_geojson: FeatureCollection
    hits_geojson: FeatureCollection


class UnderRecord(Record):
    """What of the survey and of each layer lies under a footprint."""

    year: int
    crs: str
    area_dm2: int
    area_from: str
    plots: list[Record]
    layers: list[Record]
    inputs: dict[str, str]
    findings: list[FindingRecord]


class ProgressRecord(Record):
    """The piece of work that a job is at."""

    title: str
    done: int
    total: int | None


class FileRecord(Record):
    """A file that a job made."""

    name: str
    bytes: int


class JobRecord(Record):
    """Long work: how far it is."""

    id: str
    kind: str
    by: str
    region: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    asked_at: str | None
    started_at: str | None
    ended_at: str | None
    cancelling: bool
    stopping: bool
    progress: ProgressRecord | None
    problem: Problem | None
    files: list[FileRecord]


class TodoRecord(Record):
    """One thing to do; `about` leads to the place where it is done."""

    kind: Literal["survey", "finding", "standing", "reservation", "acceptance", "closing"]
    urgent: bool
    region: str
    said: str
    remedy: str
    due: str | None
    count: int
    about: dict[str, Any]


class TodayRecord(Record):
    """What needs doing, what is urgent first."""

    on: str
    region: str
    years: list[int]
    items: list[TodoRecord]
    urgent: int


class AreasRecord(Record):
    """The areas of every polygon of a file. [m²]"""

    file: str
    crs: str
    rows_in: int
    rows_measured: int
    rows_rejected: int
    total_survey_m2: float | None
    total_engine_m2: float
    polygons: list[Record]
    rejected: list[Record]
    findings: list[FindingRecord]


class HealthRecord(Record):
    """The server is up, and its database answers."""

    status: Literal["up"]
    version: str


class AliveRecord(Record):
    """The server is up."""

    status: Literal["up"]


class StoredRecord(Record):
    """A stored survey or layer, and whether it is in use."""

    kind: str
    year: int | None
    label: str
    in_use: bool
    used_for: list[int]
    rows_in: int | None
    rows_stored: int | None
    rows_quarantined: int | None
    area_dm2: int | None
    crs: str | None
    sources: str
    id: str
    stored_at: str
    damaged: str


class WorkspaceRecord(Record):
    """What the workspace holds."""

    region: str
    name: str
    years: list[int]
    stored: list[StoredRecord]


class RegionRecord(Record):
    """One region of the tree."""

    code: str
    name: str
    level: str
    parent: str | None
    control_dm2: int | None
    control_island_dm2: int | None
    depth: int


class RegionsRecord(Record):
    """The region tree, each parent before its children, and the named groups."""

    regions: list[RegionRecord]
    groups: dict[str, list[str]]
