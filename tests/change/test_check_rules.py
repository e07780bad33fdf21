"""Rule packs and contests as files: what is read, what is refused, with the file, the rule and the value."""

from __future__ import annotations

from datetime import date

import pytest

from tilth.change.contest import Contest, hit_id, read_contests, write_contests
from tilth.change.rulepack import Kind, Outcome, RulePack, load_rules
from tilth.core import BadInput, Label

GOOD = """
id = "county"
version = "3"
[[rule]]
id = "heritage"
version = "1"
since = 2020-01-01
title = "Heritage is kept clear"
layer = "heritage"
kind = "inside"
outcome = "fail"
source = "county notice 7"
confidence = "sure"
tolerance_m2 = 0.05
"""


def rules_in(tmp_path, text: str) -> RulePack:
    path = tmp_path / "rules.toml"
    path.write_text(text, encoding="utf-8")
    return load_rules(path)


def test_the_rules_that_ship_are_complete_and_in_both_languages():
    pack = load_rules()
    assert pack.id == "cn-2024"
    for rule in pack.rules:
        assert rule.title.en != rule.title.zh and rule.duty.en != rule.duty.zh
        assert rule.source and rule.confidence in ("sure", "likely", "unverified")
    in_force = {rule.id: rule.version for rule in pack.in_force(date(2024, 12, 31))}
    assert set(in_force) == {rule.id for rule in pack.rules}
    assert in_force["cn-farmland-occupied"] == "2024" and in_force["cn-pbf-occupied"] == "1999"


def test_no_two_versions_of_a_shipped_rule_are_in_force_on_one_day():
    pack = load_rules()
    for rule in pack.rules:
        same = [other for other in pack.rules if other.id == rule.id and other.in_force(rule.since)]
        assert same == [rule]


def test_the_later_version_counts_where_dates_overlap(tmp_path):
    later = GOOD[GOOD.index("[[rule]]") :].replace('version = "1"', 'version = "2"').replace("2020-", "2022-")
    pack = rules_in(tmp_path, GOOD + later)
    assert [rule.version for rule in pack.in_force(date(2023, 1, 1))] == ["2"]
    assert [rule.version for rule in pack.in_force(date(2021, 1, 1))] == ["1"]


def test_a_rule_file_of_the_users_own(tmp_path):
    (rule,) = rules_in(tmp_path, GOOD).rules
    assert (rule.kind, rule.outcome, rule.tolerance_dm2) == (Kind.INSIDE, Outcome.FAIL, 5)
    assert rule.title == Label("Heritage is kept clear", "Heritage is kept clear")


def test_a_province_replaces_rules_by_their_id(tmp_path):
    own = rules_in(tmp_path, GOOD.replace('id = "heritage"', 'id = "cn-pbf-occupied"'))
    joint = load_rules().overridden_by(own)
    assert [rule.layer for rule in joint.rules if rule.id == "cn-pbf-occupied"] == ["heritage"]
    assert joint.id == "cn-2024+county" and len(joint.rules) == len(load_rules().rules) - 1


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('kind = "inside"', 'kind = "beside"', "rules.toml, rule heritage: kind is 'beside'; wanted: inside, outside"),
        ('outcome = "fail"', 'outcome = "maybe"', "outcome is 'maybe'"),
        ('confidence = "sure"', "", "confidence is None; wanted: text"),
        ("since = 2020-01-01", "", "since is None; wanted: 2024-02-05"),
        ("since = 2020-01-01", "since = 2020-01-01\nuntil = 7", "until is 7"),
        ("since = 2020-01-01", "since = 2020-01-01\nuntil = 2019-12-31", "until is '2019-12-31'; wanted: 2020-01-01 …"),
        ("tolerance_m2 = 0.05", "tolerance_m2 = -1", "tolerance_m2 is -1"),
        ("tolerance_m2 = 0.05", "tolerance_m2 = nan", "tolerance_m2 is nan"),
        ('layer = "heritage"', "", "layer is 'parcels'; wanted: pbf, ecology"),
        ('layer = "heritage"', "layer = 4", "layer is 4"),
        ('kind = "inside"', 'kind = "farmland"', "layer is 'heritage'; wanted: parcels"),
        ('kind = "inside"', 'kind = "pbf_holding"', "layer is 'heritage'"),
        ("tolerance_m2 = 0.05", 'grades = ["4"]', "grades is"),
        ('id = "heritage"', "", "rule 1: id is None"),
    ],
)
def test_a_bad_rule_is_refused_with_its_file_key_and_value(tmp_path, before, after, said):
    with pytest.raises(BadInput, match="CHECK-RULE-BAD") as refused:
        rules_in(tmp_path, GOOD.replace(before, after))
    assert said in str(refused.value)


def test_a_file_that_holds_no_rules_is_refused(tmp_path):
    with pytest.raises(BadInput, match="CHECK-RULES-UNREADABLE"):
        rules_in(tmp_path, "id = ")
    with pytest.raises(BadInput, match="CHECK-RULES-UNREADABLE"):
        load_rules(tmp_path / "absent.toml")
    with pytest.raises(BadInput, match="CHECK-RULES-EMPTY"):
        rules_in(tmp_path, 'rule = "none"')
    with pytest.raises(BadInput, match="rule heritage stands there twice in version 1"):
        rules_in(tmp_path, GOOD + GOOD[GOOD.index("[[rule]]") :])


CONTESTS = (
    Contest("H-1", "misdrawn 误划", "村委会", date(2025, 3, 1)),
    Contest("H-2", "approved", "bureau, second desk", date(2025, 3, 2)),
)


@pytest.mark.parametrize("name", ["contests.csv", "contests.json"])
def test_contests_are_read_as_they_were_written(tmp_path, name):
    write_contests(CONTESTS, tmp_path / name)
    assert read_contests(tmp_path / name) == CONTESTS


def test_contests_in_gbk_and_in_an_object_are_read(tmp_path):
    path = tmp_path / "c.csv"
    path.write_bytes("hit_id,reason,who,date\nH-1,误划,村委会,2025-03-01\n".encode("gbk"))
    assert read_contests(path)[0].who == "村委会"
    path = tmp_path / "c.json"
    path.write_text('{"contests": [{"hit_id": "H-1", "reason": "r", "who": "w", "date": "2025-03-01"}]}')
    assert read_contests(path)[0].reason == "r"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("c.csv", "hit_id,reason,who,date\nH-1,r,,2025-01-01\n", "c.csv, row 1: who is missing"),
        ("c.csv", "hit_id,reason,who\nH-1,r,w\n", "c.csv, row 1: date is missing"),
        ("c.csv", "hit_id,reason,who,date\nH-1,r,w,yesterday\n", "c.csv, row 1: 'yesterday' is not a date"),
        ("c.json", "{", "c.json cannot be read"),
        ("c.json", '["H-1"]', "expected a list of objects"),
        ("c.json", "7", "expected a list of objects"),
    ],
)
def test_contests_that_cannot_be_used_are_refused_with_their_row(tmp_path, name, text, said):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        read_contests(path)
    assert said in str(refused.value)


def test_a_file_of_contests_that_is_not_there_or_not_text_is_refused(tmp_path):
    with pytest.raises(BadInput, match="CHECK-CONTESTS-UNREADABLE"):
        read_contests(tmp_path / "absent.csv")
    path = tmp_path / "c.csv"
    path.write_bytes(b"\xff\xff\xff\x00\xff")
    with pytest.raises(BadInput, match="CHECK-CONTESTS-UNREADABLE"):
        read_contests(path)


def test_a_hit_id_depends_on_what_is_hit_by_what():
    ids = {
        hit_id(*names)
        for names in [("r", "l", "f", "p"), ("r", "l", "f", "q"), ("r", "l", "fp", ""), ("r", "lf", "", "p")]
    }
    assert len(ids) == 4
