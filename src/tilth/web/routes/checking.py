"""Is a footprint clear? Judged by every rule; nothing of it is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from tilth import api
from tilth.web import uploads
from tilth.web.access import require
from tilth.web.answers import JSON, told
from tilth.web.asked import Crs, Day, Encoding, Name, Region, Year
from tilth.web.door import Door
from tilth.web.heavy import heavily
from tilth.web.problems import Problem
from tilth.web.records import UnderRecord, VerdictRecord
from tilth.web.state import office_of
from tilth.web.uploads import Sent

#: Largest drawing whose areas are found at once. [bytes]
MOST_DRAWN = 4 << 20

door = Door("checks")

_Footprint = Annotated[
    Sent,
    Depends(
        uploads.sending(uploads.VECTORS, raw="footprint.geojson", contests=(".csv", ".json"), rules=(".toml", ".txt"))
    ),
]


@door.post(
    "/checks",
    "check",
    response_model=VerdictRecord,
    openapi_extra=uploads.described(
        raw=uploads.GEOJSON,
        file="The footprint: any vector file, or a zip of its parts.",
        contests="CSV or JSON of objections to single hits.",
        rules="A rule pack of the province's own (TOML).",
    ),
)
async def check(
    request: Request,
    sent: _Footprint,
    year: Year,
    region: Region = None,
    act_date: Day = None,
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
) -> Response:
    """The verdict on a footprint, with hits and plots in longitude and latitude.

    With `region`, a footprint that reaches beyond it needs the right to check there too.
    """
    place = office_of(request).workspace

    def work() -> Response:
        found = api.judge(
            place, sent.file, year=year, act_date=act_date, contests=sent.parts.get("contests"),
            rules=sent.parts.get("rules"), layer=layer, encoding=encoding, crs=crs,
        )  # fmt: skip
        require(request, "check", *sorted(found.regions(place)))
        return told(found.as_record())

    return await heavily(request, work)


async def _drawn(request: Request) -> bytes:
    """The body of a request, that is no more than a drawing."""
    parts, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MOST_DRAWN:
            raise Problem(413, "WEB-DRAWN-TOO-LARGE", most=MOST_DRAWN >> 20)
        parts.append(chunk)
    return b"".join(parts)


@door.post(
    "/checks/areas",
    "check",
    response_model=UnderRecord,
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": uploads.GEOJSON}}}},
)
def areas_under(
    request: Request,
    drawn: Annotated[bytes, Depends(_drawn)],
    year: Year,
    region: Region = None,
    crs: Crs = None,
) -> Response:
    """Which parcels and features lie under a footprint, and how much of each: no rule is asked. For whoever draws.

    With `region`, a footprint that reaches beyond it needs the right to check there too.
    """
    place = office_of(request).workspace
    found = api.land_under(place, drawn, year=year, crs=crs)
    require(request, "check", *sorted(found.regions(place)))
    return Response(found.as_json().encode("utf-8", "replace"), media_type=JSON)
