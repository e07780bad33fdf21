"""Basic farmland of a parcel is shared among its pieces: whole parts, none above its room, all of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.change.stocking import _fitted

pieces = st.lists(st.tuples(st.integers(0, 10**9), st.floats(0, 1)), min_size=1, max_size=8)


@given(pieces, st.floats(0, 1))
def test_parts_fill_the_total_and_no_part_is_above_its_room(some: list[tuple[int, float]], share: float) -> None:
    room = np.array([size for size, _ in some], dtype=np.int64)
    total = int(room.sum() * share)
    parts = _fitted(room * np.array([part for _, part in some]), room, np.zeros(len(room), dtype=bool), total)
    assert parts.sum() == total and (parts >= 0).all() and (parts <= room).all()


@given(pieces, st.integers(-1000, 1000))
def test_a_measured_difference_takes_what_does_not_fit(some: list[tuple[int, float]], difference: int) -> None:
    room = np.array([*(size for size, _ in some), difference], dtype=np.int64)
    if room.sum() < 0:
        return
    is_difference = np.array([*(False for _ in some), True])
    parts = _fitted(np.maximum(room, 0) * 0.5, room, is_difference, int(room.sum()))
    assert parts.sum() == room.sum() and (parts[:-1] >= 0).all() and (parts[:-1] <= room[:-1]).all()


@pytest.mark.parametrize("total", [0, 1, 7, 10])
def test_a_total_that_is_measured_elsewhere_is_met(total: int) -> None:
    parts = _fitted(np.array([0.0, 0.0]), np.array([7, 3]), np.array([False, False]), total)
    assert parts.sum() == total and (parts <= [7, 3]).all()
