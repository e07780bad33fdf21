"""Tables of what may be done on each unit of land: a row for each unit and treatment, in CSV, workbook or Parquet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tilth.core import BadInput, FloatArray, IntArray
from tilth.intake.model import Rejected, Table
from tilth.intake.tables import read_table
from tilth.intake.vector import local, sha256
from tilth.land import Source

#: What the columns of the key may be called, in any case of letters.
NAMES: Mapping[str, tuple[str, ...]] = {
    "unit": ("unit", "unit_id", "parcel_id", "parcel", "bsm", "单元", "地块", "图斑", "图斑编号", "标识码"),
    "treatment": ("treatment", "option", "measure", "措施", "治理措施", "方案"),
    "crop": ("crop", "作物"),
    "start": ("start", "start_year", "起始年", "开始年份"),
    "draw": ("draw", "情景", "随机情景"), "chance": ("chance", "概率"),
}  # fmt: skip
#: What a unit may belong to; codes stay text though they look like numbers.
LABELS: Mapping[str, tuple[str, ...]] = {
    "region": ("region", "region_code", "行政区", "行政区代码"), "zone": ("zone", "分区"),
    "township": ("township", "乡镇"), "village": ("village", "村"), "block": ("block", "片区"),
}  # fmt: skip
#: Counts of the salt chain's tables, which are no quantities of an option.
_COUNTS = ("units", "best_on", "failing", "excluded", "name")
_AREAS = (("area_dm2", 1.0), ("area_m2", 100.0), ("area_ha", 1e6), ("area_mu", 1e6 / 15))
_BY_AREA, _DEPTH = re.compile(r"(.+_(?:yuan|t|kg|m3|days))_ha"), re.compile(r"(.+)_mm")
_NONE = ("", "nan", "na", "n/a", "null", "none", "-")


@dataclass(frozen=True)
class OptionTable:
    """K usable options of n units. Every row of the file is an option or stands among `rejected` with its reason."""

    unit: IntArray  # (K) place in `names`
    treatment: Any  # (K) text
    columns: Mapping[str, Any]  # quantities (K)
    names: Any  # (n) what units are called, in the order of the file
    labels: Mapping[str, Any]  # what units belong to (n)
    crop: Any | None
    start: IntArray | None
    sources: tuple[Source, ...]
    rows_in: int
    rejected: tuple[Rejected, ...]
    lost: tuple[str, ...]  # units all of whose rows were rejected
    ignored: tuple[str, ...]  # columns that are neither quantity nor label
    chances: Mapping[str, float] = field(default_factory=dict)  # of draws, by label; empty: all alike


def option_table(path: str | Path, *, units: str | Path | None = None, encoding: str | None = None) -> OptionTable:
    """Read an option table, of a CSV in any encoding, a workbook or Parquet.

    Parameters
    ----------
    units
        For a table of the salt chain, which counts by hectare: a table of the units with their areas. Amounts by
        hectare and depths of water become amounts of each unit; years are averaged; a table without units is of all.

    Raises
    ------
    BadInput
        If the file cannot be read or is no such table.
    """
    table = _parquet(Path(path)) if Path(path).suffix.lower() == ".parquet" else read_table(path, encoding=encoding)
    frame = table.frame.rename(columns=_known(table.frame.columns, {**NAMES, **LABELS}))
    sources = table.sources
    ignored: list[str] = []
    if "treatment" not in frame:
        raise BadInput("PLAN-TABLE-TREATMENT", file=Path(path).name, known=", ".join(map(str, table.frame.columns)))
    if units is not None:
        land = read_table(units, encoding=encoding)
        frame, ignored = _over_units(frame, land, Path(units).name)
        sources = (*sources, *land.sources)
    elif "unit" not in frame:
        raise BadInput("PLAN-TABLE-UNIT", file=Path(path).name, known=", ".join(map(str, table.frame.columns)))
    else:
        by_area = [name for name in frame if _BY_AREA.fullmatch(str(name))]
        if by_area:
            raise BadInput("PLAN-TABLE-HECTARE", file=Path(path).name, name=by_area[0])
    rows_in = len(frame)
    chances: dict[str, float] = {}
    if "draw" in frame:
        frame, chances = _abreast(frame, Path(path).name)
    return replace(_sorted_out(frame, sources, rows_in, ignored), chances=chances)


def _parquet(path: Path) -> Table:
    place = local(path)
    try:
        frame = pd.read_parquet(place)
    except (OSError, ValueError, KeyError, NotImplementedError) as error:  # what Arrow raises are kinds of these
        raise BadInput("INTAKE-UNREADABLE", file=place.name, reason=str(error).splitlines()[0]) from error
    frame = frame.drop(columns=[one for one in ("geometry", "source_row") if one in frame]).reset_index(drop=True)
    frame["source_row"] = np.arange(1, len(frame) + 1, dtype=np.int64)
    return Table(frame, None, (Source(place.name, sha256(place), "", "", "Parquet"),), len(frame), (), (), "Parquet")


def _known(columns: Any, names: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """The headings that mean a known column, each once."""
    found: dict[str, str] = {}
    for meaning, words in names.items():
        for word in words:
            hits = [str(one) for one in columns if str(one).strip().casefold() == word and str(one) not in found]
            if hits and meaning not in found.values():
                found[hits[0]] = meaning
    return found


# --- tables of the salt chain, by hectare ---------------------------------------------------------------------------


def _over_units(frame: Any, land: Table, file: str) -> tuple[Any, list[str]]:
    """Amounts of each unit from amounts by hectare [1/ha] and depths of water [mm], by the areas of `land` [dm²]."""
    held = land.frame.rename(columns=_known(land.frame.columns, {**NAMES, **LABELS}))
    size = next(((name, dm2) for name, dm2 in _AREAS if name in held), None)
    if "unit" not in held or size is None:
        raise BadInput("PLAN-UNITS-AREA", file=file, known=", ".join(str(one) for one in land.frame.columns))
    hectares = _numbers(held[size[0]])[0] * size[1] / 1e6
    labels = [one for one in LABELS if one in held]
    known = pd.DataFrame({"unit": _text(held["unit"]), "_ha": hectares, **{one: _text(held[one]) for one in labels}})
    wrong = np.flatnonzero(~(np.nan_to_num(hectares) > 0) | known["unit"].duplicated().to_numpy())
    if len(wrong):
        raise BadInput("PLAN-UNITS-ROW", file=file, row=int(wrong[0]) + 1, unit=known["unit"].iloc[wrong[0]])
    rows = frame.drop(columns=[one for one in (*_COUNTS, *labels) if one in frame])
    if "year" in rows:
        key = [one for one in ("unit", "treatment", "crop", "draw") if one in rows]
        rows = rows.drop(columns="year").groupby(key, sort=False, as_index=False).mean()
    if "unit" in rows:
        rows = rows.assign(unit=_text(rows["unit"]))
        strange = rows.loc[~rows["unit"].isin(set(known["unit"])), "unit"]
        if len(strange):
            raise BadInput("PLAN-UNITS-STRANGE", file=file, unit=strange.iloc[0])
        rows = rows.merge(known, on="unit", how="left")
    else:
        rows = known.merge(rows, how="cross")
    more = [one for one in ("crop", "draw", "chance") if one in rows]
    out = rows[["unit", "treatment", *more, *labels]].copy()
    ignored = []
    for name in rows.columns.drop([*out.columns, "_ha", "source_row"], errors="ignore"):
        by_area, depth = _BY_AREA.fullmatch(name), _DEPTH.fullmatch(name)
        if by_area:
            out[by_area[1]] = _numbers(rows[name])[0] * rows["_ha"]
        elif depth:
            out[f"{depth[1]}_m3"] = _numbers(rows[name])[0] * 10.0 * rows["_ha"]  # 1 mm on 1 ha is 10 m³
        else:
            ignored.append(str(name))
    out["area_dm2"] = np.round(rows["_ha"].to_numpy() * 1e6).astype(np.int64)
    out["source_row"] = np.arange(1, len(out) + 1)
    return out, ignored


# --- a row for each draw --------------------------------------------------------------------------------------------


def _abreast(frame: Any, file: str) -> tuple[Any, dict[str, float]]:
    """A row for each option from a row for each option and draw: what differs between draws has a column for each."""
    labels = _text(frame["draw"])
    named = sorted(set(labels.tolist()), key=lambda one: (len(one), one))
    wrong = [one for one in named if not re.fullmatch(r"\w+", one)]
    if wrong:
        row = int(frame["source_row"].to_numpy()[labels == wrong[0]][0])
        raise BadInput("PLAN-DRAW-LABEL", file=file, row=row, value=wrong[0])
    width = max(len(one) for one in named)
    padded = {one: one.zfill(width) if one.isdigit() else one for one in named}
    key = [one for one in ("unit", "treatment", "crop", "start") if one in frame]
    place = frame.assign(**{one: _text(frame[one]) for one in key}).groupby(key, sort=False).ngroup().to_numpy()
    first = np.unique(place, return_index=True)[1]
    twice = pd.DataFrame({"p": place, "d": labels}).duplicated().to_numpy()
    if twice.any():
        at = int(np.flatnonzero(twice)[0])
        row = int(frame["source_row"].to_numpy()[at])
        raise BadInput("PLAN-DRAW-TWICE", file=file, row=row, unit=frame["unit"].iloc[at], draw=labels[at])
    chances = _chances(frame, labels, padded, file)
    wide = frame.iloc[first].drop(columns=[one for one in ("draw", "chance") if one in frame]).reset_index(drop=True)
    for name in list(wide.columns.drop([*key, *(one for one in (*LABELS, "source_row") if one in wide)])):
        numbers, bad = _numbers(frame[name])
        if bad.any() or np.array_equal(numbers, numbers[first][place], equal_nan=True):
            continue
        whole = _whole(numbers, frame[name])
        for one, label in padded.items():
            own = labels == one
            column = pd.Series(whole[own], index=place[own]).reindex(np.arange(len(first)))
            wide[f"{name}_draw{label}"] = column.to_numpy()
        wide = wide.drop(columns=name)
    return wide, chances


def _chances(frame: Any, labels: Any, padded: Mapping[str, str], file: str) -> dict[str, float]:
    """The chance of each draw; none where the table has no such column."""
    if "chance" not in frame:
        return {}
    numbers, _ = _numbers(frame["chance"])
    found = {}
    for one, label in padded.items():
        own = np.unique(numbers[labels == one])
        if len(own) != 1 or not 0 < own[0] < np.inf:
            raise BadInput("PLAN-DRAW-CHANCE", known=", ".join(padded))
        found[label] = float(own[0])
    return found


# --- rows that can be used, and those that cannot -------------------------------------------------------------------


def _sorted_out(frame: Any, sources: tuple[Source, ...], rows_in: int, ignored: list[str]) -> OptionTable:
    unit, treatment = _text(frame["unit"]), _text(frame["treatment"])
    crop = _text(frame["crop"]) if "crop" in frame else None
    reasons: dict[int, tuple[str, dict[str, Any]]] = {}

    def reject(rows: Any, code: str, **values: Any) -> None:
        for row in np.flatnonzero(rows).tolist():
            told = {name: one[row] if isinstance(one, np.ndarray) else one for name, one in values.items()}
            reasons.setdefault(row, (code, {name: _plain(one) for name, one in told.items()}))

    reject(unit == "", "PLAN-ROW-UNIT")
    reject(treatment == "", "PLAN-ROW-TREATMENT", unit=unit)
    start = None
    if "start" in frame:
        years, bad = _numbers(frame["start"])
        whole = np.nan_to_num(years)
        reject(bad | (whole != np.floor(whole)), "PLAN-ROW-START", unit=unit, value=_text(frame["start"]))
        start = whole.astype(np.int64)
    columns, belongs = {}, {}
    for name in frame.columns.drop([one for one in (*NAMES, "source_row") if one in frame]):
        cells = frame[name]
        if name in LABELS:
            belongs[str(name)] = _text(cells)
            continue
        numbers, bad = _numbers(cells)
        if bad.any() and np.isnan(numbers).all():
            belongs[str(name)] = _text(cells)
            continue
        reject(bad, "PLAN-ROW-NUMBER", column=str(name), value=_text(cells), unit=unit)
        columns[str(name)] = _whole(numbers, cells)
    good = np.ones(len(frame), dtype=bool)
    good[list(reasons)] = False
    place, names = pd.factorize(np.where(good, unit, ""), sort=False)
    head = np.full(len(names), -1)
    rows = np.flatnonzero(good)
    head[place[rows][::-1]] = rows[::-1]
    for name, cells in list(belongs.items()):
        other = cells[head[place]]
        differs = good & (cells != other)
        if name not in LABELS and differs.any():
            ignored.append(name)
            del belongs[name]
        else:
            reject(differs, "PLAN-ROW-LABEL", unit=unit, column=name, value=cells, other=other)
    good[list(reasons)] = False
    key = pd.DataFrame(
        {"u": unit, "t": treatment, "c": "" if crop is None else crop, "s": 0 if start is None else start}
    )
    twice = np.zeros(len(frame), dtype=bool)
    twice[good] = key[good].duplicated().to_numpy()
    reject(twice, "PLAN-ROW-TWICE", unit=unit, treatment=treatment)
    good &= ~twice
    kept = np.flatnonzero(good)
    place, names = pd.factorize(unit[kept], sort=False)
    head = np.full(len(names), -1)
    head[place[::-1]] = kept[::-1]
    lost = sorted({one for one in unit[list(reasons)].tolist() if one} - set(names.tolist()))
    numbered = frame["source_row"].to_numpy()
    rejected = tuple(
        Rejected(int(numbered[row]), code_, values, {str(k): _plain(v) for k, v in frame.iloc[row].items()})
        for row, (code_, values) in sorted(reasons.items())
    )
    return OptionTable(
        place.astype(np.int64), treatment[kept], {name: one[kept] for name, one in columns.items()},
        np.asarray(names, dtype=object), {name: one[head] for name, one in belongs.items()},
        None if crop is None else crop[kept], None if start is None else start[kept], sources, rows_in, rejected,
        tuple(lost), tuple(ignored),
    )  # fmt: skip


def _text(cells: Any) -> Any:
    """(K) cells as text; blank where there is nothing, whole numbers without a point."""
    held = pd.Series(cells).reset_index(drop=True)
    if pd.api.types.is_float_dtype(held.dtype):
        out = ["" if pd.isna(one) else f"{one:.15g}" for one in held.tolist()]
    else:
        out = ["" if pd.isna(one) else str(one).strip() for one in held.tolist()]
    return np.array(out, dtype=object)


def _numbers(cells: Any) -> tuple[FloatArray, Any]:
    """(K) numbers, NaN where a cell is blank; and which cells are something else."""
    if pd.api.types.is_numeric_dtype(cells.dtype):
        return cells.astype("Float64").to_numpy(np.float64, na_value=np.nan), np.zeros(len(cells), dtype=bool)
    text = _text(cells)
    numbers = pd.to_numeric(pd.Series(text), errors="coerce").to_numpy(np.float64)
    blank = np.array([one.casefold() in _NONE for one in text], dtype=bool)
    return numbers, np.isnan(numbers) & ~blank


def _whole(numbers: FloatArray, cells: Any) -> Any:
    """Whole numbers as int64, so that sums of them are exact."""
    fits = np.isfinite(numbers).all() and np.array_equal(numbers, np.floor(numbers)) and (np.abs(numbers) < 2**53).all()
    if not fits:
        return numbers
    return (cells.astype("Int64") if pd.api.types.is_integer_dtype(cells.dtype) else pd.Series(numbers)).to_numpy(
        np.int64
    )


def _plain(value: Any) -> Any:
    return None if value is pd.NA else value.item() if hasattr(value, "item") else value
