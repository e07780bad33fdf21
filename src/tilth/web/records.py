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
    depth: int
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


class ParcelRow(Record):
    """One parcel of a list."""

    parcel_id: str
    parcel_no: str
    class_code: str
    region: str
    area_dm2: int
    net_area_dm2: int


class ParcelPage(Record):
    """Parcels behind a total: `count` and the sums are those of all pages."""

    year: int
    region: str
    class_code: str
    count: int
    area_dm2: int
    net_area_dm2: int
    items: list[ParcelRow]
    next: str | None


class YearOfParcel(Record):
    """What one survey says of a place."""

    year: int
    parcel_id: str
    class_code: str
    class_name: str
    area_dm2: int


class ParcelYears(Record):
    """What every survey says of the place of a parcel."""

    parcel_id: str
    years: list[YearOfParcel]
