"""The compiled parts, made for this machine once: the first time is long, and says so."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

from tilth.core import message
from tilth.overlay.ellipsoid import Surface
from tilth.overlay.rings import Rings
from tilth.runtime import working


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without looking for garbage: the compiler and its import leave little behind, and looking takes a while."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


with _uncollected():
    from tilth.overlay import boxes, chains, kernel, wkb


@cache
def ready() -> bool:
    """See that everything compiled is there, in this process and on disk for later ones; was it there already?"""
    there = all(_stored(module) for module in (boxes, chains, kernel, wkb))
    with _uncollected():
        if there:
            _run_one()
        else:
            with working(message("overlay-compiling")):
                _run_all()
    return there


def _stored(module: object) -> bool:
    """Has numba kept what it made of the functions of `module`?"""
    parts = [part for part in vars(module).values() if getattr(getattr(part, "stats", None), "cache_path", None)]
    return all(any(Path(part.stats.cache_path).glob(f"*{part.py_func.__name__}-*.nbi")) for part in parts)


def _run_one() -> None:
    """The first that a process runs takes longest, whichever it is: all that the compiler knows of types is read."""
    chains.bounds(np.zeros((0, 6)), np.empty((0, 4)))


def _run_all() -> None:
    """Every compiled function once, on next to nothing."""
    from tilth.overlay.layer import layer_of
    from tilth.overlay.pairing import pieces, twins

    turn = np.linspace(0.0, 2.0 * np.pi, 600)
    ring = np.column_stack([100.0 * np.cos(turn), 100.0 * np.sin(turn)])
    ring[-1] = ring[0]
    small = np.array([[10.0, 10.0], [60.0, 10.0], [60.0, 70.0], [10.0, 10.0]])
    rings = Rings(
        np.concatenate([ring, small, small + 5.0]), np.array([0, 600, 604, 608]), np.arange(4), np.zeros(3, bool)
    )
    plane = _plane()
    layer = layer_of(rings, plane)
    pieces(layer, layer)
    twins(layer.cells, layer.cells, boxes.meeting(layer.bounds, layer.tree))
    boxes.met(layer.bounds, layer.tree)
    assert layer.area_m2[1] > 0.0
    binary = b"\x01\x03\0\0\0\x01\0\0\0\x04\0\0\0" + small.tobytes()
    wkb.rings_of_wkb(np.frombuffer(binary, np.uint8), np.array([0, len(binary)]))


def _plane() -> Surface:
    from tilth.overlay.ellipsoid import surface

    return surface("+proj=cea +R=6371000 +units=m +type=crs")
