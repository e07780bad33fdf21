"""A county of sixteen squares with a solved plan over twelve of them, in zones, townships and years. Not a test."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import shapely

from tilth import api
from tilth.runtime import Workspace

X, Y, SIDE, COUNT, PLANNED = 38_500_000, 3_500_000, 100, 16, 12
ROWS = """\
title = "Salt of the east"
version = "2026-1"
[aim]
maximise = "value_yuan"
[spent.spent_yuan]
first = "cost_yuan"
after = "upkeep_yuan"
[[within]]
column = "spent_yuan"
most = 1500
by = "year"
[[at_least]]
column = "treated_dm2"
least = 1000000
by = "township"
[[source]]
name = {en = "State", zh = "中央"}
share = 0.6
[[source]]
name = {en = "County", zh = "县级"}
share = 0.4
[names.plan]
title = {en = "Salt of the east", zh = "东部盐碱地治理"}
[names.treatment]
as-is = {en = "As it is", zh = "维持现状"}
drains = {en = "Pipe drains", zh = "暗管排盐"}
ditch = {en = "Open ditches", zh = "明沟"}
[names.zone]
Z1 = {en = "Low land", zh = "低地区"}
Z2 = {en = "High land", zh = "高地区"}
"""


def parcel_id(at: int) -> str:
    return f"9999010{at:02d}"


def options() -> pd.DataFrame:
    """For each parcel as it is, and drains or a ditch begun in one of three years."""
    rows = []
    for at in range(PLANNED):
        head = (parcel_id(at), f"Z{1 + at % 2}", "North" if at < 6 else "South")
        area = 1_000_007 + 13 * at
        rows.append((*head, "as-is", "wheat", None, 0, 0, 0, 0.0, area, 0, 9.5))
        for start in (2026, 2027, 2028):
            late = start - 2026
            drained, ditched = 9000 + 100 * at - 900 * late, 3000 + 70 * at - 300 * late
            rows += [
                (*head, "drains", "wheat", start, drained, 730 + at, 31, 120.5 + at, area, area, 4.25),
                (*head, "ditch", "wheat", start, ditched, 210 + at, 11, 60.25, area, area, 6.5),
            ]
    names = ("unit", "zone", "township", "treatment", "crop", "start", "value_yuan", "cost_yuan", "upkeep_yuan",
             "grain_kg", "area_dm2", "treated_dm2", "ece_ds_m")  # fmt: skip
    return pd.DataFrame(rows, columns=list(names))


def built(folder: Path) -> Workspace:
    """The county with its survey of 2024 and the plan `east`, solved; one row of the options is of no use."""
    folder.mkdir(parents=True, exist_ok=True)
    place = api.init(folder / "county", region="999901", name="示范县")
    squares = [shapely.box(X + SIDE * at, Y, X + SIDE * (at + 1), Y + SIDE) for at in range(COUNT)]
    given = {
        "BSM": [parcel_id(at) for at in range(COUNT)], "DLBM": ["0103"] * 14 + ["0301"] * 2,
        "TBMJ": [(1_000_007 + 13 * at) / 100 for at in range(COUNT)], "SJNF": 2024,
    }  # fmt: skip
    gpd.GeoDataFrame(given, geometry=squares, crs=4526).to_file(folder / "survey.gpkg")
    api.import_survey(place, folder / "survey.gpkg", year=2024)
    frame = options()
    frame.loc[len(frame)] = frame.iloc[0]
    frame.to_csv(folder / "options.csv", index=False)
    (folder / "rows.toml").write_text(ROWS, encoding="utf-8")
    api.plan_new(place, "east", folder / "options.csv", rows=folder / "rows.toml")
    api.plan_solve(place, "east", gap=0.01, seconds=60)
    return place
