"""Degraded land: acidified, thinned black soil, saline, eroded, each in degrees that a table sets."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from tilth.core import FloatArray, IntArray
from tilth.soil.quality.columns import PROVENANCE, Texts, numbers_of, texts_of
from tilth.soil.quality.needs import DEGREES, Degradation, Needs
from tilth.soil.schemes.classing import classify
from tilth.soil.schemes.scheme import Scheme, find_scheme

#: Schemes by which total salt and ECe tell the degree of salinisation, where nobody stated it.
_SCHEMES: tuple[tuple[str, str], ...] = (("salt_g_kg", "cn-series-1"), ("ece_ds_m", "fao-salinity"))
#: Below a bound by so small a part of it, a value stands on the bound, as the schemes have it.
_LAST_DIGITS = 1e-12
#: Classes of both schemes as degrees.
_AS_DEGREE: Mapping[str, str] = {
    "non": "none", "light": "slight", "moderate": "moderate", "strong": "strong", "solonchak": "severe",
    "non-saline": "none", "slight": "slight", "very-strong": "severe",
}  # fmt: skip


def with_salinisation(frame: pd.DataFrame, *, folder: Path | None = None) -> pd.DataFrame:
    """`frame` with the degree of salinisation where it was not stated but follows from salt or ECe, and its marks.

    Parameters
    ----------
    folder
        Where a county's own schemes are: one of the same id takes the place of ours.
    """
    stated = texts_of(frame, "salinisation").copy()
    out = frame.copy()
    marks = {says: texts_of(frame, "salinisation", says).copy() for says in PROVENANCE}
    for column, scheme in _SCHEMES:
        values = numbers_of(frame, column)
        rows = np.flatnonzero((stated == "") & np.isfinite(values))
        if not len(rows):
            continue
        told = _by_scheme(column, values[rows], find_scheme(scheme, folder))
        stated[rows] = told
        for says, held in marks.items():
            held[rows] = np.where(told != "", texts_of(frame, column, says)[rows], "")
    out["salinisation"] = stated
    for says, held in marks.items():
        out[f"salinisation.{says}"] = held
    return out


def _by_scheme(column: str, values: FloatArray, scheme: Scheme) -> Texts:
    """(n,) The degree of each value under a scheme, "" where its class is none of ours."""
    if scheme.metrics != (column,):
        frame = classify(pd.DataFrame({column: values}), scheme)
        return np.array([_AS_DEGREE.get(str(one), "") for one in frame["class"]], dtype=object)
    out = np.full(len(values), "", dtype=object)
    for one in reversed(scheme.classes):  # the first that fits counts
        there = np.ones(len(values), dtype=np.bool_)
        for bound in one.when:
            there &= values >= (-np.inf if bound.low is None else bound.low * (1 - _LAST_DIGITS))
            there &= values < (np.inf if bound.high is None else bound.high * (1 - _LAST_DIGITS))
        out[there] = _AS_DEGREE.get(one.id, "")
    return out


def degradation(frame: pd.DataFrame, needs: Needs) -> dict[str, IntArray]:
    """(n,) Degree of each kind of degradation: 0 none to 4 severe, −1 unknown. `frame` as `with_salinisation` gives."""
    return {one.id: _degree(frame, one) for one in needs.degradations}


def _degree(frame: pd.DataFrame, one: Degradation) -> IntArray:
    out = np.full(len(frame), -1, dtype=np.int64)
    if one.metric:
        values = numbers_of(frame, one.metric)
        for number, degree in enumerate(DEGREES):
            bound = one.bounds.get(degree)
            if bound is not None:
                with np.errstate(invalid="ignore"):
                    out[(values >= bound[0]) & (values < bound[1])] = number
    if one.level:
        stated = texts_of(frame, one.level)
        for number, degree in enumerate(DEGREES):
            out[stated == degree] = number
    return out
