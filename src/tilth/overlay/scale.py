"""Local area scale of a CRS: m² on the ellipsoid for one square coordinate unit, as a polynomial over an extent."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev, polynomial

from tilth.core import BadInput, FloatArray, IntArray
from tilth.overlay.ellipsoid import Surface
from tilth.overlay.rings import Extent, extent_of

#: Distance between neighbouring samples of a derivative: wide, for the last places of coordinates with zone prefix. [m]
STEP_M = 50_000.0
#: Least half width of a model's extent. [m]
LEAST_M = 10_000.0
#: Polynomials through so many nodes a side are tried until the last coefficients are below this share of the scale.
_SIDES, _TAIL = (24, 48), 1e-11
#: Coefficients below this share are noise, and the more nodes there are, the less of it is in the others.
_NOISE = 3e-14
#: Sixth-order central difference: f' h = Σ w (f(x + k h) - f(x - k h)), k = 1, 2, 3
_TIMES, _WEIGHTS = np.array([1.0, 2.0, 3.0]), np.array([45.0, -9.0, 1.0]) / 60.0


@dataclass(frozen=True, eq=False)
class ScaleModel:
    """`s(x, y) = Σ c[m, n] Tₘ(u) Tₙ(v)` with u, v = (x, y - centre) / half; x and y are counted from `origin`."""

    centre: FloatArray  # (2,) coordinate units
    half: FloatArray  # (2,)
    coefficients: FloatArray  # (n, n) m² per square coordinate unit

    def at(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """The scale at points given from the model's origin. [m² per square coordinate unit]"""
        u, v = (x - self.centre[0]) / self.half[0], (y - self.centre[1]) / self.half[1]
        return np.asarray(chebyshev.chebval2d(u, v, self.coefficients))


#: About how far apart the nodes of a lattice are; a power of 2 in coordinate units. [m]
PITCH_M = 8_192.0
#: Nodes of a side of a block, whose scale is fitted as a whole.
BLOCK = 32
#: A block's scale is fitted over this much more, so that neighbours agree on the line between them to 1e-13.
_GROWN = 1.3
#: Blocks of a lattice that is kept.
_FEW = 9
#: Where land reaches over more blocks than this to one side (some 4,000 km), corners are tried first.
_FAR = 16
#: Terms xⁱ yʲ of a node, by degree.
_TERMS = tuple((i, degree - i) for degree in range(5) for i in range(degree, -1, -1))


class Lattice(NamedTuple):
    """The area scale about nodes that stand where they stand whatever is measured: the same place, the same scale.

    Node (i, j) is in the middle of the square from ((first + (i, j)) · pitch; its quartic is in units of the pitch.
    """

    pitch: float  # coordinate units
    first: IntArray  # (2,)
    node: FloatArray  # (nx, ny, 15) 1, x, y, x², xy, y², x³, … y⁴; NaN where nothing was asked for


def lattice_within(ground: Surface, extent: Extent) -> Lattice | None:
    """The lattice over all of `extent`, kept for the next time; None where it is wide or leaves the projection."""
    pitch = _pitch(ground)
    left, low, right, high = (math.floor(side / (pitch * BLOCK)) for side in extent)
    if (right - left + 1) * (high - low + 1) > _FEW:
        return None
    try:
        return _small(ground, pitch, left, low, right, high)
    except BadInput:
        return None


def lattice_over(ground: Surface, boxes: FloatArray) -> Lattice:
    """The lattice over the squares that any of `boxes` (n, 4) reaches.

    Raises
    ------
    BadInput
        If a box reaches out of the domain of the projection.
    """
    extent = extent_of(boxes)
    assert extent is not None
    few = lattice_within(ground, extent)
    if few is not None:
        return few
    pitch = _pitch(ground)
    left, low, right, high = (math.floor(side / (pitch * BLOCK)) for side in extent)
    asked = np.zeros((right - left + 1, high - low + 1), dtype=bool)
    reach = np.floor(boxes / (pitch * BLOCK)).astype(np.int64) - (left, low, left, low)
    if max(asked.shape) > _FAR:  # refused before thousands of squares are laid out
        ground.position(boxes[:, [0, 0, 2, 2]], boxes[:, [1, 3, 1, 3]])
    for x0, y0, x1, y1 in set(map(tuple, reach.tolist())):
        asked[x0 : x1 + 1, y0 : y1 + 1] = True
    node = np.full((*(np.array(asked.shape) * BLOCK), len(_TERMS)), np.nan)
    for i, j in np.argwhere(asked).tolist():
        place = (slice(i * BLOCK, (i + 1) * BLOCK), slice(j * BLOCK, (j + 1) * BLOCK))
        try:
            node[place] = _block(ground, pitch, (left + i, low + j), None)
        except BadInput:  # the block reaches out of the projection: what is measured may still lie within
            node[place] = _block(ground, pitch, (left + i, low + j), extent)
    return Lattice(pitch, np.array([left, low]) * BLOCK, node)


def _pitch(ground: Surface) -> float:
    return 2.0 ** round(math.log2(ground.length(PITCH_M)))


@lru_cache(maxsize=64)
def _small(ground: Surface, pitch: float, left: int, low: int, right: int, high: int) -> Lattice:
    """The lattice of a few blocks, kept: it serves again and again."""
    columns = [
        np.concatenate([_block(ground, pitch, (i, j), None) for j in range(low, high + 1)], axis=1)
        for i in range(left, right + 1)
    ]
    return Lattice(pitch, np.array([left, low]) * BLOCK, np.concatenate(columns))


@lru_cache(maxsize=256)
def _block(ground: Surface, pitch: float, at: tuple[int, int], within: Extent | None) -> FloatArray:
    """(BLOCK, BLOCK, 15) nodes of block `at`, fitted over all of it or over what of it lies `within` a box."""
    corner = np.array(at) * (pitch * BLOCK)
    extent = np.concatenate([corner, corner + pitch * BLOCK])
    if within is None:
        extent += np.repeat([-1.0, 1.0], 2) * (_GROWN - 1.0) / 2 * pitch * BLOCK
    else:
        extent[:2], extent[2:] = np.maximum(extent[:2], within[:2]), np.minimum(extent[2:], within[2:])
    origin = (extent[:2] + extent[2:]) / 2
    model = fit_scale(ground, extent - np.tile(origin, 2), origin)
    middle = corner[:, None] + (np.arange(BLOCK) + 0.5) * pitch - origin[:, None]
    in_x, in_y = (_derivatives((middle[axis] - model.centre[axis]) / model.half[axis], model) for axis in range(2))
    unit = pitch / model.half
    found = np.einsum("ipm,mn,jqn->pqij", in_x, model.coefficients, in_y)
    return np.stack([found[:, :, i, j] * unit[0] ** i * unit[1] ** j for i, j in _TERMS], axis=-1)


def _derivatives(t: FloatArray, model: ScaleModel) -> FloatArray:
    """(5, len(t), n): the i-th derivative of the model's Chebyshev polynomials at t, over i!."""
    n = len(model.coefficients)
    out = np.empty((5, len(t), n))
    for m in range(n):
        series = chebyshev.cheb2poly(np.eye(n)[m])
        factorial = 1.0
        for i in range(5):
            factorial *= max(i, 1)
            out[i, :, m] = polynomial.polyval(t, polynomial.polyder(series, i)) / factorial
    return out


def fit_scale(ground: Surface, extent: FloatArray, origin: FloatArray) -> ScaleModel:
    """The area scale of `ground` over `extent` (x and y least, x and y most, from `origin`), to some 1e-11.

    Raises
    ------
    BadInput
        If the extent reaches out of the domain of the projection, or is so wide that no polynomial fits.
    """
    centre = (extent[:2] + extent[2:]) / 2
    half = np.maximum((extent[2:] - extent[:2]) / 2, ground.length(LEAST_M))
    for side in _SIDES:
        nodes = np.cos(np.pi * (np.arange(side) + 0.5) / side)
        u, v = np.meshgrid(nodes, nodes, indexing="ij")
        values = area_scale(ground, origin[0] + centre[0] + half[0] * u, origin[1] + centre[1] + half[1] * v)
        # On these nodes the Chebyshev polynomials are orthogonal, so fitting is a product.
        basis = chebyshev.chebvander(nodes, side - 1).T * (2 / side)
        basis[0] /= 2
        coefficients = basis @ values @ basis.T
        tail = max(np.abs(coefficients[-2:]).max(), np.abs(coefficients[:, -2:]).max())
        if tail <= _TAIL * abs(coefficients[0, 0]):
            return ScaleModel(centre, half, _trimmed(coefficients))
    raise BadInput("overlay-outside-crs", crs=ground.name)


def _trimmed(coefficients: FloatArray) -> FloatArray:
    """The polynomial without its last coefficients, as far as they are noise."""
    large = np.abs(coefficients) > _NOISE * abs(coefficients[0, 0])
    last = max(np.flatnonzero(large.any(axis=axis)).max() for axis in (0, 1))
    return coefficients[: last + 1, : last + 1]


def area_scale(ground: Surface, x: FloatArray, y: FloatArray) -> FloatArray:
    """m² on the ellipsoid for one square coordinate unit at points of any shape, good to about 1e-12.

    The area of the parallelogram that steps along x and y span in space, so that no pole or meridian is special.
    """
    step = ground.length(STEP_M)
    across = np.cross(_tangent(ground, x, y, step, 0.0), _tangent(ground, x, y, 0.0, step), axis=0)
    return np.asarray(np.sqrt((across**2).sum(axis=0)))


def _tangent(ground: Surface, x: FloatArray, y: FloatArray, dx: float, dy: float) -> FloatArray:
    """Change of the place in space with a step along (dx, dy), one of which is 0: (3, ...). [m per coordinate unit]"""
    steps = _TIMES.reshape(-1, *([1] * x.ndim))
    there, back = (ground.place(x + times * dx, y + times * dy) for times in (steps, -steps))
    return np.asarray(np.einsum("k,ck...->c...", _WEIGHTS, there - back) / (dx + dy))
