"""The statement of a year: what a region or a group had in the pool, owed and held, and what all of it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from tilth.land import Task
from tilth.ledger.history import Recorded
from tilth.ledger.lots import Lot, lots
from tilth.ledger.model import NOTHING, Entry
from tilth.ledger.redline import red_lines
from tilth.ledger.sheet_tests import added_up, listed
from tilth.ledger.stated import CapLike, Compensation, Drawn, LotStatus, Occupation, Scope, Statement
from tilth.ledger.turnover import Sources, account_turns, booked, turnovers


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
    classes_before: Mapping[str, str] | None = None,
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
    classes_before
        The class at t0 that it found, by the entry's id.
    caps
        The cap of the year and the next, as far as they are known.
    """
    scope = _without_empty(scope, drawn)
    regions = scope.whole.regions
    history = (*drawn.before, *drawn.entries)
    known = {**drawn.linked, **{one.entry.id: one.entry for one in history}}
    sources = Sources(known, groups, farmland, classes_before)
    pool, by_part = turnovers(
        [one.regions for one in scope.parts], drawn.entries, drawn.opening, drawn.closing, sources
    )
    accounts = account_turns(regions, drawn.entries, drawn.opening, drawn.closing)
    begins, ends = date(year, 1, 1), date(year, 12, 31)
    claims, pools, exempt = (lots(history, family, regions, begins) for family in ("CLAIM", "POOL", "EXEMPT"))
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
        *added_up(year, scope, pool, by_part),
        *listed(year, scope, drawn.closing, {"CLAIM": claims, "POOL": pools}),
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
