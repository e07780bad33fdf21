"""One parcel's soil: chance of each class, interval, options side by side, salt through time; and what these need."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Query, Request, Response

from tilth import api
from tilth.web import soil_records, uploads
from tilth.web.answers import tagged
from tilth.web.asked import Region
from tilth.web.door import Door
from tilth.web.once import Write
from tilth.web.records import JobRecord
from tilth.web.state import office_of
from tilth.web.uploads import Sent
from tilth.web.working import begun

door = Door("soil")

_WORDS = r"^[^\x00-\x1f]+$"
_Year = Annotated[int, Path(ge=1900, le=2200)]
_Parcel = Annotated[str, Path(min_length=1, max_length=64, pattern=_WORDS)]
_Map = Annotated[str, Query(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f/\\]+$", description="A finished map.")]
_Table = Annotated[Sent, Depends(uploads.sending((".csv", ".txt")))]
_Some = Annotated[list[str] | None, Query(max_length=40)]


@door.get("/soil/parcels/{year}/{parcel_id}", "read", tagged=True, response_model=soil_records.ParcelSoilRecord)
def parcel(request: Request, year: _Year, parcel_id: _Parcel, map: _Map, region: Region = None) -> Response:
    """What a map says of a parcel: chance of each class, salinity with its interval, land it was never tested on."""
    place = office_of(request).workspace
    return tagged(
        request,
        lambda: api.soil_parcel(place, year=year, parcel=parcel_id, map=map, region=region),
        state_of=api.soil_state_of,
    )


@door.get(
    "/soil/parcels/{year}/{parcel_id}/options", "read", tagged=True, response_model=soil_records.ParcelOptionsRecord
)
def options(
    request: Request,
    year: _Year,
    parcel_id: _Parcel,
    map: _Map,
    fit: Annotated[str, Query(pattern="^(crop-to-land|land-to-crop)$")] = "land-to-crop",
    crop: Annotated[str, Query(min_length=1, max_length=60, pattern=_WORDS)] = "cotton",
    crops: _Some = None,
    measure: Annotated[list[str] | None, Query(max_length=40, description="GYPSUM; two at once as A+B.")] = None,
    years: Annotated[int, Query(ge=1, le=50)] = 10,
    target: Annotated[float, Query(ge=0, le=1, description="Share of full yield that a year has to reach.")] = 0.5,
    texture: Annotated[str | None, Query(min_length=1, max_length=40, pattern=_WORDS)] = None,
    groundwater_depth_m: Annotated[float | None, Query(ge=0, le=200)] = None,
    groundwater_ec_ds_m: Annotated[float | None, Query(ge=0, le=200)] = None,
    outlet: bool | None = None,
    water: bool | None = None,
    region: Region = None,
) -> Response:
    """Options of a parcel: value, cost, water, salt left, risk of failure, and salt through time with its band."""
    place = office_of(request).workspace
    ground = api.Ground(texture, groundwater_depth_m, groundwater_ec_ds_m, outlet=outlet, water=water)
    asked = api.SaltAsked(ground, fit, crop, crops or (), measure or (), years, target)
    return tagged(
        request,
        lambda: api.parcel_salt(place, year=year, parcel=parcel_id, map=map, asked=asked, region=region),
        state_of=api.soil_state_of,
    )


@door.get("/soil/salt", "read", tagged=True, anywhere=True, response_model=soil_records.SaltFactsRecord)
def facts(request: Request) -> Response:
    """What is known for the salt chain: weather, ground, textures, crops that have a calendar, measures."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.salt_facts(place), state_of=api.soil_state_of)


@door.post(
    "/imports/weather",
    "edit",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="A table (CSV) of rain and reference evaporation by month, decade or day."),
)
def import_weather(request: Request, sent: _Table, write: Write) -> Response:
    """Bring in the weather of the salt chain, in the place of the one before."""
    place = office_of(request).workspace
    return begun(request, write, "import-weather", lambda at: api.import_weather(place, at.sent.file), sent=sent)


@door.post(
    "/imports/ground",
    "edit",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="A table (CSV) of texture and groundwater by parcel or region."),
)
def import_ground(request: Request, sent: _Table, write: Write) -> Response:
    """Bring in texture and groundwater, in the place of the table before."""
    place = office_of(request).workspace
    return begun(request, write, "import-ground", lambda at: api.import_ground(place, at.sent.file), sent=sent)
