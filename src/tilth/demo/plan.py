"""The county's plan: what may be done on each salty parcel and when, and what two budgets ask for, as files."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tilth.core import FloatArray
from tilth.demo.written import write_csv
from tilth.soil import treatments

#: Works may begin in these years; what they bring counts to the end of the horizon, counted from the first of them.
STARTS, HORIZON = tuple(range(2026, 2031)), 10
DISCOUNT = 0.05
#: Treatment and crop of each option of the county; the first is how farmland is used today.
MEASURES: Mapping[str, tuple[str, str, str]] = {
    "sunflower": ("as-is", "sunflower", ""),
    "sunflower-autumn": ("autumn-water", "sunflower", ""),
    "sunflower-drained": ("pipe-drains", "sunflower", "PIPE_DRAIN"),
    "sunflower-straw": ("straw-layer", "sunflower", "STRAW_INTERLAYER"),
    "maize-drained": ("pipe-drains", "maize", "PIPE_DRAIN"),
    "barley": ("autumn-water", "barley", ""),
}
#: A raised field with a pond beside it: crop and water as of autumn water, the pond on its share of the land, and what
#: its fish leave. The plain has few ponds; a made-up figure.
POND, POND_SHARE, FISH_YUAN_MU = "pond", 0.4, 3000.0
#: Title in both languages, and share of the money that the master plan has.
PLANS: Mapping[str, tuple[tuple[str, str], float]] = {
    "master": (("Saline land, 2026-2030", "盐碱地治理（2026—2030年）"), 1.0),
    "lean": (("Saline land, 2026-2030, less money", "盐碱地治理（2026—2030年，资金压减）"), 0.75),
}
GRAIN = ("maize", "barley")
WASTE = "1204"
MU_PER_HA, M3_PER_MM = 15.0, 10.0

_COLUMNS = (
    "unit", "treatment", "crop", "start", "township", "zone", "basic", "value_yuan", "cost_yuan", "upkeep_yuan",
    "water_m3", "grain_kg", "area_dm2", "treated_dm2", "new_farmland_dm2", "pond_dm2", "ece_ds_m",
)  # fmt: skip


@dataclass(frozen=True)
class PlanLand:
    """Salty parcels, in the order in which the salt chain had them."""

    units: Sequence[str]
    areas: Sequence[int]  # [dm²]
    classes: Sequence[str]
    townships: Sequence[str]
    basic: Sequence[bool]  # is any of it permanent basic farmland?
    ece: Sequence[float]  # today [dS/m]


@dataclass(frozen=True)
class PlanGains:
    """What each option comes to by year, of the salt chain: (option, unit, year)."""

    options: Sequence[str]
    income: FloatArray  # [yuan/ha]
    water: FloatArray  # [mm]
    ece: FloatArray  # at the end of a year [dS/m]
    share: FloatArray  # of full yield [-]
    full_kg_ha: Mapping[str, float]  # full yield by option


@dataclass(frozen=True)
class PlanFiles:
    """The option table, and for each plan what it asks for."""

    options: Path
    rows: Mapping[str, Path]


def write_plan(folder: Path, land: PlanLand, gains: PlanGains) -> PlanFiles:
    """The options of each parcel and the demands of the plans `master` and `lean` into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [row for at in range(len(land.units)) for row in _options(land, gains, at)]
    write_csv(folder / "options.csv", list(_COLUMNS), rows)
    files = {}
    for name, (title, budget) in PLANS.items():
        files[name] = folder / f"{name}.toml"
        files[name].write_text(_demands(land, rows, title, budget), encoding="utf-8", newline="\n")
    return PlanFiles(folder / "options.csv", files)


def zone_of(code: str, ece: float) -> str:
    """Where a parcel stands: waste saline land, or farmland by how salty it is."""
    return "Z3" if code.startswith(WASTE) else "Z1" if ece < 8.0 else "Z2"


def _options(land: PlanLand, gains: PlanGains, at: int) -> list[tuple[str, ...]]:
    """A row for as it is, and one for each other treatment and year of its start."""
    hectares, waste = land.areas[at] / 1e6, land.classes[at].startswith(WASTE)
    idle = next(iter(MEASURES))
    place = {name: number for number, name in enumerate(gains.options)}
    today = gains.income[place[idle], at] * (0.0 if waste else 1.0)
    drunk = float(gains.water[place[idle], at].mean()) * (0.0 if waste else 1.0)
    head = (land.townships[at], zone_of(land.classes[at], land.ece[at]), "yes" if land.basic[at] else "no")
    area, salt = land.areas[at], float(gains.ece[place[idle], at, -1])
    first = (land.units[at], "as-is", "none" if waste else "sunflower", "", *head)
    rows: list[tuple[str, ...]] = [(*first, "0", "0", "0", "0", "0", str(area), "0", "0", "0", f"{salt:.2f}")]
    for option, start in itertools.product([one for one in MEASURES if one != idle] + [POND], STARTS):
        pond = option == POND
        own = place["sunflower-autumn" if pond else option]
        treatment, crop, measure = (POND, "sunflower", "POND_FIELD") if pond else MEASURES[option]
        kept = 1.0 - POND_SHARE if pond else 1.0
        yearly = gains.income[own, at] * kept
        capital = works = 0.0
        if measure:
            record = treatments()[measure]
            capital = record.capex_yuan_mu.at("mid") * MU_PER_HA
            works = record.opex_yuan_mu.at("mid") * MU_PER_HA
            if pond:
                yearly = yearly - capital / record.life_years.at("mid") - works
                yearly = yearly + FISH_YUAN_MU * MU_PER_HA * POND_SHARE
        left = HORIZON - (start - STARTS[0]) - 1
        worth = sum(
            (yearly[min(y, len(yearly) - 1)] - today[min(HORIZON - left + y, len(today) - 1)])
            * (1.0 + DISCOUNT) ** -(HORIZON - left + y)
            for y in range(left)
        )  # fmt: skip
        grain = gains.full_kg_ha[option] * float(gains.share[own, at, -5:].mean()) if crop in GRAIN else 0.0
        water = max(0.0, float(gains.water[own, at].mean()) * kept - drunk)
        taken = round(area * POND_SHARE) if pond else 0
        new = area if waste and not pond else area - taken if waste else 0
        numbers = (
            round(float(worth) * hectares), round(capital * hectares), round(works * hectares),
            round(water * M3_PER_MM * hectares), round(grain * hectares), area, area, new, taken,
        )  # fmt: skip
        told = (land.units[at], treatment, crop, str(start), *head)
        rows.append((*told, *map(str, numbers), f"{float(gains.ece[own, at, -1]):.2f}"))
    return rows


def _demands(land: PlanLand, rows: Sequence[tuple[str, ...]], title: tuple[str, str], budget: float) -> str:
    """What is asked for, in figures that fit the county: shares of what all its salty land would take."""
    area = sum(land.areas)
    column = {name: number for number, name in enumerate(_COLUMNS)}
    most: dict[str, int] = {}
    for row in rows:
        most[row[0]] = max(most.get(row[0], 0), int(row[column["grain_kg"]]))
    drains = treatments()["PIPE_DRAIN"].capex_yuan_mu.at("mid") * MU_PER_HA
    money = _round(0.06 * budget * drains * area / 1e6)
    water, piped, grain = _round(1500.0 * area / 1e6), _round(0.08 * area), _round(0.12 * sum(most.values()))
    held: dict[str, int] = {}
    for own, town in zip(land.areas, land.townships, strict=True):
        held[town] = held.get(town, 0) + own
    shares = {town: _round(0.25 * own) for town, own in sorted(held.items()) if own >= 0.05 * area}
    fair = ", ".join(f'"{town}" = {least}' for town, least in shares.items())
    return _ROWS.format(
        title=title[0], title_zh=title[1], money=money, water=water, piped=piped, grain=grain, fair=fair
    )  # fmt: skip


def _round(value: float) -> int:
    """To two figures, downwards."""
    size: int = 10 ** max(0, len(str(int(value))) - 2)
    return int(value) // size * size


_ROWS = """# What the county asks of its plan. All figures are made up.
title = "{title}"
version = "2026-1"

[aim]
maximise = "value_yuan"

[spent.spent_yuan]          # works in the year of the start, upkeep in each year after it
first = "cost_yuan"
after = "upkeep_yuan"

[spent.used_water_m3]       # beyond what the land drinks today
first = "water_m3"
after = "water_m3"

[[within]]
column = "spent_yuan"
most = {money}
by = "year"

[[within]]
column = "used_water_m3"
most = {water}
by = "year"

[[within]]                  # what the county can lay in a year
column = "area_dm2"
most = {piped}
where = {{treatment = "pipe-drains"}}
by = "year"

[[at_least]]                # each year, once all is done
column = "grain_kg"
least = {grain}

[[at_least]]                # no township with much salty land is left behind
column = "treated_dm2"
least = {{{fair}}}
by = "township"

[[lock]]                    # a pond is not farmland
treatment = "pond"
out = true
where = {{basic = "yes"}}

[[source]]                  # who pays, in this order of shares
name = {{en = "State funds", zh = "中央和省级资金"}}
share = 0.6

[[source]]
name = {{en = "County budget", zh = "县级财政"}}
share = 0.25

[[source]]
name = {{en = "Farmers and firms", zh = "农户与企业自筹"}}
share = 0.15

[names.plan]
title = {{en = "{title}", zh = "{title_zh}"}}

[names.treatment]
as-is = {{en = "As it is", zh = "维持现状"}}
autumn-water = {{en = "Autumn water", zh = "秋浇压盐"}}
pipe-drains = {{en = "Pipe drains and autumn water", zh = "暗管排盐＋秋浇"}}
straw-layer = {{en = "Straw interlayer and autumn water", zh = "秸秆隔层＋秋浇"}}
pond = {{en = "Raised field with pond", zh = "上农下渔"}}

[names.crop]
none = {{en = "no crop", zh = "未种植"}}
sunflower = {{en = "Sunflower", zh = "向日葵"}}
maize = {{en = "Maize", zh = "玉米"}}
barley = {{en = "Barley", zh = "大麦"}}

[names.zone]
Z1 = {{en = "Lightly saline farmland", zh = "轻度盐化耕地区"}}
Z2 = {{en = "Saline farmland", zh = "中重度盐化耕地区"}}
Z3 = {{en = "Saline waste land", zh = "盐碱荒地区"}}
"""
