"""A task may be about farmland only: then nothing is said of permanent basic farmland, which is not a task of 0."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """The column may be empty."""
    with op.batch_alter_table("task") as task:
        task.alter_column("pbf_dm2", existing_type=sa.BigInteger(), nullable=True)
