"""What closed years were found to be: by which rules, from what beside the book, and every result."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Rows are only ever added."""
    op.create_table(
        "ledger_assessment",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("year", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.String(32), nullable=False),
        sa.Column("policy", sa.Text, nullable=False),
        sa.Column("given", sa.Text, nullable=False),
        sa.Column("results", sa.Text, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
    )
    op.create_index("ledger_assessment_year", "ledger_assessment", ["region", "year"])
