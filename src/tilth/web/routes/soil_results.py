"""Zones, trends, candidate land and places to sample next: made as jobs, then listed, told and fetched with files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import Path, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.core.language import language
from tilth.web import soil_records
from tilth.web.answers import tagged
from tilth.web.door import Door
from tilth.web.once import Write
from tilth.web.records import JobRecord
from tilth.web.state import office_of
from tilth.web.working import begun

door = Door("soil")

_TEXT = r"^[^\x00-\x1f/\\]+$"
_BYTES = "application/octet-stream"
_Kind = Annotated[Literal["zones", "trends", "candidates", "next-samples"], Path()]
_Name = Annotated[str, Path(min_length=1, max_length=80, pattern=_TEXT)]
_Words = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]
_Names = Annotated[list[_Words], Field(max_length=60)]
_Year = Annotated[int, Field(ge=1900, le=2200)]
_Seed = Annotated[int, Field(ge=0, lt=1 << 31)]
_Folder = Annotated[str, Field(min_length=1, max_length=80, pattern=_TEXT)]


@door.get("/soil/results/{kind}", "read", tagged=True, response_model=list[soil_records.ResultShortRecord])
def results(request: Request, kind: _Kind) -> Response:
    """The finished results of a kind, the newest first."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.soil_results(place, kind), state_of=api.soil_state_of)


@door.get("/soil/results/{kind}/{name}", "read", tagged=True, response_model=soil_records.ResultRecord)
def result(request: Request, kind: _Kind, name: _Name) -> Response:
    """A finished result: what it says, the legend of its picture, its files."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.soil_result(place, kind, name), state_of=api.soil_state_of)


@door.get(
    "/soil/results/{kind}/{name}/files/{file}",
    "read",
    response_class=FileResponse,
    responses={200: {"description": "The file.", "content": {_BYTES: {"schema": {"type": "string"}}}}},
)
def result_file(
    request: Request, kind: _Kind, name: _Name, file: Annotated[str, Path(min_length=1, max_length=120, pattern=_TEXT)]
) -> Response:
    """A file of a result: picture, table, GeoPackage, raster, sheets in both languages."""
    path = api.soil_result_file(office_of(request).workspace, kind, name, file)
    return FileResponse(path, filename=path.name, media_type="image/png" if path.suffix == ".png" else _BYTES)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    rasters: _Names = []


class _OnPaper(_Asked):
    formats: Annotated[list[Literal["docx", "pdf", "xlsx"]], Field(max_length=3)] = ["docx", "pdf", "xlsx"]


class SoilZones(_OnPaper):
    """Which zones: parcels of a survey (or squares of `cell` metres), by kept rasters and columns of the survey."""

    name: _Folder = "zones"
    year: _Year | None = None
    cell: Annotated[float, Field(ge=0, le=100_000)] = 0
    columns: _Names = []
    kinds: _Names = []
    weights: Annotated[dict[_Words, Annotated[float, Field(gt=0, le=1000)]], Field(max_length=60)] = {}
    zones: Annotated[int | None, Field(ge=1, le=60)] = None
    most: Annotated[int, Field(ge=2, le=60)] = 12
    least_ha: Annotated[float, Field(ge=0, le=10_000_000)] = 0
    map: _Folder | None = None


@door.post("/soil/zones", "edit", status_code=202, response_model=JobRecord)
def make_zones(request: Request, write: Write, given: SoilZones) -> Response:
    """Draw zones of land that is alike in what drives its salt, with a sheet for each."""
    place = office_of(request).workspace
    return _begun(
        request, write, "soil-zones", given,
        lambda: api.soil_zones(
            place, year=given.year, cell=given.cell, rasters=_kept(request, given.rasters), columns=given.columns,
            kinds=given.kinds, weights=given.weights, zones=given.zones, most=given.most, least_ha=given.least_ha,
            map=given.map, name=given.name, formats=given.formats,
        ),
    )  # fmt: skip


class SoilTrend(_Asked):
    """Which trend: kept rasters, one a year, and whose parcels are tested too."""

    rasters: Annotated[list[_Words], Field(min_length=1, max_length=60)]
    name: _Folder = "trend"
    band: Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")] = ""
    years: Annotated[list[_Year], Field(max_length=60)] = []
    least: Annotated[int, Field(ge=3, le=60)] = 10
    rate: Annotated[float, Field(gt=0, lt=1)] = 0.05
    dependence: Literal["positive", "any"] = "positive"
    saltier: Literal["higher", "lower"] = "higher"
    survey: _Year | None = None


@door.post("/soil/trends", "edit", status_code=202, response_model=JobRecord)
def make_trend(request: Request, write: Write, given: SoilTrend) -> Response:
    """Find where land grows saltier over yearly rasters, by cell and by parcel."""
    place = office_of(request).workspace
    return _begun(
        request, write, "soil-trend", given,
        lambda: api.soil_trend(
            place, _kept(request, given.rasters), band=given.band, years=given.years, least=given.least,
            rate=given.rate, dependence=given.dependence, saltier=given.saltier, survey=given.survey, name=given.name,
        ),
    )  # fmt: skip


class SoilCandidates(_OnPaper):
    """Which inventory of land that could become farmland."""

    year: _Year
    name: _Folder = "candidates"
    exclude: _Names = []
    steepest: Annotated[int, Field(ge=1, le=5)] = 4
    water_m3_ha: Annotated[float | None, Field(ge=0, le=1_000_000)] = None


@door.post("/soil/candidates", "edit", status_code=202, response_model=JobRecord)
def make_candidates(request: Request, write: Write, given: SoilCandidates) -> Response:
    """Take stock of land that could become farmland: why in, why out, how well it suits, what it needs."""
    place = office_of(request).workspace
    return _begun(
        request, write, "soil-candidates", given,
        lambda: api.soil_candidates(
            place, given.year, rasters=_kept(request, given.rasters), exclude=given.exclude, steepest=given.steepest,
            water_m3_ha=given.water_m3_ha, name=given.name, formats=given.formats,
        ),
    )  # fmt: skip


class SoilNextSamples(_OnPaper):
    """How many places to sample, by which design, over kept rasters or where a finished map is unsure."""

    count: Annotated[int, Field(ge=1, le=5_000)]
    design: Literal["latin", "uncertainty"] = "latin"
    name: _Folder = "next-samples"
    kinds: _Names = []
    map: _Folder = "salinity"
    samples: _Words | None = None
    year: _Year | None = None
    per_day: Annotated[int, Field(ge=1, le=200)] = 10
    seed: _Seed = 0


@door.post("/soil/next-samples", "edit", status_code=202, response_model=JobRecord)
def make_next_samples(request: Request, write: Write, given: SoilNextSamples) -> Response:
    """Choose places to sample next, day by day, with field sheets."""
    place = office_of(request).workspace
    return _begun(
        request, write, "soil-next-samples", given,
        lambda: api.soil_next_samples(
            place, given.count, design=given.design, rasters=_kept(request, given.rasters), kinds=given.kinds,
            map=given.map, samples=given.samples, year=given.year, per_day=given.per_day, seed=given.seed,
            name=given.name, formats=given.formats,
        ),
    )  # fmt: skip


def _begun(request: Request, write: Write, kind: str, given: _Asked, make: Callable[[], Any]) -> Response:
    content = given.model_dump_json() + language()
    return begun(request, write, kind, lambda at: api.soil_result_made(make(), at.files), content=content)


def _kept(request: Request, names: list[str]) -> list[FilePath]:
    """Files of kept rasters; none are named, none are taken."""
    return api.rasters_of(office_of(request).workspace, names) if names else []
