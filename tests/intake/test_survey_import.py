"""Parcels: every row is stored or set aside with its reason, areas are exact, and nothing is guessed in silence."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput, NeedsAnswer, dm2_from_m2
from tilth.intake import Rejected, Table, parcels_from, read_vector
from tilth.land import PARCEL_COLUMNS, Draft, Source, ridge_deduction

CRS = "EPSG:4526"
SOURCE = (Source("DLTB.shp", "0" * 64),)
VILLAGE = "371302001101"


def box(at: int, size: float = 100) -> shapely.Polygon:
    return shapely.box(38412000 + 200 * at, 3500000, 38412000 + 200 * at + size, 3500000 + size)


def table_of(rows: list[dict[str, Any]], crs: str | None = CRS, rejected: tuple[Rejected, ...] = ()) -> Table:
    shapes = [row.pop("geometry", box(at)) for at, row in enumerate(rows)]
    frame = gpd.GeoDataFrame(rows, geometry=shapes, crs=crs)
    frame["source_row"] = np.arange(1, len(rows) + 1, dtype=np.int64)
    return Table(frame, crs, SOURCE, len(rows) + len(rejected), rejected)


def parcel(**changes: Any) -> dict[str, Any]:
    return {
        "BSM": "371302211000000001",
        "DLBM": "0103",
        "DLMC": "旱地",
        "TBMJ": "10000.00",
        "KCXS": "0.1000",
        "KCMJ": "1000.00",
        "TBDLMJ": "9000.00",
        "GDPDJB": "3",
        "GDLX": "PD",
        "QSDWDM": VILLAGE + "0000000",
        "ZLDWDM": VILLAGE + "0000000",
        "ZLDWMC": "某村",
        "FRDBS": "0",
        "MSSM": "00",
        "SJNF": "2023",
        **changes,
    }


def draft_of(*rows: dict[str, Any], **more: Any) -> Draft:
    numbered = [{**row, "BSM": row["BSM"] if at == 0 else row["BSM"][:-1] + str(at + 1)} for at, row in enumerate(rows)]
    draft = parcels_from(table_of(numbered), "dltb", year=2023, region="371302", **more)
    assert draft.meta.rows_in == len(rows) == len(draft.parcels) + len(draft.quarantine)
    return draft


def codes(draft: Draft) -> list[str]:
    return [finding.code for finding in draft.findings]


def test_a_survey_row_becomes_a_parcel() -> None:
    draft = draft_of(parcel(XB="东", HDMC=None))
    row = draft.parcels.iloc[0]
    assert list(draft.parcels.columns) == [*PARCEL_COLUMNS, "XB", "HDMC", "geometry"]
    assert {name: str(draft.parcels[name].dtype) for name in PARCEL_COLUMNS} == PARCEL_COLUMNS
    assert (row.area_dm2, row.deduct_dm2, row.net_area_dm2) == (1_000_000, 100_000, 900_000)
    assert (row.stated_net_dm2, row.stated_deduct_dm2, row.slope_grade, row.data_year) == (900_000, 100_000, 3, 2023)
    assert (row.region_code, row.region_name, row.island, row.enclave) == (VILLAGE, "某村", False, False)
    assert (row.XB, row.HDMC, row.parcel_id) == ("东", "", "371302211000000001")
    assert draft.meta.area_from == "file" and draft.meta.area_dm2 == 1_000_000 and draft.findings == ()
    assert draft.id == draft_of(parcel(XB="东", HDMC=None)).id


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"geometry": None}, "INTAKE-ROW-GEOMETRY-NONE"),
        ({"geometry": shapely.Polygon()}, "INTAKE-ROW-GEOMETRY-NONE"),
        ({"geometry": shapely.Point(38412000, 3500000)}, "INTAKE-ROW-GEOMETRY-KIND"),
        ({"geometry": shapely.Polygon([(0, 0), (1, 1), (float("inf"), 0)])}, "INTAKE-ROW-COORDINATES"),
        ({"geometry": shapely.Polygon([(0, 0), (1, 1e300), (1, 0)])}, "INTAKE-ROW-COORDINATES"),
        ({"DLBM": ""}, "INTAKE-ROW-CLASS-NONE"),
        ({"DLBM": None}, "INTAKE-ROW-CLASS-NONE"),
        ({"DLBM": "0199"}, "INTAKE-ROW-CLASS-UNKNOWN"),
        ({"DLBM": "01"}, "INTAKE-ROW-CLASS-UNKNOWN"),
        ({"TBMJ": "一万"}, "INTAKE-ROW-AREA-UNREADABLE"),
        ({"TBMJ": "10,000.00"}, "INTAKE-ROW-AREA-UNREADABLE"),
        ({"TBMJ": "inf"}, "INTAKE-ROW-AREA-UNREADABLE"),
        ({"TBMJ": "1e30"}, "INTAKE-ROW-AREA-UNREADABLE"),
        ({"TBMJ": "0"}, "INTAKE-ROW-AREA-NOT-POSITIVE"),
        ({"TBMJ": "-5.00"}, "INTAKE-ROW-AREA-NOT-POSITIVE"),
        ({"TBMJ": "", "geometry": shapely.Polygon([(38412000, 3500000), (38412001, 3500000), (38412002, 3500000)])},
         "INTAKE-ROW-AREA-ZERO"),
        ({"KCXS": "a"}, "INTAKE-ROW-COEFFICIENT"),
    ],
)  # fmt: skip
def test_what_cannot_be_counted_is_set_aside_with_its_reason(change: dict[str, Any], code: str) -> None:
    draft = draft_of(parcel(), parcel(**change), parcel())
    assert list(draft.quarantine["code"]) == [code] and list(draft.quarantine["source_row"]) == [2]
    assert draft.quarantine["reason"].iloc[0] and "DLBM" in draft.quarantine["attributes"].iloc[0]
    assert draft.meta.area_dm2 == 2_000_000


@pytest.mark.parametrize(
    ("change", "column", "value"),
    [
        ({"GDPDJB": "9"}, "slope_grade", 9),
        ({"DLBM": "0201k", "KCXS": ""}, "class_code", "0201K"),
        ({"DLBM": " ０１０３ "}, "class_code", "0103"),
        ({"ZLDWDM": "3713020011"}, "region_code", "371302001"),
        ({"ZLDWDM": "3713"}, "region_code", "371302"),
        ({"ZLDWDM": ""}, "region_code", "371302"),
        ({"MSSM": "01"}, "island", True),
        ({"FRDBS": "1"}, "enclave", True),
        ({"TBMJ": 12345.675}, "area_dm2", 1234568),
        ({"KCXS": "1.5"}, "deduct_dm2", 0),
    ],
)
def test_odd_values_are_stored(change: dict[str, Any], column: str, value: Any) -> None:
    draft = draft_of(parcel(**change))
    assert draft.parcels[column].iloc[0] == value and not len(draft.quarantine)


@pytest.mark.parametrize("field", ["GDPDJB", "SJNF", "FRDBS", "KCMJ", "TBDLMJ"])
def test_an_optional_value_that_cannot_be_read_is_blank_and_named(field: str) -> None:
    draft = draft_of(parcel(**{field: "坏"}))
    assert codes(draft) == ["INTAKE-VALUE-UNREADABLE"] and f"{field} is '坏'" in draft.findings[0].said


def test_a_repeated_id_gets_a_number_behind_it() -> None:
    rows = [parcel(), parcel(), parcel(BSM="371302211000000001~2"), parcel()]
    draft = parcels_from(table_of(rows), "dltb", year=2023, region="371302")
    ids = list(draft.parcels["parcel_id"])
    assert len(set(ids)) == 4 and ids[0] == "371302211000000001" and ids[2] == "371302211000000001~2"
    assert codes(draft) == ["V12", "V12"] and draft.findings[0].values["first_row"] == 1


def test_an_area_that_is_not_stated_is_measured_and_said_to_be() -> None:
    draft = draft_of(parcel(), parcel(TBMJ=None))
    assert draft.meta.area_from == "file" and draft.meta.extra["measured_rows"] == 1
    assert codes(draft) == ["INTAKE-AREA-MEASURED"]
    assert draft.meta.extra["measured_source_rows"] == [2]
    measured = draft_of(parcel(TBMJ=""))
    assert measured.meta.area_from == "survey" and 997_000 < measured.meta.area_dm2 < 1_000_000


def test_a_ring_that_crosses_itself_is_measured_by_the_ground_it_encloses() -> None:
    x, y = 38412000, 3500000
    bow_tie = shapely.Polygon([(x, y), (x + 100, y + 100), (x + 100, y), (x, y + 100)])
    draft = draft_of(parcel(TBMJ="", geometry=bow_tie))
    (area,) = draft.parcels["area_dm2"]
    assert codes(draft) == ["INTAKE-AREA-MEASURED", "INTAKE-SHAPE-CROSSED"]
    assert 498_000 < area < 500_000  # the two triangles of 2,500 m², not their difference of 0


def test_ground_that_two_parts_of_a_parcel_cover_counts_once_and_is_said() -> None:
    whole, part = box(0), shapely.box(38412020, 3500020, 38412060, 3500060)
    draft = draft_of(parcel(TBMJ="", geometry=shapely.MultiPolygon([whole, part])), parcel(TBMJ="", geometry=whole))
    twice, once = draft.parcels["area_dm2"]
    assert twice == once
    (told,) = [finding for finding in draft.findings if finding.code == "INTAKE-SHAPE-CROSSED"]
    assert told.where.row == 1 and told.values["covered_dm2"] == once
    assert 159_000 < told.values["drawn_dm2"] - once < 160_000


def test_most_rows_of_another_year_are_said_to_be() -> None:
    rows = [parcel(SJNF="2019"), parcel(SJNF="2019"), parcel(), parcel(SJNF="")]
    (finding,) = draft_of(*rows).findings
    assert (finding.code, finding.severity) == ("INTAKE-YEAR-DIFFERS", "breaks")
    assert finding.said == "2 of the 3 rows that state a year are not of 2023 by SJNF; most are of 2019"
    assert codes(draft_of(parcel(SJNF="2019"), parcel())) == []


def test_measured_areas_are_levelled_to_the_village() -> None:
    rows = [parcel(TBMJ="", geometry=shapely.box(38412000 + i, 3500000, 38412001 + i, 3500300)) for i in range(4)]
    own = draft_of(*[dict(row) for row in rows]).meta.area_dm2
    levelled = draft_of(*[dict(row) for row in rows], controls={VILLAGE: own + 3})
    assert levelled.meta.area_dm2 == own + 3 and levelled.meta.extra["villages_levelled"] == 1
    far = draft_of(*[dict(row) for row in rows], controls={VILLAGE: own + 300})
    assert far.meta.area_dm2 == own and "INTAKE-CONTROL-FAR" in codes(far)
    kept = draft_of(*[dict(row) for row in rows], parcel(geometry=box(9)), controls={VILLAGE: own + 3})
    assert kept.meta.area_dm2 == own + 1_000_000


def test_second_survey_deductions_come_off_before_the_ridges() -> None:
    row = parcel(TKXS="10.0", TKMJ="900.00", XZDWMJ="600.00", LXDWMJ="400.00", TBDLMJ="8100.00")
    for name in ("KCXS", "KCMJ"):
        del row[name]
    draft = draft_of(row)
    stored = draft.parcels.iloc[0]
    assert (stored.ridge_coef, stored.deduct_dm2, stored.net_area_dm2) == (0.1, 90_000, 810_000)
    assert (stored.linear_deduct_dm2, stored.point_deduct_dm2) == (60_000, 40_000)
    assert codes(draft) == ["INTAKE-COEFFICIENT-PERCENT"]
    lost = draft_of({**row, "XZDWMJ": "9999.00", "geometry": box(0)})
    assert list(lost.quarantine["code"]) == ["INTAKE-ROW-DEDUCTIONS"]


def test_a_single_coefficient_above_one_is_not_percent() -> None:
    draft = draft_of(parcel(KCXS="1.5", KCMJ="15000.00"))
    assert draft.parcels["ridge_coef"].iloc[0] == 1.5 and "INTAKE-COEFFICIENT-PERCENT" not in codes(draft)


def test_rows_that_could_not_be_read_stay_counted() -> None:
    rejected = (Rejected(7, "INTAKE-ROW-GEOMETRY-NONE", {}, {"a": 1}),)
    draft = parcels_from(table_of([parcel()], rejected=rejected), "dltb", year=2023, region="371302")
    assert draft.meta.rows_in == 2 and draft.meta.rows_quarantined == 1


def test_auto_tells_a_survey_from_any_other_file() -> None:
    draft = parcels_from(table_of([parcel()]), "auto", year=2023, region="371302")
    assert draft.meta.profile == "dltb" and draft.findings[0].code == "INTAKE-PROFILE-CHOSEN"
    other = parcels_from(table_of([{"kulture": "hvede", "area": "3.1"}]), "auto", year=2023, region="dk")
    assert other.meta.profile == "fiboa" and codes(other)[:3] == [
        "INTAKE-PROFILE-GENERIC", "INTAKE-AREA-IGNORED", "INTAKE-AREA-MEASURED",
    ]  # fmt: skip
    row = other.parcels.iloc[0]
    assert (row.class_code, row.parcel_id, row.region_code, row.kulture) == ("unclassified", "#1", "dk", "hvede")
    hectares = parcels_from(table_of([{"id": "a", "area": 1.0, "crop:code": "7"}]), "auto", year=2023, region="dk")
    assert hectares.meta.area_dm2 == 1_000_000 and hectares.parcels["class_code"].iloc[0] == "7"


def test_class_codes_read_as_numbers_get_their_zero_back() -> None:
    draft = draft_of(parcel(DLBM=103))
    assert draft.parcels["class_code"].iloc[0] == "0103" and codes(draft) == ["INTAKE-CODE-PADDED"]


def test_a_file_in_another_system_or_without_what_is_needed_is_told_so() -> None:
    with pytest.raises(BadInput, match="no field for the land class"):
        parcels_from(table_of([{"A": 1}]), "dltb", year=2023, region="371302")
    with pytest.raises(NeedsAnswer, match="coordinate system"):
        parcels_from(table_of([parcel()], crs=None), "dltb", year=2023, region="371302")
    plain = Table(pd.DataFrame({"source_row": [1], "DLBM": ["0101"]}), None, SOURCE, 1)
    with pytest.raises(BadInput, match="no geometry"):
        parcels_from(plain, "dltb", year=2023, region="371302")
    wrong_unit = draft_of(parcel(TBMJ="3.3"))
    assert "INTAKE-AREA-UNIT" in codes(wrong_unit)


@pytest.mark.parametrize(
    ("area", "unit"), [("10000", "m2"), ("15", "mu"), ("0.01", "km2"), ("2.471", "acre"), ("9700", "m2")]
)
def test_a_unit_that_the_profile_has_wrong_is_recognised(area: str, unit: str, tmp_path: Path) -> None:
    rows = [{"id": "a", "area": area}]
    (found,) = [
        one for one in parcels_from(table_of(rows), "fiboa", year=2023, region="dk").findings if "IGNORED" in one.code
    ]
    assert found.said == f"area looks like {unit} where the profile fiboa says ha; its numbers are not used as areas"
    assert f'[units] area = "{unit}" in a MAP.toml' in found.remedy
    mapped = tmp_path / "MAP.toml"
    mapped.write_text(f'name = "dk"\ncode_system = "dk"\n[fields]\narea = "area"\n[units]\narea = "{unit}"\n')
    draft = parcels_from(table_of(rows), mapped, year=2023, region="dk")
    assert draft.meta.area_from == "file" and abs(draft.meta.area_dm2 - 1_000_000) < 40_000


def test_hectares_in_a_survey_are_said_to_look_like_hectares() -> None:
    (found,) = draft_of(parcel(TBMJ="1.0")).findings
    assert found.said == "TBMJ looks like ha where the profile dltb says m2; its numbers are kept as stated"


def test_a_field_that_bears_a_column_of_ours_is_dropped_by_name() -> None:
    draft = draft_of(parcel(area_dm2="5", TKXS="0.2"))
    assert codes(draft) == ["INTAKE-PROFILE-TWO-FIELDS", "INTAKE-FIELD-DROPPED"]
    assert draft.parcels["area_dm2"].iloc[0] == 1_000_000 and draft.parcels["TKXS"].iloc[0] == "0.2"


text = st.one_of(
    st.none(), st.text(max_size=6), st.sampled_from(["0103", "0101", "10000.00", "0.1", "2", "PD", "1", "-1", "nan"])
)


@given(
    rows=st.lists(
        st.fixed_dictionaries(dict.fromkeys(("BSM", "DLBM", "TBMJ", "KCXS", "GDPDJB", "ZLDWDM", "SJNF", "MSSM"), text)),
        min_size=1,
        max_size=8,
    )
)
def test_whatever_the_cells_hold_every_row_is_stored_or_set_aside(rows: list[dict[str, Any]]) -> None:
    draft = parcels_from(table_of([dict(row) for row in rows]), "dltb", year=2023, region="371302")
    seen = sorted([*draft.parcels["source_row"], *draft.quarantine["source_row"]])
    assert seen == list(range(1, len(rows) + 1)) and draft.parcels["parcel_id"].is_unique
    assert (draft.parcels["area_dm2"] > 0).all()
    for finding in draft.findings:
        assert finding.said


@given(area=st.integers(1, 10**12), coefficient=st.integers(0, 9_999))
def test_net_area_is_what_the_rules_compute_on_paper(area: int, coefficient: int) -> None:
    row = parcel(TBMJ=f"{area // 100}.{area % 100:02d}", KCXS=f"0.{coefficient:04d}")
    stored = parcels_from(table_of([row]), "dltb", year=2023, region="371302").parcels.iloc[0]
    assert stored.area_dm2 == area == dm2_from_m2(row["TBMJ"])
    assert stored.deduct_dm2 == (2 * area * coefficient + 10_000) // 20_000
    assert stored.net_area_dm2 == area - ridge_deduction(np.array([area]), np.array([stored.ridge_coef]))[0]


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_seconds(full: bool) -> None:
    count = 100_000 if full else 20_000
    frame = gpd.GeoDataFrame(
        {
            "BSM": np.arange(count).astype("str"),
            "DLBM": np.resize(["0103", "0301", "1001"], count),
            "TBMJ": np.resize(["10000.00", "250.55"], count),
            "KCXS": np.resize(["0.1", ""], count),
            "ZLDWDM": VILLAGE + "0000000",
            "source_row": np.arange(1, count + 1),
        },
        geometry=shapely.box(38412000 + np.arange(count), 3500000.0, 38412100 + np.arange(count), 3500100.0),
        crs=CRS,
    )
    started = time.monotonic()
    draft = parcels_from(Table(frame, CRS, SOURCE, count), "dltb", year=2023, region="371302")
    assert len(draft.parcels) == count and time.monotonic() - started < 30


@pytest.mark.data
def test_every_field_register_imports(data_dir: Path) -> None:
    for path in sorted((data_dir / "parcels_fiboa_fixtures").iterdir()):
        if path.suffix == ".md" or path.name.endswith(".txt"):
            continue
        try:
            table = read_vector(path)
        except NeedsAnswer:
            continue
        draft = parcels_from(table, "auto", year=2023, region="x")
        assert draft.meta.rows_in == table.rows_in == len(draft.parcels) + len(draft.quarantine) > 0, path.name
