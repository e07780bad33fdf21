"""What findings, tables, flows and changes look like, for the description of the interface. Areas are whole numbers of
dm² (0.01 m²), but where a name says otherwise."""

from __future__ import annotations

from tilth.web.records import FindingRecord, Record


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
    finding_counts: dict[str, int]


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


class NationalRecord(Record):
    """Published farmland and targets of the country and its provinces. Areas are texts of 10⁴ mu, exact."""

    unit: str
    country: Record
    series_wan_mu: dict[str, str]
    headroom_by_year_wan_mu: dict[str, str | None]
    trend: Record
    provinces: list[Record]
    without_farmland: list[str]
    without_targets: list[str]
    known_provinces_wan_mu: str
    other_provinces_wan_mu: str | None
    gaps: list[Record]
    sums: list[Record]
    sources: dict[str, str]
