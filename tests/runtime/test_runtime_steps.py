"""Every older schema comes to the newest one, on both kinds of database, and it is the one that the code knows."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import create_engine, inspect

from postgres_server import Server
from tilth.identity import tables as identity_tables
from tilth.ledger import submissions, tables
from tilth.runtime import Database

VERSIONS = Path(__file__).parents[2] / "src/tilth/runtime/migrations/versions"
STEPS = sorted(path.name[:4] for path in VERSIONS.glob("0*.py"))


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'a.sqlite'}"
    server: Server = request.getfixturevalue("server")
    return server.of(server.create())


def schema(url: str) -> dict[str, object]:
    """Tables, columns, keys and indexes, as the database itself tells them."""
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    seen = inspect(engine)
    told = {
        table: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in seen.get_columns(table)],
            seen.get_pk_constraint(table)["constrained_columns"],
            sorted((str(index["name"]), index["column_names"], index["unique"]) for index in seen.get_indexes(table)),
        )
        for table in sorted(seen.get_table_names())
    }
    engine.dispose()
    return told


def brought_up(url: str, *steps: str) -> dict[str, object]:
    database = Database(url)
    for step in steps:
        database.migrate(step)
    assert database.ready
    database.close()
    return schema(url)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_leads_to_the_newest_schema(
    address: str, step: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if address.startswith("sqlite"):
        straight = f"sqlite:///{tmp_path / 'straight.sqlite'}"
    else:
        server: Server = request.getfixturevalue("server")
        straight = server.of(server.create())
    assert brought_up(address, step, "head") == brought_up(straight, "head")


def test_the_tables_of_the_land_book_are_those_that_the_code_knows(address: str) -> None:
    made = brought_up(address, "head")
    known = [
        tables.entries, tables.accounts, tables.lines, tables.days, tables.regions, tables.closings, tables.sealed,
        tables.assessments, tables.grounds, submissions.submissions, submissions.files,
    ]  # fmt: skip
    for table in known:
        columns, key, _ = made[table.name]  # type: ignore[misc]
        assert [name for name, _, _ in columns] == table.columns.keys()
        assert key == [column.name for column in table.primary_key]
    assert {name for name in made if name.startswith("ledger_")} == {table.name for table in known}


def test_the_tables_of_people_are_those_that_the_code_knows(address: str) -> None:
    made = brought_up(address, "head")
    known = [
        identity_tables.people, identity_tables.grants, identity_tables.sessions, identity_tables.tokens,
        identity_tables.failures, identity_tables.acts, identity_tables.chain,
    ]  # fmt: skip
    for table in known:
        columns, key, _ = made[table.name]  # type: ignore[misc]
        assert [name for name, _, _ in columns] == table.columns.keys()
        assert key == [column.name for column in table.primary_key]
    assert {name for name in made if name.startswith("identity_")} == {table.name for table in known}
