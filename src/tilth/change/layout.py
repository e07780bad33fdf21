"""How a table is made of cells: land by place, class and attribute, summed once for every row and column.

Every column of every table is a sum of the same leaf cells, so tables agree with each other in dm² and in hectares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from tilth.change.distinct import by_value
from tilth.change.hectares import adjusted, level_cells, level_places
from tilth.change.places import Places
from tilth.core import AreaTable, Column, IntArray, Label, Row
from tilth.land import CodeSystem

#: The class that ridges between fields are counted in.
RIDGE = "1203"


@dataclass(frozen=True)
class Cells:
    """Areas by place, class and kind (the values of one attribute; "" is land without it)."""

    places: Places
    classes: tuple[str, ...]
    kinds: tuple[str, ...]
    dm2: IntArray  # (places, classes, kinds)
    hectares: IntArray  # the same in 0.01 ha, levelled


@dataclass(frozen=True)
class Sum:
    """A column and the cells it sums: those of `classes` (None: all) and `kinds` (None: all).

    A column `only_if_held` is left out of a table in which it would be empty: it is for land that the official
    columns have no place for.
    """

    column: Column
    classes: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    only_if_held: bool = False


@dataclass(frozen=True)
class Split:
    """A third key column: rows of one region told apart by the kinds they count."""

    key: str | Label
    kinds: frozenset[str]
    only_if_held: bool = False


def land(parcels: pd.DataFrame) -> pd.DataFrame:
    """Parcels as (row, class_code, dm2): the net area in its class, the ridges of farmland in 1203.

    `row` is the position of the parcel. Net and ridges add up to the gross area.
    """
    gross, net = parcels["area_dm2"].to_numpy(np.int64), parcels["net_area_dm2"].to_numpy(np.int64)
    ridge = parcels["deduct_dm2"].to_numpy(np.int64)
    assert np.array_equal(gross, net + ridge), "net area and ridges must add up to the parcel"
    held = np.flatnonzero(ridge)
    return pd.DataFrame(
        {
            "row": np.concatenate([np.arange(len(parcels)), held]),
            "class_code": np.concatenate([parcels["class_code"].to_numpy(object), np.full(len(held), RIDGE, object)]),
            "dm2": np.concatenate([net, ridge[held]]),
        }
    )


def base_cells(lines: pd.DataFrame, places: Places, classes: Sequence[str], place: IntArray) -> Cells:
    """Cells by place and class, hectares levelled county → village → class.

    `place` is the place of each parcel, by `lines.row`.
    """
    index = {code: position for position, code in enumerate(classes)}
    dm2 = np.zeros((len(places.codes), len(classes), 1), dtype=np.int64)
    column = by_value(lines["class_code"], index.__getitem__, np.int64)
    np.add.at(dm2[:, :, 0], (place[lines["row"]], column), lines["dm2"].to_numpy(np.int64))
    totals = level_places(dm2.sum(axis=(1, 2)), places)
    hectares = level_cells(dm2[:, :, 0], totals, classes)
    return Cells(places, tuple(classes), ("",), dm2, hectares[:, :, None])


def stock_hectares(parcels: pd.DataFrame, places: Places, codes: CodeSystem) -> IntArray:
    """(places, classes) what the land tables show of each class, in 0.01 ha; classes in the order of `codes`."""
    classes = list(codes.classes)
    return base_cells(land(parcels), places, classes, places.of(parcels["region_code"])).hectares[:, :, 0]


def split_cells(base: Cells, lines: pd.DataFrame, place: IntArray, kind: Sequence[str]) -> Cells:
    """`base` divided by an attribute of the parcels (`kind`, by `lines.row`), hectares levelled within each cell."""
    kinds = ("", *sorted(set(kind) - {""}))
    of_parcel = np.array([kinds.index(value) for value in kind], dtype=np.int64)
    index = {code: position for position, code in enumerate(base.classes)}
    column = by_value(lines["class_code"], index.__getitem__, np.int64)
    dm2 = np.zeros((*base.dm2.shape[:2], len(kinds)), dtype=np.int64)
    row = lines["row"].to_numpy(np.int64)
    np.add.at(dm2, (place[row], column, of_parcel[row]), lines["dm2"].to_numpy(np.int64))
    assert np.array_equal(dm2.sum(axis=2), base.dm2[:, :, 0])
    flat = level_cells(dm2.reshape(-1, len(kinds)), base.hectares.reshape(-1), kinds)
    return Cells(base.places, base.classes, kinds, dm2, flat.reshape(dm2.shape))


def sum_table(
    id_: str,
    title: Label,
    cells: Cells,
    sums: Sequence[Sum],
    *,
    key_columns: tuple[Label, ...],
    splits: Sequence[Split] = (),
    notes: tuple[Label, ...] = (),
) -> AreaTable:
    """A table of `cells`: a row for each region (and split), a column for each sum."""
    sums = [one for one in sums if not one.only_if_held or _held(cells, one)]
    splits = [one for one in splits if not one.only_if_held or _held(cells, Sum(sums[0].column, None, one.kinds))]
    shown: list[Split | None] = [*splits] or [None]
    rows = tuple(
        Row((*row.names, split.key) if split else row.names, row.depth) for row in cells.places.rows for split in shown
    )
    blocks = [_block(cells, sums, split.kinds if split else None) for split in shown]
    shape = (len(rows), len(sums))
    dm2 = np.stack([block[0] for block in blocks], axis=1).reshape(shape)
    hectares = np.stack([block[1] for block in blocks], axis=1).reshape(shape)
    columns = tuple(one.column for one in sums)
    return adjusted(AreaTable(id_, title, key_columns, columns, rows, dm2, notes=notes), hectares)


def _held(cells: Cells, one: Sum) -> bool:
    return bool((cells.dm2 * _mask(cells, one, None)).any())


def _mask(cells: Cells, one: Sum, split: frozenset[str] | None) -> IntArray:
    """(classes, kinds) 1 where the cell belongs to the column and the split."""
    classes = np.array([one.classes is None or code in one.classes for code in cells.classes])
    kinds = np.array(
        [(one.kinds is None or kind in one.kinds) and (split is None or kind in split) for kind in cells.kinds]
    )
    mask: IntArray = np.outer(classes, kinds).astype(np.int64)
    return mask


def _block(cells: Cells, sums: Sequence[Sum], split: frozenset[str] | None) -> tuple[IntArray, IntArray]:
    masks = np.stack([_mask(cells, one, split).reshape(-1) for one in sums], axis=1)
    size = len(cells.places.codes)
    dm2 = cells.places.sums(cells.dm2.reshape(size, -1) @ masks)
    return dm2, cells.places.sums(cells.hectares.reshape(size, -1) @ masks)
