"""Horizons into depth intervals, the mass of salt kept: by thickness, or by an equal-area quadratic spline.

Of a run of horizons that touch each other, the spline is the derivative of the natural cubic spline through the mass
summed up from the top: among all curves whose mean over every horizon is the measured one, it is the smoothest (Bishop,
McBratney and Laslett 1999, with no smoothing). A gap between horizons is not filled, and nothing is said below the
last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from tilth.core import BadInput, Finding, FloatArray, IntArray, Where

METHODS = ("weighted", "spline")
#: The layers of the practice of soil salinity surveys. [cm]
LAYERS = ((0.0, 20.0), (20.0, 40.0), (40.0, 60.0), (60.0, 80.0), (80.0, 100.0))
#: An interval is given a value where so much of it was sampled.
LEAST_COVERED = 0.5
_TOUCH = 1e-6


@dataclass(frozen=True)
class Profile:
    """Horizons of one site from the top down, [cm], with the mean of a quantity in each."""

    top: FloatArray
    bottom: FloatArray
    mean: FloatArray

    def runs(self) -> list[slice]:
        """Runs of horizons that touch each other."""
        breaks = np.flatnonzero(self.top[1:] - self.bottom[:-1] > _TOUCH) + 1
        edges = [0, *breaks.tolist(), len(self.top)]
        return [slice(a, b) for a, b in pairwise(edges)]

    @property
    def overlap(self) -> tuple[float, float] | None:
        """Where two horizons overlap first; None if none do."""
        at = np.flatnonzero(self.bottom[:-1] - self.top[1:] > _TOUCH)
        return (float(self.top[at[0] + 1]), float(self.bottom[at[0]])) if len(at) else None


@dataclass(frozen=True)
class Layered:
    """Means by interval, NaN where too little was sampled, and the share of each that was."""

    mean: FloatArray
    covered: FloatArray
    method: tuple[str, ...]


def intervals_of(text: str) -> tuple[tuple[float, float], ...]:
    """Depth intervals from a text.

    Raises
    ------
    BadInput
        If it is none, or they do not go down.

    >>> intervals_of("0-20,20-40")
    ((0.0, 20.0), (20.0, 40.0))
    """
    parts = [re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*[-~]\s*(\d+(?:\.\d+)?)\s*", one) for one in re.split("[,，;]", text)]
    found = tuple((float(one[1]), float(one[2])) for one in parts if one is not None)
    if len(found) != len(parts) or any(top >= bottom for top, bottom in found):
        raise BadInput("SOIL-DEPTHS-BAD", text=text)
    if any(after[0] < before[1] for before, after in pairwise(found)):
        raise BadInput("SOIL-DEPTHS-BAD", text=text)
    return found


def layered(profile: Profile, intervals: Sequence[tuple[float, float]], method: str = "weighted") -> Layered:
    """Means of `profile` over depth intervals, [cm].

    Over an interval that was sampled throughout, the mean times its thickness is exactly the mass that the horizons
    hold there (weighted) or that the curve holds (spline, whose mass over every horizon is that of the horizon). A
    spline that falls below zero is not used: the profile is then weighted, and its method says so.

    Raises
    ------
    BadInput
        If there is no such method.

    >>> one = Profile(np.array([0.0, 10.0]), np.array([10.0, 30.0]), np.array([6.0, 2.0]))
    >>> layered(one, [(0.0, 20.0), (20.0, 40.0)]).mean.tolist()
    [4.0, 2.0]
    """
    if method not in METHODS:
        raise BadInput("SOIL-DEPTH-METHOD", method=method)
    mass, covered = np.zeros(len(intervals)), np.zeros(len(intervals))
    used = "weighted"
    curves = [_Curve(profile, run) for run in profile.runs()]
    if method == "spline":
        used = "spline" if all(one.least >= 0 for one in curves) else "weighted (spline below 0)"
    for curve in curves:
        for at, (top, bottom) in enumerate(intervals):
            a, b = max(top, curve.edges[0]), min(bottom, curve.edges[-1])
            if b > a:
                mass[at] += curve.smooth_mass(a, b) if used == "spline" else curve.mass(a, b)
                covered[at] += b - a
    thickness = np.array([bottom - top for top, bottom in intervals])
    share = covered / thickness
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(share >= LEAST_COVERED - _TOUCH, mass / covered, np.nan)
    return Layered(mean, share, tuple(used if np.isfinite(one) else "" for one in mean))


class _Curve:
    """The mass summed up from the top of a run: in straight pieces, and as a natural cubic spline."""

    def __init__(self, profile: Profile, run: slice) -> None:
        self.edges = np.append(profile.top[run], profile.bottom[run][-1])
        self.widths = np.diff(self.edges)
        self.means = profile.mean[run]
        self.summed = np.append(0.0, np.cumsum(self.means * self.widths))
        self.bends = _natural_bends(self.widths, self.means)

    def mass(self, a: float, b: float) -> float:
        """Mass between two depths, each horizon the same throughout."""
        return float(np.interp(b, self.edges, self.summed) - np.interp(a, self.edges, self.summed))

    def smooth_mass(self, a: float, b: float) -> float:
        """Mass between two depths under the spline."""
        return self._spline(b) - self._spline(a)

    def _spline(self, depth: float) -> float:
        at = int(np.clip(np.searchsorted(self.edges, depth, side="right") - 1, 0, len(self.widths) - 1))
        h, m0, m1 = self.widths[at], self.bends[at], self.bends[at + 1]
        left, right = self.edges[at + 1] - depth, depth - self.edges[at]
        return float(
            (m0 * left**3 + m1 * right**3) / (6 * h)
            + (self.summed[at] / h - m0 * h / 6) * left
            + (self.summed[at + 1] / h - m1 * h / 6) * right
        )

    @property
    def least(self) -> float:
        """The lowest value of the spline's quantity: at an edge, or where its slope is 0 within a horizon."""
        h, m = self.widths, self.bends
        at_top = self.means - h * (2 * m[:-1] + m[1:]) / 6
        at_bottom = self.means + h * (m[:-1] + 2 * m[1:]) / 6
        with np.errstate(divide="ignore", invalid="ignore"):
            where = np.clip(np.nan_to_num(-m[:-1] / (m[1:] - m[:-1]) * h), 0, h)
        inside = at_top + m[:-1] * where + (m[1:] - m[:-1]) * where**2 / (2 * h)
        return float(min(at_top.min(), at_bottom.min(), inside.min()))


def _natural_bends(widths: FloatArray, means: FloatArray) -> FloatArray:
    """Second derivatives of the natural cubic spline through the summed mass, 0 at both ends."""
    bends = np.zeros(len(widths) + 1)
    if len(widths) > 1:
        inner = np.diag(2 * (widths[:-1] + widths[1:]))
        inner += np.diag(widths[1:-1], 1) + np.diag(widths[1:-1], -1)
        bends[1:-1] = np.linalg.solve(inner, 6 * np.diff(means))
    return bends


def harmonised(
    samples: pd.DataFrame,
    intervals: Sequence[tuple[float, float]] = LAYERS,
    method: str = "weighted",
    *,
    columns: Iterable[str] = ("ec_ds_m", "ece_ds_m", "salt_g_kg", "ph", "sar", "esp_pct"),
    file: str = "",
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Samples by horizon as one row for each site and depth interval, with the method of each value beside it.

    A site is the rows of one `site_id`, of one place and day. What was measured twice in one horizon is averaged; pH is
    averaged as it is, like the others. ECe keeps its range where it has one. Sites whose horizons overlap are left out,
    with a finding.

    Raises
    ------
    BadInput
        If no row has a top and a bottom, or there is no such method.
    """
    known = samples[np.isfinite(samples["top_cm"]) & np.isfinite(samples["bottom_cm"])]
    if not len(known):
        raise BadInput("SOIL-DEPTH-NONE", file=file)
    wanted = [name for name in (*columns, *_RANGE) if name in known and np.isfinite(known[name]).any()]
    values = {name: known[name].to_numpy(np.float64) for name in ("top_cm", "bottom_cm", *wanted)}
    sites = known.groupby(_site_keys(known), sort=False, dropna=False).indices.values()
    first: list[int] = []
    out: list[dict[str, object]] = []
    findings = []
    for members in sites:
        order = members[np.lexsort((values["bottom_cm"][members], values["top_cm"][members]))]
        overlap = _profile(values, order, None).overlap
        if overlap is not None:
            row = known.iloc[int(order[0])]
            shown = {"site": row["site_id"] or row["sample_id"], "top": f"{overlap[0]:g}", "bottom": f"{overlap[1]:g}"}
            findings.append(Finding("SOIL-DEPTH-OVERLAP", Where(file=file, row=int(row["source_row"])), shown))
            continue
        rows = _site_rows(values, order, wanted, intervals, method)
        out += rows
        first += [int(order[0])] * len(rows)
    kept = [name for name in ("site_id", "date", "x", "y", "sample_id", "source_row") if name in known]
    about = known.iloc[first][kept].reset_index(drop=True)
    names = ["top_cm", "bottom_cm", *wanted, "covered", "depth_method"]
    return pd.concat([about, pd.DataFrame(out, columns=names)], axis=1), tuple(findings)


#: The range of a converted value goes along with it.
_RANGE = ("ece_low_ds_m", "ece_high_ds_m")


def _site_keys(known: pd.DataFrame) -> list[str]:
    """What tells sites apart: their number and day, and the place where there is one."""
    own = ["site_id"] if (known["site_id"] != "").any() else ["sample_id"]
    return [*own, "date", *(name for name in ("x", "y") if name in known and known[name].notna().any())]


def _profile(values: Mapping[str, FloatArray], rows: IntArray, column: str | None) -> Profile:
    """The horizons of `rows`, of which `column` was measured; what was measured twice in one horizon is averaged."""
    if column is not None:
        rows = rows[np.isfinite(values[column][rows])]
    top, bottom = values["top_cm"][rows], values["bottom_cm"][rows]
    means = np.zeros(len(rows)) if column is None else values[column][rows]
    new = np.append(True, (np.diff(top) != 0) | (np.diff(bottom) != 0))[: len(rows)]
    if not new.all():
        group = np.cumsum(new) - 1
        means = np.bincount(group, weights=means) / np.bincount(group)
        top, bottom = top[new], bottom[new]
    return Profile(top, bottom, means)


def _site_rows(
    values: Mapping[str, FloatArray],
    rows: IntArray,
    wanted: Sequence[str],
    intervals: Sequence[tuple[float, float]],
    method: str,
) -> list[dict[str, object]]:
    done = {name: layered(one, intervals, method) for name in wanted if len((one := _profile(values, rows, name)).top)}
    out: list[dict[str, object]] = []
    for at, (top, bottom) in enumerate(intervals):
        covered = max((float(one.covered[at]) for one in done.values()), default=0.0)
        if covered > 0 and any(one.method[at] for one in done.values()):
            said = next((one.method[at] for one in done.values() if one.method[at]), "")
            means = {name: one.mean[at] for name, one in done.items()}
            out.append({"top_cm": top, "bottom_cm": bottom, **means, "covered": covered, "depth_method": said})
    return out
