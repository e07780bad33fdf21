"""Source columns as values: text, areas, whole numbers and flags, each with the rows whose text says none of that."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import FloatArray, IntArray, dm2_array

BoolArray = npt.NDArray[np.bool_]

M2_PER_UNIT = {"m2": 1.0, "ha": 10_000.0, "mu": 2000 / 3, "km2": 1e6, "acre": 4046.8564224}
#: No parcel is larger than a fifth of the largest county. [m²]
ABSURD_AREA_M2 = 5e10
#: Ways to write "nothing".
_BLANK = {"", "nan", "none", "null", "<null>", "nat", "<na>", "/", "-", "--"}


def folded_name(name: str) -> str:
    """A field name as it is compared: without case, blanks around it, or full-width letters."""
    return unicodedata.normalize("NFKC", str(name)).strip().casefold()


def found_column(names: Sequence[str], wanted: Iterable[str]) -> str | None:
    """The column that has the first of the `wanted` names that is there at all; None where there is none."""
    by_name = {folded_name(name): name for name in reversed(names)}
    return next((by_name[folded_name(name)] for name in wanted if folded_name(name) in by_name), None)


def listed(names: Iterable[str]) -> str:
    """The columns of a table, for a message."""
    shown = ", ".join(name for name in names if name not in {"source_row", "geometry"})
    return shown if len(shown) <= 200 else f"{shown[:199]}…"


def as_text(values: pd.Series) -> pd.Series:
    """`values` as text without blanks around it; "" for what is missing. Whole floats lose their ".0"."""
    if pd.api.types.is_float_dtype(values.dtype):
        number = values.to_numpy(dtype=np.float64, na_value=np.nan)
        known = number[np.isfinite(number)]
        if np.all(np.abs(known) < 1e15) and np.all(known == np.trunc(known)):
            whole = pd.Series(np.where(np.isfinite(number), number, 0).astype(np.int64), index=values.index)
            return whole.astype("str").where(values.notna(), "").astype("str")
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.astype("str").where(values.notna(), "")
    if values.dtype == object:
        values = values.map(lambda value: "" if _missing(value) else str(value))
    return values.astype("str").fillna("").str.strip()


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))


def plain_codes(values: pd.Series) -> pd.Series:
    """Codes as they are compared: full-width signs made plain, upper case, "" for the ways to write nothing."""
    return _by_unique(values, lambda text: "" if text.casefold() in _BLANK else _nfkc(text).upper())


def _nfkc(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _by_unique(values: pd.Series, change: Any) -> pd.Series:
    codes, unique = pd.factorize(values)
    changed = np.array([change(text) for text in unique], dtype=object)
    return pd.Series(changed[codes] if len(unique) else [], index=values.index, dtype="str")


@dataclass(frozen=True)
class Numbers:
    """A column of numbers: NaN where blank; `bad` where something stands that is no finite number."""

    values: FloatArray
    given: BoolArray
    bad: BoolArray
    text: pd.Series

    @property
    def good(self) -> BoolArray:
        """Rows that carry a number."""
        found: BoolArray = self.given & ~self.bad
        return found


def as_numbers(values: pd.Series) -> Numbers:
    """Numbers of a column, whatever its dtype. Text must be a plain decimal number; thousands commas are not."""
    text = as_text(values)
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        number = values.to_numpy(dtype=np.float64, na_value=np.nan)
        given = ~np.isnan(number)
        return Numbers(np.where(np.isfinite(number), number, np.nan), given, given & ~np.isfinite(number), text)
    number = pd.to_numeric(text.astype(object), errors="coerce").to_numpy(dtype=np.float64, copy=True)
    given = (text != "").to_numpy(dtype=np.bool_, copy=True)
    odd = given & ~np.isfinite(number)
    for row in np.flatnonzero(odd):
        plain = _nfkc(str(text.iat[row]))
        if plain.casefold() in _BLANK:
            given[row] = False
        else:
            number[row] = _number(plain)
    bad = given & ~np.isfinite(number)
    return Numbers(np.where(np.isfinite(number), number, np.nan), given, bad, text)


def _number(text: str) -> float:
    try:
        return float(text) if "_" not in text else float("nan")
    except ValueError:
        return float("nan")


@dataclass(frozen=True)
class Areas:
    """A column of areas in dm², 0 where `given` is false; `bad`: stated, but no number or beyond any land."""

    dm2: IntArray
    given: BoolArray
    bad: BoolArray
    text: pd.Series


def as_areas(values: pd.Series, unit: str) -> Areas:
    """Areas of a column in `unit` ("m2", "ha", "mu", "km2", "acre"), rounded to 0.01 m² half away from zero."""
    numbers = as_numbers(values)
    square_metres = np.where(numbers.good, numbers.values, 0.0) * M2_PER_UNIT[unit]
    absurd = np.abs(square_metres) > ABSURD_AREA_M2
    return Areas(dm2_array(np.where(absurd, 0.0, square_metres)), numbers.given, numbers.bad | absurd, numbers.text)


def as_whole(values: pd.Series, dtype: str) -> tuple[pd.Series, BoolArray]:
    """Whole numbers as a nullable `dtype`, and the rows whose text is none (or too large); those are blank."""
    numbers = as_numbers(values)
    bounds = np.iinfo(pd.api.types.pandas_dtype(dtype).numpy_dtype)
    fits = numbers.good & (np.trunc(numbers.values) == numbers.values)
    fits &= (numbers.values >= bounds.min) & (numbers.values <= bounds.max)
    series = pd.Series(np.where(fits, numbers.values, np.nan), index=values.index).astype(dtype)
    return series, numbers.given & ~fits


def as_year(values: pd.Series) -> tuple[pd.Series, BoolArray]:
    """Years from numbers, dates or their text: the first four digits."""
    text = as_text(values)
    year = text.str.extract(r"^(\d{4})(?:\D|$|\d{4}$)", expand=False)
    known = year.notna().to_numpy(dtype=np.bool_)
    return pd.to_numeric(year, errors="coerce").astype("Int16"), (text != "").to_numpy(dtype=np.bool_) & ~known


def as_flag(values: pd.Series, yes: Iterable[str], no: Iterable[str]) -> tuple[pd.Series, BoolArray]:
    """True, False or blank, and the rows whose text is neither."""
    text = plain_codes(as_text(values))
    flag = pd.Series(pd.NA, index=values.index, dtype="boolean")
    flag = flag.mask(text.isin(list(yes)), True).mask(text.isin(list(no)), False)
    return flag, (flag.isna() & (text != "")).to_numpy(dtype=np.bool_)
