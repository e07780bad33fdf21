"""The index of quality is what one works out by hand; what is not known lowers confidence and is never a zero."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput, NotFound
from tilth.soil import Indicator, grade_of, quality_index, register_columns, weight_table, weight_tables

#: Three indicators whose index can be worked out on paper.
SMALL = """
id = "small"
version = "1"
title = "three indicators"
source = "made up"
confidence = "sure"
least_known = 0.6
high = 0.8
medium = 0.6
[confidence_counts]
sure = 1.0
likely = 0.8
unverified = 0.5
[grades]
from = [0.90, 0.86, 0.82, 0.78, 0.74, 0.70, 0.66, 0.62, 0.58]
confidence = "sure"
[[indicator]]
id = "organic_matter_g_kg"
part = "basic"
weight = 0.5
shape = "upper"
a = 0.002163
c = 38
low = 6
source = "made up"
confidence = "sure"
[[indicator]]
id = "ph"
part = "regional"
weight = 0.3
shape = "peak"
a = 0.256941
c = 6.7
low = 4.0
high = 9.5
source = "made up"
confidence = "sure"
[[indicator]]
id = "irrigation"
part = "basic"
weight = 0.2
scores = { full = 1.0, met = 0.85, basic = 0.7, none = 0.4 }
source = "made up"
confidence = "sure"
"""


@pytest.fixture
def small(tmp_path):
    return weight_table(own=table_in(tmp_path, SMALL))


def table_in(folder: Path, text: str) -> Path:
    file = folder / "quality-weights.toml"
    file.write_text(text, encoding="utf-8")
    return file


def parcels(mark="sure", **columns):
    frame = pd.DataFrame({name: list(values) for name, values in columns.items()})
    return frame.assign(**{f"{name}.confidence": mark for name in columns})


def test_the_index_of_three_indicators_is_what_one_works_out_on_paper(small):
    # 1 / (1 + 0.002163 × 18²) = 0.587955; 1 / (1 + 0.256941 × 1²) = 0.795582; met: 0.85
    # 0.5 × 0.587955 + 0.3 × 0.795582 + 0.2 × 0.85 = 0.293978 + 0.238675 + 0.17 = 0.702652
    found = quality_index(parcels(organic_matter_g_kg=[20.0], ph=[7.7], irrigation=["met"]), small)
    assert found.index.tolist() == found.low.tolist() == found.high.tolist() == [0.7027]
    assert (found.grade[0], found.confidence[0], found.word[0]) == (6, 1.0, "high")


def test_without_ph_the_index_rests_on_the_rest_and_the_range_says_what_ph_could_make_of_it(small):
    # (0.293978 + 0.17) / 0.7 = 0.662825; with pH at its worst 0.463978, at its best 0.763978; 0.7 is known
    found = quality_index(parcels(organic_matter_g_kg=[20.0], ph=[np.nan], irrigation=["met"]), small)
    assert (found.index[0], found.low[0], found.high[0]) == (0.6628, 0.4640, 0.7640)
    assert found.known[0] == pytest.approx(0.7) and found.confidence[0] == pytest.approx(0.7)
    assert (found.grade[0], found.grade_best[0], found.grade_worst[0], found.word[0]) == (7, 5, 10, "medium")


def test_every_mark_counts_for_what_the_table_says(small):
    values = {"organic_matter_g_kg": [20.0], "ph": [7.7], "irrigation": ["met"]}
    found = [quality_index(parcels(mark, **values), small) for mark in ("sure", "likely", "unverified")]
    assert [round(one.confidence[0], 6) for one in found] == [1.0, 0.8, 0.5]
    assert [one.word[0] for one in found] == ["high", "high", "low"]
    assert {one.index[0] for one in found} == {0.7027}, "how sure a value is does not change it"


@pytest.mark.parametrize(("lacking", "graded"), [(0.4, True), (0.4001, False), (0.3999, True)])
def test_a_grade_needs_so_much_of_the_weight_and_no_less(tmp_path, lacking, graded):
    weights = (("weight = 0.5", lacking), ("weight = 0.3", 0.3), ("weight = 0.2", round(0.7 - lacking, 4)))
    text = SMALL
    for old, new in weights:
        text = text.replace(f"{old}\n", f"weight = {new} #\n")
    table = weight_table(own=table_in(tmp_path, text))
    found = quality_index(parcels(organic_matter_g_kg=[np.nan], ph=[7.7], irrigation=["met"]), table)
    assert np.isfinite(found.index[0]) and bool(found.grade[0]) is graded
    assert (found.word[0] == "none") is not graded


def test_nothing_known_is_no_index_and_no_grade(small):
    found = quality_index(parcels(organic_matter_g_kg=[np.nan], ph=[np.nan], irrigation=[""]), small)
    assert np.isnan(found.index[0]) and (found.grade[0], found.confidence[0], found.word[0]) == (0, 0.0, "none")
    assert (found.low[0], found.high[0]) == (0.08, 1.0)


def test_a_column_that_no_table_has_is_not_known(small):
    found = quality_index(pd.DataFrame({"parcel_id": ["a"]}), small)
    assert np.isnan(found.index[0]) and found.known[0] == 0.0


# --- laws ------------------------------------------------------------------------------------------------------------

_TABLES = {one.id: one for one in weight_tables()}
_KNOWN = st.fixed_dictionaries(
    {
        "organic_matter_g_kg": st.floats(0, 80), "ph": st.floats(3, 11), "soil_depth_cm": st.floats(0, 200),
        "bulk_density_g_cm3": st.floats(0.5, 2.4), "available_k_mg_kg": st.floats(0, 400),
        "irrigation": st.sampled_from(["full", "met", "basic", "none"]),
        "texture": st.sampled_from(["sand", "sandy-loam", "medium-loam", "clay"]),
        "landform": st.sampled_from(["plain-low", "hill-top"]),
        "salinisation": st.sampled_from(["none", "slight", "strong"]), "slope_deg": st.floats(0, 40),
    }
)  # fmt: skip


@given(values=_KNOWN, table=st.sampled_from(sorted(_TABLES)), data=st.data())
def test_a_missing_indicator_lowers_the_confidence_and_is_never_a_zero(values, table, data):
    used = {one.id: one for one in _TABLES[table].indicators}
    gone = data.draw(st.sampled_from(sorted(set(values) & set(used))))
    whole = quality_index(parcels(**{name: [value] for name, value in values.items()}), _TABLES[table])
    blank = "" if isinstance(values[gone], str) else np.nan
    less = quality_index(parcels(**{**{n: [v] for n, v in values.items()}, gone: [blank]}), _TABLES[table])
    assert less.confidence[0] < whole.confidence[0] and less.known[0] < whole.known[0]
    assert np.isnan(less.membership[gone][0])
    rest = [less.membership[name][0] for name in used if np.isfinite(less.membership[name][0])]
    assert min(rest) - 1e-4 <= less.index[0] <= max(rest) + 1e-4, "a mean of what is known"
    # an end is the index itself where that lies outside of what the unknown can make of it
    assert less.low[0] <= whole.low[0] or whole.low[0] == whole.index[0], "the range is wider and holds the other"
    assert less.high[0] >= whole.high[0] or whole.high[0] == whole.index[0], "the range is wider and holds the other"
    assert less.low[0] <= less.index[0] <= less.high[0]
    zero = whole.index[0] - used[gone].weight * whole.membership[gone][0] / sum(
        used[name].weight for name in used if np.isfinite(whole.membership[name][0])
    )
    assert less.index[0] >= zero - 1e-4, "a zero would have made it less"


@given(index=st.floats(0, 1))
def test_a_better_index_is_never_a_worse_grade(index):
    bounds = weight_table().grades_from
    grades = grade_of(np.array([index, min(index + 0.01, 1.0)]), bounds)
    assert 1 <= grades[1] <= grades[0] <= 10


# --- bounds on both sides --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("table", sorted(_TABLES))
def test_every_bound_of_a_grade_belongs_to_the_better_grade(table):
    bounds = _TABLES[table].grades_from
    for grade, bound in enumerate(bounds, start=1):
        assert grade_of(np.array([bound, bound - 0.0001, bound + 0.0001]), bounds).tolist() == [
            grade, grade + 1, grade,
        ]  # fmt: skip


def shaped(shape, **more):
    return Indicator(
        "ph", "basic", 1.0, shape, 0.1, 10.0, more.get("low", -np.inf), more.get("high", np.inf), {}, "-", "sure"
    )


def test_memberships_change_at_their_bounds_and_not_before():
    upper, lower, peak = shaped("upper", low=5.0), shaped("lower", high=20.0), shaped("peak", low=5.0, high=20.0)
    near = 1e-9
    assert upper.membership(np.array([5.0, 10.0, 99.0])).tolist() == [0.0, 1.0, 1.0]
    assert upper.membership(np.array([5.0 + near]))[0] == pytest.approx(1 / (1 + 0.1 * 25), abs=1e-6)
    assert upper.membership(np.array([10.0 - near]))[0] == pytest.approx(1.0, abs=1e-6)
    assert lower.membership(np.array([-99.0, 10.0, 20.0])).tolist() == [1.0, 1.0, 0.0]
    assert lower.membership(np.array([20.0 - near]))[0] == pytest.approx(1 / (1 + 0.1 * 100), abs=1e-6)
    assert peak.membership(np.array([5.0, 10.0, 20.0])).tolist() == [0.0, 1.0, 0.0]
    assert peak.membership(np.array([11.0, 9.0])).tolist() == [1 / 1.1, 1 / 1.1]


def test_an_index_is_graded_as_it_is_printed(tmp_path):
    # 0.85995 prints as 0.8600 and is of grade 2; 0.85994 prints as 0.8599 and is of grade 3
    one = SMALL.replace("weight = 0.5", "weight = 1.0").partition("[[indicator]]")
    text = one[0] + one[1] + one[2].partition("[[indicator]]")[0]
    text = text.replace("organic_matter_g_kg", "irrigation").partition("shape")[0]
    for score, grade in ((0.85995, 2), (0.85994, 3)):
        rest = f'scores = {{ full = {score}, met = 0.5, basic = 0.4, none = 0.3 }}\nsource = "x"\nconfidence = "sure"\n'
        found = quality_index(parcels(irrigation=["full"]), weight_table(own=table_in(tmp_path, text + rest)))
        assert found.grade[0] == grade, (score, found.index[0])


# --- tables as data --------------------------------------------------------------------------------------------------


def test_the_general_table_has_the_structure_of_the_standard():
    table = weight_table()
    basic = [one.id for one in table.indicators if one.part == "basic"]
    regional = [one.id for one in table.indicators if one.part == "regional"]
    assert len({"nutrients" if one.startswith("available") else one for one in basic}) == 13
    assert sorted(regional) == ["altitude_m", "groundwater_m", "ph", "plough_layer_cm", "salinisation", "slope_deg"]
    for one in weight_tables():
        assert one.whole == pytest.approx(1.0, abs=0.0005) and all(each.source for each in one.indicators)
        assert one.confidence == "unverified", "weights from memory or chosen are marked so"


def test_a_province_sets_its_own_weights_and_leaves_out_what_it_does_not_use(tmp_path):
    own = weight_table(own=table_in(tmp_path, 'base = "gb33469"\nid = "henan"\nversion = "1"\ntitle = "Henan"\n'
                       'source = "the province"\nconfidence = "likely"\nleave_out = ["altitude_m"]\n'
                       "[weights]\nirrigation = 0.11\n"))  # fmt: skip
    assert own.id == "henan" and "altitude_m" not in {one.id for one in own.indicators}
    assert {one.id: one.weight for one in own.indicators}["irrigation"] == 0.11
    assert weight_table("gb33469", tmp_path / "quality-weights.toml").id == "gb33469"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("weight = 0.5", "weight = 0.4994", "QUALITY-WEIGHTS-SUM"),
        ("weight = 0.5", "weight = 0", "QUALITY-WEIGHTS-BAD"),
        ('id = "ph"', 'id = "phosphate"', "QUALITY-WEIGHTS-BAD"),
        ('shape = "peak"', 'shape = "bell"', "QUALITY-WEIGHTS-BAD"),
        ("none = 0.4", "nothing = 0.4", "QUALITY-WEIGHTS-BAD"),
        ("full = 1.0", "full = 1.1", "QUALITY-WEIGHTS-BAD"),
        ("0.62, 0.58]", "0.62]", "QUALITY-WEIGHTS-BAD"),
        ("0.90, 0.86", "0.86, 0.90", "QUALITY-WEIGHTS-BAD"),
        ("low = 4.0", "low = 7.0", "QUALITY-WEIGHTS-BAD"),
        ('confidence = "sure"\n[[', 'confidence = "certain"\n[[', "QUALITY-WEIGHTS-BAD"),
        ('source = "made up"', 'source = ""', "QUALITY-WEIGHTS-BAD"),
        ("unverified = 0.5", "unverified = 0.0", "QUALITY-WEIGHTS-BAD"),
        ("[grades]", "[grades", "QUALITY-WEIGHTS-UNREADABLE"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_the_line_that_is(tmp_path, old, new, code):
    assert old in SMALL
    with pytest.raises(BadInput) as refused:
        weight_table(own=table_in(tmp_path, SMALL.replace(old, new, 1)))
    assert refused.value.code == code and "quality-weights.toml" in str(refused.value)


def test_weights_a_rounding_from_one_are_taken(tmp_path):
    assert weight_table(own=table_in(tmp_path, SMALL.replace("weight = 0.5", "weight = 0.5005", 1))).id == "small"


def test_a_table_that_nobody_knows_is_named_with_those_there_are():
    with pytest.raises(NotFound, match="gb33469-yangtze"):
        weight_table("mars")


def test_the_register_keeps_what_the_issue_asks_for():
    wanted = ["quality_grade", "organic_matter_g_kg", "ph", "soil_depth_cm", "black_layer_cm", "salt_g_kg", "drainage"]
    assert {*wanted, "irrigation"} <= set(register_columns())
    for column in register_columns().values():
        assert column.label.zh != column.label.en or column.id == "ph", column.id


def test_no_grade_is_worse_than_its_worst_or_better_than_its_best():
    table = weight_table()
    for score in np.linspace(0.0, 100.0, 101):
        plain = {one.id: np.array([""], dtype=object) for one in table.indicators if one.scores}
        rest = {one.id: np.array([np.nan]) for one in table.indicators if not one.scores}
        known = {"organic_matter_g_kg": score / 3, "available_p_mg_kg": score / 4, "available_k_mg_kg": 2 * score,
                 "soil_depth_cm": score / 2 + 5, "ph": 9.4, "bulk_density_g_cm3": 2.0}  # fmt: skip
        frame = pd.DataFrame({**plain, **rest, **{name: np.array([value]) for name, value in known.items()}})
        found = quality_index(frame, table)
        assert found.low[0] <= found.index[0] <= found.high[0]
        assert found.grade[0] == 0 or found.grade_best[0] <= found.grade[0] <= found.grade_worst[0]
