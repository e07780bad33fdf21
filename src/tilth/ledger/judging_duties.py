"""The tests of what is owed at a closing: pools, caps, basic farmland, the red line, quality and paddy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from tilth.core import Label
from tilth.ledger.caps import cap_from
from tilth.ledger.chart import kinds
from tilth.ledger.gathering import CLAIMING, NO_FLOW, Event, Facts, total
from tilth.ledger.judging import Case, mean, named, taken, told
from tilth.ledger.judging_book import least
from tilth.ledger.marks import measured_anew, off_basic
from tilth.ledger.model import NOTHING, Quantities
from tilth.ledger.policy import Rule
from tilth.ledger.tested import Tested

#: What puts basic farmland in the place of what was lost, when it links the loss.
_PUTS_IN_PLACE = ("REPLACE", "REAPPRAISAL")
_INDICATORS = {"area": ("area_dm2", "dm2"), "paddy": ("paddy_dm2", "dm2"), "capacity": ("capacity_kg", "kg"),
               "grade": ("grade_dm2", "dm2_grade")}  # fmt: skip
_CALLED = {"area": Label("area", "面积"), "paddy": Label("paddy", "水田"), "capacity": Label("capacity", "产能"),
           "grade": Label("area × grade", "面积×等级")}  # fmt: skip


def pools_suffice(case: Case) -> Iterator[Tested]:
    """INV-8: no pool, claim or cap was ever below nothing, and what is written off is taken from the pool."""
    worst, unit, where, count = least(case, ("POOL", "CLAIM", "CAP", "EXEMPT", "PROTECT"))
    yield case.said(
        "INV-8", case.rule("nothing-below-nothing"), "ASSESS-BELOW" if worst < 0 else "ASSESS-POOLS",
        holds=worst >= 0, found=worst, wanted=0, unit=unit, where=where, count=count,
    )  # fmt: skip
    settled = list(case.facts.standing(("SETTLE",), year=case.facts.year))
    for rule, ones in by_rule(case, "pools", settled):
        for name in rule["indicators"] if rule else ("area",):
            yield _written_off(case, "INV-8", rule, ones, name)
    yield from _old_stock(case, settled)


def _written_off(case: Case, invariant: str, rule: Rule | None, settled: Iterable[Event], name: str) -> Tested:
    """Of one indicator: what write-offs took from pools, and what they took off claims."""
    field, unit = _INDICATORS[name]
    pairs = [
        (one, getattr(taken(case.facts, one, "POOL"), field), getattr(taken(case.facts, one, "CLAIM"), field))
        for one in settled
    ]
    short = [pair for pair in pairs if pair[1] < pair[2]]
    return case.said(
        invariant, rule, "ASSESS-SHORT" if short else "ASSESS-WRITTEN-OFF", holds=not short, unit=unit,
        found=sum(pair[1] for pair in short or pairs), wanted=sum(pair[2] for pair in short or pairs),
        indicator=_CALLED[name], entries=named(one.entry.id for one, _, _ in short), count=len(pairs),
    )  # fmt: skip


def _old_stock(case: Case, settled: Iterable[Event]) -> Iterator[Tested]:
    """Old pools of three indicators may be used until their last day."""
    using = [
        (one, -sum(q.area_dm2 for account, q in case.facts.lines(one.entry) if account.name == "POOL:LEGACY"))
        for one in settled
    ]
    using = [(one, area) for one, area in using if area > 0]
    for rule, ones in by_rule(case, "legacy-pools", [one for one, _ in using]):
        if not ones or rule is None:
            continue
        last = date.fromisoformat(rule["last_day"]) if rule["last_day"] else None
        late = [(one, area) for one, area in using if one in ones and last and one.entry.act_date > last]
        key = "ASSESS-LEGACY" if last else "ASSESS-LEGACY-NO-DAY"
        yield case.said(
            "INV-8", rule, key, holds=not late, found=sum(area for _, area in late), wanted=0, last=last,
            entries=named(one.entry.id for one, _ in late),
        )  # fmt: skip


def caps_hold(case: Case) -> Iterator[Tested]:
    """INV-10: construction stays below the cap of its year, caps below add up to the cap above, transfers conserve."""
    facts = case.facts
    acts = {one.entry.act_date.year for one in facts.standing(("NONAG",), year=facts.year)}
    for year in sorted({facts.year, *acts}):
        for code in dict.fromkeys((facts.region, *facts.counties)):
            rule, sheet = case.rule("cap", date(year, 12, 31), code), cap_from(facts, year, case.policy, code)
            if sheet is None or rule is None:
                yield case.said("INV-10", None, "", holds=None, region=code)
                continue
            cap = sheet.counts_dm2
            key = "ASSESS-CAP-UNKNOWN" if cap is None else "ASSESS-CAP"
            yield case.said(
                "INV-10", rule, key, holds=None if cap is None else sheet.used_dm2 <= cap, found=sheet.used_dm2,
                wanted=cap, region=code, year=year, net=told(sheet.net_dm2, "dm2"),
            )  # fmt: skip
    yield from _handed_down(case)
    traded = [one for one in facts.of_year if one.kind == "TRANSFER"]
    over = [one for one in traded if any(_cap_lines(one).values())]
    yield case.said(
        "INV-10", case.rule("cap"), "ASSESS-CAP-TRANSFERS", holds=not over, count=len(traded), wanted=0,
        found=sum(sum(map(abs, _cap_lines(one).values())) for one in over), entries=named(one.entry.id for one in over),
    )  # fmt: skip


def _cap_lines(one: Event) -> dict[str, int]:
    over: dict[str, int] = {}
    for account, quantities in one.entry.lines:
        if account.family == "CAP":
            over[account.name] = over.get(account.name, 0) + quantities.area_dm2
    return over


def _handed_down(case: Case) -> Iterator[Tested]:
    """The caps that were set below a region are together no more than its own."""
    facts = case.facts
    caps: dict[str, int] = {}
    for one in facts.events:
        if one.kind == "CAP":
            for account, quantities in facts.lines(one.entry):
                if account.name == f"CAP:{facts.year}":
                    caps[account.region] = caps.get(account.region, 0) + quantities.area_dm2
    for code in sorted(caps):
        below = sum(caps[other] for other in caps if _next_above(case, other, caps) == code)
        if below:
            yield case.said(
                "INV-10", case.rule("cap", region=code), "ASSESS-CAPS-BELOW", holds=below <= caps[code], found=below,
                wanted=caps[code], region=code, year=facts.year,
            )  # fmt: skip


def _next_above(case: Case, region: str, caps: dict[str, int]) -> str | None:
    if region not in case.facts.tree:
        return None
    return next((one.code for one in case.facts.tree.ancestors(region)[1:] if one.code in caps), None)


def basic_farmland_is_replaced(case: Case) -> Iterator[Tested]:
    """INV-12: basic farmland that is lost is replaced by as much that is no worse, and the task is met."""
    facts = case.facts
    losing = [(one, lost) for one in _of_any_kind(facts) if (lost := _lost_basic(case, one)).area_dm2]
    left: dict[str, int] = {}
    for rule, ones in by_rule(case, "pbf-replacement", [one for one, _ in losing]):
        eligible = rule["eligible"] if rule else "farmland"
        credited, short, worse, unknown = 0, [], [], []
        graded = NOTHING, NOTHING
        wanted = 0
        for one, lost in losing:
            if one not in ones:
                continue
            wanted += lost.area_dm2
            replaced, area = NOTHING, 0
            for other in facts.linked.get(one.entry.id, ()):
                if other.kind in _PUTS_IN_PLACE:
                    gained = _replaced(case, other, eligible)
                    free = left.setdefault(other.entry.id, gained.area_dm2)
                    part = min(free, lost.area_dm2 - area)
                    left[other.entry.id] -= part
                    area += part
                    replaced = replaced.plus(gained)
            credited += area
            if area < lost.area_dm2:
                short.append(one.entry.id)
            graded = graded[0].plus(replaced), graded[1].plus(lost)
            if replaced.area_dm2:
                if lost.grade_dm2 < lost.area_dm2 or replaced.grade_dm2 < replaced.area_dm2:
                    unknown.append(one.entry.id)
                elif replaced.grade_dm2 * lost.area_dm2 > lost.grade_dm2 * replaced.area_dm2:
                    worse.append(one.entry.id)
        yield case.said(
            "INV-12", rule, "ASSESS-PBF-SHORT" if short else "ASSESS-PBF", holds=not short, found=credited,
            wanted=wanted, count=len(ones), entries=named(short),
        )  # fmt: skip
        if graded[0].area_dm2:
            new, old = graded
            yield case.said(
                "INV-12", rule, "ASSESS-PBF-WORSE" if worse else "ASSESS-PBF-GRADE", unit="dm2²·grade",
                holds=False if worse else None if unknown else True, found=new.grade_dm2 * old.area_dm2,
                wanted=old.grade_dm2 * new.area_dm2, new=mean(new.grade_dm2, new.area_dm2),
                old=mean(old.grade_dm2, old.area_dm2), entries=named(worse or unknown),
            )  # fmt: skip
    task = case.task(facts.region)
    wanted_dm2 = task.pbf_dm2 if task is not None and facts.covers(facts.region) else None
    held = facts.farmland(pbf=True).area_dm2
    yield case.said(
        "INV-12", case.rule("pbf-replacement"), "ASSESS-PBF-TASK" if wanted_dm2 is not None else "ASSESS-NO-TASK",
        holds=None if wanted_dm2 is None else held >= wanted_dm2, found=held, wanted=wanted_dm2,
    )  # fmt: skip


def _of_any_kind(facts: Facts) -> Iterator[Event]:
    """Entries of the year that nobody took back, of whatever kind; but for what was only measured anew."""
    return (one for one in facts.standing(kinds(), year=facts.year) if not measured_anew(one.entry))


def _lost_basic(case: Case, one: Event) -> Quantities:
    return off_basic(one.entry, case.facts.chart.farmland, case.facts.regions)


def _replaced(case: Case, one: Event, eligible: str) -> Quantities:
    """What an entry makes basic farmland, wherever it lies, less what of it was basic farmland before."""
    return total(
        q
        for account, q in one.entry.lines
        if account.pbf and account.name in case.facts.chart.farmland and (account.stable or eligible == "farmland")
    )


def red_line_holds(case: Case) -> Iterator[Tested]:
    """INV-13: farmland at the end of the year is not below the task of the region, or of one below it."""
    facts = case.facts
    yield _red_line(case, facts.region)
    for code in sorted({one.region for one in case.tasks} & facts.regions - {facts.region}):
        one = _red_line(case, code)
        if one.outcome == "fail":
            yield one


def _red_line(case: Case, region: str) -> Tested:
    rule, task = case.rule("red-line", region=region), case.task(region)
    counts = rule["counts"] if rule else "farmland"
    held = case.facts.farmland_by_region.get((region, counts == "stable"), 0)
    known = task is not None and case.facts.covers(region)
    key = "ASSESS-NO-TASK" if not known else "ASSESS-RED-LINE-STABLE" if counts == "stable" else "ASSESS-RED-LINE"
    wanted = task.holding_dm2 if task is not None and known else None
    return case.said(
        "INV-13", rule, key, holds=None if wanted is None else held >= wanted, found=held, wanted=wanted, region=region
    )


def quality_is_no_worse(case: Case) -> Iterator[Tested]:
    """INV-14: accepted land is on average no worse than occupied land (Q1), nor what construction uses (Q2)."""
    facts = case.facts
    for county in facts.counties:
        rule = case.rule("quality", region=county)
        within = facts.below(county)
        if rule is not None and rule["measure"] == "capacity":
            settled = [one for one in facts.standing(("SETTLE",), year=facts.year) if _in(one, within)]
            yield _written_off(case, "INV-14", rule, settled, "capacity")
            continue
        yield _first_quality(case, rule, county, within)
        yield _second_quality(case, rule, county, within)


def _first_quality(case: Case, rule: Rule | None, county: str, within: frozenset[str]) -> Tested:
    comp, fully = _accepted(case, within)
    occ, graded = _occupied(case, CLAIMING, within, case.facts.year)
    known = (comp.area_dm2 > 0 and fully and graded) or occ.area_dm2 <= 0
    found, wanted = comp.grade_dm2 * occ.area_dm2, occ.grade_dm2 * comp.area_dm2
    return case.said(
        "INV-14", rule, "ASSESS-Q1" if known else "ASSESS-Q1-UNKNOWN", holds=found <= wanted if known else None,
        found=found if known else None, wanted=wanted if known else None, unit="dm2²·grade", region=county,
        comp=mean(comp.grade_dm2, comp.area_dm2), occ=mean(occ.grade_dm2, occ.area_dm2),
    )  # fmt: skip


def _accepted(case: Case, within: frozenset[str]) -> tuple[Quantities, bool]:
    """What was accepted in the year, old stock aside, and whether all of it has a grade."""
    lines = [
        q
        for one in case.facts.of_year
        if one.kind == "ACCEPT"
        for account, q in case.facts.lines(one.entry, *within)
        if account.family == "POOL" and account.member != "LEGACY"
    ]
    return total(lines), all(abs(q.grade_dm2) >= abs(q.area_dm2) for q in lines)


def _occupied(case: Case, kinds: Iterable[str], within: frozenset[str], year: int) -> tuple[Quantities, bool]:
    """What was occupied in a year, and whether all of it has a grade."""
    facts, names = case.facts, frozenset(kinds)
    lines = [
        (account, q)
        for one in facts.events
        if one.year == year and one.kind in names
        for account, q in facts.lines(one.entry, *within)
    ]
    graded = all(account.grade for account, q in lines if account.name in facts.chart.farmland and q.area_dm2)
    return total(q for account, q in lines if account.family == "CLAIM"), graded


def _second_quality(case: Case, rule: Rule | None, county: str, within: frozenset[str]) -> Tested:
    facts = case.facts
    earlier = sorted({one.year for one in facts.events if one.kind == "NONAG" and one.year < facts.year}, reverse=True)
    before, last, graded = NOTHING, 0, False
    for year in earlier:
        before, graded = _occupied(case, ("NONAG",), within, year)
        if before.area_dm2 > 0:
            last = year
            break
    writing = {one.settlement.entry.id: one.settlement for one in case.allotted if one.occupation.kind == "NONAG"}
    uses = [
        (id, taken(facts, one, "POOL", *within))
        for id, one in writing.items()
        if one.year == facts.year and _in(one, within)
    ]
    if not uses:
        return case.said(
            "INV-14", rule, "ASSESS-Q2-NONE", holds=True, found=0, wanted=0, unit="dm2²·grade", region=county
        )
    if not last or not graded or any(used.grade_dm2 < used.area_dm2 for _, used in uses):
        key = "ASSESS-Q2-UNKNOWN" if not last else "ASSESS-Q2-NO-GRADE"
        return case.said("INV-14", rule, key, holds=None, unit="dm2²·grade", region=county)
    worse = [(id, used) for id, used in uses if used.grade_dm2 * before.area_dm2 > before.grade_dm2 * used.area_dm2]
    both = total(used for _, used in worse or uses)
    return case.said(
        "INV-14", rule, "ASSESS-Q2", holds=not worse, found=both.grade_dm2 * before.area_dm2,
        wanted=before.grade_dm2 * both.area_dm2, unit="dm2²·grade", region=county, year=last,
        comp=mean(both.grade_dm2, both.area_dm2), occ=mean(before.grade_dm2, before.area_dm2),
        entries=named(id for id, _ in worse),
    )  # fmt: skip


def paddy_stays(case: Case) -> Iterator[Tested]:
    """INV-15: paddy at the end of the year is not less than at its beginning, but for what is allowed."""
    facts, rule = case.facts, case.rule("paddy")
    if rule is not None and rule["level"] == "project":
        yield _written_off(case, "INV-15", rule, facts.standing(("SETTLE",), year=facts.year), "paddy")
        return
    allowed = 100 * rule["allowed_decrease_m2"] if rule else 0
    farmland = facts.chart.farmland
    opening = sum(facts.opening(account).paddy_dm2 for account in facts.kept if account.name in farmland)
    opening += sum(  # another stock, without anything having happened to the land
        q.paddy_dm2
        for one in facts.of_year
        if one.kind in NO_FLOW
        for account, q in facts.lines(one.entry)
        if account.name in farmland
    )
    closing = facts.farmland().paddy_dm2
    yield case.said(
        "INV-15", rule, "ASSESS-PADDY", holds=closing >= opening - allowed, found=closing, wanted=opening - allowed,
        opening=told(opening, "dm2"), allowed=told(allowed, "dm2"),
    )  # fmt: skip


def _in(one: Event, within: frozenset[str]) -> bool:
    return any(account.region in within for account, _ in one.entry.lines)


def by_rule(case: Case, name: str, events: Iterable[Event]) -> Iterator[tuple[Rule | None, list[Event]]]:
    """Entries by the version of a rule that holds at their act; the year's own version where there are none."""
    groups: dict[Rule | None, list[Event]] = {}
    for one in events:
        region = next((account.region for account, _ in case.facts.lines(one.entry)), "")
        groups.setdefault(case.rule(name, one.entry.act_date, region), []).append(one)
    if not groups:
        groups[case.rule(name)] = []
    yield from groups.items()
