"""An area table as aligned plain text for a terminal, and as JSON. Chinese signs take two columns and stay aligned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tilth.core import AreaTable, BadInput, in_units, label
from tilth.report.cells import (
    display_width,
    filled,
    grouped,
    hundredths_of_ha,
    official_codes,
    printed_names,
    shown_cells,
    table_notes,
    unit_line,
)

UNITS = ("ha", "m2", "mu")


def padded(text: str, width: int, right: bool = False) -> str:
    """`text` filled with spaces to `width` terminal columns."""
    space = " " * max(0, width - display_width(text))
    return space + text if right else text + space


def aligned(head: list[list[str]], body: list[list[str]], right: list[bool]) -> str:
    """Rows of texts in columns, two spaces apart, with a rule under the heading."""
    rows = [*head, *body]
    widths = [max((display_width(row[place]) for row in rows), default=0) for place in range(len(right))]

    def line(row: list[str]) -> str:
        return "  ".join(padded(*cell) for cell in zip(row, widths, right, strict=True)).rstrip()

    return "\n".join([*map(line, head), "-" * (sum(widths) + 2 * (len(widths) - 1)), *map(line, body)])


def _numbers(table: AreaTable, unit: str) -> list[list[str]]:
    if unit == "mu":
        return [[f"{in_units(value, 'mu'):,}" for value in row] for row in table.dm2.tolist()]
    return [[grouped(value) for value in row] for row in shown_cells(table, unit).tolist()]


def as_text(
    table: AreaTable,
    unit: str = "ha",
    *,
    skip_zero_columns: bool = False,
    per_block: int = 0,
    notes: Sequence[str] | None = None,
) -> str:
    """The table for a terminal, in the language in use.

    Parameters
    ----------
    unit
        "ha", "m2" or "mu".
    skip_zero_columns
        Leave out columns that are zero in every row, and say how many.
    per_block
        Break a wide table into blocks of this many area columns; 0 does not.
    notes
        What stands below instead of the table's own notes, where it is a part of another.

    Raises
    ------
    BadInput
        For any other unit.
    """
    if unit not in UNITS:
        raise BadInput("REPORT-UNIT-UNKNOWN", unit=unit, known=", ".join(UNITS))
    places = list(range(len(table.columns)))
    if skip_zero_columns:
        places = [place for place in places if filled(table, unit)[:, place].any()] or places[:1]
    numbers = _numbers(table, unit)
    step = per_block or max(len(places), 1)
    blocks = [_block(table, numbers, places[start : start + step]) for start in range(0, max(len(places), 1), step)]
    below = table_notes(table, unit) if notes is None else list(notes)
    if len(places) < len(table.columns):
        below.append(str(label("REPORT-COLUMNS-LEFT", count=len(table.columns) - len(places))))
    return "\n".join(
        [str(table.title), str(unit_line(unit)), "", "\n\n".join(blocks), *(["", *below] if below else [])]
    )


def _block(table: AreaTable, numbers: list[list[str]], places: list[int]) -> str:
    keys = [str(one) for one in table.key_columns]
    columns = [table.columns[place] for place in places]
    head = [keys + [str(one.label) for one in columns]]
    if codes := official_codes(columns):
        head.insert(0, [""] * len(keys) + codes)
    if any(one.group for one in columns):
        head.insert(0, [""] * len(keys) + ["" if one.group is None else str(one.group) for one in columns])
    body = []
    for row, cells in zip(table.rows, numbers, strict=True):
        texts = printed_names(row.names)
        if texts:
            texts[0] = "  " * row.depth + texts[0]
        body.append(texts + [cells[place] for place in places])
    return aligned(head, body, [False] * len(keys) + [True] * len(places))


def as_json(table: AreaTable) -> dict[str, Any]:
    """The table as plain values for JSON: dm² as whole numbers, m² and ha with two decimals, by column code."""
    codes = [column.code for column in table.columns]
    assert len(set(codes)) == len(codes), (table.id, codes)
    hectares = hundredths_of_ha(table).tolist()
    return {
        "id": table.id,
        "title": str(table.title),
        "key_columns": [str(one) for one in table.key_columns],
        "columns": [
            {"code": one.code, "name": str(one.label), "group": None if one.group is None else str(one.group)}
            for one in table.columns
        ],
        "hectares_levelled": table.hectares is not None,
        "rows": [
            {
                "key": list(row.key),
                "depth": row.depth,
                "dm2": dict(zip(codes, cells, strict=True)),
                "m2": {code: value / 100 for code, value in zip(codes, cells, strict=True)},
                "ha": {code: value / 100 for code, value in zip(codes, levelled, strict=True)},
            }
            for row, cells, levelled in zip(table.rows, table.dm2.tolist(), hectares, strict=True)
        ],
        "notes": [str(note) for note in table.notes],
    }
