"""The tables of people and their roles, as `runtime/migrations` makes them (a test compares the two)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Text

_tables = MetaData()
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")

people = Table(
    "identity_person",
    _tables,
    Column("spelt", String(64), primary_key=True),  # the name without what spellings of it differ in
    Column("name", String(64)),
    Column("shown", String(100)),
    Column("password", Text),  # its argon2id hash
    Column("epoch", Integer),  # rises with every new password, and whenever all sessions end
    Column("disabled", Boolean),
    Column("made_at", String(32)),
)
grants = Table(
    "identity_grant",
    _tables,
    Column("person", String(64), primary_key=True),
    Column("role", String(32), primary_key=True),
    Column("place", String(100), primary_key=True),
    Column("given_by", String(64)),
    Column("given_at", String(32)),
)
sessions = Table(
    "identity_session",
    _tables,
    Column("digest", LargeBinary(32), primary_key=True),
    Column("person", String(64)),
    Column("entered", String(16)),
    Column("stamp", String(64)),  # of what let them in, as it was then
    Column("csrf", String(64)),
    Column("made", BigInteger),  # seconds since 1970, like all times here that are compared
    Column("seen", BigInteger),
    Column("address", String(64)),
)
tokens = Table(
    "identity_token",
    _tables,
    Column("id", String(16), primary_key=True),
    Column("digest", LargeBinary(32)),
    Column("person", String(64)),
    Column("name", String(100)),
    Column("roles", Text),
    Column("region", String(32)),
    Column("made", BigInteger),
    Column("expires", BigInteger),
    Column("used", BigInteger),
)
failures = Table(
    "identity_failure",
    _tables,
    Column("kind", String(8), primary_key=True),
    Column("whose", String(64), primary_key=True),
    Column("count", Integer),
    Column("last", BigInteger),
    Column("until", BigInteger),
)
acts = Table(
    "identity_act",
    _tables,
    Column("number", _NUMBER, primary_key=True),
    Column("body", Text),
    Column("region", String(32)),
    Column("link", LargeBinary(32)),
)
chain = Table(
    "identity_chain",
    _tables,
    Column("id", Integer, primary_key=True),
    Column("number", BigInteger),
    Column("link", LargeBinary(32)),
)
