"""Personal tokens: what lets a person's programs in. Shown once, kept as a hash; never more than the person may do."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from time import time
from typing import Any

from sqlalchemy import Row, delete, select, update

from tilth.core import BadInput, NotFound
from tilth.identity.audit import AuditLog, Clock
from tilth.identity.model import ROLES, Actor, Caller, Grant, spelt
from tilth.identity.sessions import digest_of
from tilth.identity.tables import grants, people, tokens
from tilth.land import Store
from tilth.runtime import Workspace

#: So begins every token, so that one that was published by mistake is found.
PREFIX = "tilth_"
#: Longest life of a token. [days]
MOST_DAYS = 366
_DAY_S = 24 * 3600
_USED_S = 300


@dataclass(frozen=True, slots=True)
class Token:
    """A token, without what lets in."""

    id: str
    person: str
    name: str
    roles: tuple[str, ...]  # only these of the person's; all of them if empty
    region: str  # only here and below; wherever the person may if empty
    made_at: str
    expires_at: str
    used_at: str | None

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Tokens:
    """The tokens of a workspace."""

    workspace: Workspace
    clock: Clock = field(default=time, repr=False)

    def make(
        self, person: str, name: str, by: Actor, *, days: int = 90, roles: Iterable[str] = (), region: str = ""
    ) -> tuple[str, Token]:
        """A token, to be shown once, and what is kept of it.

        Raises
        ------
        BadInput
            If it would never end, or a role or region is not known.
        NotFound
            If nobody is called so, or they were removed.
        """
        wanted = sorted(set(roles))
        if not 1 <= days <= MOST_DAYS:
            raise BadInput("IDENTITY-TOKEN-DAYS", days=days, most=MOST_DAYS)
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise BadInput("IDENTITY-TOKEN-NAME", name=name)
        for role in wanted:
            if role not in ROLES:
                raise BadInput("IDENTITY-ROLE", role=role, known=", ".join(ROLES))
        if region and region not in Store(self.workspace).regions():
            raise BadInput("IDENTITY-NO-PLACE", place=region)
        secret, now = PREFIX + secrets.token_urlsafe(32), int(self.clock())
        row: dict[str, Any] = {
            "id": secrets.token_hex(6),
            "digest": digest_of(secret),
            "name": name.strip(),
            "region": region,
        }
        row |= {"roles": " ".join(wanted), "made": now, "expires": now + days * _DAY_S, "used": None}
        with AuditLog(self.workspace, self.clock).changing() as (connection, note):
            held = connection.execute(select(people).where(people.c.spelt == spelt(person))).one_or_none()
            if held is None or held.disabled:
                raise NotFound("IDENTITY-NO-PERSON", name=person)
            connection.execute(tokens.insert().values(person=held.spelt, **row))
            note(connection, by, "token.make", what=f"{row['id']} {name}: {held.name}", region=region, outcome="done")
        return secret, next(one for one in self.of(person) if one.id == row["id"])

    def of(self, person: str) -> list[Token]:
        """The tokens of one person, those that are over among them, oldest first."""
        query = select(tokens, people.c.name.label("whose")).join(people, people.c.spelt == tokens.c.person)
        query = query.where(tokens.c.person == spelt(person)).order_by(tokens.c.made, tokens.c.id)
        with self.workspace.database.transaction() as connection:
            return [_token(row) for row in connection.execute(query)]

    def end(self, person: str, id: str, by: Actor) -> None:
        """A token lets nobody in any more.

        Raises
        ------
        NotFound
            If the person has none of that id.
        """
        with AuditLog(self.workspace, self.clock).changing() as (connection, note):
            same = (tokens.c.person == spelt(person)) & (tokens.c.id == id)
            if not connection.execute(delete(tokens).where(same)).rowcount:
                raise NotFound("IDENTITY-NO-TOKEN", id=id, name=person)
            note(connection, by, "token.end", what=f"{id}: {person}", outcome="done")

    def caller(self, secret: str, address: str = "") -> Caller | None:
        """Whose program it is that shows `secret`, with no more than the token lets it do; None if nobody's."""
        if not secret.startswith(PREFIX):
            return None
        now = int(self.clock())
        query = (
            select(tokens, people.c.name.label("whose"), grants.c.role, grants.c.place)
            .join(people, people.c.spelt == tokens.c.person)
            .outerjoin(grants, grants.c.person == tokens.c.person)
            .where(tokens.c.digest == digest_of(secret), tokens.c.expires > now, people.c.disabled.is_(False))
            .order_by(grants.c.place, grants.c.role)
        )
        with self.workspace.database.transaction() as connection:
            rows = connection.execute(query).all()
        if not rows:
            return None
        one = rows[0]
        if one.used is None or one.used < now - _USED_S:
            with self.workspace.database.transaction() as connection:
                connection.execute(update(tokens).where(tokens.c.id == one.id).values(used=now))
        only = one.roles.split()
        held = tuple(Grant(row.role, row.place) for row in rows if row.role and (not only or row.role in only))
        return Caller(one.whose, held, by="token", within=one.region, address=address)


def _token(row: Row[Any]) -> Token:
    roles = tuple(row.roles.split())
    return Token(row.id, row.whose, row.name, roles, row.region, _at(row.made), _at(row.expires),
                 None if row.used is None else _at(row.used))  # fmt: skip


def _at(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
