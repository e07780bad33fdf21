"""Replacement land that somebody submitted, kept with its file until somebody else has decided on it.

Who submitted it stands here from the day of submission, so that whoever decides cannot say it was another.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from time import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, MetaData, Row, String, Table, Text, select, update

from tilth.core import BadInput, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from tilth.runtime import Database

SUBMITTED, ACCEPTED, REFUSED, WITHDRAWN = "submitted", "accepted", "refused", "withdrawn"
#: The largest file that is kept [bytes]: parcels of one project, not a county's survey.
MOST_BYTES = 32 << 20
#: After so long, a decision that nobody finished is taken to be lost: its server was stopped. [s]
LOST_S = 600
_tables = MetaData()
submissions = Table(
    "ledger_submission",
    _tables,
    Column("id", String(32), primary_key=True),
    Column("region", String(32)),
    Column("file", String(200)),  # its name
    Column("size", Integer),  # [bytes]
    Column("sha256", String(64)),
    Column("how", Text),  # layer, encoding and coordinate system by which it is read
    Column("note", Text),
    Column("submitter", String(64)),
    Column("submitted_at", String(32)),
    Column("state", String(16)),
    Column("taken_by", String(64)),  # who is at work at the decision, and since when (seconds since 1970)
    Column("taken", BigInteger),
    Column("decided_by", String(64)),
    Column("decided_at", String(32)),
    Column("evidence", Text),
    Column("outcome", Text),
)
files = Table(
    "ledger_submitted_file",
    _tables,
    Column("submission", String(32), primary_key=True),
    Column("content", LargeBinary),
)


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission as it stands."""

    id: str
    region: str
    file: str
    size: int
    sha256: str
    how: Mapping[str, str | None]
    note: str
    submitter: str
    submitted_at: str
    state: str
    decided_by: str = ""
    decided_at: str = ""
    evidence: str = ""  # the acceptance document, or why it was refused
    outcome: Mapping[str, int] = field(default_factory=dict)  # parcels, those refused and posted, area posted [dm²]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Submissions:
    """The submissions of a workspace's records."""

    database: Database
    clock: Callable[[], float] = field(default=time, repr=False)

    def add(
        self, file: str, content: bytes, *, region: str, submitter: str, how: Mapping[str, str | None], note: str = ""
    ) -> Submission:
        """Keep a file that `submitter` submits for `region`."""
        id = uuid4().hex
        row = {
            "id": id, "region": region, "file": file[:200], "size": len(content),
            "sha256": sha256(content).hexdigest(), "how": json.dumps(dict(how)), "note": note, "submitter": submitter,
            "submitted_at": self._now(), "state": SUBMITTED, "taken_by": "", "taken": 0, "decided_by": "",
            "decided_at": "", "evidence": "", "outcome": "{}",
        }  # fmt: skip
        with self.database.transaction() as connection:
            connection.execute(submissions.insert().values(**row))
            connection.execute(files.insert().values(submission=id, content=content))
        return self.get(id)

    def get(self, id: str) -> Submission:
        """One submission.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        with self.database.transaction() as connection:
            row = connection.execute(select(submissions).where(submissions.c.id == id)).one_or_none()
        if row is None:
            raise NotFound("SUBMIT-NONE", id=id)
        return _submission(row)

    def listed(self, state: str = "") -> list[Submission]:
        """All of them, or those in one state, newest first."""
        query = select(submissions).order_by(submissions.c.submitted_at.desc(), submissions.c.id)
        if state:
            query = query.where(submissions.c.state == state)
        with self.database.transaction() as connection:
            return [_submission(row) for row in connection.execute(query)]

    def content(self, id: str) -> bytes:
        """The file as it was submitted.

        Raises
        ------
        NotFound
            If there is none of that id.
        BadInput
            If it is not what was submitted any more.
        """
        about = self.get(id)
        with self.database.transaction() as connection:
            kept = connection.execute(select(files.c.content).where(files.c.submission == id)).scalar_one_or_none()
        if kept is None or sha256(kept).hexdigest() != about.sha256:
            raise BadInput("SUBMIT-CHANGED", id=id, file=about.file)
        return bytes(kept)

    @contextmanager
    def deciding(self, id: str, by: str) -> Iterator[Submission]:
        """The submission, for one person at a time to decide on.

        Raises
        ------
        NotFound
            If there is none of that id.
        BadInput
            If it was decided on before, or somebody else is at it.
        """
        now = int(self.clock())
        free = (submissions.c.taken_by == "") | (submissions.c.taken < now - LOST_S)
        mine = (submissions.c.id == id) & (submissions.c.state == SUBMITTED) & free
        with self.database.transaction() as connection:
            taken = connection.execute(update(submissions).where(mine).values(taken_by=by, taken=now)).rowcount
        found = self.get(id)
        if not taken:
            if found.state != SUBMITTED:
                raise BadInput("SUBMIT-DECIDED", id=id, state=found.state, by=found.decided_by)
            raise BadInput("SUBMIT-AT-WORK", id=id)
        try:
            yield found
        finally:
            held = (submissions.c.id == id) & (submissions.c.taken_by == by)
            with self.database.transaction() as connection:
                connection.execute(update(submissions).where(held).values(taken_by="", taken=0))

    def decided(
        self, id: str, state: str, by: str, *, evidence: str = "", outcome: Mapping[str, int] | None = None
    ) -> Submission:
        """Write down what became of it; to be called while `deciding`."""
        values = {
            "state": state, "decided_by": by, "decided_at": self._now(), "evidence": evidence,
            "outcome": json.dumps(dict(outcome or {})),
        }  # fmt: skip
        still = (submissions.c.id == id) & (submissions.c.state == SUBMITTED)
        with self.database.transaction() as connection:
            changed = connection.execute(update(submissions).where(still).values(**values)).rowcount
        assert changed == 1, (id, state)
        return self.get(id)

    def _now(self) -> str:
        return datetime.fromtimestamp(self.clock(), UTC).isoformat(timespec="milliseconds")


def _submission(row: Row[Any]) -> Submission:
    return Submission(
        row.id, row.region, row.file, row.size, row.sha256, json.loads(row.how), row.note, row.submitter,
        row.submitted_at, row.state, row.decided_by, row.decided_at, row.evidence, json.loads(row.outcome),
    )  # fmt: skip
