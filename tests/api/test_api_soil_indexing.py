"""Rasters of indices: reflectance first, each scene or year once, and what is not known left blank."""

from __future__ import annotations

import json

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from tilth import api
from tilth.cli.run import run
from tilth.core import BadInput, NotFound
from tilth.soil import index

SIDE = 24
BANDS = {"B": "blue", "G": "green", "R": "red", "NIR": "nir"}
NAMES = tuple(BANDS.values())
LANDSAT = api.Scaling("landsat-c2")


def scene(path, seed=0, *, names=NAMES, red=None):
    """A Landsat scene of stored numbers; two cells have no data. The red band can be given."""
    drawn = np.random.default_rng(seed)
    values = drawn.integers(8_000, 16_000, (len(names), SIDE, SIDE)).astype("uint16")
    if red is not None:
        values[names.index("red")] = red
    values[:, 3, 4:6] = 0
    with rasterio.open(
        path, "w", driver="GTiff", width=SIDE, height=SIDE, count=len(names), dtype="uint16", crs="EPSG:4326",
        transform=from_origin(107.0, 41.0, 0.001, 0.001), nodata=0,
    ) as file:  # fmt: skip
        file.write(values)
        file.descriptions = names
    return path


def held(path, *bands):
    with rasterio.open(path) as file:
        return [file.read(file.descriptions.index(one) + 1) for one in bands]


def test_indices_of_a_scene_are_those_of_its_reflectance(tmp_path):
    source = scene(tmp_path / "scene.tif")
    done = api.soil_index(["NDSI", "CRSI"], [source], tmp_path / "out.tif", bands=BANDS, scaling=LANDSAT)
    red, near = (one.astype(float) * 2.75e-5 - 0.2 for one in held(source, "red", "nir"))
    expected = (red - near) / (red + near)
    expected[3, 4:6] = np.nan
    told, _ = held(done.file, "NDSI", "CRSI")
    assert told == pytest.approx(expected, rel=1e-6, nan_ok=True)
    with rasterio.open(done.file) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.crs.to_epsg() == 4326 and np.isnan(file.nodata)
    assert done.times == 1
    assert done.bands[0].without == 2
    assert done.bands[0].mean == pytest.approx(np.nanmean(expected))


def test_bands_in_files_of_their_own_are_one_scene(tmp_path):
    source = scene(tmp_path / "scene.tif")
    files = []
    for band in ("red", "nir"):
        files.append(scene(tmp_path / f"{band}.tif", names=(band,)))
        with rasterio.open(files[-1], "r+") as file, rasterio.open(source) as whole:
            file.write(whole.read(whole.descriptions.index(band) + 1), 1)
    one = api.soil_index(["NDVI"], [source], tmp_path / "a.tif", bands=BANDS, scaling=LANDSAT)
    two = api.soil_index(["NDVI"], files, tmp_path / "b.tif", bands=BANDS, scaling=LANDSAT)
    assert held(one.file, "NDVI")[0].tobytes() == held(two.file, "NDVI")[0].tobytes()


def test_numbers_that_are_no_reflectance_are_refused_not_guessed(tmp_path):
    source = scene(tmp_path / "scene.tif")
    with pytest.raises(BadInput) as told:
        api.soil_index(["NDVI"], [source], tmp_path / "out.tif", bands=BANDS)
    assert told.value.code == "SOIL-NOT-REFLECTANCE"
    assert not (tmp_path / "out.tif").exists()


def test_own_scale_and_offset_win(tmp_path):
    source = scene(tmp_path / "scene.tif")
    named = api.soil_index(["VSSI"], [source], tmp_path / "a.tif", bands=BANDS, scaling=LANDSAT)
    own = api.Scaling(scale=2.75e-5, offset=-0.2, nodata=0)
    said = api.soil_index(["VSSI"], [source], tmp_path / "b.tif", bands=BANDS, scaling=own)
    assert held(named.file, "VSSI")[0].tobytes() == held(said.file, "VSSI")[0].tobytes()


def test_the_highest_index_of_years_is_that_of_each_cell(tmp_path):
    files = [scene(tmp_path / f"s{year}.tif", year) for year in (2021, 2022, 2023)]
    done = api.soil_index(["CRSI"], files, tmp_path / "out.tif", bands=BANDS, scaling=LANDSAT, over="max")
    years = []
    for file in files:
        values = dict(zip(BANDS, held(file, *BANDS.values()), strict=True))
        years.append(index("CRSI", values, product="landsat-c2"))
    with np.errstate(all="ignore"):
        expected = np.fmax.reduce(years)
    told, seen = held(done.file, "CRSI", "seen")
    assert told == pytest.approx(expected, rel=1e-6, nan_ok=True)
    assert (seen == np.isfinite(years).sum(axis=0)).all()
    assert done.times == 3


def test_bare_soil_is_the_median_of_what_was_seen_bare(tmp_path):
    """Red of three scenes against a NIR of 12,000: the first and third are bare, the second is green."""
    files = []
    for number, red in enumerate((11_500, 8_500, 11_900)):
        files.append(scene(tmp_path / f"day{number}.tif", 5, red=red))
        with rasterio.open(files[-1], "r+") as file:
            file.write(np.full((SIDE, SIDE), 12_000, dtype="uint16"), 4)
    done = api.soil_index(["NDVI"], files, tmp_path / "out.tif", bands=BANDS, scaling=LANDSAT, bare=True)
    ndvi, seen = held(done.file, "NDVI", "seen")
    red, near = 11_700 * 2.75e-5 - 0.2, 12_000 * 2.75e-5 - 0.2
    assert seen[10, 10] == 2
    assert ndvi[10, 10] == pytest.approx((near - red) / (near + red), rel=1e-5)


def test_what_is_asked_wrongly_is_one_sentence(tmp_path):
    source = scene(tmp_path / "scene.tif")
    out = tmp_path / "out.tif"
    with pytest.raises(BadInput) as told:
        api.soil_index(["NSI"], [source], out, bands=BANDS, scaling=LANDSAT)
    assert told.value.said == "for NSI it is not said which bands of the files SWIR1, SWIR2 are"
    with pytest.raises(NotFound, match="there is no index 'SALT'"):
        api.soil_index(["SALT"], [source], out, bands=BANDS, scaling=LANDSAT)
    with pytest.raises(BadInput, match=r"scene\.tif has no band B4; it has blue, green, red, nir"):
        api.soil_index(["NDVI"], [source], out, bands={"R": "B4", "NIR": "nir"}, scaling=LANDSAT)
    with pytest.raises(NotFound, match="landsat-9"):
        api.soil_index(["NDVI"], [source], out, bands=BANDS, scaling=api.Scaling("landsat-9"))
    with pytest.raises(BadInput, match="both asked for"):
        api.soil_index(["NDVI"], [source], out, bands=BANDS, scaling=LANDSAT, bare=True, over="max")


def test_bands_of_years_are_composed_as_they_are_under_a_mask(tmp_path):
    files = [scene(tmp_path / f"{year}.tif", year) for year in (2021, 2022)]
    mask = tmp_path / "mask.tif"
    with rasterio.open(
        mask, "w", driver="GTiff", width=40, height=80, count=1, dtype="uint8", crs="EPSG:4326",
        transform=from_origin(107.0, 41.0, 0.0003, 0.0003),
    ) as file:  # fmt: skip
        file.write(np.ones((80, 40), dtype="uint8"), 1)
    done = api.soil_composite(["red"], files, tmp_path / "out.tif", over="mean", mask=mask)
    told = held(done.file, "red")[0]
    expected = np.mean([held(one, "red")[0].astype(float) for one in files], axis=0)
    assert told[:, :12][np.isfinite(told[:, :12])] == pytest.approx(expected[:, :12][np.isfinite(told[:, :12])])
    assert np.isnan(told[:, 12:]).all() and np.isnan(told[3, 4:6]).all()
    assert done.bands[0].without == SIDE * SIDE - 12 * SIDE + 2


def test_the_command_writes_what_it_says(tmp_path, capsys):
    source, out = scene(tmp_path / "scene.tif"), tmp_path / "out" / "ndvi.tif"
    asked = ["--raster", str(source), "--band", "R=red", "--band", "NIR=nir", "--product", "landsat-c2"]
    assert run(["soil", "index", "NDVI", "NDSI", *asked, "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["band"] for one in told["bands"]] == ["NDVI", "NDSI"]
    assert told["bands"][0]["mean"] == pytest.approx(-told["bands"][1]["mean"])
    assert run(["soil", "index", "NDVI", *asked[:2], "--band", "red", "--out", str(out)]) == 2
    assert "BAND=NAME" in capsys.readouterr().err


def test_the_hetao_years_become_one_raster_under_the_crop_mask(data_dir, tmp_path, capsys):
    folder = data_dir / "rs_hetao_annual"
    files = [word for one in sorted(folder.glob("*Summer*.tif")) for word in ("--raster", str(one))]
    mask, out = folder / "Hetao_CropMask_WorldCover.tif", tmp_path / "hetao.tif"
    assert run(["soil", "composite", "NIRv", "LST", *files, "--mask", str(mask), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "in 3 years (2021–2023) bands stand elsewhere: LST is band 2" in said
    green, heat, seen = held(out, "NIRv", "LST", "seen")
    crops = np.isfinite(green)
    assert crops.sum() == 16_078
    assert 0.02 < np.nanmin(green) < np.nanmax(green) < 0.3
    assert 25 < np.nanmin(heat) < np.nanmax(heat) < 46
    assert (seen[crops] == 24).all()
