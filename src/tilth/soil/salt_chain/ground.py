"""The land that the salt chain walks: each unit's soil, salt and groundwater, with what is not measured by texture."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from tilth.core import BadInput, FloatArray
from tilth.soil.limits import conductivity, given_numbers, within
from tilth.soil.salt_chain.drainage import AQUACROP, aquacrop_rise, depth_of
from tilth.soil.salt_chain.tolerances import table
from tilth.soil.salt_chain.worn import BUFFER

#: Exponents of capillary rise that the chain knows; a texture takes the nearest to its own.
EXPONENTS = (2.0, 3.0, 4.0)
_QUANTILE = re.compile(r"ece_q(\d{1,2})_ds_m")
_LAYER = re.compile(r"ece_layer(\d)_ds_m")
#: Drainable porosity is about half of what lies between field capacity and saturation, never less. [-]
LEAST_DRAINABLE = 0.02
#: Share of the way to its usual depth that a water table goes in a day. [1/day]
TABLE_PACE = 0.01
_RANGES = {
    "field_capacity": (0.10, 0.60), "wilting_point": (0.01, 0.50), "saturation": (0.25, 0.80),
    "bulk_density": (0.5, 2.0), "paste_kg_kg": (0.10, 1.50), "leaching_efficiency": (0.05, 1.0),
    "infiltration_mm_day": (0.1, 5000.0), "drainable_porosity": (0.005, 0.4), "rise_1m_mm_day": (0.0, 50.0),
    "esp_pct": (0.0, 100.0), "cec_mmolc_kg": (10.0, 800.0), "table_pace": (0.0, 1.0),
    "ph": (2.0, 11.0), "ph_buffer_mmolc_kg": (1.0, 300.0), "organic_g_kg": (0.0, 600.0),
}  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """How the soil is cut: four layers from the surface down, the roots' share in each, none in a transition zone."""

    thickness_mm: tuple[float, float, float, float] = (200.0, 200.0, 400.0, 700.0)
    uptake: tuple[float, float, float, float] = (0.40, 0.35, 0.25, 0.0)
    shallowest_m: float = 0.3  # the water table counts as full there: nothing more drains to it

    def __post_init__(self) -> None:
        for number, depth in enumerate(self.thickness_mm, start=1):
            if not depth > 0.0:
                raise BadInput("SALT-LAYER-DEPTH", layer=number, depth=f"{depth:g}")
        if abs(sum(self.uptake) - 1.0) > 1e-9 or min(self.uptake) < 0.0:
            raise BadInput(
                "SALT-UPTAKE", given=", ".join(f"{one:g}" for one in self.uptake), total=f"{sum(self.uptake):g}"
            )

    @property
    def inside(self) -> FloatArray:
        """(4,) 1 for a layer of the root zone, 0 for the transition zone."""
        return (np.asarray(self.uptake) > 0.0).astype(np.float64)

    @property
    def roots_mm(self) -> float:
        """Depth of the root zone. [mm]"""
        return float(self.inside @ np.asarray(self.thickness_mm))

    @property
    def from_m(self) -> float:
        """Mean depth of uptake, to which water rises. [m]"""
        bottom = np.cumsum(self.thickness_mm)
        return float((bottom - 0.5 * np.asarray(self.thickness_mm)) @ np.asarray(self.uptake) / 1000.0)


@dataclass(frozen=True)
class Units:
    """Soil, salt and groundwater of `n` units. Salt may be given as quantiles: each is walked, results are bands."""

    ids: tuple[str, ...]
    zone: tuple[str, ...]
    ece: FloatArray  # (q, n, 4) start, for each quantile and layer [dS/m]
    levels: FloatArray  # (q,) quantile levels, 0.5 where there is one value
    field_capacity: FloatArray  # (n,) [m³/m³]
    wilting_point: FloatArray
    saturation: FloatArray
    paste: FloatArray  # (n,) water of the saturated paste over soil depth: SP × bulk density [mm/mm]
    bulk_density: FloatArray  # [g/cm³]
    leaching_efficiency: FloatArray
    infiltration: FloatArray  # [mm/day]
    drainable: FloatArray  # [m³/m³]
    rise: FloatArray  # capillary rise over 1 m [mm/day]
    exponent: FloatArray  # one of EXPONENTS
    table_depth: FloatArray  # usual depth of the water table [m]
    table_ec: FloatArray  # [dS/m]
    table_pace: FloatArray  # [1/day]
    esp: FloatArray  # [%]; NaN not known
    cec: FloatArray  # [mmolc/kg]; NaN not known
    area_dm2: np.ndarray | None = None  # (n,) int64
    by_texture: tuple[str, ...] = ()  # columns that were taken from the texture
    ph: FloatArray | None = None  # (n,) of the plough layer; NaN not known
    ph_buffer: FloatArray | None = None  # (n,) charge that raises pH by one [mmolc/kg]
    organic: FloatArray | None = None  # (n,) organic matter of the plough layer [g/kg]; NaN not known

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def weights(self) -> FloatArray:
        """(q,) share of the distribution that each quantile stands for: up to half way to its neighbours."""
        middle = 0.5 * (self.levels[1:] + self.levels[:-1])
        shares: FloatArray = np.diff(np.concatenate([[0.0], middle, [1.0]]))
        return shares


def units_from_table(frame: Any) -> Units:
    """Units from a table with one row each.

    Columns: `unit_id` and `zone` (or their row, and one zone); `ece_ds_m`, or quantiles `ece_q05_ds_m` … at levels in
    per cent, or layers `ece_layer1_ds_m` … `ece_layer4_ds_m`; `groundwater_depth_m`, `groundwater_ec_ds_m`; `texture`,
    or for each of its columns (`field_capacity`, `wilting_point`, …) a value of its own; where known `esp_pct`,
    `cec_mmolc_kg`, `ph`, `ph_buffer_mmolc_kg`, `organic_g_kg`, `leaching_efficiency`, `drainable_porosity`,
    `rise_1m_mm_day`, `infiltration_mm_day`, `area_dm2`.

    Raises
    ------
    BadInput
        If a column is missing, or a value cannot be.
    """
    columns = {str(name): np.asarray(frame[name]) for name in frame}
    n = len(next(iter(columns.values()))) if columns else 0
    if n == 0:
        raise BadInput("SALT-UNITS-NONE")
    ids = columns["unit_id"].astype(str) if "unit_id" in columns else np.arange(1, n + 1).astype(str)
    zone = columns["zone"].astype(str) if "zone" in columns else np.full(n, "")
    names = ids.tolist()
    missing = [name for name in ("groundwater_depth_m", "groundwater_ec_ds_m") if name not in columns]
    if missing:
        raise BadInput("SALT-UNITS-COLUMNS", missing=", ".join(missing), found=", ".join(columns))
    ece, levels = _salt(columns, names)
    soil, taken = _soil(columns, n, names)
    depth = given_numbers(columns["groundwater_depth_m"], "groundwater_depth_m", names)
    depth_of(depth)
    known = _known(columns, "groundwater_depth_m", depth, names), _known(
        columns, "groundwater_ec_ds_m",
        conductivity(columns["groundwater_ec_ds_m"], "groundwater_ec_ds_m", where=names), names,
    )  # fmt: skip
    return Units(
        tuple(names), tuple(zone.tolist()), ece, levels, soil["field_capacity"], soil["wilting_point"],
        soil["saturation"], soil["paste_kg_kg"] * soil["bulk_density"], soil["bulk_density"],
        soil["leaching_efficiency"], soil["infiltration_mm_day"], soil["drainable_porosity"], soil["rise_1m_mm_day"],
        soil["exponent"], known[0], known[1], _own(columns, "table_pace", n, names, TABLE_PACE),
        _own(columns, "esp_pct", n, names, np.nan), _own(columns, "cec_mmolc_kg", n, names, np.nan),
        columns["area_dm2"].astype(np.int64) if "area_dm2" in columns else None, taken,
        _own(columns, "ph", n, names, np.nan), _own(columns, "ph_buffer_mmolc_kg", n, names, BUFFER.value),
        _own(columns, "organic_g_kg", n, names, np.nan),
    )  # fmt: skip


def _known(columns: Mapping[str, Any], name: str, values: FloatArray, names: Sequence[str]) -> FloatArray:
    empty = np.isnan(values)
    if empty.any():
        raise BadInput("SALT-UNITS-EMPTY", name=name, unit=names[int(np.flatnonzero(empty)[0])], count=int(empty.sum()))
    return values


def _salt(columns: Mapping[str, Any], names: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    """(q, n, 4) and (q,): where salt starts, and the levels of the quantiles it is given at."""

    def read(name: str) -> FloatArray:
        return _known(columns, name, conductivity(columns[name], name, where=names), names)

    quantiles = sorted((int(found[1]), name) for name in columns if (found := _QUANTILE.fullmatch(name)))
    layers = sorted((int(found[1]), name) for name in columns if (found := _LAYER.fullmatch(name)))
    if quantiles:
        each = np.stack([read(name) for _, name in quantiles])
        if (np.diff(each, axis=0) < 0.0).any():
            at = int(np.flatnonzero((np.diff(each, axis=0) < 0.0).any(axis=0))[0])
            raise BadInput("SALT-UNITS-QUANTILES", unit=names[at])
        return np.repeat(each[:, :, np.newaxis], 4, axis=2), np.array([level / 100.0 for level, _ in quantiles])
    if [number for number, _ in layers] == [1, 2, 3, 4]:
        return np.stack([read(name) for _, name in layers], axis=1)[np.newaxis], np.array([0.5])
    if "ece_ds_m" not in columns:
        raise BadInput("SALT-UNITS-COLUMNS", missing="ece_ds_m", found=", ".join(columns))
    return np.repeat(read("ece_ds_m")[np.newaxis, :, np.newaxis], 4, axis=2), np.array([0.5])


def _soil(columns: Mapping[str, Any], n: int, names: Sequence[str]) -> tuple[dict[str, FloatArray], tuple[str, ...]]:
    """Soil of each unit: its own value where given, else its texture's; and which columns the texture gave."""
    given = {name: _own(columns, name, n, names, np.nan) for name in (
        "field_capacity", "wilting_point", "saturation", "bulk_density", "paste_kg_kg", "leaching_efficiency",
        "infiltration_mm_day", "drainable_porosity", "rise_1m_mm_day",
    )}  # fmt: skip
    kinds = columns["texture"].astype(str) if "texture" in columns else np.full(n, "")
    shown, place = np.unique(kinds, return_inverse=True)
    records = [textures().get(kind.strip().casefold()) for kind in shown.tolist()]
    taken = []
    for name, values in given.items():
        own = np.array([np.nan if one is None else one[name] for one in records])[place]
        if np.isnan(values).any():
            taken.append(name)
        given[name] = np.where(np.isnan(values), own, values)
        empty = np.isnan(given[name])
        if empty.any() and name != "drainable_porosity":
            at = int(np.flatnonzero(empty)[0])
            raise BadInput(
                "SALT-UNITS-TEXTURE", unit=names[at], texture=str(kinds[at]), name=name, known=", ".join(textures())
            )
    given["exponent"] = np.array([2.0 if one is None else one["exponent"] for one in records])[place]
    half = np.maximum(0.5 * (given["saturation"] - given["field_capacity"]), LEAST_DRAINABLE)
    given["drainable_porosity"] = np.where(np.isnan(given["drainable_porosity"]), half, given["drainable_porosity"])
    wrong = ~((given["wilting_point"] < given["field_capacity"]) & (given["field_capacity"] <= given["saturation"]))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise BadInput(
            "SALT-UNITS-ORDER", unit=names[at], wp=f"{given['wilting_point'][at]:g}",
            fc=f"{given['field_capacity'][at]:g}", sat=f"{given['saturation'][at]:g}",
        )  # fmt: skip
    return given, tuple(taken)


def _own(columns: Mapping[str, Any], name: str, n: int, names: Sequence[str], otherwise: float) -> FloatArray:
    if name not in columns:
        return np.full(n, otherwise)
    low, high = _RANGES[name]
    values = within(columns[name], name, low, high, "", where=names)
    return np.where(np.isnan(values), otherwise, values)


@cache
def textures() -> Mapping[str, Mapping[str, float]]:
    """Soil water of each texture, by its name in either language."""
    found: dict[str, Mapping[str, float]] = {}
    for row in table("textures.csv"):
        saturated, kind = float(row["conductivity_mm_day"]), row["rise"]
        a = AQUACROP[kind][0] + AQUACROP[kind][1] * saturated
        values = {
            name: float(row[name])
            for name in (
                "field_capacity", "wilting_point", "saturation", "bulk_density", "paste_kg_kg", "leaching_efficiency"
            )
        }  # fmt: skip
        values["infiltration_mm_day"] = saturated
        values["drainable_porosity"] = np.nan
        values["rise_1m_mm_day"] = float(aquacrop_rise(1.0, saturated, kind))
        values["exponent"] = EXPONENTS[int(np.argmin(np.abs(np.array(EXPONENTS) + 1.0 / a)))]
        for name in (row["texture"], row["name_zh"]):
            found[name.casefold()] = values
    return found
