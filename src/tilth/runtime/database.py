"""Where records are: SQLite in the workspace, or a PostgreSQL server. Schema steps run forward only."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from tilth.core import BadInput

if TYPE_CHECKING:
    from sqlalchemy import Connection, Dialect, Engine

#: The newest schema step; `migrations/versions` ends with it (a test compares the two).
HEAD = "0008"
#: What SQLite and PostgreSQL say of a full disk.
_NO_ROOM = ("disk is full", "No space left")
#: … and of one that may not be written to.
_NO_WRITING = ("readonly database", "read-only")
#: With less than this left, a disk is full: SQLite writes no less than its log's index. [bytes]
LEAST_ROOM = 65_536
#: So long SQLite waits for a writer. [s]
_WAIT_S = 30
#: PostgreSQL's words for: another transaction came in between, do it again (serialisation failure, deadlock).
_AGAIN = ("40001", "40P01")
#: … and the first letters of its words for: the server goes away, is not there yet, or has no place left.
_AWAY = ("08", "57P", "53300")


class Clash(Exception):
    """Nothing was written because somebody else wrote first: a key is taken, or two transactions met. Look again."""


class Lost(BadInput):
    """The server went away in the middle: nobody knows whether the work was kept. Ask again, same id."""


class Database:
    """One database of records, with its transactions and its schema steps."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._file = _file(url)

    @cached_property
    def _engine(self) -> Engine:
        return _engine(self.url)

    @staticmethod
    def at(url: str) -> Database:
        """The database at `url`."""
        return _database(url)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection in one transaction: all of the block happens, or none of it.

        Raises
        ------
        BadInput
            If the database cannot be reached or is damaged.
        """
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise self._bad(error) from error

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection that sees the records as they are now, whatever others write meanwhile, and streams its rows.

        Raises
        ------
        BadInput
            As `transaction`.
        """
        from sqlalchemy.exc import SQLAlchemyError

        settled = {"isolation_level": "REPEATABLE READ"} if self.dialect.name == "postgresql" else {}
        try:
            with self._engine.connect() as connection:
                yield connection.execution_options(yield_per=5000, **settled)
        except SQLAlchemyError as error:
            raise self._bad(error) from error

    def read(self, *queries: str, **values: Any) -> list[list[dict[str, Any]]]:
        """The rows that each SELECT gives, by column, all as of one moment; parameters are written `:name`.

        A command that only reads an SQLite file asks the driver itself: what it takes to write loads much longer.

        Raises
        ------
        BadInput
            As `transaction`.
        """
        if "_engine" not in self.__dict__ and self._is_plain_file:
            return self._read_file(queries, values)
        from sqlalchemy import text

        with self.transaction() as connection:
            return [[dict(row) for row in connection.execute(text(one), values).mappings()] for one in queries]

    @property
    def _is_plain_file(self) -> bool:
        """Is it in a file beside which can be written? Others take more care, see `_still`."""
        return self._file is not None and "?" not in self.url and self._file.is_file() and _still(self.url) == self.url

    def _read_file(self, queries: Sequence[str], values: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
        assert self._file is not None
        try:
            with closing(sqlite3.connect(self._file, timeout=_WAIT_S, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                connection.execute("BEGIN")
                return [[dict(row) for row in connection.execute(one, values)] for one in queries]
        except sqlite3.Error as error:
            raise self._bad(error) from error

    def close(self) -> None:
        """Give up every connection that nobody uses; the next transaction opens another."""
        self._engine.dispose()

    @property
    def dialect(self) -> Dialect:
        """Which kind of database it is."""
        return self._engine.dialect

    def connect_alone(self) -> Connection:
        """A connection on which transactions begin and end where its user says."""
        if self.dialect.name == "postgresql":
            return self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._engine.connect()

    def said(self, error: Exception) -> Exception:
        """What went wrong, in our words."""
        if _state(error) in _AGAIN or isinstance(_driver_error(error), self.dialect.loaded_dbapi.IntegrityError):
            return Clash(_reason(error))
        if self.gone(error) and not self._no_room_to_connect(error):
            return Lost("RUNTIME-DATABASE", why=_reason(error))
        return self._bad(error)

    def _bad(self, error: Exception) -> BadInput:
        kind = "DISK-FULL" if self._no_room(error) else "READ-ONLY" if self._read_only(error) else "DATABASE"
        return BadInput(f"RUNTIME-{kind}", why=_reason(error))

    def gone(self, error: Exception) -> bool:
        """Did the server go away, or is it not there yet?"""
        if self.dialect.name != "postgresql":
            return False
        state = _state(error)
        return (
            state.startswith(_AWAY)
            if state
            else isinstance(_driver_error(error), self.dialect.loaded_dbapi.OperationalError)
        )

    def _no_room(self, error: Exception) -> bool:
        """Is there no room left for the database? SQLite may call that an I/O error."""
        why = _reason(error)
        if any(words in why for words in _NO_ROOM):
            return True
        if "disk I/O error" not in why or self._file is None:
            return False
        return shutil.disk_usage(self._file.parent).free < LEAST_ROOM

    def _no_room_to_connect(self, error: Exception) -> bool:
        """Did a server without room let nobody in? Then nothing was asked of it, and nothing is lost."""
        return _reason(error).startswith("connection failed") and self._no_room(error)

    def _read_only(self, error: Exception) -> bool:
        """Can nothing be written there? SQLite cannot even open a file beside which it cannot write."""
        why = _reason(error)
        if any(words in why for words in _NO_WRITING):
            return True
        return "unable to open" in why and self._file is not None and _no_writing_beside(self._file)

    @property
    def ready(self) -> bool:
        """Is the schema at the newest step?"""
        if self._is_plain_file and "_engine" not in self.__dict__:
            (tables,) = self.read("SELECT name FROM sqlite_master WHERE name = 'alembic_version'")
            if tables:
                (steps,) = self.read("SELECT version_num FROM alembic_version")
                return [row["version_num"] for row in steps] == [HEAD]
        with self.transaction() as connection:
            return _step(connection) == HEAD

    def migrate(self, to: str = "head") -> None:
        """Bring the schema to the newest step, or only as far as `to`."""
        with self.transaction() as connection:
            bring_up(connection, to)


def bring_up(connection: Connection, to: str = "head") -> None:
    """Bring the schema at the other end of a connection to the newest step, or only as far as `to`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


@cache
def _database(url: str) -> Database:
    return Database(url)


@cache
def _engine(url: str) -> Engine:
    from sqlalchemy import create_engine, event
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(_still(url).replace("postgresql://", "postgresql+psycopg://", 1), **_how(url))
    except (SQLAlchemyError, ImportError) as error:
        raise BadInput("RUNTIME-DATABASE", why=_reason(error)) from error
    if engine.dialect.name == "postgresql":  # what its driver warns of while a connection dies is raised anyway
        logging.getLogger("psycopg").setLevel(logging.ERROR)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_pragmas)
        event.listen(engine, "begin", _sqlite_begin)
    return engine


def _how(url: str) -> dict[str, Any]:
    """A server that does not answer is given up soon; as many connections as a serving process has threads."""
    if not url.startswith("postgresql"):
        return {}
    return {"connect_args": {} if "connect_timeout" in url else {"connect_timeout": 10}, "max_overflow": 45}


def _still(url: str) -> str:
    """A database in SQLite that nobody can change, such as an archive's, is read without a file beside it."""
    file = _file(url)
    if file is None or "?" in url or not file.is_file() or not _no_writing_beside(file):
        return url
    log = file.with_name(f"{file.name}-wal")
    if log.exists() and log.stat().st_size:  # what stands in it would not be seen
        return url
    return f"sqlite:///file:{quote(str(file))}?immutable=1&uri=true"


def _file(url: str) -> Path | None:
    """Where SQLite keeps a database; None for another kind."""
    kind, _, place = url.partition(":///")
    return Path(place.partition("?")[0].removeprefix("file:")) if kind == "sqlite" and place else None


def _no_writing_beside(file: Path) -> bool:
    return not os.access(file.parent, os.W_OK)


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    """Survive power loss, check references, wait for a writer instead of failing."""
    connection.isolation_level = None  # transactions begin where we say, schema steps included
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={1000 * _WAIT_S}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _step(connection: Connection) -> str | None:
    from sqlalchemy import inspect, text

    if "alembic_version" not in inspect(connection).get_table_names():
        return None
    step: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return step


def _state(error: Exception) -> str:
    """PostgreSQL's code for what went wrong."""
    return getattr(_driver_error(error), "sqlstate", None) or ""


def _driver_error(error: Exception) -> Exception:
    """What the driver itself raised."""
    original: Exception = getattr(error, "orig", None) or error
    return original


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
