"""Replacement land: one person submits it, another accepts or refuses it. Both are who is signed in, whatever a request
says."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.core import NotFound
from tilth.ledger import Submission
from tilth.web import uploads
from tilth.web.access import known_submitter, require, visible
from tilth.web.answers import told
from tilth.web.asked import Crs, Encoding, Name, Region
from tilth.web.book_records import AcceptanceRecord
from tilth.web.door import Door
from tilth.web.once import Write
from tilth.web.state import office_of
from tilth.web.submission_records import SubmissionList, SubmissionRecord
from tilth.web.uploads import Sent

door = Door("land book", "/api/v1/ledger")

_PLAIN = r"^[^\x00-\x1f]+$"
_Parcels = Annotated[Sent, Depends(uploads.sending(uploads.VECTORS))]
_Words = Annotated[str, Field(min_length=1, max_length=200, pattern=_PLAIN)]
_Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="The id of a submission.")]
_State = Annotated[str, Query(pattern="^(submitted|accepted|refused|withdrawn)?$", description="Only in this state.")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


@door.post(
    "/submissions",
    "submit",
    status_code=201,
    response_model=SubmissionRecord,
    openapi_extra=uploads.described(file="Replacement parcels: any vector file, a row for each."),
)
def submit(
    request: Request,
    sent: _Parcels,
    write: Write,
    region: Region = None,
    note: Annotated[str, Query(max_length=500, pattern=r"^[^\x00-\x1f]*$")] = "",
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
) -> Response:
    """Submit replacement land, for somebody else to accept. The file is kept as it is sent."""
    place = office_of(request).workspace
    known_submitter(request, write.caller.name, region or place.region)
    return write.answer(
        sent.digest,
        lambda: api.submit_land(
            place, sent.file, submitter=write.caller.name, region=region, note=note, layer=layer, encoding=encoding,
            crs=crs,
        ).as_record(),
    )  # fmt: skip


@door.get("/submissions", "read", anywhere=True, response_model=SubmissionList)
def submissions(request: Request, state: _State = "") -> Response:
    """What was submitted for the regions that the caller may see, newest first."""
    listed = api.land_submissions(office_of(request).workspace, state=state)
    seen = set(visible(request, "read", {one.region for one in listed}))
    return told({"submissions": [one.as_record() for one in listed if one.region in seen]})


@door.get("/submissions/{id}", "read", anywhere=True, response_model=SubmissionRecord)
def submission(request: Request, id: _Id) -> Response:
    """One submission."""
    return told(_seen(request, id).as_record())


@door.get(
    "/submissions/{id}/file",
    "read",
    anywhere=True,
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The file."}},
)
def submitted_file(request: Request, id: _Id) -> Response:
    """The file as it was submitted."""
    one = _seen(request, id)
    named = f"attachment; filename*=UTF-8''{quote(one.file, safe='')}"
    content = api.submitted_file(office_of(request).workspace, id)
    return Response(content, headers={"Content-Disposition": named}, media_type="application/octet-stream")


@door.delete("/submissions/{id}", "submit", anywhere=True, response_model=SubmissionRecord)
def withdraw(request: Request, id: _Id, write: Write) -> Response:
    """Take back what one submitted oneself and nobody has decided on."""
    one = _seen(request, id)
    require(request, "submit", one.region)
    place, author = office_of(request).workspace, write.caller.name
    return write.answer("", lambda: api.withdraw_submission(place, id, author=author).as_record(), status=200)


class Refusal(_Asked):
    """Why the land is not accepted."""

    reason: _Words


@door.post("/submissions/{id}/refusal", "accept", status_code=201, response_model=SubmissionRecord)
def refuse(request: Request, id: _Id, write: Write, given: Refusal) -> Response:
    """Send back what somebody else submitted, with the reason."""
    place, author = office_of(request).workspace, write.caller.name
    request.state.region = api.land_submission(place, id).region
    return write.answer(
        given.model_dump_json(),
        lambda: api.refuse_submission(place, id, reason=given.reason, author=author).as_record(),
    )


class Accepting(_Asked):
    """Which submission is accepted, by which document."""

    submission: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    evidence: _Words
    only_passing: bool = False
    base_year: Annotated[int | None, Field(ge=1900, le=2200)] = None
    on: date | None = None


@door.post("/acceptances", "accept", status_code=201, response_model=AcceptanceRecord)
def accept(request: Request, write: Write, given: Accepting) -> Response:
    """Check submitted land by A1 to A13 and accept it into the pool: all parcels or none, or those that pass."""
    place, author = office_of(request).workspace, write.caller.name
    one = api.land_submission(place, given.submission)
    request.state.region = one.region
    known_submitter(request, one.submitter, one.region)

    def work() -> dict[str, Any]:
        return api.accept_submission(
            place, one.id, evidence=given.evidence, author=author, only_passing=given.only_passing,
            base_year=given.base_year, on=given.on,
        ).as_record()  # fmt: skip

    return write.answer(given.model_dump_json(), work)


def _seen(request: Request, id: str) -> Submission:
    """The submission, if the caller may see its region; else as if there were none."""
    one = api.land_submission(office_of(request).workspace, id)
    if not visible(request, "read", [one.region]):
        raise NotFound("SUBMIT-NONE", id=id)
    return one
