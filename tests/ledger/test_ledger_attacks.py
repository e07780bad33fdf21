"""Entries that would make land, duty, pool or quality out of nothing are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ledger_cases import CLAIM, COUNTY, FIELD, GARDEN, POOL, ROAD, an_entry, lines, occupy

from tilth.core import BadInput
from tilth.ledger import Account, Chart, Entry, Line, Quantities
from tilth.ledger.laws import check

OTHER = "410883"
POOR = Account(COUNTY, "LAND:0103", grade=10)


def refused(entry: Entry) -> str:
    with pytest.raises(BadInput) as error:
        check(entry, Chart(), date(2025, 12, 31))
    return error.value.code


def test_new_farmland_does_not_lessen_a_claim() -> None:
    entry = an_entry("x", "NONAG", "2024-06-01", (FIELD, -10), (ROAD, 10), (POOR, 10), (GARDEN, -10))
    assert refused(entry) == "LEDGER-GAIN"


def test_an_upgrade_adds_no_area_to_the_pool() -> None:
    assert refused(an_entry("x", "UPGRADE", "2024-06-01", (POOL, 10))) == "LEDGER-UPGRADE-POOL"
    entry = an_entry("x", "UPGRADE", "2024-06-01")
    paddy = Line(Account(COUNTY, "POOL:RESTORED"), Quantities(0, 10, 100, 0))
    check(replace(entry, lines=(paddy,)), Chart(), date(2025, 12, 31))


def test_farmland_does_not_vanish_at_the_boundary_or_into_the_opening() -> None:
    assert refused(an_entry("x", "BOUNDARY", "2024-06-01", (FIELD, -10), (ROAD, 10))) == "LEDGER-LOSS"
    gone = an_entry("x", "BOUNDARY", "2024-06-01", (FIELD, -10), (Account(COUNTY, f"TRANSFER:{OTHER}"), 10))
    check(gone, Chart(), date(2025, 12, 31))
    opened = an_entry("x", "OPENING", "2024-06-01", (FIELD, -10), (ROAD, 10))
    assert refused(opened) == "LEDGER-MOVES"


def test_a_claim_is_not_wiped_out_by_protecting_nothing() -> None:
    assert refused(an_entry("x", "PROTECT", "2024-06-01", (CLAIM, -10))) == "LEDGER-SETTLE"


def test_quality_without_area_is_no_quality() -> None:
    bare = Line(Account(COUNTY, "LAND:0103", stable=1), Quantities(0, 0, 0, 1_000))
    assert refused(replace(an_entry("x", "CHANGE", "2024-06-01"), lines=(bare,))) == "LEDGER-GRADE"
    paddy = Line(CLAIM, Quantities(0, -10, 0, -40))
    assert refused(replace(an_entry("x", "SETTLE", "2024-06-01"), lines=(paddy,))) == "LEDGER-MOVES"


def test_what_is_transferred_keeps_its_grade() -> None:
    better = Account(OTHER, "POOL:RESTORED", stable=1, grade=1)
    made_up = Line(Account(OTHER, "POOL:RESTORED"), Quantities(0, 0, 0, 40))
    entry = replace(occupy("x", 1), kind="TRANSFER", lines=(*lines((POOL, -10), (better, 10)), made_up))
    assert refused(entry) == "LEDGER-TRANSFER-UNEQUAL"


def test_no_book_begins_before_1900() -> None:
    assert refused(an_entry("x", "RESTORE", "1899-12-31", (GARDEN, -1), (FIELD, 1))) == "LEDGER-TOO-OLD"
