"""Mapbox vector tiles, version 2.1: the bytes of one layer of a tile.

Compiled by numba on first use.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numba import njit

from tilth.core import IntArray
from tilth.overlay.options import LEAF, outer
from tilth.tiles.drawing import Drawn
from tilth.tiles.world import EXTENT, Units

Bytes = npt.NDArray[np.uint8]
_VERSION = 2
_POLYGON = 3


def layer_bytes(name: str, drawn: Drawn, ids: IntArray, keys: Sequence[str], tags: IntArray, values: bytes) -> bytes:
    """One layer.

    Parameters
    ----------
    ids
        (f,) number of each feature.
    keys, tags, values
        Names of properties; (f, k) which value each feature has of each, -1 for none; all values as `value_bytes` and
        `whole_bytes` write them.
    """
    features = _features(drawn.xy, drawn.ring_start, drawn.first_ring, ids, tags).tobytes()
    parts = [b"\x78", _varint(_VERSION), _field(1, name.encode())]
    parts += [features, *(_field(3, key.encode()) for key in keys), values, b"\x28", _varint(EXTENT)]
    return _field(3, b"".join(parts))


def value_bytes(value: str | int) -> bytes:
    """One value of a layer: a text, or a whole number of 0 or more."""
    return _field(4, _field(1, value.encode()) if isinstance(value, str) else b"\x28" + _varint(value))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, held: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(held)) + held


@njit(**LEAF)
def _length(value: int) -> int:
    """Bytes of a varint."""
    size = 1
    while value > 127:
        value >>= 7
        size += 1
    return size


@njit(**LEAF)
def _write(out: Bytes, at: int, value: int) -> int:
    """A varint at `at`; where it ends."""
    while value > 127:
        out[at] = value & 127 | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@njit(**LEAF)
def _zigzag(value: int) -> int:
    return (value << 1) ^ (value >> 63)


@outer
def whole_bytes(values: IntArray) -> Bytes:
    """Whole numbers of 0 or more, each a value of its own."""
    out, at = np.empty(14 * len(values), np.uint8), 0
    for value in values:
        size = _length(value)
        out[at], out[at + 1], out[at + 2] = 0x22, size + 1, 0x28
        at = _write(out, at + 3, value)
    return out[:at]


@outer
def text_bytes(texts: Bytes, first: IntArray, rows: IntArray) -> Bytes:
    """Some of the texts that begin at `first`, each a value of its own."""
    total = 0
    for row in rows:
        total += first[row + 1] - first[row] + 12
    out, at = np.empty(total, np.uint8), 0
    for row in rows:
        size = first[row + 1] - first[row]
        out[at] = 0x22
        at = _write(out, at + 1, 1 + _length(size) + size)
        out[at] = 0x0A
        at = _write(out, at + 1, size)
        for n in range(first[row], first[row + 1]):
            out[at] = texts[n]
            at += 1
    return out[:at]


@outer
def _features(xy: Units, ring_start: IntArray, first_ring: IntArray, ids: IntArray, tags: IntArray) -> Bytes:
    out = np.empty(10 * len(xy) + 12 * len(ring_start) + (40 + 12 * tags.shape[1]) * len(ids) + 64, np.uint8)
    at = 0
    for f in range(len(ids)):
        geometry, x, y = 0, 0, 0
        for ring in range(first_ring[f], first_ring[f + 1]):
            a, b = ring_start[ring], ring_start[ring + 1]
            geometry += 2 + _length((b - a - 1) << 3 | 2)
            for n in range(a, b):
                geometry += _length(_zigzag(xy[n, 0] - x)) + _length(_zigzag(xy[n, 1] - y))
                x, y = int(xy[n, 0]), int(xy[n, 1])
        tagged = 0
        for k in range(tags.shape[1]):
            if tags[f, k] >= 0:
                tagged += _length(k) + _length(tags[f, k])
        whole = 1 + _length(ids[f]) + 1 + _length(tagged) + tagged + 2 + 1 + _length(geometry) + geometry
        out[at] = 0x12
        at = _write(out, at + 1, whole)
        out[at] = 0x08
        at = _write(out, at + 1, ids[f])
        out[at] = 0x12
        at = _write(out, at + 1, tagged)
        for k in range(tags.shape[1]):
            if tags[f, k] >= 0:
                at = _write(out, at, k)
                at = _write(out, at, tags[f, k])
        out[at], out[at + 1], out[at + 2] = 0x18, _POLYGON, 0x22
        at = _write(out, at + 3, geometry)
        x, y = 0, 0
        for ring in range(first_ring[f], first_ring[f + 1]):
            a, b = ring_start[ring], ring_start[ring + 1]
            for n in range(a, b):
                if n == a:
                    out[at] = 9
                    at += 1
                elif n == a + 1:
                    at = _write(out, at, (b - a - 1) << 3 | 2)
                at = _write(out, at, _zigzag(xy[n, 0] - x))
                at = _write(out, at, _zigzag(xy[n, 1] - y))
                x, y = int(xy[n, 0]), int(xy[n, 1])
            out[at] = 15
            at += 1
    return out[:at]
