"""Flows in hectares: every flow is rounded once, for the whole, and every table of change sums the same numbers.

The land that leaves a class is rounded as a whole, levelled over what it became, then over the regions it lies in. So
a flow without land stays at 0.00 ha, and a flow reads the same in each table that shows it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tilth.change.hectares import level_cells, levelled_ha, rounded_ha
from tilth.change.lines import SOURCES
from tilth.core import IntArray
from tilth.overlay import level_groups


def flow_leaves(lines: pd.DataFrame, opening: Mapping[str, int]) -> pd.DataFrame:
    """`lines` (of `class_lines`) with their hectares in column ha. [0.01 ha]

    `opening` is what the land tables show of each class at the start: no class gives away more than that. [0.01 ha]
    """
    return lines.assign(ha=flow_hectares(lines, opening))


def flow_hectares(leaves: pd.DataFrame, opening: Mapping[str, int]) -> IntArray:
    """(leaves,) hectares [0.01 ha]. Land that stays in its class is only rounded: tables show what is left of it."""
    dm2 = leaves["dm2"].to_numpy(np.int64)
    out = rounded_ha(dm2)
    pairs = leaves.groupby(["source", "sink"], sort=True)
    pair = pairs.ngroup().to_numpy(np.int64)
    sums = pairs["dm2"].agg(["sum", "min"]).reset_index()
    wanted = _pair_hectares(sums, opening)
    moves = (sums["source"] != sums["sink"]).to_numpy(bool) & (sums["min"] >= 0).to_numpy(bool)
    chosen = moves[pair]  # measured differences may be negative: those are rounded one by one
    if chosen.any():
        number = np.cumsum(moves) - 1
        out[chosen] = level_groups(out[chosen], number[pair[chosen]], wanted[moves])
    return out


def _pair_hectares(sums: pd.DataFrame, opening: Mapping[str, int]) -> IntArray:
    """(pairs,) what each class gave to each other, in 0.01 ha; without meaning for land that stays in its class."""
    out = rounded_ha(sums["sum"].to_numpy(np.int64))
    given = sums[(sums["source"] != sums["sink"]) & ~sums["source"].isin(SOURCES)]
    if not len(given):
        return out
    table = given.pivot(index="source", columns="sink", values="sum").fillna(0).astype("int64")
    cells = table.to_numpy(np.int64)
    leaving = cells.sum(axis=1)
    totals = levelled_ha(leaving)
    stays = {row.source for row in sums.itertuples() if row.source == row.sink and row.sum}
    held = np.array([opening.get(code, 0) for code in table.index], dtype=np.int64)
    stay = np.array([code in stays for code in table.index], dtype=bool)
    hectares = level_cells(cells, np.where(stay, np.minimum(totals, held), held), list(table.columns))
    rows, columns = table.index.get_indexer(given["source"]), table.columns.get_indexer(given["sink"])
    out[given.index.to_numpy()] = hectares[rows, columns]
    return out
