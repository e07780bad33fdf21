"""One connection kept open for many short transactions, with little between it and the driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from tilth.runtime.database import Database

_BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}
_UNPIPED = nullcontext()


class Mark(NamedTuple):
    """Where a database stands in a transaction."""

    connection: int  # the how manieth of the desk
    transaction: int  # the how manieth of the desk
    others: int  # changes with whatever another connection writes

    def follows(self, before: Mark | None) -> bool:
        """Has nobody written since the transaction of `before`, which was this desk's last?"""
        return before is not None and self == (before.connection, before.transaction + 1, before.others)


class Desk:
    """A place to work at: one at a time, others wait. Statements are `Prepared`.

    What is asked runs at the cursor `asking`, the rest at `cursor`, so that answers and other work may overlap.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._connection: Connection | None = None
        self.cursor: Any = None
        self.asking: Any = None
        self.piped = False
        self.dialect = database.dialect  # of the database at the other end
        self.kind: str = self.dialect.name
        self._connections = self._transactions = 0

    @contextmanager
    def reading(self) -> Iterator[Desk]:
        """Every statement by itself.

        Raises
        ------
        Lost, BadInput
            As `writing`.
        """
        with self._lock:
            try:
                self._connect()
                yield self
            except (SQLAlchemyError, self.dialect.loaded_dbapi.Error) as error:
                raise self._in_our_words(error) from error

    @contextmanager
    def writing(self, *, piped: bool = False) -> Iterator[Desk]:
        """One transaction: all of the block happens, or none of it. It is on disk when the block is left.

        Parameters
        ----------
        piped
            Where the server can, send statements without waiting for each to be done. Not for streams of rows.

        Raises
        ------
        Clash
            If another writer was faster. Nothing was written.
        Lost
            If the server went away: nobody knows whether it was written.
        BadInput
            If the database is damaged or full. Nothing was written.
        """
        with self._lock:
            try:
                self._connect()
                self._transactions += 1
                self.piped = piped and self.kind == "postgresql"
                with self.cursor.connection.pipeline() if self.piped else _UNPIPED:
                    self.cursor.execute(_BEGIN[self.kind])
                    yield self
                    self.cursor.execute("COMMIT")
            except (SQLAlchemyError, self.dialect.loaded_dbapi.Error) as error:
                self._roll_back(spoilt=self.piped)
                raise self._in_our_words(error) from error
            except BaseException:
                self._roll_back()
                raise

    def mark(self) -> Mark | None:
        """In a transaction: where the database stands. None where the database does not tell."""
        if self.kind != "sqlite":
            return None
        others: int = self.asking.execute("PRAGMA data_version").fetchone()[0]
        return Mark(self._connections, self._transactions, others)

    def _roll_back(self, *, spoilt: bool = False) -> None:
        """End the transaction without a trace.

        What a pipe broke off in leaves the driver believing in statements that the server never prepared: such a
        connection is spoilt.
        """
        if spoilt or self._connection is None:
            self.leave()
            return
        try:
            if self.kind == "postgresql" or self.cursor.connection.in_transaction:
                self.cursor.execute("ROLLBACK")
        except self.dialect.loaded_dbapi.Error:
            self.leave()

    def _connect(self) -> None:
        if self._connection is None:
            self._connection = self._database.connect_alone()
            driver: Any = self._connection.connection.driver_connection
            self.cursor, self.asking = driver.cursor(), driver.cursor()
            self._connections += 1

    def _in_our_words(self, error: Exception) -> Exception:
        """What the driver raises, as `Database` says it."""
        if self._database.gone(error):
            self.leave()
        return self._database.said(error)

    def close(self) -> None:
        """Give the connection back; the next transaction takes one again."""
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def leave(self) -> None:
        """Throw the connection away; the next transaction takes another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.invalidate()
            connection.close()
