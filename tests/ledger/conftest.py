"""Land books on both kinds of database."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from writers import Writers

from tilth.ledger import Book
from tilth.runtime import Database

TODAY = date(2025, 12, 31)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Callable[[], str]:
    """Makes databases, each new."""
    if request.param == "postgresql":
        return request.getfixturevalue("server").copy
    count = itertools.count()

    def make() -> str:
        path = tmp_path / f"{next(count)}.sqlite"
        shutil.copy(sqlite_template, path)
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def new_book(new_url: Callable[[], str]) -> Iterator[Callable[[], Book]]:
    """Makes books, each in a database of its own."""
    made: list[Book] = []

    def make() -> Book:
        made.append(Book(Database(new_url()), today=lambda: TODAY))
        return made[-1]

    yield make
    for one in made:
        one.close()
        one.database.close()


@pytest.fixture
def book(new_book: Callable[[], Book]) -> Book:
    return new_book()


@pytest.fixture
def writers(tmp_path: Path) -> Iterator[Writers]:
    """Starts processes that post, to be killed."""
    one = Writers(tmp_path)
    yield one
    one.close()
