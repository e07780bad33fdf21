"""Blocks, least patches and either-or in rows.toml; a run that begins where a former one ended."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tilth import api
from tilth.core import BadInput
from tilth.runtime import Workspace

AIM = '[aim]\nmaximise = "value_yuan"\n'
BLOCKS = '[[whole]]\nby = "block"\n'


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return api.init(tmp_path / "w", region="150821", name="示范县")


def table() -> pd.DataFrame:
    """Two blocks of two units and a unit in none; drains may be followed by wheat or cotton."""
    worth = {"cotton": (66, 50, 40, 30, 20), "wheat": (57, 58, 50, 45, 40)}
    rows = []
    for at, (unit, block) in enumerate([("p1", "a"), ("p2", "a"), ("p3", "b"), ("p4", "b"), ("p5", "")]):
        rows += [(unit, "drains", crop, block, worth[crop][at], 100, 4) for crop in worth]
        rows += [(unit, "as is", "cotton", block, 50, 0, 4), (unit, "gypsum", "cotton", block, 55, 0, 4)]
    names = ["unit", "treatment", "crop", "block", "value_yuan", "cost_yuan", "area_ha"]
    return pd.DataFrame(rows, columns=names)


def solved(workspace: Workspace, tmp_path: Path, name: str, rows: str) -> list[str]:
    posed(workspace, tmp_path, name, rows)
    found = api.plan_solve(workspace, name, gap=1e-9)
    return found.solution.choice


def posed(workspace: Workspace, tmp_path: Path, name: str, rows: str) -> api.PlanMade:
    table().to_csv(tmp_path / f"{name}.csv", index=False)
    (tmp_path / f"{name}.toml").write_text(rows, encoding="utf-8")
    return api.plan_new(workspace, name, tmp_path / f"{name}.csv", rows=tmp_path / f"{name}.toml")


def test_a_block_is_taken_whole_and_its_units_keep_their_crops(workspace: Workspace, tmp_path: Path) -> None:
    free = solved(workspace, tmp_path, "free", AIM)
    assert free == ["drains / cotton", "drains / wheat", *["gypsum / cotton"] * 3]
    limit = '[[within]]\ncolumn = "cost_yuan"\nmost = 200\n'
    measures = solved(workspace, tmp_path, "whole", AIM + limit + BLOCKS)
    assert [one.split(" / ")[0] for one in measures] == ["drains", "drains", "gypsum", "gypsum", "gypsum"]
    assert measures[:2] == ["drains / cotton", "drains / wheat"]
    same = solved(workspace, tmp_path, "choice", AIM + limit + BLOCKS + 'same = "choice"\n')
    assert same[0] == same[1] and same[2] == same[3]
    made = posed(workspace, tmp_path, "told", AIM + BLOCKS)
    assert "  each block is taken whole: one treatment for all its units" in made.problem.splitlines()


def test_a_patch_is_large_enough_or_not_there(workspace: Workspace, tmp_path: Path) -> None:
    three = '[[patch]]\ntreatment = "drains"\nunits = 3\n'
    found = solved(workspace, tmp_path, "three", AIM + three)
    assert found[:3] == ["drains / cotton", "drains / wheat", "drains / wheat"]
    area = '[[patch]]\ntreatment = "drains"\ncolumn = "area_ha"\nleast = "300 mu"\nby = "block"\n'
    assert "drains" not in " ".join(solved(workspace, tmp_path, "area", AIM + area))


def test_of_either_or_one_is_used_in_each_group(workspace: Workspace, tmp_path: Path) -> None:
    either = '[[either_or]]\ntreatments = ["drains", "gypsum"]\n'
    everywhere = solved(workspace, tmp_path, "everywhere", AIM + either)
    assert len({one.split(" / ")[0] for one in everywhere} - {"as is"}) == 1
    by_block = solved(workspace, tmp_path, "block", AIM + either + 'by = "block"\n')
    assert by_block == ["drains / cotton", "drains / wheat", *["gypsum / cotton"] * 3]


def test_wrong_entries_are_named(workspace: Workspace, tmp_path: Path) -> None:
    for rows, said in (
        ("[[whole]]\n", r"\[\[whole\]\] 1 has the value"),
        (BLOCKS + 'same = "crop"\n', r"\[\[whole\]\] 1 has the value crop"),
        ('[[whole]]\nby = "polder"\n', "there is no label 'polder'"),
        ('[[patch]]\ntreatment = "pipes"\nunits = 3\n', "there is no treatment 'pipes'"),
        ('[[patch]]\ntreatment = "drains"\n', r"\[\[patch\]\] 1 does not say one least size"),
        ('[[patch]]\ntreatment = "drains"\nunits = 0\n', r"\[\[patch\]\] 1 has the value 0"),
        ('[[patch]]\ntreatment = "drains"\nunit = 3\n', r"\[\[patch\]\] 1 has 'unit'"),
        ('[[either_or]]\ntreatments = "drains"\n', r"\[\[either_or\]\] 1 has the value drains"),
        ('[[either_or]]\ntreatments = ["drains"]\n', "either-or needs two treatments or more"),
    ):
        with pytest.raises(BadInput, match=said):
            posed(workspace, tmp_path, "wrong", AIM + rows)


def test_a_run_begins_where_the_former_one_or_that_of_another_plan_ended(workspace: Workspace, tmp_path: Path) -> None:
    limit = '[[within]]\ncolumn = "cost_yuan"\nmost = {most}\n'
    first = solved(workspace, tmp_path, "first", AIM + limit.format(most=100) + BLOCKS)
    assert api.plan_solve(workspace, "first", gap=1e-9).solution.choice == first
    posed(workspace, tmp_path, "second", AIM + limit.format(most=200) + BLOCKS)
    second = api.plan_solve(workspace, "second", gap=1e-9, start="first")
    assert second.solution.choice == solved(workspace, tmp_path, "cold", AIM + limit.format(most=200) + BLOCKS)
    with pytest.raises(Exception, match="there is no plan 'third'"):
        api.plan_solve(workspace, "second", start="third")
    proof = workspace.root / "plans" / "first" / "solution" / "solution.json"
    record = json.loads(proof.read_text(encoding="utf-8"))
    proof.write_text("{", encoding="utf-8")
    with pytest.raises(BadInput, match=r"solution/solution\.json of plan 'first' is not what was stored"):
        api.plan_explain(workspace, "first")
    again = api.plan_solve(workspace, "first", gap=1e-9)
    assert again.solution.value == record["value"] and np.isfinite(again.solution.bound)
