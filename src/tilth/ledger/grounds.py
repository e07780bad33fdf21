"""The ground of the pool: every parcel that was ever accepted, so that none of it comes in twice (INV-6)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, text

from tilth.core import BadInput
from tilth.ledger.canonical import entry_of
from tilth.ledger.edges import shared_beyond_noise
from tilth.ledger.model import Entry, Receipt, day_number
from tilth.ledger.statements import entries_where
from tilth.ledger.tables import entries, grounds
from tilth.runtime import Clash, Database, Desk, Inserted, Prepared

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from tilth.ledger.book import Book

#: Two parcels of the pool may share no more than this, the noise of a survey's coordinates. Drawn in different systems,
#: they may share no more that is wider than the last place of coordinates (see `edges`). [m²]
MOST_SHARED_M2 = 0.01
#: How the geometry of an entry begins that has its ground here.
MARK = "ground:"
_LONLAT = "EPSG:4490"
_PER_DEGREE = 1_000_000
#: Bounds reach this much further than the vertices: an edge straight in a projection bends in degrees. [1e-6°]
_AROUND = 100


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground of one accepted parcel, as it is kept beside its entry."""

    entry: str
    region: str
    crs: str
    wkb: bytes
    west: int  # bounds in longitude and latitude [1e-6°]
    south: int
    east: int
    north: int
    area_dm2: int  # net
    accepted: int  # day, as 20240601
    submitter: str
    accepter: str
    results: str  # of every check, JSON

    @property
    def seal(self) -> str:
        """What the entry calls its geometry: the hash of shape, coordinate system, submitter and results.

        So the chain of the entry guards this row as well.
        """
        running = sha256(self.wkb)
        for word in (self.crs, self.submitter, self.results):
            running.update(b"\0" + word.encode())
        return MARK + running.hexdigest()

    @property
    def shape(self) -> BaseGeometry:
        """The polygon."""
        import shapely

        shape: BaseGeometry = shapely.from_wkb(self.wkb)
        return shape


class Shared(NamedTuple):
    """Ground that two parcels share."""

    entry: str  # of the new one
    other: str  # of the one that was there before, or of another in the same call
    area_m2: float


def bounds_of(shape: BaseGeometry, crs: str, *, around: int = _AROUND) -> tuple[int, int, int, int]:
    """West, south, east and north of `shape` in longitude and latitude, a little more than its vertices. [1e-6°]"""
    import numpy as np
    import shapely
    from pyproj import CRS, Transformer

    source = CRS.from_user_input(crs)
    x, y = shapely.get_coordinates(shape).T
    if not source.is_geographic:
        x, y = Transformer.from_crs(source, source.geodetic_crs or _LONLAT, always_xy=True).transform(x, y)
    sides = np.array([x.min(), y.min(), x.max(), y.max()]) * _PER_DEGREE
    if not np.isfinite(sides).all():
        raise BadInput("LEDGER-GROUND-PLACE", crs=crs)
    low, high = [math.floor(side) - around for side in sides[:2]], [math.ceil(side) + around for side in sides[2:]]
    return low[0], low[1], high[0], high[1]


_COLUMNS = tuple(grounds.columns[name] for name in Ground.__dataclass_fields__)
_STANDING = select(*_COLUMNS).select_from(grounds.outerjoin(entries, entries.c.reverses == grounds.c.entry))
#: Parcels that stand and whose bounds meet others.
_NEAR = Prepared(
    _STANDING.where(
        entries.c.number.is_(None),
        grounds.c.west <= bindparam("at_east"), grounds.c.east >= bindparam("at_west"),
        grounds.c.south <= bindparam("at_north"), grounds.c.north >= bindparam("at_south"),
    ).order_by(grounds.c.entry)
)  # fmt: skip
_ADD = Inserted(grounds)
#: One writer at a time: SQLite has no more, PostgreSQL is asked. Readers are not held up.
_LOCK = {"postgresql": Prepared(text("LOCK TABLE ledger_ground IN EXCLUSIVE MODE"))}


def accept(book: Book, pairs: Sequence[tuple[Entry, Ground]]) -> list[Receipt]:
    """Post entries of acceptance with their ground, all or none. What stands already is harmless.

    Entry and ground are written in one transaction, so whoever is killed leaves both or neither. It holds the table
    of grounds from before the look at what stands until it is over, so of two who bring the same ground at the same
    time the second sees the first.

    Raises
    ------
    BadInput
        If a parcel shares more than 0.01 m² with one that was accepted before, or with another of `pairs`; the
        book's own reasons.
    """
    for last in (False, True):
        known = accepted_before(book.database, [entry.id for entry, _ in pairs])
        gone = next(((id, by) for id, (_, by) in known.items() if by), None)
        if gone is not None:
            raise BadInput("ACCEPT-REVERSED", entry=gone[0], by=gone[1])
        try:
            written = _accept(book, [(entry, ground) for entry, ground in pairs if entry.id not in known])
        except BadInput as error:
            if last or error.code != "LEDGER-ID-TAKEN":
                raise
            continue  # somebody was faster with the same parcel, on another day: look again
        receipts = {**{id: receipt for id, (receipt, _) in known.items()}, **{one.id: one for one in written}}
        return [receipts[entry.id] for entry, _ in pairs]
    raise AssertionError


def accepted_before(database: Database, names: Sequence[str]) -> dict[str, tuple[Receipt, str]]:
    """Entries that stand in the book already: the receipt of each, and the entry that took it back, if one did."""
    desk = Desk(database)
    try:
        with desk.reading():
            rows = entries_where(desk, entries.c.id, names)
            back = entries_where(desk, entries.c.reverses, list(rows))
    finally:
        desk.close()
    found = {}
    for name, row in rows.items():
        receipt = Receipt(row.number, name, row.digest.hex(), row.recorded_at, again=True)
        found[name] = receipt, back[name].id if name in back else ""
    return found


def _accept(book: Book, pairs: Sequence[tuple[Entry, Ground]]) -> list[Receipt]:
    by_entry = {ground.entry: ground for _, ground in pairs}

    def beside(desk: Desk, new: Sequence[Entry]) -> None:
        mine = [by_entry[entry.id] for entry in new]
        if desk.dialect.name in _LOCK:
            _LOCK[desk.dialect.name].run_each(desk, [{}])
        for one in (*shared_within(mine), *_shared(desk, mine)):
            if one.entry == one.other:
                raise Clash(one.entry)  # somebody was faster with the same parcel: look again
            raise BadInput("LEDGER-GROUND-TWICE", id=one.entry, other=one.other, area_m2=f"{one.area_m2:,.4f}")
        _ADD.put(desk, [tuple(getattr(one, name) for name in grounds.columns.keys()) for one in mine])  # noqa: SIM118

    return book.post_with([entry for entry, _ in pairs], beside)


def shared_before(database: Database, new: Sequence[Ground]) -> list[Shared]:
    """Ground that parcels of `new` share with those that stand now, themselves left aside."""
    desk = Desk(database)
    try:
        with desk.reading():
            return [one for one in _shared(desk, new) if one.entry != one.other]
    finally:
        desk.close()


def shared_within(new: Sequence[Ground]) -> list[Shared]:
    """Ground that parcels of one call share with each other; each pair once."""
    from tilth.overlay import overlaps

    found = []
    for crs in sorted({one.crs for one in new}):
        same = [one for one in new if one.crs == crs]
        table = overlaps([one.shape for one in same], crs)
        for left, right, area in zip(table.left, table.right, table.area_m2, strict=True):
            if area > MOST_SHARED_M2:
                found.append(Shared(same[int(right)].entry, same[int(left)].entry, float(area)))
    for at, one in enumerate(new):
        found += _over(one, [other for other in new[:at] if other.crs != one.crs])
    return found


def _shared(desk: Desk, new: Iterable[Ground]) -> Iterator[Shared]:
    for one in new:
        sides = {f"at_{side}": getattr(one, side) for side in ("west", "south", "east", "north")}
        yield from _over(one, [Ground(*row) for row in _NEAR.ask(desk, sides)])


def _over(one: Ground, others: Sequence[Ground]) -> Iterator[Shared]:
    """What `one` shares with each of `others`, measured where that one was drawn."""
    import numpy as np

    from tilth.change import moved
    from tilth.overlay import intersection_areas

    for other in others:
        there = moved(np.array([one.shape], dtype=object), one.crs, other.crs, "pool")
        area = float(intersection_areas(there, [other.shape], other.crs).area_m2.sum())
        if one.crs != other.crs and area > MOST_SHARED_M2:
            area = min(area, shared_beyond_noise(one.shape, one.crs, other.shape, other.crs))
        if one.entry == other.entry or area > MOST_SHARED_M2:
            yield Shared(one.entry, other.entry, area)


def standing_grounds(database: Database, regions: Iterable[str] | None = None) -> list[Ground]:
    """Every accepted parcel that was not reversed, of these regions or of all, by day and entry."""
    wanted = None if regions is None else set(regions)
    with database.snapshot() as connection:
        rows = connection.execute(_STANDING.where(entries.c.number.is_(None))).all()
    found = [Ground(*row) for row in rows if wanted is None or row.region in wanted]
    return sorted(found, key=lambda one: (one.accepted, one.entry))


def grounds_at(database: Database, on: date) -> list[Ground]:
    """Every accepted parcel that stood in the book at the end of the day `on`: accepted by then, and not taken back.

    What was taken back later stood then, whatever stands now.
    """
    accepted, back = entries.alias(), entries.alias()
    asked = (
        select(*_COLUMNS, accepted.c.body.label("accepted_by"), back.c.body.label("taken_back_by"))
        .join(accepted, accepted.c.id == grounds.c.entry)
        .outerjoin(back, back.c.reverses == grounds.c.entry)
    )
    found = []
    with database.snapshot() as connection:
        for *ground, came, went in connection.execute(asked):
            if entry_of(came).posting_date <= on and (went is None or entry_of(went).posting_date > on):
                found.append(Ground(*ground))
    return sorted(found, key=lambda one: (one.accepted, one.entry))


def unsound_grounds(connection: Connection) -> Iterator[tuple[int, str, str]]:
    """Of every ground that is not what its entry says, or is missing: number and id of the entry, and what is wrong."""
    marked = select(entries.c.number, entries.c.id, entries.c.body).where(entries.c.body.like(f'%"geometry":"{MARK}%'))
    told = {row.id: (row.number, entry_of(row.body)) for row in connection.execute(marked)}
    wanted = {name for name, (_, entry) in told.items() if entry.kind == "ACCEPT"}
    with connection.execute(select(*_COLUMNS).order_by(grounds.c.entry)) as rows:
        for row in rows:
            ground = Ground(*row)
            number, entry = told.get(ground.entry, (0, None))
            wanted.discard(ground.entry)
            wrong = "entry" if entry is None else _wrong(ground, entry)
            if wrong:
                yield number, ground.entry, wrong
    for name in sorted(wanted):
        yield told[name][0], name, "row"


def _wrong(ground: Ground, entry: Entry) -> str:
    """Which column is not what the entry says; nothing if all are."""
    if ground.seal != entry.geometry:
        return "SHA-256"
    known = {
        "region": {line.account.region for line in entry.lines} == {ground.region},
        "area_dm2": sum(line.quantities.area_dm2 for line in entry.lines) == ground.area_dm2,
        "accepted": day_number(entry.act_date) == ground.accepted,
        "accepter": entry.author == ground.accepter,
        "bounds": _inside(ground),
    }
    return next((name for name, right in known.items() if not right), "")


def _inside(ground: Ground) -> bool:
    west, south, east, north = bounds_of(ground.shape, ground.crs, around=_AROUND // 2)
    return ground.west <= west and ground.south <= south and ground.east >= east and ground.north >= north


def make_ground(shape: BaseGeometry, crs: str, **rest: Any) -> Ground:
    """The ground of a shape in `crs`, by any other fields of `Ground`."""
    import shapely

    west, south, east, north = bounds_of(shape, crs)
    wkb = shapely.to_wkb(shape, byte_order=1, output_dimension=2)
    return Ground(crs=crs, wkb=wkb, west=west, south=south, east=east, north=north, **rest)
