"""Every level sees what it holds against its task, and tasks handed down may not shrink on the way."""

from __future__ import annotations

from tilth.change.tasks import holdings, task_findings
from tilth.land import Region, RegionTree, Task

TREE = RegionTree(
    {
        "1": Region("1", "county", "county"),
        "11": Region("11", "north", "township", "1"),
        "12": Region("12", "south", "township", "1"),
    }
)


def test_headroom_is_what_stands_above_the_task() -> None:
    tasks = [Task("1", 2020, 900, 500), Task("11", 2020, 600, 300), Task("12", 2020, 300, 200)]
    rows = holdings(TREE, tasks, {"1": 1000, "11": 590, "12": 410}, {"1": 500, "11": 300, "12": 199})
    assert [(row.region, row.depth, row.headroom_dm2, row.pbf_headroom_dm2) for row in rows] == [
        ("1", 0, 100, 0),
        ("11", 1, -10, 0),
        ("12", 1, 110, -1),
    ]
    found = task_findings(rows, TREE, tasks)
    assert [(finding.code, finding.where.parcel) for finding in found] == [("TASK-HOLDING", "11"), ("TASK-PBF", "12")]
    assert found[0].said == "farmland is 5.90 m² against a holding task of 6.00 m²: 0.10 m² short"


def test_tasks_handed_down_must_add_up_to_the_task_above() -> None:
    tasks = [Task("1", 2020, 900, 500), Task("11", 2020, 600, 500), Task("99", 2020, 1, 1)]
    found = task_findings([], TREE, tasks)
    assert [finding.code for finding in found] == ["TASK-HANDED-HOLDING", "TASK-REGION"]
    assert "3.00 m² less than the task of 9.00 m²" in found[0].said


def test_a_task_that_says_nothing_of_basic_farmland_is_neither_met_nor_missed() -> None:
    tasks = [Task("1", 2020, 9, 500), Task("11", 2020, 9, None), Task("12", 2020, 9, 1)]
    rows = holdings(TREE, tasks, {"11": 9}, {"11": 0})
    assert [row.pbf_headroom_dm2 for row in rows if row.region == "11"] == [None]
    assert "TASK-HANDED-PBF" not in [finding.code for finding in task_findings([], TREE, tasks)]


def test_a_region_without_task_or_layer_says_nothing_it_does_not_know() -> None:
    (row,) = holdings(TREE, [], {"11": 5}, None)
    assert (row.headroom_dm2, row.pbf_dm2, row.pbf_headroom_dm2, row.task_year) == (None, None, None, None)
    assert row.as_record()["farmland_dm2"] == 5
