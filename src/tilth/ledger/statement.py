"""The statement of a year: what a region or a group had in the pool, owed and held, and what all of it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Protocol

from tilth.core import Label, label
from tilth.land import RegionTree, Task
from tilth.ledger.history import Recorded
from tilth.ledger.lots import Lot, lots
from tilth.ledger.model import NOTHING, Balance, Entry, Quantities
from tilth.ledger.redline import RedLine, red_lines
from tilth.ledger.sealing import Sealed
from tilth.ledger.tested import Outcome, Tested
from tilth.ledger.turnover import (
    AccountTurn,
    Sources,
    Turnover,
    account_turns,
    booked,
    digest_over,
    summed,
    turnovers,
)
from tilth.ledger.verifying import Verified

#: The invariants that a statement prints, tested or not.
INVARIANTS = tuple(f"INV-{number}" for number in range(1, 23))


@dataclass(frozen=True, slots=True)
class Part:
    """One row of regions: a region with all below it, or what is booked on a region itself."""

    code: str
    name: Label
    regions: frozenset[str]
    own: bool = False  # only what is booked on the region itself


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a statement is about: all of it, and the rows that add up to it."""

    whole: Part
    parts: tuple[Part, ...]
    nested: tuple[str, ...] = ()  # members of a group that lie in another member, and count there


class CapLike(Protocol):
    """What the cap of a year is made of; additions and reductions are those of the year before. [dm²]"""

    @property
    def year(self) -> int: ...
    @property
    def stable_additions_dm2(self) -> int: ...
    @property
    def stable_reductions_dm2(self) -> Mapping[str, int]: ...
    @property
    def net_dm2(self) -> int: ...
    @property
    def carried_dm2(self) -> int: ...
    @property
    def transfers_in_dm2(self) -> int: ...
    @property
    def transfers_out_dm2(self) -> int: ...
    @property
    def cap_dm2(self) -> int: ...
    @property
    def used_dm2(self) -> int: ...
    @property
    def remaining_dm2(self) -> int: ...


class LotStatus(StrEnum):
    """How far an occupation is compensated, or a compensation used, at the end of the year."""

    OPEN = "open"
    SETTLED = "settled"
    OVERDUE = "overdue"
    EXEMPT = "exempt"
    REVERSED = "reversed"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Occupation:
    """One row of the occupation list."""

    lot: Lot
    status: LotStatus
    classes: tuple[str, ...]  # of the farmland that was lost
    pbf_dm2: int
    replaced_dm2: int  # made permanent basic farmland in its place
    compensations: tuple[str, ...]  # ACCEPT entries that its settlements name
    replacements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compensation:
    """One row of the compensation list."""

    lot: Lot
    status: LotStatus
    classes: tuple[str, ...]  # that the land was before
    checks: Mapping[str, str] | None  # A1 to A13: pass, fail, not_assessed; None: not known


@dataclass(frozen=True)
class Drawn:
    """What the book says, as it was read: everything that a statement is computed from."""

    entries: tuple[Recorded, ...]  # of the year, every one that touches the scope
    before: tuple[Recorded, ...]  # earlier ones that moved claims and pools
    linked: Mapping[str, Entry]  # that these name
    opening: tuple[Balance, ...]
    closing: tuple[Balance, ...]
    verified: Verified
    sealed: tuple[Sealed, ...]


@dataclass(frozen=True)
class Statement:
    """All sheets of one year, exact."""

    year: int
    scope: Scope
    drawn: Drawn
    pool: Turnover
    by_part: tuple[Turnover, ...]
    accounts: tuple[AccountTurn, ...]
    occupations: tuple[Occupation, ...]
    compensations: tuple[Compensation, ...]
    red_lines: tuple[RedLine, ...]  # the whole, then each part
    tested: tuple[Tested, ...]
    caps: tuple[CapLike, ...] = ()

    @property
    def on(self) -> date:
        """The day of the closing balances."""
        return date(self.year, 12, 31)

    @property
    def digest(self) -> str:
        """SHA-256 over the digests of all entries of the year, in the order of their numbers."""
        return digest_over(one.digest for one in sorted(self.drawn.entries, key=lambda one: one.number))

    @property
    def unsealed(self) -> list[str]:
        """Regions whose year is still open."""
        closed = {code for one in self.drawn.sealed for code in one.covers}
        return sorted(self.scope.whole.regions - closed)

    @property
    def failed(self) -> list[Tested]:
        """Tests that failed."""
        return [one for one in self.tested if one.outcome is Outcome.FAIL]

    def with_tests(self, tested: Iterable[Tested]) -> Statement:
        """With further tests."""
        return replace(self, tested=(*self.tested, *tested))


def scope_of(tree: RegionTree, *, region: str = "", group: str = "") -> Scope:
    """A region and those directly below it, or the members of a group.

    Raises
    ------
    NotFound
        If there is no such region or group.
    """
    below = _below(tree)
    if group:
        members = tree.members(group)
        nested = [code for code in members if any(code != other and code in below[other] for other in members)]
        parts = [_part(tree, code, below[code]) for code in members if code not in nested]
        whole = Part("", Label(group, group), frozenset().union(*(one.regions for one in parts)))
        return Scope(whole, tuple(parts), tuple(nested))
    top = tree[region]
    parts = [_part(tree, one.code, below[one.code]) for one in tree.children(top.code)]
    if parts:
        parts.append(Part(top.code, label("STATEMENT-OWN"), frozenset({top.code}), own=True))
    whole = _part(tree, top.code, below[top.code])
    return Scope(whole, tuple(parts) or (whole,))


def _below(tree: RegionTree) -> dict[str, frozenset[str]]:
    """Of each region, itself and all below it."""
    found: dict[str, set[str]] = {code: set() for code in tree.regions}
    for code in tree.regions:
        for above in tree.ancestors(code):
            found[above.code].add(code)
    return {code: frozenset(codes) for code, codes in found.items()}


def _part(tree: RegionTree, code: str, regions: frozenset[str]) -> Part:
    name = tree[code].name
    return Part(code, Label(name, name), regions)


def state(
    year: int,
    scope: Scope,
    drawn: Drawn,
    *,
    farmland: Collection[str],
    groups: Mapping[str, str],
    tasks: Iterable[Task] = (),
    surveyed: Mapping[str, tuple[int, int | None]] | None = None,
    acceptance: Mapping[str, Mapping[str, str]] | None = None,
    caps: Sequence[CapLike] = (),
) -> Statement:
    """Compute the statement of `year`. A region on which nothing is booked itself gets no row for that.

    Parameters
    ----------
    farmland
        Names of the accounts that count farmland.
    groups
        The group of each class that land may have been before it was accepted.
    surveyed
        Farmland and permanent basic farmland by the survey of the year, by region. [dm²]
    acceptance
        What the acceptance of an entry found, by the entry's id: A1 to A13.
    caps
        The cap of the year and the next, as far as they are known.
    """
    scope = _without_empty(scope, drawn)
    regions = scope.whole.regions
    sources = Sources(drawn.linked, groups, farmland)
    pool, by_part = turnovers(
        [one.regions for one in scope.parts], drawn.entries, drawn.opening, drawn.closing, sources
    )
    accounts = account_turns(regions, drawn.entries, drawn.opening, drawn.closing)
    history = (*drawn.before, *drawn.entries)
    begins, ends = date(year, 1, 1), date(year, 12, 31)
    claims, pools, exempt = (lots(history, family, regions, begins) for family in ("CLAIM", "POOL", "EXEMPT"))
    known = {**drawn.linked, **{one.entry.id: one.entry for one in history}}
    owed = [one for one in (*claims, *exempt) if _of_the_year(one, begins)]
    occupations = _occupations(owed, history, known, frozenset(farmland), ends)
    rows = [("" if one.own else one.code, one.regions) for one in (scope.whole, *scope.parts)]
    lines = red_lines(rows, drawn.closing, farmland, tasks, surveyed or {})
    accepted = tuple(
        Compensation(
            lot, _pool_status(lot), tuple(sources.classes(lot.recorded.entry)),
            (acceptance or {}).get(lot.recorded.entry.id),
        )
        for lot in pools if _of_the_year(lot, begins)
    )  # fmt: skip
    tested = (
        _turned(year, scope, accounts),
        *_added_up(year, scope, pool, by_part),
        *_listed(year, scope, drawn.closing, {"CLAIM": claims, "POOL": pools}),
    )
    return Statement(
        year=year, scope=scope, drawn=drawn, pool=pool, by_part=tuple(by_part), accounts=tuple(accounts),
        occupations=occupations, compensations=accepted, red_lines=tuple(lines), tested=tested, caps=tuple(caps),
    )  # fmt: skip


def _without_empty(scope: Scope, drawn: Drawn) -> Scope:
    own = {one.code for one in scope.parts if one.own}
    used = {one.account.region for one in (*drawn.opening, *drawn.closing)}
    used |= {line.account.region for one in drawn.entries for line in one.entry.lines}
    return replace(scope, parts=tuple(one for one in scope.parts if not one.own or own & used))


def _of_the_year(lot: Lot, begins: date) -> bool:
    """Was it raised, reversed or still open in the year?"""
    undone = lot.reversed_by is not None and lot.reversed_by.entry.posting_date >= begins
    fresh = lot.recorded.entry.posting_date >= begins
    return fresh or undone or (lot.left_before != NOTHING and not lot.name.startswith("EXEMPT"))


def _occupations(
    owed: Sequence[Lot], history: Sequence[Recorded], known: Mapping[str, Entry], farmland: frozenset[str], on: date
) -> tuple[Occupation, ...]:
    undone = {one.entry.reverses for one in history if one.entry.reverses}
    replaced: dict[str, list[tuple[str, int]]] = {}
    for one in history:
        if one.entry.kind == "REPLACE" and one.entry.id not in undone:
            area = sum(q.area_dm2 for account, q in booked(one.entry) if account.pbf and q.area_dm2 > 0)
            for name in one.entry.links:
                replaced.setdefault(name, []).append((one.entry.id, area))
    rows = []
    for lot in owed:
        entry = lot.recorded.entry
        lost = [
            (account, -q.area_dm2) for account, q in booked(entry)
            if account.region == lot.region and account.name in farmland and q.area_dm2 < 0
        ]  # fmt: skip
        made = replaced.get(entry.id, [])
        used = {
            name: None for use in lot.uses for name in use.entry.links
            if name in known and known[name].kind in ("ACCEPT", "TRANSFER")
        }  # fmt: skip
        rows.append(
            Occupation(
                lot,
                _claim_status(lot, on),
                tuple(sorted({account.member for account, _ in lost})),
                sum(area for account, area in lost if account.pbf),
                sum(area for _, area in made),
                tuple(used),
                tuple(name for name, _ in made),
            )
        )
    return tuple(rows)


def _claim_status(lot: Lot, on: date) -> LotStatus:
    if lot.reversed_by is not None:
        return LotStatus.REVERSED
    if lot.name.startswith("EXEMPT"):
        return LotStatus.EXEMPT
    if not lot.left.area_dm2:
        return LotStatus.SETTLED
    due = lot.recorded.entry.due
    return LotStatus.OVERDUE if due is not None and due < on else LotStatus.OPEN


def _pool_status(lot: Lot) -> LotStatus:
    if lot.reversed_by is not None:
        return LotStatus.REVERSED
    return LotStatus.USED if not lot.left.area_dm2 else LotStatus.OPEN


def _test(invariant: str, year: int, scope: Scope, found: int, wanted: int, unit: str, about: Label) -> Tested:
    outcome = Outcome.PASS if found == wanted else Outcome.FAIL
    return Tested(
        invariant, scope.whole.code, year, outcome, found, wanted, unit, "statement", "1", None, "sure", about
    )


def _turned(year: int, scope: Scope, accounts: Sequence[AccountTurn]) -> Tested:
    """INV-2 on every account and all four quantities."""
    off = [str(one.account) for one in accounts if one.difference != NOTHING]
    about = label("STATEMENT-INV-2", accounts=f"{len(accounts):,}", off=", ".join(off[:5]) or "-")
    return _test("INV-2", year, scope, len(off), 0, "accounts", about)


def _added_up(year: int, scope: Scope, pool: Turnover, by_part: Sequence[Turnover]) -> list[Tested]:
    """INV-2 on the pool as statement 5.1 prints it, and INV-3: the rows add up to the whole."""
    about = label("STATEMENT-INV-2-POOL")
    below = summed(one.closing for one in by_part)
    off = sum(
        summed(one.part(part) for one in by_part) != pool.part(part) for part in {moved.part for moved in pool.moved}
    )
    return [
        _test("INV-2", year, scope, pool.closing.area_dm2, pool.expected.area_dm2, "dm2", about),
        _test("INV-3", year, scope, below.area_dm2, pool.closing.area_dm2, "dm2", label("STATEMENT-INV-3")),
        _test("INV-3", year, scope, off, 0, "columns", label("STATEMENT-INV-3-MOVES")),
    ]


def _listed(year: int, scope: Scope, closing: Sequence[Balance], listed: Mapping[str, Sequence[Lot]]) -> list[Tested]:
    """INV-8: what the lists leave open is what the accounts hold."""
    tests = []
    for family, owed in listed.items():
        left = summed(one.left for one in owed)
        held = summed(
            one.booked for one in closing if one.account.family == family and one.account.region in scope.whole.regions
        )
        about = label(f"STATEMENT-LISTED-{family}")
        tests.append(_test("INV-8", year, scope, left.area_dm2, held.area_dm2, "dm2", about))
    return tests


# --- as a record ---------------------------------------------------------------------------------------------------


def _turnover_record(one: Turnover, code: str) -> dict[str, Any]:
    return {
        "region": code,
        "opening": one.opening._asdict(),
        "moved": [
            {
                "part": moved.part, "detail": moved.detail, **turn.quantities._asdict(),
                "entries": list(turn.numbers), "digest": turn.digest,
            }
            for moved, turn in one.moved.items()
        ],
        "accepted_from": {
            name: {**turn.quantities._asdict(), "entries": list(turn.numbers), "digest": turn.digest}
            for name, turn in one.sources.items()
        },
        "closing": one.closing._asdict(),
        "held": one.held._asdict(),
        "closing_by_source": {name: quantities._asdict() for name, quantities in one.by_source.items()},
        "difference": one.difference._asdict(),
    }  # fmt: skip


def _lot_record(lot: Lot) -> dict[str, Any]:
    entry = lot.recorded.entry
    return {
        "number": lot.recorded.number, "id": entry.id, "digest": lot.recorded.digest, "region": lot.region,
        "account": lot.name, "evidence": entry.evidence, "act_date": entry.act_date.isoformat(),
        "posting_date": entry.posting_date.isoformat(), "due": entry.due.isoformat() if entry.due else None,
        "raised": lot.raised._asdict(), "left": lot.left._asdict(), "taken_by_order": lot.by_order._asdict(),
        "uses": [
            {"number": use.number, "id": use.entry.id, "kind": use.entry.kind, "linked": use.linked,
             **use.quantities._asdict()}
            for use in lot.uses
        ],
        "reversed_by": lot.reversed_by.entry.id if lot.reversed_by else None,
    }  # fmt: skip


def cap_record(cap: CapLike) -> dict[str, Any]:
    """A cap sheet for JSON."""
    names = (
        "year", "stable_additions_dm2", "net_dm2", "carried_dm2", "transfers_in_dm2", "transfers_out_dm2", "cap_dm2",
        "used_dm2", "remaining_dm2",
    )  # fmt: skip
    return {name: getattr(cap, name) for name in names} | {"stable_reductions_dm2": dict(cap.stable_reductions_dm2)}


def entry_record(one: Recorded) -> dict[str, Any]:
    """An entry as it stands in the book, for JSON."""
    entry = one.entry
    days = {name: getattr(entry, name) for name in ("act_date", "posting_date", "expires", "due")}
    return {
        "number": one.number, "id": entry.id, "digest": one.digest, "recorded_at": one.recorded_at,
        "kind": entry.kind, "phase": str(entry.phase), **{k: v.isoformat() if v else None for k, v in days.items()},
        "evidence": entry.evidence, "author": entry.author, "rules": rules_of(entry), "geometry": entry.geometry,
        "links": list(entry.links), "settles": entry.settles, "reverses": entry.reverses,
        "lines": [{**line.account._asdict(), **line.quantities._asdict()} for line in entry.lines],
    }  # fmt: skip


def rules_of(entry: Entry) -> str:
    """The rule pack and version that an entry was posted under, as pack@version."""
    return f"{entry.rule_pack}@{entry.rule_version}" if entry.rule_pack else ""


def statement_record(one: Statement) -> dict[str, Any]:
    """The statement for JSON: whole units, areas in dm², nothing rounded."""
    parts = zip(one.scope.parts, one.by_part, strict=True)
    return {
        "year": one.year,
        "region": one.scope.whole.code,
        "name": str(one.scope.whole.name),
        "pool": _turnover_record(one.pool, one.scope.whole.code),
        "parts": [{"name": str(part.name), **_turnover_record(turn, part.code)} for part, turn in parts],
        "occupations": [
            {
                **_lot_record(row.lot), "status": str(row.status), "classes": list(row.classes),
                "pbf_dm2": row.pbf_dm2, "replaced_dm2": row.replaced_dm2, "compensations": list(row.compensations),
                "replacements": list(row.replacements),
            }
            for row in one.occupations
        ],
        "compensations": [
            {
                **_lot_record(row.lot), "status": str(row.status), "classes": list(row.classes),
                "checks": None if row.checks is None else dict(row.checks),
            }
            for row in one.compensations
        ],
        "caps": [cap_record(cap) for cap in one.caps],
        "red_lines": [
            {**asdict(row), "surplus_dm2": row.surplus_dm2, "pbf_surplus_dm2": row.pbf_surplus_dm2}
            for row in one.red_lines
        ],
        "tested": [test.as_record() for test in one.tested],
        "accounts": [
            {**turn.account._asdict(), **_four("opening", turn.opening), **_four("added", turn.added),
             **_four("taken", turn.taken), **_four("closing", turn.closing), "entries": turn.entries}
            for turn in one.accounts
        ],
        "entries": [entry_record(entry) for entry in one.drawn.entries],
        "digest": one.digest,
        "book": one.drawn.verified.as_record(),
        "closings": [sealed._asdict() for sealed in one.drawn.sealed],
        "open_regions": one.unsealed,
    }  # fmt: skip


def _four(prefix: str, quantities: Quantities) -> dict[str, int]:
    return {f"{prefix}_{name}": value for name, value in quantities._asdict().items()}
