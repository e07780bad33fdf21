"""The compiled parts that draw, run once ahead of the first tile."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import shapely

from tilth.tiles.columns import Choices, Column, Texts, Wholes
from tilth.tiles.sheet import Sheet, write_sheet
from tilth.tiles.tile import tile_of
from tilth.tiles.world import BITS, Address


@cache
def prepare_drawing() -> None:
    """Load them, or make them on the first time: then it takes a while."""
    box = shapely.box(114.0, 35.0, 114.01, 35.01)
    text = shapely.to_wkb(box)
    columns: list[Column] = [
        Texts.of("a", ["a"]),
        Wholes("b", np.array([1])),
        Choices.of("region_code", np.array(["1"])),
    ]
    with TemporaryDirectory() as name:
        folder = Path(name)
        shapes = [(np.frombuffer(text, np.uint8), np.array([0, len(text)]))]
        write_sheet(folder, "none", shapes, np.array([box.bounds]), "EPSG:4490", columns)
        sheet = Sheet.kept(folder)
        left, top = (int(side) >> (BITS - 12) for side in sheet.tree.box[0, :2])
        tile_of(sheet, Address.of(12, left, top))
        del sheet
