"""People and the roles they were given. Nobody is ever forgotten: the land book says who did what."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from tilth.core import BadInput, NotFound
from tilth.identity.audit import AuditLog, Clock
from tilth.identity.model import ROLES, Actor, Granted, Person, spelt
from tilth.identity.passwords import agreed, hashed
from tilth.identity.tables import grants, people, sessions, tokens
from tilth.land import Store
from tilth.runtime import Workspace

#: A name: letters and figures of any script, with points, hyphens and spaces between them.
_NAME = re.compile(r"\w[\w.@ -]{0,62}\w|\w")


@dataclass(frozen=True)
class People:
    """Everybody who is known to a workspace."""

    workspace: Workspace
    clock: Clock = field(default=time, repr=False)

    @property
    def log(self) -> AuditLog:
        """Where every change is written down."""
        return AuditLog(self.workspace, self.clock)

    def add(self, name: str, by: Actor, *, shown: str = "", password: str | None = None) -> Person:
        """Make somebody known, with a password or without one (then only a token or OIDC lets them in).

        Raises
        ------
        BadInput
            If the name is taken, or differs from one that is only in its spelling; if the password may not be used.
        """
        name = _named(name)
        kept = None if password is None else hashed(agreed(password, name, shown))
        with self.log.changing() as (connection, note):
            held = connection.execute(select(people.c.name).where(people.c.spelt == spelt(name))).scalar()
            if held is not None:
                raise BadInput("IDENTITY-NAME-TAKEN", name=name, held=held)
            row = {"spelt": spelt(name), "name": name, "shown": (shown.strip() or name)[:100], "password": kept}
            connection.execute(people.insert().values(**row, epoch=1, disabled=False, made_at=self._now()))
            note(connection, by, "person.add", what=name, outcome="done")
        return self.get(name)

    def get(self, name: str) -> Person:
        """Somebody by name, in whatever spelling.

        Raises
        ------
        NotFound
            If nobody is called so.
        """
        with self.workspace.database.transaction() as connection:
            return _person(_row(connection, name), _roles(connection, spelt(name)).get(spelt(name), ()))

    def all(self) -> list[Person]:
        """Everybody, by name."""
        with self.workspace.database.transaction() as connection:
            roles = _roles(connection)
            rows = connection.execute(select(people).order_by(people.c.name)).all()
        return [_person(row, roles.get(row.spelt, ())) for row in rows]

    def anybody_with_password(self) -> bool:
        """Could anybody sign in?"""
        able = select(people.c.spelt).where(people.c.password.is_not(None), people.c.disabled.is_(False)).limit(1)
        with self.workspace.database.transaction() as connection:
            return connection.execute(able).first() is not None

    def give(self, name: str, role: str, place: str, by: Actor) -> Person:
        """Give a role over a region and what is below it, or over a group of regions. Giving it twice changes nothing.

        Raises
        ------
        BadInput
            If there is no such role, or neither a region nor a group of that name.
        """
        _known_role(role)
        tree = Store(self.workspace).regions()
        if place not in tree and place not in tree.groups:
            raise BadInput("IDENTITY-NO-PLACE", place=place)
        if place in tree and place in tree.groups:
            raise BadInput("IDENTITY-PLACE-TWICE", place=place)
        with self.log.changing() as (connection, note):
            row = _row(connection, name)
            held = _roles(connection, row.spelt).get(row.spelt, ())
            if not any((one.role, one.region) == (role, place) for one in held):
                given = {"given_by": by.name[:64], "given_at": self._now()}
                connection.execute(grants.insert().values(person=row.spelt, role=role, place=place, **given))
                note(connection, by, "role.give", what=f"{role}: {row.name}", region=place, outcome="done")
        return self.get(name)

    def take(self, name: str, role: str, place: str, by: Actor) -> Person:
        """Take a role away again.

        Raises
        ------
        NotFound
            If they do not have it.
        """
        with self.log.changing() as (connection, note):
            row = _row(connection, name)
            same = (grants.c.person == row.spelt) & (grants.c.role == role) & (grants.c.place == place)
            if not connection.execute(delete(grants).where(same)).rowcount:
                raise NotFound("IDENTITY-NO-ROLE", name=row.name, role=role, place=place)
            note(connection, by, "role.take", what=f"{role}: {row.name}", region=place, outcome="done")
        return self.get(name)

    def set_password(self, name: str, password: str, by: Actor) -> Person:
        """Set a new password. Every session of that person ends; tokens stay.

        Raises
        ------
        BadInput
            If the password may not be used.
        """
        held = self.get(name)
        kept = hashed(agreed(password, held.name, held.shown))
        with self.log.changing() as (connection, note):
            row = _row(connection, name)
            _change(connection, row, password=kept)
            note(connection, by, "person.password", what=row.name, outcome="done")
        return self.get(name)

    def keep_rehashed(self, name: str, before: str, kept: str) -> None:
        """The same password hashed with newer parameters; not if it was changed meanwhile."""
        same = (people.c.spelt == spelt(name)) & (people.c.password == before)
        with self.workspace.database.transaction() as connection:
            connection.execute(update(people).where(same).values(password=kept))

    def remove(self, name: str, by: Actor) -> Person:
        """Let somebody in no more: their sessions and tokens end, their roles are taken. The name stays theirs."""
        with self.log.changing() as (connection, note):
            row = _row(connection, name)
            _change(connection, row, disabled=True, password=None)
            for table in (grants, tokens):
                connection.execute(delete(table).where(table.c.person == row.spelt))
            note(connection, by, "person.remove", what=row.name, outcome="done")
        return self.get(name)

    def restore(self, name: str, by: Actor) -> Person:
        """Somebody who was removed is known again, with neither password nor role."""
        with self.log.changing() as (connection, note):
            row = _row(connection, name)
            _change(connection, row, disabled=False)
            note(connection, by, "person.restore", what=row.name, outcome="done")
        return self.get(name)

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="seconds")


def _change(connection: Connection, row: Row[Any], **values: object) -> None:
    """Change what lets somebody in: whatever let them in before does so no more."""
    changed = update(people).where(people.c.spelt == row.spelt).values(epoch=people.c.epoch + 1, **values)
    connection.execute(changed)
    connection.execute(delete(sessions).where(sessions.c.person == row.name))


def _named(name: str) -> str:
    plain = unicodedata.normalize("NFKC", name).strip()
    if not _NAME.fullmatch(plain) or not spelt(plain) or len(spelt(plain)) > 64:
        raise BadInput("IDENTITY-NAME", name=name)
    return plain


def _known_role(role: str) -> None:
    if role not in ROLES:
        raise BadInput("IDENTITY-ROLE", role=role, known=", ".join(ROLES))


def _row(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(select(people).where(people.c.spelt == spelt(name))).one_or_none()
    if row is None:
        raise NotFound("IDENTITY-NO-PERSON", name=name)
    return row


def _roles(connection: Connection, whose: str | None = None) -> Mapping[str, tuple[Granted, ...]]:
    """The roles of everybody, or of one, by person."""
    query = select(grants).order_by(grants.c.person, grants.c.place, grants.c.role)
    if whose is not None:
        query = query.where(grants.c.person == whose)
    held: dict[str, tuple[Granted, ...]] = {}
    for row in connection.execute(query):
        one = Granted(row.role, row.place, row.given_by, row.given_at)
        held[row.person] = (*held.get(row.person, ()), one)
    return held


def _person(row: Row[Any], roles: tuple[Granted, ...]) -> Person:
    return Person(row.name, row.shown, row.password is not None, bool(row.disabled), row.made_at, roles)
