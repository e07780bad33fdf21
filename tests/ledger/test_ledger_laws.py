"""Each law of an entry catches what breaks it, says the numbers, and lets the sound entry pass."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_cases import (
    CLAIM,
    COUNTY,
    FIELD,
    GARDEN,
    PADDY,
    POOL,
    ROAD,
    an_entry,
    lines,
    occupy,
    opening,
    q,
    restore,
)  # fmt: skip

from tilth.core import BadInput, NotFound, TilthError, speaking
from tilth.ledger import Account, Chart, Entry, Line, Phase, Quantities, may_be_negative
from tilth.ledger.canonical import body_of, entry_of
from tilth.ledger.chart import kinds
from tilth.ledger.laws import check

CHART = Chart()
TODAY = date(2025, 12, 31)
NEIGHBOUR = "410883"


def refused(entry: Entry, **more: Any) -> str:
    """The code of what is said against an entry; it is said in both languages."""
    with pytest.raises(TilthError) as caught:
        check(entry, CHART, TODAY, **more)
    for language in ("en", "zh"):
        with speaking(language):
            assert entry.id in str(caught.value) or caught.value.code in ("LEDGER-REGION", "LEDGER-ACCOUNT")
    return caught.value.code


def sound(entry: Entry, **more: Any) -> None:
    check(entry, CHART, TODAY, **more)


# --- INV-1 land is conserved --------------------------------------------------------------------------------------


def test_inv_1_land_that_appears_or_disappears_is_refused() -> None:
    for area in (-99, -101):
        entry = an_entry("x", "CHANGE", "2024-01-01", (GARDEN, area), (ROAD, 100))
        assert refused(entry) == "LEDGER-UNBALANCED"


def test_inv_1_holds_in_each_region_by_itself() -> None:
    there = GARDEN._replace(region=NEIGHBOUR)
    moved = an_entry("x", "BOUNDARY", "2024-01-01", (GARDEN, -100), (there, 100))
    assert refused(moved) == "LEDGER-UNBALANCED"
    contra = ((Account(COUNTY, f"TRANSFER:{NEIGHBOUR}"), 100), (Account(NEIGHBOUR, f"TRANSFER:{COUNTY}"), -100))
    sound(an_entry("x", "BOUNDARY", "2024-01-01", (GARDEN, -100), (there, 100), *contra))


@given(parts=st.lists(st.integers(1, 10**9), min_size=1, max_size=4, unique=True), off=st.integers(-5, 5))
def test_inv_1_what_is_given_is_what_is_taken(parts: list[int], off: int) -> None:
    gains = [
        (Account(COUNTY, f"LAND:{code}"), part)
        for code, part in zip(("0301", "1003", "0404", "0702"), parts, strict=False)
    ]
    entry = an_entry("x", "CHANGE", "2024-01-01", (GARDEN, -sum(parts) - off), *gains)
    if off and sum(parts) + off:
        assert refused(entry) == "LEDGER-UNBALANCED"
    elif off == 0:
        sound(entry)


# --- INV-5 a loss of farmland raises a claim, or is exempt ---------------------------------------------------------


def test_inv_5_neither_claim_nor_exemption_is_refused() -> None:
    assert refused(an_entry("x", "NONAG", "2024-01-01", (FIELD, -10), (ROAD, 10))) == "LEDGER-DUTY"
    assert refused(an_entry("x", "WATER", "2024-01-01", (FIELD, -10), (ROAD, 10))) == "LEDGER-DUTY"


def test_inv_5_both_claim_and_exemption_are_refused() -> None:
    entry = occupy("x", 10)
    exempt = Line(Account(COUNTY, "EXEMPT:WATER"), q(FIELD, 10))
    assert refused(replace(entry, lines=(*entry.lines, exempt))) == "LEDGER-DUTY-KIND"


@pytest.mark.parametrize(
    "raised", [Quantities(9, 0, 0, 50), Quantities(11, 0, 0, 50), Quantities(10, 1, 0, 50), Quantities(10, 0, 0, 49)]
)
def test_inv_5_the_claim_has_the_area_paddy_and_grade_of_what_is_lost(raised: Quantities) -> None:
    sound(occupy("x", 10))
    assert refused(replace(occupy("x", 10), lines=(*occupy("x", 10).lines[:2], Line(CLAIM, raised)))) == "LEDGER-DUTY"


def test_inv_5_the_claim_is_of_the_kind_of_the_occupation() -> None:
    entry = replace(occupy("x", 10), kind="AGSTRUCT")
    assert refused(entry) == "LEDGER-DUTY-KIND"
    exempt = Line(Account(COUNTY, "EXEMPT:WATER"), q(FIELD, 10))
    sound(replace(entry, kind="WATER", lines=(*entry.lines[:2], exempt)))
    assert refused(replace(entry, kind="ECO", lines=(*entry.lines[:2], exempt))) == "LEDGER-DUTY-KIND"


def test_inv_5_a_claim_without_a_loss_is_refused() -> None:
    for kind in ("RESTORE", "NONAG", "SETTLE"):
        entry = an_entry("x", kind, "2024-01-01", (GARDEN, -10), (ROAD, 10))
        assert refused(replace(entry, lines=(*entry.lines, Line(CLAIM, q(FIELD, 10))))).startswith("LEDGER-DUTY")


def test_inv_5_a_loss_needs_a_kind_that_may_lose() -> None:
    for kind in ("CHANGE", "RESTORE", "UPGRADE"):
        assert refused(an_entry("x", kind, "2024-01-01", (FIELD, -10), (ROAD, 10))) == "LEDGER-LOSS"
    sound(an_entry("x", "REAPPRAISAL", "2024-01-01", (FIELD, -10), (ROAD, 10)))
    sound(an_entry("x", "UPGRADE", "2024-01-01", (FIELD, -10), (PADDY, 10)))


# --- INV-11 transfers ---------------------------------------------------------------------------------------------


def a_transfer(*amounts: tuple[str, int], **more: Any) -> Entry:
    return an_entry(
        "x", "TRANSFER", "2024-01-01", *((POOL._replace(region=code), area) for code, area in amounts), **more
    )


def test_inv_11_the_buyer_gets_what_the_seller_gives() -> None:
    sound(a_transfer((COUNTY, -100), (NEIGHBOUR, 100)))
    sound(a_transfer((COUNTY, -100), (NEIGHBOUR, 60), ("410884", 40)))
    assert refused(a_transfer((COUNTY, -100), (NEIGHBOUR, 99))) == "LEDGER-TRANSFER-UNEQUAL"
    better = POOL._replace(region=NEIGHBOUR, grade=1)
    assert refused(an_entry("x", "TRANSFER", "2024-01-01", (POOL, -100), (better, 100))) == "LEDGER-TRANSFER-UNEQUAL"


def test_inv_11_old_stock_and_caps_of_other_years_are_no_exchange() -> None:
    for name in ("POOL:LEGACY", "CAP:2024"):
        there = Account(NEIGHBOUR, name)
        sound(an_entry("x", "TRANSFER", "2024-01-01", (there._replace(region=COUNTY), -100), (there, 100)))
        other = there._replace(region=COUNTY, name="CAP:2025")
        assert (
            refused(an_entry("x", "TRANSFER", "2024-01-01", (other, -100), (there, 100))) == "LEDGER-TRANSFER-UNEQUAL"
        )


def test_inv_11_only_the_state_transfers_between_provinces() -> None:
    assert refused(a_transfer((COUNTY, -100), ("320101", 100))) == "LEDGER-PROVINCE"
    sound(a_transfer((COUNTY, -100), ("320101", 100), by_state=True))


def test_inv_11_who_missed_its_task_gives_nothing_away() -> None:
    assert refused(a_transfer((COUNTY, -100), (NEIGHBOUR, 100)), missed={COUNTY}) == "LEDGER-SELLER"
    sound(a_transfer((COUNTY, -100), (NEIGHBOUR, 100)), missed={NEIGHBOUR})


def test_inv_11_both_sides_stand_in_one_transfer() -> None:
    assert refused(a_transfer((COUNTY, -100))) == "LEDGER-TRANSFER-SIDES"
    two = an_entry("x", "ACCEPT", "2024-01-01", (POOL, 100), (POOL._replace(region=NEIGHBOUR), 5))
    assert refused(two) == "LEDGER-TRANSFER-KIND"


# --- INV-22 both days, and the rest -------------------------------------------------------------------------------


def test_inv_22_both_days_are_kept_and_nothing_is_booked_before_it_happened() -> None:
    entry = restore("x", 10, act_date=date(2023, 11, 30))
    kept = entry_of(body_of(entry))
    assert (kept.act_date, kept.posting_date) == (date(2023, 11, 30), date(2024, 3, 1))
    assert refused(replace(entry, act_date=date(2024, 3, 2))) == "LEDGER-ACT-LATER"
    sound(replace(entry, act_date=date(2024, 3, 2), phase=Phase.RESERVE))
    assert refused(replace(entry, posting_date=date(2026, 1, 1))) == "LEDGER-FUTURE"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"evidence": " "}, "LEDGER-EVIDENCE"),
        ({"author": ""}, "LEDGER-AUTHOR"),
        ({"id": "x" * 101}, "LEDGER-ID"),
        ({"kind": "GIFT"}, "LEDGER-KIND"),
        ({"geometry": "a\nb"}, "LEDGER-TEXT"),
        ({"lines": ()}, "LEDGER-LINES"),
        ({"phase": Phase.VOID}, "LEDGER-LINES"),
        ({"phase": Phase.VOID, "lines": ()}, "LEDGER-SETTLES"),
        ({"phase": Phase.RESERVE, "settles": "y"}, "LEDGER-SETTLES"),
        ({"expires": date(2024, 9, 1)}, "LEDGER-EXPIRES"),
        ({"lines": lines((GARDEN, -10), (FIELD, 10), (FIELD, 1))}, "LEDGER-ACCOUNT-TWICE"),
        ({"lines": lines((GARDEN, 0), (FIELD, 0))}, "LEDGER-NOTHING"),
        ({"lines": lines((GARDEN, -(10**17) - 1), (FIELD, 10))}, "LEDGER-QUANTITY"),
        ({"lines": (Line(GARDEN, Quantities(-10.0)), *lines((FIELD, 10)))}, "LEDGER-QUANTITY"),  # type: ignore[arg-type]
        ({"lines": (*lines((GARDEN, -10)), Line(FIELD, Quantities(10, 0, 0, 49)))}, "LEDGER-GRADE"),
        ({"lines": (*lines((GARDEN, -10)), Line(FIELD, Quantities(10, 1, 0, 50)))}, "LEDGER-PADDY"),
    ],
)
def test_what_is_wrong_with_an_entry_is_said(change: dict[str, Any], code: str) -> None:
    assert refused(replace(restore("x", 10), **change)) == code


@pytest.mark.parametrize(
    "account",
    [
        GARDEN._replace(name="LAND:02"), GARDEN._replace(name="LAND:"), GARDEN._replace(name="WATER:0101"),
        GARDEN._replace(name="CLAIM:WATER"), GARDEN._replace(name="CAP:24"),
        GARDEN._replace(name="CAP:" + "2" * 5000), GARDEN._replace(name="OPENING:1"),
        GARDEN._replace(grade=11), GARDEN._replace(pbf=2), GARDEN._replace(region="41 0882"),
    ],
)  # fmt: skip
def test_an_account_that_there_cannot_be_is_named(account: Account) -> None:
    with pytest.raises(NotFound, match="LEDGER-ACCOUNT"):
        CHART.admit(account)


@pytest.mark.parametrize("marks", [{"paddy": 1}, {"stable": 1}, {"grade": 5}])
def test_only_farmland_is_paddy_in_stable_use_or_graded(marks: dict[str, int]) -> None:
    for name in ("LAND:0201", "LAND:1003", "LAND:1203"):
        with pytest.raises(NotFound, match="LEDGER-MARKS"):
            CHART.admit(GARDEN._replace(name=name, **marks))
    CHART.admit(GARDEN._replace(name="LAND:0201", pbf=1))
    CHART.admit(GARDEN._replace(name="LAND:0101", **marks))


def test_a_region_that_is_not_in_the_tree_is_named() -> None:
    with pytest.raises(NotFound, match="no region 410882"):
        Chart(regions={"410883"}).admit(GARDEN)


def test_stocks_claims_pools_and_caps_never_fall_below_nothing() -> None:
    never = ("LAND:0101", "CLAIM:NONAG", "EXEMPT:ECO", "POOL:RESTORED", "POOL:LEGACY", "CAP:2025")
    assert not any(map(may_be_negative, never))
    assert may_be_negative("TRANSFER:410883") and may_be_negative("OPENING")


def test_every_kind_of_entry_says_what_a_loss_raises() -> None:
    assert set(kinds().values()) == {"claim", "exempt", "none", "never", "reverse"}


# --- the text of an entry -----------------------------------------------------------------------------------------

texts = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=12)
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
accounts = st.builds(Account, texts, texts, st.integers(0, 1), st.integers(0, 1), st.integers(0, 1), st.integers(0, 10))
quantities = st.builds(Quantities, *[st.integers(-(10**17), 10**17)] * 4)
any_entries = st.builds(
    Entry,
    *(texts, texts, days, days, texts, texts),
    lines=st.lists(st.builds(Line, accounts, quantities), max_size=4).map(tuple),
    phase=st.sampled_from(Phase),
    links=st.lists(texts, max_size=3).map(tuple),
    expires=st.none() | days,
    by_state=st.booleans(),
    **dict.fromkeys(("geometry", "rule_pack", "rule_version", "reverses", "settles"), texts),
)


@given(entry=any_entries)
def test_an_entry_reads_back_from_its_text_and_has_only_one(entry: Entry) -> None:
    body = body_of(entry)
    assert body == json.dumps(json.loads(body), ensure_ascii=False, separators=(",", ":"))
    again = entry_of(body)
    assert again == replace(entry, lines=tuple(sorted(entry.lines)), links=tuple(sorted(entry.links)))
    assert body_of(again) == body


@given(one=any_entries, other=any_entries)
def test_two_entries_never_share_a_text(one: Entry, other: Entry) -> None:
    same = replace(one, lines=tuple(sorted(one.lines)), links=tuple(sorted(one.links))) == replace(
        other, lines=tuple(sorted(other.lines)), links=tuple(sorted(other.links))
    )
    assert (body_of(one) == body_of(other)) == same


def test_the_stock_of_the_first_survey_needs_no_claim() -> None:
    sound(opening(1000))
    sound(opening(1000, FIELD))
    with pytest.raises(BadInput):
        sound(an_entry("x", "RESTORE", "2024-01-01", (FIELD, -10), (ROAD, 10)))


@pytest.mark.parametrize(
    ("kind", "account", "area"),
    [
        ("CHANGE", POOL, 10),
        ("SETTLE", POOL, 10),
        ("ACCEPT", POOL, -10),
        ("NONAG", CLAIM, -10),
        ("WATER", Account(COUNTY, "EXEMPT:WATER"), -10),
        ("RESTORE", Account(COUNTY, "CAP:2024"), 10),
        ("ACCEPT", Account(COUNTY, "CAP:2024"), -10),
    ],
)
def test_pools_claims_and_caps_move_by_their_own_kinds_only(kind: str, account: Account, area: int) -> None:
    assert refused(an_entry("x", kind, "2024-01-01", (account, area))) == "LEDGER-MOVES"


def test_inv_8_a_claim_is_settled_by_no_less_of_the_pool() -> None:
    sound(an_entry("x", "SETTLE", "2024-01-01", (POOL, -10), (CLAIM, -10)))
    sound(an_entry("x", "SETTLE", "2024-01-01", (POOL, -20), (CLAIM, -10)))
    assert refused(an_entry("x", "SETTLE", "2024-01-01", (CLAIM, -10))) == "LEDGER-SETTLE"
    assert refused(an_entry("x", "SETTLE", "2024-01-01", (POOL, -9), (CLAIM, -10))) == "LEDGER-SETTLE"


def test_old_compensation_lapses() -> None:
    sound(an_entry("x", "LAPSE", "2024-01-01", (POOL, -10)))
