"""A problem in words, English or Chinese."""

from __future__ import annotations

from tilth.core import enumerated, message
from tilth.plan.measures import Amount
from tilth.plan.problem import Over, Patch, Problem, Row, Tie, Whole


def told(problem: Problem) -> str:
    """Aim, demands and locks, one a line; rows that differ only in their group stand on one line."""
    table = problem.options
    lines = [message("PLAN-TOLD", units=f"{table.n:,}", options=f"{table.size:,}")]
    lines += _aims(problem.aim, problem.over)
    for then in problem.then:
        lines.append("  " + message("PLAN-TOLD-THEN", share=f"{100 * then.within:g}"))
        lines += _aims(then.aim, then.over)
    lines += [f"  {line}" for line in _rows(problem.rows)]
    for lock in problem.locks:
        key = "PLAN-TOLD-OUT" if lock.out else "PLAN-TOLD-IN"
        place = _where(lock.where) if lock.units is None else f" [{len(lock.units)}]"
        lines.append("  " + message(key, treatment=lock.treatment, where=place))
    lines += [f"  {tie_told(tie)}" for tie in problem.ties]
    return "\n".join(lines)


def aim_told(aim: tuple[tuple[str, float], ...], over: Over | None = None) -> str:
    """An aim in a few words: its quantities, and how their draws are taken together."""
    columns = " + ".join(name for name, _ in aim)
    return columns if over is None else f"{columns} ({_over(over)})"


def _aims(aim: tuple[tuple[str, float], ...], over: Over | None) -> list[str]:
    lines = []
    for column, weight in aim:
        key = "PLAN-TOLD-MOST" if weight > 0 else "PLAN-TOLD-LEAST"
        lines.append("  " + message(key, column=column, times="" if abs(weight) == 1 else f"{abs(weight):g} × "))
    return lines if over is None else [*lines, "  " + message("PLAN-TOLD-OVER", over=_over(over))]


def _over(over: Over) -> str:
    return message(f"PLAN-OVER-{over.how.upper()}", share=f"{100 * over.share:g}")


def tie_told(tie: Tie) -> str:
    """What ties units together, in words."""
    where = message("PLAN-TOLD-IN-EACH", label=tie.by) if tie.by else ""
    if isinstance(tie, Whole):
        return message("PLAN-TOLD-WHOLE", label=tie.by)
    if isinstance(tie, Patch):
        if tie.column:
            least = f"{tie.column} {amount(tie.least)}"
        else:
            least = message("PLAN-TOLD-UNITS", count=f"{tie.least:g}")
        return message("PLAN-TOLD-PATCH", treatment=tie.name, least=least, where=where)
    return message("PLAN-TOLD-EITHER", sides=enumerated([name for name, _ in tie.sides]), where=where)


def row_told(row: Row) -> str:
    """One row in words."""
    key = "PLAN-TOLD-AT-LEAST" if row.at_least else "PLAN-TOLD-AT-MOST"
    return message(key, column=row.column, limit=amount(row.limit), where=_where(row.where))


def amount(limit: float | Amount) -> str:
    """A limit with its unit, where it has one of its own."""
    if isinstance(limit, Amount):
        return f"{limit.value:,.10g} {limit.unit}"
    return f"{limit:,.10g}"


def _where(where: tuple[tuple[str, object], ...]) -> str:
    return f" ({', '.join(f'{label} {value}' for label, value in where)})" if where else ""


def _rows(rows: tuple[Row, ...]) -> list[str]:
    lines: list[str] = []
    at = 0
    while at < len(rows):
        same = [row for row in rows[at:] if family(row) == family(rows[at])] if rows[at].where else [rows[at]]
        together = len(same) > 3 and list(rows[at : at + len(same)]) == same
        if together:
            low, high = min(_size(row) for row in same), max(_size(row) for row in same)
            limit = amount(low) if low == high else f"{amount(low)} … {amount(high)}"
            key = "PLAN-TOLD-AT-LEAST" if rows[at].at_least else "PLAN-TOLD-AT-MOST"
            each = message("PLAN-TOLD-EACH", label=rows[at].where[-1][0], count=len(same))
            lines.append(message(key, column=rows[at].column, limit=limit, where=_where(rows[at].where[:-1]) + each))
            at += len(same)
        else:
            lines.append(row_told(rows[at]))
            at += 1
    return lines


def family(row: Row) -> tuple[object, ...]:
    """What rows have in common that differ only in the group of their last label, as one for each township."""
    unit = row.limit.unit if isinstance(row.limit, Amount) else ""
    return (row.column, row.at_least, unit, row.where[:-1], row.where[-1][0] if row.where else "")


def _size(row: Row) -> float:
    return row.limit.value if isinstance(row.limit, Amount) else row.limit
