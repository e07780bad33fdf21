"""The document to sign, as docx and as PDF, in both languages, and the pictures in it."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import geopandas as gpd
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import shapely
from docx.oxml.ns import qn
from PIL import Image
from report_sample import CODES, FLOWS, book, level_one, parcels, pieces

from tilth.core import AreaTable, BadInput, Column, Finding, Label, Row, speaking
from tilth.land import observed_code_system
from tilth.report import (
    Paper,
    Part,
    Provenance,
    band_chart,
    change_map,
    check_map,
    class_map,
    flow_chart,
    write_paper,
    write_yearbook,
)
from tilth.report.contents import document_of
from tilth.report.document import Grid, Paragraph
from tilth.report.docx import docx_bytes
from tilth.report.pdf import pdf_bytes
from tilth.runtime import reporting

TITLE = Label("Land use", "土地利用")


class _Leaves:
    """A reader who has gone by the time that a file is to be written."""

    def __init__(self, file: str) -> None:
        self.file, self.said = file, list[str]()

    def start(self, title: str, total: int | None) -> Callable[[int], None]:
        self.said.append(title)
        if self.file in title:
            raise KeyboardInterrupt
        return lambda _done: None

    def finish(self) -> None: ...


def test_a_paper_says_which_file_it_writes_and_can_be_ended_between_two(tmp_path: Path) -> None:
    title = Label("A plan", "规划")
    paper = Paper(title, title, None, (Part("One", ("Said.",)),), Provenance("tilth", (), ()), "2026-01-05")
    reader = _Leaves("plan.pdf")
    with pytest.raises(KeyboardInterrupt), reporting(reader):
        write_paper(paper, tmp_path, "plan", ("docx", "pdf", "xlsx"))
    assert reader.said == ["writing plan.docx", "writing plan.pdf"]
    assert [one.name for one in tmp_path.iterdir()] == ["plan.docx"]


@pytest.fixture(scope="module", params=["en", "zh"])
def lang(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_word_file_opens_with_pictures_tables_and_a_footer_of_where_numbers_come_from(lang: str) -> None:
    with speaking(lang):
        opened = docx.Document(io.BytesIO(docx_bytes(document_of(book(lang)))))
    assert len(opened.inline_shapes) == 6
    texts = [paragraph.text for paragraph in opened.paragraphs]
    assert ("土地利用变更调查年报" if lang == "zh" else "Land-use yearbook") in texts
    footer = opened.sections[0].footer.paragraphs[0].text
    named = {"en": "SHA-256 of source files", "zh": "来源文件 SHA-256"}[lang]
    assert footer.startswith(f"tilth 0.1.0 · survey-tables 2024.1, red-line 2024.2 · {named}: a1a1a1a1 b2b2b2b2")
    assert all(section.footer.is_linked_to_previous for section in list(opened.sections)[1:])
    assert {section.orientation for section in opened.sections} == {0, 1}
    assert any("公顷" in text or "Unit: ha" in text for text in texts)
    signed = {"zh": "制表人", "en": "Compiled by"}[lang]
    assert any(text.startswith(signed) for text in texts)


def test_chinese_letters_have_a_chinese_font_in_word() -> None:
    opened = docx.Document(io.BytesIO(docx_bytes(document_of(book()))))
    for name in ("Normal", "Heading 1", "Caption"):
        fonts = opened.styles[name].element.rPr.rFonts
        assert fonts.get(qn("w:eastAsia")) == "SimSun"
        assert not [attribute for attribute in fonts.attrib if attribute.endswith("Theme")]


def test_word_and_pdf_show_the_same_level_1_numbers_as_the_table() -> None:
    opened = docx.Document(io.BytesIO(docx_bytes(document_of(book()))))
    table = next(one for one in opened.tables if "Wetland" in [cell.text for cell in one.rows[1].cells])
    shown = [[round(float(cell.text.replace(",", "")) * 100) for cell in row.cells[2:]] for row in table.rows[2:]]
    expected = level_one()
    assert expected.hectares is not None
    assert shown == expected.hectares[[0, 1, 4]].tolist()  # county and its townships


def test_what_a_document_leaves_out_it_names() -> None:
    blocks = [block for section in document_of(book()).sections for block in section.blocks]
    said = [block.text for block in blocks if isinstance(block, Paragraph)]
    assert any("has 56 columns of areas and 7 rows; it is in the workbook" in text for text in said)
    notes = [note for block in blocks if isinstance(block, Grid) for note in block.notes]
    assert "4 rows below township level are not printed here; the workbook has all rows." in notes


def test_a_long_list_is_cut_with_a_word_about_the_rest() -> None:
    frame = pd.DataFrame({"seq": range(1, 1001), "area_dm2": [5] * 1000})
    blocks = [block for one in document_of(replace(book(), change_list=frame)).sections for block in one.blocks]
    notes = [note for block in blocks if isinstance(block, Grid) for note in block.notes]
    assert "The first 40 of 1,000 rows; the workbook has all." in notes


def test_a_wide_matrix_goes_over_parts_and_leaves_out_only_what_is_zero() -> None:
    size = 40
    cells = np.diag(np.r_[np.arange(1, 21), np.zeros(20)].astype(np.int64)) * 1_000_000
    columns = tuple(Column(f"{place:04d}", Label(f"class {place}", f"地类{place}")) for place in range(size))
    rows = tuple(Row((column.code,)) for column in columns)
    table = AreaTable("wide", Label("wide", "宽"), (Label("from", "从"),), columns, rows, cells)
    sample = replace(book(), flows=(table,), tables=(), change_list=None, figures=())
    blocks = [block for one in document_of(sample).sections for block in one.blocks]
    parts = [block for block in blocks if isinstance(block, Grid) and "wide" in block.caption]
    assert len(parts) == 2 and sum(len(part.numeric) - 1 for part in parts) == 20
    assert "20 columns and 20 rows without any area are left out here; the workbook has them." in parts[-1].notes


def test_what_levelling_left_in_a_row_or_column_without_land_is_printed() -> None:
    size = 24
    cells = np.diag(np.full(size, 10_000_000)).astype(np.int64)
    cells[3] = 0
    columns = tuple(Column(f"{place:04d}", Label(f"class {place}", f"地类{place}")) for place in range(size))
    rows = tuple(Row((column.code,)) for column in columns)
    hectares = cells // 10_000
    hectares[3, 3] = 7
    table = AreaTable("wide", Label("wide", "宽"), (Label("from", "从"),), columns, rows, cells, hectares)
    sample = replace(book(), flows=(table,), tables=(), change_list=None, figures=())
    blocks = [block for one in document_of(sample).sections for block in one.blocks]
    parts = [block for block in blocks if isinstance(block, Grid) and "wide" in block.caption]
    assert sum(len(part.numeric) - 1 for part in parts) == size and len(parts[0].body) == size
    assert parts[0].body[3][4] == "0.07"


def test_the_pdf_has_pages_in_both_languages_and_needs_no_font_of_the_machine(lang: str) -> None:
    with speaking(lang):
        content = pdf_bytes(document_of(book(lang)))
    assert content.startswith(b"%PDF") and content.count(b"/Type /Page\n") + content.count(b"/Type/Page") > 0
    assert b"NotoSansCJK" in content


def test_documents_are_the_same_bytes_for_the_same_book() -> None:
    document = document_of(book())
    assert docx_bytes(document) == docx_bytes(document_of(book()))
    assert pdf_bytes(document) == pdf_bytes(document_of(book()))


def test_hostile_texts_are_printed_as_they_are(findings: tuple[Finding, ...]) -> None:
    nasty = '#panic() $x$ *b* <b>&\x01 "q" \\'
    sample = replace(book(findings=findings), unit=Label(nasty, nasty), figures=())
    document = document_of(sample)
    assert pdf_bytes(document).startswith(b"%PDF")
    texts = [paragraph.text for paragraph in docx.Document(io.BytesIO(docx_bytes(document))).paragraphs]
    assert any("#panic() $x$ *b* <b>&" in text for text in texts)


def size_and_colours(content: bytes) -> tuple[tuple[int, int], int]:
    image = Image.open(io.BytesIO(content)).convert("RGB")
    return image.size, len(image.resize((200, 150)).getcolors(30_000))


def test_maps_and_charts_are_pictures_and_leave_no_trace_in_matplotlib(lang: str) -> None:
    before = dict(mpl.rcParams)
    frame, changed = parcels(), pieces()
    footprint = gpd.GeoDataFrame(geometry=[shapely.box(39_500_150, 4_000_150, 39_500_420, 4_000_330)], crs=frame.crs)
    hits = gpd.GeoDataFrame(geometry=[shapely.box(39_500_200, 4_000_200, 39_500_300, 4_000_300)], crs=frame.crs)
    layers = {"pbf": (Label("PBF", "永久基本农田"), frame.iloc[[13, 14]])}
    pictures = [
        class_map(frame, CODES, TITLE, lang),
        class_map(frame, CODES, TITLE, lang, by_heading=True),
        change_map(frame, changed, CODES, TITLE, lang),
        change_map(frame, changed.iloc[:0], CODES, TITLE, lang),
        check_map(footprint, frame, layers, hits, codes=CODES, title=TITLE, lang=lang),
        flow_chart(FLOWS, CODES, TITLE, lang),
        flow_chart([], CODES, TITLE, lang),
        band_chart(FLOWS, CODES, TITLE, lang),
        band_chart([], CODES, TITLE, lang),
    ]
    for picture in pictures:
        (width, height), colours = size_and_colours(picture)
        assert width > 800 and height > 150 and colours > 3
    assert dict(mpl.rcParams) == before


def test_a_map_works_for_any_class_list_in_degrees_and_for_no_parcels_at_all() -> None:
    shapes = [shapely.box(place / 100, 52.0, (place + 1) / 100, 52.01) for place in range(60)]
    frame = gpd.GeoDataFrame({"class_code": [f"AC{place:02d}" for place in range(60)]}, geometry=shapes, crs=4326)
    crops = observed_code_system("crops", frame["class_code"])
    assert class_map(frame, crops, TITLE, "en").startswith(b"\x89PNG")
    assert class_map(frame.iloc[:0], crops, TITLE, "en").startswith(b"\x89PNG")


def test_a_parcel_of_several_parts_is_drawn_like_its_parts_and_its_holes_stay_open() -> None:
    left = shapely.box(0, 0, 40, 40).difference(shapely.box(10, 10, 20, 20))
    right = shapely.box(60, 0, 100, 40)

    def drawn(shapes: list[shapely.Geometry]) -> bytes:
        frame = gpd.GeoDataFrame({"class_code": ["0101"] * len(shapes)}, geometry=shapes, crs=4527)
        return class_map(frame, CODES, TITLE, "en")

    parts = drawn([left, right])
    assert drawn([shapely.MultiPolygon([left, right])]) == parts
    assert drawn([shapely.GeometryCollection([left, shapely.MultiPolygon([right]), shapely.Point(1, 1)])]) == parts
    assert drawn([shapely.box(0, 0, 40, 40), right]) != parts


def test_words_that_only_the_software_uses_stay_off_the_paper() -> None:
    columns = (Column("OPENING", Label("opening", "年初")), Column("0101", Label("paddy", "水田")))
    rows = (Row(("0101", Label("paddy", "水田")), 1), Row(("total", Label("total", "合计"))))
    keys = (Label("code", "代码"), Label("class", "地类"))
    table = AreaTable("m", Label("matrix", "矩阵"), keys, columns, rows, np.ones((2, 2), dtype=np.int64))
    with speaking("zh"):
        (grid,) = [
            block
            for section in document_of(replace(book("zh"), flows=(table,), tables=())).sections
            for block in section.blocks
            if isinstance(block, Grid) and "矩阵" in block.caption
        ]
    assert [[cell.text for cell in row] for row in grid.head] == [
        ["", "", "", "0101"],
        ["代码", "地类", "年初", "水田"],
    ]
    assert [row[:2] for row in grid.body] == [("0101", "水田"), ("", "合计")]


def test_writing_lists_every_file_and_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    told: list[Path] = []
    written = write_yearbook(book(), tmp_path, formats=("csv", "xlsx"), on_file=told.append)
    assert told == written and all(path.is_file() for path in written)
    assert not list(tmp_path.rglob(".*"))
    with pytest.raises(BadInput, match="odt"):
        write_yearbook(book(), tmp_path, formats=("odt",))
    with pytest.raises(BadInput, match="fr"):
        write_yearbook(book(), tmp_path, lang="fr")
    with pytest.raises(BadInput, match="yesterday"):
        write_yearbook(replace(book(), made_on="yesterday"), tmp_path)
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot be written"):
        write_yearbook(book(), tmp_path / "file", formats=("xlsx",))
