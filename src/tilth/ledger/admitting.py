"""Before an entry is posted: would it break the red line or the cap? Then it is refused, with what is missing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import islice

from sqlalchemy import func, select

from tilth.core import BadInput, label
from tilth.land import RegionTree, Task
from tilth.ledger import tables
from tilth.ledger.canonical import entry_of
from tilth.ledger.cap_left import cap_and_used, cap_facts
from tilth.ledger.caps import occupies
from tilth.ledger.chart import Chart
from tilth.ledger.equivalents import land_types
from tilth.ledger.gathering import CLAIMING, children_of, covered, gather, subtree
from tilth.ledger.judging import task_of, told
from tilth.ledger.judging_book import moves_area
from tilth.ledger.model import Account, Entry, Phase
from tilth.ledger.owing import Owing, indicated
from tilth.ledger.policy import Policy
from tilth.ledger.reversing import about_claims, writes_off
from tilth.runtime import Database

_MANY = 500
_CHECKED = frozenset((*CLAIMING, "UPGRADE", "ACCEPT", "PROTECT"))
#: What no gate stops: nature took it, it stood before the book, it went to a neighbour, or an entry is taken back.
_LET_BE = frozenset(("WATER", "DISASTER", "OPENING", "BOUNDARY", "REVERSE"))
_STOCKS = ("POOL", "CLAIM", "CAP")


def admit(
    database: Database,
    regions: RegionTree,
    entries: Sequence[Entry],
    policy: Policy,
    *,
    tasks: Sequence[Task] = (),
    chart: Chart | None = None,
) -> None:
    """Nothing, if `entries` may be posted or reserved, one after the other.

    Entries that stand in the book already are passed over. What nature took is never refused: it happened. All that
    people decide is: an occupation, a conversion for ecology, farmland that leaves stable use, whatever its kind.

    Raises
    ------
    BadInput
        If an entry would take a region, or one above it, below its task (INV-13) or beyond its cap (INV-10), an
        upgrade moves area (INV-16), a write-off takes more than the occupations that it links still owe, compensation
        comes without its ground or into a book that is older (INV-6), or a loss in one land type is made up for in
        another (`ldn`).
    """
    chart = chart or Chart()
    if not any(gated(one, chart) for one in entries):
        return
    gate = _Gate(database, regions, policy, tuple(tasks), chart)
    known = gate.entries({one.id for one in entries})
    for one in entries:
        if one.id in known:
            continue
        if one.kind == "UPGRADE" and moves_area(one.lines):
            raise BadInput("POLICY-UPGRADE", id=one.id)
        if one.kind == "ACCEPT" and policy.rule("accepted-only", one.posting_date) is not None:
            raise BadInput("POLICY-ACCEPT", id=one.id)
        settles = one.kind == "PROTECT" and any(line.account.family == "CLAIM" for line in one.lines)
        if settles and policy.rule("easement", one.act_date) is None:
            raise BadInput("POLICY-PROTECT", id=one.id)
        if len(land_types(one)) > 1 and policy.rule("like-for-like", one.act_date) is not None:
            raise BadInput("POLICY-LIKE", id=one.id, types=", ".join(sorted(land_types(one))))
        if opens_stock(one):
            gate.opening(one)
        if writes_off(one):
            gate.owing.hold(one, gate.coming.values())
            indicated(one, policy)
        if takes_farmland(one, chart):
            gate.red_line(one)
            if one.kind == "NONAG":
                gate.cap(one)
        gate.coming[one.id] = one


def gated(entry: Entry, chart: Chart) -> bool:
    """Does an entry have to pass any of the checks of `admit`?"""
    if entry.kind in _CHECKED or takes_farmland(entry, chart) or opens_stock(entry) or land_types(entry):
        return True
    return bool(about_claims(entry))


def takes_farmland(entry: Entry, chart: Chart) -> bool:
    """Does an entry take farmland, or farmland in stable use, by what people decided?"""
    if entry.kind in _LET_BE or entry.phase not in (Phase.POST, Phase.RESERVE):
        return False
    return any(q.area_dm2 < 0 and account.name in chart.farmland for account, q in entry.lines)


def opens_stock(entry: Entry) -> bool:
    """Does an opening bring a pool, a claim or a cap from before the book?"""
    return entry.kind == "OPENING" and any(account.family in _STOCKS for account, _ in entry.lines)


def gates_of(entry: Entry, regions: RegionTree, policy: Policy, tasks: Sequence[Task], chart: Chart) -> set[str]:
    """The regions whose stock decides whether an entry may be posted: only one at a time may ask about each."""
    if opens_stock(entry):
        return {account.region for account, _ in entry.lines}
    if about_claims(entry):
        return about_claims(entry)
    if not takes_farmland(entry, chart):
        return set()
    return {
        code
        for code in _above(regions, entry)
        if (task_of(tasks, code, _counts_on(entry).year) and policy.rule("red-line", _counts_on(entry), code))
        or (entry.kind == "NONAG" and policy.rule("cap", entry.act_date, code))
    }


def _counts_on(entry: Entry) -> date:
    """The day by which the red line is asked: an act of an earlier year takes of the stock it is booked from."""
    return max(entry.act_date, entry.posting_date)


def _above(tree: RegionTree, entry: Entry) -> list[str]:
    """The regions of an entry and all above them."""
    own = dict.fromkeys(account.region for account, _ in entry.lines)
    return list(dict.fromkeys(one.code for code in own if code in tree for one in tree.ancestors(code)))


@dataclass
class _Running:
    """A number that is as the book has it, and moves on with the entries of the call."""

    value: int
    seen: int = 0


@dataclass
class _Gate:
    """What the book holds now, and the entries of the call that come before."""

    database: Database
    tree: RegionTree
    policy: Policy
    tasks: tuple[Task, ...]
    chart: Chart
    coming: dict[str, Entry] = field(default_factory=dict)
    _left: dict[tuple[str, bool], _Running] = field(default_factory=dict)
    _used: dict[tuple[str, int], _Running] = field(default_factory=dict)
    _caps: dict[tuple[str, int], int | None] = field(default_factory=dict)
    _given: dict[tuple[str, int], _Running] = field(default_factory=dict)
    _within: dict[str, frozenset[str]] = field(default_factory=dict)
    _known: int = 0

    def opening(self, entry: Entry) -> None:
        """INV-6: stock from before the book comes in the year in which the book begins; old pools later too."""
        for account, _ in entry.lines:
            first = self._first_year(account.region) if account.family in _STOCKS else None
            if first is None or entry.posting_date.year <= first:
                continue
            if account.name == "POOL:LEGACY" and self._transitional(entry.posting_date, account.region):
                continue
            raise BadInput(
                "POLICY-OPENING", id=entry.id, account=str(account), year=entry.posting_date.year, first=first,
            )  # fmt: skip

    def _transitional(self, day: date, region: str) -> bool:
        """Do the rules still know pools of the old three indicators?"""
        rule = self.policy.rule("legacy-pools", day, region)
        return rule is not None and (not rule["last_day"] or day <= date.fromisoformat(rule["last_day"]))

    def _first_year(self, region: str) -> int | None:
        """The year in which the book of a region begins, with the entries of the call so far."""
        lines, accounts = tables.lines, tables.accounts
        asked = select(func.min(lines.c.day)).join(accounts, accounts.c.id == lines.c.account)
        with self.database.snapshot() as connection:
            day = connection.execute(asked.where(accounts.c.region == region)).scalar()
        years = [
            one.posting_date.year
            for one in self.coming.values()
            if region in {line.account.region for line in one.lines}
        ]
        return min([*years, day // 10_000] if day else years, default=None)

    def red_line(self, entry: Entry) -> None:
        """INV-13 for every region that the entry is about, and those above."""
        for code in _above(self.tree, entry):
            day = _counts_on(entry)
            task, rule = task_of(self.tasks, code, day.year), self.policy.rule("red-line", day, code)
            if task is None or rule is None or not self._covered(code):
                continue
            stable = rule["counts"] == "stable"
            if self._net(entry, code, stable=stable) >= 0:
                continue
            left = self._left_now(code, stable=stable) + self._adds(entry, code, stable=stable)
            if left < task.holding_dm2:
                what = label("POLICY-COUNTS-STABLE" if stable else "POLICY-COUNTS-FARMLAND")
                raise BadInput(
                    "POLICY-RED-LINE", id=entry.id, what=what, region=code, name=self.tree[code].name,
                    left=told(left, "dm2"), task=told(task.holding_dm2, "dm2"), year=task.year,
                    short=told(task.holding_dm2 - left, "dm2"),
                )  # fmt: skip

    def cap(self, entry: Entry) -> None:
        """INV-10 for every region that the entry is about, and those above that have a cap."""
        year = entry.act_date.year
        for code in _above(self.tree, entry):
            rule = self.policy.rule("cap", entry.act_date, code)
            if rule is None:
                continue
            cap, used = self._cap_now(code, year, computed=rule["enforced"] == "computed")
            used += self._uses(entry, code, year)
            if cap is not None and used > cap:
                raise BadInput(
                    "POLICY-CAP", id=entry.id, region=code, name=self.tree[code].name, year=year,
                    used=told(used, "dm2"), cap=told(cap, "dm2"), short=told(used - cap, "dm2"),
                )  # fmt: skip

    def _left_now(self, code: str, *, stable: bool) -> int:
        """Farmland that is not held, after the entries of the call so far."""
        key = (code, stable)
        if key not in self._left:
            self._left[key] = _Running(self._now(code, stable=stable))
        return self._moved_on(self._left[key], lambda one: self._adds(one, code, stable=stable))

    def _cap_now(self, code: str, year: int, *, computed: bool) -> tuple[int | None, int]:
        """The cap of a region, if it has one, and what is used of it, after the entries of the call so far."""
        key = (code, year)
        if key not in self._used:
            self._caps[key], self._used[key] = self._of_cap(code, year, computed=computed)
            self._given[key] = _Running(0)
        given = self._moved_on(self._given[key], lambda one: _given(one, self._below(code), year))
        used = self._moved_on(self._used[key], lambda one: self._uses(one, code, year))
        cap = self._caps[key]
        return None if cap is None and not given else (cap or 0) + given, used

    def _moved_on(self, running: _Running, adds: Callable[[Entry], int]) -> int:
        """The number after the entries of the call that it has not seen yet."""
        for one in islice(self.coming.values(), running.seen, None):
            running.value += adds(one)
        running.seen = len(self.coming)
        return running.value

    def _of_cap(self, code: str, year: int, *, computed: bool) -> tuple[int | None, _Running]:
        """The cap of a region in the book, if it has one, and what is used or reserved of it."""
        if computed:
            facts = gather(self.database, self.tree, code, date.max.year, self.chart)
        else:
            facts = cap_facts(self.database, self.tree, code, year, self._below(code), self.chart)
        cap, used = cap_and_used(facts, year, self.policy, code, computed=computed)
        return cap, _Running(used)

    def _uses(self, entry: Entry, code: str, year: int) -> int:
        """What an entry adds to what is used of a cap: its own, less what its reservation held."""
        held = self._reservation(entry)
        own = occupies(entry, self._below(code), year)
        return own - (occupies(held, self._below(code), year) if held is not None else 0)

    def _adds(self, entry: Entry, code: str, *, stable: bool) -> int:
        """What an entry adds to farmland that is not held: its own, and what its reservation held."""
        own = self._net(entry, code, stable=stable) if entry.phase in (Phase.POST, Phase.RESERVE) else 0
        held = self._reservation(entry)
        if held is None:
            return own
        if held.id in self.coming:
            return own - self._net(held, code, stable=stable)
        return own + sum(q.taken().area_dm2 for account, q in held.lines if self._counts(account, code, stable=stable))

    def _reservation(self, entry: Entry) -> Entry | None:
        """The reservation that an entry settles."""
        if not entry.settles:
            return None
        return self.coming.get(entry.settles) or self.entries([entry.settles]).get(entry.settles)

    def _below(self, code: str) -> frozenset[str]:
        if code not in self._within:
            self._within[code] = subtree(code, self._children)
        return self._within[code]

    def entries(self, ids: Collection[str]) -> dict[str, Entry]:
        """Those that stand in the book."""
        found: dict[str, Entry] = {}
        wanted = sorted(ids)
        with self.database.snapshot() as connection:
            for start in range(0, len(wanted), _MANY):
                asked = select(tables.entries.c.body).where(tables.entries.c.id.in_(wanted[start : start + _MANY]))
                found.update((one.id, one) for one in (entry_of(row[0]) for row in connection.execute(asked)))
        return found

    def _counts(self, account: Account, code: str, *, stable: bool) -> bool:
        known = account.name in self.chart.farmland and account.region in self._below(code)
        return known and (account.stable == 1 or not stable)

    def _net(self, entry: Entry, code: str, *, stable: bool) -> int:
        """What an entry does to farmland; of a reservation as if it were posted."""
        return sum(q.area_dm2 for account, q in entry.lines if self._counts(account, code, stable=stable))

    def _now(self, code: str, *, stable: bool) -> int:
        """Farmland in the book now that no reservation holds."""
        return sum(booked - held for account, booked, held in self._land if self._counts(account, code, stable=stable))

    @cached_property
    def owing(self) -> Owing:
        """What occupations still owe."""
        return Owing(self.database)

    @cached_property
    def _land(self) -> list[tuple[Account, int, int]]:
        columns = [tables.accounts.c[name] for name in (*Account._fields, "booked_area", "held_area")]
        asked = select(*columns).where(tables.accounts.c.name.like("LAND:%"), tables.accounts.c.lines > 0)
        with self.database.snapshot() as connection:
            return [(Account(*row[:6]), row[6], row[7]) for row in connection.execute(asked)]

    def _covered(self, code: str) -> bool:
        """Does the book, after the entries of the call so far, hold all land of a region?"""
        for one in islice(self.coming.values(), self._known, None):
            self._holding.update(account.region for account, _ in one.lines if account.family == "LAND")
        self._known = len(self.coming)
        return covered(self.tree, code, self._holding, self._children)

    @cached_property
    def _holding(self) -> set[str]:
        """Regions in which land is booked."""
        return {account.region for account, _, _ in self._land}

    @cached_property
    def _children(self) -> dict[str | None, list[str]]:
        return children_of(self.tree)


def _given(entry: Entry, within: Collection[str], year: int) -> int:
    """Cap that an entry of the same call sets, or moves into or out of a region."""
    if entry.kind not in ("CAP", "TRANSFER"):
        return 0
    return sum(q.area_dm2 for account, q in entry.lines if account.region in within and account.name == f"CAP:{year}")
