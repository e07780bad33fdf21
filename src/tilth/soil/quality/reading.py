"""A county's table becomes rows of the quality register: each value with source, date and confidence, none guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import BadInput, Finding, Where
from tilth.core.rulefile import CONFIDENCE
from tilth.soil import cells
from tilth.soil.quality.columns import (
    GRADE,
    GRADES,
    LEVEL,
    NUMBER,
    PROVENANCE,
    Headings,
    Read,
    Texts,
    quality_headings,
    register_columns,
)
from tilth.soil.samples.headings import plain_name
from tilth.soil.samples.reading import SetAside, as_plain

_CONFIDENT: Mapping[str, tuple[str, ...]] = {
    "sure": ("sure", "high", "measured", "高", "可靠", "实测"),
    "likely": ("likely", "medium", "中", "较可靠", "推算"),
    "unverified": ("unverified", "low", "estimate", "estimated", "低", "未核实", "估计", "估算"),
}
_DAY = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?)?[月年]?(?:[ T].*)?")
_GRADE_WORDS = {word: grade for grade, word in enumerate("一二三四五六七八九十", start=1)}


@dataclass(frozen=True)
class QualityTold:
    """What the user says of a table beside its headings; where, when and how surely holds where the table is silent."""

    units: Mapping[str, str] = field(default_factory=dict)  # column → unit
    columns: Mapping[str, str] = field(default_factory=dict)  # column → heading
    source: str = ""
    date: str = ""
    confidence: str = ""

    def __post_init__(self) -> None:
        if self.confidence and confidence_of(self.confidence) is None:
            raise BadInput("QUALITY-CONFIDENCE", confidence=self.confidence, known=", ".join(CONFIDENCE))
        if self.date and day_of(self.date) is None:
            raise BadInput("QUALITY-DATE", date=self.date)


@dataclass(frozen=True)
class QualityRows:
    """Rows that were read, one for each parcel. rows_in = len(frame) + len(aside).

    `frame`: parcel_id, source_row, each column of the register that the table has ("" or NaN where nothing stands),
    and for each the columns id.source, id.date, id.confidence.
    """

    frame: pd.DataFrame
    columns: tuple[str, ...]
    aside: tuple[SetAside, ...]
    findings: tuple[Finding, ...]
    rows_in: int
    headings: Headings

    def __post_init__(self) -> None:
        assert self.rows_in == len(self.frame) + len(self.aside), (self.rows_in, len(self.frame), len(self.aside))


@dataclass
class _Reading:
    source: pd.DataFrame
    file: str
    told: QualityTold
    year: int

    def __post_init__(self) -> None:
        self.rows = self.source["source_row"].to_numpy(dtype=np.int64)
        self.aside: dict[int, SetAside] = {}
        self.findings: list[Finding] = []

    def set_aside(self, at: int, code: str, **values: Any) -> None:
        """Take a row out, for the first reason that is found."""
        if at not in self.aside:
            self.aside[at] = SetAside(int(self.rows[at]), code, values, as_plain(self.source.iloc[at]))

    def find(self, code: str, **values: Any) -> None:
        self.findings.append(Finding(code, Where(file=self.file), values))


def quality_rows(
    source: pd.DataFrame, *, year: int, told: QualityTold | None = None, file: str = "", known: Texts | None = None
) -> QualityRows:
    """Rows of the register from a table with a column source_row (1-based row of the file).

    Parameters
    ----------
    year
        Whose register it is: a value of a later day is none of it.
    known
        The parcels of the survey; rows of others are set aside. Any parcel is taken without.

    Raises
    ------
    BadInput, NeedsAnswer
        If the table has no parcels or nothing that the register keeps, or leaves a unit open.
    """
    reading = _Reading(source.reset_index(drop=True), file, told or QualityTold(), year)
    names = [str(one) for one in source.columns if one not in ("source_row", "geometry")]
    found = quality_headings(names, units=reading.told.units, fields=reading.told.columns, file=file)
    if found.unread:
        reading.find("QUALITY-UNREAD", count=len(found.unread), columns=", ".join(found.unread))
    parcels = _parcels(reading, found.parcel, known)
    out: dict[str, Any] = {"parcel_id": parcels, "source_row": reading.rows}
    some = np.zeros(len(reading.rows), dtype=np.bool_)
    for id, read in found.values.items():
        out[id] = _values(reading, id, read)
        some |= _given(out[id])
    for at in np.flatnonzero(~some):
        reading.set_aside(int(at), "QUALITY-ROW-EMPTY")
    for id in found.values:
        for says in PROVENANCE:
            out[f"{id}.{says}"] = np.where(_given(out[id]), _said(reading, found, id, says), "")
    _silent(reading, out, tuple(found.values))
    kept = np.array([at for at in range(len(reading.rows)) if at not in reading.aside], dtype=np.int64)
    frame = pd.DataFrame(out).iloc[kept].reset_index(drop=True)
    aside = tuple(reading.aside[at] for at in sorted(reading.aside))
    return QualityRows(frame, tuple(found.values), aside, tuple(reading.findings), len(reading.rows), found)


def _given(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    return np.asarray(values != "", dtype=np.bool_) if values.dtype == object else np.isfinite(values)


def _parcels(reading: _Reading, heading: str, known: Texts | None) -> Texts:
    """The parcel of each row. Rows without one, of one that the survey does not know, or that stood before go out."""
    ids = cells.texts(reading.source[heading])
    there = None if known is None else set(known.tolist())
    seen: dict[str, int] = {}
    for at, id in enumerate(ids):
        if not id:
            reading.set_aside(at, "QUALITY-ROW-NO-PARCEL", heading=heading)
        elif there is not None and id not in there:
            reading.set_aside(at, "QUALITY-ROW-UNKNOWN", parcel=id, year=reading.year)
        elif id in seen:
            reading.set_aside(at, "QUALITY-ROW-TWICE", parcel=id, first=int(reading.rows[seen[id]]))
        else:
            seen[id] = at
    return ids


def _values(reading: _Reading, id: str, read: Read) -> npt.NDArray[Any]:
    column = register_columns()[id]
    if column.kind == LEVEL:
        return _levels(reading, id, read)
    source = reading.source[read.heading]
    got = cells.numbers(_as_numbers(source) if column.kind == GRADE else source)
    for at in got.unread:
        reading.set_aside(int(at), "QUALITY-ROW-NUMBER", heading=read.heading, text=str(got.text[at])[:60])
    for at in got.reread:
        reading.find("QUALITY-REREAD", row=int(reading.rows[at]), heading=read.heading, text=got.text[at],
                     value=f"{got.values[at]:g}")  # fmt: skip
    if column.kind != NUMBER:
        return _whole(reading, read, got)
    factor = read.factor or 1.0
    values = np.round(got.values * factor, 9) if factor != 1.0 else got.values
    with np.errstate(invalid="ignore"):
        wrong = np.flatnonzero((values < column.least) | (values > column.most))
    for at in wrong:
        shown = {"least": f"{column.least:g}", "most": f"{column.most:g} {column.unit}".strip()}
        reading.set_aside(int(at), "QUALITY-ROW-IMPOSSIBLE", heading=read.heading, text=got.text[at], **shown)
    return values


def _whole(reading: _Reading, read: Read, got: cells.Cells) -> npt.NDArray[Any]:
    """Grades of 1 to 10, and years; anything else sets its row aside."""
    graded = register_columns()[read.column].kind == GRADE
    allowed = GRADES[1:] if graded else range(1949, reading.year + 1)
    wrong = np.isfinite(got.values) & ~np.isin(got.values, np.array(allowed))
    for at in np.flatnonzero(wrong):
        code = "QUALITY-ROW-GRADE" if graded else "QUALITY-ROW-YEAR"
        reading.set_aside(int(at), code, heading=read.heading, text=got.text[at], year=reading.year)
    return got.values


def _as_numbers(column: pd.Series) -> pd.Series:
    """ "三等", "三级" and "Ⅲ" as 3: how offices write grades."""
    texts = [re.sub(r"[等级地]+$", "", str(one)) for one in cells.texts(column)]
    romans = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8, "ix": 9, "x": 10}
    return pd.Series([str(_GRADE_WORDS.get(one, romans.get(one.casefold(), one))) for one in texts], dtype=object)


def _levels(reading: _Reading, id: str, read: Read) -> Texts:
    column = register_columns()[id]
    words = _first_cells(reading.source[read.heading], column.level_of)
    meant = {word: column.level_of(word) for word in set(words) if word}
    for at, word in enumerate(words):
        if word and meant[word] is None:
            known = ", ".join(str(one.label) for one in column.levels)
            reading.set_aside(at, "QUALITY-ROW-LEVEL", heading=read.heading, text=str(word)[:60], known=known)
    return np.array([meant.get(word) or "" for word in words], dtype=object)


def _first_cells(column: pd.Series, level_of: Any) -> Texts:
    """Cells as text; "无" and "none" are blank only where they are no level."""
    texts = cells.texts(column)
    plain = ["" if pd.isna(one) else str(one).strip() for one in column]
    return np.array(
        [text or (word if word and level_of(word) else "") for text, word in zip(texts, plain, strict=True)],
        dtype=object,
    )


def _said(reading: _Reading, found: Headings, id: str, says: str) -> Texts:
    """Source, date or confidence of a column: its own, else that of the row, else what the user says of the table."""
    count = len(reading.rows)
    out = np.full(count, getattr(reading.told, says), dtype=object)
    for key in (("", says), (id, says)):
        if key in found.said:
            texts = cells.texts(reading.source[found.said[key]])
            out = np.where(texts != "", texts, out)
    if says == "source":
        return np.where(out != "", out, reading.file)
    read = confidence_of if says == "confidence" else day_of
    meant = {word: read(str(word)) for word in set(out.tolist()) if word}
    for at, word in enumerate(out):
        if word and meant[word] is None:
            code = "QUALITY-ROW-CONFIDENCE" if says == "confidence" else "QUALITY-ROW-DATE"
            reading.set_aside(at, code, text=str(word)[:60], known=", ".join(CONFIDENCE))
        elif word and says == "date" and str(meant[word])[:4] > str(reading.year):
            reading.set_aside(at, "QUALITY-ROW-LATER", date=meant[word], year=reading.year)
    return np.array([meant.get(word) or "" for word in out], dtype=object)


def _silent(reading: _Reading, out: dict[str, Any], columns: tuple[str, ...]) -> None:
    """Values of which nobody says how sure they are count as unverified, and it is said."""
    silent = 0
    for id in columns:
        name = f"{id}.confidence"
        blank = _given(out[id]) & (out[name] == "")
        silent += int(blank.sum())
        out[name] = np.where(blank, "unverified", out[name])
    if silent:
        reading.find("QUALITY-UNSAID-CONFIDENCE", count=silent)


def confidence_of(text: str) -> str | None:
    """The mark that a word means; None where it means none.

    >>> confidence_of("实测"), confidence_of("maybe")
    ('sure', None)
    """
    plain = plain_name(text)
    return next((mark for mark, words in _CONFIDENT.items() if plain in words), None)


def day_of(text: str) -> str | None:
    """A day, a month or a year as ISO has it; None for what is none.

    >>> day_of("2024年5月3日"), day_of("2024/05"), day_of("2024-13-01")
    ('2024-05-03', '2024-05', None)
    """
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (int(one) if one else 0 for one in found.groups())
    try:
        date(year, month or 1, day or 1)
    except ValueError:
        return None
    return f"{year:04d}" + (f"-{month:02d}" if month else "") + (f"-{day:02d}" if day else "")
