"""Who may do what: people and their roles, what lets them in, and who did what when."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Rows of the log are only ever added; what lets somebody in is kept as a hash."""
    op.create_table(
        "identity_person",
        sa.Column("spelt", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("shown", sa.String(100), nullable=False),
        sa.Column("password", sa.Text, nullable=True),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "identity_grant",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("role", sa.String(32), primary_key=True),
        sa.Column("place", sa.String(100), primary_key=True),
        sa.Column("given_by", sa.String(64), nullable=False),
        sa.Column("given_at", sa.String(32), nullable=False),
    )
    op.create_table(
        "identity_session",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("entered", sa.String(16), nullable=False),
        sa.Column("stamp", sa.String(64), nullable=False),
        sa.Column("csrf", sa.String(64), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.BigInteger, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
    )
    op.create_index("identity_session_person", "identity_session", ["person"])
    op.create_table(
        "identity_token",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("digest", sa.LargeBinary(32), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger, nullable=True),
    )
    op.create_index("identity_token_digest", "identity_token", ["digest"], unique=True)
    op.create_index("identity_token_person", "identity_token", ["person"])
    op.create_table(
        "identity_failure",
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("whose", sa.String(64), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "identity_act",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("region", sa.String(32), nullable=False),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
    )
    op.create_index("identity_act_region", "identity_act", ["region", "number"])
    chain = op.create_table(
        "identity_chain",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
    )
    op.bulk_insert(chain, [{"id": 1, "number": 0, "link": bytes(32)}])
