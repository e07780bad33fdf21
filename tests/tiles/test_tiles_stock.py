"""Tiles drawn ahead: those that are drawn when they are asked for, byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from tiles_mesh import EAST, NORTH, addresses_over, mesh, sheet_of_shapes

from tilth.tiles import LAST_ZOOM, Address, Sheet, Stock, packed, tile_of, unpacked, write_stock


def stock_of(folder: Path, sheet: Sheet) -> Stock:
    """All tiles of a sheet."""
    folder.mkdir()
    write_stock(folder, sheet)
    return Stock.kept(folder)


@pytest.mark.parametrize("seed", [1, 7])
def test_a_tile_drawn_ahead_is_the_tile_that_would_be_drawn(tmp_path: Path, seed: int) -> None:
    sheet = sheet_of_shapes(tmp_path / "s", mesh(seed))
    stock, found = stock_of(tmp_path / "t", sheet), 0
    for z in range(sheet.first_zoom, LAST_ZOOM + 1):
        x, y = addresses_over(sheet, z)[0].x, addresses_over(sheet, z)[0].y
        beside = [Address(z, max(x - 1, 0), max(y - 1, 0)), Address(z, 0, 0), Address(z, (1 << z) - 1, (1 << z) - 1)]
        for at in [*addresses_over(sheet, z), *beside]:
            drawn = tile_of(sheet, at)
            assert stock.get(at) == packed(drawn) and unpacked(packed(drawn)) == drawn
            found += bool(drawn)
    assert found > LAST_ZOOM and len(stock) >= found - len(range(sheet.first_zoom, LAST_ZOOM + 1)) * 3


def test_what_reaches_a_tile_with_its_margin_alone_is_drawn_ahead_too(tmp_path: Path) -> None:
    sheet = sheet_of_shapes(tmp_path / "s", mesh(3))
    stock, beyond = stock_of(tmp_path / "t", sheet), 0
    inner = addresses_over(sheet, 14)
    columns, rows = {at.x for at in inner}, {at.y for at in inner}
    for x in range(min(columns) - 1, max(columns) + 2):
        for y in range(min(rows) - 1, max(rows) + 2):
            at = Address(14, x, y)
            assert stock.get(at) == packed(tile_of(sheet, at))
            beyond += bool(stock.get(at)) and at not in inner
    edge = shapely.box(EAST, NORTH, EAST + 4_000, NORTH + 4_000)
    for shape in (edge, shapely.box(EAST, NORTH, EAST + 40, NORTH + 40)):
        name = f"{shape.area:.0f}"
        sheet = sheet_of_shapes(tmp_path / name, [shape])
        stock = stock_of(tmp_path / f"{name}-t", sheet)
        for at in addresses_over(sheet, 16):
            assert stock.get(at) == packed(tile_of(sheet, at))


def test_of_zooms_before_the_first_and_after_the_last_there_is_none(tmp_path: Path) -> None:
    sheet = sheet_of_shapes(tmp_path / "s", mesh(5))
    stock = stock_of(tmp_path / "t", sheet)
    assert stock.first_zoom == sheet.first_zoom and stock.last_zoom == LAST_ZOOM
    assert stock.get(Address(LAST_ZOOM + 1, 0, 0)) is None
    assert sheet.first_zoom == 0 or stock.get(Address(sheet.first_zoom - 1, 0, 0)) is None


def test_a_layer_of_nothing_has_no_tiles(tmp_path: Path) -> None:
    stock = stock_of(tmp_path / "t", sheet_of_shapes(tmp_path / "s", []))
    assert len(stock) == 0 and stock.get(Address(stock.first_zoom, 0, 0)) == b""


def test_tiles_lie_in_the_file_in_the_order_in_which_they_are_found_in_the_index(tmp_path: Path) -> None:
    stock = stock_of(tmp_path / "t", sheet_of_shapes(tmp_path / "s", mesh(9)))
    assert (np.diff(stock.key) > 0).all() and stock.size.min() > 0
    assert sorted((stock.begin + stock.size).tolist())[-1] == len(stock.data) == stock.size.sum()
