"""The land book: which ground came into the pool, so that none of it comes in twice."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_BOUNDS = ("west", "south", "east", "north")


def upgrade() -> None:
    """One row for each accepted parcel, beside its entry. Rows are only ever added."""
    op.create_table(
        "ledger_ground",
        sa.Column("entry", sa.String(100), primary_key=True),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("crs", sa.Text, nullable=False),
        sa.Column("wkb", sa.LargeBinary, nullable=False),
        *(sa.Column(side, sa.Integer, nullable=False) for side in _BOUNDS),
        sa.Column("area_dm2", sa.BigInteger, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        sa.Column("submitter", sa.Text, nullable=False),
        sa.Column("accepter", sa.Text, nullable=False),
        sa.Column("results", sa.Text, nullable=False),
    )
    op.create_index("ledger_ground_place", "ledger_ground", ["west", "south"])
