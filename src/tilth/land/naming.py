"""Rows told apart by name: a blank name becomes the row's number, a repeated one gets a number behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt


def told_apart(names: Iterable[str], rows: Iterable[int]) -> tuple[tuple[str, ...], npt.NDArray[np.bool_]]:
    """`names` made unique, and (n,) which of them stood before.

    A blank one is called by its row ("#3"). The second of the same name is "name~2", or the next number that no other
    row bears.

    >>> told_apart(["a", "", "a~2", "a"], [1, 2, 3, 4])[0]
    ('a', '#2', 'a~2', 'a~3')
    """
    called = [name or f"#{row}" for name, row in zip(names, rows, strict=True)]
    taken = set(called)
    seen: Counter[str] = Counter()
    out, repeated = [], np.zeros(len(called), dtype=np.bool_)
    for at, name in enumerate(called):
        seen[name] += 1
        if seen[name] > 1:
            repeated[at] = True
            while f"{name}~{seen[name]}" in taken:
                seen[name] += 1
        out.append(f"{name}~{seen[name]}" if repeated[at] else name)
        taken.add(out[-1])
    return tuple(out), repeated
