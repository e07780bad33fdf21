"""Snapshots, regions and tasks in a workspace. A snapshot is there whole or not at all, and never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    select,
    update,
)

from tilth.core import BadInput, NotFound
from tilth.land.folder import is_whole, read_folder, read_meta, stamp, write_folder
from tilth.land.regions import Region, RegionTree, Task
from tilth.land.snapshot import Draft, Meta, Snapshot
from tilth.runtime import Workspace, settle
from tilth.runtime.held import HOLDING

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

    def publish(
        self,
        draft: Draft,
        *,
        label: str = "",
        follows: str | None = None,
        in_use: bool = True,
        regions: Iterable[Region] = (),
        groups: Mapping[str, Sequence[str]] | None = None,
    ) -> Snapshot:
        """Keep `draft` under its content's name and make it the one that its kind and year use.

        The same content again changes nothing, but mends a folder that was damaged. Layers of one kind and year stand
        beside each other by `label`, which is part of their name; the current survey of a year is replaced, its
        predecessor stays in the workspace.

        Parameters
        ----------
        follows
            The id of the snapshot that `draft` was made from: nothing is stored if another one is in use by now.
        in_use
            If False it is kept, and what its kind and year use stays as it is.
        regions, groups
            What else the same file brought: kept in the same step, or not at all.

        Raises
        ------
        BadInput
            If the rows could not be written, or another snapshot took the place of `follows`.
        """
        if label:
            draft = replace(draft, meta=replace(draft.meta, extra={**draft.meta.extra, "label": label}))
        meta, name = draft.meta, draft.id
        folder = Path("snapshots" if meta.kind == "survey" else "layers") / f"{meta.kind}-{meta.year or 0}-{name[:16]}"
        entry = Stored(name, meta.kind, meta.year, label, folder, in_use, "")
        with self.workspace.writing():
            held = self.listed(kind=meta.kind, year=meta.year) if follows is not None else []
            if held and held[-1].id != follows:
                raise BadInput("LAND-OVERTAKEN", year=meta.year, id=held[-1].id[:12], read=str(follows)[:12])
            if not ((self.workspace.root / folder).exists() and is_whole(self.workspace.root / folder)):
                self._settle(draft, folder)
            with self.workspace.database.transaction() as connection:
                if in_use:
                    _make_current(connection, entry)
                else:
                    _keep_aside(connection, entry)
                _put_regions(connection, regions, groups or {})
        return Snapshot(name, meta, draft.parcels, draft.findings, draft.quarantine)

    def _settle(self, draft: Draft, folder: Path) -> None:
        try:
            with self.workspace.staging() as staged:
                write_folder(draft, staged / "snapshot")
                settle(staged / "snapshot", self.workspace.root / folder)
        except OSError as error:
            raise BadInput("LAND-SNAPSHOT-UNWRITABLE", why=error.strerror or str(error)) from error

    def use(self, stored: Stored) -> None:
        """Make a stored snapshot the one that its kind and year use again.

        Raises
        ------
        BadInput
            If its description is missing or damaged.
        """
        self.meta(stored)
        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            _make_current(connection, stored)

    def set_aside(self, stored: Stored) -> None:
        """Take a stored snapshot or layer out of use. It stays in the workspace."""
        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            connection.execute(update(_snapshot).where(_snapshot.c.id == stored.id).values(current=False))

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
        return self.load(self.in_use(year))

    def in_use(self, year: int) -> Stored:
        """The survey that `year` uses, without its rows: a year that has none is refused before anything is loaded.

        Raises
        ------
        NotFound
            If there is none.
        """
        stored = self.listed(kind="survey", year=year)
        if not stored:
            known = ", ".join(str(entry.year) for entry in self.listed(kind="survey")) or "-"
            raise NotFound("LAND-NO-SURVEY", year=year, known=known)
        return stored[-1]

    def chosen(self, year: int | None = None) -> list[Stored]:
        """The layers that `year` uses: of each kind and label the newest that is not later, one without a year last."""
        best: dict[tuple[str, str], Stored] = {}
        for entry in self.listed():
            if entry.kind == "survey" or (year is not None and entry.year is not None and entry.year > year):
                continue
            held = best.get((entry.kind, entry.label))
            if held is None or (entry.year or 0) >= (held.year or 0):
                best[entry.kind, entry.label] = entry
        return [best[key] for key in sorted(best)]

    def survey_years(self) -> list[int]:
        """The years that have a survey."""
        return sorted({entry.year for entry in self.listed(kind="survey") if entry.year is not None})

    def layers(self, year: int | None = None) -> dict[str, list[Snapshot]]:
        """The layers that `year` uses, by kind."""
        layers: dict[str, list[Snapshot]] = {}
        for entry in self.chosen(year):
            layers.setdefault(entry.kind, []).append(self.load(entry))
        return layers

    def load(self, stored: Stored) -> Snapshot:
        """Read a stored snapshot back, rows and all.

        Raises
        ------
        BadInput
            If its files are missing, damaged or not what was stored.
        """
        folder = self.workspace.root / stored.folder
        key = ("snapshot", str(folder), stored.id, stamp(folder))
        return HOLDING.held(key, lambda: read_folder(folder, stored.id), lambda one: one.meta.rows_stored)

    def meta(self, stored: Stored) -> Meta:
        """What a stored snapshot is, without its rows.

        Raises
        ------
        BadInput
            If its file is missing or damaged.
        """
        return read_meta(self.workspace.root / stored.folder)

    def put_regions(self, regions: Iterable[Region], groups: Mapping[str, Sequence[str]] | None = None) -> None:
        """Add regions, or replace those with the same code; what the new one leaves open stays as it was.

        `groups` names sets of regions; an earlier set of that name is replaced. All of it is kept, or nothing.
        """
        with self.workspace.writing(), self.workspace.database.transaction() as connection:
            _put_regions(connection, regions, groups or {})

    def put_group(self, name: str, members: Sequence[str]) -> None:
        """Name a set of regions; an earlier set of that name is replaced."""
        self.put_regions((), {name: members})

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


def _make_current(connection: Connection, entry: Stored) -> None:
    """Mark `entry` as the newest of its kind, year and label, and the one in use."""
    year = _snapshot.c.year.is_(None) if entry.year is None else _snapshot.c.year == entry.year
    same = (_snapshot.c.kind == entry.kind) & year
    if entry.kind != "survey":
        same = same & (_snapshot.c.label == entry.label)
    connection.execute(update(_snapshot).where(same).values(current=False))
    _record(connection, entry, current=True)


def _keep_aside(connection: Connection, entry: Stored) -> None:
    """List `entry` without using it; one that is listed already stays as it is."""
    _first_in_line(connection)
    if connection.execute(select(_snapshot.c.id).where(_snapshot.c.id == entry.id)).first() is None:
        _record(connection, entry, current=False)


def _record(connection: Connection, entry: Stored, *, current: bool) -> None:
    """Write down `entry` as the newest."""
    connection.execute(delete(_snapshot).where(_snapshot.c.id == entry.id))
    number = connection.execute(select(func.coalesce(func.max(_snapshot.c.sequence), 0))).scalar_one() + 1
    connection.execute(
        _snapshot.insert().values(
            id=entry.id,
            kind=entry.kind,
            year=entry.year,
            label=entry.label,
            folder=entry.folder.as_posix(),
            current=current,
            stored_at=datetime.now(UTC).isoformat(timespec="seconds"),
            sequence=number,
        )
    )


def _put_regions(connection: Connection, regions: Iterable[Region], groups: Mapping[str, Sequence[str]]) -> None:
    _first_in_line(connection)
    held = {row["code"]: Region(**row) for row in connection.execute(select(_region)).mappings()}
    for region in [_completed(new, held.get(new.code)) for new in regions]:
        connection.execute(delete(_region).where(_region.c.code == region.code))
        connection.execute(_region.insert().values(**asdict(region)))
    for name, members in groups.items():
        connection.execute(delete(_group).where(_group.c.name == name))
        for member in dict.fromkeys(members):
            connection.execute(_group.insert().values(name=name, region=member))


def _first_in_line(connection: Connection) -> None:
    """Wait for other writers before anything is read: SQLite refuses who read first and finds another has written."""
    connection.execute(delete(_group).where(_group.c.name == ""))


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
