"""Files in. Each import is one step: afterwards the workspace holds the old state or the new one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tilth import __version__
from tilth.api.beside import about_kind, about_layer, about_survey
from tilth.api.map_sheets import prepare_map
from tilth.api.outlined import prepare_outlines
from tilth.api.results import Imported, Rows
from tilth.change import flag_kinds
from tilth.core import BadInput, Finding, message
from tilth.intake import (
    Rejected,
    changes_from,
    layer_from,
    parcels_from,
    read_ridge_table,
    read_table,
    read_vector,
    regions_from,
    tasks_from,
)
from tilth.land import Draft, Region, Store, meant_kind
from tilth.runtime import Workspace, working, write_whole

#: Endings of tables without geometry.
TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".dbf")
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


def import_survey(
    workspace: Workspace,
    file: str | Path,
    *,
    year: int,
    profile: str = "auto",
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
    code_system: str | None = None,
) -> Imported:
    """Bring in one year's parcels. They become the survey that `year` uses; an earlier delivery stays beside it.

    What looks like a damaged file, another county or another year is stored beside the survey in use, and does not take
    its place (`use` does that).

    Parameters
    ----------
    profile
        "dltb", "fiboa", "auto", or a MAP.toml of the user's own.
    layer, encoding, crs
        Answers to what the file leaves open.

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used, or leaves something open.
    """
    _check_year(year)
    with working(message("API-READING", file=Path(file).name)):
        table = read_vector(file, layer=layer, encoding=encoding, crs=crs)
    store = Store(workspace)
    villages = {region.code: region.control_dm2 for region in store.regions().at_level("village")}
    with working(message("API-EXAMINING", file=Path(file).name)):
        draft = parcels_from(
            table,
            profile,
            year=year,
            region=workspace.region,
            code_system=code_system,
            controls={code: control for code, control in villages.items() if control is not None},
            version=__version__,
        )
    noted, used = about_survey(store, draft, year)
    done = _publish(store, draft, file, in_use=used)
    if used:
        with working(message("API-PREPARING", file=Path(file).name)):
            prepare_outlines(workspace, done.snapshot)
            prepare_map(workspace, store.in_use(year))
    return Imported(done.snapshot, (*done.findings, *noted), used)


def import_layer(
    workspace: Workspace,
    file: str | Path,
    *,
    kind: str,
    year: int | None = None,
    label: str = "",
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> Imported:
    """Bring in a layer that rules look at ("pbf", "ecology", "town", "reserve", …), or any other.

    Layers of one kind and year replace each other, unless they are told apart by `label`.

    Parameters
    ----------
    kind
        One of `tilth.land.LAYER_KINDS` in any case of letters, a layer's code or name (YJJBNTTB, 生态保护红线), or a
        word of the user's own.

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used or leaves something open, a check has a column of the name of `kind`, or `kind` is a
        letter or two off a known one.
    """
    kind = meant_kind(kind)
    if kind == "survey" or not kind.replace("_", "").isalnum():
        raise BadInput("API-KIND", kind=kind)
    flag_kinds([kind], ())
    if year is not None:
        _check_year(year)
    with working(message("API-READING", file=Path(file).name)):
        table = read_vector(file, layer=layer, encoding=encoding, crs=crs)
        draft = layer_from(table, kind, year=year, region=workspace.region, version=__version__)
    store = Store(workspace)
    done = _publish(store, draft, file, label)
    with working(message("API-PREPARING", file=Path(file).name)):
        for stored in store.listed(kind=kind, year=year):
            if stored.id == done.snapshot.id:
                prepare_map(workspace, stored)
    return Imported(done.snapshot, (*about_kind(kind), *done.findings))


def import_regions(
    workspace: Workspace,
    file: str | Path,
    *,
    level: str | None = None,
    year: int | None = None,
    group: str | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> Imported | Rows:
    """Bring in townships or villages with their control areas (XZQ, CJDCQ), or a table of regions.

    With `group`, the regions of the file are given that name as a set, whatever province they lie in; a table may also
    name the groups of each region in a column of its own. A group that was there is replaced.

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used, or leaves something open.
    """
    plain = Path(file).suffix.lower() in TABLES
    table = read_table(file, encoding=encoding) if plain else read_vector(file, layer=layer, encoding=encoding, crs=crs)
    regions, draft, groups = regions_from(table, level, year=year, region=workspace.region, version=__version__)
    store = Store(workspace)
    if group:
        groups = {**groups, group: [region.code for region in regions]}
    if not plain:
        return _publish(store, draft, file, regions=regions, groups=groups)
    store.put_regions(regions, groups)
    held = draft.quarantine
    return Rows(
        "regions",
        draft.meta.rows_in,
        draft.meta.rows_stored,
        draft.meta.rows_quarantined,
        tuple(zip(held["source_row"].tolist(), held["code"], held["reason"], strict=True)),
        draft.findings,
    )


def import_tasks(
    workspace: Workspace, file: str | Path, *, year: int | None = None, encoding: str | None = None
) -> Rows:
    """Bring in the table of tasks: farmland to hold and permanent basic farmland, by region and year.

    Raises
    ------
    BadInput
        If the table has no such columns.
    """
    table = read_table(file, encoding=encoding)
    tasks, rejected = tasks_from(table, year=year)
    Store(workspace).put_tasks(tasks)
    return Rows("tasks", len(tasks) + len(rejected), len(tasks), len(rejected), _reasons(rejected), table.findings)


def import_ridges(workspace: Workspace, file: str | Path) -> Rows:
    """Bring in the county's table of ridge coefficients (PD2 … TT5), which rule V6 looks at.

    Raises
    ------
    BadInput
        If the table is incomplete or a coefficient is no number from 0 to 1.
    """
    ridges = read_ridge_table(Path(file))
    with workspace.writing():
        write_whole(workspace.root / RIDGES, Path(file).read_bytes())
    return Rows("ridges", len(ridges.allowed), len(ridges.allowed), 0)


def import_changes(workspace: Workspace, file: str | Path, *, year: int, encoding: str | None = None) -> Rows:
    """Bring in the update-process table (DLTBGXGC) of `year`, which rule V15 adds up.

    Raises
    ------
    BadInput
        If it cannot be read, or has no column for the parcel before or the area of the piece.
    """
    _check_year(year)
    path = Path(file)
    if path.suffix.lower() in TABLES:
        table = read_table(path, encoding=encoding)
    else:
        table = read_vector(path, encoding=encoding)
    frame, rejected = changes_from(table)
    with workspace.writing():
        write_whole(workspace.root / changes_table(year), frame.to_csv(index=False).encode("utf-8"))
    return Rows("changes", table.rows_in, len(frame), len(rejected), _reasons(rejected), table.findings)


RIDGES = Path("tables") / "ridges.csv"


def changes_table(year: int) -> Path:
    """Where the update-process table of `year` is kept in a workspace."""
    return Path("tables") / f"changes-{year}.csv"


def _publish(
    store: Store,
    draft: Draft,
    file: str | Path,
    label: str = "",
    in_use: bool = True,
    regions: Iterable[Region] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Imported:
    if draft.meta.rows_in and not draft.meta.rows_stored:
        why = str(draft.quarantine["reason"].iloc[0])
        raise BadInput("API-NO-ROWS", file=Path(file).name, rows=draft.meta.rows_in, why=why)
    with working(message("API-STORING", file=Path(file).name)):
        snapshot = store.publish(draft, label=label, in_use=in_use, regions=regions, groups=groups)
    noted = about_layer(store, snapshot, label) if snapshot.meta.kind != "survey" else ()
    return Imported(snapshot, (*draft.findings, *noted))


def _reasons(rejected: tuple[Rejected, ...] | list[Rejected]) -> tuple[tuple[int, str, str], ...]:
    return tuple((row.source_row, row.code, Finding(row.code, values=row.values).said) for row in rejected)


def _check_year(year: int) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise BadInput("API-YEAR", year=year)
