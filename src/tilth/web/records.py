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


class QuantityRecord(Record):
    """What an account counts."""

    area_dm2: int
    paddy_dm2: int
    capacity_kg: int
    grade_dm2: int


class AccountRecord(Record):
    """Which account of the land book."""

    region: str
    name: str
    pbf: int
    paddy: int
    stable: int
    grade: int


class BalanceRecord(AccountRecord):
    """What an account holds, what of it is reserved, and what may still be taken."""

    on: str | None
    booked_area_dm2: int
    booked_paddy_dm2: int
    booked_capacity_kg: int
    booked_grade_dm2: int
    held_area_dm2: int
    held_paddy_dm2: int
    held_capacity_kg: int
    held_grade_dm2: int
    available_area_dm2: int
    available_paddy_dm2: int
    available_capacity_kg: int
    available_grade_dm2: int


class LineRecord(AccountRecord, QuantityRecord):
    """What an entry adds to one account."""


class EntryRecord(Record):
    """An entry as it stands in the book."""

    number: int
    id: str
    digest: str
    recorded_at: str
    kind: str
    phase: Literal["post", "reserve", "void", "expire"]
    act_date: str
    posting_date: str
    expires: str | None
    due: str | None
    evidence: str
    author: str
    rules: str
    geometry: str
    links: list[str]
    settles: str
    reverses: str
    lines: list[LineRecord]


class EntryPage(Record):
    """Entries, newest first."""

    items: list[EntryRecord]
    next: str | None


class HeldRecord(AccountRecord, QuantityRecord):
    """What a reservation takes from one account."""

    account: str


class ReservationRecord(Record):
    """An open reservation."""

    id: str
    kind: str
    posted: str
    expires: str | None
    author: str
    holds: list[HeldRecord]


class TestedRecord(Record):
    """One test of a year, by an invariant and a rule."""

    invariant: str
    region: str
    year: int
    outcome: Literal["pass", "fail", "not_assessed"]
    found: int | None
    wanted: int | None
    difference: int | None
    unit: str
    rule: str
    rule_version: str
    since: str | None
    confidence: str
    about: str


class AssessmentRecord(Record):
    """Every test of a year, and the rules whose figures no source confirms."""

    region: str
    year: int
    rules: str
    rules_version: str
    rules_digest: str
    kept: bool
    fail: int
    not_assessed: int
    tests: list[TestedRecord]
    unverified: list[Record]


class VerifiedRecord(Record):
    """Is the book what was posted?"""

    entries: int
    lines: int
    accounts: int
    closings: int
    digest: str
    findings: list[FindingRecord]


class StatementRecord(Record):
    """The statement of a year: pool, occupations, compensation, cap, red line, tests, entries."""

    year: int
    region: str
    name: str
    pool: Record
    parts: list[Record]
    occupations: list[Record]
    compensations: list[Record]
    caps: list[Record]
    red_lines: list[Record]
    tested: list[TestedRecord]
    accounts: list[Record]
    entries: list[EntryRecord]
    digest: str
    book: VerifiedRecord
    closings: list[Record]


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


class RulesRecord(Record):
    """The rule pack of the land book."""

    id: str
    version: str
    title: str
    digest: str
    rules: list[Record]


class ReceiptRecord(Record):
    """What the book gives for an entry; `again` if it stood there already."""

    number: int
    id: str
    digest: str
    recorded_at: str
    again: bool


class BookedRecord(Record):
    """What was posted."""

    entries: list[ReceiptRecord]
    posted: int


class ClosingRecord(Record):
    """A year that is closed."""

    number: int
    region: str
    year: int
    accounts: int
    link: str
    again: bool
    failed: list[str]
    not_assessed: list[str]
    tests: list[TestedRecord]
    unbooked: Record | None
    warnings: list[str]


class SettledRecord(Record):
    """A claim written off against the pool, or only proposed."""

    posted: bool
    receipt: ReceiptRecord | None


class AcceptanceRecord(Record):
    """Replacement land: how each parcel was judged, and what entered the pool."""

    file: str
    parcels: int
    refused: int
    posted: int
    posted_dm2: int
    again: int
    rules: list[Record]
    judged: list[Record]
    left_out: list[FindingRecord]
    findings: list[FindingRecord]


class FollowUpRecord(Record):
    """Accepted parcels in a later survey, and the counter-entries that follow."""

    year: int
    followed: int
    fail: int
    not_assessed: int
    parcels: list[Record]
    posted: list[ReceiptRecord]
    refused: list[Record]


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
    progress: ProgressRecord | None
    problem: Problem | None
    files: list[FileRecord]


class FindingPage(Record):
    """Findings on the survey of a year, how many of each code, and which rules could be asked."""

    snapshot: str
    year: int
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    assessed: list[str]
    not_assessed: list[Record]
    count: int
    codes: dict[str, int]
    items: list[FindingRecord]
    next: str | None


class TableColumn(Record):
    """A column of areas."""

    code: str
    name: str
    group: str | None


class TableRow(Record):
    """A row: its key, and areas by column code."""

    key: list[str]
    depth: int
    dm2: dict[str, int]
    m2: dict[str, float]
    ha: dict[str, float]


class TableRecord(Record):
    """A table of areas; `dm2` is exact, `ha` levelled so that it closes."""

    id: str
    title: str
    key_columns: list[str]
    columns: list[TableColumn]
    hectares_levelled: bool
    rows: list[TableRow]
    notes: list[str]


class TablesRecord(Record):
    """The land tables of a year."""

    year: int
    tables: list[TableRecord]
    findings: list[FindingRecord]


class FlowsRecord(Record):
    """The flows between two years, and how many changes the change list has."""

    changes: int
    tables: list[TableRecord]
    findings: list[FindingRecord]


class ChangeRecord(Record):
    """A piece of land that is not what it was."""

    seq: int
    kind: str
    old_region: str
    old_parcel: str
    old_class: str
    new_region: str
    new_parcel: str
    new_class: str
    area_dm2: int
    old_net_dm2: int
    new_net_dm2: int


class ChangePage(Record):
    """Changes between two years; `count` and `area_dm2` are those of all that are wanted."""

    count: int
    area_dm2: int
    items: list[ChangeRecord]
    next: str | None


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
