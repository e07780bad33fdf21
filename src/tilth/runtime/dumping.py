"""The records as plain files, the same from either kind of database, and back into either.

A file is gzip of JSON lines: the first names the columns, each other is a row. Bytes stand there in base64.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    create_engine,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import SQLAlchemyError

from tilth.core import BadInput, message
from tilth.runtime.database import HEAD, Database, bring_up
from tilth.runtime.progress import working

#: Tables that stay behind: who is signed in, and who guesses at passwords, is of the moment.
LEFT_BEHIND = frozenset({"alembic_version", "identity_session", "identity_failure"})
#: The schema step that records are dumped at.
SCHEMA = HEAD
#: Longest line that is read [bytes]: an entry of the land book has one.
LONGEST = 256 << 20
_TOGETHER = 2000
_PAGES = 4096


@dataclass(frozen=True, slots=True)
class Dumped:
    """A table as a file."""

    table: str
    rows: int
    size: int  # unpacked [bytes]
    sha256: str  # of the lines

    def as_record(self) -> dict[str, Any]:
        """For the manifest."""
        return {"table": self.table, "rows": self.rows, "size": self.size, "sha256": self.sha256}


@contextmanager
def frozen(database: Database, folder: Path) -> Iterator[Connection]:
    """A connection that sees the records as they are now, for as long as it takes, while others write on.

    Of SQLite it is a copy in `folder`, made in one read transaction: its log need not grow meanwhile.

    Raises
    ------
    BadInput
        If the database cannot be read, or there is no room for the copy.
    """
    if database.dialect.name != "sqlite":
        with database.snapshot() as connection:
            yield connection
        return
    copy = folder / "copy.sqlite"
    _copy(database, copy)
    copied = Database(f"sqlite:///{copy}")
    try:
        with copied.snapshot() as connection:
            yield connection
    finally:
        copied.close()
        for ending in ("", "-wal", "-shm"):
            copy.with_name(copy.name + ending).unlink(missing_ok=True)


def _copy(database: Database, copy: Path) -> None:
    try:
        with database.connect_alone() as connection, closing(sqlite3.connect(copy)) as target:
            source = cast(sqlite3.Connection, connection.connection.driver_connection)
            source.execute("BEGIN")
            source.execute("SELECT count(*) FROM sqlite_master").fetchall()  # from here on it sees one state
            pages = source.execute("PRAGMA page_count").fetchone()[0]
            try:
                with working(message("BACKUP-COPYING"), pages) as advance:
                    source.backup(target, pages=_PAGES, progress=_counted(pages, advance), sleep=0.01)
            finally:
                source.execute("ROLLBACK")
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise database.said(error) from error


def _counted(pages: int, advance: Callable[[int], None]) -> Callable[[int, int, int], None]:
    """What SQLite calls after some pages, with how many are left."""
    left = pages

    def copied(_status: int, remaining: int, _total: int) -> None:
        nonlocal left
        advance(left - remaining)
        left = remaining

    return copied


def own_tables(step: str = HEAD) -> Mapping[str, Table]:
    """The tables that the product keeps at a schema step, by name: an empty database is brought to it.

    Raises
    ------
    KeyError
        If this version does not know the step.
    """
    from alembic.util import CommandError

    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            bring_up(connection, step)
            tables = MetaData()
            tables.reflect(connection)
    except CommandError as error:
        raise KeyError(step) from error
    finally:
        engine.dispose()
    return {name: table for name, table in sorted(tables.tables.items()) if name not in LEFT_BEHIND}


def dump(connection: Connection, folder: Path) -> list[Dumped]:
    """Write every table of the product's own to a file of `folder`, rows in the order of their keys."""
    folder.mkdir()
    tables = own_tables()
    counts = {
        name: connection.execute(select(func.count()).select_from(table)).scalar_one() for name, table in tables.items()
    }
    with working(message("BACKUP-READING"), sum(counts.values())) as advance:
        return [_dumped(connection, table, folder / file_of(name), advance) for name, table in tables.items()]


def file_of(table: str) -> str:
    """The name of a table's file."""
    return f"{table}.jsonl.gz"


def _dumped(connection: Connection, table: Table, file: Path, advance: Callable[[int], None]) -> Dumped:
    rows = size = 0
    digest = hashlib.sha256()
    with file.open("wb") as opened, gzip.GzipFile("", "wb", 5, opened, mtime=0) as packed:
        for lines in _lines(connection, table):
            content = b"".join(lines)
            packed.write(content)
            digest.update(content)
            size += len(content)
            advance(len(lines))
            rows += len(lines)
    return Dumped(table.name, rows - 1, size, digest.hexdigest())


def _lines(connection: Connection, table: Table) -> Iterator[list[bytes]]:
    """The lines of a table's file, some at a time."""
    yield [_line([[column.name, _kind(column.type)] for column in table.columns])]
    packed = [n for n, column in enumerate(table.columns) if _kind(column.type) == "bytes"]
    query = select(table).order_by(*table.primary_key.columns)
    with closing(connection.execution_options(yield_per=_TOGETHER).execute(query)) as result:
        for rows in result.partitions(_TOGETHER):
            yield [_line(_texts(row, packed)) for row in rows]


def _texts(row: Any, packed: list[int]) -> list[Any]:
    values = list(row)
    for n in packed:
        if values[n] is not None:
            values[n] = b64encode(values[n]).decode()
    return values


def _line(values: list[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _kind(kind: Any) -> str:
    match kind:
        case Boolean():
            return "bool"
        case Integer():
            return "int"
        case LargeBinary():
            return "bytes"
        case _:
            return "text"


# --- back ---------------------------------------------------------------------------------------------------------


def is_empty(database: Database) -> bool:
    """Has the database none of the product's tables yet?"""
    with database.transaction() as connection:
        return not {*own_tables(), *LEFT_BEHIND} & set(inspect(connection).get_table_names())


def holds(database: Database, dumps: list[Dumped]) -> bool:
    """Does the database hold exactly these records already?"""
    if not database.ready:
        return False
    with database.snapshot() as connection:
        tables = own_tables()
        if {one.table for one in dumps} != set(tables):
            return False
        for one in dumps:
            digest = hashlib.sha256()
            for lines in _lines(connection, tables[one.table]):
                digest.update(b"".join(lines))
            if digest.hexdigest() != one.sha256:
                return False
    return True


def load(database: Database, folder: Path, dumps: list[Dumped], step: str, check: Callable[[Connection], None]) -> None:
    """Fill an empty database with the files of `folder`, which are of a schema step: all of it happens, or nothing.

    Parameters
    ----------
    check
        Looks at the filled database before it is kept, and raises if it is not what it should be.

    Raises
    ------
    BadInput
        If a file does not hold what the table has, or the database cannot be written.
    """
    tables = own_tables(step)
    if {one.table for one in dumps} != set(tables):
        raise BadInput("BACKUP-TABLES", step=step)
    with (
        database.transaction() as connection,
        working(message("BACKUP-FILLING"), sum(one.rows for one in dumps)) as advance,
    ):
        bring_up(connection, step)
        for one in dumps:
            table = tables[one.table]
            connection.execute(table.delete())
            for rows in _rows(folder / file_of(one.table), table, one):
                connection.execute(table.insert(), rows)
                advance(len(rows))
            if connection.dialect.name == "postgresql":
                _count_on(connection, table)
        if step != HEAD:
            bring_up(connection, "head")
        check(connection)


def _count_on(connection: Connection, table: Table) -> None:
    """Numbers that the server gives go on after the last."""
    for column in table.primary_key.columns:
        named = {"table": table.name, "column": column.name}
        sequence = connection.execute(text("SELECT pg_get_serial_sequence(:table, :column)"), named).scalar()
        last = connection.execute(select(func.max(column))).scalar() if sequence else None
        if last:
            connection.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})


def _rows(file: Path, table: Table, told: Dumped) -> Iterator[list[dict[str, Any]]]:
    """The rows of a table's file, some at a time, each as the table takes it."""
    columns = [(column.name, _kind(column.type)) for column in table.columns]
    rows: list[dict[str, Any]] = []
    count = -1
    try:
        with file.open("rb") as opened, gzip.GzipFile(fileobj=opened) as packed:
            for line in _read(cast(BufferedReader, packed), told.size):
                values = json.loads(line)
                if count < 0:
                    if values != [list(pair) for pair in columns]:
                        raise ValueError("columns")
                else:
                    rows.append({name: _value(one, kind) for (name, kind), one in zip(columns, values, strict=True)})
                count += 1
                if len(rows) == _TOGETHER:
                    yield rows
                    rows = []
        if count != told.rows:
            raise ValueError(f"{count} != {told.rows}")
    except (zlib.error, EOFError, OSError, ValueError, TypeError, RecursionError) as error:
        raise BadInput("BACKUP-TABLE", table=table.name, row=count + 1, why=str(error)[:100]) from error
    if rows:
        yield rows


def _read(packed: BufferedReader, size: int) -> Iterator[bytes]:
    """Lines, as long as they are no more than the manifest said."""
    while line := packed.readline(LONGEST):
        size -= len(line)
        if size < 0 or not line.endswith(b"\n"):
            raise ValueError("size")
        yield line
    if size:
        raise ValueError("size")


def _value(value: Any, kind: str) -> Any:
    if value is None:
        return None
    if kind == "bytes" and isinstance(value, str):
        return b64decode(value, validate=True)
    if type(value) is not {"bool": bool, "int": int, "text": str}.get(kind):
        raise ValueError(f"{value!r:.40} is no {kind}")
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        raise ValueError(f"{value} is too large")
    return value
