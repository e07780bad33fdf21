"""The exchange text reads in every dialect that exporters write, and what can't be read is named by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely

from tilth.core import BadInput, NeedsAnswer
from tilth.intake import ExchangeFile, read_exchange, read_exchange_table

HEADER = """[属性描述]
格式版本号=1.01版本
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=38
精度=0.001
转换参数=0,0,0,0,0,0,0
[地块坐标]
"""
PLOT = "5,1.0000,P-1,地块一,面,H50G000001,耕地,0101,@\n"
SQUARE = """J1,1,3500100.000,38412000.000
J2,1,3500100.000,38412100.000
J3,1,3500000.000,38412100.000
J4,1,3500000.000,38412000.000
"""
CLOSING = "J1,1,3500100.000,38412000.000\n"
BOX = shapely.box(38412000, 3500000, 38412100, 3500100)


def read(tmp_path: Path, text: str, *, encoding: str = "utf-8", crs: str | None = None) -> ExchangeFile:
    path = tmp_path / "plots.txt"
    path.write_bytes(text.encode(encoding))
    file = read_exchange(path, crs=crs)
    table = read_exchange_table(path, crs=crs)
    assert table.rows_in == len(file.plots) + len(file.rejected)
    return file


def codes(file: ExchangeFile) -> list[str]:
    return [row.code for row in file.rejected]


def holes(geometry: shapely.Geometry) -> int:
    return sum(len(part.interiors) for part in shapely.get_parts(geometry))


def points(rows: str, ring: str = "1", first: int = 1) -> str:
    """Rows "x y" → point rows of a ring, open."""
    pairs = [row.split() for row in rows.strip().splitlines()]
    return "".join(f"J{first + at},{ring},{north},{east}\n" for at, (north, east) in enumerate(pairs))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_any_encoding_and_line_end_reads_alike(tmp_path: Path, encoding: str, newline: str) -> None:
    file = read(tmp_path, (HEADER + PLOT + SQUARE + CLOSING).replace("\n", newline), encoding=encoding)
    (plot,) = file.plots
    assert (plot.number, plot.name, plot.use, plot.class_code, plot.sheet) == (
        "P-1",
        "地块一",
        "耕地",
        "0101",
        "H50G000001",
    )
    assert plot.geometry.equals(BOX) and plot.stated_area_ha == 1.0 and plot.stated_points == 5
    assert file.crs == "EPSG:4526" and not file.findings


LINK_PROJECT = """J1,3500100.000,38412000.000,100.00,1,
J2,3500100.000,38412100.000,100.00,1,
J3,3500000.000,38412100.000,100.00,1,
J4,3500000.000,38412000.000,100.00,1,
"""


@pytest.mark.parametrize(
    ("body", "layout"),
    [
        (PLOT + SQUARE, "point,ring,X,Y"),
        (PLOT + SQUARE + CLOSING.replace("J1,", "J01,"), "point,ring,X,Y"),
        (PLOT + SQUARE + CLOSING.replace("J1,", "J5,"), "point,ring,X,Y"),
        ("P-1,地块一,面,耕地,@\n" + SQUARE, "point,ring,X,Y"),
        (PLOT + LINK_PROJECT, "point,X,Y,side,ring"),
        (PLOT + SQUARE.replace("J", ""), "point,ring,X,Y"),
        (PLOT + SQUARE.replace("\n", ",12.5,备注\n"), "point,ring,X,Y"),
        (PLOT.replace(",@", ",多余,@") + SQUARE, "point,ring,X,Y"),
        (PLOT + SQUARE.replace("J", "1,J"), "serial,point,ring,X,Y"),
        (PLOT + SQUARE.replace(",1,", ","), "point,X,Y"),
        (PLOT + SQUARE.replace(",", " , "), "point,ring,X,Y"),
        (PLOT + SQUARE.replace(",", "，").replace("J1", "Ｊ１").replace("3500100", "３５００１００"), "point,ring,X,Y"),
        (PLOT.replace(",", "，") + SQUARE, "point,ring,X,Y"),
        (PLOT.rstrip("@\n") + "\n" + SQUARE, "point,ring,X,Y"),
        (PLOT.replace("@", "＠") + "\n\n" + SQUARE + "\n@\n", "point,ring,X,Y"),
        (PLOT + SQUARE.replace(",", "\t"), "point,ring,X,Y"),
    ],
    ids=[
        "open", "closed-J01", "closed-next", "five-field", "link-project", "no-J", "extra-point-columns",
        "extra-plot-columns", "serial", "no-ring", "spaces", "full-width-points", "full-width-plot", "no-at",
        "blank-lines", "tabs",
    ],
)  # fmt: skip
def test_a_dialect_gives_the_same_square(tmp_path: Path, body: str, layout: str) -> None:
    file = read(tmp_path, HEADER + body)
    assert file.rejected == () and len(file.plots) == 1
    assert file.plots[0].geometry.equals(BOX) and file.plots[0].number == "P-1" and file.plots[0].name == "地块一"
    assert layout in file.dialect


def test_axes_may_be_swapped(tmp_path: Path) -> None:
    swapped = "".join(",".join((a, ring, y, x)) + "\n" for a, ring, x, y in (row.split(",") for row in SQUARE.split()))
    file = read(tmp_path, HEADER + PLOT + swapped)
    assert file.plots[0].geometry.equals(BOX) and "easting first" in file.dialect


def test_eastings_without_zone_take_it_from_the_header(tmp_path: Path) -> None:
    body = PLOT + SQUARE.replace(",38412", ",412")
    assert read(tmp_path, HEADER + body).crs == "EPSG:4547"
    assert read(tmp_path, HEADER.replace("带号=38", "带号=114") + body).crs == "EPSG:4547"
    six = HEADER.replace("几度分带=3", "几度分带=6").replace("带号=38", "带号=20")
    assert read(tmp_path, six + body).crs == "EPSG:4509"
    assert read(tmp_path, HEADER.replace("带号=38\n", "") + body, crs="EPSG:4547").crs == "EPSG:4547"
    with pytest.raises(NeedsAnswer, match="EPSG:4547 is 114 E"):
        read(tmp_path, HEADER.replace("带号=38\n", "") + body)


def test_six_degree_zones_are_told_by_their_number(tmp_path: Path) -> None:
    file = read(
        tmp_path, HEADER.replace("几度分带=3", "几度分带=6").replace("38", "20") + PLOT + SQUARE.replace(",38", ",20")
    )
    assert file.crs == "EPSG:4498"


def test_degrees_without_header(tmp_path: Path) -> None:
    rows = "J1,1,113.10,31.60\nJ2,1,113.11,31.60\nJ3,1,113.11,31.59\nJ4,1,113.10,31.59\n"
    file = read(tmp_path, PLOT + rows)
    assert file.crs == "EPSG:4490" and file.plots[0].geometry.equals(shapely.box(113.10, 31.59, 113.11, 31.60))
    assert [finding.code for finding in file.findings] == ["INTAKE-TXT-DATUM-ASSUMED"]
    reversed_rows = "J1,1,31.60,113.10\nJ2,1,31.60,113.11\nJ3,1,31.59,113.11\nJ4,1,31.59,113.10\n"
    assert read(tmp_path, reversed_rows).plots[0].geometry.equals(file.plots[0].geometry)


@pytest.mark.parametrize("ring_numbers", [("1", "2"), ("1", "101"), ("1", "1")])
@pytest.mark.parametrize("restart", [True, False])
@pytest.mark.parametrize("closed", [True, False])
def test_holes_and_parts_are_told_by_nesting(
    tmp_path: Path, ring_numbers: tuple[str, str], restart: bool, closed: bool
) -> None:
    if ring_numbers == ("1", "1") and not closed and not restart:
        pytest.skip("nothing in such a file tells the rings apart")
    inner = points("3500080 38412020\n3500080 38412080\n3500020 38412080", ring_numbers[1], 1 if restart else 5)
    apart = points("3500080 38412220\n3500080 38412280\n3500020 38412280", ring_numbers[1], 1 if restart else 5)
    for rows, expected in ((inner, 10_000 - 1_800), (apart, 10_000 + 1_800)):
        outer = SQUARE + (CLOSING if closed else "")
        second = rows + (rows.splitlines()[0] + "\n" if closed else "")
        geometry = read(tmp_path, HEADER + PLOT + outer + second).plots[0].geometry
        assert geometry.area == expected and geometry.is_valid


def test_land_in_a_hole_is_land_again(tmp_path: Path) -> None:
    def ring(number: int, inset: int) -> str:
        low, high = inset, 100 - inset
        corners = ((high, low), (high, high), (low, high), (low, low))
        return "".join(f"J{at},{number},{3500000 + n},{38412000 + e}\n" for at, (n, e) in enumerate(corners, start=1))

    geometry = read(tmp_path, HEADER + PLOT + ring(1, 30) + ring(2, 0) + ring(3, 10)).plots[0].geometry
    assert geometry.area == 100**2 - 80**2 + 40**2 and len(geometry.geoms) == 2 and holes(geometry) == 1


def test_a_hole_may_touch_the_outline(tmp_path: Path) -> None:
    diamond = points("3500100 38412050\n3500050 38412100\n3500000 38412050\n3500050 38412000", "2")
    assert read(tmp_path, HEADER + PLOT + SQUARE + diamond).plots[0].geometry.area == 5_000


def test_project_section_stands_apart(tmp_path: Path) -> None:
    file = read(tmp_path, "[项目信息]\n项目名称=某项目\n项目编号=7\n" + HEADER + PLOT + SQUARE)
    assert file.project == {"项目名称": "某项目", "项目编号": "7"} and file.header["带号"] == "38"
    assert (
        read(tmp_path, HEADER.replace("[", "【").replace("]", "】").replace("=", "＝") + PLOT + SQUARE).header["带号"]
        == "38"
    )


@pytest.mark.parametrize("datum", ["80国家大地坐标系", "1980西安坐标系", "北京54", "Xian_1980", "1954年北京坐标系"])
def test_old_datums_are_refused(tmp_path: Path, datum: str) -> None:
    text = HEADER.replace("2000国家大地坐标系", datum) + PLOT + SQUARE
    for crs in (None, "EPSG:4526"):
        with pytest.raises(BadInput, match="local parameters"):
            read(tmp_path, text, crs=crs)
    with pytest.raises(BadInput, match="local parameters"):
        read(tmp_path, HEADER + PLOT + SQUARE, crs="EPSG:2362")


def test_other_frames_are_asked_for(tmp_path: Path) -> None:
    with pytest.raises(NeedsAnswer, match="WGS84"):
        read(tmp_path, HEADER.replace("2000国家大地坐标系", "WGS84") + PLOT + SQUARE)
    with pytest.raises(NeedsAnswer, match="projection"):
        read(tmp_path, HEADER.replace("高斯克吕格", "墨卡托") + PLOT + SQUARE)
    for crs in ("EPSG:4490", "EPSG:4527", "EPSG:4547", "nonsense"):
        with pytest.raises(BadInput):
            read(tmp_path, HEADER + PLOT + SQUARE, crs=crs)
    assert read(tmp_path, HEADER + PLOT + SQUARE, crs="EPSG:4526").crs == "EPSG:4526"


def test_the_zone_in_the_numbers_wins_over_the_header_and_says_so(tmp_path: Path) -> None:
    file = read(tmp_path, HEADER.replace("带号=38", "带号=39") + PLOT + SQUARE)
    assert file.crs == "EPSG:4526" and "zone 39" in file.findings[0].said


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        (PLOT + SQUARE.replace("3500000.000,38412100", "35000OO.000,38412100"), "INTAKE-TXT-POINT", 14),
        (PLOT + SQUARE.replace("3500000.000,38412100.000", "nan,38412100.000"), "INTAKE-TXT-POINT", 14),
        (PLOT + SQUARE.replace("3500000.000,38412100", "3500000.000,39412100"), "INTAKE-TXT-OTHER-ZONE", 14),
        (PLOT + SQUARE.replace("3500000.000,38412100", "35000000.000,38412100"), "INTAKE-TXT-COORDINATE", 14),
        (PLOT + SQUARE.replace("3500000.000,38412100", "3500000.000,3841210"), "INTAKE-TXT-COORDINATE", 14),
        (PLOT + "\n".join(SQUARE.splitlines()[:2]) + "\n", "INTAKE-TXT-RING-SHORT", 12),
        (PLOT + points("3500000 38412000\n3500010 38412010\n3500020 38412020"), "INTAKE-TXT-RING-FLAT", 12),
        (PLOT.replace("面", "线") + SQUARE, "INTAKE-TXT-KIND", 11),
        (PLOT.replace("面", "点") + SQUARE, "INTAKE-TXT-KIND", 11),
        (PLOT, "INTAKE-TXT-NO-POINTS", 11),
        ("地块一,@\n" + SQUARE, "INTAKE-TXT-PLOT-ROW", 11),
        (PLOT + SQUARE + "这里是说明文字\n", "INTAKE-TXT-POINT", 16),
    ],
)
def test_a_bad_plot_is_left_out_with_its_line_and_the_others_stay(
    tmp_path: Path, body: str, code: str, line: int
) -> None:
    good = PLOT.replace("P-1", "P-2") + SQUARE + CLOSING
    file = read(tmp_path, HEADER + body + good * 2)
    assert [plot.number for plot in file.plots] == ["P-2", "P-2"] and codes(file) == [code]
    assert file.rejected[0].source_row == 1 and file.rejected[0].values["line"] == line


def test_counts_and_areas_that_are_odd_are_noted(tmp_path: Path) -> None:
    file = read(tmp_path, HEADER + PLOT.replace("5,1.0000", "9,约一公顷") + SQUARE + CLOSING)
    assert [finding.code for finding in file.findings] == ["INTAKE-TXT-COUNT", "INTAKE-TXT-AREA-TEXT"]
    assert read(tmp_path, HEADER + PLOT.replace("5,1.0000", "4,") + SQUARE + CLOSING).findings == ()
    shift = read(tmp_path, HEADER.replace("转换参数=0", "转换参数=12.5") + PLOT + SQUARE)
    assert [finding.code for finding in shift.findings] == ["INTAKE-TXT-SHIFT"]


def test_a_name_with_a_comma_stays_whole(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + PLOT.replace("地块一", "张三，李四") + SQUARE).plots[0].name == "张三，李四"
    assert read(tmp_path, HEADER + PLOT.replace("地块一", "张三,李四") + SQUARE).plots[0].name == "张三,李四"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n\n\n",
        b"\x00\x01\x02\xff" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20,
        "名称,数量\n甲,1\n乙,2\n".encode(),
        b"id,x,y\n1,2,3\n4,5,6\n",
        HEADER.encode(),
        b"1" * 10_000_000,
        b"J1,1,1,1," * 1_200_000,
        "，".encode() * 3_000_000,
        b"@" * 10_000_000,
    ],
    ids=["empty", "blank", "binary", "png", "csv", "numbers", "header-only", "digits", "one-line", "commas", "ats"],
)
def test_what_is_no_exchange_text_is_refused_in_one_sentence(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(data)
    with pytest.raises(BadInput) as refused:
        read_exchange(path)
    assert "x.txt" in refused.value.said and "\n" not in str(refused.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no file"):
        read_exchange(tmp_path / "none.txt")
    with pytest.raises(BadInput, match="cannot be read"):
        read_exchange(tmp_path)
    (tmp_path / "a.txt").write_text(HEADER + PLOT + SQUARE, encoding="gbk")
    with pytest.raises(BadInput, match="not text in utf-8"):
        read_exchange(tmp_path / "a.txt", encoding="utf-8")
    with pytest.raises(BadInput, match="not text in klingon"):
        read_exchange(tmp_path / "a.txt", encoding="klingon")


def test_one_self_crossing_ring_is_read_as_it_is(tmp_path: Path) -> None:
    bow = points("3500100 38412000\n3500000 38412100\n3500100 38412100\n3500000 38412000")
    file = read(tmp_path, HEADER + PLOT + bow)
    assert len(file.plots) == 1 and not file.plots[0].geometry.is_valid


def test_a_large_file_reads_in_seconds(tmp_path: Path) -> None:
    rows = "".join(f"J{at},1,{3500000 + at * 0.01:.3f},{38412000 + (at % 977) * 1.01:.3f}\n" for at in range(1, 40_000))
    assert len(read(tmp_path, HEADER + PLOT + rows).plots) == 1


def test_thousands_of_rings_over_each_other_do_not_hang(tmp_path: Path) -> None:
    rows = "".join(
        f"J1,{at},{3500000 + at},38412000\nJ2,{at},{3510000 + at},38412000\nJ3,{at},3500000,{38422000 + at}\n"
        for at in range(1, 2_000)
    )
    file = read(tmp_path, HEADER + PLOT + rows)
    assert codes(file) == ["INTAKE-TXT-RINGS-MANY"] and not file.plots
