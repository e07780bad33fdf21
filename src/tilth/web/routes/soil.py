"""Soil: samples in, classes, and what schemes, indices and sets there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import Depends, Query, Request, Response

from tilth import api
from tilth.web import uploads
from tilth.web.answers import told
from tilth.web.asked import Crs, Encoding, Name
from tilth.web.door import Door
from tilth.web.jobs import Place
from tilth.web.once import Write
from tilth.web.problems import Problem
from tilth.web.records import FindingRecord, JobRecord, Record
from tilth.web.state import office_of
from tilth.web.uploads import Sent

door = Door("soil")

_TEXT = r"^[^\x00-\x1f]*$"
_Sent = Annotated[Sent, Depends(uploads.sending(uploads.TABLES + uploads.VECTORS, map=(".toml", ".txt")))]
_Units = Annotated[
    list[str] | None,
    Query(
        max_length=40, alias="unit", description="Unit of a column: ec=µS/cm; may be repeated.", examples=[["ec=µS/cm"]]
    ),
]
_Extract = Annotated[str, Query(max_length=10, pattern=_TEXT, description="Extract of EC and ions: 1:5, paste, …")]
_Regression = Annotated[str | None, Query(max_length=60, pattern=_TEXT, description="Regional regression to ECe.")]
_Depths = Annotated[str | None, Query(max_length=200, pattern=_TEXT, description="Depth intervals in cm: 0-20,20-40.")]
_Words = Annotated[str, Query(max_length=100, pattern=_TEXT)]


class SchemeRecord(Record):
    """A classification scheme."""

    id: str
    version: str
    title: str
    source: str
    confidence: Literal["sure", "likely", "unverified"]
    metrics: list[str]
    worst_of: list[str]
    classes: list[dict[str, Any]]


class IndexRecord(Record):
    """A spectral index."""

    id: str
    title: str
    formula: str
    bands: list[str]
    saltier: Literal["higher", "lower", "varies"]
    source: str
    confidence: Literal["sure", "likely", "unverified"]


class SamplesRecord(Record):
    """A stored set of samples."""

    id: str
    label: str
    file: str
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    crs: str


class ClassCountRecord(Record):
    """How many samples are of a class."""

    label: str
    rows: int
    share_pct: float


class UnderSchemeRecord(Record):
    """Samples under one scheme."""

    scheme: SchemeRecord
    classes: list[ClassCountRecord]
    rows: list[dict[str, Any]]


class ClassifiedRecord(Record):
    """Samples under every scheme asked for."""

    samples: str
    rows_in: int
    rows_classified: int
    rows_quarantined: int
    schemes: list[UnderSchemeRecord]
    findings: list[FindingRecord]


@door.get("/soil/schemes", "read", response_model=list[SchemeRecord])
def schemes(request: Request) -> Response:
    """The classification schemes, each with its bounds and source."""
    return told([one.as_record() for one in api.soil_schemes(office_of(request).workspace)])


@door.get("/soil/indices", "read", response_model=list[IndexRecord])
def indices(request: Request) -> Response:
    """The spectral indices of salinity by the id of their formula."""
    return told(api.soil_indices())


@door.get("/soil/samples", "read", response_model=list[SamplesRecord])
def samples(request: Request) -> Response:
    """The sets of samples in the workspace."""
    return told(api.soil_samples(office_of(request).workspace))


@door.post(
    "/soil/classes",
    "check",
    response_model=ClassifiedRecord,
    openapi_extra=uploads.described(file="A table of samples, or points.", map="A map of columns (TOML)."),
)
def classify(
    request: Request,
    sent: _Sent,
    scheme: Annotated[list[str] | None, Query(max_length=40, description="ussl, cn-series-1, … or all.")] = None,
    unit: _Units = None,
    extract: _Extract = "",
    regression: _Regression = None,
    sheet: Name = None,
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
) -> Response:
    """Classes of the samples in a file; nothing is kept."""
    names = scheme or ["ussl"]
    if any(one.endswith(".toml") for one in names):
        raise Problem(422, "SOIL-SCHEME-NONE", scheme=".toml", near="–", known="all")
    asked = api.Asked(
        sent.parts.get("map"), _units(unit), extract, regression, anywhere=True, layer=layer, sheet=sheet,
        encoding=encoding, crs=crs,
    )  # fmt: skip
    done = api.soil_classify(sent.file, schemes=names, workspace=office_of(request).workspace, asked=asked)
    return told(done.as_record())


@door.post(
    "/imports/samples",
    "edit",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="A table of samples, or points.", map="A map of columns (TOML)."),
)
def import_samples(
    request: Request,
    sent: _Sent,
    write: Write,
    unit: _Units = None,
    extract: _Extract = "",
    regression: _Regression = None,
    depths: _Depths = None,
    depth_method: Annotated[str, Query(pattern="^(weighted|spline)$")] = "weighted",
    label: _Words = "",
    anywhere: bool = False,
    uncompensated: bool = False,
    sheet: Name = None,
    layer: Name = None,
    encoding: Encoding = None,
    crs: Crs = None,
) -> Response:
    """Bring in soil samples, with every conversion recorded."""
    office, units = office_of(request), _units(unit)

    def work(at: Place) -> dict[str, Any]:
        own: Path | None = at.sent.parts.get("map")
        return api.import_samples(
            office.workspace, at.sent.file, map=own, units=units, extract=extract, regression=regression, depths=depths,
            depth_method=depth_method, label=label, anywhere=anywhere, uncompensated=uncompensated, layer=layer,
            sheet=sheet, encoding=encoding, crs=crs,
        ).as_record()  # fmt: skip

    return write.answer(
        sent.digest,
        lambda: office.jobs.begin("import-samples", write.caller.name, office.workspace.region, work, sent).as_record(),
        status=202,
    )


def _units(given: list[str] | None) -> dict[str, str]:
    """Units by column. 422 for one without an equals sign."""
    pairs = [one.partition("=") for one in given or ()]
    for column, sign, unit in pairs:
        if not sign or not column.strip() or not unit.strip():
            raise Problem(422, "CLI-SOIL-UNIT", given=column)
    return {column.strip(): unit.strip() for column, _, unit in pairs}
