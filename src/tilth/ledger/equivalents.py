"""The balance as other rules keep it: degradation neutrality (UNCCD), easements in a ratio, the SEEA land account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from tilth.ledger.gathering import LOSING, Event, Facts
from tilth.ledger.judging import Case, named, told
from tilth.ledger.model import Entry
from tilth.ledger.policy import Policy, Rule
from tilth.ledger.tested import Tested

# --- land degradation neutrality ----------------------------------------------------------------------------------


class Status(StrEnum):
    """What the three indicators together say of a piece of land."""

    GAIN = "gain"
    STABLE = "stable"
    LOSS = "loss"


def one_out_all_out(land_cover: int, productivity: int, carbon: int) -> Status:
    """The status by land cover, land productivity and carbon stock: each better (1), as before (0) or worse (-1).

    One that is worse makes a loss, whatever the others say; otherwise one that is better makes a gain.

    >>> one_out_all_out(1, 1, -1), one_out_all_out(0, 1, 0), one_out_all_out(0, 0, 0)
    (<Status.LOSS: 'loss'>, <Status.GAIN: 'gain'>, <Status.STABLE: 'stable'>)
    """
    indicators = (land_cover, productivity, carbon)
    if min(indicators) < 0:
        return Status.LOSS
    return Status.GAIN if max(indicators) > 0 else Status.STABLE


def baseline(by_year: Mapping[int, int], rule: Rule) -> Fraction | None:
    """The mean of an indicator over the setting period of the rule; None if it has no year of it."""
    within = [value for year, value in by_year.items() if rule["first_year"] <= year <= rule["last_year"]]
    return Fraction(sum(within), len(within)) if within else None


@dataclass(frozen=True, slots=True)
class Neutrality:
    """One land type: what was gained and lost since the baseline, and what is planned (reserved in the book). [dm²]"""

    land_type: str
    gains_dm2: int
    losses_dm2: int
    planned_gains_dm2: int
    planned_losses_dm2: int

    @property
    def net_dm2(self) -> int:
        """Gains less losses; neutral where it is not below nothing."""
        return self.gains_dm2 - self.losses_dm2

    @property
    def planned_net_dm2(self) -> int:
        """The same with what is planned."""
        return self.net_dm2 + self.planned_gains_dm2 - self.planned_losses_dm2


def neutrality(facts: Facts) -> list[Neutrality]:
    """Every land type of the book, by name: entries of kind GAIN and LOSS on accounts `LDN:<type>`."""
    done = [(one.entry, one.kind) for one in facts.events]
    sums: dict[str, list[int]] = {}
    for place, entries in ((0, done), (2, [(one, one.kind) for one in facts.open])):
        for entry, kind in entries:
            for account, quantities in facts.lines(entry):
                if account.family == "LDN" and kind in ("GAIN", "LOSS"):
                    both = sums.setdefault(account.member, [0, 0, 0, 0])
                    loses = kind == "LOSS"
                    both[place + loses] += -quantities.area_dm2 if loses else quantities.area_dm2
    return [Neutrality(name, *both) for name, both in sorted(sums.items())]


def is_neutral(case: Case) -> Iterator[Tested]:
    """LDN-1: in every land type gains are not less than losses."""
    for one in neutrality(case.facts):
        yield case.said(
            "LDN-1", case.rule("neutrality"), "ASSESS-NEUTRAL", holds=one.net_dm2 >= 0, found=one.gains_dm2,
            wanted=one.losses_dm2, type=one.land_type, planned_gains=told(one.planned_gains_dm2, "dm2"),
            planned_losses=told(one.planned_losses_dm2, "dm2"),
        )  # fmt: skip


def is_like_for_like(case: Case) -> Iterator[Tested]:
    """LDN-2: no entry makes up for a loss of one land type in another."""
    entries = [one.entry for one in case.facts.of_year if land_types(one.entry)]
    entries += [one for one in case.facts.open if land_types(one)]
    mixed = [one.id for one in entries if len(land_types(one)) > 1]
    yield case.said(
        "LDN-2", case.rule("like-for-like"), "ASSESS-LIKE", holds=not mixed, found=len(mixed), wanted=0, unit="entries",
        count=len(entries), entries=named(mixed),
    )  # fmt: skip


def land_types(entry: Entry) -> set[str]:
    """The land types whose gains and losses an entry counts."""
    return {account.member for account, _ in entry.lines if account.family == "LDN"}


# --- easements in a ratio -----------------------------------------------------------------------------------------


def required(case: Case, one: Event, rule: Rule) -> int:
    """What must be protected for the farmland that an entry loses. [dm²]"""
    area = 0
    for account, quantities in case.facts.lines(one.entry):
        if account.name in case.facts.chart.farmland:
            prime = 0 < account.grade <= rule["prime_to_grade"]
            area -= quantities.area_dm2 * rule["prime_ratio" if prime else "ratio"]
    return max(0, area)


def is_protected(case: Case) -> Iterator[Tested]:
    """RATIO-1: for farmland that is lost, so much existing farmland is protected as the ratio wants."""
    facts = case.facts
    groups: dict[Rule | None, list[Event]] = {}
    for one in facts.standing(LOSING, year=facts.year):
        region = next((account.region for account, _ in facts.lines(one.entry)), "")
        groups.setdefault(case.rule("easement", one.entry.act_date, region), []).append(one)
    left: dict[str, int] = {}
    for rule, ones in (groups or {case.rule("easement"): []}).items():
        found, wanted, short = 0, 0, []
        for one in ones if rule is not None else ():
            assert rule is not None
            owed, got = required(case, one, rule), 0
            for other in facts.linked.get(one.entry.id, ()):
                if other.kind == "PROTECT":
                    free = left.setdefault(other.entry.id, _protected(other))
                    part = min(free, owed - got)
                    left[other.entry.id] -= part
                    got += part
            found, wanted = found + got, wanted + owed
            if got < owed:
                short.append(one.entry.id)
        yield case.said(
            "RATIO-1", rule, "ASSESS-EASEMENT", holds=not short, found=found, wanted=wanted, entries=named(short)
        )


def _protected(one: Event) -> int:
    return sum(q.area_dm2 for account, q in one.entry.lines if account.family == "PROTECT")


def creates_no_land(case: Case) -> Iterator[Tested]:
    """RATIO-2: an easement protects land that is there; it moves none."""
    moved = {
        one.entry.id: sum(abs(q.area_dm2) for account, q in one.entry.lines if account.family == "LAND")
        for one in case.facts.of_year
        if one.kind == "PROTECT"
    }
    yield case.said(
        "RATIO-2", case.rule("easement"), "ASSESS-EASEMENT-AREA", holds=not any(moved.values()),
        found=sum(moved.values()), wanted=0, entries=named(id for id, area in moved.items() if area),
    )  # fmt: skip


# --- the SEEA land account ----------------------------------------------------------------------------------------

#: Additions, then reductions, as the account lists them.
CAUSES = ("managed", "natural", "reappraisal")


@dataclass(frozen=True, slots=True)
class SeeaRow:
    """One land-cover class: opening stock, additions and reductions by cause, closing stock. [dm²]"""

    land_cover: str
    opening_dm2: int
    additions_dm2: Mapping[str, int]  # managed expansion, natural expansion, upward reappraisal
    reductions_dm2: Mapping[str, int]  # managed regression, natural regression, downward reappraisal

    @property
    def closing_dm2(self) -> int:
        """What opening, additions and reductions make."""
        return self.opening_dm2 + sum(self.additions_dm2.values()) - sum(self.reductions_dm2.values())

    def as_record(self) -> dict[str, Any]:
        """For JSON and tables, flat."""
        return {
            "land_cover": self.land_cover,
            "opening_dm2": self.opening_dm2,
            **{f"{cause}_expansion_dm2": self.additions_dm2[cause] for cause in CAUSES},
            "additions_dm2": sum(self.additions_dm2.values()),
            **{f"{cause}_regression_dm2": self.reductions_dm2[cause] for cause in CAUSES},
            "reductions_dm2": sum(self.reductions_dm2.values()),
            "closing_dm2": self.closing_dm2,
        }


def seea_account(facts: Facts, policy: Policy) -> list[SeeaRow]:
    """The land account of a year from the entries of the book; the stock of a first survey in the year opens it."""
    from tilth.change.rules import flow_classes
    from tilth.change.seea import CLASSES

    classes = flow_classes(facts.chart.classes.id)
    rule = policy.rule("land-account", date(facts.year, 12, 31), facts.region)
    opening = dict.fromkeys(CLASSES, 0)
    up, down = ({name: dict.fromkeys(CAUSES, 0) for name in CLASSES} for _ in range(2))
    for account in facts.kept:
        if account.family == "LAND":
            opening[classes[account.member].seea] += facts.opening(account).area_dm2
    for one in facts.of_year:
        net: dict[str, int] = {}
        natural = True
        for account, quantities in facts.lines(one.entry):
            if account.family == "LAND":
                name = classes[account.member].seea
                net[name] = net.get(name, 0) + quantities.area_dm2
                natural = natural and (quantities.area_dm2 < 0 or classes[account.member].change_is == "natural")
        sign = -1 if one.entry.reverses else 1  # a counter-entry takes back, on the side of its original
        for name, area in net.items():
            if one.kind == "OPENING":
                opening[name] += area
            elif area:
                side = up if sign * area > 0 else down
                side[name][_cause(one.kind, rule, natural=natural)] += sign * abs(area)
    return [SeeaRow(name, opening[name], up[name], down[name]) for name in CLASSES]


def _cause(kind: str, rule: Rule | None, *, natural: bool) -> str:
    if rule is None or kind in rule["by_class"]:
        return "natural" if natural else "managed"
    return next((cause for cause in CAUSES if kind in rule[cause]), "reappraisal")


def account_closes(case: Case) -> Iterator[Tested]:
    """SEEA-1: the land account closes with what the book holds, class by class."""
    from tilth.change.rules import flow_classes

    facts, classes = case.facts, flow_classes(case.facts.chart.classes.id)
    held: dict[str, int] = {}
    for account in facts.kept:
        if account.family == "LAND":
            name = classes[account.member].seea
            held[name] = held.get(name, 0) + facts.closing(account).area_dm2
    rows: Sequence[SeeaRow] = seea_account(facts, case.policy)
    wrong = [row for row in rows if row.closing_dm2 != held.get(row.land_cover, 0)]
    shown = wrong or rows
    yield case.said(
        "SEEA-1", case.rule("land-account"), "ASSESS-SEEA", holds=not wrong,
        found=sum(row.closing_dm2 for row in shown), wanted=sum(held.get(row.land_cover, 0) for row in shown),
    )  # fmt: skip
