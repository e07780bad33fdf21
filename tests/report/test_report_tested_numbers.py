"""The numbers of a test are printed in units that a person can read, with the exact whole numbers in its detail."""

from __future__ import annotations

from tilth.core import Label, speaking
from tilth.ledger import Outcome, Tested
from tilth.report import about_of, numbers_of

FOUND, WANTED = 195_000_00 * 16_000_00, 72_000_00 * 35_000_00


def quality(found: int | None, wanted: int | None) -> Tested:
    """Q1 of the worked county: 5.571 against 4.500, multiplied out."""
    outcome = Outcome.NOT_ASSESSED if found is None else Outcome.FAIL
    said = Label("Q1: mean grade 5.571 against 4.500", "Q1：平均等级 5.571 对 4.500")
    return Tested(
        "INV-14", "410882", 2024, outcome, found, wanted, "dm2²·grade", "quality", "2024", None, "likely", said
    )


def test_quality_is_printed_in_square_hectares_and_exactly_in_its_detail() -> None:
    test = quality(FOUND, WANTED)
    assert numbers_of(test) == ["31.2000", "25.2000", "6.0000"]
    with speaking("en"):
        assert about_of(test).endswith("(exact: 31,200,000,000,000 against 25,200,000,000,000, in (0.01 m²)² × grade)")
    with speaking("zh"):
        assert "精确值：31,200,000,000,000" in about_of(test)


def test_where_nothing_is_known_nothing_is_printed() -> None:
    test = quality(None, None)
    assert numbers_of(test) == ["", "", ""] and about_of(test) == str(test.about)


def test_areas_stay_exact() -> None:
    from dataclasses import replace

    test = replace(quality(-1, 123_456), unit="dm2")
    assert numbers_of(test) == ["-0.01", "1,234.56", "-1,234.57"] and about_of(test) == str(test.about)
