"""What a plan is worth and what its limits cost, in words."""

from __future__ import annotations

from tilth.core import enumerated, message
from tilth.plan.naming import AS_WRITTEN, Naming
from tilth.plan.solving import Solution
from tilth.plan.tallying import Used, tallied
from tilth.plan.telling import aim_told, family, row_told

#: More rows than this that differ only in their group are told together, and so many of them one by one.
_TOGETHER, _NAMED = 3, 40


def explained(solution: Solution, naming: Naming = AS_WRITTEN) -> list[str]:
    """The proof in one line, then each limit that costs something, the dearest first (price times limit)."""
    aim = aim_told(solution.problem.aim, solution.problem.over, naming)
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
                lines += _by_group(solution, together, saved, aim, naming)
                told.add(family(row))
            continue
        key = f"PLAN-PRICE-{saved}{'LEAST' if row.at_least else 'MOST'}"
        unit, price = naming.unit(one.unit) or "1", f"{one.price:,.4g}"
        lines.append(message(key, row=row_told(row, naming), unit=unit, price=price, aim=aim))
    if len(dear) < len(used):
        lines.append(message("PLAN-PRICE-FREE", count=len(used) - len(dear)))
    return lines


def _by_group(solution: Solution, rows: list[Used], saved: str, aim: str, naming: Naming) -> list[str]:
    """Rows that differ only in their township, or year: one line on all, then each, the dearest first."""
    ordered = sorted(rows, key=lambda one: -one.price)
    every = [one for one in solution.problem.rows if family(one) == family(rows[0].row)]
    low, high = ordered[-1], ordered[0]
    label = high.row.where[-1][0]
    names = [naming.value(label, one.row.where[-1][1]) for one in ordered]
    groups = [f"{name} {one.price:,.4g}" for name, one in zip(names, ordered, strict=True)]
    more = len(groups) - _NAMED
    head = message(
        f"PLAN-PRICE-{saved}GROUPS", column=naming.quantity(high.row.column), label=naming.heading(label),
        unit=naming.unit(high.unit) or "1", aim=aim, low=f"{low.price:,.4g}", high=f"{high.price:,.4g}",
        high_at=names[0], low_at=names[-1], count=len(rows), all=len(every),
    )  # fmt: skip
    return [head, "  " + str(enumerated(groups[:_NAMED])) + (f" … +{more}" if more > 0 else "")]
