"""A closing is tested by every invariant, and each of them catches what breaks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from ledger_cases import (
    CLAIM,
    COUNTY,
    DRY,
    FIELD,
    GARDEN,
    M2,
    OLD,
    PADDY,
    POOL,
    RESTORED,
    ROAD,
    a_year,
    an_entry,
    occupy,
    opening,
    q,
    restore,
    worked_opening,
    write_off,
)  # fmt: skip
from sqlalchemy import text

from tilth.core import speaking
from tilth.land import Region, RegionTree, Task
from tilth.ledger import (
    Account,
    Beside,
    Book,
    CapSheet,
    Case,
    Line,
    Outcome,
    Phase,
    Policy,
    Quantities,
    Surveys,
    Tested,
    again,
    assess,
    cap_of,
    counter,
    gather,
    in_order,
    keep,
    kept,
    laws,
    load_policy,
    stored_rules_agree,
)  # fmt: skip

PROVINCE, OTHER, TOWN = "41", "410883", "410882001"
TREE = RegionTree({COUNTY: Region(COUNTY, "示范县", "county", PROVINCE)})
WIDE = RegionTree(
    {
        PROVINCE: Region(PROVINCE, "省", "province"),
        COUNTY: Region(COUNTY, "示范县", "county", PROVINCE),
        OTHER: Region(OTHER, "邻县", "county", PROVINCE),
        TOWN: Region(TOWN, "镇", "township", COUNTY),
    }
)


def results_of(book: Book, invariant: str, year: int = 2024, **more: Any) -> list[Tested]:
    given: dict[str, Any] = {"policy": load_policy(), "tasks": (), "regions": TREE, "region": COUNTY, **more}
    regions, region, policy = (given.pop(name) for name in ("regions", "region", "policy"))
    return [one for one in assess(book.database, regions, region, year, policy, **given) if one.invariant == invariant]


def outcomes(*found: Tested) -> list[str]:
    return [one.outcome.value for one in found]


def tampered(book: Book, statement: str) -> None:
    """Somebody writes to the database beside the book."""
    with book.database.transaction() as connection:
        assert connection.execute(text(statement)).rowcount > 0


@pytest.fixture
def county(book: Book) -> Book:
    book.post(worked_opening())
    return book


@pytest.fixture
def lawless(book: Book, monkeypatch: pytest.MonkeyPatch) -> Book:
    """A book that takes entries which no law would let in."""
    for law in ("conserved", "claimed", "traded"):
        monkeypatch.setattr(laws, law, lambda *_, **__: None)
    book.post(opening(1000), restore("r", 500, "2024-01-10"))
    return book


# --- the worked county --------------------------------------------------------------------------------------------


def test_the_worked_county_gives_every_figure_of_the_specification(county: Book) -> None:
    a_year(county)
    settle = ("accepted",)
    county.post(write_off("s1", "NONAG", "2024-12-31", (RESTORED, 12_000 * M2), links=("built", *settle)))
    county.post(write_off("s2", "AGSTRUCT", "2024-12-31", (RESTORED, 4_000 * M2), links=("planted", *settle)))
    tasks = [Task(COUNTY, 2024, 1_000_000 * M2, 790_000 * M2)]
    found = assess(county.database, TREE, COUNTY, 2024, load_policy(), tasks=tasks)
    failing = [(one.invariant, one.difference) for one in found if one.outcome is Outcome.FAIL]
    assert failing == [
        ("INV-12", -2_000 * M2),
        ("INV-14", 195_000 * M2 * 16_000 * M2 - 72_000 * M2 * 35_000 * M2),
        ("INV-15", -12_000 * M2),
    ]
    by_name = {one.invariant: one for one in reversed(found)}
    with speaking("en"):
        assert str(by_name["INV-12"].about) == (
            "replacement of 2,000.00 m² is required, 0.00 m² is there; missing for built"
        )
        assert "mean grade of what was accepted 5.571, of what was occupied 4.500" in str(by_name["INV-14"].about)
    assert (by_name["INV-15"].found, by_name["INV-15"].wanted) == (188_000 * M2, 200_000 * M2)
    assert (by_name["INV-13"].found, by_name["INV-13"].wanted) == (1_016_000 * M2, 1_000_000 * M2)
    assert (by_name["INV-9"].found, by_name["INV-9"].wanted) == (12_000 * M2, 12_000 * M2)
    assert by_name["INV-10"].outcome is Outcome.NOT_ASSESSED, "nothing is known of the year before the first survey"
    facts = gather(county.database, TREE, COUNTY, 2024)
    assert sum(facts.closing(one).area_dm2 for one in facts.kept if one.family == "POOL") == 19_000 * M2
    assert sum(facts.closing(one).area_dm2 for one in facts.kept if one.family == "CLAIM") == 0
    assert sum(facts.closing(one).area_dm2 for one in facts.kept if one.family == "EXEMPT") == 3_000 * M2


def test_the_net_increase_of_the_worked_county_is_the_cap_of_the_next_year(county: Book) -> None:
    a_year(county)
    sheet = the_cap(county, 2025)
    assert sheet.stable_additions_dm2 == 35_000 * M2
    assert sheet.stable_reductions_dm2 == {"AGSTRUCT": 4_000 * M2, "NONAG": 12_000 * M2, "WATER": 3_000 * M2}
    assert (sheet.net_dm2, sheet.cap_dm2, sheet.used_dm2, sheet.remaining_dm2) == (
        16_000 * M2, 16_000 * M2, 0, 16_000 * M2,
    )  # fmt: skip
    assert sheet.whole
    assert sheet.confidence == "unverified", "whether a cap is carried over no source says"
    assert not the_cap(county, 2024).whole


def test_what_remains_is_of_the_cap_that_counts_less_what_is_used_and_reserved(county: Book) -> None:
    a_year(county)
    by_formula = the_cap(county, 2025)
    assert (by_formula.counts_dm2, by_formula.remaining_dm2) == (16_000 * M2, 16_000 * M2)
    lost = ((OLD, -300), (ROAD, 300))
    claim = Line(Account(COUNTY, "CLAIM:NONAG"), q(OLD, 300))
    built, plan = (an_entry(id, "NONAG", "2025-03-01", *lost) for id in ("b", "p"))
    county.post(
        replace(built, lines=(*built.lines, claim)),
        replace(plan, lines=(*plan.lines, claim), phase=Phase.RESERVE),
    )
    left = the_cap(county, 2025)
    assert (left.used_dm2, left.held_dm2, left.remaining_dm2) == (300, 300, 16_000 * M2 - 600)
    county.post(an_entry("cap", "CAP", "2025-02-01", (Account(COUNTY, "CAP:2025"), 1_000)))
    handed = the_cap(county, 2025)
    assert (handed.counts_dm2, handed.remaining_dm2) == (1_000, 400), "the cap that was handed down counts"
    assert the_cap(county, 2024).remaining_dm2 is None, "the book does not hold the year before"


def test_what_replaces_the_basic_farmland_of_the_worked_county_settles_it(county: Book) -> None:
    a_year(county)
    good = (OLD._replace(grade=5), OLD._replace(pbf=1, grade=5))
    county.post(
        an_entry("worse", "REPLACE", "2024-12-31", (good[0], -2_000 * M2), (good[1], 2_000 * M2), links=("built",))
    )
    area, grade, _ = results_of(county, "INV-12")
    assert outcomes(area, grade) == ["pass", "fail"], "grade 5 stands for grade 4"
    assert "grade of the replacement 5.000, of what was lost 4.000" in grade.about.en


def the_cap(book: Book, year: int, policy: Policy | None = None, region: str = COUNTY) -> CapSheet:
    found = cap_of(book.database, WIDE, region, year, policy or load_policy())
    assert found is not None
    return found


def test_every_invariant_of_the_book_is_tested_and_counts_what_it_tested(county: Book) -> None:
    a_year(county)
    found = assess(county.database, TREE, COUNTY, 2024, load_policy(), tasks=())
    names = {one.invariant for one in found}
    assert names == {f"INV-{number}" for number in range(1, 23)} - {"INV-4", "INV-6", "INV-17"}
    counts = {one.invariant: one.about.en for one in found if one.unit == "entries"}
    assert counts["INV-1"] == counts["INV-22"] == "6 entries tested again"
    assert counts["INV-5"] == "3 entries tested again"
    assert all(one.rule and one.version and one.since for one in found)


# --- the book itself ----------------------------------------------------------------------------------------------


def test_inv_1_5_20_are_computed_again_and_catch_what_no_law_let_in(lawless: Book) -> None:
    assert (
        outcomes(*results_of(lawless, "INV-1"), *results_of(lawless, "INV-5"), *results_of(lawless, "INV-20"))
        == ["pass"] * 4
    )
    lawless.post(an_entry("gone", "NONAG", "2024-06-01", (FIELD, -10)))
    assert outcomes(*results_of(lawless, "INV-1"), *results_of(lawless, "INV-5")) == ["fail", "fail", "pass"]
    assert results_of(lawless, "INV-1")[0].about.en.endswith("gone")


def test_inv_2_a_balance_that_is_not_the_sum_of_its_entries_is_named(county: Book) -> None:
    a_year(county)
    assert outcomes(*results_of(county, "INV-2")) == ["pass"]
    tampered(county, "UPDATE ledger_account SET booked_area = booked_area + 100 WHERE name = 'LAND:0202'")
    (found,) = results_of(county, "INV-2")
    assert outcomes(found) == ["fail"]
    assert "LAND:0202: opening 0.00 m², flows 4,000.00 m², closing kept 4,001.00 m²" in found.about.en


def test_inv_2_the_closing_is_what_was_sealed(county: Book) -> None:
    a_year(county)
    county.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    assert outcomes(*results_of(county, "INV-2")) == ["pass"]
    tampered(county, "UPDATE ledger_sealed SET booked_area = booked_area - 1 WHERE booked_area = 400000")
    assert outcomes(*results_of(county, "INV-2")) == ["fail"]


def test_inv_3_land_that_no_region_below_holds_is_named(book: Book) -> None:
    book.post(opening(70, GARDEN._replace(region=TOWN), id="town"))
    assert outcomes(*results_of(book, "INV-3", regions=WIDE)) == ["pass", "not_assessed"]
    book.post(opening(30, GARDEN, id="between"))
    (found, _) = results_of(book, "INV-3", regions=WIDE)
    assert (found.outcome, found.found, found.wanted) == (Outcome.FAIL, 70, 100)


def test_inv_3_the_classes_add_up_to_the_control_area(county: Book) -> None:
    for control, outcome in ((1_120_000 * M2, "pass"), (1_120_000 * M2 - 1, "fail")):
        tree = RegionTree({COUNTY: replace(TREE[COUNTY], control_dm2=control)})
        assert outcomes(results_of(county, "INV-3", regions=tree)[1]) == [outcome]


def test_inv_7_an_accepted_parcel_that_is_no_farmland_is_to_be_taken_back(book: Book) -> None:
    accepted = an_entry("a1", "ACCEPT", "2024-03-01", (POOL, 50), geometry="parcel-9")
    book.post(opening(), accepted)
    (found,) = results_of(book, "INV-7", surveys=Surveys(("parcel-9",)))
    assert (found.outcome, found.found) == (Outcome.FAIL, 50)
    assert "take back a1" in found.about.en
    assert outcomes(*results_of(book, "INV-7", surveys=Surveys(()))) == ["pass"]
    assert outcomes(*results_of(book, "INV-7")) == ["not_assessed"]
    book.post(counter(accepted, id="a1 back", posting_date=date(2024, 11, 1), evidence="survey 2024", author="Li"))
    assert outcomes(*results_of(book, "INV-7", surveys=Surveys(("parcel-9",)))) == ["pass"]


def test_inv_16_an_upgrade_that_moves_area_is_caught(lawless: Book) -> None:
    lawless.post(an_entry("better", "UPGRADE", "2024-05-01", (FIELD, -10), (FIELD._replace(grade=4), 10)))
    assert outcomes(*results_of(lawless, "INV-16")) == ["pass"]
    lawless.post(an_entry("more", "UPGRADE", "2024-05-02", (GARDEN, -10), (FIELD, 10)))
    (found,) = results_of(lawless, "INV-16")
    assert (found.outcome, found.found) == (Outcome.FAIL, 1)


def test_inv_18_what_was_recorded_after_the_closing_is_caught(county: Book) -> None:
    a_year(county)
    county.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    assert outcomes(*results_of(county, "INV-18")) == ["pass"]
    tampered(county, "UPDATE ledger_entry SET recorded_at = '2099-01-01T00:00:00.000000+00:00' WHERE id = 'planted'")
    assert outcomes(*results_of(county, "INV-18")) == ["fail"]


def test_inv_19_the_order_within_a_day_does_not_change_a_balance(book: Book) -> None:
    book.post(opening(), restore("a", 10, "2024-03-01"), restore("b", 20, "2024-03-01"), restore("c", 5, "2024-04-01"))
    assert outcomes(*results_of(book, "INV-19")) == ["pass"]
    tampered(book, "UPDATE ledger_day SET booked_area = booked_area + 1 WHERE day = 20240301")
    (found,) = results_of(book, "INV-19")
    assert found.outcome is Outcome.FAIL
    assert "2024-03-01" in found.about.en
    assert outcomes(*results_of(book, "INV-2")) == ["pass"], "the end of the year is right"


def test_inv_19_any_order_of_the_same_entries_gives_the_same_assessment(new_book: Callable[[], Book]) -> None:
    entries = [restore("a", 10, "2024-03-01"), restore("b", 20, "2024-03-01"), occupy("o", 25, "2024-03-02")]
    found = []
    for order in (entries, [entries[1], entries[0], entries[2]]):
        book = new_book()
        book.post(opening())
        for one in order:
            book.post(one)
        found.append(assess(book.database, TREE, COUNTY, 2024, load_policy(), tasks=()))
    assert found[0] == found[1]


def test_inv_21_printed_hectares_that_do_not_add_up_are_caught(county: Book) -> None:
    (found,) = results_of(county, "INV-21", 2023)
    assert (found.outcome, found.found, found.wanted) == (Outcome.PASS, 11_200, 11_200)
    right = (("0101", 2_000), ("0103", 8_000), ("0201", 1_000), ("1204", 200))
    assert outcomes(*results_of(county, "INV-21", 2023, surveys=Surveys(hectares=right))) == ["pass"]
    for wrong in ((("0101", 2_001), *right[1:]), (("0101", 2_003), ("0103", 7_997), *right[2:])):
        assert outcomes(*results_of(county, "INV-21", 2023, surveys=Surveys(hectares=wrong))) == ["fail"]


# --- what is owed -------------------------------------------------------------------------------------------------


def test_inv_8_a_pool_below_nothing_between_two_days_is_caught(book: Book) -> None:
    book.post(opening(), restore("r", 500), occupy("o", 60), an_entry("a", "ACCEPT", "2024-03-01", (POOL, 60)))
    book.post(write_off("s", "NONAG", "2024-07-01", (POOL, 60), links=("o", "a")))
    assert set(outcomes(*results_of(book, "INV-8"))) == {"pass"}
    with book.database.transaction() as connection:  # the acceptance is moved behind its use
        body = connection.execute(text("SELECT body FROM ledger_entry WHERE id = 'a'")).scalar_one()
        moved = body.replace('"posting_date":"2024-03-01"', '"posting_date":"2024-09-01"')
        connection.execute(text("UPDATE ledger_entry SET body = :moved WHERE id = 'a'"), {"moved": moved})
        connection.execute(
            text("UPDATE ledger_line SET day = 20240901 WHERE entry = (SELECT number FROM ledger_entry WHERE id = 'a')")
        )
    found = results_of(book, "INV-8")[0]
    assert (found.outcome, found.found) == (Outcome.FAIL, -300)
    assert "POOL:RESTORED" in found.about.en


def test_inv_8_before_2024_area_paddy_and_capacity_are_written_off_together(book: Book) -> None:
    pool = Account(COUNTY, "POOL:LEGACY")
    book.post(opening(1000, PADDY, day="2021-12-31"))
    claim = Line(CLAIM, Quantities(100, 100, 900, 400))
    built = an_entry("o", "NONAG", "2022-06-01", (PADDY, -100), (ROAD, 100))
    book.post(replace(built, lines=(*built.lines, claim)))
    accepted = an_entry("a", "ACCEPT", "2022-03-01", (pool, 200))
    book.post(replace(accepted, lines=(Line(pool, Quantities(200, 100, 1000, 0)),)))
    for id, day, kilograms in (("short", "2022-07-01", 400), ("rest", "2022-08-01", 500)):
        one = an_entry(id, "SETTLE", day, (pool, -1), links=("o", "a"))
        lines = (Line(pool, Quantities(-50, -50, -kilograms, 0)), Line(CLAIM, Quantities(-50, -50, -450, -200)))
        book.post(replace(one, lines=lines))
    by_unit = {(one.about.en.split(":")[0], one.unit): one for one in results_of(book, "INV-8", 2022)[1:]}
    assert [one.outcome.value for one in by_unit.values()] == ["pass", "pass", "fail"]
    capacity = by_unit["capacity", "kg"]
    assert (capacity.found, capacity.wanted, capacity.version) == (400, 450, "pooled-2017")
    (fourteen,) = results_of(book, "INV-14", 2022)
    assert (fourteen.outcome, fourteen.unit, fourteen.difference) == (Outcome.FAIL, "kg", -50)
    (fifteen,) = results_of(book, "INV-15", 2022)
    assert (fifteen.outcome, fifteen.found) == (Outcome.PASS, 100)


def test_inv_8_old_pools_end_on_their_last_day(book: Book) -> None:
    pool = Account(COUNTY, "POOL:LEGACY", grade=5, stable=1)
    book.post(opening(), restore("r", 500), an_entry("a", "ACCEPT", "2023-12-31", (pool, 60)), occupy("o", 60))
    book.post(write_off("s", "NONAG", "2024-07-01", (pool, 60), links=("o", "a")))
    found = results_of(book, "INV-8")[-1]
    assert (found.outcome, found.confidence) == (Outcome.PASS, "unverified")
    ended = changed("legacy-pools", last_day="2024-06-30")
    found = results_of(book, "INV-8", policy=ended)[-1]
    assert (found.outcome, found.found) == (Outcome.FAIL, 60)


def test_inv_9_compensation_that_comes_after_the_occupation_is_caught(book: Book) -> None:
    book.post(opening(), restore("r", 500), occupy("o", 60, "2024-06-01"), occupy("bare", 5, "2024-06-01"))
    book.post(
        an_entry("late", "ACCEPT", "2024-06-02", (POOL, 30)), an_entry("early", "ACCEPT", "2024-06-01", (POOL, 35))
    )
    book.post(write_off("s1", "NONAG", "2024-07-01", (POOL, 30), links=("o", "late")))
    book.post(write_off("s2", "NONAG", "2024-07-01", (POOL, 30), links=("o", "early")))
    (found,) = results_of(book, "INV-9")
    assert (found.outcome, found.found, found.wanted) == (Outcome.FAIL, 30, 65)
    assert found.about.en == (
        "2 of 2 occupations by construction not compensated first, 0.30 m² of 0.65 m² in time: "
        "o of 2024-06-01 0.30 m² of 0.60 m², 0.30 m² accepted later; "
        "bare of 2024-06-01 0.00 m² of 0.05 m², 0.05 m² not written off"
    )


def test_inv_9_a_write_off_is_credited_by_quantity_from_what_came_in_first(book: Book) -> None:
    book.post(opening(), restore("r", 500), occupy("o", 60, "2024-06-01"))
    book.post(an_entry("a early", "ACCEPT", "2024-05-01", (POOL, 40)))
    book.post(an_entry("z late", "ACCEPT", "2024-06-20", (POOL, 40)))
    book.post(write_off("s", "NONAG", "2024-07-01", (POOL, 60), links=("o", "a early", "z late")))
    (found,) = results_of(book, "INV-9")
    assert (found.outcome, found.found, found.wanted) == (Outcome.FAIL, 40, 60), (
        "one late acceptance spoils only its own"
    )
    assert found.about.en.endswith("s of 2024-06-01 0.40 m² of 0.60 m², 0.20 m² accepted later"[1:])


def test_inv_9_no_acceptance_is_credited_beyond_what_came_in_by_it(book: Book) -> None:
    book.post(opening(), restore("r", 500), occupy("o1", 60, "2024-06-01"), occupy("o2", 30, "2024-06-02"))
    book.post(an_entry("early", "ACCEPT", "2024-05-01", (POOL, 70)))
    book.post(an_entry("late", "ACCEPT", "2024-06-20", (POOL, 40)))
    for id, name, area in (("s1", "o1", 60), ("s2", "o2", 30)):
        book.post(write_off(id, "NONAG", "2024-07-01", (POOL, area), links=(name, "early")))
    (found,) = results_of(book, "INV-9")
    assert (found.outcome, found.found, found.wanted) == (Outcome.FAIL, 70, 90)
    assert "o2 of 2024-06-02 0.10 m² of 0.30 m², 0.20 m² accepted later" in found.about.en


def test_inv_9_every_late_occupation_is_named_with_its_whole_id(book: Book) -> None:
    ids = [f"approval of the ministry, number {number} of the year 2024" for number in range(8)]
    book.post(opening(), restore("r", 500), *(occupy(id, 5) for id in ids))
    (found,) = results_of(book, "INV-9")
    assert all(id in found.about.en and id in found.about.zh for id in ids)
    assert found.about.en.count("not written off") == 5


def test_inv_9_a_commitment_is_waited_for_until_it_is_overdue(book: Book) -> None:
    book.post(opening(), restore("r", 500), occupy("o", 60, "2024-06-01", due=date(2025, 3, 1)))
    (waiting,) = results_of(book, "INV-9")
    assert waiting.outcome is Outcome.PASS
    assert "promised for later 0.60 m²" in waiting.about.en
    (overdue,) = results_of(book, "INV-9", 2025)
    assert (overdue.outcome, overdue.difference) == (Outcome.FAIL, -60)
    assert "o, promised by 2025-03-01 and overdue, 0.00 m² of 0.60 m²" in overdue.about.en
    book.post(an_entry("a", "ACCEPT", "2025-02-28", (POOL, 60)))
    book.post(write_off("s", "NONAG", "2025-07-01", (POOL, 60), links=("o", "a")))
    assert outcomes(*results_of(book, "INV-9", 2025)) == ["pass"]


def test_inv_10_construction_beyond_the_cap_is_caught(book: Book) -> None:
    book.post(opening(day="2022-12-31"), restore("r", 500, "2023-05-01"), occupy("o", 60))
    first = results_of(book, "INV-10")[0]
    assert (first.outcome.value, first.found, first.wanted) == ("pass", 60, 500)
    book.post(an_entry("cap", "CAP", "2024-01-02", (Account(COUNTY, "CAP:2024"), 59)))
    found = results_of(book, "INV-10")[0]
    assert (found.outcome, found.found, found.wanted) == (Outcome.FAIL, 60, 59), "what was handed down goes first"


def test_inv_10_a_year_whose_acts_are_posted_later_is_tested_by_its_own_cap(book: Book) -> None:
    book.post(opening(), restore("r", 500), an_entry("cap", "CAP", "2024-01-02", (Account(COUNTY, "CAP:2024"), 59)))
    book.post(occupy("o", 60, "2025-02-01", act_date=date(2024, 12, 1)))
    found = results_of(book, "INV-10", 2025)
    assert (found[0].outcome, found[0].found, found[0].wanted) == (Outcome.FAIL, 60, 59)
    assert "construction of 2024" in found[0].about.en


def test_inv_10_caps_handed_down_stay_below_the_cap_above_and_transfers_conserve(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    caps = {code: Account(code, "CAP:2024") for code in (PROVINCE, COUNTY, OTHER)}
    for code, area in ((PROVINCE, 100), (COUNTY, 60), (OTHER, 40)):
        book.post(an_entry(f"cap {code}", "CAP", "2024-01-02", (caps[code], area)))
    book.post(an_entry("moved", "TRANSFER", "2024-02-20", (caps[COUNTY], -10), (caps[OTHER], 10)))

    def of_province() -> list[Tested]:
        return results_of(book, "INV-10", regions=WIDE, region=PROVINCE)

    assert set(outcomes(*of_province())) == {"pass"}
    book.post(an_entry("one more", "CAP", "2024-03-02", (caps[OTHER], 1)))
    (found,) = [one for one in of_province() if one.outcome is Outcome.FAIL]
    assert (found.found, found.wanted) == (101, 100)
    monkeypatch.setattr(laws, "traded", lambda *_, **__: None)
    book.post(an_entry("made", "TRANSFER", "2024-04-20", (caps[COUNTY], -10), (caps[OTHER], 12)))
    assert [one.found for one in of_province() if one.outcome is Outcome.FAIL] == [101, 2]


@pytest.mark.parametrize(("carry", "caps"), [("none", (20, 0, 30)), ("positive", (20, 15, 45)), ("both", (20, 15, 45))])
def test_what_is_left_of_a_cap_is_carried_as_the_rules_say(book: Book, carry: str, caps: tuple[int, ...]) -> None:
    book.post(opening(day="2022-12-31"), restore("r1", 20, "2023-05-01"), occupy("o", 5, "2024-05-01"))
    book.post(restore("r2", 5, "2024-05-01"), restore("r3", 30, "2025-05-01"))
    policy = changed("cap-carry", carry=carry)
    assert tuple(the_cap(book, year, policy).cap_dm2 for year in (2024, 2025, 2026)) == caps


@pytest.mark.parametrize(("carry", "cap"), [("none", 30), ("positive", 30), ("both", 10)])
def test_a_decrease_is_carried_only_where_the_rules_say_both(book: Book, carry: str, cap: int) -> None:
    lost = replace(an_entry("w", "WATER", "2024-05-01", (FIELD, -20), (Account(COUNTY, "LAND:1101"), 20)))
    lost = replace(lost, lines=(*lost.lines, Line(Account(COUNTY, "EXEMPT:WATER"), q(FIELD, 20))))
    book.post(opening(day="2022-12-31"), restore("r1", 20, "2022-12-31"), lost, restore("r3", 30, "2025-05-01"))
    sheet = the_cap(book, 2026, changed("cap-carry", carry=carry))
    assert (sheet.cap_dm2, sheet.net_dm2) == (cap, 30)
    assert the_cap(book, 2025).cap_dm2 == 0


def test_a_transfer_adds_to_the_cap_of_who_gets_it(book: Book) -> None:
    caps = {code: Account(code, "CAP:2024") for code in (COUNTY, OTHER)}
    book.post(an_entry("cap", "CAP", "2024-01-02", (caps[COUNTY], 60)))
    book.post(an_entry("moved", "TRANSFER", "2024-02-20", (caps[COUNTY], -10), (caps[OTHER], 10)))
    given, got, both = (the_cap(book, 2024, region=code) for code in (COUNTY, OTHER, PROVINCE))
    assert (given.transfers_out_dm2, given.handed_dm2) == (10, 50)
    assert (got.transfers_in_dm2, got.handed_dm2) == (10, 10)
    assert (both.transfers_in_dm2, both.transfers_out_dm2) == (0, 0)


def test_inv_12_basic_farmland_that_is_not_replaced_in_full_is_caught(county: Book) -> None:
    basic, plain = DRY, OLD
    claim = Line(CLAIM, q(basic, 100))
    built = an_entry("o", "NONAG", "2024-06-01", (basic, -100), (ROAD, 100))
    county.post(replace(built, lines=(*built.lines, claim)))
    county.post(an_entry("r1", "REPLACE", "2024-07-01", (plain, -99), (plain._replace(pbf=1), 99), links=("o",)))
    (found, *_) = results_of(county, "INV-12")
    assert (found.outcome, found.found, found.wanted) == (Outcome.FAIL, 99, 100)
    county.post(an_entry("r2", "REPLACE", "2024-07-02", (plain, -1), (plain._replace(pbf=1), 1), links=("o",)))
    area, grade, _ = results_of(county, "INV-12")
    assert outcomes(area, grade) == ["pass", "pass"]


def test_inv_12_and_13_the_tasks_are_tested_at_the_closing(county: Book) -> None:
    a_year(county)
    held = 798_000 * M2
    for more, outcome in ((0, "pass"), (1, "fail")):
        tasks = [Task(COUNTY, 2024, 1_016_000 * M2 + more, held + more)]
        assert outcomes(results_of(county, "INV-12", tasks=tasks)[-1]) == [outcome]
        assert outcomes(*results_of(county, "INV-13", tasks=tasks)) == [outcome]
    late = [Task(COUNTY, 2025, 2_000_000 * M2, None)]
    assert outcomes(*results_of(county, "INV-13", tasks=late)) == ["not_assessed"], "that task is not of this year"


def test_inv_13_counts_farmland_in_stable_use_and_all_of_it_before_2024(book: Book) -> None:
    steep = FIELD._replace(stable=0)
    book.post(opening(100, FIELD, "2022-12-31"), opening(50, steep, "2022-12-31", "steep"))
    tasks = [Task(COUNTY, 2022, 120, None)]
    (before,), (after,) = results_of(book, "INV-13", 2022, tasks=tasks), results_of(book, "INV-13", 2024, tasks=tasks)
    assert (before.outcome, before.found, before.version) == (Outcome.PASS, 150, "pooled-2017")
    assert (after.outcome, after.found, after.version) == (Outcome.FAIL, 100, "2024")


def test_inv_13_a_province_of_which_the_book_holds_one_county_is_not_assessed(book: Book) -> None:
    book.post(opening(100, FIELD))
    tasks = [Task(PROVINCE, 2024, 10**9, None)]
    assert outcomes(*results_of(book, "INV-13", regions=WIDE, region=PROVINCE, tasks=tasks)) == ["not_assessed"]


def test_inv_14_what_construction_uses_is_held_against_the_last_year_that_had_construction(book: Book) -> None:
    book.post(opening(day="2021-12-31"), restore("r", 500, "2022-01-05"), occupy("before", 40, "2022-06-01"))
    worse = POOL._replace(grade=6)
    book.post(an_entry("a", "ACCEPT", "2024-03-01", (worse, 30), (POOL, 30)), occupy("o", 60, "2024-06-01"))
    book.post(write_off("s", "NONAG", "2024-07-01", (POOL, 30), (worse, 30), links=("o", "a")))
    second = results_of(book, "INV-14")[1]
    assert (second.outcome, second.found, second.wanted) == (Outcome.FAIL, 330 * 40, 200 * 60)
    assert "construction uses 5.500, of what construction occupied in 2022 5.000; worse s" in second.about.en
    (_, at_first) = results_of(book, "INV-14", 2024, policy=changed("quality", measure="grade"))
    assert at_first.difference == second.difference


def test_inv_14_land_without_a_grade_is_not_taken_for_the_best(book: Book) -> None:
    bare = POOL._replace(grade=0)
    book.post(opening(), restore("r", 500), an_entry("a", "ACCEPT", "2024-03-01", (bare, 60)), occupy("o", 60))
    assert outcomes(results_of(book, "INV-14")[0]) == ["not_assessed"]


def test_inv_15_a_decrease_of_paddy_that_is_allowed_passes(county: Book) -> None:
    a_year(county)
    for allowed, outcome in ((12_000, "pass"), (11_999, "fail")):
        policy = changed("paddy", level="province", allowed_decrease_m2=allowed)
        assert outcomes(*results_of(county, "INV-15", policy=policy)) == [outcome]


def test_inv_17_an_old_closing_tested_again_by_its_stored_rules_gives_every_bit_again(county: Book) -> None:
    a_year(county)
    tasks = (Task(COUNTY, 2024, 1_000_000 * M2, None),)

    def case(policy: Policy, year: int = 2024) -> Case:
        return Case(gather(county.database, TREE, COUNTY, year), policy, tasks, Surveys((), (("0101", 1),)))

    first = case(load_policy())
    results = assess(county.database, TREE, COUNTY, 2024, load_policy(), tasks=tasks, surveys=first.surveys)
    assert keep(county.database, first, results) is None, "the year is open"
    county.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    first = case(load_policy())
    stored = keep(county.database, first, results)
    assert stored is not None
    assert keep(county.database, first, results) == stored
    county.post(restore("next", 900, "2025-02-01"), occupy("later", 900, "2025-03-01"))
    with speaking("zh"):
        found, differ = again(county.database, stored)
    assert (differ, found) == (0, results)
    other = case(changed("paddy", level="province", allowed_decrease_m2=12_000))
    assert outcomes(stored_rules_agree(county.database, other)) == ["pass"], "its own rules, not those of today"
    tampered(county, "UPDATE ledger_assessment SET results = replace(results, '18800000', '18800001')")
    (broken,) = kept(county.database, COUNTY, 2024)
    assert again(county.database, broken)[1] > 0
    assert outcomes(stored_rules_agree(county.database, first)) == ["fail"]


def test_inv_17_a_change_of_the_book_behind_a_closing_is_caught(county: Book) -> None:
    a_year(county)
    county.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    case = Case(gather(county.database, TREE, COUNTY, 2024), load_policy())
    keep(county.database, case, assess(county.database, TREE, COUNTY, 2024, load_policy(), tasks=()))
    tampered(county, "UPDATE ledger_day SET booked_paddy = booked_paddy + 1 WHERE booked_paddy > 0")
    county_case = Case(gather(county.database, TREE, COUNTY, 2024), load_policy())
    assert outcomes(stored_rules_agree(county.database, county_case)) == ["fail"]


def test_inv_17_keeps_what_rests_on_more_than_the_book_and_tests_it_again(county: Book) -> None:
    a_year(county)
    county.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    case = Case(gather(county.database, TREE, COUNTY, 2024), load_policy())
    matrix = replace(results_of(county, "INV-1")[0], invariant="INV-4", found=0)
    beside = Beside((matrix, replace(matrix, invariant="INV-99")), {"INV-4": {"years": [2023, 2024]}})
    stored = keep(county.database, case, assess(county.database, TREE, COUNTY, 2024, load_policy(), tasks=()), beside)
    assert stored is not None and '"INV-4"' in stored.results and "INV-99" not in stored.results
    asked: list[Any] = []

    def same(*told: Any) -> Tested:
        asked.append(told)
        return matrix

    agreed = stored_rules_agree(county.database, case, same)
    assert agreed.outcome is Outcome.PASS and asked == [("INV-4", COUNTY, 2024, {"years": [2023, 2024]})]
    other = stored_rules_agree(county.database, case, lambda *_: replace(matrix, found=1))
    assert (other.outcome, other.found) == (Outcome.FAIL, 1)
    gone = stored_rules_agree(county.database, case, lambda *_: None)
    assert (gone.outcome, gone.found) == (Outcome.NOT_ASSESSED, 0) and gone.about.en.endswith("no longer there: INV-4")


def test_inv_17_an_assessment_from_before_a_test_was_added_is_not_held_against_it(county: Book) -> None:
    a_year(county)
    county.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    case = Case(gather(county.database, TREE, COUNTY, 2024), load_policy())
    found = assess(county.database, TREE, COUNTY, 2024, load_policy(), tasks=())
    (added,) = [one for one in found if "error of an earlier survey" in one.about.en]
    stored = keep(county.database, case, [one for one in found if one is not added])
    assert stored is not None
    given = {name: told for name, told in json.loads(stored.given).items() if name not in ("tests", "beside")}
    text = json.dumps(given, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    older = replace(
        stored, given=text, digest=sha256("\n".join((stored.policy, text, stored.results)).encode()).hexdigest()
    )
    assert again(county.database, older)[1] == 0


def test_results_are_said_in_both_languages_and_in_the_order_of_the_invariants(county: Book) -> None:
    a_year(county)
    found = in_order(assess(county.database, TREE, COUNTY, 2024, load_policy(), tasks=()))
    numbers = [int(one.invariant.partition("-")[2]) for one in found]
    assert numbers == sorted(numbers)
    assert all(one.about.en and one.about.zh and one.about.en != one.about.zh for one in found)
    assert not any("{" in one.about.en + one.about.zh for one in found)


def changed(rule: str, **values: Any) -> Policy:
    """The default rules with one of them set otherwise."""
    base = load_policy()
    own = [one for one in base.rules if one.id == rule]
    rules = tuple(replace(one, values=tuple({**dict(one.values), **values}.items())) if one in own else one
                  for one in base.rules)  # fmt: skip
    return replace(base, rules=rules)
