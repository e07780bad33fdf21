"""Every statement of the land book, compiled once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, ColumnElement, bindparam, func, literal_column, select, text, union_all, update
from sqlalchemy.sql.base import Executable

from tilth.ledger.model import Account
from tilth.ledger.tables import accounts, amounts, closings, days, entries, lines, regions, sealed
from tilth.ledger.timeline import Day
from tilth.runtime import Desk, Inserted, Prepared


class EntryRow(NamedTuple):
    """An entry as it is kept."""

    number: int
    id: str
    digest: bytes
    body: str
    recorded_at: str
    settles: str | None
    reverses: str | None


#: So many keys are looked up at once.
_MANY = 256
_KEYS = [f"k{at}" for at in range(_MANY)]


def _widths(count: int) -> int:
    """How many parameters a look-up of `count` keys has: few different statements, each compiled once."""
    return count if count <= 8 else min(_MANY, 1 << (count - 1).bit_length())


def looked_up(desk: Desk, column: Any, keys: Sequence[Any], make: Any) -> Iterator[Any]:
    """Rows of the statement `make(column, width)` for all of `keys`, in pieces."""
    for start in range(0, len(keys), _MANY):
        part = keys[start : start + _MANY]
        width = _widths(len(part))
        padded = [*part, *[part[-1]] * (width - len(part))]
        yield from make(column, width).ask(desk, dict(zip(_KEYS, padded, strict=False)))


def _among(column: Any, width: int) -> Any:
    return column.in_([bindparam(key) for key in _KEYS[:width]])


@cache
def locked_accounts(column: Any, width: int) -> Prepared:
    """Accounts, locked in the order of their ids until the transaction ends."""
    wanted = [
        accounts.c.id, accounts.c.closed_day, accounts.c.lines, accounts.c.head, accounts.c.last_day,
        *(accounts.c[name] for name in amounts("booked", "held", "low")),
    ]  # fmt: skip
    return Prepared(select(*wanted).where(_among(column, width)).order_by(accounts.c.id).with_for_update())


@cache
def accounts_in(column: Any, width: int) -> Prepared:
    """The ids of accounts whose `column` is one of the keys."""
    return Prepared(select(accounts.c.id).where(_among(column, width)))


@cache
def entries_by(column: Any, width: int) -> Prepared:
    """Entries whose `column` is one of the keys."""
    return Prepared(select(*(entries.c[name] for name in EntryRow._fields)).where(_among(column, width)))


def entries_where(desk: Desk, column: Any, keys: Sequence[str]) -> dict[str, EntryRow]:
    """Entries by the `column` that is one of `keys`."""
    rows = (EntryRow(*row) for row in looked_up(desk, column, keys, entries_by))
    return {getattr(row, column.name): row for row in rows}


def _taking() -> Prepared:
    """Entries that take from an account, have a text in them, and were not taken back."""
    undone = entries.alias()
    return Prepared(
        select(entries.c.body)
        .join(lines, lines.c.entry == entries.c.number)
        .where(lines.c.account == bindparam("of"), lines.c.booked_area < 0)
        .where(entries.c.body.like(bindparam("naming"), escape="/"))
        .where(~select(undone.c.id).where(undone.c.reverses == entries.c.id).exists())
    )


TAKING = _taking()

_KEY = ("region", "name", "pbf", "paddy", "stable", "grade")
assert Account._fields == _KEY

#: Told as a word, not as a parameter: PostgreSQL plans a limit that it does not know anew each time.
_ONE: ColumnElement[int] = literal_column("1")
_BY_KEY = [accounts.c[name] == bindparam(name) for name in _KEY]


def _at(table: Any, day: Any) -> Any:
    """The columns that `day_from` wants, of days that are not later than `on`."""
    return select(day.label("day"), *(table.c[name] for name in amounts("booked", "held", "low"))).where(
        day <= bindparam("on")
    )


def _account_at() -> Prepared:
    own = _at(accounts, accounts.c.last_day).where(*_BY_KEY)
    before = (
        _at(days, days.c.day)
        .where(days.c.account == select(accounts.c.id).where(*_BY_KEY).scalar_subquery())
        .order_by(days.c.day.desc())
        .limit(_ONE)
        .subquery()
    )
    both = union_all(own, select(before)).subquery()
    return Prepared(select(both).order_by(both.c.day.desc()).limit(_ONE))


#: An account, by its key, at the end of the day `on`: the last day on which something was.
ACCOUNT_AT = _account_at()
ACCOUNTS_OF = Prepared(
    select(
        accounts.c.id, *(accounts.c[name] for name in _KEY), accounts.c.last_day,
        *(accounts.c[name] for name in amounts("booked", "held", "low")),
    ).where(accounts.c.region == bindparam("of"))
)  # fmt: skip
ACCOUNT_ID = Prepared(select(accounts.c.id).where(*_BY_KEY))
REGION = Prepared(select(regions.c.closed_day).where(regions.c.code == bindparam("code")).with_for_update())
#: From so many accounts on, PostgreSQL takes them as lists.
_AS_LISTS = 12
_STATE = ("lines", "head", "last_day", *amounts("booked", "held", "low"))
_ADVANCE = Prepared(
    update(accounts).where(accounts.c.id == bindparam("account")).values({name: bindparam(name) for name in _STATE}),
    places=(*_STATE, "account"),
)


def _advance_many() -> Prepared:
    """PostgreSQL takes all accounts in one statement, a list for each column."""
    named = (*_STATE, "id")
    lists = [bindparam(name, type_=ARRAY(accounts.c[name].type)) for name in named]
    rows = func.unnest(*lists).table_valued(*named).render_derived(name="state")
    return Prepared(update(accounts).where(accounts.c.id == rows.c.id).values({name: rows.c[name] for name in _STATE}))


_ADVANCE_MANY = _advance_many()


def advance(desk: Desk, states: Sequence[tuple[Any, ...]]) -> None:
    """Write accounts as they stand: of each the columns of `_STATE`, and its id."""
    if desk.kind == "postgresql" and len(states) >= _AS_LISTS:
        _ADVANCE_MANY.run_each(desk, [dict(zip((*_STATE, "id"), map(list, zip(*states, strict=True)), strict=True))])
    else:
        _ADVANCE.run_each(desk, states)


CHANGE_DAY = Prepared(
    update(days)
    .where(days.c.account == bindparam("of"), days.c.day == bindparam("on"))
    .values({name: bindparam(name) for name in amounts("booked", "held", "low")})
)
#: Days from the last one that is not later than `on`.
DAYS_FROM = Prepared(
    select(days.c.day, *(days.c[name] for name in amounts("booked", "held", "low")))
    .where(
        days.c.account == bindparam("of"),
        days.c.day
        >= select(func.coalesce(func.max(days.c.day), 0))
        .where(days.c.account == bindparam("of"), days.c.day <= bindparam("on"))
        .scalar_subquery(),
    )
    .order_by(days.c.day)
)
DAY_AT = Prepared(
    select(days.c.day, *(days.c[name] for name in amounts("booked", "held", "low")))
    .where(days.c.account == bindparam("of"), days.c.day <= bindparam("on"))
    .order_by(days.c.day.desc())
    .limit(_ONE)
)
CLOSING_OF = Prepared(
    select(closings.c.number, closings.c.link).where(
        closings.c.region == bindparam("of"), closings.c.year == bindparam("in_year")
    )
)
CLOSINGS_OF_YEAR = Prepared(
    select(closings.c.body).where(closings.c.year == bindparam("in_year")).order_by(closings.c.number)
)
SEALED_COUNT = Prepared(select(func.count(sealed.c.account)).where(sealed.c.closing == bindparam("of")))
CLOSE_ACCOUNT = Prepared(update(accounts).where(accounts.c.id == bindparam("of")).values(closed_day=bindparam("until")))
CLOSE_REGION = Prepared(update(regions).where(regions.c.code == bindparam("of")).values(closed_day=bindparam("until")))
LAST_CLOSING = Prepared(
    select(closings.c.number, closings.c.link).order_by(closings.c.number.desc()).limit(_ONE).with_for_update()
)
_NUMBERS: dict[str, Executable] = {
    "sqlite": select(func.coalesce(func.max(entries.c.number), 0) + 1),
    "postgresql": text("SELECT nextval('ledger_entry_number_seq') FROM generate_series(1, :count)"),
}
_numbers = {name: Prepared(statement) for name, statement in _NUMBERS.items()}


def numbers(desk: Desk, count: int, *, after: int = 0) -> Sequence[int]:
    """The numbers of the next `count` entries: `after` the last one, if that is known.

    To be asked for when the accounts are locked.
    """
    if after:
        return range(after + 1, after + count + 1)
    rows = _numbers[desk.kind].ask(desk, {"count": count} if desk.kind == "postgresql" else {})
    return range(rows[0][0], rows[0][0] + count) if len(rows) < count or count == 1 else [row[0] for row in rows]


def day_from(row: Sequence[Any]) -> Day:
    """A day as a row of `DAYS_FROM` tells it."""
    return Day(row[0], tuple(row[1:5]), tuple(row[5:9]), tuple(row[9:13]))


ADD_ENTRIES, ADD_LINES, ADD_DAYS = Inserted(entries), Inserted(lines), Inserted(days)
ADD_CLOSING, ADD_SEALED = Inserted(closings), Inserted(sealed)
OPEN_ACCOUNT = Prepared(
    accounts.insert().values({one.name: bindparam(one.name) for one in accounts.columns if one.name != "id"})
)
OPEN_REGION = Prepared(regions.insert().values({name: bindparam(name) for name in ("code", "closed_day")}))
