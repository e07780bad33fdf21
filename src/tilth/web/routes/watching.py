"""For who watches over the server: is it alive, is it ready, what did it do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import cast

from fastapi import Depends, Request, Response
from fastapi.responses import PlainTextResponse

from tilth import __version__, api
from tilth.core import TilthError
from tilth.web import records
from tilth.web.access import current_caller, require
from tilth.web.connections import is_loopback
from tilth.web.door import ACTION, OPEN, Door
from tilth.web.metrics import CONTENT_TYPE, Counts, as_text
from tilth.web.problems import Problem
from tilth.web.state import office_of

door = Door("watching")
#: What a proxy adds to a request that it passes on.
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@door.get("/health", OPEN, response_model=records.HealthRecord)
def health(request: Request) -> dict[str, str]:
    """Is the server ready for work: does its database answer? Status 503 if not."""
    try:
        api.ready(office_of(request).workspace)
    except TilthError as error:
        raise Problem(503, "WEB-NOT-READY") from error
    return {"status": "up", "version": __version__}


@door.get("/health/alive", OPEN, response_model=records.AliveRecord)
def alive() -> dict[str, str]:
    """Is the server up, whatever its database does? One that does not answer here should be started anew."""
    return {"status": "up"}


def on_this_machine_or_audit(request: Request) -> None:
    """A dependency: whoever asks from this machine, by its own name and without a proxy, or may audit."""
    client = request.client.host if request.client else ""
    named = request.url.hostname or ""
    direct = not any(name in request.headers for name in _PASSED_ON)
    if not (direct and is_loopback(client) and is_loopback(named)):
        current_caller(request)
        request.state.action = "audit"
        require(request, "audit", office_of(request).workspace.region)


@door.router.get(
    "/metrics",
    dependencies=[Depends(on_this_machine_or_audit)],
    openapi_extra={ACTION: "audit"},
    response_class=PlainTextResponse,
)
def metrics(request: Request) -> Response:
    """Counts and times of requests, jobs, database and book, as Prometheus reads them (text format 0.0.4).

    Whoever asks on the server's own machine needs no token.
    """
    counts = cast(Counts, request.app.state.counts)
    return Response(as_text(counts.everybody(), _figures(request)), media_type=CONTENT_TYPE)


def _figures(request: Request) -> Iterator[tuple[str, str, str, dict[str, str], float]]:
    office = office_of(request)
    yield "tilth_info", "gauge", "The version that serves.", {"version": __version__}, 1
    figures = None
    with suppress(TilthError):
        figures = api.figures(office.workspace)
    yield "tilth_database_up", "gauge", "Does the database answer?", {}, int(figures is not None)
    if figures is not None:
        yield "tilth_ledger_entries", "gauge", "Entries of the land book.", {}, figures.entries
        yield "tilth_ledger_closings", "gauge", "Closed years of regions.", {}, figures.closings
        yield "tilth_snapshots", "gauge", "Stored surveys and layers.", {}, figures.snapshots
    for state, count in _jobs(request).items():
        yield "tilth_jobs", "gauge", "Jobs that the server keeps, by state.", {"state": state}, count


def _jobs(request: Request) -> dict[str, int]:
    """How many jobs there are in each state."""
    jobs = getattr(office_of(request), "jobs", None)
    found: dict[str, int] = {}
    for one in jobs.listed() if jobs is not None else ():
        found[one.state] = found.get(one.state, 0) + 1
    return found
