"""What a region has in the land book, summed by family of accounts: claims, pool, caps, stock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from tilth.ledger.chart import Chart
from tilth.ledger.model import NOTHING, Balance, Quantities
from tilth.ledger.tables import accounts
from tilth.runtime import Database


@dataclass(frozen=True)
class Summed:
    """Balances of one region, or of several together, by family of accounts."""

    booked: Mapping[str, Quantities] = field(default_factory=dict)  # by family
    held: Mapping[str, Quantities] = field(default_factory=dict)  # held by reservations that are open
    caps: Mapping[str, int] = field(default_factory=dict)  # by year, what may still be taken [dm²]
    farmland: Quantities = NOTHING  # stock of farmland
    farmland_held: Quantities = NOTHING
    stable_dm2: int = 0  # of it in stable use
    pbf_dm2: int = 0  # of it permanent basic farmland

    @property
    def claims_dm2(self) -> int:
        """Claims that are open."""
        return self.booked.get("CLAIM", NOTHING).area_dm2

    @property
    def pool_dm2(self) -> int:
        """Accepted compensation, with what is reserved of it."""
        return self.booked.get("POOL", NOTHING).area_dm2

    @property
    def pool_held_dm2(self) -> int:
        """What reservations hold of the pool."""
        return self.held.get("POOL", NOTHING).area_dm2

    @property
    def reserved_dm2(self) -> int:
        """Farmland that reservations are about to take."""
        return self.farmland_held.area_dm2

    def cap_dm2(self, year: int) -> int | None:
        """What construction may still occupy in `year`; None where no cap was set."""
        return self.caps.get(str(year))

    def plus(self, other: Summed) -> Summed:
        """Both together."""
        return Summed(
            _merged(self.booked, other.booked),
            _merged(self.held, other.held),
            {year: self.caps.get(year, 0) + other.caps.get(year, 0) for year in sorted({*self.caps, *other.caps})},
            self.farmland.plus(other.farmland),
            self.farmland_held.plus(other.farmland_held),
            self.stable_dm2 + other.stable_dm2,
            self.pbf_dm2 + other.pbf_dm2,
        )

    def as_record(self, year: int) -> dict[str, Any]:
        """For JSON: `year` is the year of the cap."""
        return {
            "claims_dm2": self.claims_dm2,
            "pool_dm2": self.pool_dm2,
            "pool_reserved_dm2": self.pool_held_dm2,
            "cap_year": year,
            "cap_left_dm2": self.cap_dm2(year),
            "caps_left_dm2": dict(self.caps),
            "farmland_dm2": self.farmland.area_dm2,
            "farmland_reserved_dm2": self.reserved_dm2,
            "stable_dm2": self.stable_dm2,
            "pbf_dm2": self.pbf_dm2,
            "families": {family: quantities._asdict() for family, quantities in sorted(self.booked.items())},
        }


def _merged(one: Mapping[str, Quantities], other: Mapping[str, Quantities]) -> dict[str, Quantities]:
    return {name: one.get(name, NOTHING).plus(other.get(name, NOTHING)) for name in sorted({*one, *other})}


def summed(balances: Iterable[Balance], chart: Chart | None = None) -> Summed:
    """All of `balances` together."""
    farmland = (chart or Chart()).farmland
    total = Summed()
    for one in balances:
        family = one.account.family
        is_farmland = one.account.name in farmland
        total = total.plus(
            Summed(
                {family: one.booked},
                {family: one.held} if any(one.held) else {},
                {one.account.member: one.available.area_dm2} if family == "CAP" else {},
                one.booked if is_farmland else NOTHING,
                one.held if is_farmland else NOTHING,
                one.booked.area_dm2 if is_farmland and one.account.stable else 0,
                one.booked.area_dm2 if is_farmland and one.account.pbf else 0,
            )
        )
    return total


def regions_used(database: Database) -> frozenset[str]:
    """Regions that have an account in the book."""
    with database.snapshot() as connection:
        return frozenset(connection.execute(select(accounts.c.region).distinct()).scalars())
