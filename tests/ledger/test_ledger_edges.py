"""Neighbours drawn in different coordinate systems share a line, not ground; what is shared beyond that is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from acceptors import CRS, pair, square
from pyproj import Transformer

from tilth.core import BadInput
from tilth.ledger import Book, accept
from tilth.ledger.edges import shared_beyond_noise

DEGREES = "EPSG:4490"
SIDE = 300.0


def in_degrees(shape: shapely.Geometry, decimals: int = 12) -> shapely.Geometry:
    """The corners of `shape` in longitude and latitude, as a file gives them."""
    to = Transformer.from_crs(CRS, DEGREES, always_xy=True)

    def carried(points: Any) -> Any:
        return np.round(np.column_stack(to.transform(*points.T)), decimals)

    return shapely.transform(shape, carried)


@pytest.mark.parametrize("decimals", [12, 9, 8])
@pytest.mark.parametrize("north", [SIDE, -SIDE])
def test_a_neighbour_in_degrees_shares_only_the_line(north: float, decimals: int) -> None:
    here = square(0, SIDE)
    assert shared_beyond_noise(in_degrees(square(0, SIDE, north), decimals), DEGREES, here, CRS) <= 0.01
    assert shared_beyond_noise(here, CRS, in_degrees(square(0, SIDE, north), decimals), DEGREES) <= 0.01


@pytest.mark.parametrize("first", ["projected", "degrees"])
def test_it_is_accepted_whichever_came_first(book: Book, first: str) -> None:
    pairs = [pair("here", square(0, SIDE)), pair("north", in_degrees(square(0, SIDE, SIDE)), crs=DEGREES),
             pair("south", in_degrees(square(0, SIDE, -SIDE)), crs=DEGREES)]  # fmt: skip
    for one in pairs if first == "projected" else reversed(pairs):
        accept(book, [one])


def test_ground_wider_than_the_last_place_is_shared_ground(book: Book) -> None:
    accept(book, [pair("here", square(0, SIDE))])
    for by in (0.003, 0.1, 50.0):
        with pytest.raises(BadInput, match="LEDGER-GROUND-TWICE"):
            accept(book, [pair(f"north {by}", in_degrees(square(0, SIDE, SIDE - by)), crs=DEGREES)])


def test_a_corner_that_reaches_in_is_not_hidden_by_a_long_common_line(book: Book) -> None:
    accept(book, [pair("here", square(0, SIDE))])
    reaching = shapely.union(square(0, SIDE, SIDE), square(0.5, 0.5, SIDE - 0.5))  # 0.25 m² of here
    with pytest.raises(BadInput, match=r"0\.2[45]"):
        accept(book, [pair("reaching", in_degrees(reaching), crs=DEGREES)])


def test_in_one_coordinate_system_the_hundredth_of_a_square_metre_stands(book: Book) -> None:
    accept(book, [pair("here", square(0, SIDE))])
    with pytest.raises(BadInput, match="LEDGER-GROUND-TWICE"):
        accept(book, [pair("north", square(0, SIDE, SIDE - 0.0001))])  # 0.03 m², 0.1 mm wide
