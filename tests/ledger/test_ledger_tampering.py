"""Whatever is changed in the book from outside is found, and the first entry that is bad is named."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from ledger_cases import COUNTY, FIELD, GARDEN, occupy, opening, reserve, restore, settle
from sqlalchemy import Connection, LargeBinary, Table, select, text

from tilth.core import BadInput
from tilth.ledger import Book, Phase, Verified, replay, tables, verify

ALL = (
    tables.entries, tables.lines, tables.accounts, tables.days, tables.regions, tables.closings, tables.sealed,
)  # fmt: skip


def filled(book: Book) -> Book:
    """A book of three years, two of them closed, with entries of every phase."""
    town = "410882001"
    book.post(opening(10_000), opening(500, GARDEN._replace(region=town), id="town"))
    for year in (2023, 2024, 2025):
        if year > 2023:
            book.post(*(restore(f"r{year} {n}", 10 + n, f"{year}-{1 + n:02d}-10") for n in range(8)))
            book.post(restore(f"late {year}", 3, f"{year}-02-15"))
            book.post(reserve(f"plan {year}", 20, f"{year}-04-01"), reserve(f"other {year}", 7, f"{year}-04-01"))
            book.post(settle(f"done {year}", f"plan {year}", Phase.POST, f"{year}-05-01", 12))
            book.post(settle(f"void {year}", f"other {year}", Phase.VOID, f"{year}-06-01"))
            book.post(occupy(f"o{year}", 30, f"{year}-09-09"))
        if year < 2025:
            book.close_year(COUNTY, year, below=(town,), evidence=f"assessment {year}", author="Zhao")
    return book


@pytest.fixture
def kept(book: Book) -> Book:
    return filled(book)


def test_a_book_that_nobody_touched_is_sound(kept: Book) -> None:
    found = verify(kept.database)
    assert found.sound, found.faults
    assert (found.entries, found.closings) == (32 - 2, 2)
    again = replay(kept.database)
    assert (again.sound, again.digest, again.lines) == (True, found.digest, found.lines)


class Undone(Exception):
    """Leaves a transaction without a trace."""


def tampered(book: Book, change: Callable[[Connection], Any], monkeypatch: pytest.MonkeyPatch) -> Verified:
    """What `verify` says while `change` is in the database; it is taken back afterwards."""
    found: list[Verified] = []
    with pytest.raises(Undone), book.database.transaction() as connection:  # noqa: PT012
        change(connection)

        class Same:
            def __enter__(self) -> Connection:
                return connection

            def __exit__(self, *_: object) -> None:
                return None

        with monkeypatch.context() as patch:
            patch.setattr(book.database, "snapshot", Same)
            found.append(verify(book.database))
        raise Undone
    return found[0]


def flipped(value: Any, chance: random.Random) -> Any:
    """`value` with one bit turned over."""
    if isinstance(value, bytes):
        at, bit = chance.randrange(len(value)), chance.randrange(8)
        return value[:at] + bytes([value[at] ^ (1 << bit)]) + value[at + 1 :]
    if isinstance(value, str):
        at, bit = chance.randrange(len(value)), chance.randrange(7)
        other = chr(ord(value[at]) ^ (1 << bit))
        return value[:at] + (other if other != "\0" else "\1") + value[at + 1 :]
    assert isinstance(value, int)
    return value ^ (1 << chance.randrange(31))


def bit_flip(chance: random.Random, book: Book) -> tuple[str, Callable[[Connection], None], int | None]:
    """Turn one bit over in any column of any row of any table."""
    table: Table = chance.choice(ALL)
    with book.database.transaction() as connection:
        row = chance.choice(list(connection.execute(select(table)).mappings()))
    column = chance.choice([one for one in table.columns if row[one.name] not in (None, "")])
    value = flipped(row[column.name], chance)
    here = [one == row[one.name] for one in table.primary_key]

    def change(connection: Connection) -> None:
        connection.execute(table.update().where(*here).values({column.name: value}))

    bad = row["number"] if table is tables.entries and column.name != "number" else None
    return f"{table.name}.{column.name} of {dict(row)} -> {value!r}", change, bad


def removal(chance: random.Random, book: Book) -> tuple[str, Callable[[Connection], None], int | None]:
    """Take a row away; of an entry, at times its lines as well."""
    table: Table = chance.choice(ALL)
    with book.database.transaction() as connection:
        row = chance.choice(list(connection.execute(select(table)).mappings()))
    whole = table is tables.entries and chance.random() < 0.5

    def change(connection: Connection) -> None:
        connection.execute(table.delete().where(*[one == row[one.name] for one in table.primary_key]))
        if whole:
            connection.execute(tables.lines.delete().where(tables.lines.c.entry == row["number"]))

    return f"{table.name} without {dict(row)} (whole: {whole})", change, None


def exchange(chance: random.Random, book: Book) -> tuple[str, Callable[[Connection], None], int | None]:
    """Let two entries change places, or two lines of an account, or two closings."""
    table = chance.choice((tables.entries, tables.lines, tables.closings))
    with book.database.transaction() as connection:
        rows = list(connection.execute(select(table)).mappings())
    one = chance.choice(rows)
    if table is tables.lines:
        rows = [row for row in rows if row["account"] == one["account"]]
    other = chance.choice(rows)
    while len(rows) > 1 and other == one:
        other = chance.choice(rows)
    key = "place" if table is tables.lines else "number"
    if one == other:
        return removal(chance, book)
    same = [tables.lines.c.account == one["account"]] if table is tables.lines else []

    def change(connection: Connection) -> None:
        for old, new in ((one[key], -1), (other[key], one[key]), (-1, other[key])):
            connection.execute(table.update().where(table.c[key] == old, *same).values({key: new}))

    bad = min(one["number"], other["number"]) if table is tables.entries else None
    return f"{table.name} {one[key]} <-> {other[key]}", change, bad


@pytest.mark.slow
def test_every_change_from_outside_is_found(kept: Book, full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    missed, wrong, refused = [], [], 0
    trials = 1500 if full else 120
    for seed in range(trials):
        chance = random.Random(seed)
        said, change, bad = chance.choice((bit_flip, bit_flip, removal, exchange))(chance, kept)
        try:
            found = tampered(kept, change, monkeypatch)
        except BadInput:  # the database itself does not take it: the key is there already
            refused += 1
            continue
        if found.sound:
            missed.append((seed, said))
        elif bad is not None and found.faults[0].values["number"] != bad:
            wrong.append((seed, said, bad, str(found.faults[0])))
    assert not missed, f"{len(missed)} of {trials}: {missed[:3]}"
    assert not wrong, f"{len(wrong)} of {trials}: {wrong[:3]}"
    assert refused < trials / 20
    assert verify(kept.database).sound
    print(f"{trials - refused} tampering trials on {kept.database.dialect.name}, all found")


def rewritten(book: Book, area: int) -> Callable[[Connection], None]:
    """Change what an entry says, and its digest so that it fits."""
    from tilth.ledger.canonical import body_of, digest_of

    def change(connection: Connection) -> None:
        old, receipt = book.entry("r2024 3")
        other = restore(old.id, area, old.posting_date.isoformat())
        body = body_of(other)
        values = {"body": body, "digest": digest_of(body, receipt.recorded_at)}
        connection.execute(tables.entries.update().where(tables.entries.c.id == old.id).values(values))

    return change


def test_an_entry_rewritten_with_its_digest_does_not_fit_its_chain(kept: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    found = tampered(kept, rewritten(kept, 14), monkeypatch)
    assert [(fault.code, fault.where.parcel) for fault in found.faults] == [("LEDGER-V-LINE", "r2024 3")]


def test_a_balance_that_was_changed_is_named_by_replay(kept: Book) -> None:
    with kept.database.transaction() as connection:
        connection.execute(text("UPDATE ledger_account SET booked_area = booked_area + 1 WHERE name = 'LAND:0103'"))
        connection.execute(text("UPDATE ledger_day SET held_area = held_area + 1 WHERE day = 20240110"))
    found = replay(kept.database)
    assert {str(fault.values["account"]) for fault in found.faults} == {str(FIELD), str(GARDEN)}
    assert not verify(kept.database).sound


def test_binary_columns_are_those_that_are_hashes() -> None:
    kinds = {column.name for table in ALL for column in table.columns if isinstance(column.type, LargeBinary)}
    assert kinds == {"digest", "head", "link"}
