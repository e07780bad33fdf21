"""An import says what it takes the place of, and an earlier survey can be taken again."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.core import NotFound
from tilth.land import Store


def _squares(path: Path, count: int) -> Path:
    shapes = [shapely.box(38400000 + 20 * n, 3500000, 38400020 + 20 * n, 3500020) for n in range(count)]
    gpd.GeoDataFrame({"BSM": [f"{n:018d}" for n in range(count)], "DLBM": "0103"}, geometry=shapes, crs=4526).to_file(
        path
    )
    return path


def test_a_survey_of_other_land_is_said_and_the_earlier_one_can_be_taken_again(tmp_path: Path) -> None:
    workspace = api.init(tmp_path / "w", region="999901", name="county")
    first = api.import_survey(workspace, _squares(tmp_path / "a.gpkg", 20), year=2024)
    assert not [one for one in first.findings if one.code.startswith("API-")]
    same_land = api.import_survey(workspace, _squares(tmp_path / "b.gpkg", 19), year=2024)
    assert [one.code for one in same_land.findings if one.code.startswith("API-")] == ["API-REPLACED"]
    other = api.import_survey(workspace, _squares(tmp_path / "c.gpkg", 1), year=2024)
    assert {one.code for one in other.findings} >= {"API-REPLACED", "API-OTHER-LAND"}
    assert Store(workspace).survey(2024).id == other.snapshot.id

    assert api.use(workspace, first.snapshot.id[:12])["in_use"]
    assert Store(workspace).survey(2024).id == first.snapshot.id
    assert len(Store(workspace).listed(kind="survey", current=False)) == 3
    with pytest.raises(NotFound, match="no stored survey"):
        api.use(workspace, "zzzzzzzz")
