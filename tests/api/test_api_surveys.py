"""An import says what it takes the place of, and an earlier survey can be taken again."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.cli.run import run
from tilth.core import NotFound
from tilth.land import Store


def _squares(path: Path, count: int, *, lost: int = 0, year: str = "2024") -> Path:
    """`count` parcels side by side; the last `lost` of them without a shape."""
    shapes = [shapely.box(38400000 + 20 * n, 3500000, 38400020 + 20 * n, 3500020) for n in range(count)]
    shapes[count - lost :] = [None] * lost
    rows = {"BSM": [f"{n:018d}" for n in range(count)], "DLBM": "0103", "SJNF": year}
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4526).to_file(path)
    return path


def test_a_survey_of_other_land_is_said_and_the_earlier_one_can_be_taken_again(tmp_path: Path) -> None:
    workspace = api.init(tmp_path / "w", region="999901", name="county")
    first = api.import_survey(workspace, _squares(tmp_path / "a.gpkg", 20), year=2024)
    assert not [one for one in first.findings if one.code.startswith("API-")]
    same_land = api.import_survey(workspace, _squares(tmp_path / "b.gpkg", 19), year=2024)
    assert [one.code for one in same_land.findings if one.code.startswith("API-")] == ["API-REPLACED"]
    other = api.import_survey(workspace, _squares(tmp_path / "c.gpkg", 1), year=2024)
    assert [one.code for one in other.findings if one.code.startswith("API-")] == ["API-OTHER-LAND", "API-NOT-IN-USE"]
    assert not other.in_use and Store(workspace).survey(2024).id == same_land.snapshot.id
    assert api.use(workspace, other.snapshot.id[:12])["in_use"]
    again = api.import_survey(workspace, tmp_path / "c.gpkg", year=2024)
    assert again.in_use and again.snapshot.id == other.snapshot.id, "what was taken stays taken"

    assert api.use(workspace, first.snapshot.id[:12])["in_use"]
    assert Store(workspace).survey(2024).id == first.snapshot.id
    assert len(Store(workspace).listed(kind="survey", current=False)) == 3
    with pytest.raises(NotFound, match="no stored survey"):
        api.use(workspace, "zzzzzzzz")


def test_a_damaged_delivery_does_not_take_a_good_surveys_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "w"
    workspace = api.init(place, region="999901", name="county")
    good = api.import_survey(workspace, _squares(tmp_path / "a.gpkg", 100), year=2024)
    assert api.import_survey(workspace, _squares(tmp_path / "b.gpkg", 101, lost=5), year=2024).in_use, "one in twenty"
    api.use(workspace, good.snapshot.id[:12])
    capsys.readouterr()
    cut = _squares(tmp_path / "cut.gpkg", 110, lost=23)
    assert run(["-w", str(place), "import", "survey", str(cut), "--year", "2024"]) == 1
    shown = capsys.readouterr().out
    (stored,) = [one for one in api.contents(workspace) if one["sources"] == "cut.gpkg"]
    said = "Stored, not in use  ×1\n    23 of 110 rows were set aside; it does not look like the same county; 2024"
    assert said in shown and f"'tilth use {stored['id'][:12]}' takes it" in shown
    assert not stored["in_use"] and Store(workspace).survey(2024).id == good.snapshot.id
    assert run(["-w", str(place), "use", stored["id"][:12]]) == 0
    assert Store(workspace).survey(2024).id == stored["id"]


def test_a_damaged_first_delivery_is_in_use_and_can_be_taken_out(tmp_path: Path) -> None:
    workspace = api.init(tmp_path / "w", region="999901", name="county")
    first = api.import_survey(workspace, _squares(tmp_path / "a.gpkg", 10, lost=9), year=2024)
    assert first.in_use and first.as_record()["in_use"] and Store(workspace).survey(2024).id == first.snapshot.id


def test_rows_of_another_year_are_never_put_in_use(tmp_path: Path) -> None:
    workspace = api.init(tmp_path / "w", region="999901", name="county")
    wrong = api.import_survey(workspace, _squares(tmp_path / "a.gpkg", 10, year="2023"), year=2024)
    (said,) = [one.said for one in wrong.findings if one.code == "API-NOT-IN-USE"]
    assert said == "most of its rows are not of 2024; 2024 has no survey in use"
    with pytest.raises(NotFound, match="no survey of 2024"):
        Store(workspace).survey(2024)
    assert api.use(workspace, wrong.snapshot.id[:12])["in_use"]


def test_other_land_in_another_year_displaces_nothing_and_says_how_it_is_taken_out(tmp_path: Path) -> None:
    workspace = api.init(tmp_path / "w", region="999901", name="county")
    api.import_survey(workspace, _squares(tmp_path / "a.gpkg", 10), year=2024)
    later = api.import_survey(workspace, _squares(tmp_path / "b.gpkg", 20, year="2025"), year=2025)
    (found,) = [one for one in later.findings if one.code.startswith("API-")]
    assert later.in_use and found.name == "Another county?" and "the survey of 2024" in found.said
    assert f"'tilth use {later.snapshot.id[:12]} --off'" in found.remedy and "again" not in found.remedy
