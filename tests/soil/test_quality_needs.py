"""What a parcel lacks and how far it is degraded: planted cases, bounds on both sides, nothing said of the unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tilth.core import BadInput, speaking
from tilth.soil import DEGREES, classify, degradation, lacks, load_needs, with_salinisation

NEEDS = load_needs()
#: A field that lacks nothing; every planted case is this one with one thing changed.
GOOD = {
    "organic_matter_g_kg": 25.0, "ph": 6.8, "soil_depth_cm": 100.0, "plough_layer_cm": 22.0, "black_layer_cm": 65.0,
    "bulk_density_g_cm3": 1.3, "available_p_mg_kg": 25.0, "available_k_mg_kg": 150.0, "salt_g_kg": 0.5,
    "slope_deg": 2.0, "irrigation": "full", "drainage": "met", "shelterbelt": "high", "erosion": "none",
    "landform": "plain-low",
}  # fmt: skip


def field(**changed):
    return pd.DataFrame([{**GOOD, **changed}])


def found(**changed):
    (lacking,), (unknown,) = lacks(field(**changed), NEEDS)
    return [one.need.id for one in lacking], unknown


def test_a_field_that_has_everything_lacks_nothing():
    assert found() == ([], [])


#: Planted: what is changed, what then is lacking, and a measure that must be among the candidates.
PLANTED = [
    ({"organic_matter_g_kg": 12.0}, "organic_matter_g_kg", "STRAW_RETURN"),
    ({"ph": 4.9}, "ph", "LIME"),
    ({"ph": 9.1}, "ph", "GYPSUM"),
    ({"soil_depth_cm": 40.0}, "soil_depth_cm", "SOIL_SWAP"),
    ({"plough_layer_cm": 14.0}, "plough_layer_cm", "DEEP_TILL"),
    ({"black_layer_cm": 18.0}, "black_layer_cm", "NO_TILL"),
    ({"bulk_density_g_cm3": 1.6}, "bulk_density_g_cm3", "DEEP_TILL"),
    ({"available_p_mg_kg": 5.0}, "available_p_mg_kg", "PHOSPHATE"),
    ({"available_k_mg_kg": 60.0}, "available_k_mg_kg", "POTASH"),
    ({"salt_g_kg": 4.2}, "salt_g_kg", "PIPE_DRAIN"),
    ({"slope_deg": 18.0}, "slope_deg", "TERRACE"),
    ({"irrigation": "none"}, "irrigation", "CANAL"),
    ({"drainage": "basic"}, "drainage", "DRAIN_CLEAR"),
    ({"shelterbelt": "low"}, "shelterbelt", "SHELTERBELT"),
    ({"erosion": "moderate"}, "erosion", "CONTOUR"),
]


@pytest.mark.parametrize(("changed", "lacking", "measure"), PLANTED)
def test_what_is_planted_is_lacking_and_nothing_else_with_a_measure_that_fits(changed, lacking, measure):
    (one,) = lacks(field(**changed), NEEDS)[0][0]
    assert one.need.id == lacking and measure in one.measures
    assert all(each in NEEDS.measures for each in one.measures)


def test_too_much_and_too_little_have_measures_of_their_own():
    low, high = (lacks(field(ph=value), NEEDS)[0][0][0] for value in (4.9, 9.1))
    assert "LIME" in low.measures and "LIME" not in high.measures
    assert "GYPSUM" in high.measures and "GYPSUM" not in low.measures


def test_several_things_are_lacking_at_once():
    assert found(ph=5.0, irrigation="basic", organic_matter_g_kg=8.0)[0] == ["organic_matter_g_kg", "ph", "irrigation"]


#: Bounds: column, the value that is just enough, the nearest that is not.
BOUNDS = [
    ("organic_matter_g_kg", 20.0, 19.999), ("ph", 5.5, 5.4999), ("ph", 8.5, 8.5001), ("soil_depth_cm", 60.0, 59.9),
    ("plough_layer_cm", 20.0, 19.9), ("black_layer_cm", 30.0, 29.9), ("bulk_density_g_cm3", 1.45, 1.4501),
    ("available_p_mg_kg", 10.0, 9.99), ("available_k_mg_kg", 100.0, 99.9), ("salt_g_kg", 2.9999, 3.0),
    ("slope_deg", 15.0, 15.01), ("irrigation", "met", "basic"), ("drainage", "met", "basic"),
    ("shelterbelt", "medium", "low"), ("erosion", "none", "slight"),
]  # fmt: skip


@pytest.mark.parametrize(("column", "enough", "short"), BOUNDS)
def test_every_limit_is_met_by_the_value_on_its_good_side_and_missed_by_the_next(column, enough, short):
    assert found(**{column: enough})[0] == [] and found(**{column: short})[0] == [column]


def test_a_hill_needs_less_depth_than_a_plain():
    assert found(soil_depth_cm=50.0, landform="hill-middle")[0] == []
    assert found(soil_depth_cm=49.9, landform="hill-middle")[0] == ["soil_depth_cm"]
    assert found(soil_depth_cm=50.0, landform="plain-high")[0] == ["soil_depth_cm"]


@pytest.mark.parametrize("column", [one for one in GOOD if one != "landform"])
def test_what_is_not_known_is_not_lacking_and_is_named(column):
    blank = "" if isinstance(GOOD[column], str) else np.nan
    lacking, unknown = found(**{column: blank})
    assert lacking == [] and unknown == ["salinity" if column == "salt_g_kg" else column]


def test_salt_is_counted_once_however_it_was_measured():
    assert found(salt_g_kg=1.5, ece_ds_m=9.0)[0] == [], "total salt is known, and decides"
    assert found(salt_g_kg=np.nan, ece_ds_m=4.0)[0] == ["ece_ds_m"]
    assert found(salt_g_kg=np.nan, ece_ds_m=3.999) == ([], [])
    assert found(salt_g_kg=np.nan, salinisation="slight")[0] == ["salinisation"]


# --- degraded land ---------------------------------------------------------------------------------------------------

#: Kind, column, and the lowest value of each degree that has one, from the best degree to the worst.
STEPS = [
    ("acidified", "ph", {"none": 5.5, "slight": 5.0, "moderate": 4.5, "strong": 4.0}, -1),
    ("thinned", "black_layer_cm", {"none": 60, "slight": 30, "moderate": 20, "strong": 10}, -1),
    ("eroded", "soil_loss_t_km2", {"slight": 200, "moderate": 2500, "strong": 5000, "severe": 8000}, 1),
]


@pytest.mark.parametrize(("kind", "column", "lows", "up"), STEPS)
def test_every_bound_of_a_degree_is_its_lower_one_and_belongs_to_it(kind, column, lows, up):
    for name, low in lows.items():
        on, below = (degree_of(kind, **{column: value}) for value in (float(low), np.nextafter(float(low), -1)))
        assert on == DEGREES.index(name) and below == on - up, (kind, name)
    assert degree_of(kind, **{column: np.nan}) == -1


def degree_of(kind, **values):
    return int(degradation(with_salinisation(pd.DataFrame([{"parcel_id": "a", **values}])), NEEDS)[kind][0])


@pytest.mark.parametrize(
    ("salt", "degree"), [(0.999, 0), (1.0, 1), (1.999, 1), (2.0, 2), (3.999, 2), (4.0, 3), (5.999, 3), (6.0, 4)]
)
def test_salt_tells_the_degree_of_salinisation_where_nobody_stated_it(salt, degree):
    assert degree_of("saline", salt_g_kg=salt) == degree
    assert degree_of("saline", salt_g_kg=salt, salinisation="none") == 0, "what was stated counts"


def test_ece_tells_the_degree_where_salt_is_not_known_and_its_marks_go_along():
    frame = pd.DataFrame(
        {"parcel_id": ["a", "b"], "ece_ds_m": [4.0, 3.999], "ece_ds_m.source": "meter", "ece_ds_m.date": "2024",
         "ece_ds_m.confidence": "likely"}
    )  # fmt: skip
    done = with_salinisation(frame)
    assert done["salinisation"].tolist() == ["moderate", "slight"]
    assert done["salinisation.confidence"].tolist() == ["likely", "likely"]
    assert degree_of("saline") == -1


def test_the_degree_by_salt_is_the_class_that_the_scheme_gives_one_by_one():
    salt = np.round(np.random.default_rng(3).uniform(0, 8, 500), 1)
    degree = with_salinisation(pd.DataFrame({"parcel_id": "a", "salt_g_kg": salt}))["salinisation"].tolist()
    names = {"non": "none", "light": "slight", "moderate": "moderate", "strong": "strong", "solonchak": "severe"}
    found = classify(pd.DataFrame({"salt_g_kg": salt}), "cn-series-1")["class"]
    assert degree == [names[one] for one in found] and len(set(degree)) == 5


def test_an_erosion_that_was_stated_counts_before_one_that_was_computed():
    assert degree_of("eroded", erosion="strong", soil_loss_t_km2=100.0) == 3
    assert degree_of("eroded", erosion="", soil_loss_t_km2=100.0) == 0


# --- tables as data --------------------------------------------------------------------------------------------------


def own(tmp_path, text):
    file = tmp_path / "quality-needs.toml"
    file.write_text(text, encoding="utf-8")
    return load_needs(file)


def test_a_county_sets_its_own_limit_and_measure(tmp_path):
    needs = own(
        tmp_path,
        '[[need]]\nid = "ph"\nat_least = 6.0\nmeasures = ["MARL"]\nsource = "county"\nconfidence = "likely"\n'
        '[[measure]]\nid = "MARL"\nlabel = "marl"\nlabel_zh = "泥灰"\ncapex_yuan_mu = [0, 0]\nopex_yuan_mu = [20, 30]\n'
        'effect = "pH up"\neffect_zh = "提高pH"\nsource = "county"\nconfidence = "likely"\n',
    )
    (one,) = lacks(field(ph=5.9), needs)[0][0]
    assert one.measures == ("MARL",) and lacks(field(ph=6.0), needs)[0][0] == []
    assert len(needs.needs) == len(NEEDS.needs), "the other limits stay"


@pytest.mark.parametrize(
    "text",
    [
        '[[need]]\nid = "ph"\nsource = "x"\nconfidence = "sure"\n',
        '[[need]]\nid = "mood"\nat_least = 1\nsource = "x"\nconfidence = "sure"\n',
        '[[need]]\nid = "ph"\nat_least = 6\nmeasures = ["PRAYER"]\nsource = "x"\nconfidence = "sure"\n',
        '[[need]]\nid = "ph"\nat_least = 6\nconfidence = "sure"\n',
        '[[need]]\nid = "ph"\nat_least = 6\nsource = "x"\nconfidence = "maybe"\n',
        '[[need]]\nid = "irrigation"\nworst = "wet"\nsource = "x"\nconfidence = "sure"\n',
        '[[degradation]]\nid = "x"\nmetric = "ph"\nsource = "x"\nconfidence = "sure"\n',
        '[[degradation]]\nid = "x"\nmetric = "ph"\ndegrees = { slight = { from = 6, below = 5 } }\nsource = "x"\n'
        'confidence = "sure"\n',
        '[[degradation]]\nid = "x"\nlevel = "texture"\nsource = "x"\nconfidence = "sure"\n',
        '[[measure]]\nid = "M"\ncapex_yuan_mu = [9, 1]\nopex_yuan_mu = [0, 0]\nsource = "x"\nconfidence = "sure"\n',
        "[[need",
    ],
)
def test_a_table_of_needs_that_is_wrong_is_refused_with_the_line_that_is(tmp_path, text):
    with pytest.raises(BadInput) as refused:
        own(tmp_path, text)
    assert refused.value.code in ("QUALITY-NEEDS-BAD", "QUALITY-NEEDS-UNREADABLE")
    assert "quality-needs.toml" in refused.value.said


def test_limits_and_measures_have_a_source_a_mark_and_words_in_both_languages():
    for one in NEEDS.needs:
        assert one.source and one.confidence and (one.measures_low or one.measures_high)
        for lang in ("en", "zh"):
            with speaking(lang):
                assert one.limit
    for each in NEEDS.measures.values():
        assert each.label.zh and each.label.en and each.source and each.effect.zh
