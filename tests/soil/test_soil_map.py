"""Salinity maps: the same in any blocks, going on where they stopped, and adding up parcel by parcel."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import rasterio
import shapely

from salty_land import CELL, LEFT, SIDE, SMALL, TOP, bands, raster, salty
from tilth.core import BadInput, NotFound
from tilth.intake import CovariateRasters
from tilth.report import write_cog
from tilth.soil import (
    BANDS,
    NO_CLASS,
    Blocks,
    Mapped,
    Mapper,
    block_of,
    cell_shares,
    design_based,
    fit_model,
    map_blocks,
    model_based,
    parcel_probabilities,
    split_areas,
)
from tilth.soil.salinity_map.conformal import Errors
from tilth.soil.salinity_map.learning import Training

BOUNDS = (2.0, 4.0, 8.0)


@pytest.fixture(scope="module")
def samples():
    return salty()


@pytest.fixture(scope="module")
def model(samples):
    return fit_model(samples, recipes=SMALL)


@pytest.fixture(scope="module")
def holed(tmp_path_factory):
    """A stack in which one covariate has a hole of 5 by 7 cells."""
    values = bands()
    values[1, 30:35, 40:47] = -9999.0
    return raster(tmp_path_factory.mktemp("stack") / "stack.tif", values)


@pytest.fixture
def rasters(holed):
    with CovariateRasters([holed]) as opened:
        yield opened


def whole(blocks):
    return [np.concatenate([getattr(one, name) for _, one in blocks], axis=-1) for name in ("ec", "unlike", "classes")]


def test_a_map_is_the_same_bit_for_bit_in_blocks_of_any_size_and_with_any_threads(tmp_path, model, rasters):
    mapper = Mapper(model, rasters.names, BOUNDS)
    first = whole(map_blocks(mapper, rasters, tmp_path / "a", rows=SIDE, threads=1))
    for rows in (1, 7, 50):
        other = whole(map_blocks(mapper, rasters, tmp_path / f"b{rows}", rows=rows, threads=2))
        for one, two in zip(first, other, strict=True):
            assert one.tobytes() == two.tobytes()


def test_a_kriged_map_is_the_same_in_blocks_of_any_size(tmp_path, samples, rasters):
    from dataclasses import replace

    from tilth.soil.salinity_map.kriging import Variogram, kriged

    model = fit_model(samples, recipes=SMALL)
    model = replace(model, residual=kriged(samples.x, samples.y, samples.target - model.held_out,
                                           Variogram(0.02, 0.05, 300.0)))  # fmt: skip
    mapper = Mapper(model, rasters.names, BOUNDS)
    first = whole(map_blocks(mapper, rasters, tmp_path / "a", rows=64))
    other = whole(map_blocks(mapper, rasters, tmp_path / "b", rows=11))
    assert all(one.tobytes() == two.tobytes() for one, two in zip(first, other, strict=True))


def test_the_map_says_of_a_cell_what_the_model_says(tmp_path, model, rasters):
    mapper = Mapper(model, rasters.names, BOUNDS)
    ec, unlike, classes = whole(map_blocks(mapper, rasters, tmp_path / "a"))
    at = np.arange(0, SIDE * SIDE, 997)
    x, y = rasters.grid.centres(0, SIDE)
    rows = rasters.read(0, SIDE)[:, at].T
    centre, spread = model.estimate(rows, x[at], y[at])
    assert pytest.approx(model.quantiles(centre, spread, (0.05, 0.5, 0.95)), rel=1e-6) == ec[1:, at].T
    below = np.column_stack([model.probability_below(centre, spread, one) for one in BOUNDS])
    assert pytest.approx(below, abs=6e-5) == np.cumsum(classes[:-1, at], axis=0).T / 10_000
    assert unlike[at] == pytest.approx(
        model.applicability.dissimilarity(rows) / model.applicability.threshold, rel=1e-6
    )


def test_the_mean_is_that_of_the_errors_less_their_outermost_tails(model, rasters, tmp_path):
    mapper = Mapper(model, rasters.names, BOUNDS)
    ec = whole(map_blocks(mapper, rasters, tmp_path / "a"))[0]
    x, y = rasters.grid.centres(0, 1)
    centre, spread = model.estimate(rasters.read(0, 1).T, x, y)
    counted = model.errors.scaled[0 : len(model.errors.scaled)]
    expected = [max(np.exp(a + b * counted).mean() - 1, 0) for a, b in zip(centre, spread, strict=True)]
    assert ec[0, :SIDE] == pytest.approx(expected, rel=1e-3)


def test_classes_of_a_cell_add_up_to_one_and_a_hole_has_none(tmp_path, model, rasters):
    ec, unlike, classes = whole(map_blocks(Mapper(model, rasters.names, BOUNDS), rasters, tmp_path / "a"))
    hole = np.zeros((SIDE, SIDE), dtype=bool)
    hole[30:35, 40:47] = True
    hole = hole.reshape(-1)
    assert (classes[:, ~hole].sum(axis=0) == 10_000).all()
    assert (classes[:, hole] == NO_CLASS).all()
    assert np.isnan(ec[:, hole]).all()
    assert np.isnan(unlike[hole]).all()
    assert np.isfinite(ec[:, ~hole]).all()


def test_a_stopped_map_goes_on_with_the_blocks_it_has(tmp_path, model, rasters, monkeypatch):
    mapper = Mapper(model, rasters.names, BOUNDS)
    first = whole(map_blocks(mapper, rasters, tmp_path / "a", rows=20))
    (tmp_path / "a" / "00000040.npz").unlink()
    (tmp_path / "a" / "00000100.part").write_bytes(b"half")
    read = []
    usual = CovariateRasters.read
    monkeypatch.setattr(CovariateRasters, "read", lambda self, row, rows: read.append(row) or usual(self, row, rows))
    again = whole(map_blocks(mapper, rasters, tmp_path / "a", rows=20))
    assert read == [40]
    assert all(one.tobytes() == two.tobytes() for one, two in zip(first, again, strict=True))


def test_blocks_of_another_model_are_not_taken_over(tmp_path, model, rasters):
    map_blocks(Mapper(model, rasters.names, BOUNDS), rasters, tmp_path / "a", rows=20)
    told = whole(map_blocks(Mapper(model, rasters.names, (3.0,)), rasters, tmp_path / "a", rows=20))
    assert told[2].shape[0] == 2


def test_a_covariate_that_no_raster_holds_is_named(model):
    with pytest.raises(BadInput) as told:
        Mapper(model, ("wet", "noise"), BOUNDS)
    assert told.value.said == "no raster holds high, which the model needs; the rasters hold wet, noise"


def test_rasters_of_two_systems_are_refused_with_both_named(tmp_path):
    one, two = raster(tmp_path / "one.tif", bands()), raster(tmp_path / "two.tif", bands(), crs="EPSG:32650")
    with pytest.raises(BadInput) as told:
        CovariateRasters([one, two])
    assert told.value.said == "two.tif is in EPSG:32650 but one.tif is in EPSG:32649"


def test_rasters_half_a_cell_apart_are_refused(tmp_path):
    one, two = raster(tmp_path / "one.tif", bands()), raster(tmp_path / "two.tif", bands(), left=LEFT + 5)
    with pytest.raises(BadInput, match=r"differ by up to 5\.00 m"):
        CovariateRasters([one, two])


def test_a_raster_in_degrees_is_refused(tmp_path):
    with pytest.raises(BadInput, match="EPSG:4326, whose coordinates are no metres"):
        CovariateRasters([raster(tmp_path / "one.tif", bands(), crs="EPSG:4326")])


def test_a_file_that_is_no_raster_and_one_that_is_not_there_are_said(tmp_path):
    (tmp_path / "text.tif").write_text("no raster")
    with pytest.raises(BadInput, match=r"text\.tif cannot be read as a raster"):
        CovariateRasters([tmp_path / "text.tif"])
    with pytest.raises(NotFound, match="there is no raster"):
        CovariateRasters([tmp_path / "none.tif"])


def test_two_bands_of_one_name_are_refused(tmp_path):
    with pytest.raises(BadInput, match="2 bands are called wet"):
        CovariateRasters([raster(tmp_path / "one.tif", bands(), names=("wet", "high", "wet"))])


def test_a_written_raster_is_cloud_optimised_and_reads_back(tmp_path, model, rasters):
    blocks = map_blocks(Mapper(model, rasters.names, BOUNDS), rasters, tmp_path / "a", rows=33)
    ec = whole(blocks)[0]
    path = write_cog(tmp_path / "ec.tif", rasters.grid, BANDS, "float32", float("nan"),
                     ((row, one.ec) for row, one in blocks))  # fmt: skip
    with rasterio.open(path) as opened:
        assert opened.read().reshape(4, -1).tobytes() == ec.tobytes()
        assert opened.descriptions == BANDS
        assert opened.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert opened.crs.to_string() == "EPSG:32649"
        assert np.isnan(opened.nodata)


def block_with(classes, grid):
    cells = grid.width * grid.height
    return [(0, Mapped(np.zeros((4, cells), np.float32), np.zeros(cells, np.float32), classes))]


def test_a_parcel_takes_each_cell_by_the_share_of_it_that_it_covers(rasters):
    grid = rasters.grid
    shape = np.array([shapely.box(LEFT + 5, TOP - 10, LEFT + 20, TOP)], dtype=object)
    classes = np.zeros((2, SIDE * SIDE), dtype=np.uint16)
    classes[0], classes[0, 0] = 10_000, 0
    classes[1, 0] = 10_000
    told, mapped = parcel_probabilities(cell_shares(shape, grid), block_with(classes, grid), grid, 2)
    assert told[0] == pytest.approx([2 / 3, 1 / 3])
    assert mapped[0] == pytest.approx(1)


def test_land_without_a_value_is_counted_as_not_mapped(rasters):
    grid = rasters.grid
    shapes = np.array([shapely.box(LEFT, TOP - 10, LEFT + 20, TOP), shapely.box(0, 0, 10, 10)], dtype=object)
    classes = np.full((2, SIDE * SIDE), NO_CLASS, dtype=np.uint16)
    classes[:, 0] = 10_000, 0
    told, mapped = parcel_probabilities(cell_shares(shapes, grid), block_with(classes, grid), grid, 2)
    assert mapped.tolist() == [0.5, 0]
    assert np.isnan(told[1]).all()
    assert split_areas(np.array([1_001, 77]), told, mapped).tolist() == [[501, 0, 500], [0, 0, 77]]


def test_kept_shares_of_cells_are_those_measured(tmp_path, rasters):
    shapes = np.array([shapely.box(LEFT + 5, TOP - 33, LEFT + 47, TOP - 3)], dtype=object)
    first = cell_shares(shapes, rasters.grid, kept=tmp_path)
    again = cell_shares(shapes, rasters.grid, kept=tmp_path)
    assert len(list(tmp_path.iterdir())) == 1
    assert first.share.sum() * CELL * CELL == pytest.approx(42 * 30)
    assert (first.cell == again.cell).all() and (first.share == again.share).all()


@pytest.fixture(scope="module")
def land(model, holed, tmp_path_factory):
    """Twelve by twelve parcels with odd areas, their probabilities and blocks."""
    with CovariateRasters([holed]) as opened:
        blocks = map_blocks(Mapper(model, opened.names, BOUNDS), opened, tmp_path_factory.mktemp("map"))
        step = SIDE * CELL / 12
        shapes = np.array([shapely.box(LEFT + a * step, TOP - (b + 1) * step, LEFT + (a + 1) * step, TOP - b * step)
                           for a in range(12) for b in range(12)], dtype=object)  # fmt: skip
        told, mapped = parcel_probabilities(cell_shares(shapes, opened.grid), blocks, opened.grid, 4)
    areas = np.arange(144, dtype=np.int64) * 7_919 + 1_000_003
    centre = shapely.centroid(shapes)
    return areas, told, mapped, shapely.get_x(centre), shapely.get_y(centre)


def closes(found, areas):
    assert found.total_dm2 == areas.sum()
    assert sum(one.area_dm2 for one in found.rows) == areas.sum()
    assert sum(one.share_bp for one in found.rows) == 10_000
    for one in found.rows:
        assert 0 <= one.low_dm2 <= one.area_dm2 <= one.high_dm2


def test_class_areas_of_a_model_add_up_to_the_land_and_say_what_they_stand_on(land, model, samples):
    areas, told, mapped, x, y = land
    block = block_of(np.append(samples.x, x), np.append(samples.y, y), model.side)
    found = model_based(areas, told, mapped, block[160:], model, samples, block[:160])
    closes(found, areas)
    assert found.method == "model"
    assert found.rows[-1].number == -1 and found.rows[-1].area_dm2 > 0
    assert (split_areas(areas, told, mapped).sum(axis=1) == areas).all()


def test_errors_that_blocks_share_widen_the_interval_of_an_area(land, model, samples):
    areas, told, _, _, _ = land
    from tilth.soil.salinity_map.class_areas import _drawn

    block = np.arange(144) // 12
    alone, shared = (_drawn(areas, told, block, part, 0).std(axis=0) for part in (0.0, 0.6))
    assert (shared > alone + 1).all()


def test_land_whose_errors_share_nothing_that_shows_still_has_an_interval(land, model, samples):
    """A few blocks cannot show that nothing is shared, and each parcel errs by itself."""
    from dataclasses import replace

    from tilth.soil.salinity_map.class_areas import _drawn, shared_error

    areas, told, _, _, _ = land
    alone = _drawn(areas, told, np.arange(144) // 12, 0.0, 0).std(axis=0)
    own = np.sqrt((areas[:, None].astype(float) ** 2 * told * (1 - told)).sum(axis=0))
    assert alone == pytest.approx(own, rel=0.25)
    block = block_of(samples.x, samples.y, model.side)
    noise = np.random.default_rng(2).standard_normal(len(samples)) * model.held_spread
    apart = replace(model, held_out=samples.target - noise)
    assert 0.0 < shared_error(model.errors, samples, apart, block) < 0.5


def test_areas_of_a_drawn_sample_hold_the_true_areas_about_nine_times_in_ten(model, land):
    _, told, _, _, _ = land
    held = bands()
    truth = 1.6 + 0.6 * held[0] + 0.8 * held[1]
    error = 0.25 * np.random.default_rng(99).standard_normal(truth.shape)
    ec = np.expm1(np.maximum(truth + error, 0.01)).reshape(-1)
    true_share = np.bincount(np.searchsorted(BOUNDS, ec, side="right"), minlength=4) / ec.size
    even = np.full(144, 1_000_000, dtype=np.int64)
    inside = []
    for seed in range(40, 52):
        drawn = salty(160, seed)
        found = design_based(even, told, np.ones(144), drawn, fit_model(drawn, recipes=SMALL), BOUNDS)
        closes(found, even)
        assert found.method == "design"
        inside += [one.low_dm2 <= share * even.sum() <= one.high_dm2
                   for one, share in zip(found.rows[:4], true_share, strict=True)]  # fmt: skip
    assert 0.75 <= np.mean(inside) <= 1.0


def test_too_few_drawn_places_give_no_interval_by_design(land):
    areas, told, mapped, _, _ = land
    few = salty(24)
    with pytest.raises(BadInput, match="24 places are too few"):
        design_based(areas, told, mapped, few, fit_model(few, recipes=SMALL), BOUNDS)


def test_a_finished_map_is_walked_from_the_north(tmp_path, model, rasters):
    blocks = map_blocks(Mapper(model, rasters.names, BOUNDS), rasters, tmp_path / "a", rows=50)
    assert isinstance(blocks, Blocks)
    assert [row for row, _ in blocks] == [0, 50, 100]


def test_a_class_that_no_drawn_place_is_of_still_has_an_interval(drawn_forty):
    areas, told, drawn, model = drawn_forty
    rows = design_based(areas, told, np.ones(len(areas)), drawn, model, (2.0, 4.0, 8.0, 16.0)).rows
    assert all(one.low_dm2 < one.area_dm2 < one.high_dm2 or one.low_dm2 == 0 < one.high_dm2 for one in rows[:-1])


@pytest.fixture
def drawn_forty():
    """40 places, all salty; the map has land of a class that none of them is of."""
    rng = np.random.default_rng(0)
    value = np.exp(rng.normal(3.0, 0.4, 40))
    drawn = Training(value, np.zeros((40, 1)), ("c",), np.array([True]), np.arange(40) * 100.0, np.zeros(40))
    held, spread = drawn.target + rng.normal(0.0, 0.2, 40), np.full(40, 0.3)
    errors = Errors(np.sort((drawn.target - held) / spread))
    model = SimpleNamespace(
        errors=errors, held_out=held, held_spread=spread,
        probability_below=lambda centre, wide, bound: errors.below((np.log1p(bound) - centre) / wide),
    )  # fmt: skip
    told = np.tile([0.0, 0.0, 0.1, 0.4, 0.5], (100, 1))
    told[:6] = [1, 0, 0, 0, 0]
    return np.full(100, 10_000_000), told, drawn, model
