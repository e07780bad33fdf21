"""The yearbook as a workbook: every table in hectares and in m², every list, and where the numbers came from."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.hyperlink import Hyperlink

from tilth.core import AreaTable, IntArray, Label, in_units, label, language
from tilth.report.cells import (
    display_width,
    grouped,
    hundredths,
    official_codes,
    printed_names,
    readable,
    shown_cells,
    table_notes,
    unit_line,
)
from tilth.report.files import without_clock
from tilth.report.listings import all_listings
from tilth.report.model import Listing, Yearbook
from tilth.report.sheetrows import Cell, SheetRows, with_rows
from tilth.runtime import write_whole

ROWS_OF_A_SHEET = 1_048_576
LETTERS_OF_A_CELL = 32_767
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
_YEARS = re.compile(r"^\d{4}(–\d{4})?年|, \d{4}(–\d{4})?$")
_NUMBER = "#,##0.00;[Red]-#,##0.00"
_FINE = "#,##0.0000;[Red]-#,##0.0000"
_COUNT = "#,##0"
#: A number as it is printed for readers; of more digits than a workbook can hold it stays a text.
_FIGURE = re.compile(r"(?=(?:\D*\d){1,15}\D*$)-?(0|[1-9]\d{0,2}(,\d{3})+|[1-9]\d*)(\.\d+)?")
_A4, _A3 = 9, 8
_LINE_POINTS = 14.0
#: A note of up to so many letters may reach over the columns of its sheet.
_SHORT_NOTE = 150.0
#: Lists of up to so many rows get rows as high as their texts; longer ones are left to the reader of the file.
_MEASURED = 2_000


def _thin() -> Border:
    side = Side(style="thin", color="B5B5B5")
    return Border(left=side, right=side, top=side, bottom=side)


@dataclass(frozen=True)
class _Look:
    """The few cell styles the workbook uses, each as attributes of a cell."""

    title: dict[str, Any]
    unit: dict[str, Any]
    note: dict[str, Any]
    head: dict[str, Any]
    text: dict[str, Any]
    number: dict[str, Any]
    fine: dict[str, Any]
    count: dict[str, Any]
    plain_number: dict[str, Any]  # with the decimals that it has
    plain: dict[str, Any]
    link: dict[str, Any]

    def of_kind(self, kind: str) -> dict[str, Any]:
        """The style of a listing's column."""
        return {"text": self.text, "number": self.text, "count": self.count, "fine": self.fine}.get(kind, self.number)


@cache
def _look(lang: str) -> _Look:
    """Styles with a font that has the language's letters."""
    name = "SimSun" if lang == "zh" else "Arial"
    plain = Font(name=name, size=10)
    centred = Alignment(wrap_text=True, horizontal="center", vertical="center")
    edge = _thin()
    return _Look(
        title={"font": Font(name=name, bold=True, size=14)},
        unit={"font": Font(name=name, size=9, italic=lang != "zh", color="555555")},
        note={
            "font": Font(name=name, size=9, italic=lang != "zh", color="555555"),
            "alignment": Alignment(vertical="top", wrap_text=True),
        },
        head={
            "font": Font(name=name, bold=True, size=10),
            "fill": PatternFill("solid", fgColor="E4EBDD"),
            "border": edge,
            "alignment": centred,
        },
        text={"font": plain, "border": edge, "alignment": Alignment(vertical="top", wrap_text=True)},
        number={"font": plain, "border": edge, "number_format": _NUMBER, "alignment": Alignment(vertical="top")},
        fine={"font": plain, "border": edge, "number_format": _FINE, "alignment": Alignment(vertical="top")},
        count={"font": plain, "border": edge, "number_format": _COUNT, "alignment": Alignment(vertical="top")},
        plain_number={"font": plain, "border": edge, "alignment": Alignment(vertical="top")},
        plain={"font": plain},
        link={"font": Font(name=name, size=10, underline="single", color="0B5394")},
    )


def safe_text(value: str) -> str:
    """`value` as a cell can hold it: control characters made visible, an over-long text cut with a word about it."""
    shown = readable(value)
    if len(shown) <= LETTERS_OF_A_CELL:
        return shown
    tail = str(label("REPORT-TEXT-CUT", count=len(shown)))
    return shown[: LETTERS_OF_A_CELL - len(tail)] + tail


class _Styles:
    """Cells of one workbook: each style is put into it once, and a cell names it by its number."""

    def __init__(self, sheet: Any) -> None:
        self._sheet = sheet
        self._numbers: dict[tuple[int, int], int] = {}

    def cell(self, value: Any, style: dict[str, Any], indent: int = 0) -> Cell:
        """A cell with `value` in `style`."""
        number = self._numbers.get((id(style), indent))
        if number is None:
            number = self._numbers[id(style), indent] = self._new(style, indent)
        return (safe_text(value) if isinstance(value, str) else value), number

    def _new(self, style: dict[str, Any], indent: int) -> int:
        cell = WriteOnlyCell(self._sheet)
        for name, part in style.items():
            setattr(cell, name, part)
        if indent:
            cell.alignment = Alignment(horizontal="left", vertical="top", indent=indent)
        return int(cell.style_id)


def sheet_names(titles: Sequence[str]) -> list[str]:
    """A name for each sheet: no forbidden signs, at most 31 letters, no two alike in any case of letters."""
    names: list[str] = []
    taken: set[str] = set()
    for title in titles:
        base = _NOT_IN_A_NAME.sub(" ", readable(title)).strip(" '") or "-"
        name, number = base[:31].strip(" '"), 1
        while name.lower() in taken:
            number += 1
            ending = f" {number}"
            name = base[: 31 - len(ending)] + ending
        taken.add(name.lower())
        names.append(name)
    return names


def number_of(count: int) -> float | str:
    """A number of hundredths as the number that Excel stores, if that reads back as the same; else as exact text.

    Every area up to four times the size of China reads back.
    """
    value = count / 100
    return value if round(value * 100) == count else hundredths(count)


def _lines(text: str, width: float) -> int:
    return max(1, sum(math.ceil(display_width(part) / max(width - 1, 1)) for part in text.split("\n")))


@dataclass
class _Head:
    """A sheet's heading rows and how wide its columns are."""

    rows: list[list[str]]
    widths: list[float]

    def height(self, row: list[str]) -> float:
        lines = max(_lines(text, width) for text, width in zip(row, self.widths, strict=True))
        return lines * _LINE_POINTS + 4


def _open_sheet(workbook: Any, name: str, head: _Head, keys: int, top: int) -> Any:
    """A sheet with widths, frozen panes and print setup. `top` is the number of rows above the heading rows."""
    sheet = workbook.create_sheet(name)
    last = top + len(head.rows)
    for number, width in enumerate(head.widths, start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = f"{get_column_letter(keys + 1)}{last + 1}"
    wide = sum(head.widths) > 130
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A3 if wide else _A4
    sheet.page_setup.fitToWidth = max(1, math.ceil(sum(head.widths) / 250))
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{top + 1}:{last}"
    if keys:
        sheet.print_title_cols = f"A:{get_column_letter(keys)}"
    for side in ("left", "right"):
        setattr(sheet.page_margins, side, 0.4)
    sheet.oddFooter.center.text = "&P / &N"
    return sheet


def _table_head(table: AreaTable, shown: IntArray) -> _Head:
    keys = [str(one) for one in table.key_columns]
    blank = [""] * len(keys)
    rows = [keys + [str(one.label) for one in table.columns]]
    codes = official_codes(table.columns)
    if codes:
        rows.insert(0, blank + codes)
    if any(column.group for column in table.columns):
        rows.insert(0, blank + ["" if column.group is None else str(column.group) for column in table.columns])
    widths = []
    names = [printed_names(row.names) for row in table.rows]
    extremes = np.vstack([shown, np.zeros_like(shown[:1])]).T
    for place, name in enumerate(keys):
        texts = [row[place] for row in names]
        widest = max((display_width(text) for text in texts), default=0) + (4 if place == 0 else 0)
        widths.append(float(min(max(widest, display_width(name), 8) + 3, 44)))
    for place, column in enumerate(table.columns):
        widest = max((len(grouped(int(one))) for one in (extremes[place].min(), extremes[place].max())), default=4)
        words = max(
            display_width(word) for word in [*re.split(r"[\s/]+", str(column.label)), *codes[place : place + 1]]
        )
        widths.append(float(min(max(widest + 2, min(words, 14) + 2, 11), 26)))
    return _Head(rows, widths)


def _merge_groups(sheet: Any, table: AreaTable, row: int) -> None:
    """Merge the group cells of neighbouring columns."""
    first = len(table.key_columns) + 1
    start = 0
    groups = [column.group for column in table.columns]
    for end in range(1, len(groups) + 1):
        if end < len(groups) and groups[end] == groups[start]:
            continue
        if groups[start] is not None and end - start > 1:
            area = f"{get_column_letter(first + start)}{row}:{get_column_letter(first + end - 1)}{row}"
            sheet.merged_cells.add(area)
        start = end


def _area_sheet(workbook: Any, name: str, book: Yearbook, table: AreaTable, unit: str, cells: _Styles) -> SheetRows:
    shown = shown_cells(table, unit)
    head = _table_head(table, shown)
    sheet = _open_sheet(workbook, name, head, keys=len(table.key_columns), top=2)
    rows, look = SheetRows(), _look(language())
    rows.append([cells.cell(_full_title(book, table.title), look.title)])
    rows.append([cells.cell(str(unit_line(unit)), look.unit)])
    for texts in head.rows:
        rows.append([cells.cell(text, look.head) for text in texts], head.height(texts))
    if any(column.group for column in table.columns):
        _merge_groups(sheet, table, 3)
    number_style = cells.cell(None, look.number)[1]
    for row, numbers in zip(table.rows, shown.tolist(), strict=True):
        names = enumerate(printed_names(row.names))
        keys = [cells.cell(text, look.text, row.depth if place == 0 else 0) for place, text in names]
        rows.append(keys + [(number_of(number), number_style) for number in numbers])
    rows.append()
    for note in table_notes(table, unit):
        rows.append([cells.cell(note, look.unit)])
    _foot(rows, cells, book)
    return rows


def _foot(rows: SheetRows, cells: _Styles, book: Yearbook) -> None:
    look = _look(language())
    signed = label(
        "REPORT-SIGNED",
        compiled=book.compiled_by or "________",
        checked=book.checked_by or "________",
        date=book.made_on,
    )
    rows.append([cells.cell(str(signed), look.unit)])
    rows.append([cells.cell(book.provenance.line(), look.unit)])


def _list_value(value: object, kind: str) -> object:
    if value is None or value == "":
        return None
    if kind in ("area", "mean"):
        return number_of(int(str(value)))
    if kind == "hectares":
        return float(in_units(int(str(value)), "ha"))
    if kind == "fine":
        return float(in_units(int(str(value)), "ha", 4))
    return value if kind in ("count", "number") else str(value)


def _list_cell(value: object, kind: str, look: _Look) -> tuple[object, dict[str, Any]]:
    """A listing's value and its style. A number that is printed among others of its own unit counts in a workbook."""
    if kind != "number" or not isinstance(value, str) or not _FIGURE.fullmatch(value):
        return _list_value(value, kind), look.of_kind(kind)
    plain = value.replace(",", "")
    if "." not in plain:
        return int(plain), look.count
    return float(plain), look.number if plain[-3] == "." else look.plain_number


def column_heading(listing: Listing, place: int) -> str:
    """A listing's column name with its unit."""
    column = listing.columns[place]
    units = {"area": "m²", "hectares": str(label("REPORT-HA")), "fine": str(label("REPORT-HA"))}
    return f"{column.label} ({units[column.kind]})" if column.kind in units else str(column.label)


def _list_widths(listing: Listing, names: list[str]) -> list[float]:
    widths = []
    for place, (column, name) in enumerate(zip(listing.columns, names, strict=True)):
        if column.kind in ("text", "number"):
            sample = [display_width(str(row[place])) for row in listing.rows[:2000]]
            widths.append(float(min(max([*sample, 8]) + 2, 68)))
        else:
            sample = [len(grouped(int(str(row[place] or 0)))) for row in listing.rows[:2000]]
            widths.append(float(max([*sample, 9]) + 3))
        longest_word = max(display_width(word) for word in name.split()) if name.strip() else 0
        widths[-1] = max(widths[-1], min(longest_word + 2.0, 24.0))
    return widths


def _note(sheet: Any, rows: SheetRows, cells: _Styles, note: str, head: _Head) -> None:
    """The note in the second row; one longer than the sheet is wide takes its whole width, in lines."""
    look, wide = _look(language()), sum(head.widths)
    if display_width(note) <= max(wide, _SHORT_NOTE) or len(head.widths) < 2:
        rows.append([cells.cell(note, look.unit)])
        return
    sheet.merged_cells.add(f"A2:{get_column_letter(len(head.widths))}2")
    lines = math.ceil(1.05 * display_width(note) / wide)
    rows.append([cells.cell(note, look.note)], lines * _LINE_POINTS)


def _height(row: Sequence[object], widths: Sequence[float]) -> float | None:
    """Points for a row whose texts take several lines; None where one is enough."""
    texts = (pair for pair in zip(row, widths, strict=True) if isinstance(pair[0], str))
    lines = max((_lines(text, width) for text, width in texts if isinstance(text, str)), default=1)
    return lines * _LINE_POINTS if lines > 1 else None


def _for_readers(listing: Listing) -> Listing:
    """`listing` without the columns that are for machines."""
    kept = [place for place, column in enumerate(listing.columns) if not column.csv_only]
    columns = tuple(listing.columns[place] for place in kept)
    return replace(listing, columns=columns, rows=tuple(tuple(row[place] for place in kept) for row in listing.rows))


def _list_sheet(workbook: Any, name: str, book: Yearbook, listing: Listing, cells: _Styles) -> SheetRows:
    listing = _for_readers(listing)
    names = [column_heading(listing, place) for place in range(len(listing.columns))]
    head = _Head([names], _list_widths(listing, names))
    sheet = _open_sheet(workbook, name, head, keys=0, top=2)
    rows, look = SheetRows(), _look(language())
    rows.append([cells.cell(f"{book.unit} {listing.title} {book.year}", look.title)])
    _note(sheet, rows, cells, str(listing.note or ""), head)
    rows.append([cells.cell(text, look.head) for text in names], head.height(names))
    room = ROWS_OF_A_SHEET - 10
    depths = listing.depths or [0] * len(listing.rows)
    for row, depth in zip(listing.rows[:room], depths, strict=False):
        pairs = enumerate(zip(row, listing.columns, strict=True))
        rows.append(
            [cells.cell(*_list_cell(value, one.kind, look), 0 if place else depth) for place, (value, one) in pairs],
            _height(row, head.widths) if len(listing.rows) <= _MEASURED else None,
        )
    if not listing.rows:
        rows.append([cells.cell(str(label("REPORT-NONE")), look.unit)])
    if len(listing.rows) > room:
        rest = label("REPORT-SHEET-FULL", count=f"{len(listing.rows) - room:,}", file=f"{listing.id}.csv")
        rows.append([cells.cell(str(rest), look.unit)])
    rows.append()
    _foot(rows, cells, book)
    return rows


def _contents_sheet(sheet: Any, book: Yearbook, entries: Sequence[tuple[str, str, str]], cells: _Styles) -> SheetRows:
    rows, look = SheetRows(), _look(language())
    shown = 4 if any(unit for _, _, unit in entries) else 3  # lists have their units in their headings
    for number, width in enumerate((8.0, 46.0, 76.0, 12.0)[:shown], start=1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    rows.append([cells.cell(f"{book.title}", look.title)])
    rows.append([cells.cell(f"{book.unit} · {book.year} · {book.made_on}", look.unit)])
    names = ("REPORT-NUMBER", "REPORT-SHEET", "REPORT-CONTENT", "REPORT-UNIT")
    rows.append([cells.cell(str(label(key)), look.head) for key in names[:shown]])
    for number, (name, title, unit) in enumerate(entries, start=1):
        target = f"'{name.replace(chr(39), chr(39) * 2)}'!A1"
        sheet._hyperlinks.append(Hyperlink(ref=f"B{number + 3}", location=target))
        rows.append(
            [
                cells.cell(number, look.plain),
                cells.cell(name, look.link),
                cells.cell(title, look.plain),
                cells.cell(unit, look.plain),
            ][:shown]
        )
    rows.append()
    _foot(rows, cells, book)
    return rows


def workbook_bytes(book: Yearbook, listings: Sequence[Listing] | None = None) -> bytes:
    """The workbook in the language in use, with the lists given or all. Equal content gives equal bytes."""
    tables = [*book.tables, *book.flows]
    listings = all_listings(book) if listings is None else listings
    plan: list[tuple[str, str, Any]] = []
    for number, table in enumerate(tables, start=1):
        plan.append((f"{number} {_without_unit(book, table.title)}", "ha", table))
    for number, table in enumerate(tables, start=1):
        plan.append((f"m² {number} {_without_unit(book, table.title)}", "m2", table))
    plan += [(str(listing.title), "", listing) for listing in listings]
    names = sheet_names([str(label("REPORT-CONTENTS")), *(title for title, _, _ in plan)])
    units = {"ha": str(label("REPORT-HA")), "m2": "m²", "": ""}
    workbook = Workbook(write_only=True)
    entries = [(name, str(one.title), units[unit]) for name, (_, unit, one) in zip(names[1:], plan, strict=True)]
    first = workbook.create_sheet(names[0])
    cells = _Styles(first)
    rows = {1: _contents_sheet(first, book, entries, cells)}
    for place, (name, (_, unit, content)) in enumerate(zip(names[1:], plan, strict=True), start=2):
        if isinstance(content, AreaTable):
            rows[place] = _area_sheet(workbook, name, book, content, unit, cells)
        else:
            rows[place] = _list_sheet(workbook, name, book, content, cells)
    workbook.properties.creator = readable(book.provenance.software)
    workbook.properties.title = readable(f"{book.unit} {book.title} {book.year}")
    out = io.BytesIO()
    workbook.save(out)
    return without_clock(out.getvalue(), book.made_on, lambda parts: with_rows(parts, rows))


def _without_unit(book: Yearbook, title: Label) -> str:
    """A table's title without the county's name and the year, which would fill a sheet's name."""
    return _YEARS.sub("", str(title).removeprefix(str(book.unit)).lstrip(": "))


def _full_title(book: Yearbook, title: Label) -> str:
    """A table's title with the county and the year, each once."""
    text = str(title)
    before = "" if str(book.unit) in text else f"{book.unit} "
    return f"{before}{text}{'' if str(book.year) in text else f' {book.year}'}"


def write_xlsx(book: Yearbook, path: Path, listings: Sequence[Listing] | None = None) -> Path:
    """Write the workbook to `path`, whole or not at all."""
    return write_whole(path, workbook_bytes(book, listings))
