"""An archive is unpacked with care, and what is in it is found whatever the folders and names."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import box

from tilth.core import BadInput, NeedsAnswer
from tilth.intake import list_layers, read_vector, write_exchange
from tilth.intake.archive import Limits, unpacked


def frame(rows: int = 3) -> gpd.GeoDataFrame:
    squares = [box(38_400_000 + 100 * i, 3_500_000, 38_400_090 + 100 * i, 3_500_090) for i in range(rows)]
    return gpd.GeoDataFrame({"DLMC": ["水田"] * rows}, geometry=squares, crs="EPSG:4526")


def shapefile_parts(folder: Path, name: str = "DLTB", rows: int = 3) -> list[Path]:
    folder.mkdir(exist_ok=True)
    pyogrio.write_dataframe(frame(rows), folder / f"{name}.shp", encoding="GBK")
    return sorted(folder.glob(f"{name}.*"))


def packed(path: Path, files: list[Path], below: str = "") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, below + file.name)
    return path


@pytest.mark.parametrize("below", ["", "a/", "某县/数据/"])
def test_a_shapefile_is_found_in_any_folder_of_a_zip(tmp_path: Path, below: str) -> None:
    table = read_vector(packed(tmp_path / "t.zip", shapefile_parts(tmp_path / "s"), below))
    assert len(table.frame) == 3 and table.crs == "EPSG:4526"
    assert table.sources[0].name == "t.zip" and table.sources[0].layer == "DLTB"


def test_names_in_gbk_inside_the_zip_are_understood(tmp_path: Path) -> None:
    parts = shapefile_parts(tmp_path / "s")
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        for part in parts:
            info = zipfile.ZipInfo("x" * 4 + part.suffix)
            archive.writestr(info, part.read_bytes())
    raw = (tmp_path / "t.zip").read_bytes()
    (tmp_path / "t.zip").write_bytes(raw.replace(b"xxxx.", "地类".encode("gbk") + b"."))
    assert [layer.name for layer in list_layers(tmp_path / "t.zip")] == ["地类"]


def test_an_exchange_text_beside_other_files_is_named_and_can_be_read_by_itself(tmp_path: Path) -> None:
    text = tmp_path / "项目.txt"
    write_exchange(frame(2), text, "EPSG:4526")
    readme = tmp_path / "readme.txt"
    readme.write_text("Delivered by mail.\n坐标 38400000, 3500000\n", encoding="utf-8")
    path = packed(tmp_path / "t.zip", [*shapefile_parts(tmp_path / "s"), text, readme])
    table = read_vector(path)
    assert len(table.frame) == 3
    (finding,) = [one for one in table.findings if one.code == "INTAKE-TEXTS-PASSED"]
    assert finding.severity == "breaks" and "项目.txt" in finding.said and "readme" not in finding.said
    assert [layer.name for layer in list_layers(path)] == ["DLTB", "项目.txt"]
    assert len(read_vector(path, layer="项目.txt").frame) == 2
    assert "INTAKE-TEXTS-PASSED" not in [one.code for one in read_vector(text).findings]


def test_of_several_data_sets_the_user_names_one(tmp_path: Path) -> None:
    files = shapefile_parts(tmp_path / "s") + shapefile_parts(tmp_path / "s", "XZQ", 2)
    path = packed(tmp_path / "t.zip", files)
    with pytest.raises(NeedsAnswer, match=r"DLTB \(3\), XZQ \(2\)"):
        read_vector(path)
    assert len(read_vector(path, layer="XZQ").frame) == 2
    assert len(read_vector(tmp_path / "s", layer="DLTB").frame) == 3
    with pytest.raises(BadInput, match="it has: DLTB, XZQ"):
        read_vector(path, layer="PDT")


def test_a_zip_in_a_zip_is_opened_once(tmp_path: Path) -> None:
    inner = packed(tmp_path / "inner.zip", shapefile_parts(tmp_path / "s"))
    assert len(read_vector(packed(tmp_path / "outer.zip", [inner])).frame) == 3
    outer = packed(tmp_path / "third.zip", [tmp_path / "outer.zip"])
    with pytest.raises(BadInput, match="holds no file that can be read"):
        read_vector(outer)


def test_a_file_geodatabase_and_a_geoparquet_inside_a_zip(tmp_path: Path) -> None:
    pyogrio.write_dataframe(frame(), tmp_path / "c.gdb", driver="OpenFileGDB", layer="DLTB")
    path = packed(tmp_path / "t.gdb.zip", sorted((tmp_path / "c.gdb").iterdir()), "deep/c.gdb/")
    assert read_vector(path).sources[0].driver == "OpenFileGDB"
    frame().to_parquet(tmp_path / "p.parquet")
    assert len(read_vector(packed(tmp_path / "p.zip", [tmp_path / "p.parquet"])).frame) == 3


@pytest.mark.parametrize("name", ["../evil.shp", "/etc/evil.shp", "a/../../evil.shp", "C:\\evil.shp", "..\\evil.shp"])
def test_nothing_is_written_outside_the_folder(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(BadInput, match="outside the folder"):
        read_vector(tmp_path / "t.zip")
    assert not list(tmp_path.rglob("evil*"))


def test_links_are_not_followed(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        link = zipfile.ZipInfo("a.shp")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(BadInput, match="outside the folder"):
        read_vector(tmp_path / "t.zip")


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "t.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.geojson", b" " * 8_000_000)
    with pytest.raises(BadInput, match="many times its own size"), unpacked(tmp_path / "t.zip", Limits(free_mb=1)):
        pass
    with pytest.raises(BadInput, match="more than 2 MB"), unpacked(tmp_path / "t.zip", Limits(total_mb=2)):
        pass
    with zipfile.ZipFile(tmp_path / "many.zip", "w") as archive:
        for number in range(20):
            archive.writestr(f"{number}.txt", b"")
    with pytest.raises(BadInput, match="unpacks to more"), unpacked(tmp_path / "many.zip", Limits(members=10)):
        pass


def test_damaged_locked_and_empty_archives_are_refused_in_one_sentence(tmp_path: Path) -> None:
    path = packed(tmp_path / "t.zip", shapefile_parts(tmp_path / "s"))
    raw = path.read_bytes()
    path.write_bytes(raw[: len(raw) // 2])
    with pytest.raises(BadInput, match="cannot be unpacked"):
        read_vector(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.shp", b"x")
    locked = bytearray(buffer.getvalue())
    locked[6] |= 1
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(locked)
    with pytest.raises(BadInput, match="password"):
        read_vector(path)
    packed(path, [])
    with pytest.raises(BadInput, match="no file that can be read"):
        read_vector(path)
