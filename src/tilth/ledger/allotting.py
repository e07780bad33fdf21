"""Which accepted land compensates which occupation: by quantity, first in, first out, to the last unit."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from tilth.ledger.gathering import CLAIMING, Event, Facts
from tilth.ledger.history import Recorded
from tilth.ledger.lots import lots
from tilth.ledger.model import NOTHING, Quantities


@dataclass(frozen=True, slots=True)
class Allotted:
    """So much of an occupation's claim was settled by one write-off, with land that came in on one day."""

    occupation: Event
    settlement: Event
    area_dm2: int
    accepted: date | None  # the act by which the land came into the pool; None: the pool gave no area for it


def allotted(facts: Facts) -> Iterator[Allotted]:
    """What every write-off settles of every occupation.

    A write-off takes from the acceptances that it links, the first that came in first, each up to what is left of it;
    what it takes beyond them, from the oldest that is left on the same account. With that it settles the occupations
    that it links in the order of their days.
    """
    supplies = _supplies(facts)
    owed: dict[str, int] = {}
    for one in facts.standing(("SETTLE",)):
        supply = supplies.get(one.entry.id, deque())
        linked = [facts.by_id[name] for name in one.entry.links if name in facts.by_id]
        written: dict[str, int] = {}
        for other in sorted(linked, key=lambda event: (event.entry.act_date, event.number)):
            if other.kind not in CLAIMING or other.entry.id in facts.voided:
                continue
            left = written.setdefault(other.kind, _written_off(facts, one, other.kind))
            area = min(left, owed.setdefault(other.entry.id, claimed(facts, other).area_dm2))
            written[other.kind] -= area
            owed[other.entry.id] -= area
            for accepted, part in _taken(supply, area):
                yield Allotted(other, one, part, accepted)


def _supplies(facts: Facts) -> dict[str, deque[tuple[date, int]]]:
    """By write-off: the land that it takes from pools as (day, area), the first that came in first."""
    history = [Recorded(one.number, one.entry, "", one.recorded_at) for one in facts.events]
    found: dict[str, list[tuple[date, int, int]]] = {}
    for lot in lots(history, "POOL", facts.regions, date(facts.year, 1, 1)):
        origin = lot.recorded
        for use in lot.uses:
            if use.entry.kind == "SETTLE" and use.quantities.area_dm2:
                day = (origin.entry.act_date, origin.number, use.quantities.area_dm2)
                found.setdefault(use.entry.id, []).append(day)
    return {name: deque((day, area) for day, _, area in sorted(days)) for name, days in found.items()}


def _taken(supply: deque[tuple[date, int]], area: int) -> Iterator[tuple[date | None, int]]:
    """Take `area` of what is there, from its beginning; what is not there has no day."""
    while area > 0 and supply:
        day, there = supply.popleft()
        part = min(area, there)
        area -= part
        if part < there:
            supply.appendleft((day, there - part))
        yield day, part
    if area > 0:
        yield None, area


def _written_off(facts: Facts, settlement: Event, kind: str) -> int:
    name = f"CLAIM:{kind}"
    return -sum(q.area_dm2 for account, q in facts.lines(settlement.entry) if account.name == name)


def claimed(facts: Facts, event: Event, *within: str) -> Quantities:
    """The claim that an occupation raises."""
    found = NOTHING
    for account, quantities in facts.lines(event.entry, *within):
        if account.family == "CLAIM":
            found = found.plus(quantities)
    return found
