"""Tables of the field that flows are told apart by: SEEA classes, kinds of farmland flow, farmland in stable use."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.change.distinct import by_value
from tilth.land import CodeSystem


@dataclass(frozen=True, slots=True)
class FlowClass:
    """How a class takes part in flows."""

    seea: str  # SEEA land-cover class
    change_is: str  # a change to this class is "managed" or "natural"
    farmland_from: str  # column of farmland gained from this class
    farmland_to: str  # column of farmland lost to this class
    source: str
    confidence: str


@cache
def flow_classes(system: str) -> Mapping[str, FlowClass]:
    """The flow table of a code system by class code; empty where the product has none."""
    source = files("tilth.change").joinpath(f"data/flows-{system}.csv")
    if not source.is_file():
        return {}
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row.pop("code"): FlowClass(**row) for row in rows}


@dataclass(frozen=True, slots=True)
class StableRule:
    """Which farmland counts as in stable use (稳定利用耕地)."""

    version: str
    source: str
    confidence: str
    flag_field: str
    flag_yes: tuple[str, ...]
    unstable_slope_grades: tuple[int, ...]
    unstable_refinements: tuple[str, ...]

    def holds(self, parcels: pd.DataFrame, codes: CodeSystem) -> npt.NDArray[np.bool_]:
        """(n,) is the parcel farmland in stable use? A given flag goes before the rule."""
        farmland = by_value(parcels["class_code"], codes.is_farmland, bool)
        grade = parcels["slope_grade"].astype("Int64").fillna(0).to_numpy(np.int64)
        unstable = np.isin(grade, self.unstable_slope_grades)
        unstable |= parcels["refinement"].isin(self.unstable_refinements).to_numpy(bool)
        stable = ~unstable
        if self.flag_field in parcels:
            flag = parcels[self.flag_field].fillna("").astype(str).str.strip()
            stable = np.where(flag == "", stable, flag.isin(self.flag_yes))
        out: npt.NDArray[np.bool_] = farmland & stable
        return out


@cache
def stable_rule() -> StableRule:
    """The default rule."""
    text = files("tilth.change").joinpath("data/stable-use.toml").read_text(encoding="utf-8")
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in tomllib.loads(text).items()
    }
    return StableRule(**values)
