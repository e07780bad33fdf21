"""The coordinate system is what the file says and its numbers bear out; what cannot be known is asked."""

from __future__ import annotations

import json

import numpy as np
import pyproj
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput, NeedsAnswer
from tilth.intake import ResolvedCrs, resolve_crs
from tilth.intake.crs import normalised, understood


def at(x: float, y: float, crs: str | None, asked: str | None = None) -> ResolvedCrs:
    return resolve_crs(crs, np.array([[x, y]]), asked, file="f.shp")


def codes(resolved: ResolvedCrs) -> list[str]:
    return [finding.code for finding in resolved.findings]


@pytest.mark.parametrize("code", [4490, *range(4491, 4502), *range(4513, 4555)])
@pytest.mark.parametrize("dialect", ["WKT1_ESRI", "WKT1_GDAL", "WKT2_2019"])
def test_every_form_of_cgcs2000_gets_its_epsg_code(code: int, dialect: str) -> None:
    assert normalised(pyproj.CRS.from_epsg(code).to_wkt(dialect)) == f"EPSG:{code}"


@pytest.mark.parametrize("code", range(4502, 4513))
def test_a_bare_six_degree_zone_keeps_its_meridian(code: int) -> None:
    assert normalised(pyproj.CRS.from_epsg(code).to_wkt("WKT2_2019")) == f"EPSG:{code}"


def test_chinese_names_do_not_hide_a_zone() -> None:
    wkt = (
        'PROJCS["CGCS2000 3度带 38带",GEOGCS["2000国家大地坐标系",DATUM["2000国家大地坐标系",'
        'SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],'
        'PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",38500000.0],PARAMETER["False_Northing",0.0],'
        'PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],'
        'UNIT["Meter",1.0]]'
    )
    assert normalised(wkt) == "EPSG:4526"
    assert normalised(wkt.replace("38500000.0", "500000.0")) == "EPSG:4547"
    assert normalised(wkt.replace("38500000.0", "510000.0")).startswith("PROJCRS")  # a city's own system stays itself


@given(zone=st.integers(25, 45), east=st.integers(250_000, 750_000), north=st.integers(1_800_000, 6_000_000))
def test_the_zone_number_in_the_easting_decides_between_the_two_forms_of_a_zone(
    zone: int, east: int, north: int
) -> None:
    prefixed, bare = f"EPSG:{4488 + zone}", f"EPSG:{4534 + zone - 25}"
    x = zone * 1_000_000 + east
    assert at(x, north, prefixed) == ResolvedCrs(prefixed)
    assert at(east, north, bare) == ResolvedCrs(bare)
    for stated, easting, used in ((bare, x, prefixed), (prefixed, east, bare)):
        found = at(easting, north, stated)
        assert found.crs == used and codes(found) == ["INTAKE-CRS-CORRECTED"]
        with pytest.raises(BadInput, match="cannot be in"):
            at(easting, north, None, stated)
    swapped = at(north, x, prefixed)
    assert swapped.swap and swapped.crs == prefixed and codes(swapped) == ["INTAKE-AXES-SWAPPED"]


def test_another_zone_than_the_numbers_show_is_never_taken() -> None:
    with pytest.raises(NeedsAnswer, match="EPSG:4527"):
        at(39_400_000, 3_500_000, "EPSG:4526")
    with pytest.raises(NeedsAnswer, match="EPSG:4498"):
        at(20_400_000, 3_500_000, "EPSG:4526")
    with pytest.raises(BadInput, match="EPSG:4527"):
        at(39_400_000, 3_500_000, None, "4526")


@pytest.mark.parametrize(
    ("x", "y", "likely"),
    [
        (38_400_000, 3_500_000, r"EPSG:4526 \(CGCS2000, 3-degree zone 38\)"),
        (3_500_000, 38_400_000, "EPSG:4526"),
        (20_400_000, 3_500_000, r"EPSG:4498 \(CGCS2000, 6-degree zone 20\)"),
        (400_000, 3_500_000, "EPSG:4534 to EPSG:4554"),
        (114.2, 34.5, "EPSG:4490"),
        (-71.1, 42.4, "EPSG:4326"),
        (-9e6, 2e3, "none"),
    ],
)
def test_a_missing_system_is_asked_for_with_the_likely_answers(x: float, y: float, likely: str) -> None:
    with pytest.raises(NeedsAnswer, match=likely):
        at(x, y, None)


def test_the_answer_is_taken_and_checked() -> None:
    assert at(38_400_000, 3_500_000, None, "4526").crs == "EPSG:4526"
    assert at(-71.1, 42.4, None, "EPSG:4326").crs == "EPSG:4326"
    for wrong in ("EPSG:4490", "EPSG:4526", "EPSG:26986"):
        with pytest.raises(BadInput, match="cannot be in"):
            at(-71.1, 42.4, None, wrong)
    with pytest.raises(BadInput, match="not understood"):
        at(0, 0, None, "EPSG:99999999")
    overridden = at(114.2, 34.5, "EPSG:4326", "EPSG:4490")
    assert overridden.crs == "EPSG:4490" and codes(overridden) == ["INTAKE-CRS-OVERRIDDEN"]


@pytest.mark.parametrize("code", [4214, 4610, 4555, 2327, 2365, 2401, 2414, 21453, 21415, 4568, 2422, 2349])
@pytest.mark.parametrize("dialect", ["WKT1_ESRI", "WKT2_2019"])
def test_old_datums_are_refused_with_the_reason(code: int, dialect: str) -> None:
    wkt = pyproj.CRS.from_epsg(code).to_wkt(dialect)
    for found, asked in ((wkt, None), (None, wkt), (wkt, "EPSG:4526")):
        with pytest.raises(BadInput, match="7 parameters"):
            at(38_400_000, 3_500_000, found, asked)


def test_degrees_in_a_system_of_metres_are_not_believed_nor_the_reverse() -> None:
    with pytest.raises(NeedsAnswer, match="EPSG:4490"):
        at(114.2, 34.5, "EPSG:4526")
    with pytest.raises(NeedsAnswer, match="EPSG:4526"):
        at(38_400_000, 3_500_000, "EPSG:4490")
    with pytest.raises(NeedsAnswer, match="EPSG:4490"):
        at(114.2, 34.5, "EPSG:32650")


def test_latitude_first_is_turned() -> None:
    assert at(34.5, 114.2, "EPSG:4490").swap
    assert at(34.5, 114.2, "EPSG:4326").swap
    assert not at(114.2, 34.5, "EPSG:4490").swap
    assert at(3_500_000, 400_000, "EPSG:4547").swap


def test_other_systems_pass_as_they_are() -> None:
    assert at(32_500_000, 6_000_000, "EPSG:4647") == ResolvedCrs("EPSG:4647")
    albers = "+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=23 +lon_0=-95 +datum=WGS84"
    assert at(100_000, 2_000_000, albers).crs.startswith("PROJCRS")
    assert codes(at(500_000, 8_000_000, "EPSG:32633")) == []
    assert codes(at(500_000, 1_000, "EPSG:25833")) == ["INTAKE-CRS-FAR"]


def test_rows_in_two_zones_are_not_mixed() -> None:
    points = np.array([[38_400_000.0, 3_500_000.0]] * 95 + [[39_400_000.0, 3_500_000.0]] * 5)
    assert codes(resolve_crs("EPSG:4526", points)) == ["INTAKE-CRS-FEW-ELSEWHERE"]
    with pytest.raises(BadInput, match=r"38 \(60\), 39 \(40\)"):
        resolve_crs("EPSG:4526", np.vstack([points[:60], points[-1:].repeat(40, axis=0)]))


def test_a_file_without_coordinates_keeps_what_it_says() -> None:
    nothing = np.full((3, 2), np.nan)
    assert resolve_crs("EPSG:4526", nothing).crs == "EPSG:4526"
    with pytest.raises(NeedsAnswer):
        resolve_crs(None, nothing)


def test_one_wild_row_decides_nothing() -> None:
    points = np.array([[38_400_000.0, 3_500_000.0]] * 9 + [[1e300, np.inf]])
    assert resolve_crs("EPSG:4526", points) == ResolvedCrs("EPSG:4526")


def test_a_description_whose_base_is_damaged_is_not_understood() -> None:
    """The library reads "unid" for "unit" in the base without a word, and fails when the base is asked for."""
    whole = pyproj.CRS.from_epsg(4526).to_json_dict()
    axis = whole["base_crs"]["coordinate_system"]["axis"][0]
    axis["unid"] = axis.pop("unit")
    assert understood(pyproj.CRS.from_epsg(4526).to_json()) and not understood(json.dumps(whole))
    with pytest.raises(NeedsAnswer):
        at(38412000.0, 3500000.0, json.dumps(whole))
