"""What a plan is worth and what its limits cost, in words."""

from __future__ import annotations

from tilth.core import enumerated, message
from tilth.plan.solving import Solution
from tilth.plan.tallying import Used, tallied
from tilth.plan.telling import aim_told, family, row_told

#: More rows than this that differ only in their group are told together, and so many of them one by one.
_TOGETHER, _NAMED = 3, 40


def explained(solution: Solution) -> list[str]:
    """The proof in one line, then each limit that costs something, the dearest first (price times limit)."""
    aim = aim_told(solution.problem.aim, solution.problem.over)
    lines = [
        message(
            "PLAN-PROVEN", aim=aim, value=f"{solution.value:,.10g}", bound=f"{solution.bound:,.10g}",
            share=f"{100 * solution.gap:.2g} %",
        )
    ]  # fmt: skip
    saved = "SAVED-" if solution.problem.sign < 0 else ""
    used = tallied(solution)
    dear = sorted((one for one in used if one.price), key=lambda one: -abs(one.price) * max(abs(one.limit), 1.0))
    told: set[object] = set()
    for one in dear:
        row = one.row
        together = [other for other in dear if family(other.row) == family(row)] if row.where else []
        if len(together) > _TOGETHER:
            if family(row) not in told:
                lines += _by_group(solution, together, saved, aim)
                told.add(family(row))
            continue
        key = f"PLAN-PRICE-{saved}{'LEAST' if row.at_least else 'MOST'}"
        price = f"{one.price:,.4g}"
        lines.append(message(key, row=row_told(row), unit=one.unit or "1", price=price, aim=aim))
    if len(dear) < len(used):
        lines.append(message("PLAN-PRICE-FREE", count=len(used) - len(dear)))
    return lines


def _by_group(solution: Solution, rows: list[Used], saved: str, aim: str) -> list[str]:
    """Rows that differ only in their township, or year: one line on all, then each, the dearest first."""
    ordered = sorted(rows, key=lambda one: -one.price)
    every = [one for one in solution.problem.rows if family(one) == family(rows[0].row)]
    low, high = ordered[-1], ordered[0]
    groups = [f"{one.row.where[-1][1]} {one.price:,.4g}" for one in ordered]
    more = len(groups) - _NAMED
    head = message(
        f"PLAN-PRICE-{saved}GROUPS", column=high.row.column, label=high.row.where[-1][0], unit=high.unit or "1",
        aim=aim, low=f"{low.price:,.4g}", high=f"{high.price:,.4g}",
        high_at=high.row.where[-1][1], low_at=low.row.where[-1][1], count=len(rows), all=len(every),
    )  # fmt: skip
    return [head, "  " + str(enumerated(groups[:_NAMED])) + (f" … +{more}" if more > 0 else "")]
