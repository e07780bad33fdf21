"""Seasonal evaporation of the chain's water balance, without salt, beside pyfao56 on its own example seasons.

pyfao56 and its example files are none of Tilth's: `--examples` names the folder with .par, .wth and .irr of a season.
Coefficients, soil and irrigation are those of the example; Tilth keeps its own layers, wetting and stress.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyfao56 as fao
from tilth.core import Label
from tilth.soil import Calendar, Forcing, Layout, Option, SaltTolerance, units_from_table
from tilth.soil.salt_chain import chain
from tilth.soil.salt_chain.options import course
from tilth.soil.salt_chain.running import started

#: Season: parameters, weather, irrigation, first and last day.
SEASONS = {
    "cotton 2013 wet": ("cotton2013.par", "cotton2013.wth", "cottonwet2013.irr", "2013-113", "2013-312"),
    "cotton 2013 dry": ("cotton2013.par", "cotton2013.wth", "cottondry2013.irr", "2013-113", "2013-312"),
    "cotton 2018 100": ("cotton2018.par", "cotton2018.wth", "cotton2018_100.irr", "2018-108", "2018-303"),
    "cotton 2018 060": ("cotton2018.par", "cotton2018.wth", "cotton2018_060.irr", "2018-108", "2018-303"),
}
NAME = Label("season", "生长季")


def theirs(folder: Path, files: tuple[str, ...]) -> tuple[Any, Any, Any, Any]:
    """pyfao56's season, its parameters, weather and irrigation."""
    par = fao.Parameters()
    par.loadfile(str(folder / files[0]))
    weather = fao.Weather()
    weather.loadfile(str(folder / files[1]))
    water = fao.Irrigation()
    water.loadfile(str(folder / files[2]))
    model = fao.Model(files[3], files[4], par, weather, irr=water)
    model.run()
    return model, par, weather, water


def ours(folder: Path, files: tuple[str, ...]) -> dict[str, Any]:
    """The same season in Tilth and pyfao56, and how long each took."""
    began = time.perf_counter()
    model, par, weather, water = theirs(folder, files)
    their_seconds = time.perf_counter() - began
    first, last = int(files[3][5:]), int(files[4][5:])
    days = np.arange(first, last + 1)
    keys = [f"{files[3][:4]}-{day:03d}" for day in days]
    rain, et0 = np.zeros(365), np.zeros(365)
    rain[days - 1] = [float(weather.wdata.loc[key, "Rain"]) for key in keys]
    et0[days - 1] = model.odata["ETref"].to_numpy()[: len(days)]
    scheduled, wetted, share = np.zeros(365), np.zeros(365), 1.0
    events = {int(str(key)[5:]): (float(row["Depth"]), float(row["fw"])) for key, row in water.idata.iterrows()}
    for day in range(first, last + 1):  # a share stays wetted until the next watering, or until rain wets it all
        depth, share = events.get(day, (0.0, 1.0 if rain[day - 1] >= 3.0 else share))
        scheduled[day - 1], wetted[day - 1] = depth, share
    mean_wetted = float(wetted[first - 1 : last].mean())
    top, rest = par.Ze * 1000.0, (par.Zrmax - par.Ze) * 1000.0
    layout = Layout((top, 0.35 * rest, 0.65 * rest, 300.0), (0.15, 0.45, 0.40, 0.0))
    late = min(par.Lend, 364 - first - par.Lini - par.Ldev - par.Lmid)
    calendar = Calendar(
        "season", str(np.datetime64("2001-01-01") + np.timedelta64(first - 1, "D"))[5:],
        (par.Lini, par.Ldev, par.Lmid, late), (par.Kcbini, par.Kcbmid, par.Kcbend), par.pbase, 1.0, 1.0, 1.0,
    )  # fmt: skip
    crop = SaltTolerance("season", NAME, 250.0, 1.0)
    waterings = {
        str(np.datetime64("2001-01-01") + np.timedelta64(int(day), "D"))[5:]: float(scheduled[day])
        for day in np.flatnonzero(scheduled)
    }
    option = Option(
        "season",
        NAME,
        (crop,),
        waterings,
        irrigation_ec=0.0,
        wetted=mean_wetted,
        calendars=(calendar,),
        without=frozenset({"rise"}),
    )
    shape = (1, 1, 365)
    forcing = Forcing(
        ("",), (1,), np.ones(365), rain.reshape(shape), et0.reshape(shape), np.full(shape, np.nan),
        np.zeros(shape), np.zeros(shape),
    )  # fmt: skip
    units = units_from_table({
        "ece_ds_m": [0.1], "groundwater_depth_m": [20.0], "groundwater_ec_ds_m": [1.0], "texture": ["sandy loam"],
        "field_capacity": [par.thetaFC], "wilting_point": [par.thetaWP],
    })  # fmt: skip
    shared = course(option, forcing, 0, layout, 1)
    steps = shared.steps.copy()
    # after its last stage pyfao56 keeps the last coefficient to the end of the season
    ends = first - 1 + par.Lini + par.Ldev + par.Lmid + late
    later = (shared.part_of >= ends) & (shared.part_of < last)
    steps[0, later, chain.X_CROP] = par.Kcbend * et0[shared.part_of[later]] * steps[0, later, chain.X_DAYS]
    state = started(units, np.arange(1), 0, option, layout)
    thickness = np.asarray(layout.thickness_mm)
    dry = np.clip((par.Zrini * 1000.0 - np.concatenate([[0.0], np.cumsum(thickness)[:-1]])) / thickness, 0.0, 1.0)
    start = par.thetaFC - (par.thetaFC - par.theta0) * dry
    state[chain.WATER : chain.WATER + 4] = (start * thickness)[:, np.newaxis]
    sums, end = np.empty((1, chain.SUMS, chain.LANE)), np.empty((1, chain.STATES, chain.LANE))
    chain.walk(state.copy(), steps, shared.counts, shared.calendar, shared.removed, shared.doses, 1, sums, end)
    began = time.perf_counter()
    rounds = 20
    for _ in range(rounds):
        chain.walk(state.copy(), steps, shared.counts, shared.calendar, shared.removed, shared.doses, 1, sums, end)
    our_seconds = (time.perf_counter() - began) / rounds / chain.LANE
    parts = {name: float(model.odata[name].sum()) for name in ("E", "T")}
    mine = float(sums[0, chain.TAKEN - chain.YEARLY, 0])
    their = float(model.odata["ETa" if "ETa" in model.odata else "ETcadj"].sum())
    wanted = float(sums[0, chain.SEASON + 2 - chain.YEARLY, 0])
    return {
        "pyfao56_et_mm": their, "tilth_et_mm": mine, "difference_pct": 100.0 * (mine / their - 1.0),
        "crop_demand_mm": wanted,
        "pyfao56_parts_mm": parts,
        "wetted": mean_wetted, "pyfao56_s": their_seconds, "tilth_s_a_field": our_seconds,
        "times_faster": their_seconds / our_seconds,
    }  # fmt: skip


def main() -> None:
    """Every season whose files are there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=Path, required=True)
    asked = parser.parse_args()
    found = {
        name: ours(asked.examples, files) for name, files in SEASONS.items() if (asked.examples / files[2]).exists()
    }
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
