"""A year of the book tested by a pack of rules, and kept so that the same test gives the same result ever after."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import func, insert, select

from tilth.land import Region, RegionTree, Task
from tilth.ledger import equivalents, judging_book, judging_duties, judging_first
from tilth.ledger.chart import Chart
from tilth.ledger.gathering import Facts, gather
from tilth.ledger.judging import Case, Surveys
from tilth.ledger.policy import Policy, policy_of_text
from tilth.ledger.tables import assessments
from tilth.ledger.tested import Outcome, Tested
from tilth.runtime import Database

#: Every test, and the rule without which a pack does not ask for it.
_TESTS: tuple[tuple[Callable[[Case], Iterator[Tested]], str], ...] = (
    (judging_book.land_is_conserved, "conservation"),
    (judging_book.years_meet, "continuity"),
    (judging_book.levels_meet, "levels"),
    (judging_book.losses_raise_duties, "duty"),
    (judging_book.reappraisals_are_listed, "duty"),
    (judging_book.accepted_stays_farmland, "accepted-stays-farmland"),
    (judging_duties.pools_suffice, "nothing-below-nothing"),
    (judging_first.compensated_first, "compensation-first"),
    (judging_duties.caps_hold, "cap"),
    (judging_book.transfers_are_equal, "transfer"),
    (judging_duties.basic_farmland_is_replaced, "pbf-replacement"),
    (judging_duties.red_line_holds, "red-line"),
    (judging_duties.quality_is_no_worse, "quality"),
    (judging_duties.paddy_stays, "paddy"),
    (judging_book.upgrades_stay_in_place, "in-place"),
    (judging_book.closed_years_stay_closed, "closed-years"),
    (judging_book.order_does_not_matter, "order"),
    (judging_book.stocks_stay_positive, "nothing-below-nothing"),
    (judging_book.hectares_add_up, "rounding"),
    (judging_book.both_days_are_kept, "two-dates"),
    (equivalents.is_neutral, "neutrality"),
    (equivalents.is_like_for_like, "like-for-like"),
    (equivalents.is_protected, "easement"),
    (equivalents.creates_no_land, "easement"),
    (equivalents.account_closes, "land-account"),
)


_NAMES = frozenset(test.__name__ for test, _ in _TESTS)
#: Tests that find something else in the same book than they once did: the how manieth way of testing it is.
_WAYS = {"basic_farmland_is_replaced": 2, "compensated_first": 2}
#: The tests that every kept assessment knows, as they were then; later ones are named in what was given.
_FIRST = _NAMES - {"reappraisals_are_listed"}
#: How a result is told, and not what it is.
_SENTENCES = ("about", "about_zh")


def assess(
    database: Database,
    regions: RegionTree,
    region: str,
    year: int,
    policy: Policy,
    *,
    tasks: Sequence[Task],
    surveys: Surveys | None = None,
    chart: Chart | None = None,
) -> list[Tested]:
    """Test a year of the book of a region and all below it, by every rule of `policy`.

    Only what was posted by the end of the year is looked at, so a closed year is tested alike at any time.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    facts = gather(database, regions, region, year, chart)
    return tests_of(Case(facts, policy, tuple(tasks), surveys or Surveys()))


def tests_of(case: Case) -> list[Tested]:
    """Every test that the pack asks for."""
    return _asked_for(case, _NAMES)


def _asked_for(case: Case, names: Collection[str]) -> list[Tested]:
    """Of the tests of these names those that the pack asks for: an old closing knew no others."""
    asked = {rule.id for rule in case.policy.rules}
    wanted = [test for test, needs in _TESTS if needs in asked and test.__name__ in names]
    return [one for test in wanted for one in test(case)]


@dataclass(frozen=True)
class Beside:
    """Tests that no book can do alone (INV-4, INV-6), and what each rests on: enough to do it again."""

    tests: tuple[Tested, ...] = ()
    rests_on: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by invariant, for JSON

    @property
    def repeatable(self) -> list[Tested]:
        """Those of which it is known what they rest on."""
        return [one for one in self.tests if one.invariant in self.rests_on]


#: Does a test of `Beside` again by what it rests on: invariant, region, year. None: that is no longer there.
Repeat = Callable[[str, str, int, Mapping[str, Any]], Tested | None]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a closed year was found to be: the rules, what was given beside the book, and every result. Texts (JSON)."""

    number: int
    region: str
    year: int
    recorded_at: str
    policy: str
    given: str
    results: str
    digest: str  # SHA-256 of the three

    @property
    def policy_digest(self) -> str:
        """SHA-256 of the rules."""
        return sha256(self.policy.encode()).hexdigest()


def results_text(results: Iterable[Tested]) -> str:
    """Results as text, the only one that they can have: in both languages, whatever is spoken."""
    return _canonical([{**one.as_record(), "about": one.about.en, "about_zh": one.about.zh} for one in results])


def kept(database: Database, region: str, year: int) -> list[Assessment]:
    """Assessments of a region and year, in the order in which they were kept."""
    with database.snapshot() as connection:
        asked = select(assessments).where(assessments.c.region == region, assessments.c.year == year)
        return [Assessment(*row) for row in connection.execute(asked.order_by(assessments.c.number))]


def keep(database: Database, case: Case, results: Sequence[Tested], beside: Beside | None = None) -> Assessment | None:
    """Keep what a closed year was found to be, once for the same rules and givens; None while the year is open."""
    facts, beside = case.facts, beside or Beside()
    if not closed(facts):
        return None
    policy, given = case.policy.as_text(), _canonical(_given(case, beside))
    text = results_text((*results, *beside.repeatable))
    for one in kept(database, facts.region, facts.year):
        if (one.policy, one.given) == (policy, given):
            return one
    digest = _digest(policy, given, text)
    recorded_at = datetime.now(UTC).isoformat(timespec="microseconds")
    with database.transaction() as connection:
        number = connection.execute(select(func.coalesce(func.max(assessments.c.number), 0) + 1)).scalar_one()
        row = Assessment(number, facts.region, facts.year, recorded_at, policy, given, text, digest)
        connection.execute(insert(assessments).values({name: getattr(row, name) for name in row.__slots__}))
    return row


def closed(facts: Facts) -> bool:
    """Is the year closed for the region?"""
    return any(facts.region in one.regions and one.year >= facts.year for one in facts.closings)


def again(database: Database, one: Assessment, repeat: Repeat | None = None) -> tuple[list[Tested], int]:
    """Test a closed year again by the rules and givens that were kept: the results, and how many are other ones.

    What rests on surveys is compared if `repeat` can do it again, and else on neither side.
    """
    results, differ, _ = _again(database, one, repeat)
    return results, differ


def _again(database: Database, one: Assessment, repeat: Repeat | None) -> tuple[list[Tested], int, set[str]]:
    """… and the invariants that are tested otherwise since, so that they cannot be held against what was kept."""
    given = json.loads(one.given)
    told = given.get("tests", _FIRST)
    ways = dict.fromkeys(told, 1) if not isinstance(told, dict) else told
    tree = RegionTree({row["code"]: Region(**row) for row in given["regions"]})
    surveys = given["surveys"]
    case = Case(
        gather(database, tree, one.region, one.year),
        policy_of_text(one.policy),
        tuple(Task(**row) for row in given["tasks"]),
        Surveys(
            None if surveys["not_farmland"] is None else tuple(surveys["not_farmland"]),
            None if surveys["hectares"] is None else tuple((code, area) for code, area in surveys["hectares"]),
        ),
    )
    results = _asked_for(case, ways)
    otherwise = {name for name, way in ways.items() if way != _WAYS.get(name, 1)}
    otherwise = {one.invariant for one in _asked_for(case, otherwise)}
    gone = set(otherwise)
    for invariant, rests_on in given.get("beside", {}).items():
        repeated = repeat(invariant, one.region, one.year, rests_on) if repeat is not None else None
        if repeated is None:
            gone.add(invariant)
        else:
            results.append(repeated)
    found = [row for row in json.loads(results_text(results)) if row["invariant"] not in gone]
    before = json.loads(one.results) if _digest(one.policy, one.given, one.results) == one.digest else []
    before = [row for row in before if row["invariant"] not in gone]
    differ = sum(_differs(left, right) for left, right in zip(found, before, strict=False))
    return results, differ + abs(len(found) - len(before)), otherwise


def _differs(found: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Is a result another one? What it says in words may have been put better since."""
    return any(found.get(name) != value for name, value in before.items() if name not in _SENTENCES)


def stored_rules_agree(database: Database, case: Case, repeat: Repeat | None = None) -> Tested:
    """INV-17: every assessment that was kept, tested again by its own rules, gives every result again."""
    earlier = kept(database, case.facts.region, case.facts.year)
    gone = set[str]()

    def noting(invariant: str, region: str, year: int, rests_on: Mapping[str, Any]) -> Tested | None:
        found = repeat(invariant, region, year, rests_on) if repeat is not None else None
        if found is None:
            gone.add(invariant)
        return found

    tested = [_again(database, one, noting) for one in earlier]
    differ, otherwise = sum(one[1] for one in tested), set[str]().union(*(one[2] for one in tested))
    gone |= otherwise
    key = (
        "ASSESS-AGAIN-OTHERWISE"
        if otherwise
        else "ASSESS-AGAIN-PART"
        if gone
        else "ASSESS-AGAIN"
        if earlier
        else "ASSESS-AGAIN-NONE"
    )
    return case.said(
        "INV-17", case.rule("stored-rules"), key, holds=differ == 0 if earlier and (differ or not gone) else None,
        found=differ if earlier else None, wanted=0, unit="results", count=len(earlier), gone=", ".join(sorted(gone)),
    )  # fmt: skip


def in_order(results: Iterable[Tested]) -> list[Tested]:
    """By invariant."""
    return sorted(results, key=lambda one: (one.invariant.partition("-")[0], int(one.invariant.partition("-")[2])))


def failed(results: Iterable[Tested]) -> list[Tested]:
    """Those that fail."""
    return [one for one in results if one.outcome is Outcome.FAIL]


def _given(case: Case, beside: Beside) -> dict[str, Any]:
    """What a result rests on beside the book and the rules."""
    facts = case.facts
    regions = [facts.tree[code] for code in sorted(facts.regions) if code in facts.tree]
    names = ("code", "name", "level", "parent", "control_dm2", "control_island_dm2")
    tasks = sorted((one for one in case.tasks if one.region in facts.regions), key=lambda one: (one.region, one.year))
    return {
        "regions": [{name: getattr(one, name) for name in names} for one in regions],
        "tasks": [
            {name: getattr(one, name) for name in ("region", "year", "holding_dm2", "pbf_dm2", "source")}
            for one in tasks
            if one.year <= facts.year
        ],
        "surveys": {"not_farmland": case.surveys.not_farmland, "hectares": case.surveys.hectares},
        "tests": {name: _WAYS.get(name, 1) for name in sorted(_NAMES)},
        "beside": {name: dict(rests_on) for name, rests_on in beside.rests_on.items()},
    }


def _canonical(told: Any) -> str:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(*texts: str) -> str:
    return sha256("\n".join(texts).encode()).hexdigest()
