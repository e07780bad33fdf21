"""Salinity maps: the rasters they are made over, maps and trials as jobs, finished maps with their pictures."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.core.language import language
from tilth.web import soil_records, uploads
from tilth.web.answers import tagged
from tilth.web.door import Door
from tilth.web.jobs import Place
from tilth.web.once import Write
from tilth.web.records import JobRecord
from tilth.web.routes.tiles import PNG, Zoom, pictured, sent
from tilth.web.routes.tiles import Place as TilePlace
from tilth.web.state import office_of
from tilth.web.uploads import Sent
from tilth.web.working import begun

door = Door("soil")

_TEXT = r"^[^\x00-\x1f/\\]+$"
_BYTES = "application/octet-stream"
_Name = Annotated[str, Path(min_length=1, max_length=80, pattern=_TEXT)]
_Words = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
_By = Annotated[
    str,
    Query(
        pattern="^(mean|lower|median|upper|width|class|applicability|p[0-9]{1,2})$",
        description="What is shown; p0, p1, … is the chance of a class.",
    ),
]
_Raster = Annotated[Sent, Depends(uploads.sending(uploads.RASTERS))]


@door.get("/soil/samples/{name}", "read", tagged=True, response_model=soil_records.SampleSetRecord)
def sample_set(request: Request, name: _Name) -> Response:
    """A set of samples: what was set aside, conversions by method, findings, and each sample at its place."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.soil_sample_set(place, name), state_of=api.soil_state_of)


@door.get("/soil/rasters", "read", tagged=True, response_model=list[soil_records.RasterRecord])
def rasters(request: Request) -> Response:
    """The rasters of covariates that are kept to map over."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.soil_rasters(place), state_of=api.soil_state_of)


@door.post(
    "/imports/raster",
    "edit",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="A GeoTIFF, square cells in metres."),
)
def import_raster(
    request: Request,
    sent: _Raster,
    write: Write,
    name: Annotated[str, Query(max_length=80, pattern=r"^[^\x00-\x1f/\\]*$")] = "",
) -> Response:
    """Bring in a raster of covariates."""
    place = office_of(request).workspace
    return begun(
        request, write, "import-raster", lambda at: api.import_raster(place, at.sent.file, name=name), sent=sent
    )


@door.get("/soil/maps", "read", tagged=True, response_model=list[soil_records.MapShortRecord])
def maps(request: Request) -> Response:
    """The finished maps, the newest first."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.soil_maps(place), state_of=api.soil_state_of)


@door.get("/soil/maps/{name}", "read", tagged=True, response_model=soil_records.MapRecord)
def map_(request: Request, name: _Name) -> Response:
    """A finished map: quantities with legends, its tiles, area of each class with intervals, its validation."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.soil_map_record(place, name), state_of=api.soil_state_of)


@door.get(
    "/soil/maps/{name}/tiles/{z}/{x}/{y}.png", "read", response_class=Response,
    responses={status: said for status, said in pictured(PNG).items() if status != 503},
)  # fmt: skip
def tile(request: Request, name: _Name, z: Zoom, x: TilePlace, y: TilePlace, by: _By = "mean") -> Response:
    """A picture of a map in Web Mercator."""
    return sent(request, api.soil_map_tile(office_of(request).workspace, name, by, z, x, y), PNG)


@door.get(
    "/soil/maps/{name}/files/{file}",
    "read",
    response_class=FileResponse,
    responses={200: {"description": "The file.", "content": {_BYTES: {"schema": {"type": "string"}}}}},
)
def map_file(
    request: Request, name: _Name, file: Annotated[str, Path(min_length=1, max_length=80, pattern=_TEXT)]
) -> Response:
    """A file of a map: rasters (COG), parcels, what is known of it."""
    path = api.soil_map_file(office_of(request).workspace, name, file)
    return FileResponse(path, filename=path.name, media_type=_BYTES)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    samples: _Words
    rasters: Annotated[list[_Words], Field(max_length=60)] = []
    seed: Annotated[int, Field(ge=0, lt=1 << 31)] = 0


class SoilMap(_Asked):
    """Which map: a stored set of samples over kept rasters (all of them if none are named), by a scheme or bounds."""

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=_TEXT)] = "salinity"
    scheme: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_-]+$")] = "fao-salinity"
    bounds: Annotated[list[Annotated[float, Field(gt=0, le=1000)]], Field(max_length=20)] = []
    year: Annotated[int | None, Field(ge=1900, le=2200)] = None
    depth: Annotated[float | None, Field(ge=0, le=1000)] = None
    drawn: bool = False


@door.post("/soil/maps", "edit", status_code=202, response_model=JobRecord)
def make_map(request: Request, write: Write, given: SoilMap) -> Response:
    """Make a map: rasters, classes of the parcels of a survey, area of each class. A map that was stopped goes on."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        done = api.make_soil_map(
            place, given.samples, rasters=given.rasters, name=given.name, depth=given.depth, scheme=given.scheme,
            bounds=given.bounds, year=given.year, drawn=given.drawn, seed=given.seed, files=at.files,
        )  # fmt: skip
        return done.as_record() | {"folder": done.folder.name}

    return begun(request, write, "soil-map", work, content=given.model_dump_json() + language())


class SoilTrial(_Asked):
    """Which trial; kept beside the map that is named."""

    folds: Annotated[int, Field(ge=2, le=50)] = 10
    block_m: Annotated[float, Field(ge=0, le=1_000_000)] = 0
    random_split: bool = True
    map: Annotated[str | None, Field(min_length=1, max_length=80, pattern=_TEXT)] = None


@door.post("/soil/validations", "edit", status_code=202, response_model=JobRecord)
def validation(request: Request, write: Write, given: SoilTrial) -> Response:
    """Hold out every block of land once: how near the model comes, beside four baselines."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        return api.try_soil_map(
            place, given.samples, rasters=given.rasters, folds=given.folds, side=given.block_m,
            random_split=given.random_split, seed=given.seed, map=given.map,
        ).as_record()  # fmt: skip

    return begun(request, write, "soil-validation", work, content=given.model_dump_json())
