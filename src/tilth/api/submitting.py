"""Replacement land between two persons: one submits it with its file, another accepts or refuses what was submitted."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from tilth.api.accepting import ledger_accept
from tilth.api.offering import offered
from tilth.core import BadInput
from tilth.identity import spelt
from tilth.ledger.submissions import ACCEPTED, MOST_BYTES, REFUSED, WITHDRAWN, Submission, Submissions

if TYPE_CHECKING:
    from tilth.api.judged import Acceptance
    from tilth.runtime import Workspace


def submit_land(
    workspace: Workspace,
    file: str | Path,
    *,
    submitter: str,
    region: str | None = None,
    note: str = "",
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> Submission:
    """Keep a file of replacement parcels until somebody else has decided on it.

    Parameters
    ----------
    submitter
        Who submits it, and who may therefore not accept it.
    region
        For which region; the whole workspace without.
    layer, encoding, crs
        How the file is read; kept with it.

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used as replacement parcels, or is too large.
    """
    path = Path(file)
    if path.stat().st_size > MOST_BYTES:
        raise BadInput("SUBMIT-TOO-LARGE", file=path.name, most=MOST_BYTES >> 20)
    offered(path, layer, encoding, crs)
    return Submissions(workspace.database).add(
        path.name, path.read_bytes(), region=region or workspace.region, submitter=submitter, note=note.strip(),
        how={"layer": layer, "encoding": encoding, "crs": crs},
    )  # fmt: skip


def land_submissions(workspace: Workspace, *, state: str = "") -> list[Submission]:
    """What was submitted, newest first; with `state` only what is submitted, accepted, refused or withdrawn."""
    return Submissions(workspace.database).listed(state)


def land_submission(workspace: Workspace, id: str) -> Submission:
    """One submission.

    Raises
    ------
    NotFound
        If there is none of that id.
    """
    return Submissions(workspace.database).get(id)


def submitted_file(workspace: Workspace, id: str) -> bytes:
    """The file of a submission as it was submitted.

    Raises
    ------
    NotFound, BadInput
        If there is no such submission, or its file is not what was submitted any more.
    """
    return Submissions(workspace.database).content(id)


def accept_submission(
    workspace: Workspace,
    id: str,
    *,
    evidence: str,
    author: str,
    only_passing: bool = False,
    base_year: int | None = None,
    on: date | None = None,
) -> Acceptance:
    """Check what was submitted, and accept it into the pool. If nothing enters the pool it stays submitted.

    Parameters
    ----------
    evidence, author, only_passing, base_year, on
        As for `ledger_accept`. The submitter is who submitted it.

    Raises
    ------
    NotFound, BadInput, NeedsAnswer
        If there is no such submission, it was decided on before, `author` submitted it, or as for `ledger_accept`.
    """
    kept = Submissions(workspace.database)
    content = kept.content(id)
    with kept.deciding(id, author) as one, tempfile.TemporaryDirectory(prefix="tilth-submitted-") as folder:
        path = Path(folder) / Path(one.file).name
        path.write_bytes(content)
        done = ledger_accept(
            workspace, path, evidence=evidence, submitter=one.submitter, author=author, only_passing=only_passing,
            base_year=base_year, on=on, **one.how,
        )  # fmt: skip
        if done.posted:
            told = done.as_record()
            outcome = {name: told[name] for name in ("parcels", "refused", "posted", "posted_dm2")}
            kept.decided(id, ACCEPTED, author, evidence=evidence, outcome=outcome)
    return done


def refuse_submission(workspace: Workspace, id: str, *, reason: str, author: str) -> Submission:
    """Send back what somebody else submitted, and say why.

    Raises
    ------
    NotFound, BadInput
        If there is no such submission, it was decided on before, no reason is given or `author` submitted it.
    """
    if not reason.strip():
        raise BadInput("SUBMIT-NO-REASON", id=id)
    kept = Submissions(workspace.database)
    if spelt(kept.get(id).submitter) == spelt(author):
        raise BadInput("ACCEPT-SAME-PERSON", name=author)
    with kept.deciding(id, author):
        return kept.decided(id, REFUSED, author, evidence=reason.strip())


def withdraw_submission(workspace: Workspace, id: str, *, author: str) -> Submission:
    """Take back what one submitted oneself, as long as nobody has decided on it.

    Raises
    ------
    NotFound, BadInput
        If there is no such submission, it was decided on before, or somebody else submitted it.
    """
    kept = Submissions(workspace.database)
    one = kept.get(id)
    if spelt(one.submitter) != spelt(author):
        raise BadInput("SUBMIT-NOT-YOURS", id=id, name=one.submitter)
    with kept.deciding(id, author):
        return kept.decided(id, WITHDRAWN, author)
