"""Spatial blocks: squares of ground that are held out together, so that a model is judged on land it has not seen."""

from __future__ import annotations

import numpy as np

from tilth.core import FloatArray, IntArray

#: So many blocks a fold at least, so that a fold is more than one corner of the land.
_BLOCKS_PER_FOLD = 5
_HALVINGS = 12


def block_side(x: FloatArray, y: FloatArray, folds: int) -> float:
    """Side of square blocks: the longer side of the samples' extent halved until enough blocks hold samples. [m]

    Large blocks ask more of a model than small ones; these are the largest that leave five to every fold, or, where
    samples lie in fewer places than that, the smallest tried.
    """
    longest = max(float(np.ptp(x)), float(np.ptp(y)))
    side = longest
    for _ in range(_HALVINGS):
        if len(np.unique(block_of(x, y, side))) >= _BLOCKS_PER_FOLD * folds:
            break
        side /= 2
    return side


def block_of(x: FloatArray, y: FloatArray, side: float) -> IntArray:
    """(n,) Which block each place is in, counted from 0."""
    cells = np.column_stack([np.floor((x - x.min()) / side), np.floor((y - y.min()) / side)])
    return np.unique(cells, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def fold_of(block: IntArray, folds: int, seed: int) -> IntArray:
    """(n,) Which fold each sample is in: whole blocks, dealt out in an order drawn by `seed`.

    Blocks of many samples are dealt first, each to the fold that has the fewest samples so far.
    """
    counts = np.bincount(block)
    drawn = np.random.default_rng(seed).permutation(len(counts))
    order = drawn[np.argsort(-counts[drawn], kind="stable")]
    filled = np.zeros(min(folds, len(counts)), dtype=np.int64)
    of_block = np.empty(len(counts), dtype=np.int64)
    for one in order:
        of_block[one] = np.argmin(filled)
        filled[of_block[one]] += counts[one]
    return of_block[block]
