"""A backup that is made while others write is the book of one moment, and comes back as it was on either database."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ledger_cases import COUNTY, FIELD, opening
from sqlalchemy import select
from writers import Writers

from postgres_server import Server
from tilth import api
from tilth.ledger import Book, tables
from tilth.runtime import Database, Workspace

STOCK = 10**6


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Workspace:
    """A workspace with stock, on either kind of database."""
    one = api.init(tmp_path / "county", region=COUNTY, name="示范县")
    if request.param == "postgresql":
        on_postgres(one.root, request.getfixturevalue("server").copy())
        one = api.open_workspace(one.root)
    with Book(one.database) as book:
        book.post(opening(STOCK), opening(STOCK, FIELD, id="fields"))
    return one


def on_postgres(folder: Path, url: str) -> None:
    with (folder / "tilth.toml").open("a", encoding="utf-8") as settings:
        settings.write(f'database = "{url}"\n')


@pytest.fixture
def at_work(place: Workspace, writers: Writers) -> Iterator[list[str]]:
    """Four writers that post until the test is over; their names."""
    tags = [f"w{n}" for n in range(4)]
    pids = [writers.start(place.database_url, tag) for tag in tags]
    while not all(writers.acknowledged(tag) for tag in tags):
        time.sleep(0.01)
    yield tags
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        writers.wait(pid)


def entries(database: Database, until: int) -> list[tuple[Any, ...]]:
    """Every column of every entry up to a number."""
    query = select(tables.entries).where(tables.entries.c.number <= until).order_by(tables.entries.c.number)
    with database.transaction() as connection:
        return [tuple(row) for row in connection.execute(query)]


def balances(database: Database, until: int) -> dict[Any, list[int]]:
    """What the lines of entries up to a number leave on every account, by its name and marks."""
    columns = tables.amounts("booked", "held")
    with database.transaction() as connection:
        names = {row.id: tuple(row[1:7]) for row in connection.execute(select(tables.accounts))}
        found: dict[Any, list[int]] = {}
        for row in connection.execute(
            select(tables.lines)
            .where(tables.lines.c.entry <= until)
            .order_by(tables.lines.c.account, tables.lines.c.place)
        ):
            held = found.setdefault(names[row.account], [0] * len(columns))
            for n, column in enumerate(columns):
                held[n] += getattr(row, column)
    return found


def kept(database: Database) -> dict[Any, list[int]]:
    """What every used account says that it holds."""
    columns = tables.amounts("booked", "held")
    with database.transaction() as connection:
        rows = list(connection.execute(select(tables.accounts)))
    return {tuple(row[1:7]): [getattr(row, column) for column in columns] for row in rows if row.lines}


@pytest.mark.slow
def test_a_backup_while_four_writers_post_is_their_history_up_to_one_entry(
    place: Workspace, at_work: list[str], writers: Writers, tmp_path: Path
) -> None:
    before = {line for tag in at_work for line in writers.acknowledged(tag)}
    done = [api.backup(place, tmp_path / f"{n}.tar") for n in range(3)]
    numbers = [one.told["book"]["last"] for one in done]
    assert numbers == sorted(set(numbers)), "the writers went on meanwhile"
    for n, one in enumerate(done):
        back = api.restore(one.file, tmp_path / f"back{n}")
        assert back.sound and back.verified.digest == back.replayed.digest == one.told["book"]["digest"]
        restored = api.open_workspace(tmp_path / f"back{n}").database
        last = one.told["book"]["last"]
        assert entries(restored, last) == entries(place.database, last)
        assert len(entries(restored, last)) == one.told["book"]["entries"] == back.verified.entries
        assert kept(restored) == balances(place.database, last) == balances(restored, last)
        assert before <= {row[1] for row in entries(restored, last)}, "what stood before the backup is in it"
        restored.close()


@pytest.mark.slow
def test_a_book_goes_from_one_database_to_the_other_and_back(place: Workspace, server: Server, tmp_path: Path) -> None:
    api.ledger_close(place, year=2023, evidence="year-end", author="Zhao")
    first = api.backup(place, tmp_path / "first.tar")
    there = api.restore(first.file, tmp_path / "there", database=server.of(server.create()))
    moved = api.open_workspace(tmp_path / "there")
    assert moved.database.dialect.name == "postgresql" and there.sound
    second = api.backup(moved, tmp_path / "second.tar")
    again = api.restore(second.file, tmp_path / "again")
    home = api.open_workspace(tmp_path / "again")
    assert home.database.dialect.name == "sqlite" and again.sound
    third = api.backup(home, tmp_path / "third.tar")
    assert first.told["tables"] == second.told["tables"] == third.told["tables"]
    assert api.ledger_balance(place) == api.ledger_balance(moved) == api.ledger_balance(home)
    for one in (moved, home):
        with Book(one.database) as book:
            receipt = book.post(opening(5, day="2024-01-01", id="later"))[0]
        assert receipt.number > first.told["book"]["last"], "numbers go on after the last"
        assert api.ledger_verify(one).sound
        one.database.close()


def test_a_database_that_holds_something_is_left_alone_and_one_that_holds_the_backup_is_taken(
    place: Workspace, server: Server, tmp_path: Path
) -> None:
    done = api.backup(place, tmp_path / "a.tar")
    url = server.of(server.create())
    api.restore(done.file, tmp_path / "first", database=url)
    assert api.restore(done.file, tmp_path / "second", database=url).sound, "as after a stop at the very end"
    with Book(Database(url)) as book:
        book.post(opening(5, day="2024-01-01", id="later"))
    with pytest.raises(api_refusal()) as refused:
        api.restore(done.file, tmp_path / "third", database=url)
    assert refused.value.code == "BACKUP-DATABASE-TAKEN" and not (tmp_path / "third").exists()


def api_refusal() -> type[Exception]:
    from tilth.core import BadInput

    return BadInput


def test_the_address_of_the_database_is_not_in_the_backup(server: Server, tmp_path: Path) -> None:
    place = api.init(tmp_path / "county", region=COUNTY)
    url = server.copy()
    on_postgres(place.root, url)
    done = api.backup(api.open_workspace(place.root), tmp_path / "a.tar")
    assert url.encode() not in done.file.read_bytes()
    assert done.file.stat().st_mode & 0o077 == 0, "nobody else may read it"
    api.restore(done.file, tmp_path / "back")
    assert (tmp_path / "back" / "tilth.toml").read_text(encoding="utf-8").count("database") == 0
