"""Next samples: the best choice on tiny land, the same from the same seed, and days that can be walked."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput
from tilth.soil import latin, latin_cost, trips, unsure


def made(seed, count=10, columns=2):
    drawn = np.random.default_rng(seed)
    table = drawn.standard_normal((count, columns))
    return table, [drawn.choice(["clay", "loam"], count).astype(object)]


@pytest.mark.parametrize("seed", range(6))
def test_on_tiny_land_the_design_is_the_best_of_all_choices(seed):
    table, kinds = made(seed)
    best = min(latin_cost(table, kinds, one) for one in itertools.combinations(range(10), 4))
    found = latin(table, kinds, 4, seed=seed)
    assert found.cost == pytest.approx(best, abs=1e-9)
    assert latin_cost(table, kinds, found.chosen.tolist()) == pytest.approx(found.cost, abs=1e-9)


def test_the_same_seed_gives_the_same_places_and_all_of_them_are_different():
    table, kinds = made(1, 400, 4)
    one, other = latin(table, kinds, 30, seed=5), latin(table, kinds, 30, seed=5)
    assert one.chosen.tolist() == other.chosen.tolist() and len(set(one.chosen.tolist())) == 30
    assert latin(table, kinds, 30, seed=6).chosen.tolist() != one.chosen.tolist()


def test_the_design_stands_for_the_land_better_than_any_of_a_hundred_random_draws():
    table, kinds = made(2, 500, 3)
    drawn = np.random.default_rng(0)
    random = [latin_cost(table, kinds, drawn.choice(500, 25, replace=False).tolist()) for _ in range(100)]
    assert latin(table, kinds, 25).cost < 0.5 * min(random)


def test_all_places_are_taken_where_all_are_asked_for():
    table, kinds = made(3, 6)
    assert latin(table, kinds, 6).chosen.tolist() == [0, 1, 2, 3, 4, 5]


def left(x, y, width, chosen, reach, known=()):
    """Doubt that is taken, written plainly."""
    total = 0.0
    for at in range(len(x)):
        near = [np.hypot(x[at] - x[one], y[at] - y[one]) for one in chosen]
        near += [np.hypot(x[at] - a, y[at] - b) for a, b in known]
        total += width[at] * max(0.0, 1.0 - min(near, default=np.inf) / reach)
    return total


@given(seed=st.integers(0, 10_000))
def test_greedy_choice_takes_nearly_all_that_the_best_choice_takes(seed):
    drawn = np.random.default_rng(seed)
    x, y, width = drawn.random(9) * 100, drawn.random(9) * 100, drawn.random(9)
    known = [(50.0, 50.0)]
    found = unsure(x, y, width, 3, 60.0, known=np.array(known))
    already = left(x, y, width, (), 60.0, known)
    best = max(left(x, y, width, one, 60.0, known) for one in itertools.combinations(range(9), 3)) - already
    mine = left(x, y, width, found.chosen.tolist(), 60.0, known) - already
    assert mine >= (1 - 1 / np.e) * best - 1e-9
    assert found.share.sum() * width.sum() == pytest.approx(mine, abs=1e-9)
    first = max(range(9), key=lambda one: left(x, y, width, (one,), 60.0, known))
    assert left(x, y, width, (int(found.chosen[0]),), 60.0, known) == pytest.approx(
        left(x, y, width, (first,), 60.0, known)
    )
    assert (np.diff(found.share) <= 1e-12).all()


def test_places_go_where_the_map_is_unsure_and_not_where_samples_are():
    x, y = (one.ravel().astype(float) for one in np.meshgrid(np.arange(20) * 10, np.arange(20) * 10))
    width = np.where(x < 60, 5.0, 0.1)
    chosen = unsure(x, y, width, 5, 40.0).chosen
    assert (x[chosen] < 60).all()
    known = np.array([[20.0, 50.0], [20.0, 150.0]])
    again = unsure(x, y, width, 3, 40.0, known=known).chosen
    away = np.hypot(x[again][:, None] - known[:, 0], y[again][:, None] - known[:, 1]).min(axis=1)
    assert (away > 25).all()


@given(seed=st.integers(0, 10_000), count=st.integers(1, 25), per_day=st.integers(1, 8))
def test_every_place_is_visited_once_and_no_day_is_too_long(seed, count, per_day):
    drawn = np.random.default_rng(seed)
    found = trips(drawn.random(count), drawn.random(count), per_day)
    sizes = np.bincount(found.day)[1:]
    assert sizes.max() <= per_day and sizes.sum() == count and len(found.length) == -(-count // per_day)
    for day in range(1, int(found.day.max()) + 1):
        assert sorted(found.order[found.day == day].tolist()) == list(range(1, int(sizes[day - 1]) + 1))


@pytest.mark.parametrize("seed", range(5))
def test_the_tour_of_few_places_is_hardly_longer_than_the_shortest(seed):
    drawn = np.random.default_rng(seed)
    x, y = drawn.random(7), drawn.random(7)

    def long(order):
        return sum(np.hypot(x[a] - x[b], y[a] - y[b]) for a, b in itertools.pairwise(order))

    assert trips(x, y, 7).length[0] <= 1.25 * min(long(one) for one in itertools.permutations(range(7)))


def test_what_cannot_be_designed_is_refused_in_one_sentence():
    table, kinds = made(0)
    with pytest.raises(BadInput, match="1 place is no design; ask for at least 2"):
        latin(table, kinds, 1)
    with pytest.raises(BadInput, match="there are 10 places to choose 11 from"):
        latin(table, kinds, 11)
    with pytest.raises(BadInput, match="a sample cannot reach 0 m"):
        unsure(np.zeros(3), np.arange(3.0), np.ones(3), 2, 0.0)
    with pytest.raises(BadInput, match="0 places a day is none"):
        trips(np.zeros(3), np.arange(3.0), 0)
