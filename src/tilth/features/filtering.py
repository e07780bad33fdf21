"""CQL2 filters over the rows of a collection. What is unknown of a row is neither true nor false of it.

The language is read by pygeofilter; it is answered here, so that shapes are read only where their boxes may matter, and
so that a missing value is treated as the standard has it.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import shapely
from pygeofilter import ast, values
from pygeofilter.backends.evaluator import Evaluator, handle

from tilth.core import BadInput, BoolArray
from tilth.features.collections import Collection
from tilth.features.query import meets
from tilth.features.systems import System, brought

#: A filter longer than this, nested deeper, or with more wildcards in a pattern, is refused. [characters], [levels]
LONGEST, DEEPEST, MOST_WILDCARDS = 8_000, 40, 5
_GEOMETRY = ("geometry", "geom")
_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_SPATIAL: dict[str, Callable[[Any, Any], Any]] = {
    "INTERSECTS": shapely.intersects, "WITHIN": shapely.within, "CONTAINS": shapely.contains,
    "TOUCHES": shapely.touches, "CROSSES": shapely.crosses, "OVERLAPS": shapely.overlaps, "EQUALS": shapely.equals,
}  # fmt: skip


def columns_of(collection: Collection) -> dict[str, str]:
    """The columns that a filter may name, with their JSON types."""
    kinds = {"i": "integer", "u": "integer", "f": "number", "b": "boolean"}
    frame = collection.snapshot.attributes
    return {name: kinds.get(frame[name].dtype.kind, "string") for name in frame.columns if name != "geometry"}


def where(text: str, language: str, shapes_in: System) -> Callable[[Collection], BoolArray]:
    """What answers the filter `text` ("cql2-text" or "cql2-json") for a collection; its shapes lie in `shapes_in`.

    Raises
    ------
    BadInput
        If it cannot be read; when it is answered, if it names an unknown column or compares what cannot be compared.
    """
    tree = _read(text, language)

    def answered(collection: Collection) -> BoolArray:
        try:
            result = _Answer(collection, shapes_in).evaluate(tree)
        except (NotImplementedError, TypeError, ValueError, ArithmeticError, AttributeError, re.error) as error:
            raise BadInput("FEATURES-FILTER", why=str(error).splitlines()[0] if str(error) else "-") from error
        if not isinstance(result, _Truth):
            raise BadInput("FEATURES-FILTER-NO-TEST")
        return result.yes

    return answered


def _read(text: str, language: str) -> Any:
    deep = max(np.cumsum([(one in "([{") - (one in ")]}") for one in text]), default=0)
    if len(text) > LONGEST or deep > DEEPEST:
        raise BadInput("FEATURES-FILTER-LONG", most=LONGEST, deepest=DEEPEST)
    try:
        if language == "cql2-json":
            from pygeofilter.parsers.cql2_json import parse as read_json

            return read_json(text)
        from pygeofilter.parsers.cql2_text import parse as read_text

        return read_text(text)
    except Exception as error:
        raise BadInput("FEATURES-FILTER", why=str(error).strip().splitlines()[0] if str(error) else "-") from error


class _Truth:
    """(n,) of each row: true, false, or neither."""

    def __init__(self, yes: BoolArray, no: BoolArray) -> None:
        self.yes, self.no = yes, no


class _Column:
    """(n,) values, and where they are missing."""

    def __init__(self, values: Any, missing: BoolArray) -> None:
        self.values, self.missing = values, missing


class _Answer(Evaluator):
    """Walks a filter's tree."""

    def __init__(self, collection: Collection, shapes_in: System) -> None:
        self.collection, self.shapes_in = collection, shapes_in
        self.count = len(collection.snapshot.attributes)

    @handle(ast.Attribute)
    def attribute(self, node: Any) -> Any:
        frame = self.collection.snapshot.attributes
        if node.name in _GEOMETRY:
            return _GEOMETRY
        if node.name not in frame:
            raise BadInput("FEATURES-COLUMN", column=node.name, collection=self.collection.id)
        column = frame[node.name]
        missing = column.isna().to_numpy(np.bool_)
        if column.dtype.kind in "iuf":
            return _Column(column.to_numpy(np.float64, na_value=np.nan), missing)
        if column.dtype.kind == "b":
            return _Column(column.fillna(False).to_numpy(np.bool_), missing)
        texts = column.astype(object).where(~missing, "").to_numpy(object)
        return _Column(texts, missing)

    @handle(*values.LITERALS)
    def literal(self, node: Any) -> Any:
        return node

    @handle(values.Geometry)
    def geometry(self, node: Any) -> Any:
        shape = shapely.geometry.shape(node)
        return brought(shape, self.shapes_in, self.collection.snapshot.meta.crs)

    @handle(values.Envelope)
    def envelope(self, node: Any) -> Any:
        box = shapely.box(min(node.x1, node.x2), min(node.y1, node.y2), max(node.x1, node.x2), max(node.y1, node.y2))
        return brought(box, self.shapes_in, self.collection.snapshot.meta.crs)

    @handle(ast.Not)
    def negation(self, node: Any, one: Any) -> _Truth:
        truth = _as_truth(one, self.count)
        return _Truth(truth.no, truth.yes)

    @handle(ast.And)
    def both(self, node: Any, one: Any, two: Any) -> _Truth:
        left, right = _as_truth(one, self.count), _as_truth(two, self.count)
        return _Truth(left.yes & right.yes, left.no | right.no)

    @handle(ast.Or)
    def either(self, node: Any, one: Any, two: Any) -> _Truth:
        left, right = _as_truth(one, self.count), _as_truth(two, self.count)
        return _Truth(left.yes | right.yes, left.no & right.no)

    @handle(ast.Comparison, subclasses=True)
    def comparison(self, node: Any, one: Any, two: Any) -> _Truth:
        return self._compared(one, two, _COMPARE[node.op.value])

    @handle(ast.Between)
    def between(self, node: Any, one: Any, low: Any, high: Any) -> _Truth:
        above, below = self._compared(one, low, operator.ge), self._compared(one, high, operator.le)
        return _turned(_Truth(above.yes & below.yes, above.no | below.no), node.not_)

    @handle(ast.In)
    def among(self, node: Any, one: Any, *options: Any) -> _Truth:
        held = [self._compared(one, option, operator.eq) for option in options]
        yes = np.logical_or.reduce([truth.yes for truth in held])
        no = np.logical_and.reduce([truth.no for truth in held])
        return _turned(_Truth(yes, no), node.not_)

    @handle(ast.Like)
    def like(self, node: Any, one: Any) -> _Truth:
        if not isinstance(one, _Column) or one.values.dtype != object:
            raise TypeError("LIKE needs a column of text")
        pattern = _pattern(node.pattern)
        fits = re.compile(pattern, re.IGNORECASE | re.DOTALL if node.nocase else re.DOTALL).fullmatch
        yes = np.fromiter((fits(text) is not None for text in one.values), np.bool_, self.count) & ~one.missing
        return _turned(_Truth(yes, ~yes & ~one.missing), node.not_)

    @handle(ast.IsNull)
    def null(self, node: Any, one: Any) -> _Truth:
        missing = np.full(self.count, fill_value=False) if one is _GEOMETRY else _column(one, self.count).missing
        return _turned(_Truth(missing, ~missing), node.not_)

    @handle(ast.Arithmetic, subclasses=True)
    def arithmetic(self, node: Any, one: Any, two: Any) -> Any:
        compute = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv}[node.op.value]
        if not isinstance(one, _Column) and not isinstance(two, _Column):
            return compute(one, two)
        left, right = _column(one, self.count), _column(two, self.count)
        _need_numbers(left, right)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            result = compute(left.values, right.values)
        return _Column(result, left.missing | right.missing | ~np.isfinite(result))

    @handle(ast.SpatialComparisonPredicate, subclasses=True)
    def spatial(self, node: Any, one: Any, two: Any) -> _Truth:
        name = node.op.value if isinstance(node.op.value, str) else node.op.name
        if one is not _GEOMETRY or not isinstance(two, shapely.Geometry):
            raise TypeError("a spatial test needs the column geometry first and a shape second")
        rows = np.arange(self.count)
        if name.upper() == "DISJOINT":
            yes = meets(self.collection, rows, two, shapely.intersects)
            return _Truth(~yes, yes)
        yes = meets(self.collection, rows, two, _SPATIAL[name.upper()])
        return _Truth(yes, ~yes)

    @handle(ast.BBox)
    def box(self, node: Any, one: Any) -> _Truth:
        shape = shapely.box(node.minx, node.miny, node.maxx, node.maxy)
        shape = brought(shape, self.shapes_in, self.collection.snapshot.meta.crs)
        yes = meets(self.collection, np.arange(self.count), shape, shapely.intersects)
        return _Truth(yes, ~yes)

    def _compared(self, one: Any, two: Any, compare: Callable[[Any, Any], Any]) -> _Truth:
        left, right = _column(one, self.count), _column(two, self.count)
        if left.values.dtype.kind != right.values.dtype.kind:
            raise TypeError("text is compared with text, numbers with numbers")
        known = ~(left.missing | right.missing)
        yes = np.asarray(compare(left.values, right.values), dtype=np.bool_) & known
        return _Truth(yes, ~yes & known)


def _column(given: Any, count: int) -> _Column:
    """A column, or a value that is the same in every row."""
    if isinstance(given, _Column):
        return given
    none = np.zeros(count, dtype=np.bool_)
    if isinstance(given, bool):
        return _Column(np.full(count, given), none)
    if isinstance(given, int | float):
        return _Column(np.full(count, float(given)), none)
    if isinstance(given, str):
        return _Column(np.full(count, given, dtype=object), none)
    raise TypeError("this cannot be compared")


def _as_truth(given: Any, count: int) -> _Truth:
    if isinstance(given, _Truth):
        return given
    held = _column(given, count)
    if held.values.dtype != np.bool_:
        raise TypeError("a test is needed on both sides of AND, OR and NOT")
    return _Truth(held.values & ~held.missing, ~held.values & ~held.missing)


def _turned(truth: _Truth, turn: bool) -> _Truth:
    return _Truth(truth.no, truth.yes) if turn else truth


def _need_numbers(*columns: _Column) -> None:
    if any(one.values.dtype != np.float64 for one in columns):
        raise TypeError("arithmetic needs numbers")


def _pattern(pattern: str) -> str:
    """A LIKE pattern as a regular expression: % for any text, _ for one character, backslash before either of them."""
    out, at = [], 0
    while at < len(pattern):
        one = pattern[at]
        if one == "\\" and at + 1 < len(pattern):
            at += 1
            out.append(re.escape(pattern[at]))
        elif one == "%":
            if out[-1:] != [".*"]:
                out.append(".*")
        else:
            out.append("." if one == "_" else re.escape(one))
        at += 1
    if out.count(".*") > MOST_WILDCARDS:
        raise ValueError(f"a pattern takes at most {MOST_WILDCARDS} wildcards")
    return "".join(out)
