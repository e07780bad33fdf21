"""Snapshots, regions and tasks in a workspace. A snapshot is there whole or not at all, and never changes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, String, Table, delete, func, select, update

from tilth.core import BadInput, Finding, NotFound
from tilth.land.regions import Region, RegionTree, Task
from tilth.land.snapshot import Draft, Meta, Snapshot
from tilth.runtime import Workspace, settle

_tables = MetaData()
_snapshot = Table(
    "snapshot",
    _tables,
    Column("id", String, primary_key=True),
    Column("kind", String),
    Column("year", Integer),
    Column("label", String),
    Column("folder", String),
    Column("current", Boolean),
    Column("stored_at", String),
    Column("sequence", Integer),
)
_region = Table(
    "region",
    _tables,
    Column("code", String, primary_key=True),
    Column("name", String),
    Column("level", String),
    Column("parent", String),
    Column("control_dm2", BigInteger),
    Column("control_island_dm2", BigInteger),
)
_group = Table("region_group", _tables, Column("name", String), Column("region", String))
_task = Table(
    "task",
    _tables,
    Column("region", String),
    Column("year", Integer),
    Column("holding_dm2", BigInteger),
    Column("pbf_dm2", BigInteger),
    Column("source", String),
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One stored snapshot or layer, without its rows."""

    id: str
    kind: str
    year: int | None
    label: str
    folder: Path
    current: bool
    stored_at: str


@dataclass(frozen=True)
class Store:
    """The land records of a workspace."""

    workspace: Workspace

    def publish(self, draft: Draft, *, label: str = "", replace: bool = False) -> Snapshot:
        """Keep `draft` under its content's name and make it the one that its kind and year use.

        The same content again changes nothing. Layers of one kind and year stand beside each other by `label`;
        the current survey of a year is replaced, its predecessor stays in the workspace.

        Raises
        ------
        BadInput
            If rows could not be written.
        """
        meta, name = draft.meta, draft.id
        folder = Path("snapshots" if meta.kind == "survey" else "layers") / f"{meta.kind}-{meta.year or 0}-{name[:16]}"
        with self.workspace.writing():
            if not (self.workspace.root / folder).exists():
                with self.workspace.staging() as staged:
                    _write(draft, staged / "snapshot")
                    settle(staged / "snapshot", self.workspace.root / folder)
            self._make_current(name, meta, folder, label, replace)
        return Snapshot(name, meta, draft.parcels, draft.findings, draft.quarantine)

    def use(self, stored: Stored) -> None:
        """Make a stored snapshot the one that its kind and year use again."""
        with self.workspace.writing():
            self._make_current(stored.id, self.meta(stored), stored.folder, stored.label, False)

    def _make_current(self, name: str, meta: Meta, folder: Path, label: str, replace: bool) -> None:
        same = (_snapshot.c.kind == meta.kind) & (_snapshot.c.year == meta.year)
        if meta.year is None:
            same = (_snapshot.c.kind == meta.kind) & _snapshot.c.year.is_(None)
        if meta.kind != "survey" and not replace:
            same = same & (_snapshot.c.label == label)
        with self.workspace.database.transaction() as connection:
            connection.execute(update(_snapshot).where(same).values(current=False))
            connection.execute(delete(_snapshot).where(_snapshot.c.id == name))
            number = connection.execute(select(func.coalesce(func.max(_snapshot.c.sequence), 0))).scalar_one() + 1
            connection.execute(
                _snapshot.insert().values(
                    id=name,
                    kind=meta.kind,
                    year=meta.year,
                    label=label,
                    folder=folder.as_posix(),
                    current=True,
                    stored_at=datetime.now(UTC).isoformat(timespec="seconds"),
                    sequence=number,
                )
            )

    def listed(self, *, kind: str | None = None, year: int | None = None, current: bool = True) -> list[Stored]:
        """What is stored, in the order it came; by default only what is in use."""
        query = select(_snapshot).order_by(_snapshot.c.sequence)
        if kind is not None:
            query = query.where(_snapshot.c.kind == kind)
        if year is not None:
            query = query.where(_snapshot.c.year == year)
        if current:
            query = query.where(_snapshot.c.current)
        with self.workspace.database.transaction() as connection:
            rows = connection.execute(query).mappings().all()
        return [
            Stored(
                row["id"], row["kind"], row["year"], row["label"], Path(row["folder"]), row["current"], row["stored_at"]
            )
            for row in rows
        ]

    def survey(self, year: int) -> Snapshot:
        """The survey that `year` uses.

        Raises
        ------
        NotFound
            If there is none.
        """
        stored = self.listed(kind="survey", year=year)
        if not stored:
            known = ", ".join(str(entry.year) for entry in self.listed(kind="survey")) or "-"
            raise NotFound("LAND-NO-SURVEY", year=year, known=known)
        return self.load(stored[-1])

    def layers(self, year: int | None = None) -> dict[str, list[Snapshot]]:
        """The layers in use, by kind: of each kind and label the newest that is not later than `year`."""
        best: dict[tuple[str, str], Stored] = {}
        for entry in self.listed():
            if entry.kind == "survey" or (year is not None and entry.year is not None and entry.year > year):
                continue
            held = best.get((entry.kind, entry.label))
            if held is None or (entry.year or 0) >= (held.year or 0):
                best[entry.kind, entry.label] = entry
        layers: dict[str, list[Snapshot]] = {}
        for (kind, _), entry in sorted(best.items()):
            layers.setdefault(kind, []).append(self.load(entry))
        return layers

    def load(self, stored: Stored) -> Snapshot:
        """Read a stored snapshot back, rows and all.

        Raises
        ------
        BadInput
            If its files are missing or damaged.
        """
        folder = self.workspace.root / stored.folder
        meta = self.meta(stored)
        try:
            findings = tuple(
                Finding.from_record(json.loads(line))
                for line in (folder / "findings.jsonl").read_text(encoding="utf-8").splitlines()
            )
            rows = gpd.read_parquet(folder / "rows.parquet")
            quarantine = gpd.read_parquet(folder / "quarantine.parquet")
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput("LAND-SNAPSHOT-DAMAGED", folder=str(folder), why=str(error).splitlines()[0]) from error
        if len(rows) != meta.rows_stored or int(rows["area_dm2"].sum()) != meta.area_dm2:
            raise BadInput(
                "LAND-SNAPSHOT-DAMAGED", folder=str(folder), why=f"{len(rows)} rows, {meta.rows_stored} expected"
            )
        return Snapshot(stored.id, meta, rows, findings, quarantine)

    def meta(self, stored: Stored) -> Meta:
        """What a stored snapshot is, without its rows.

        Raises
        ------
        BadInput
            If its file is missing or damaged.
        """
        path = self.workspace.root / stored.folder / "meta.json"
        try:
            return Meta.from_record(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadInput("LAND-SNAPSHOT-DAMAGED", folder=str(path.parent), why=str(error).splitlines()[0]) from error

    def put_regions(self, regions: Iterable[Region]) -> None:
        """Add regions, or replace those with the same code; what the new one leaves open stays as it was."""
        rows = list(regions)
        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            held = {row["code"]: Region(**row) for row in connection.execute(select(_region)).mappings()}
            for region in (_completed(new, held.get(new.code)) for new in rows):
                connection.execute(delete(_region).where(_region.c.code == region.code))
                connection.execute(
                    _region.insert().values(
                        code=region.code,
                        name=region.name,
                        level=region.level,
                        parent=region.parent,
                        control_dm2=region.control_dm2,
                        control_island_dm2=region.control_island_dm2,
                    )
                )

    def put_group(self, name: str, members: Sequence[str]) -> None:
        """Name a set of regions; an earlier set of that name is replaced."""
        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            connection.execute(delete(_group).where(_group.c.name == name))
            for member in dict.fromkeys(members):
                connection.execute(_group.insert().values(name=name, region=member))

    def regions(self) -> RegionTree:
        """The region tree; the workspace's own county is always in it."""
        with self.workspace.database.transaction() as connection:
            rows = connection.execute(select(_region)).mappings().all()
            groups: dict[str, list[str]] = {}
            for row in connection.execute(select(_group).order_by(_group.c.name, _group.c.region)).mappings():
                groups.setdefault(row["name"], []).append(row["region"])
        regions = {row["code"]: Region(**row) for row in rows}
        own = self.workspace.region
        if own not in regions:
            regions[own] = Region(own, self.workspace.name, "county")
        return RegionTree(regions, {name: tuple(members) for name, members in groups.items()})

    def put_tasks(self, tasks: Iterable[Task]) -> None:
        """Add tasks, or replace those of the same region and year."""
        rows = list(tasks)
        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            for task in rows:
                same = (_task.c.region == task.region) & (_task.c.year == task.year)
                connection.execute(delete(_task).where(same))
                connection.execute(
                    _task.insert().values(
                        region=task.region,
                        year=task.year,
                        holding_dm2=task.holding_dm2,
                        pbf_dm2=task.pbf_dm2,
                        source=task.source,
                    )
                )

    def tasks(self, year: int | None = None) -> list[Task]:
        """Tasks by region: for each region the newest that is not later than `year` (all of them without one)."""
        query = select(_task).order_by(_task.c.region, _task.c.year)
        if year is not None:
            query = query.where(_task.c.year <= year)
        with self.workspace.database.transaction() as connection:
            tasks = [Task(**row) for row in connection.execute(query).mappings()]
        return tasks if year is None else list({task.region: task for task in tasks}.values())


def _completed(new: Region, held: Region | None) -> Region:
    """`new`, with name, parent and control areas of `held` where it has none of its own."""
    if held is None:
        return new
    return Region(
        new.code,
        held.name if new.name in ("", new.code) else new.name,
        new.level,
        held.parent if new.parent is None else new.parent,
        held.control_dm2 if new.control_dm2 is None else new.control_dm2,
        held.control_island_dm2 if new.control_island_dm2 is None else new.control_island_dm2,
    )


def _write(draft: Draft, folder: Path) -> None:
    folder.mkdir()
    meta = draft.meta
    assert len(draft.parcels) == meta.rows_stored, (len(draft.parcels), meta.rows_stored)
    assert len(draft.quarantine) == meta.rows_quarantined, (len(draft.quarantine), meta.rows_quarantined)
    try:
        draft.parcels.to_parquet(folder / "rows.parquet", index=False)
        draft.quarantine.to_parquet(folder / "quarantine.parquet", index=False)
    except (OSError, ValueError, TypeError) as error:
        raise BadInput("LAND-SNAPSHOT-UNWRITABLE", why=str(error).splitlines()[0]) from error
    records = [json.dumps(finding.as_record(), ensure_ascii=False) for finding in draft.findings]
    (folder / "findings.jsonl").write_text("".join(record + "\n" for record in records), encoding="utf-8")
    (folder / "meta.json").write_text(json.dumps(meta.as_record(), ensure_ascii=False, indent=1), encoding="utf-8")
