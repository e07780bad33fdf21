"""From a total to a parcel, and from the parcel to the row of the file."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Request, Response

from tilth import api
from tilth.web.answers import tagged
from tilth.web.asked import Region
from tilth.web.door import Door
from tilth.web.records import ParcelRecord
from tilth.web.state import office_of

door = Door("parcels")


@door.get("/parcels/{year}/{parcel_id}", "read", tagged=True, response_model=ParcelRecord)
def parcel(
    request: Request,
    year: Annotated[int, Path(ge=1900, le=2200)],
    parcel_id: Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")],
    region: Region = None,
) -> Response:
    """One parcel: attributes, source file and row, hash, findings, shape in longitude and latitude."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.parcel(place, year=year, parcel=parcel_id, region=region), book=False)
