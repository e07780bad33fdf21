"""A real PostgreSQL server for tests. Not a test."""

from __future__ import annotations

import itertools

import psycopg

from tilth.runtime import Database


class Server:
    """A PostgreSQL server with a database of the newest schema to copy."""

    def __init__(self, url: str, tag: str) -> None:
        self.url, self.tag = url, tag
        self.made: list[str] = []
        self._count = itertools.count()
        self.template = self.create()
        database = Database(self.of(self.template))
        database.migrate()
        database.close()

    def of(self, name: str) -> str:
        """The address of a database of that name."""
        head, _, options = self.url.partition("?")
        return f"{head.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")

    def create(self, template: str = "template0") -> str:
        """Make a database."""
        name = f"tilth_test_{self.tag}_{next(self._count)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        self.made.append(name)
        return name

    def copy(self) -> str:
        """The address of a new database that has the schema; idle connections to earlier ones are closed.

        A process keeps a pool for each database that it uses, and a server takes a hundred connections in all. A pool
        of which somebody holds a connection is left alone: who gives it back would give it to nobody.
        """
        for name in self.made:
            database = Database.at(self.of(name))
            if database._engine.pool.checkedout() == 0:  # type: ignore[attr-defined]
                database.close()
        return self.of(self.create(self.template))

    def drop(self) -> None:
        """Leave the server as it was."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            for name in reversed(self.made):
                connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
