"""Where every region stands against its tasks."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request, Response

from tilth import api
from tilth.web.answers import tagged
from tilth.web.asked import Group, MaybeYear, Region
from tilth.web.door import Door
from tilth.web.records import StandingRecord
from tilth.web.state import office_of

door = Door("standing")


@door.get("/standing", "read", tagged=True, response_model=StandingRecord)
def standing(
    request: Request,
    year: MaybeYear = None,
    region: Region = None,
    group: Group = None,
    quality: Annotated[bool, Query(description="List the parcels that lack a quality grade.")] = False,
) -> Response:
    """Farmland and permanent basic farmland against the tasks, land book, quality and trend."""
    place = office_of(request).workspace
    return tagged(
        request, lambda: api.standing(place, year=year, region=region, group=group, quality=quality).as_record()
    )
