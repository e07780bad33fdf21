"""One connection kept open for many short transactions, with little between it and the driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Dialect
from sqlalchemy.exc import SQLAlchemyError

if TYPE_CHECKING:
    from tilth.runtime.database import Database

_BEGIN = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN"}


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

    @property
    def dialect(self) -> Dialect:
        """Of the database at the other end."""
        return self._database.dialect

    @contextmanager
    def reading(self) -> Iterator[Desk]:
        """Every statement by itself.

        Raises
        ------
        Lost, BadInput
            As `writing`.
        """
        with self._lock, self._our_words():
            yield self

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
        with self._lock, self._our_words():
            kind = self.dialect.name
            self.piped = piped and kind == "postgresql"
            try:
                with self.cursor.connection.pipeline() if self.piped else nullcontext():
                    self.cursor.execute(_BEGIN[kind])
                    yield self
                    self.cursor.execute("COMMIT")
            except self.dialect.loaded_dbapi.Error:
                self._roll_back(spoilt=self.piped)
                raise
            except BaseException:
                self._roll_back()
                raise

    def _roll_back(self, *, spoilt: bool = False) -> None:
        """End the transaction without a trace.

        What a pipe broke off in leaves the driver believing in statements that the server never prepared: such a
        connection is spoilt.
        """
        if spoilt:
            self.leave()
            return
        try:
            if self.dialect.name == "postgresql" or self.cursor.connection.in_transaction:
                self.cursor.execute("ROLLBACK")
        except self.dialect.loaded_dbapi.Error:
            self.leave()

    @contextmanager
    def _our_words(self) -> Iterator[None]:
        """What the driver raises, as `Database` says it."""
        try:
            if self._connection is None:
                self._connection = self._database.connect_alone()
                driver: Any = self._connection.connection.driver_connection
                self.cursor, self.asking = driver.cursor(), driver.cursor()
            yield
        except (SQLAlchemyError, self.dialect.loaded_dbapi.Error) as error:
            if self._database.gone(error):
                self.leave()
            raise self._database.said(error) from error

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
