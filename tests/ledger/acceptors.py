"""A process that accepts squares of ground, and may be killed at a chosen moment. Not a test.

Arguments: url, tag, first and last number of the squares, and `kill` to die between the ground and the entry.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from datetime import date
from typing import Any

import shapely
from ledger_cases import COUNTY, POOL, an_entry

from tilth.core import TilthError
from tilth.ledger import Book, Entry, Ground, accept, book, make_ground
from tilth.runtime import Database

CRS = "EPSG:4526"
X, Y, SIDE = 38_500_000.0, 3_500_000.0, 100.0
TODAY = date(2025, 12, 31)


def square(at: float, side: float = SIDE, north: float = 0.0) -> shapely.Polygon:
    """The square number `at` of a row of squares."""
    return shapely.box(X + SIDE * at, Y + north, X + SIDE * at + side, Y + north + side)


def pair(
    name: str, shape: shapely.Geometry, day: str = "2024-06-01", crs: str = CRS, on: str = "", **more: Any
) -> tuple[Entry, Ground]:
    """An entry of acceptance with its ground, as the product makes them."""
    fields = {"submitter": "Wang", "accepter": "Li", "results": "{}", "region": COUNTY, **more}
    accepted = int(day.replace("-", ""))
    ground = make_ground(shape, crs, entry=name, area_dm2=1000, accepted=accepted, **fields)
    entry = an_entry(name, "ACCEPT", day, (POOL, 1000), geometry=ground.seal)
    return replace(entry, posting_date=date.fromisoformat(on or day)), ground


def main(url: str, tag: str, first: str, last: str, *then: str) -> None:
    """Accept square after square; say of each what became of it."""
    if "kill" in then:
        book.write_alone = lambda *_: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[attr-defined]
    with Book(Database(url), today=lambda: TODAY) as mine:
        print("ready", flush=True)
        sys.stdin.readline()
        for number in range(int(first), int(last)):
            name = f"{tag} {number}"
            try:
                accept(mine, [pair(name, square(number))])
                print("+", name, flush=True)
            except TilthError as refused:
                print("-", name, refused.code, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
