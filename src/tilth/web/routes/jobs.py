"""Long work to come back to: how far it is, its end, its result and files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated

from fastapi import Header, Path, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from tilth.identity import Caller, may
from tilth.web.access import Known
from tilth.web.answers import JSON, told
from tilth.web.door import KNOWN, Door
from tilth.web.jobs import DONE, FAILED, Event, Job
from tilth.web.problems import MEDIA_TYPE, Problem
from tilth.web.records import JobRecord
from tilth.web.state import Office, office_of

door = Door("jobs")

_Id = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]
#: How often events are looked for, and after how long without one a sign of life is sent. [s]
_LOOK_S, _QUIET_S = 0.25, 15.0
_BYTES = "application/octet-stream"


def _sees(office: Office, caller: Caller, job: Job) -> bool:
    """Their own, and whoever audits or administers the whole workspace sees all."""
    whole, tree = office.workspace.region, office.regions()
    return job.about["by"] == caller.name or any(may(caller, one, whole, tree) for one in ("audit", "administer"))


def _seen(request: Request, caller: Caller, id: str) -> Job:
    office = office_of(request)
    job = office.jobs.get(id)
    if not _sees(office, caller, job):
        raise Problem(404, "WEB-NO-JOB", id=id)
    return job


@door.get("/jobs", KNOWN, response_model=list[JobRecord])
def jobs(request: Request, caller: Known) -> Response:
    """One's own jobs, newest first; to whoever audits or administers, all of them."""
    office = office_of(request)
    return told([one.as_record() for one in office.jobs.listed() if _sees(office, caller, one)])


@door.get("/jobs/{id}", KNOWN, response_model=JobRecord)
def job(request: Request, caller: Known, id: _Id) -> Response:
    """How far a job is."""
    return told(_seen(request, caller, id).as_record())


@door.delete("/jobs/{id}", KNOWN, response_model=JobRecord)
def cancel(request: Request, caller: Known, id: _Id) -> Response:
    """End a job at its next step; one that is over is taken away with its files."""
    return told(office_of(request).jobs.cancel(_seen(request, caller, id)).as_record())


@door.post("/jobs/{id}/stop", KNOWN, response_model=JobRecord)
def stop(request: Request, caller: Known, id: _Id) -> Response:
    """End a job with the best that it has so far, where its kind of work has one: the solution of a plan."""
    return told(office_of(request).jobs.stop(_seen(request, caller, id)).as_record())


@door.get(
    "/jobs/{id}/result",
    KNOWN,
    responses={200: {"description": "What the command line prints with --json.", "content": {JSON: {"schema": {}}}}},
)
def result(request: Request, caller: Known, id: _Id) -> Response:
    """What the work gave; the problem, if it failed."""
    found = _seen(request, caller, id)
    if found.state == FAILED and found.problem is not None:
        return Response(json.dumps(found.problem, ensure_ascii=False), 409, media_type=MEDIA_TYPE)
    if found.state != DONE:
        raise Problem(409, "WEB-JOB-NOT-DONE", state=found.state)
    return Response(found.result, media_type=JSON)


@door.get(
    "/jobs/{id}/files/{name:path}",
    KNOWN,
    response_class=FileResponse,
    responses={200: {"description": "The file.", "content": {_BYTES: {"schema": {"type": "string"}}}}},
)
def file(
    request: Request, caller: Known, id: _Id, name: Annotated[str, Path(min_length=1, max_length=300)]
) -> Response:
    """A file that a job made."""
    path = _seen(request, caller, id).files.get(name)
    if path is None:
        raise Problem(404, "WEB-NO-JOB-FILE", name=name)
    return FileResponse(path, filename=path.name, media_type=_BYTES)


@door.get(
    "/jobs/{id}/events",
    KNOWN,
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Server-sent events `state` and `progress`, until the job is over.",
            "content": {"text/event-stream": {"schema": {"type": "string"}}},
        }
    },
)
def events(
    request: Request,
    caller: Known,
    id: _Id,
    last_event_id: Annotated[str, Header(max_length=20, pattern=r"^[0-9]*$")] = "",
    after: Annotated[int, Query(ge=0, le=1 << 40, description="Only events after the one of this number.")] = 0,
) -> Response:
    """What happens to a job, as it happens. A reader that was cut off goes on with `Last-Event-ID`."""
    found = _seen(request, caller, id)
    start = max(after, int(last_event_id or 0))
    return StreamingResponse(_stream(office_of(request), found, start), media_type="text/event-stream")


def _after(office: Office, found: Job, last: int) -> list[Event]:
    return list(office.jobs.events(found, last))


async def _stream(office: Office, found: Job, last: int) -> AsyncIterator[str]:
    quiet = 0.0
    while True:
        new = await run_in_threadpool(partial(_after, office, found, last))
        for one in new:
            last, kind = one.number, "state" if "state" in one.told else "progress"
            yield f"id: {one.number}\nevent: {kind}\ndata: {json.dumps(one.told, ensure_ascii=False)}\n\n"
        try:
            over = (await run_in_threadpool(office.jobs.get, found.id)).over
        except Problem:  # it was taken away
            return
        if over and not new:
            return
        quiet = 0.0 if new else quiet + _LOOK_S
        if quiet >= _QUIET_S:
            quiet = 0.0
            yield ": still there\n\n"
        if not over:
            await asyncio.sleep(_LOOK_S)
