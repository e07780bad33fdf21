"""Tables of weights of farmland quality (structure of GB/T 33469): indicators, memberships and grades as data."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, FloatArray, Label, NotFound
from tilth.core.rulefile import CONFIDENCE, label_in, toml_in
from tilth.soil.quality.columns import LEVEL, NUMBER, looked_up, register_columns

UPPER, LOWER, PEAK = "upper", "lower", "peak"
SHAPES = (UPPER, LOWER, PEAK)
#: The table in use where a workspace names no other.
DEFAULT = "gb33469"
#: Weights may miss 1 by so much: printed tables round theirs.
_SUM_TOLERANCE = 0.0005
_TEXTS = ("id", "version", "title", "source")


@dataclass(frozen=True)
class Indicator:
    """One indicator: its weight, and how a value becomes a membership from 0 to 1.

    `shape` for numbers, with u the value: upper 1/(1 + a (u − c)²) below c and 1 from c on; lower likewise the other
    way; peak on both sides. 0 at and beyond `low` or `high`. Levels have `scores`.
    """

    id: str
    part: str  # basic or regional
    weight: float
    shape: str  # "" for levels
    a: float
    c: float
    low: float  # −inf where there is none
    high: float
    scores: Mapping[str, float]
    source: str
    confidence: str

    def membership(self, values: npt.NDArray[Any]) -> FloatArray:
        """Membership of each value, NaN where there is none: never 0 for what is not known.

        Source: GB/T 33469-2016, membership functions of the forms upper, lower, peak and by concept.
        """
        if self.scores:
            return looked_up(values, self.scores)
        u = np.asarray(values, dtype=np.float64)
        away = 1.0 / (1.0 + self.a * (u - self.c) ** 2)
        if self.shape == UPPER:
            found = np.where(u >= self.c, 1.0, np.where(u <= self.low, 0.0, away))
        elif self.shape == LOWER:
            found = np.where(u <= self.c, 1.0, np.where(u >= self.high, 0.0, away))
        else:
            found = np.where((u <= self.low) | (u >= self.high), 0.0, away)
        return np.where(np.isfinite(u), found, np.nan)

    @property
    def ends(self) -> tuple[float, float]:
        """The least and the most that its membership can be."""
        return (min(self.scores.values()), max(self.scores.values())) if self.scores else (0.0, 1.0)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        column = register_columns()[self.id]
        record = {"id": self.id, "label": str(column.label), "unit": column.unit, "part": self.part,
                  "weight": self.weight, "source": self.source, "confidence": self.confidence}  # fmt: skip
        if self.scores:
            return {**record, "scores": dict(self.scores)}
        ends = {name: value if np.isfinite(value) else None for name, value in (("low", self.low), ("high", self.high))}
        return {**record, "shape": self.shape, "a": self.a, "c": self.c, **ends}


@dataclass(frozen=True)
class WeightTable:
    """Indicators whose weights add up to 1, the bounds of the grades, and what a mark counts in the confidence."""

    id: str
    version: str
    title: Label
    source: str
    confidence: str
    indicators: tuple[Indicator, ...]
    grades_from: tuple[float, ...]  # lower bounds of grades 1 to 9, inclusive
    grades_source: str
    grades_confidence: str
    counts: Mapping[str, float]  # mark → what it counts
    least_known: float
    high: float
    medium: float

    @property
    def whole(self) -> float:
        """The sum of the weights: 1, but for what a printed table rounds."""
        return sum(one.weight for one in self.indicators)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id, "version": self.version, "title": str(self.title), "source": self.source,
            "confidence": self.confidence, "least_known": self.least_known, "grades_from": list(self.grades_from),
            "grades_source": self.grades_source, "grades_confidence": self.grades_confidence,
            "indicators": [one.as_record() for one in self.indicators],
        }  # fmt: skip


def weight_table(name: str = "", own: Path | None = None) -> WeightTable:
    """The table of weights of an id; without one that of the file `own`, or the general one where there is no file.

    Raises
    ------
    NotFound
        If no table has that id.
    BadInput
        If the file is no table of weights.
    """
    shipped = _shipped()
    if own is not None and own.is_file():
        row = toml_in(own, "QUALITY-WEIGHTS-UNREADABLE")
        mine = _table(_on_base(row, own.name, shipped), own.name)
        if name in ("", mine.id):
            return mine
    if (name or DEFAULT) in shipped:
        return _table(shipped[name or DEFAULT], f"{name or DEFAULT}.toml")
    raise NotFound("QUALITY-WEIGHTS-NONE", table=name, known=", ".join(shipped))


def weight_tables() -> tuple[WeightTable, ...]:
    """The tables that ship."""
    return tuple(weight_table(name) for name in _shipped())


@cache
def _shipped() -> Mapping[str, Mapping[str, Any]]:
    place = files("tilth.soil").joinpath("data/quality")
    rows: dict[str, Mapping[str, Any]] = {}
    for name in ("gb33469", "gb33469-yangtze"):
        row = tomllib.loads(place.joinpath(f"{name}.toml").read_text(encoding="utf-8"))
        rows[name] = _on_base(row, f"{name}.toml", rows)
    return rows


def _on_base(row: Mapping[str, Any], file: str, known: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """A table with what it leaves to the one it starts from; indicators by id, single weights by [weights]."""
    if "base" not in row:
        return row
    if row["base"] not in known:
        raise _bad(file, "base", row["base"], ", ".join(known))
    base = known[row["base"]]
    own = {one["id"]: one for one in _rows(row, file, required=False)}
    left, weights = set(row.get("leave_out", ())), dict(row.get("weights", {}))
    known_ids = {one["id"] for one in base["indicator"]} | own.keys()
    for id in (*left, *weights):
        if id not in known_ids:
            raise _bad(file, "leave_out, weights", id, ", ".join(sorted(known_ids)))
    rows = [own.pop(one["id"], one) for one in base["indicator"]]
    rows = [one for one in (*rows, *own.values()) if one["id"] not in left]
    rows = [{**one, "weight": weights.get(one["id"], one.get("weight"))} for one in rows]
    return {**base, **row, "indicator": rows}


def _rows(row: Mapping[str, Any], file: str, *, required: bool = True) -> list[Mapping[str, Any]]:
    found = row.get("indicator", [])
    good = isinstance(found, list) and all(isinstance(one, dict) and isinstance(one.get("id"), str) for one in found)
    if not good or (required and not found):
        raise _bad(file, "indicator", found, "[[indicator]]")
    return list(found)


def _table(row: Mapping[str, Any], file: str) -> WeightTable:
    for key in _TEXTS:
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise _bad(file, key, row.get(key), "text")
    _marked(row, file, "confidence")
    indicators = tuple(_indicator(one, file) for one in _rows(row, file))
    ids = [one.id for one in indicators]
    if len(set(ids)) != len(ids):
        raise _bad(file, "indicator", next(id for id in ids if ids.count(id) > 1), "each id once")
    total = sum(one.weight for one in indicators)
    if abs(total - 1.0) > _SUM_TOLERANCE:
        raise BadInput("QUALITY-WEIGHTS-SUM", file=file, total=f"{total:.4f}", short=f"{1.0 - total:+.4f}")
    grades = row.get("grades", {})
    bounds = grades.get("from", ())
    numbers = [one for one in bounds if _is_number(one)]
    if len(numbers) != 9 or len(bounds) != 9 or any(a <= b for a, b in pairwise(numbers)):
        raise _bad(file, "grades from", bounds, "0.90, 0.86, … (9, descending)")
    _marked(grades, file, "grades confidence", "confidence")
    counts = {mark: _number(row.get("confidence_counts", {}), mark, file) for mark in CONFIDENCE}
    for mark, value in counts.items():
        if not 0.0 < value <= 1.0:
            raise _bad(file, f"confidence_counts {mark}", value, "0 < … ≤ 1")
    rest = (_share(row, key, file) for key in ("least_known", "high", "medium"))
    return WeightTable(
        row["id"], row["version"], label_in(row, "title"), row["source"], row["confidence"], indicators,
        tuple(float(one) for one in numbers), str(grades.get("source", row["source"])), grades["confidence"], counts,
        *rest,
    )  # fmt: skip


def _indicator(row: Mapping[str, Any], file: str) -> Indicator:
    id = row["id"]
    column = register_columns().get(id)
    if column is None or column.kind not in (NUMBER, LEVEL):
        known = [one.id for one in register_columns().values() if one.kind in (NUMBER, LEVEL)]
        raise _bad(file, "indicator", id, ", ".join(known))
    _marked(row, file, f"{id} confidence", "confidence")
    if not isinstance(row.get("source"), str) or not row["source"].strip():
        raise _bad(file, f"{id} source", row.get("source"), "text")
    if row.get("part") not in ("basic", "regional"):
        raise _bad(file, f"{id} part", row.get("part"), "basic, regional")
    weight = _number(row, "weight", file)
    if weight <= 0.0:
        raise _bad(file, f"{id} weight", weight, "0 < …")
    shape, scores = "", {}
    a, c, low, high = 0.0, 0.0, -np.inf, np.inf
    if column.kind == LEVEL:
        given = row.get("scores")
        wanted = {one.id for one in column.levels}
        if not isinstance(given, dict) or set(given) != wanted:
            raise _bad(file, f"{id} scores", given, ", ".join(one.id for one in column.levels))
        scores = {level: _share(given, level, file) for level in given}
    else:
        if row.get("shape") not in SHAPES:
            raise _bad(file, f"{id} shape", row.get("shape"), ", ".join(SHAPES))
        shape, a, c = row["shape"], _number(row, "a", file), _number(row, "c", file)
        low = _number(row, "low", file) if "low" in row else low
        high = _number(row, "high", file) if "high" in row else high
        if a < 0.0 or (shape != LOWER and low >= c) or (shape != UPPER and high <= c):
            raise _bad(file, f"{id} low, c, high", f"{low:g}, {c:g}, {high:g}", "low < c < high")
    return Indicator(id, row["part"], weight, shape, a, c, low, high, scores, row["source"], row["confidence"])


def _marked(row: Mapping[str, Any], file: str, said: str, key: str = "confidence") -> None:
    if row.get(key) not in CONFIDENCE:
        raise _bad(file, said, row.get(key), ", ".join(CONFIDENCE))


def _is_number(value: object) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and bool(np.isfinite(value))


def _number(row: Mapping[str, Any], key: str, file: str) -> float:
    if not _is_number(row.get(key)):
        raise _bad(file, f"{row.get('id', '')} {key}".strip(), row.get(key), "0.1")
    return float(row[key])


def _share(row: Mapping[str, Any], key: str, file: str) -> float:
    value = _number(row, key, file)
    if not 0.0 <= value <= 1.0:
        raise _bad(file, f"{row.get('id', '')} {key}".strip(), value, "0 … 1")
    return value


def _bad(file: str, key: str, value: object, wanted: str) -> BadInput:
    return BadInput("QUALITY-WEIGHTS-BAD", file=file, key=key, value=str(value), wanted=wanted)
