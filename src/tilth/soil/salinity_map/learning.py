"""Samples that a salinity model can learn from: checked once, then trusted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, BoolArray, FloatArray, IntArray

#: Fewer places than this cannot be held out in turn: each of five folds would be tested on three places or fewer.
LEAST_PLACES = 20


@dataclass(frozen=True)
class Training:
    """Samples with their covariates. Several samples of one place (horizons) share its coordinates."""

    value: FloatArray  # (n,) electrical conductivity [dS/m]
    covariates: FloatArray  # (n, p)
    names: tuple[str, ...]  # (p,)
    of_place: BoolArray  # (p,) False for what belongs to the sample and not to its place, as a depth does
    x: FloatArray  # (n,) [m]
    y: FloatArray  # (n,) [m]

    @property
    def target(self) -> FloatArray:
        """What is modelled: log(1 + EC), whose errors are nearer to even over fresh and salty soil."""
        return np.log1p(self.value)

    @property
    def place(self) -> IntArray:
        """(n,) which place each sample is of, counted from 0."""
        return np.unique(np.column_stack([self.x, self.y]), axis=0, return_inverse=True)[1].reshape(-1)

    def __len__(self) -> int:
        return len(self.value)

    def take(self, rows: npt.NDArray[np.intp] | BoolArray) -> Training:
        """Those of the samples."""
        return Training(self.value[rows], self.covariates[rows], self.names, self.of_place, self.x[rows], self.y[rows])


def training(
    value: npt.ArrayLike,
    covariates: npt.ArrayLike,
    names: Sequence[str],
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    of_sample: Sequence[str] = (),
    target: str = "EC",
) -> Training:
    """Samples that a model can be fitted to.

    Parameters
    ----------
    value
        (n,) Electrical conductivity of one extract. [dS/m]
    covariates
        (n, p) What the map will know of every cell, columns as in `names`.
    x, y
        (n,) Projected coordinates. [m]
    of_sample
        Names of covariates that belong to the sample and not to its place, as a depth does.
    target
        What the value is called, for messages.

    Raises
    ------
    BadInput
        If there are too few places, every value is the same, a value cannot be or a covariate has a hole.
    """
    found = Training(
        np.asarray(value, dtype=np.float64),
        np.ascontiguousarray(covariates, dtype=np.float64),
        tuple(names),
        np.array([name not in of_sample for name in names], dtype=bool),
        np.asarray(x, dtype=np.float64),
        np.asarray(y, dtype=np.float64),
    )
    assert found.covariates.shape == (len(found), len(found.names)), found.covariates.shape
    _refuse_holes(found, target)
    places = len(np.unique(found.place))
    if places < LEAST_PLACES:
        raise BadInput("SOIL-MODEL-FEW", samples=len(found), places=places, least=LEAST_PLACES)
    if np.ptp(found.value) == 0:
        raise BadInput("SOIL-MODEL-CONSTANT", column=target, samples=len(found), value=f"{found.value[0]:g}")
    return found


def _refuse_holes(found: Training, target: str) -> None:
    for name, column in ((target, found.value), ("x", found.x), ("y", found.y)):
        holes = np.flatnonzero(~np.isfinite(column))
        if len(holes):
            raise BadInput("SOIL-MODEL-HOLE", column=name, holes=len(holes), samples=len(found), row=int(holes[0]) + 1)
    below = np.flatnonzero(found.value < 0)
    if len(below):
        raise BadInput("SOIL-MODEL-NEGATIVE", column=target, row=int(below[0]) + 1, value=f"{found.value[below[0]]:g}")
    for number, name in enumerate(found.names):
        holes = np.flatnonzero(~np.isfinite(found.covariates[:, number]))
        if len(holes):
            raise BadInput("SOIL-MODEL-HOLE", column=name, holes=len(holes), samples=len(found), row=int(holes[0]) + 1)
