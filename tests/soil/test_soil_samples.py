"""Samples are read as the laboratory wrote them: every unit, extract and conversion named, nothing guessed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth import api
from tilth.api import Asked
from tilth.api.sampling import read_samples
from tilth.core import BadInput, Finding, NeedsAnswer, speaking
from tilth.soil import get_samples, list_samples
from tilth.soil.cells import depths, numbers
from tilth.soil.samples.headings import read_heading


def read(folder: Path, text: str, *, encoding: str = "utf-8", **asked: object) -> api.SamplesRead:
    file = folder / "lab.csv"
    file.write_bytes(text.encode(encoding))
    return read_samples(file, Asked(**asked))


def codes(done: api.SamplesRead) -> list[str]:
    return [one.code for one in done.findings]


def said(done: api.SamplesRead, code: str) -> list[str]:
    return [one.said for one in done.findings if one.code == code]


# --- headings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("heading", "column", "unit", "extract"),
    [
        ("EC(ms cm-1)", "ec_ds_m", "mS/cm", ""), ("EC1:5 (µS/cm)", "ec_ds_m", "µS/cm", "1:5"),
        ("EC_1:5_dSm", "ec_ds_m", "dS/m", "1:5"), ("ec15_ds_m", "ec_ds_m", "dS/m", "1:5"),
        ("ec125_ds_m", "ec_ds_m", "dS/m", "1:2.5"), ("电导率(μS/cm)", "ec_ds_m", "µS/cm", ""),
        ("土水比1:5电导率/(mS·cm-1)", "ec_ds_m", "mS/cm", "1:5"), ("ec_12pre", "ec_ds_m", None, "1:2"),
        ("ECe (dS/m)", "ece_ds_m", "dS/m", ""), ("饱和浸提液电导率（dS/m）", "ece_ds_m", "dS/m", ""),
        ("EC 1:1 [mS/m]", "ec_ds_m", "mS/m", "1:1"), ("全盐量 g/kg", "salt_g_kg", "g/kg", ""),
        ("含盐量(%)", "salt_g_kg", "%", ""), ("SO42-(mg L-1)", "so4_mmolc_l", "mg/L", ""),
        ("Ca2+ (mmol/L)", "ca_mmolc_l", "mmol/L", ""), ("HCO3⁻（cmol/kg）", "hco3_mmolc_l", "cmol/kg", ""),
        ("pH(1:2.5)", "ph", None, "1:2.5"), ("碱化度(%)", "esp_pct", "%", ""),
        ("CEC cmol(+)/kg", "cec_cmolc_kg", "cmolc/kg", ""),
        ("SAR1:5", "sar15", None, "1:5"), ("经度", "lon", None, ""), ("土层深度(cm)", "depth", None, ""),
        ("地下水埋深(m)", "gw_depth_m", "m", ""), ("clay_pct", "clay_pct", "%", ""),
    ],
)  # fmt: skip
def test_a_heading_says_quantity_unit_and_extract(heading: str, column: str, unit: str | None, extract: str) -> None:
    found = read_heading(heading)
    assert found is not None
    assert (found.column.name, found.unit.name if found.unit else None, found.extract) == (column, unit, extract)


@pytest.mark.parametrize("heading", ["NIR", "Notes", "Soil_Salin", "redblue", "", "权属单位"])
def test_a_heading_of_something_else_is_left_alone(heading: str) -> None:
    assert read_heading(heading) is None


@given(text=st.text(max_size=40))
def test_no_heading_stops_the_reading(text: str) -> None:
    read_heading(text)
    numbers(pd.Series([text]))
    depths(text)


def test_decimal_commas_are_read_and_what_may_be_two_numbers_is_not() -> None:
    got = numbers(pd.Series(["2.81", "6,1", "0,25", "1,234", "n.d.", "<0.01", " 7 ", "", None, "１２"]))
    assert got.values.tolist() == pytest.approx(
        [2.81, 6.1, 0.25, np.nan, np.nan, np.nan, 7, np.nan, np.nan, 12], nan_ok=True
    )
    assert got.reread.tolist() == [1, 2] and got.unread.tolist() == [3, 4, 5]


# --- the real table of Xinjiang ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def xinjiang(data_dir: Path) -> api.SamplesRead:
    return read_samples(data_dir / "sal_xinjiang_cn" / "Soil_Salinity_Prediction_Raw_Dataset.xlsx", Asked())


def test_all_322_rows_of_xinjiang_are_read_and_every_wart_is_told(xinjiang: api.SamplesRead) -> None:
    record = xinjiang.as_record()
    assert (record["rows_in"], record["rows_stored"], record["rows_quarantined"], record["placed"]) == (322, 322, 0, 0)
    assert said(xinjiang, "SOIL-CELL-REREAD") == ["'6,1' in 'EC(ms cm-1)' is read as 6.1"]
    assert said(xinjiang, "INTAKE-NAME-BLANKS") == [
        "there are blanks around the heading ' Phosphate(g kg-1)', which were left off"
    ]
    assert said(xinjiang, "SOIL-HEADING-MISTAKEN") == ["the heading 'CI(mg L-1)' is taken for a misspelt cl_mmolc_l"]
    missing = said(xinjiang, "SOIL-MISSING")
    assert {
        "'CI(mg L-1)' is empty in 74 of 322",
        "'SO42-(mg L-1)' is empty in 74 of 322",
        "'EC(ms cm-1)' is empty in 3 of 322",
    } <= set(missing)
    (leak,) = said(xinjiang, "SOIL-LEAK")
    assert leak.startswith("'SSC(g kg-1)' says the same as 'EC(ms cm-1)' (r = 0.9994 over 319)")
    (depth,) = said(xinjiang, "SOIL-COLUMN-ODD")
    assert depth.startswith("the median of 'GW depth(m)' is 220, beyond 60")
    assert {"SOIL-EXTRACT-UNSAID", "SOIL-NO-CARBONATE", "SOIL-NO-COORDINATES", "SOIL-HEADINGS"} <= set(codes(xinjiang))


def test_ions_of_xinjiang_balance_in_239_of_248_complete_rows(xinjiang: api.SamplesRead) -> None:
    assert said(xinjiang, "SOIL-ION-BALANCE") == [
        "cations and anions are within 10 % of their sum in 239 of 248 complete samples"
    ]
    rows = [one.where.row for one in xinjiang.findings if one.code == "SOIL-ROW-BALANCE"]
    assert rows == [23, 71, 182, 185, 235, 237, 308, 310, 311]


def test_the_sar_of_xinjiang_has_median_7_4_and_highest_160(xinjiang: api.SamplesRead, data_dir: Path) -> None:
    figures = {one["column"]: one for one in xinjiang.figures()}["sar_extract"]
    assert (figures["n"], round(figures["median"], 1), round(figures["most"])) == (320, 7.4, 160)
    # a second way, from the file itself and other weights of the ions
    raw = pd.read_excel(data_dir / "sal_xinjiang_cn" / "Soil_Salinity_Prediction_Raw_Dataset.xlsx")
    divalent = raw["Ca(mg L-1)"] * 2 / 40.08 + raw["Mg(mg L-1)"] * 2 / 24.305
    by_hand = raw["Na(mg L-1)"] / 22.99 / (divalent / 2) ** 0.5
    assert xinjiang.samples.frame["sar_extract"].to_numpy() == pytest.approx(by_hand.to_numpy(), rel=1e-4, nan_ok=True)


def test_of_a_table_without_extract_ece_stays_unknown(xinjiang: api.SamplesRead) -> None:
    frame = xinjiang.samples.frame
    assert frame["ece_ds_m"].isna().all() and (frame["ec_extract"] == "").all()
    assert frame["ec_ds_m"].notna().sum() == 319


def test_every_value_of_xinjiang_keeps_what_it_was_made_from(xinjiang: api.SamplesRead) -> None:
    table = xinjiang.samples.conversions
    one = table[(table["source_row"] == 110) & (table["column"] == "ec_ds_m")].iloc[0]
    assert (one["stated"], one["unit"], one["value"]) == ("6,1", "mS/cm", 6.1)
    one = table[(table["source_row"] == 1) & (table["column"] == "na_mmolc_l")].iloc[0]
    assert (one["stated"], one["unit"], one["method"]) == ("175.199", "mg/L", "mg/L → mmolc/L")
    assert one["value"] == pytest.approx(175.199 / 22.99)
    frame = xinjiang.samples.frame
    for column in ("ec_ds_m", "ph", "salt_g_kg", "cl_mmolc_l", "sar_extract"):
        assert (table["column"] == column).sum() == frame[column].notna().sum(), column


def test_xinjiang_has_a_class_under_every_scheme_that_its_columns_allow(data_dir: Path) -> None:
    file = data_dir / "sal_xinjiang_cn" / "Soil_Salinity_Prediction_Raw_Dataset.xlsx"
    done = api.soil_classify(file, schemes=["all"], asked=Asked(extract="1:5", regression="australia-all"))
    counts = {one.scheme.id: {each.id: each.rows for each in one.counts} for one in done.schemes}
    assert len(counts) == len(api.soil_schemes())
    assert all(sum(rows.values()) == 322 for rows in counts.values())
    assert all(sum(each.share_bp for each in one.counts) == 10_000 for one in done.schemes)
    assert counts["cn-series-1"] == {
        "non": 7, "light": 4, "moderate": 9, "strong": 14, "solonchak": 285, "unknown": 3,
    }  # fmt: skip
    # a second way, straight from the file
    raw = pd.read_excel(file)
    by_hand = pd.cut(raw["SSC(g kg-1)"], [0, 1, 2, 4, 6, 1000], right=False).value_counts(sort=False).tolist()
    assert list(counts["cn-series-1"].values())[:5] == by_hand
    ratio = raw["CI(mg L-1)"] / 35.45 / (raw["SO42-(mg L-1)"] * 2 / 96.06)
    soda = raw["HCO3-(mg L-1)"] / 61.017 >= raw["CI(mg L-1)"] / 35.45 + raw["SO42-(mg L-1)"] * 2 / 96.06
    decided = ratio.notna() & (raw["pH"] < 8.3)
    assert counts["ion-type"]["unknown"] == 322 - decided.sum()
    assert counts["ion-type"]["chloride"] == (decided & ~soda & (ratio >= 2)).sum()
    assert counts["ion-type"]["sulphate"] == (decided & ~soda & (ratio < 0.2)).sum()


# --- units and extracts -----------------------------------------------------------------------------------------------


def test_ec_of_odisha_is_in_microsiemens_and_is_asked_for(data_dir: Path) -> None:
    file = data_dir / "sal_odisha_bd" / "soil_data_raw.csv"
    with pytest.raises(
        NeedsAnswer, match=r"'EC' does not say its unit; its values run from 29.3 over 1132 \(median\) to 8242"
    ):
        read_samples(file, Asked())
    done = read_samples(file, Asked(units={"ec": "uS/cm"}, extract="1:5", regression="australia-all"))
    frame = done.samples.frame
    assert len(frame) == 113 and frame["ec_ds_m"].max() == 8.242
    assert frame["ece_ds_m"].max() == pytest.approx(8.242 * 6.4)
    assert "INTAKE-ENCODING-ASSUMED" in codes(done), "cp1252, with its micro sign"
    assert said(done, "SOIL-COORDINATE-ONE") == ["the column 'X' has no partner, so it is taken for no coordinate"]


def test_one_column_in_two_units_is_refused_in_one_sentence(tmp_path: Path) -> None:
    mixed = "\n".join(
        ["no,EC (dS/m)", *(f"{n},{0.4 + n / 10}" for n in range(12)), *(f"{n},{30 * n}" for n in range(3, 9))]
    )
    with pytest.raises(
        BadInput,
        match=r"two groups of values, 12 up to 1.5 dS/m and 6 from 90 dS/m, and nothing between: two units are mixed",
    ):
        read(tmp_path, mixed)
    wrong = "\n".join(["no,EC (dS/m)", *(f"{n},{400 + n}" for n in range(12))])
    with pytest.raises(BadInput, match=r"12 of 12 values in 'EC .dS/m.' are above 300 dS/m, which no soil has"):
        read(tmp_path, wrong)
    with speaking("zh"), pytest.raises(BadInput, match="混用了两种单位"):
        read(tmp_path, mixed)


def test_a_column_beside_it_says_the_unit_and_the_extract_of_each_row(tmp_path: Path) -> None:
    done = read(
        tmp_path,
        "编号,电导率,单位,土水比,质地\n1,500,μS/cm,1:5,壤土\n2,2.0,mS/cm,饱和泥浆,\n3,70,,1:5,\n4,0.8,dS/m,一比五,\n",
    )
    frame = done.samples.frame
    assert frame["ec_ds_m"].tolist() == pytest.approx([0.5, 2.0, 0.8])
    assert frame["ec_extract"].tolist() == ["1:5", "paste", ""]
    assert frame["ece_ds_m"].tolist() == pytest.approx([4.75, 2.0, np.nan], nan_ok=True)
    assert frame["ece_method"].tolist() == ["EC1:5 → ECe, loam", "ECe", ""]
    assert [one.source_row for one in done.samples.aside] == [3], "without a unit nothing was measured in row 3"


def test_a_temperature_beside_ec_is_used_only_where_somebody_says_so(tmp_path: Path) -> None:
    text = "id,EC (dS/m),Temp_EC (°C)\n1,1.191,35\n2,1.0,25\n"
    assert read(tmp_path, text).samples.frame["ec_ds_m"].tolist() == [1.191, 1.0]
    done = read(tmp_path, text, uncompensated=True)
    assert done.samples.frame["ec_ds_m"].tolist() == pytest.approx([1.0, 1.0])
    assert "35 °C → 25 °C" in done.samples.conversions["method"].tolist()


def test_ions_by_mass_of_soil_need_the_extract(tmp_path: Path) -> None:
    text = "id,EC1:5 (dS/m),Na+ (cmol/kg),Ca2+ (g/kg),Mg2+ (mmol/L)\n1,1.0,2.0,0.2004,1.5\n"
    ions = read(tmp_path, text).samples.frame[["na_mmolc_l", "ca_mmolc_l", "mg_mmolc_l"]].iloc[0].tolist()
    assert ions == pytest.approx([4.0, 2.0, 3.0], rel=1e-3)  # 20 mmol/kg ÷ 5; 10 mmolc/kg ÷ 5; × 2 charges
    bare = read(tmp_path, text.replace("EC1:5", "EC"))
    assert np.isnan(bare.samples.frame["na_mmolc_l"].iloc[0]) and "SOIL-ION-EXTRACT" in codes(bare)


def test_two_columns_that_can_be_the_same_are_asked_about(tmp_path: Path) -> None:
    with pytest.raises(NeedsAnswer, match=r"several columns can be ec_ds_m: EC1:1 .dS/m., EC1:5 .dS/m."):
        read(tmp_path, "id,EC1:1 (dS/m),EC1:5 (dS/m)\n1,2,1\n")


def test_a_map_names_columns_units_and_extract(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text('extract = "1:5"\n[columns]\nec = "DDL_X"\n[units]\nec = "mS/m"\ncl = "mg/L"\n', encoding="utf-8")
    done = read(tmp_path, "id,DDL_X,Cl,texture\n1,120,35.45,sand\n", map=file)
    row = done.samples.frame.iloc[0]
    assert (row["ec_ds_m"], row["ec_extract"], row["ece_ds_m"]) == pytest.approx((1.2, "1:5", 20.4))
    assert row["cl_mmolc_l"] == pytest.approx(1.0)
    wrong = {
        '[columns]\nec = "gone"\n': "has no column 'gone'",
        '[columns]\nfoo = "id"\n': "'foo' is no column",
        '[units]\nec = "bar"\n': "'bar' is no unit",
        "depth = 1\n": "depth cannot be read",
    }
    for text, wanted in wrong.items():
        file.write_text(text, encoding="utf-8")
        with pytest.raises(BadInput, match=wanted):
            read(tmp_path, "id,EC (dS/m)\n1,1\n", map=file)


# --- rows that cannot be ----------------------------------------------------------------------------------------------


def test_rows_that_cannot_be_are_set_aside_each_with_its_reason(tmp_path: Path) -> None:
    done = read(
        tmp_path,
        "id,土层深度,EC1:5 (dS/m),pH\na,0-20,0.5,8.1\nb,20~40cm,-0.1,8\nc,0-20,0.4,81\nd,40-20,0.4,8\n"
        "e,0-20,,\nf,0-20,950,8\ng,表层,0.3,8\n",
    )
    assert [(one.source_row, Finding(one.code, values=one.values).said) for one in done.samples.aside] == [
        (2, "'-0.1' in 'EC1:5 (dS/m)' cannot be: soils lie from 0 to 300"),
        (3, "'81' in 'pH' cannot be: soils lie from 0 to 14"),
        (4, "the bottom at 20 cm is not below the top at 40 cm"),
        (5, "nothing was measured"),
        (6, "'950' in 'EC1:5 (dS/m)' cannot be: soils lie from 0 to 300"),
    ]
    assert done.samples.frame["sample_id"].tolist() == ["a", "g"]
    assert done.samples.frame["bottom_cm"].tolist() == pytest.approx([20.0, np.nan], nan_ok=True)
    assert done.reasons == {"SOIL-ROW-IMPOSSIBLE": 3, "SOIL-ROW-DEPTH": 1, "SOIL-ROW-EMPTY": 1}
    assert "SOIL-DEPTH-UNREAD" in codes(done)


def test_a_table_of_nothing_usable_is_refused_with_its_first_reason(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no sample can be used; the first: 'x' .*|nothing was measured"):
        read(tmp_path, "id,EC1:5 (dS/m)\na,\nb,\n")
    with pytest.raises(BadInput, match="no column is one of soil samples"):
        read(tmp_path, "name,colour\na,red\n")


def test_horizons_upside_down_in_the_colorado_basin_are_set_aside(data_dir: Path) -> None:
    file = data_dir / "sal_ucrb_us" / "cop_ncss17_ec12_2D_covarsc.txt"
    done = read_samples(file, Asked(units={"ec": "dS/m"}, depths="0-20,20-40,40-60", depth_method="spline"))
    meta = done.samples.meta
    assert (meta.rows_in, meta.rows_stored, meta.rows_quarantined) == (3067, 3034, 33)
    upside = [one for one in done.samples.aside if float(one.values["bottom"]) < float(one.values["top"])]
    assert len(upside) == 15, "as the notes on the data count them; the others have no thickness"
    assert (done.samples.frame["ec_extract"] == "1:2").all()
    assert said(done, "SOIL-ID-TWICE")[0].startswith("15 numbers of 'Sample_ID' stand in more than one row")
    layers = done.samples.layers
    assert layers is not None and set(layers["depth_method"]) == {"spline", "weighted (spline below 0)"}


# --- places -----------------------------------------------------------------------------------------------------------


def test_metres_in_columns_named_as_degrees_are_refused(data_dir: Path) -> None:
    file = data_dir / "sal_ucrb_us" / "cop_ncss17SAR_pct_covarsc.txt"
    with pytest.raises(
        NeedsAnswer, match=r"'longitude_decimal_degrees' and .* hold numbers such as .* which are metres"
    ):
        read_samples(file, Asked())
    done = read_samples(file, Asked(crs="EPSG:5070"))
    assert done.samples.meta.crs == "EPSG:5070"
    lon = done.samples.frame.to_crs(4326).geometry.x
    assert lon.between(-116, -104).all()


def test_a_sign_turned_round_a_zero_and_a_number_beyond_are_set_aside(tmp_path: Path) -> None:
    rows = [f"{n},{113 + n / 100},{34 + n / 100},1" for n in range(20)]
    rows += ["s,-113.05,34.1,1", "z,0,0,1", "b,113.1,341,1", "e,,,1"]
    done = read(tmp_path, "id,lon,lat,EC1:5 (dS/m)\n" + "\n".join(rows) + "\n")
    assert [Finding(one.code, values=one.values).said for one in done.samples.aside] == [
        "longitude -113.05 has the other sign than all the rest: 113.05 is meant, or another place",
        "the coordinates are 0, 0, which stands for none",
        "113.1, 341 is no longitude and latitude",
    ]
    assert said(done, "SOIL-ROW-PLACELESS") == [
        "1 of 21 have no coordinates: they are kept for classes and figures, and not mapped"
    ]
    assert done.as_record()["placed"] == 20


def test_swapped_columns_and_a_projection_without_a_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="the two columns are swapped"):
        read(tmp_path, "id,lon,lat,EC1:5 (dS/m)\n1,34.1,113.2,1\n2,34.2,113.1,1\n")
    with pytest.raises(NeedsAnswer, match=r"EPSG:4526|4526"):
        read(tmp_path, "id,x,y,EC1:5 (dS/m)\n1,38412300,3500400,1\n2,38412400,3500500,1\n")
    done = read(tmp_path, "id,x,y,EC1:5 (dS/m)\n1,38412300,3500400,1\n2,38412400,3500500,1\n", crs="EPSG:4526")
    assert done.samples.meta.crs == "EPSG:4526" and done.as_record()["placed"] == 2
    with pytest.raises(
        BadInput, match="cannot be in China Geodetic Coordinate System 2000: its coordinates are near x 38"
    ):
        read(tmp_path, "id,x,y,EC1:5 (dS/m)\n1,38412300,3500400,1\n", crs="EPSG:4490")


def test_points_of_a_projected_geojson_keep_their_system(data_dir: Path) -> None:
    file = data_dir / "sal_cafine_gw" / "Salinity_data.geojson"
    done = read_samples(file, Asked(units={"ec": "dS/m"}, extract="1:5"))
    frame = done.samples.frame
    assert len(frame) == 183 and done.samples.meta.crs == "EPSG:2095"
    assert (frame["texture"] != "").all() and frame["sand_pct"].max() <= 100
    assert "SOIL-ECE-BEYOND" in codes(done) and frame["ece_ds_m"].max() <= 300


# --- checks -----------------------------------------------------------------------------------------------------------


def test_a_column_that_is_the_target_again_is_told(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    ec = rng.lognormal(0, 1, 40)
    table = pd.DataFrame({"id": range(40), "EC1:5 (dS/m)": ec, "copy": ec * 640, "log": np.log(ec) * 2 + 1,
                          "near": ec * rng.lognormal(0, 0.5, 40), "B": rng.random(40)})  # fmt: skip
    done = read(tmp_path, table.to_csv(index=False))
    assert [one.values["heading"] for one in done.findings if one.code == "SOIL-LEAK"] == ["copy", "log"]


def test_a_sample_number_twice_and_a_texture_that_is_none_are_told(tmp_path: Path) -> None:
    done = read(tmp_path, "id,EC1:5 (dS/m),texture\na,1,loam\na,2,marsh\n")
    assert said(done, "SOIL-ID-TWICE") == ["1 number of 'id' stand in more than one row: a"]
    assert said(done, "SOIL-TEXTURES-UNKNOWN") == ["1 texture is none that the conversions know: marsh"]


# --- the workspace ----------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(tmp_path: Path):
    return api.init(tmp_path / "county", region="410882", name="示范县")


LAB = """编号,经度,纬度,土层,土水比1:5电导率(mS/cm),质地,pH
1,113.1,35.0,0-20,0.5,壤土,8.1
2,113.2,35.1,0-20,1.5,黏壤土,8.4
"""


def test_the_same_samples_are_stored_once_and_read_back_whole(workspace, tmp_path: Path) -> None:
    file = tmp_path / "土样.csv"
    file.write_bytes(LAB.encode("gbk"))
    first = api.import_samples(workspace, file, depths="0-20", label="spring")
    again = api.import_samples(workspace, file, depths="0-20", label="spring")
    other = api.import_samples(workspace, file, extract="1:5")
    assert first.samples.id == again.samples.id != other.samples.id
    assert {key for key, _ in list_samples(workspace)} == {first.samples.id, other.samples.id}
    held = get_samples(workspace, "spring")
    assert held.meta == first.samples.meta and held.findings == first.samples.findings
    pd.testing.assert_frame_equal(pd.DataFrame(held.frame), pd.DataFrame(first.samples.frame))
    assert held.layers is not None and held.layers["ec_ds_m"].tolist() == [0.5, 1.5]
    classes = api.soil_classify("spring", schemes=["fao-salinity"], workspace=workspace)
    assert classes.schemes[0].rows["class"].tolist() == ["moderate", "strong"]  # ECe 4.75 and 12.9
    assert classes.schemes[0].rows["class_note"].tolist() == ["EC1:5 → ECe, loam", "EC1:5 → ECe, clay loam"]


def test_a_damaged_set_is_refused_and_mended_by_another_import(workspace, tmp_path: Path) -> None:
    file = tmp_path / "lab.csv"
    file.write_text(LAB, encoding="utf-8")
    done = api.import_samples(workspace, file)
    rows = workspace.root / "samples" / done.samples.id[:16] / "rows.parquet"
    rows.write_bytes(rows.read_bytes()[:-1] + b"x")
    with pytest.raises(BadInput, match=r"cannot be read: rows.parquet: SHA-256"):
        get_samples(workspace, done.samples.id)
    api.import_samples(workspace, file)
    assert len(get_samples(workspace, done.samples.id[:6]).frame) == 2


def test_samples_schemes_and_conversions_are_in_a_backup(workspace, tmp_path: Path) -> None:
    file = tmp_path / "lab.csv"
    file.write_text(LAB, encoding="utf-8")
    own = '[[figure]]\nid = "salt-per-ec15"\nvalue = 3\nunit = "g/kg"\nsource = "own"\nconfidence = "likely"\n'
    (workspace.root / "soil-conversions.toml").write_text(own, encoding="utf-8")
    done = api.import_samples(workspace, file)
    assert done.samples.frame["salt_g_kg"].tolist() == [1.5, 4.5], "the county's own factor"
    api.backup(workspace, tmp_path / "a.tar")
    api.restore(tmp_path / "a.tar", tmp_path / "again")
    back = api.open_workspace(tmp_path / "again")
    assert get_samples(back, done.samples.id).meta == done.samples.meta
    assert (back.root / "soil-conversions.toml").read_text(encoding="utf-8") == own


def test_classes_are_written_with_every_row_and_nothing_that_runs(workspace, tmp_path: Path) -> None:
    file = tmp_path / "lab.csv"
    file.write_text("id,ECe (dS/m),ESP (%)\n=1+1,5,3\nb,5,\n", encoding="utf-8")
    api.soil_classify(file, schemes=["ussl", "fao-salinity"], out=tmp_path / "classes.csv")
    table = pd.read_csv(tmp_path / "classes.csv", dtype=str, keep_default_na=False)
    assert table["sample_id"].tolist() == ["'=1+1", "b"]
    assert table["ussl:class"].tolist() == ["saline", "unknown"]
    assert table["fao-salinity:class_label"].tolist() == ["moderately saline"] * 2
    with pytest.raises(BadInput, match=r"does not end in \.csv"):
        api.soil_classify(file, out=tmp_path / "classes.xlsx")


def test_values_at_a_detection_limit_are_no_second_unit(tmp_path: Path) -> None:
    rows = [*(f"{n},0.01" for n in range(5)), *(f"{n},{2 + n / 10}" for n in range(12))]
    done = read(tmp_path, "\n".join(["no,EC (dS/m)", *rows]))
    assert (done.samples.frame["ec_ds_m"] == 0.01).sum() == 5
    tens = [*(f"{n},{0.01 + n / 1000}" for n in range(5)), *(f"{n},{2 + n / 10}" for n in range(12))]
    with pytest.raises(BadInput, match="two units are mixed"):
        read(tmp_path, "\n".join(["no,EC (dS/m)", *tens]))
