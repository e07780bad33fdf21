"""Indices are what their formulas say, computed a second way by hand; a formula can say nothing but a formula."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput, NotFound
from tilth.soil import Formula, bare_soil, compute, index, indices, of_months, over_years, reflectance

root = math.sqrt
#: Every formula said here once more, in Python, from the literature.
BY_HAND = {
    "NDSI": lambda B, G, R, N, S1, S2: (R - N) / (R + N),
    "BI": lambda B, G, R, N, S1, S2: root(R * R + N * N),
    "SI_khan": lambda B, G, R, N, S1, S2: root(B * R),
    "SI1": lambda B, G, R, N, S1, S2: root(G * R),
    "SI2": lambda B, G, R, N, S1, S2: root(G * G + R * R + N * N),
    "SI3": lambda B, G, R, N, S1, S2: root(G * G + R * R),
    "S1": lambda B, G, R, N, S1, S2: B / R,
    "S2": lambda B, G, R, N, S1, S2: (B - R) / (B + R),
    "S3": lambda B, G, R, N, S1, S2: G * R / B,
    "S4": lambda B, G, R, N, S1, S2: root(B * R),
    "S5": lambda B, G, R, N, S1, S2: B * R / G,
    "S6": lambda B, G, R, N, S1, S2: R * N / G,
    "SI_T": lambda B, G, R, N, S1, S2: 100 * R / N,
    "SI_13": lambda B, G, R, N, S1, S2: root(R * N),
    "SI_SW1": lambda B, G, R, N, S1, S2: S1 / S2,
    "SI_5": lambda B, G, R, N, S1, S2: (N - S1) / (N + S1),
    "SI_6": lambda B, G, R, N, S1, S2: (S1 - S2) / (S1 + S2),
    "NSI": lambda B, G, R, N, S1, S2: (S1 - S2) / (S1 - N) if S1 != N else math.nan,
    "SI_ASTER": lambda B, G, R, N, S1, S2: (S1 - N) / (S1 + S2),
    "CRSI": lambda B, G, R, N, S1, S2: root((N * R - G * B) / (N * R + G * B)) if N * R >= G * B else math.nan,
    "COSRI": lambda B, G, R, N, S1, S2: (B + G) / (R + N) * (N - R) / (N + R),
    "VSSI": lambda B, G, R, N, S1, S2: 2 * G - 5 * (R + N),
    "SAVI": lambda B, G, R, N, S1, S2: 1.5 * (N - R) / (N + R + 0.5),
    "EVI": lambda B, G, R, N, S1, S2: 2.5 * (N - R) / (N + 6 * R - 7.5 * B + 1),
    "NDVI": lambda B, G, R, N, S1, S2: (N - R) / (N + R),
    "ENDVI": lambda B, G, R, N, S1, S2: (N + S2 - R) / (N + S2 + R),
    "GDVI": lambda B, G, R, N, S1, S2: (N * N - R * R) / (N * N + R * R),
    "SDI": lambda B, G, R, N, S1, S2: root(((N - R) / (N + R) - 1) ** 2 + B * R),
}
BANDS = ("B", "G", "R", "NIR", "SWIR1", "SWIR2")


def test_every_index_is_tested() -> None:
    assert sorted(indices()) == sorted(BY_HAND)


@given(bands=st.tuples(*[st.floats(0.01, 0.9)] * 6), name=st.sampled_from(sorted(BY_HAND)))
def test_an_index_is_its_formula_worked_out_by_hand(bands: tuple[float, ...], name: str) -> None:
    if name == "EVI" and abs(bands[3] + 6 * bands[2] - 7.5 * bands[0] + 1) < 1e-6:
        return
    found = float(index(name, dict(zip(BANDS, bands, strict=True))))
    assert found == pytest.approx(BY_HAND[name](*bands), rel=1e-9, abs=1e-12, nan_ok=True)


def test_ndsi_is_ndvi_with_the_other_sign() -> None:
    bands = {"R": np.array([0.3, 0.1]), "NIR": np.array([0.2, 0.4])}
    assert index("NDSI", bands).tolist() == (-index("NDVI", bands)).tolist()


def test_the_indices_of_the_bay_of_bengal_are_those_that_their_authors_published(data_dir: Path) -> None:
    """An independent way: SI1 to SI5, NDVI, VSSI and band ratios, as the authors of the samples computed them."""
    table = pd.read_csv(data_dir / "sal_odisha_bd" / "soil_data_reflectance.csv")
    headings = ("Blue_R", "Green_R", "Red_R", "NIR_R", "SWIR1_R", "SWIR2_R")
    bands = {band: table[heading].to_numpy() for band, heading in zip(BANDS, headings, strict=True)}
    published = {"SI1": "SI2", "SI3": "SI1", "SI_khan": "SI3", "S6": "SI4", "S1": "SI5", "VSSI": "VSSI",
                 "S2": "NBR", "SI_6": "NDSI1", "SI_5": "NNIRSWIR1", "NDSI": "NDSI2"}  # fmt: skip
    ours = compute(published, bands)
    assert len(table) == 106
    for name, theirs in published.items():  # the same name means another formula to them: SI1 is our SI3
        assert np.abs(ours[name] - table[theirs]).max() < 1e-8, name


def test_landsat_numbers_become_the_published_reflectance(data_dir: Path) -> None:
    folder = data_dir / "sal_odisha_bd"
    raw = pd.read_csv(folder / "soil_data_raw.csv", encoding="cp1252").dropna(subset=["Blue"])
    published = pd.read_csv(folder / "soil_data_reflectance.csv")
    assert np.abs(reflectance(raw["SWIR2"], "landsat-c2") - published["SWIR2_R"].to_numpy()).max() < 1e-9


# --- scale and offset -------------------------------------------------------------------------------------------------


def test_stored_numbers_are_refused_until_somebody_says_what_they_are() -> None:
    numbers = {"R": np.array([9198.0, 10559.0]), "NIR": np.array([15373.0, 16239.0])}
    with pytest.raises(BadInput, match=r"numbers such as .*, which are no reflectance from 0 to 1"):
        index("NDVI", numbers)
    by_product = index("NDVI", numbers, product="landsat-c2")
    by_hand = index("NDVI", numbers, scale=0.0000275, offset=-0.2)
    assert by_product.tolist() == by_hand.tolist()
    assert by_product[0] != pytest.approx((15373 - 9198) / (15373 + 9198), abs=0.05), "the offset counts in a ratio too"


def test_a_wrong_scale_is_noticed() -> None:
    with pytest.raises(BadInput, match=r"become 91\.98, which is no reflectance"):
        reflectance([9198.0, 9198.0], scale=0.01, offset=0.0)
    with pytest.raises(NotFound, match="no satellite product 'ikonos'"):
        reflectance([1.0], "ikonos")


def test_reflectance_that_is_scaled_once_more_is_noticed() -> None:
    ready = np.linspace(0.02, 0.6, 30)
    for how in ({"product": "landsat-c2"}, {"scale": 1e-4}, {"product": "sentinel2-l2a"}):
        with pytest.raises(BadInput) as caught:
            reflectance(ready, **how)
        assert caught.value.code == "SOIL-SCALE-WRONG"


def test_nodata_and_what_is_no_reflectance_become_nan() -> None:
    found = reflectance([0, 20_000, 65_535, 1], "landsat-c2")
    assert np.isnan(found).tolist() == [True, False, True, False]
    assert np.isnan(reflectance([0.1, 7.0, 0.2, np.inf])).tolist() == [False, True, False, True]


def test_a_missing_band_and_bands_of_two_sizes_are_named() -> None:
    with pytest.raises(BadInput, match="CRSI needs the bands B, G, and given are R, NIR"):
        index("CRSI", {"R": [0.1], "NIR": [0.2]})
    with pytest.raises(BadInput, match="different shapes"):
        index("NDVI", {"R": [0.1, 0.2], "NIR": [0.2]})
    with pytest.raises(NotFound, match="no index 'SI'"):
        index("SI", {"R": [0.1]})


def test_division_by_zero_and_the_root_of_a_negative_number_are_nan() -> None:
    assert np.isnan(index("NDVI", {"R": [0.0], "NIR": [0.0]})).all()
    assert np.isnan(index("NSI", {"SWIR1": [0.3], "SWIR2": [0.2], "NIR": [0.3]})).all()
    assert np.isnan(index("CRSI", {"B": [0.5], "G": [0.5], "R": [0.1], "NIR": [0.1]})).all()


# --- the language of formulas -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [("1+2*3", 7), ("(1+2)*3", 9), ("2^3^2", 512), ("-2^2", -4), ("8/4/2", 1), ("7-3-2", 2), ("sqrt(16)", 4),
     ("2*-3", -6), (" .5 + 1. ", 1.5), ("--4", 4)],
)  # fmt: skip
def test_a_formula_is_read_as_it_is_on_paper(text: str, value: float) -> None:
    assert float(Formula.read(text)({})) == value


@pytest.mark.parametrize(
    "text",
    ["", "1+", "(1", "1)", "a b", "abs(1)", "__import__('os')", "a.b", "a[0]", "1;2", "lambda: 1", "a=1", "sqrt(1",
     "2**3", "1e5x(", "'a'", "a,b", "{1}", "\\", "é"],
)  # fmt: skip
def test_what_is_no_formula_is_refused_with_its_place(text: str) -> None:
    with pytest.raises(BadInput, match="cannot be read at place"):
        Formula.read(text)


def test_a_formula_without_end_is_refused_before_it_is_read() -> None:
    for text in ("1+" * 300 + "1", "(" * 60 + "1" + ")" * 60, "-" * 300 + "1"):
        with pytest.raises(BadInput, match="longer or deeper"):
            Formula.read(text)


@given(text=st.text(max_size=60))
def test_no_text_does_anything_but_give_a_formula_or_a_refusal(text: str) -> None:
    try:
        formula = Formula.read(text)
    except BadInput:
        return
    assert formula(dict.fromkeys(formula.names, 0.5)).shape == ()


# --- composites -------------------------------------------------------------------------------------------------------


def test_bare_soil_is_the_median_of_what_was_seen_bare() -> None:
    times = np.array([[[0.10, 0.10]], [[0.20, 0.20]], [[0.90, 0.30]], [[np.nan, 0.50]]])  # (time, band, pixel)
    ndvi = np.array([[0.1, 0.1], [0.24, 0.25], [0.6, -0.1], [0.1, 0.1]])
    done = bare_soil(times, ndvi)
    assert done.seen.tolist() == [2, 2]
    assert done.values[0].tolist() == pytest.approx([0.15, 0.30])
    assert np.isnan(bare_soil(times, ndvi, fewest=3).values).all()
    with pytest.raises(BadInput, match="does not fit an NDVI"):
        bare_soil(times, ndvi[:2])


def test_several_years_are_one_picture_by_the_highest_or_the_middle_value() -> None:
    years = np.array([[0.1, np.nan], [0.5, np.nan], [0.3, 0.2]])
    assert over_years(years).values.tolist() == [0.5, 0.2]
    assert over_years(years, "median").values.tolist() == [0.3, 0.2]
    few = over_years(years, "mean", fewest=2)
    assert few.seen.tolist() == [3, 1]
    assert few.values[0] == pytest.approx(0.3) and np.isnan(few.values[1])
    with pytest.raises(BadInput, match="'sum' is no way"):
        over_years(years, "sum")


def test_spring_is_april_and_may() -> None:
    days = [date(2023, 3, 31), date(2023, 4, 1), date(2023, 5, 31), date(2023, 6, 1)]
    assert of_months(days).tolist() == [1, 2]
