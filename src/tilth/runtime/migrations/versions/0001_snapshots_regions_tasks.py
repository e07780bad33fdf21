"""Snapshots and layers by content, the region tree, groups, and tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """One row for each stored snapshot or layer; `current` marks the one a year uses."""
    op.create_table(
        "snapshot",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("year", sa.Integer, nullable=True),
        sa.Column("label", sa.String(64), nullable=False),
        sa.Column("folder", sa.String(255), nullable=False),
        sa.Column("current", sa.Boolean, nullable=False),
        sa.Column("stored_at", sa.String(32), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
    )
    op.create_index("snapshot_current", "snapshot", ["kind", "year", "current"])
    op.create_table(
        "region",
        sa.Column("code", sa.String(32), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("level", sa.String(16), nullable=False),
        sa.Column("parent", sa.String(32), nullable=True),
        sa.Column("control_dm2", sa.BigInteger, nullable=True),
        sa.Column("control_island_dm2", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "region_group",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("region", sa.String(32), primary_key=True),
    )
    op.create_table(
        "task",
        sa.Column("region", sa.String(32), primary_key=True),
        sa.Column("year", sa.Integer, primary_key=True),
        sa.Column("holding_dm2", sa.BigInteger, nullable=False),
        sa.Column("pbf_dm2", sa.BigInteger, nullable=False),
        sa.Column("source", sa.String(255), nullable=False),
    )
