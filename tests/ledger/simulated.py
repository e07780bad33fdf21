"""A land book kept by the simplest means, and random histories for it. Shares no code with the book. Not a test.

Every account is a list of (day, order, booked, held). A balance is a sum over it; whether a line may be added is
found by adding it and walking through the whole list.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

GUARDED = ("LAND", "CLAIM", "EXEMPT", "POOL", "CAP")
Vector = tuple[int, int, int, int]
ZERO: Vector = (0, 0, 0, 0)


def added(one: Vector, other: Vector) -> Vector:
    return tuple(a + b for a, b in zip(one, other, strict=True))  # type: ignore[return-value]


@dataclass
class Wish:
    """An entry as plain values: lines are (account key, vector), days are ISO texts."""

    id: str
    kind: str
    phase: str
    day: str
    lines: list[tuple[tuple[Any, ...], Vector]]
    settles: str = ""
    reverses: str = ""
    expires: str = ""
    links: tuple[str, ...] = ()


@dataclass
class Model:
    """What the book should hold."""

    lines: dict[tuple[Any, ...], list[tuple[str, int, Vector, Vector]]] = field(default_factory=dict)
    entries: dict[str, Wish] = field(default_factory=dict)
    settled: set[str] = field(default_factory=set)
    reversed: set[str] = field(default_factory=set)
    closed: dict[str, str] = field(default_factory=dict)  # region -> last closed day
    order: int = 0

    def balance(self, account: tuple[Any, ...], day: str = "9999") -> tuple[Vector, Vector]:
        """Booked and held at the end of a day."""
        booked, held = ZERO, ZERO
        for at, _, more, holds in self.lines.get(account, ()):
            if at <= day:
                booked, held = added(booked, more), added(held, holds)
        return booked, held

    def post(self, *wishes: Wish) -> str:
        """ "" if all of it is booked (or was before), or the reason against it."""
        before = (
            {account: list(rows) for account, rows in self.lines.items()}, dict(self.entries), set(self.settled),
            set(self.reversed), self.order,
        )  # fmt: skip
        for wish in wishes:
            known = self.entries.get(wish.id)
            against = ("" if known == wish else "taken") if known is not None else self._post(wish)
            if against:
                self.lines, self.entries, self.settled, self.reversed, self.order = before
                return against
        return ""

    def _post(self, wish: Wish) -> str:
        effects = self._effects(wish)
        if isinstance(effects, str):
            return effects
        for account, booked, held in effects:
            if wish.day <= self.closed.get(account[0], ""):
                return "closed"
            rows = self.lines.setdefault(account, [])
            self.order += 1
            rows.append((wish.day, self.order, booked, held))
            rows.sort(key=lambda row: row[:2])
            if account[1].partition(":")[0] in GUARDED and not self._holds(rows):
                return "short"
        self.entries[wish.id] = wish
        return ""

    @staticmethod
    def _holds(rows: list[tuple[str, int, Vector, Vector]]) -> bool:
        left = [0, 0, 0, 0]
        for _, _, booked, held in rows:
            for at in range(4):
                left[at] += booked[at] - held[at]
            if min(left) < 0:
                return False
        return True

    def _effects(self, wish: Wish) -> list[tuple[tuple[Any, ...], Vector, Vector]] | str:
        if wish.reverses:
            if wish.reverses in self.reversed:
                return "reversed"
            if self.entries[wish.reverses].day > wish.day:
                return "before"
            if any(wish.reverses in one.links and one.id not in self.reversed for one in self.entries.values()):
                return "written off"
            self.reversed.add(wish.reverses)
        if self.reversed.intersection(wish.links):
            return "taken back"
        if wish.settles:
            plan = self.entries[wish.settles]
            over = bool(plan.expires) and wish.day > plan.expires
            if plan.day > wish.day or (wish.phase == "post" and over) or (wish.phase == "expire" and not over):
                return "time"
            if wish.settles in self.settled:
                return "settled"
            self.settled.add(wish.settles)
            posted = dict(wish.lines)
            return [
                (account, posted.get(account, ZERO), tuple(min(0, one) for one in planned))  # type: ignore[misc]
                for account, planned in plan.lines
            ]
        if wish.phase == "reserve":
            return [(account, ZERO, tuple(max(0, -one) for one in vector)) for account, vector in wish.lines]  # type: ignore[misc]
        return [(account, vector, ZERO) for account, vector in wish.lines]


class Histories:
    """Random wishes for one county, most of them possible, many of them not."""

    def __init__(self, seed: int, region: str) -> None:
        self.chance = random.Random(seed)
        self.region = region
        self.model = Model()
        self.count = 0
        self.plans: list[Wish] = []
        self.booked: list[Wish] = []

    def step(self) -> tuple[str, list[Wish]]:
        """What is tried next: its name, and the entries of one call ("close": none)."""
        act = self.chance.choices(
            ("change", "occupy", "accept", "settle claim", "reserve", "post", "void", "expire", "part", "transfer",
             "reverse", "retry", "other content", "linked", "close"),
            (12, 10, 6, 6, 14, 6, 4, 3, 6, 5, 8, 7, 2, 6, 1),
        )[0]  # fmt: skip
        if act in ("post", "void", "expire", "part"):
            return act, self._settling(act)
        if act == "reverse" and self.booked:
            return act, [self._reversal(self._one_of_the_booked())]
        if act in ("retry", "other content") and self.model.entries:
            old = self.model.entries[self.chance.choice(list(self.model.entries))]
            if act == "retry":
                return act, [old]
            return act, [
                Wish(
                    old.id,
                    old.kind,
                    old.phase,
                    self.day(),
                    old.lines,
                    old.settles,
                    old.reverses,
                    old.expires,
                    old.links,
                )
            ]
        if act == "linked":
            return act, [self._new("change"), self._new("occupy"), self._new("accept")]
        if act == "close":
            return act, []
        return act, [self._new(act if act in _MAKERS else "change")]

    def done(self, wishes: list[Wish]) -> None:
        """These are booked: later wishes may refer to them."""
        for wish in wishes:
            if wish.phase == "reserve":
                self.plans.append(wish)
            elif wish.phase == "post" and not wish.reverses:
                self.booked.append(wish)

    def day(self) -> str:
        """Some day of three years, in any order."""
        year = self.chance.choice((2023, 2024, 2024, 2025))
        return f"{year}-{self.chance.randint(1, 12):02d}-{self.chance.randint(1, 28):02d}"

    def _id(self) -> str:
        self.count += 1
        return f"{self.region}-{self.count}"

    def _new(self, act: str) -> Wish:
        plan = act == "reserve"
        links = self._occupations() if act == "settle claim" else ()
        if act == "settle claim" and not links:
            act = "occupy"
        kind, lines = _MAKERS["occupy" if plan else act](self)
        expires = self.day() if plan and self.chance.random() < 0.5 else ""
        day = self.day()
        return Wish(
            self._id(), kind, "reserve" if plan else "post", day, lines, expires=max(expires, day) if expires else "",
            links=links,
        )  # fmt: skip

    def _one_of_the_booked(self) -> Wish:
        """Of any kind; occupations more often, and those that a write-off links more often still."""
        linked = {link for one in self.booked for link in one.links}
        named = [one for one in self.booked if one.id in linked]
        built = [one for one in self.booked if one.kind == "NONAG"]
        return self.chance.choice(self.chance.choice((self.booked, named or self.booked, built or self.booked)))

    def _occupations(self) -> tuple[str, ...]:
        """One or two that a write-off links; some of them may have been taken back."""
        built = [one.id for one in self.booked if one.kind == "NONAG"]
        gone = [id for id in built if id in self.model.reversed]
        among = gone if gone and self.chance.random() < 0.5 else built
        return tuple(sorted({self.chance.choice(among) for _ in range(self.chance.choice((1, 1, 2)))})) if among else ()

    def _settling(self, act: str) -> list[Wish]:
        if not self.plans:
            return [self._new("reserve")]
        plan = self.chance.choice(self.plans)
        phase = "post" if act == "part" else act
        lines = list(plan.lines) if phase == "post" else []
        if act == "part":
            area = self.chance.randint(1, plan.lines[1][1][0])
            lines = _occupied(plan.lines[0][0], plan.lines[1][0], plan.lines[2][0], area)
        return [Wish(self._id(), plan.kind, phase, self.day(), lines, settles=plan.id)]

    def _reversal(self, old: Wish) -> Wish:
        lines = [(account, tuple(-one for one in vector)) for account, vector in old.lines]
        return Wish(self._id(), "REVERSE", "post", self.day(), lines, reverses=old.id)  # type: ignore[arg-type]

    def land(self, code: str, grade: int = 0, paddy: int = 0) -> tuple[Any, ...]:
        return (self.region, f"LAND:{code}", 0, paddy, 1 if grade else 0, grade)

    def field(self) -> tuple[Any, ...]:
        return self.chance.choice((self.land("0103", 5), self.land("0101", 4, 1)))


def _of(account: tuple[Any, ...], area: int) -> tuple[tuple[Any, ...], Vector]:
    return account, (area, area if account[3] else 0, 0, area * account[5])


def _occupied(field_: tuple[Any, ...], road: tuple[Any, ...], claim: tuple[Any, ...], area: int) -> list[Any]:
    return [_of(field_, -area), _of(road, area), (claim, _of(field_, area)[1])]


def _change(one: Histories) -> tuple[str, list[Any]]:
    area = one.chance.randint(1, 400)
    if one.chance.random() < 0.4:
        stock = one.chance.choice((one.land("0201"), one.field()))
        return "OPENING", [((one.region, "OPENING", 0, 0, 0, 0), (-area, 0, 0, 0)), _of(stock, area)]
    return "RESTORE", [_of(one.land("0201"), -area), _of(one.field(), area)]


def _occupy(one: Histories) -> tuple[str, list[Any]]:
    kind = one.chance.choice(("NONAG", "AGSTRUCT"))
    claim = (one.region, f"CLAIM:{kind}", 0, 0, 0, 0)
    return kind, _occupied(one.field(), one.land("1003"), claim, one.chance.randint(1, 300))


def _accept(one: Histories) -> tuple[str, list[Any]]:
    return "ACCEPT", [_of((one.region, "POOL:RESTORED", 0, 0, 1, 5), one.chance.randint(1, 400))]


def _settle_claim(one: Histories) -> tuple[str, list[Any]]:
    area = one.chance.randint(1, 60)
    pool = (one.region, "POOL:RESTORED", 0, 0, 1, 5)
    claim = (one.region, "CLAIM:NONAG", 0, 0, 0, 0)
    return "SETTLE", [_of(pool, -area), (claim, (-area, 0, 0, -5 * area))]


def _transfer(one: Histories) -> tuple[str, list[Any]]:
    area = one.chance.randint(1, 200)
    pool = ("POOL:RESTORED", 0, 0, 1, 5)
    there = one.region + "N"
    return "TRANSFER", [_of((one.region, *pool), -area), _of((there, *pool), area)]


_MAKERS = {
    "change": _change, "occupy": _occupy, "accept": _accept, "settle claim": _settle_claim, "transfer": _transfer,
    "reserve": _occupy,
}  # fmt: skip
