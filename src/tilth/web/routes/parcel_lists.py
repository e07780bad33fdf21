"""The parcels behind a total, and what the ground of a parcel was in other years."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query, Request, Response

from tilth import api
from tilth.web.answers import tagged
from tilth.web.asked import Cursor, Limit, Region, Year, cursor_at, place_of
from tilth.web.door import Door
from tilth.web.parcel_records import ParcelPage, ParcelYears
from tilth.web.state import office_of

door = Door("parcels")

_Class = Annotated[
    str, Query(max_length=20, pattern=r"^[0-9A-Za-z]*$", description="Only parcels of this class, of any level: 01.")
]


@door.get("/parcels", "read", tagged=True, response_model=ParcelPage)
def parcels(
    request: Request,
    year: Year,
    region: Region = None,
    class_code: _Class = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """Parcels of a region and a class, with how many there are and their sums over all pages."""
    place, after = office_of(request).workspace, place_of(cursor) or 0

    def page() -> dict[str, object]:
        found = api.parcel_list(place, year=year, region=region, class_code=class_code, after=after, limit=limit)
        return found | {"next": cursor_at(found["next"])}

    return tagged(request, page, book=False)


@door.get("/parcels/{year}/{parcel_id}/years", "read", tagged=True, response_model=ParcelYears)
def parcel_years(
    request: Request,
    year: Annotated[int, Path(ge=1900, le=2200)],
    parcel_id: Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")],
    region: Region = None,
) -> Response:
    """What every survey says of the ground where a point inside the parcel lies."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.parcel_years(place, year=year, parcel=parcel_id, region=region), book=False)
