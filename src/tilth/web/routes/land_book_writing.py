"""Writing in the land book. Whoever asks signs: no name of another is taken."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.web import book_records, uploads
from tilth.web.access import require, signed_as
from tilth.web.answers import tagged
from tilth.web.asked import Region, Year
from tilth.web.door import Door
from tilth.web.once import Once, Write
from tilth.web.state import office_of
from tilth.web.uploads import Sent

door = Door("land book", "/api/v1/ledger")

_PLAIN = r"^[^\x00-\x1f]+$"
_Words = Annotated[str, Field(min_length=1, max_length=200, pattern=_PLAIN)]
_Code = Annotated[str, Field(min_length=1, max_length=32, pattern=_PLAIN)]
_Entries = Annotated[Sent, Depends(uploads.sending(uploads.ENTRIES, raw="entries.json"))]
_ENTRIES = uploads.described(
    raw={
        "type": "object",
        "required": ["entries"],
        "properties": {
            "entries": {
                "type": "array",
                "description": "Entries as in a file of the command line: `id`, `kind`, `posting_date`, `lines`, …",
                "items": {"type": "object", "required": ["id", "kind", "posting_date"]},
            }
        },
        "examples": [
            {
                "entries": [
                    {
                        "id": "restore-7", "kind": "RESTORE", "posting_date": "2024-03-01", "evidence": "acceptance 7",
                        "lines": [
                            {"account": "LAND:0201", "area_m2": "-30.00"},
                            {"account": "LAND:0103", "stable": 1, "grade": 5, "area_m2": "30.00"},
                        ],
                    }
                ]
            }
        ],
    },
    file="Entries as JSON, or as CSV with a row for each line.",
)  # fmt: skip


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


@door.post("/entries", "submit", status_code=201, response_model=book_records.BookedRecord, openapi_extra=_ENTRIES)
def post(request: Request, sent: _Entries, write: Write, region: Region = None) -> Response:
    """Post entries: all of them, or none. Entries that stand in the book already are harmless."""
    return _posted(request, sent, write, reserve=False)


@door.post("/reservations", "submit", status_code=201, response_model=book_records.BookedRecord, openapi_extra=_ENTRIES)
def reserve(request: Request, sent: _Entries, write: Write, region: Region = None) -> Response:
    """Hold what entries take until they are posted, voided or expired."""
    return _posted(request, sent, write, reserve=True)


def _posted(request: Request, sent: Sent, write: Once, *, reserve: bool) -> Response:
    place, author = office_of(request).workspace, write.caller.name
    found = api.offered(place, sent.file, author=author, reserve=reserve)
    for name in found.authors:
        signed_as(write.caller, name)
    for action, region in sorted(found.acts):
        require(request, action, region)
    work = api.ledger_reserve if reserve else api.ledger_post
    return write.answer(sent.digest, lambda: work(place, sent.file, author=author).as_record())


class LettingGo(_Asked):
    """Why a reservation is let go."""

    evidence: _Words
    on: date | None = None


@door.post("/reservations/{id}/void", "check", status_code=201, response_model=book_records.BookedRecord)
def void(
    request: Request,
    write: Write,
    given: LettingGo,
    id: Annotated[str, Path(min_length=1, max_length=100, pattern=_PLAIN)],
    region: Region = None,
) -> Response:
    """Let go what a reservation holds: one's own by whoever submits, that of another by whoever decides."""
    place, author = office_of(request).workspace, write.caller.name
    for action, one in sorted(api.letting_go_needs(place, id, author=author)):
        request.state.action = action
        require(request, action, one)
    return write.answer(
        given.model_dump_json(),
        lambda: api.ledger_void(place, id, evidence=given.evidence, author=author, on=given.on).as_record(),
    )


class Expiring(_Asked):
    """Until when reservations are let go."""

    evidence: _Words
    on: date | None = None


@door.post("/expiries", "decide", status_code=201, response_model=book_records.BookedRecord)
def expire(request: Request, write: Write, given: Expiring) -> Response:
    """Let go what every reservation holds whose last day is over."""
    place, author = office_of(request).workspace, write.caller.name
    return write.answer(
        given.model_dump_json(),
        lambda: api.ledger_expire(place, evidence=given.evidence, author=author, on=given.on).as_record(),
    )


class Transfer(_Asked):
    """Pool or cap from one region to another. Hectares as text, so that nothing is rounded."""

    seller: _Code
    buyer: _Code
    account: Annotated[str, Field(max_length=64, pattern=r"^[A-Z]+(:[A-Za-z0-9_-]+)?$", examples=["POOL:RESTORED"])]
    area_ha: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$", examples=["3.25"])]
    evidence: _Words
    grade: Annotated[int | None, Field(ge=0, le=10)] = None
    paddy: bool | None = None
    stable: bool | None = None
    paddy_ha: Annotated[str, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")] = "0"
    capacity_kg: Annotated[int, Field(ge=0, le=10**15)] = 0
    on: date | None = None
    by_state: bool = False
    id: Annotated[str, Field(max_length=100)] = ""


@door.post("/transfers", "decide", status_code=201, response_model=book_records.BookedRecord)
def transfer(request: Request, write: Write, given: Transfer, region: Region = None) -> Response:
    """Give pool or cap to another region; whoever does it decides in both."""
    place, author = office_of(request).workspace, write.caller.name
    require(request, "decide", given.seller, given.buyer)
    asked: dict[str, Any] = given.model_dump()
    return write.answer(given.model_dump_json(), lambda: api.ledger_transfer(place, **asked, author=author).as_record())


class Closing(_Asked):
    """The year that is over, and the document that closes it."""

    year: Annotated[int, Field(ge=1900, le=2200)]
    evidence: _Words


@door.post("/closings", "decide", status_code=201, response_model=book_records.ClosingRecord)
def close(request: Request, write: Write, given: Closing, region: Region = None) -> Response:
    """Close a year for a region and all below it; nothing is posted in it any more."""
    place, author = office_of(request).workspace, write.caller.name
    return write.answer(
        given.model_dump_json(),
        lambda: api.ledger_close(
            place, year=given.year, evidence=given.evidence, author=author, region=region
        ).as_record(),
    )


class Settlement(_Asked):
    """A claim to write off against accepted compensation; with `dry_run` it is only proposed."""

    occupation: Annotated[str, Field(min_length=1, max_length=100, pattern=_PLAIN)]
    evidence: Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")] = ""
    area_ha: Annotated[str | None, Field(pattern=r"^[0-9]{1,12}(\.[0-9]{1,6})?$")] = None
    use: Annotated[list[Annotated[str, Field(max_length=100, pattern=_PLAIN)]], Field(max_length=100)] = []
    on: date | None = None
    id: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = ""
    dry_run: bool = False


@door.post("/settlements", "submit", status_code=201, response_model=book_records.SettledRecord)
def settle(request: Request, write: Write, given: Settlement, region: Region = None) -> Response:
    """Write off the claim of an occupation against the pool of its region, the oldest acceptance first."""
    place, author = office_of(request).workspace, write.caller.name
    for one in sorted(api.claim_regions(place, given.occupation)):
        require(request, "submit", one)
    asked: dict[str, Any] = given.model_dump()
    return write.answer(given.model_dump_json(), lambda: api.ledger_settle(place, **asked, author=author).as_record())


@door.get("/follow-up", "read", tagged=True, response_model=book_records.FollowUpRecord)
def follow_up(request: Request, year: Year) -> Response:
    """Are accepted parcels farmland in the survey of a later year?"""
    place = office_of(request).workspace
    return tagged(request, lambda: api.ledger_follow_up(place, year=year).as_record())


class TakingBack(_Asked):
    """The year whose survey is asked, and the document that counter-entries rest on."""

    year: Annotated[int, Field(ge=1900, le=2200)]
    evidence: _Words
    on: date | None = None


@door.post("/follow-ups", "accept", status_code=201, response_model=book_records.FollowUpRecord)
def take_back(request: Request, write: Write, given: TakingBack) -> Response:
    """Take back accepted parcels that are no farmland in the survey of a later year."""
    place, author = office_of(request).workspace, write.caller.name

    def work() -> dict[str, Any]:
        return api.ledger_follow_up(
            place, year=given.year, post=True, evidence=given.evidence, author=author, on=given.on
        ).as_record()

    return write.answer(given.model_dump_json(), work)
