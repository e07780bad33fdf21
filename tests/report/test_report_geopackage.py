"""The GeoPackage: layers, areas to the dm², and styles that a map viewer loads by itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from xml.etree import ElementTree as ET

import pyogrio
import pytest
from report_sample import book, parcels

from tilth.core import BadInput, Finding, Label, speaking
from tilth.report import plain_layer, write_geopackage


@pytest.fixture
def package(tmp_path: Path, findings: tuple[Finding, ...]) -> Path:
    sample = book("zh", findings)
    with speaking("zh"):
        return write_geopackage(sample.layers, tmp_path / "year.gpkg", sample.made_on)


def test_gdal_reads_every_layer_and_the_styles(package: Path) -> None:
    assert {name for name, _ in pyogrio.list_layers(package)} == {
        "parcels",
        "changes",
        "pbf",
        "findings",
        "layer_styles",
    }
    read = pyogrio.read_dataframe(package, layer="parcels")
    wanted = parcels()
    assert read["area_dm2"].tolist() == wanted["area_dm2"].tolist()
    assert [round(value * 100) for value in read["area_m2"]] == wanted["area_dm2"].tolist()
    assert read.crs == wanted.crs and read.geometry.area.sum() == pytest.approx(wanted.geometry.area.sum())
    assert read.loc[read["class_code"] == "0101", "class_zh"].unique().tolist() == ["水田"]
    assert read["slope_grade"].isna().sum() == wanted["slope_grade"].isna().sum()


def test_no_finding_is_lost_for_want_of_coordinates(package: Path) -> None:
    read = pyogrio.read_dataframe(package, layer="findings")
    assert len(read) == 3 and read.geometry.isna().sum() == 1
    assert read["said_zh"].tolist() == ["发现 =cmd()", "发现 x", "发现 没有坐标"]
    assert read["said_en"].tolist() == ["found =cmd()", "found x", "found 没有坐标"]


def test_each_layer_has_one_default_style_with_class_names(package: Path) -> None:
    with closing(sqlite3.connect(package)) as database:
        rows = database.execute(
            "SELECT f_table_name, styleQML, styleSLD, useAsDefault FROM layer_styles ORDER BY id"
        ).fetchall()
        kind = database.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone()
        stamps = {row[0] for row in database.execute("SELECT last_change FROM gpkg_contents")}
        columns = {row[0] for row in database.execute("SELECT column_name FROM gpkg_geometry_columns")}
    assert kind == ("attributes",) and stamps == {"2025-01-31T00:00:00.000Z"} and columns == {"geom"}
    assert [row[0] for row in rows] == ["parcels", "changes", "pbf", "findings"] and all(row[3] == 1 for row in rows)
    drawn = ET.fromstring(rows[0][1])
    renderer = drawn.find("renderer-v2")
    assert renderer is not None and renderer.get("attr") == "class_code"
    labels = [category.get("label") for category in renderer.iter("category")]
    assert "0101 水田" in labels and len(labels) == len(set(parcels()["class_code"]))
    symbols = {symbol.get("name") for symbol in renderer.iter("symbol")}
    assert {category.get("symbol") for category in renderer.iter("category")} == symbols
    literals = [one.text for one in ET.fromstring(rows[0][2].encode()).iter("{http://www.opengis.net/ogc}Literal")]
    assert literals == [category.get("value") for category in renderer.iter("category")]


def test_a_layer_that_cannot_be_written_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise pyogrio.errors.DataSourceError("disk is full")

    target = tmp_path / "year.gpkg"
    target.write_bytes(b"old")
    monkeypatch.setattr(pyogrio, "write_dataframe", refuse)
    with pytest.raises(BadInput, match="'a' could not be written"):
        write_geopackage([plain_layer("a", Label("a", "a"), parcels(), "#112233")], target, "2025-01-31")
    assert target.read_bytes() == b"old" and [path.name for path in tmp_path.iterdir()] == ["year.gpkg"]


def test_source_columns_whose_names_are_taken_are_kept_under_another(tmp_path: Path) -> None:
    frame = parcels().assign(fid=7, Area_DM2="as read", geom="text", area_m2="own")
    path = write_geopackage([plain_layer("a", Label("a", "a"), frame, "#112233")], tmp_path / "a.gpkg", "2025-01-31")
    read = pyogrio.read_dataframe(path, layer="a")
    assert {"fid_2", "geom_2", "Area_DM2_2", "area_m2", "area_m2_2"} <= set(read.columns)
    assert read["fid_2"].unique().tolist() == [7] and read["area_m2_2"].unique().tolist() == ["own"]


def test_the_same_layers_give_the_same_rows(tmp_path: Path) -> None:
    sample = book()
    dumps = []
    for name in ("a.gpkg", "b.gpkg"):
        path = write_geopackage(sample.layers, tmp_path / name, sample.made_on)
        with closing(sqlite3.connect(path)) as database:
            tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            plain = [one for one in tables if not one.startswith(("rtree", "sqlite"))]
            dumps.append({one: database.execute(f"SELECT * FROM {one}").fetchall() for one in plain})
    assert dumps[0] == dumps[1]
