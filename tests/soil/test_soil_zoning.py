"""Zones hang together, close on the land there is, and are the same every time."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import calinski_harabasz_score

from tilth.core import BadInput
from tilth.soil import Driver, called_for, links_across, neighbours, scaled, treatments, weighted_median, zoned
from tilth.soil.zones.measures import reasons
from tilth.soil.zones.zoning import absorbed, cut, parts_of

SIDE = 12


def squares(side=SIDE, step=100.0, gap=0.0):
    return np.array(
        [shapely.box(a * step, b * step, (a + 1) * step - gap, (b + 1) * step - gap)
         for a in range(side) for b in range(side)], dtype=object
    )  # fmt: skip


def centres(shapes):
    points = shapely.centroid(shapes)
    return shapely.get_x(points), shapely.get_y(points)


def land(side=SIDE, seed=0, noise=0.3):
    """Groundwater near the surface on the left third, salt of another kind in the upper right quarter."""
    drawn = np.random.default_rng(seed)
    shapes = squares(side)
    x, y = centres(shapes)
    west, corner = x < side * 33, (x > side * 50) & (y > side * 50)
    depth = np.where(west, 1.0, 3.0) + noise * drawn.standard_normal(len(x))
    ion = np.where(corner, "soda", "chloride").astype(object)
    truth = np.where(west, 0, np.where(corner, 1, 2))
    return shapes, x, y, [Driver("gw_depth_m", numbers=depth), Driver("ion_type", kinds=ion)], truth


AREAS = np.full(SIDE * SIDE, 1_000_000)


def same_partition(one, other):
    return (
        len({(a, b) for a, b in zip(one.tolist(), other.tolist(), strict=True)})
        == len(set(one.tolist()))
        == len(set(other.tolist()))
    )


def test_planted_zones_are_found_and_their_number_too():
    shapes, x, y, drivers, truth = land()
    done = zoned(drivers, neighbours(shapes, 1.0), x, y, AREAS)
    assert done.count == 3 and same_partition(done.zone, truth)
    assert max(done.tried, key=lambda one: one.pseudo_f).zones == 3
    assert not done.by_neighbour.any() and len(done.links) == 0


def test_pseudo_f_is_that_of_the_library_for_every_number_tried():
    shapes, x, y, drivers, _ = land(noise=1.0)
    pairs = neighbours(shapes, 1.0)
    for number in range(2, 8):
        done = zoned(drivers, pairs, x, y, AREAS, zones=number)
        told = done.tried[0]
        assert told.zones == number
        assert told.pseudo_f == pytest.approx(calinski_harabasz_score(scaled(drivers), done.zone), rel=1e-9)


@given(seed=st.integers(0, 10_000), number=st.integers(1, 9))
def test_every_zone_is_one_piece_and_the_land_is_all_there(seed, number):
    drawn = np.random.default_rng(seed)
    shapes = squares(6)
    x, y = centres(shapes)
    areas = drawn.integers(1, 10**9, 36)
    done = zoned([Driver("a", numbers=drawn.standard_normal(36))], neighbours(shapes, 1.0), x, y, areas, zones=number)
    assert done.count == number
    assert set(parts_of(done.zone, done.pairs).values()) == {1}
    sums = np.bincount(done.zone, weights=areas)
    assert sums.sum() == areas.sum() and (np.diff(sums) <= 0).all()


@given(seed=st.integers(0, 10_000))
def test_no_zone_is_smaller_than_the_least_area(seed):
    drawn = np.random.default_rng(seed)
    shapes = squares(6)
    x, y = centres(shapes)
    areas = drawn.integers(100, 1000, 36)
    done = zoned(
        [Driver("a", numbers=drawn.standard_normal(36))], neighbours(shapes, 1.0), x, y, areas, zones=3, least=2_000
    )
    assert done.count == 3 and np.bincount(done.zone, weights=areas).min() >= 2_000
    assert set(parts_of(done.zone, done.pairs).values()) == {1}


def test_of_tiny_land_the_first_join_of_ward_is_the_best_of_all_neighbours():
    drawn = np.random.default_rng(7)
    shapes = squares(3)
    x, y = centres(shapes)
    values = drawn.standard_normal(9)
    pairs = neighbours(shapes, 1.0)
    done = zoned([Driver("a", numbers=values)], pairs, x, y, np.ones(9, dtype=np.int64), zones=8)
    joined = np.flatnonzero(np.bincount(done.zone)[done.zone] == 2)
    best = min(itertools.combinations(range(9), 2), key=lambda one: abs(values[one[0]] - values[one[1]]) if list(one) in
               pairs.tolist() else np.inf)  # fmt: skip
    assert tuple(joined) == best


def test_the_same_land_in_another_order_gives_the_same_zones():
    shapes, x, y, drivers, _ = land(noise=1.0)
    order = np.random.default_rng(1).permutation(len(shapes))
    turned = [
        Driver(one.name, *(None if part is None else part[order] for part in (one.numbers, one.kinds)))
        for one in drivers
    ]
    one = zoned(drivers, neighbours(shapes, 1.0), x, y, AREAS, zones=5)
    other = zoned(turned, neighbours(shapes[order], 1.0), x[order], y[order], AREAS, zones=5)
    assert same_partition(one.zone[order], other.zone)


def test_a_unit_of_which_a_driver_is_not_known_goes_with_its_neighbours():
    shapes, x, y, drivers, truth = land()
    depth = drivers[0].numbers.copy()
    inner = np.flatnonzero((truth == 0) & (x < 250) & (y > 250) & (y < 650))
    depth[inner] = np.nan
    done = zoned([Driver("gw_depth_m", numbers=depth), drivers[1]], neighbours(shapes, 1.0), x, y, AREAS, zones=3)
    assert np.flatnonzero(done.by_neighbour).tolist() == inner.tolist()
    assert same_partition(done.zone, truth)


def test_land_in_parts_is_joined_by_the_shortest_links():
    shapes = np.concatenate(
        [squares(3), shapely.affinity.translate(shapely.MultiPolygon(list(squares(3))), 1000).geoms]
    )
    shapes = np.array(list(shapes), dtype=object)
    x, y = centres(shapes)
    pairs = neighbours(shapes, 1.0)
    links = links_across(pairs, x, y)
    assert len(links) == 1
    apart = np.hypot(x[links[0, 0]] - x[links[0, 1]], y[links[0, 0]] - y[links[0, 1]])
    assert apart == pytest.approx(800.0)
    done = zoned([Driver("a", numbers=x + 0.01 * y)], pairs, x, y, np.ones(18, dtype=np.int64), zones=2)
    assert same_partition(done.zone, (x > 500).astype(int)) and len(done.links) == 1


def test_parcels_across_a_lane_are_neighbours_within_reach():
    shapes = squares(3, gap=4.0)
    assert len(neighbours(shapes, 1.0)) == 0
    assert len(neighbours(shapes, 4.5)) == 12


def test_every_driver_weighs_the_same_whatever_its_unit_or_its_kinds():
    drawn = np.random.default_rng(3)
    kinds = drawn.choice(["a", "b", "c"], 200).astype(object)
    table = scaled([Driver("mm", numbers=1000 * drawn.standard_normal(200)), Driver("k", kinds=kinds),
                    Driver("half", numbers=drawn.standard_normal(200), weight=0.5)])  # fmt: skip
    spread = table.var(axis=0)
    assert spread[0] == pytest.approx(1) and spread[1:4].sum() == pytest.approx(1) and spread[4] == pytest.approx(0.25)


def test_a_tree_cut_into_as_many_as_there_are_units_leaves_them_apart():
    children = np.array([[0, 1], [2, 3], [4, 5]])
    assert cut(children, 4).tolist() == [0, 1, 2, 3]
    assert cut(children, 1).tolist() == [0, 0, 0, 0]
    assert same_partition(cut(children, 2), np.array([0, 0, 1, 1]))


def test_a_small_zone_goes_to_the_neighbour_it_differs_from_least():
    table = np.array([[0.0], [0.1], [5.0], [5.2], [4.0]])
    edges = np.array([[0, 1], [1, 4], [4, 2], [2, 3]])
    found = absorbed(np.array([0, 0, 1, 1, 2]), table, edges, np.array([10, 10, 10, 10, 1]), 5)
    assert same_partition(found, np.array([0, 0, 1, 1, 1]))


def test_what_cannot_be_zoned_is_refused_in_one_sentence():
    shapes, x, y, drivers, _ = land()
    pairs = neighbours(shapes, 1.0)
    alike = [Driver("flat", numbers=np.ones(len(x)))]
    with pytest.raises(BadInput, match="flat is the same everywhere, so there is nothing to draw zones by"):
        zoned(alike, pairs, x, y, AREAS)
    with pytest.raises(BadInput, match="0 is no number of zones"):
        zoned(drivers, pairs, x, y, AREAS, zones=0)
    with pytest.raises(BadInput, match="144 units are too few for 200 zones"):
        zoned(drivers, pairs, x, y, AREAS, zones=200)
    with pytest.raises(BadInput, match=r"no 5 zones of 100\.00 ha or more can be drawn; at most 1 was found"):
        zoned(drivers, pairs, x, y, AREAS, zones=5, least=100_000_000)


def test_half_the_weight_lies_at_the_median_or_below():
    assert weighted_median(np.array([3.0, 1.0, 2.0, np.nan]), np.array([1, 1, 10, 99])) == 2.0
    assert np.isnan(weighted_median(np.array([np.nan]), np.array([1])))


def test_measures_follow_the_cause_and_what_may_not_stand_is_said():
    soda = {one.treatment: one for one in called_for({"ion_type": "soda", "esp_pct": 22.0, "gw_depth_m": 3.0})}
    assert {"GYPSUM", "FGD_GYPSUM", "ACIDIFIER", "ORGANIC"} == set(soda) and not soda["GYPSUM"].forbidden
    assert len(soda["GYPSUM"].why) == 2
    closed = {one.treatment: one for one in called_for({"ece_ds_m": 9.0, "outlet": "无"})}
    assert closed["LEACH_DITCH"].forbidden == ("T1",) and not closed["RAISED_BED"].forbidden
    leached = {one.treatment: one.forbidden for one in called_for({"ece_ds_m": 9.0, "esp_pct": 20.0})}
    assert leached["LEACH_DITCH"] == ("T2",)
    assert called_for({"gw_depth_m": float("nan")}) == [] == called_for({"gw_depth_m": 2.0})
    assert [one.treatment for one in called_for({"gw_depth_m": 1.99})] == ["PIPE_DRAIN", "LEACH_DITCH", "WELL_DRAIN"]


def test_every_rule_names_known_measures_and_its_source():
    for one in reasons():
        assert set(one.treatments) <= set(treatments()), one.id
        assert one.source and one.confidence in ("sure", "likely", "unverified"), one.id
        assert one.kinds or one.at_least is not None or one.below is not None, one.id
