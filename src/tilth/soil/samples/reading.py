"""A table of samples while it is read: what is kept, what is set aside, what is found."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import Finding, FloatArray, Where
from tilth.soil import cells
from tilth.soil.chemistry.conversions import Conversions, shipped
from tilth.soil.samples.headings import Read, Told


@dataclass(frozen=True, slots=True)
class SetAside:
    """One row that cannot be used."""

    source_row: int
    code: str
    values: Mapping[str, Any]
    attributes: Mapping[str, Any]


@dataclass
class Reading:
    """A table on its way to samples: what was read, what was set aside, what was converted and what was noticed."""

    source: pd.DataFrame
    file: str
    told: Told
    table: Conversions = field(default_factory=shipped)
    reads: dict[str, Read] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = self.source["source_row"].to_numpy(dtype=np.int64)
        self.out: dict[str, npt.NDArray[Any]] = {}
        self.aside: dict[int, SetAside] = {}
        self.converted: list[pd.DataFrame] = []

    def find(self, code: str, **values: Any) -> None:
        """Note something about the whole table."""
        self.findings.append(Finding(code, Where(file=self.file), values))

    def find_row(self, at: int, code: str, **values: Any) -> None:
        """Note something about one row."""
        self.findings.append(Finding(code, Where(file=self.file, row=int(self.rows[at])), values))

    def set_aside(self, at: int, code: str, **values: Any) -> None:
        """Take a row out, for the first reason that is found."""
        if at not in self.aside:
            self.aside[at] = SetAside(int(self.rows[at]), code, values, as_plain(self.source.iloc[at]))

    def record(self, column: str, text: npt.NDArray[np.object_], unit: str, values: FloatArray, method: Any) -> None:
        """Keep from what each value of `column` was made, and how."""
        known = np.flatnonzero(np.isfinite(values))
        methods = np.full(len(values), method, dtype=object) if isinstance(method, str) else np.asarray(method, object)
        self.converted.append(
            pd.DataFrame(
                {
                    "source_row": self.rows[known],
                    "column": column,
                    "stated": text[known].astype(str),
                    "unit": unit,
                    "value": values[known],
                    "method": methods[known].astype(str),
                }
            )
        )


def as_plain(row: pd.Series) -> dict[str, Any]:
    """A row as JSON has it, without what is empty."""
    given = {str(name): value for name, value in row.items() if name != "source_row" and not pd.isna(value)}
    return {name: json.loads(json.dumps(value, default=str)) for name, value in given.items() if value != ""}


def read_or_told(reading: Reading, read: Read, got: cells.Cells) -> None:
    """Note what a column has that was read otherwise, could not be read, or is not there."""
    for at in got.reread:
        reading.find_row(
            int(at), "SOIL-CELL-REREAD", heading=read.heading, text=got.text[at], value=f"{got.values[at]:g}"
        )
    for at in got.unread:
        reading.find_row(int(at), "SOIL-CELL-UNREAD", heading=read.heading, text=str(got.text[at])[:60])
    missing = int((got.text == "").sum())
    if missing and read.column.kind in ("ec", "ion", "number"):
        reading.find("SOIL-MISSING", heading=read.heading, count=missing, of=len(got.text))
