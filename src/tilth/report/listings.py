"""The yearbook's lists (standing, checks, findings, changes, quarantine, levelling, provenance) in one form."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, SupportsInt, cast

import pandas as pd

from tilth.change import Holding
from tilth.core import Adjustment, AreaTable, Finding, Label, label
from tilth.core.language import catalogue
from tilth.report.cells import DM2_PER_HUNDREDTH_HA, grouped, official_code, printed_names
from tilth.report.model import Kind, ListColumn, Listing, Verdict, Yearbook


def _heading(name: str) -> Label:
    """The heading of a column: from the catalogue, or the name itself where nobody translated it."""
    key = f"REPORT-COL-{name.upper().replace('_', '-')}"
    return label(key) if key in catalogue() else Label(name, name)


def _columns(spec: str) -> tuple[ListColumn, ...]:
    """Columns from a short spec: "name", "rows:count", "area_dm2:area".

    A leading ~ keeps one off paper, a trailing ! is for machines.
    """
    columns = []
    for word in spec.split():
        name, _, kind = word.lstrip("~").partition(":")
        stem, machine = name.removesuffix("!"), name.endswith("!")
        columns.append(
            ListColumn(stem, _heading(stem), _kind(kind or "text"), on_paper=not word.startswith("~"), csv_only=machine)
        )
    return tuple(columns)


def _kind(word: str) -> Kind:
    kinds: dict[str, Kind] = {"text": "text", "count": "count", "area": "area", "hectares": "hectares",
                             "fine": "fine"}  # fmt: skip
    return kinds[word]


def standing_listing(rows: Sequence[Holding]) -> Listing:
    """What each region holds against its tasks, and the surplus or shortfall."""
    columns = _columns(
        "region name depth!:count farmland_task:hectares farmland_held:hectares farmland_surplus:hectares "
        "pbf_task:hectares pbf_held:hectares pbf_surplus:hectares pbf_farmland:hectares pbf_farmland_surplus:hectares "
        "~farmland_task_m2:area ~farmland_held_m2:area ~farmland_surplus_m2:area "
        "~pbf_task_m2:area ~pbf_held_m2:area ~pbf_surplus_m2:area ~pbf_farmland_m2:area ~pbf_farmland_surplus_m2:area "
        "~document"
    )
    out = []
    for row in rows:
        exact = (
            row.farmland_task_dm2,
            row.farmland_dm2,
            row.headroom_dm2,
            row.pbf_task_dm2,
            row.pbf_dm2,
            row.pbf_headroom_dm2,
            row.pbf_farmland_dm2,
            row.pbf_farmland_headroom_dm2,
        )
        ha = row.hectares
        units = (
            ha.farmland_task,
            ha.farmland,
            ha.headroom,
            ha.pbf_task,
            ha.pbf,
            ha.pbf_headroom,
            ha.pbf_farmland,
            ha.pbf_farmland_headroom,
        )
        shown = (None if one is None else one * DM2_PER_HUNDREDTH_HA for one in units)
        out.append((row.region, row.name, row.depth, *shown, *exact, row.source))
    depths = tuple(row.depth for row in rows)
    return Listing("standing", label("REPORT-STANDING"), columns, tuple(out), label("REPORT-STANDING-NOTE"), depths)


def outcome_text(outcome: str) -> str:
    """The word for an outcome in the language in use; an unknown word as it is."""
    key = f"REPORT-OUTCOME-{outcome.upper().replace('_', '-').replace(' ', '-')}"
    return str(label(key)) if key in catalogue() else outcome


def checks_listing(checks: Sequence[Verdict]) -> Listing:
    """One row for each project and rule."""
    rows = tuple(
        (
            check.project,
            check.rule,
            "" if check.title is None else str(check.title),
            outcome_text(check.outcome),
            check.area_dm2,
            check.version,
            str(check.note),
        )
        for check in checks
    )
    columns = _columns("project rule rule_title outcome area_dm2:area ~rule_version note")
    return Listing("checks", label("REPORT-CHECKS"), columns, rows)


def findings_summary(findings: Sequence[Finding]) -> Listing:
    """How often each kind of finding occurs, those that break a rule first, with one example."""
    counts = Counter(finding.code for finding in findings)
    first: dict[str, Finding] = {}
    for finding in findings:
        first.setdefault(finding.code, finding)
    order = sorted(counts, key=lambda code: (first[code].severity.value != "breaks", code))
    rows = tuple(
        (code, first[code].name, _severity(first[code]), counts[code], first[code].said, first[code].remedy)
        for code in order
    )
    columns = _columns("code rule_name severity count:count example remedy")
    return Listing("findings-summary", label("REPORT-FINDINGS-SUMMARY"), columns, rows)


def _severity(finding: Finding) -> str:
    return str(label(f"REPORT-SEVERITY-{finding.severity.value.upper()}"))


def findings_listing(findings: Iterable[Finding]) -> Listing:
    """Every finding, in the order it was found."""
    rows = []
    for finding in findings:
        where = finding.where
        place = (where.file, where.layer, where.row, where.parcel, _coordinate(where.x), _coordinate(where.y))
        rows.append((finding.code, finding.name, _severity(finding), *place, finding.said, finding.remedy))
    columns = _columns("code rule_name severity file ~layer row:count parcel ~x ~y said ~remedy")
    return Listing("findings", label("REPORT-FINDINGS"), columns, tuple(rows))


def _coordinate(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}" if abs(value) <= 180 else f"{value:.3f}"


def frame_listing(name: str, title: Label, frame: pd.DataFrame, note: Label | None = None) -> Listing:
    """Any frame as a list: columns ending in _dm2 are areas, whole numbers are counts, geometry is left to the map."""
    columns = []
    values = []
    for column in frame.columns:
        if str(frame[column].dtype) == "geometry" or column == "geometry":
            continue
        kind = _kind_of(str(column), frame[column])
        columns.append(ListColumn(str(column), _heading(str(column)), kind))
        values.append([_plain(value, kind) for value in frame[column].tolist()])
    return Listing(name, title, tuple(columns), tuple(zip(*values, strict=True)) if values else (), note)


def _kind_of(name: str, values: pd.Series) -> Kind:
    if name.endswith("_dm2"):
        return "area"
    return "count" if pd.api.types.is_integer_dtype(values) else "text"


def _plain(value: object, kind: Kind) -> object:
    if value is None or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None if kind != "text" else ""
    return str(value) if kind == "text" else int(cast(SupportsInt, value))


def repair_listing(changes: pd.DataFrame) -> Listing:
    """What a repair did, row by row, in words and m². `changes` has the columns of `tilth.intake.CHANGE_COLUMNS`."""
    rows = tuple(
        (one.parcel_id, int(one.source_row), _deed(one), *_values(one), int(one.moved_dm2))
        for one in changes.itertuples()
    )
    columns = _columns("parcel source_row:count done before after moved_dm2:area")
    return Listing("repair", label("REPORT-REPAIR"), columns, rows, label("REPORT-REPAIR-NOTE"))


def _deed(change: Any) -> str:
    """ "rings", "overlap P2" or the name of a column as words; what an outline keeps of its area is said."""
    word, _, by = str(change.what).partition(" ")
    key = f"REPORT-REPAIR-{word.upper().replace('_', '-')}"
    said = str(label(key, by=by)) if key in catalogue() else str(change.what)
    same = change.geometry_moved and change.before == change.after
    return str(label("REPORT-REPAIR-SAME-AREA", what=said)) if same else said


def _values(change: Any) -> tuple[str, str]:
    """Before and after: areas in m², whatever unit they are kept in."""
    values = str(change.before), str(change.after)
    if not str(change.what).endswith("_dm2"):
        return values
    before, after = (f"{grouped(int(one))} m²" if one.lstrip("-").isdigit() else one for one in values)
    return before, after


def change_listing(frame: pd.DataFrame) -> Listing:
    """The list of changed pieces (变更一览表)."""
    shown = frame.assign(kind=frame["kind"].map(_word_for_kind)) if "kind" in frame else frame
    return frame_listing("change-list", label("REPORT-CHANGE-LIST"), shown)


def _word_for_kind(kind: object) -> str:
    key = f"REPORT-KIND-{str(kind).upper().replace('_', '-')}"
    return str(label(key)) if key in catalogue() else str(kind)


def quarantine_listing(frame: pd.DataFrame) -> Listing:
    """Rows of the source files that were not stored, and why."""
    return frame_listing("quarantine", label("REPORT-QUARANTINE"), frame, label("REPORT-QUARANTINE-NOTE"))


def adjustments_listing(book: Yearbook) -> Listing:
    """Every cell that levelling moved, so that the hectare tables close."""
    tables = {table.id: (str(table.title), _column_names(table)) for table in (*book.tables, *book.flows)}
    carried = [one for table in (*book.tables, *book.flows) for one in table.adjustments]
    rows = tuple(
        _adjustment(one, *tables.get(one.table, (one.table, {})))
        for one in dict.fromkeys([*carried, *book.adjustments])
    )
    columns = _columns("table_code! column_code! table region_key column delta:hectares why")
    return Listing("levelling", label("REPORT-LEVELLING"), columns, rows, label("REPORT-LEVELLING-NOTE"))


def _adjustment(one: Adjustment, title: str, columns: Mapping[str, str]) -> tuple[object, ...]:
    row = " ".join(filter(None, printed_names(one.names)))
    column = columns.get(one.column, one.column)
    return (one.table, one.column, title, row, column, one.units * DM2_PER_HUNDREDTH_HA, str(one.why))


def _column_names(table: AreaTable) -> dict[str, str]:
    """What each column is called, with the heading it stands under and its official code."""
    names = {}
    for one in table.columns:
        name = f"{official_code(one.code)} {one.label}".strip()
        names[one.code] = name if one.group is None or str(one.group) == str(one.label) else f"{one.group}: {name}"
    return names


def sources_listing(book: Yearbook) -> Listing:
    """The files that the numbers rest on, by their SHA-256."""
    columns = _columns("file sha256")
    return Listing("sources", label("REPORT-SOURCES"), columns, book.provenance.sources)


def imports_listing(book: Yearbook) -> Listing:
    """Rows in = rows stored + rows quarantined, for each snapshot."""
    rows = tuple(
        (str(one.name), one.id, one.rows_in, one.rows_stored, one.rows_quarantined) for one in book.provenance.imports
    )
    columns = _columns("snapshot snapshot_id rows_in:count rows_stored:count rows_quarantined:count")
    return Listing("imports", label("REPORT-IMPORTS"), columns, rows, label("REPORT-IMPORTS-NOTE"))


def rules_listing(book: Yearbook) -> Listing:
    """Software and rule versions."""
    rows = (("tilth", book.provenance.software), *book.provenance.rules)
    return Listing("versions", label("REPORT-VERSIONS"), _columns("rule_set version"), tuple(rows))


def all_listings(book: Yearbook) -> list[Listing]:
    """Every list of the yearbook, in the order of the workbook."""
    lists = []
    if book.change_list is not None:
        lists.append(change_listing(book.change_list))
    lists += [standing_listing(book.standing), checks_listing(book.checks)]
    lists += [findings_summary(book.findings), findings_listing(book.findings)]
    if book.quarantine is not None:
        lists.append(quarantine_listing(book.quarantine))
    return [*lists, adjustments_listing(book), imports_listing(book), sources_listing(book), rules_listing(book)]
