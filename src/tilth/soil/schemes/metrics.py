"""What a scheme asks about, from the columns that a frame has: as given, or computed, with how it was computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import BadInput, FloatArray
from tilth.soil.chemistry.conversions import EXTRACTS, PASTE, Conversions, shipped
from tilth.soil.chemistry.extracts import ece_estimate, regression_line
from tilth.soil.chemistry.salts import salt_from_ec15, salt_from_ece
from tilth.soil.chemistry.sodicity import esp_from_exchangeable, esp_from_sar, esp_from_sar15, sar

#: Columns of an EC by its extract.
EC_COLUMNS: Mapping[str, str] = {
    "ec11_ds_m": "1:1",
    "ec12_ds_m": "1:2",
    "ec125_ds_m": "1:2.5",
    "ec15_ds_m": "1:5",
}
#: Above this pH a solution holds carbonate beside bicarbonate. Source: end point of phenolphthalein.
CARBONATE_PH = 8.3
#: What no soil exceeds; a number beyond is in another unit.
MOST: Mapping[str, float] = {"ph": 14.0, "esp_pct": 100.0, "salt_g_kg": 1000.0}


@dataclass
class Known:
    """A metric: its values, NaN where it is not known, the range of each where it was computed, and how each was come
    by ("" where it was given)."""

    values: FloatArray
    low: FloatArray
    high: FloatArray
    note: npt.NDArray[np.object_]

    @classmethod
    def of(cls, values: FloatArray) -> Known:
        """What was given."""
        return cls(values.copy(), values.copy(), values.copy(), np.full(len(values), "", dtype=object))

    def fill(
        self,
        values: FloatArray,
        note: str | Sequence[str],
        low: FloatArray | None = None,
        high: FloatArray | None = None,
    ) -> None:
        """Take `values` where nothing is known yet."""
        rows = np.flatnonzero(np.isnan(self.values) & np.isfinite(values))
        for mine, theirs in ((self.values, values), (self.low, low), (self.high, high)):
            mine[rows] = (values if theirs is None else theirs)[rows]
        self.note[rows] = note if isinstance(note, str) else np.asarray(note, dtype=object)[rows]


@dataclass
class Metrics:
    """The metrics of a frame, each computed when it is first asked for."""

    frame: pd.DataFrame
    regression: str | None = None
    table: Conversions = field(default_factory=shipped)

    def __post_init__(self) -> None:
        self._known: dict[str, Known] = {}

    def __getitem__(self, name: str) -> Known:
        if name not in self._known:
            known = Known.of(self._column(name))
            ways: Mapping[str, Callable[[Known], None]] = {
                "ece_ds_m": self._ece,
                "esp_pct": self._esp,
                "sar": self._sar,
                "salt_g_kg": self._salt,
                "cl_so4_ratio": self._cl_so4,
                "alkalinity_anions_ratio": self._alkalinity_anions,
                "alkalinity_cations_ratio": self._alkalinity_cations,
                "rsc_mmolc_l": self._rsc,
                "thickness_cm": self._thickness,
                "ece_thickness": self._ece_thickness,
            }
            if name in ways:
                ways[name](known)
            self._known[name] = known
        return self._known[name]

    def _column(self, name: str) -> FloatArray:
        if name not in self.frame:
            return np.full(len(self.frame), np.nan)
        return numbers_in(self.frame[name], name)

    def _texts(self, name: str) -> npt.NDArray[np.object_]:
        if name not in self.frame:
            return np.full(len(self.frame), "", dtype=object)
        return np.array(["" if pd.isna(one) else str(one).strip() for one in self.frame[name]], dtype=object)

    def _by_extract(self, extract: str) -> FloatArray:
        """EC of an extract, under the column of its own or in `ec_ds_m` beside `ec_extract`."""
        column = next(name for name, one in EC_COLUMNS.items() if one == extract)
        own, mixed = self._column(column), self._column("ec_ds_m")
        return np.where(np.isfinite(own), own, np.where(self._texts("ec_extract") == extract, mixed, np.nan))

    def _ece(self, known: Known) -> None:
        known.fill(np.where(self._texts("ec_extract") == PASTE, self._column("ec_ds_m"), np.nan), "")
        saturation, textures = self._column("saturation_kg_kg"), self._texts("texture")
        for extract in reversed(EXTRACTS[1:]):
            values = self._by_extract(extract)
            convertible = any(line.extract == extract for line in self.table.lines.values())
            named = regression_line(self.regression, self.table).extract if self.regression else ""
            regression = self.regression if named == extract else None
            if not convertible or not np.isfinite(values).any():
                continue
            done = ece_estimate(
                values,
                extract,
                saturation=saturation,
                texture=textures.tolist(),
                regression=regression,
                table=self.table,
            )
            known.fill(done.value, done.method, done.low, done.high)

    def _sar(self, known: Known) -> None:
        known.fill(np.where(self._texts("ion_extract") == PASTE, self._sar_of_ions(), np.nan), "Na, Ca, Mg → SAR")

    def _sar_of_ions(self) -> FloatArray:
        return sar(*(self._column(f"{ion}_mmolc_l") for ion in ("na", "ca", "mg")))

    def _esp(self, known: Known) -> None:
        exchanged = esp_from_exchangeable(self._column("exna_cmolc_kg"), self._column("cec_cmolc_kg"))
        known.fill(exchanged, "Na, CEC → ESP")
        paste = self["sar"]
        known.fill(
            esp_from_sar(paste.values, self.table), [f"{one} → ESP" if one else "SAR → ESP" for one in paste.note]
        )
        own = self._column("sar15")
        of_ions = np.where(self._texts("ion_extract") == "1:5", self._sar_of_ions(), np.nan)
        known.fill(esp_from_sar15(np.where(np.isfinite(own), own, of_ions), self.table), "SAR1:5 → ESP (?)")

    def _salt(self, known: Known) -> None:
        done = salt_from_ec15(self._by_extract("1:5"), self.table)
        known.fill(done.value, done.method, done.low, done.high)
        ece, saturation = self["ece_ds_m"], self._column("saturation_kg_kg")
        if np.isfinite(saturation).any():
            three = [salt_from_ece(one, saturation, self.table) for one in (ece.values, ece.low, ece.high)]
            known.fill(three[0], "ECe, SP → S", three[1], three[2])

    def _cl_so4(self, known: Known) -> None:
        known.fill(_divided(self._column("cl_mmolc_l"), self._column("so4_mmolc_l")), "Cl/SO4")

    def _alkalinity(self) -> FloatArray:
        """CO3 + HCO3. Carbonate that was not measured is none where the pH is below 8.3, and not known elsewhere."""
        co3, ph = self._column("co3_mmolc_l"), self["ph"].values
        with np.errstate(invalid="ignore"):
            none = np.isnan(co3) & (ph < CARBONATE_PH)
        return np.where(none, 0.0, co3) + self._column("hco3_mmolc_l")

    def _alkalinity_anions(self, known: Known) -> None:
        others = self._column("cl_mmolc_l") + self._column("so4_mmolc_l")
        known.fill(_divided(self._alkalinity(), others), "(CO3+HCO3)/(Cl+SO4)")

    def _alkalinity_cations(self, known: Known) -> None:
        others = self._column("ca_mmolc_l") + self._column("mg_mmolc_l")
        known.fill(_divided(self._alkalinity(), others), "(CO3+HCO3)/(Ca+Mg)")

    def _rsc(self, known: Known) -> None:
        divalent = self._column("ca_mmolc_l") + self._column("mg_mmolc_l")
        known.fill(self._alkalinity() - divalent, "(CO3+HCO3)−(Ca+Mg)")

    def _thickness(self, known: Known) -> None:
        known.fill(self._column("bottom_cm") - self._column("top_cm"), "bottom − top")

    def _ece_thickness(self, known: Known) -> None:
        ece, thickness = self["ece_ds_m"], self["thickness_cm"].values
        three = [one * thickness for one in (ece.values, ece.low, ece.high)]
        known.fill(three[0], "ECe × thickness", three[1], three[2])


def numbers_in(column: pd.Series, name: str) -> FloatArray:
    """A column as floats, NaN where it is empty.

    Raises
    ------
    BadInput
        If a cell is no number, is negative, or is more than there can be.
    """
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    blank = column.isna().to_numpy(dtype=np.bool_)
    if not pd.api.types.is_numeric_dtype(column.dtype):
        blank = blank | (column.astype("str").str.strip() == "").to_numpy(dtype=np.bool_)
    with np.errstate(invalid="ignore"):
        wrong = ~blank & ~np.isfinite(numbers)
        wrong |= (numbers < 0) & (name != "rsc_mmolc_l")
        wrong |= numbers > MOST.get(name, np.inf)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise BadInput("SOIL-VALUE", column=name, row=at + 1, value=str(column.iloc[at])[:60])
    found: FloatArray = numbers
    return found


def _divided(above: FloatArray, below: FloatArray) -> FloatArray:
    """`above` / `below`; without any of the other the ratio has no end, and of nothing there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = above / below
    return np.where((below == 0) & (above > 0), np.finfo(np.float64).max, ratio)
