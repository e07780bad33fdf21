"""The tables of the land book, as `runtime/migrations` makes them (a test compares the two)."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, Text

from tilth.ledger.model import Quantities

#: Ends of the names of columns, in the order of `Quantities`.
AMOUNTS = tuple(name.partition("_")[0] for name in Quantities._fields)
_tables = MetaData()
_NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def amounts(*prefixes: str) -> list[str]:
    """The columns that hold quantities."""
    return [f"{prefix}_{amount}" for prefix in prefixes for amount in AMOUNTS]


def _amounts(*prefixes: str) -> list[Column[int]]:
    return [Column(name, BigInteger) for name in amounts(*prefixes)]


entries = Table(
    "ledger_entry",
    _tables,
    Column("number", _NUMBER, primary_key=True),
    Column("id", String(100)),
    Column("digest", LargeBinary(32)),
    Column("body", Text),
    Column("recorded_at", String(32)),
    Column("settles", String(100)),
    Column("reverses", String(100)),
)
accounts = Table(
    "ledger_account",
    _tables,
    Column("id", _NUMBER, primary_key=True),
    Column("region", String(32)),
    Column("name", String(64)),
    Column("pbf", Integer),
    Column("paddy", Integer),
    Column("stable", Integer),
    Column("grade", Integer),
    Column("closed_day", Integer),
    Column("lines", BigInteger),
    Column("head", LargeBinary(32)),
    Column("last_day", Integer),
    *_amounts("booked", "held", "low"),
)
lines = Table(
    "ledger_line",
    _tables,
    Column("account", BigInteger, primary_key=True),
    Column("place", BigInteger, primary_key=True),
    Column("entry", BigInteger),
    Column("day", Integer),
    *_amounts("booked", "held"),
    Column("link", LargeBinary(32)),
)
days = Table(
    "ledger_day",
    _tables,
    Column("account", BigInteger, primary_key=True),
    Column("day", Integer, primary_key=True),
    *_amounts("booked", "held", "low"),
)
regions = Table(
    "ledger_region",
    _tables,
    Column("code", String(32), primary_key=True),
    Column("closed_day", Integer),
)
closings = Table(
    "ledger_closing",
    _tables,
    Column("number", Integer, primary_key=True),
    Column("region", String(32)),
    Column("year", Integer),
    Column("body", Text),
    Column("link", LargeBinary(32)),
)
sealed = Table(
    "ledger_sealed",
    _tables,
    Column("closing", Integer, primary_key=True),
    Column("account", BigInteger, primary_key=True),
    Column("lines", BigInteger),
    Column("head", LargeBinary(32)),
    *_amounts("booked", "held"),
)
assessments = Table(
    "ledger_assessment",
    _tables,
    Column("number", _NUMBER, primary_key=True),
    Column("region", String(32)),
    Column("year", Integer),
    Column("recorded_at", String(32)),
    Column("policy", Text),
    Column("given", Text),
    Column("results", Text),
    Column("digest", String(64)),
)
grounds = Table(
    "ledger_ground",
    _tables,
    Column("entry", String(100), primary_key=True),
    Column("region", String(32)),
    Column("crs", Text),
    Column("wkb", LargeBinary),
    *(Column(side, Integer) for side in ("west", "south", "east", "north")),  # of longitude and latitude, in 1e-6°
    Column("area_dm2", BigInteger),
    Column("accepted", Integer),
    Column("submitter", Text),
    Column("accepter", Text),
    Column("results", Text),
)
