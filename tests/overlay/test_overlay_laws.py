"""Laws of the overlay: exact against fractions, and the same to the last bit in any order, company or tiling."""

from __future__ import annotations

import numba
import numpy as np
import pytest
import shapely
from overlay_shapes import EQUAL_AREA, FULL, exact_common_area, lattice, star
from shapely import affinity

from tilth.overlay import Rings, engine_area, flatten, intersection_areas, overlaps, pairing, prepare, sides
from tilth.overlay.layer import kept

PAIRS = 100_000 if FULL else (20 if numba.config.DISABLE_JIT else 500)
ORIGIN = (39_562_000.0, 4_060_000.0)


def grid_polygon(rng):
    """Three to eight corners on a grid of 8 × 8, repaired if they cross: holes, bow-ties, touching corners, parts."""
    corners = rng.integers(0, 8, (rng.integers(3, 9), 2)).astype(float)
    shape = shapely.make_valid(shapely.Polygon(corners))
    if rng.random() < 0.3:
        shape = shape.difference(shapely.box(*np.sort(rng.integers(1, 7, (2, 2)), axis=0).ravel()))
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon" and part.area > 0]
    return shapely.MultiPolygon(parts) if len(parts) > 1 else (parts[0] if parts else shapely.box(0, 0, 1, 1))


def on_the_grid(shape):
    """Have all its corners whole coordinates? Repair puts crossings where they fall."""
    xy = shapely.get_coordinates(shape)
    return bool((xy == np.rint(xy)).all())


@pytest.mark.slow
def test_common_areas_are_those_of_exact_fractions():
    rng = np.random.default_rng(23)
    left, right = [], []
    while len(left) < PAIRS:
        a, b = grid_polygon(rng), grid_polygon(rng)
        if rng.random() < 0.1:
            b = a
        if on_the_grid(a) and on_the_grid(b):
            left.append(a)
            right.append(b)
    apart = [(20.0 * (row % 400), 20.0 * (row // 400)) for row in range(PAIRS)]
    placed = [[affinity.translate(s, *at) for s, at in zip(layer, apart, strict=True)] for layer in (left, right)]
    table = intersection_areas(*placed, EQUAL_AREA)
    assert np.array_equal(table.left, table.right)
    found = np.zeros(PAIRS)
    found[table.left] = table.area_m2
    exact = np.array([float(exact_common_area(a, b)) for a, b in zip(left, right, strict=True)])
    larger = np.maximum(shapely.area(left), shapely.area(right))
    assert np.abs(found - exact).max() <= 1e-12 * 64
    assert (np.abs(found - exact) / larger).max() <= 1e-12
    assert np.array_equal(found > 0, exact > 0)


def years():
    """Two years of parcels and a long polygon that is cut into cells."""
    before, after = lattice(7, 140.0, ORIGIN, seed=3), lattice(8, 125.0, ORIGIN, seed=4)
    after[:20] = before[20:40]
    winding = star(np.random.default_rng(1), (ORIGIN[0] + 500, ORIGIN[1] + 500), 450.0, 1_500)
    return before, np.append(after, winding)


def rows_of(table):
    return list(zip(table.left.tolist(), table.right.tolist(), table.area_m2.tolist(), strict=True))


def test_a_with_b_is_b_with_a_to_the_last_bit():
    before, after = years()
    forward, back = intersection_areas(before, after, 4527), intersection_areas(after, before, 4527)
    assert sorted((b, a, area) for a, b, area in rows_of(back)) == rows_of(forward)


def test_no_bit_hangs_on_the_order_of_rows_on_the_start_of_rings_or_on_their_turn():
    before, after = years()
    known = rows_of(intersection_areas(before, after, 4527))
    rng = np.random.default_rng(9)
    ours, theirs = rng.permutation(len(before)), rng.permutation(len(after))
    shuffled = intersection_areas(before[ours], after[theirs], 4527)
    assert sorted((int(ours[a]), int(theirs[b]), area) for a, b, area in rows_of(shuffled)) == known

    def elsewhere(shape):
        xy = shapely.get_coordinates(shape)[:-1]
        return shapely.Polygon(np.roll(xy, int(rng.integers(len(xy))), axis=0))

    turned = shapely.reverse([elsewhere(shape) for shape in before])
    assert rows_of(intersection_areas(turned, after, 4527)) == known


def test_no_bit_hangs_on_what_else_is_in_the_layers():
    before, after = years()
    known = {(a, b): area for a, b, area in rows_of(intersection_areas(before, after, 4527))}
    for row in range(0, len(before), 5):
        alone = intersection_areas(before[row : row + 1], after, 4527)
        assert {(row, b): area for _, b, area in rows_of(alone)} == {key: known[key] for key in known if key[0] == row}


@pytest.mark.parametrize("coordinates", [40, 400, 4_000])
def test_no_bit_hangs_on_the_tiles(monkeypatch, coordinates):
    before, after = years()
    doubled = np.concatenate([after, lattice(3, 200.0, ORIGIN, seed=8)])
    known = rows_of(intersection_areas(before, after, 4527)), rows_of(overlaps(doubled, 4527))
    back = rows_of(intersection_areas(after, before, 4527))
    monkeypatch.setattr(sides, "TILE_COORDINATES", coordinates)
    assert (rows_of(intersection_areas(before, after, 4527)), rows_of(overlaps(doubled, 4527))) == known
    assert rows_of(intersection_areas(after, before, 4527)) == back


def test_no_bit_hangs_on_how_a_layer_is_given(tmp_path):
    before, after = years()
    known = rows_of(intersection_areas(before, after, 4527))
    ready, other = prepare(before, 4527), prepare(after, 4527)
    ready.keep(tmp_path)
    again = kept(tmp_path, ready.ground)
    rings = flatten(after)
    assert isinstance(rings, Rings)
    for left, right in ((ready, after), (before, other), (ready, other), (again, rings), (again, other)):
        assert rows_of(intersection_areas(left, right, 4527)) == known
    assert np.array_equal(again.area_m2, ready.area_m2) and len(again) == len(before)


def test_no_bit_hangs_on_whether_a_footprint_is_measured_alone_among_many_or_from_the_other_side():
    before, after = years()
    rng = np.random.default_rng(6)
    corridor = shapely.LineString([(ORIGIN[0] - 50, ORIGIN[1] + 80), (ORIGIN[0] + 990, ORIGIN[1] + 800)]).buffer(12.0)
    yard = shapely.box(ORIGIN[0] + 150, ORIGIN[1] + 150, ORIGIN[0] + 800, ORIGIN[1] + 700)
    bend = yard.difference(shapely.box(ORIGIN[0] + 300, ORIGIN[1] + 300, ORIGIN[0] + 900, ORIGIN[1] + 600))
    ring = yard.difference(yard.buffer(-60.0))
    footprints = np.array([corridor, yard, bend, ring, star(rng, (ORIGIN[0] + 500, ORIGIN[1] + 500), 300.0, 40)])
    warm = [prepare(layer, 4527) for layer in (before, after, footprints)]
    for layer in warm:
        known = rows_of(intersection_areas(footprints, layer, 4527))
        back = rows_of(intersection_areas(layer, footprints, 4527))
        assert sorted((b, a, area) for a, b, area in back) == known
        for row, shape in enumerate(footprints):
            alone = rows_of(intersection_areas(prepare([shape], 4527), layer, 4527))
            assert [(row, b, area) for _, b, area in alone] == [piece for piece in known if piece[0] == row]


def test_a_parcel_inside_a_footprint_is_a_piece_as_a_whole_and_one_beside_it_is_none():
    parcels = lattice(9, 100.0, ORIGIN, seed=2)
    x, y = ORIGIN
    frame = shapely.box(x + 40, y + 40, x + 860, y + 860).difference(shapely.box(x + 330, y + 330, x + 560, y + 590))
    corridor = shapely.Polygon([(x - 9, y), (x + 9, y - 9), (x + 909, y + 880), (x + 890, y + 899)])
    for shape in (
        frame,
        corridor,
        affinity.rotate(frame, 90),
        affinity.rotate(frame, 30),
        affinity.rotate(corridor, 90),
    ):
        table = intersection_areas([shape], prepare(parcels, EQUAL_AREA), EQUAL_AREA)
        common = shapely.area(shapely.intersection(shape, parcels))
        assert np.array_equal(table.right, np.flatnonzero(common > 1e-6))
        assert table.area_m2 == pytest.approx(common[table.right], rel=1e-9, abs=1e-5)
        inside = shapely.contains_properly(shape, parcels[table.right])
        own = prepare(parcels, EQUAL_AREA).area_m2[table.right]
        assert np.abs(table.area_m2 - own)[inside].max(initial=0.0) <= 1e-9


def test_no_bit_hangs_on_whether_twins_are_looked_for(monkeypatch):
    before, after = years()
    layers = [prepare(layer, 4527) for layer in (before, after, np.append(before, before[:7]))]
    pairs = [(a, b) for a in layers for b in layers]
    known = [rows_of(intersection_areas(a, b, 4527)) for a, b in pairs]
    monkeypatch.setattr(pairing, "FEW_PAIRS", 0)
    assert [rows_of(intersection_areas(a, b, 4527)) for a, b in pairs] == known


def test_an_unchanged_neighbourhood_gives_what_a_changed_one_would(monkeypatch):
    """Twins are matched and mirrored, which spares work and may change nothing."""
    monkeypatch.setattr(pairing, "FEW_PAIRS", 0)
    before = lattice(6, 150.0, ORIGIN, seed=5)
    before = np.append(before, shapely.box(ORIGIN[0] + 100, ORIGIN[1] + 100, ORIGIN[0] + 333, ORIGIN[1] + 290))
    table = intersection_areas(before, before, 4527)
    moved = intersection_areas(before, shapely.reverse(shapely.segmentize(before, 40.0)), 4527)
    known = {(a, b): area for a, b, area in rows_of(table)}
    for a, b, area in rows_of(moved):  # points put into edges are rounded, which leaves slivers
        assert known.pop((a, b), 0.0) == pytest.approx(area, rel=1e-10, abs=1e-5)
    assert not known


@pytest.mark.parametrize("crs", [4526, 4490])
def test_pieces_of_a_clean_partition_add_up_to_the_parcel_to_a_billionth(crs):
    """In the second case the parcels lie across a line where the fits of the area scale meet."""
    unit = 1.0 if crs == 4526 else 1e-5
    line = 262_144.0 if crs == 4526 else 2.0
    origin = (147 * line - 400, 16 * line - 400) if crs == 4526 else (58 * line - 0.004, 18 * line - 0.004)
    before = lattice(8, 100.0 * unit, origin, seed=1)
    cover = lattice(9, 100.0 * unit, (origin[0] - 50 * unit, origin[1] - 50 * unit), seed=2)
    whole = shapely.box(
        origin[0] - 300 * unit, origin[1] - 300 * unit, origin[0] + 1200 * unit, origin[1] + 1200 * unit
    )
    cover = np.append(cover, whole.difference(shapely.coverage_union_all(cover)))
    ready = prepare(before, crs)
    total = intersection_areas(ready, cover, crs).total_by_left(len(before))
    assert np.abs(total - ready.area_m2).max() <= 1e-9
    assert ready.area_m2 == pytest.approx(engine_area(before, crs), rel=1e-9)


@pytest.mark.parametrize("seed", range(4))
def test_what_a_layer_is_known_to_share_with_itself_spares_measuring_and_changes_no_bit(seed, monkeypatch):
    rng = np.random.default_rng(seed)

    def some(count, corners):
        middles = rng.uniform(0.0, 400.0, (count, 2)) + ORIGIN
        return [star(rng, middle, 60.0, corners) for middle in middles]

    stay, gone, come = some(1_500, 9), some(40, 9), some(40, 9)
    stay += [*some(3, 3_000), stay[0], stay[1]]  # cut into cells; twice in the layer
    stay.append(shapely.union_all([shapely.box(0, 0, 9, 9), shapely.box(20, 0, 29, 9)]))
    stay[-1] = affinity.translate(stay[-1], *ORIGIN)
    before, after = prepare(stay + gone, EQUAL_AREA), prepare(come + stay[::-1], EQUAL_AREA)
    plain, known = intersection_areas(before, after, EQUAL_AREA), overlaps(before, EQUAL_AREA)
    assert len(known) > 10_000
    asked = []
    monkeypatch.setattr(
        pairing, "pair_areas", lambda *given, take=pairing.pair_areas: (asked.append(len(given[3])), take(*given))[1]
    )
    quick = intersection_areas(before, after, EQUAL_AREA, known=known)
    assert sum(asked) < len(plain) / 3
    for name in ("left", "right", "area_m2"):
        assert np.array_equal(getattr(plain, name), getattr(quick, name)), name
