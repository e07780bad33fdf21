"""A small language for formulas of bands: numbers, names, + − * / ^, brackets and sqrt. Nothing else can be said in it.

A formula is read once into a tree and evaluated on arrays. Division by zero and the root of a negative number give NaN.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from tilth.core import BadInput, FloatArray

_TOKEN = re.compile(r"\s*(?:(\d+(?:\.\d*)?|\.\d+)|([A-Za-z_][A-Za-z_0-9]*)|([-+*/^()]))")
_LONGEST, _DEEPEST = 500, 40


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a formula."""

    value: float


@dataclass(frozen=True, slots=True)
class Name:
    """A band, a parameter or another formula, by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operation on one or two parts."""

    sign: str
    parts: tuple[Node, ...]


Node = Number | Name | Call


@dataclass(frozen=True)
class Formula:
    """A formula that was read.

    >>> ndvi = Formula.read("(NIR-R)/(NIR+R)")
    >>> ndvi.names, ndvi({"NIR": np.array([0.4, 0.0]), "R": np.array([0.1, 0.0])}).round(3).tolist()
    (('NIR', 'R'), [0.6, nan])
    """

    text: str
    tree: Node

    @classmethod
    def read(cls, text: str) -> Formula:
        """The formula that `text` says.

        Raises
        ------
        BadInput
            If it says none; the place is named.
        """
        if len(text) > _LONGEST:
            raise BadInput("SOIL-FORMULA-LONG", most=_LONGEST)
        reader = _Reader(text)
        tree = reader.sum(0)
        if reader.sign:
            raise reader.wrong()
        return cls(text, tree)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names in it, each once, in their order."""
        return tuple(dict.fromkeys(_names(self.tree)))

    def __call__(self, values: Mapping[str, FloatArray | float]) -> FloatArray:
        """Its value where the names have `values`; arrays of one shape."""
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            found = np.asarray(_value(self.tree, values), dtype=np.float64)
        return np.where(np.isfinite(found), found, np.nan)


class _Reader:
    """Reads a text from left to right: sums of products of powers."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.sign, self.sort = "", ""
        self.next()

    def next(self) -> str:
        """Step to the next token; the one before is given back."""
        before = self.sign
        rest = self.text[self.at :]
        if not rest.strip():
            self.sign, self.sort = "", ""
            return before
        found = _TOKEN.match(rest)
        if found is None:
            raise BadInput("SOIL-FORMULA-BAD", formula=self.text, place=self.at + 1, token=rest.strip()[:10])
        self.at += found.end()
        self.sort = ("number", "name", "sign")[(found.lastindex or 1) - 1]
        self.sign = found[found.lastindex or 1]
        return before

    def wrong(self) -> BadInput:
        return BadInput("SOIL-FORMULA-BAD", formula=self.text, place=self.at, token=self.sign or "–")

    def sum(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise BadInput("SOIL-FORMULA-LONG", most=_LONGEST)
        left = self.product(depth)
        while self.sort == "sign" and self.sign in "+-":
            sign = self.next()
            left = Call(sign, (left, self.product(depth)))
        return left

    def product(self, depth: int) -> Node:
        left = self.signed(depth)
        while self.sort == "sign" and self.sign in "*/":
            sign = self.next()
            left = Call(sign, (left, self.signed(depth)))
        return left

    def signed(self, depth: int) -> Node:
        if depth > _DEEPEST:
            raise BadInput("SOIL-FORMULA-LONG", most=_LONGEST)
        if self.sort == "sign" and self.sign == "-":
            self.next()
            return Call("negative", (self.signed(depth + 1),))
        return self.power(depth)

    def power(self, depth: int) -> Node:
        base = self.atom(depth)
        if self.sort == "sign" and self.sign == "^":
            self.next()
            return Call("^", (base, self.signed(depth + 1)))
        return base

    def atom(self, depth: int) -> Node:
        if self.sort == "number":
            return Number(float(self.next()))
        if self.sort == "name":
            name = self.next()
            if self.sign != "(":
                return Name(name)
            if name != "sqrt":
                raise self.wrong()
            return Call("sqrt", (self.bracketed(depth),))
        if self.sign == "(":
            return self.bracketed(depth)
        raise self.wrong()

    def bracketed(self, depth: int) -> Node:
        self.next()
        inside = self.sum(depth + 1)
        if self.sign != ")":
            raise self.wrong()
        self.next()
        return inside


_OPERATIONS: Mapping[str, Callable[..., FloatArray]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
    "^": np.power,
    "sqrt": np.sqrt,
    "negative": np.negative,
}


def _value(node: Node, values: Mapping[str, FloatArray | float]) -> FloatArray | float:
    if isinstance(node, Number):
        return node.value
    if isinstance(node, Name):
        return values[node.name]
    parts = [np.asarray(_value(part, values), dtype=np.float64) for part in node.parts]
    return _OPERATIONS[node.sign](*parts)


def _names(node: Node) -> list[str]:
    if isinstance(node, Name):
        return [node.name]
    return [name for part in node.parts for name in _names(part)] if isinstance(node, Call) else []
