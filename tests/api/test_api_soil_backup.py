"""A backup holds what salinity maps and options of parcels are made of."""

from __future__ import annotations

import pytest

from salty_land import bands, raster
from tilth import api
from tilth.core import BadInput


def test_rasters_weather_and_ground_come_back_from_a_backup(tmp_path):
    place = api.init(tmp_path / "county", region="150821", name="示范县")
    api.import_raster(place, raster(tmp_path / "stack.tif", bands()))
    months = "".join(f"2023,{month},10,50\n" for month in range(1, 13))
    (tmp_path / "w.csv").write_text(f"year,month,rain_mm,et0_mm\n{months}", encoding="utf-8")
    api.import_weather(place, tmp_path / "w.csv")
    (tmp_path / "g.csv").write_text("region,texture\n150821,壤土\n", encoding="utf-8")
    api.import_ground(place, tmp_path / "g.csv")
    api.backup(place, tmp_path / "county.tar")
    api.restore(tmp_path / "county.tar", tmp_path / "again")
    for name in ("covariates/stack.tif", "salt/weather.csv", "salt/ground.csv"):
        assert (tmp_path / "again" / name).read_bytes() == (place.root / name).read_bytes()
    assert [one["name"] for one in api.soil_rasters(api.open_workspace(tmp_path / "again"))] == ["stack"]


def test_a_ground_of_no_known_texture_or_region_is_refused_and_the_one_before_stays(tmp_path):
    place = api.init(tmp_path / "county", region="150821", name="示范县")
    file = tmp_path / "g.csv"
    file.write_text("region,texture\n150821,loam\n", encoding="utf-8")
    api.import_ground(place, file)
    for row, said in (("150821,lome", "row 1: nobody knows the texture 'lome'"), ("320102,loam", "region '320102'")):
        file.write_text(f"region,texture\n{row}\n", encoding="utf-8")
        with pytest.raises(BadInput) as refused:
            api.import_ground(place, file)
        assert said in refused.value.said
    assert "loam" in (place.root / "salt" / "ground.csv").read_text(encoding="utf-8")
