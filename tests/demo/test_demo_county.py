"""The demonstration county adds up, covers its ground once, and holds exactly the errors that it lists."""

from __future__ import annotations

import csv
import hashlib
import struct
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from tilth.core import IntArray, dm2_array
from tilth.demo import CountyFiles, write_county
from tilth.demo.classes import RIDGE
from tilth.demo.mesh import blunt
from tilth.land import code_system, ridge_deduction
from tilth.overlay import level, survey_area

PARCELS = 900
FARMLAND = ["0101", "0102", "0103"]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> CountyFiles:
    return write_county(tmp_path_factory.mktemp("county"), parcels=PARCELS)


def frame_of(path: Path, **options: str) -> pd.DataFrame:
    encoding = {} if path.suffix == ".gpkg" else {"encoding": "GBK"}
    return pyogrio.read_dataframe(path, **encoding, **options)


def draft_of(county: CountyFiles) -> pd.DataFrame:
    with warnings.catch_warnings():  # one area in it is a text
        warnings.simplefilter("ignore")
        return frame_of(county.draft)


def dm2(frame: pd.DataFrame, column: str) -> IntArray:
    return dm2_array(frame[column].to_numpy())


def sums(frame: pd.DataFrame, key: pd.Series, column: str) -> dict[str, int]:
    return pd.Series(dm2(frame, column)).groupby(key.to_numpy()).sum().to_dict()


@pytest.mark.parametrize("year", [2023, 2024])
def test_parcels_add_up_to_villages_townships_and_county_to_the_square_decimetre(
    county: CountyFiles, year: int
) -> None:
    parcels, villages = frame_of(county.parcels[year]), frame_of(county.villages)
    townships = frame_of(county.townships)
    of_village = dict(zip(villages["ZLDWDM"], dm2(villages, "DCMJ").tolist(), strict=True))
    of_township = dict(zip(townships["XZQDM"], dm2(townships, "DCMJ").tolist(), strict=True))
    assert sums(parcels, parcels["ZLDWDM"], "TBMJ") == of_village
    assert sums(villages, villages["ZLDWDM"].str[:9], "DCMJ") == of_township
    assert sum(of_township.values()) == county.control_dm2
    assert len(parcels) == county.rows[year]


@pytest.mark.parametrize("year", [2023, 2024])
def test_parcels_cover_the_county_once_without_gaps(county: CountyFiles, year: int) -> None:
    parcels, townships = frame_of(county.parcels[year]), frame_of(county.townships)
    shapes = parcels.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert shapely.union_all(townships.geometry.to_numpy()).area == pytest.approx(shapely.area(shapes).sum(), abs=0.01)
    overlapping = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    assert overlapping.shape[1] == 0
    assert shapely.coverage_is_valid(shapes)


def test_the_recorded_area_of_every_parcel_is_its_measured_area_but_for_levelling(county: CountyFiles) -> None:
    for path in county.parcels.values():
        parcels = frame_of(path)
        measured = survey_area(parcels.geometry.to_numpy(), county.crs)
        assert np.abs(dm2(parcels, "TBMJ") - measured).max() <= 12


def test_ridge_deduction_and_net_area_follow_the_rule_on_every_parcel(county: CountyFiles) -> None:
    for path in county.parcels.values():
        parcels = frame_of(path)
        deducted = ridge_deduction(dm2(parcels, "TBMJ"), parcels["KCXS"].to_numpy())
        assert (dm2(parcels, "KCMJ") == deducted).all()
        assert (dm2(parcels, "TBDLMJ") == dm2(parcels, "TBMJ") - deducted).all()
        key = parcels["GDLX"].fillna("") + parcels["GDPDJB"].fillna("")
        assert [RIDGE.get(k, 0.0) for k in key] == parcels["KCXS"].tolist()
        sloping = parcels["GDPDJB"].isin(list("2345"))
        assert (sloping == parcels["GDLX"].isin(["PD", "TT"])).all()
        assert (parcels["GDPDJB"].notna() == parcels["DLBM"].isin(FARMLAND)).all()


def test_codes_and_names_are_those_of_the_survey(county: CountyFiles) -> None:
    system = code_system("sd2017")
    for path in county.parcels.values():
        parcels = frame_of(path)
        assert parcels["BSM"].is_unique and (parcels["BSM"].str.len() == 18).all()
        assert [system[code].label.zh for code in parcels["DLBM"]] == parcels["DLMC"].tolist()
        assert parcels["QSDWDM"].str.fullmatch(r"\d{19}").all() and parcels["ZLDWDM"].str.fullmatch(r"\d{19}").all()
        assert not parcels.duplicated(["ZLDWDM", "TBBH"]).any()
        linear = np.array([system[code].linear for code in parcels["DLBM"]])
        assert (parcels.loc[~linear, "XZDWKD"] == 0).all()
        elsewhere = parcels["QSXZ"].str[0].isin(["3", "4"]) & (parcels["QSDWDM"].str[:12] != parcels["ZLDWDM"].str[:12])
        assert ((parcels["FRDBS"] == "1") == elsewhere).all()


def test_what_does_not_change_keeps_its_id_its_coordinates_and_its_area(county: CountyFiles) -> None:
    before = frame_of(county.parcels[2023]).set_index("BSM")
    after = frame_of(county.parcels[2024]).set_index("BSM")
    process = frame_of(county.process)
    kept = before.index.intersection(after.index)
    assert (shapely.to_wkb(before.geometry[kept].to_numpy()) == shapely.to_wkb(after.geometry[kept].to_numpy())).all()
    assert (before.loc[kept, "TBMJ"] == after.loc[kept, "TBMJ"]).all()
    assert set(before.index) - set(kept) == set(process["BGQTBBSM"])
    assert set(after.index) - set(kept) == set(process["BGHTBBSM"])
    assert 0.015 < 1 - len(kept) / len(before) < 0.08


def test_pieces_of_changed_land_add_up_to_the_parcels_before_and_after(county: CountyFiles) -> None:
    process = frame_of(county.process)
    for year, key in ((2023, "BGQTBBSM"), (2024, "BGHTBBSM")):
        parcels = frame_of(county.parcels[year]).set_index("BSM")
        total = sums(process, process[key], "TBBGMJ")
        changed = parcels.loc[list(total)]
        assert list(total.values()) == dm2(changed, "TBMJ").tolist()


def test_the_year_has_every_kind_of_change(county: CountyFiles) -> None:
    process = frame_of(county.process)
    flows = set(zip(process["BGQDLBM"], process["BGHDLBM"], strict=True))
    to = {after for before, after in flows if before in FARMLAND}
    assert {"0601", "0702", "0201", "1104A", "1003"} <= to
    assert {"1204", "0404", "0201K"} <= {before for before, after in flows if after in FARMLAND}
    assert process["BGQTBBSM"].duplicated().any() and process["BGHTBBSM"].duplicated().any()


def test_the_same_seed_gives_the_same_bytes_and_another_seed_does_not(tmp_path: Path) -> None:
    def digests(name: str, seed: int) -> dict[str, str]:
        folder = tmp_path / name
        write_county(folder, seed=seed, parcels=600)
        files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    first = digests("first", 17)
    assert first == digests("second", 17)
    other = digests("third", 18)
    assert other.keys() == first.keys() and other["DLTB_2023.shp"] != first["DLTB_2023.shp"]


def test_shapefiles_are_in_gbk_and_say_nothing_of_it(county: CountyFiles) -> None:
    assert not list(county.folder.glob("*.cpg"))
    dbf = county.parcels[2023].with_suffix(".dbf").read_bytes()
    assert "示范".encode("gbk") not in dbf[:32] and "水浇地".encode("gbk") in dbf
    names = [dbf[at : at + 11].rstrip(b"\0").decode() for at in range(32, struct.unpack("<H", dbf[8:10])[0] - 1, 32)]
    assert names[:5] == ["BSM", "YSDM", "TBYBH", "TBBH", "DLBM"] and len(names) == 31
    assert "CGCS2000_3_Degree_GK_Zone_38" in county.parcels[2023].with_suffix(".prj").read_text()


def test_layers_are_what_a_county_has(county: CountyFiles) -> None:
    assert [name for name, _ in pyogrio.list_layers(county.basic_farmland)] == ["YJJBNTTB", "YJJBNTCBQ"]
    assert len(frame_of(county.basic_farmland, layer="YJJBNTCBQ")) == 0
    basic = frame_of(county.basic_farmland, layer="YJJBNTTB")
    parcels = frame_of(county.parcels[2023])
    whole = shapely.union_all(frame_of(county.townships).geometry.to_numpy())
    assert shapely.covers(whole, basic.geometry.to_numpy()).all()
    assert shapely.STRtree(basic.geometry.to_numpy()).query(basic.geometry.to_numpy(), predicate="overlaps").size == 0
    held = parcels["DLBM"].isin(FARMLAND)
    assert 0.6 < dm2(basic, "YJJBNTMJ").sum() / dm2(parcels[held], "TBDLMJ").sum() < 0.95
    exact = {shapely.normalize(shape).wkb for shape in parcels.geometry}
    assert not exact & {shapely.normalize(shape).wkb for shape in basic.geometry}
    red_line = frame_of(county.ecology).geometry.iloc[0]
    assert red_line.is_valid and len(red_line.interiors) > 0
    assert 35_000 < shapely.get_num_coordinates(red_line) < 65_000
    assert {len(line.split(",")) for line in county.tasks.read_text("gbk").splitlines()} == {5}


def test_every_planted_error_stands_in_the_draft(county: CountyFiles) -> None:
    with county.planted_errors.open(encoding="utf-8", newline="") as file:
        listed = [tuple(row.values()) for row in csv.DictReader(file)]
    assert listed == [tuple(error) for error in county.planted]
    assert len(set(listed)) == len(listed) >= 40
    numbered = {f"V{n}" for n in range(1, 16)}
    assert numbered <= {error.code for error in county.planted}
    draft, villages = draft_of(county), frame_of(county.villages)
    known = set(draft["BSM"]) | set(villages["ZLDWDM"]) | set(villages["ZLDWDM"].str[:12])
    for error in county.planted:
        if error.layer == "DLTB":
            assert error.parcel_id.removesuffix("~2") in known, error


def test_villages_that_lost_more_than_their_spare_farmland_are_on_the_list(county: CountyFiles) -> None:
    """Nothing is planted there: basic farmland fitted the farmland when it was drawn, and the year took some of it."""
    basic = pyogrio.read_dataframe(county.basic_farmland, layer="YJJBNTTB")
    held = basic["YJJBNTMJ"].groupby(basic["ZLDWDM"].str[:12]).sum()
    outgrown = {}
    for year in (2023, 2024):
        frame = frame_of(county.parcels[year])
        farmland = frame[frame["DLBM"].isin(["0101", "0102", "0103"])]
        left = farmland["TBDLMJ"].groupby(farmland["ZLDWDM"].str[:12]).sum().reindex(held.index).fillna(0)
        outgrown[year] = set(held.index[held > left + 0.005])
    assert outgrown[2023] == set()
    assert outgrown[2024] == {error.parcel_id for error in county.planted if error.code == "V14-FARMLAND"}


def test_the_draft_is_the_clean_survey_but_for_the_planted_errors(county: CountyFiles) -> None:
    clean = frame_of(county.parcels[2024]).set_index("BSM")
    draft = draft_of(county)
    marked = {error.parcel_id.removesuffix("~2") for error in county.planted}
    same = draft[draft["BSM"].isin(clean.index) & ~draft["BSM"].duplicated(keep=False)].set_index("BSM")
    before = clean.loc[same.index]
    plain = [frame.drop(columns="geometry").astype(object) for frame in (same, before)]
    equal = ((plain[0] == plain[1]) | (plain[0].isna() & plain[1].isna())).all(axis=1)
    equal &= shapely.to_wkb(same.geometry.to_numpy()) == shapely.to_wkb(before.geometry.to_numpy())
    unmarked = set(same.index[~equal]) - marked
    # Beside the parcels named themselves: those of sums and gaps (named by village) and of pieces cut off.
    assert len(unmarked) <= 6
    missing = Counter(error.code for error in county.planted)["INTAKE-ROW-GEOMETRY-NONE"]
    assert draft.geometry.isna().sum() == missing == 1


def test_project_texts_differ_in_dialect_and_carry_their_area(county: CountyFiles) -> None:
    texts = {case: path.read_bytes() for case, path in county.projects.items()}
    assert texts["basic_farmland"].startswith(b"\xef\xbb\xbf")
    assert "[属性描述]".encode("gbk") in texts["clear"] and b"[" not in texts["degrees"]
    lines = texts["clear"].decode("gbk").split("\r\n")
    count, hectares = lines[lines.index("[地块坐标]") + 1].split(",")[:2]
    points = [line.split(",") for line in lines if line.startswith("J")]
    assert len(points) == int(count) and points[0] == points[-1]
    shape = shapely.Polygon([(float(east), float(north)) for _, _, north, east in points])
    assert f"{survey_area([shape], county.crs)[0] / 1e6:.4f}" == hectares


def test_a_needle_goes_to_the_neighbour_and_the_cover_stays_whole() -> None:
    left = shapely.Polygon([(0, 0), (50, 0), (50, 20), (50.2, 0), (100, 0), (100, -50), (0, -50)])
    above = shapely.Polygon([(0, 0), (50, 0), (50, 20), (50.2, 0), (100, 0), (100, 50), (0, 50)])
    both = np.array([left, above], dtype=object)
    made = blunt(both)
    assert shapely.coverage_is_valid(made) and shapely.is_valid(made).all()
    assert shapely.area(made).sum() == pytest.approx(shapely.area(both).sum())
    assert shapely.get_num_coordinates(made[0]) == shapely.get_num_coordinates(left) - 1


def test_control_areas_come_from_above_and_are_levelled_down(county: CountyFiles) -> None:
    townships = frame_of(county.townships)
    assert (level(dm2(townships, "JSMJ"), county.control_dm2) == dm2(townships, "DCMJ")).all()


@pytest.mark.slow
def test_other_seeds_and_sizes_give_sound_counties_too(tmp_path: Path, full: bool) -> None:
    cases = [(1, 700), (2, 1500)] if not full else [(seed, 1000) for seed in range(20)] + [(3, 20_000)]
    for seed, parcels in cases:
        made = write_county(tmp_path / f"{seed}", seed=seed, parcels=parcels)
        first = frame_of(made.parcels[2023])
        assert shapely.coverage_is_valid(first.geometry.to_numpy()), seed
        assert dm2(first, "TBMJ").sum() == made.control_dm2
        assert 0.8 < len(first) / parcels < 1.35


def test_a_county_too_small_to_be_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="600"):
        write_county(tmp_path, parcels=10)
