"""Every level sees what it holds against its task, and tasks handed down may not shrink on the way."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tilth.change.tasks import Holding, holdings, task_findings
from tilth.land import Region, RegionTree, Task

TREE = RegionTree(
    {
        "1": Region("1", "county", "county"),
        "11": Region("11", "north", "township", "1"),
        "12": Region("12", "south", "township", "1"),
    }
)

areas = st.integers(0, 10**12)


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


def test_basic_farmland_that_is_farmland_no_longer_does_not_meet_the_task() -> None:
    tasks = [Task("1", 2020, 900, 480), Task("11", 2020, 600, 300)]
    still = {"1": 470, "11": 300}
    rows = holdings(TREE, tasks, {"1": 1000, "11": 600}, {"1": 500, "11": 310}, pbf_farmland_dm2=still)
    assert [(row.pbf_headroom_dm2, row.pbf_farmland_headroom_dm2) for row in rows] == [(20, -10), (10, 0)]
    (found,) = task_findings(rows, TREE, tasks[:1])
    assert (found.code, found.where.parcel) == ("TASK-PBF-FARMLAND", "1")
    assert found.said == (
        "of 5.00 m² of permanent basic farmland, 4.70 m² are farmland in this survey, against a task of 4.80 m²: "
        "0.10 m² short"
    )


@given(areas, areas, areas, areas, areas)
def test_every_headroom_that_is_printed_is_the_difference_of_the_printed_numbers(
    farmland: int, task: int, pbf: int, still: int, pbf_task: int
) -> None:
    held = Holding("1", "county", 0, farmland, task, pbf, pbf_task, 2024, pbf_farmland_dm2=still, pbf_farmland_ha=7)
    ha = held.hectares
    assert ha.pbf_farmland == 7 and ha.farmland_task is not None and ha.pbf is not None and ha.pbf_task is not None
    assert ha.headroom == ha.farmland - ha.farmland_task and abs(ha.farmland * 10_000 - farmland) <= 5_000
    assert ha.pbf_headroom == ha.pbf - ha.pbf_task and ha.pbf_farmland_headroom == 7 - ha.pbf_task


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
