"""Before an entry is posted: would it break the red line or the cap? Then it is refused, with what is missing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from sqlalchemy import select

from tilth.core import BadInput
from tilth.land import RegionTree, Task
from tilth.ledger import tables
from tilth.ledger.canonical import entry_of
from tilth.ledger.caps import cap_from, occupied
from tilth.ledger.chart import Chart
from tilth.ledger.gathering import CLAIMING, Event, Facts, covered, gather, subtree
from tilth.ledger.judging import told
from tilth.ledger.judging_book import moves_area
from tilth.ledger.model import Account, Entry, Phase, day_number
from tilth.ledger.policy import Policy
from tilth.runtime import Database

_MANY = 500


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

    Entries that stand in the book already are passed over. What nature took is never refused: it happened.

    Raises
    ------
    BadInput
        If an occupation would take a region, or one above it, below its task (INV-13) or beyond its cap (INV-10), or
        an upgrade moves area (INV-16).
    """
    gate = _Gate(database, regions, policy, tuple(tasks), chart or Chart())
    known = gate.entries({one.id for one in entries})
    for one in entries:
        if one.id in known:
            continue
        if one.kind == "UPGRADE" and moves_area(one.lines):
            raise BadInput("POLICY-UPGRADE", id=one.id)
        if one.kind in CLAIMING and one.phase in (Phase.POST, Phase.RESERVE):
            gate.red_line(one)
            if one.kind == "NONAG":
                gate.cap(one)
        gate.coming.append(one)


@dataclass
class _Gate:
    """What the book holds now, and the entries of the call that come before."""

    database: Database
    tree: RegionTree
    policy: Policy
    tasks: tuple[Task, ...]
    chart: Chart
    coming: list[Entry] = field(default_factory=list)
    _caps: dict[tuple[str, int], Facts] = field(default_factory=dict)
    _held: dict[tuple[str, bool], int] = field(default_factory=dict)

    def red_line(self, entry: Entry) -> None:
        """INV-13 for every region that the entry is about, and those above."""
        for code in self._above(entry):
            task = self._task(code, entry.act_date.year)
            rule = self.policy.rule("red-line", entry.act_date, code)
            if task is None or rule is None or not covered(self.tree, code, self._holding):
                continue
            stable, within = rule["counts"] == "stable", subtree(self.tree, code)
            takes = self._net(entry, within, stable=stable)
            if takes >= 0:
                continue
            left = self._now(code, within, stable=stable) + takes + self._freed(entry, within, stable=stable)
            left += sum(
                self._net(one, within, stable=stable) + self._freed(one, within, stable=stable) for one in self.coming
            )
            if left < task.holding_dm2:
                raise BadInput(
                    "POLICY-RED-LINE", id=entry.id, region=code, name=self.tree[code].name, left=told(left, "dm2"),
                    task=told(task.holding_dm2, "dm2"), year=task.year, short=told(task.holding_dm2 - left, "dm2"),
                )  # fmt: skip

    def cap(self, entry: Entry) -> None:
        """INV-10 for every region that the entry is about, and those above that have a cap."""
        year = entry.act_date.year
        for code in self._above(entry):
            rule = self.policy.rule("cap", entry.act_date, code)
            if rule is None:
                continue
            facts = self._facts(code, year, whole=rule["enforced"] == "computed")
            sheet = cap_from(facts, year, self.policy, code)
            if sheet is None:
                continue
            cap = sheet.handed_dm2
            if cap is None and rule["enforced"] == "computed" and sheet.whole:
                cap = sheet.cap_dm2
            if cap is None:
                continue
            cap += sum(_given(one, facts.regions, year) for one in self.coming)
            used = sheet.used_dm2 + sum(
                self._occupies(one, facts, year) for one in facts.open if one.id != entry.settles
            )
            used += sum(self._occupies(one, facts, year) for one in (*self.coming, entry))
            if used > cap:
                raise BadInput(
                    "POLICY-CAP", id=entry.id, region=code, name=self.tree[code].name, year=year,
                    used=told(used, "dm2"), cap=told(cap, "dm2"), short=told(used - cap, "dm2"),
                )  # fmt: skip

    def entries(self, ids: Collection[str]) -> dict[str, Entry]:
        """Those that stand in the book."""
        found: dict[str, Entry] = {}
        wanted = sorted(ids)
        with self.database.snapshot() as connection:
            for start in range(0, len(wanted), _MANY):
                asked = select(tables.entries.c.body).where(tables.entries.c.id.in_(wanted[start : start + _MANY]))
                found.update((one.id, one) for one in (entry_of(row[0]) for row in connection.execute(asked)))
        return found

    def _above(self, entry: Entry) -> list[str]:
        """The regions of an entry and all above them."""
        own = dict.fromkeys(account.region for account, _ in entry.lines)
        return list(dict.fromkeys(one.code for code in own if code in self.tree for one in self.tree.ancestors(code)))

    def _task(self, region: str, year: int) -> Task | None:
        found = [one for one in self.tasks if one.region == region and one.year <= year]
        return max(found, key=lambda one: one.year, default=None)

    def _counts(self, account: Account, within: Collection[str], *, stable: bool) -> bool:
        return account.region in within and account.name in self.chart.farmland and (not stable or account.stable == 1)

    def _net(self, entry: Entry, within: Collection[str], *, stable: bool) -> int:
        """What an entry does to farmland; of a reservation as if it were posted."""
        return sum(q.area_dm2 for account, q in entry.lines if self._counts(account, within, stable=stable))

    def _freed(self, entry: Entry, within: Collection[str], *, stable: bool) -> int:
        """What the reservation that an entry settles held, and lets go."""
        if not entry.settles:
            return 0
        found = {one.id: one for one in self.coming}.get(entry.settles) or self.entries([entry.settles]).get(
            entry.settles
        )
        if found is None:
            return 0
        if found in self.coming:
            return -self._net(found, within, stable=stable)
        return sum(q.taken().area_dm2 for account, q in found.lines if self._counts(account, within, stable=stable))

    def _now(self, code: str, within: Collection[str], *, stable: bool) -> int:
        """Farmland in the book now that no reservation holds."""
        if (code, stable) not in self._held:
            self._held[code, stable] = sum(
                booked - held for account, booked, held in self._land if self._counts(account, within, stable=stable)
            )
        return self._held[code, stable]

    @cached_property
    def _land(self) -> list[tuple[Account, int, int]]:
        columns = [tables.accounts.c[name] for name in (*Account._fields, "booked_area", "held_area")]
        asked = select(*columns).where(tables.accounts.c.name.like("LAND:%"), tables.accounts.c.lines > 0)
        with self.database.snapshot() as connection:
            return [(Account(*row[:6]), row[6], row[7]) for row in connection.execute(asked)]

    @property
    def _holding(self) -> set[str]:
        """Regions in which land is booked."""
        coming = {account.region for one in self.coming for account, _ in one.lines if account.family == "LAND"}
        return {account.region for account, _, _ in self._land} | coming

    def _facts(self, code: str, year: int, *, whole: bool) -> Facts:
        if (code, year) not in self._caps:
            if whole:
                self._caps[code, year] = gather(self.database, self.tree, code, 9999, self.chart)
            else:
                self._caps[code, year] = self._of_caps(code, year)
        return self._caps[code, year]

    def _of_caps(self, code: str, year: int) -> Facts:
        """Only the entries that set, move or use the cap of a year."""
        within = subtree(self.tree, code)
        lines, accounts = tables.lines, tables.accounts
        since = day_number(date(year, 1, 1))
        about = (accounts.c.name == f"CAP:{year}") | ((accounts.c.name == "CLAIM:NONAG") & (lines.c.day >= since))
        wanted = sorted(within)
        numbers: set[int] = set()
        rows: list[tuple[int, str, str]] = []
        with self.database.snapshot() as connection:
            for start in range(0, len(wanted), _MANY):
                there = accounts.c.region.in_(wanted[start : start + _MANY])
                asked = select(lines.c.entry).join(accounts, accounts.c.id == lines.c.account).where(there, about)
                numbers.update(row[0] for row in connection.execute(asked))
            ordered = sorted(numbers)
            for start in range(0, len(ordered), _MANY):
                found = tables.entries.c.number.in_(ordered[start : start + _MANY])
                columns = [tables.entries.c[name] for name in ("number", "body", "recorded_at")]
                rows += [
                    tuple(row)
                    for row in connection.execute(select(*columns).where(found).order_by(tables.entries.c.number))
                ]
        events, reserved = list[Event](), dict[str, Entry]()
        kinds_of: dict[str, str] = {}
        for number, entry, recorded_at in ((row[0], entry_of(row[1]), row[2]) for row in rows):
            reserved.pop(entry.settles, None)
            if entry.phase is Phase.RESERVE:
                reserved[entry.id] = entry
            elif entry.phase is Phase.POST:
                kind = kinds_of.setdefault(entry.id, kinds_of.get(entry.reverses, entry.kind))
                events.append(Event(number, entry, kind, recorded_at))
        return Facts(code, year, self.tree, self.chart, within, tuple(events), tuple(reserved.values()), {})

    @staticmethod
    def _occupies(entry: Entry, facts: Facts, year: int) -> int:
        mine = entry.kind == "NONAG" and entry.act_date.year == year and entry.phase in (Phase.POST, Phase.RESERVE)
        return occupied(facts, entry, facts.regions) if mine else 0


def _given(entry: Entry, within: Collection[str], year: int) -> int:
    """Cap that an entry of the same call sets, or moves into or out of a region."""
    if entry.kind not in ("CAP", "TRANSFER"):
        return 0
    return sum(q.area_dm2 for account, q in entry.lines if account.region in within and account.name == f"CAP:{year}")
