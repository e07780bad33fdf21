"""The map of a workspace: made ready at import, kept, made again, and shown to those who may see it."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import numpy as np
import pytest
import shapely

from tilth import api
from tilth.api import map_sheets
from tilth.core import BadInput, NotFound
from tilth.land import Region, Store
from tilth.runtime import Workspace, cached
from tilth.tiles import Sheet
from tilth.tiles.world import BITS

EAST, NORTH, SIDE = 38_450_000.0, 3_880_000.0, 100.0
_WAIT_S = 60.0


def survey_file(path: Path, columns: int = 6, rows: int = 4) -> Path:
    """Square parcels, those of the western half in one township, the others in another."""
    place = [(i, j) for i in range(columns) for j in range(rows)]
    shapes = [
        shapely.box(EAST + i * SIDE, NORTH + j * SIDE, EAST + (i + 1) * SIDE, NORTH + (j + 1) * SIDE) for i, j in place
    ]
    about = {
        "BSM": [f"{n:018d}" for n in range(len(place))],
        "DLBM": ["0102" if (i + j) % 2 else "0301" for i, j in place],
        "ZLDWDM": [f"99990100{1 if i < columns // 2 else 2}201" + "0" * 7 for i, _ in place],
    }
    gpd.GeoDataFrame(about, geometry=shapes, crs=4526).to_file(path)
    return path


def pbf_file(path: Path) -> Path:
    """Basic farmland over the first column, and a third of the second."""
    shape = shapely.box(EAST, NORTH, EAST + SIDE * 1.33, NORTH + 4 * SIDE)
    gpd.GeoDataFrame({"YJJBNTTBBH": ["1"]}, geometry=[shape], crs=4526).to_file(path)
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A county with two townships, a survey and basic farmland."""
    made = api.init(tmp_path / "w", region="999901", name="county")
    townships = [Region(f"99990100{n}", f"T{n}", "township", "999901") for n in (1, 2)]
    Store(made).put_regions([Region("999901", "county", "county"), *townships])
    api.import_survey(made, survey_file(tmp_path / "s.gpkg"), year=2024)
    api.import_layer(made, pbf_file(tmp_path / "p.gpkg"), kind="pbf", year=2024)
    return made


def ready(workspace: Workspace, scope: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The map, when everything on it is ready."""
    until = time.monotonic() + _WAIT_S
    while time.monotonic() < until:
        record = api.map_record(workspace, scope)
        if record["ready"]:
            return record
        time.sleep(0.05)
    raise AssertionError("the map does not get ready")


def middle(record: dict[str, Any], z: int) -> tuple[int, int, int]:
    """The tile in the middle of a map."""
    from tilth.tiles.world import units_of

    x, y = units_of(*np.radians(np.array(record["center"])))
    return z, int(x) >> (BITS - z), int(y) >> (BITS - z)


def features(tile: api.MapTile | None) -> list[dict[str, Any]]:
    """Properties of what a tile shows."""
    assert tile is not None
    return (
        [one["properties"] for one in mapbox_vector_tile.decode(tile.content)["parcels"]["features"]]
        if tile.content
        else []
    )


def test_an_import_makes_the_map_ready(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    (survey,) = Store(workspace).listed(kind="survey")
    (pbf,) = Store(workspace).listed(kind="pbf")
    assert all(cached(workspace, map_sheets.sheet_key(one)) for one in (survey, pbf))
    monkeypatch.setattr(map_sheets, "write_sheet", None)
    assert ready(workspace)["layers"][0]["count"] == 24


@pytest.mark.parametrize("harm", ["gone", "damaged", "unwritable"])
def test_tiles_are_the_same_where_what_is_kept_is_lost(
    workspace: Workspace, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api.map_tiles, "draw_ahead", lambda *_: None)
    at = middle(ready(workspace), 13)
    before = api.map_tile(workspace, "survey-2024", *at)
    monkeypatch.setattr(map_sheets, "_opened", map_sheets.Opened())
    if harm == "damaged":
        (folder,) = workspace.root.glob(f"cache/{map_sheets.sheet_key(Store(workspace).in_use(2024))}")
        file = folder / "xy.npy"
        file.write_bytes(file.read_bytes()[:-8] + b"\0" * 8)
    else:
        shutil.rmtree(workspace.root / "cache")
    if harm == "unwritable":
        (workspace.root / "cache").write_text("a file stands where the folder would be")
    ready(workspace)
    after = api.map_tile(workspace, "survey-2024", *at)
    assert before is not None and after is not None and before.content
    (survey,) = Store(workspace).listed(kind="survey")
    drawn = map_sheets.sheet_of(workspace, survey)
    assert api.map_tiles.tile_of(drawn, api.map_tiles.Address.of(*at)) == before.content


def test_while_it_is_made_ready_there_is_no_tile_and_then_there_is(workspace: Workspace) -> None:
    shutil.rmtree(workspace.root / "cache")
    assert api.map_tile(workspace, "survey-2024", 0, 0, 0) is None
    record = ready(workspace)
    assert features(api.map_tile(workspace, "survey-2024", *middle(record, 13)))


def test_a_disk_without_room_for_the_map_is_told_to_who_asks_for_it(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(map_sheets, "sheet_of", full)
    (survey,) = Store(workspace).listed(kind="survey")
    map_sheets.open_behind(workspace, survey)
    for thread in threading.enumerate():
        if thread.name == "map":
            thread.join(_WAIT_S)
    with pytest.raises(BadInput, match="No space left on device"):
        map_sheets.open_behind(workspace, survey)


def test_the_map_tells_bounds_layers_and_what_colours_say(workspace: Workspace) -> None:
    record = ready(workspace)
    west, south, east, north = record["bounds"]
    assert 110.0 < west < east < 120.0 and 30.0 < south < north < 40.0
    assert [one["id"] for one in record["layers"]] == ["survey-2024", "pbf"] and record["years"] == [2024]
    assert record["layers"][0]["tiles"] == "/api/v1/tiles/survey-2024/{z}/{x}/{y}.mvt"
    assert {one["code"]: one["label_zh"] for one in record["legend"]["class"]} == {"0102": "水浇地", "0301": "乔木林地"}
    assert len({one["colour"] for one in record["legend"]["class"]}) == 2
    assert [one["code"] for one in record["legend"]["quality"]] == list(range(1, 11))


def test_a_parcel_tells_its_class_its_area_and_whether_it_is_basic_farmland(workspace: Workspace) -> None:
    told = {
        one["parcel_id"]: one for one in features(api.map_tile(workspace, "survey-2024", *middle(ready(workspace), 13)))
    }
    assert len(told) == 24
    first, second = told[f"{1:018d}"], told[f"{4:018d}"]
    assert first["class_code"] == "0102" and first["farmland"] == 1 and first["pbf"] == 1
    assert first["region_code"] == "999901001201" and first["area_dm2"] == pytest.approx(1_000_000, rel=0.01)
    assert second["pbf"] == 0  # a third of it is


def test_another_layer_of_basic_farmland_changes_the_tiles_and_their_tags(workspace: Workspace, tmp_path: Path) -> None:
    at = middle(ready(workspace), 13)
    before = api.map_tile(workspace, "survey-2024", *at)
    shape = shapely.box(EAST, NORTH, EAST + 6 * SIDE, NORTH + 4 * SIDE)
    gpd.GeoDataFrame({"YJJBNTTBBH": ["1"]}, geometry=[shape], crs=4526).to_file(tmp_path / "q.gpkg")
    api.import_layer(workspace, tmp_path / "q.gpkg", kind="pbf", year=2024)
    ready(workspace)
    after = api.map_tile(workspace, "survey-2024", *at)
    assert before is not None and after is not None and before.tag != after.tag
    assert {one["pbf"] for one in features(after)} == {1}


def test_who_may_see_one_township_gets_no_parcel_of_another(workspace: Workspace) -> None:
    record = ready(workspace, ("999901001",))
    at = middle(record, 13)
    seen = features(api.map_tile(workspace, "survey-2024", *at, ("999901001",)))
    assert len(seen) == 12 and {one["region_code"] for one in seen} == {"999901001201"}
    assert not features(api.map_tile(workspace, "survey-2024", *at, ("999901009",)))
    assert not features(api.map_tile(workspace, "survey-2024", *at, ()))
    assert len(features(api.map_tile(workspace, "survey-2024", *at, ("999901",)))) == 24
    tags = {
        tile.tag
        for scope in (None, ("999901001",), ("999901002",))
        if (tile := api.map_tile(workspace, "survey-2024", *at, scope))
    }
    assert len(tags) == 3


def test_who_may_see_one_township_gets_no_overview_of_another(workspace: Workspace) -> None:
    record = ready(workspace)
    at = middle(record, record["overview"]["maxzoom"])
    whole = api.map_overview(workspace, 2024, *at)
    part = api.map_overview(workspace, 2024, *at, scope=("999901001",))
    none = api.map_overview(workspace, 2024, *at, scope=("999901009",))
    assert whole is not None and part is not None and none is not None
    assert whole.content and part.content != whole.content and not none.content


def test_layers_that_name_no_region_are_not_shown_to_who_may_see_only_some(workspace: Workspace) -> None:
    ready(workspace)
    assert [one["id"] for one in api.map_record(workspace, ("999901001",))["layers"]] == ["survey-2024"]
    with pytest.raises(NotFound):
        api.map_tile(workspace, "pbf", 13, 0, 0, ("999901001",))


def test_a_survey_on_another_datum_is_put_by_its_own_degrees(tmp_path: Path) -> None:
    made = api.init(tmp_path / "w", region="999901", name="county")
    frame = gpd.read_file(survey_file(tmp_path / "s.gpkg")).to_crs(4490)
    frame.to_file(tmp_path / "d.gpkg")
    api.import_survey(made, tmp_path / "d.gpkg", year=2024)
    record = ready(made)
    assert record["bounds"][0] == pytest.approx(frame.total_bounds[0], abs=1e-6)


def test_what_cannot_be_asked_for_is_refused(workspace: Workspace) -> None:
    ready(workspace)
    for ask in (
        lambda: api.map_tile(workspace, "survey-1999", 1, 0, 0),
        lambda: api.map_tile(workspace, "survey-2024", 3, 8, 0),
        lambda: api.map_overview(workspace, 1999, 1, 0, 0),
    ):
        with pytest.raises(NotFound):
            ask()
    with pytest.raises(BadInput):
        api.map_overview(workspace, 2024, 1, 0, 0, by="owner")


def test_tilejson_names_the_address_and_what_is_told(workspace: Workspace) -> None:
    ready(workspace)
    told = api.map_tilejson(workspace, "survey-2024", "http://here")
    assert told["tiles"] == ["http://here/api/v1/tiles/survey-2024/{z}/{x}/{y}.mvt"]
    (layer,) = told["vector_layers"]
    assert layer["id"] == "parcels" and layer["fields"]["parcel_id"] == "String" and layer["fields"]["pbf"] == "Number"


def test_a_sheet_that_is_kept_is_the_one_that_was_made(workspace: Workspace) -> None:
    stored = Store(workspace).in_use(2024)
    folder = cached(workspace, map_sheets.sheet_key(stored))
    assert folder is not None and len(Sheet.kept(folder)) == 24
