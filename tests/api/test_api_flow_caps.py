"""Construction that a survey shows takes the cap of its year; where none is set that is said, nothing made up."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flow_cases import post, records, survey

from tilth import api
from tilth.ledger import Account, Entry, Line, Quantities
from tilth.runtime import Workspace

DM2_PER_HA = 1_000_000


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """Two hectares of field; in 2024 both are built on."""
    made = api.init(tmp_path / "w", region="999901", name="county")
    before = survey(tmp_path / "1.gpkg", ("a", "0103", 0, 1), ("b", "0103", 1, 1), year=2023)
    after = survey(tmp_path / "2.gpkg", ("a", "0601", 0, 1), ("b", "0601", 1, 1), year=2024)
    api.import_survey(made, before, year=2023)
    api.import_survey(made, after, year=2024)
    return made


def set_cap(place: Workspace, dm2: int, *, year: int = 2024, on: date = date(2024, 2, 1), id: str = "cap") -> None:
    line = Line(Account("999901", f"CAP:{year}"), Quantities(dm2))
    cap = Entry(
        id=f"{id}-{year}", kind="CAP", act_date=on, posting_date=on, evidence="plan-1", author="Li", lines=(line,)
    )
    with api.land_book(place) as book:
        book.post(cap)


def of_cap(done: api.FlowPosted) -> list[int]:
    lines = [line for one in done.entries for line in one.lines if line.account.family == "CAP"]
    return [line.quantities.area_dm2 for line in lines]


def codes(done: api.FlowPosted) -> list[str]:
    return [one.code for one in done.findings if one.code.startswith("LEDGER-FLOWS-CAP-")]


def test_construction_takes_its_area_of_the_cap(place: Workspace) -> None:
    set_cap(place, 3 * DM2_PER_HA)
    done = post(place)
    assert of_cap(done) == [-DM2_PER_HA, -DM2_PER_HA] and not codes(done) and not done.differences
    (left,) = api.ledger_balance(place, account="CAP")
    assert left.booked.area_dm2 == DM2_PER_HA
    assert not post(place).entries and api.ledger_verify(place).sound


def test_what_lies_beyond_the_cap_is_said_and_the_book_is_the_survey(place: Workspace) -> None:
    set_cap(place, DM2_PER_HA + 5)
    done = post(place)
    assert of_cap(done) == [-DM2_PER_HA, -5] and not done.differences
    (one,) = [one for one in done.findings if one.code == "LEDGER-FLOWS-CAP-BEYOND"]
    assert "9,999.95 m² of construction lie beyond CAP:2024 of 999901 (1 entry)" in str(one.said)


def test_where_no_cap_is_set_it_is_not_assessed(place: Workspace) -> None:
    done = post(place)
    (one,) = [one for one in done.findings if one.code == "LEDGER-FLOWS-CAP-UNKNOWN"]
    assert of_cap(done) == [] and "2 occupations" in str(one.said) and "not assessed" in str(one.said)
    assert not api.ledger_balance(place, account="CAP"), "nothing is made up"


def test_a_cap_that_is_set_after_the_year_is_none_of_it(place: Workspace) -> None:
    set_cap(place, 3 * DM2_PER_HA, on=date(2025, 2, 1))
    assert codes(post(place)) == ["LEDGER-FLOWS-CAP-UNKNOWN"]


def test_an_act_before_the_rules_of_2024_takes_none(place: Workspace, tmp_path: Path) -> None:
    records(
        place, tmp_path, ("a", "a", "NONAG", "permit-1", "2024-01-15"), ("b", "b", "NONAG", "permit-2", "2023-12-01")
    )
    done = post(place)
    assert of_cap(done) == [] and not codes(done)


def test_the_cap_follows_the_day_of_the_act(place: Workspace, tmp_path: Path) -> None:
    set_cap(place, 3 * DM2_PER_HA)
    records(
        place, tmp_path, ("a", "a", "NONAG", "permit-1", "2024-01-15"), ("b", "b", "NONAG", "permit-2", "2024-03-01")
    )
    assert of_cap(post(place)) == [-DM2_PER_HA]


def test_a_cap_is_that_of_the_year_of_the_act_however_late_it_is_posted(place: Workspace) -> None:
    set_cap(place, 3 * DM2_PER_HA, on=date(2025, 2, 1))
    assert codes(post(place, on=date(2025, 3, 1))) == ["LEDGER-FLOWS-CAP-UNKNOWN"]


def test_what_was_added_to_a_cap_after_its_year_is_none_of_it(place: Workspace) -> None:
    set_cap(place, DM2_PER_HA)
    set_cap(place, 3 * DM2_PER_HA, on=date(2025, 2, 1), id="late")
    done = post(place, on=date(2025, 3, 1))
    assert of_cap(done) == [-DM2_PER_HA] and codes(done) == ["LEDGER-FLOWS-CAP-BEYOND"]


@pytest.mark.parametrize(("act", "left"), [(date(2024, 6, 1), [-5]), (date(2023, 6, 1), [-DM2_PER_HA, -5])])
def test_what_another_act_of_the_year_occupies_is_used_of_it_without_a_line_on_the_cap(
    tmp_path: Path, act: date, left: list[int]
) -> None:
    place, field = api.init(tmp_path / "w", region="999901", name="county"), Account("999901", "LAND:0103", stable=1)
    for year, code in ((2023, "0103"), (2024, "0601")):
        parcels = [(name, code, at, 1.0) for at, name in enumerate("abc")]
        api.import_survey(place, survey(tmp_path / f"{year}.gpkg", *parcels, year=year), year=year)
    first, day, whole = date(2023, 12, 31), date(2024, 8, 1), 3 * DM2_PER_HA
    stock = (Line(Account("999901", "OPENING"), Quantities(-whole)), Line(field, Quantities(whole)))
    built = [(field, -1), (Account("999901", "LAND:0601"), 1), (Account("999901", "CLAIM:NONAG"), 1)]
    lines = tuple(Line(account, Quantities(sign * DM2_PER_HA)) for account, sign in built)
    opening = Entry("own", "OPENING", first, first, "survey", "Li", stock)
    with api.land_book(place) as book:
        book.post(opening, Entry("c", "NONAG", act, day, "permit", "Li", lines, geometry="c > c"))
    set_cap(place, DM2_PER_HA + 5)
    done = post(place)
    assert of_cap(done) == left and not done.differences
