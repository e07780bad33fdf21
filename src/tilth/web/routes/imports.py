"""Files in: each import is a job, and one step."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response

from tilth import api
from tilth.web import uploads
from tilth.web.asked import Crs, Encoding, MaybeYear, Name, Year
from tilth.web.door import Door
from tilth.web.jobs import Place
from tilth.web.once import Write
from tilth.web.records import JobRecord
from tilth.web.state import office_of
from tilth.web.uploads import Sent
from tilth.web.working import begun

door = Door("imports", "/api/v1/imports")

_KINDS = uploads.VECTORS + uploads.TABLES
_Survey = Annotated[Sent, Depends(uploads.sending(uploads.VECTORS, profile=(".toml", ".txt")))]
_Vector = Annotated[Sent, Depends(uploads.sending(uploads.VECTORS))]
_Table = Annotated[Sent, Depends(uploads.sending(uploads.TABLES))]
_Either = Annotated[Sent, Depends(uploads.sending(_KINDS))]
_Word = Annotated[str, Query(max_length=100, pattern=r"^[^\x00-\x1f]*$")]


@door.post(
    "/survey",
    "edit",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="One year's parcels.", profile="A map of columns of your own (TOML)."),
)
def survey(
    request: Request,
    sent: _Survey,
    write: Write,
    year: Year,
    profile: Annotated[str, Query(pattern="^(auto|dltb|fiboa)$")] = "auto",
    code_system: Annotated[str | None, Query(pattern="^(sd2017|ed2007|gh2023)$")] = None,
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
) -> Response:
    """Bring in one year's parcels; they become the survey that the year uses."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        own = at.sent.parts.get("profile")
        chosen = profile if own is None else str(own.rename(own.with_suffix(".toml")))
        return api.import_survey(
            place, at.sent.file, year=year, profile=chosen,
            layer=layer, encoding=encoding, crs=crs, code_system=code_system,
        ).as_record()  # fmt: skip

    return begun(request, write, "import-survey", work, sent=sent)


@door.post(
    "/layer", "edit", status_code=202, response_model=JobRecord, openapi_extra=uploads.described(file="The layer.")
)
def layer(
    request: Request,
    sent: _Vector,
    write: Write,
    kind: Annotated[str, Query(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f]+$", examples=["pbf"])],
    year: MaybeYear = None,
    label: _Word = "",
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
) -> Response:
    """Bring in a layer that rules look at, or any other."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        return api.import_layer(
            place, at.sent.file, kind=kind, year=year, label=label, layer=layer, encoding=encoding, crs=crs
        ).as_record()

    return begun(request, write, "import-layer", work, sent=sent)


@door.post(
    "/tasks", "edit", status_code=202, response_model=JobRecord, openapi_extra=uploads.described(file="A table.")
)
def tasks(request: Request, sent: _Table, write: Write, year: MaybeYear = None, encoding: Encoding = None) -> Response:
    """Bring in the table of tasks: farmland to hold and permanent basic farmland, by region and year."""
    place = office_of(request).workspace
    return begun(
        request, write, "import-tasks",
        lambda at: api.import_tasks(place, at.sent.file, year=year, encoding=encoding).as_record(),
        sent=sent,
    )  # fmt: skip


@door.post(
    "/regions",
    "edit",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="Townships or villages with their control areas, or a table of regions."),
)
def regions(
    request: Request,
    sent: _Either,
    write: Write,
    level: Annotated[str | None, Query(pattern="^(country|province|prefecture|county|township|village)$")] = None,
    year: MaybeYear = None,
    as_group: Annotated[
        str | None, Query(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$", description="Name them as a group.")
    ] = None,
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
) -> Response:
    """Bring in regions with their control areas, or name a group of regions."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        return api.import_regions(
            place, at.sent.file, level=level, year=year, group=as_group, layer=layer, encoding=encoding, crs=crs
        ).as_record()

    return begun(request, write, "import-regions", work, sent=sent)


@door.post(
    "/ridges", "edit", status_code=202, response_model=JobRecord, openapi_extra=uploads.described(file="A table.")
)
def ridges(request: Request, sent: _Table, write: Write) -> Response:
    """Bring in the county's table of ridge coefficients."""
    place = office_of(request).workspace
    return begun(
        request, write, "import-ridges", lambda at: api.import_ridges(place, at.sent.file).as_record(), sent=sent
    )


@door.post(
    "/changes", "edit", status_code=202, response_model=JobRecord, openapi_extra=uploads.described(file="A table.")
)
def changes(request: Request, sent: _Either, write: Write, year: Year, encoding: Encoding = None) -> Response:
    """Bring in the update-process table of a year (DLTBGXGC)."""
    place = office_of(request).workspace
    return begun(
        request, write, "import-changes",
        lambda at: api.import_changes(place, at.sent.file, year=year, encoding=encoding).as_record(),
        sent=sent,
    )  # fmt: skip
