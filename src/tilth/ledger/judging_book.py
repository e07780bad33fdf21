"""The tests of the book itself at a closing: each sums again what it tests, and takes nothing on trust."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from tilth.ledger.chart import kinds, may_be_negative
from tilth.ledger.closing import last_day
from tilth.ledger.gathering import LOSING, Event, Facts, by_account_and_day, total
from tilth.ledger.judging import Case, named, taken, told
from tilth.ledger.laws import TRADED, indicator_of
from tilth.ledger.marks import measured_anew
from tilth.ledger.model import NOTHING, Account, Quantities, day_of
from tilth.ledger.tested import Tested

_GROUND = ("LAND", "TRANSFER", "OPENING")
_UNITS = ("dm2", "dm2", "kg", "dm2_grade")


def land_is_conserved(case: Case) -> Iterator[Tested]:
    """INV-1: in every region, what one class loses others gain."""

    def broken(one: Event) -> bool:
        over: dict[str, int] = {}
        for account, quantities in one.entry.lines:
            if account.family in _GROUND:
                over[account.region] = over.get(account.region, 0) + quantities.area_dm2
        return any(over.values())

    yield _counted(case, "INV-1", "conservation", broken)


def years_meet(case: Case) -> Iterator[Tested]:
    """INV-2: opening and flows make the closing, account by account, and the closing is the one that was sealed."""
    facts, start = case.facts, last_day(case.facts.year - 1)
    flows: dict[Account, Quantities] = {}
    before: dict[Account, Quantities] = {}
    for account, moves in by_account_and_day(facts.events, facts.regions).items():
        before[account] = total(quantities for day, quantities in moves if day <= start)
        flows[account] = total(quantities for day, quantities in moves if day > start)
    sealed = {
        account: quantities
        for one in facts.closings
        if one.year == facts.year
        for account, quantities in one.sealed.items()
    }
    wrong = []
    for account in sorted(facts.kept.keys() | flows.keys()):
        opening, closing = facts.opening(account), facts.closing(account)
        flow = flows.get(account, NOTHING)
        if (
            opening.plus(flow) != closing
            or before.get(account, NOTHING) != opening
            or sealed.get(account, closing) != closing
        ):
            wrong.append(account)
    first = wrong[0] if wrong else None
    opening, flow, closing = (
        (facts.opening(first), flows.get(first, NOTHING), facts.closing(first)) if first else (NOTHING,) * 3
    )
    yield case.said(
        "INV-2", case.rule("continuity"), "ASSESS-YEARS-WRONG" if wrong else "ASSESS-YEARS", holds=not wrong,
        found=len(wrong), wanted=0, unit="accounts", accounts=len(facts.kept), first=first,
        opening=told(opening.area_dm2, "dm2"), flow=told(flow.area_dm2, "dm2"), closing=told(closing.area_dm2, "dm2"),
    )  # fmt: skip


def levels_meet(case: Case) -> Iterator[Tested]:
    """INV-3: regions below add up to the region, and classes to the control area."""
    facts = case.facts
    land: dict[str, int] = {}
    for account in facts.kept:
        if account.family == "LAND":
            land[account.region] = land.get(account.region, 0) + facts.closing(account).area_dm2
    posted = sum(
        quantities.area_dm2
        for account, moves in by_account_and_day(facts.events, facts.regions).items()
        if account.family == "LAND"
        for _, quantities in moves
    )
    filled = {code for region, area in land.items() if area for code in facts.above(region)[1:]}
    between = [code for code in sorted(land) if land[code] and code in filled]
    below = sum(land.values()) - sum(land[code] for code in between)
    yield case.said(
        "INV-3", case.rule("levels"), "ASSESS-LEVELS-WRONG" if between else "ASSESS-LEVELS", holds=below == posted,
        found=below, wanted=posted, regions=named(between), count=len(land),
    )  # fmt: skip
    one = facts.tree[facts.region]
    control = None if one.control_dm2 is None else one.control_dm2 + (one.control_island_dm2 or 0)
    holds = None if control is None or not facts.covers(one.code) else sum(land.values()) == control
    key = "ASSESS-CONTROL" if holds is not None else "ASSESS-CONTROL-UNKNOWN"
    yield case.said("INV-3", case.rule("levels"), key, holds=holds, found=sum(land.values()), wanted=control)


def losses_raise_duties(case: Case) -> Iterator[Tested]:
    """INV-5: farmland that is lost raises a claim of the same area, paddy and grade, or an exemption, never both."""

    def broken(one: Event) -> bool:
        if one.entry.reverses or one.kind not in LOSING:
            return False
        lost: dict[str, Quantities] = {}
        raised: dict[str, dict[str, Quantities]] = {}
        for account, quantities in one.entry.lines:
            if account.name in case.facts.chart.farmland:
                lost[account.region] = lost.get(account.region, NOTHING).minus(quantities)
            elif account.family in ("CLAIM", "EXEMPT"):
                there = raised.setdefault(account.region, {})
                there[account.name] = there.get(account.name, NOTHING).plus(quantities)
        name = f"{kinds()[one.kind].upper()}:{one.kind}"
        for region in lost.keys() | raised.keys():
            gone, duties = lost.get(region, NOTHING), raised.get(region, {})
            gone = gone if gone.area_dm2 > 0 else NOTHING
            found = duties.get(name, NOTHING)
            if set(duties) - {name} or (found.area_dm2, found.paddy_dm2, found.grade_dm2) != (
                gone.area_dm2,
                gone.paddy_dm2,
                gone.grade_dm2,
            ):
                return True
        return False

    yield _counted(case, "INV-5", "duty", broken, (one for one in case.facts.of_year if one.kind in LOSING))


def reappraisals_are_listed(case: Case) -> Iterator[Tested]:
    """INV-5: farmland that an earlier survey counted in error is taken off without a duty. The book cannot see the
    error, so such entries are listed, and are not assessed. What surveys measured anew is told beside."""
    facts, taken_off, measured = case.facts, list[tuple[str, int]](), 0
    for one in facts.standing(("REAPPRAISAL",), year=facts.year):
        area = -sum(q.area_dm2 for account, q in facts.lines(one.entry) if account.name in facts.chart.farmland)
        if measured_anew(one.entry):
            measured += area
        elif area > 0:
            taken_off.append((one.entry.id, area))
    yield case.said(
        "INV-5", case.rule("duty"), "ASSESS-REAPPRAISED" if taken_off else "ASSESS-REAPPRAISED-NONE",
        holds=None if taken_off else True, found=sum(area for _, area in taken_off), wanted=0, count=len(taken_off),
        entries=named(id for id, _ in taken_off), measured=told(measured, "dm2"),
    )  # fmt: skip


def accepted_stays_farmland(case: Case) -> Iterator[Tested]:
    """INV-7: an accepted parcel that the survey does not find as farmland is taken back within the year."""
    facts = case.facts
    listed = case.surveys.not_farmland
    if listed is None:
        yield case.said("INV-7", case.rule("accepted-stays-farmland"), "ASSESS-SURVEY-UNKNOWN", holds=None)
        return
    left = not_farmland(facts, listed)
    area = -sum(taken(facts, one, "POOL").area_dm2 for one in left)
    yield case.said(
        "INV-7", case.rule("accepted-stays-farmland"), "ASSESS-ACCEPTED-LOST" if left else "ASSESS-ACCEPTED",
        holds=not left, found=area, wanted=0, entries=named(one.entry.id for one in left), parcels=len(set(listed)),
    )  # fmt: skip


def not_farmland(facts: Facts, listed: Iterable[str]) -> list[Event]:
    """Acceptances that still stand, of parcels (geometry or entry id) that a survey does not find as farmland."""
    lost = set(listed)
    return [one for one in facts.standing(("ACCEPT",)) if one.entry.geometry in lost or one.entry.id in lost]


def transfers_are_equal(case: Case) -> Iterator[Tested]:
    """INV-11: what the seller gives the buyer gets, in one province, and not from whoever missed last year's task."""
    facts = case.facts

    def broken(one: Event) -> bool:
        traded = [(account, q) for account, q in one.entry.lines if account.family in TRADED]
        regions = {account.region for account, _ in traded}
        if one.kind != "TRANSFER":
            return len(regions) > 1 and not one.entry.reverses
        over: dict[str, Quantities] = {}
        for account, quantities in traded:
            what = indicator_of(account)
            over[what] = over.get(what, NOTHING).plus(quantities)
        if any(left != NOTHING for left in over.values()) or len(regions) < 2:
            return True
        if len({region[:2] for region in regions}) > 1 and not one.entry.by_state:
            return True
        sellers = {account.region for account, q in traded if min(q) < 0}
        return not one.entry.reverses and any(_missed(case, region) for region in sellers & facts.regions)

    of_pools = [one for one in facts.of_year if any(account.family in TRADED for account, _ in one.entry.lines)]
    yield _counted(case, "INV-11", "transfer", broken, of_pools)


def _missed(case: Case, region: str) -> bool:
    """Did a region miss last year's task?"""
    facts = case.facts
    task, rule = case.task(region, facts.year - 1), case.rule("red-line", region=region)
    if task is None or rule is None or not facts.covers(region):
        return False
    within = facts.below(region)
    held = sum(
        facts.opening(account).area_dm2
        for account in facts.kept
        if account.region in within
        and account.name in facts.chart.farmland
        and (account.stable or rule["counts"] == "farmland")
    )
    return held < task.holding_dm2


def upgrades_stay_in_place(case: Case) -> Iterator[Tested]:
    """INV-16: an upgrade moves grade and paddy, and no area out of a class family."""

    def broken(one: Event) -> bool:
        return moves_area(one.entry.lines)

    yield _counted(case, "INV-16", "in-place", broken, (one for one in case.facts.of_year if one.kind == "UPGRADE"))


def moves_area(lines: tuple[tuple[Account, Quantities], ...]) -> bool:
    """Does area leave or enter a class family, basic farmland or stable use?"""
    over: dict[tuple[str, str, int, int], int] = {}
    for account, quantities in lines:
        if account.family == "LAND":
            key = (account.region, account.member[:2], account.pbf, account.stable)
            over[key] = over.get(key, 0) + quantities.area_dm2
    return any(over.values())


def closed_years_stay_closed(case: Case) -> Iterator[Tested]:
    """INV-18: nothing was recorded in a year after that year was closed."""

    def broken(one: Event) -> bool:
        regions = {account.region for account, _ in one.entry.lines}
        return any(
            closing.regions & regions and closing.recorded_at < one.recorded_at and one.year <= closing.year
            for closing in case.facts.closings
        )

    yield _counted(case, "INV-18", "closed-years", broken)


def order_does_not_matter(case: Case) -> Iterator[Tested]:
    """INV-19: entries of each day taken the other way round give the balances that the book keeps, day by day."""
    facts = case.facts
    backwards = sorted(facts.events, key=lambda one: (one.entry.posting_date, -one.number))
    wrong: list[str] = []
    count = 0
    for account, moves in sorted(by_account_and_day(backwards, facts.regions).items()):
        running, days = NOTHING, dict[int, Quantities]()
        for day, quantities in moves:
            running = running.plus(quantities)
            days[day] = running
        count += len(days)
        kept = facts.kept.get(account)
        wrong += [f"{account} {day_of(day)}" for day, booked in days.items() if kept is None or kept.at(day) != booked]
    yield case.said(
        "INV-19", case.rule("order"), "ASSESS-ORDER-WRONG" if wrong else "ASSESS-ORDER", holds=not wrong,
        found=len(wrong), wanted=0, unit="balances", count=count, first=named(wrong),
    )  # fmt: skip


def least(case: Case, families: tuple[str, ...]) -> tuple[int, str, str, int]:
    """The least that an account of these families ever held in the order of time: how much, its unit, where, of how
    many."""
    worst, unit, where, count = 0, "dm2", "-", 0
    for account, moves in by_account_and_day(case.facts.events, case.facts.regions).items():
        if account.family not in families or may_be_negative(account.name):
            continue
        count += 1
        running = NOTHING
        for day, quantities in moves:
            running = running.plus(quantities)
            for value, kind in zip(running, _UNITS, strict=True):
                if value < worst:
                    worst, unit, where = value, kind, f"{account} {day_of(day)}"
    return worst, unit, where, count


def stocks_stay_positive(case: Case) -> Iterator[Tested]:
    """INV-20: no stock of land was ever below nothing."""
    worst, unit, where, count = least(case, ("LAND",))
    yield case.said(
        "INV-20", case.rule("nothing-below-nothing"), "ASSESS-BELOW" if worst < 0 else "ASSESS-STOCKS",
        holds=worst >= 0, found=worst, wanted=0, unit=unit, where=where, count=count,
    )  # fmt: skip


def hectares_add_up(case: Case) -> Iterator[Tested]:
    """INV-21: printed hectares add up to the control, none further from its own area than levelling may take it."""
    facts = case.facts
    held: dict[str, int] = {}
    for account in facts.kept:
        if account.family == "LAND":
            area = facts.closing(account).area_dm2
            held[account.member] = held.get(account.member, 0) + area
    exact = {code: area for code, area in sorted(held.items()) if area}
    control = rounded(sum(exact.values()))
    printed = dict(case.surveys.hectares) if case.surveys.hectares is not None else levelled(exact)
    far = [code for code in sorted(exact.keys() | printed.keys())
           if abs(printed.get(code, 0) * 10_000 - exact.get(code, 0)) >= 20_000]  # fmt: skip
    found = sum(printed.values())
    yield case.said(
        "INV-21", case.rule("rounding"), "ASSESS-HECTARES-FAR" if far else "ASSESS-HECTARES",
        holds=found == control and not far, found=found, wanted=control, unit="0.01 ha", classes=named(far),
        printed=f"{found / 100:,.2f}", control=f"{control / 100:,.2f}",
    )  # fmt: skip


def rounded(dm2: int) -> int:
    """An area in 0.01 ha, halves away from nothing.

    >>> rounded(15_000), rounded(14_999)
    (2, 1)
    """
    return (dm2 + 5_000) // 10_000 if dm2 >= 0 else -((-dm2 + 5_000) // 10_000)


def levelled(exact: dict[str, int]) -> dict[str, int]:
    """Areas in 0.01 ha that add up to the rounded sum: what is over or missing goes to the largest first, by 0.01."""
    found = {code: rounded(area) for code, area in exact.items()}
    over = rounded(sum(exact.values())) - sum(found.values())
    for code in sorted(found, key=lambda name: (-exact[name], name))[: abs(over)]:
        found[code] += 1 if over > 0 else -1
    return found


def both_days_are_kept(case: Case) -> Iterator[Tested]:
    """INV-22: no entry was booked before its act."""
    yield _counted(case, "INV-22", "two-dates", lambda one: one.entry.act_date > one.entry.posting_date)


def _counted(
    case: Case,
    invariant: str,
    rule: str,
    broken: Callable[[Event], bool],
    among: Iterator[Event] | list[Event] | None = None,
) -> Tested:
    """How many entries break a law, of all that it is about."""
    asked = list(case.facts.of_year if among is None else among)
    wrong = [one.entry.id for one in asked if broken(one)]
    return case.said(
        invariant, case.rule(rule), "ASSESS-ENTRIES-WRONG" if wrong else "ASSESS-ENTRIES", holds=not wrong,
        found=len(wrong), wanted=0, unit="entries", count=len(asked), entries=named(wrong),
    )  # fmt: skip
