"""Files in. Each import is one step: afterwards the workspace holds the old state or the new one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tilth import __version__
from tilth.api.results import Imported, Rows
from tilth.core import BadInput, Finding, message
from tilth.intake import (
    Rejected,
    layer_from,
    parcels_from,
    read_ridge_table,
    read_table,
    read_vector,
    regions_from,
    tasks_from,
)
from tilth.land import Draft, Store
from tilth.runtime import Workspace, working, write_whole

#: Endings of tables without geometry.
TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".dbf")
#: A survey whose area differs by more than one part in so many is asked about: it may be another county's.
OTHER_LAND = 10
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
    noted = _beside_what_is_known(store, draft, year)
    done = _publish(store, draft, file)
    return Imported(done.snapshot, (*done.findings, *noted))


def _beside_what_is_known(store: Store, draft: Draft, year: int) -> list[Finding]:
    """Says which survey of the year is replaced, and whether this one is of another size than the county."""
    found = []
    known: list[tuple[str, int]] = []
    for entry in store.listed(kind="survey"):
        meta = store.meta(entry)
        known.append(("API-OTHER-LAND-SURVEY", meta.area_dm2))
        if entry.year == year and entry.id != draft.id:
            values = {"year": year, "rows_before": meta.rows_stored, "before_dm2": meta.area_dm2, "id": entry.id[:12]}
            found.append(Finding("API-REPLACED", values=values))
    control = sum(
        (one.control_dm2 or 0) + (one.control_island_dm2 or 0) for one in store.regions().at_level("township")
    )
    if control:
        known.insert(0, ("API-OTHER-LAND-CONTROL", control))
    now = draft.meta.area_dm2
    for what, before in known[:1]:
        if abs(now - before) * OTHER_LAND > before:
            values = {"now_dm2": now, "before_dm2": before, "what": message(what)}
            found.append(Finding("API-OTHER-LAND", values=values))
    return found


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

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used, or leaves something open.
    """
    if kind == "survey" or not kind.replace("_", "").isalnum():
        raise BadInput("API-KIND", kind=kind)
    if year is not None:
        _check_year(year)
    with working(message("API-READING", file=Path(file).name)):
        table = read_vector(file, layer=layer, encoding=encoding, crs=crs)
        draft = layer_from(table, kind, year=year, region=workspace.region, version=__version__)
    return _publish(Store(workspace), draft, file, label)


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

    With `group`, the regions of the file are given that name as a set, whatever province they lie in.

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used, or leaves something open.
    """
    plain = Path(file).suffix.lower() in TABLES
    table = read_table(file, encoding=encoding) if plain else read_vector(file, layer=layer, encoding=encoding, crs=crs)
    regions, draft = regions_from(table, level, year=year, region=workspace.region, version=__version__)
    store = Store(workspace)
    store.put_regions(regions)
    if group:
        store.put_group(group, [region.code for region in regions])
    if not plain:
        return _publish(store, draft, file)
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
        (workspace.root / "tables").mkdir(exist_ok=True)
        write_whole(workspace.root / RIDGES, Path(file).read_bytes())
    return Rows("ridges", len(ridges.allowed), len(ridges.allowed), 0)


def import_changes(workspace: Workspace, file: str | Path, *, year: int, encoding: str | None = None) -> Rows:
    """Bring in the update-process table (DLTBGXGC) of `year`, which rule V15 adds up.

    Raises
    ------
    BadInput
        If it cannot be read.
    """
    _check_year(year)
    path = Path(file)
    if path.suffix.lower() in TABLES:
        table = read_table(path, encoding=encoding)
    else:
        table = read_vector(path, encoding=encoding)
    frame = pd.DataFrame(table.frame).drop(columns="geometry", errors="ignore")
    with workspace.writing():
        (workspace.root / "tables").mkdir(exist_ok=True)
        write_whole(workspace.root / changes_table(year), frame.to_csv(index=False).encode("utf-8"))
    return Rows("changes", table.rows_in, len(frame), len(table.rejected), _reasons(table.rejected), table.findings)


RIDGES = Path("tables") / "ridges.csv"


def changes_table(year: int) -> Path:
    """Where the update-process table of `year` is kept in a workspace."""
    return Path("tables") / f"changes-{year}.csv"


def _publish(store: Store, draft: Draft, file: str | Path, label: str = "") -> Imported:
    if draft.meta.rows_in and not draft.meta.rows_stored:
        why = str(draft.quarantine["reason"].iloc[0])
        raise BadInput("API-NO-ROWS", file=Path(file).name, rows=draft.meta.rows_in, why=why)
    with working(message("API-STORING", file=Path(file).name)):
        snapshot = store.publish(draft, label=label)
    return Imported(snapshot, draft.findings)


def _reasons(rejected: tuple[Rejected, ...] | list[Rejected]) -> tuple[tuple[int, str, str], ...]:
    return tuple((row.source_row, row.code, Finding(row.code, values=row.values).said) for row in rejected)


def _check_year(year: int) -> None:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise BadInput("API-YEAR", year=year)
