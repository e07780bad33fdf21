"""The overview from afar."""

from __future__ import annotations

import io

import numpy as np
import pytest
import shapely
from PIL import Image
from tiles_mesh import mesh, sheet_of_shapes

from tilth.tiles import Address, Choices, Overview, Sheet, indexed_png, write_overview
from tilth.tiles.overview import SIDE, SIDE_BITS
from tilth.tiles.world import BITS


@pytest.fixture(scope="module")
def sheet(tmp_path_factory: pytest.TempPathFactory) -> Sheet:
    """300 parcels of three regions on 20 km × 20 km, first drawn at zoom 12."""
    from dataclasses import replace

    made = sheet_of_shapes(tmp_path_factory.mktemp("o") / "s", mesh(21, parcels=300, size_m=20_000.0))
    return replace(made, first_zoom=12)


def _codes(sheet: Sheet) -> np.ndarray:
    return 1 + sheet.row % 5


@pytest.fixture(scope="module")
def overview(sheet: Sheet, tmp_path_factory: pytest.TempPathFactory) -> Overview:
    folder = tmp_path_factory.mktemp("overview")
    write_overview(folder, sheet, {"class": _codes(sheet)})
    return Overview.kept(folder)


def _polygons(sheet: Sheet) -> list[shapely.Polygon]:
    return [shapely.Polygon(sheet.xy[slice(*sheet.ring_start[ring : ring + 2])]) for ring in sheet.first_ring[:-1]]


def test_each_pixel_of_the_finest_shows_what_lies_under_its_middle(sheet: Sheet, overview: Overview) -> None:
    finest, size = overview.rasters["class"][overview.last_zoom], 1 << (BITS - SIDE_BITS - overview.last_zoom)
    chance = np.random.default_rng(2)
    places = np.column_stack([chance.integers(0, n, 500) for n in finest.shape])
    tree, codes = shapely.STRtree(_polygons(sheet)), _codes(sheet)
    for line, column in places.tolist():
        middle = shapely.Point(*((np.array([column, line]) + overview.corner + 0.5) * size))
        under = set(codes[tree.query(middle, predicate="intersects")].tolist())
        assert finest[line, column] in (under or {0})


def test_a_coarser_pixel_shows_what_most_of_its_ground_shows(overview: Overview) -> None:
    finest = overview.rasters["class"][overview.last_zoom]
    for power in (1, 3):
        coarse = overview.rasters["class"][overview.last_zoom - power]
        side, corner = 1 << power, overview.corner
        for line in range(0, coarse.shape[0], 5):
            for column in range(0, coarse.shape[1], 5):
                top = max(((corner[1] >> power) + line) * side - corner[1], 0)
                left = max(((corner[0] >> power) + column) * side - corner[0], 0)
                bottom = ((corner[1] >> power) + line + 1) * side - corner[1]
                right = ((corner[0] >> power) + column + 1) * side - corner[0]
                held = finest[top:bottom, left:right]
                held = held[held > 0]
                if 2 * len(held) < side * side:
                    assert coarse[line, column] == 0
                else:
                    assert coarse[line, column] == np.bincount(held).argmax()


def _tile_of_all(overview: Overview, z: int) -> Address:
    power = overview.last_zoom - z + SIDE_BITS
    return Address.of(z, overview.corner[0] >> power, overview.corner[1] >> power)


def test_a_tile_is_cut_out_of_the_raster(overview: Overview) -> None:
    at = _tile_of_all(overview, overview.last_zoom)
    tile = overview.tile("class", at)
    assert tile is not None and tile.shape == (SIDE, SIDE) and set(np.unique(tile)) <= set(range(6))
    assert overview.tile("class", Address.of(overview.last_zoom, 0, 0)) is None


@pytest.mark.parametrize("back", [0, 2, 4])
def test_who_may_see_all_regions_one_by_one_sees_what_who_may_see_all_does(overview: Overview, back: int) -> None:
    at = _tile_of_all(overview, overview.last_zoom - back)
    every = np.ones(1 + len(overview.regions), dtype=bool)
    assert np.array_equal(overview.tile("class", at), overview.tile("class", at, every))


def test_ground_of_other_regions_is_neither_shown_nor_counted(sheet: Sheet, overview: Overview) -> None:
    region = sheet.column("region_code")
    assert isinstance(region, Choices)
    one = np.array([False, True, False, False])
    seen = overview.tile("class", _tile_of_all(overview, overview.last_zoom), one)
    assert seen is not None
    codes = set(_codes(sheet)[region.code == 0].tolist())
    assert set(np.unique(seen)) <= {0} | codes
    whole = overview.tile("class", _tile_of_all(overview, overview.last_zoom))
    assert whole is not None and 0 < (seen > 0).sum() < (whole > 0).sum()
    nobody = np.zeros(4, dtype=bool)
    assert overview.tile("class", _tile_of_all(overview, overview.last_zoom), nobody) is None


def test_other_programs_read_the_picture() -> None:
    pixels = np.arange(12, dtype=np.uint8).reshape(3, 4) % 3
    picture = Image.open(io.BytesIO(indexed_png(pixels, [None, "#ff0000", "#00ff80"]))).convert("RGBA")
    wanted = np.array([[0, 0, 0, 0], [255, 0, 0, 255], [0, 255, 128, 255]], dtype=np.uint8)[pixels]
    assert np.array_equal(np.asarray(picture), wanted)
