"""Shapes of a stored snapshot laid out so that a few of a million are found and read at once, mapped into memory."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tilth import __version__
from tilth.core import FloatArray, IntArray
from tilth.runtime import Workspace, cached, keep_cached

if TYPE_CHECKING:
    from tilth.land.rows import Shapes
    from tilth.land.snapshot import Snapshot

#: Raised when what is kept changes, so that an older one is not read for a newer.
EDITION = 1
#: Fewer rows are read as fast from where they are stored.
_MANY = 5_000
#: All but one shape in so many are narrower than the reach of the search; those are looked at by themselves.
_WIDE = 1_000
#: As often it is tried to keep what was made, where somebody else is writing.
_TRIES, _PAUSE_S = 20, 0.1
_VALUES = "shapes.wkb"


@dataclass(frozen=True, eq=False)
class AtHand:
    """n shapes as well-known binary, and their boxes from left to right."""

    values: np.ndarray  # (bytes,) all shapes, one behind the other
    start: IntArray  # (n + 1,) where each begins
    row: IntArray  # (n,) rows by the left side of their boxes, those without ground last
    box: FloatArray  # (n, 4) their boxes in that order: x and y least, x and y most
    wide: IntArray  # places in that order of the widest
    reach: FloatArray  # (1,) how wide the others are at most

    @classmethod
    def of(cls, snapshot: Snapshot, values: np.ndarray, start: IntArray) -> AtHand:
        """Of shapes that were read as binary."""
        bounds = snapshot.bounds
        row = np.argsort(bounds[:, 0], kind="stable")
        box = np.ascontiguousarray(bounds[row])
        width = np.nan_to_num(box[:, 2] - box[:, 0], nan=0.0)
        few = len(width) // _WIDE
        limit = float(np.partition(width, -few - 1)[-few - 1]) if len(width) else 0.0
        return cls(values, start, row, box, np.flatnonzero(width > limit), np.array([limit]))

    @classmethod
    def kept(cls, folder: Path) -> AtHand:
        """What `keep` wrote, mapped into memory: only what is asked for is read."""

        def part(name: str) -> Any:
            return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)

        values = np.memmap(folder / _VALUES, np.uint8, "r").view(np.ndarray)
        return cls(values, *(part(name) for name in ("start", "row", "box", "wide", "reach")))

    def shapes(self, rows: IntArray) -> Shapes:
        """(k,) the shapes of some rows."""
        import shapely  # heavy, and many ask for snapshots only to name them

        first, behind = self.start[rows].tolist(), self.start[np.asarray(rows) + 1].tolist()
        texts = [self.values[a:b].tobytes() or None for a, b in zip(first, behind, strict=True)]
        return np.asarray(shapely.from_wkb(texts), dtype=object).reshape(len(texts))

    def meeting(self, box: FloatArray) -> IntArray:
        """The rows whose boxes meet `box` (4,): x and y least, x and y most. In their order."""
        left, right = np.searchsorted(self.box[:, 0], [box[0] - self.reach[0], np.nextafter(box[2], np.inf)])
        wide = self.wide[(self.wide < left) | (self.wide >= right)]
        near, far = self.box[left:right], self.box[wide]
        found = [self.row[left:right][_meet(near, box)], self.row[wide][_meet(far, box)]]
        return np.sort(np.concatenate(found))


def _meet(boxes: FloatArray, box: FloatArray) -> Any:
    low = (boxes[:, 0] <= box[2]) & (boxes[:, 1] <= box[3])
    return low & (boxes[:, 2] >= box[0]) & (boxes[:, 3] >= box[1])


def at_hand(workspace: Workspace, snapshot: Snapshot) -> AtHand | None:
    """The shapes of a stored snapshot, laid out; None where it has few, or where they cannot be kept now."""
    if snapshot.meta.rows_stored < _MANY:
        return None
    key = f"{snapshot.id[:32]}-{__version__}-at-hand-{EDITION}"
    folder = cached(workspace, key)
    for _ in range(_TRIES):
        if folder is not None:
            break
        if keep_cached(workspace, key, lambda new: _keep(snapshot, new)):
            folder = workspace.root / "cache" / key
        else:
            time.sleep(_PAUSE_S)
    return None if folder is None else AtHand.kept(folder)


def _keep(snapshot: Snapshot, folder: Path) -> None:
    """Write it into `folder`, an empty one."""
    start = np.zeros(snapshot.meta.rows_stored + 1, np.int64)
    row, size = 0, 0
    with (folder / _VALUES).open("wb") as out:
        for values, first in snapshot.binaries():
            count = len(first) - 1
            out.write(values[first[0] : first[-1]].tobytes())
            start[row + 1 : row + count + 1] = size + (first[1:] - first[0])
            row, size = row + count, size + int(first[-1] - first[0])
    found = AtHand.of(snapshot, np.zeros(0, np.uint8), start)
    for name in ("start", "row", "box", "wide", "reach"):
        np.save(folder / f"{name}.npy", getattr(found, name))
