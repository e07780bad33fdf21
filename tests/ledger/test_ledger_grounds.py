"""No ground comes into the pool twice, whoever brings it and whatever is killed; any change afterwards is found."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import shapely
from acceptors import CRS, SIDE, TODAY, X, Y, pair, square
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ledger_cases import COUNTY, POOL, an_entry
from pyproj import Transformer
from sqlalchemy import func, select, text

from tilth.core import BadInput
from tilth.ledger import (
    Book,
    Outcome,
    accept,
    counter,
    load_limits,
    once_in_pool,
    shared_before,
    standing_grounds,
    tables,
    verify,
)
from tilth.overlay import intersection_areas
from tilth.runtime import Database


def kept(book: Book) -> tuple[int, int]:
    """How many entries and how many grounds there are."""
    with book.database.transaction() as connection:
        return tuple(  # type: ignore[return-value]
            connection.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (tables.entries, tables.grounds)
        )


def test_the_same_ground_is_refused_and_the_earlier_entry_and_the_area_are_named(book: Book) -> None:
    accept(book, [pair("first", square(0))])
    with pytest.raises(BadInput) as refused:
        accept(book, [pair("second", square(0.5))])
    assert refused.value.code == "LEDGER-GROUND-TWICE"
    assert refused.value.values["other"] == "first"
    assert float(str(refused.value.values["area_m2"]).replace(",", "")) == pytest.approx(5000, rel=1e-3)
    assert kept(book) == (1, 1)


def test_neighbours_may_touch_and_share_no_more_than_a_hundredth_of_a_square_metre(book: Book) -> None:
    accept(book, [pair("first", square(0)), pair("next", square(1))])
    accept(book, [pair("hair", square(1.999_999_5))])  # 0.005 m²
    with pytest.raises(BadInput, match=r"came into the pool before, with entry hair"):
        accept(book, [pair("more", square(2.9998))])
    assert kept(book) == (3, 3)


def test_two_parcels_of_one_call_do_not_share_ground_and_then_none_is_accepted(book: Book) -> None:
    with pytest.raises(BadInput, match="LEDGER-GROUND-TWICE"):
        accept(book, [pair("a", square(5)), pair("b", square(0)), pair("c", square(0.9))])
    assert kept(book) == (0, 0)


def test_the_same_ground_in_another_coordinate_system_is_the_same_ground(book: Book) -> None:
    accept(book, [pair("first", square(0))])
    to = Transformer.from_crs(CRS, "EPSG:4490", always_xy=True)
    degrees = shapely.transform(square(0), lambda points: _carried(to, points))
    with pytest.raises(BadInput, match="with entry first"):
        accept(book, [pair("again", degrees, crs="EPSG:4490")])
    beside = shapely.transform(square(1), lambda points: _carried(to, points))
    accept(book, [pair("beside", beside, crs="EPSG:4490")])
    assert verify(book.database).sound


def _carried(to: Transformer, points: Any) -> Any:
    import numpy as np

    return np.column_stack(to.transform(*points.T))


def test_asking_again_is_harmless_on_any_later_day(book: Book) -> None:
    both = [pair("a", square(0)), pair("b", square(1))]
    (first, _) = accept(book, both)
    again = accept(book, both)
    later = accept(book, [pair("a", square(0), on="2024-07-01"), pair("c", square(2))])
    assert [one.again for one in again] == [True, True]
    assert (later[0].number, later[0].again, later[1].again) == (first.number, True, False)
    assert kept(book) == (3, 3)


def test_ground_that_was_taken_back_may_come_again_with_a_new_document(book: Book) -> None:
    entry, ground = pair("first", square(0))
    accept(book, [(entry, ground)])
    book.post(counter(entry, id="back", posting_date=date(2024, 8, 1), evidence="survey 2024", author="Zhao"))
    assert standing_grounds(book.database) == []
    with pytest.raises(BadInput, match="taken back with back"):
        accept(book, [(entry, ground)])
    accept(book, [pair("second", square(0))])
    assert [one.entry for one in standing_grounds(book.database)] == ["second"]
    assert verify(book.database).sound


def test_what_the_book_refuses_leaves_no_ground(book: Book) -> None:
    entry, ground = pair("late", square(0))
    book.post(an_entry("other", "ACCEPT", "2024-06-01", (POOL, 5)))
    book.close_year(COUNTY, 2024, evidence="x", author="Zhao")
    with pytest.raises(BadInput, match="LEDGER-CLOSED"):
        accept(book, [(entry, ground)])
    assert kept(book) == (1, 0)
    accept(book, [(replace(entry, posting_date=date(2025, 1, 5)), ground)])
    assert kept(book) == (2, 1)


def test_entries_that_name_no_ground_and_ground_that_came_in_twice_break_the_invariant(book: Book) -> None:
    limits = load_limits(COUNTY, 2024)

    def said() -> Any:
        return once_in_pool(book.database, COUNTY, [COUNTY], 2024, limits)

    accept(book, [pair("a", square(0)), pair("b", square(1))])
    assert (said().outcome, said().found) == (Outcome.PASS, 0)
    entry, ground = pair("twice", square(0.5))
    book.post(entry)  # around the check
    assert (said().outcome, said().found) == (Outcome.FAIL, 1)
    assert not verify(book.database).sound, "it says that it has ground, and has none"
    with book.database.transaction() as connection:
        row = {name: getattr(ground, name) for name in tables.grounds.columns.keys()}  # noqa: SIM118
        connection.execute(tables.grounds.insert().values(**row))
    assert (said().outcome, said().found) == (Outcome.FAIL, 2)  # it overlaps both
    assert "twice" in str(said().about)
    book.post(counter(entry, id="back", posting_date=date(2024, 8, 1), evidence="x", author="Zhao"))
    assert (said().outcome, said().found) == (Outcome.PASS, 0)


def test_a_year_is_tested_by_the_ground_that_stood_at_its_end(book: Book) -> None:
    """INV-6 of a year that is over stays what it was, whatever is taken back or comes in later."""
    limits = load_limits(COUNTY, 2024)

    def said(year: int) -> tuple[str, str]:
        found = once_in_pool(book.database, COUNTY, [COUNTY], year, limits)
        return found.outcome.value, found.about.en

    entry, ground = pair("a", square(0))
    accept(book, [(entry, ground), pair("b", square(1))])
    before = said(2024)
    assert before[0] == "pass"
    book.post(counter(entry, id="back", posting_date=date(2025, 8, 1), evidence="survey 2025", author="Zhao"))
    assert said(2024) == before
    accept(book, [pair("again", square(0), day="2025-09-01")])
    assert said(2024) == before
    assert said(2025)[0] == "pass"
    late, other = pair("late", square(1), day="2024-11-01", on="2025-10-01")  # an act of 2024, in the book of 2025
    book.post(late)
    with book.database.transaction() as connection:
        row = {name: getattr(other, name) for name in tables.grounds.columns.keys()}  # noqa: SIM118
        connection.execute(tables.grounds.insert().values(**row))
    assert said(2024) == before
    assert said(2025)[0] == "fail"


# --- tampering ----------------------------------------------------------------------------------------------------

CHANGES = {
    "shape": "UPDATE ledger_ground SET wkb = (SELECT wkb FROM ledger_ground WHERE entry = 'b') WHERE entry = 'a'",
    "crs": "UPDATE ledger_ground SET crs = 'EPSG:4527' WHERE entry = 'a'",
    "results": "UPDATE ledger_ground SET results = '[]' WHERE entry = 'a'",
    "submitter": "UPDATE ledger_ground SET submitter = 'Li' WHERE entry = 'a'",
    "accepter": "UPDATE ledger_ground SET accepter = 'Wang' WHERE entry = 'a'",
    "area": "UPDATE ledger_ground SET area_dm2 = area_dm2 + 1 WHERE entry = 'a'",
    "day": "UPDATE ledger_ground SET accepted = 20240602 WHERE entry = 'a'",
    "region": "UPDATE ledger_ground SET region = '1' WHERE entry = 'a'",
    "bounds": "UPDATE ledger_ground SET west = east WHERE entry = 'a'",
    "removed": "DELETE FROM ledger_ground WHERE entry = 'a'",
    "renamed": "UPDATE ledger_ground SET entry = 'c' WHERE entry = 'a'",
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_row_of_ground_is_found(book: Book, what: str) -> None:
    accept(book, [pair("a", square(0)), pair("b", square(1))])
    assert verify(book.database).sound
    with book.database.transaction() as connection:
        assert connection.execute(text(CHANGES[what])).rowcount == 1
    found = verify(book.database)
    assert [fault.code for fault in found.faults] == ["LEDGER-V-GROUND"]


# --- many at once, and killed ones --------------------------------------------------------------------------------


def started(url: str, tag: str, first: int, last: int, *then: str) -> subprocess.Popen[str]:
    script = str(Path(__file__).with_name("acceptors.py"))
    return subprocess.Popen(
        [sys.executable, script, url, tag, str(first), str(last), *then],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def let_go(*processes: subprocess.Popen[str]) -> None:
    for one in processes:
        assert one.stdout is not None and one.stdout.readline() == "ready\n"
    for one in processes:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()


def test_of_processes_that_bring_the_same_ground_at_once_one_succeeds(new_url: Callable[[], str]) -> None:
    url, count = new_url(), 15
    tags = ("p", "q", "r")
    processes = [started(url, tag, 0, count) for tag in tags]
    let_go(*processes)
    told = [line.split() for one in processes for line in one.communicate(timeout=120)[0].splitlines()]
    taken = [line for line in told if line[0] == "+"]
    refused = [line for line in told if line[0] == "-"]
    assert sorted(int(line[2]) for line in taken) == list(range(count)), "each square once"
    assert {line[3] for line in refused} == {"LEDGER-GROUND-TWICE"}
    assert len(taken) + len(refused) == count * len(tags)
    database = Database(url)
    assert verify(database).sound
    assert len(standing_grounds(database)) == count
    database.close()


def test_a_process_killed_between_ground_and_entry_leaves_neither(new_url: Callable[[], str]) -> None:
    url = new_url()
    victim = started(url, "k", 0, 3, "kill")
    let_go(victim)
    victim.communicate(timeout=60)
    assert victim.returncode == -9
    with Book(Database(url), today=lambda: TODAY) as book:
        assert kept(book) == (0, 0)
        accept(book, [pair("k 0", square(0))])
        assert verify(book.database).sound
    book.database.close()


def test_processes_killed_at_any_moment_leave_entries_and_grounds_together(new_url: Callable[[], str]) -> None:
    url, chance = new_url(), random.Random(7)
    acknowledged = []
    for turn in range(3):
        victim = started(url, f"v{turn}", turn * 500, turn * 500 + 500)
        let_go(victim)
        time.sleep(chance.uniform(0.05, 0.6))
        victim.kill()
        lines = victim.communicate(timeout=60)[0].splitlines()
        acknowledged += [line[2:] for line in lines if line.startswith("+")]
    with Book(Database(url), today=lambda: TODAY) as book:
        entries, grounds = kept(book)
        assert entries == grounds >= len(acknowledged)
        assert set(acknowledged) <= {one.entry for one in standing_grounds(book.database)}
        assert verify(book.database).sound
    book.database.close()


# --- a law --------------------------------------------------------------------------------------------------------

PLACES = st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(1, 40), st.booleans())


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(calls=st.lists(st.lists(PLACES, min_size=1, max_size=3), max_size=8))
def test_whatever_is_offered_no_two_accepted_parcels_share_ground(calls: list[list[Any]], new_book: Any) -> None:
    book = new_book()
    for number, call in enumerate(calls):
        pairs = [
            pair(f"{number} {at}", _place(east, north, side, round))
            for at, (east, north, side, round) in enumerate(call)
        ]
        with suppress(BadInput):
            accept(book, pairs)
    standing = standing_grounds(book.database)
    shapes = [one.shape for one in standing]
    table = intersection_areas(shapes, shapes, CRS)
    twice = table.area_m2[table.left < table.right]
    assert twice.max(initial=0.0) <= 0.01 and twice.sum() <= 0.01 * len(twice)
    by_geos = shapely.union_all(shapes).area if shapes else 0.0
    assert by_geos == pytest.approx(sum(shape.area for shape in shapes), abs=0.02 * (len(shapes) + 1) ** 2)
    assert shared_before(book.database, standing) == []


def _place(east: int, north: int, side: int, round: bool) -> shapely.Geometry:
    x, y = X + east, Y + north
    return shapely.Point(x, y).buffer(side / 2) if round else shapely.box(x, y, x + side, y + side)


def test_the_square_of_the_tests_is_a_hectare() -> None:
    assert square(0).area == SIDE**2
