"""Cells of laboratory tables as numbers: a decimal comma is read, what is no number is told and left blank."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import FloatArray

#: Ways to write that nothing was measured.
BLANK = {"", "nan", "none", "null", "na", "n/a", "nat", "<na>", "-", "--", "/", "—", "无", "未测", "未检测", "缺"}
_DECIMAL_COMMA = re.compile(r"[-+]?\d+,\d+")
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(,\d{3})+")
_DEPTHS = re.compile(r"(\d+(?:\.\d+)?)\s*(?:cm|厘米)?\s*(?:-|~|–|—|至|to)\s*(\d+(?:\.\d+)?)\s*(cm|m|厘米|米)?")


@dataclass(frozen=True)
class Cells:
    """A column as numbers. `reread` were numbers written another way, `unread` are none; the rest is blank or plain."""

    values: FloatArray
    text: npt.NDArray[np.object_]
    reread: npt.NDArray[np.int64]
    unread: npt.NDArray[np.int64]


def texts(column: pd.Series) -> npt.NDArray[np.object_]:
    """Cells as text without blanks around, "" where there is nothing."""
    out = np.array(["" if pd.isna(one) else _shown(one) for one in column], dtype=object)
    return np.array(["" if one.casefold() in BLANK else one for one in out], dtype=object)


def _shown(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return unicodedata.normalize("NFKC", str(value)).strip()


def numbers(column: pd.Series) -> Cells:
    """Cells as numbers.

    "6,1" is 6.1. "1,234" is either 1.234 or 1234, and is not guessed.

    >>> numbers(pd.Series(["2.81", "6,1", "1,234", "n.d.", None])).values.tolist()
    [2.81, 6.1, nan, nan, nan]
    """
    text = texts(column)
    plain = pd.to_numeric(pd.Series(text, dtype=object), errors="coerce").to_numpy(dtype=np.float64, copy=True)
    plain[~np.isfinite(plain)] = np.nan
    odd = np.flatnonzero(np.isnan(plain) & (text != ""))
    reread = []
    for row in odd:
        if _DECIMAL_COMMA.fullmatch(text[row]) and not _THOUSANDS.fullmatch(text[row]):
            plain[row] = float(text[row].replace(",", "."))
            reread.append(row)
    again = np.array(reread, dtype=np.int64)
    return Cells(plain, text, again, np.setdiff1d(odd, again))


def depths(text: str) -> tuple[float, float] | None:
    """Top and bottom that a text such as "0-20 cm" names; None where it names none. [cm]

    >>> depths("20~40cm"), depths("0—0.2 m"), depths("20")
    ((20.0, 40.0), (0.0, 20.0), None)
    """
    found = _DEPTHS.fullmatch(text.strip().casefold())
    if found is None:
        return None
    size = 100.0 if found[3] in ("m", "米") else 1.0
    return round(float(found[1]) * size, 6), round(float(found[2]) * size, 6)
