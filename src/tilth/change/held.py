"""What every region holds: farmland, farmland in stable use, and farmland by quality grade, exact up the tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from tilth.change.distinct import by_value, distinct
from tilth.change.places import places
from tilth.change.rules import StableRule, stable_rule
from tilth.core import IntArray, round_half_away
from tilth.land import CodeSystem, RegionTree

#: Quality grades of GB/T 33469, 1 best; 0 stands for none.
GRADES = range(11)


@dataclass(frozen=True, slots=True)
class Held:
    """Net areas of one region, or of several together. [dm²]"""

    parcels: int = 0  # of any class
    farmland_dm2: int = 0
    stable_dm2: int = 0  # farmland in stable use
    by_grade_dm2: tuple[int, ...] = (0,) * len(GRADES)  # farmland by quality grade; place 0: without a grade
    ungraded_parcels: int = 0  # farmland parcels that lack a grade, in whole or in part

    def plus(self, other: Held) -> Held:
        """Both together."""
        return Held(
            self.parcels + other.parcels,
            self.farmland_dm2 + other.farmland_dm2,
            self.stable_dm2 + other.stable_dm2,
            tuple(mine + theirs for mine, theirs in zip(self.by_grade_dm2, other.by_grade_dm2, strict=True)),
            self.ungraded_parcels + other.ungraded_parcels,
        )

    @property
    def ungraded_dm2(self) -> int:
        """Farmland without a grade."""
        return self.by_grade_dm2[0]

    @property
    def graded_dm2(self) -> int:
        """Farmland with a grade."""
        return sum(self.by_grade_dm2[1:])

    @property
    def grade_dm2(self) -> int:
        """Area × grade over the farmland that has one."""
        return sum(grade * area for grade, area in enumerate(self.by_grade_dm2))

    @property
    def mean_grade(self) -> Fraction | None:
        """Mean grade by area over the farmland that has one, exactly; None where none has."""
        return Fraction(self.grade_dm2, self.graded_dm2) if self.graded_dm2 else None

    @property
    def mean_grade_said(self) -> str | None:
        """The mean grade to 2 decimals, as it is printed.

        >>> Held(by_grade_dm2=(0, 0, 0, 0, 0, 3, 0, 0, 0, 1, 0)).mean_grade_said
        '6.00'
        """
        return None if self.mean_grade is None else grade_said(self.mean_grade)

    def quality_record(self) -> dict[str, Any]:
        """The quality account, for JSON."""
        return {
            "farmland_dm2": self.farmland_dm2,
            "by_grade_dm2": {str(grade): area for grade, area in enumerate(self.by_grade_dm2) if grade},
            "graded_dm2": self.graded_dm2,
            "grade_dm2": self.grade_dm2,
            "mean_grade": self.mean_grade_said,
            "ungraded_dm2": self.ungraded_dm2,
            "ungraded_parcels": self.ungraded_parcels,
        }


def grade_said(mean: Fraction) -> str:
    """A grade to 2 decimals, half away from zero.

    >>> grade_said(Fraction(195000, 35000))
    '5.57'
    """
    hundredths = round_half_away(mean * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def held_by_region(
    parcels: pd.DataFrame,
    codes: CodeSystem,
    tree: RegionTree,
    *,
    by_grade_dm2: IntArray | None = None,
    rule: StableRule | None = None,
) -> dict[str, Held]:
    """What each region holds that has a row in the land tables; a parent is the exact sum of what lies in it.

    Parameters
    ----------
    by_grade_dm2
        (n, 11) farmland of each parcel by grade, where a layer tells more than the parcels' own grades.
    """
    held = places(distinct(parcels["region_code"]), tree)
    place = held.of(parcels["region_code"])
    farmland = by_value(parcels["class_code"], codes.is_farmland, bool)
    net = np.where(farmland, parcels["net_area_dm2"].to_numpy(np.int64), 0)
    stable = (rule or stable_rule()).holds(parcels, codes)
    grades = own_grades(parcels, codes) if by_grade_dm2 is None else by_grade_dm2
    lacking = farmland & (grades[:, 0] > 0)
    cells = np.column_stack([np.ones_like(net), net, np.where(stable, net, 0), lacking.astype(np.int64), grades])
    by_place = np.zeros((len(held.codes), cells.shape[1]), dtype=np.int64)
    np.add.at(by_place, place, cells)
    found: dict[str, Held] = {}
    for row, values in zip(held.rows, held.sums(by_place).tolist(), strict=True):
        count, area, steady, without, *graded = values
        # a region's own row comes before the row of what is left in it
        found.setdefault(row.key[1], Held(count, area, steady, tuple(graded), without))
    return found


def own_grades(parcels: pd.DataFrame, codes: CodeSystem) -> IntArray:
    """(n, 11) farmland of each parcel by the grade that it has itself; column 0 where it has none. [dm²]"""
    farmland = by_value(parcels["class_code"], codes.is_farmland, bool)
    net = parcels["net_area_dm2"].to_numpy(np.int64)
    grade = parcels["quality_grade"].astype("Int64").fillna(0).to_numpy(np.int64)
    grade = np.where((grade >= 1) & (grade <= GRADES[-1]), grade, 0)
    out = np.zeros((len(parcels), len(GRADES)), dtype=np.int64)
    rows = np.flatnonzero(farmland)
    out[rows, grade[rows]] = net[rows]
    return out


def together(held: Iterable[Held]) -> Held:
    """The sum of what several regions hold."""
    total = Held()
    for one in held:
        total = total.plus(one)
    return total


def unsurveyed(held: Mapping[str, Held], tree: RegionTree) -> dict[str, list[str]]:
    """By region, those down to counties below it that the survey has no parcel of; the highest of each line only."""
    missing: dict[str, list[str]] = {}
    for region, _ in reversed(list(tree.walk())):  # every region after all that lie below it
        if region.parent not in tree or region.level in ("township", "village"):
            continue
        one = held.get(region.code)
        lacking = [region.code] if one is None or not one.parcels else missing.get(region.code, [])
        if lacking:
            missing.setdefault(str(region.parent), []).extend(lacking)
    return {code: sorted(codes) for code, codes in missing.items()}
