"""Files out, and other long work: yearbook, statement, tables, repair, entries from surveys, the book examined."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.core.language import language
from tilth.web import uploads
from tilth.web.answers import told
from tilth.web.asked import Crs, Encoding, Group, Name, Region
from tilth.web.door import Door
from tilth.web.jobs import Place
from tilth.web.once import Write
from tilth.web.records import AreasRecord, JobRecord
from tilth.web.state import office_of
from tilth.web.uploads import Sent
from tilth.web.working import begun

door = Door("work")

_Year = Annotated[int, Field(ge=1900, le=2200)]
_Person = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
_Words = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f]*$")]
_Level = Literal["county", "township", "village"]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Signed(_Asked):
    lang: Literal["en", "zh"] | None = None
    made_on: date | None = None
    compiled_by: _Person = ""
    checked_by: _Person = ""


def named_files(record: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`record` with its files by the names under which they are fetched, not by where they lie."""
    names = [Path(one) for one in record["files"]]
    return record | {"files": [one.relative_to(folder).as_posix() for one in names]}


class Report(_Signed):
    """Which yearbook."""

    year: _Year
    before: _Year | None = None
    formats: Annotated[list[Literal["xlsx", "docx", "pdf", "csv", "gpkg"]], Field(min_length=1, max_length=5)] = [
        "xlsx", "docx", "pdf", "csv", "gpkg",
    ]  # fmt: skip


@door.post("/reports", "read", status_code=202, response_model=JobRecord)
def report(request: Request, write: Write, given: Report) -> Response:
    """The yearbook of a year: workbook, document, map, tables."""
    place, spoken = office_of(request).workspace, given.lang or language()

    def work(at: Place) -> dict[str, Any]:
        done = api.report(
            place, year=given.year, before=given.before, folder=at.files, lang=spoken,
            formats=tuple(dict.fromkeys(given.formats)), compiled_by=given.compiled_by, checked_by=given.checked_by,
            made_on=given.made_on.isoformat() if given.made_on else None,
        )  # fmt: skip
        return named_files(done.as_record(), at.files)

    return begun(request, write, "report", work, content=given.model_dump_json() + spoken)


class Statement(_Signed):
    """Which statement of the land book."""

    year: _Year
    formats: Annotated[list[Literal["xlsx", "docx", "pdf", "csv", "json"]], Field(min_length=1, max_length=5)] = [
        "xlsx"
    ]


@door.post("/statements", "read", status_code=202, response_model=JobRecord)
def statement(request: Request, write: Write, given: Statement, region: Region = None, group: Group = None) -> Response:
    """The statement of a year of the land book, for a region and those below it, or a group."""
    place, spoken = office_of(request).workspace, given.lang or language()

    def work(at: Place) -> dict[str, Any]:
        done = api.ledger_statement(
            place, year=given.year, region=region, group=group, folder=at.files, lang=spoken,
            formats=tuple(dict.fromkeys(given.formats)), compiled_by=given.compiled_by, checked_by=given.checked_by,
            made_on=given.made_on.isoformat() if given.made_on else None,
        )  # fmt: skip
        return named_files(done.as_record(), at.files)

    return begun(request, write, "statement", work, content=given.model_dump_json() + spoken, region=region)


class Tables(_Asked):
    """Which tables, and in which form: the land tables of a year, or with `before` the flows since then."""

    year: _Year
    before: _Year | None = None
    level: _Level = "village"
    format: Literal["csv", "xlsx", "json", "text"] = "xlsx"


@door.post("/tables", "read", status_code=202, response_model=JobRecord)
def tables(request: Request, write: Write, given: Tables) -> Response:
    """Land tables or flows as files, with every row and column, exact to 0.01 m²."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        name = f"tables-{given.year}" if given.before is None else f"flows-{given.before}-{given.year}"
        target = at.files / name if given.format == "csv" else at.files / f"{name}.{_ENDINGS[given.format]}"
        if given.before is None:
            found = api.accounts(place, year=given.year)
            some = [api.down_to(one, given.level) for one in found.tables.values()]
            files = api.write_tables(place, some, given.format, target, found)
        else:
            flowed = api.flows(place, before=given.before, after=given.year)
            files = api.write_tables(place, flowed.down_to(given.level), given.format, target, flowed)
        return named_files({"files": files}, at.files)

    return begun(request, write, "tables", work, content=given.model_dump_json() + language())


_ENDINGS = {"xlsx": "xlsx", "json": "json", "text": "txt"}


class Repair(_Asked):
    """Which survey is mended."""

    year: _Year


@door.post("/repairs", "edit", status_code=202, response_model=JobRecord)
def repair(request: Request, write: Write, given: Repair) -> Response:
    """Mend what can be mended in a year's survey, as a new snapshot; what was changed is listed in a file."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        done = api.repair(place, year=given.year)
        shutil.copyfile(done.file, at.files / done.file.name)
        return done.as_record() | {"file": done.file.name}

    return begun(request, write, "repair", work, content=given.model_dump_json())


class FlowEntries(_Asked):
    """Which changes become entries; with `propose` they are written to a file and not posted."""

    before: _Year
    after: _Year
    level: _Level = "county"
    evidence: _Words = ""
    on: date | None = None
    propose: bool = False


@door.post("/ledger/flow-entries", "submit", status_code=202, response_model=JobRecord)
def flow_entries(request: Request, write: Write, given: FlowEntries, region: Region = None) -> Response:
    """Post a balanced entry for every change between two surveys, and compare the book with the second one."""
    place, author = office_of(request).workspace, write.caller.name

    def work(at: Place) -> dict[str, Any]:
        done = api.ledger_post_flows(
            place, before=given.before, after=given.after, region=region, level=given.level, author=author,
            evidence=given.evidence, on=given.on, to=at.files / "entries.json" if given.propose else None,
        )  # fmt: skip
        return named_files(done.as_record(), at.files)

    return begun(request, write, "flow-entries", work, content=given.model_dump_json(), region=region)


@door.post("/ledger/verifications", "audit", status_code=202, response_model=JobRecord)
def verify(request: Request, write: Write) -> Response:
    """Is the book what was posted? The first entry that is bad is named."""
    place = office_of(request).workspace
    return begun(request, write, "verification", lambda at: api.ledger_verify(place).as_record())


@door.post("/ledger/replays", "audit", status_code=202, response_model=JobRecord)
def replay(request: Request, write: Write) -> Response:
    """Build every balance again from the entries, and name every one that differs."""
    place = office_of(request).workspace
    return begun(request, write, "replay", lambda at: api.ledger_replay(place).as_record())


_Vector = Annotated[Sent, Depends(uploads.sending(uploads.VECTORS))]
_Ending = Annotated[str, Query(pattern="^(gpkg|shp|geojson|gml|parquet|txt)$", description="The format to write.")]


@door.post(
    "/areas", "check", response_model=AreasRecord, openapi_extra=uploads.described(file="Polygons of any format.")
)
def areas(request: Request, sent: _Vector, layer: Name = None, encoding: Encoding = None, crs: Crs = None) -> Response:
    """Exact, official survey and planar area of every polygon of a file; nothing is kept."""
    return told(api.area(sent.file, layer=layer, encoding=encoding, crs=crs).as_record())


@door.post(
    "/areas/lists",
    "check",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="Polygons of any format."),
)
def area_list(
    request: Request,
    sent: _Vector,
    write: Write,
    format: Annotated[str, Query(pattern="^(csv|xlsx|json)$")] = "xlsx",
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
) -> Response:
    """The areas of every polygon of a file, as a file."""

    def work(at: Place) -> dict[str, Any]:
        measured = api.area(at.sent.file, layer=layer, encoding=encoding, crs=crs)
        written = api.write_areas(measured, at.files / f"areas.{format}")
        return {"files": [written.name]}

    return begun(request, write, "area-list", work, sent=sent)


@door.post(
    "/conversions",
    "check",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="Polygons of any format."),
)
def convert(
    request: Request,
    sent: _Vector,
    write: Write,
    to: _Ending,
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
    to_crs: Crs = None,
    out_encoding: Encoding = None,
) -> Response:
    """The polygons of a file in another format."""

    def work(at: Place) -> dict[str, Any]:
        target = at.files / f"{at.sent.file.stem}.{to}"
        done = api.convert(
            at.sent.file, target, layer=layer, encoding=encoding, crs=crs, to_crs=to_crs, out_encoding=out_encoding
        )
        return done.as_record() | {"target": target.name}

    return begun(request, write, "conversion", work, sent=sent)
