"""How fast the land book is beside bare SQL that writes the same rows, in the same run, by turns.

python benchmarks/ledger.py                          SQLite, in a folder beside this one
python benchmarks/ledger.py --postgres URL           PostgreSQL as well; makes and drops databases of its own there
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import shutil
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tilth.ledger import Account, Book, Chart, Entry, Line, Quantities
from tilth.ledger.tables import accounts, days, entries, lines
from tilth.runtime import Database

DAY = date(2024, 3, 1)
SOURCE = Account("410882", "LAND:0201")
FIELD = Account("410882", "LAND:0101", 0, 1, 1, 5)
#: So many entries a process posts before the clock starts: drivers prepare a statement when it has come a few times.
READY = 8


def change(name: str, *, source: Account = SOURCE, field: Account = FIELD, day: date = DAY) -> Entry:
    """A garden of 0.1 m² that becomes paddy: two lines, as most entries have."""
    took, gave = Quantities(-10), Quantities(10, 10, 0, 50)
    return Entry(
        name, "RESTORE", day, day, "acceptance 2024-117", "Li", (Line(source, took), Line(field, gave)),
        geometry="P00012345", rule_pack="cn-2024", rule_version="1",
    )  # fmt: skip


def opening(book: Book, account: Account, area_dm2: int = 10**12) -> None:
    """Stock to take from."""
    first = date(2000, 1, 1)
    stock = Line(account._replace(name="OPENING"), Quantities(-area_dm2)), Line(account, Quantities(area_dm2))
    book.post(Entry(f"opening {account}", "OPENING", first, first, "survey", "Li", stock))


class Bare:
    """Bare SQL on the driver: the rows that the book writes, already made, and nothing else."""

    def __init__(self, database: Database) -> None:
        self.connection = database.connect_alone()  # transactions begin and end where we say
        raw = self.connection.connection.driver_connection
        self.raw, self.stream = raw, "psycopg" in type(raw).__module__
        mark = "%s" if self.stream else "?"
        self.insert = {
            table.name: f"INSERT INTO {table.name} ({', '.join(table.columns.keys())}) "
            f"VALUES ({', '.join([mark] * len(table.columns))})"
            for table in (entries, lines)
        }
        self.copy = {
            table.name: f"COPY {table.name} ({', '.join(table.columns.keys())}) FROM STDIN"
            for table in (entries, lines)
        }
        amounts = [one.name for one in days.columns if "_" in one.name]
        changed = ", ".join(f"{name} = {mark}" for name in amounts)
        self.account = (
            f"UPDATE ledger_account SET lines = {mark}, head = {mark}, last_day = {mark}, {changed} WHERE id = {mark}"
        )
        assert set(amounts) <= set(accounts.columns.keys())

    def post(
        self, entry_rows: Sequence[tuple[Any, ...]], line_rows: Sequence[tuple[Any, ...]], *, balances: bool
    ) -> None:
        """One transaction: the entries, their lines, and, if asked for, the balance of each account."""
        cursor = self.raw.cursor()
        cursor.execute("BEGIN" if self.stream else "BEGIN IMMEDIATE")
        many = len(entry_rows) > 1
        for table, rows in (("ledger_entry", entry_rows), ("ledger_line", line_rows)):
            if many and self.stream:
                with cursor.copy(self.copy[table]) as copy:
                    for row in rows:
                        copy.write_row(row)
            elif len(rows) == 1:
                cursor.execute(self.insert[table], rows[0])
            else:
                cursor.executemany(self.insert[table], rows)
        if balances:
            last = {row[0]: row for row in line_rows}
            state = [(row[0], (*row[4:8], *row[8:12], *row[4:8])) for row in last.values()]
            done = [(1, b"0" * 32, 20240301, *amounts, account) for account, amounts in state]
            cursor.executemany(self.account, done)
        cursor.execute("COMMIT")


def spied(book: Book, names: Sequence[str]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows that the book writes for these entries."""
    book.post(*map(change, names))
    return written(book, names)


def written(book: Book, names: Sequence[str]) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The rows of entries that stand in the book."""
    with book.database.transaction() as connection:
        entry_rows = [tuple(row) for row in connection.execute(entries.select().where(entries.c.id.in_(names)))]
        numbers = [row[0] for row in entry_rows]
        line_rows = [tuple(row) for row in connection.execute(lines.select().where(lines.c.entry.in_(numbers)))]
    return entry_rows, line_rows


def renamed(
    rows: tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]], start: int
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """The same rows under new keys, far above those of the book."""
    entry_rows, line_rows = rows
    base = 10**12 + start
    first = min(row[0] for row in entry_rows)
    places = min(row[1] for row in line_rows)
    return (
        [(base + row[0] - first, f"bare {base + row[0] - first}", *row[2:]) for row in entry_rows],
        [(row[0], base + row[1] - places, base + row[2] - first, *row[3:]) for row in line_rows],
    )


def timed(work: Callable[[], None]) -> float:
    """[s]"""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def beside(make: Callable[[], Database], *, size: int, count: int, rounds: int) -> dict[str, list[float]]:
    """`count` transactions of `size` entries, by turns: the book, bare SQL with balances, bare SQL of inserts alone."""
    book, other = Book(make(), Chart()), Book(make(), Chart())
    for one in (book, other):
        opening(one, SOURCE)
        one.post(change("first"))
    bare = Bare(other.database)
    rows = spied(other, [f"pattern {n}" for n in range(size)])
    seconds: dict[str, list[float]] = {"book": [], "bare": [], "bare, inserts alone": []}
    start = 0
    for turn in range(rounds):
        batches = [[change(f"r{turn} {n} {k}") for k in range(size)] for n in range(count)]
        seconds["book"].append(timed(lambda batches=batches: [book.post(*batch) for batch in batches] and None))
        for name, balances in (("bare", True), ("bare, inserts alone", False)):
            made = []
            for _ in range(count):
                made.append(renamed(rows, start))
                start += 2 * size
            seconds[name].append(
                timed(
                    lambda made=made, balances=balances: [bare.post(*one, balances=balances) for one in made] and None
                )
            )
    bare.connection.close()
    return seconds


def told(store: str, what: str, seconds: dict[str, list[float]], size: int, count: int) -> None:
    """Medians as entries a second, and what share of bare SQL the book reaches."""
    speed = {name: size * count / statistics.median(times) for name, times in seconds.items()}
    for name, value in speed.items():
        share = "" if name == "book" else f"   book = {100 * speed['book'] / value:.0f} % of it"
        print(f"{store:10s} {what:22s} {name:20s} {value:10,.0f} entries/s{share}")


def growth(make: Callable[[], Database], sizes: Sequence[int], rounds: int = 5) -> list[tuple[int, float]]:
    """Time of a balance at a random past day in books of these sizes, by turns. [entries, s]"""
    books = {size: grown(make, size, max(sizes)) for size in sizes}
    times: dict[int, list[float]] = {size: [] for size in sizes}
    for _ in range(rounds):
        for size, book in books.items():
            booked = max(1, size * 8000 // max(sizes))  # days on which something was, of those that are asked for
            wanted = [date(2001, 1, 1) + timedelta(days=(n * 7919) % booked) for n in range(400)]
            for day in wanted[:8]:
                book.balance(FIELD, day)
            times[size] += [timed(lambda day=day, book=book: book.balance(FIELD, day) and None) for day in wanted]
    return [(size, statistics.median(found)) for size, found in times.items()]


def grown(make: Callable[[], Database], size: int, most: int) -> Book:
    """A book of `size` entries, on as many of 8,000 days as it is of the largest."""
    book = Book(make(), Chart())
    opening(book, SOURCE)
    for done in range(0, size, 1000):
        first = date(2001, 1, 1) + timedelta(days=done * 8000 // most)
        book.post(*[change(f"g{done + n}", day=first) for n in range(1000)])
    return book


def townships(book: Book, writers: int) -> None:
    """Stock for each writer, on accounts of its own, in one county."""
    for at in range(writers):
        source, field = township(at)
        opening(book, source)
        book.post(change(f"first {at}", source=source, field=field))


def township(at: int) -> tuple[Account, Account]:
    """The accounts of one writer."""
    return SOURCE._replace(region=f"41088210{at:04d}"), FIELD._replace(region=f"41088210{at:04d}")


def work(book: Book, at: int, each: int, turn: int = 0) -> None:
    """What one writer posts, one entry after the other."""
    source, field = township(at)
    for n in range(each):
        book.post(change(f"w{at} {turn} {n}", source=source, field=field))


def crowd(make: Callable[[], Database], writers: int, each: int) -> float:
    """Entries a second of `writers` threads of one process."""
    book = Book(make(), Chart())
    townships(book, writers)
    threads = [threading.Thread(target=work, args=(book, at, each)) for at in range(writers)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return writers * each / (time.perf_counter() - began)


def apart(make: Callable[[], Database], writers: int, each: int, turns: int) -> tuple[dict[str, float], float]:
    """Entries a second of `writers` processes by turns as books and as bare SQL with balances; what a book's process
    computes for an entry. [1/s, s]"""
    database = make()
    townships(Book(database, Chart()), 2 * writers)  # those of the second half for bare SQL
    database.close()
    context = multiprocessing.get_context("spawn")
    gate, used = context.Barrier(writers + 1), context.Array("d", writers)
    args = [(database.url, at, each, turns, gate, used) for at in range(writers)]
    processes = [context.Process(target=alone, args=one) for one in args]
    for process in processes:
        process.start()
    seconds: dict[str, list[float]] = {"book": [], "bare": []}
    for _ in range(turns):
        for times in seconds.values():
            gate.wait()
            times.append(timed(lambda: gate.wait() and None))
    for process in processes:
        process.join()
    speed = {name: writers * each / statistics.median(times) for name, times in seconds.items()}
    return speed, sum(used) / (writers * each * turns)


def alone(url: str, at: int, each: int, turns: int, gate: Any, used: Any) -> None:
    """One of them: it connects, posts a little, waits for the others, and posts."""
    book = Book(Database(url), Chart())
    source, field = township(at)
    for n in range(READY):
        book.post(change(f"ready {at} {n}", source=source, field=field))
    rows = written(book, [f"first {len(used) + at}"])
    made = [renamed(rows, 1_000_000 * at + 2 * n) for n in range(READY + each * turns)]
    bare = Bare(book.database)
    for one in made[:READY]:
        bare.post(*one, balances=True)
    for turn in range(turns):
        gate.wait()
        began = time.process_time()
        work(book, at, each, turn)
        used[at] += time.process_time() - began
        gate.wait()
        gate.wait()
        for one in made[READY + each * turn :][:each]:
            bare.post(*one, balances=True)
        gate.wait()
    bare.connection.close()


def sqlite_maker(folder: Path) -> Callable[[], Database]:
    """New SQLite databases in `folder`."""
    count = iter(range(10**6))

    def make() -> Database:
        database = Database(f"sqlite:///{folder / f'book{next(count)}.sqlite'}")
        database.migrate()
        return database

    return make


def postgres_maker(url: str) -> Callable[[], Database]:
    """New databases on a server; an older one of the same name is dropped."""
    import psycopg

    count = iter(range(10**6))

    def make() -> Database:
        name = f"tilth_bench_{os.getpid()}_{next(count)}"
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        MADE.append((url, name))
        head, _, options = url.partition("?")
        database = Database(f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{options}" if options else ""))
        database.migrate()
        return database

    return make


MADE: list[tuple[str, str]] = []


def crowds(store: str, make: Callable[[], Database], writers: int) -> None:
    """Many writers beside one: threads of one process, then processes."""
    speed = {count: crowd(make, count, 400 if count == 1 else 60) for count in (1, writers)}
    for count, value in speed.items():
        print(f"{store:10s} {count:3d} threads        {value:10,.0f} entries/s   × {value / speed[1]:.1f}")
    first: dict[str, float] = {}
    for count in (1, writers):
        reached, used = apart(make, count, 400 if count == 1 else 60, turns=3)
        first = first or reached
        for name, value in reached.items():
            print(f"{store:10s} {count:3d} processes {name} {value:10,.0f} entries/s   × {value / first[name]:.1f}")
        share = 100 * reached["book"] / reached["bare"]
        print(
            f"{store:10s}     a book's process computes {used * 1e6:.0f} µs an entry; book = {share:.0f} % of bare SQL"
        )


def main() -> None:
    """Run everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default=os.environ.get("TILTH_TEST_POSTGRES"), help="URL of a server")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--single", type=int, default=400, help="single postings in a round")
    parser.add_argument("--grow", type=int, default=100_000, help="entries of the largest book")
    parser.add_argument("--writers", type=int, default=32)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ledger-", dir=Path(__file__).parent))
    stores = {"sqlite": sqlite_maker(folder)}
    if asked.postgres:
        stores["postgresql"] = postgres_maker(asked.postgres)
    print(f"{platform.machine()}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    try:
        for store, make in stores.items():
            told(
                store, "single postings", beside(make, size=1, count=asked.single, rounds=asked.rounds), 1, asked.single
            )
            told(store, "batches of 1,000", beside(make, size=1000, count=2, rounds=asked.rounds), 1000, 2)
            sizes = [asked.grow // 100, asked.grow // 10, asked.grow]
            for size, seconds in growth(make, sizes):
                print(f"{store:10s} balance at a past day among {size:9,d} entries {seconds * 1e6:8.0f} µs")
            if store == "postgresql":
                crowds(store, make, asked.writers)
    finally:
        shutil.rmtree(folder)
        for url, name in MADE:
            import psycopg

            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


if __name__ == "__main__":
    main()
