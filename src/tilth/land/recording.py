"""The land records as they are written: what is stored and in use, regions, tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING

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

from tilth.land.regions import Region, Task

if TYPE_CHECKING:
    from tilth.land.store import Stored

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


def take_out_of_use(connection: Connection, name: str) -> None:
    """The snapshot `name` is not in use."""
    connection.execute(update(_snapshot).where(_snapshot.c.id == name).values(current=False))


def put_tasks(connection: Connection, tasks: Iterable[Task]) -> None:
    """Add tasks, or replace those of the same region and year."""
    for task in tasks:
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


def make_current(connection: Connection, entry: Stored) -> None:
    """Mark `entry` as the newest of its kind, year and label, and the one in use."""
    year = _snapshot.c.year.is_(None) if entry.year is None else _snapshot.c.year == entry.year
    same = (_snapshot.c.kind == entry.kind) & year
    if entry.kind != "survey":
        same = same & (_snapshot.c.label == entry.label)
    connection.execute(update(_snapshot).where(same).values(current=False))
    _record(connection, entry, current=True)


def keep_aside(connection: Connection, entry: Stored) -> None:
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


def put_regions(connection: Connection, regions: Iterable[Region], groups: Mapping[str, Sequence[str]]) -> None:
    """Add regions, or replace those with the same code; name sets of them."""
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
