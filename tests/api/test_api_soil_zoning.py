"""Zones in a workspace: areas close, what is changed by hand is recorded, sheets are in both languages."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from saline_survey import EAST, STEP, TOP, drivers, parcels, survey
from tilth import api
from tilth.core import BadInput
from tilth.runtime import Workspace

ON = "2025-01-31"


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr("tilth.land.Store", lambda _: SimpleNamespace(survey=lambda _: survey()))
    return Workspace.create(tmp_path / "ws", region="150821", name="test county")


@pytest.fixture
def table(tmp_path):
    drivers().to_csv(tmp_path / "drivers.csv", index=False)
    return tmp_path / "drivers.csv"


def rows(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def zones(workspace, table, **more):
    more = {"formats": (), **more}
    return api.soil_zones(workspace, year=2024, tables=[table], made_on=ON, **more)


def test_planted_zones_come_out_with_areas_that_close(workspace, table):
    done = zones(workspace, table)
    record = json.loads((done.folder / "zones.json").read_text(encoding="utf-8"))
    total = int(parcels()["area_dm2"].sum())
    assert [one["zone"] for one in record["zones"]] == ["Z1", "Z2", "Z3"]
    assert sum(one["area_dm2"] for one in record["zones"]) == record["total_dm2"] == total
    assert sum(Decimal(one["share_pct"]) for one in record["zones"]) == 100
    for one in record["zones"]:
        assert sum(each["area_dm2"] for each in one["classes"]) == one["area_dm2"]
        assert one["pieces"] == 1
    listed = rows(done.folder / "units.csv")
    assert sum(Decimal(one["area_m2"]) for one in listed) * 100 == total
    assert {one["how"] for one in listed} == {"rule"}
    layer = gpd.read_file(done.folder / "zones.gpkg", layer="zones")
    assert layer["area_dm2"].sum() == total


def test_a_sheet_tells_medians_ranges_and_measures_by_cause(workspace, table):
    record = zones(workspace, table).as_record()
    frame = drivers()
    wet = next(one for one in record["zones"] if one["drivers"][0]["median"] < 2)
    line = wet["drivers"][0]
    own = frame["gw_depth_m"][frame["gw_depth_m"] < 2]
    assert line["name"] == "gw_depth_m" and line["least"] == pytest.approx(own.min())
    assert line["most"] == pytest.approx(own.max()) and line["median"] == pytest.approx(own.median(), abs=0.02)
    assert {"PIPE_DRAIN", "LEACH_DITCH"} <= {one["treatment"] for one in wet["measures"]}
    soda = next(one for one in record["zones"] if one["drivers"][1]["kind"] == "soda")
    assert soda["drivers"][1]["share"] == 1.0
    assert {one["treatment"] for one in soda["measures"] if not one["forbidden"]} >= {"ACIDIFIER", "ORGANIC"}


def test_the_number_of_zones_and_the_least_area_are_kept_to(workspace, table):
    record = zones(workspace, table, zones=5, least_ha=60).as_record()
    assert len(record["zones"]) == 5 and min(one["area_dm2"] for one in record["zones"]) >= 60_000_000
    assert "The number of zones, 5, was given." in record["rule"]


def test_the_same_files_give_the_same_zones_byte_for_byte(workspace, table):
    one, other = (zones(workspace, table, name=name, formats=("docx", "pdf", "xlsx")) for name in ("a", "b"))
    for name in sorted(path.name for path in one.folder.iterdir()):
        if name not in ("zones.json", "zones.gpkg"):
            assert (one.folder / name).read_bytes() == (other.folder / name).read_bytes(), name


def test_what_is_moved_by_hand_is_applied_recorded_and_shown(workspace, table, tmp_path):
    plain = zones(workspace, table)
    here = str(plain.zone[0])
    there = next(name for name in ("Z1", "Z2", "Z3") if name != here)
    pd.DataFrame({"parcel_id": ["p000", "p001"], "zone": [there, here], "note": ["old ditch", ""]}).to_csv(
        tmp_path / "moved.csv", index=False
    )
    done = zones(workspace, table, overrides=tmp_path / "moved.csv", formats=("xlsx",))
    assert done.zone[0] == there and done.computed[0] == here
    record = done.as_record()
    assert record["overrides"] == [
        {"unit": "p000", "computed": here, "zone": there, "note": "old ditch", "file": "moved.csv", "row": 1}
    ]
    assert sum(one["area_dm2"] for one in record["zones"]) == record["total_dm2"]
    first = rows(done.folder / "units.csv")[0]
    assert (first["zone"], first["computed_zone"], first["how"], first["note"]) == (there, here, "hand", "old ditch")
    assert [one.code for one in done.findings] == ["SOIL-ZONES-SCATTERED"]
    book = openpyxl.load_workbook(done.folder / "zones-zh.xlsx")
    cells = [cell.value for sheet in book for line in sheet.iter_rows() for cell in line]
    assert "old ditch" in cells and any("人工调整" in str(one) for one in cells)
    assert {"地下水埋深 m", "盐分离子类型"} <= set(cells)


def test_polygons_move_the_parcels_whose_inner_point_they_hold(workspace, table, tmp_path):
    shape = shapely.box(EAST, TOP - 1.6 * STEP, EAST + 2.6 * STEP, TOP)
    gpd.GeoDataFrame({"zone": ["new west"]}, geometry=[shape], crs="EPSG:4526").to_file(tmp_path / "hand.gpkg")
    with pytest.raises(BadInput, match=r"hand\.gpkg, row 1: there is no zone new west; there are Z1, Z2, Z3"):
        zones(workspace, table, overrides=tmp_path / "hand.gpkg")
    done = zones(workspace, table, overrides=tmp_path / "hand.gpkg", new_zones=True)
    assert [one.unit for one in done.moved] == ["p000", "p001", "p002", "p012", "p013", "p014"]
    assert [one.name for one in done.sheets][-1] == "new west"


def test_a_parcel_without_a_driver_goes_with_its_neighbours_and_is_named_so(workspace, table, tmp_path):
    frame = drivers()
    frame.loc[5, "gw_depth_m"] = np.nan
    frame.drop(index=7).to_csv(tmp_path / "less.csv", index=False)
    done = zones(workspace, tmp_path / "less.csv")
    listed = {one["parcel_id"]: one["how"] for one in rows(done.folder / "units.csv")}
    assert [parcel for parcel, how in listed.items() if how == "neighbour"] == ["p005", "p007"]
    assert [one.said for one in done.findings] == [
        "2 of 144 units lack gw_depth_m, ion_type, ece_ds_m and went with their neighbours"
    ]


def raster(path, *, crs="EPSG:4526", left=EAST):
    row, column = np.mgrid[0:48, 0:48]
    depth = np.where(column < 16, 1.2, 3.2) + 0.01 * row
    soil = np.where(row < 24, 3, 7)
    depth[:4, :4] = soil[:4, :4] = -9999
    with rasterio.open(
        path, "w", driver="GTiff", width=48, height=48, count=2, dtype="float32", crs=crs, nodata=-9999,
        transform=from_origin(left, TOP, 50, 50),
    ) as file:  # fmt: skip
        file.write(np.stack([depth, soil]).astype("float32"))
        file.descriptions = ("gw_depth_m", "soil")
    return path


def test_rasters_are_drivers_of_parcels_by_mean_and_main_kind(workspace, tmp_path):
    done = api.soil_zones(
        workspace, year=2024, rasters=[raster(tmp_path / "r.tif")], kinds=["soil"], zones=4, made_on=ON, formats=()
    )
    assert done.units.drivers[1].kinds[20] == "3" and done.units.drivers[1].kinds[140] == "7"
    assert done.units.drivers[0].numbers[1] == pytest.approx(1.2 + 0.01 * 1.5, abs=1e-5)
    assert np.isnan(done.units.drivers[0].numbers[0]) and done.units.drivers[1].kinds[0] == ""


def test_squares_of_a_raster_are_zoned_without_a_survey(tmp_path, workspace):
    done = api.soil_zones(
        workspace, rasters=[raster(tmp_path / "r.tif")], cell=200, kinds=["soil"], zones=4, made_on=ON, formats=()
    )
    assert len(done.units) == 143
    assert sum(one.area_dm2 for one in done.sheets) == (48 * 48 - 16) * 2500 * 100
    with rasterio.open(done.folder / "zones.tif") as file:
        held = file.read(1)
    assert (held[:4, :4] == 0).all() and (held == 0).sum() == 16 and held.max() == 4
    assert held[30, 3] != held[30, 30] and held[5, 10] != held[40, 10]


def test_sheets_are_written_in_both_languages(workspace, table):
    done = zones(workspace, table, formats=("docx", "pdf", "xlsx"))
    held = {one.name for one in done.folder.iterdir()}
    for lang in ("en", "zh"):
        assert {f"zones-{lang}.{end}" for end in ("docx", "pdf", "xlsx", "png")} <= held
        assert {f"zone-Z{one}-{lang}.png" for one in (1, 2, 3)} <= held
    book = openpyxl.load_workbook(done.folder / "zones-en.xlsx")
    lines = [line for sheet in book for line in sheet.iter_rows(values_only=True) if line[0] in ("Z1", "Z2", "Z3")]
    figures = [one for line in lines for one in line[1:] if one is not None and str(one).replace(".", "").isdigit()]
    assert figures and all(isinstance(one, int | float) for one in figures), "what can be added up is no text"


def test_zones_candidates_and_places_to_sample_come_back_from_a_backup_as_they_were(workspace, table, tmp_path):
    zones(workspace, table, overrides=None, formats=("xlsx",))
    for folder in ("candidates", "next-samples"):
        (workspace.root / folder / "own").mkdir(parents=True)
        (workspace.root / folder / "own" / f"{folder}.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    api.backup(workspace, tmp_path / "county.tar")
    api.restore(tmp_path / "county.tar", tmp_path / "again")

    def held(root):
        folders = ("zones", "candidates", "next-samples")
        return {
            one.relative_to(root).as_posix(): one.read_bytes()
            for name in folders for one in sorted((root / name).rglob("*")) if one.is_file()
        }  # fmt: skip

    assert held(tmp_path / "again") == held(workspace.root) and len(held(workspace.root)) > 5


def test_wrong_drivers_and_overrides_are_refused_in_one_sentence(workspace, table, tmp_path):
    def told(frame, name="bad.csv", **more):
        frame.to_csv(tmp_path / name, index=False)
        with pytest.raises(BadInput) as found:
            zones(workspace, tmp_path / name, **more)
        return found.value.said

    frame = drivers()
    assert told(frame.rename(columns={"parcel_id": "id"})) == (
        "bad.csv has no column parcel_id; it has id, gw_depth_m, ion_type, ece_ds_m"
    )
    assert told(pd.concat([frame, frame.iloc[:1]])) == "bad.csv, row 145: parcel p000 stands there twice"
    assert told(frame.assign(parcel_id="x" + frame["parcel_id"])) == (
        "bad.csv, row 1: there is no parcel xp000 in survey 2024"
    )
    odd = frame.astype({"gw_depth_m": object})
    odd.loc[3, "gw_depth_m"] = "deep"
    assert told(odd) == "bad.csv, row 4: gw_depth_m is 'deep', which is no number, though most are"
    assert told(frame[["parcel_id"]]) == "no driver is given: zones need at least one table, raster or column"
    assert told(frame, columns=["colour"]).startswith("there is no driver colour; there are parcel_id, source_row")
    assert told(frame, weights={"depth": 2.0}) == "there is no driver depth; there are gw_depth_m, ion_type, ece_ds_m"
    with pytest.raises(BadInput, match="zones are of the parcels of a survey, or of cells of a raster"):
        api.soil_zones(workspace, tables=[table])
    with pytest.raises(BadInput, match=r"drivers\.csv goes with parcels, not with cells of a raster"):
        api.soil_zones(workspace, tables=[table], rasters=[raster(tmp_path / "r.tif")], cell=100)
    with pytest.raises(BadInput, match="cells of 10 m are smaller than those of the raster, 50 m"):
        api.soil_zones(workspace, rasters=[tmp_path / "r.tif"], cell=10)
    with pytest.raises(BadInput, match="there is no salinity map salt with classes of the parcels of survey 2024"):
        zones(workspace, table, map="salt")
    pd.DataFrame({"parcel_id": ["p000"], "zone": ["Z9"]}).to_csv(tmp_path / "m.csv", index=False)
    with pytest.raises(BadInput, match=r"m\.csv, row 1: there is no zone Z9; there are Z1, Z2, Z3"):
        zones(workspace, table, overrides=tmp_path / "m.csv")
    pd.DataFrame({"parcel_id": ["p000"], "zone": [""]}).to_csv(tmp_path / "m.csv", index=False)
    with pytest.raises(BadInput, match=r"m\.csv, row 1: no zone is said for parcel p000"):
        zones(workspace, table, overrides=tmp_path / "m.csv")


def test_classes_of_a_salinity_map_are_told_for_each_zone(workspace, table):
    frame = parcels()
    folder = workspace.root / "rasters" / "salinity"
    folder.mkdir(parents=True)
    with (folder / "parcels.csv").open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["parcel_id", "m2 < 2", "m2 ≥ 2", "m2 unmapped"])
        for one, dm2 in zip(frame["parcel_id"], frame["area_dm2"], strict=True):
            writer.writerow([one, f"{(dm2 - 150) / 100:.2f}", "1.00", "0.50"])
    record = zones(workspace, table, map="salinity").as_record()
    for one in record["zones"]:
        assert [each["class"] for each in one["salinity"]] == ["< 2", "≥ 2", "unmapped"]
        assert sum(each["area_dm2"] for each in one["salinity"]) == one["area_dm2"]
        assert one["salinity"][1]["area_dm2"] == 100 * one["units"]
