"""Routes that begin long work: what was asked for is a job from then on, begun once however often it is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import Request, Response

from tilth.web.jobs import Place
from tilth.web.once import Once
from tilth.web.state import office_of
from tilth.web.uploads import Sent


def begun(
    request: Request,
    write: Once,
    kind: str,
    work: Callable[[Place], Any],
    *,
    content: str = "",
    sent: Sent | None = None,
    region: str | None = None,
) -> Response:
    """The job that does `work`, as an answer with status 202.

    Parameters
    ----------
    content
        Stands for all that was asked for in the body; the digest of `sent` does without it.
    sent
        Files that the work needs; kept until it is done.
    region
        What the work is about; the whole workspace without.
    """
    office = office_of(request)
    place = region or office.workspace.region
    about = content or (sent.digest if sent is not None else "")
    return write.answer(
        about, lambda: office.jobs.begin(kind, write.caller.name, place, work, sent).as_record(), status=202
    )
