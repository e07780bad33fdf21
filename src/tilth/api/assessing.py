"""A year of the land book tested by the rules of a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput
from tilth.ledger import (
    Beside,
    Case,
    Outcome,
    Policy,
    Rule,
    Surveys,
    Tested,
    gather,
    in_order,
    keep,
    load_policy,
    stored_rules_agree,
    tests_of,
)

if TYPE_CHECKING:
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class Assessed:
    """Every test of a year, by invariant, and the rules whose figures no source confirms."""

    region: str
    year: int
    policy: Policy
    tests: tuple[Tested, ...]
    unverified: tuple[Rule, ...]
    kept: bool  # it is kept beside the closing
    entries: int  # of the year that book something: what the tests look at

    def counted(self, outcome: Outcome) -> int:
        """How many tests came out so."""
        return sum(one.outcome is outcome for one in self.tests)

    @property
    def failed(self) -> bool:
        """Does one test fail?"""
        return self.counted(Outcome.FAIL) > 0

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "region": self.region, "year": self.year, "rules": self.policy.id, "rules_version": self.policy.version,
            "rules_digest": self.policy.digest, "kept": self.kept, "entries": self.entries,
            **{outcome.value: self.counted(outcome) for outcome in Outcome},
            "tests": [one.as_record() for one in self.tests],
            "unverified": [one.as_record() for one in self.unverified],
        }  # fmt: skip


def ledger_rules(workspace: Workspace) -> Policy:
    """The rule pack of a workspace: `[ledger] rules` in its settings, a name or the path of a file below its folder.

    Raises
    ------
    BadInput
        If there is no such pack, or the file is not sound.
    """
    chosen = workspace.settings("ledger").get("rules")
    if chosen is None:
        return load_policy()
    if not isinstance(chosen, str) or not chosen.strip():
        raise BadInput("POLICY-SETTING", file="tilth.toml", value=chosen)
    return load_policy(workspace.root / chosen if Path(chosen).suffix.lower() == ".toml" else chosen)


def ledger_assess(
    workspace: Workspace, *, year: int, region: str | None = None, surveys: Surveys | None = None
) -> Assessed:
    """Test a year of a region (the workspace's own without one) and all below it; that of a closed year is kept.

    Raises
    ------
    NotFound
        If there is no such region.
    BadInput
        If the rules of the workspace are not sound.
    """
    from tilth.api.surveyed import surveyed, surveys_of
    from tilth.land import Store

    store, policy, database = Store(workspace), ledger_rules(workspace), workspace.database
    tree, tasks, given = store.regions(), store.tasks(), surveys or surveys_of(workspace, year)
    code = tree[region or workspace.region].code
    case = Case(gather(database, tree, code, year), policy, tuple(tasks), given)
    beside = surveyed(workspace, tree, code, year)
    stored = keep(database, case, tests_of(case), beside)
    tests = year_tests(workspace, case, beside)
    unverified = [rule for rule in policy.in_force(date(year, 12, 31), code) if rule.confidence == "unverified"]
    return Assessed(code, year, policy, tests, tuple(unverified), stored is not None, len(case.facts.of_year))


def year_tests(workspace: Workspace, case: Case, beside: Beside | None = None) -> tuple[Tested, ...]:
    """Every test of a year of the book, by invariant: the same for the assessment and for the statement.

    `beside` are those that rest on surveys and ground, where they have been done already.
    """
    from tilth.api.surveyed import repeating, surveyed

    facts = case.facts
    rest = beside or surveyed(workspace, facts.tree, facts.region, facts.year)
    agree = stored_rules_agree(workspace.database, case, repeating(workspace))
    return tuple(in_order((*tests_of(case), agree, *rest.tests)))
