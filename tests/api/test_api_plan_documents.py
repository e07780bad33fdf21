"""A plan on paper: text, tables, maps, workbook and GeoPackage say one number; special plans add up to the whole."""

from __future__ import annotations

import re
import sqlite3
from fractions import Fraction
from pathlib import Path

import docx
import geopandas as gpd
import numpy as np
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned_land import PLANNED, ROWS, built, options, parcel_id

from tilth import api
from tilth.core import BadInput, Label, NotFound
from tilth.report import PlanFigures
from tilth.report.plan_figures import Source, shared
from tilth.report.plan_paper import choice_entries
from tilth.runtime import Workspace

LANGUAGES = ("en", "zh")
#: Columns that do not add up: means, and what has come together by the end of a year.
MEANS = ("ECe", "治理后 ECe", "Done by its end", "年末累计", "Paid by its end")
PARCELS = {"en": "Assignment", "zh": "各单元"}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def papers(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], api.PlanDocument]:
    out = tmp_path_factory.mktemp("papers")
    return {
        (kind, lang): api.plan_document(workspace, "east", out=out, kind=kind, lang=lang, made_on="2026-01-05")
        for kind in ("master", "special") for lang in LANGUAGES
    }  # fmt: skip


def file_of(done: api.PlanDocument, ending: str, stem: str = "") -> Path:
    return next(one for one in done.files if one.suffix == ending and stem in one.name)


def sheet(path: Path, name: str) -> list[list[object]]:
    """The rows of the sheet whose name begins so, from its heading row on."""
    found = next(one for one in openpyxl.load_workbook(path).worksheets if one.title.startswith(name))
    return [[cell.value for cell in row] for row in found.iter_rows()][2:]


def whole(text: str) -> int:
    """A number as it is printed, in hundredths."""
    front, _, rest = text.replace(",", "").partition(".")
    return int(f"{front}{rest:0<2}")


def plain(figures: PlanFigures) -> tuple[int, int, int]:
    """Area, treated area and works, added up parcel by parcel."""
    area = sum(figures.area.tolist())
    treated = sum(one for one, done in zip(figures.area.tolist(), figures.treated.tolist(), strict=True) if done)
    assert figures.spending is not None
    return (
        area,
        treated,
        sum(one for one, done in zip(figures.spending.first.tolist(), figures.treated, strict=True) if done),
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_sentences_and_tables_of_the_document_are_sums_over_the_parcels(papers, lang: str) -> None:
    done = papers["master", lang]
    area, treated, works = plain(done.figures)
    document = docx.Document(str(file_of(done, ".docx")))
    said = "\n".join(one.text for one in document.paragraphs)
    for amount in (area, treated, works):
        assert f"{amount // 100:,}.{amount % 100:02d}" in said
    assert (treated and treated < area) or done.figures.treated.all()
    tables = [[[cell.text for cell in row.cells] for row in one.rows] for one in document.tables]
    total = "Total" if lang == "en" else "合计"
    checked = 0
    for rows in tables:
        for column in range(1, len(rows[0])) if rows[-1][0] == total else ():
            cells = [row[column] for row in rows[1:]]
            if rows[0][column].startswith(MEANS) or not all(re.fullmatch(r"-?[\d,]+(\.\d\d)?", one) for one in cells):
                continue
            assert sum(map(whole, cells[:-1])) == whole(cells[-1]), rows[0][column]
            checked += 1
    assert checked > 20


def test_a_workbook_can_count_with_indicators_and_demands(papers) -> None:
    done = papers["master", "en"]
    indicators = {str(row[0]): row[2] for row in sheet(file_of(done, ".xlsx"), "Indicators")[1:] if row[0]}
    _, treated, works = plain(done.figures)
    counted = indicators["Parcels with works"], indicators["Area with works"]
    assert counted == (int(done.figures.treated.sum()), treated / 100)
    assert indicators["Works"] == works / 100
    demands = [row for row in sheet(file_of(done, ".xlsx"), "Demands")[1:] if row[2] is not None]
    assert len(demands) >= 4
    for _, _, used, limit, room, price in demands:
        assert all(isinstance(one, int | float) for one in (used, limit, room, price))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_workbook_and_geopackage_hold_every_parcel_with_the_same_numbers(papers, lang: str) -> None:
    done = papers["master", lang]
    figures = done.figures
    rows = sheet(file_of(done, ".xlsx"), PARCELS[lang])
    names = [str(one) for one in rows[0]]
    at = {name: place for place, name in enumerate(names)}
    area = at["Area (m²)" if lang == "en" else "面积 (m²)"]
    parcels = {str(row[0]): row for row in rows[1:] if str(row[0]).startswith("9999")}
    assert list(parcels) == figures.units.tolist() and len(parcels) == PLANNED
    layers = file_of(done, ".gpkg")
    frame = gpd.read_file(layers, layer="choice").set_index("parcel_id")
    for place, unit in enumerate(figures.units.tolist()):
        assert round(float(parcels[unit][area]) * 100) == figures.area[place] == frame.loc[unit, "parcel_dm2"]
        assert frame.loc[unit, "treatment"] == figures.treatment[place]
        assert frame.loc[unit, f"treatment_{lang}"] in [str(one) for one in parcels[unit]]
        assert frame.loc[unit, "rows_version"] == "2026-1"
        assert round(frame.loc[unit, "cost_yuan"] * 100) == figures.quantities["cost_yuan"].values[place]
    with sqlite3.connect(layers) as database:
        styles = dict(database.execute("SELECT f_table_name, styleQML FROM layer_styles"))
    assert set(styles) == {"choice", "start_year", "zones"}
    assert "Pipe drains" in styles["choice"] if lang == "en" else "暗管排盐" in styles["choice"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_heading_tells_two_units_and_none_stands_twice_in_a_sheet(papers, lang: str) -> None:
    path = file_of(papers["master", lang], ".xlsx")
    for one in openpyxl.load_workbook(path).sheetnames:
        names = [str(name) for name in sheet(path, one)[0] if name]
        assert len(names) == len(set(names)), (one, names)
        assert not [name for name in names if ") (" in name or "） (" in name], (one, names)
    assert ("Area (m²)" if lang == "en" else "面积 (m²)") in sheet(path, PARCELS[lang])[0]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_hashes_in_the_footer_say_what_they_are(papers, lang: str) -> None:
    opened = docx.Document(str(file_of(papers["master", lang], ".docx")))
    text = opened.sections[0].footer.paragraphs[0].text
    assert re.search(r"rows\.toml 2026-1 SHA-256 [0-9a-f]{8} · ", text), text
    said = "SHA-256 of source files: " if lang == "en" else "来源文件 SHA-256: "
    assert re.search(said + "[0-9a-f]{8}", text), text


@pytest.mark.parametrize("lang", LANGUAGES)
def test_contents_have_no_column_of_units_where_no_sheet_has_one(papers, lang: str) -> None:
    book = openpyxl.load_workbook(file_of(papers["master", lang], ".xlsx"))
    assert [cell.value for cell in book.worksheets[0][3]] == (
        ["No.", "Sheet", "Content"] if lang == "en" else ["序号", "工作表", "内容"]
    )


def test_zones_are_named_in_both_languages_in_the_geopackage(papers) -> None:
    frame = gpd.read_file(file_of(papers["master", "en"], ".gpkg"), layer="choice")
    named = {(row.zone, row.zone_en, row.zone_zh) for row in frame.itertuples()}
    assert named == {("Z1", "Low land", "低地区"), ("Z2", "High land", "高地区")}
    assert "township_en" not in frame, "the demands give townships no other names"


def test_the_legend_of_the_map_has_the_areas_of_the_table(workspace: Workspace, papers) -> None:
    from tilth.api.plan_folders import kept_plan

    done = papers["master", "zh"]
    words = kept_plan(workspace, "east").words
    rows = sheet(file_of(done, ".xlsx"), "各措施地块")
    held = {str(row[0]): row[2] for row in rows[1:]}
    entries = choice_entries(done.figures, words)
    assert sum(one.area_dm2 for one in entries) == int(done.figures.area.sum())
    for one in entries:
        name, said = one.said("zh").split(" · ")
        assert whole(said.split("\u00a0")[0]) == round(float(held[name]) * 100) == one.area_dm2


@pytest.mark.parametrize("lang", LANGUAGES)
def test_special_plans_add_up_to_the_master_plan(papers, lang: str) -> None:
    master, special = papers["master", lang], papers["special", lang]
    assert special.by == "zone" and special.plans == ("Z1", "Z2")
    names = {one.name for one in special.files if one.suffix == ".docx"}
    assert names == {f"east-zone-Z{at}-{lang}.docx" for at in (1, 2)}
    total = "Total" if lang == "en" else "合计"
    heading = "Measures" if lang == "en" else "治理措施"

    def totals(path: Path) -> list[int]:
        rows = sheet(path, heading)
        last = next(one for one in rows if one[0] == total)
        pairs = zip(rows[0][1:], last[1:], strict=True)
        return [round(float(str(cell)) * 100) for name, cell in pairs if not str(name).startswith(MEANS)]

    books = [file_of(special, ".xlsx", f"zone-Z{at}-") for at in (1, 2)]
    assert [sum(one) for one in zip(*map(totals, books), strict=True)] == totals(file_of(master, ".xlsx"))
    units = [str(row[0]) for book in books for row in sheet(book, PARCELS[lang])]
    assert sorted(one for one in units if one.startswith("9999")) == master.figures.units.tolist()


def test_no_special_plan_is_written_over_another_or_over_the_master(workspace: Workspace, tmp_path: Path) -> None:
    zones = ("A/B", "A_B", "a_b", "", "A_B_2", "长" * 300)
    rows = [f"u{at},{zone},{did},5" for at, zone in enumerate(zones) for did in ("0,no", "9,drains")]
    (tmp_path / "o.csv").write_text("unit,zone,value_yuan,treatment,cost_yuan\n" + "\n".join(rows), encoding="utf-8")
    api.plan_new(workspace, "zones", tmp_path / "o.csv")
    api.plan_solve(workspace, "zones", seconds=60)
    out = tmp_path / "out"
    master = api.plan_document(workspace, "zones", out=out, formats=("xlsx",))
    before = master.files[0].read_bytes()
    done = api.plan_document(workspace, "zones", out=out, kind="special", formats=("xlsx",))
    assert done.plans == tuple(sorted(zones)) and master.files[0].read_bytes() == before
    names = [one.name for one in done.files]
    assert len({one.casefold() for one in names} | {"zones-master-en.xlsx"}) == len(zones) + 1
    held = dict(zip(done.plans, names, strict=True))
    assert held[""] == "zones-zone-unnamed-en.xlsx" and held["A_B"] == "zones-zone-A_B-en.xlsx"
    for zone, file in zip(done.plans, done.files, strict=True):
        units = [row[0] for row in sheet(file, PARCELS["en"]) if str(row[0]).startswith("u")]
        assert f"u{zones.index(zone)}" in units
    assert "none stated" in str(openpyxl.load_workbook(out / held[""]).worksheets[0]["A1"].value)


def test_money_is_shared_by_source_to_the_fen_and_adds_up_by_year(papers) -> None:
    rows = sheet(file_of(papers["master", "en"], ".xlsx"), "Budget")
    for _, works, upkeep, spent, state, county, _ in rows[1:5]:
        assert round((works + upkeep) * 100) == round(spent * 100) == round(state * 100) + round(county * 100)
        assert spent <= 3 * 1500 and abs(state - 0.6 * spent) <= 0.01 * PLANNED
    assert sum(one[3] for one in rows[1:4]) == pytest.approx(rows[4][3])


def test_the_budgets_of_special_plans_add_up_to_the_master_plan_year_by_year_and_source_by_source(papers) -> None:
    def budget(path: Path) -> list[list[int]]:
        return [[round(float(str(cell)) * 100) for cell in row[1:]] for row in sheet(path, "Budget")[1:5]]

    books = [budget(file_of(papers["special", "en"], ".xlsx", f"zone-Z{at}-")) for at in (1, 2)]
    whole_plan = budget(file_of(papers["master", "en"], ".xlsx"))
    assert [[sum(pair) for pair in zip(*rows, strict=True)] for rows in zip(*books, strict=True)] == whole_plan


@given(st.lists(st.integers(0, 10**13), max_size=30), st.lists(st.integers(1, 9), min_size=1, max_size=5))
def test_shares_add_up_to_each_amount_and_are_right_over_all_of_them(amounts: list[int], parts: list[int]) -> None:
    sources = [Source(Label(str(at), str(at)), Fraction(part, sum(parts))) for at, part in enumerate(parts)]
    found = shared(np.array(amounts, dtype=np.int64), sources)
    assert found.sum(axis=0).tolist() == amounts
    for one, own in zip(sources, found, strict=True):
        assert abs(int(own.sum()) - one.share * sum(amounts)) < 1


def test_what_is_left_out_is_counted(papers) -> None:
    said = "\n".join(one.text for one in docx.Document(str(file_of(papers["master", "en"], ".docx"))).paragraphs)
    assert "2 more parcels of the same classes" in said, "of fourteen fields of class 0103, twelve have options"
    assert "The area of every parcel is that of the survey of 2024" in said
    assert "1 row of the table of options could not be used" in said
    assert "no plan is better than" in said and "There is no salinity map" in said


def test_the_same_plan_gives_the_same_bytes(workspace: Workspace, tmp_path: Path) -> None:
    def files(name: str) -> list[bytes]:
        done = api.plan_document(workspace, "east", out=tmp_path / name, made_on="2026-01-05", formats=("docx", "xlsx"))
        return [one.read_bytes() for one in done.files]

    assert files("a") == files("b")


def test_documents_that_cannot_be_are_one_sentence(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no kind of plan 'grand'"):
        api.plan_document(workspace, "east", out=tmp_path, kind="grand")
    with pytest.raises(BadInput, match="no label 'river' to make special plans by; they have: zone, township"):
        api.plan_document(workspace, "east", out=tmp_path, kind="special", by="river")
    with pytest.raises(NotFound, match="no plan 'west'"):
        api.plan_document(workspace, "west", out=tmp_path)
    with pytest.raises(NotFound, match="1999"):
        api.plan_document(workspace, "east", out=tmp_path, year=1999)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("share = 0.4", "share = 0.5", "the sources of money cannot be meant: 0.6 \\+ 0.5"),
        ("share = 0.4", 'share = "half"', "the sources of money cannot be meant"),
        ('Z1 = {en = "Low land", zh = "低地区"}', "Z1 = 5", r"\[names.zone\] Z1 of the demands is no name: 5"),
    ],
)
def test_names_and_sources_that_cannot_be_meant_are_one_sentence(
    workspace: Workspace, tmp_path: Path, before: str, after: str, message: str
) -> None:
    options().to_csv(tmp_path / "o.csv", index=False)
    (tmp_path / "r.toml").write_text(ROWS.replace(before, after), encoding="utf-8")
    with pytest.raises(BadInput, match=message):
        api.plan_new(workspace, "wrong", tmp_path / "o.csv", rows=tmp_path / "r.toml")


def test_units_that_are_no_parcels_get_a_document_without_maps(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "o.csv").write_text(
        "unit,treatment,value_yuan,cost_yuan\na,as is,0,0\na,drains,9,5.5\nb,as is,0,0\nb,drains,7,5\n"
    )
    api.plan_new(workspace, "strange", tmp_path / "o.csv")
    api.plan_solve(workspace, "strange", seconds=60)
    done = api.plan_document(workspace, "strange", out=tmp_path)
    assert [one.suffix for one in done.files] == [".docx", ".pdf", ".xlsx"] and done.year is None
    said = "\n".join(one.text for one in docx.Document(str(done.files[0])).paragraphs)
    assert "The works cost 10.50 yuan." in said and parcel_id(0) not in said
