"""The rows of a worksheet, written straight as the XML that the workbook holds: a county has hundreds of thousands of
cells, and a cell object for each would take most of the yearbook's time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from openpyxl.utils import get_column_letter

#: What stands in a cell, and the number of its style in the workbook. None: an empty cell.
Cell = tuple[str | int | float | None, int]
_EMPTY = re.compile(rb"<sheetData\s*/>|<sheetData></sheetData>")


class SheetRows:
    """Rows of one sheet, from the first on."""

    def __init__(self) -> None:
        self._rows: list[str] = []
        self._letters: list[str] = []

    def append(self, cells: Sequence[Cell] = (), height: float | None = None) -> None:
        """Add a row; `height` in points, else as high as the reader makes it."""
        number = len(self._rows) + 1
        while len(self._letters) < len(cells):
            self._letters.append(get_column_letter(len(self._letters) + 1))
        tall = "" if height is None else f' ht="{height:g}" customHeight="1"'
        body = "".join(
            [_cell(f"{letter}{number}", *cell) for letter, cell in zip(self._letters, cells, strict=False)],
        )
        self._rows.append(f'<row r="{number}"{tall}>{body}</row>')

    def filled(self, sheet: bytes) -> bytes:
        """The XML of an empty `sheet` with these rows in it."""
        data = f"<sheetData>{''.join(self._rows)}</sheetData>".encode()
        content, count = _EMPTY.subn(lambda _: data, sheet)
        assert count == 1, count
        return content


def _cell(place: str, value: str | int | float | None, style: int) -> str:
    if value is None:
        return f'<c r="{place}" s="{style}"/>'
    if isinstance(value, str):  # always a text, never a formula, whatever sign it begins with
        text = escape(value, {"\r": "&#13;"})
        return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
    return f'<c r="{place}" s="{style}"><v>{value!r}</v></c>'


def with_rows(parts: Mapping[str, bytes], rows: Mapping[int, SheetRows]) -> dict[str, bytes]:
    """The parts of a workbook, its sheets filled: `rows` by the number of the sheet, from 1."""
    filled = dict(parts)
    for number, one in rows.items():
        name = f"xl/worksheets/sheet{number}.xml"
        filled[name] = one.filled(filled[name])
    return filled
