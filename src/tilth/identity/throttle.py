"""Who guesses passwords waits longer after every wrong one, by the name guessed at and by the address guessed from."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import time

from sqlalchemy import Connection, delete, select, update

from tilth.identity.audit import AuditLog, Clock
from tilth.identity.model import spelt
from tilth.identity.tables import failures
from tilth.runtime import Workspace

#: Wrong passwords before the first wait: of one name, and from one address (an office may share one).
FREE = {"name": 5, "address": 20}
#: The first wait, doubled after every further one up to the longest. [s]
FIRST_S, LONGEST_S = 2, 900
#: After so long without another, wrong passwords are forgotten. [s]
FORGOTTEN_S = 24 * 3600


@dataclass(frozen=True)
class Throttle:
    """The wrong passwords of a workspace."""

    workspace: Workspace
    clock: Clock = field(default=time, repr=False)

    def wait_s(self, name: str, address: str) -> int:
        """Count one try before it is known to be right, and say 0; or how long nobody may try. [s]

        Whether or not there is such a person: the answer tells nothing. Tries that come at once are counted one after
        the other, so that none of them is free.
        """
        now = int(self.clock())
        with AuditLog(self.workspace, self.clock).changing() as (connection, _):
            connection.execute(delete(failures).where(failures.c.last < now - FORGOTTEN_S))
            keys = _keys(name, address)
            wait = max((_until(connection, kind, whose) - now for kind, whose in keys), default=0)
            if wait > 0:
                return wait
            for kind, whose in keys:
                _count(connection, kind, whose, now)
        return 0

    def right(self, name: str, address: str) -> None:
        """The try was right: the name starts anew, from the address one less is counted."""
        with AuditLog(self.workspace, self.clock).changing() as (connection, _):
            for kind, whose in _keys(name, address):
                here = (failures.c.kind == kind) & (failures.c.whose == whose)
                if kind == "name":
                    connection.execute(delete(failures).where(here))
                else:
                    connection.execute(update(failures).where(here).values(count=failures.c.count - 1, until=0))


def _keys(name: str, address: str) -> list[tuple[str, str]]:
    both = (("name", spelt(name)[:64]), ("address", address[:64]))
    return [(kind, whose) for kind, whose in both if whose]


def _until(connection: Connection, kind: str, whose: str) -> int:
    here = (failures.c.kind == kind) & (failures.c.whose == whose)
    return int(connection.execute(select(failures.c.until).where(here)).scalar() or 0)


def _count(connection: Connection, kind: str, whose: str, now: int) -> None:
    here = (failures.c.kind == kind) & (failures.c.whose == whose)
    held = connection.execute(select(failures.c.count).where(here)).scalar()
    count = (held or 0) + 1
    values = {"count": count, "last": now, "until": now + delay_s(kind, count)}
    if held is None:
        connection.execute(failures.insert().values(kind=kind, whose=whose, **values))
    else:
        connection.execute(update(failures).where(here).values(**values))


def delay_s(kind: str, count: int) -> int:
    """How long nobody may try after `count` wrong passwords in a row. [s]

    >>> [delay_s("name", count) for count in (4, 5, 6, 7, 100)]
    [0, 2, 4, 8, 900]
    """
    over = count - FREE[kind]
    return 0 if over < 0 else min(LONGEST_S, FIRST_S << min(over, 20))
