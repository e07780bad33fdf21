"""Folders of plans: names that any system can hold, and records that are not what was stored."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tilth import api
from tilth.api.plan_folders import ABOUT, as_json, plan_folder, proof_of, sealed
from tilth.api.plan_showing import plan_files
from tilth.core import BadInput, message
from tilth.runtime import Workspace

ABOUT_IT = {
    "name": "good", "title": "Good", "version": "1", "made_at": "2026-01-05", "units": 1, "options": 2, "rows_in": 2,
    "quarantined": {}, "units_lost": [], "inputs": {}, "key": [], "quantities": [], "labels": [], "sources": [],
}  # fmt: skip
PROVEN = {
    "aim": {"value_yuan": 1}, "value": 9.0, "bound": 9.5, "gap": 0.05, "seconds": 1.0, "proof": "prices", "rows": [],
    "gap_asked": 0.1, "inputs": {}, "choice_sha256": "", "made_at": "2026-01-05",
}  # fmt: skip


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    place = api.init(tmp_path / "county", region="999901", name="示范县")
    folder = place.root / "plans" / "good"
    (folder / "solution").mkdir(parents=True)
    (folder / ABOUT).write_bytes(as_json(ABOUT_IT))
    (folder / "solution" / "solution.json").write_bytes(as_json(sealed(PROVEN)))
    return place


@pytest.mark.parametrize(
    "name", ["x" * 300, "盐" * 40, "a\nb", "a\x00b", "CON", "nul.txt", "com1", "end.", ".a", "a/b", "", "\udc80"]
)
def test_a_name_that_some_system_cannot_hold_is_one_sentence(place: Workspace, name: str) -> None:
    with pytest.raises(BadInput, match="cannot be the name of a plan"):
        plan_folder(place, name)


@pytest.mark.parametrize("name", ["east", "东部盐碱地", "control", "a.b", "x" * 100])
def test_plain_names_are_names(place: Workspace, name: str) -> None:
    assert plan_folder(place, name).name == name


@pytest.mark.parametrize("text", ["{", "{}", "[]", "", "5"])
def test_a_damaged_plan_stands_in_the_list_and_the_others_too(place: Workspace, text: str) -> None:
    bad = place.root / "plans" / "bad"
    bad.mkdir()
    (bad / ABOUT).write_text(text)
    first, second = api.plan_list(place)
    assert message("PLAN-CHANGED", name="bad", file=ABOUT) in first["damaged"] and first["solution"] is None
    assert second["damaged"] == "" and second["solution"]["value"] == 9.0
    with pytest.raises(BadInput, match="is not what was stored"):
        api.plan_record(place, "bad")


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_a_damaged_solution_is_told_and_no_figure_of_it(place: Workspace, text: str) -> None:
    (place.root / "plans" / "good" / "solution" / "solution.json").write_text(text)
    (only,) = api.plan_list(place)
    assert only["solution"] is None and "solution/solution.json" in only["damaged"]


@pytest.mark.parametrize("change", [{"value": 10.0}, {"bound": 9.0}, {"gap": 0.0}, {"rows": [1]}])
def test_figures_that_somebody_wrote_over_are_not_told_as_proven(place: Workspace, change: dict[str, object]) -> None:
    folder = place.root / "plans" / "good"
    file = folder / "solution" / "solution.json"
    assert proof_of(folder)["value"] == 9.0
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(BadInput, match="is not what was stored"):
        proof_of(folder)
    assert api.plan_list(place)[0]["solution"] is None


def test_links_in_a_plans_folder_are_no_files_of_it(place: Workspace, tmp_path: Path) -> None:
    folder = place.root / "plans" / "good"
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "shown.txt").symlink_to(tmp_path / "secret.txt")
    assert [one["name"] for one in plan_files(folder)] == [ABOUT, "solution/solution.json"]
