"""What answers on submitted land look like, for the description of the interface."""

from __future__ import annotations

from typing import Literal

from tilth.web.records import Record


class SubmissionRecord(Record):
    """Replacement land that somebody submitted. Areas are whole numbers of dm² (0.01 m²)."""

    id: str
    region: str
    file: str
    size: int
    sha256: str
    how: dict[str, str | None]
    note: str
    submitter: str
    submitted_at: str
    state: Literal["submitted", "accepted", "refused", "withdrawn"]
    decided_by: str
    decided_at: str
    evidence: str
    outcome: dict[str, int]


class SubmissionList(Record):
    """What was submitted, newest first."""

    submissions: list[SubmissionRecord]
