"""What surveys say: findings, land tables, flows and changes; and which survey a year uses."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from tilth import api
from tilth.web import records, table_records
from tilth.web.answers import tagged
from tilth.web.asked import Cursor, Level, Limit, Region, Year, cursor_at, place_of
from tilth.web.door import Door
from tilth.web.once import Write
from tilth.web.state import office_of

door = Door("surveys")

_From = Annotated[int, Query(ge=1900, le=2200, alias="from", description="The earlier year.", examples=[2023])]
_To = Annotated[int, Query(ge=1900, le=2200, alias="to", description="The later year.", examples=[2024])]
_Code = Annotated[str, Query(max_length=40, pattern=r"^[A-Za-z0-9_-]*$")]
_Id = Annotated[str, Path(pattern=r"^[0-9a-f]{6,64}$", description="The beginning of an id of `workspace`.")]


@door.get("/validate", "read", tagged=True, response_model=table_records.FindingPage)
def validate(
    request: Request,
    year: Year,
    region: Region = None,
    severity: Annotated[str, Query(pattern="^(breaks|odd)?$")] = "",
    code: _Code = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """What is wrong with a year's survey: rules V1 to V15 and geometry."""
    place, beyond = office_of(request).workspace, place_of(cursor) or 0

    def page() -> dict[str, object]:
        found = api.findings_page(
            place, year=year, region=region, severity=severity, code=code, beyond=beyond, limit=limit
        )
        return found | {"next": cursor_at(found["next"])}

    return tagged(request, page, book=False)


@door.get("/accounts", "read", tagged=True, response_model=table_records.TablesRecord)
def accounts(request: Request, year: Year, level: Level = "township", region: Region = None) -> Response:
    """The official status tables of a year."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.accounts_record(place, year=year, level=level, region=region), book=False)


@door.get("/flows", "read", tagged=True, response_model=table_records.FlowsRecord)
def flows(request: Request, before: _From, after: _To, level: Level = "township", region: Region = None) -> Response:
    """Flow matrix and accounts between two years; both margins close to 0.01 m²."""
    place = office_of(request).workspace
    return tagged(
        request, lambda: api.flows_record(place, before=before, after=after, level=level, region=region), book=False
    )


@door.get("/changes", "read", tagged=True, response_model=table_records.ChangePage)
def changes(
    request: Request,
    before: _From,
    after: _To,
    old_class: _Code = "",
    new_class: _Code = "",
    kind: _Code = "",
    region: Region = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """The change list: every piece of land that is not what it was. Classes may be given by how their codes begin."""
    place, beyond = office_of(request).workspace, place_of(cursor) or 0
    wanted = api.ChangesWanted(kind, old_class, new_class, region)

    def page() -> dict[str, object]:
        found = api.changes_page(place, before=before, after=after, wanted=wanted, beyond=beyond, limit=limit)
        return found | {"next": cursor_at(found["next"])}

    return tagged(request, page, book=False)


@door.get("/today", "read", tagged=True, response_model=records.TodayRecord)
def today(request: Request, region: Region = None) -> Response:
    """What needs doing, what is urgent first."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.today(place, region=region))


@door.put("/stored/{id}/use", "edit", response_model=records.StoredRecord)
def use(request: Request, write: Write, id: _Id) -> Response:
    """Make a stored survey or layer the one in use again."""
    place = office_of(request).workspace
    return write.answer("", lambda: api.use(place, id), status=200)


@door.delete("/stored/{id}/use", "edit", response_model=records.StoredRecord)
def set_aside(request: Request, write: Write, id: _Id) -> Response:
    """Take a stored survey or layer out of use; it stays in the workspace."""
    place = office_of(request).workspace
    return write.answer("", lambda: api.set_aside(place, id), status=200)
