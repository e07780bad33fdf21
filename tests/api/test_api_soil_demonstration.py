"""The soil of the demonstration: planted warts are told, classes add up to the land, pictures speak both languages."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
from PIL import Image

from tilth import api
from tilth.api import SoilShown
from tilth.api.soil_demonstration import compared_rows, soil_shown
from tilth.core import BadInput, NotFound
from tilth.demo import CountyFiles, write_county
from tilth.land import Store
from tilth.runtime import Workspace
from tilth.soil import coverage_curve

PICTURES = {
    "salinity.png", "classes.png", "coverage.png", "salt.png", "yield.png", "best.png", "classes-fao-salinity.png",
    "classes-cn-series-1.png",
}  # fmt: skip


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> CountyFiles:
    return write_county(tmp_path_factory.mktemp("county"), parcels=700)


@pytest.fixture(scope="module")
def workspace(county: CountyFiles, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = api.init(tmp_path_factory.mktemp("soil") / "ws", region=county.code, name=county.name)
    api.import_regions(made, county.townships)
    api.import_regions(made, county.villages)
    api.import_survey(made, county.parcels[2024], year=2024)
    return made


@pytest.fixture(scope="module")
def shown(workspace: Workspace, county: CountyFiles, tmp_path_factory: pytest.TempPathFactory) -> SoilShown:
    folder = tmp_path_factory.mktemp("shown")
    return soil_shown(workspace, county.soil, folder, year=2024, crs=county.crs, languages=("en", "zh"))


def written(shown: SoilShown, name: str, lang: str = "en") -> Path:
    return next(one for one in shown.written if one.name == name and one.parent.name == f"soil-{lang}")


def test_every_wart_planted_in_the_samples_is_told_and_no_other(shown: SoilShown, county: CountyFiles) -> None:
    with county.soil.planted_rows.open(encoding="utf-8", newline="") as file:
        planted = [(row["code"], int(row["row"])) for row in csv.DictReader(file)]
    assert len(planted) >= 6 and planted == [(one.code, one.row) for one in county.soil.planted]
    aside = {(one.code, one.source_row) for one in shown.samples.samples.aside}
    assert aside == {one for one in planted if one[0] in {code for code, _ in aside}}
    assert {code for code, _ in aside} == {
        "SOIL-ROW-ZERO", "SOIL-ROW-DEPTH", "SOIL-ROW-IMPOSSIBLE", "SOIL-ROW-EMPTY",
    }  # fmt: skip
    assert shown.missed == () and shown.invented == ()
    assert shown.samples.samples.meta.rows_in == county.soil.rows


def test_a_wart_that_nobody_planted_would_be_told(shown: SoilShown, county: CountyFiles) -> None:
    first = county.soil.planted[1]
    assert compared_rows(tuple(one for one in county.soil.planted if one != first), shown.samples) == (
        (), ((first.code, first.row),),
    )  # fmt: skip


def test_extracts_and_units_of_both_laboratories_come_to_one(shown: SoilShown) -> None:
    frame = shown.samples.samples.frame
    assert set(frame["ec_extract"]) >= {"1:5", "paste"}
    assert frame["ece_ds_m"].notna().all() and 0.3 < frame["ece_ds_m"].median() < 20
    paste = frame[frame["ec_extract"] == "paste"]
    assert (paste["ece_ds_m"] == paste["ec_ds_m"]).all()
    assert frame["bottom_cm"].nunique() == 3


def test_classes_of_salinity_add_up_to_the_county_to_the_square_decimetre(
    shown: SoilShown, workspace: Workspace, county: CountyFiles
) -> None:
    areas = shown.mapped.areas
    assert areas is not None
    assert sum(one.area_dm2 for one in areas.rows) == areas.total_dm2 == county.control_dm2
    assert sum(one.share_bp for one in areas.rows) == 10_000
    with (shown.mapped.folder / "parcels.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    parts = [name for name in rows[0] if name.startswith("m2 ")]
    held = Store(workspace).survey(2024).parcels
    dm2 = dict(zip(held["parcel_id"].astype(str), held["area_dm2"].tolist(), strict=True))
    for row in rows:
        assert sum(Decimal(row[name]) for name in parts) * 100 == dm2[row["parcel_id"]]
    for position, name in enumerate(parts):
        assert sum(Decimal(row[name]) for row in rows) * 100 == areas.rows[position].area_dm2


def test_every_class_has_an_interval_that_is_wider_than_nothing(shown: SoilShown) -> None:
    assert shown.mapped.areas is not None
    for one in shown.mapped.areas.rows[:4]:
        assert one.low_dm2 <= one.area_dm2 <= one.high_dm2 and one.high_dm2 - one.low_dm2 > 10_000


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_soil_tables_close_in_the_files_too(shown: SoilShown, county: CountyFiles, lang: str) -> None:
    with written(shown, "class-areas.csv", lang).open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    *classes, total = rows
    assert sum(Decimal(row["area_m2"]) for row in classes) == Decimal(total["area_m2"])
    assert Decimal(total["area_m2"]) * 100 == county.control_dm2
    assert sum(Decimal(row["share_pct"]) for row in classes) == Decimal(total["share_pct"]) == 100
    assert ("非盐渍化" in classes[0]["class"]) is (lang == "zh")
    with written(shown, "soil-classes.csv", lang).open(encoding="utf-8-sig", newline="") as file:
        regions = list(csv.DictReader(file))
    cells = [name for name in regions[0] if name.endswith("_m2") and name != "total_m2"]
    for row in regions:
        assert sum(Decimal(row[name]) for name in cells) == Decimal(row["total_m2"])
    for depth in ("1", "2"):
        below = [row for row in regions if row["depth"] == depth]
        assert sum(Decimal(row["total_m2"]) for row in below) == Decimal(regions[0]["total_m2"])
    book = openpyxl.load_workbook(written(shown, "soil.xlsx", lang), read_only=True)
    assert len(book.sheetnames) >= 3


def test_pictures_are_written_in_both_languages_and_say_different_words(shown: SoilShown) -> None:
    for name in PICTURES:
        english, chinese = (written(shown, name, lang).read_bytes() for lang in ("en", "zh"))
        assert english != chinese
        for picture in (english, chinese):
            opened = Image.open(io.BytesIO(picture))
            assert opened.format == "PNG" and min(opened.size) > 200
            assert len(opened.convert("RGB").getcolors(1 << 24) or []) > 50, "something is drawn"


def test_the_land_where_nobody_sampled_is_outside_the_area_of_applicability(shown: SoilShown) -> None:
    from tilth.intake import read_surface

    folder = shown.mapped.folder
    surface = read_surface(*(folder / name for name in ("ec.tif", "classes.tif", "applicability.tif")), most=120)
    assert max(surface.grid.width, surface.grid.height) == 120
    assert 0.02 < surface.outside[np.isfinite(surface.unlike)].mean() < 0.6
    some = np.isfinite(surface.mean)
    assert (surface.width[some] >= 0).all() and ((surface.likely >= 0) == some).mean() > 0.99


def test_coverage_at_ninety_per_cent_is_the_one_of_the_table_and_grows_with_the_level(shown: SoilShown) -> None:
    result = shown.tried.result
    curve = coverage_curve(result)
    at = int(np.argmin(np.abs(curve.nominal - 0.90)))
    assert curve.overall[at] == pytest.approx(result.coverage.overall, abs=1.01 / len(result.target))
    assert curve.by_found[:, at] == pytest.approx(result.coverage.by_found, abs=4 / len(result.target))
    assert (np.diff(curve.overall) >= 0).all()
    assert curve.by_found.mean(axis=0) == pytest.approx(curve.overall, abs=0.02)


# --- salty parcels ------------------------------------------------------------------------------------------------


def test_units_of_the_salt_chain_are_salty_parcels_with_the_quantiles_of_the_map(
    shown: SoilShown, workspace: Workspace, county: CountyFiles
) -> None:
    units = api.soil_units(workspace, year=2024, groundwater=county.soil.groundwater, least=4.0, most=7)
    assert len(units.rows) == min(7, units.salty) and units.salty == shown.salty
    held = Store(workspace).survey(2024).parcels.set_index("parcel_id")
    for row in units.rows:
        assert row["class_code"].startswith(("01", "1204")) and row["area_dm2"] == held.loc[row["unit_id"], "area_dm2"]
        assert row["ece_q50_ds_m"] >= 4.0 and row["ece_q05_ds_m"] <= row["ece_q50_ds_m"] <= row["ece_q95_ds_m"]
    medians = [row["ece_q50_ds_m"] for row in units.rows]
    assert medians == sorted(medians)


def test_a_county_without_salty_land_or_map_is_one_sentence(
    shown: SoilShown, workspace: Workspace, county: CountyFiles
) -> None:
    asked = {"year": 2024, "groundwater": county.soil.groundwater}
    with pytest.raises(BadInput, match="median ECe of 500 dS/m or more"):
        api.soil_units(workspace, least=500.0, **asked)
    with pytest.raises(NotFound, match=r"no finished map 'none' .* it has: salinity"):
        api.soil_units(workspace, "none", **asked)
    with pytest.raises(BadInput, match=r"terrain\.tif has no band groundwater_depth_m; it has elevation_m"):
        api.soil_units(workspace, year=2024, groundwater=county.soil.rasters[0])


def test_options_of_the_county_are_told_with_the_best_of_each_parcel(shown: SoilShown) -> None:
    fitted = shown.options.fitted
    rows = {row["option"]: row for row in fitted.rows()}
    assert rows["sunflower-drained"]["ece_end_ds_m"] < rows["sunflower"]["ece_end_ds_m"]
    assert sum(row["best_on"] for row in rows.values()) + int((fitted.best < 0).sum()) == len(fitted.table.units)
    low, high = (fitted.table.column(f"ece_ds_m_{end}") for end in ("low", "high"))
    assert (low <= high).all() and (high > low).any()
    frame = pd.read_csv(written(shown, "options.csv", "zh"), encoding="utf-8-sig")
    assert list(frame["option"]) == list(fitted.table.options) and "向日葵（仅春灌）" in set(frame["name"])
    for name in ("income_yuan_ha", "ece_end_ds_m"):
        assert frame[name].tolist() == pytest.approx([row[name] for row in fitted.rows()], rel=1e-12), name
    classes = pd.read_csv(written(shown, "soil-classes.csv", "en"), encoding="utf-8-sig")
    assert not any(name[:2] in ("c0", "c1") for name in classes.columns)
    assert classes.columns[3] == "total_m2" and classes.columns[-1] == "unmapped_m2"


def test_a_map_of_units_that_are_no_parcels_is_refused(shown: SoilShown, workspace: Workspace, tmp_path: Path) -> None:
    from tilth.api.soil_pictures import best_picture

    with pytest.raises(NotFound, match="none of the 1 units is a parcel of the survey of 2024"):
        best_picture(workspace, 2024, {"field 7": 0}, (), "en")


def test_options_are_named_by_crop_and_measures_where_no_file_names_them() -> None:
    from tilth.api.soil_pictures import option_label

    found = option_label("cotton+PIPE_DRAIN", {})
    assert found.zh == "棉花＋暗管排盐" and "+" in found.en
    assert option_label("our own", {}).en == "our own"
