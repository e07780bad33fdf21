"""Farmland quality of the made-up county: a table for each year, as two offices would write them, with rows that fail.

The first year's table is Chinese and in GBK, the second's English with organic matter in percent. In both some cells
are blank; in the second some rows cannot be used.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from tilth.core import FloatArray
from tilth.demo.classes import FARMLAND

if TYPE_CHECKING:
    from tilth.demo.change import Year
    from tilth.demo.county import County

#: Columns in the order of both tables: how each is called in Chinese and in English, and its decimals.
_COLUMNS: Mapping[str, tuple[str, str, int]] = {
    "grade": ("质量等级", "quality grade", 0),
    "organic": ("有机质(g/kg)", "organic matter (%)", 2),
    "ph": ("pH", "pH", 2),
    "depth": ("有效土层厚度(cm)", "effective soil depth [cm]", 0),
    "plough": ("耕层厚度(cm)", "plough layer [cm]", 0),
    "black": ("黑土层厚度(cm)", "black soil layer [cm]", 0),
    "density": ("土壤容重(g/cm3)", "bulk density (g/cm3)", 2),
    "p": ("有效磷(mg/kg)", "available P (mg/kg)", 1),
    "k": ("速效钾(mg/kg)", "available K (mg/kg)", 0),
    "salt": ("全盐量(g/kg)", "total salt (g/kg)", 2),
    "water": ("地下水埋深(m)", "groundwater depth (m)", 1),
    "landform": ("地形部位", "landform", 0),
    "texture": ("耕层质地", "texture", 0),
    "irrigation": ("灌溉能力", "irrigation", 0),
    "drainage": ("排水能力", "drainage", 0),
    "shelter": ("农田林网化程度", "shelterbelts", 0),
    "erosion": ("土壤侵蚀强度", "soil erosion", 0),
    "built": ("高标准农田", "high-standard farmland", 0),
}
_WORDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "landform": (
        ("平原低阶", "low plain"),
        ("平原中阶", "middle plain"),
        ("丘陵下部", "foot of hill"),
        ("丘陵上部", "hill top"),
    ),
    "texture": (("砂壤", "sandy loam"), ("中壤", "medium loam"), ("重壤", "heavy loam"), ("黏土", "clay")),
    "irrigation": (("充分满足", "fully met"), ("满足", "met"), ("基本满足", "basically met"), ("不满足", "not met")),
    "drainage": (("充分满足", "fully met"), ("满足", "met"), ("基本满足", "basically met"), ("不满足", "not met")),
    "shelter": (("高", "high"), ("中", "medium"), ("低", "low")),
    "erosion": (("微度", "none"), ("轻度", "slight"), ("中度", "moderate"), ("强烈", "strong")),
    "built": (("已建成", "built"), ("拟建", "planned"), ("未建", "not built")),
}
#: Share of cells that nobody filled.
_BLANK = 0.04
FIRST, SECOND = 2023, 2024


def write_quality(folder: Path, county: County, seed: int) -> dict[int, Path]:
    """Write both tables into `folder`; where each is, by year."""
    rng = np.random.default_rng([seed, 102])
    first = _drawn(county, county.first, rng)
    second = _year_later(first, _drawn(county, county.changed.year, rng), rng)
    files = {year: folder / f"quality_{year}.csv" for year in (FIRST, SECOND)}
    _write(files[FIRST], _as_text(first, 0, rng, "2023-10", "实测"), "gbk")
    _write(files[SECOND], [*_as_text(second.iloc[:-2], 1, rng, "2024-10", "likely"), *_spoilt(second)], "utf-8")
    return files


def _drawn(county: County, year: Year, rng: np.random.Generator) -> pd.DataFrame:
    """Values of every farmland parcel of a year, as the ground has them."""
    farmland = np.flatnonzero(year.frame["DLBM"].isin(FARMLAND).to_numpy())
    frame = year.frame.iloc[farmland]
    xy = shapely.get_coordinates(shapely.point_on_surface(year.polygons[farmland]))
    hill, salt, n = county.land.hill(xy), county.land.salt(xy), len(farmland)
    paddy = (frame["DLBM"] == "0101").to_numpy()
    watered = paddy | (frame["DLBM"] == "0102").to_numpy()
    values: dict[str, Any] = {
        "id": frame["BSM"].to_numpy(object),
        "grade": frame["ZLDJ"].astype("Int64").fillna(0).to_numpy(np.int64),
        "organic": np.clip(rng.normal(21.0 - 7.0 * salt - 3.0 * hill, 4.0, n), 4, 45),
        "ph": np.clip(rng.normal(7.4 + 1.3 * salt - 2.6 * np.maximum(hill - 0.2, 0), 0.35, n), 4.2, 9.4),
        "depth": np.clip(rng.normal(120 - 110 * np.maximum(hill - 0.15, 0), 15, n), 20, 150),
        "plough": np.clip(rng.normal(22 - 5 * hill, 2.5, n), 10, 32),
        "black": np.where(xy[:, 0] % 900 < 300, np.clip(rng.normal(42, 16, n), 6, 90), np.nan),
        "density": np.clip(rng.normal(1.34, 0.08, n), 1.0, 1.7),
        "p": np.clip(rng.lognormal(2.9, 0.5, n), 2, 120),
        "k": np.clip(rng.lognormal(4.9, 0.35, n), 40, 400),
        "salt": np.clip(0.25 + 7.5 * np.maximum(salt - 0.35, 0) + rng.gamma(2.0, 0.12, n), 0.1, 12),
        "water": np.clip(rng.normal(3.0 + 12 * np.maximum(hill - 0.2, 0) - 1.2 * salt, 0.6, n), 0.4, 40),
        "landform": np.digitize(hill, (0.15, 0.4, 0.66)),
        "texture": rng.choice(4, n, p=(0.15, 0.55, 0.2, 0.1)),
        "irrigation": np.where(watered, rng.choice(4, n, p=(0.35, 0.4, 0.2, 0.05)), 3),
        "drainage": np.clip(rng.choice(4, n, p=(0.25, 0.4, 0.25, 0.1)) + (salt > 0.42), 0, 3),
        "shelter": rng.choice(3, n, p=(0.3, 0.4, 0.3)),
        "erosion": np.where(hill > 0.4, rng.choice(4, n, p=(0.3, 0.4, 0.2, 0.1)), 0),
        "built": np.where((hill < 0.4) & (salt < 0.42), rng.choice(3, n, p=(0.45, 0.15, 0.4)), 2),
    }
    return pd.DataFrame(values)


def _year_later(first: pd.DataFrame, second: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """The second year: parcels that were there a year ago have last year's values, a little changed."""
    held = first.set_index("id")
    known = second["id"].isin(held.index).to_numpy()
    out = second.copy()
    old = held.loc[out["id"][known]]
    grade = out["grade"].to_numpy(copy=True)
    for name in _COLUMNS:
        if name != "grade":
            out[name] = out[name].where(~known, pd.Series(old[name].to_numpy(), index=out.index[known]))
    organic = out["organic"].to_numpy(np.float64)
    out["organic"] = np.clip(organic + np.where(known, rng.normal(0.35, 0.5, len(out)), 0), 4, 45)
    better = known & (rng.random(len(out)) < 0.06) & (grade > 1)
    worse = known & ~better & (rng.random(len(out)) < 0.02) & (grade > 0) & (grade < 10)
    out["grade"] = grade - better + worse
    out.loc[better, "irrigation"] = np.maximum(out["irrigation"].to_numpy(np.int64)[better] - 1, 0)
    out.loc[better & (out["built"] == 1).to_numpy(), "built"] = 0
    out.loc[worse, "ph"] = out["ph"].to_numpy(np.float64)[worse] - 0.4
    return out


def _as_text(
    values: pd.DataFrame, language: int, rng: np.random.Generator, day: str, confidence: str
) -> list[Sequence[str]]:
    """Heading and rows of a table; some cells are left blank."""
    heading = (("BSM", "parcel_id"), ("来源", "source"), ("采样日期", "date"), ("可信度", "confidence"))
    names = [one[language] for one in heading]
    titles = [(chinese, english)[language] for chinese, english, _ in _COLUMNS.values()]
    rows: list[Sequence[str]] = [[names[0], *titles, *names[1:]]]
    source = ("耕地质量变更调查", "Yearly survey of farmland quality")[language]
    columns = [values["id"].tolist()]
    for name, (_, english, decimals) in _COLUMNS.items():
        cells = _cells(name, values[name].to_numpy(), language, english, decimals)
        blank = rng.random(len(cells)) < (0.0 if name == "grade" else _BLANK)
        columns.append([("" if gone else cell) for cell, gone in zip(cells, blank.tolist(), strict=True)])
    rows += [[*row, source, day, confidence] for row in zip(*columns, strict=True)]
    return rows


def _cells(name: str, values: np.ndarray, language: int, english: str, decimals: int) -> list[str]:
    if name in _WORDS:
        return [_WORDS[name][int(one)][language] for one in values]
    if name == "grade":
        return [str(int(one)) if one else "" for one in values]
    scaled: FloatArray = values / 10.0 if language and "(%)" in english else values
    more = 1 if language and "(%)" in english else 0
    return ["" if np.isnan(one) else f"{one:.{decimals + more}f}" for one in scaled]


def _spoilt(values: pd.DataFrame) -> list[Sequence[str]]:
    """Rows that cannot be used: one for each way to go wrong."""
    blank = [""] * len(_COLUMNS)
    names = list(_COLUMNS)

    def row(id: str, **cells: str) -> list[str]:
        return [id, *(cells.get(name, "") for name in names), "typed in", "2024-10", "likely"]

    some = values["id"].tolist()
    return [
        row("999901NOSUCHPARCEL", ph="7.1"),
        row(some[0], ph="7.0"),
        ["", *blank, "typed in", "2024-10", "likely"],
        row(some[-2], ph="75"),
        row(some[-1], irrigation="excellent"),
    ]


def _write(path: Path, rows: Sequence[Sequence[str]], encoding: str) -> None:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
