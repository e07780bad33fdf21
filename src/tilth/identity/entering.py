"""Coming in by password or by the key of the start: the same path and the same answer for whoever is unknown."""

from __future__ import annotations

from dataclasses import dataclass, field
from hmac import compare_digest
from time import time

from sqlalchemy import select

from tilth.identity import passwords
from tilth.identity.audit import AuditLog, Clock
from tilth.identity.model import Actor, Caller, spelt
from tilth.identity.people import People
from tilth.identity.sessions import Session, Sessions, key_stamp
from tilth.identity.tables import people
from tilth.identity.throttle import Throttle
from tilth.runtime import Workspace


@dataclass(frozen=True, slots=True)
class Entered:
    """Let in: the id of the session, which only the browser keeps, and the session."""

    id: str
    session: Session


@dataclass(frozen=True, slots=True)
class Turned:
    """Not let in. `wait_s` says how long no other try is looked at; 0 if the next one is."""

    wait_s: int = 0


@dataclass(frozen=True)
class Entrance:
    """The door of a workspace."""

    workspace: Workspace
    start_key: str = ""
    owner: str = "local"
    clock: Clock = field(default=time, repr=False)

    @property
    def sessions(self) -> Sessions:
        """The sessions that this door opens."""
        return Sessions(self.workspace, self.start_key, self.clock)

    def by_password(self, name: str, password: str, *, address: str = "", had: str = "") -> Entered | Turned:
        """Let somebody in by name and password. `had` is the id of the session that the browser has already."""
        stamp = self.proven(name, password, address=address)
        if isinstance(stamp, Turned):
            return stamp
        caller = Caller(People(self.workspace).get(name).name, (), by="password", address=address)
        id, _ = self.sessions.open(caller, stamp, instead_of=had)
        return self._entered(id, address)

    def proven(self, name: str, password: str, *, address: str = "") -> str | Turned:
        """Is it they? The stamp of their password if so; counted and written down if not."""
        throttle = Throttle(self.workspace, self.clock)
        wait = throttle.wait_s(name, address)
        if wait:
            return Turned(wait)
        with self.workspace.database.transaction() as connection:
            row = connection.execute(select(people).where(people.c.spelt == spelt(name))).one_or_none()
        kept = None if row is None or row.disabled else row.password
        if not passwords.fits(kept, password) or row is None:
            known = row.name if row is not None else "?"  # what is no name may be a password in the wrong field
            self._refused(Actor(known, "password", address))
            return Turned()
        throttle.right(name, address)
        if passwords.outdated(row.password):
            People(self.workspace, self.clock).keep_rehashed(row.name, row.password, passwords.hashed(password))
        return str(row.epoch)

    def by_issuer(self, name: str, *, address: str = "", had: str = "") -> Entered | Turned:
        """Let somebody in whom another service vouches for, if that name is known here."""
        with self.workspace.database.transaction() as connection:
            row = connection.execute(select(people).where(people.c.spelt == spelt(name))).one_or_none()
        if row is None or row.disabled:
            self._refused(Actor("?" if row is None else row.name, "oidc", address))
            return Turned()
        caller = Caller(row.name, (), by="oidc", address=address)
        id, _ = self.sessions.open(caller, str(row.epoch), instead_of=had)
        return self._entered(id, address)

    def by_key(self, key: str, *, address: str = "", had: str = "") -> Entered | Turned:
        """Let the person in who was shown the key that the server was started with."""
        throttle = Throttle(self.workspace, self.clock)
        wait = throttle.wait_s("", address)
        if wait:
            return Turned(wait)
        if not self.start_key or not compare_digest(key.encode(), self.start_key.encode()):
            self._refused(Actor("?", "key", address))
            return Turned()
        throttle.right("", address)
        caller = self.sessions.owner(self.owner, address)
        id, _ = self.sessions.open(caller, key_stamp(self.start_key), instead_of=had)
        return self._entered(id, address)

    def _entered(self, id: str, address: str) -> Entered | Turned:
        session = self.sessions.find(id, address)
        return Turned() if session is None else Entered(id, session)

    def _refused(self, actor: Actor) -> None:
        AuditLog(self.workspace, self.clock).add(actor, "session.open", outcome="refused")
