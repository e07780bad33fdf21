"""Who did what, when and where, and with which outcome: rows that are only added, each chained to the one before."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from threading import Lock
from time import time
from typing import Any

from sqlalchemy import Connection, Row, select, update

from tilth.core import Finding, Where
from tilth.identity.model import Actor
from tilth.identity.tables import acts, chain
from tilth.runtime import Workspace

#: Longest text that a row takes of one thing; what is longer is cut.
_LONGEST = 300
#: So many new rows are looked through for changes of rights.
_LOOKED_THROUGH = 500
Clock = Callable[[], float]
#: How often this process changed who may do what in a workspace.
_here: Counter[str] = Counter()
_counting = Lock()


@dataclass(frozen=True, slots=True)
class Act:
    """One row."""

    number: int
    at: str
    who: str
    by: str
    address: str
    action: str
    region: str
    what: str
    outcome: str
    link: str = ""

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class AuditLog:
    """The log of a workspace."""

    workspace: Workspace
    clock: Clock = field(default=time, repr=False)

    def add(self, actor: Actor, action: str, *, what: str = "", region: str = "", outcome: str = "done") -> None:
        """Write down that `actor` did or tried something, which changed nothing of who may do what."""
        with self._alone() as connection:
            self._note(connection, actor, action, what=what, region=region, outcome=outcome)

    @contextmanager
    def changing(self) -> Iterator[tuple[Connection, Note]]:
        """A transaction in which it changes who may do what: the changes and their rows stand together or not at all.

        One at a time. `rights_changed` tells its rows from those of `add` by the names of their actions.
        """
        try:
            with self._alone() as connection:
                yield connection, self._note
        finally:
            with _counting:
                _here[str(self.workspace.root)] += 1

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        with self.workspace.database.transaction() as connection:
            connection.execute(update(chain).values(number=chain.c.number))  # the others wait from here on
            yield connection

    def number(self) -> int:
        """Of the newest row: another one, if anything was written down since."""
        with self.workspace.database.transaction() as connection:
            return int(connection.execute(select(chain.c.number)).scalar_one())

    def rights_changed(self, since: int) -> bool:
        """May a row behind that of number `since` have changed who may do what? Of very many, one will have."""
        query = select(acts.c.body).where(acts.c.number > since).limit(_LOOKED_THROUGH)
        with self.workspace.database.transaction() as connection:
            bodies = list(connection.execute(query).scalars())
        return len(bodies) == _LOOKED_THROUGH or any(map(_changes_rights, bodies))

    def _note(
        self, connection: Connection, actor: Actor, action: str, *, what: str = "", region: str = "", outcome: str
    ) -> None:
        last = connection.execute(select(chain.c.number, chain.c.link)).one()
        number = last.number + 1
        at = datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds")
        said = Act(number, at, *map(_plain, (actor.name, actor.by, actor.address, action, region, what, outcome)))
        body = body_of(said)
        link = next_link(last.link, body)
        connection.execute(acts.insert().values(number=number, body=body, region=said.region[:32], link=link))
        connection.execute(update(chain).values(number=number, link=link))

    def rows(self, *, before: int | None = None, limit: int = 100, regions: Collection[str] | None = None) -> list[Act]:
        """Rows of `regions` (of all places, without), newest first, those with a number below `before`."""
        query = select(acts).order_by(acts.c.number.desc()).limit(limit)
        if before is not None:
            query = query.where(acts.c.number < before)
        with self.workspace.database.transaction() as connection:
            if regions is not None:
                named = set(connection.execute(select(acts.c.region).distinct()).scalars())
                query = query.where(acts.c.region.in_(sorted(named & set(regions))))
            return [_act(row) for row in connection.execute(query)]

    def verify(self) -> tuple[int, list[Finding]]:
        """How many rows there are, and the first place where the chain is broken, if it is.

        A chain shows that rows were changed, taken away or put in between. Somebody who may write to the database can
        make the whole chain anew: keep `link` of the newest row somewhere else from time to time.
        """
        link, number = bytes(32), 0
        with self.workspace.database.snapshot() as connection:
            head = connection.execute(select(chain.c.number, chain.c.link)).one_or_none()
            with closing(connection.execute(select(acts).order_by(acts.c.number))) as rows:
                for row in rows:
                    if row.number != number + 1:
                        return number, [_broken(number + 1, "gone")]
                    number, expected = row.number, next_link(link, row.body)
                    if expected != bytes(row.link) or not _same_region(row):
                        return number, [_broken(number, "changed")]
                    link = expected
        if head is None or head.number != number or bytes(head.link) != link:
            return number, [_broken(number + 1, "gone")]
        return number, []


def _changes_rights(body: str) -> bool:
    """Is it a row of `changing`, whose actions are named "person.add", "session.end"; or cannot that be told?"""
    try:
        return "." in json.loads(body)["action"]
    except (ValueError, KeyError, TypeError):
        return True


def changes_here(workspace: Workspace) -> int:
    """How often this process changed who may do what in a workspace, or tried to."""
    return _here[str(workspace.root)]


#: What `AuditLog.changing` gives to write rows with.
Note = Callable[..., None]


def body_of(act: Act) -> str:
    """A row as text (JSON): what the chain is made over."""
    said = asdict(act)
    del said["link"]
    return json.dumps(said, ensure_ascii=True, separators=(",", ":"))


def next_link(link: bytes, body: str) -> bytes:
    """The chain, one row on."""
    return sha256(bytes(link) + body.encode()).digest()


def _same_region(row: Row[Any]) -> bool:
    try:
        said = json.loads(row.body)
        return bool(said["number"] == row.number and said["region"][:32] == row.region)
    except (ValueError, KeyError, TypeError):
        return False


def _act(row: Row[Any]) -> Act:
    try:
        return Act(**json.loads(row.body), link=bytes(row.link).hex())
    except (ValueError, TypeError):  # somebody wrote to the table: `verify` says so
        return Act(row.number, "", "", "", "", "", row.region, str(row.body)[:_LONGEST], "", bytes(row.link).hex())


def _plain(text: str) -> str:
    """Nothing that cannot be printed, and no more than a row takes."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:_LONGEST])
    return shown if len(text) <= _LONGEST else shown[:-1] + "…"


def _broken(number: int, how: str) -> Finding:
    return Finding(f"IDENTITY-LOG-{how.upper()}", Where(row=number), {"number": number})
