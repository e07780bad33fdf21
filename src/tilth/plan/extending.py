"""A compiled problem with amounts that are no choice of a unit: each stands as a unit that is off or on, or between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tilth.plan.compiled import Compiled


@dataclass(frozen=True)
class Amounts:
    """`count` equal pieces of one amount."""

    value: float  # of one piece that is on
    cells: dict[int, float]  # its quantities: column (from 0) -> amount
    rows: tuple[int, ...]  # rows that count it
    count: int = 1


def extended(c: Compiled, extra: Sequence[Amounts]) -> Compiled:
    """The problem with pieces behind its units; a row that counts pieces must count all kinds of options alike."""
    pieces = sum(one.count for one in extra)
    cells = np.zeros((2 * pieces, c.cells.shape[1]))
    cls = np.repeat(c.classes + np.arange(len(extra)), [one.count for one in extra])
    at = 0
    for one in extra:
        on = slice(at + 1, at + 2 * one.count, 2)
        cells[on, 0] = one.value
        for column, amount in one.cells.items():
            cells[on, 1 + column] = amount
        at += 2 * one.count
    rows = [np.array(sorted(one.rows), np.int64) for one in extra]
    return replace(
        c, ptr=np.concatenate([c.ptr, c.ptr[-1] + 2 * np.arange(1, pieces + 1)]).astype(np.int64),
        kind=np.concatenate([c.kind, np.zeros(2 * pieces, np.int64)]),
        cls=np.concatenate([c.cls, cls]).astype(np.int64),
        cells=np.concatenate([c.cells, cells]), row_of=np.concatenate([c.row_of, *rows]).astype(np.int64),
        row_ptr=np.concatenate([c.row_ptr, c.row_ptr[-1] + np.cumsum([len(one) for one in rows])]).astype(np.int64),
        options=np.concatenate([c.options, np.full(2 * pieces, -1)]).astype(np.int64),
    )  # fmt: skip
