"""A problem written as TOML: the aim, the demands, what is locked. What is misspelt is named with its entry."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tilth.core import BadInput
from tilth.plan.checking import LARGEST
from tilth.plan.draws import drawn, with_means
from tilth.plan.measures import UNITS, Amount
from tilth.plan.problem import Over, Patch, Problem, Then
from tilth.plan.table import Options, Stream

#: Entries that say how the plan is told, and ask for nothing: names in two languages, who pays.
_SAID = ("names", "source")
_KEYS = {
    "": (
        "title",
        "version",
        "aim",
        "within",
        "at_least",
        "lock",
        "whole",
        "patch",
        "either_or",
        "spent",
        "limit",
        *_SAID,
    ),
    "aim": ("maximise", "minimise", "over", "then"),
    "aim.then": ("maximise", "minimise", "over", "within"),
    "within": ("column", "most", "by", "where"),
    "at_least": ("column", "least", "by", "where"),
    "lock": ("treatment", "out", "units", "where"),
    "whole": ("by", "same"),
    "patch": ("treatment", "by", "column", "least", "units"),
    "either_or": ("treatments", "by"),
    "spent": ("first", "after"),
    "limit": ("row", "is"),
}
#: A number and its unit; commas part groups of three digits.
_AMOUNT = re.compile(
    r"\s*([-+]?(?:(?:\d{1,3}(?:,\d{3})+|\d[\d_]*)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)\s*([a-z][a-z_0-9]*)\s*", re.ASCII
)


def from_rows(
    table: Options, asked: Mapping[str, Any], *, crops: Any | None = None, measures: Any | None = None
) -> Problem:
    """The problem that `asked` (a TOML file) poses over a table.

    Parameters
    ----------
    crops, measures
        Crop and measure of each option (K), where a treatment of the table is a measure and a crop together.

    Raises
    ------
    BadInput
        If an entry is misspelt or cannot be meant.
    """
    _known("", 0, asked)
    table = with_means(table)
    spent = {}
    for name, one in _tables(asked, "spent").items():
        _known("spent", 0, one)
        spent[name] = Stream(*(_quantity(table, "spent", 0, one.get(key)) for key in ("first", "after")))
    own = _Parts(replace(table, streams=spent), crops, measures)
    problem = _aimed(Problem(own.table), asked.get("aim"))
    for kind, limit in (("within", "most"), ("at_least", "least")):
        for number, entry in enumerate(_entries(asked, kind), start=1):
            problem = _demanded(problem, own, kind, limit, number, entry)
    problem = replace(problem, options=own.table)
    for number, entry in enumerate(_entries(asked, "lock"), start=1):
        problem = _locked(problem, own, number, entry)
    for kind, tied in (("whole", _whole), ("patch", _patch), ("either_or", _either_or)):
        for number, entry in enumerate(_entries(asked, kind), start=1):
            _known(kind, number, entry)
            by = entry.get("by", "")
            if not isinstance(by, str) or (not by and kind == "whole"):
                raise _wrong(kind, number, by)
            problem = tied(problem, own, number, entry, by)
    for number, entry in enumerate(_entries(asked, "limit"), start=1):
        problem = _relimited(problem, number, entry)
    return problem


class _Parts:
    """The table, which grows by columns that count only one crop or one measure."""

    def __init__(self, table: Options, crops: Any | None, measures: Any | None) -> None:
        self.table = table
        self.of = {"crop": crops, "treatment": measures} if crops is not None else {}

    def names(self, key: str) -> list[str]:
        """Crops or measures there are."""
        return [str(one) for one in np.unique(np.asarray(self.of[key]).astype(str))] if key in self.of else []

    def only(self, column: str, key: str, value: object) -> str:
        """The name of a column that holds `column` where an option is of this crop or measure, 0 elsewhere."""
        if value not in self.names(key):
            raise BadInput("PLAN-UNKNOWN", what=key, name=value, known=", ".join(self.names(key)))
        name = f"{value}: {column}"
        stream = self.table.streams.get(column)
        if stream is not None:
            parts = Stream(self.only(stream.first, key, value), self.only(stream.after, key, value))
            self.table = replace(self.table, streams={**self.table.streams, name: parts})
        elif name not in self.table.columns:
            own = np.asarray(self.of[key]) == value
            draws = {f"{value}: {one}": one for one in drawn(self.table).get(column, {}).values()}
            cells = {new: np.where(own, self.table.columns[one], 0) for new, one in {name: column, **draws}.items()}
            self.table = replace(self.table, columns={**self.table.columns, **cells})
        return name

    def treatments(self, measure: str) -> list[str]:
        """The treatments of the table that a measure stands for: one for each of its crops."""
        if "treatment" not in self.of:
            return [measure]
        if measure not in self.names("treatment"):
            raise BadInput(
                "PLAN-UNKNOWN", what="treatment", name=measure, known=", ".join(self.names("treatment"))
            )  # fmt: skip
        codes = np.unique(self.table.treatment[np.asarray(self.of["treatment"]) == measure])
        return [self.table.treatments[code] for code in codes.tolist()]


def _aimed(problem: Problem, asked: Any) -> Problem:
    aim, over = _aim("aim", 0, asked)
    problem = replace(problem, aim=aim, over=over)
    for number, entry in enumerate(_entries(asked, "then"), start=1):
        further, over = _aim("aim.then", number, entry)
        then = Then(further, _share("aim.then", number, entry.get("within", 0.0)), over)
        problem = replace(problem, then=(*problem.then, then))
    return problem


def _aim(kind: str, number: int, asked: Any) -> tuple[tuple[tuple[str, float], ...], Over | None]:
    """Columns and weights of an aim, and how its draws are taken together."""
    verbs = [one for one in ("maximise", "minimise") if isinstance(asked, Mapping) and one in asked]
    if len(verbs) != 1:
        raise BadInput("PLAN-NO-AIM")
    _known(kind, number, asked)
    what, sign = asked[verbs[0]], 1.0 if verbs[0] == "maximise" else -1.0
    if isinstance(what, str):
        what = [what]
    if isinstance(what, Mapping):
        aim = tuple((str(name), sign * _number(kind, number, weight)) for name, weight in what.items())
    elif isinstance(what, Sequence) and all(isinstance(one, str) for one in what):
        aim = tuple((one, sign) for one in what)
    else:
        raise _wrong(kind, number, what)
    return aim, _over(asked["over"]) if "over" in asked else None


def _over(said: Any) -> Over:
    how, _, share = str(said).strip().partition(" ")
    if how == "mean" and not share:
        return Over("mean")
    try:
        found = Over(how, _share("aim", 0, share.strip()))
    except BadInput:
        found = Over("")
    if found.how not in {"cvar", "quantile"} or not 0 < found.share < 1:
        raise BadInput("PLAN-OVER", value=said)
    return found


def _share(kind: str, number: int, value: Any) -> float:
    """A share of 1: `0.02` or `"2 %"`."""
    text = str(value).strip()
    try:
        found = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError as error:
        raise _wrong(kind, number, value) from error
    if isinstance(value, bool) or not 0 <= found < 1:
        raise _wrong(kind, number, value)
    return found


def _demanded(problem: Problem, own: _Parts, kind: str, key: str, number: int, entry: Mapping[str, Any]) -> Problem:
    _known(kind, number, entry)
    column = _quantity(own.table, kind, number, entry.get("column"))
    where = _where(own.table, kind, number, entry.get("where"))
    for part in [one for one in where if one in own.of]:
        column = own.only(column, part, where.pop(part))
    by, limit = str(entry.get("by", "")), entry.get(key)
    if not by:
        return _with(problem, own, kind, {column: _limit(kind, number, limit)}, where, "")
    each = {_group(own.table, by, name): _limit(kind, number, one) for name, one in limit.items()} if isinstance(
        limit, Mapping) else None  # fmt: skip
    if by in own.of:
        groups = each or dict.fromkeys(own.names(by), _limit(kind, number, limit))
        for name, one in groups.items():
            problem = _with(problem, own, kind, {own.only(column, by, name): one}, where, "")
        return problem
    return _with(problem, own, kind, {column: each or _limit(kind, number, limit)}, where, by)


def _with(
    problem: Problem, own: _Parts, kind: str, limits: Mapping[str, Any], where: Mapping[str, object], by: str
) -> Problem:
    grown = replace(problem, options=own.table)
    return (grown.within if kind == "within" else grown.at_least)(by=by, where=where, **limits)


def _locked(problem: Problem, own: _Parts, number: int, entry: Mapping[str, Any]) -> Problem:
    _known("lock", number, entry)
    measure, out = entry.get("treatment"), entry.get("out", False)
    units = entry.get("units")
    where = _where(own.table, "lock", number, entry.get("where"))
    if not isinstance(measure, str) or not isinstance(out, bool):
        raise _wrong("lock", number, measure if isinstance(out, bool) else out)
    if units is not None and not isinstance(units, list):
        raise _wrong("lock", number, units)
    strange = [one for one in where if one not in own.table.labels]
    if strange:
        known = ", ".join(own.table.labels)
        raise BadInput("PLAN-UNKNOWN", what="label", name=strange[0], known=known)
    barred = own.treatments(measure)
    if not out:  # to fix a treatment is to exclude every other
        if not set(barred) <= set(own.table.treatments):
            known = ", ".join(own.names("treatment") or own.table.treatments)
            raise BadInput("PLAN-UNKNOWN", what="treatment", name=measure, known=known)
        if units is None and not where:
            raise BadInput("PLAN-ROWS-LOCK", number=number)
        if units is not None and not where and len(barred) == 1:
            return problem.locked_in(units, barred[0])
        barred = [one for one in own.table.treatments if one not in barred]
    for one in barred:
        problem = problem.locked_out(one, units, where)
    return problem


def _relimited(problem: Problem, number: int, entry: Mapping[str, Any]) -> Problem:
    """The row of that number, counted from 1 in the order of the demands, with another limit."""
    _known("limit", number, entry)
    row, limit = entry.get("row"), _limit("limit", number, entry.get("is"))
    if isinstance(row, bool) or not isinstance(row, int) or not 1 <= row <= len(problem.rows):
        raise BadInput("PLAN-ROWS-NO-ROW", row=row, known=len(problem.rows))
    rows = list(problem.rows)
    rows[row - 1] = replace(rows[row - 1], limit=limit)
    return replace(problem, rows=tuple(rows))


def _whole(problem: Problem, own: _Parts, number: int, entry: Mapping[str, Any], by: str) -> Problem:
    """`same` says what all units of a group share: their treatment, or their whole choice with its crop."""
    same = entry.get("same", "treatment")
    if same not in {"treatment", "choice"}:
        raise _wrong("whole", number, same)
    bound = same == "choice" or "treatment" not in own.of
    return problem.whole(by, () if bound else [own.treatments(one) for one in own.names("treatment")])


def _patch(problem: Problem, own: _Parts, number: int, entry: Mapping[str, Any], by: str) -> Problem:
    measure, column, units = entry.get("treatment"), entry.get("column"), entry.get("units")
    if not isinstance(measure, str):
        raise _wrong("patch", number, measure)
    if (column is None) == (units is None) or (column is None) != (entry.get("least") is None):
        raise BadInput("PLAN-ROWS-PATCH", number=number)
    if column is None:
        return problem.patch(*own.treatments(measure), by=by, name=measure, units=_count("patch", number, units))
    least, of = _limit("patch", number, entry["least"]), _quantity(own.table, "patch", number, column)
    return replace(problem, ties=(*problem.ties, Patch(measure, tuple(own.treatments(measure)), of, least, by)))


def _either_or(problem: Problem, own: _Parts, number: int, entry: Mapping[str, Any], by: str) -> Problem:
    sides = entry.get("treatments")
    if not isinstance(sides, list) or not all(isinstance(one, str) for one in sides):
        raise _wrong("either_or", number, sides)
    return problem.either_or(*((one, own.treatments(one)) for one in sides), by=by)


def _count(kind: str, number: int, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise _wrong(kind, number, value)
    return value


def _entries(asked: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    rows = asked.get(kind, [])
    rows = [rows] if isinstance(rows, Mapping) else rows
    if not isinstance(rows, list) or not all(isinstance(one, Mapping) for one in rows):
        raise _wrong(kind, 1, rows)
    return rows


def _tables(asked: Mapping[str, Any], kind: str) -> Mapping[str, Mapping[str, Any]]:
    rows = asked.get(kind, {})
    if not isinstance(rows, Mapping) or not all(isinstance(one, Mapping) for one in rows.values()):
        raise _wrong(kind, 1, rows)
    return rows


def _known(kind: str, number: int, entry: Mapping[str, Any]) -> None:
    for key in entry:
        if key not in _KEYS[kind]:
            raise BadInput("PLAN-ROWS-KEY", entry=_entry(kind, number), key=key, known=", ".join(_KEYS[kind]))


def _quantity(table: Options, kind: str, number: int, name: Any) -> str:
    if not isinstance(name, str):
        raise _wrong(kind, number, name)
    if name not in table.columns and name not in table.streams:
        known = ", ".join([*table.columns, *table.streams])
        raise BadInput("PLAN-UNKNOWN", what="quantity", name=name, known=known)
    return name


def _where(table: Options, kind: str, number: int, where: Any) -> dict[str, object]:
    if where is None:
        return {}
    if not isinstance(where, Mapping) or any(isinstance(one, list | Mapping) for one in where.values()):
        raise _wrong(kind, number, where)
    return {str(label): _group(table, str(label), value) for label, value in where.items()}


def _group(table: Options, label: str, value: object) -> object:
    """A group as the table has it: labels are text, years are whole numbers."""
    if label == "year":
        return int(str(value)) if str(value).isascii() and str(value).isdigit() else value
    return str(value)


def _limit(kind: str, number: int, value: Any) -> float | Amount:
    if isinstance(value, str):
        found = _AMOUNT.fullmatch(value)
        if found is None or found[2] not in UNITS:
            raise _wrong(kind, number, value)
        return Amount(float(found[1].replace(",", "").replace("_", "")), found[2])
    return _number(kind, number, value)


def _number(kind: str, number: int, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < LARGEST:
        raise _wrong(kind, number, value)
    return value


def _entry(kind: str, number: int) -> str:
    return f"[[{kind}]] {number}" if number else f"[{kind}]" if kind else "—"


def _wrong(kind: str, number: int, value: Any) -> BadInput:
    return BadInput("PLAN-ROWS-VALUE", entry=_entry(kind, number), value=value, known=", ".join(_KEYS[kind]))
