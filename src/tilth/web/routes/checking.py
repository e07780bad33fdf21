"""Is a footprint clear? Judged by every rule; nothing of it is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from tilth import api
from tilth.web import uploads
from tilth.web.access import require
from tilth.web.answers import told
from tilth.web.asked import Crs, Day, Encoding, Name, Region, Year
from tilth.web.door import Door
from tilth.web.records import VerdictRecord
from tilth.web.state import office_of
from tilth.web.uploads import Sent

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
def check(
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
    found = api.judge(
        place, sent.file, year=year, act_date=act_date, contests=sent.parts.get("contests"),
        rules=sent.parts.get("rules"), layer=layer, encoding=encoding, crs=crs,
    )  # fmt: skip
    require(request, "check", *sorted(found.regions(place)))
    return told(found.as_record())
