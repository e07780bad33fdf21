"""What a field needs, what it lacks of that, and what can be done: limits, degrees and measures as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilth.core import BadInput, BoolArray, FloatArray, Label, message
from tilth.core.rulefile import CONFIDENCE, label_in, toml_in
from tilth.soil.quality.columns import LEVEL, NUMBER, looked_up, numbers_of, register_columns, texts_of

#: Degrees of degradation, none first; also the levels of salinisation and erosion in the register.
DEGREES = ("none", "slight", "moderate", "strong", "severe")


@dataclass(frozen=True)
class Degradation:
    """One kind of degraded land: by a level that is stated, by bounds on a number, lower inclusive, or by both."""

    id: str
    label: Label
    level: str
    metric: str
    bounds: Mapping[str, tuple[float, float]]  # degree → from, below
    source: str
    confidence: str


@dataclass(frozen=True)
class Need:
    """What a field needs of one column. Of a `group` only the first that is known counts."""

    id: str
    group: str
    at_least: float  # met by the value itself; −inf where there is none
    at_most: float
    below: float  # not met by the value itself
    worst: str  # the worst level that is enough
    on: Mapping[str, Any]  # another at_least where a column has one of these levels
    measures_low: tuple[str, ...]
    measures_high: tuple[str, ...]
    source: str
    confidence: str

    @property
    def limit(self) -> str:
        """The limit in words."""
        column = register_columns()[self.id]
        if self.worst:
            return next(message("QUALITY-AT-WORST", level=one.label) for one in column.levels if one.id == self.worst)
        parts = [
            text
            for value, text in (
                (self.at_least, f"≥ {self.at_least:g}"), (self.at_most, f"≤ {self.at_most:g}"),
                (self.below, f"< {self.below:g}"),
            )
            if np.isfinite(value)
        ]  # fmt: skip
        return f"{' · '.join(parts)} {column.unit}".strip()


@dataclass(frozen=True)
class Measure:
    """Something that can be done. Costs are planning priors, low and high. [yuan a mu; of building, and each year]"""

    id: str
    label: Label
    capex_yuan_mu: tuple[float, float]
    opex_yuan_mu: tuple[float, float]
    effect: Label
    source: str
    confidence: str

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"id": self.id, "label": str(self.label), "capex_yuan_mu": list(self.capex_yuan_mu),
                "opex_yuan_mu": list(self.opex_yuan_mu), "effect": str(self.effect), "source": self.source,
                "confidence": self.confidence}  # fmt: skip


@dataclass(frozen=True)
class Needs:
    """Kinds of degradation, needs and measures."""

    version: str
    degradations: tuple[Degradation, ...]
    needs: tuple[Need, ...]
    measures: Mapping[str, Measure]


@dataclass(frozen=True, slots=True)
class Lack:
    """One thing that a parcel lacks: what it has, what it needs, how far it is from that."""

    need: Need
    value: str  # as it is shown
    short: float | None  # how far from the limit, in the column's unit; None for levels
    low: bool  # too little of it, rather than too much

    @property
    def measures(self) -> tuple[str, ...]:
        """What may be done about it."""
        return self.need.measures_low if self.low else self.need.measures_high


def load_needs(own: Path | None = None) -> Needs:
    """The needs that ship, with rows of a county's file in place of those of the same id.

    Raises
    ------
    BadInput
        If the file is no table of needs.
    """
    if own is None or not own.is_file():
        return _shipped()
    return _read(toml_in(own, "QUALITY-NEEDS-UNREADABLE"), own.name, _shipped())


@cache
def _shipped() -> Needs:
    text = files("tilth.soil").joinpath("data/quality/needs.toml").read_text(encoding="utf-8")
    return _read(tomllib.loads(text), "needs.toml", None)


@dataclass(frozen=True)
class Judged:
    """One need held against n parcels, those of a group that was decided by another left out."""

    need: Need
    known: BoolArray  # (n,)
    low: BoolArray  # too little of it
    high: BoolArray  # too much
    short: FloatArray  # how far from the limit; 0 for levels


def judged(frame: pd.DataFrame, needs: Needs) -> tuple[list[Judged], dict[str, BoolArray]]:
    """Every need against every row; by group, the rows of which nothing is known: these lack nothing."""
    found: list[Judged] = []
    open_: dict[str, BoolArray] = {}
    for need in needs.needs:
        left = open_.setdefault(need.group, np.ones(len(frame), dtype=np.bool_))
        known, low, high, short = _against(frame, need)
        found.append(Judged(need, known & left, low & left, high & left, short))
        open_[need.group] = left & ~known
    return found, open_


def lacks(frame: pd.DataFrame, needs: Needs) -> tuple[list[list[Lack]], list[list[str]]]:
    """What each row lacks, in the order of the needs, and the groups of needs of which nothing is known."""
    lacking: list[list[Lack]] = [[] for _ in range(len(frame))]
    unknown: list[list[str]] = [[] for _ in range(len(frame))]
    every, open_ = judged(frame, needs)
    for one in every:
        cells = frame[one.need.id].to_numpy() if one.need.id in frame else np.empty(0)
        for at in np.flatnonzero(one.low | one.high):
            value = _shown(cells[at], one.need)
            gap = None if one.need.worst else round(float(one.short[at]), 6)
            lacking[at].append(Lack(one.need, value, gap, bool(one.low[at])))
    for group, rows in open_.items():
        for at in np.flatnonzero(rows):
            unknown[at].append(group)
    return lacking, unknown


def _against(frame: pd.DataFrame, need: Need) -> tuple[BoolArray, BoolArray, BoolArray, FloatArray]:
    """(n,) Is it known; is it too low, too high; how far from the limit."""
    if need.worst:
        place = {one.id: float(number) for number, one in enumerate(register_columns()[need.id].levels)}
        at = looked_up(texts_of(frame, need.id), place, -1.0)
        low = at > place[need.worst]
        return at >= 0, low, np.zeros_like(low), np.zeros(len(frame))
    values = numbers_of(frame, need.id)
    least = np.full(len(frame), need.at_least)
    if need.on:
        least[np.isin(texts_of(frame, need.on["column"]), need.on["levels"])] = need.on["at_least"]
    with np.errstate(invalid="ignore"):
        low = values < least
        high = (values > need.at_most) | (values >= need.below)
        short = np.where(low, least - values, values - min(need.at_most, need.below))
    return np.isfinite(values), low, high, np.where(low | high, short, 0.0)


def _shown(value: object, need: Need) -> str:
    column = register_columns()[need.id]
    if need.worst:
        return next(str(one.label) for one in column.levels if one.id == value)
    return f"{value:g} {column.unit}".strip()


def _read(found: Mapping[str, Any], file: str, under: Needs | None) -> Needs:
    measures = {**(under.measures if under else _of_the_salt_chain()), **_measures(found, file)}
    degradations = {one.id: one for one in under.degradations} if under else {}
    needs = {one.id: one for one in under.needs} if under else {}
    degradations |= {row["id"]: _degradation(row, file) for row in _rows(found, "degradation", file)}
    needs |= {row["id"]: _need(row, file, measures) for row in _rows(found, "need", file)}
    own = str(found.get("version", ""))
    version = f"{under.version}+{file}" if under else own
    return Needs(version, tuple(degradations.values()), tuple(needs.values()), measures)


def _of_the_salt_chain() -> dict[str, Measure]:
    from tilth.soil.salt_chain.measures import treatments

    return {
        one.id: Measure(
            one.id, one.label, (one.capex_yuan_mu.low, one.capex_yuan_mu.high),
            (one.opex_yuan_mu.low, one.opex_yuan_mu.high), Label("see the salt chain", "见水盐模拟"), one.source,
            one.confidence,
        )
        for one in treatments().values()
    }  # fmt: skip


def _measures(found: Mapping[str, Any], file: str) -> dict[str, Measure]:
    out = {}
    for row in _rows(found, "measure", file):
        build, run = _cost(row, "capex_yuan_mu", file), _cost(row, "opex_yuan_mu", file)
        name, effect = label_in({"label": row["id"], **row}, "label"), label_in(row, "effect")
        out[row["id"]] = Measure(row["id"], name, build, run, effect, row["source"], row["confidence"])
    return out


def _cost(row: Mapping[str, Any], key: str, file: str) -> tuple[float, float]:
    pair: Any = row.get(key)
    good = isinstance(pair, list) and len(pair) == 2 and all(_is_number(one) for one in pair)
    if not good or not 0 <= pair[0] <= pair[1]:
        raise _bad(file, f"{row['id']} {key}", pair, "[low, high]")
    return float(pair[0]), float(pair[1])


def _degradation(row: Mapping[str, Any], file: str) -> Degradation:
    id, level, metric = row["id"], str(row.get("level", "")), str(row.get("metric", ""))
    columns = register_columns()
    if level and (level not in columns or [one.id for one in columns[level].levels] != list(DEGREES)):
        raise _bad(file, f"{id} level", level, "salinisation, erosion")
    if metric and (metric not in columns or columns[metric].kind != NUMBER):
        raise _bad(file, f"{id} metric", metric, ", ".join(one.id for one in columns.values() if one.kind == NUMBER))
    if not level and not metric:
        raise _bad(file, id, "", "level, metric")
    bounds = {}
    for degree, limits in row.get("degrees", {}).items():
        low, high = (limits.get(key) if isinstance(limits, dict) else None for key in ("from", "below"))
        given = [one for one in (low, high) if one is not None]
        if degree not in DEGREES or not given or not all(_is_number(one) for one in given):
            raise _bad(file, f"{id} {degree}", limits, "{ from = 5.0, below = 5.5 }")
        if len(given) == 2 and given[0] >= given[1]:
            raise _bad(file, f"{id} {degree}", limits, "from < below")
        bounds[degree] = (-np.inf if low is None else float(low), np.inf if high is None else float(high))
    if metric and not bounds:
        raise _bad(file, f"{id} degrees", "", "{ none = { from = 5.5 }, … }")
    return Degradation(
        id, label_in({"label": id, **row}, "label"), level, metric, bounds, row["source"], row["confidence"]
    )


def _need(row: Mapping[str, Any], file: str, measures: Mapping[str, Measure]) -> Need:
    id = row["id"]
    column = register_columns().get(id)
    if column is None or column.kind not in (NUMBER, LEVEL):
        raise _bad(file, "need", id, ", ".join(register_columns()))
    limits = {key: row[key] for key in ("at_least", "at_most", "below") if key in row}
    if column.kind == LEVEL:
        if row.get("worst") not in [one.id for one in column.levels]:
            raise _bad(file, f"{id} worst", row.get("worst"), ", ".join(one.id for one in column.levels))
    elif not limits or not all(_is_number(one) for one in limits.values()):
        raise _bad(file, id, limits, "at_least, at_most, below")
    low, high = (tuple(map(str, row.get(key, row.get("measures", ())))) for key in ("measures_low", "measures_high"))
    for one in (*low, *high):
        if one not in measures:
            raise _bad(file, f"{id} measures", one, ", ".join(sorted(measures)))
    return Need(
        id, str(row.get("group", id)), float(limits.get("at_least", -np.inf)), float(limits.get("at_most", np.inf)),
        float(limits.get("below", np.inf)), str(row.get("worst", "")), _on(row, file), low, high, row["source"],
        row["confidence"],
    )  # fmt: skip


def _on(row: Mapping[str, Any], file: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = row.get("on", {})
    if not found:
        return {}
    columns = register_columns()
    column = columns.get(str(found.get("column")))
    if column is None or column.kind != LEVEL or not _is_number(found.get("at_least")):
        raise _bad(file, f"{row['id']} on", found, '{ column = "landform", levels = […], at_least = 50 }')
    known = [one.id for one in column.levels]
    wrong = [one for one in found.get("levels", ()) if one not in known]
    if wrong or not found.get("levels"):
        raise _bad(file, f"{row['id']} on levels", ", ".join(wrong), ", ".join(known))
    return found


def _rows(found: Mapping[str, Any], kind: str, file: str) -> list[Mapping[str, Any]]:
    rows = found.get(kind, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows):
        raise _bad(file, kind, rows, f"[[{kind}]] id = …")
    for row in rows:
        if not isinstance(row.get("source"), str) or not row["source"].strip():
            raise _bad(file, f"{row['id']} source", row.get("source"), "text")
        if row.get("confidence") not in CONFIDENCE:
            raise _bad(file, f"{row['id']} confidence", row.get("confidence"), ", ".join(CONFIDENCE))
    return rows


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and bool(np.isfinite(value))


def _bad(file: str, key: str, value: object, wanted: str) -> BadInput:
    return BadInput("QUALITY-NEEDS-BAD", file=file, key=key, value=str(value), wanted=wanted)
