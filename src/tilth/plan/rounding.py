"""From spread-out choices to one option a unit: dealt out so that rows stay where they were, mended, and improved."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True)
def deal(
    pick: Any, open_units: Any, mu: float, excess: Any, goal: Any, active: Any, size: Any, ptr: Any, kind: Any,
    cls: Any, cells: Any, prices: Any, term_ptr: Any, term_column: Any, term_weight: Any, row_ptr: Any,
    row_of: Any, worth: float,
) -> None:  # fmt: skip
    """Choose for each open unit, one after the other, the option that brings the rows nearest to their limits.

    On entry `excess` counts open units by their odds, exp(score / mu); on leaving, by what they got. Rows are held near
    `goal`, where they stood at first; of rows that are not active only what passes the limit counts. What an option
    loses counts too, by `worth`.
    """
    columns = cells.shape[1] - 1
    most, longest = 0, 0
    for u in range(len(row_ptr) - 1):
        most = max(most, row_ptr[u + 1] - row_ptr[u])
    for i in open_units:
        longest = max(longest, ptr[i + 1] - ptr[i])
    odds, added, mean = np.empty(longest), np.empty((longest, most)), np.empty(most)
    for i in open_units:
        u, start, count = cls[i], ptr[i], ptr[i + 1] - ptr[i]
        first, rows = row_ptr[u], row_ptr[u + 1] - row_ptr[u]
        top = -np.inf
        for o in range(count):
            j = start + o
            score = cells[j, 0]
            for c in range(columns):
                score -= prices[u, kind[j], c] * cells[j, 1 + c]
            odds[o] = score
            top = max(top, score)
        whole = 0.0
        for o in range(count):
            odds[o] = np.exp(max(-40.0, (odds[o] - top) / mu))
            whole += odds[o]
        for a in range(rows):
            mean[a] = 0.0
            r = row_of[first + a]
            for o in range(count):
                j = start + o
                counted = 0.0
                for t in range(term_ptr[r], term_ptr[r + 1]):
                    counted += term_weight[t, kind[j]] * cells[j, 1 + term_column[t]]
                added[o, a] = counted
                mean[a] += odds[o] / whole * counted
        best, chosen = np.inf, 0
        for o in range(count):
            if odds[o] < 0.02 * whole:
                continue
            far = -worth * mu * np.log(odds[o])
            for a in range(rows):
                r = row_of[first + a]
                now = (excess[r] + added[o, a] - mean[a]) / size[r]
                if active[r]:
                    now -= goal[r] / size[r]
                if active[r] or now > 0:
                    far += now * now
            if far < best:
                best, chosen = far, o
        pick[i] = start + chosen
        for a in range(rows):
            excess[row_of[first + a]] += added[chosen, a] - mean[a]


@njit(cache=True)
def mend(
    pick: Any, order: Any, excess: Any, size: Any, ptr: Any, kind: Any, cls: Any, cells: Any, prices: Any,
    term_ptr: Any, term_column: Any, term_weight: Any, row_ptr: Any, row_of: Any, passes: int,
) -> int:  # fmt: skip
    """Change single units of `order` until no row passes its limit, then while that is worth anything.

    A change that lessens what is too much is taken when what it loses for that is small enough; the measure is
    doubled from pass to pass. Changes that gain value and pass no limit are always taken. The number of changes.
    """
    columns = cells.shape[1] - 1
    done = 0
    measure = 0.0
    for turn in range(passes):
        changed = 0
        for i in order:
            u, now = cls[i], pick[i]
            first, rows = row_ptr[u], row_ptr[u + 1] - row_ptr[u]
            before = 0.0
            for a in range(rows):
                before += max(0.0, excess[row_of[first + a]]) / size[row_of[first + a]]
            base = cells[now, 0]
            base_score = base
            for c in range(columns):
                base_score -= prices[u, kind[now], c] * cells[now, 1 + c]
            best, chosen = 0.0, now
            for j in range(ptr[i], ptr[i + 1]):
                if j == now:
                    continue
                gain = cells[j, 0] - base
                if before <= 0.0 and gain <= 0.0:
                    continue
                score = cells[j, 0]
                for c in range(columns):
                    score -= prices[u, kind[j], c] * cells[j, 1 + c]
                after = 0.0
                for a in range(rows):
                    r = row_of[first + a]
                    more = excess[r]
                    for t in range(term_ptr[r], term_ptr[r + 1]):
                        column = 1 + term_column[t]
                        more += term_weight[t, kind[j]] * cells[j, column]
                        more -= term_weight[t, kind[now]] * cells[now, column]
                    if more > 0.0:
                        after += more / size[r]
                if before > 0.0:
                    less = before - after
                    if less > 1e-12 * before and base_score - score <= measure * less:
                        rate = less * (1.0 + measure) - (base_score - score)
                        if rate > best:
                            best, chosen = rate, j
                elif after <= 0.0 and gain > best:
                    best, chosen = gain, j
            if chosen != now:
                for a in range(rows):
                    r = row_of[first + a]
                    for t in range(term_ptr[r], term_ptr[r + 1]):
                        column = 1 + term_column[t]
                        excess[r] += term_weight[t, kind[chosen]] * cells[chosen, column]
                        excess[r] -= term_weight[t, kind[now]] * cells[now, column]
                pick[i] = chosen
                changed += 1
        done += changed
        too_much = False
        for r in range(len(excess)):
            too_much = too_much or excess[r] > 0.0
        if not too_much and changed == 0:
            break
        if turn == 0:
            measure = 0.0
            for i in order[: min(200, len(order))]:
                measure += abs(cells[pick[i], 0])
            measure = 0.05 * measure / max(1, min(200, len(order)))
        else:
            measure *= 2.0
    return done
