"""What a vector tile shows, as another program decodes it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from tiles_mesh import EAST, NORTH, address_over, addresses_over, mesh, sheet_of_shapes, shown

from tilth.core import BadInput, NotFound
from tilth.tiles import Address, tile_of
from tilth.tiles.thinning import TOLERANCE
from tilth.tiles.world import BITS, BUFFER, EXTENT

seeds = st.integers(0, 2**31)


@given(seed=seeds, z=st.integers(9, 16))
def test_every_polygon_of_a_tile_is_valid_lies_in_its_frame_and_turns_as_the_format_wants(seed: int, z: int) -> None:
    with TemporaryDirectory() as name:
        sheet = sheet_of_shapes(Path(name) / "s", mesh(seed))
        for at in addresses_over(sheet, z)[:4]:
            for found, _ in shown(sheet, at).values():
                assert found.is_valid, shapely.is_valid_reason(found)
                left, top, right, bottom = found.bounds
                assert min(left, top) >= -BUFFER and max(right, bottom) <= EXTENT + BUFFER
                for part in shapely.get_parts(found):
                    # y runs down the page, where the surveyor's formula is above 0 what looks clockwise
                    assert part.exterior.is_ccw and not any(ring.is_ccw for ring in part.interiors)


@given(seed=seeds, z=st.integers(13, 16))
def test_neighbours_leave_next_to_no_gap_or_overlap_between_them(seed: int, z: int) -> None:
    with TemporaryDirectory() as name:
        sheet = sheet_of_shapes(Path(name) / "s", mesh(seed))
        for at in addresses_over(sheet, z):
            shapes = [found for found, _ in shown(sheet, at).values()]
            whole = shapely.union_all(shapes)
            # Two thinned lines may cross, as each is thinned by itself.
            assert shapely.area(shapes).sum() == pytest.approx(whole.area, rel=1e-3, abs=0.5)
            gaps = sum(shapely.Polygon(ring).area for part in shapely.get_parts(whole) for ring in part.interiors)
            assert gaps < max(0.5, 1e-3 * whole.area)


@given(seed=seeds)
def test_a_point_is_drawn_from_the_same_zoom_on_whoever_it_belongs_to(seed: int) -> None:
    with TemporaryDirectory() as name:
        sheet = sheet_of_shapes(Path(name) / "s", mesh(seed))
        of: dict[tuple[int, int], set[int]] = {}
        for (x, y), zoom in zip(sheet.xy.tolist(), sheet.zoom.tolist(), strict=True):
            of.setdefault((x, y), set()).add(zoom)
        assert all(len(zooms) == 1 for zooms in of.values())
        assert len(set(sheet.zoom.tolist())) > 2


@given(seed=seeds, z=st.integers(8, 15))
def test_a_thinned_line_stays_near_its_course(seed: int, z: int) -> None:
    with TemporaryDirectory() as name:
        sheet = sheet_of_shapes(Path(name) / "s", mesh(seed, parcels=12))
        step = 2.0 ** (BITS - 12 - z)
        for ring in range(len(sheet.ring_start) - 1):
            points = slice(*sheet.ring_start[ring : ring + 2])
            left = sheet.xy[points][sheet.zoom[points] <= z]
            if len(left) > 2:
                off = shapely.distance(shapely.LinearRing(left), shapely.points(sheet.xy[points])).max()
                assert off <= TOLERANCE * step * (1.0 + 1e-9)


def test_another_program_reads_every_property_and_the_row_of_the_survey(tmp_path: Path) -> None:
    sheet = sheet_of_shapes(tmp_path / "s", mesh(3, parcels=9), parts=3)
    found = shown(sheet, address_over(sheet, 13))
    assert sorted(found) == list(range(1, 10))
    for number, (_, told) in found.items():
        row = number - 1
        wanted = {"parcel_id": f"P{row:05d}地", "class_code": ["0101", "0303", ""][row % 3]}
        wanted |= {"area_dm2": row * 1_000_003 - 1, "region_code": f"99990100{row % 3}"}
        assert told == {name: value for name, value in wanted.items() if value not in ("", -1)}


def test_a_tile_shows_its_polygons_where_they_lie(tmp_path: Path) -> None:
    square = shapely.box(EAST, NORTH, EAST + 200.0, NORTH + 200.0)
    sheet = sheet_of_shapes(tmp_path / "s", [square])
    at = address_over(sheet, 16)
    (drawn,) = [found for found, _ in shown(sheet, at).values()]
    from pyproj import Transformer

    x, y = Transformer.from_crs(4526, 3857, always_xy=True).transform(*shapely.get_coordinates(square).T)
    side = 2.0 * np.pi * 6_378_137.0 / 2**16
    steps = np.column_stack([(x / side + 2**15 - at.x) * EXTENT, (2**15 - y / side - at.y) * EXTENT])
    frame = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    wanted = shapely.intersection(shapely.Polygon(steps), frame)
    assert shapely.hausdorff_distance(drawn, wanted) < 1.0


def test_holes_stay_holes_and_parts_stay_parts(tmp_path: Path) -> None:
    ring = shapely.Point(EAST, NORTH).buffer(300.0).difference(shapely.Point(EAST, NORTH).buffer(100.0))
    two = shapely.union(
        shapely.box(EAST + 400, NORTH, EAST + 500, NORTH + 90), shapely.box(EAST + 600, NORTH, EAST + 700, NORTH + 90)
    )
    sheet = sheet_of_shapes(tmp_path / "s", [ring, two, None, shapely.Point(EAST, NORTH).buffer(100.0)])
    found = shown(sheet, address_over(sheet, 12))
    assert sorted(found) == [1, 2, 4]
    assert len(found[1][0].interiors) == 1 and found[2][0].geom_type == "MultiPolygon"
    assert found[1][0].intersection(found[4][0]).area == 0.0


def test_a_ring_that_crosses_itself_is_drawn_as_the_ground_that_it_covers(tmp_path: Path) -> None:
    tie = shapely.Polygon(np.array([[0, 0], [200, 200], [200, 0], [0, 200]]) + np.array([EAST, NORTH]))
    sheet = sheet_of_shapes(tmp_path / "s", [tie, shapely.box(EAST + 300, NORTH, EAST + 400, NORTH + 100)])
    found = shown(sheet, address_over(sheet, 14))
    assert found[1][0].is_valid and found[1][0].geom_type == "MultiPolygon" and found[2][0].is_valid


def test_what_is_smaller_than_a_step_is_left_to_the_overview(tmp_path: Path) -> None:
    sheet = sheet_of_shapes(tmp_path / "s", [shapely.box(EAST, NORTH, EAST + 1.0, NORTH + 1.0)])
    assert tile_of(sheet, address_over(sheet, 5)) == b"" and tile_of(sheet, address_over(sheet, 16)) != b""


def test_a_tile_of_nothing_has_no_bytes(tmp_path: Path) -> None:
    sheet = sheet_of_shapes(tmp_path / "s", mesh(5))
    assert tile_of(sheet, Address.of(14, 0, 0)) == b""
    empty = sheet_of_shapes(tmp_path / "none", [])
    assert empty.bounds is None and tile_of(empty, Address.of(0, 0, 0)) == b""


def test_only_the_ground_of_allowed_regions_is_in_a_tile(tmp_path: Path) -> None:
    sheet = sheet_of_shapes(tmp_path / "s", mesh(7))
    some = shown(sheet, address_over(sheet, 13), np.array([False, True, False]))
    assert {told["region_code"] for _, told in some.values()} == {"999901001"}
    assert b"999901000" not in tile_of(sheet, address_over(sheet, 13), np.array([False, True, False]))
    assert not shown(sheet, address_over(sheet, 13), np.zeros(3, dtype=bool))


def test_sheets_do_not_depend_on_how_many_rows_are_handed_over_at_a_time(tmp_path: Path) -> None:
    shapes = mesh(11)
    one, many = (sheet_of_shapes(tmp_path / f"{parts}", shapes, parts=parts) for parts in (1, 7))
    assert all(tile_of(one, at) == tile_of(many, at) for at in addresses_over(one, 14))


@pytest.mark.parametrize("address", [(-1, 0, 0), (17, 0, 0), (3, 8, 0), (3, 0, 8), (3, -1, 0)])
def test_there_are_no_other_tiles(address: tuple[int, int, int]) -> None:
    with pytest.raises(NotFound):
        Address.of(*address)


def test_lines_and_points_are_no_map_of_parcels(tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        sheet_of_shapes(tmp_path / "s", [shapely.LineString([(EAST, NORTH), (EAST + 1, NORTH)])])


def test_a_layer_is_first_drawn_where_its_fullest_tile_shows_few_enough() -> None:
    from tilth.tiles.sheet import first_zoom_of

    middle = np.array([1 << 30, 1 << 30])
    x, y = np.meshgrid(np.arange(100) * 1000, np.arange(100) * 1000)
    box = np.column_stack([x.ravel(), y.ravel(), x.ravel() + 999, y.ravel() + 999]) + np.tile(middle, 2)
    zoom = first_zoom_of(box.astype(float), most=2_500)
    tiles = {(int(a) >> (BITS - zoom), int(b) >> (BITS - zoom)) for a, b in box[:, :2]}
    assert len(tiles) >= 4 and first_zoom_of(box.astype(float), most=10_000) < zoom
    assert first_zoom_of(np.zeros((0, 4))) == 0


def test_parcels_are_first_drawn_where_the_middle_one_can_be_seen() -> None:
    from tilth.tiles.sheet import first_zoom_of

    box = np.array([[0.0, 0.0, 4_000.0, 3_000.0]] * 3) + 2.0**30
    assert first_zoom_of(box) == 0
    zoom = first_zoom_of(box, seen_from=32)
    assert 4_000.0 / 2.0 ** (BITS - 12 - zoom) >= 32 > 4_000.0 / 2.0 ** (BITS - 12 - zoom + 1)


def test_the_decoder_agrees_on_a_tile_of_thousands_of_points(tmp_path: Path) -> None:
    turn = np.linspace(0.0, 2.0 * np.pi, 6_000, endpoint=False)
    radius = 4_000.0 + 300.0 * np.sin(60.0 * turn)
    star = shapely.Polygon(np.column_stack([EAST + radius * np.cos(turn), NORTH + radius * np.sin(turn)]))
    sheet = sheet_of_shapes(tmp_path / "s", [star])
    for z in (8, 11, 14):
        content = tile_of(sheet, address_over(sheet, z))
        assert mapbox_vector_tile.decode(content)["parcels"]["features"]
        assert all(found.is_valid for found, _ in shown(sheet, address_over(sheet, z)).values())
