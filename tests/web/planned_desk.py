"""Options, demands and plans over the parcels of a survey. Not a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from tilth import api
from tilth.land import Store
from tilth.runtime import Workspace

#: What a hectare costs, brings, drinks and yields: yuan, yuan, m³, kg.
TREATMENTS = {
    "as is": (0, 4_000, 3_000, 2_000), "ditches": (9_000, 7_500, 3_600, 3_800), "pipes": (24_000, 13_500, 3_900, 5_200),
    "leaching": (4_500, 5_800, 6_500, 2_900),
}  # fmt: skip
CROPS = {"cotton": (1.25, 0.0), "wheat": (1.0, 1.0)}
#: The budget is this share of what pipes everywhere would cost.
SHARE = 0.35


def options(workspace: Workspace, *, year: int, most: int = 100_000) -> pd.DataFrame:
    """Every treatment with either crop, on every parcel of the survey, in whole units that the land decides."""
    rows = Store(workspace).survey(year).attributes.head(most)
    hectares = rows["area_dm2"].to_numpy(np.int64) / 1e6
    luck = np.random.default_rng(11).uniform(0.6, 1.5, (len(rows), len(TREATMENTS)))
    township = rows["region_code"].astype(str).str[:9]
    parts = []
    for at, (treatment, (cost, value, water, grain)) in enumerate(TREATMENTS.items()):
        for crop, (worth, food) in CROPS.items():
            frame = {
                "unit": rows["parcel_id"].astype(str), "treatment": treatment, "crop": crop, "township": township,
                "cost_yuan": np.round(cost * hectares), "value_yuan": np.round(value * worth * luck[:, at] * hectares),
                "water_m3": np.round(water * hectares), "grain_kg": np.round(grain * food * luck[:, at] * hectares),
            }  # fmt: skip
            parts.append(pd.DataFrame(frame))
    found = pd.concat(parts, ignore_index=True)
    return found.astype(dict.fromkeys(("cost_yuan", "value_yuan", "water_m3", "grain_kg"), np.int64))


def demands(table: pd.DataFrame) -> str:
    """A budget, water, grain in each township, and no more pipes than a fifth of what is there."""
    pipes = table[(table["treatment"] == "pipes") & (table["crop"] == "wheat")]
    grain = {name: int(0.5 * one["grain_kg"].sum()) for name, one in pipes.groupby("township")}
    each = ", ".join(f'"{name}" = {least}' for name, least in grain.items())
    return f"""
title = "Drains"
[aim]
maximise = "value_yuan"
[[within]]
column = "cost_yuan"
most = {int(SHARE * pipes["cost_yuan"].sum())}
[[within]]
column = "water_m3"
most = {int(1.02 * pipes["water_m3"].sum())}
[[within]]
column = "cost_yuan"
most = {int(0.2 * pipes["cost_yuan"].sum())}
where = {{treatment = "pipes"}}
[[at_least]]
column = "grain_kg"
by = "township"
least = {{{each}}}
"""


def written(workspace: Workspace, folder: Path, *, year: int, most: int = 100_000) -> tuple[Path, Path]:
    """Files of options and demands in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    table = options(workspace, year=year, most=most)
    table.to_csv(folder / "options.csv", index=False)
    (folder / "rows.toml").write_text(demands(table), encoding="utf-8")
    return folder / "options.csv", folder / "rows.toml"


def planned(workspace: Workspace, folder: Path, *, year: int, name: str = "drains", most: int = 100_000) -> Workspace:
    """With a plan that is solved."""
    table, rows = written(workspace, folder, year=year, most=most)
    api.plan_new(workspace, name, table, rows=rows)
    api.plan_solve(workspace, name)
    return workspace
