"""Measures against salt: what each changes in the chain, what it costs, what it needs, and which exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from tilth.core import BadInput, FloatArray, Label, NotFound, message
from tilth.core.area import BoolArray
from tilth.soil.limits import conductivity
from tilth.soil.salt_chain.options import Option
from tilth.soil.salt_chain.tolerances import table
from tilth.soil.salt_chain.worn import NO_LIME_PH

#: Of a range given low..high, which end a plan is drawn up with.
LEVELS = ("low", "mid", "high")
#: Mu of a hectare.
MU_PER_HA = 15.0
#: Day on which water is let on to flush salt, after harvest and before frost.
FLUSH_DAY = "10-25"
#: Effects that multiply; others replace, or add up where two measures give the same.
_MULTIPLY = ("rising", "evaporation", "mixing", "infiltration", "starting_salt")
_ADD = ("table_shift_m", "harvested_kg_ha", "lime_t_ha", "humus_t_ha")
#: Sodium above which leaching needs an amendment first (T2), and below which gypsum is of no use (T3). [%]
SODIC_ESP, NO_GYPSUM_ESP = 15.0, 10.0
#: Salt of solonchak: no crop without water to leach (T8). [dS/m]
SEVERE_ECE = 16.0
_AMENDMENTS = frozenset({"GYPSUM", "FGD_GYPSUM", "ACIDIFIER"})
_LEACHING = frozenset({"LEACH_DITCH", "PIPE_DRAIN", "WELL_DRAIN", "PADDY"})
#: Pairs that cannot stand on one parcel (T7).
_APART = (frozenset({"PADDY", "DRIP_MULCH"}), frozenset({"RAISED_BED", "PIPE_DRAIN"}))


@dataclass(frozen=True, slots=True)
class Range:
    """A planning prior: low and high, its middle in use."""

    low: float
    high: float

    def at(self, level: str) -> float:
        """Its low, middle or high end."""
        return {"low": self.low, "mid": 0.5 * (self.low + self.high), "high": self.high}[level]


@dataclass(frozen=True)
class Treatment:
    """One measure; every figure is a planning prior to be replaced by a county's own."""

    id: str
    label: Label
    capex_yuan_mu: Range
    opex_yuan_mu: Range  # each year
    life_years: Range
    flush_mm: Range  # water of each autumn
    needs: tuple[str, ...]  # "outlet", "water"
    effects: Mapping[str, Range]
    confidence: str
    source: str


@cache
def treatments() -> Mapping[str, Treatment]:
    """The measures that ship, by id."""

    def ends(row: Mapping[str, str], name: str) -> Range:
        return Range(float(row[f"{name}_low"]), float(row[f"{name}_high"]))

    return {
        row["treatment_id"]: Treatment(
            row["treatment_id"], Label(row["name_en"], row["name_zh"]), ends(row, "capex"), ends(row, "opex"),
            ends(row, "life"), ends(row, "flush_mm"), tuple(row["needs"].split()), _effects(row["effects"]),
            row["confidence"], row["source"],
        )
        for row in table("treatments.csv")
    }  # fmt: skip


def _effects(text: str) -> Mapping[str, Range]:
    found = {}
    for part in text.split(";"):
        name, _, value = part.partition("=")
        low, _, high = value.partition("..")
        found[name] = Range(float(low), float(high or low))
    return found


def treated(base: Option, ids: Sequence[str], level: str = "mid") -> Option:
    """`base` with measures added: effects multiplied (T6), doses and water added up, costs spread over each one's life.

    Raises
    ------
    NotFound, BadInput
        If a measure is not known, or two of them exclude each other.
    """
    if level not in LEVELS:
        raise BadInput("SALT-TREATMENT-LEVEL", level=level, known=", ".join(LEVELS))
    unknown = [one for one in ids if one not in treatments()]
    if unknown:
        raise NotFound("SALT-TREATMENT-UNKNOWN", treatment=unknown[0], known=", ".join(treatments()))
    pair = apart(ids)
    if pair:
        raise BadInput("SALT-TREATMENT-APART", first=pair[0], second=pair[1])
    changed: dict[str, Any] = {}
    flush, each_year, bought = 0.0, base.opex_yuan_ha, base.capex_yuan_ha / base.life_years
    for one in (treatments()[name] for name in ids):
        for name, effect in one.effects.items():
            changed[name] = _with(name, changed.get(name, getattr(base, name)), effect.at(level))
        flush = max(flush, one.flush_mm.at(level))
        each_year += MU_PER_HA * one.opex_yuan_mu.at(level)
        bought += MU_PER_HA * one.capex_yuan_mu.at(level) / one.life_years.at(level)
    water = dict(base.irrigation)
    if flush > 0.0:
        water[FLUSH_DAY] = water.get(FLUSH_DAY, 0.0) + flush
    return replace(
        base, id="+".join([base.id, *ids]), irrigation=water, opex_yuan_ha=each_year, capex_yuan_ha=bought,
        life_years=1.0, treatments=(*base.treatments, *ids), **changed,
    )  # fmt: skip


def _with(name: str, before: object, value: float) -> object:
    if name == "gypsum_t_ha":
        assert isinstance(before, tuple)
        return (sum(before[:1]) + value, *before[1:])
    assert isinstance(before, int | float)
    if name in _MULTIPLY:
        return before * value
    if name in _ADD:
        return before + value
    return value


def apart(ids: Iterable[str]) -> tuple[str, str] | None:
    """Two of the measures that exclude each other (T7), or None."""
    chosen = set(ids)
    for pair in _APART:
        if pair <= chosen:
            first, second = sorted(pair)
            return first, second
    if "SOIL_SWAP" in chosen and len(chosen) > 1:
        return "SOIL_SWAP", min(chosen - {"SOIL_SWAP"})
    return None


def excluded(
    option: Option,
    *,
    ece: object,
    esp: object,
    outlet: object = True,
    water: object = True,
    gypsic: object = False,
    protected: object = False,
    ph: object = np.nan,
    compensates: object = False,
    saline_class: object = False,
    accepted: object = False,
) -> Mapping[str, BoolArray]:
    """Units on which an option may not stand, by the rule that says so (T1 to T5, T8, T9, L1; `reason` says it).

    `ece` and `esp` of the plough layer [dS/m, %; NaN unknown: excludes nothing], `ph` likewise; has the unit an outlet
    for drainage, a right to water; is its soil gypsic; is it permanent basic farmland? Is it to compensate for farmland
    that was built on, is it saline-alkali land (class 1204) today, has it been accepted as farmland? Each one value or
    (n,).
    """
    salt, sodium = np.atleast_1d(np.asarray(ece, dtype=np.float64)), np.atleast_1d(np.asarray(esp, dtype=np.float64))
    ids, none = set(option.treatments), np.zeros(np.broadcast_shapes(salt.shape, sodium.shape), dtype=bool)
    dry, shut = ~np.asarray(water, dtype=bool) | none, ~np.asarray(outlet, dtype=bool) | none
    flushes = bool(ids & _LEACHING) or FLUSH_DAY in option.irrigation
    thirsty = bool(ids & {"PADDY"}) or flushes
    unaccepted = np.asarray(saline_class, dtype=bool) & ~np.asarray(accepted, dtype=bool)
    found = {
        "T1": shut & flushes,
        "T2": (sodium > SODIC_ESP) & (flushes and not ids & _AMENDMENTS) | none,
        "T3": ((sodium < NO_GYPSUM_ESP) | np.asarray(gypsic, dtype=bool)) & bool(ids & {"GYPSUM", "FGD_GYPSUM"}) | none,
        "T4": dry & thirsty,
        "T5": np.asarray(protected, dtype=bool) & ("POND_FIELD" in ids) | none,
        "T8": (salt > SEVERE_ECE) & dry & bool(option.crops) & ("HALO_FEED" not in ids),
        "T9": np.asarray(compensates, dtype=bool) & unaccepted | none,
        "L1": (np.asarray(ph, dtype=np.float64) >= NO_LIME_PH) & (option.lime_t_ha > 0.0) | none,
    }
    return {rule: rows for rule, rows in found.items() if rows.any()}


def reason(rule: str) -> str:
    """Why a rule of `excluded` leaves a unit out, in the language in use."""
    return message(f"SALT-RULE-{rule}")


def residual_ece(
    before: object, lowered: Sequence[float], floor: object, *, years: float = 0.0, lives: Sequence[float] = ()
) -> FloatArray:
    """ECe after measures, without a simulation (T6): what each leaves is multiplied, never below equilibrium. [dS/m]

    `lowered`: share by which each lowers salt; where `lives` are given, what it does fades evenly to nothing over its
    life. `floor`: ECe in equilibrium with water and groundwater.

    >>> residual_ece(10.0, (0.4, 0.5), 2.0).item(), residual_ece(10.0, (0.4, 0.5), 4.0).item()
    (3.0, 4.0)
    """
    salt = conductivity(before, "ece before")
    spans = lives or (float("inf"),) * len(lowered)
    left = np.prod([1.0 - share * max(1.0 - years / life, 0.0) for share, life in zip(lowered, spans, strict=True)])
    result: FloatArray = np.maximum(salt * left, np.minimum(conductivity(floor, "ece in equilibrium"), salt))
    return result
