"""Following a plan: done beside planned, what is missing, and rows that cannot be used, each with its reason."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from planned_land import built, parcel_id

from tilth import api
from tilth.api.plan_documents import plan_figures
from tilth.api.plan_folders import kept_plan
from tilth.core import BadInput
from tilth.report import FollowedLine, PlanFigures
from tilth.runtime import Workspace


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return built(tmp_path_factory.mktemp("plan"))


@pytest.fixture(scope="module")
def planned(workspace: Workspace) -> PlanFigures:
    return plan_figures(kept_plan(workspace, "east"))


def lines(done: api.PlanFollowed) -> dict[str, FollowedLine]:
    return {one.indicator.code: one for one in done.followed.lines}


def as_planned(planned: PlanFigures) -> pd.DataFrame:
    """What a county reports that did just what was planned."""
    at = [place for place in range(len(planned)) if planned.treated[place]]
    held = planned.quantities
    return pd.DataFrame({
        "parcel_id": planned.units[at], "year": planned.start[at], "treatment": planned.treatment[at],
        "cost_yuan": held["cost_yuan"].values[at] / 100, "area_m2": planned.area[at] / 100,
        "grain_kg": held["grain_kg"].values[at] / 100, "ece_ds_m": held["ece_ds_m"].values[at] / 100,
    })  # fmt: skip


def followed(workspace: Workspace, frame: pd.DataFrame, folder: Path, **more: object) -> api.PlanFollowed:
    frame.to_csv(folder / "done.csv", index=False, encoding="gbk")
    return api.plan_follow(workspace, "east", folder / "done.csv", out=folder / "out", **more)  # type: ignore[arg-type]


def test_a_county_that_did_what_was_planned_deviates_in_nothing(
    workspace: Workspace, planned: PlanFigures, tmp_path: Path
) -> None:
    done = followed(workspace, as_planned(planned), tmp_path, formats=("xlsx",))
    found = lines(done)
    for code in ("units", "area", "works", "grain_kg", "ece_ds_m"):
        assert found[code].off == 0 and found[code].missing == 0, code
    assert found["area"].done == found["area"].indicator.planned == int(planned.area[planned.treated].sum())
    assert found["value_yuan"].done is None, "nobody said what was gained"
    assert done.followed.missing == () and not done.findings
    assert done.followed.as_planned == int(planned.treated.sum()) and done.followed.otherwise == 0
    assert all(one.planned_dm2 == one.done_dm2 and one.planned_fen == one.spent_fen for one in done.followed.years)


def test_deviation_and_what_is_missing_are_told_in_both_languages(
    workspace: Workspace, planned: PlanFigures, tmp_path: Path
) -> None:
    frame = as_planned(planned)
    frame["cost_yuan"] += 10
    lost = frame.iloc[-1]
    frame = frame.iloc[:-1]
    for lang, heading in (("en", "Deviation"), ("zh", "偏差")):
        done = followed(workspace, frame, tmp_path, lang=lang)
        found = lines(done)
        whole = int(planned.treated.sum()) if frame["year"].max() >= lost["year"] else 0
        due = whole or int((planned.treated & (planned.start <= frame["year"].max())).sum())
        assert found["units"].off == len(frame) - due
        assert found["works"].done == round(frame["cost_yuan"].sum() * 100)
        names = [one.name for one in done.files]
        assert names == [f"east-followed-{lang}.{ending}" for ending in ("docx", "pdf", "xlsx")]
        rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(done.files[2]).worksheets[1].iter_rows()]
        assert any(heading in [str(cell) for cell in row] for row in rows)
    if lost["year"] <= frame["year"].max():
        assert done.followed.missing == (lost["parcel_id"],)


def test_areas_and_money_may_come_in_other_units_and_chinese_headings(
    workspace: Workspace, planned: PlanFigures, tmp_path: Path
) -> None:
    frame = as_planned(planned)
    other = pd.DataFrame({
        "图斑编号": frame["parcel_id"], "年份": frame["year"],
        "措施": frame["treatment"].map({"drains": "暗管排盐", "ditch": "明沟"}),
        "cost_wan_yuan": frame["cost_yuan"] / 1e4, "area_ha": frame["area_m2"] / 1e4, "实测ECe": frame["ece_ds_m"],
    })  # fmt: skip
    found = lines(followed(workspace, other, tmp_path, formats=("xlsx",)))
    assert [found[code].off for code in ("units", "area", "works", "ece_ds_m")] == [0, 0, 0, 0]


def test_every_row_that_cannot_be_used_is_set_aside_with_its_reason(
    workspace: Workspace, planned: PlanFigures, tmp_path: Path
) -> None:
    good = as_planned(planned).iloc[0]
    faults = {
        "FOLLOW-ROW-UNIT": {"parcel_id": None}, "FOLLOW-ROW-STRANGE": {"parcel_id": "nobody"},
        "FOLLOW-ROW-YEAR": {"year": "soon"}, "FOLLOW-ROW-TREATMENT": {"treatment": "magic"},
        "FOLLOW-ROW-NUMBER": {"cost_yuan": "dear"}, "FOLLOW-ROW-NEGATIVE": {"cost_yuan": -1},
        "FOLLOW-ROW-AREA": {"area_m2": 10_000.08 + 1e4}, "FOLLOW-ROW-TWICE": {},
        "FOLLOW-ROW-EMPTY": dict.fromkeys(("treatment", "cost_yuan", "area_m2", "grain_kg", "ece_ds_m")),
    }  # fmt: skip
    rows = [good.to_dict(), *({**good.to_dict(), **change} for change in faults.values())]
    for at, row in enumerate(rows[1:], start=1):
        if (
            row["parcel_id"] == good["parcel_id"]
            and row["year"] == good["year"]
            and list(faults)[at - 1] != "FOLLOW-ROW-TWICE"
        ):
            row["parcel_id"] = parcel_id(0) if good["parcel_id"] != parcel_id(0) else parcel_id(1)
    done = followed(workspace, pd.DataFrame(rows), tmp_path, formats=("xlsx",))
    assert sorted(one.code for one in done.findings) == sorted(faults)
    assert done.rows_in == len(rows) and done.followed.rows == 1
    with (tmp_path / "out" / "quarantine.csv").open(encoding="utf-8-sig", newline="") as file:
        kept = list(csv.DictReader(file))
    assert {row["code"] for row in kept} == set(faults) and all(row["reason"] for row in kept)


def test_a_file_that_follows_nothing_is_one_sentence(workspace: Workspace, tmp_path: Path) -> None:
    for text, message in (
        ("parcel_id,treatment\np1,drains\n", "has no column year; it has: parcel_id, treatment"),
        ("parcel_id,year,remark\np1,2026,fine\n", "no column of done.csv is a treatment or a quantity of the plan"),
    ):
        (tmp_path / "done.csv").write_text(text)
        with pytest.raises(BadInput, match=message):
            api.plan_follow(workspace, "east", tmp_path / "done.csv", out=tmp_path)
