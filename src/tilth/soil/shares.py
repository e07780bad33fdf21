"""Shares in percent that add up to 100.00: the largest remainders take what rounding leaves over."""

from __future__ import annotations

from collections.abc import Sequence

WHOLE_BP = 10_000


def level_shares(parts: Sequence[int]) -> list[int]:
    """Shares of whole, non-negative `parts` in 0.01 %, by largest remainder; the first of equal remainders goes up.

    Source: rules of the yearly tables, shares levelled to 100.00. All 0 where there is nothing to share.

    >>> level_shares([1, 1, 1]), level_shares([0, 0])
    ([3334, 3333, 3333], [0, 0])
    """
    whole = sum(parts)
    if whole <= 0:
        return [0] * len(parts)
    shares = [part * WHOLE_BP // whole for part in parts]
    left = [part * WHOLE_BP % whole for part in parts]
    for at in sorted(range(len(parts)), key=lambda one: -left[one])[: WHOLE_BP - sum(shares)]:
        shares[at] += 1
    return shares
