"""The survey's levelling rule for very many groups of few parts at once, compiled by numba on first use."""

from __future__ import annotations

import numpy as np

from tilth.core import IntArray
from tilth.overlay.options import outer


@outer
def dealt(
    sizes: IntArray, group: IntArray, keys: IntArray, short: IntArray, counts: IntArray
) -> tuple[IntArray, IntArray, IntArray]:
    """The line of parts by group, size (largest first) and key; the units each gets; groups where one cannot give.

    sizes, group, keys are (k,); short and counts (g,): units that a group's parts lack, and how many they are. Returns
    (k,) positions of parts in line, (k,) units for each of the line, and the groups that are still to be dealt.
    """
    line, moved = np.empty_like(sizes), np.zeros_like(sizes)
    start, free = np.zeros_like(short), np.zeros_like(short)
    for one in range(1, len(short)):
        start[one] = free[one] = start[one - 1] + counts[one - 1]
    for part in range(len(sizes)):
        line[free[group[part]]] = part
        free[group[part]] += 1
    refused, found = np.empty_like(short), 0
    for one in range(len(short)):
        first, end = start[one], start[one] + counts[one]
        for place in range(first + 1, end):
            part, at = line[place], place
            while at > first and (
                sizes[line[at - 1]] < sizes[part]
                or (sizes[line[at - 1]] == sizes[part] and keys[line[at - 1]] > keys[part])
            ):
                line[at] = line[at - 1]
                at -= 1
            line[at] = part
        if short[one] == 0 or first == end:
            continue
        members = 0
        while first + members < end and (sizes[line[first + members]] > 0 or sizes[line[first]] == 0):
            members += 1
        sign, units = (1, short[one]) if short[one] > 0 else (-1, -short[one])
        each, more = units // members, units % members
        for place in range(members):
            moved[first + place] = sign * (each + (1 if place < more else 0))
            if sizes[line[first + place]] + moved[first + place] < 0 and (found == 0 or refused[found - 1] != one):
                refused[found] = one
                found += 1
    return line, moved, refused[:found]
