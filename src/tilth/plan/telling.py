"""A problem in words, English or Chinese, with the names of the tables or those that a reader knows."""

from __future__ import annotations

from tilth.core import enumerated, message
from tilth.plan.measures import Amount
from tilth.plan.naming import AS_WRITTEN, Naming
from tilth.plan.problem import Over, Patch, Problem, Row, Tie, Whole


def told(problem: Problem, naming: Naming = AS_WRITTEN) -> str:
    """Aim, demands and locks, one a line; rows that differ only in their group stand on one line."""
    table = problem.options
    lines = [message("PLAN-TOLD", units=f"{table.n:,}", options=f"{table.size:,}")]
    lines += _aims(problem.aim, problem.over, naming)
    for then in problem.then:
        lines.append("  " + message("PLAN-TOLD-THEN", share=f"{100 * then.within:g}"))
        lines += _aims(then.aim, then.over, naming)
    lines += [f"  {line}" for line in _rows(problem.rows, naming)]
    for lock in problem.locks:
        key = "PLAN-TOLD-OUT" if lock.out else "PLAN-TOLD-IN"
        place = _where(lock.where, naming) if lock.units is None else f" [{len(lock.units)}]"
        lines.append("  " + message(key, treatment=naming.value("treatment", lock.treatment), where=place))
    lines += [f"  {tie_told(tie, naming)}" for tie in problem.ties]
    return "\n".join(lines)


def aim_told(aim: tuple[tuple[str, float], ...], over: Over | None = None, naming: Naming = AS_WRITTEN) -> str:
    """An aim in a few words: its quantities, and how their draws are taken together."""
    columns = " + ".join(str(naming.quantity(name)) for name, _ in aim)
    return columns if over is None else f"{columns} ({_over(over)})"


def _aims(aim: tuple[tuple[str, float], ...], over: Over | None, naming: Naming) -> list[str]:
    lines = []
    for column, weight in aim:
        key = "PLAN-TOLD-MOST" if weight > 0 else "PLAN-TOLD-LEAST"
        times = "" if abs(weight) == 1 else f"{abs(weight):g} × "
        lines.append("  " + message(key, column=naming.quantity(column), times=times))
    return lines if over is None else [*lines, "  " + message("PLAN-TOLD-OVER", over=_over(over))]


def _over(over: Over) -> str:
    return message(f"PLAN-OVER-{over.how.upper()}", share=f"{100 * over.share:g}")


def tie_told(tie: Tie, naming: Naming = AS_WRITTEN) -> str:
    """What ties units together, in words."""
    label = naming.heading(tie.by)
    where = message("PLAN-TOLD-IN-EACH", label=label) if tie.by else ""
    if isinstance(tie, Whole):
        return message("PLAN-TOLD-WHOLE", label=label)
    if isinstance(tie, Patch):
        if tie.column:
            least = f"{naming.quantity(tie.column)} {amount(tie.least, naming)}"
        else:
            least = message("PLAN-TOLD-UNITS", count=f"{tie.least:g}")
        return message("PLAN-TOLD-PATCH", treatment=naming.value("treatment", tie.name), least=least, where=where)
    sides = enumerated([naming.value("treatment", name) for name, _ in tie.sides])
    return message("PLAN-TOLD-EITHER", sides=sides, where=where)


def row_told(row: Row, naming: Naming = AS_WRITTEN) -> str:
    """One row in words."""
    return _limited(row, amount(row.limit, naming), _where(row.where, naming), naming)


def _limited(row: Row, limit: str, where: str, naming: Naming) -> str:
    key = "PLAN-TOLD-AT-LEAST" if row.at_least else "PLAN-TOLD-AT-MOST"
    return message(key, column=naming.quantity(row.column), limit=limit, where=where)


def amount(limit: float | Amount, naming: Naming = AS_WRITTEN) -> str:
    """A limit with its unit, where it has one of its own."""
    if isinstance(limit, Amount):
        unit = naming.unit(limit.unit)
        times = " × " if unit[:1].isdigit() else " "  # 180 × 10,000 yuan
        return f"{limit.value:,.10g}{times}{unit}"
    return f"{limit:,.10g}"


def _where(where: tuple[tuple[str, object], ...], naming: Naming) -> str:
    named = [f"{naming.heading(label)} {naming.value(label, value)}" for label, value in where]
    return f" ({', '.join(named)})" if named else ""


def _rows(rows: tuple[Row, ...], naming: Naming) -> list[str]:
    lines: list[str] = []
    at = 0
    while at < len(rows):
        same = [row for row in rows[at:] if family(row) == family(rows[at])] if rows[at].where else [rows[at]]
        together = len(same) > 3 and list(rows[at : at + len(same)]) == same
        if together:
            low, high = min(_size(row) for row in same), max(_size(row) for row in same)
            limits = [amount(one, naming) for one in dict.fromkeys([low, high])]
            each = message("PLAN-TOLD-EACH", label=naming.heading(rows[at].where[-1][0]), count=len(same))
            lines.append(_limited(rows[at], " … ".join(limits), _where(rows[at].where[:-1], naming) + each, naming))
            at += len(same)
        else:
            lines.append(row_told(rows[at], naming))
            at += 1
    return lines


def family(row: Row) -> tuple[object, ...]:
    """What rows have in common that differ only in the group of their last label, as one for each township."""
    unit = row.limit.unit if isinstance(row.limit, Amount) else ""
    return (row.column, row.at_least, unit, row.where[:-1], row.where[-1][0] if row.where else "")


def _size(row: Row) -> float:
    return row.limit.value if isinstance(row.limit, Amount) else row.limit
