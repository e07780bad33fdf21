"""Statements that run often: written in SQLAlchemy Core, compiled once for each kind of database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import Dialect, Table, bindparam
from sqlalchemy.sql.base import Executable
from sqlalchemy.sql.elements import ClauseElement

if TYPE_CHECKING:
    from tilth.runtime.desk import Desk

#: How each driver writes a named parameter.
_STYLE = {"sqlite": "named", "postgresql": "pyformat"}
#: … and one that is known by its place.
_PLACES = {"sqlite": "qmark", "postgresql": "format"}
#: From so many rows on, PostgreSQL takes them as one stream.
_STREAM = 6
#: So many rows SQLite takes in one step.
_ABREAST = 20

Values = Mapping[str, Any]


class Prepared:
    """One statement, as the driver wants it. Whole numbers, texts and bytes only: nothing converts between types.

    It runs on the driver itself; what the driver raises, the desk says in our words.
    """

    def __init__(self, statement: Executable, *, places: Sequence[str] = ()) -> None:
        """`places`: the parameters in the order in which rows of `run_each` give them, for rows without names."""
        assert isinstance(statement, ClauseElement)
        self._statement = statement
        self._places = list(places)
        self._compiled: dict[str, tuple[str, Values]] = {}

    def ask(self, desk: Desk, values: Values = MappingProxyType({})) -> list[tuple[Any, ...]]:
        """Run it once; all its rows."""
        text, constants = self._compiled.get(desk.kind) or self._compile(desk.dialect)
        desk.asking.execute(text, {**constants, **values} if constants else values)
        rows: list[tuple[Any, ...]] = desk.asking.fetchall()
        return rows

    def run_each(self, desk: Desk, values: Sequence[Values] | Sequence[tuple[Any, ...]]) -> None:
        """Run it once for each of `values`."""
        text, constants = self._compiled.get(desk.kind) or self._compile(desk.dialect)
        assert not constants, "a statement with constants runs once"
        if len(values) == 1:
            desk.cursor.execute(text, values[0])
        else:
            desk.cursor.executemany(text, values)

    def _compile(self, dialect: Dialect) -> tuple[str, Values]:
        """The statement in the words of the database, and the constants that stand in it."""
        style = _PLACES if self._places else _STYLE
        own = type(dialect)(paramstyle=style[dialect.name])  # type: ignore[call-arg]
        done = self._statement.compile(dialect=own)
        assert not self._places or done.positiontup == self._places  # type: ignore[attr-defined]
        constants = {name: value for name, value in done.params.items() if value is not None}
        self._compiled[dialect.name] = str(done), constants
        return self._compiled[dialect.name]


class Inserted:
    """A table into which rows are put, every column in its order."""

    def __init__(self, table: Table) -> None:
        names = table.columns.keys()
        self._stream = f"COPY {table.name} ({', '.join(names)}) FROM STDIN"
        self._statement = table.insert().values({name: bindparam(name) for name in names})
        self._places = f"({', '.join('?' * len(names))})"
        self._compiled: dict[str, str] = {}

    def put(self, desk: Desk, rows: Sequence[tuple[Any, ...]]) -> None:
        """Put `rows` there; many of them as a stream where the database takes one."""
        name = desk.kind
        if name == "postgresql" and not desk.piped and streams(len(rows)):
            with desk.cursor.copy(self._stream) as copy:
                for row in rows:
                    copy.write_row(row)
            return
        text = self._compiled.get(name) or self._compile(desk.dialect)
        if len(rows) == 1:
            desk.cursor.execute(text, rows[0])
            return
        whole = len(rows) - len(rows) % _ABREAST if name == "sqlite" else 0
        if whole:
            wide = text.replace(self._places, ", ".join([self._places] * _ABREAST))
            together = [tuple(chain.from_iterable(rows[at : at + _ABREAST])) for at in range(0, whole, _ABREAST)]
            desk.cursor.executemany(wide, together)
        if whole < len(rows):
            desk.cursor.executemany(text, rows[whole:])

    def _compile(self, dialect: Dialect) -> str:
        own = type(dialect)(paramstyle=_PLACES[dialect.name])  # type: ignore[call-arg]
        text = self._compiled[dialect.name] = str(self._statement.compile(dialect=own))
        return text


def streams(count: int) -> bool:
    """Are so many rows put as one stream?"""
    return count >= _STREAM
