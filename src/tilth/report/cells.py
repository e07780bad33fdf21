"""Areas as they are shown: hectares and square metres from whole dm², and how wide a text is on a screen or page."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from tilth.change import rounded_ha
from tilth.core import AreaTable, BoolArray, Column, IntArray, Label, label
from tilth.land import CodeSystem

DM2_PER_HUNDREDTH_HA = 10_000
#: Codes that belong on paper: 0102, 0201K, 05H1, 2TT; AC66 of another code system.
_OFFICIAL = re.compile("[A-Z]{0,4}[0-9][0-9A-Z]*")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def hundredths_of_ha(table: AreaTable) -> IntArray:
    """The cells in whole 0.01 ha: the levelled ones where the table has them, else each rounded half away from zero."""
    if table.hectares is not None:
        return table.hectares
    return rounded_ha(table.dm2)


def shown_cells(table: AreaTable, unit: str) -> IntArray:
    """The cells in hundredths of `unit`, "ha" or "m2". A hundredth of a m² is a dm²."""
    return table.dm2 if unit == "m2" else hundredths_of_ha(table)


def filled(table: AreaTable, unit: str) -> BoolArray:
    """(rows, columns) where a cell holds land or shows any: a row or column may be left out only if it has none."""
    found: BoolArray = table.dm2 != 0
    return found | (hundredths_of_ha(table) != 0) if unit == "ha" else found


def table_notes(table: AreaTable, unit: str) -> list[str]:
    """What stands under the table: its own notes, and how far its hectares may be from the m² and why."""
    notes = [str(note) for note in table.notes]
    if unit == "ha" and table.hectares is None:
        notes.append(str(label("REPORT-NOT-LEVELLED")))
    if unit == "ha" and (most := moved_most(table)):
        notes.append(str(label("REPORT-LEVELLED", most=hundredths(most))))
    return notes


def moved_most(table: AreaTable) -> int:
    """How far levelling took a cell that holds land from its own rounded area, at most. [0.01 ha]"""
    if table.hectares is None:
        return 0
    return int(np.abs(np.where(table.dm2 != 0, table.hectares - rounded_ha(table.dm2), 0)).max(initial=0))


def official_code(code: str) -> str:
    """The code of a column as a reader of the official tables knows it; "" where only the software uses it.

    >>> official_code("0201K"), official_code("LS:0101"), official_code("0201HJ"), official_code("IN-SUM")
    ('0201K', '0101', '0201', '')
    """
    last = code.rpartition(":")[2].removesuffix("HJ")
    return last if _OFFICIAL.fullmatch(last) else ""


def official_codes(columns: Sequence[Column]) -> list[str]:
    """The official codes of `columns`; none of them where they only repeat the names."""
    codes = [official_code(one.code) for one in columns]
    return codes if any(code != str(one.label) for code, one in zip(codes, columns, strict=True) if code) else []


def printed_names(names: Sequence[str | Label]) -> list[str]:
    """The key of a row, without the word by which only the software knows it ("total" before "Total")."""
    from tilth.change import ROW_WORDS

    named = any(isinstance(name, Label) for name in names)
    return ["" if named and isinstance(name, str) and name in ROW_WORDS else str(name) for name in names]


def hundredths(value: int) -> str:
    """A whole number of hundredths as text, exactly: 123456 is "1234.56".

    >>> hundredths(123456), hundredths(-5)
    ('1234.56', '-0.05')
    """
    return f"{'-' if value < 0 else ''}{abs(value) // 100}.{abs(value) % 100:02d}"


def grouped(value: int) -> str:
    """As `hundredths`, with a comma at every thousand: for people."""
    return f"{'-' if value < 0 else ''}{abs(value) // 100:,}.{abs(value) % 100:02d}"


def unit_line(unit: str) -> Label:
    """The unit row of a table ("Unit: ha", 面积单位：公顷) for "ha", "m2" or "mu"."""
    return label(f"REPORT-UNIT-{unit.upper()}")


def readable(text: str) -> str:
    """`text` with every sign that XML or UTF-8 cannot hold made visible, as \\x01."""
    return _UNWRITABLE.sub(lambda sign: f"\\x{ord(sign.group()):02x}", text)


def display_width(text: str) -> int:
    """Columns that `text` takes on a terminal: two for Chinese and full-width signs, none for combining marks."""
    return len(text) if text.isascii() else sum(map(_width, text))


def cut(text: str, most: int) -> str:
    """`text`, its end left out where it is wider than `most` columns of a terminal.

    >>> cut("Irrigated upland", 10), cut("水浇地和旱地", 6)
    ('Irrigated…', '水浇…')
    """
    if display_width(text) <= most:
        return text
    while display_width(text) > most - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def class_name(codes: CodeSystem, code: str) -> str:
    """Code and name of a class; once, where they are the same or the system does not know the code."""
    return codes.named(code) if code in codes and str(codes[code].label) != code else code


@lru_cache(maxsize=8192)
def _width(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
