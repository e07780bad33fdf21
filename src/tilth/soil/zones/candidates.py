"""Land that could become farmland: which parcels are candidates and why, how well they suit, what water they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import BoolArray, FloatArray, Label
from tilth.land import CodeSystem
from tilth.soil.salt_chain.leaching import water_to_reclaim
from tilth.soil.salt_chain.tolerances import table

#: Kinds of candidate land, the first that fits is a parcel's own, so that areas are counted once.
CANDIDATE_KINDS = ("saline", "saline-grass", "restorable-now", "restorable-works", "adjustable", "abandoned", "idle")
#: Saline-alkali land and the heading of grassland in each code system.
SALINE = {"sd2017": "1204", "gh2023": "2304", "ed2007": "124"}
GRASS = "04"
#: ECe from which grassland is saline, and to which leaching brings land before it is sown. [dS/m]
SALINE_ECE, SOWN_ECE = 4.0, 4.0
#: Root zone that is leached. [m]
_ROOTS = 0.6
#: Scores from which land suits, and suits with works; and the least share of weights that has to be known for a score.
SUITS, SUITS_WITH_WORKS, LEAST_KNOWN = 0.7, 0.4, 0.3
SUITABILITY_GRADES = ("suits", "suits-with-works", "hardly-suits", "unknown")


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of suitability: a share from 0 to 1 between points, flat beyond them."""

    id: str
    weight: float
    at: tuple[float, ...]
    share: tuple[float, ...]
    label: Label
    confidence: str
    source: str

    def of(self, values: FloatArray) -> FloatArray:
        """(n,) Shares; NaN where the value is not known."""
        found: FloatArray = np.where(np.isfinite(values), np.interp(values, self.at, self.share), np.nan)
        return found


@cache
def criteria() -> tuple[Criterion, ...]:
    """The criteria that ship."""
    out = []
    for row in table("suitability.csv"):
        points = [tuple(float(part) for part in one.split(":")) for one in row["points"].split()]
        out.append(
            Criterion(
                row["criterion"], float(row["weight"]), tuple(one[0] for one in points),
                tuple(one[1] for one in points), Label(row["name_en"], row["name_zh"]), row["confidence"],
                row["source"],
            )
        )  # fmt: skip
    return tuple(out)


def candidate_kinds(
    parcels: pd.DataFrame, codes: CodeSystem, *, ece: FloatArray | None = None, abandoned: BoolArray | None = None
) -> npt.NDArray[np.object_]:
    """(n,) Kind of candidate that each parcel is, "" for none.

    saline: saline-alkali land (盐碱地). saline-grass: grassland of ECe 4 or more, where `ece` [dS/m] is known.
    restorable-now, -works: planting attribute JKHF, GCHF. adjustable: K classes. abandoned: as the caller says. idle:
    farmland that is not cultivated (WG); land at planned rest (XG) is none.
    """
    code = parcels["class_code"].astype("str").to_numpy(dtype=object)
    planting = parcels["planting"].astype("str").to_numpy(dtype=object)
    known = np.array([one in codes for one in code], dtype=bool)
    base = np.array([codes.base(one) if there else "" for one, there in zip(code, known, strict=True)], dtype=object)
    heading = np.array(
        [codes.heading(one) if there else "" for one, there in zip(code, known, strict=True)], dtype=object
    )
    farmland = np.array([there and codes.is_farmland(one) for one, there in zip(code, known, strict=True)], dtype=bool)
    suffix = np.array(
        [codes[one].suffix if there else "" for one, there in zip(code, known, strict=True)], dtype=object
    )
    none = np.zeros(len(code), dtype=bool)
    salty = none if ece is None else np.nan_to_num(ece, nan=-1.0) >= SALINE_ECE
    tests = {
        "saline": base == SALINE.get(codes.id, "–"),
        "saline-grass": (heading == GRASS) & salty,
        "restorable-now": (planting == "JKHF") & ~farmland,
        "restorable-works": (planting == "GCHF") & ~farmland,
        "adjustable": suffix == "K",
        "abandoned": none if abandoned is None else abandoned,
        "idle": farmland & (planting == "WG"),
    }
    out = np.full(len(code), "", dtype=object)
    for kind in reversed(CANDIDATE_KINDS):
        out[tests[kind]] = kind
    return out


@dataclass(frozen=True)
class Suitability:
    """How well n parcels suit. A criterion that is not known lowers `known`, never the score."""

    score: FloatArray  # (n,) 0 to 1; NaN where too little is known
    known: FloatArray  # (n,) share of the weights that is known
    grade: npt.NDArray[np.object_]  # (n,) of `SUITABILITY_GRADES`


def suitability(values: Mapping[str, FloatArray], count: int, given: Sequence[Criterion] | None = None) -> Suitability:
    """Mean of the criteria's shares by weight, over those that are known of a parcel.

    >>> found = suitability({"slope_grade": np.array([1.0, 5.0]), "ece_ds_m": np.array([8.0, np.nan])}, 2)
    >>> found.score.round(2).tolist(), found.known.round(3).tolist(), found.grade.tolist()
    ([0.8, nan], [0.353, 0.176], ['suits', 'unknown'])
    """
    rules = criteria() if given is None else given
    total, weight = np.zeros(count), np.zeros(count)
    for one in rules:
        if one.id in values:
            share = one.of(np.asarray(values[one.id], dtype=np.float64))
            there = np.isfinite(share)
            total += np.where(there, one.weight * share, 0.0)
            weight += np.where(there, one.weight, 0.0)
    known = weight / sum(one.weight for one in rules)
    with np.errstate(invalid="ignore", divide="ignore"):
        score = np.where(known >= LEAST_KNOWN, total / weight, np.nan)
    grade = np.full(count, "unknown", dtype=object)
    with np.errstate(invalid="ignore"):
        grade[score >= 0] = "hardly-suits"
        grade[score >= SUITS_WITH_WORKS] = "suits-with-works"
        grade[score >= SUITS] = "suits"
    return Suitability(score, known, grade)


def water_need(ece: FloatArray) -> FloatArray:
    """Water that leaches the root zone of 0.6 m down to ECe 4 before the land is sown, let on by turns. [m³/ha]

    Source: Hoffman's curve of intermittent ponding, see `water_to_reclaim`. NaN where ECe is not known.

    >>> water_need(np.array([3.0, 8.0, np.nan])).round(0).tolist()
    [0.0, 1200.0, nan]
    """
    known = np.isfinite(ece)
    out = np.full(len(ece), np.nan)
    out[known] = 10_000.0 * water_to_reclaim(ece[known], SOWN_ECE, _ROOTS, "intermittent")
    return out
