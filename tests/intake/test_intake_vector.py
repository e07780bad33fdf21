"""Any vector file: each declared row is in the frame or named as rejected; nothing comes out but a table or a word."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import struct
import time
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely.geometry import MultiPolygon, Point, box

from tilth.core import BadInput, NeedsAnswer, TilthError
from tilth.intake import Table, list_layers, read_table, read_vector, write_vector

FORMATS = ["shp", "gpkg", "geojson", "parquet", "gml"]


def county(rows: int = 6, crs: str = "EPSG:4526", east: float = 38_400_000) -> gpd.GeoDataFrame:
    squares = [box(east + 100 * i, 3_500_000, east + 90 + 100 * i, 3_500_090) for i in range(rows)]
    data = {
        "BSM": [f"{i:018d}" for i in range(rows)],
        "DLMC": ["水田", "旱地"] * (rows // 2),
        "MJ": np.arange(rows) * 1.5,
    }
    return gpd.GeoDataFrame(data, geometry=squares, crs=crs)


def codes(table: Table) -> list[str]:
    return [finding.code for finding in table.findings]


def edit(path: Path, start: int, new: bytes) -> None:
    raw = bytearray(path.read_bytes())
    raw[start : start + len(new)] = new
    path.write_bytes(raw)


@pytest.mark.parametrize("ending", FORMATS)
def test_what_is_written_is_read_back(tmp_path: Path, ending: str) -> None:
    frame = county()
    said = write_vector(frame, tmp_path / f"t.{ending}")
    table = read_vector(tmp_path / f"t.{ending}")
    assert table.rows_in == len(table.frame) == 6 and table.rejected == ()
    assert list(table.frame["DLMC"]) == list(frame["DLMC"]) and list(table.frame["BSM"]) == list(frame["BSM"])
    assert list(table.frame["source_row"]) == [1, 2, 3, 4, 5, 6]
    assert len(table.sources[0].sha256) == 64
    if ending == "geojson":
        assert [finding.code for finding in said] == ["INTAKE-WRITE-REPROJECTED"] and table.crs == "EPSG:4326"
    else:
        assert table.crs == "EPSG:4526" and said == ()
        assert shapely.area(table.frame.geometry).sum() == pytest.approx(6 * 8100)
    assert not list(tmp_path.glob(".tilth*"))


def test_of_several_layers_the_only_one_with_polygons_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "t.gpkg"
    pyogrio.write_dataframe(county(), path, layer="DLTB")
    pyogrio.write_dataframe(county().iloc[:0], path, layer="empty", geometry_type="Polygon")
    pyogrio.write_dataframe(county().set_geometry(county().centroid), path, layer="points")
    table = read_vector(path)
    assert len(table.frame) == 6 and codes(table) == ["INTAKE-LAYERS-PASSED"]
    assert "empty (0)" in table.findings[0].said and "points (6)" in table.findings[0].said
    assert [(layer.name, layer.rows) for layer in list_layers(path)] == [("DLTB", 6), ("empty", 0), ("points", 6)]
    pyogrio.write_dataframe(county(2), path, layer="PBF")
    with pytest.raises(NeedsAnswer, match=r"DLTB \(6\), PBF \(2\)"):
        read_vector(path)
    assert len(read_vector(path, layer="PBF").frame) == 2
    with pytest.raises(BadInput, match="no layer 'XZQ'"):
        read_vector(path, layer="XZQ")


def test_a_cut_table_costs_rows_that_are_named(tmp_path: Path) -> None:
    write_vector(county(), tmp_path / "t.shp")
    dbf = tmp_path / "t.dbf"
    dbf.write_bytes(dbf.read_bytes()[: -int(2.5 * int.from_bytes(dbf.read_bytes()[10:12], "little"))])
    table = read_vector(tmp_path / "t.shp")
    assert table.rows_in == 6 and len(table.frame) == 3
    assert [(row.source_row, row.code) for row in table.rejected] == [(i, "INTAKE-ROW-MISSING") for i in (4, 5, 6)]
    assert "INTAKE-SHP-COUNTS" in codes(table)


def test_a_cut_shp_costs_shapes_that_are_named_with_their_attributes(tmp_path: Path) -> None:
    write_vector(county(), tmp_path / "t.shp")
    shp = tmp_path / "t.shp"
    shp.write_bytes(shp.read_bytes()[:-200])
    table = read_vector(shp)
    assert table.rows_in == 6 and len(table.frame) == 4
    assert [row.code for row in table.rejected] == ["INTAKE-GEOMETRY-CUT"] * 2
    assert table.rejected[0].attributes["BSM"] == f"{4:018d}"


def test_rows_marked_as_deleted_are_counted(tmp_path: Path) -> None:
    write_vector(county(), tmp_path / "t.shp")
    head = (tmp_path / "t.dbf").read_bytes()[:12]
    start, length = int.from_bytes(head[8:10], "little"), int.from_bytes(head[10:12], "little")
    edit(tmp_path / "t.dbf", start + 2 * length, b"*")
    table = read_vector(tmp_path / "t.shp")
    assert [(row.source_row, row.code) for row in table.rejected] == [(3, "INTAKE-ROW-DELETED")]
    assert list(table.frame["source_row"]) == [1, 2, 4, 5, 6] and list(table.frame["MJ"])[2] == 4.5


@pytest.mark.parametrize("damage", ["missing", "cut"])
def test_a_lost_index_is_rebuilt(tmp_path: Path, damage: str) -> None:
    write_vector(county(), tmp_path / "t.shp")
    shx = tmp_path / "t.shx"
    if damage == "missing":
        shx.unlink()
    else:
        shx.write_bytes(shx.read_bytes()[:-30])
    table = read_vector(tmp_path / "t.shp")
    assert len(table.frame) == 6 and codes(table) == ["INTAKE-SHX-REBUILT"]
    assert list(table.frame["BSM"]) == list(county()["BSM"])


def test_shapes_without_a_table_are_read_with_a_word(tmp_path: Path) -> None:
    write_vector(county(), tmp_path / "t.shp")
    (tmp_path / "t.dbf").unlink()
    table = read_vector(tmp_path / "t.shp")
    assert len(table.frame) == 6 and codes(table) == ["INTAKE-DBF-MISSING"]


def test_a_header_that_declares_far_too_much_is_not_believed(tmp_path: Path) -> None:
    write_vector(county(), tmp_path / "t.shp")
    edit(tmp_path / "t.dbf", 4, struct.pack("<I", 4_000_000_000))
    with pytest.raises(BadInput, match="declares 4000000000 rows but holds 6"):
        read_vector(tmp_path / "t.shp")


def test_codes_of_nineteen_digits_keep_every_digit(tmp_path: Path) -> None:
    frame = county(2).assign(BIG=[1234567890123456789, 9007199254740993])
    pyogrio.write_dataframe(frame, tmp_path / "t.shp")
    pyogrio.write_dataframe(frame.astype({"BIG": "Int64"}), tmp_path / "t.gpkg")
    assert [str(value) for value in read_vector(tmp_path / "t.gpkg").frame["BIG"]] == [
        "1234567890123456789",
        "9007199254740993",
    ]
    assert [str(value) for value in read_vector(tmp_path / "t.shp").frame["BIG"]] == [
        "1234567890123456789",
        "9007199254740993",
    ]
    frame["BIG"] = pd.array([1234567890123456789, None], dtype="Int64")
    pyogrio.write_dataframe(frame, tmp_path / "n.gpkg")
    assert read_vector(tmp_path / "n.gpkg").frame["BIG"][0] == 1234567890123456789


def test_null_and_other_geometries_stay_in_the_frame(tmp_path: Path) -> None:
    frame = county(4)
    square = box(38.4e6, 3.5e6, 38.4e6 + 9, 3.5e6 + 9)
    frame.geometry = [None, Point(38_400_000, 3_500_000), MultiPolygon([square]), square]
    write_vector(frame, tmp_path / "t.gpkg")
    table = read_vector(tmp_path / "t.gpkg")
    assert table.frame.geometry.isna().tolist() == [True, False, False, False] and table.rows_in == 4


def test_heights_measures_and_arcs_are_dropped_with_a_word(tmp_path: Path) -> None:
    frame = county(2)
    frame.geometry = shapely.force_3d(frame.geometry, 7.0)
    write_vector(frame, tmp_path / "z.shp")
    table = read_vector(tmp_path / "z.shp")
    assert not table.frame.geometry.has_z.any() and codes(table) == ["INTAKE-FLATTENED"]
    write_vector(county(2), tmp_path / "c.gpkg")
    with sqlite3.connect(tmp_path / "c.gpkg") as base:
        for (name,) in base.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            base.execute(f'DROP TRIGGER "{name}"')
        x, y = 38.4e6, 3.5e6
        circle = struct.pack("<BIIBII6d", 1, 10, 1, 1, 8, 3, x, y, x + 2, y, x, y)
        base.execute("UPDATE c SET geom = ? WHERE fid = 2", (b"GP\0\1" + struct.pack("<i", 4526) + circle,))
    base.close()
    table = read_vector(tmp_path / "c.gpkg")
    assert codes(table) == ["INTAKE-CURVES"]
    assert table.frame.geometry.iloc[1].area == pytest.approx(np.pi, rel=0.01)


def test_a_zone_number_missing_from_the_projection_file_is_put_right(tmp_path: Path) -> None:
    write_vector(county(), tmp_path / "t.shp")
    (tmp_path / "t.prj").write_text(shapely_prj("EPSG:4547"), encoding="ascii")
    table = read_vector(tmp_path / "t.shp")
    assert table.crs == "EPSG:4526" and codes(table) == ["INTAKE-CRS-CORRECTED"]
    (tmp_path / "t.prj").unlink()
    with pytest.raises(NeedsAnswer, match="EPSG:4526"):
        read_vector(tmp_path / "t.shp")
    assert read_vector(tmp_path / "t.shp", crs="4526").frame.crs.to_epsg() == 4526
    (tmp_path / "t.prj").write_text(shapely_prj("EPSG:2362"), encoding="ascii")
    with pytest.raises(BadInput, match="7 parameters"):
        read_vector(tmp_path / "t.shp")


def shapely_prj(crs: str) -> str:
    return str(gpd.GeoSeries([], crs=crs).crs.to_wkt("WKT1_ESRI"))


def test_a_projection_file_with_chinese_names_in_gbk_is_understood(tmp_path: Path) -> None:
    write_vector(county(), tmp_path / "t.shp")
    prj = shapely_prj("EPSG:4526").replace("CGCS2000_3_Degree_GK_Zone_38", "2000国家大地坐标系 38带")
    (tmp_path / "t.prj").write_bytes(prj.encode("gbk"))
    table = read_vector(tmp_path / "t.shp")
    assert table.crs == "EPSG:4526" and len(table.frame) == 6


def test_northing_first_is_turned(tmp_path: Path) -> None:
    frame = county()
    frame.geometry = shapely.transform(np.asarray(frame.geometry), lambda points: points[:, ::-1])
    write_vector(frame, tmp_path / "t.gpkg")
    table = read_vector(tmp_path / "t.gpkg")
    assert codes(table) == ["INTAKE-AXES-SWAPPED"]
    assert table.frame.total_bounds.tolist() == county().total_bounds.tolist()


def collection(features: list[object], **more: object) -> str:
    return json.dumps({"type": "FeatureCollection", "features": features, **more}, ensure_ascii=False)


def feature(x: float = 114.0, y: float = 34.0, **properties: object) -> dict[str, object]:
    ring = [[x, y], [x + 0.1, y], [x + 0.1, y + 0.1], [x, y]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


def test_geojson_with_a_projected_crs_member_with_gbk_text_and_without_a_crs(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4526"}}
    path = tmp_path / "t.geojson"
    path.write_text(collection([feature(38_400_000, 3_500_000)], crs=crs), encoding="utf-8")
    assert read_vector(path).crs == "EPSG:4526"
    path.write_text(collection([feature(38_400_000, 3_500_000)]), encoding="utf-8")
    with pytest.raises(NeedsAnswer, match="EPSG:4526"):
        read_vector(path)
    assert codes(read_vector(path, crs="EPSG:4526")) == []
    path.write_bytes(collection([feature(name="盐碱地")]).encode("gbk"))
    table = read_vector(path)
    assert table.frame["name"].tolist() == ["盐碱地"] and codes(table) == ["INTAKE-ENCODING-ASSUMED"]
    path.write_text("\n".join(json.dumps(feature(n=i)) for i in range(3)), encoding="utf-8")
    assert len(read_vector(path).frame) == 3


def test_what_is_no_feature_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.geojson"
    path.write_text(collection([feature(n=1), None, 5, feature(n=4)]), encoding="utf-8")
    table = read_vector(path)
    assert table.rows_in == 4 and list(table.frame["n"]) == [1, 4]
    assert list(table.frame["source_row"]) == [1, 4]
    assert [row.source_row for row in table.rejected] == [2, 3]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.shp", b"<OGRVRTDataSource></OGRVRTDataSource>"),
        ("b.geojson", b'{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline"}'),
        ("c.geojson", b'{"rings": []}'),
        ("d.gml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"),
        ("e.gml", b"<x><y></x>"),
        ("f.gpkg", b"not sqlite"),
        ("m.fgb", b"fgb\x03fgb\x00"),
        ("n.gml", b"<?xml version='1.0' encoding='utf-9'?><x/>"),
        ("g.parquet", b"PAR1xxxxPAR1"),
        ("h.gdb", b"no folder"),
        ("i.vrt", b"<OGRVRTDataSource/>"),
        ("j.geojson", b"[" * 200_000),
        ("k.geojson", b'{"a":' * 100_000),
        ("l.json", b""),
    ],
)
def test_a_file_that_is_not_what_its_name_says_is_refused_in_one_sentence(
    tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=name):
        read_vector(tmp_path / name)


@pytest.mark.parametrize("path", ["/vsicurl/http://x/a.shp", "http://x/a.geojson", "zip:///a.zip", "/nowhere/a.shp"])
def test_addresses_are_not_followed(path: str) -> None:
    with pytest.raises(BadInput):
        read_vector(path)


def test_gbk_shapefiles_are_written_with_their_code_page_or_not_at_all(tmp_path: Path) -> None:
    write_vector(county(), tmp_path / "t.shp")
    assert (tmp_path / "t.cpg").read_text(encoding="ascii") == "GBK"
    assert "水田".encode("gbk") in (tmp_path / "t.dbf").read_bytes()
    before = sorted(path.read_bytes() for path in tmp_path.iterdir())
    for frame, why in (
        (county().assign(DLMC="😀"), "cannot write"),
        (county().assign(DLMC="水" * 200), "longer than the 254"),
        (county().assign(averylongname1=1, averylongname2=2), "become one"),
    ):
        with pytest.raises(BadInput, match=why):
            write_vector(frame, tmp_path / "t.shp")
    with pytest.raises(BadInput, match="no format"):
        write_vector(county(), tmp_path / "t.doc")
    assert sorted(path.read_bytes() for path in tmp_path.iterdir()) == before


@pytest.mark.parametrize("ending", ["gpkg", "shp", "geojson", "parquet"])
def test_a_file_of_no_bytes_is_said_to_be_empty_not_of_another_format(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"t.{ending}"
    path.touch()
    with pytest.raises(BadInput) as told:
        read_vector(path)
    assert told.value.code == "INTAKE-NO-BYTES" and "t." in told.value.said and told.value.remedy


#: Rows of the shared vector files; a file that asks is given the answer it asks for.
SHARED: dict[str, tuple[int, dict[str, str]]] = {
    "parcels_cambridge_ma/ASSESSING_ParcelsFY2013.topojson": (13159, {"crs": "EPSG:4326"}),
    "parcels_cambridge_ma/ASSESSING_ParcelsFY2014.topojson": (13116, {"crs": "EPSG:4326"}),
    "farmland_registry_okayama_jp/farmland_points.geojson": (1428, {}),
    "sal_cafine_gw/Salinity_data.geojson": (183, {}),
    "sal_odisha_bd/Sample_Soil_Salinity_2016.shp": (92, {}),
    "cn_admin/china_provinces_schematic.geojson": (34, {}),
    "cn_admin/china_prefectures_schematic.geojson": (455, {}),
    "rs_abandonment_points_ee/Training_samples.shp": (11757, {}),
    "rs_abandonment_points_ee/Aabandonment_validation_samples.shp": (3341, {}),
    "rs_abandonment_points_ee/Recultivation_validation_samples.shp": (3509, {}),
    "rs_abandonment_points_ee/Reforestation_validation_samples.shp": (3509, {}),
}
FIBOA_ASKS = {"be_wal": ("ExistingLandUseObject", 10), "pt_": ("Culturas_Aveiro", 100)}


@pytest.mark.data
@pytest.mark.parametrize(("name", "expected"), SHARED.items())
def test_the_shared_vector_files_are_read_whole(
    data_dir: Path, name: str, expected: tuple[int, dict[str, str]]
) -> None:
    rows, answers = expected
    if answers:
        with pytest.raises(NeedsAnswer):
            read_vector(data_dir / name)
    table = read_vector(data_dir / name, **answers)
    assert (len(table.frame), table.rows_in) == (rows, rows)


@pytest.mark.data
def test_all_fiboa_fixtures_are_read_whole(data_dir: Path) -> None:
    read = {}
    for path in sorted((data_dir / "parcels_fiboa_fixtures").iterdir()):
        if path.suffix == ".txt":
            continue
        asks = next((answer for start, answer in FIBOA_ASKS.items() if path.name.startswith(start)), None)
        if asks:
            with pytest.raises(NeedsAnswer, match=asks[0]):
                read_vector(path)
        table = read_vector(path, layer=asks[0] if asks else None)
        assert table.rows_in == len(table.frame) and not table.frame.geometry.isna().any()
        read[path.name] = len(table.frame)
    assert len(read) == 21
    assert {name: rows for name, rows in read.items() if rows != 100} == {
        "be_wal_LU_ExistingLandUse_SIGEC2022.gml.zip": 10, "se_se2023.zip": 10,
    }  # fmt: skip


@pytest.mark.data
def test_topojson_rings_are_as_an_independent_reading_of_the_arcs_has_them(data_dir: Path) -> None:
    path = data_dir / "parcels_cambridge_ma/ASSESSING_ParcelsFY2013.topojson"
    content = json.loads(path.read_bytes())
    scale, shift = (np.array(content["transform"][key]) for key in ("scale", "translate"))
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + shift for arc in content["arcs"]]
    table = read_vector(path, crs="EPSG:4326")
    for position, one in enumerate(content["objects"]["ASSESSING_ParcelsFY2013"]["geometries"]):
        if one["type"] != "Polygon" or position % 10:
            continue
        rings = []
        for ring in one["arcs"]:
            lines = [arcs[arc] if arc >= 0 else arcs[~arc][::-1] for arc in ring]
            rings.append(np.vstack([lines[0], *(line[1:] for line in lines[1:])]))
        expected = shapely.Polygon(rings[0], [ring for ring in rings[1:] if len(ring) > 3])
        assert table.frame.geometry[position].equals_exact(expected, 1e-12), position


def mutated(raw: bytes, dice: random.Random) -> bytes:
    """A few bytes flipped, cut, inserted or doubled."""
    data = bytearray(raw)
    for _ in range(dice.choice([1, 1, 2, 5, 20])):
        if not data:
            break
        start = dice.randrange(len(data)) if dice.random() < 0.6 else dice.randrange(min(len(data), 200))
        kind = dice.randrange(5)
        if kind == 0:
            data[start] ^= 1 << dice.randrange(8)
        elif kind == 1:
            data[start] = dice.choice([0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)])
        elif kind == 2:
            del data[start : start + dice.choice([1, 4, 40, len(data)])]
        elif kind == 3:
            data[start:start] = bytes(dice.randrange(256) for _ in range(dice.choice([1, 4, 17])))
        else:
            data[start:start] = data[start : start + dice.choice([1, 8, 64])]
    return bytes(data)


@pytest.mark.slow
@pytest.mark.parametrize(
    "ending", [".shp", ".shx", ".dbf", ".prj", ".cpg", ".gpkg", ".geojson", ".csv", ".zip", ".gml", ".parquet"]
)
def test_damaged_files_give_a_table_or_a_word_never_anything_else(tmp_path: Path, ending: str, full: bool) -> None:
    whole = tmp_path / "whole"
    whole.mkdir()
    for kind in ("shp", "gpkg", "geojson", "gml", "parquet"):
        write_vector(county(), whole / f"t.{kind}")
    (whole / "t.csv").write_text(county().drop(columns="geometry").to_csv(index=False), encoding="gbk")
    with zipfile.ZipFile(whole / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(whole.glob("t.*")):
            if part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                archive.write(part, part.name)
    shape = ending in (".shp", ".shx", ".dbf", ".prj", ".cpg")
    dice = random.Random(f"tilth {ending}")
    work = tmp_path / "work"
    work.mkdir()
    for part in whole.iterdir() if shape else ():
        if part.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
            shutil.copyfile(part, work / part.name)
    said: list[str] = []
    for turn in range(2_000 if full else 14):
        (work / f"t{ending}").write_bytes(mutated((whole / f"t{ending}").read_bytes(), dice))
        started = time.monotonic()
        try:
            table = (
                read_table(work / "t.csv")
                if ending == ".csv"
                else read_vector(work / ("t.shp" if shape else f"t{ending}"))
            )
            assert table.rows_in == len(table.frame) + len(table.rejected)
            assert table.frame["source_row"].is_unique
        except TilthError as error:
            said.append(error.said)
        assert time.monotonic() - started < 10, turn
    assert all(said)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", ["a;b", "a;b;c", "zip:a"])
def test_a_semicolon_or_colon_in_a_name_is_part_of_the_name(
    tmp_path: Path, name: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_vector(county(2), f"plain.{suffix}")
    for part in tmp_path.glob("plain.*"):
        part.rename(part.with_name(name + part.suffix))
    table = read_vector(f"{name}.{suffix}")
    assert table.rows_in == 2 and table.sources[0].name == f"{name}.{suffix}"


@pytest.mark.parametrize("name", ["a;b.gpkg", "a;b.shp", "a!b.geojson", "zip:a.gml"])
def test_a_name_that_would_be_cut_is_not_written(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="is cut there"):
        write_vector(county(), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    county().to_file(tmp_path / "ab.gpkg")
    (tmp_path / "ab.gpkg").rename(tmp_path / "a!b.gpkg")
    with pytest.raises(BadInput, match="a '!' in a path"):
        read_vector(tmp_path / "a!b.gpkg")
