"""Rasters of several years are read by what their bands are called, whatever their order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from tilth.core import BadInput
from tilth.intake import YearRasters, covered_share
from tilth.soil import Grid

SIDE = 6


def written(path, bands, *, crs="EPSG:4326", left=106.0, nodata=float("-inf"), cell=0.01, kind="float64"):
    """A raster of bands by their names."""
    values = np.stack(list(bands.values()))
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[2], height=values.shape[1], count=len(values), dtype=kind,
        crs=crs, transform=from_origin(left, 41.0, cell, cell), nodata=nodata,
    ) as file:  # fmt: skip
        file.write(values.astype(kind))
        file.descriptions = tuple(bands)
    return path


def ground(value):
    return np.full((SIDE, SIDE), float(value))


@pytest.fixture
def years(tmp_path):
    """Two years of heat and green, then one in which another band came first; one cell has no value."""
    holed = ground(3)
    holed[2, 1] = -np.inf
    return [
        written(tmp_path / "summer_2019.tif", {"heat": ground(10), "green": ground(1)}),
        written(tmp_path / "summer_2021.tif", {"growth": ground(7), "heat": ground(30), "green": holed}),
        written(tmp_path / "summer_2020.tif", {"heat": ground(20), "green": ground(2)}),
    ]


def test_a_band_is_read_by_its_name_though_its_number_changes(years):
    with YearRasters(years) as opened:
        assert opened.years == (2019, 2020, 2021)
        assert opened.names == ("heat", "green")
        assert opened.whole("green").values[:, 0, 0].tolist() == [1, 2, 3]
        assert opened.whole("heat").values[:, 0, 0].tolist() == [10, 20, 30]


def test_an_infinite_nodata_is_no_value(years):
    with YearRasters(years) as opened:
        told = opened.whole("green").values
    assert np.argwhere(np.isnan(told)).tolist() == [[2, 2, 1]]


def test_rows_read_in_parts_are_those_of_the_whole(years):
    with YearRasters(years) as opened:
        parts = [opened.read("green", row, 2) for row in range(0, SIDE, 2)]
        assert np.array_equal(np.concatenate(parts, axis=1), opened.whole("green").values, equal_nan=True)


def test_years_whose_bands_moved_or_are_missing_are_told(years):
    with YearRasters(years) as opened:
        moved, lacking = opened.findings
        assert opened.years_of("growth") == (2021,)
    assert moved.said == (
        "in 1 year (2021) bands stand elsewhere: heat is band 2, in summer_2019.tif band 1; bands are read by name"
    )
    assert lacking.said == "2 years have no band growth: 2019–2020"


def test_a_band_that_one_year_lacks_cannot_be_read_over_all(years):
    with YearRasters(years) as opened, pytest.raises(BadInput) as told:
        opened.whole("growth")
    assert told.value.said == "summer_2019.tif has no band growth; it has heat, green"


def test_two_files_of_one_year_and_names_without_a_year_are_refused(tmp_path, years):
    again = written(tmp_path / "again-2020.tif", {"heat": ground(1)})
    with pytest.raises(BadInput, match=r"again-2020\.tif and summer_2020\.tif are both of 2020"):
        YearRasters([*years, again])
    plain = written(tmp_path / "heat.tif", {"heat": ground(1)})
    with pytest.raises(BadInput, match=r"the name heat\.tif has no year in it"):
        YearRasters([plain])
    both = written(tmp_path / "2019-2020.tif", {"heat": ground(1)})
    with pytest.raises(BadInput, match="more than one year in it: 2019, 2020"):
        YearRasters([both])
    with YearRasters([plain, both], years=[2001, 2002]) as opened:
        assert opened.years == (2001, 2002)


def test_bands_without_a_description_have_to_be_named(tmp_path):
    file = written(tmp_path / "y2020.tif", {"a": ground(1), "b": ground(2)})
    with rasterio.open(file, "r+") as held:
        held.descriptions = (None, None)
    with pytest.raises(BadInput, match=r"band 1 of 2 in y2020\.tif has no description"):
        YearRasters([file])
    with YearRasters([file], bands=["one", "two"]) as opened:
        assert opened.whole("two").values[0, 0, 0] == 2
    with pytest.raises(BadInput, match="has 2 bands but 1 name was given"):
        YearRasters([file], bands=["one"])


def test_years_on_two_grids_are_refused(tmp_path, years):
    shifted = written(tmp_path / "2022.tif", {"heat": ground(1)}, left=106.005)
    with pytest.raises(BadInput, match=r"their edges differ by up to 0\.50 cells"):
        YearRasters([*years, shifted])
    other = written(tmp_path / "2023.tif", {"heat": ground(1)}, crs="EPSG:32648")
    with pytest.raises(BadInput, match=r"2023\.tif is in EPSG:32648 but summer_2019\.tif is in EPSG:4326"):
        YearRasters([*years, other])


def test_a_mask_on_another_grid_covers_the_share_of_a_cell_that_lies_under_it(tmp_path):
    fine = np.zeros((40, 40))
    fine[:, 13:] = 1
    mask = written(tmp_path / "mask.tif", {"m": fine}, nodata=None, cell=0.001, kind="uint8", left=106.005)
    grid = Grid(6, 6, 106.0, 41.0, 0.01, 0.01, "EPSG:4326")
    share = covered_share(mask, grid)
    # The mask's ones run from 106.018 to 106.045, over four rows of cells; beyond the mask nothing is covered.
    assert share[0] == pytest.approx([0, 0.2, 1, 1, 0.5, 0], abs=1e-4)
    assert share[3] == pytest.approx(share[0]) and share[4:].max() == 0


def test_classes_of_a_land_cover_raster_can_be_the_mask(tmp_path):
    cover = np.zeros((6, 6))
    cover[:3], cover[3:] = 40, 50
    file = written(tmp_path / "cover.tif", {"m": cover}, nodata=0, kind="uint8")
    grid = Grid(6, 6, 106.0, 41.0, 0.01, 0.01, "EPSG:4326")
    assert covered_share(file, grid, values=[40]).sum() == pytest.approx(18)
    assert covered_share(file, grid).sum() == pytest.approx(36)


def test_a_mask_of_other_land_is_refused(tmp_path):
    mask = written(tmp_path / "mask.tif", {"m": np.ones((4, 4))}, nodata=None, kind="uint8", left=120.0)
    with pytest.raises(BadInput, match="shares no ground"):
        covered_share(mask, Grid(6, 6, 106.0, 41.0, 0.01, 0.01, "EPSG:4326"))


def test_cells_outside_a_mask_are_left_out_and_years_can_be_chosen(years):
    with YearRasters(years) as opened:
        stack = opened.whole("green")
    share = np.zeros((SIDE, SIDE), dtype=np.float32)
    share[0, :2] = 0.5, 0.49
    kept = stack.within(share)
    assert np.isfinite(kept.values[0]).sum() == 1 and kept.values[0, 0, 0] == 1
    assert stack.of((2021, 2019)).values[:, 0, 0].tolist() == [1, 3]
    with pytest.raises(BadInput, match="no year 2001 in the stack"):
        stack.of((2001,))


def test_the_hetao_stack_is_read_by_name_though_its_bands_move_in_2021(data_dir):
    folder: Path = data_dir / "rs_hetao_annual"
    with YearRasters(sorted(folder.glob("*Summer*.tif"))) as opened:
        green = opened.whole("NIRv")
        heat = opened.whole("LST")
        share = covered_share(folder / "Hetao_CropMask_WorldCover.tif", opened.grid)
        assert [one.code for one in opened.findings] == ["SOIL-STACK-ORDER", "SOIL-STACK-BAND-SOME"]
    assert green.years == tuple(range(2000, 2024)) and green.values.shape == (24, 124, 369)
    means = np.nanmean(green.values, axis=(1, 2))
    assert means[[0, -1]] == pytest.approx([0.062, 0.091], abs=5e-4)
    assert (np.nanmean(heat.values, axis=(1, 2)) > 20).all()
    with rasterio.open(folder / "Hetao_CropMask_WorldCover.tif") as mask:
        fine = (mask.read(1) == 1).sum() * (mask.transform.a / opened.grid.cell_x) ** 2
    assert share.sum() == pytest.approx(fine, rel=1e-4)
