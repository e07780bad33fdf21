"""How results look on a terminal: JSON where asked, tables and findings as text."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import typer

from tilth.core import Finding, Severity, language, message
from tilth.core.language import catalogue

if TYPE_CHECKING:
    from pathlib import Path

    from tilth.core import AreaTable, BoolArray
    from tilth.report import Listing

_NUMBER = re.compile(r"-|[-+]?[\d,]+(\.\d+)?")


def as_json(record: Any) -> None:
    """Print `record` as JSON, in UTF-8, with nothing escaped that a person would read; indented on a terminal."""
    typer.echo(json.dumps(record, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None, default=str))


def area(dm2: int | None, unit: str = "m2") -> str:
    """An area in "m2", "ha" or "mu"; a dash where there is none."""
    from tilth.core import in_units

    return "-" if dm2 is None else f"{in_units(dm2, unit):,}"


#: Digits that hold 0.01 m² in each unit, and m² in one of it.
_DIGITS = {"m2": (2, 1.0), "ha": (6, 10_000.0), "mu": (6, 2000 / 3)}


def exact_area(square_metres: float | None, unit: str, *, more: int = 0) -> str:
    """An area measured in m², in `unit` to 0.01 m² or to `more` digits; a dash where there is none."""
    digits, m2 = _DIGITS[unit]
    return "-" if square_metres is None else f"{square_metres / m2:,.{digits + more}f}"


def said(text: object) -> str:
    """A text for the screen: marks of accounts in the language in use, long ids folded."""
    from tilth.report import fold, in_words

    return fold(in_words(text))


def unit_name(unit: str) -> str:
    """ "m²", "ha" or "mu", in the language in use."""
    return message(f"CLI-UNIT-{unit.upper()}")


def kind(word: str) -> str:
    """What a layer or table is, in the language in use: in Chinese its name before the word for `--kind`."""
    name = message(f"CLI-KIND-{word.upper()}") if f"CLI-KIND-{word.upper()}" in catalogue() else ""
    return f"{name} {word}" if name and language() == "zh" else word


def hectares(units: int | None) -> str:
    """Whole 0.01 ha as hectares; a dash where there are none."""
    from tilth.report.cells import grouped

    return "-" if units is None else grouped(units)


def columns(rows: Sequence[Sequence[object]], *, heading: Sequence[str] = ()) -> None:
    """Print rows in aligned columns under their heading; what looks like a number stands to the right."""
    from tilth.report import aligned

    if not rows:
        return
    body = [[str(cell) for cell in row] for row in rows]
    numeric = [all(_NUMBER.fullmatch(row[n]) for row in body) for n in range(len(body[0]))]
    typer.echo(aligned([list(heading)] if heading else [], body, numeric))


def listing(one: Listing) -> None:
    """Print a list with its headings, areas in m², and its note."""
    from tilth.report import column_heading

    kinds = [column.kind for column in one.columns]
    rows = [
        [
            "" if value is None else area(int(str(value))) if kind == "area" else value
            for value, kind in zip(row, kinds, strict=True)
        ]
        for row in one.rows
    ]
    columns(rows, heading=[column_heading(one, place) for place in range(len(kinds))])
    if one.note is not None:
        typer.echo(str(one.note))


def table(one: AreaTable, unit: str, *, every: bool = False) -> None:
    """Print a table of areas in blocks as wide as the terminal.

    Columns that show zeros throughout are not printed, nor in each block the rows that show only zeros in it, unless
    `every` is asked for.
    """
    from tilth.report import as_text
    from tilth.report.cells import filled, table_notes

    kept = filled(one, unit) | every
    wide = [at for at in range(len(one.columns)) if kept[:, at].any()] or [0]
    blocks = [_part(one, block, kept) for block in _blocks(one, wide, unit)]
    for number, block in enumerate(blocks):
        notes = table_notes(one, unit) if block is blocks[-1] else ()
        lines = as_text(block, unit, notes=notes).split("\n")
        typer.echo("\n".join(lines if number == 0 else lines[2:]))  # title and unit stand above the first block only
    hidden = len(one.columns) - len(wide), sum(len(one.rows) - len(block.rows) for block in blocks)
    if any(hidden):
        typer.echo(f"… {message('CLI-HIDDEN', columns=hidden[0], rows=hidden[1])}")
    typer.echo("")


def _part(one: AreaTable, columns: Sequence[int], kept: BoolArray) -> AreaTable:
    """`one` with these columns, and with the rows that have a cell to keep in them; one row at least."""
    rows = [at for at in range(len(one.rows)) if kept[at, columns].any()] or [0][: len(one.rows)]
    return replace(
        one,
        rows=tuple(one.rows[at] for at in rows),
        columns=tuple(one.columns[at] for at in columns),
        dm2=one.dm2[rows][:, columns],
        hectares=None if one.hectares is None else one.hectares[rows][:, columns],
    )


def _blocks(one: AreaTable, columns: Sequence[int], unit: str) -> list[list[int]]:
    """`columns` in blocks that fit the terminal beside the key columns; at least one column in each."""
    from tilth.report.cells import display_width

    keys = [[str(key), *(row.key[at] for row in one.rows)] for at, key in enumerate(one.key_columns)]
    room = shutil.get_terminal_size((120, 24)).columns
    room -= sum(max(map(display_width, texts)) for texts in keys) + 2 * max((row.depth for row in one.rows), default=0)
    blocks: list[list[int]] = []
    left = 0
    for at in columns:
        column = one.columns[at]
        texts = [column.code, str(column.label), str(column.group or ""), area(int(abs(one.dm2[:, at]).max()), unit)]
        width = 2 + max(map(display_width, texts))
        if not blocks or width > left:
            blocks.append([])
            left = room
        blocks[-1].append(at)
        left -= width
    return blocks


def more(count: int, where: str = "CLI-MORE") -> None:
    """Say that `count` more are not printed, and what prints them."""
    if count > 0:
        typer.echo(f"    … {message(where, count=count)}")


def paths(written: Iterable[Path]) -> None:
    """A line for each file that was written."""
    for one in written:
        typer.echo(str(one))


def findings(found: Iterable[Finding], *, most: int) -> None:
    """Print a count for each code, then the first `most` findings with place and remedy."""
    listed = sorted(found, key=lambda finding: (finding.severity is not Severity.BREAKS, finding.code))
    counts: dict[str, list[Finding]] = {}
    for finding in listed:
        counts.setdefault(finding.code, []).append(finding)
    for code, same in counts.items():
        mark = "✗" if same[0].severity is Severity.BREAKS else "·"
        typer.echo(f"{mark} {' '.join(part for part in (code, same[0].name) if part)}  ×{len(same)}")
        for finding in same[:most]:
            typer.echo("    " + ": ".join(part for part in (str(finding.where), finding.said) if part))
        more(len(same) - most)
        if same[0].remedy:
            typer.echo(f"    → {same[0].remedy}")
