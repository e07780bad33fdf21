"""Levelling: parts close on the whole, moved by single units."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.overlay import level, level_groups, levelling

sizes = st.lists(st.integers(0, 5_000), min_size=1, max_size=12)


def test_the_first_of_three_equal_parts_gets_the_odd_unit():
    assert level([3333, 3333, 3333], 10000).tolist() == [3334, 3333, 3333]


def test_units_are_dealt_by_size_largest_first():
    assert level([60002, 39999, 4], 100000).tolist() == [60000, 39997, 3]
    assert level([4, 39999, 60002], 100000).tolist() == [3, 39997, 60000]


def test_among_equal_parts_the_lower_key_comes_first():
    assert level([10, 10, 10], 31, order=["c", "a", "b"]).tolist() == [10, 11, 10]
    assert level([10, 10, 10], 32, order=[3, 1, 2]).tolist() == [10, 11, 11]


def test_a_part_that_would_become_negative_is_left_and_its_units_passed_on():
    assert level([10, 1], 3).tolist() == [2, 1]
    assert level([1000, 1, 1], 996).tolist() == [994, 1, 1]


def test_parts_are_used_up_only_when_nothing_else_can_give():
    assert level([4, 2, 2], 0).tolist() == [0, 0, 0]
    assert level([3, 3], 1).tolist() == [0, 1]
    assert level([5, 5, 5, 1], 2).sum() == 2


def test_nothing_comes_out_of_nothing_while_there_is_something():
    assert level([7, 0, 0], 10).tolist() == [10, 0, 0]
    assert level([0, 0, 0], 2).tolist() == [1, 1, 0]
    assert level([], 0).tolist() == []


@given(parts=sizes, difference=st.integers(-60_000, 60_000))
def test_levelled_parts_add_up_and_none_is_negative(parts, difference):
    total = max(0, sum(parts) + difference)
    levelled = level(parts, total)
    assert levelled.sum() == total
    assert levelled.min() >= 0
    moved = np.abs(levelled - parts)
    counting = [m for m, part in zip(moved, parts, strict=True) if part or not any(parts)]
    if total >= sum(parts):
        assert max(counting) - min(counting) <= 1
    assert np.array_equal(level(levelled, total), levelled)


@given(parts=sizes, difference=st.integers(-3_000, 3_000), seed=st.integers(0, 99))
def test_with_keys_the_order_of_rows_does_not_matter(parts, difference, seed):
    total, keys = max(0, sum(parts) + difference), np.arange(len(parts))
    shuffled = np.random.default_rng(seed).permutation(len(parts))
    again = level(np.array(parts)[shuffled], total, order=keys[shuffled])
    assert np.array_equal(again, level(parts, total, order=keys)[shuffled])


@given(groups=st.lists(st.tuples(sizes, st.integers(-20_000, 500)), min_size=1, max_size=6), seed=st.integers(0, 99))
def test_many_groups_are_levelled_as_each_by_itself(groups, seed):
    parts = np.concatenate([np.array(part) for part, _ in groups])
    index = np.repeat(np.arange(len(groups)), [len(part) for part, _ in groups])
    totals = [max(0, sum(part) + difference) for part, difference in groups]
    keys = np.arange(len(parts))
    alone = np.concatenate([level(part, total) for (part, _), total in zip(groups, totals, strict=True)])
    shuffled = np.random.default_rng(seed).permutation(len(parts))
    together = level_groups(parts[shuffled], index[shuffled], totals, order=keys[shuffled])
    assert np.array_equal(together, alone[shuffled])


@given(
    groups=st.lists(st.tuples(st.lists(st.integers(0, 9), max_size=12), st.integers(-60, 30)), min_size=1, max_size=8),
    seed=st.integers(0, 99),
)
def test_compiled_dealing_says_what_the_plain_one_says(groups, seed):
    rng = np.random.default_rng(seed)
    parts = np.array([size for part, _ in groups for size in part], dtype=np.int64)
    index = np.repeat(np.arange(len(groups)), [len(part) for part, _ in groups])
    totals = [max(0, sum(part) + difference) if part else 0 for part, difference in groups]
    shuffled, keys = rng.permutation(len(parts)), rng.integers(0, 4, len(parts))  # some keys are equal
    said = []
    for many in (0, 10**9):
        with mock.patch.object(levelling, "MANY", many):
            said.append(level_groups(parts[shuffled], index[shuffled], totals, order=keys[shuffled]).tolist())
    assert said[0] == said[1]


def test_a_hundred_thousand_groups_close_each_on_its_own_total():
    rng = np.random.default_rng(2)
    index = rng.integers(0, 100_000, 500_000)
    parts = rng.integers(1, 10**6, 500_000)
    wanted = np.bincount(index, parts, 100_000).astype(np.int64)
    totals = np.where(wanted > 0, np.maximum(wanted + rng.integers(-9, 10, 100_000), 0), 0)
    levelled = level_groups(parts, index, totals)
    assert np.array_equal(np.bincount(index, levelled, 100_000), totals)


@pytest.mark.parametrize(
    ("parts", "group", "totals", "order"),
    [
        ([-1, 2], [0, 0], [1], None),
        ([1, 2], [0, 0], [-1], None),
        ([1.5, 2], [0, 0], [3], None),
        ([1, 2], [0, 1], [3], None),
        ([1, 2], [0], [3], None),
        ([1, 2], [0, 0], [3, 1], None),
        ([1, 2], [0, 0], [3], ["a"]),
    ],
)
def test_what_cannot_be_levelled_is_refused(parts, group, totals, order):
    with pytest.raises(ValueError):
        level_groups(parts, group, totals, order)
