"""The land book to look at."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from tilth import api
from tilth.web import book_records
from tilth.web.answers import tagged
from tilth.web.asked import Cursor, Day, Group, Limit, Region, Year, cursor_at, place_of
from tilth.web.door import Door
from tilth.web.state import office_of

door = Door("land book", "/api/v1/ledger")

_Account = Annotated[
    str, Query(max_length=64, pattern=r"^[^\x00-\x1f]*$", description="Accounts whose names begin so: POOL, LAND:01.")
]
_Kind = Annotated[str, Query(max_length=40, pattern=r"^[A-Za-z-]*$", description="Only entries of this kind: OPENING.")]


@door.get("/balance", "read", tagged=True, response_model=list[book_records.BalanceRecord])
def balance(request: Request, region: Region = None, date: Day = None, account: _Account = "") -> Response:
    """What the accounts of a region hold at the end of a day, or as they stand."""
    place = office_of(request).workspace
    return tagged(
        request, lambda: api.balance_records(api.ledger_balance(place, region=region, account=account, on=date))
    )


@door.get("/entries", "read", tagged=True, response_model=book_records.EntryPage)
def entries(
    request: Request,
    region: Region = None,
    cursor: Cursor = None,
    limit: Limit = 50,
    since: Day = None,
    until: Day = None,
    kind: _Kind = "",
) -> Response:
    """Entries of a region and all below it, newest first. Where few are wanted a page may hold less than `limit`."""
    place, below = office_of(request).workspace, place_of(cursor)

    def page() -> dict[str, object]:
        found = api.ledger_entries(place, region=region, below=below, limit=limit, since=since, until=until, kind=kind)
        return found | {"next": cursor_at(found["next"])}

    return tagged(request, page)


@door.get("/entry", "read", tagged=True, response_model=book_records.EntryRecord)
def entry(
    request: Request,
    id: Annotated[str, Query(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")],
    region: Region = None,
) -> Response:
    """One entry by its id."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.ledger_entry(place, id, region=region))


@door.get("/reservations", "read", tagged=True, response_model=list[book_records.ReservationRecord])
def reservations(request: Request, region: Region = None) -> Response:
    """Reservations that nobody posted, voided or let expire: what each holds, and its last day."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.ledger_reservations_of(place, region=region))


@door.get("/assessment", "read", tagged=True, response_model=book_records.AssessmentRecord)
def assessment(request: Request, year: Year, region: Region = None) -> Response:
    """A year tested by every invariant and rule: what was found, what is wanted, by which rule, how sure."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.ledger_assess(place, year=year, region=region).as_record())


@door.get("/statement", "read", tagged=True, response_model=book_records.StatementRecord)
def statement(request: Request, year: Year, region: Region = None, group: Group = None) -> Response:
    """The statement of a year: pool, occupations, compensation, cap, red line, tests and all entries."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.ledger_statement_record(place, year=year, region=region, group=group))


@door.get("/rules", "read", tagged=True, response_model=book_records.RulesRecord)
def rules(request: Request) -> Response:
    """The rule pack that the book is tested by."""
    place = office_of(request).workspace

    def record() -> dict[str, object]:
        found = api.ledger_rules(place)
        return {
            "id": found.id, "version": found.version, "title": str(found.title), "digest": found.digest,
            "rules": [one.as_record() for one in found.rules],
        }  # fmt: skip

    return tagged(request, record)
