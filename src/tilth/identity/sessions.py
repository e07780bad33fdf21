"""Sessions of browsers, kept in the database so that several server processes share them; ids are kept as hashes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from hashlib import sha256
from time import time
from typing import Any

from sqlalchemy import Row, delete, select, update

from tilth.identity.audit import AuditLog, Clock
from tilth.identity.model import ROLES, Caller, Grant
from tilth.identity.tables import grants, people, sessions
from tilth.runtime import Workspace

#: A session ends when nobody used it for so long, and however much it is used. [s]
IDLE_S, LONGEST_S = 8 * 3600, 24 * 3600
#: Not more often is it written down that a session was used. [s]
_SEEN_S = 300


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody at a browser: `csrf` is what their pages send along to show that it is they who ask."""

    caller: Caller
    csrf: str
    shown: str = ""


@dataclass(frozen=True)
class Sessions:
    """The sessions of a workspace.

    Parameters
    ----------
    start_key
        What the server was started with: sessions that this key opened are good as long as it is the key.
    """

    workspace: Workspace
    start_key: str = ""
    clock: Clock = field(default=time, repr=False)

    def open(self, caller: Caller, stamp: str, *, instead_of: str = "", what: str = "") -> tuple[str, Session]:
        """A new session and its id, which nobody can guess and which is kept nowhere.

        Parameters
        ----------
        stamp
            Of what let them in, as it was when it was looked at: if it changes, the session is over.
        instead_of
            The id of the session that the browser had: it ends.
        """
        name, csrf, now = secrets.token_urlsafe(32), secrets.token_urlsafe(32), int(self.clock())
        with AuditLog(self.workspace, self.clock).changing() as (connection, note):
            connection.execute(delete(sessions).where(_over(now) | (sessions.c.digest == digest_of(instead_of))))
            row: dict[str, Any] = {
                "digest": digest_of(name),
                "person": caller.name,
                "entered": caller.by,
                "stamp": stamp,
            }
            row |= {"csrf": csrf, "made": now, "seen": now, "address": caller.address[:64]}
            connection.execute(sessions.insert().values(**row))
            note(connection, caller.actor, "session.open", what=what, outcome="done")
        return name, Session(caller, csrf, caller.name)

    def find(self, name: str, address: str = "") -> Session | None:
        """The session of that id, with the roles that its person has now; None if it is over."""
        if not name:
            return None
        now = int(self.clock())
        query = (
            select(sessions, people.c.shown, people.c.epoch, people.c.disabled, grants.c.role, grants.c.place)
            .select_from(
                sessions.outerjoin(people, people.c.name == sessions.c.person).outerjoin(
                    grants, grants.c.person == people.c.spelt
                )
            )
            .where(sessions.c.digest == digest_of(name), ~_over(now))
            .order_by(grants.c.place, grants.c.role)
        )
        with self.workspace.database.transaction() as connection:
            rows = connection.execute(query).all()
        if not rows or not self._good(rows[0]):
            return None
        if rows[0].seen < now - _SEEN_S:
            with self.workspace.database.transaction() as connection:
                connection.execute(update(sessions).where(sessions.c.digest == digest_of(name)).values(seen=now))
        return self._session(rows, address)

    def _good(self, row: Row[Any]) -> bool:
        if row.entered == "key":
            return bool(self.start_key) and row.stamp == key_stamp(self.start_key)
        return row.disabled is not None and not row.disabled and row.stamp == str(row.epoch)

    def _session(self, rows: list[Row[Any]] | Any, address: str) -> Session:
        one = rows[0]
        if one.entered == "key":
            return replace(Session(self.owner(one.person, address), one.csrf), shown=one.person)
        held = tuple(Grant(row.role, row.place) for row in rows if row.role is not None)
        return Session(Caller(one.person, held, by=one.entered, address=address), one.csrf, one.shown)

    def owner(self, name: str, address: str) -> Caller:
        """The person at the machine, who was shown the key: every role over the whole workspace."""
        grants_of_owner = tuple(Grant(role, self.workspace.region) for role in ROLES)
        return Caller(name, grants_of_owner, by="key", address=address)

    def end(self, name: str) -> None:
        """End the session of that id, if there is one."""
        session = self.find(name)
        if session is None:
            return
        with AuditLog(self.workspace, self.clock).changing() as (connection, note):
            connection.execute(delete(sessions).where(sessions.c.digest == digest_of(name)))
            note(connection, session.caller.actor, "session.end", outcome="done")


def _over(now: int) -> Any:
    return (sessions.c.seen < now - IDLE_S) | (sessions.c.made < now - LONGEST_S)


def digest_of(name: str) -> bytes:
    """What is kept of an id that nobody can guess."""
    return sha256(name.encode()).digest()


def key_stamp(key: str) -> str:
    """What a session that the key of the start opened is bound to."""
    return sha256(b"start-key:" + key.encode()).hexdigest()
