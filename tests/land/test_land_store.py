"""A snapshot is there whole or not at all, and never changes."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from tilth.core import BadInput, Finding, NotFound, Where
from tilth.land import PARCEL_COLUMNS, Draft, Meta, Region, Source, Store, Task, typed
from tilth.runtime import Workspace


def a_draft(areas: list[int], *, year: int = 2023, kind: str = "survey") -> Draft:
    """A draft of squares with the given areas and one quarantined row."""
    frame = typed(
        pd.DataFrame({"parcel_id": [f"P{n}" for n in range(len(areas))], "area_dm2": areas, "class_code": "0102"}),
        PARCEL_COLUMNS,
    )
    parcels = gpd.GeoDataFrame(frame, geometry=[shapely.box(n, 0, n + 1, 1) for n in range(len(areas))], crs=4526)
    quarantine = gpd.GeoDataFrame(
        {"source_row": [9], "code": ["LAND-CLASS-UNKNOWN"], "reason": ["x"], "attributes": ["{}"]},
        geometry=[shapely.Point(0, 0)],
        crs=4526,
    )
    meta = Meta(
        kind=kind, year=year, region="999901", crs="EPSG:4526", code_system="sd2017", profile="dltb",
        sources=(Source("a.shp", "00"),), rows_in=len(areas) + 1, rows_stored=len(areas), rows_quarantined=1,
        area_dm2=sum(areas), area_from="file", version="0", rules="0",
    )  # fmt: skip
    finding = Finding("LAND-CLASS-UNKNOWN", Where(file="a.shp", row=9), {"code": "9", "system": "sd2017"})
    return Draft(meta, parcels, (finding,), quarantine)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(Workspace.create(tmp_path / "w", region="999901", name="示范县"))


def test_a_stored_snapshot_reads_back_as_it_was(store: Store) -> None:
    kept = store.publish(a_draft([100, 250]))
    back = store.survey(2023)
    assert back.id == kept.id
    assert back.meta == kept.meta
    assert back.findings == kept.findings
    assert list(back.parcels["area_dm2"]) == [100, 250]
    assert back.parcels.dtypes["slope_grade"] == "Int8"
    assert back.parcels.geometry.equals(kept.parcels.geometry)
    assert len(back.quarantine) == 1


def test_the_same_content_has_the_same_name_and_changes_nothing(store: Store) -> None:
    first = store.publish(a_draft([100]))
    second = store.publish(a_draft([100]))
    assert first.id == second.id
    assert len(store.listed()) == 1


def test_a_new_delivery_of_a_year_takes_the_place_of_the_old_one_which_stays(store: Store) -> None:
    old = store.publish(a_draft([100]))
    new = store.publish(a_draft([101]))
    assert store.survey(2023).id == new.id
    assert {entry.id for entry in store.listed(current=False)} == {old.id, new.id}
    assert sum((store.workspace.root / entry.folder).is_dir() for entry in store.listed(current=False)) == 2


def test_a_layer_of_a_later_year_is_not_used_for_an_earlier_one(store: Store) -> None:
    early = store.publish(a_draft([5], year=2022, kind="pbf"))
    store.publish(a_draft([6], year=2024, kind="pbf"))
    assert [layer.id for layer in store.layers(2023)["pbf"]] == [early.id]


def test_a_damaged_snapshot_is_refused_by_name(store: Store) -> None:
    store.publish(a_draft([100]))
    rows = next(store.workspace.root.rglob("rows.parquet"))
    rows.write_bytes(rows.read_bytes()[:-20])
    with pytest.raises(BadInput, match="damaged"):
        store.survey(2023)


def test_a_year_without_a_survey_says_which_years_there_are(store: Store) -> None:
    store.publish(a_draft([100]))
    with pytest.raises(NotFound, match=r"no survey of 1999 .*2023"):
        store.survey(1999)


def test_regions_groups_and_tasks_are_kept_and_replaced_by_code(store: Store) -> None:
    store.put_regions([Region("999901", "县", "county", None, 500), Region("999901001", "镇", "township", "999901")])
    store.put_regions([Region("999901", "县", "county", None, 600, 7)])
    store.put_group("delta", ["999901", "999901", "31"])
    store.put_tasks([Task("999901", 2020, 10, 5), Task("999901", 2023, 11, 6), Task("999901", 2023, 12, 6, "doc")])
    tree = store.regions()
    assert tree["999901"].control_dm2 == 600
    assert [region.code for region in tree.children("999901")] == ["999901001"]
    assert tree.members("delta") == ("31", "999901")
    assert store.tasks(2024) == [Task("999901", 2023, 12, 6, "doc")]
    assert store.tasks(2021) == [Task("999901", 2020, 10, 5)]


def test_a_bare_list_of_regions_does_not_wipe_what_is_known_of_them(store: Store) -> None:
    known = Region("999901001", "镇", "township", "999901", 500, 7)
    store.put_regions([known])
    store.put_regions([Region("999901001", "999901001", "township")])
    assert store.regions()["999901001"] == known
    store.put_regions([Region("999901001", "新镇", "township", "999902", 600)])
    assert store.regions()["999901001"] == Region("999901001", "新镇", "township", "999902", 600, 7)


def test_tasks_without_a_year_are_all_of_them(store: Store) -> None:
    tasks = [Task("999901", 2020, 10, 5), Task("999901", 2023, 11, 6)]
    store.put_tasks(tasks)
    assert store.tasks() == tasks
    assert store.tasks(2019) == []


def test_rows_that_are_not_what_was_stored_are_refused(store: Store) -> None:
    store.publish(a_draft([100, 250]))
    rows = store.workspace.root / store.listed()[0].folder / "rows.parquet"
    gpd.read_parquet(rows).iloc[:1].to_parquet(rows)
    with pytest.raises(BadInput, match=r"LAND-SNAPSHOT-DAMAGED.*1 rows, 2 expected"):
        store.survey(2023)


def test_a_snapshot_whose_description_is_gone_is_refused(store: Store) -> None:
    store.publish(a_draft([100]))
    (store.workspace.root / store.listed()[0].folder / "meta.json").unlink()
    with pytest.raises(BadInput, match="LAND-SNAPSHOT-DAMAGED"):
        store.survey(2023)


def test_rows_in_are_always_rows_stored_and_rows_quarantined() -> None:
    draft = a_draft([1])
    with pytest.raises(AssertionError):
        Meta(**{**draft.meta.as_record(), "rows_in": 7, "sources": draft.meta.sources})
