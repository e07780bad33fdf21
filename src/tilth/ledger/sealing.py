"""Which closings seal a year of some regions, as the book keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import select

from tilth.ledger.tables import closings
from tilth.runtime import Database


class Sealed(NamedTuple):
    """A closing, and which of the regions asked about it covers."""

    number: int
    region: str
    year: int
    link: str
    evidence: str
    author: str
    recorded_at: str
    covers: tuple[str, ...]


def seals(database: Database, regions: Iterable[str], year: int) -> list[Sealed]:
    """The closings after which nothing comes into `year` any more: of each region the first of that year or later."""
    open_ones = set(regions)
    found = []
    with database.snapshot() as connection:
        asked = select(closings).where(closings.c.year >= year).order_by(closings.c.year, closings.c.number)
        rows = connection.execute(asked).all()
    for row in rows:
        told = json.loads(row.body)
        covers = open_ones & set(told["regions"])
        if covers:
            open_ones -= covers
            found.append(
                Sealed(
                    row.number, row.region, row.year, row.link.hex(), told["evidence"], told["author"],
                    told["recorded_at"], tuple(sorted(covers)),
                )
            )  # fmt: skip
    return found
