"""What may be done on a unit: crops, water, drains, amendments; and how that looks step by step to the salt chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cache

import numpy as np

from tilth.core import BadInput, FloatArray, IntArray, Label, NotFound
from tilth.soil.limits import conductivity, given_numbers, within
from tilth.soil.salt_chain import chain
from tilth.soil.salt_chain.drainage import equivalent_depth
from tilth.soil.salt_chain.forcing import Forcing, mean_of, step_of
from tilth.soil.salt_chain.ground import Layout
from tilth.soil.salt_chain.gypsum import EXCHANGE, SOLUBILITY, gypsum_charge
from tilth.soil.salt_chain.tolerances import SaltTolerance, number, table, tolerance

#: Salt of 1 mm of water at 1 dS/m. [kg/ha]
KG_PER_SALT = 6.4
#: Evaporation of bare wet soil, and coefficient of dry bare soil (FAO-56). [-]
KC_MOST, KC_LEAST = 1.2, 0.15
#: Height that the cover by a coefficient is computed for (FAO-56, equation 76). [m]
HEIGHT = 0.8
#: A substep brings at most this share of the top layer's thickness in water; half of it to coarse soil.
PULSE = 0.1
#: How fast water is let on: what is scheduled comes at the start of its step, not spread over it. [mm/day]
WATERING_PACE = 100.0
#: What freezing pulls up into the top layer. [mm/day]
FREEZING_PULL = 0.3
#: Things that can be switched off, to see what each of them does.
PROCESSES = (
    "rise", "salt-stress", "water-stress", "bypass", "drains", "gypsum", "freezing", "ponding", "harvest", "table",
    "rain", "evaporation", "crop",
)  # fmt: skip


@dataclass(frozen=True)
class Calendar:
    """When a crop grows and what it takes: stages and coefficients of FAO-56, yield response of FAO-33, full yield."""

    crop: str
    sow: str  # "MM-DD"
    stages: tuple[int, int, int, int]  # initial, development, middle, late [days]
    kcb: tuple[float, float, float]  # initial, middle, end
    depletion: float  # share of available water taken without stress
    ky: float
    full_kg_ha: float
    yuan_per_kg: float
    confidence: str = "unverified"
    source: str = ""

    def curve(self) -> tuple[FloatArray, IntArray]:
        """(365,) basal coefficient, 0 where nothing grows, and whether the crop grows on each day of the year."""
        initial, rising, middle, late = self.stages
        knots = np.cumsum([0, initial, rising, middle, late])
        daily = np.interp(
            np.arange(knots[-1]) + 0.5, knots, [self.kcb[0], self.kcb[0], self.kcb[1], self.kcb[1], self.kcb[2]]
        )
        first = step_of(self.sow, np.ones(365))
        if first + knots[-1] > 365:
            raise BadInput("SALT-CALENDAR-YEAR", crop=self.crop, sow=self.sow, days=int(knots[-1]))
        kcb, grows = np.zeros(365), np.zeros(365, dtype=np.int64)
        kcb[first : first + knots[-1]] = daily
        grows[first : first + knots[-1]] = 1
        return kcb, grows


@dataclass(frozen=True)
class Option:
    """One way to use a unit. What is not said is as on land that nobody treats."""

    id: str
    label: Label
    crops: tuple[str | SaltTolerance, ...] = ()  # up to two in a year; none: fallow
    irrigation: Mapping[str, float] = field(default_factory=dict)  # day "MM-DD" -> mm
    irrigation_ec: float = 0.7  # [dS/m]
    refill: float = 0.0  # share of what the root zone is short of that is let on while a crop grows
    wetted: float = 1.0  # share of the surface that irrigation wets, as drip does
    pond_mm: float = 0.0  # water held on the field while a crop grows
    percolation_mm_day: float = float("inf")  # of a puddled field
    bund_mm: float = 30.0
    drain_depth_m: float = float("nan")  # no drains
    drain_spacing_m: float = 40.0
    conductivity_m_day: float = 0.5  # of the soil that water takes to the drains
    gypsum_t_ha: tuple[float, ...] = ()  # in the first years
    rising: float = 1.0  # share of capillary rise left, as by a straw layer
    evaporation: float = 1.0  # share of evaporation left, as under film
    mixing: float = 1.0  # factor of leaching efficiency
    infiltration: float = 1.0
    table_shift_m: float = 0.0  # how much farther the surface stands from the water table
    starting_salt: float = 1.0  # share of the salt of the two upper layers left at the start
    harvested_kg_ha: float = 0.0  # salt that a harvest carries off
    lime_t_ha: float = 0.0  # CaCO3 in the first year
    humus_t_ha: float = 0.0  # what becomes humus each year, on top of what the land gets today
    capex_yuan_ha: float = 0.0
    opex_yuan_ha: float = 0.0  # each year
    life_years: float = 1.0
    treatments: tuple[str, ...] = ()
    without: frozenset[str] = frozenset()  # of `PROCESSES`
    calendars: tuple[Calendar, ...] = ()  # of `crops`; those of the table where none are given

    def __post_init__(self) -> None:
        if len(self.crops) > chain.SEASONS:
            raise BadInput("SALT-OPTION-CROPS", option=self.id, count=len(self.crops), most=chain.SEASONS)
        for one in fields(self):
            if isinstance(one.default, float):
                given_numbers([getattr(self, one.name)], one.name, [self.id])
            if isinstance(one.default, tuple) and isinstance(getattr(self, one.name), str):
                raise BadInput("SALT-OPTION-LIST", name=one.name, option=self.id, value=getattr(self, one.name))
        conductivity([self.irrigation_ec], "irrigation_ec", where=[self.id])
        for name, value in self.irrigation.items():
            within([value], f"irrigation {name}", 0.0, 3000.0, "mm", where=[self.id])
        unknown = self.without - set(PROCESSES)
        if unknown:
            raise BadInput("SALT-OPTION-PROCESS", process=", ".join(sorted(unknown)), known=", ".join(PROCESSES))

    @property
    def tolerances(self) -> tuple[SaltTolerance, ...]:
        """What its crops bear."""
        return tuple(tolerance(crop) for crop in self.crops)

    @property
    def growing(self) -> tuple[Calendar, ...]:
        """The calendars of its crops."""
        return self.calendars or tuple(calendar_of(crop) for crop in self.tolerances)


@dataclass(frozen=True)
class Course:
    """An option in one zone's weather, as the compiled part walks it: t steps of the weather, or parts of them."""

    steps: FloatArray  # (w, t, SHARED)
    counts: IntArray  # (w, t)
    calendar: IntArray  # (t, 3)
    removed: FloatArray  # (SEASONS,) [mm dS/m]
    doses: FloatArray  # (years,) [mmolc/m²]
    season_days: FloatArray  # (SEASONS,)
    part_of: IntArray  # (t,) step of the weather


@cache
def calendars() -> Mapping[str, Calendar]:
    """The calendars that ship, by crop."""
    return {
        row["crop_id"]: Calendar(
            row["crop_id"], row["sow"],
            (int(row["initial"]), int(row["development"]), int(row["middle"]), int(row["late"])),
            (number(row["kcb_initial"]), number(row["kcb_middle"]), number(row["kcb_end"])), number(row["depletion"]),
            number(row["ky"]), number(row["full_kg_ha"]), number(row["yuan_per_kg"]), row["confidence"], row["source"],
        )
        for row in table("calendars.csv")
    }  # fmt: skip


def calendar_of(crop: SaltTolerance) -> Calendar:
    """The calendar of a crop, or of the crop that a variety belongs to."""
    found = calendars().get(crop.id) or calendars().get(crop.crop)
    if found is None:
        raise NotFound("SALT-CALENDAR-UNKNOWN", crop=crop.id, known=", ".join(calendars()))
    return found


def course(
    option: Option, forcing: Forcing, zone: int, layout: Layout, years: int, *, coarse: bool = False, substeps: int = 1
) -> Course:
    """What units of one zone share under an option; `substeps` is the least number in a step."""
    days, off = forcing.days, option.without
    w, t = len(forcing.years), forcing.steps
    x = np.zeros((w, t, chain.SHARED))
    kcb, bare, exposed, season = _cover(option, forcing)
    cold = np.zeros((w, t)) if "freezing" in off else (forcing.temperature[zone] < 0.0).astype(np.float64)
    ponds = np.where(season >= 0, 0.0 if "ponding" in off else option.pond_mm, 0.0)
    pulse = PULSE * layout.thickness_mm[0] * (0.5 if coarse else 1.0)
    x[..., chain.X_DAYS] = days
    x[..., chain.X_RAIN] = 0.0 if "rain" in off else forcing.rain[zone]
    x[..., chain.X_RAIN_EC] = forcing.rain_ec[zone]
    x[..., chain.X_IRRIGATION] = _scheduled(option, days)
    x[..., chain.X_IRRIGATION_EC] = option.irrigation_ec
    x[..., chain.X_REFILL] = np.where(season >= 0, option.refill, 0.0)
    x[..., chain.X_REFILL_MOST] = pulse
    x[..., chain.X_POND] = ponds
    x[..., chain.X_BUND] = np.maximum(option.bund_mm, ponds)
    x[..., chain.X_CROP] = 0.0 if "crop" in off else kcb * forcing.et0[zone]
    x[..., chain.X_AIR] = 0.0 if "evaporation" in off else bare * forcing.et0[zone] * option.evaporation
    x[..., chain.X_FROZEN] = cold
    x[..., chain.X_PULL] = cold * FREEZING_PULL * days
    _stress(x, option, season, off)
    x[..., chain.X_RISING] = 0.0 if "rise" in off else option.rising
    x[..., chain.X_MIXING] = 1e9 if "bypass" in off else option.mixing
    pace = 0.0 if "drains" in off else drain_pace(option)
    x[..., chain.X_DRAIN_DEPTH] = option.drain_depth_m if pace > 0.0 else 0.0
    x[..., chain.X_DRAIN_PACE] = pace
    x[..., chain.X_SHALLOWEST] = layout.shallowest_m
    x[..., chain.X_FROM] = layout.from_m
    x[..., chain.X_TABLE_SHIFT] = forcing.table_shift[zone] + option.table_shift_m
    x[..., chain.X_SOLUBILITY] = SOLUBILITY.value
    x[..., chain.X_USED] = 1.0 / EXCHANGE.value
    x[..., chain.X_ROOTS] = layout.roots_mm
    x[..., chain.X_LETS_IN] = np.minimum(np.where(season >= 0, option.percolation_mm_day, np.inf), 1e6)
    x[..., chain.X_INFILTRATION] = option.infiltration
    x[..., chain.X_EXPOSED] = exposed
    x[..., chain.X_THICKNESS : chain.X_THICKNESS + 4] = layout.thickness_mm
    x[..., chain.X_UPTAKE : chain.X_UPTAKE + 4] = layout.uptake
    x[..., chain.X_INSIDE : chain.X_INSIDE + 4] = layout.inside
    x, counts, part_of = _events_first(x, pulse, substeps)
    doses = np.zeros(years)
    if "gypsum" not in off:
        doses[: len(option.gypsum_t_ha)] = gypsum_charge(np.asarray(option.gypsum_t_ha))[:years]
    removed = 0.0 if "harvest" in off else option.harvested_kg_ha / KG_PER_SALT
    length = np.array([(days * (season == which)).sum() for which in range(chain.SEASONS)])
    return Course(x, counts, _sown(season, part_of), np.full(chain.SEASONS, removed), doses, length, part_of)


def _pulses(x: FloatArray, pulse: float) -> IntArray:
    """(w, t) substeps of steps, so that none brings more water than a pulse."""
    days, ponds = x[..., chain.X_DAYS], x[..., chain.X_POND]
    filled = np.where(ponds > 0.0, ponds + np.minimum(x[..., chain.X_LETS_IN], 20.0) * days, 0.0)
    brought = x[..., chain.X_RAIN] + x[..., chain.X_IRRIGATION] + filled
    brought = np.maximum(brought, np.where(x[..., chain.X_REFILL] > 0.0, 4.0 * days, 0.0))
    return np.maximum(np.ceil(brought / pulse), 1).astype(np.int64)


def _events_first(x: FloatArray, pulse: float, substeps: int) -> tuple[FloatArray, IntArray, IntArray]:
    """Steps with what is let on, and with rain of a day, cut in two: water comes first, then the rest of the time.

    Spread over its step, water would wet the surface all the time, and twice what FAO-56 lets evaporate would do so
    (its annex 8 has rain and irrigation early in the day). Basins hold what is let on. (w, t', SHARED), (w, t'), (t',).
    """
    days, daily = x[..., chain.X_DAYS], x[..., chain.X_DAYS] <= 1.0
    event = x[..., chain.X_IRRIGATION] + np.where(daily, x[..., chain.X_RAIN], 0.0)
    event = np.where(x[..., chain.X_FROZEN] > 0.0, 0.0, event)
    cut = np.asarray((event > 0.0).any(axis=0))
    share = np.where(event > 0.0, np.minimum(event / WATERING_PACE / days, 0.5), 0.5)
    part_of = np.repeat(np.arange(x.shape[1]), 1 + cut)
    first = np.concatenate([[True], part_of[1:] != part_of[:-1]]) & cut[part_of]
    second = np.concatenate([[False], first[:-1]])
    parts = x[:, part_of]
    of_time = np.where(first, share[:, part_of], np.where(second, 1.0 - share[:, part_of], 1.0))
    wet = event[:, part_of] > 0.0
    for k in (chain.X_DAYS, chain.X_CROP, chain.X_AIR, chain.X_PULL):
        parts[..., k] *= of_time
    parts[..., chain.X_IRRIGATION] *= np.where(wet, np.where(second, 0.0, 1.0), of_time)
    rain_first = np.where(wet & daily[:, part_of], np.where(second, 0.0, 1.0), of_time)
    parts[..., chain.X_RAIN] *= rain_first
    parts[..., chain.X_BUND] = np.maximum(parts[..., chain.X_BUND], x[:, part_of, chain.X_IRRIGATION])
    return parts, _pulses(parts, pulse) * substeps, part_of


def _cover(option: Option, forcing: Forcing) -> tuple[FloatArray, FloatArray, FloatArray, IntArray]:
    """(t,) basal coefficient, coefficient of wet soil, share of it exposed, and which crop grows (-1 none).

    Dual coefficient of FAO-56: Ke is at most few × Kcmax and Kcmax - Kcb, cover from Kcb by its equation 76.
    """
    kcb = np.zeros(365)
    which = np.full(365, -1, dtype=np.int64)
    for number_, calendar in enumerate(option.growing):
        curve, grows = calendar.curve()
        if (grows & (which >= 0)).any():
            raise BadInput("SALT-OPTION-OVERLAP", option=option.id, crop=calendar.crop)
        kcb, which = kcb + curve, np.where(grows > 0, number_, which)
    cover = np.clip((kcb - KC_LEAST) / (KC_MOST - KC_LEAST), 0.0, 0.99) ** (1.0 + 0.5 * HEIGHT)
    exposed = np.clip(np.minimum(1.0 - cover, option.wetted), 0.01, 1.0)
    wet = np.minimum(KC_MOST - kcb, exposed * KC_MOST)
    middle = (np.cumsum(forcing.days) - 0.5 * forcing.days).astype(np.int64)
    air = mean_of(forcing.days, np.maximum(wet, 0.0))
    return mean_of(forcing.days, kcb), air, mean_of(forcing.days, exposed), which[middle]


def _scheduled(option: Option, days: FloatArray) -> FloatArray:
    water = np.zeros(len(days))
    for day, amount in option.irrigation.items():
        water[step_of(day, days)] += amount
    return water


def _stress(x: FloatArray, option: Option, season: IntArray, off: frozenset[str]) -> None:
    """Salt and water stress of the crop that grows in each step; an unknown tolerance stresses nothing."""
    x[..., chain.X_DEPLETION] = 1.0 - 1e-9 if "water-stress" in off else 0.5
    for which, (crop, calendar) in enumerate(zip(option.tolerances, option.growing, strict=True)):
        at = season == which
        if crop.known and "salt-stress" not in off:
            x[:, at, chain.X_THRESHOLD] = crop.threshold
            x[:, at, chain.X_SLOPE] = crop.slope / 100.0 / calendar.ky
        if "water-stress" not in off:
            x[:, at, chain.X_DEPLETION] = calendar.depletion


def _sown(season: IntArray, part_of: IntArray) -> IntArray:
    """(t, 3) of `chain.walk`: what grows, what is sown as the step starts, what is harvested as it ends."""
    season = season[part_of]
    before, after = np.concatenate([[-1], season[:-1]]), np.concatenate([season[1:], [-1]])
    sown = np.where((season >= 0) & (season != before), season, -1)
    cut = np.where((season >= 0) & (season != after), season, -1)
    return np.column_stack([season, sown, cut]).astype(np.int64)


def drain_pace(option: Option) -> float:
    """How fast drains draw the water table to their depth: 8 K d/(μ L²), μ 0.06 (Hooghoudt, linear). [1/day]"""
    if not np.isfinite(option.drain_depth_m):
        return 0.0
    depth = float(equivalent_depth(option.drain_spacing_m, 3.0, 0.05))
    return 8.0 * option.conductivity_m_day * depth / (0.06 * option.drain_spacing_m**2)
