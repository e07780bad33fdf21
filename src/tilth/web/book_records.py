"""What answers on the land book look like, for the description of the interface. Areas are whole numbers of dm²
(0.01 m²)."""

from __future__ import annotations

from typing import Literal

from tilth.web.records import FindingRecord, Record


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
