"""A claim written off: the entry that takes it, and what it uses of the pool, oldest acceptance first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from itertools import count
from typing import Any, NamedTuple

from tilth.core import BadInput, Label, enumerated
from tilth.ledger.lots import Lot
from tilth.ledger.model import LONGEST_ID, NOTHING, Account, Entry, Line, Quantities

#: Kept apart, and used only where it is named: the old stock of three indicators.
_LEGACY = "POOL:LEGACY"
_INDICATORS = {"paddy": ("paddy_dm2", Label("paddy", "水田")), "capacity": ("capacity_kg", Label("capacity", "产能"))}
_NAMED = 5


class Used(NamedTuple):
    """What a write-off takes of one acceptance, as positive numbers."""

    entry: str
    accepted: date
    account: Account
    quantities: Quantities

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"entry": self.entry, "accepted": self.accepted.isoformat(), "account": str(self.account),
                **self.quantities._asdict()}  # fmt: skip


@dataclass(frozen=True)
class WriteOff:
    """The entry, what it uses, and what is left of the claim afterwards."""

    occupation: str
    claim: str  # CLAIM:NONAG
    entry: Entry
    used: tuple[Used, ...]
    area_dm2: int
    left_dm2: int

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.entry.id, "occupation": self.occupation, "claim": self.claim, "area_dm2": self.area_dm2,
            "left_dm2": self.left_dm2, "posting_date": self.entry.posting_date.isoformat(),
            "links": list(self.entry.links), "uses": [one.as_record() for one in self.used],
        }  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What is to be written off, and by whom."""

    occupation: str
    day: date
    evidence: str
    author: str
    area_dm2: int | None = None  # all that is left of the claim without it
    use: tuple[str, ...] = ()  # these acceptances; any without
    id: str = ""
    indicators: Collection[str] = ("area",)  # what no less may be taken of the pool than of the claim
    standing: Collection[str] = ()  # ids that entries have already


def write_off(claims: Sequence[Lot], pools: Sequence[Lot], free: Mapping[Account, int], asked: Asked) -> WriteOff:
    """The entry of kind SETTLE that writes off a claim: of an occupation in several regions the first that is open.

    Parameters
    ----------
    claims, pools
        Lots of the regions' claims and pools that were there on the day, with what is left of them now.
    free
        What no reservation holds of each account of the pool. [dm²]

    Raises
    ------
    BadInput
        If the occupation raised no claim or it is written off, more is asked for than is left of it, or the pool (or
        what is to be used of it) does not suffice: with both numbers and what is short.
    """
    claim = claim_of(claims, asked)
    owed = claim.left.area_dm2
    area = owed if asked.area_dm2 is None else asked.area_dm2
    if not 0 < area <= owed:
        raise BadInput("LEDGER-SETTLE-AREA", id=asked.occupation, asked=_m2(area), left=_m2(owed))
    of_claim = _taken(claim, area)
    used = _used(_offered(pools, claim.region, asked), area, free, asked)
    _indicated(of_claim, used, asked)
    sums: dict[Account, Quantities] = {}
    for one in used:
        sums[one.account] = sums.get(one.account, NOTHING).plus(one.quantities)
    lines = [Line(account, taken.negated()) for account, taken in (*sorted(sums.items()), *of_claim)]
    links = dict.fromkeys((asked.occupation, *(one.entry for one in used)))
    elsewhere = sum(one.left.area_dm2 for one in _raised_by(claims, asked.occupation) if one is not claim)
    entry = Entry(
        id=asked.id or _id(asked.occupation, asked.standing), kind="SETTLE", act_date=asked.day, posting_date=asked.day,
        evidence=asked.evidence, author=asked.author, links=tuple(links), lines=tuple(lines),
    )  # fmt: skip
    return WriteOff(asked.occupation, claim.name, entry, used, area, owed - area + elsewhere)


def _raised_by(claims: Sequence[Lot], occupation: str) -> list[Lot]:
    """The claims of an occupation, one for each region; first those of which something is left."""
    found = [one for one in claims if one.recorded.entry.id == occupation]
    return sorted(found, key=lambda one: one.left.area_dm2 <= 0)


def claim_of(claims: Sequence[Lot], asked: Asked) -> Lot:
    """The claim that is meant.

    Raises
    ------
    BadInput
        If the occupation raised none, or nothing is left of it.
    """
    every = _raised_by(claims, asked.occupation)
    found = every[0] if every else None
    if found is None:
        open_ = [one.recorded.entry.id for one in claims if one.left.area_dm2 > 0]
        more = f" … (+{len(open_) - _NAMED})" if len(open_) > _NAMED else ""
        first = enumerated(open_[:_NAMED] or ["-"])
        known = Label(first.en + more, first.zh + more)
        raise BadInput("LEDGER-SETTLE-NO-CLAIM", id=asked.occupation, day=asked.day, known=known)
    if found.reversed_by is not None:
        raise BadInput("LEDGER-SETTLE-REVERSED", id=asked.occupation, by=found.reversed_by.entry.id)
    if found.left.area_dm2 <= 0:
        by = enumerated(dict.fromkeys(use.entry.id for one in every for use in one.uses))
        raise BadInput("LEDGER-SETTLE-DONE", id=asked.occupation, by=by)
    return found


def _offered(pools: Sequence[Lot], region: str, asked: Asked) -> list[Lot]:
    """The lots to take from: what came in first goes first, as the lists of the year have it."""
    here = [one for one in pools if one.region == region and one.left.area_dm2 > 0]
    known = {one.recorded.entry.id for one in here}
    for name in asked.use:
        if name not in known:
            raise BadInput("LEDGER-SETTLE-USE", id=name, region=region, day=asked.day)
    usual = [one for one in here if one.recorded.entry.id in asked.use or (not asked.use and one.name != _LEGACY)]
    return sorted(usual, key=lambda one: (one.recorded.entry.posting_date, one.recorded.number, one.name))


def _used(offered: Sequence[Lot], area: int, free: Mapping[Account, int], asked: Asked) -> tuple[Used, ...]:
    room, missing, used = dict(free), area, []
    for lot in offered:
        for account, left in sorted(lot.accounts.items()):
            part = min(missing, left[0], room.get(account, 0))
            if part > 0:
                entry = lot.recorded.entry
                used.append(Used(entry.id, entry.act_date, account, _part(account, left, part)))
                room[account] -= part
                missing -= part
    if not used:
        raise BadInput("LEDGER-SETTLE-NOTHING", id=asked.occupation, wanted=_m2(area), day=asked.day)
    if missing:
        raise BadInput(
            "LEDGER-SETTLE-SHORT", id=asked.occupation, wanted=_m2(area), found=_m2(area - missing),
            short=_m2(missing), count=len({one.entry for one in used}), ha=_ha(area - missing),
        )  # fmt: skip
    return tuple(used)


def _taken(claim: Lot, area: int) -> list[tuple[Account, Quantities]]:
    """So much of a claim, account by account."""
    found = []
    for account, left in sorted(claim.accounts.items()):
        part = min(area, left[0])
        if part > 0:
            found.append((account, _part(account, left, part)))
            area -= part
    return found


def _part(account: Account, left: Sequence[int], area: int) -> Quantities:
    """`area` of what is left on an account, with what goes with it: all of it, or in proportion, rounded down."""
    whole, *rest = left
    paddy, capacity, graded = rest if area == whole else [one * area // whole for one in rest]
    return Quantities(area, paddy, capacity, area * account.grade if account.grade else graded)


def _indicated(of_claim: Sequence[tuple[Account, Quantities]], used: Sequence[Used], asked: Asked) -> None:
    """No less paddy and capacity than the claim, where the rules of the day count them (INV-8)."""
    for name, (field, what) in _INDICATORS.items():
        wanted = sum(getattr(taken, field) for _, taken in of_claim)
        found = sum(getattr(one.quantities, field) for one in used)
        if name in asked.indicators and found < wanted:
            told = _m2 if field.endswith("_dm2") else _kg
            raise BadInput(
                "LEDGER-SETTLE-INDICATOR", id=asked.occupation, what=what, wanted=told(wanted), found=told(found),
                short=told(wanted - found),
            )  # fmt: skip


def _id(occupation: str, standing: Collection[str]) -> str:
    """The first that no entry has: a part was written off under those before it, or all of it and taken back."""
    return next(one for one in (_numbered(occupation, number) for number in count(1)) if one not in standing)


def _numbered(occupation: str, number: int) -> str:
    ending = "" if number == 1 else f":{number}"
    whole = f"settle:{occupation}{ending}"
    if len(whole) <= LONGEST_ID:
        return whole
    return f"settle:#{sha256(occupation.encode()).hexdigest()[:32]}{ending}"


def _m2(dm2: int) -> str:
    return f"{dm2 / 100:,.2f} m²"


def _kg(kg: int) -> str:
    return f"{kg:,} kg"


def _ha(dm2: int) -> str:
    return f"{dm2 // 1_000_000}.{dm2 % 1_000_000:06d}"
