"""The pool from opening to closing, what became of every claim, and hectares that add up: all exact, all traceable."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_cases import COUNTY, GARDEN, POOL, an_entry, occupy, opening, restore

from statement_county import COUNTY as SPEC
from statement_county import EAST, HILL, M2, WEST, a_county, entry, line, loses, pool, post, the_worked_year
from statement_county import land as ground
from tilth.api import ledger_close, statement_of
from tilth.core import BadInput, NotFound
from tilth.ledger import (
    Account,
    Book,
    Line,
    LotStatus,
    Outcome,
    Quantities,
    Statement,
    counter,
    posted,
    recalled,
    verify,
)
from tilth.ledger.lots import lots
from tilth.report.levelled import Levelled, level_parts, rest_of, units_of
from tilth.report.statement import sheets
from tilth.runtime import Workspace


@pytest.fixture
def county(tmp_path: Path) -> Workspace:
    place = a_county(tmp_path / "w")
    post(place, *the_worked_year())
    return place


def rows_of(one: Statement, part: str) -> dict[str, int]:
    return {name: turn.quantities.area_dm2 // M2 for name, turn in one.pool.details(part).items()}


def test_the_pool_of_the_worked_county_adds_up_from_nothing_to_nineteen_thousand(county: Workspace) -> None:
    one = statement_of(county, year=2024)
    assert (one.pool.opening.area_dm2, one.pool.closing.area_dm2) == (0, 19_000 * M2)
    assert rows_of(one, "accepted") == {"RECLAIMED": 5_000, "RESTORED": 30_000}
    assert {name: turn.quantities.area_dm2 // M2 for name, turn in one.pool.sources.items()} == {
        "02": 30_000,
        "1204": 5_000,
    }
    assert rows_of(one, "written_off") == {"AGSTRUCT": -4_000, "NONAG": -12_000}
    assert one.pool.part("written_off").area_dm2 == -16_000 * M2
    assert rows_of(one, "in") == rows_of(one, "out") == {}, "nothing crossed the border of the county"
    assert rows_of(one, "inner") == {"in": 12_000, "out": -12_000}
    assert one.pool.difference == Quantities()
    assert one.pool.part("accepted").grade_dm2 == 195_000 * M2
    assert not one.failed
    assert sheets(one).statement.failed == []


def test_each_region_is_a_row_and_the_rows_add_up(county: Workspace) -> None:
    one = statement_of(county, year=2024)
    assert [part.code for part in one.scope.parts] == [EAST, WEST, HILL], "nothing is booked on the county itself"
    closings = [turn.closing.area_dm2 // M2 for turn in one.by_part]
    assert closings == [0, 14_000, 5_000]
    assert rows_of(replace(one, pool=one.by_part[0]), "inner") == {"in": 12_000}
    assert sum(turn.part("written_off").area_dm2 for turn in one.by_part) == one.pool.part("written_off").area_dm2


def test_a_group_is_stated_like_a_region(county: Workspace) -> None:
    one = statement_of(county, year=2024, group="plain")
    assert [part.code for part in one.scope.parts] == [EAST, WEST]
    assert one.pool.closing.area_dm2 == 14_000 * M2
    assert one.pool.difference == Quantities()
    with pytest.raises(BadInput, match="not both"):
        statement_of(county, year=2024, group="plain", region=SPEC)
    with pytest.raises(NotFound):
        statement_of(county, year=2024, group="nobody")


def test_a_member_of_a_group_that_lies_in_another_counts_once(county: Workspace) -> None:
    from tilth.land import Store

    Store(county).put_group("all", [SPEC, EAST])
    one = statement_of(county, year=2024, group="all")
    assert [part.code for part in one.scope.parts] == [SPEC]
    assert one.scope.nested == (EAST,)
    assert one.pool.closing.area_dm2 == 19_000 * M2


def test_the_next_year_opens_with_what_this_year_closed(county: Workspace) -> None:
    before, after = statement_of(county, year=2024), statement_of(county, year=2025)
    assert after.pool.opening == before.pool.closing
    assert [turn.opening for turn in after.by_part] == [turn.closing for turn in before.by_part]
    assert not after.pool.moved
    assert not after.occupations, "everything of 2024 is settled"
    assert {row.lot.recorded.entry.id for row in after.compensations} == {"accepted 1", "accepted 2"}


def test_every_sum_names_its_entries_and_their_digest(county: Workspace) -> None:
    one = statement_of(county, year=2024)
    turn = one.pool.details("written_off")["NONAG"]
    recorded = recalled(county.database, ["settled 1"])["settled 1"]
    assert turn.numbers == (recorded.number,)
    assert turn.digest == sha256(bytes.fromhex(recorded.digest)).hexdigest()
    found = [one.digest for one in posted(county.database, [SPEC, EAST, WEST, HILL], since=date.min, until=date.max)]
    assert {entry.digest for entry in one.drawn.entries} <= set(found)
    assert one.drawn.verified.digest == verify(county.database).digest


def test_occupations_say_what_was_settled_and_by_which_compensation(county: Workspace) -> None:
    rows = {row.lot.recorded.entry.id: row for row in statement_of(county, year=2024).occupations}
    assert {name: str(row.status) for name, row in rows.items()} == {
        "built": "settled", "planted": "settled", "flooded": "exempt",
    }  # fmt: skip
    assert rows["built"].compensations == ("sold",)
    assert rows["planted"].compensations == ("accepted 1",)
    assert rows["built"].pbf_dm2 == 2_000 * M2
    assert rows["built"].lot.raised.paddy_dm2 == 12_000 * M2
    assert rows["built"].lot.by_order == Quantities()


def test_compensation_says_what_was_used_sold_and_left(county: Workspace) -> None:
    rows = {row.lot.recorded.entry.id: row for row in statement_of(county, year=2024).compensations}
    first = rows["accepted 1"].lot
    assert (first.used("SETTLE").area_dm2, first.used("TRANSFER").area_dm2) == (4_000 * M2, 12_000 * M2)
    assert first.left.area_dm2 == 14_000 * M2
    assert rows["accepted 1"].classes == ("0201",)
    assert rows["sold"].status is LotStatus.USED
    assert rows["accepted 2"].checks is None
    given = {"accepted 2": {"A1": "pass", "A8": "not_assessed"}}
    again = statement_of(county, year=2024, acceptance=given)
    assert (
        next(row for row in again.compensations if row.lot.recorded.entry.id == "accepted 2").checks
        == given["accepted 2"]
    )


def test_an_occupation_that_is_owed_after_its_day_is_overdue(county: Workspace) -> None:
    lost = line(ground(WEST, "0103", 6), -500 * M2)
    owed = loses("late", "NONAG", "2024-11-01", WEST, "0601", lost, due=date(2024, 12, 1))
    later = loses("later", "NONAG", "2024-11-02", WEST, "0601", lost, due=date(2025, 12, 1))
    post(county, owed, later)
    rows = {row.lot.recorded.entry.id: row for row in statement_of(county, year=2024).occupations}
    assert (rows["late"].status, rows["later"].status) == (LotStatus.OVERDUE, LotStatus.OPEN)
    assert [row.status for row in statement_of(county, year=2025).occupations] == [LotStatus.OVERDUE, LotStatus.OVERDUE]


def test_what_a_settlement_takes_beyond_those_that_it_names_counts_for_the_oldest(county: Workspace) -> None:
    old = ground(WEST, "0103", 6)
    for id, day in (("a", "2024-11-01"), ("b", "2024-11-02")):
        post(county, loses(id, "NONAG", day, WEST, "0601", line(old, -500 * M2)))
    take = Line(Account(WEST, "CLAIM:NONAG"), Quantities(-700 * M2, 0, 0, -4_200 * M2))
    given = line(pool(WEST, "RESTORED", 5), -700 * M2)
    post(county, entry("settled 3", "SETTLE", "2024-11-03", given, take, links=("b",)))
    one = statement_of(county, year=2024)
    rows = {row.lot.recorded.entry.id: row.lot for row in one.occupations}
    assert (rows["a"].left.area_dm2, rows["b"].left.area_dm2) == (300 * M2, 0)
    assert (rows["a"].by_order.area_dm2, rows["b"].by_order.area_dm2) == (200 * M2, 0)
    assert not one.failed


def test_what_is_reversed_is_listed_and_owes_nothing(county: Workspace) -> None:
    made = loses("wrong", "NONAG", "2024-11-01", WEST, "0601", line(ground(WEST, "0103", 6), -500 * M2))
    post(county, made)
    post(county, counter(made, id="undo", posting_date=date(2024, 12, 1), evidence="slip", author="Li"))
    taken = entry("accepted 3", "ACCEPT", "2024-11-01", line(pool(HILL, "RECLAIMED", 9), 900 * M2))
    post(county, taken, counter(taken, id="undo 3", posting_date=date(2024, 12, 2), evidence="not farmed", author="Li"))
    one = statement_of(county, year=2024)
    rows = {row.lot.recorded.entry.id: row for row in (*one.occupations, *one.compensations)}
    assert (rows["wrong"].status, rows["accepted 3"].status) == (LotStatus.REVERSED, LotStatus.REVERSED)
    assert rows["wrong"].lot.left == rows["accepted 3"].lot.left == Quantities()
    assert one.pool.part("reversed").area_dm2 == -900 * M2
    assert one.pool.closing.area_dm2 == 19_000 * M2
    assert not one.failed


def test_a_pool_entry_of_an_unknown_sort_is_a_row_of_its_own(county: Workspace) -> None:
    better = Line(pool(HILL, "RECLAIMED", 9), Quantities(0, 0, 1_000, 0))
    post(county, entry("better", "UPGRADE", "2024-11-01", better))
    one = statement_of(county, year=2024)
    assert one.pool.details("other")["UPGRADE"].quantities == Quantities(0, 0, 1_000, 0)
    assert one.pool.difference == Quantities()


def test_reserved_land_is_still_in_the_pool(county: Workspace) -> None:
    from tilth.ledger import Phase

    held = entry("plan", "SETTLE", "2024-11-01", line(pool(WEST, "RESTORED", 5), -1_000 * M2), phase=Phase.RESERVE)
    post(county, held)
    one = statement_of(county, year=2024)
    assert (one.pool.closing.area_dm2, one.pool.held.area_dm2) == (19_000 * M2, 1_000 * M2)


def test_a_balance_that_does_not_follow_from_the_entries_fails_the_test(county: Workspace) -> None:
    """The balances and the entries are read apart, so one that was changed shows."""
    from tilth.ledger.statement import state

    one = statement_of(county, year=2024)
    wrong = tuple(
        replace(balance, booked=balance.booked.plus(Quantities(7))) if balance.account.family == "POOL" else balance
        for balance in one.drawn.closing
    )
    again = state(2024, one.scope, replace(one.drawn, closing=wrong), farmland=["LAND:0103"], groups={})
    failed = {test.invariant for test in again.failed}
    assert {"INV-2", "INV-8"} <= failed
    assert next(test for test in again.failed if test.unit == "dm2").difference == 7 * 3


def test_a_closed_year_names_its_closing(county: Workspace) -> None:
    assert statement_of(county, year=2024).unsealed == sorted([SPEC, EAST, WEST, HILL])
    closing = ledger_close(county, year=2024, evidence="assessment", author="Zhao")
    one = statement_of(county, year=2024)
    assert [sealed.link for sealed in one.drawn.sealed] == [closing.link]
    assert one.unsealed == []


def test_the_red_line_is_held_by_farmland_in_stable_use(county: Workspace) -> None:
    row = statement_of(county, year=2024).red_lines[0]
    assert (row.farmland_dm2, row.stable_dm2, row.surplus_dm2) == (1_016_000 * M2, 1_016_000 * M2, 1_000 * M2)
    assert (row.pbf_dm2, row.pbf_surplus_dm2) == (798_000 * M2, -1_000 * M2)
    assert row.survey_difference_dm2 is None


def test_basic_farmland_put_in_place_of_some_that_was_lost_is_listed(county: Workspace) -> None:
    old = ground(WEST, "0103", 6)
    swap = entry(
        "replaced", "REPLACE", "2024-11-01", line(old, -2_000 * M2), line(old._replace(pbf=1), 2_000 * M2),
        links=("built",),
    )  # fmt: skip
    post(county, swap)
    row = next(row for row in statement_of(county, year=2024).occupations if row.lot.recorded.entry.id == "built")
    assert (row.replaced_dm2, row.replacements) == (2_000 * M2, ("replaced",))


def test_lots_of_a_book_add_up_to_its_balances_on_both_databases(book: Book) -> None:
    book.post(opening(), restore("made", 500), an_entry("in", "ACCEPT", "2024-04-01", (POOL, 300)))
    book.post(occupy("road", 200))
    book.post(an_entry("use", "SETTLE", "2024-07-01", (POOL, -120), links=("in",)))
    history = list(posted(book.database, [COUNTY], since=date.min, until=date.max, families=("POOL",)))
    assert [one.entry.id for one in history] == ["in", "use"]
    found = lots(history, "POOL", frozenset({COUNTY}), date(2024, 1, 1))
    assert sum(one.left.area_dm2 for one in found) == book.balance(POOL).booked.area_dm2 == 180
    assert recalled(book.database, ["road", "nothing"]).keys() == {"road"}
    assert GARDEN.region == COUNTY


# --- hectares ------------------------------------------------------------------------------------------------------

areas = st.integers(-(10**12), 10**12)


@given(st.lists(areas, max_size=30))
def test_levelled_parts_add_up_to_the_rounded_whole(parts: list[int]) -> None:
    units = level_parts(parts)
    assert sum(units) == units_of(sum(parts))
    assert all(one == 0 for one, exact in zip(units, parts, strict=True) if exact == 0)
    positive = sum(one > 0 for one in parts), sum(one < 0 for one in parts)
    assert all(abs(one - units_of(exact)) <= 1 + max(positive) // 2 for one, exact in zip(units, parts, strict=True))


@given(st.lists(areas, min_size=1, max_size=12))
def test_what_was_closed_reads_the_same_as_what_is_opened(closings: list[int]) -> None:
    """Levelling looks at one column only, so last year's closing is this year's opening to the last digit."""
    last = Levelled.of("2023", [0, sum(closings)], [(0, one) for one in closings])
    this = Levelled.of("2024", [sum(closings), 5], [(one, 5 if at == 0 else 0) for at, one in enumerate(closings)])
    assert [row[1] for row in last.parts] == [row[0] for row in this.parts]


def test_round_numbers_stay_round() -> None:
    """Ten parts of 33.33 m² are 333.30 m²: 0.0333 ha, so three parts of ten give nothing away."""
    assert level_parts([3333] * 10) == [34, 34, 34, *[33] * 7][:10]
    assert sum(level_parts([3333] * 10)) == 333
    assert level_parts([10_000] * 10) == [100] * 10
    assert rest_of([units_of(149), units_of(149), units_of(298)]) == 1


def test_inv_21_catches_hectares_that_do_not_add_up(county: Workspace) -> None:
    from tilth.report.statement_lists import levelled_test

    one = statement_of(county, year=2024)
    sound = Levelled.of("5-2", [300], [[100], [200], [0]])
    assert levelled_test(one, [sound]).outcome is Outcome.PASS
    for parts, whole in (((1,), (2,), (1,)), (3,)), (((1,), (1,), (0,)), (3,)), (((1,), (2,), (0,)), (4,)):
        wrong = levelled_test(one, [replace(sound, parts=parts, whole=whole)])
        assert wrong.outcome is Outcome.FAIL
        assert wrong.difference and wrong.invariant == "INV-21"
    assert "Σ 2 ≠ 3" in str(levelled_test(one, [replace(sound, parts=((1,), (1,), (0,)))]).about)


def test_a_county_of_odd_square_metres_prints_hectares_that_add_up(tmp_path: Path) -> None:
    place = a_county(tmp_path / "w")
    random = np.random.default_rng(7)
    made = []
    for at in range(60):
        region = (EAST, WEST, HILL)[at % 3]
        area = int(random.integers(1, 90_000))
        made.append(entry(f"in {at}", "ACCEPT", "2024-02-01", line(pool(region, "RESTORED", 5), area)))
        if at % 2:
            made.append(entry(f"out {at}", "SETTLE", "2024-03-01", line(pool(region, "RESTORED", 5), -area // 3)))
    post(place, *made)
    done = sheets(statement_of(place, year=2024))
    assert not done.statement.failed
    tested = next(test for test in done.statement.tested if test.invariant == "INV-21")
    assert tested.outcome is Outcome.PASS
    by_region = next(one for one in done.on_paper if one.id == "5-1-area")
    ha = [at for at, column in enumerate(by_region.columns) if column.kind == "fine"]
    for at in ha:
        assert sum(row[at] for row in by_region.rows[1:]) == by_region.rows[0][at]  # type: ignore[misc]
    for row in by_region.rows:
        cells = [row[at] for at in ha]
        assert sum(cells[:-2]) == cells[-2], "opening, movements and rounding give the closing"  # type: ignore[arg-type]
