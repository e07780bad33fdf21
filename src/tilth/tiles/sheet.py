"""A layer made ready to be drawn: made once of what is stored, kept in a folder, and mapped into memory from there.

Polygons stand in the order of a Hilbert curve, so that what a tile shows lies together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tilth.core import FloatArray, IntArray
from tilth.overlay.boxes import Tree, meeting, tree_of
from tilth.overlay.ellipsoid import surface
from tilth.overlay.options import outer
from tilth.overlay.threads import blocks, in_threads
from tilth.overlay.wkb import rings_of_wkb
from tilth.tiles.carrying import LONGEST_M, carried, net_over, rounded, stepped
from tilth.tiles.columns import Column, kept_column
from tilth.tiles.thinning import Zooms, zooms_of
from tilth.tiles.world import BITS, EXTENT_BITS, LAST_ZOOM, Address, Units, bounds_of

#: Well-known binary of some rows, and (k + 1,) where that of each begins.
Binaries = tuple[npt.NDArray[np.uint8], IntArray]
#: A tile of the first zoom at which a layer is drawn shows no more polygons than this.
MOST_SHOWN = 4_000
_BLOCK = 65_536
_ABOUT = "sheet.json"


@dataclass(frozen=True, eq=False)
class Sheet:
    """The p polygons of a layer, r rings, n points, and what is told of each."""

    #: Raised when what is kept changes.
    EDITION: ClassVar[int] = 1

    name: str
    xy: Units  # (n, 2) units of the world; rings are not closed
    zoom: Zooms  # (n,) the first zoom at which each point is drawn
    ring_start: IntArray  # (r + 1,)
    hole: npt.NDArray[np.uint8]  # (r,)
    first_ring: IntArray  # (p + 1,)
    row: IntArray  # (p,) row of the stored layer
    tree: Tree
    columns: tuple[Column, ...]
    first_zoom: int  # below it a tile would show too much, and an overview is drawn instead

    def __len__(self) -> int:
        return len(self.row)

    @property
    def bounds(self) -> list[float] | None:
        """West, south, east, north; None where nothing is there. [degree]"""
        return bounds_of(self.tree.box[-1]) if len(self.tree.box) else None

    def column(self, name: str) -> Column | None:
        """What is told under `name`."""
        return next((one for one in self.columns if one.name == name), None)

    def rows_in(self, at: Address) -> IntArray:
        """(k,) the polygons whose boxes a tile reaches, in their order."""
        return np.sort(meeting(at.box(), self.tree)[:, 1])

    @classmethod
    def kept(cls, folder: Path) -> Sheet:
        """What `write_sheet` wrote, mapped into memory."""
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        parts = {name: _load(folder, name) for name in ("xy", "zoom", "ring_start", "hole", "first_ring", "row")}
        order = np.arange(len(parts["row"]))
        order.flags.writeable = False
        tree = Tree(_load(folder, "tree_box"), order, _load(folder, "tree_level"))
        columns = tuple(kept_column(folder, one) for one in about["columns"])
        return cls(about["name"], **parts, tree=tree, columns=columns, first_zoom=about["first_zoom"])


def _load(folder: Path, name: str) -> Any:
    return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)


def write_sheet(
    folder: Path,
    name: str,
    shapes: Iterable[Binaries],
    bounds: FloatArray,
    crs: str,
    columns: Sequence[Column],
    *,
    seen_from: int = 0,
    done: Callable[[int], object] = lambda _rows: None,
) -> None:
    """Write a layer into `folder`, an empty one, for `Sheet.kept`. Memory holds some rows' shapes at a time.

    Parameters
    ----------
    shapes
        Polygons of all rows, some at a time, in their order.
    bounds
        (n, 4) box of each row; NaN where it has no ground.
    columns
        What is told of each row.
    seen_from
        It is not drawn where the middle one of its polygons is smaller than so many steps of a tile.
    done
        Is told how many rows are newly done.

    Raises
    ------
    BadInput
        If a shape is no polygon, or lies outside the projection.
    """
    flat = _Flat.of(folder, shapes, bounds, crs, done)
    there = np.flatnonzero(np.diff(flat.first_ring))
    tree = tree_of(np.ascontiguousarray(flat.box[there]))
    row = there[tree.order]
    rings = np.diff(flat.first_ring)[row]
    first_ring = _starts(rings)
    ring = _runs(flat.first_ring[row], rings)
    size = np.diff(flat.ring_start)[ring]
    ring_start = _starts(size)
    xy = np.lib.format.open_memmap(folder / "xy.npy", "w+", np.int32, (int(ring_start[-1]), 2))
    in_threads(
        lambda some: _gather(flat.xy, flat.ring_start[ring[some]], ring_start[some.start : some.stop + 1], xy),
        blocks(len(ring), _BLOCK),
    )
    xy.flush()
    flat.drop()
    zoom = zooms_of(xy.view(np.ndarray), ring_start, first_ring, Tree(tree.box, np.arange(len(row)), tree.level))
    parts: dict[str, npt.NDArray[Any]]
    parts = {"zoom": zoom, "ring_start": ring_start, "hole": flat.hole[ring], "first_ring": first_ring, "row": row}
    parts |= {"tree_box": tree.box, "tree_level": tree.level}
    for part, values in parts.items():
        np.save(folder / f"{part}.npy", values)
    about = {"name": name, "first_zoom": first_zoom_of(tree.box[: len(row)], seen_from)}
    about["columns"] = [column.take(row).keep(folder) for column in columns]
    (folder / _ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")


def first_zoom_of(box: FloatArray, seen_from: int = 0, most: int = MOST_SHOWN) -> int:
    """The first zoom at which no tile shows more than `most` of the boxes (n, 4), by their middles, and the middle one
    of them is `seen_from` steps long or longer."""
    if not len(box):
        return 0
    x, y = ((box[:, 0] + box[:, 2]) / 2).astype(np.int64), ((box[:, 1] + box[:, 3]) / 2).astype(np.int64)
    length = float(np.median(np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])))
    for z in range(LAST_ZOOM):
        if length < seen_from * 2.0 ** (BITS - EXTENT_BITS - z):
            continue
        tile = ((x >> (BITS - z)) << 20) | (y >> (BITS - z))
        if np.unique(tile, return_counts=True)[1].max() <= most:
            return z
    return LAST_ZOOM


@dataclass(frozen=True, eq=False)
class _Flat:
    """All rings in the order of the rows, their points in a file of their own for as long as they are needed."""

    file: Path
    xy: Units
    ring_start: IntArray
    first_ring: IntArray
    hole: npt.NDArray[np.uint8]
    box: FloatArray

    @classmethod
    def of(
        cls, folder: Path, shapes: Iterable[Binaries], bounds: FloatArray, crs: str, done: Callable[[int], object]
    ) -> _Flat:
        file, points = folder / "points.raw", 0
        start, first, holes, boxes = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], [], [np.zeros((0, 4))]
        held = bounds[np.isfinite(bounds).all(axis=1)]
        net = net_over(np.concatenate([held[:, :2].min(axis=0), held[:, 2:].max(axis=0)]), crs) if len(held) else None
        longest = surface(crs).length(LONGEST_M)
        rings = 0
        with file.open("wb") as out:
            for values, offsets in shapes:
                given = rings_of_wkb(values, offsets)
                xy, at = stepped(given.xy, given.ring_start, longest)
                made = rounded(carried(xy, crs, net), at, given.first_ring, given.hole.view(np.uint8))
                made[0].tofile(out)
                start.append(made[1][1:] + points)
                first.append(made[2][1:] + rings)
                holes.append(made[3])
                boxes.append(made[4])
                points += len(made[0])
                rings += len(made[3])
                done(len(given))
        xy = np.memmap(file, np.int32, "r", shape=(points, 2)) if points else np.zeros((0, 2), np.int32)
        hole = np.concatenate([np.zeros(0, np.uint8), *holes])
        return cls(file, xy, np.concatenate(start), np.concatenate(first), hole, np.concatenate(boxes))

    def drop(self) -> None:
        """The points are not needed any more."""
        self.file.unlink()


def _starts(size: IntArray) -> IntArray:
    return np.concatenate([[0], np.cumsum(size)]).astype(np.int64)


def _runs(begin: IntArray, size: IntArray) -> IntArray:
    first = np.cumsum(size) - size
    return np.asarray(np.arange(int(size.sum())) + np.repeat(begin - first, size))


@outer
def _gather(given: Units, begin: IntArray, start: IntArray, out: Units) -> None:
    """Copy the runs that begin at `begin` to where `start` says."""
    for k in range(len(begin)):
        for n in range(start[k + 1] - start[k]):
            out[start[k] + n, 0], out[start[k] + n, 1] = given[begin[k] + n, 0], given[begin[k] + n, 1]
