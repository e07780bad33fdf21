"""An occupation that would break the red line or the cap is refused before it is posted, with what is missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from ledger_cases import (
    CLAIM,
    COUNTY,
    FIELD,
    GARDEN,
    POOL,
    ROAD,
    an_entry,
    lines,
    occupy,
    opening,
    q,
    reserve,
    restore,
    settle,
)  # fmt: skip

from tilth.core import BadInput, speaking
from tilth.land import Region, RegionTree, Task
from tilth.ledger import Account, Book, Entry, Line, Phase, Policy, admit, load_policy

PROVINCE, OTHER = "41", "410883"
TREE = RegionTree(
    {
        PROVINCE: Region(PROVINCE, "省", "province"),
        COUNTY: Region(COUNTY, "示范县", "county", PROVINCE),
        OTHER: Region(OTHER, "邻县", "county", PROVINCE),
    }
)
TASKS = (Task(COUNTY, 2024, 400, None),)


def asked(book: Book, *entries: Entry, policy: Policy | None = None, tasks: tuple[Task, ...] = ()) -> None:
    admit(book.database, TREE, entries, policy or load_policy(), tasks=tasks, chart=book.chart)


def refused(book: Book, *entries: Entry, **more: Any) -> str:
    with pytest.raises(BadInput) as caught:
        asked(book, *entries, **more)
    with speaking("zh"):
        assert caught.value.said and caught.value.remedy
    return caught.value.said


@pytest.fixture
def county(book: Book) -> Book:
    """500 of field, in 0.01 m²."""
    book.post(opening(1000), restore("r", 500, "2024-01-10"))
    return book


def test_an_occupation_below_the_task_is_refused_with_the_shortfall(county: Book) -> None:
    asked(county, occupy("o", 100), tasks=TASKS)
    said = refused(county, occupy("o", 101), tasks=TASKS)
    assert said == (
        "entry o would leave 410882 示范县 with 3.99 m² of farmland in stable use; "
        "its task of 2024 is 4.00 m²: 0.01 m² short"
    )
    late = replace(occupy("o", 300), act_date=date(2023, 1, 1))
    assert "its task of 2024" in refused(county, late, tasks=TASKS), "it takes of what is there in 2024"
    asked(county, occupy("o", 300, "2023-12-31"), tasks=TASKS)


def test_entries_of_one_call_are_taken_together_in_their_order(county: Book) -> None:
    refused(county, occupy("a", 60), occupy("b", 41), tasks=TASKS)
    asked(county, occupy("a", 60), restore("more", 1), occupy("b", 41), tasks=TASKS)
    refused(county, occupy("a", 60), occupy("b", 41), restore("more", 1), tasks=TASKS)


def test_what_stands_in_the_book_is_not_counted_twice(county: Book) -> None:
    county.post(occupy("o", 100))
    asked(county, occupy("o", 100), tasks=TASKS)
    refused(county, occupy("p", 1), tasks=TASKS)


def test_a_reservation_counts_as_if_it_were_posted(county: Book) -> None:
    refused(county, reserve("plan", 101), tasks=TASKS)
    county.post(reserve("plan", 100))
    refused(county, occupy("o", 1), tasks=TASKS)
    asked(county, settle("done", "plan", Phase.POST, "2024-07-01", 100), tasks=TASKS)
    refused(county, occupy("o", 1), settle("gone", "plan", Phase.VOID, "2024-07-01"), tasks=TASKS)
    asked(county, settle("gone", "plan", Phase.VOID, "2024-07-01"), occupy("o", 100), tasks=TASKS)


def test_a_reservation_and_its_posting_in_one_call_count_once(county: Book) -> None:
    asked(county, reserve("plan", 100), settle("done", "plan", Phase.POST, "2024-07-01", 100), tasks=TASKS)
    refused(
        county, reserve("plan", 100), settle("done", "plan", Phase.POST, "2024-07-01", 100), occupy("o", 1), tasks=TASKS
    )


def test_only_farmland_in_stable_use_stands_against_the_task(county: Book) -> None:
    steep = FIELD._replace(stable=0)
    county.post(an_entry("steep", "RESTORE", "2024-02-01", (GARDEN, -50), (steep, 50)))
    refused(county, occupy("o", 101), tasks=TASKS)
    built = an_entry("p", "NONAG", "2024-06-01", (steep, -50), (ROAD, 50))
    asked(county, replace(built, lines=(*built.lines, Line(CLAIM, q(steep, 50)))), tasks=TASKS)


def test_the_task_of_a_province_is_looked_at_when_the_book_holds_all_its_counties(county: Book) -> None:
    tasks = (Task(PROVINCE, 2024, 600, None),)
    asked(county, occupy("o", 101), tasks=tasks)
    county.post(opening(200, FIELD._replace(region=OTHER), id="there"))
    refused(county, occupy("o", 101), tasks=tasks)
    asked(county, occupy("o", 100), tasks=tasks)


def test_what_nature_takes_is_never_refused(county: Book) -> None:
    flood = an_entry("w", "WATER", "2024-06-01", (FIELD, -400), (Account(COUNTY, "LAND:1101"), 400))
    exempt = Line(Account(COUNTY, "EXEMPT:WATER"), q(FIELD, 400))
    asked(county, replace(flood, lines=(*flood.lines, exempt)), tasks=TASKS)


def test_a_change_to_garden_is_refused_as_construction_is(county: Book) -> None:
    claim = Line(Account(COUNTY, "CLAIM:AGSTRUCT"), q(FIELD, 101))
    planted = an_entry("p", "AGSTRUCT", "2024-06-01", (FIELD, -101), (GARDEN, 101))
    refused(county, replace(planted, lines=(*planted.lines, claim)), tasks=TASKS)


# --- the cap ------------------------------------------------------------------------------------------------------


def the_cap(area: int, region: str = COUNTY, year: int = 2024) -> Entry:
    return an_entry(f"cap {region}", "CAP", f"{year}-01-02", (Account(region, f"CAP:{year}"), area))


def test_construction_beyond_the_cap_is_refused_with_the_excess(county: Book) -> None:
    asked(county, occupy("o", 101))
    county.post(the_cap(100))
    asked(county, occupy("o", 100))
    said = refused(county, occupy("o", 101))
    assert said == (
        "entry o would bring construction in 410882 示范县 to 1.01 m² in 2024; the cap is 1.00 m²: 0.01 m² too much"
    )
    asked(county, occupy("before no cap was in force", 200, act_date=date(2024, 2, 4)))


def test_the_cap_counts_what_was_posted_reserved_and_comes_before(county: Book) -> None:
    county.post(the_cap(100), occupy("o", 30), reserve("plan", 20))
    asked(county, occupy("p", 40), occupy("s", 10))
    refused(county, occupy("p", 40), occupy("s", 11))
    asked(county, settle("done", "plan", Phase.POST, "2024-07-01", 20), occupy("p", 50))
    refused(county, settle("done", "plan", Phase.POST, "2024-07-01", 20), occupy("p", 51))


def test_the_cap_of_the_year_of_the_act_holds_and_lines_on_it_change_nothing(county: Book) -> None:
    county.post(the_cap(100))
    late = occupy("late", 101, "2025-02-01", act_date=date(2024, 12, 1))
    refused(county, late)
    asked(county, replace(late, act_date=date(2025, 2, 1)))
    taking = occupy("o", 60)
    taking = replace(taking, lines=(*taking.lines, *lines((Account(COUNTY, "CAP:2024"), -60))))
    asked(county, taking)
    county.post(taking)
    refused(county, occupy("p", 41))
    asked(county, occupy("p", 40))


def test_a_cap_got_by_transfer_or_set_in_the_same_call_may_be_used(county: Book) -> None:
    county.post(the_cap(10), the_cap(100, OTHER))
    moved = an_entry(
        "moved", "TRANSFER", "2024-03-01", (Account(OTHER, "CAP:2024"), -5), (Account(COUNTY, "CAP:2024"), 5)
    )
    refused(county, occupy("o", 15))
    asked(county, moved, occupy("o", 15))
    refused(county, moved, occupy("o", 16))
    county.post(moved)
    asked(county, occupy("o", 15))


def test_the_cap_of_the_province_holds_for_all_its_counties(county: Book) -> None:
    county.post(opening(200, FIELD._replace(region=OTHER), id="there"), the_cap(50, PROVINCE))
    there = FIELD._replace(region=OTHER)
    built = an_entry("o", "NONAG", "2024-06-01", (there, -30), (ROAD._replace(region=OTHER), 30))
    county.post(replace(built, lines=(*built.lines, Line(CLAIM._replace(region=OTHER), q(there, 30)))))
    asked(county, occupy("p", 20))
    refused(county, occupy("p", 21))


def test_the_computed_cap_holds_where_the_rules_say_so(book: Book) -> None:
    book.post(opening(day="2022-12-31"), restore("r", 50, "2023-05-01"))
    asked(book, occupy("o", 51))
    base = load_policy()
    rules = tuple(
        replace(one, values=(*[pair for pair in one.values if pair[0] != "enforced"], ("enforced", "computed")))
        if one.id == "cap"
        else one
        for one in base.rules
    )
    strict = replace(base, rules=rules)
    refused(book, occupy("o", 51), policy=strict)
    asked(book, occupy("o", 50), policy=strict)


def test_inv_16_an_upgrade_that_moves_area_is_refused(county: Book) -> None:
    asked(county, an_entry("u", "UPGRADE", "2024-05-01", (FIELD, -10), (FIELD._replace(grade=4), 10)))
    for target in (FIELD._replace(pbf=1), FIELD._replace(stable=0)):
        refused(county, an_entry("u", "UPGRADE", "2024-05-01", (FIELD, -10), (target, 10)))


def test_inv_6_compensation_without_its_ground_is_refused_since_2024(book: Book) -> None:
    with pytest.raises(BadInput, match="enters the pool by acceptance"):
        admit(book.database, TREE, [an_entry("a", "ACCEPT", "2024-03-01", (POOL, 10))], load_policy())
    admit(book.database, TREE, [an_entry("a", "ACCEPT", "2023-03-01", (POOL, 10))], load_policy())
    admit(book.database, TREE, [an_entry("a", "ACCEPT", "2024-03-01", (POOL, 10))], load_policy("ldn"))
