"""The document as a Word file: fonts named for Chinese and Latin, wide tables on pages on their side, a footer."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import docx
from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import qn
from docx.shared import Cm, Emu, Pt, RGBColor

from tilth.report.document import Block, Document, Grid, Heading, Paragraph, Picture, Signatures
from tilth.report.docx_table import table_xml
from tilth.report.files import without_clock
from tilth.runtime import write_whole

LATIN = "Times New Roman"
CHINESE = "SimSun"
_MARGIN = Cm(2)


def _set_fonts(fonts: Any) -> None:
    """Name the fonts, and drop the theme's, which would win over them."""
    for name in list(fonts.attrib):
        if name.endswith("Theme"):
            del fonts.attrib[name]
    for name in ("w:ascii", "w:hAnsi", "w:cs"):
        fonts.set(qn(name), LATIN)
    fonts.set(qn("w:eastAsia"), CHINESE)


def _prepare_styles(word: Any, language: str) -> None:
    for name in ("Normal", "Title", "Subtitle", "Heading 1", "Heading 2", "Caption"):
        style = word.styles[name]
        _set_fonts(style.element.get_or_add_rPr().get_or_add_rFonts())
        style.font.color.rgb = RGBColor(0, 0, 0) if name in ("Normal", "Caption") else RGBColor(0x2F, 0x4F, 0x2F)
        lang = OxmlElement("w:lang")
        lang.set(qn("w:val"), "en-US")
        lang.set(qn("w:eastAsia"), "zh-CN")
        if style.element.rPr.find(qn("w:lang")) is None:
            style.element.rPr.append(lang)
    word.styles["Subtitle"].font.italic = False
    word.styles["Normal"].font.size = Pt(10.5)
    word.styles["Normal"].paragraph_format.space_after = Pt(6)
    word.styles["Caption"].font.size = Pt(10)
    word.styles["Caption"].font.bold = True
    word.core_properties.language = "zh-CN" if language == "zh" else "en-US"


def _field(paragraph: Any, code: str) -> None:
    """A field that Word fills in, such as the page number."""
    for kind, text in (("begin", ""), ("instr", code), ("separate", ""), ("text", "1"), ("end", "")):
        run = paragraph.add_run()
        run.font.size = Pt(7.5)
        if kind == "instr":
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = text
        elif kind == "text":
            run.text = text
            continue
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _write_footer(section: Any, text: str) -> None:
    paragraph = section.footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.add_run(text + "   ").font.size = Pt(7.5)
    _field(paragraph, "PAGE")
    paragraph.add_run(" / ").font.size = Pt(7.5)
    _field(paragraph, "NUMPAGES")


def _turn(section: Any, wide: bool) -> None:
    """Lay the section's pages on their side, or stand them up. A4."""
    long, short = Cm(29.7), Cm(21.0)
    section.orientation = WD_ORIENT.LANDSCAPE if wide else WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = (long, short) if wide else (short, long)
    for side in ("left_margin", "right_margin", "top_margin", "bottom_margin"):
        setattr(section, side, _MARGIN)


class _Writer:
    """Writes blocks one after the other, turning the page where a table needs it."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.word = docx.Document()
        self.wide = False
        _prepare_styles(self.word, document.language)
        _turn(self.word.sections[0], wide=False)
        _write_footer(self.word.sections[0], document.footer)

    def cover(self) -> None:
        for _ in range(5):
            self.word.add_paragraph()
        title = self.word.add_paragraph(self.document.title, style="Title")
        title.alignment = WD_ALIGN_PARAGRAPH.CENTER
        subtitle = self.word.add_paragraph(self.document.subtitle, style="Subtitle")
        subtitle.alignment = WD_ALIGN_PARAGRAPH.CENTER
        for line in self.document.cover:
            self.word.add_paragraph(line).alignment = WD_ALIGN_PARAGRAPH.CENTER
        self.word.add_page_break()

    def sections(self) -> None:
        """Write every section on pages of its orientation."""
        for section in self.document.sections:
            if section.wide != self.wide:
                _turn(self.word.add_section(WD_SECTION.NEW_PAGE), section.wide)
                self.wide = section.wide
            for block in section.blocks:
                self._block(block)

    def _block(self, block: Block) -> None:
        if isinstance(block, Heading):
            self.word.add_heading(block.text, block.level)
        elif isinstance(block, Paragraph):
            self._note(block.text) if block.note else self.word.add_paragraph(block.text)
        elif isinstance(block, Picture):
            self._picture(block)
        elif isinstance(block, Grid):
            self._grid(block)
        elif isinstance(block, Signatures):
            self._signatures(block)

    def _note(self, text: str) -> None:
        run = self.word.add_paragraph().add_run(text)
        run.font.size = Pt(8.5)
        run.italic = self.document.language != "zh"

    def _width(self) -> int:
        section = self.word.sections[-1]
        return int(section.page_width - section.left_margin - section.right_margin)

    def _picture(self, picture: Picture) -> None:
        paragraph = self.word.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.paragraph_format.keep_with_next = True
        drawn = paragraph.add_run().add_picture(io.BytesIO(picture.png), width=Emu(self._width()))
        tallest = Cm(20)
        if drawn.height > tallest:
            drawn.width, drawn.height = int(drawn.width * tallest / drawn.height), tallest
        drawn._inline.docPr.set("descr", picture.caption)
        caption = self.word.add_paragraph(picture.caption, style="Caption")
        caption.alignment = WD_ALIGN_PARAGRAPH.CENTER

    def _grid(self, grid: Grid) -> None:
        caption = self.word.add_paragraph(grid.caption, style="Caption")
        caption.paragraph_format.keep_with_next = True
        caption.paragraph_format.space_after = Pt(2)
        if grid.unit:
            unit = self.word.add_paragraph()
            unit.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            unit.paragraph_format.keep_with_next = True
            unit.paragraph_format.space_after = Pt(2)
            unit.add_run(grid.unit).font.size = Pt(8.5)
        self._rows(grid)
        for note in grid.notes:
            self._note(note)
        if not grid.notes:  # keeps the next caption off the table
            space = self.word.add_paragraph()
            space.paragraph_format.space_after = Pt(0)
            space.add_run(" ").font.size = Pt(5)

    def _rows(self, grid: Grid) -> None:
        self.word.element.body._insert_tbl(parse_xml(table_xml(grid, Emu(self._width()).twips)))

    def _signatures(self, block: Signatures) -> None:
        colon = "：" if self.document.language == "zh" else ":  "
        for place, (name, known) in enumerate(block.lines):
            paragraph = self.word.add_paragraph(f"{name}{colon}{known or '_' * 28}")
            paragraph.paragraph_format.space_before = Pt(18)
            paragraph.paragraph_format.keep_with_next = place < len(block.lines) - 1


def docx_bytes(document: Document) -> bytes:
    """The Word file. Equal content gives equal bytes."""
    writer = _Writer(document)
    writer.cover()
    writer.sections()
    writer.word.core_properties.title = f"{document.title} {document.subtitle}"
    writer.word.core_properties.author = document.footer.partition(" · ")[0]
    writer.word.core_properties.comments = ""
    out = io.BytesIO()
    writer.word.save(out)
    return without_clock(out.getvalue(), document.made_on)


def write_docx(document: Document, path: Path) -> Path:
    """Write the Word file to `path`, whole or not at all."""
    return write_whole(path, docx_bytes(document))
