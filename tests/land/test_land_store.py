"""A snapshot is there whole or not at all, and never changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

import tilth.land.store
from tilth.core import BadInput, Finding, NotFound, Where, speaking
from tilth.land import PARCEL_COLUMNS, Draft, Meta, Region, Source, Store, Task, retold, typed
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


def replaced_year(draft: Draft, year: int | None) -> Draft:
    """The same layer of another year, or of none."""
    return replace(draft, meta=replace(draft.meta, year=year))


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


def test_the_reason_of_a_row_set_aside_is_said_in_the_language_of_the_reader(store: Store) -> None:
    """Stored while English was spoken, read in Chinese. What an older Tilth stored keeps its words."""
    draft = a_draft([100])
    values = json.dumps({"code": "9", "system": "sd2017"})
    store.publish(replace(draft, quarantine=draft.quarantine.assign(reason_values=values)))
    for language, word in (("en", "class"), ("zh", "分类")):
        with speaking(language):
            (reason,) = store.survey(2023).quarantine["reason"]
            assert word in reason and "9" in reason
    assert list(retold(draft.quarantine)["reason"]) == ["x"]  # no values
    gone = draft.quarantine.assign(code="INTAKE-NO-MORE", reason_values=values)
    assert list(retold(gone)["reason"]) == ["x"]  # no such code
    assert list(retold(draft.quarantine.assign(reason_values=None))["reason"]) == ["x"]


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


def test_importing_a_damaged_snapshot_again_mends_it(store: Store) -> None:
    store.publish(a_draft([100]))
    next(store.workspace.root.rglob("rows.parquet")).write_bytes(b"")
    store.publish(a_draft([100]))
    assert list(store.survey(2023).parcels["area_dm2"]) == [100]


def test_rows_that_were_edited_in_place_are_refused_even_where_their_sum_is_the_same(store: Store) -> None:
    store.publish(a_draft([100]))
    rows = next(store.workspace.root.rglob("rows.parquet"))
    gpd.read_parquet(rows).assign(class_code="0601").to_parquet(rows, index=False)
    with pytest.raises(BadInput, match=r"rows.parquet is no longer what was stored"):
        store.survey(2023)


def test_a_workspace_from_before_files_had_a_digest_can_be_read(store: Store) -> None:
    store.publish(a_draft([100]))
    meta = next(store.workspace.root.rglob("meta.json"))
    record = json.loads(meta.read_text(encoding="utf-8"))
    assert set(record.pop("files")) == {"rows.parquet", "quarantine.parquet", "findings.jsonl"}
    meta.write_text(json.dumps(record), encoding="utf-8")
    assert list(store.survey(2023).parcels["area_dm2"]) == [100]
    store.publish(a_draft([100]))
    gpd.read_parquet(meta.with_name("rows.parquet")).iloc[:0].to_parquet(meta.with_name("rows.parquet"), index=False)
    with pytest.raises(BadInput, match="0 rows, 1 expected"):
        store.survey(2023)


@pytest.mark.parametrize("step", ["write_text", "settle"])
def test_a_full_disk_is_said_plainly_and_leaves_the_workspace_as_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(*((Path, "write_text") if step == "write_text" else (tilth.land.store, "settle")), full)
    with pytest.raises(BadInput, match=r"LAND-SNAPSHOT-UNWRITABLE.*No space left"):
        store.publish(a_draft([1], kind="township"), regions=[Region("1", "镇", "township")], groups={"g": ["1"]})
    assert store.listed(current=False) == []
    assert "1" not in store.regions() and store.regions().groups == {}
    assert list(store.workspace.root.rglob("*.parquet")) == []


def test_regions_come_with_their_layer_in_one_step(store: Store) -> None:
    store.publish(a_draft([1], kind="township"), regions=[Region("1", "镇", "township")], groups={"g": ["1"]})
    assert store.regions()["1"].name == "镇" and store.regions().members("g") == ("1",)
    assert len(store.chosen()) == 1


def test_what_was_made_from_a_survey_does_not_take_the_place_of_a_newer_one(store: Store) -> None:
    read = store.publish(a_draft([100]))
    store.publish(a_draft([101]), follows=read.id)
    newer = store.publish(a_draft([102]))
    with pytest.raises(BadInput, match="LAND-OVERTAKEN"):
        store.publish(a_draft([103]), follows=read.id)
    assert store.survey(2023).id == newer.id


def test_the_same_layer_under_two_labels_is_two_layers(store: Store) -> None:
    for label in ("A", "B", "A"):
        store.publish(a_draft([5], kind="pbf"), label=label)
    assert [(one.label, one.current) for one in store.listed(current=False)] == [("B", True), ("A", True)]
    assert len(store.layers(2023)["pbf"]) == 2


def test_a_layer_taken_out_of_use_stays_and_can_be_taken_again(store: Store) -> None:
    store.publish(a_draft([5], kind="pbf"))
    (stored,) = store.listed()
    store.set_aside(stored)
    assert store.layers(2023) == {} and len(store.listed(current=False)) == 1
    store.use(stored)
    assert list(store.layers(2023)) == ["pbf"]


def test_a_year_takes_the_layer_of_the_latest_year_and_one_without_a_year_last(store: Store) -> None:
    for year in (2022, None, 2024):
        store.publish(replaced_year(a_draft([5], kind="pbf"), year))
    assert [[one.year for one in store.chosen(year)] for year in (2021, 2023, 2024)] == [[None], [2022], [2024]]
    assert [one.year for one in store.chosen()] == [2024]


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


def test_a_task_that_says_nothing_of_basic_farmland_stays_silent_on_it(store: Store) -> None:
    store.put_tasks([Task("999901", 2024, 10, None)])
    assert store.tasks(2024) == [Task("999901", 2024, 10, None)]


def test_rows_that_are_not_what_was_stored_are_refused(store: Store) -> None:
    store.publish(a_draft([100, 250]))
    rows = store.workspace.root / store.listed()[0].folder / "rows.parquet"
    gpd.read_parquet(rows).iloc[:1].to_parquet(rows)
    with pytest.raises(BadInput, match=r"LAND-SNAPSHOT-DAMAGED.*rows.parquet is no longer what was stored"):
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


def test_shapes_are_read_only_when_asked_for(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = store.publish(a_draft([100, 250]))
    back = store.survey(2023)
    assert list(back.attributes["area_dm2"]) == [100, 250] and "geometry" not in back.attributes
    assert back.parcels.columns.tolist() == kept.parcels.columns.tolist()
    assert back.parcels.crs == kept.parcels.crs and back.parcels is back.parcels


def test_shapes_that_cannot_be_read_are_a_damaged_snapshot(store: Store) -> None:
    folder = store.workspace.root / store.listed()[0].folder if store.publish(a_draft([100])) else Path()
    meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    rows = pd.DataFrame(store.survey(2023).attributes.assign(geometry=[b"no shape"]))
    rows.to_parquet(folder / "rows.parquet", index=False)  # as by another hand; an older workspace has no digests
    (folder / "meta.json").write_text(json.dumps({name: meta[name] for name in meta if name != "files"}))
    with pytest.raises(BadInput, match="LAND-SNAPSHOT-DAMAGED"):
        assert store.survey(2023).parcels is not None


def test_a_few_shapes_are_the_ones_that_all_of_them_are(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tilth.land.rows._GROUP", 7)
    draft = a_draft(list(range(100, 140)))
    draft.parcels.loc[20, "geometry"] = None
    kept, rows = store.publish(draft), [39, 0, 20, 8]
    some, all_of_them = store.survey(2023), store.survey(2023)
    assert shapely.equals(some.shapes(np.array([0, 39])), kept.parcels.geometry[[0, 39]]).all()
    assert "frame" not in vars(some.rows), "a few are picked out"
    for one, other in zip(some.shapes(np.array(rows)), all_of_them.parcels.geometry[rows], strict=True):
        assert (one is None and other is None) or one.equals(other)
    boxes = shapely.bounds(np.asarray(kept.parcels.geometry))
    assert np.array_equal(some.bounds, boxes, equal_nan=True)
    assert np.array_equal(kept.bounds, boxes, equal_nan=True), "and those of rows in memory"


def test_a_column_of_the_source_named_like_ours_is_its_own(store: Store) -> None:
    draft = a_draft([100, 250])
    kept = store.publish(replace(draft, parcels=draft.parcels.assign(bbox=["a", "b"])))
    back = store.survey(2023)
    assert list(back.attributes["bbox"]) == ["a", "b"] == list(back.parcels["bbox"])
    assert np.array_equal(back.bounds, kept.bounds)
