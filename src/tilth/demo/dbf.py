"""dBASE tables as survey software writes them: GBK text, fixed widths, and a date that does not depend on today."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

#: Language driver id of code page 936; 0 says nothing, as many exporters leave it.
GBK, UNSAID = 0x4D, 0x00
_DATE = bytes((124, 12, 31))  # 2024-12-31


@dataclass(frozen=True, slots=True)
class Field:
    """One field: `type` is "char", "int", "float" or "date"; lengths in bytes."""

    name: str
    type: str
    length: int
    decimals: int = 0
    dm2: bool = False  # the frame holds whole dm²; the file has m² with two decimals


def write_dbf(path: Path, frame: pd.DataFrame, fields: Sequence[Field], language: int = GBK) -> None:
    """Write the columns named by `fields`. A text standing in a number's place is written as it is."""
    columns = [_cells(frame[field.name].tolist(), field) for field in fields]
    blank = np.full((len(frame), 1), ord(" "), dtype=np.uint8)
    records = np.concatenate([blank, *columns], axis=1) if columns else blank
    header_size = 32 + 32 * len(fields) + 1
    head = struct.pack("<B3sIHH17sB2x", 3, _DATE, len(frame), header_size, records.shape[1], b"", language)
    described = b"".join(_described(field) for field in fields)
    path.write_bytes(head + described + b"\x0d" + records.tobytes() + b"\x1a")


def _described(field: Field) -> bytes:
    letter = {"char": b"C", "int": b"N", "float": b"N", "date": b"D"}[field.type]
    return struct.pack("<11sc4xBB14x", field.name.encode("ascii"), letter, field.length, field.decimals)


def _cells(values: Sequence[Any], field: Field) -> np.ndarray:
    width = field.length
    if field.type in ("char", "date"):
        cells = [str(value).encode("gbk")[:width].ljust(width) for value in values]
    else:
        cells = [_number(value, field).encode("ascii").rjust(width) for value in values]
    assert all(len(cell) == width for cell in cells), field.name
    return np.frombuffer(b"".join(cells), dtype=np.uint8).reshape(len(values), width)


def _number(value: Any, field: Field) -> str:
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    if field.dm2:
        whole, cents = divmod(abs(int(value)), 100)
        return f"{'-' if value < 0 else ''}{whole}.{cents:02d}"
    return f"{value:.{field.decimals}f}"
