"""What is odd in a table of samples: ions out of balance, two groups of EC, a column that is the target again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from tilth.core import BadInput, FloatArray
from tilth.soil import cells
from tilth.soil.chemistry.ions import ANIONS, BALANCE_PCT, CATIONS, NEEDED, ion_balance_pct
from tilth.soil.samples.headings import columns
from tilth.soil.schemes.metrics import CARBONATE_PH

if TYPE_CHECKING:
    from tilth.soil.samples.reading import Reading

#: Neighbours in the order of EC that are so many times apart, with some on either side, are of two units.
_GAP, _FEWEST_OF_A_GROUP = 20.0, 3
#: Where this share of EC is beyond any soil, it is of another unit.
_MIXED = 1 / 3
#: From this correlation on a column is the target in other units, and from how many rows on that can be said.
LEAK_R, _FEWEST_TO_COMPARE = 0.99, 20
#: … and the order of the values must be the same too: one value far from all others makes a correlation by itself.
_LEAK_RANKS = 0.97
#: A logarithm is compared where so many of the rows have one.
_MOST_ROWS = 0.9
#: EC and a tenth of the cations may differ so many times. Source: Handbook 60, sum of cations ≈ 10 EC.
_EC_IONS = 2.0


def check(reading: Reading) -> None:
    """All of it. BadInput if EC is in two units."""
    _two_units(reading)
    _balance(reading)
    _carbonate(reading)
    _ec_against_ions(reading)
    _leaks(reading)
    _repeated(reading)


def _two_units(reading: Reading) -> None:
    for name in ("ec_ds_m", "ece_ds_m"):
        if name in reading.reads and name in reading.out:
            refuse_two_units(reading.file, reading.reads[name].heading, _kept(reading, name))


def refuse_two_units(file: str, heading: str, values: FloatArray) -> None:
    """EC in two groups with nothing between is in two units. `values` in dS/m; what is blank does not count.

    One low value many times over is a detection limit and no unit, as long as the others are what a soil can have.

    Raises
    ------
    BadInput
        If it is.
    """
    values = np.sort(values[values > 0])
    if len(values) < 2 * _FEWEST_OF_A_GROUP:
        return
    steps = values[1:] / values[:-1]
    at = int(np.argmax(steps))
    fewest = min(at + 1, len(values) - at - 1)
    limit = values[0] == values[at] and values[-1] <= (columns()["ec_ds_m"].most or np.inf)
    if steps[at] >= _GAP and fewest >= _FEWEST_OF_A_GROUP and not limit:
        raise BadInput(
            "SOIL-UNIT-MIX", file=file, heading=heading, low=at + 1,
            below=f"{values[at]:g}", high=len(values) - at - 1, above=f"{values[at + 1]:g}",
        )  # fmt: skip


def refuse_other_unit(file: str, heading: str, values: FloatArray, most: float | None = None) -> None:
    """EC of which a third or more is beyond any soil is in another unit than was said. `values` and `most` in dS/m.

    Raises
    ------
    BadInput
        If it is.
    """
    if most is None:
        most = columns()["ec_ds_m"].most or np.inf
    given, high = int(np.isfinite(values).sum()), int((values > most).sum())
    if high and high >= _MIXED * given:
        raise BadInput("SOIL-UNIT-WRONG", file=file, heading=heading, count=high, of=given, most=f"{most:g}")


def _kept(reading: Reading, name: str) -> FloatArray:
    values = np.asarray(reading.out[name], dtype=np.float64).copy()
    values[list(reading.aside)] = np.nan
    return values[np.isfinite(values)]


def _ions_of(reading: Reading) -> dict[str, FloatArray]:
    return {
        name: np.where(
            np.asarray(reading.out[f"{name}_mmolc_l"], np.float64) < 0, np.nan, reading.out[f"{name}_mmolc_l"]
        )
        for name in (*CATIONS, *ANIONS)
        if f"{name}_mmolc_l" in reading.out
    }


def _balance(reading: Reading) -> None:
    """Cations against anions, row by row; how many rows are complete and within 10 %."""
    ions = _ions_of(reading)
    if not set(ions) & set(CATIONS) or not set(ions) & set(ANIONS):
        return
    balance = ion_balance_pct(ions)
    reading.out["ion_balance_pct"] = balance
    complete = np.isfinite(balance)
    beyond = np.flatnonzero(complete & (np.abs(balance) > BALANCE_PCT))
    missing = Counter(
        name for name in NEEDED for blank in (np.isnan(ions[name]) if name in ions else [True] * len(balance)) if blank
    )
    if not complete.all():
        names = ", ".join(f"{name} ({count})" for name, count in missing.most_common()) or "no3, co3"
        reading.find("SOIL-IONS-INCOMPLETE", count=int((~complete).sum()), of=len(balance), missing=names)
    within = int(complete.sum()) - len(beyond)
    reading.find("SOIL-ION-BALANCE", within=within, of=int(complete.sum()), most=f"{BALANCE_PCT:g}")
    for at in beyond:
        cations, anions = (sum(ions[name][at] for name in names if name in ions) for names in (CATIONS, ANIONS))
        shown = {"off": f"{balance[at]:+.1f}", "cations": f"{cations:.2f}", "anions": f"{anions:.2f}"}
        reading.find_row(int(at), "SOIL-ROW-BALANCE", **shown)


def _carbonate(reading: Reading) -> None:
    """Carbonate that was not measured matters where the pH is high enough for it."""
    if "hco3_mmolc_l" not in reading.out or "co3_mmolc_l" in reading.out:
        return
    ph = reading.out.get("ph", np.full(len(reading.rows), np.nan))
    with np.errstate(invalid="ignore"):
        high = int((ph >= CARBONATE_PH).sum())
    reading.find("SOIL-NO-CARBONATE", high=high, unknown=int(np.isnan(ph).sum()), ph=f"{CARBONATE_PH:g}")


def _ec_against_ions(reading: Reading) -> None:
    """EC and a tenth of the cations of the same solution are alike."""
    ions = _ions_of(reading)
    ec = reading.out.get("ec_ds_m")
    if ec is None or not set(CATIONS) <= ions.keys():
        return
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = sum(ions[name] for name in CATIONS) / 10 / ec
    known = np.isfinite(ratio)
    off = known & ((ratio > _EC_IONS) | (ratio < 1 / _EC_IONS))
    if off.any():
        shown = {"middle": f"{np.median(ratio[known]):.2f}", "times": f"{_EC_IONS:g}"}
        reading.find("SOIL-EC-IONS", count=int(off.sum()), of=int(known.sum()), **shown)


def _leaks(reading: Reading) -> None:
    """Columns that say the same as a target: whoever predicts one from the other predicts nothing."""
    stated = {name: reads.heading for name, reads in reading.reads.items() if reads.column.kind in ("ec", "number")}
    targets = {
        name: stated[name] for name in ("ece_ds_m", "ec_ds_m", "salt_g_kg") if name in stated and name in reading.out
    }
    told: set[frozenset[str]] = set()
    for target, heading in targets.items():
        goal = np.asarray(reading.out[target], dtype=np.float64)
        if target == "salt_g_kg":
            goal = cells.numbers(reading.source[heading]).values
        for other, values in _numeric(reading):
            pair = frozenset((heading, other))
            if other == heading or pair in told:
                continue
            r, rows = _alike(goal, values)
            if r >= LEAK_R:
                told.add(pair)
                reading.find("SOIL-LEAK", heading=other, target=heading, r=f"{r:.4f}", count=rows)


def _numeric(reading: Reading) -> Iterator[tuple[str, FloatArray]]:
    for name in reading.source.columns:
        if name == "source_row":
            continue
        values = reading.source[name]
        if pd.api.types.is_numeric_dtype(values.dtype):
            yield str(name), values.to_numpy(dtype=np.float64, na_value=np.nan)
        elif any(one.heading == name and one.column.kind in ("ec", "ion", "number") for one in reading.reads.values()):
            yield str(name), cells.numbers(values).values


def _alike(one: FloatArray, other: FloatArray) -> tuple[float, int]:
    """The correlation of two columns, each plain or as its logarithm, the closest pair of them; 0 where too few rows
    have both."""
    both = np.isfinite(one) & np.isfinite(other)
    best = 0.0
    for left in _scales(one):
        for right in _scales(other):
            rows = np.isfinite(left) & np.isfinite(right)
            if rows.sum() >= max(_FEWEST_TO_COMPARE, _MOST_ROWS * both.sum()):
                a, b = left[rows], right[rows]
                if np.ptp(a) > 0 and np.ptp(b) > 0 and _correlation(_ranks(a), _ranks(b)) >= _LEAK_RANKS:
                    best = max(best, _correlation(a, b))
    return best, int(both.sum())


def _correlation(one: FloatArray, other: FloatArray) -> float:
    return abs(float(np.corrcoef(one, other)[0, 1]))


def _ranks(values: FloatArray) -> FloatArray:
    """Ranks, ties in their order: one value far from all others makes no correlation of ranks."""
    return np.argsort(np.argsort(values, kind="stable"), kind="stable").astype(np.float64)


def _scales(values: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A column as it is, and as its logarithm where it has one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(values)
    return values, np.where(np.isfinite(logs), logs, np.nan)


def _repeated(reading: Reading) -> None:
    ids = reading.out.get("sample_id")
    if ids is None:
        return
    counts = Counter(str(one) for one in ids if one)
    twice = {name: count for name, count in counts.items() if count > 1}
    if twice:
        shown = ", ".join(list(twice)[:5])
        reading.find("SOIL-ID-TWICE", count=len(twice), ids=shown, heading=reading.reads["sample_id"].heading)
