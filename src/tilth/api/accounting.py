"""Land tables of one year, flows between two, and what every region holds against its tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.api.results import Accounts
from tilth.core import BadInput, Finding, Label, label, message
from tilth.land import RegionTree, Snapshot, Store, Task
from tilth.land.folder import stamp
from tilth.runtime import Workspace, working, write_whole
from tilth.runtime.held import HOLDING

if TYPE_CHECKING:
    from tilth.change import Flows, Holding
    from tilth.core import AreaTable

DEPTH = {"county": 0, "township": 1, "village": 2}


def accounts(workspace: Workspace, *, year: int) -> Accounts:
    """The official status tables of `year`: county, townships, villages; exact in dm², levelled in hectares.

    Raises
    ------
    NotFound
        If there is no survey of that year.
    """
    store = Store(workspace)
    tree = store.regions()
    used = [store.in_use(year), *(one for one in store.chosen(year) if one.kind == "pbf")]
    stamps = tuple((one.id, stamp(workspace.root / one.folder)) for one in used)
    named = (workspace.name, tuple(sorted(tree.regions.items())))
    key = ("accounts", str(workspace.root), year, stamps, hash(named))
    return HOLDING.held(key, lambda: _accounts(workspace, year), lambda one: one.snapshot.meta.rows_stored)


def _accounts(workspace: Workspace, year: int) -> Accounts:
    store = Store(workspace)
    snapshot = store.survey(year)
    from tilth.api.layers import usable_layers
    from tilth.api.outlined import designated_in, pbf_pieces_of
    from tilth.change import status_tables

    regions = store.regions()
    findings: list[Finding] = []
    with working(message("API-TABLES", year=year)):
        layers, left_out = usable_layers(store, snapshot, ["pbf"])
        pbf, pieces, drawn = layers.get("pbf"), None, None
        if pbf is not None and snapshot.meta.code_system == "sd2017":
            pieces, findings = pbf_pieces_of(workspace, pbf, snapshot)
            drawn = designated_in(workspace, pbf, snapshot)
        tables = status_tables(
            snapshot.attributes, snapshot.codes, regions, year=year, unit_name=unit_name(workspace), pbf_pieces=pieces
        )
    return Accounts(year, snapshot, tables, (*left_out, *findings), drawn)


def down_to(table: AreaTable, level: str) -> AreaTable:
    """`table` with the rows of `level` ("county", "township" or "village") and above.

    Raises
    ------
    BadInput
        If there is no such level.
    """
    from dataclasses import replace

    if level not in DEPTH:
        raise BadInput("API-LEVEL", level=level)
    kept = [index for index, row in enumerate(table.rows) if row.depth <= DEPTH[level]]
    return replace(
        table,
        rows=tuple(table.rows[index] for index in kept),
        dm2=table.dm2[kept],
        hectares=None if table.hectares is None else table.hectares[kept],
    )


def write_tables(
    workspace: Workspace,
    tables: Sequence[AreaTable],
    format: str,
    out: Path | None,
    done: Accounts | Flowed,
    *,
    unit: str = "m2",
) -> list[Path]:
    """Write `tables`, some or all of those in `done`, as text, JSON, CSV or a workbook with findings and provenance.

    Every row and column is written. Text is in `unit`, CSV in m², JSON and the workbook in both ha and m².

    Raises
    ------
    BadInput
        For an unknown format, or if a file cannot be written.
    """
    from tilth.report import Provenance, Yearbook, as_text
    from tilth.report import write_tables as report_tables

    if format == "text":
        return [write_whole(out or Path("tables.txt"), "\n\n".join(as_text(one, unit) for one in tables).encode())]
    if isinstance(done, Accounts):
        used, findings, changes, title = [done.snapshot], done.findings, None, label("API-ACCOUNTS-TITLE")
    else:
        used, findings, changes = [done.before, done.after], done.flows.findings, done.flows.change_list
        title = label("API-FLOWS-TITLE")
    book = Yearbook(
        title=title,
        unit=unit_name(workspace),
        year=used[-1].meta.year or 0,
        provenance=Provenance.of(__version__, [], used),
        made_on=datetime.now(UTC).date().isoformat(),
        findings=findings,
        change_list=changes,
    )
    return report_tables(tables, format, out, book=book)


def unit_name(workspace: Workspace) -> Label:
    """Name of the workspace's region, as tables are titled."""
    return Label(workspace.name, workspace.name)


@dataclass(frozen=True)
class Flowed:
    """The flows between two years, and the two surveys they compare."""

    before: Snapshot
    after: Snapshot
    flows: Flows

    @property
    def tables(self) -> tuple[AreaTable, ...]:
        """The tables that the code system has rules for."""
        flows = self.flows
        candidates = (
            flows.matrix,
            flows.three_class,
            flows.farmland_in_out,
            flows.by_region,
            flows.seea,
            flows.seea_matrix,
        )
        return tuple(table for table in candidates if table is not None)

    def down_to(self, level: str) -> tuple[AreaTable, ...]:
        """The same tables, those of regions with the rows of `level` ("county", "township" or "village") and above."""
        of_regions = [id(table) for table in (self.flows.farmland_in_out, self.flows.by_region)]
        return tuple(down_to(table, level) if id(table) in of_regions else table for table in self.tables)


def flows(workspace: Workspace, *, before: int, after: int) -> Flowed:
    """Overlay the surveys of two years: flow matrix, change list, accounts. Both margins close to 0.01 m².

    Raises
    ------
    NotFound
        If a survey is missing.
    BadInput
        If the years are the same, or the surveys are in different coordinate or code systems.
    """
    if before == after:
        raise BadInput("API-SAME-YEAR", year=before)
    store = Store(workspace)
    stored = [store.in_use(year) for year in (after, before)][::-1]
    from tilth.api.outlined import ahead_of_rows

    surveys = [(one.id, store.meta(one).crs) for one in stored]
    with (
        working(message("API-FLOWS", before=before, after=after)),
        ahead_of_rows(workspace, *surveys, measured=True) as ahead,
    ):
        first, second = (store.load(one) for one in stored)
        from tilth.change import compare_years

        codes, name = _codes(first, second), unit_name(workspace)
        outlines = ahead.outlines(workspace, first, second)
        result = compare_years(
            first, second, codes, store.regions(), unit_name=name, outlines=outlines, pieces=ahead.pieces
        )
    return Flowed(first, second, result)


def _codes(first: Snapshot, second: Snapshot) -> Any:
    from tilth.land import observed_code_system

    if first.meta.code_system != second.meta.code_system:
        raise BadInput("API-CODE-SYSTEMS", before=first.meta.code_system, after=second.meta.code_system)
    own, other = first.codes, second.codes
    if all(code in own for code in other.leaves):
        return own
    names = {code: one.label.en for codes in (own, other) for code, one in codes.classes.items()}
    return observed_code_system(own.id, names, names)


def standing_of(found: Accounts, tree: RegionTree, tasks: list[Task]) -> tuple[list[Holding], list[Finding]]:
    """Standing from the tables of a year."""
    from tilth.change import designated_by_region, holdings, task_findings

    farmland, farmland_ha = _by_region(found.tables["2"], "01")
    pbf, pbf_ha = None, None
    if found.designated is not None:
        pbf, pbf_ha = designated_by_region(found.designated, tree, found.tables["2"].rows[0].key[1])
    still, still_ha = _by_region(found.tables["15"], "01") if "15" in found.tables else (None, None)
    rows = holdings(
        tree, tasks, farmland, pbf, farmland_ha=farmland_ha, pbf_ha=pbf_ha, pbf_farmland_dm2=still,
        pbf_farmland_ha=still_ha,
    )  # fmt: skip
    return rows, task_findings(rows, tree, tasks)


def _by_region(table: AreaTable, column: str) -> tuple[dict[str, int], dict[str, int]]:
    """A column by region code: in dm², and in the whole 0.01 ha that the table shows."""
    from tilth.report import hundredths_of_ha

    place = [one.code for one in table.columns].index(column)
    dm2: dict[str, int] = {}
    hectares: dict[str, int] = {}
    for row, exact, shown in zip(table.rows, table.dm2[:, place], hundredths_of_ha(table)[:, place], strict=True):
        dm2.setdefault(row.key[1], int(exact))  # a region's own row comes before the row of what is left in it
        hectares.setdefault(row.key[1], int(shown))
    return dm2, hectares
