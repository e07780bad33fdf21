"""Rows into classes under any scheme. What cannot be decided stays unknown, with the classes that it could be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import BadInput, FloatArray, Label
from tilth.soil.chemistry.conversions import Conversions, shipped
from tilth.soil.schemes.metrics import EC_COLUMNS, Metrics
from tilth.soil.schemes.scheme import KEPT_AS, UNKNOWN, Bound, Scheme, SoilClass, find_scheme

Texts = npt.NDArray[np.object_]
#: Below a bound by so small a part of it, a value stands on the bound.
_LAST_DIGITS = 1e-12
#: From which columns each metric can be known.
FROM_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "ece_ds_m": ("ece_ds_m", *EC_COLUMNS, "ec_ds_m"),
    "esp_pct": ("esp_pct", "sar", "sar15", "exna_cmolc_kg", "na_mmolc_l"),
    "sar": ("sar", "na_mmolc_l"),
    "ph": ("ph",),
    "salt_g_kg": ("salt_g_kg", "ec15_ds_m", "ec_ds_m", "ece_ds_m"),
    "cl_so4_ratio": ("cl_so4_ratio", "cl_mmolc_l"),
    "alkalinity_anions_ratio": ("alkalinity_anions_ratio", "hco3_mmolc_l"),
    "alkalinity_cations_ratio": ("alkalinity_cations_ratio", "hco3_mmolc_l"),
    "rsc_mmolc_l": ("rsc_mmolc_l", "hco3_mmolc_l"),
    "thickness_cm": ("thickness_cm", "bottom_cm"),
    "ece_thickness": ("ece_thickness", "ece_ds_m", *EC_COLUMNS, "ec_ds_m"),
}


@dataclass(frozen=True, slots=True)
class ClassCount:
    """How many rows are of a class, and their share in whole 0.01 %; the shares of all add up to 100.00."""

    id: str
    label: Label
    rows: int
    share_bp: int

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"class": self.id, "label": str(self.label), "rows": self.rows, "share_pct": self.share_bp / 100}


def classify(
    frame: pd.DataFrame,
    scheme: str | Scheme = "ussl",
    *,
    folder: Path | None = None,
    regression: str | None = None,
    table: Conversions | None = None,
) -> pd.DataFrame:
    """`frame` with a column "class", the id of the class of each row under `scheme`.

    Columns are found by name and unit: ece_ds_m, ec15_ds_m (and ec11, ec12, with saturation_kg_kg or texture), esp_pct,
    sar, sar15, ph, salt_g_kg, cl_mmolc_l, so4_mmolc_l, hco3_mmolc_l, co3_mmolc_l, ca_mmolc_l, mg_mmolc_l, na_mmolc_l
    (with ion_extract "paste" or "1:5"), top_cm and bottom_cm. What a scheme asks about and a row does not give is
    computed where the row gives enough for it; "class_note" says how. Lower bounds are inclusive.

    Further columns: "class_possible", of a row whose class is unknown, the classes that it can be; "class_range", of
    one that was computed, the classes at the low and high end of the conversion where they differ; and under a scheme
    that takes the worst of several, the class by each ("class_salt", "class_esp", "class_ph").

    Parameters
    ----------
    scheme
        Id or another name of a scheme, or one made of a file.
    folder
        Folder of schemes of one's own.
    regression
        Id of a regional regression to ECe, for rows without saturation and texture.

    Raises
    ------
    NotFound
        If there is no such scheme.
    BadInput
        If the frame has no column for what the scheme asks about, or a cell is no number or cannot be.

    >>> soil = pd.DataFrame({"ece_ds_m": [2.0, 4.0, 12.0, 5.0], "esp_pct": [20.0, 14.9, 15.0, np.nan]})
    >>> classify(soil)["class"].tolist()
    ['sodic', 'saline', 'saline-sodic', 'unknown']
    """
    chosen = scheme if isinstance(scheme, Scheme) else find_scheme(scheme, folder)
    if wanted := wanted_columns(frame, chosen):
        raise BadInput("SOIL-NO-COLUMNS", scheme=chosen.id, wanted=wanted)
    metrics = Metrics(frame, regression, table or shipped())
    placed = _worst(chosen, metrics) if chosen.worst_of else _placed(chosen, metrics)
    return frame.assign(**placed)


def wanted_columns(frame: pd.DataFrame, scheme: Scheme) -> str:
    """The columns that a scheme asks about, where the frame has none of them; else nothing."""
    needed = [FROM_COLUMNS[name] for name in scheme.metrics]
    if any(column in frame for columns in needed for column in columns):
        return ""
    return "; ".join(" / ".join(columns) for columns in needed)


def class_counts(classes: Sequence[str] | pd.Series, scheme: Scheme) -> tuple[ClassCount, ...]:
    """Rows and shares by class, every class of the scheme and the unknown ones, in order of rank."""
    from tilth.soil.shares import level_shares

    given = Counter(classes)
    rows = [given[name] for name in scheme.labels()]
    shares = level_shares(rows)
    return tuple(
        ClassCount(name, text, count, share)
        for (name, text), count, share in zip(scheme.labels().items(), rows, shares, strict=True)
    )


def _placed(chosen: Scheme, metrics: Metrics) -> dict[str, Texts]:
    """The class of each row: the first that holds, unless one before it could hold as well."""
    known = {name: metrics[name] for name in chosen.metrics}
    rows = len(metrics.frame)
    placed, possible = _tried(chosen, {name: one.values for name, one in known.items()}, rows)
    span = np.full(rows, "", dtype=object)
    if any(not np.array_equal(one.low, one.high, equal_nan=True) for one in known.values()):
        ends = [{name: getattr(one, end) for name, one in known.items()} for end in ("low", "high")]
        low, high = (_tried(chosen, values, rows)[0] for values in ends)
        for at in np.flatnonzero((low != placed) | (high != placed)):
            span[at] = "|".join(dict.fromkeys((low[at], placed[at], high[at])))
    return {
        "class": placed,
        "class_possible": possible,
        "class_range": span,
        "class_note": np.where(placed != UNKNOWN, _joined([one.note for one in known.values()], rows), ""),
    }


def _tried(chosen: Scheme, values: Mapping[str, FloatArray], rows: int) -> tuple[Texts, Texts]:
    """The class of each row, and where it is unknown, the classes that it can be."""
    ids = list(dict.fromkeys(one.id for one in chosen.classes))
    possible = np.zeros(rows, dtype=np.int64)  # a bit for each class
    decided = np.zeros(rows, dtype=np.bool_)
    for one in chosen.classes:
        holds, fails = _state(one, values, rows)
        possible[~decided & ~fails] |= 1 << ids.index(one.id)
        decided |= holds
    found, back = np.unique(possible, return_inverse=True)
    names = [[name for at, name in enumerate(ids) if bits >> at & 1] for bits in found.tolist()]
    alone = np.array([len(one) == 1 for one in names], dtype=np.bool_)[back]
    text = np.array(["|".join(one) for one in names], dtype=object)[back]
    sure = decided & alone
    return np.where(sure, text, UNKNOWN), np.where(sure, "", text)


def _joined(parts: Sequence[Texts], rows: int) -> Texts:
    """Texts of each row after each other, without the empty ones and without repetition."""
    given = [one for one in parts if (one != "").any()]
    if len(given) < 2:
        return given[0] if given else np.full(rows, "", dtype=object)
    return np.array(["; ".join(dict.fromkeys(n for n in row if n)) for row in zip(*given, strict=True)], dtype=object)


def _state(one: SoilClass, values: Mapping[str, FloatArray], rows: int) -> tuple[Any, Any]:
    """(n,) Do all bounds hold, and does one surely not? Neither: it is not known."""
    holds, fails = np.ones(rows, dtype=np.bool_), np.zeros(rows, dtype=np.bool_)
    for bound in one.when:
        inside = _inside(bound, values[bound.metric])
        given = np.isfinite(values[bound.metric])
        holds &= given & inside
        fails |= given & ~inside
    return holds, fails


def _inside(bound: Bound, values: FloatArray) -> npt.NDArray[np.bool_]:
    """What is below a bound by no more than the last digits of a float stands on it: 0.6 / 3 is 0.2."""
    found = np.ones(len(values), dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        if bound.low is not None:
            found &= values >= bound.low - abs(bound.low) * _LAST_DIGITS
        if bound.high is not None:
            found &= values < bound.high - abs(bound.high) * _LAST_DIGITS
    return found


def _by_unique(texts: Texts, make: Callable[[str], Any], dtype: Any) -> npt.NDArray[Any]:
    """What `make` gives for each text; each different text is asked for once."""
    codes, unique = pd.factorize(texts)
    return (
        np.array([make(str(one)) for one in unique], dtype=dtype)[codes] if len(unique) else np.array([], dtype=dtype)
    )


def _worst(chosen: Scheme, metrics: Metrics) -> dict[str, Texts]:
    """The worst class of several schemes. One that is unknown leaves it open, unless another is at the top already."""
    ranked = {one.rank: one.id for one in chosen.classes}
    top, rows = max(ranked), len(metrics.frame)
    least, most = np.zeros(rows, dtype=np.int64), np.zeros(rows, dtype=np.int64)
    kept: dict[str, Texts] = {}
    notes: list[Texts] = []
    ranges: list[Texts] = []
    for part in chosen.worst_of:
        placed = _placed(part, metrics)
        ranks = {one.id: one.rank for one in part.classes}
        can_be = np.where(placed["class"] == UNKNOWN, placed["class_possible"], placed["class"])
        spans = _by_unique(can_be, partial(_span, ranks), np.int64).reshape(-1, 2)
        least, most = np.maximum(least, spans[:, 0]), np.maximum(most, spans[:, 1])
        kept[KEPT_AS[part.metrics[0]]] = placed["class"]
        notes.append(placed["class_note"])
        ranges.append(placed["class_range"])
    sure = least == most
    names = np.array([ranked[rank] for rank in range(top + 1)], dtype=object)
    pairs = np.array([f"{low} {high}" for low in range(top + 1) for high in range(top + 1)], dtype=object)
    between = _by_unique(
        pairs[least * (top + 1) + most],
        lambda text: "|".join(names[int(text.split()[0]) : int(text.split()[1]) + 1]),
        object,
    )
    return {
        "class": np.where(sure, names[least], UNKNOWN),
        "class_possible": np.where(sure, "", between),
        "class_range": _joined(ranges, rows),
        "class_note": _joined(notes, rows),
        **kept,
    }


def _span(ranks: Mapping[str, int], text: str) -> tuple[int, int]:
    """The least and the highest rank of the classes that a text names."""
    found = [ranks[name] for name in text.split("|")]
    return min(found), max(found)
