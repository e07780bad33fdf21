"""Farmland that stays farmland changes its marks only by the kinds of entries that are about them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ledger_cases import COUNTY, FIELD, GARDEN, PADDY, an_entry, opening, q

from tilth.core import TilthError, speaking
from tilth.land import Region, RegionTree
from tilth.ledger import (
    Account,
    Book,
    Chart,
    Entry,
    Line,
    Outcome,
    Quantities,
    Tested,
    assess,
    check,
    load_policy,
)  # fmt: skip

CHART, TODAY, THERE = Chart(), date(2025, 12, 31), "410883"
BASIC, STEEP, BETTER, WORSE = (
    FIELD._replace(**marks) for marks in ({"pbf": 1}, {"stable": 0}, {"grade": 4}, {"grade": 6})
)


def moved(kind: str, *pairs: tuple[Account, int]) -> Entry:
    return an_entry("x", kind, "2024-03-01", *pairs)


def refused(entry: Entry) -> str:
    with pytest.raises(TilthError) as caught:
        check(entry, CHART, TODAY)
    with speaking("zh"):
        assert "x" in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("kind", ["CHANGE", "RESTORE", "UPGRADE", "SETTLE", "LAPSE"])
@pytest.mark.parametrize(("old", "new"), [(BASIC, FIELD), (FIELD, BASIC)])
def test_basic_farmland_is_taken_off_or_drawn_anew_by_reappraisal_only(kind: str, old: Account, new: Account) -> None:
    assert refused(moved(kind, (old, -10), (new, 10))) == "LEDGER-MARK-PBF"
    check(moved("REAPPRAISAL", (old, -10), (new, 10)), CHART, TODAY)
    check(moved("REPLACE", (FIELD, -10), (BASIC, 10)), CHART, TODAY)


@pytest.mark.parametrize("kind", ["RESTORE", "UPGRADE", "REPLACE", "SETTLE", "LAPSE"])
def test_stable_use_is_gained_and_lost_by_a_change_or_an_error_put_right(kind: str) -> None:
    for old, new in ((FIELD, STEEP), (STEEP, FIELD)):
        assert refused(moved(kind, (old, -10), (new, 10))) == "LEDGER-MARK-STABLE"
        for fit in ("CHANGE", "REAPPRAISAL"):
            check(moved(fit, (old, -10), (new, 10)), CHART, TODAY)


@pytest.mark.parametrize("kind", ["CHANGE", "RESTORE", "REPLACE", "SETTLE"])
def test_a_grade_changes_by_an_upgrade_or_an_appraisal(kind: str) -> None:
    for new in (BETTER, WORSE, FIELD._replace(grade=0)):
        assert refused(moved(kind, (FIELD, -10), (new, 10))) == "LEDGER-MARK-GRADE"
    check(moved("UPGRADE", (FIELD, -10), (BETTER, 10)), CHART, TODAY)
    check(moved("REAPPRAISAL", (FIELD, -10), (WORSE, 10)), CHART, TODAY)


def test_a_field_that_becomes_another_class_brings_the_grade_of_its_own() -> None:
    check(moved("CHANGE", (PADDY, -10), (FIELD, 10)), CHART, TODAY)
    assert refused(moved("RESTORE", (PADDY, -10), (FIELD, 10))) == "LEDGER-MARK-GRADE"
    assert refused(moved("CHANGE", (PADDY, -10), (FIELD, -5), (WORSE, 15))) == "LEDGER-MARK-GRADE"


def test_land_that_becomes_farmland_brings_its_marks() -> None:
    check(moved("RESTORE", (GARDEN, -20), (BASIC, 10), (STEEP, 10)), CHART, TODAY)


def test_a_boundary_passes_the_marks_on_to_the_neighbour() -> None:
    def across(old: Account, new: Account) -> Entry:
        contra = ((Account(COUNTY, f"TRANSFER:{THERE}"), 10), (Account(THERE, f"TRANSFER:{COUNTY}"), -10))
        return moved("BOUNDARY", (old, -10), (new._replace(region=THERE), 10), *contra)

    check(across(BASIC, BASIC), CHART, TODAY)
    assert refused(across(BASIC, FIELD)) == "LEDGER-MARK-PBF"
    assert refused(across(FIELD, WORSE)) == "LEDGER-MARK-GRADE"
    gone = moved("BOUNDARY", (BASIC, -10), (Account(COUNTY, f"TRANSFER:{THERE}"), 10))
    check(gone, CHART, TODAY)


@pytest.mark.parametrize("kind", ["REAPPRAISAL", "BOUNDARY"])
def test_what_is_no_loss_raises_no_duty(kind: str) -> None:
    one = moved(kind, (FIELD, -10), (BETTER, 10))
    for name in ("CLAIM:NONAG", "EXEMPT:WATER"):
        assert refused(replace(one, lines=(*one.lines, Line(Account(COUNTY, name), q(FIELD, 10))))) == "LEDGER-NO-DUTY"


def test_old_claims_may_stand_in_a_first_book() -> None:
    check(replace(moved("OPENING"), lines=(Line(Account(COUNTY, "CLAIM:NONAG"), Quantities(10)),)), CHART, TODAY)


# --- what a closing says of them ----------------------------------------------------------------------------------


def results_of(book: Book, invariant: str) -> list[Tested]:
    tree = RegionTree({COUNTY: Region(COUNTY, "示范县", "county")})
    found = assess(book.database, tree, COUNTY, 2024, load_policy(), tasks=())
    return [one for one in found if one.invariant == invariant]


def test_inv_12_basic_farmland_taken_off_without_an_occupation_is_to_be_replaced_too(book: Book) -> None:
    book.post(opening(100, BASIC, id="b"), opening(100, FIELD, id="f"))
    book.post(moved("REAPPRAISAL", (BASIC, -30), (FIELD, 30)))
    short = results_of(book, "INV-12")[0]
    assert (short.outcome, short.found, short.wanted) == (Outcome.FAIL, 0, 30)
    assert "missing for x" in short.about.en
    book.post(an_entry("r", "REPLACE", "2024-04-01", (FIELD, -30), (BASIC, 30), links=("x",)))
    assert results_of(book, "INV-12")[0].outcome is Outcome.PASS


def test_inv_12_ground_that_goes_to_a_neighbour_is_not_lost(book: Book) -> None:
    contra = ((Account(COUNTY, f"TRANSFER:{THERE}"), 10), (Account(THERE, f"TRANSFER:{COUNTY}"), -10))
    book.post(opening(100, BASIC))
    book.post(moved("BOUNDARY", (BASIC, -10), (BASIC._replace(region=THERE), 10), *contra))
    assert results_of(book, "INV-12")[0].outcome is Outcome.PASS


def test_inv_5_farmland_taken_off_as_an_error_of_a_survey_is_listed_and_never_passes(book: Book) -> None:
    book.post(opening(100, FIELD))
    assert [one.outcome for one in results_of(book, "INV-5")] == [Outcome.PASS, Outcome.PASS]
    book.post(moved("REAPPRAISAL", (FIELD, -30), (WORSE, 20), (GARDEN, 10)))
    listed = results_of(book, "INV-5")[1]
    assert (listed.outcome, listed.found) == (Outcome.NOT_ASSESSED, 10)
    assert listed.about.en == (
        "1 reappraisal takes 0.10 m² of farmland off without a duty, as errors of an earlier survey, "
        "to be confirmed by the survey's records: x; measured anew by surveys: 0.00 m²"
    )


@pytest.mark.parametrize("id", ["flow:2023-2024:410882:ridges", "x"])
def test_inv_5_what_surveys_measured_anew_is_known_by_its_rules_not_by_its_id(book: Book, id: str) -> None:
    book.post(opening(100, FIELD))
    one = an_entry(id, "REAPPRAISAL", "2024-03-01", (FIELD, -10), (GARDEN, 10))
    book.post(one, replace(one, id=f"{id} of surveys", rule_pack="flow-kinds", rule_version="2"))
    listed = results_of(book, "INV-5")[1]
    assert (listed.outcome, listed.found) == (Outcome.NOT_ASSESSED, 10), "the one by hand"
    assert f"records: {id}; measured anew by surveys: 0.10 m²" in listed.about.en
