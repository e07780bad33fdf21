"""Answers kept for a day under the key that a caller chose, so that a request sent twice is done once."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, String, Table, bindparam, delete, select

from tilth.runtime.database import Clash, Database
from tilth.runtime.desk import Desk
from tilth.runtime.prepared import Prepared

DAY_S = 86_400
#: After so long, work that nobody answered is taken to be lost: its server was stopped.
LOST_S = 3_600
_UNDER_WAY = 0
_replies = Table(
    "web_reply",
    MetaData(),
    Column("caller", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("about", String(64)),
    Column("status", Integer),
    Column("body", LargeBinary),
    Column("at", BigInteger),
)
_one = (_replies.c.caller == bindparam("of")) & (_replies.c.key == bindparam("named"))
_FIND = Prepared(select(_replies.c.about, _replies.c.status, _replies.c.body, _replies.c.at).where(_one))
_PUT = Prepared(
    _replies.insert().values({name: bindparam(name) for name in ("caller", "key", "about", "status", "body", "at")})
)
_GO = Prepared(delete(_replies).where(_one))
#: What nobody else has taken meanwhile.
_GO_IF = Prepared(delete(_replies).where(_one & (_replies.c.at == bindparam("since"))))
_FORGET = Prepared(delete(_replies).where(_replies.c.at < bindparam("before")))


class Reply(NamedTuple):
    """What stands under a key: what was asked, and the answer; none as long as somebody works at it."""

    about: str
    status: int
    body: bytes

    @property
    def under_way(self) -> bool:
        """Is nobody answered yet?"""
        return self.status == _UNDER_WAY


def claim(database: Database, caller: str, key: str, about: str, now: int) -> Reply | None:
    """Take a key for a request that is `about` something; None if it is ours now, else what stands under it."""
    desk = Desk(database)
    try:
        while True:
            try:
                return _claimed(desk, caller, key, about, now)
            except Clash:  # somebody else was faster: what stands there is theirs
                continue
    finally:
        desk.close()


def _claimed(desk: Desk, caller: str, key: str, about: str, now: int) -> Reply | None:
    with desk.writing():
        _FORGET.run_each(desk, [{"before": now - DAY_S}])
        rows = _FIND.ask(desk, {"of": caller, "named": key})
        if rows and (rows[0][1] != _UNDER_WAY or rows[0][3] > now - LOST_S):
            return Reply(rows[0][0], rows[0][1], bytes(rows[0][2]))
        # Whoever else read the same is not pushed aside: a second row under the key is a clash, and who made it looks
        # again.
        for row in rows:
            _GO_IF.run_each(desk, [{"of": caller, "named": key, "since": row[3]}])
        _put(desk, caller, key, about, _UNDER_WAY, b"", now)
        return None


def settle(database: Database, caller: str, key: str, about: str, status: int, body: bytes, now: int) -> None:
    """Keep the answer to the request that took the key."""
    desk = Desk(database)
    try:
        with desk.writing():
            _replace(desk, caller, key, about, status, body, now)
    finally:
        desk.close()


def release(database: Database, caller: str, key: str) -> None:
    """Give the key back: nothing was done."""
    desk = Desk(database)
    try:
        with desk.writing():
            _GO.run_each(desk, [{"of": caller, "named": key}])
    finally:
        desk.close()


def _replace(desk: Desk, caller: str, key: str, about: str, status: int, body: bytes, now: int) -> None:
    _GO.run_each(desk, [{"of": caller, "named": key}])
    _put(desk, caller, key, about, status, body, now)


def _put(desk: Desk, caller: str, key: str, about: str, status: int, body: bytes, now: int) -> None:
    row = {"caller": caller, "key": key, "about": about, "status": status, "body": body, "at": now}
    _PUT.run_each(desk, [row])
