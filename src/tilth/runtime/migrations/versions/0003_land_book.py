"""The land book: entries and their lines, accounts with their running balances by day, closings of years."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_QUANTITIES = ("area", "paddy", "capacity", "grade")


def _amounts(*prefixes: str) -> list[sa.Column[int]]:
    return [
        sa.Column(f"{prefix}_{quantity}", sa.BigInteger, nullable=False)
        for prefix in prefixes
        for quantity in _QUANTITIES
    ]


def upgrade() -> None:
    """Entries and lines are only ever added; accounts and days can be computed again from them."""
    op.create_table(
        "ledger_entry",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(100), nullable=False),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("settles", sa.String(100), nullable=True),
        sa.Column("reverses", sa.String(100), nullable=True),
    )
    op.create_index("ledger_entry_id", "ledger_entry", ["id"], unique=True)
    for column in ("settles", "reverses"):
        there = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"ledger_entry_{column}", "ledger_entry", [column], unique=True, sqlite_where=there, postgresql_where=there
        )
    op.create_table(
        "ledger_account",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("pbf", sa.Integer, nullable=False),
        sa.Column("paddy", sa.Integer, nullable=False),
        sa.Column("stable", sa.Integer, nullable=False),
        sa.Column("grade", sa.Integer, nullable=False),
        sa.Column("closed_day", sa.Integer, nullable=False),
        sa.Column("lines", sa.BigInteger, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
        sa.Column("last_day", sa.Integer, nullable=False),
        *_amounts("booked", "held", "low"),
    )
    key = ["region", "name", "pbf", "paddy", "stable", "grade"]
    op.create_index("ledger_account_key", "ledger_account", key, unique=True)
    op.create_table(
        "ledger_line",
        sa.Column("account", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("place", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("entry", sa.BigInteger, nullable=False),
        sa.Column("day", sa.Integer, nullable=False),
        *_amounts("booked", "held"),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_day",
        sa.Column("account", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        *_amounts("booked", "held", "low"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_region",
        sa.Column("code", sa.String(32), primary_key=True),
        sa.Column("closed_day", sa.Integer, nullable=False),
    )
    op.create_table(
        "ledger_closing",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
    )
    op.create_index("ledger_closing_year", "ledger_closing", ["region", "year"], unique=True)
    op.create_table(
        "ledger_sealed",
        sa.Column("closing", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("account", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("lines", sa.BigInteger, nullable=False),
        sa.Column("head", sa.LargeBinary(32), nullable=False),
        *_amounts("booked", "held"),
        sqlite_with_rowid=False,
    )
