"""People and their roles. A role lets its holder do some actions, in a region and all that lies below it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

#: Everything that a request may do, by what it needs to be allowed.
ACTIONS = (
    "read",  # look at maps, tables, the land book, findings
    "check",  # have a footprint of one's own checked; keeps nothing
    "edit",  # import, repair and choose surveys and layers, regions and tasks
    "submit",  # reserve and post in the land book, submit replacement land
    "accept",  # accept or refuse replacement land that somebody else submitted
    "decide",  # close a year, transfer to another region, void what was reserved by others
    "audit",  # verify and replay the book, read who did what
    "administer",  # people, roles, tokens, backups
)

#: What each role lets do. Nobody who administers people can also sign in the land book by that role.
ROLES: Mapping[str, frozenset[str]] = {
    "viewer": frozenset({"read", "check"}),
    "editor": frozenset({"read", "check", "edit"}),
    "submitter": frozenset({"read", "check", "submit"}),
    "accepter": frozenset({"read", "check", "accept"}),
    "decider": frozenset({"read", "check", "decide"}),
    "auditor": frozenset({"read", "check", "audit"}),
    "administrator": frozenset({"read", "check", "administer"}),
}


@dataclass(frozen=True, slots=True)
class Grant:
    """A role over a region of the tree and what is below it, or over a named group of regions."""

    role: str
    region: str  # a region's code, or the name of a group


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: somebody known, with what they were granted."""

    name: str
    grants: tuple[Grant, ...]
    #: How they were let in: "key" (printed when the server started), "password", "token" or "oidc".
    by: str = "password"
