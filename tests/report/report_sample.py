"""A small made-up county to print: 2 townships, 4 villages, 144 parcels, tables built by hand from its parcels."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.change import Holding
from tilth.core import Adjustment, AreaTable, Column, Finding, Label, Row, Where, label
from tilth.land import code_system
from tilth.report import (
    Figure,
    Imported,
    KeyFigure,
    Provenance,
    Verdict,
    Yearbook,
    area_chart,
    band_chart,
    change_layer,
    change_map,
    class_map,
    farmland_map,
    findings_layer,
    flow_chart,
    parcel_layer,
    plain_layer,
)

CODES = code_system("sd2017")
UNIT = Label("Demo County", "示范县")
REGIONS = [
    ("341881", "Demo County", "示范县", 0),
    ("341881101", "Heping Town", "和平镇", 1),
    ("341881101201", "Shuiyuan Village", "水源村", 2),
    ("341881101202", "Liushu Village", "柳树村", 2),
    ("341881102", "Xiqiao Town", "西桥镇", 1),
    ("341881102201", "Dongfeng Village", "东风村", 2),
    ("341881102202", "Shiqiao Village", "石桥村", 2),
]
VILLAGES = [code for code, *_ in REGIONS if len(code) == 12]
_CLASSES = ["0101", "0103", "0101", "0201", "0301", "0404", "0702", "1003", "1104", "0102", "1202", "05H1", "0303"]


def parcels() -> gpd.GeoDataFrame:
    """A grid of 12 x 12 parcels of 100 m, one of them with a hole."""
    rows = []
    for number in range(144):
        x, y = 39_500_000 + 100 * (number % 12), 4_000_000 + 100 * (number // 12)
        village = VILLAGES[(number % 12 >= 6) + 2 * (number // 12 >= 6)]
        shape = shapely.box(x, y, x + 100, y + 100)
        if number == 40:
            shape = shape.difference(shapely.box(x + 30, y + 30, x + 60, y + 60))
        dm2 = 999_998 + number * 7
        code = _CLASSES[(number * 5 + number // 12 * 3) % len(_CLASSES)]
        rows.append((f"{number:05d}", code, dm2, village, pd.NA if number % 5 else 2, shape))
    frame = gpd.GeoDataFrame(
        rows,
        columns=["parcel_id", "class_code", "area_dm2", "region_code", "slope_grade", "geometry"],
        geometry="geometry",
        crs="EPSG:4527",
    )
    return frame.astype({"slope_grade": "Int8"})


def _row_sums(frame: pd.DataFrame, columns: dict[str, pd.Series]) -> np.ndarray:
    cells = []
    for code, *_ in REGIONS:
        inside = frame["region_code"].str.startswith(code)
        cells.append([int(frame.loc[inside & chosen, "area_dm2"].sum()) for chosen in columns.values()])
    return np.array(cells, dtype=np.int64)


def _rows(lang: str) -> tuple[Row, ...]:
    return tuple(Row((name_zh if lang == "zh" else name_en, code), depth) for code, name_en, name_zh, depth in REGIONS)


_KEYS = (Label("name", "名称"), Label("code", "代码"))


def _table(name: str, title: Label, lang: str, chosen: dict[Column, pd.Series], levelled: bool = True) -> AreaTable:
    dm2 = _row_sums(parcels(), {column.code: mask for column, mask in chosen.items()})
    hectares = np.floor_divide(dm2 + 5_000, 10_000)
    moved = (Adjustment(name, ("341881101201",), "01", -1, "row total"),) if levelled else ()
    return AreaTable(name, title, _KEYS, tuple(chosen), _rows(lang), dm2, hectares if levelled else None, moved)


def level_one(lang: str = "en") -> AreaTable:
    """Table 1: total and level-1 classes."""
    frame = parcels()
    heading = frame["class_code"].map(CODES.heading)
    chosen = {Column("total", Label("total", "合计")): pd.Series(True, index=frame.index)}
    chosen |= {Column(code, CODES[code].label): heading == code for code in CODES.headings}
    return _table("level-1", Label("Land use by level-1 class", "土地利用现状一级分类面积汇总表"), lang, chosen)


def level_two(lang: str = "en") -> AreaTable:
    """Table 2: many columns under groups."""
    frame = parcels()
    chosen = {Column("total", Label("total", "合计")): pd.Series(True, index=frame.index)}
    for code, one in CODES.classes.items():
        if one.level == 2:
            group = CODES[CODES.heading(code)].label
            chosen[Column(code, one.label, group)] = frame["class_code"] == code
    return _table("level-2", Label("Land use by level-2 class", "土地利用现状二级分类面积汇总表"), lang, chosen, False)


def slopes(lang: str = "en") -> AreaTable:
    """Table 5: farmland by slope, under groups."""
    frame = parcels()
    farmland = frame["class_code"].map(CODES.is_farmland)
    steep = frame["slope_grade"].notna()
    group = Label("grade 2", "2级")
    chosen = {
        Column("01", CODES["01"].label): farmland,
        Column("1", Label("grade 1", "1级")): farmland & ~steep,
        Column("2TT", Label("terrace", "梯田"), group): farmland & steep & (frame.index % 2 == 0),
        Column("2PD", Label("slope", "坡地"), group): farmland & steep & (frame.index % 2 == 1),
    }
    return _table("slope", Label("Farmland by slope grade", "耕地坡度分级面积汇总表"), lang, chosen)


FLOWS = [
    ("0101", "0702", 1_234_567),
    ("0103", "05H1", 2_345_678),
    ("0201", "0101", 999_999),
    ("0404", "0103", 1_500_001),
    ("0301", "1003", 345_678),
    ("1104", "1202", 5),
]


def matrix() -> AreaTable:
    """The flow matrix at level 1, with negative differences."""
    codes = CODES.headings
    cells = np.zeros((len(codes), len(codes) + 1), dtype=np.int64)
    for old, new, dm2 in FLOWS:
        cells[codes.index(CODES.heading(old)), codes.index(CODES.heading(new))] += dm2
    cells[:, -1] = cells[:, :-1].sum(axis=0) - cells[:, :-1].sum(axis=1)
    columns = [Column(code, CODES[code].label) for code in codes] + [Column("net", Label("net", "净增减"))]
    rows = tuple(Row((str(CODES[code].label), code), 1) for code in codes)
    title = Label("Land-use change matrix", "土地利用现状变更表")
    keys = (Label("from class", "变更前地类"), Label("code", "代码"))
    return AreaTable("flow-matrix", title, keys, tuple(columns), rows, cells)


def pieces() -> gpd.GeoDataFrame:
    """Five changed pieces, as a change list with geometry."""
    frame = parcels()
    rows = []
    for number, (old, new, dm2) in enumerate(FLOWS, start=1):
        shape = frame.geometry.iloc[number * 17]
        rows.append(
            (
                number,
                "class",
                VILLAGES[0],
                f"{number:05d}",
                old,
                VILLAGES[0],
                f"{number:05d}-1",
                new,
                dm2,
                "=1+1",
                shape,
            )
        )
    names = [
        "seq",
        "kind",
        "old_region",
        "old_parcel",
        "old_class",
        "new_region",
        "new_parcel",
        "new_class",
        "area_dm2",
    ]
    return gpd.GeoDataFrame(rows, columns=[*names, "reason", "geometry"], geometry="geometry", crs=frame.crs)


FINDINGS = (
    Finding(
        "LAND-TEST-BREAKS", Where("dltb.shp", "DLTB", 12, "00012", 39_500_210.5, 4_000_340.25), {"found": "=cmd()"}
    ),
    Finding("LAND-TEST-BREAKS", Where("dltb.shp", "DLTB", 14, "00014", 39_500_610.5, 4_000_740.25), {"found": "x"}),
    Finding("LAND-TEST-ODD", Where("dltb.shp"), {"found": "没有坐标"}),
)


def book(lang: str = "en", findings: tuple[Finding, ...] = ()) -> Yearbook:
    """The whole yearbook."""
    frame = parcels()
    changes = pieces()
    pbf = gpd.GeoDataFrame(geometry=[frame.geometry.iloc[[0, 1, 2, 12, 13, 14]].union_all().buffer(-4)], crs=frame.crs)
    title = Label("Land-use yearbook", "土地利用变更调查年报")
    maps = {
        "classes": Label("Land use by class", "土地利用现状图"),
        "farmland": Label("Farmland and permanent basic farmland", "耕地与永久基本农田分布图"),
        "changes": Label("Where land changed its class", "土地利用变化图"),
        "areas": Label("Area by level-1 class", "一级地类面积"),
        "flows": Label("The largest flows", "主要地类流向"),
        "bands": Label("From class to class", "地类流转"),
    }
    headings = frame["class_code"].map(CODES.heading)
    areas = {str(code): int(dm2) for code, dm2 in frame["area_dm2"].groupby(headings).sum().items()}
    figures = (
        Figure("classes", maps["classes"], lambda one: class_map(frame, CODES, maps["classes"], one)),
        Figure("farmland", maps["farmland"], lambda one: farmland_map(frame, CODES, pbf, maps["farmland"], one)),
        Figure("changes", maps["changes"], lambda one: change_map(frame, changes, CODES, maps["changes"], one)),
        Figure("areas", maps["areas"], lambda one: area_chart(areas, CODES, maps["areas"], one)),
        Figure("flows", maps["flows"], lambda one: flow_chart(FLOWS, CODES, maps["flows"], one)),
        Figure("bands", maps["bands"], lambda one: band_chart(FLOWS, CODES, maps["bands"], one)),
    )
    quarantine = pd.DataFrame(
        [(7, "G-EMPTY", "no geometry", '{"DLBM": "0101"}', None)],
        columns=["source_row", "code", "reason", "attributes", "geometry"],
    )
    return Yearbook(
        title=title,
        unit=UNIT,
        year=2024,
        made_on="2025-01-31",
        provenance=Provenance(
            "tilth 0.1.0",
            (("survey-tables", "2024.1"), ("red-line", "2024.2")),
            (("dltb_2023.shp", "a1" * 32), ("dltb_2024.shp", "b2" * 32)),
            (Imported("survey 2023", "c3" * 32, 145, 144, 1), Imported("survey 2024", "d4" * 32, 144, 144, 0)),
        ),
        tables=(level_one(lang), level_two(lang), slopes(lang)),
        flows=(matrix(),),
        key_figures=(
            KeyFigure(Label("total area", "土地总面积"), 144_000_000, 144_000_000),
            KeyFigure(Label("farmland", "耕地"), 43_210_987, 44_000_001),
            KeyFigure(label("REPORT-MAP-PBF"), 6_000_000),
        ),
        standing=(
            Holding(
                "341881",
                "示范县" if lang == "zh" else "Demo County",
                0,
                43_210_987,
                45_000_000,
                6_000_000,
                5_900_000,
                2024,
            ),
            Holding("341881101", "和平镇" if lang == "zh" else "Heping Town", 1, 20_000_000, None, None, None, None),
        ),
        checks=(
            Verdict("G205", "RL-1", "crosses", 123_456, Label("permanent basic farmland", "永久基本农田"), "2024.2"),
            Verdict("G205", "RL-2", "clear", 0, Label("ecological red line", "生态保护红线"), "2024.2", "@note"),
        ),
        findings=findings,
        change_list=pd.DataFrame(changes.drop(columns="geometry")),
        quarantine=quarantine,
        figures=figures,
        layers=(
            parcel_layer(frame, CODES),
            change_layer(changes, CODES),
            plain_layer("pbf", label("REPORT-MAP-PBF"), pbf, "#b3541e"),
            findings_layer(findings, frame.crs),
        ),
    )
