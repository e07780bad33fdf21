"""What the tests of a closing have in common: the facts, the rules, and how a result is said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from tilth.core import Label, enumerated, label
from tilth.land import Task
from tilth.ledger.allotting import Allotted, allotted
from tilth.ledger.gathering import Event, Facts
from tilth.ledger.model import NOTHING, Quantities
from tilth.ledger.policy import Policy, Rule
from tilth.ledger.tested import Outcome, Tested

_NAMED = 5


@dataclass(frozen=True)
class Surveys:
    """What the surveys and the printed tables say beside the book; None: nothing is known."""

    not_farmland: tuple[str, ...] | None = None  # accepted parcels (geometry or entry id) that are not farmland now
    hectares: tuple[tuple[str, int], ...] | None = None  # printed by class, in 0.01 ha


@dataclass(frozen=True)
class Case:
    """One region and year to be tested by one pack of rules."""

    facts: Facts
    policy: Policy
    tasks: Sequence[Task] = ()
    surveys: Surveys = field(default_factory=Surveys)

    @property
    def end(self) -> date:
        """The last day of the year: rules of a whole year apply by it."""
        return date(self.facts.year, 12, 31)

    def rule(self, name: str, day: date | None = None, region: str = "") -> Rule | None:
        """The rule for an act of `day`; for the whole year without one."""
        return self.policy.rule(name, day or self.end, region or self.facts.region)

    def said(
        self,
        invariant: str,
        rule: Rule | None,
        key: str,
        *,
        holds: bool | None,
        found: int | None = None,
        wanted: int | None = None,
        unit: str = "dm2",
        region: str = "",
        **values: object,
    ) -> Tested:
        """The result of a test; without a rule in force, or where `holds` is not known, it is not assessed."""
        if rule is None:
            key, holds = "ASSESS-NO-RULE", None
        outcome = Outcome.NOT_ASSESSED if holds is None else Outcome.PASS if holds else Outcome.FAIL
        shown = {"found": told(found, unit), "wanted": told(wanted, unit), "day": self.end, **values}
        return Tested(
            invariant, region or self.facts.region, self.facts.year, outcome, found, wanted, unit,
            rule.id if rule else "", rule.version if rule else "", rule.since if rule else None,
            rule.confidence if rule else "unverified", label(key, **shown),
        )  # fmt: skip

    def task(self, region: str, year: int | None = None) -> Task | None:
        """What a region must hold: the newest task that is not later than the year."""
        return task_of(self.tasks, region, year or self.facts.year)

    @cached_property
    def allotted(self) -> tuple[Allotted, ...]:
        """What every write-off settles of every occupation."""
        return tuple(allotted(self.facts))


def task_of(tasks: Iterable[Task], region: str, year: int) -> Task | None:
    """What a region had to hold: the newest task that is not later than the year."""
    found = [one for one in tasks if one.region == region and one.year <= year]
    return max(found, key=lambda one: one.year, default=None)


def taken(facts: Facts, event: Event, family: str, *within: str) -> Quantities:
    """What an entry takes from accounts of a family."""
    found = NOTHING
    for account, quantities in facts.lines(event.entry, *within):
        if account.family == family:
            found = found.minus(quantities)
    return found


def named(ids: Iterable[str]) -> Label:
    """The first of them, as a sentence carries them."""
    every = list(ids)
    more = f" … (+{len(every) - _NAMED})" if len(every) > _NAMED else ""
    first = enumerated(every[:_NAMED] or ["-"])
    return Label(first.en + more, first.zh + more)


def told(value: int | None, unit: str) -> str:
    """A quantity as people read it."""
    if value is None:
        return "-"
    return f"{value / 100:,.2f} m²" if unit == "dm2" else f"{value:,} kg" if unit == "kg" else f"{value:,}"


def mean(graded: int, area: int) -> str:
    """A mean grade to three decimals, without a float.

    >>> mean(195_000, 35_000)
    '5.571'
    """
    if area <= 0:
        return "-"
    thousandths = (2000 * graded + area) // (2 * area)
    return f"{thousandths // 1000}.{thousandths % 1000:03d}"
