"""A forest in flat arrays, walked for mean and spread. scikit-learn grows the trees; walking them is compiled here.

Compiled by numba on first use.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from numba import njit

from tilth.core import FloatArray

if TYPE_CHECKING:
    from sklearn.ensemble import ExtraTreesRegressor, GradientBoostingRegressor, RandomForestRegressor

_Keys = npt.NDArray[np.uint32]

#: A node's word, from the top: 32 bits of threshold, 22 of the left child, 10 of the covariate.
_FEATURE_BITS = 10
MOST_COVARIATES = 1 << _FEATURE_BITS
_MOST_NODES = 1 << (32 - _FEATURE_BITS)
_FEATURE = np.uint64(MOST_COVARIATES - 1)
_CHILD = np.uint64(_MOST_NODES - 1)
_CHILD_SHIFT = np.uint64(_FEATURE_BITS)
_THRESHOLD_SHIFT = np.uint64(32)
#: Cells that go down one tree before the next is taken: they and the tree stay in the near cache.
_TILE = 1_024
_LANES = np.uint64(8)
_ROOT, _ONE = np.uint64(0), np.uint64(1)
#: The threshold of a leaf, above every key.
_LEAF = np.uint64(np.iinfo(np.uint32).max) << _THRESHOLD_SHIFT
#: Below this many cells a second thread costs more than it brings.
_WORTH_A_THREAD = 8_192


@dataclass(frozen=True)
class Forest:
    """Trees one after the other. The right child of a node is next to its left one; a leaf is its own child."""

    word: npt.NDArray[np.uint64]  # (nodes,)
    mean: FloatArray  # (nodes,) mean of the target below the node
    square: FloatArray  # (nodes,) mean of its square
    root: npt.NDArray[np.int64]  # (trees + 1,)
    spreads: bool = True  # False for boosted trees, whose leaves are no distribution

    @property
    def highest(self) -> float:
        """No mean is above this."""
        return float(np.maximum.reduceat(self.mean, self.root[:-1]).mean())

    @property
    def lowest(self) -> float:
        """No mean is below this."""
        return float(np.minimum.reduceat(self.mean, self.root[:-1]).mean())

    def moments(self, covariates: npt.NDArray[Any], *, threads: int = 1) -> tuple[FloatArray, FloatArray]:
        """Mean and standard deviation of the forest's distribution at every row of `covariates` (n, p).

        A sample has the weight in it that a quantile regression forest gives it, so these are the first two moments
        of that distribution. A row's answer does not depend on the rows beside it. Boosted trees tell a mean only;
        their spread is 1.

        Source: Meinshausen 2006, Journal of Machine Learning Research 7.
        """
        keys = _keys(covariates)
        mean, spread = np.empty(len(keys)), np.empty(len(keys))
        parts = threads if len(keys) >= threads * _WORTH_A_THREAD else 1
        cuts = np.linspace(0, len(keys), parts + 1).astype(np.int64)

        def part(begin: int, end: int) -> None:
            own = keys[begin:end], mean[begin:end], spread[begin:end]
            _walk(own[0], self.word, self.mean, self.square, self.root, own[1], own[2])

        if parts == 1:
            part(0, len(keys))
        else:
            with ThreadPoolExecutor(parts) as pool:
                list(pool.map(part, cuts[:-1], cuts[1:]))
        return mean, spread if self.spreads else np.ones(len(keys))

    def moments_of_patches(
        self, covariates: npt.NDArray[np.float32], ends: npt.NDArray[np.int64]
    ) -> tuple[FloatArray, FloatArray]:
        """The same answers, sooner where rows lie in patches of like ones, as neighbouring cells of a raster do.

        A tree is first cut down to the nodes at which some two cells of a patch can part.

        Parameters
        ----------
        ends
            (k,) The row after the last of each patch, ascending.
        """
        assert covariates.dtype == np.float32 and covariates.flags.c_contiguous
        mean, spread = np.empty(len(covariates)), np.empty(len(covariates))
        bits = covariates.view(np.uint32)
        _walk_patches(bits, ends, self.word, self.mean, self.square, self.root, mean, spread)
        return mean, spread if self.spreads else np.ones(len(mean))


@contextmanager
def growing() -> Iterator[None]:
    """Trees of scikit-learn are grown, and asked, in here where that may take two threads.

    Before Python 3.14 the filters of warnings belong to the process. scikit-learn's threads each set them aside and
    empty them, so that one may empty the list that another has put back; scikit-learn then warns of it. In here they
    have a list of their own, which is left behind, and that warning is not shown.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"`sklearn\.utils\.parallel\.delayed`", UserWarning)
        yield


def flat(grown: RandomForestRegressor | ExtraTreesRegressor) -> Forest:
    """The trees that scikit-learn grew, laid out breadth first."""
    return _laid_out([one.tree_ for one in grown.estimators_])


def _laid_out(trees: Sequence[Any]) -> Forest:
    assert trees[0].n_features <= MOST_COVARIATES, trees[0].n_features
    parts = [_flat_tree(one) for one in trees]
    sizes = [len(part[0]) for part in parts]
    assert max(sizes) <= _MOST_NODES, max(sizes)
    return Forest(
        np.concatenate([part[0] for part in parts]),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
    )


def flat_boosted(grown: GradientBoostingRegressor) -> Forest:
    """Boosted trees as a forest whose mean is their sum: each leaf holds the start and its tree's share of the rest."""
    made = _laid_out([one.tree_ for one in grown.estimators_[:, 0]])
    start, part = float(grown.init_.constant_[0, 0]), grown.learning_rate * len(grown.estimators_)
    return replace(made, mean=start + part * made.mean, square=np.zeros(len(made.mean)), spreads=False)


def _flat_tree(tree: Any) -> tuple[npt.NDArray[np.uint64], FloatArray, FloatArray]:
    lefts, rights = tree.children_left.tolist(), tree.children_right.tolist()
    order, place = [0], {0: 0}
    for node in order:
        if lefts[node] >= 0:
            for child in (lefts[node], rights[node]):
                place[child] = len(order)
                order.append(child)
    taken = np.array(order)
    leaf = tree.children_left[taken] < 0
    child = np.array([place[node if lefts[node] < 0 else lefts[node]] for node in order], dtype=np.uint64)
    feature = np.where(leaf, 0, tree.feature[taken]).astype(np.uint64)
    threshold = np.where(leaf, np.uint32(np.iinfo(np.uint32).max), _keys(_down(tree.threshold[taken])))
    mean = tree.value[taken, 0, 0].astype(np.float64)
    word = threshold.astype(np.uint64) << _THRESHOLD_SHIFT | child << _CHILD_SHIFT | feature
    return word, mean, tree.impurity[taken] + mean * mean


def _down(threshold: FloatArray) -> npt.NDArray[np.float32]:
    """The largest number of single precision that is not above: a single-precision cell goes the same way by both."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near).astype(np.float32)


def _keys(values: npt.NDArray[Any]) -> _Keys:
    """Whole numbers in the order of `values` as single precision; both zeros are one."""
    bits = (np.ascontiguousarray(values, dtype=np.float32) + np.float32(0.0)).view(np.uint32)
    return np.where(bits >> np.uint32(31), ~bits, bits | np.uint32(1 << 31))


@njit(inline="always")
def _next(word, tile, cell):  # type: ignore[no-untyped-def]
    """The child that a cell goes to; no branch, so that several cells go down side by side."""
    right = np.uint64(tile[cell, word & _FEATURE]) > (word >> _THRESHOLD_SHIFT)
    return ((word >> _CHILD_SHIFT) & _CHILD) + np.uint64(right)


@njit(nogil=True, cache=True)
def _walk(keys, word, mean, square, root, out_mean, out_spread):  # type: ignore[no-untyped-def]
    """Sums run over the trees in their order, for each cell by itself: the answer is the same in any block."""
    for begin in range(0, keys.shape[0], _TILE):
        end = min(begin + _TILE, keys.shape[0])
        first, second = out_mean[begin:end], out_spread[begin:end]
        first[:] = 0.0
        second[:] = 0.0
        for tree in range(len(root) - 1):
            span = slice(root[tree], root[tree + 1])
            _down_a_tree(keys[begin:end], word[span], mean[span], square[span], first, second)
        _moments(first, second, len(root) - 1)


@njit(nogil=True, cache=True)
def _walk_patches(bits, ends, word, mean, square, root, out_mean, out_spread):  # type: ignore[no-untyped-def]
    """As `_walk`, but down what is left of a tree where the cells of a patch can only go one way."""
    most, longest, begin = 1, 0, 0
    for tree in range(len(root) - 1):
        most = max(most, root[tree + 1] - root[tree])
    for end in ends:
        longest = max(longest, end - begin)
        begin = end
    keys = np.empty((longest, bits.shape[1]), dtype=np.uint32)
    origin, own_word = np.empty(most, dtype=np.uint64), np.empty(most, dtype=np.uint64)
    own_mean, own_square = np.empty(most), np.empty(most)
    low, high = np.empty(bits.shape[1], dtype=np.uint32), np.empty(bits.shape[1], dtype=np.uint32)
    begin = 0
    for end in ends:
        patch, first, second = keys[: end - begin], out_mean[begin:end], out_spread[begin:end]
        first[:] = 0.0
        second[:] = 0.0
        _keyed(bits[begin:end], patch, low, high)
        for tree in range(len(root) - 1):
            span = slice(root[tree], root[tree + 1])
            count = _pruned(word[span], mean[span], square[span], low, high, origin, own_word, own_mean, own_square)
            if count == 1:
                first += own_mean[0]
                second += own_square[0]
            else:
                _down_a_tree(patch, own_word, own_mean, own_square, first, second)
        _moments(first, second, len(root) - 1)
        begin = end


@njit(nogil=True, cache=True)
def _keyed(bits, keys, low, high):  # type: ignore[no-untyped-def]
    """Keys as of `_keys`, and their least and greatest by covariate."""
    top = np.uint32(1 << 31)
    low[:] = np.uint32(np.iinfo(np.uint32).max)
    high[:] = np.uint32(0)
    for cell in range(bits.shape[0]):
        for feature in range(bits.shape[1]):
            bit = bits[cell, feature]
            key = top if bit == top else (~bit if bit & top else bit | top)
            keys[cell, feature] = key
            low[feature] = min(low[feature], key)
            high[feature] = max(high[feature], key)


@njit(nogil=True, cache=True)
def _pruned(word, mean, square, low, high, origin, own_word, own_mean, own_square):  # type: ignore[no-untyped-def]
    """The nodes at which cells between `low` and `high` part, and their leaves, breadth first; how many there are."""
    origin[0] = _settled(word, _ROOT, low, high)
    at, count = _ROOT, _ONE
    while at < count:
        node = origin[at]
        here = word[node]
        child = (here >> _CHILD_SHIFT) & _CHILD
        if child == node:
            own_word[at] = _LEAF | at << _CHILD_SHIFT
            own_mean[at] = mean[node]
            own_square[at] = square[node]
        else:
            own_word[at] = here & ~(_CHILD << _CHILD_SHIFT) | count << _CHILD_SHIFT
            origin[count] = _settled(word, child, low, high)
            origin[count + _ONE] = _settled(word, child + _ONE, low, high)
            count += _ONE + _ONE
        at += _ONE
    return count


@njit(inline="always")
def _settled(word, node, low, high):  # type: ignore[no-untyped-def]
    """The first node from `node` down at which cells between `low` and `high` part, or their leaf."""
    while True:
        here = word[node]
        child = (here >> _CHILD_SHIFT) & _CHILD
        if child == node:
            return node
        feature, threshold = here & _FEATURE, here >> _THRESHOLD_SHIFT
        if np.uint64(high[feature]) <= threshold:
            node = child
        elif np.uint64(low[feature]) > threshold:
            node = child + _ONE
        else:
            return node


@njit(inline="always")
def _moments(first, second, trees):  # type: ignore[no-untyped-def]
    for cell in range(len(first)):
        first[cell] /= trees
        second[cell] = np.sqrt(max(second[cell] / trees - first[cell] * first[cell], 0.0))


@njit(nogil=True, cache=True)
def _down_a_tree(tile, word, mean, square, first, second):  # type: ignore[no-untyped-def]
    cell, count = _ROOT, np.uint64(tile.shape[0])
    while cell + _LANES <= count:
        c1 = cell + _ONE
        c2 = c1 + _ONE
        c3 = c2 + _ONE
        c4 = c3 + _ONE
        c5 = c4 + _ONE
        c6 = c5 + _ONE
        c7 = c6 + _ONE
        a0 = a1 = a2 = a3 = a4 = a5 = a6 = a7 = _ROOT
        while True:
            b0 = _next(word[a0], tile, cell)
            b1 = _next(word[a1], tile, c1)
            b2 = _next(word[a2], tile, c2)
            b3 = _next(word[a3], tile, c3)
            b4 = _next(word[a4], tile, c4)
            b5 = _next(word[a5], tile, c5)
            b6 = _next(word[a6], tile, c6)
            b7 = _next(word[a7], tile, c7)
            moved = (a0 ^ b0) | (a1 ^ b1) | (a2 ^ b2) | (a3 ^ b3) | (a4 ^ b4) | (a5 ^ b5) | (a6 ^ b6) | (a7 ^ b7)
            a0, a1, a2, a3, a4, a5, a6, a7 = b0, b1, b2, b3, b4, b5, b6, b7
            if moved == _ROOT:
                break
        for at, leaf in ((cell, a0), (c1, a1), (c2, a2), (c3, a3), (c4, a4), (c5, a5), (c6, a6), (c7, a7)):
            first[at] += mean[leaf]
            second[at] += square[leaf]
        cell += _LANES
    while cell < count:
        here = _next(word[_ROOT], tile, cell)
        at = _ROOT
        while here != at:
            at = here
            here = _next(word[at], tile, cell)
        first[cell] += mean[at]
        second[cell] += square[at]
        cell += _ONE
