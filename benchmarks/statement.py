"""How long a year of the land book takes to print, in seconds and peak memory, each format in a process of its own.

python benchmarks/statement.py [ENTRIES]             30 000 entries without a number
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from tilth.api import init, land_book, ledger_statement, open_workspace
from tilth.land import Region, Store
from tilth.ledger import Account, Entry, Line, Quantities

COUNTY, NEW_YEAR = "410882", date(2024, 1, 1)
FORMATS = ("xlsx", "docx", "pdf", "csv", "json")


def year(count: int) -> Iterator[Entry]:
    """A fifth each of land restored, accepted, occupied and written off, and of change between other classes."""
    dice = random.Random(17)  # noqa: S311
    towns = [f"{COUNTY}{number:03d}" for number in range(1, 21)]
    for town in towns:
        field, garden = Account(town, "LAND:0103", 0, 0, 1, 6), Account(town, "LAND:0201")
        stock = ((field, Quantities(10**11, 0, 0, 6 * 10**11)), (garden, Quantities(10**11)))
        lines = (*(Line(*one) for one in stock), Line(Account(town, "OPENING"), Quantities(-2 * 10**11)))
        yield Entry(f"opening {town}", "OPENING", date(2023, 12, 31), date(2023, 12, 31), "survey", "Li", lines)
    for number in range(count // 5):
        town, area = dice.choice(towns), dice.randrange(100, 900_000)
        day = NEW_YEAR + timedelta(days=number * 360 // (count // 5))
        field, better = Account(town, "LAND:0103", 0, 0, 1, 6), Account(town, "LAND:0103", 0, 0, 1, 5)
        garden, road = Account(town, "LAND:0201"), Account(town, "LAND:1003")
        pool, claim = Account(town, "POOL:RESTORED", 0, 0, 1, 5), Account(town, "CLAIM:NONAG", 0, 0, 0, 6)
        gave, lost = Quantities(area, 0, 0, 5 * area), Quantities(area, 0, 0, 6 * area)
        told = {"rule_pack": "cn-2024", "rule_version": "1"}
        yield Entry(f"r{number}", "RESTORE", day, day, f"acceptance {number}", "Li",
                    (Line(garden, Quantities(-area)), Line(better, gave)), **told)  # fmt: skip
        yield Entry(f"a{number}", "ACCEPT", day, day, f"acceptance {number}", "Li", (Line(pool, gave),),
                    links=(f"r{number}",), geometry=f"P{number:08d}", **told)  # fmt: skip
        yield Entry(f"n{number}", "NONAG", day, day, f"approval {number}", "Li",
                    (Line(field, lost.negated()), Line(road, Quantities(area)), Line(claim, lost)), **told)  # fmt: skip
        yield Entry(f"s{number}", "SETTLE", day, day, f"approval {number}", "Li",
                    (Line(pool, gave.negated()), Line(claim, lost.negated())),
                    links=(f"n{number}", f"a{number}"), **told)  # fmt: skip
        yield Entry(f"c{number}", "CHANGE", day, day, "survey", "Li",
                    (Line(garden, Quantities(-area)), Line(road, Quantities(area))), **told)  # fmt: skip


def build(folder: Path, count: int) -> None:
    """A workspace with the entries posted."""
    init(folder, region=COUNTY, name="Benchmark")
    place = open_workspace(folder)
    towns = [Region(f"{COUNTY}{number:03d}", f"Town {number}", "township", COUNTY) for number in range(1, 21)]
    Store(place).put_regions([Region(COUNTY, "Benchmark", "county"), *towns])
    entries = list(year(count))
    with land_book(place) as book:
        for start in range(0, len(entries), 2_000):
            book.post(*entries[start : start + 2_000])


def one(folder: Path, format: str) -> None:
    """Write one format and say what it took."""
    started = time.perf_counter()
    done = ledger_statement(open_workspace(folder), year=2024, formats=(format,), folder=folder / "out", lang="en")
    taken = time.perf_counter() - started
    assert not done.breaks, done.statement.failed
    size = sum(path.stat().st_size for path in done.files)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"entries": len(done.statement.drawn.entries), "s": taken, "bytes": size, "peak": peak}))


def main() -> None:
    if len(sys.argv) == 3:
        one(Path(sys.argv[1]), sys.argv[2])
        return
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    with tempfile.TemporaryDirectory() as name:
        build(Path(name), count)
        for format in FORMATS:
            command = [sys.executable, __file__, name, format]
            said = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
            told = json.loads(said.stdout.splitlines()[-1])
            print(f"{format:5} {told['entries']:>7,} entries {told['s']:7.1f} s   peak {told['peak'] / 2**20:6.0f} MiB"
                  f"   files {told['bytes'] / 2**20:6.1f} MiB", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
