"""What a crop yields on salty and sodic soil, and the tables of crops and varieties that say how much it bears."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

import numpy as np

from tilth.core import BadInput, FloatArray, Label, NotFound
from tilth.soil.limits import conductivity, within
from tilth.soil.model import Figure

#: What tolerance gains where the soil holds gypsum: dissolved in the paste it raises ECe but not the field's water.
GYPSUM_SHIFT = Figure(
    2.0, 1.0, 3.0, "dS/m", "Maas & Hoffman 1977; FAO Irrigation and Drainage Paper 61, annex 1", "sure"
)
#: Exponent of van Genuchten's and Hoffman's curve.
SIGMOID_POWER = Figure(3.0, 2.0, 5.0, "-", "van Genuchten & Hoffman 1984", "sure")
_UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True)
class SaltTolerance:
    """How much salt a crop or a variety bears. What is not known is NaN, and what is computed from it is NaN too."""

    id: str
    label: Label
    threshold: float  # ECe up to which yield is full [dS/m]
    slope: float  # yield lost behind it [% of full yield per dS/m]
    rating: str = ""  # S, MS, MT, T or HT
    confidence: str = "unverified"
    source: str = ""
    note: str = ""
    group: str = ""
    use: str = ""
    basis: str = ""  # what was weighed
    latin: str = ""
    emergence: float = _UNKNOWN  # ECe that seedlings bear [dS/m]
    sodicity: str = ""  # group of `sodicity_groups`; "" unknown
    crop: str = ""  # of a variety: the crop it belongs to

    @property
    def known(self) -> bool:
        """Are threshold and slope known?"""
        return bool(np.isfinite(self.threshold) and np.isfinite(self.slope))

    @property
    def half(self) -> float:
        """ECe at half yield, on the line. [dS/m]"""
        return self.threshold + 50.0 / self.slope

    @property
    def half_steppuhn(self) -> float:
        """ECe at half yield of Steppuhn's curve, 0.988 (0.5/b + a) - 0.252, b a fraction (Steppuhn 2005). [dS/m]"""
        return 0.988 * (50.0 / self.slope + self.threshold) - 0.252

    @property
    def steepness(self) -> float:
        """Steepness s of Steppuhn's curve, 1.52 b, b a fraction (Steppuhn et al. 2005). [1/(dS/m)]"""
        return 1.52 * self.slope / 100.0

    def gypsic(self, gain: float = GYPSUM_SHIFT.value) -> SaltTolerance:
        """The same crop on soil that holds gypsum."""
        return self.raised(gain)

    def raised(self, gain: float) -> SaltTolerance:
        """The same crop with a threshold that is `gain` dS/m higher, as a breeder might give it."""
        return replace(self, threshold=self.threshold + gain)


@dataclass(frozen=True, slots=True)
class SodicityGroup:
    """Crops that bear about as much exchangeable sodium: up to where, and what is lost behind it."""

    id: str
    label: Label
    tolerated: Figure  # [%]
    slope: Figure  # [% of full yield per % ESP]


def relative_yield(
    ece: object, crop: str | SaltTolerance, model: str = "maas-hoffman", *, gypsic: bool = False
) -> FloatArray:
    """Share of full yield that a crop keeps in salty soil.

    Parameters
    ----------
    ece
        Conductivity of the saturated paste, mean over the root zone. [dS/m]
    crop
        Id or name (either language) of a crop or variety, or a record of one.
    model
        "maas-hoffman" (threshold and line), "van-genuchten-hoffman" (1/(1 + (ECe/C50)³)) or "steppuhn"
        (1/(1 + (ECe/C50)^exp(s C50))); the curves take their half yield from threshold and slope.
    gypsic
        Does the soil hold gypsum? It then bears `GYPSUM_SHIFT` more.

    Returns
    -------
    Share of full yield, 0 to 1; NaN where `ece` or what the crop bears is unknown. [-]

    >>> relative_yield([4.0, 9.62, 17.32, 26.94, float("nan")], "cotton").round(3)
    array([1. , 0.9, 0.5, 0. , nan])
    """
    salt = conductivity(ece, "ece")
    if model not in MODELS:
        raise BadInput("SALT-YIELD-MODEL", model=model, known=", ".join(MODELS))
    record = tolerance(crop)
    if not record.known:
        return np.full_like(salt, np.nan)
    return MODELS[model](salt, record.gypsic() if gypsic else record)


def _line(ece: FloatArray, crop: SaltTolerance) -> FloatArray:
    """Maas & Hoffman 1977."""
    return np.clip(1.0 - crop.slope / 100.0 * (ece - crop.threshold), 0.0, 1.0)


def _sigmoid(ece: FloatArray, crop: SaltTolerance) -> FloatArray:
    """Van Genuchten & Hoffman 1984."""
    share: FloatArray = 1.0 / (1.0 + (ece / crop.half) ** SIGMOID_POWER.value)
    return share


def _steppuhn(ece: FloatArray, crop: SaltTolerance) -> FloatArray:
    """Steppuhn, van Genuchten & Grieve 2005."""
    half = crop.half_steppuhn
    share: FloatArray = 1.0 / (1.0 + (ece / half) ** np.exp(crop.steepness * half))
    return share


MODELS: Mapping[str, Callable[[FloatArray, SaltTolerance], FloatArray]] = {
    "maas-hoffman": _line,
    "van-genuchten-hoffman": _sigmoid,
    "steppuhn": _steppuhn,
}


def ece_at_yield(share: object, crop: str | SaltTolerance) -> FloatArray:
    """ECe at which the line of a crop falls to `share` of full yield: a + (100 - Y)/b (Maas & Hoffman 1977). [dS/m]

    >>> ece_at_yield([0.9, 0.75, 0.5, 0.0], "cotton").round(2)
    array([ 9.62, 12.51, 17.32, 26.93])
    """
    record = tolerance(crop)
    kept = within(share, "share of full yield", 0.0, 1.0, "-")
    result: FloatArray = record.threshold + (1.0 - kept) * 100.0 / record.slope
    return result


def emergence_yield(ece_topsoil: object, crop: str | SaltTolerance) -> FloatArray:
    """1 where seedlings stand the topsoil at sowing, less behind the limit by the crop's own slope. [-]

    NaN where the crop has no limit of its own for emergence: it is often the more sensitive stage, and not known.
    """
    salt = conductivity(ece_topsoil, "ece of the topsoil")
    record = tolerance(crop)
    if not (record.known and np.isfinite(record.emergence)):
        return np.full_like(salt, np.nan)
    return _line(salt, replace(record, threshold=record.emergence))


def sodicity_yield(esp: object, crop: str | SaltTolerance) -> FloatArray:
    """Share of full yield kept at an exchangeable sodium percentage; NaN where the crop's group is not known. [-]"""
    sodium = within(esp, "esp", 0.0, 100.0, "%")
    record = tolerance(crop)
    if not record.sodicity:
        return np.full_like(sodium, np.nan)
    group = sodicity_groups()[record.sodicity]
    return np.clip(1.0 - group.slope.value / 100.0 * (sodium - group.tolerated.value), 0.0, 1.0)


def combined_yield(*shares: object) -> FloatArray:
    """Shares of salt, sodicity, emergence and water multiplied, as FAO-56 does; unknown where one of them is. [-]"""
    result = np.asarray(1.0)
    for share in shares:
        result = result * within(share, "share of full yield", 0.0, 1.0, "-")
    return result


def tolerance(crop: str | SaltTolerance) -> SaltTolerance:
    """The record of a crop or a variety by its id or its name in either language.

    Raises
    ------
    NotFound
        If there is none; the nearest names are said.
    """
    if isinstance(crop, SaltTolerance):
        return crop
    wanted = crop.strip().casefold()
    found = _by_name().get(wanted) or _by_name().get(wanted.replace(" ", "_"))
    if found is None:
        near = get_close_matches(wanted, _by_name(), n=3, cutoff=0.5)
        raise NotFound("SALT-CROP-UNKNOWN", crop=crop, near=", ".join(near) or "-")
    return found


@cache
def crops() -> Mapping[str, SaltTolerance]:
    """Every crop of the table that ships, by its id."""
    return {row["crop_id"]: _crop(row) for row in table("crops.csv")}


@cache
def varieties() -> Mapping[str, SaltTolerance]:
    """Every variety of the table that ships, by its id. What its own row leaves open is unknown, not the crop's."""
    return {row["variety_id"]: _variety(row) for row in table("varieties.csv")}


@cache
def sodicity_groups() -> Mapping[str, SodicityGroup]:
    """The groups of crops by what sodium they bear."""
    return {row["group"]: _group(row) for row in table("sodicity.csv")}


def table(name: str) -> list[dict[str, str]]:
    """The rows of a table of the room, texts as they stand in it."""
    text = files("tilth.soil").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def number(text: str) -> float:
    """A number of a table; NaN where nothing stands."""
    return float(text) if text.strip() else _UNKNOWN


def _crop(row: Mapping[str, str]) -> SaltTolerance:
    return SaltTolerance(
        row["crop_id"], Label(row["name_en"], row["name_zh"]), number(row["threshold_ds_m"]), number(row["slope_pct"]),
        row["rating"], row["confidence"], row["source"], row["note"], row["group"], row["use"], row["basis"],
        row["latin"], number(row["emergence_ds_m"]), row["sodicity"],
    )  # fmt: skip


def _variety(row: Mapping[str, str]) -> SaltTolerance:
    crop = crops()[row["crop_id"]]
    return replace(
        crop, id=row["variety_id"], label=Label(row["name_en"], row["name_zh"]), rating="",
        threshold=number(row["threshold_ds_m"]), slope=number(row["slope_pct"]), confidence=row["confidence"],
        source=row["source"], note=row["note"], crop=crop.id,
    )  # fmt: skip


def _group(row: Mapping[str, str]) -> SodicityGroup:
    def figure(key: str, low: str, high: str, unit: str) -> Figure:
        return Figure(float(row[key]), float(row[low]), float(row[high]), unit, row["source"], row["confidence"])

    return SodicityGroup(
        row["group"], Label(row["name_en"], row["name_zh"]),
        figure("tolerated_esp_pct", "tolerated_low", "tolerated_high", "%"),
        figure("slope_pct", "slope_low", "slope_high", "% per % ESP"),
    )  # fmt: skip


@cache
def _by_name() -> Mapping[str, SaltTolerance]:
    names: dict[str, SaltTolerance] = {}
    for record in (*varieties().values(), *crops().values()):
        for name in (record.id, record.label.en, record.label.zh):
            names[name.casefold()] = record
    return names
