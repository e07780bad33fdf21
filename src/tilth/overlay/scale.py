"""Local area scale of a CRS: m² on the ellipsoid for one square coordinate unit, as a polynomial over an extent."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev

from tilth.core import BadInput, FloatArray
from tilth.overlay.ellipsoid import Surface

#: Half distance between neighbouring samples of a derivative, also the least half width of a model's extent. [m]
STEP_M = 10_000.0
#: Polynomials with so many coefficients a side are tried until the last ones are below this share of the scale.
_SIDES, _TAIL = (8, 12, 20, 32, 48), 1e-11
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


def fit_scale(ground: Surface, extent: FloatArray, origin: FloatArray) -> ScaleModel:
    """The area scale of `ground` over `extent` (x and y least, x and y most, from `origin`), to some 1e-11.

    Raises
    ------
    BadInput
        If the extent reaches out of the domain of the projection, or is so wide that no polynomial fits.
    """
    centre = (extent[:2] + extent[2:]) / 2
    half = np.maximum((extent[2:] - extent[:2]) / 2, ground.length(STEP_M))
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
            return ScaleModel(centre, half, coefficients)
    raise BadInput("overlay-outside-crs", crs=ground.name)


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
