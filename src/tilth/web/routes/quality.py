"""Farmland quality: the register of a year, accounts between two, what is lacking, high-standard farmland."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.core.language import language
from tilth.runtime import Workspace
from tilth.web import uploads
from tilth.web.answers import tagged
from tilth.web.asked import Cursor, Encoding, Limit, Name, Region, Year, cursor_at, place_of
from tilth.web.door import Door
from tilth.web.jobs import Place
from tilth.web.once import Write
from tilth.web.problems import Problem
from tilth.web.records import JobRecord, Record
from tilth.web.state import office_of
from tilth.web.table_records import TableRecord
from tilth.web.uploads import Sent
from tilth.web.working import begun

door = Door("quality")

_TEXT = r"^[^\x00-\x1f]*$"
Confidence = Literal["sure", "likely", "unverified"]
Word = Literal["high", "medium", "low", "none"]
_By = Annotated[
    Literal["stated", "index"], Query(description="stated: as the register or the survey states it; or by the index.")
]
_Weights = Annotated[
    str, Query(max_length=60, pattern=r"^[A-Za-z0-9_-]*$", description="A table of weights by its id.")
]
_From = Annotated[int, Query(ge=1900, le=2200, alias="from", description="The earlier year.", examples=[2023])]
_To = Annotated[int, Query(ge=1900, le=2200, alias="to", description="The later year.", examples=[2024])]
_Column = Annotated[
    str, Query(max_length=60, pattern=_TEXT, description="Only parcels that lack this: ph, irrigation.")
]
_Sent = Annotated[Sent, Depends(uploads.sending(uploads.TABLES))]
_Pairs = Annotated[list[str] | None, Query(max_length=40, description="COLUMN=VALUE; may be repeated.")]
_Words = Annotated[str, Query(max_length=100, pattern=_TEXT)]


class QualityTableRecord(Record):
    """A table that the register of a year uses."""

    id: str
    year: int
    label: str
    file: str
    columns: list[str]
    rows_in: int
    rows_stored: int
    rows_quarantined: int


class QualityValueRecord(Record):
    """A value of the register, and where, when and how surely it was found."""

    value: float | str
    source: str
    date: str
    confidence: Confidence


class QualityItemRecord(Record):
    """A parcel: its grade, the index with its range and confidence, degraded land, and every value."""

    parcel_id: str
    region: str
    net_area_dm2: int
    grade: int | None
    basis: Literal["none", "register", "survey", "index"]
    index: float | None
    index_low: float
    index_high: float
    index_grade: int | None
    index_grade_best: int
    index_grade_worst: int
    known_share: float
    confidence: float
    confidence_word: Word
    degraded: dict[str, Literal["none", "slight", "moderate", "strong", "severe", "unknown"]]
    values: dict[str, QualityValueRecord]


class QualityPage(Record):
    """The register of a year: sums over all that is asked for, and a page of its parcels."""

    year: int
    table: Record
    parcels: int
    farmland_dm2: int
    by_grade_dm2: dict[str, int]
    ungraded_dm2: int
    by_grade_ha: dict[str, float]
    by_grade_pct: dict[str, float]
    grade_dm2: int
    mean_grade: str | None
    by_confidence_dm2: dict[str, int]
    degraded_dm2: dict[str, Record]
    items: list[QualityItemRecord]
    next: str | None


class LackRecord(Record):
    """One thing that a parcel lacks, with candidate measures by their ids."""

    id: str
    label: str
    value: str
    limit: str
    short: float | None
    too: Literal["little", "much"]
    measures: list[str]


class QualityParcelRecord(QualityItemRecord):
    """A parcel with what it lacks, and what every year says of it."""

    year: int
    lacks: list[LackRecord]
    unknown: list[str]
    years: list[QualityItemRecord]


class NeedRecord(Record):
    """How much land lacks one thing."""

    id: str
    label: str
    limit: str
    parcels: int
    lacking_dm2: int
    known_dm2: int
    unknown_dm2: int
    answered_by: list[Record]
    measures: list[str]
    source: str
    confidence: Confidence


class MeasureRecord(Record):
    """A candidate measure. Costs are yuan a mu, low and high."""

    id: str
    label: str
    capex_yuan_mu: list[float]
    opex_yuan_mu: list[float]
    effect: str
    source: str
    confidence: Confidence


class LackingRecord(Record):
    """One parcel and what it lacks."""

    parcel_id: str
    region: str
    net_area_dm2: int
    grade: int | None
    lacks: list[LackRecord]
    unknown: list[str]


class LacksPage(Record):
    """What the parcels of a year lack."""

    year: int
    parcels: int
    farmland_dm2: int
    count: int
    lacking_dm2: int
    needs: list[NeedRecord]
    measures: list[MeasureRecord]
    items: list[LackingRecord]
    next: str | None


class AccountRecord(Record):
    """An account of states: opening and closing area, area × state, and land that got better or worse."""

    opening_dm2: int
    closing_dm2: int
    opening_grade_dm2: int
    change_grade_dm2: int
    closing_grade_dm2: int
    mean_before: str | None
    mean_after: str | None
    improved_dm2: int
    worsened_dm2: int
    same_dm2: int


class IndicatorRecord(Record):
    """How a number changed on land that has it in both years."""

    id: str
    label: str
    unit: str
    area_dm2: int
    mean_before: float
    mean_after: float
    rose_dm2: int
    fell_dm2: int
    same_dm2: int


class QualityAccountsRecord(Record):
    """Accounts of quality between two years; every row of `tables` closes to 0.01 m²."""

    by: str
    table: Record
    grades: AccountRecord
    degraded: dict[str, AccountRecord]
    indicators: list[IndicatorRecord]
    regions: list[AccountRecord]
    tables: list[TableRecord]


class StandingRecord(Record):
    """High-standard farmland of one region."""

    region: str
    name: str
    depth: int
    farmland_dm2: int
    built_dm2: int
    planned_dm2: int
    not_built_dm2: int
    unknown_dm2: int
    built_lacking_dm2: int
    built_share_pct: str | None
    mean_grade_built: str | None
    mean_grade_rest: str | None
    pbf_dm2: int | None
    pbf_built_dm2: int | None
    pbf_built_share_pct: str | None


class QualityStandingRecord(Record):
    """High-standard farmland by region."""

    year: int
    basic_farmland: str
    rows: list[StandingRecord]


class WeightsRecord(Record):
    """A table of weights; every figure with its source and how sure it is."""

    id: str
    version: str
    title: str
    source: str
    confidence: Confidence
    least_known: float
    grades_from: list[float]
    indicators: list[dict[str, Any]]
    others: list[str]
    needs: list[Record]
    measures: list[MeasureRecord]


@door.get("/quality/tables", "read", tagged=True, response_model=list[QualityTableRecord])
def tables(request: Request) -> Response:
    """The tables that the register of each year uses."""
    return _tagged(request, api.quality_tables)


@door.get("/quality/weights", "read", tagged=True, response_model=WeightsRecord)
def weights(request: Request, weights: _Weights = "") -> Response:
    """The table of weights in use, what a field needs, and candidate measures."""
    return _tagged(request, lambda place: api.quality_weights(place, table=weights))


@door.get("/quality/parcels", "read", tagged=True, response_model=QualityPage)
def parcels(
    request: Request,
    year: Year,
    region: Region = None,
    by: _By = "stated",
    weights: _Weights = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """The register of a year, with sums over all pages."""
    after = place_of(cursor) or 0

    def page(place: Workspace) -> dict[str, Any]:
        found = api.quality_page(place, year=year, region=region, by=by, table=weights, after=after, limit=limit)
        return found | {"next": cursor_at(found["next"])}

    return _tagged(request, page)


@door.get("/quality/parcels/{year}/{parcel_id}", "read", tagged=True, response_model=QualityParcelRecord)
def parcel(
    request: Request,
    year: Annotated[int, Path(ge=1900, le=2200)],
    parcel_id: Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f]+$")],
    region: Region = None,
) -> Response:
    """One parcel in every year, and what it lacks."""
    return _tagged(request, lambda place: api.quality_parcel(place, year=year, parcel=parcel_id, region=region))


@door.get("/quality/accounts", "read", tagged=True, response_model=QualityAccountsRecord)
def accounts(
    request: Request, before: _From, after: _To, region: Region = None, by: _By = "stated", weights: _Weights = ""
) -> Response:
    """What became of farmland of each grade, and of degraded land, between two years."""

    def accounted(place: Workspace) -> dict[str, Any]:
        return api.quality_accounts(place, before=before, after=after, region=region, by=by, table=weights).as_record()

    return _tagged(request, accounted)


@door.get("/quality/lacks", "read", tagged=True, response_model=LacksPage)
def lacks(
    request: Request,
    year: Year,
    region: Region = None,
    lacking: _Column = "",
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """What parcels lack, with candidate measures."""
    after = place_of(cursor) or 0

    def page(place: Workspace) -> dict[str, Any]:
        found = api.quality_lacks(place, year=year, region=region, lacking=lacking, after=after, limit=limit)
        return found | {"next": cursor_at(found["next"])}

    return _tagged(request, page)


@door.get("/quality/standing", "read", tagged=True, response_model=QualityStandingRecord)
def standing(request: Request, year: Year, region: Region = None) -> Response:
    """Where high-standard farmland stands."""
    return _tagged(request, lambda place: api.quality_standing(place, year=year, region=region))


@door.post(
    "/imports/quality",
    "edit",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(file="A table of farmland quality with a row for each parcel."),
)
def bring(
    request: Request,
    sent: _Sent,
    write: Write,
    year: Year,
    unit: _Pairs = None,
    column: _Pairs = None,
    source: _Words = "",
    date: Annotated[str, Query(max_length=20, pattern=_TEXT)] = "",
    confidence: Annotated[str, Query(pattern=r"^(sure|likely|unverified)?$")] = "",
    label: _Words = "",
    replaces: bool = False,
    sheet: Name = None,
    encoding: Encoding = None,
) -> Response:
    """Bring a table into the register of a year."""
    place, units, columns = office_of(request).workspace, _pairs(unit, "unit"), _pairs(column, "column")

    def work(at: Place) -> dict[str, Any]:
        return api.quality_import(
            place, at.sent.file, year=year, units=units, columns=columns, source=source, date=date,
            confidence=confidence, label=label, replaces=replaces, sheet=sheet, encoding=encoding,
        ).as_record()  # fmt: skip

    return begun(request, write, "import-quality", work, sent=sent)


class QualityBook(BaseModel):
    """Which workbook of the register, with accounts since `before` where it is given."""

    model_config = ConfigDict(extra="forbid")

    year: Annotated[int, Field(ge=1900, le=2200)]
    before: Annotated[int, Field(ge=1900, le=2200)] | None = None
    by: Literal["stated", "index"] = "stated"
    weights: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_-]*$")] = ""
    lang: Literal["en", "zh"] | None = None


@door.post("/quality/books", "read", status_code=202, response_model=JobRecord)
def book(request: Request, write: Write, given: QualityBook) -> Response:
    """The register as a workbook: register, what is lacking, accounts, weights."""
    place, spoken = office_of(request).workspace, given.lang or language()

    def work(at: Place) -> dict[str, Any]:
        file = at.files / f"quality-{given.year}.xlsx"
        api.quality_book(
            place, year=given.year, before=given.before, table=given.weights, by=given.by, out=file, lang=spoken
        )
        return {"files": [file.name]}

    return begun(request, write, "quality-book", work, content=given.model_dump_json() + spoken)


def _tagged(request: Request, make: Callable[[Workspace], Any]) -> Response:
    """An answer that hangs on surveys and the register."""
    place = office_of(request).workspace
    return tagged(request, lambda: make(place), state_of=api.quality_state_of)


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    """Pairs of a column and what is said of it. 422 for one without an equals sign."""
    pairs = [one.partition("=") for one in given or ()]
    for column, sign, value in pairs:
        if not sign or not column.strip() or not value.strip():
            raise Problem(422, "CLI-QUALITY-PAIR", given=f"{column}{sign}{value}", option=option)
    return {column.strip(): value.strip() for column, _, value in pairs}
