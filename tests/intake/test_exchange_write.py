"""What is written as exchange text reads back ring by ring, and what can't be written is refused whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tilth import api
from tilth.cli.run import run
from tilth.core import BadInput
from tilth.intake import (
    compare_stated_area,
    read_exchange,
    read_vector,
    stated_area_findings,
    write_exchange,
    write_vector,
)

CRS = "EPSG:4526"


def frame_of(*shapes: shapely.Geometry, crs: str = CRS, **columns: list[str]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def same_rings(first: shapely.Geometry, second: shapely.Geometry) -> bool:
    """Equal vertex by vertex after normalisation, whatever the start and direction."""
    one, two = (shapely.normalize(shapely.MultiPolygon(shapely.get_parts(shape).tolist())) for shape in (first, second))
    return bool(shapely.equals_exact(one, two, tolerance=1e-6))


thousandths = st.integers(0, 400_000)


@st.composite
def plots(draw: st.DrawFn) -> shapely.Geometry:
    """A parcel of one to three parts, each an irregular ring with up to two holes, some with land in the hole."""
    parts = []
    for at in range(draw(st.integers(1, 3))):
        count = draw(st.integers(3, 9))
        turns = np.sort(
            draw(st.lists(st.floats(0, 6.2), min_size=count, max_size=count, unique_by=lambda t: round(t, 1)))
        )
        if np.max(np.diff(np.append(turns, turns[0] + 2 * np.pi))) > 2.9:
            turns = np.linspace(0, 5.5, count)
        centre = np.array([38_412_000 + 1000 * at, 3_500_000.0]) + draw(st.integers(0, 99_999)) / 1000
        reach = draw(st.integers(100, 400))
        outer = centre + reach * np.c_[np.cos(turns), np.sin(turns)]
        part = shapely.Polygon(outer)
        for share in draw(st.sampled_from([(), (0.2,), (0.25, 0.1)])):
            hole = shapely.Polygon(centre + reach * share * 0.2 * np.c_[np.cos(turns), np.sin(turns)])
            part = part.symmetric_difference(hole) if part.contains(hole) else part
        parts.extend(shapely.get_parts(part))
    whole = shapely.set_precision(shapely.MultiPolygon(parts), 0.001)
    return whole if whole.geom_type != "MultiPolygon" or len(whole.geoms) > 1 else whole.geoms[0]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None)
@given(shapes=st.lists(plots(), min_size=1, max_size=4), encoding=st.sampled_from(["gbk", "utf-8", "utf-8-sig"]))
def test_written_then_read_is_the_same(tmp_path: Path, shapes: list[shapely.Geometry], encoding: str) -> None:
    shapes = [shape for shape in shapes if shape.is_valid and not shape.is_empty and shape.area > 1]
    path = tmp_path / "out.txt"
    names = [f"地块{at}" for at in range(len(shapes))]
    if not shapes:
        return
    write_exchange(frame_of(*shapes, plot_name=names), path, encoding=encoding)
    file = read_exchange(path)
    assert file.rejected == () and file.findings == () and file.crs == CRS
    assert [plot.name for plot in file.plots] == names
    for plot, shape in zip(file.plots, shapes, strict=True):
        assert same_rings(plot.geometry, shape)
        assert "survey" in compare_stated_area(file)[plot.row - 1].matches
    before = path.read_bytes()
    write_exchange(frame_of(*(plot.geometry for plot in file.plots), plot_name=names), path, encoding=encoding)
    again = read_exchange(path)
    assert all(same_rings(a.geometry, b.geometry) for a, b in zip(file.plots, again.plots, strict=True))
    assert len(path.read_bytes()) == len(before)


def test_the_file_is_as_the_ministry_wants_it(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    shape = shapely.box(38412000, 3500000, 38412100, 3500100).difference(
        shapely.box(38412040, 3500040, 38412060, 3500060)
    )
    frame = frame_of(shape, plot_no=["7"], plot_name=["甲,乙"], use=["耕地"], class_code=["0101"])
    write_exchange(frame, path, header={"数据产生单位": "某局", "数据产生日期": "2026-01-15"}, stated="planar")
    text = path.read_bytes().decode("gbk")
    assert text.count("\n") == text.count("\r\n") == 12 + 1 + 10
    assert "数据产生单位=某局\r\n" in text and "带号=38\r\n" in text and "转换参数=0,0,0,0,0,0,0\r\n" in text
    assert "\r\n10,0.9600,7,甲，乙,面,,耕地,0101,@\r\nJ1,1,3500100.000,38412000.000\r\n" in text
    outer = shapely.LinearRing([tuple(map(float, row.split(",")[:1:-1])) for row in text.splitlines() if ",1,3" in row])
    assert not outer.is_ccw


def test_eastings_get_their_zone(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    write_exchange(frame_of(shapely.box(412000, 3500000, 412100, 3500100), crs="EPSG:4547"), path)
    file = read_exchange(path)
    assert file.crs == CRS and file.plots[0].geometry.equals(shapely.box(38412000, 3500000, 38412100, 3500100))
    assert file.plots[0].number == "1"


BOX = shapely.box(38412000, 3500000, 38412100, 3500100)
DELIVERED = """[项目信息]
项目名称=某县土地整治
[属性描述]
格式版本号=1.01版本
数据产生单位=某县自然资源局
数据产生日期=2021-03-09
坐标系=CGCS2000
几度分带=3度
投影类型=高斯克吕格投影
计量单位=米
带号=38带
精度=0.0001
转换参数=1,2,3,0,0,0,0
备注=第二次报送
[地块坐标]
5,1.0010,7,甲,面,H50G,耕地,0101,@
J1,1,3500100.1234,38412000.0001
J2,1,3500100.1234,38412100.0002
J3,1,3500000.0003,38412100.0002
J4,1,3500000.0003,38412000.0001
J1,1,3500100.1234,38412000.0001
"""


@pytest.mark.parametrize("way", [".gpkg", ".parquet", ".txt"])
def test_an_exchange_text_comes_back_with_its_producer_date_and_every_other_line(tmp_path: Path, way: str) -> None:
    """Text → GeoPackage (or GeoParquet, or text) → text; the precision keeps its decimals too."""
    (tmp_path / "a.txt").write_bytes(DELIVERED.replace("\n", "\r\n").encode("gbk"))
    first = read_vector(tmp_path / "a.txt")
    between = tmp_path / f"b{way}"
    if way == ".txt":
        write_exchange(first.frame, between, first.crs, origin=first.header)
    else:
        assert write_vector(first.frame, between, header=first.header) == ()
    second = read_vector(between)
    assert second.header == first.header
    write_exchange(second.frame, tmp_path / "c.txt", second.crs, origin=second.header)
    assert (tmp_path / "c.txt").read_bytes().decode("gbk").replace("\r\n", "\n") == DELIVERED


def test_what_a_header_says_of_the_coordinates_is_true_of_those_that_are_written(tmp_path: Path) -> None:
    said = {
        "数据产生单位": "甲",
        "带号": "39",
        "几度分带": "6",
        "投影类型": "经纬度",
        "计量单位": "度",
        "精度": "0.00000001",
    }
    write_exchange(frame_of(BOX), tmp_path / "a.txt", origin={"属性描述": said}, decimals=2)
    header = read_exchange(tmp_path / "a.txt").header
    assert (header["带号"], header["几度分带"], header["投影类型"]) == ("38", "3", "高斯克吕格")
    assert (header["计量单位"], header["精度"], header["数据产生单位"], header["数据产生日期"]) == (
        "米",
        "0.01",
        "甲",
        "",
    )


@pytest.mark.parametrize("name", ["a.shp", "a.geojson", "a.gml"])
def test_a_format_without_room_for_the_header_says_what_is_lost(tmp_path: Path, name: str) -> None:
    said = write_vector(
        frame_of(BOX), tmp_path / name, header={"属性描述": {"数据产生单位": "甲局", "数据产生日期": ""}}
    )
    lost = [finding.said for finding in said if finding.code == "INTAKE-WRITE-HEADER"]
    assert len(lost) == 1 and "数据产生单位=甲局" in lost[0] and "日期" not in lost[0]


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (frame_of(BOX, crs="EPSG:4326"), "not in EPSG:4326"),
        (frame_of(BOX.boundary), "row 1 .* LineString, not a polygon"),
        (frame_of(BOX, shapely.Polygon()), "row 2 .* empty"),
        (frame_of(shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])), "cross"),
        (frame_of(shapely.MultiPolygon([BOX, BOX.buffer(-10)])), "cross or lie over"),
        (frame_of(shapely.box(38412000, 3500000, 38412000.0002, 3500000.0002)), "3 decimals"),
        (frame_of(BOX, plot_name=["\U0001f33e"]), "utf-8|UTF-8"),
    ],
)
def test_what_cannot_be_written_is_refused_and_nothing_is_left_behind(
    tmp_path: Path, frame: gpd.GeoDataFrame, said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        write_exchange(frame, tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(BadInput, match="cannot be written"):
        write_exchange(frame_of(BOX), Path(__file__) / "a.txt")


def test_the_stated_area_is_named_by_its_kind(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    kinds = {}
    write_exchange(frame_of(*[BOX.buffer(200)] * 6), path, stated="none")
    shape = read_exchange(path).plots[0].geometry
    from tilth.overlay import survey_area

    planar, survey = shape.area, survey_area([shape], CRS)[0] / 100
    stated = [f"{planar / 1e4:.4f}", f"{survey / 1e4:.4f}", f"{survey:.2f}", f"{survey * 0.0015:.2f}", "99.0", ""]
    lines = path.read_bytes().decode("gbk").split("\r\n")
    rows = [at for at, line in enumerate(lines) if line.endswith("@")]
    for at, text in zip(rows, stated, strict=True):
        lines[at] = lines[at].replace(",,", f",{text},", 1)
    path.write_bytes("\r\n".join(lines).encode("gbk"))
    file = read_exchange(path)
    compared = compare_stated_area(file)
    kinds = [area.kind for area in compared]
    assert kinds[0] == "planar" and kinds[1] == "survey+engine" and kinds[2].startswith("m2 as ha: survey")
    assert kinds[3].startswith("mu as ha: ") and kinds[4:] == ["none", "not stated"]
    assert [finding.where.row for finding in stated_area_findings(file, compared)] == [5]


@pytest.mark.data
def test_real_files_state_the_area_that_their_maker_meant(data_dir: Path) -> None:
    kinds = {}
    for path in sorted((data_dir / "cn_txt_exchange").glob("*.txt")):
        file = read_exchange(path)
        assert file.rejected == () and file.findings == ()
        (kinds[path.stem],) = (area.kind for area in compare_stated_area(file))
    assert kinds.pop("pengbu_B_R-14_gbk_crlf") == "survey+engine"
    assert len(kinds) == 4 and set(kinds.values()) == {"planar"}
    example = read_exchange(data_dir.parent / "domain" / "example.txt")
    assert [area.survey_dm2 for area in compare_stated_area(example)] == [9145832, 15307160, 1359744]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
@pytest.mark.parametrize("between", ["b.gpkg", "b.parquet"])
def test_a_text_comes_back_in_its_encoding_with_every_point_where_it_stood(
    tmp_path: Path, encoding: str, between: str
) -> None:
    """The hole runs clockwise, as the outer ring does: either direction is right."""
    outer = [(3500100, 38500000), (3500100, 38500100), (3500000, 38500100), (3500000, 38500000)]
    inner = [(3500060, 38500040), (3500060, 38500060), (3500040, 38500060), (3500040, 38500040)]
    points = [
        f"J{first + (at if at < 4 else 0)},{ring},{x}.000,{y}.000"
        for first, ring, corners in ((1, 1, outer), (5, 2, inner))
        for at, (x, y) in enumerate([*corners, corners[0]])
    ]
    lines = ["[属性描述]", "坐标系=2000国家大地坐标系", "带号=38", "[地块坐标]", "10,0.9600,1,地块甲,面,,,,@", *points]
    (tmp_path / "a.txt").write_text("\r\n".join([*lines, ""]), encoding=encoding, newline="")
    api.convert(tmp_path / "a.txt", tmp_path / between)
    done = api.convert(tmp_path / between, tmp_path / "c.txt")
    written = (tmp_path / "c.txt").read_bytes()
    assert done.encoding == encoding and written == written.decode(encoding).encode(encoding)
    assert written.decode(encoding).split("@\r\n")[1].splitlines() == points


def test_a_text_made_of_anything_else_is_gbk_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame_of(shapely.box(38_500_000, 3_500_000, 38_500_100, 3_500_100), plot_name=["地块"]).to_file(tmp_path / "a.gpkg")
    assert run(["convert", str(tmp_path / "a.gpkg"), str(tmp_path / "b.txt")]) == 0
    assert "text in gbk" in capsys.readouterr().out and "地块" in (tmp_path / "b.txt").read_text(encoding="gbk")


FIELDS = {"BSM": "371302000000000001", "TBBH": "17", "DLBM": "0103", "DLMC": "旱地", "TBMJ": "1", "BZ": ""}
CHINESE = {"地块编号": "G-7", "地块名称": "东地", "地类编码": "0101", "图幅号": "H50", "地块用途": "耕"}


@pytest.mark.parametrize(
    ("given", "number", "name", "class_code", "left"),
    [
        (CHINESE, "G-7", "东地", "0101", []),
        ({"DKBH": "G-8", "DKMC": "西地", **FIELDS}, "G-8", "西地", "0103", ["BSM", "TBBH", "DLMC", "TBMJ"]),
        (FIELDS, "371302000000000001", "", "0103", ["TBBH", "DLMC", "TBMJ"]),
        ({**FIELDS, "BSM": None, "dkbh": " "}, "17", "", "0103", ["DLMC", "TBMJ"]),
        ({"id": "f-1", "name": "field", "crop:code": "wheat", "area": 2.5}, "f-1", "field", "wheat", ["area"]),
        ({"plot_no": "1", "plot_name": "a", "stated_area_ha": 1.0, "source_row": 1}, "1", "a", "", []),
    ],
)  # fmt: skip
def test_a_plot_row_takes_what_other_formats_call_by_other_names(
    tmp_path: Path, given: dict[str, Any], number: str, name: str, class_code: str, left: list[str]
) -> None:
    found = write_exchange(
        frame_of(BOX, **{field: [value] for field, value in given.items()}), tmp_path / "a.txt"
    ).findings
    (plot,) = read_exchange(tmp_path / "a.txt").plots
    assert (plot.number, plot.name, plot.class_code) == (number, name, class_code)
    if "图幅号" in given:
        assert (plot.sheet, plot.use) == ("H50", "耕")
    assert [finding.values["fields"] for finding in found] == ([", ".join(left)] if left else [])
