"""What a survey looks like from afar, where a parcel is smaller than a pixel: what most of the ground in it shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tilth.core import BoolArray, IntArray
from tilth.overlay.threads import blocks
from tilth.tiles.columns import Choices
from tilth.tiles.filling import Raster, fill, most_of
from tilth.tiles.sheet import Sheet
from tilth.tiles.world import BITS, Address

#: Pixels of a side of a tile, as a power of 2.
SIDE_BITS = 8
SIDE = 1 << SIDE_BITS
#: The finest raster has no more pixels than this.
MOST_PIXELS = 48_000_000
_LAST, _FIRST = 15, 0
_LINES = 512
_BLOCK = 32_768
_ABOUT = "overview.json"


@dataclass(frozen=True, eq=False)
class Overview:
    """Rasters of one survey, by theme and zoom."""

    #: Raised when what is kept changes.
    EDITION: ClassVar[int] = 1

    last_zoom: int
    corner: tuple[int, int]  # column and line of the first pixel of the finest
    rasters: Mapping[str, tuple[npt.NDArray[np.uint8], ...]]  # of each theme, by zoom
    region: Raster  # (h, w) of the finest: 1 + place in `regions`, 0 for none
    regions: tuple[str, ...]

    def tile(self, theme: str, at: Address, allowed: BoolArray | None = None) -> npt.NDArray[np.uint8] | None:
        """(256, 256) what each pixel shows, 0 for nothing; None where all of it is nothing.

        Parameters
        ----------
        allowed
            (1 + c,) which of `regions` may be seen, that of no region first: then only their ground is counted.
        """
        finest = self.rasters[theme][self.last_zoom]
        power = self.last_zoom - at.z
        out = np.zeros((SIDE, SIDE), np.uint8)
        first = at.x << SIDE_BITS, at.y << SIDE_BITS
        if allowed is not None:
            most_of(finest, self.region, allowed, power, first, self.corner, out)
        else:
            level = self.rasters[theme][at.z]
            left, top = first[0] - (self.corner[0] >> power), first[1] - (self.corner[1] >> power)
            a, b = max(top, 0), min(top + SIDE, level.shape[0])
            c, d = max(left, 0), min(left + SIDE, level.shape[1])
            if a < b and c < d:
                out[a - top : b - top, c - left : d - left] = level[a:b, c:d]
        return out if out.any() else None

    @classmethod
    def kept(cls, folder: Path) -> Overview:
        """What `write_overview` wrote, mapped into memory."""
        about = json.loads((folder / _ABOUT).read_text(encoding="utf-8"))
        rasters = {
            theme: tuple(_load(folder, f"{theme}-{z}") for z in range(about["last_zoom"] + 1))
            for theme in about["themes"]
        }
        column, line = about["corner"]
        return cls(about["last_zoom"], (column, line), rasters, _load(folder, "region"), tuple(about["regions"]))


def _load(folder: Path, name: str) -> Any:
    return np.load(folder / f"{name}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)


def write_overview(
    folder: Path,
    sheet: Sheet,
    themes: Mapping[str, IntArray],
    *,
    done: Callable[[int], object] = lambda _rows: None,
) -> None:
    """Write the overview of a survey into `folder`, an empty one. Memory holds some lines of pixels at a time.

    Parameters
    ----------
    themes
        What a pixel over each parcel shows, 1 to 255.
    """
    zoom, corner, high, wide = _finest(sheet)
    region = sheet.column("region_code")
    place: Any = region.code + 1 if isinstance(region, Choices) else np.zeros(len(sheet), np.int32)
    codes = np.ascontiguousarray(np.column_stack([place, *themes.values()])).astype(np.int64)
    files = [np.lib.format.open_memmap(folder / "region.npy", "w+", np.uint16, (high, wide))]
    files += [
        np.lib.format.open_memmap(folder / f"{theme}-{zoom}.npy", "w+", np.uint8, (high, wide)) for theme in themes
    ]
    shift = BITS - SIDE_BITS - zoom
    line = (sheet.tree.box[: len(sheet), 1].astype(np.int64) >> shift) - corner[1]
    last = (sheet.tree.box[: len(sheet), 3].astype(np.int64) >> shift) - corner[1]
    for some in blocks(high, _LINES):
        out = np.zeros((min(some.stop, high) - some.start, wide, codes.shape[1]), np.uint16)
        here = np.flatnonzero((line < some.stop) & (last >= some.start))
        for run in np.split(here, np.flatnonzero(np.diff(here) > 1) + 1):
            if len(run):
                _fill(sheet, (int(run[0]), int(run[-1]) + 1), shift, corner[0], corner[1] + some.start, codes, out)
        for k, file in enumerate(files):
            file[some.start : some.start + len(out)] = out[:, :, k]
        done(int(((line >= some.start) & (line < some.stop)).sum()))
    nobody = np.zeros(0, dtype=bool)
    for theme, file in zip(themes, files[1:], strict=True):
        _coarser(folder, theme, file.view(np.ndarray), files[0].view(np.ndarray), zoom, corner, nobody)
    about = {"last_zoom": zoom, "corner": corner, "themes": list(themes)}
    about["regions"] = list(region.choices) if isinstance(region, Choices) else []
    (folder / _ABOUT).write_text(json.dumps(about, ensure_ascii=False), encoding="utf-8")


def _finest(sheet: Sheet) -> tuple[int, tuple[int, int], int, int]:
    """Zoom of the finest raster, its first column and line, its height and width: one zoom more than parcels need."""
    left, top, right, bottom = sheet.tree.box[-1].astype(np.int64).tolist() if len(sheet) else (0, 0, 0, 0)
    for zoom in range(min(sheet.first_zoom, _LAST), _FIRST, -1):
        shift = BITS - SIDE_BITS - zoom
        high, wide = (bottom >> shift) - (top >> shift) + 1, (right >> shift) - (left >> shift) + 1
        if high * wide <= MOST_PIXELS:
            return zoom, (left >> shift, top >> shift), high, wide
    return 0, (0, 0), SIDE, SIDE


def _fill(sheet: Sheet, polygons: tuple[int, int], shift: int, left: int, top: int, codes: IntArray, out: Any) -> None:
    for first in range(polygons[0], polygons[1], _BLOCK):
        some = (first, min(first + _BLOCK, polygons[1]))
        fill(some, sheet.xy, sheet.ring_start, sheet.first_ring, shift, left, top, codes, out)


def _coarser(
    folder: Path, theme: str, finest: Any, region: Any, zoom: int, corner: tuple[int, int], nobody: BoolArray
) -> None:
    """The rasters of all zooms before the finest, each counted from the finest."""
    for z in range(zoom):
        power = zoom - z
        first = corner[0] >> power, corner[1] >> power
        last = (corner[0] + finest.shape[1] - 1) >> power, (corner[1] + finest.shape[0] - 1) >> power
        out = np.zeros((last[1] - first[1] + 1, last[0] - first[0] + 1), np.uint8)
        most_of(finest, region, nobody, power, first, corner, out)
        np.save(folder / f"{theme}-{z}.npy", out)
