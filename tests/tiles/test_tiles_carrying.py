"""Coordinates on their way to the map."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from tilth.core import BadInput
from tilth.tiles import carrying
from tilth.tiles.carrying import carried, exact, net_over, stepped
from tilth.tiles.world import BITS, bounds_of, degrees_of, units_of

#: A centimetre or two on the ground.
_UNIT = 1.0


@pytest.mark.parametrize(
    ("crs", "box"),
    [
        ("EPSG:4526", (38_400_000.0, 3_500_000.0, 38_560_000.0, 3_640_000.0)),
        ("EPSG:4490", (113.0, 34.0, 114.5, 35.2)),
        ("EPSG:3857", (12_600_000.0, 4_100_000.0, 12_700_000.0, 4_200_000.0)),
    ],
)
def test_points_lie_where_the_projection_puts_them(crs: str, box: tuple[float, ...]) -> None:
    chance = np.random.default_rng(4)
    xy = chance.uniform(box[:2], box[2:], (5_000, 2))
    net = net_over(np.array(box), crs)
    assert net is not None
    assert np.abs(carried(xy, crs, net) - exact(xy, crs)).max() < 0.01 * _UNIT


def test_the_world_is_web_mercator() -> None:
    xy = np.array([[38_450_000.0, 3_880_000.0]])
    x, y = Transformer.from_crs(4526, 3857, always_xy=True).transform(*xy.T)
    metre = 2.0**BITS / (2.0 * np.pi * 6_378_137.0)
    assert exact(xy, "EPSG:4526")[0] == pytest.approx([x[0] * metre + 2.0**30, 2.0**30 - y[0] * metre], abs=_UNIT)


@given(longitude=st.floats(-179.0, 179.0), latitude=st.floats(-80.0, 80.0))
def test_degrees_come_back(longitude: float, latitude: float) -> None:
    x, y = units_of(np.radians(np.array(longitude)), np.radians(np.array(latitude)))
    assert degrees_of(float(x), float(y)) == pytest.approx((longitude, latitude), abs=1e-9)
    west, south, east, north = bounds_of([x, y, x + 1e6, y + 1e6])
    assert west < east and south < north


def test_where_a_net_would_be_too_large_each_point_is_asked() -> None:
    assert net_over(np.array([-180.0, -80.0, 180.0, 80.0]), "EPSG:4490") is None
    xy = np.array([[113.0, 35.0]])
    assert (carried(xy, "EPSG:4490", None) == exact(xy, "EPSG:4490")).all()


@given(ax=st.floats(-5e3, 5e3), ay=st.floats(-5e3, 5e3), bx=st.floats(-5e3, 5e3), by=st.floats(-5e3, 5e3))
def test_a_long_edge_is_cut_at_the_same_points_both_ways(ax: float, ay: float, bx: float, by: float) -> None:
    there, back = np.array([[ax, ay], [bx, by]]), np.array([[bx, by], [ax, ay]])
    one, start = stepped(there, np.array([0, 2]), 500.0)
    other, _ = stepped(back, np.array([0, 2]), 500.0)
    assert (one == other[::-1]).all() and start[-1] == len(one)
    assert np.hypot(*np.diff(one, axis=0).T).max() <= 500.0 + 1e-6


def test_a_net_is_given_up_where_the_projection_ends_and_for_no_other_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    box = np.array([38_400_000.0, 3_500_000.0, 38_401_000.0, 3_501_000.0])

    def failing(error: Exception) -> None:
        def exact(_xy: object, _crs: object) -> object:
            raise error

        monkeypatch.setattr(carrying, "exact", exact)

    failing(BadInput("overlay-outside-crs", crs="EPSG:4526"))
    assert carrying.net_over(box, "EPSG:4526") is None
    failing(ZeroDivisionError("our own mistake"))
    with pytest.raises(ZeroDivisionError):
        carrying.net_over(box, "EPSG:4526")
