"""What a region holds is the exact sum of what lies in it, by grade as well; a sum that does not close is found."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tilth.change import (
    Held,
    classes_differ,
    graded_by_layer,
    handed_down,
    held_by_region,
    levels_differ,
    own_grades,
    status_tables,
    summed_up,
    task_findings,
    together,
)
from tilth.change.held import unsurveyed
from tilth.core import AreaTable, Label
from tilth.land import Meta, Region, RegionTree, Snapshot, Task, code_system, typed
from tilth.land.snapshot import LAYER_COLUMNS, PARCEL_COLUMNS
from tilth.overlay import engine_area

CODES = code_system("sd2017")
VILLAGES = ("310115100201", "310115100202", "310115101201", "310120100201")
TREE = RegionTree(
    {
        "31": Region("31", "上海市", "province"),
        "310115": Region("310115", "浦东新区", "county", "31"),
        "310120": Region("310120", "奉贤区", "county", "31"),
        "310115100": Region("310115100", "a", "township", "310115"),
        "310115101": Region("310115101", "b", "township", "310115"),
        "310120100": Region("310120100", "c", "township", "310120"),
        **{code: Region(code, code, "village", code[:9]) for code in VILLAGES},
    }
)


def parcels_of(*rows: tuple[str, str, int, int | None], slope: int = 1) -> pd.DataFrame:
    """Parcels as (village, class, net area, grade)."""
    villages, classes, areas, grades = zip(*rows, strict=True)
    frame = {
        "parcel_id": [str(at) for at in range(len(rows))],
        "region_code": villages,
        "class_code": classes,
        "area_dm2": areas,
        "net_area_dm2": areas,
        "quality_grade": pd.array(grades, dtype="Int8"),
        "slope_grade": pd.array([slope] * len(rows), dtype="Int8"),
    }
    return typed(pd.DataFrame(frame), PARCEL_COLUMNS)


rows = st.lists(
    st.tuples(
        st.sampled_from(VILLAGES),
        st.sampled_from(["0101", "0103", "0201", "1001"]),
        st.integers(0, 10**11),
        st.one_of(st.none(), st.integers(1, 10)),
    ),
    min_size=1,
    max_size=30,
)


@given(rows)
def test_every_region_is_the_sum_of_those_below_it_in_every_number(
    found: list[tuple[str, str, int, int | None]],
) -> None:
    held = held_by_region(parcels_of(*found), CODES, TREE)
    for code, one in held.items():
        below = [held[child.code] for child in TREE.children(code) if child.code in held] if code in TREE else []
        if below:
            assert together(below) == one
        assert sum(one.by_grade_dm2) == one.farmland_dm2, "every m² has a grade or is counted as without"
    total = sum(area for _, code, area, _ in found if code.startswith("01"))
    graded = sum(area * (grade or 0) for _, code, area, grade in found if code.startswith("01"))
    tops = [one for code, one in held.items() if code not in TREE or TREE[code].parent not in held]
    assert (sum(one.farmland_dm2 for one in tops), sum(one.grade_dm2 for one in tops)) == (total, graded)


@given(st.dictionaries(st.sampled_from(VILLAGES), st.integers(0, 10**12)))
def test_areas_of_villages_are_rolled_up_exactly(areas: dict[str, int]) -> None:
    up = summed_up(areas, TREE)
    for code in ("31", "310115", "310115100", "310120"):
        assert up.get(code, 0) == sum(area for village, area in areas.items() if village.startswith(code))


def test_the_mean_grade_is_an_exact_ratio_and_land_without_a_grade_is_shown() -> None:
    """The worked county: 30 000 m² of grade 5 and 5 000 m² of grade 9 are 5.571 on average."""
    village = VILLAGES[0]
    found = parcels_of((village, "0103", 3_000_000, 5), (village, "0103", 500_000, 9), (village, "0101", 700, None))
    one = held_by_region(found, CODES, TREE)[village]
    assert (one.mean_grade, one.mean_grade_said) == (Fraction(39, 7), "5.57")
    assert (one.ungraded_dm2, one.ungraded_parcels, one.graded_dm2) == (700, 1, 3_500_000)
    record = one.quality_record()
    assert record["by_grade_dm2"]["5"] == 3_000_000 and record["grade_dm2"] == 19_500_000
    assert Held().mean_grade is None and Held().mean_grade_said is None


def test_farmland_on_steep_slopes_is_held_but_not_in_stable_use() -> None:
    one = held_by_region(parcels_of((VILLAGES[0], "0103", 50, 4), slope=5), CODES, TREE)[VILLAGES[0]]
    assert (one.farmland_dm2, one.stable_dm2) == (50, 0)


def test_a_province_without_one_of_its_counties_is_named() -> None:
    held = held_by_region(parcels_of((VILLAGES[0], "0103", 50, 4), (VILLAGES[2], "0103", 5, 4)), CODES, TREE)
    assert unsurveyed(held, TREE) == {"31": ["310120"]}


# --- INV-3 -------------------------------------------------------------------------------------------------------


def tables() -> dict[str, AreaTable]:
    found = parcels_of((VILLAGES[0], "0103", 500, 4), (VILLAGES[1], "0201", 70, None), (VILLAGES[2], "1001", 9, None))
    return status_tables(found, CODES, TREE, year=2024, unit_name=Label("x", "x"))


def test_a_table_that_adds_up_is_left_alone() -> None:
    assert levels_differ(tables()["2"]) == []
    assert classes_differ(tables()["1"], CODES.headings, TREE) == []


def test_one_hundredth_of_a_square_metre_between_two_levels_is_found() -> None:
    table = tables()["2"]
    at = [column.code for column in table.columns].index("0103")
    dm2 = table.dm2.copy()
    dm2[[row.key[1] for row in table.rows].index(VILLAGES[0]), at] += 1
    (found,) = levels_differ(replace(table, dm2=dm2))
    assert (found.code, found.where.parcel) == ("STANDING-LEVELS", "310115100")
    assert found.said == (
        "table 2, column 0103: 5.00 m², but the regions below add up to 5.01 m², a difference of 0.01 m² (INV-3)"
    )


def test_classes_that_do_not_make_up_the_control_area_are_found() -> None:
    regions = {**TREE.regions, "310115": replace(TREE["310115"], control_dm2=500, control_island_dm2=80)}
    (found,) = classes_differ(tables()["1"], CODES.headings, RegionTree(regions))
    assert (found.code, found.where.parcel) == ("STANDING-CONTROL", "310115")
    assert found.said == "the classes add up to 5.79 m² against a control area of 5.80 m²: -0.01 m² apart (INV-3)"


# --- tasks handed down -------------------------------------------------------------------------------------------


def test_tasks_handed_down_over_a_level_without_tasks_are_held_against_the_task_above() -> None:
    tasks = [Task("31", 2024, 900, 500), Task("310115100", 2024, 600, 500), Task("310120", 2024, 299, None)]
    holding, pbf = handed_down(TREE, tasks)
    assert (holding.handed_dm2, holding.over_dm2) == (899, -1)
    assert (pbf.handed_dm2, pbf.over_dm2) == (None, None), "a table that says nothing of it leaves the sum open"
    (found,) = task_findings([], TREE, tasks)
    assert (found.code, found.where.parcel) == ("TASK-HANDED-HOLDING", "31")
    assert found.said == "the holding tasks handed down add up to 8.99 m², 0.01 m² less than the task of 9.00 m²"
    assert task_findings([], TREE, [*tasks[:2], Task("310120", 2024, 300, None)]) == []


# --- grades from a layer -----------------------------------------------------------------------------------------


def snapshot(frame: pd.DataFrame, shapes: list[shapely.Geometry], kind: str) -> Snapshot:
    held = gpd.GeoDataFrame(frame, geometry=shapes, crs=4526)
    meta = Meta(kind, 2024, "31", "EPSG:4526", "sd2017", "dltb", (), len(held), len(held), 0, 0, "file", "1", "1")
    return Snapshot("x", meta, held)


def box(x: float, width: float) -> shapely.Geometry:
    return shapely.box(38_400_000 + x, 3_500_000, 38_400_000 + x + width, 3_500_100)


def test_a_layer_gives_grades_where_a_parcel_has_none_and_every_m2_is_kept() -> None:
    village = VILLAGES[0]
    found = parcels_of(
        (village, "0103", 1_000_001, None),
        (village, "0103", 500, 7),
        (village, "0103", 99, None),
        (village, "1001", 5, None),
    )
    survey = snapshot(found, [box(0, 100), box(100, 100), box(200, 100), box(300, 100)], "survey")
    zones = pd.DataFrame({"feature_id": ["a", "b", "c"], "code": ["3", "2", "?"]})
    layer = snapshot(typed(zones, LAYER_COLUMNS), [box(0, 50), box(40, 20), box(200, 100)], "quality")
    grades = graded_by_layer(survey, own_grades(found, CODES), layer)
    assert grades.sum(axis=1).tolist() == [1_000_001, 500, 99, 0]
    share = [1_000_001 * part // 100 for part in (20, 40)]
    assert grades[0, 2] == pytest.approx(share[0], abs=3), "where two features overlap, the better grade"
    assert grades[0, 3] == pytest.approx(share[1], abs=3) and grades[0, 0] == pytest.approx(
        1_000_001 - sum(share), abs=6
    )
    assert grades[1, 7] == 500 and grades[2, 0] == 99, "its own grade stays; an unknown grade is none"


@given(
    st.lists(st.tuples(st.integers(0, 120), st.integers(1, 90), st.integers(1, 10)), max_size=5), st.integers(1, 10**12)
)
def test_a_parcel_is_parted_without_losing_or_gaining_an_area(zones: list[tuple[int, int, int]], net: int) -> None:
    found = parcels_of((VILLAGES[0], "0103", net, None))
    survey = snapshot(found, [box(0, 100)], "survey")
    frame = pd.DataFrame(
        {"feature_id": [str(at) for at in range(len(zones))], "code": [str(grade) for *_, grade in zones]}
    )
    layer = snapshot(typed(frame, LAYER_COLUMNS), [box(at, width) for at, width, _ in zones], "quality")
    grades = graded_by_layer(survey, own_grades(found, CODES), layer)
    assert grades.sum() == net and grades.min() >= 0
    covered = shapely.area(shapely.union_all([box(at, width) for at, width, _ in zones]).intersection(box(0, 100)))
    part = covered / shapely.area(box(0, 100))
    assert grades[0, 1:].sum() == pytest.approx(net * part, rel=1e-5, abs=10)
    assert np.isfinite(engine_area(survey.parcels.geometry, "EPSG:4526")).all()
