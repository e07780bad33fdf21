"""Rules are data: chosen by the day of the act and the region, replaced row by row, and each says how sure it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_cases import CLAIM, COUNTY, FIELD, GARDEN, ROAD, a_year, an_entry, opening, q, restore, worked_opening
from sqlalchemy import text

from tilth.core import BadInput, speaking
from tilth.land import Region, RegionTree
from tilth.ledger import (
    Account,
    Book,
    Entry,
    Line,
    Outcome,
    Phase,
    Status,
    Tested,
    admit,
    assess,
    counter,
    gather,
    load_policy,
    neutrality,
    one_out_all_out,
    seea_account,
)
from tilth.ledger.equivalents import baseline
from tilth.ledger.policy import PACKS, policy_of_text

TREE = RegionTree({COUNTY: Region(COUNTY, "示范县", "county")})
ROW = """
[[rule]]
id = "paddy"
version = "yunnan-2026"
since = 2026-01-08
title = "Paddy of the province stays stable"
source = "Yunnan notice of 2026-01-08"
confidence = "likely"
level = "province"
allowed_decrease_m2 = 500
"""


def a_pack(folder: Path, text: str = ROW, head: str = 'id = "mine"\nversion = "7"\n') -> Path:
    path = folder / "mine.toml"
    path.write_text(head + text, encoding="utf-8")
    return path


# --- packs --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cn", *PACKS])
def test_every_shipped_rule_says_where_it_is_from_and_how_sure_it_is(name: str) -> None:
    policy = load_policy(name)
    assert policy.id == name
    for rule in policy.rules:
        assert rule.source and rule.title.en and rule.title.zh != rule.title.en
        assert rule.confidence in ("sure", "likely", "unverified")
    assert policy_of_text(policy.as_text()) == policy
    assert len(policy.digest) == 64


def test_the_day_of_the_act_chooses_between_the_old_balance_and_the_new() -> None:
    policy = load_policy()
    for day, version in ((date(2024, 2, 4), "pooled-2017"), (date(2024, 2, 5), "2024")):
        found = policy.rule("pools", day)
        assert found is not None
        assert found.version == version
    assert policy.rule("cap", date(2024, 2, 4)) is None
    assert policy.rule("pools", date(2016, 1, 1)) is None
    assert policy.rule("pools", date(2024, 2, 5)) == load_policy("cn-2024").rule("pools", date(2024, 2, 5))
    assert load_policy("cn-2024").rule("pools", date(2024, 2, 4)) is None


def test_a_file_replaces_rows_by_id_and_adds_rows_for_a_province(tmp_path: Path) -> None:
    mine = load_policy(a_pack(tmp_path))
    assert (mine.id, mine.version) == ("cn+mine", "2017.1+2024.1+7")
    assert mine.rule("paddy", date(2025, 1, 1)) is None, "every version of the row is replaced"
    found = mine.rule("paddy", date(2026, 2, 1))
    assert found is not None
    assert (found["allowed_decrease_m2"], found.confidence) == (500, "likely")
    only = load_policy(a_pack(tmp_path, ROW + 'region = "53"\n'))
    for region, version in (("530100", "yunnan-2026"), (COUNTY, "2024")):
        rule = only.rule("paddy", date(2026, 2, 1), region)
        assert rule is not None
        assert rule.version == version
    standing_on = load_policy(a_pack(tmp_path, head='id = "mine"\nbase = "seea"\n'))
    assert standing_on.rule("cap", date(2026, 2, 1)) is None
    assert standing_on.rule("land-account", date(2026, 2, 1)) is not None


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            'confidence = "likely"',
            'confidence = "certain"',
            "confidence is 'certain'; it may be sure, likely, unverified",
        ),
        ("since = 2026-01-08", 'since = "soon"', "since is 'soon'; it may be 2024-02-05"),
        ("since = 2026-01-08", "since = 2026-01-08\nuntil = 2025-01-01", "until is"),
        ("= 500", "= 500.5", "allowed_decrease_m2 is 500.5; it may be 0 … 1000000000000"),
        ("= 500", "= true", "allowed_decrease_m2 is True"),
        ("= 500", "= 500\nratio = 3", "ratio is 3"),
        ('level = "province"', 'level = "village"', "level is 'village'; it may be province, project"),
        ('level = "province"\n', "", "level is None"),
        ('id = "paddy"', 'id = "pady"', "id is 'pady'; it may be paddy"),
        ('source = "Yunnan notice of 2026-01-08"', 'source = " "', "source is ' '; it may be text"),
    ],
)
def test_what_is_wrong_with_a_row_is_said(tmp_path: Path, old: str, new: str, words: str) -> None:
    with pytest.raises(BadInput, match="POLICY-RULE") as caught:
        load_policy(a_pack(tmp_path, ROW.replace(old, new)))
    assert words in caught.value.said
    assert "mine.toml" in caught.value.said
    with speaking("zh"):
        assert caught.value.said


def test_a_pack_that_there_is_not_is_named(tmp_path: Path) -> None:
    for chosen, code in (
        ("cn-2042", "POLICY-UNKNOWN"),
        (tmp_path / "none.toml", "POLICY-UNREADABLE"),
        (a_pack(tmp_path, "rule = 3"), "POLICY-EMPTY"),
    ):
        with pytest.raises(BadInput, match=code):
            load_policy(chosen)
    with pytest.raises(BadInput, match="POLICY-RULE-TWICE"):
        load_policy(a_pack(tmp_path, ROW + ROW))
    with pytest.raises(BadInput, match="POLICY-BASE"):
        load_policy(a_pack(tmp_path, head='base = "de"\n'))
    with pytest.raises(BadInput, match="perhaps cn-2024"):
        load_policy("cn-2025")


def test_another_value_gives_another_digest(tmp_path: Path) -> None:
    one = load_policy(a_pack(tmp_path)).digest
    assert load_policy(a_pack(tmp_path)).digest == one
    assert load_policy(a_pack(tmp_path, ROW.replace("500", "501"))).digest != one


# --- land degradation neutrality ----------------------------------------------------------------------------------


def results(book: Book, pack: str, tree: RegionTree = TREE, region: str = COUNTY) -> dict[str, list[Tested]]:
    found: dict[str, list[Tested]] = {}
    for one in assess(book.database, tree, region, 2024, load_policy(pack), tasks=()):
        found.setdefault(one.invariant, []).append(one)
    return found


def ldn(id: str, kind: str, *types: tuple[str, int], day: str = "2024-05-01", phase: Phase = Phase.POST) -> Entry:
    return an_entry(id, kind, day, *((Account(COUNTY, f"LDN:{name}"), area) for name, area in types), phase=phase)


@given(indicators=st.tuples(*[st.integers(-1, 1)] * 3))
def test_one_indicator_that_is_worse_makes_a_loss(indicators: tuple[int, int, int]) -> None:
    found = one_out_all_out(*indicators)
    assert (found is Status.LOSS) == (-1 in indicators)
    assert (found is Status.GAIN) == (-1 not in indicators and 1 in indicators)


def test_gains_of_one_land_type_do_not_make_up_for_losses_of_another(book: Book) -> None:
    book.post(ldn("g1", "GAIN", ("cropland", 70)), ldn("l1", "LOSS", ("cropland", -70)))
    book.post(ldn("g2", "GAIN", ("grassland", 500)), ldn("l2", "LOSS", ("cropland", -1)))
    book.post(ldn("plan", "GAIN", ("cropland", 30), phase=Phase.RESERVE))
    found = results(book, "ldn")
    assert [(one.outcome.value, one.found, one.wanted) for one in found["LDN-1"]] == [
        ("fail", 70, 71),
        ("pass", 500, 0),
    ]
    assert found["LDN-2"][0].outcome is Outcome.PASS
    cropland = neutrality(gather(book.database, TREE, COUNTY, 2024))[0]
    assert (cropland.net_dm2, cropland.planned_net_dm2) == (-1, 29)


def test_an_entry_that_moves_between_land_types_is_caught(book: Book) -> None:
    both = ldn("both", "GAIN", ("cropland", 70), ("grassland", -70))
    with pytest.raises(BadInput, match="POLICY-LIKE"):
        admit(book.database, TREE, [both], load_policy("ldn"))
    admit(book.database, TREE, [both], load_policy())
    book.post(both)
    found = results(book, "ldn")
    assert [one.outcome.value for one in found["LDN-2"]] == ["fail"]
    assert "INV-10" not in found
    assert "INV-1" in found


def test_a_gain_that_is_taken_back_is_no_gain(book: Book) -> None:
    gained = ldn("g", "GAIN", ("cropland", 70))
    book.post(gained)
    book.post(counter(gained, id="back", posting_date=date(2024, 9, 1), evidence="d", author="Li"))
    (only,) = neutrality(gather(book.database, TREE, COUNTY, 2024))
    assert (only.gains_dm2, only.losses_dm2) == (0, 0)


def test_the_baseline_is_the_mean_of_its_years() -> None:
    rule = load_policy("ldn").rule("baseline", date(2024, 1, 1))
    assert rule is not None
    assert baseline({1999: 100, 2000: 1, 2015: 2, 2016: 100}, rule) == Fraction(3, 2)
    assert baseline({2016: 100}, rule) is None


# --- easements in a ratio -----------------------------------------------------------------------------------------


def protect(id: str, area: int, region: str, *links: str) -> Entry:
    return an_entry(id, "PROTECT", "2024-07-01", (Account(region, "PROTECT:EASEMENT"), area), links=links)


@pytest.mark.parametrize(
    ("region", "grade", "ratio", "confidence"),
    [
        ("06077", 5, 1, "likely"), ("0618100", 5, 2, "likely"), ("06113", 5, 2, "unverified"),
        ("06113", 2, 3, "unverified"),
    ],
)  # fmt: skip
def test_so_much_is_protected_as_the_ratio_of_the_place_wants(
    book: Book, region: str, grade: int, ratio: int, confidence: str
) -> None:
    tree = RegionTree({region: Region(region, "County", "county")})
    field, road = (Account(region, f"LAND:{code}") for code in ("0103", "1003"))
    field = field._replace(stable=1, grade=grade)
    book.post(opening(1000, field))
    built = an_entry("o", "NONAG", "2024-06-01", (field, -100), (road, 100))
    book.post(replace(built, lines=(*built.lines, Line(CLAIM._replace(region=region), q(field, 100)))))
    book.post(protect("e1", 100 * ratio - 1, region, "o"))
    (short,) = results(book, "ratio", tree, region)["RATIO-1"]
    assert (short.outcome, short.found, short.wanted) == (Outcome.FAIL, 100 * ratio - 1, 100 * ratio)
    book.post(protect("e2", 1, region, "o"))
    found = results(book, "ratio", tree, region)
    assert found["RATIO-1"][0].outcome is Outcome.PASS
    assert found["RATIO-1"][0].confidence == confidence
    assert (found["RATIO-2"][0].outcome, found["RATIO-2"][0].found) == (Outcome.PASS, 0)
    assert gather(book.database, tree, region, 2024).farmland().area_dm2 == 900, "an easement makes no land"


def test_an_easement_that_moves_land_is_caught(book: Book) -> None:
    book.post(opening(1000))
    moving = an_entry("e", "PROTECT", "2024-07-01", (Account(COUNTY, "PROTECT:EASEMENT"), 10), (GARDEN, -5), (ROAD, 5))
    book.post(moving)
    (found,) = results(book, "ratio")["RATIO-2"]
    assert (found.outcome, found.found) == (Outcome.FAIL, 10)


# --- the SEEA land account ----------------------------------------------------------------------------------------


def test_the_land_account_of_the_worked_county_lists_every_cause(book: Book) -> None:
    book.post(worked_opening())
    a_year(book)
    rows = {
        row.land_cover: row.as_record()
        for row in seea_account(gather(book.database, TREE, COUNTY, 2024), load_policy("seea"))
    }
    m2 = {
        name: {key: value // 100 for key, value in row.items() if type(value) is int and value}
        for name, row in rows.items()
    }
    assert m2["herbaceous_crops"] == {
        "opening_dm2": 1_000_000, "managed_expansion_dm2": 35_000, "additions_dm2": 35_000,
        "managed_regression_dm2": 16_000, "natural_regression_dm2": 3_000, "reductions_dm2": 19_000,
        "closing_dm2": 1_016_000,
    }  # fmt: skip
    assert m2["inland_water"] == {"natural_expansion_dm2": 3_000, "additions_dm2": 3_000, "closing_dm2": 3_000}
    assert sum(row["closing_dm2"] for row in rows.values()) == 112_000_000
    (found,) = results(book, "seea")["SEEA-1"]
    assert (found.outcome, found.found, found.wanted) == (Outcome.PASS, 112_000_000, 112_000_000)


def test_an_error_of_a_survey_is_a_reappraisal_and_never_a_gain_or_loss(book: Book) -> None:
    book.post(opening(1000, FIELD), an_entry("error", "REAPPRAISAL", "2024-03-01", (FIELD, -40), (GARDEN, 40)))
    rows = {row.land_cover: row for row in seea_account(gather(book.database, TREE, COUNTY, 2024), load_policy("seea"))}
    assert rows["herbaceous_crops"].reductions_dm2 == {"managed": 0, "natural": 0, "reappraisal": 40}
    assert sum(rows["woody_crops"].additions_dm2.values()) == rows["woody_crops"].additions_dm2["reappraisal"]


def test_what_is_taken_back_is_on_the_side_of_its_original(book: Book) -> None:
    back = counter(restore("r", 300), id="back", posting_date=date(2024, 9, 1), evidence="d", author="Li")
    book.post(opening(1000), restore("r", 300), back, restore("s", 10, "2024-10-01"))
    rows = {row.land_cover: row for row in seea_account(gather(book.database, TREE, COUNTY, 2024), load_policy("seea"))}
    assert rows["herbaceous_crops"].additions_dm2["managed"] == 10
    assert rows["herbaceous_crops"].closing_dm2 == 10


def test_a_book_whose_stock_is_not_the_sum_of_its_flows_does_not_close(book: Book) -> None:
    book.post(opening(1000), restore("r", 300))
    with book.database.transaction() as connection:
        connection.execute(text("UPDATE ledger_account SET booked_area = booked_area + 7 WHERE name = 'LAND:0103'"))
    (found,) = results(book, "seea")["SEEA-1"]
    assert (found.outcome, found.difference) == (Outcome.FAIL, -7)
