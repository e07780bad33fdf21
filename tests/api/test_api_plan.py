"""Plans in the workspace: inputs that never change, tables of any kind, crops, years, and tables of the salt chain."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tilth import api
from tilth.core import BadInput, TilthError
from tilth.runtime import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return api.init(tmp_path / "w", region="150821", name="示范县")


def table() -> pd.DataFrame:
    return pd.DataFrame(
        [
            ("p1", "as is", "cotton", "1", 0, 0, 10), ("p1", "drains", "cotton", "1", 900, 500, 0),
            ("p1", "drains", "wheat", "1", 800, 500, 30), ("p2", "as is", "cotton", "2", 0, 0, 10),
            ("p2", "drains", "wheat", "2", 700, 500, 20), ("p2", "drains", "cotton", "2", 950, 500, 0),
        ],
        columns=["unit", "treatment", "crop", "zone", "value_yuan", "cost_yuan", "grain_kg"],
    )  # fmt: skip


def solved(workspace: Workspace, tmp_path: Path, name: str, frame: pd.DataFrame, rows: str) -> api.PlanSolved:
    frame.to_parquet(tmp_path / f"{name}.parquet")
    (tmp_path / f"{name}.toml").write_text(rows, encoding="utf-8")
    api.plan_new(workspace, name, tmp_path / f"{name}.parquet", rows=tmp_path / f"{name}.toml")
    return api.plan_solve(workspace, name, gap=1e-9)


def test_demands_and_locks_may_name_a_treatment_of_all_crops_or_a_crop_of_all_treatments(
    workspace: Workspace, tmp_path: Path
) -> None:
    aim = '[aim]\nmaximise = "value_yuan"\n'
    free = solved(workspace, tmp_path, "free", table(), aim)
    assert free.solution.value == 1850 and free.solution.choice == ["drains / cotton", "drains / cotton"]
    wheat = '[[at_least]]\ncolumn = "grain_kg"\nleast = 20\nwhere = {crop = "wheat"}\n'
    found = solved(workspace, tmp_path, "wheat", table(), aim + wheat)
    assert found.solution.value == 1750 and found.used[0].used == 30 and found.used[0].unit == "kg"
    drains = '[[within]]\ncolumn = "cost_yuan"\nmost = 500\nwhere = {treatment = "drains"}\n'
    found = solved(workspace, tmp_path, "drains", table(), aim + drains)
    assert found.solution.value == 950 and found.used[0].used == 500
    locked = '[[lock]]\ntreatment = "drains"\nout = true\nwhere = {zone = 2}\n'
    assert solved(workspace, tmp_path, "out", table(), aim + locked).solution.value == 900
    each = '[[within]]\ncolumn = "cost_yuan"\nmost = 500\nby = "crop"\n'
    found = solved(workspace, tmp_path, "each", table(), aim + each)
    assert found.solution.value == 1750 and [one.used for one in found.used] == [500, 500]


def test_what_is_spent_by_year_is_counted_by_year(workspace: Workspace, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "unit": ["p1"] * 3 + ["p2"] * 3, "treatment": ["as is", "drains", "drains"] * 2,
            "start": [None, 2027, 2028] * 2, "value_yuan": [0, 900, 800, 0, 700, 650],
            "cost_yuan": [0, 500, 500] * 2, "upkeep_yuan": [0, 20, 20] * 2,
        }
    )  # fmt: skip
    rows = '[aim]\nmaximise = "value_yuan"\n[spent.spent_yuan]\nfirst = "cost_yuan"\nafter = "upkeep_yuan"\n'
    year = '[[within]]\ncolumn = "spent_yuan"\nmost = 520\nby = "year"\n'
    found = solved(workspace, tmp_path, "years", frame, rows + year)
    assert found.solution.value == 1550 and found.solution.start.tolist() == [2027, 2028]
    assert [one.used for one in found.used] == [500, 520]


def test_what_is_made_as_small_as_it_can_be_is_told_with_its_sign(workspace: Workspace, tmp_path: Path) -> None:
    rows = '[aim]\nminimise = "cost_yuan"\n[[at_least]]\ncolumn = "value_yuan"\nleast = 900\n'
    frame = table()
    frame.to_csv(tmp_path / "o.csv", index=False)
    (tmp_path / "r.toml").write_text(rows, encoding="utf-8")
    api.plan_new(workspace, "least", tmp_path / "o.csv", rows=tmp_path / "r.toml")
    seen: list[float] = []
    found = api.plan_solve(workspace, "least", gap=1e-9, told=lambda one: seen.append(one.value))
    assert found.solution.value == 500 and found.solution.bound <= 500 and seen[-1] == 500
    assert "saves" in " ".join(api.plan_explain(workspace, "least").lines) or found.solution.lam[0] == 0


def test_the_inputs_of_a_plan_never_change(workspace: Workspace, tmp_path: Path) -> None:
    found = solved(workspace, tmp_path, "kept", table(), '[aim]\nmaximise = "value_yuan"\n')
    folder = workspace.root / "plans" / "kept"
    with pytest.raises(BadInput, match="there is a plan 'kept' already"):
        api.plan_new(workspace, "kept", tmp_path / "kept.parquet")
    record = json.loads((folder / "solution" / "solution.json").read_text(encoding="utf-8"))
    assert record["value"] == found.solution.value and record["solver"].startswith("highspy ")
    assert record["inputs"] == json.loads((folder / "about.json").read_text(encoding="utf-8"))["inputs"]
    kept = pd.read_parquet(folder / "solution" / "solution.parquet")
    assert kept["unit"].tolist() == ["p1", "p2"] and kept["value_yuan"].sum() == found.solution.value
    again = api.plan_solve(workspace, "kept", gap=1e-9)
    assert again.solution.options.tolist() == found.solution.options.tolist()
    (folder / "rows.toml").write_text('[aim]\nminimise = "value_yuan"\n', encoding="utf-8")
    for ask in (api.plan_solve, api.plan_explain):
        with pytest.raises(TilthError, match=r"rows\.toml of plan 'kept' is not what was stored"):
            ask(workspace, "kept")


def test_a_plan_goes_with_the_backup(workspace: Workspace, tmp_path: Path) -> None:
    found = solved(workspace, tmp_path, "kept", table(), '[aim]\nmaximise = "value_yuan"\n')
    api.backup(workspace, tmp_path / "b.tilth")
    api.restore(tmp_path / "b.tilth", tmp_path / "again")
    assert api.plan_explain(api.open_workspace(tmp_path / "again"), "kept").solution.value == found.solution.value


def test_tables_of_the_salt_chain_become_amounts_of_each_unit(workspace: Workspace, tmp_path: Path) -> None:
    """1 mm on 1 ha is 10 m³; what is counted by hectare is times the area; years are averaged."""
    (tmp_path / "units.csv").write_text("unit_id,area_ha,zone\np1,2,a\np2,0.5,b\n", encoding="utf-8")
    by_option = "option,name,units,ece_ds_m,irrigation_mm,income_yuan_ha,failing,best_on,excluded\n"
    by_option += "wheat,Wheat,2,4.1,300,900,0.1,1,\ncotton,Cotton,2,4.1,100,1000,0.1,1,\n"
    (tmp_path / "options.csv").write_text(by_option, encoding="utf-8-sig")
    (tmp_path / "rows.toml").write_text('[aim]\nmaximise = "income_yuan"\n', encoding="utf-8")
    made = api.plan_new(
        workspace, "options", tmp_path / "options.csv", rows=tmp_path / "rows.toml", units=tmp_path / "units.csv"
    )
    assert made.about["options"] == 4 and made.about["ignored"] == ["ece_ds_m"]
    found = api.plan_solve(workspace, "options")
    assert found.totals() == {"irrigation_m3": 2500, "income_yuan": 2500, "area_dm2": 2_500_000}
    by_year = "unit,option,year,irrigation_mm,income_yuan_ha\n"
    for unit, extra in (("p1", 0), ("p2", 300)):
        for year, more in ((2001, -50), (2002, 50)):
            by_year += f"{unit},wheat,{year},300,{900 + extra + more}\n{unit},cotton,{year},100,1000\n"
    (tmp_path / "simulated.csv").write_text(by_year, encoding="utf-8-sig")
    api.plan_new(
        workspace, "years", tmp_path / "simulated.csv", rows=tmp_path / "rows.toml", units=tmp_path / "units.csv"
    )
    found = api.plan_solve(workspace, "years")
    assert found.solution.choice == ["cotton", "wheat"]
    assert found.totals()["income_yuan"] == 2000 + 600 and found.totals()["irrigation_m3"] == 2000 + 1500


def test_sums_of_a_plan_are_those_of_its_assignment(workspace: Workspace, tmp_path: Path) -> None:
    drawn = np.random.default_rng(3)
    count = 60
    frame = pd.DataFrame(
        {
            "unit": np.repeat([f"p{one}" for one in range(count)], 3),
            "treatment": ["as is", "leach", "drains"] * count,
            "region": np.repeat(drawn.choice(["a", "b"], count), 3),
            "value_yuan": drawn.integers(0, 900, 3 * count), "cost_yuan": drawn.integers(0, 500, 3 * count),
        }
    )  # fmt: skip
    frame.loc[frame["treatment"] == "as is", ["value_yuan", "cost_yuan"]] = 0
    rows = '[aim]\nmaximise = "value_yuan"\n[[within]]\ncolumn = "cost_yuan"\nmost = 3000\nby = "region"\n'
    found = solved(workspace, tmp_path, "many", frame, rows)
    kept = pd.read_parquet(workspace.root / "plans" / "many" / "solution" / "solution.parquet")
    assert [one.used for one in found.used] == kept.groupby("region")["cost_yuan"].sum().tolist()
    assert max(one.used for one in found.used) <= 3000
    assert found.totals()["value_yuan"] == kept["value_yuan"].sum() == found.solution.value <= found.solution.bound
