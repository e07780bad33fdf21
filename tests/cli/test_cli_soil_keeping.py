"""What salinity maps and options of parcels stand on comes in from the command line."""

from __future__ import annotations

import json

import pytest

from salty_land import LEFT, bands, raster
from tilth import api
from tilth.cli.run import run


@pytest.fixture
def told(tmp_path, capsys):
    """Exit status and text of a command in a workspace of its own."""
    place = str(api.init(tmp_path / "county", region="150821", name="示范县").root)

    def command(*words):
        status = run(["-w", place, *map(str, words)])
        said = capsys.readouterr()
        return status, said.out + said.err

    return command


def test_a_raster_is_kept_and_one_on_another_grid_is_refused(told, tmp_path):
    status, said = told("import", "raster", raster(tmp_path / "stack.tif", bands()))
    assert status == 0 and "kept stack: wet, high, noise; 120 × 120 cells of 10 m" in said
    off = raster(tmp_path / "off.tif", bands(), names=("a", "b", "c"), left=LEFT + 3)
    status, said = told("import", "raster", off)
    assert status == 2 and "grid" in said


def test_weather_and_ground_are_kept_or_refused_with_the_row(told, tmp_path):
    months = "".join(f"2023,{month},10,50\n" for month in range(1, 13))
    (tmp_path / "w.csv").write_text(f"year,month,rain_mm,et0_mm\n{months}", encoding="utf-8")
    assert "12 steps a year" in told("import", "weather", tmp_path / "w.csv")[1]
    (tmp_path / "g.csv").write_text("region,texture,groundwater_depth_m\n1508,loam,1.5\n", encoding="utf-8")
    assert json.loads(told("import", "ground", tmp_path / "g.csv", "--json")[1]) == {"rows": 1, "parcels": 0}
    (tmp_path / "g.csv").write_text("region,groundwater_depth_m\n1508,deep\n", encoding="utf-8")
    status, said = told("import", "ground", tmp_path / "g.csv")
    assert status == 2 and "row 1: groundwater_depth_m" in said


def test_a_workspace_without_maps_lists_none(told):
    status, said = told("soil", "maps", "--json")
    assert (status, json.loads(said)) == (0, [])
