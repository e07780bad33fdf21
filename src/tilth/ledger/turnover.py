"""How the pool, and every account, got from where it stood to where it stands: each sum with the entries under it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from tilth.ledger.history import Recorded
from tilth.ledger.model import NOTHING, Account, Balance, Entry, Line, Phase, Quantities

#: What moves a pool, in the order in which a statement adds it up. What is none of these is "other", never left out.
PARTS = ("taken_over", "accepted", "in", "out", "inner", "written_off", "reversed", "lapsed", "other")
#: Kinds of entries that end the life of an old pool.
_LAPSES = ("EXPIRE", "LAPSE")
SEVERAL = "SEVERAL"  # of claims of several kinds, or land of several classes, in one entry
UNKNOWN = "UNKNOWN"  # the entry does not say


class Moved(NamedTuple):
    """What one line does to the pool: the row of the statement, and the row below it."""

    part: str
    detail: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One sum of a statement, and the entries that it rests on."""

    quantities: Quantities
    entries: Mapping[int, str] = field(default_factory=dict)  # their digests, by number

    @classmethod
    def over(cls, turns: Iterable[Turn]) -> Turn:
        """Several sums together."""
        every = list(turns)
        entries: dict[int, str] = {}
        for one in every:
            entries.update(one.entries)
        return cls(summed(one.quantities for one in every), entries)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the entries, ascending."""
        return tuple(sorted(self.entries))

    @property
    def digest(self) -> str:
        """SHA-256 over their digests, in the order of their numbers."""
        return digest_over(self.entries[number] for number in self.numbers)


@dataclass(frozen=True)
class Turnover:
    """The pool of some regions through a year: opening, all that moved it, closing."""

    opening: Quantities
    closing: Quantities  # as the book says it
    held: Quantities  # of it, by reservations that are open at the end
    moved: Mapping[Moved, Turn]
    sources: Mapping[str, Turn]  # what was accepted, by the land it was before
    by_source: Mapping[str, Quantities]  # the closing, by source of the pool

    def part(self, part: str) -> Quantities:
        """All rows of `part` together."""
        return summed(turn.quantities for moved, turn in self.moved.items() if moved.part == part)

    def details(self, part: str) -> dict[str, Turn]:
        """The rows below `part`."""
        return {moved.detail: turn for moved, turn in self.moved.items() if moved.part == part}

    @property
    def expected(self) -> Quantities:
        """What the closing must be: the opening and all that moved."""
        return self.opening.plus(summed(turn.quantities for turn in self.moved.values()))

    @property
    def difference(self) -> Quantities:
        """What the book has at the end beyond that: nothing, if it is sound."""
        return self.closing.minus(self.expected)


class AccountTurn(NamedTuple):
    """One account through a year."""

    account: Account
    opening: Quantities
    added: Quantities
    taken: Quantities  # as positive numbers
    closing: Quantities  # as the book says it
    entries: int

    @property
    def difference(self) -> Quantities:
        """What the book has at the end beyond opening + added - taken."""
        return self.closing.minus(self.opening.plus(self.added).minus(self.taken))


def summed(quantities: Iterable[Quantities]) -> Quantities:
    """All of them together."""
    area = paddy = capacity = graded = 0
    for one in quantities:
        area, paddy, capacity, graded = area + one[0], paddy + one[1], capacity + one[2], graded + one[3]
    return Quantities(area, paddy, capacity, graded)


def digest_over(digests: Iterable[str]) -> str:
    """SHA-256 over the bytes of several digests, in their order; "" of none.

    >>> digest_over([]), digest_over(["00" * 32])[:16]
    ('', '66687aadf862bd77')
    """
    running, some = sha256(), False
    for one in digests:
        running.update(bytes.fromhex(one))
        some = True
    return running.hexdigest() if some else ""


def booked(entry: Entry) -> tuple[Line, ...]:
    """The lines that `entry` books; a reservation, and what lets one go, books none."""
    return entry.lines if entry.phase is Phase.POST else ()


def moves(entry: Entry, line: Line) -> Iterator[tuple[Moved, Quantities]]:
    """What a line of the pool does, each part with its quantities."""
    quantities = line.quantities
    if entry.reverses:
        yield Moved("reversed", ""), quantities
    elif entry.kind == "TRANSFER":
        given = quantities.taken()
        got = quantities.plus(given)
        if got != NOTHING:
            yield Moved("in", ""), got
        if given != NOTHING:
            yield Moved("out", ""), given.negated()
    elif entry.kind == "ACCEPT":
        yield Moved("accepted", line.account.member), quantities
    elif entry.kind in _LAPSES:
        yield Moved("lapsed", line.account.member), quantities
    elif entry.kind == "OPENING":
        yield Moved("taken_over", line.account.member), quantities
    elif (claim := _settled_kind(entry)) and max(quantities) <= 0:
        yield Moved("written_off", claim), quantities
    else:
        yield Moved("other", entry.kind), quantities


def _settled_kind(entry: Entry) -> str:
    """The kind of claim that `entry` writes off; "" if it writes off none."""
    kinds = {line.account.member for line in entry.lines if line.account.family == "CLAIM" and min(line.quantities) < 0}
    if not kinds:
        return UNKNOWN if entry.kind == "SETTLE" else ""
    return kinds.pop() if len(kinds) == 1 else SEVERAL


@dataclass(slots=True)
class _Sum:
    quantities: Quantities = NOTHING
    entries: dict[int, str] = field(default_factory=dict)

    def add(self, quantities: Quantities, recorded: Recorded) -> None:
        self.quantities = self.quantities.plus(quantities)
        self.entries[recorded.number] = recorded.digest

    def turn(self) -> Turn:
        return Turn(self.quantities, self.entries)


class Sources:
    """The land that accepted compensation was before.

    Of an ACCEPT entry it is what the entries that it links took it from, or else what its acceptance found; of a
    transfer it is that of the acceptances that it links.
    """

    def __init__(
        self,
        linked: Mapping[str, Entry],
        groups: Mapping[str, str],
        farmland: Iterable[str],
        accepted: Mapping[str, str] | None = None,
    ) -> None:
        """`groups` names the group of each class; `farmland` the accounts that count farmland; `accepted` the class at
        t0 that the acceptance of an entry found."""
        self._linked, self._groups, self._farmland = linked, groups, frozenset(farmland)
        self._accepted = accepted or {}

    def classes(self, entry: Entry) -> list[str]:
        """The classes, in order."""
        found = self._taken_from(entry)
        if not found and self._accepted.get(entry.id):
            found = {self._accepted[entry.id]}
        if not found and entry.kind == "TRANSFER":
            for name in entry.links:
                one = self._linked.get(name)
                if one is not None and one.kind == "ACCEPT":
                    found |= set(self.classes(one))
        return sorted(found)

    def _taken_from(self, entry: Entry) -> set[str]:
        """The classes that the entries it links took."""
        named = (self._linked[name] for name in entry.links if name in self._linked)
        return {
            line.account.member
            for one in named
            for line in booked(one)
            if line.account.family == "LAND"
            and line.quantities.area_dm2 < 0
            and line.account.name not in self._farmland
        }

    def group(self, entry: Entry) -> str:
        """The group of these classes."""
        groups = {self._groups.get(code, UNKNOWN) for code in self.classes(entry)}
        return UNKNOWN if not groups else groups.pop() if len(groups) == 1 else SEVERAL


def turnovers(
    parts: Sequence[frozenset[str]],
    entries: Iterable[Recorded],
    opening: Iterable[Balance],
    closing: Iterable[Balance],
    sources: Sources,
) -> tuple[Turnover, list[Turnover]]:
    """The pool of all `parts` together, and of each.

    Parameters
    ----------
    parts
        Sets of regions, none in two of them.
    entries
        Every entry of the year that touches one of the regions.
    opening, closing
        The balances of every account of them on the last day before the year and on its last day.
    """
    place = {code: at for at, codes in enumerate(parts) for code in codes}
    whole = _Rows()
    rows = [_Rows() for _ in parts]
    for recorded in entries:
        lines = [line for line in booked(recorded.entry) if line.account.family == "POOL"]
        if not lines:
            continue
        inner = stays_within(recorded.entry, place)
        for line in lines:
            at = place.get(line.account.region)
            if at is None:
                continue
            for moved, quantities in moves(recorded.entry, line):
                group = sources.group(recorded.entry) if moved.part == "accepted" else ""
                told = told_within(moved, inner)
                rows[at].add(told, quantities, recorded, group)
                whole.add(told, quantities, recorded, group)
    for balances, name in ((opening, "opening"), (closing, "closing")):
        for one in balances:
            at = place.get(one.account.region)
            if at is not None and one.account.family == "POOL":
                rows[at].stand(name, one)
                whole.stand(name, one)
    return whole.turnover(), [one.turnover() for one in rows]


def stays_within(entry: Entry, regions: Collection[str]) -> bool:
    """Does all that `entry` moves in pools stay in `regions`?"""
    return all(line.account.region in regions for line in booked(entry) if line.account.family == "POOL")


def told_within(moved: Moved, inner: bool) -> Moved:
    """A transfer between regions of the statement is a row of its own, that sums to nothing: in and out are what
    crosses their border."""
    return Moved("inner", moved.part) if inner and moved.part in ("in", "out") else moved


class _Rows:
    """The sums of one set of regions."""

    def __init__(self) -> None:
        self.opening = self.closing = self.held = NOTHING
        self.moved: dict[Moved, _Sum] = {}
        self.sources: dict[str, _Sum] = {}
        self.by_source: dict[str, Quantities] = {}

    def add(self, moved: Moved, quantities: Quantities, recorded: Recorded, group: str) -> None:
        self.moved.setdefault(moved, _Sum()).add(quantities, recorded)
        if group:
            self.sources.setdefault(group, _Sum()).add(quantities, recorded)

    def stand(self, name: str, one: Balance) -> None:
        setattr(self, name, getattr(self, name).plus(one.booked))
        if name == "closing":
            self.held = self.held.plus(one.held)
            member = one.account.member
            self.by_source[member] = self.by_source.get(member, NOTHING).plus(one.booked)

    def turnover(self) -> Turnover:
        moved = {
            key: self.moved[key].turn() for key in sorted(self.moved, key=lambda key: (PARTS.index(key[0]), key[1]))
        }
        sources = {name: self.sources[name].turn() for name in sorted(self.sources)}
        return Turnover(self.opening, self.closing, self.held, moved, sources, dict(sorted(self.by_source.items())))


def account_turns(
    regions: frozenset[str], entries: Iterable[Recorded], opening: Iterable[Balance], closing: Iterable[Balance]
) -> list[AccountTurn]:
    """Every account of `regions` through the year; those that stood at nothing and did not move are left out."""
    before = {one.account: one.booked for one in opening if one.account.region in regions}
    after = {one.account: one.booked for one in closing if one.account.region in regions}
    added: dict[Account, Quantities] = {}
    taken: dict[Account, Quantities] = {}
    count: dict[Account, int] = {}
    for recorded in entries:
        for account, quantities in booked(recorded.entry):
            if account.region not in regions:
                continue
            less = quantities.taken()
            added[account] = added.get(account, NOTHING).plus(quantities.plus(less))
            taken[account] = taken.get(account, NOTHING).plus(less)
            count[account] = count.get(account, 0) + 1
    turns = (
        AccountTurn(
            one, before.get(one, NOTHING), added.get(one, NOTHING), taken.get(one, NOTHING),
            after.get(one, NOTHING), count.get(one, 0),
        )
        for one in sorted(before.keys() | after.keys() | count.keys())
    )  # fmt: skip
    return [one for one in turns if one.entries or one.opening != NOTHING or one.closing != NOTHING]
