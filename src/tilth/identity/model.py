"""People and their roles. A role lets its holder do some actions, in a region and all that lies below it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

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
    #: What they may do, they may do only in this region and below: of a narrower token. Everywhere without.
    within: str = ""
    address: str = ""

    @property
    def actor(self) -> Actor:
        """As the log names them."""
        return Actor(self.name, self.by, self.address)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, how they were let in, and from where."""

    name: str
    by: str = "console"  # at the command line of the machine itself
    address: str = ""


@dataclass(frozen=True, slots=True)
class Granted:
    """A role as it was given."""

    role: str
    region: str
    given_by: str
    given_at: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is known, whether or not they may come in."""

    name: str  # what they sign in with, and what the land book says they did
    shown: str
    has_password: bool
    disabled: bool
    made_at: str
    roles: tuple[Granted, ...] = ()

    @property
    def grants(self) -> tuple[Grant, ...]:
        """What the roles are, without who gave them."""
        return tuple(Grant(one.role, one.region) for one in self.roles)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def spelt(name: str) -> str:
    """A name without what spellings of it differ in: case, width, spaces, points, marks that nobody sees.

    Nobody can take a name that the land book would read as somebody else's.

    >>> spelt("Ｌi Wei") == spelt("li.wei")
    True
    """
    return "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())
