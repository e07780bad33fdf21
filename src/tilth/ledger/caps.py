"""The cap of construction in a year, and what it is made of: the net increase of stable farmland in the year before."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from tilth.land import RegionTree
from tilth.ledger.gathering import Facts, gather
from tilth.ledger.model import Entry, Phase
from tilth.ledger.policy import Policy
from tilth.runtime import Database


@dataclass(frozen=True)
class CapSheet:
    """The cap of `year`. Additions and reductions are those of the year before. [dm²]"""

    region: str
    year: int
    stable_additions_dm2: int
    stable_reductions_dm2: Mapping[str, int]  # by kind
    carried_dm2: int  # from the year before, as the rules have it; negative: a decrease that is carried
    transfers_in_dm2: int
    transfers_out_dm2: int
    used_dm2: int  # occupied by construction whose act is of the year
    held_dm2: int  # of such acts, what reservations that are open hold for it
    set_dm2: int | None  # what was set for the region in the book; None: nothing was
    whole: bool  # the book holds all of the year before
    confidence: str  # of the least sure rule that it rests on

    @property
    def net_dm2(self) -> int:
        """The net increase of farmland in stable use in the year before."""
        return self.stable_additions_dm2 - sum(self.stable_reductions_dm2.values())

    @property
    def raw_dm2(self) -> int:
        """The cap before it is cut off at nothing."""
        return self.net_dm2 + self.carried_dm2 + self.transfers_in_dm2 - self.transfers_out_dm2

    @property
    def cap_dm2(self) -> int:
        """The cap as the formula gives it."""
        return max(0, self.raw_dm2)

    @property
    def handed_dm2(self) -> int | None:
        """What was set for the region, with what it got and gave by transfers; None: nothing was set."""
        if self.set_dm2 is None and not (self.transfers_in_dm2 or self.transfers_out_dm2):
            return None
        return (self.set_dm2 or 0) + self.transfers_in_dm2 - self.transfers_out_dm2

    @property
    def counts_dm2(self) -> int | None:
        """The cap that counts: what was handed down, else the formula's; None where the book holds too little of it."""
        if self.handed_dm2 is not None:
            return self.handed_dm2
        return self.cap_dm2 if self.whole else None

    @property
    def remaining_dm2(self) -> int | None:
        """What of the cap that counts is neither used nor reserved; negative: what lies beyond it."""
        return None if self.counts_dm2 is None else self.counts_dm2 - self.used_dm2 - self.held_dm2

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        names = (
            "region", "year", "stable_additions_dm2", "net_dm2", "carried_dm2", "transfers_in_dm2",
            "transfers_out_dm2", "cap_dm2", "used_dm2", "held_dm2", "handed_dm2", "counts_dm2", "remaining_dm2",
            "set_dm2", "whole", "confidence",
        )  # fmt: skip
        return {
            **{name: getattr(self, name) for name in names},
            "stable_reductions_dm2": dict(self.stable_reductions_dm2),
        }


def cap_of(database: Database, regions: RegionTree, region: str, year: int, policy: Policy) -> CapSheet | None:
    """The cap of `year` for a region and all below it; None if the rules know no cap in that year.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    return cap_from(gather(database, regions, region, year), year, policy)


def cap_from(facts: Facts, year: int, policy: Policy, region: str = "") -> CapSheet | None:
    """The same from what was read already, for the region of `facts` or one below it."""
    code = region or facts.region
    rule, carrying = (policy.rule(name, date(year, 12, 31), code) for name in ("cap", "cap-carry"))
    if rule is None:
        return None
    within = facts.below(code)
    additions, reductions = _stable_flows(facts, year - 1, within, frozenset(rule["leaves_out"]))
    got, given = _transferred(facts, year, within)
    carry = carrying["carry"] if carrying is not None else "none"
    unsure = [one.confidence for one in (rule, carrying) if one is not None]
    return CapSheet(
        region=code, year=year, stable_additions_dm2=additions, stable_reductions_dm2=reductions,
        carried_dm2=_carried(facts, year - 1, policy, code, carry), transfers_in_dm2=got, transfers_out_dm2=given,
        used_dm2=used(facts, year, within), held_dm2=sum(occupies(one, within, year) for one in facts.open),
        set_dm2=_set(facts, year, code),
        whole=facts.begins is not None and facts.begins < date(year - 1, 1, 1) and facts.covers(code),
        confidence=max(unsure, key=("sure", "likely", "unverified").index),
    )  # fmt: skip


def _carried(facts: Facts, year: int, policy: Policy, region: str, carry: str) -> int:
    """What the cap of the year before leaves: the unused part, and with "both" a decrease as well."""
    if carry == "none" or facts.begins is None or year <= facts.begins.year:
        return 0
    before = cap_from(facts, year, policy, region)
    if before is None:
        return 0
    left = (before.cap_dm2 if before.handed_dm2 is None else before.handed_dm2) - before.used_dm2
    if carry == "both" and before.raw_dm2 < 0:
        return before.raw_dm2 - before.used_dm2
    return max(0, left)


def _stable_flows(
    facts: Facts, year: int, within: frozenset[str], leaves_out: frozenset[str]
) -> tuple[int, dict[str, int]]:
    """Farmland in stable use that was added, and what was lost of it by kind; an entry taken back counts as nothing."""
    added, lost = 0, dict[str, int]()
    for one in facts.events:
        if one.year != year or one.kind in leaves_out:
            continue
        net = stable_net(facts, one.entry, within)
        if one.entry.reverses:  # takes back what its original added or lost
            net = -net
        gains = net > 0
        sign = -1 if one.entry.reverses else 1
        if gains:
            added += sign * net
        elif net:
            lost[one.kind] = lost.get(one.kind, 0) - sign * net
    return added, dict(sorted(lost.items()))


def stable_net(facts: Facts, entry: Entry, within: Iterable[str]) -> int:
    """What an entry adds to farmland in stable use, less what it takes."""
    return sum(
        quantities.area_dm2
        for account, quantities in facts.lines(entry, *within)
        if account.stable and account.name in facts.chart.farmland
    )


def _transferred(facts: Facts, year: int, within: frozenset[str]) -> tuple[int, int]:
    """Cap of `year` that came from outside and that went there. What moved between regions of `within` is neither."""
    got = given = 0
    for one in facts.events:
        if one.kind != "TRANSFER":
            continue
        net = sum(q.area_dm2 for account, q in facts.lines(one.entry, *within) if account.name == f"CAP:{year}")
        got, given = got + max(0, net), given + max(0, -net)
    return got, given


def _set(facts: Facts, year: int, region: str) -> int | None:
    """What entries of kind CAP set for the region itself."""
    found = [
        quantities.area_dm2
        for one in facts.events
        if one.kind == "CAP"
        for account, quantities in facts.lines(one.entry, region)
        if account.name == f"CAP:{year}"
    ]
    return sum(found) if found else None


def used(facts: Facts, year: int, within: frozenset[str]) -> int:
    """Farmland that construction occupied by acts of `year`."""
    return sum(occupied(facts, one.entry, within) for one in facts.events if _acts(facts, one.entry, one.kind, year))


def _acts(facts: Facts, entry: Entry, kind: str, year: int) -> bool:
    original = facts.by_id.get(entry.reverses) if entry.reverses else None
    act = original.entry.act_date if original is not None else entry.act_date
    return kind == "NONAG" and act.year == year


def occupied(facts: Facts, entry: Entry, within: Iterable[str]) -> int:
    """What an entry of construction occupies: what it claims, or gives back where it is a counter-entry."""
    return sum(q.area_dm2 for account, q in facts.lines(entry, *within) if account.name == "CLAIM:NONAG")


def occupies(entry: Entry, within: Collection[str], year: int) -> int:
    """What an entry occupies, or a reservation holds, of the cap of a year."""
    if entry.kind != "NONAG" or entry.act_date.year != year or entry.phase not in (Phase.POST, Phase.RESERVE):
        return 0
    return sum(q.area_dm2 for account, q in entry.lines if account.name == "CLAIM:NONAG" and account.region in within)
