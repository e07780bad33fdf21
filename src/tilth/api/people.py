"""Who may do what: people, roles and tokens, and the log of what everybody did."""

from __future__ import annotations

import getpass
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from tilth.core import Finding
from tilth.identity import Actor, AuditLog, People, Person, Token, Tokens
from tilth.runtime import Workspace


@dataclass(frozen=True)
class TokenMade:
    """A token that was just made: `secret` is told this once."""

    secret: str
    token: Token

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"secret": self.secret, **self.token.as_record()}


@dataclass(frozen=True)
class LogVerified:
    """How many rows the log of acts has, and where it is broken, if it is."""

    rows: int
    findings: tuple[Finding, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"rows": self.rows, "findings": [one.as_record() for one in self.findings]}


def user_add(
    workspace: Workspace, name: str, *, shown: str = "", password: str | None = None, by: Actor | None = None
) -> Person:
    """Make somebody known, with a password or without one.

    Parameters
    ----------
    name
        What they sign in with, and what the land book says they did.
    by
        Who adds them; whoever runs the command line without.

    Raises
    ------
    BadInput
        If the name is taken in whatever spelling, or the password may not be used.
    """
    return People(workspace).add(name, by or at_console(), shown=shown, password=password)


def user_list(workspace: Workspace) -> list[Person]:
    """Everybody who is known, with their roles."""
    return People(workspace).all()


def user_role(
    workspace: Workspace, name: str, role: str, *, place: str = "", take: bool = False, by: Actor | None = None
) -> Person:
    """Give somebody a role, or take it from them.

    Parameters
    ----------
    place
        A region's code, for it and all below it, or the name of a group; the workspace's own region without.

    Raises
    ------
    NotFound, BadInput
        If there is no such person, role, region or group.
    """
    people = People(workspace)
    change = people.take if take else people.give
    return change(name, role, place or workspace.region, by or at_console())


def user_password(workspace: Workspace, name: str, password: str, *, by: Actor | None = None) -> Person:
    """Set somebody's password. Their sessions end.

    Raises
    ------
    NotFound, BadInput
        If there is no such person, or the password may not be used.
    """
    return People(workspace).set_password(name, password, by or at_console())


def user_remove(workspace: Workspace, name: str, *, undo: bool = False, by: Actor | None = None) -> Person:
    """Let somebody in no more: their sessions and tokens end, their roles are taken. The name stays theirs.

    Raises
    ------
    NotFound
        If nobody is called so.
    """
    people = People(workspace)
    return (people.restore if undo else people.remove)(name, by or at_console())


def user_token(
    workspace: Workspace,
    name: str,
    purpose: str,
    *,
    days: int = 90,
    roles: Iterable[str] = (),
    region: str = "",
    by: Actor | None = None,
) -> TokenMade:
    """Make a token for a person's program.

    Parameters
    ----------
    purpose
        What it is for.
    roles, region
        Only these of the person's roles, only in this region and below; all of them everywhere without.

    Raises
    ------
    NotFound, BadInput
        If there is no such person, role or region, or it would be good for too long.
    """
    secret, token = Tokens(workspace).make(name, purpose, by or at_console(), days=days, roles=roles, region=region)
    return TokenMade(secret, token)


def user_tokens(workspace: Workspace, name: str) -> list[Token]:
    """The tokens of a person.

    Raises
    ------
    NotFound
        If nobody is called so.
    """
    return Tokens(workspace).of(People(workspace).get(name).name)


def user_token_end(workspace: Workspace, name: str, id: str, *, by: Actor | None = None) -> None:
    """Make a token let nobody in any more.

    Raises
    ------
    NotFound
        If the person has none of that id.
    """
    Tokens(workspace).end(name, id, by or at_console())


def user_log(
    workspace: Workspace, *, before: int | None = None, limit: int = 100, regions: Collection[str] | None = None
) -> list[dict[str, Any]]:
    """Who did what, newest first.

    Parameters
    ----------
    before
        Only rows with a smaller number.
    regions
        Only what was done there; all of it without.
    """
    return [one.as_record() for one in AuditLog(workspace).rows(before=before, limit=limit, regions=regions)]


def user_log_verify(workspace: Workspace) -> LogVerified:
    """Is the log of acts as it was written?"""
    count, findings = AuditLog(workspace).verify()
    return LogVerified(count, tuple(findings))


def at_console() -> Actor:
    """Whoever runs the command line."""
    try:
        return Actor(getpass.getuser())
    except (KeyError, OSError):
        return Actor("local")
