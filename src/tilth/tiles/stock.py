"""Every tile of a layer drawn ahead, packed, in one file that is mapped into memory: to send one is to find it.

Tiles stand in the order in which a square is cut into its four quarters, so that what a window shows lies together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from tilth.core import IntArray
from tilth.tiles.packing import packed
from tilth.tiles.sheet import Sheet
from tilth.tiles.tile import tile_of
from tilth.tiles.world import BITS, LAST_ZOOM, Address

_DATA, _ABOUT = "tiles.bin", "stock.json"
#: Bits of a row or column in a key; the zoom stands above both.
_PLACE = 29


@dataclass(frozen=True, eq=False)
class Stock:
    """The tiles of a layer, for whoever may see all of it."""

    #: Raised when what is kept changes.
    EDITION: ClassVar[int] = 1

    first_zoom: int
    last_zoom: int
    key: IntArray  # (k,) of each tile, rising
    begin: IntArray  # (k,) where each begins
    size: IntArray  # (k,) [bytes]
    data: Any  # all of them, mapped

    def __len__(self) -> int:
        return len(self.key)

    def get(self, at: Address) -> bytes | None:
        """The tile `at`, packed; no bytes where it shows nothing; None for a zoom of which none were drawn ahead."""
        if not self.first_zoom <= at.z <= self.last_zoom:
            return None
        key = _key(at)
        place = int(self.key.searchsorted(key))
        if place == len(self.key) or self.key[place] != key:
            return b""
        begin = int(self.begin[place])
        return self.data[begin : begin + int(self.size[place])].tobytes()  # type: ignore[no-any-return]

    @classmethod
    def kept(cls, folder: Path) -> Stock:
        """What `write_stock` wrote: the tiles mapped into memory, where each begins in it."""
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        key, begin, size = (np.load(folder / f"{name}.npy", allow_pickle=False) for name in ("key", "begin", "size"))
        data: Any = np.memmap(folder / _DATA, np.uint8, "r") if len(key) else np.zeros(0, np.uint8)
        return cls(about["first_zoom"], about["last_zoom"], key, begin, size, data.view(np.ndarray))


def write_stock(folder: Path, sheet: Sheet, *, done: Callable[[int], object] = lambda _tiles: None) -> None:
    """Write all tiles of `sheet` into `folder`, an empty one, for `Stock.kept`.

    One thread draws them, so that others who ask meanwhile are not kept waiting.

    Parameters
    ----------
    done
        Is told how many tiles of the first zoom are newly done, with all that lies in them.
    """
    keys, begins, sizes, end = list[int](), list[int](), list[int](), 0
    with (folder / _DATA).open("wb") as out:
        for root in roots_of(sheet):
            for at in _with_all_in_it(sheet, root):
                content = packed(tile_of(sheet, at))
                if content:
                    keys.append(_key(at))
                    begins.append(end)
                    sizes.append(len(content))
                    end += out.write(content)
            done(1)
    order = np.argsort(np.array(keys, np.int64))
    for name, values in (("key", keys), ("begin", begins), ("size", sizes)):
        np.save(folder / f"{name}.npy", np.array(values, np.int64)[order])
    about = {"first_zoom": sheet.first_zoom, "last_zoom": LAST_ZOOM}
    (folder / _ABOUT).write_text(json.dumps(about), encoding="utf-8")


def roots_of(sheet: Sheet) -> list[Address]:
    """The tiles of the first zoom that the polygons of a sheet reach."""
    if not len(sheet):
        return []
    z, found = sheet.first_zoom, [Address(0, 0, 0)]
    for _ in range(z):
        found = [quarter for at in found for quarter in _quarters(at) if len(sheet.rows_in(quarter))]
    return found


def _with_all_in_it(sheet: Sheet, at: Address) -> Iterator[Address]:
    """A tile that some polygon reaches and those of all later zooms in it."""
    yield at
    if at.z < LAST_ZOOM:
        for quarter in _quarters(at):
            if len(sheet.rows_in(quarter)):
                yield from _with_all_in_it(sheet, quarter)


def _quarters(at: Address) -> Iterator[Address]:
    for y in (2 * at.y, 2 * at.y + 1):
        for x in (2 * at.x, 2 * at.x + 1):
            yield Address(at.z + 1, x, y)


def _key(at: Address) -> int:
    return (at.z << 2 * _PLACE) | (at.y << _PLACE) | at.x


assert LAST_ZOOM < _PLACE < BITS
