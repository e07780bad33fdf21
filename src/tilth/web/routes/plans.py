"""Plans: pose a problem, vary its limits, solve it as a job that tells how far it is, set two plans side by side."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.core import message
from tilth.core.language import language
from tilth.web import plan_records, uploads
from tilth.web.answers import tagged
from tilth.web.asked import Cursor, Encoding, Limit, cursor_at, place_of
from tilth.web.door import Door
from tilth.web.jobs import Place
from tilth.web.once import Write
from tilth.web.records import JobRecord
from tilth.web.routes.making import named_files
from tilth.web.routes.tiles import PNG, Zoom, pictured, sent
from tilth.web.routes.tiles import Place as TilePlace
from tilth.web.state import office_of
from tilth.web.uploads import Sent
from tilth.web.working import begun

if TYPE_CHECKING:
    from tilth.plan import Progress

door = Door("plans")

_PLAIN, _TEXT = r"^[^\x00-\x1f]+$", r"^[^\x00-\x1f/\\]+$"
_BYTES = "application/octet-stream"
_Name = Annotated[str, Path(min_length=1, max_length=80, pattern=_TEXT)]
_Other = Annotated[str, Path(min_length=1, max_length=80, pattern=_TEXT)]
_Unit = Annotated[str, Path(min_length=1, max_length=80, pattern=_PLAIN)]
_Survey = Annotated[int | None, Query(ge=1900, le=2200, description="Survey of the land; the newest without.")]
_Group = Annotated[str | None, Query(min_length=1, max_length=100, pattern=_PLAIN)]
_Where = Annotated[
    list[Annotated[str, Field(max_length=160, pattern=r"^[^\x00-\x1f=]+=[^\x00-\x1f]+$")]] | None,
    Query(max_length=10, description="Only units of this label: township=North; may be repeated."),
]
_By = Annotated[str, Query(pattern="^(treatment|crop|start|differs)$")]
_Against = Annotated[
    str | None, Query(min_length=1, max_length=80, pattern=_TEXT, description="With differs: the other plan.")
]
_Sent = Annotated[
    Sent,
    Depends(
        uploads.sending((*uploads.TABLES, ".txt", ".parquet"), rows=(".toml", ".txt"), units=(*uploads.TABLES, ".txt"))
    ),
]
#: The least time between two events of a solution. [s]
_BETWEEN_S = 0.1


@door.get("/plans", "read", tagged=True, response_model=list[plan_records.PlanShortRecord])
def plans(request: Request) -> Response:
    """The plans, with value, bound and gap of those that are solved."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.plan_list(place), state_of=api.plan_state_of)


@door.post(
    "/plans",
    "edit",
    status_code=202,
    response_model=JobRecord,
    openapi_extra=uploads.described(
        file="The table of options: unit, treatment, quantities.", rows="Aim, demands and locks (TOML).",
        units="Units with areas, for a table by hectare.",
    ),
)  # fmt: skip
def pose(
    request: Request,
    sent: _Sent,
    write: Write,
    name: Annotated[str, Query(min_length=1, max_length=80, pattern=_TEXT)],
    encoding: Encoding = None,
) -> Response:
    """Pose a problem: what may be done on each unit, and what is asked for."""
    place = office_of(request).workspace
    api.plan_folder(place, name)  # a name that no plan can have is refused before anything waits

    def work(at: Place) -> dict[str, Any]:
        parts = at.sent.parts
        done = api.plan_new(
            place, name, at.sent.file, rows=parts.get("rows"), units=parts.get("units"), encoding=encoding
        )
        return done.as_record() | {"folder": done.folder.name}

    return begun(request, write, "plan", work, sent=sent)


@door.get("/plans/{name}", "read", tagged=True, response_model=plan_records.PlanRecord)
def plan(request: Request, name: _Name, year: _Survey = None) -> Response:
    """One plan: what is asked for in words, every demand by its number, and what it comes to where it is solved."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.plan_record(place, name, year=year), state_of=api.plan_state_of)


class Scenario(BaseModel):
    """Which scenario: other limits of demands, by their numbers; a number, or an amount such as "300 wan_yuan"."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=_TEXT)]
    limits: Annotated[
        dict[
            Annotated[str, Field(pattern=r"^[1-9][0-9]{0,5}$")],
            Annotated[float, Field(ge=-1e15, le=1e15, strict=True)]
            | Annotated[str, Field(min_length=1, max_length=60)],
        ],
        Field(min_length=1, max_length=2000),
    ]


@door.post("/plans/{name}/scenarios", "edit", status_code=201, response_model=plan_records.PlanMadeRecord)
def vary(request: Request, write: Write, name: _Name, given: Scenario) -> Response:
    """A scenario of a plan: the same table and demands, with other limits."""
    place = office_of(request).workspace
    limits = {int(row): limit for row, limit in given.limits.items()}

    def work() -> dict[str, Any]:
        done = api.plan_vary(place, name, given.name, limits)
        return done.as_record() | {"folder": done.folder.name}

    return write.answer(given.model_dump_json(), work)


class Solve(BaseModel):
    """How near to the best, as a share of the value, after how long the best so far is taken, and the plan whose prices
    the run begins with."""

    model_config = ConfigDict(extra="forbid")

    gap: Annotated[float, Field(ge=0, lt=1)] = 1e-3
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 600.0
    start: Annotated[str | None, Field(min_length=1, max_length=80, pattern=_TEXT)] = None


@door.post("/plans/{name}/solutions", "edit", status_code=202, response_model=JobRecord)
def solve(request: Request, write: Write, name: _Name, given: Solve) -> Response:
    """Solve a plan to a proven gap. Events of the job carry value, bound, gap and seconds while it runs."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        done = api.plan_solve(
            place, name, gap=given.gap, seconds=given.seconds, start=given.start, told=_telling(at, name),
            enough=at.progress.enough,
        )  # fmt: skip
        return done.as_record() | {"folder": done.folder.name}

    return begun(request, write, "plan-solution", work, content=given.model_dump_json() + language())


def _telling(at: Place, name: str) -> Callable[[Progress], None]:
    """Notes how far a run is: the first plan at once, then now and then; and ends it where that is asked for."""
    title = message("PLAN-SOLVING", name=name)
    last = {False: -1.0, True: -1.0}  # when it was last told: without a plan, and with one

    def tell(one: Progress) -> None:
        at.progress.stop_if_cancelled()
        planned = isfinite(one.value)
        if one.seconds - last[planned] < _BETWEEN_S:
            return
        last[planned] = one.seconds
        at.progress.note(
            title=title, done=0, total=None, value=float(one.value) if planned else None, bound=float(one.bound),
            gap=float(one.gap) if planned else None, seconds=one.seconds,
        )  # fmt: skip

    return tell


@door.get("/plans/{name}/units", "read", tagged=True, response_model=plan_records.ChosenPage)
def units(
    request: Request,
    name: _Name,
    treatment: _Group = None,
    crop: _Group = None,
    start: _Group = None,
    where: _Where = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response:
    """What is chosen for each unit, page by page."""
    place, after = office_of(request).workspace, place_of(cursor) or 0
    labels = {label: value for label, _, value in (one.partition("=") for one in where or ())}
    wanted = {"treatment": treatment, "crop": crop, "start": start, **labels}

    def page() -> dict[str, Any]:
        found = api.plan_units(place, name, after=after, limit=limit, where=wanted).as_record()
        return found | {"next": cursor_at(found["next"])}

    return tagged(request, page, state_of=api.plan_state_of)


@door.get("/plans/{name}/units/{unit}", "read", tagged=True, response_model=plan_records.UnitRecord)
def unit_(request: Request, name: _Name, unit: _Unit) -> Response:
    """All options of a unit, which is chosen, and why."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.plan_unit(place, name, unit), state_of=api.plan_state_of)


@door.get("/plans/{name}/against/{other}", "read", tagged=True, response_model=plan_records.ComparisonRecord)
def compare(request: Request, name: _Name, other: _Other, year: _Survey = None) -> Response:
    """Two solved plans side by side: value, demands, treatments, and the units that differ."""
    place = office_of(request).workspace
    return tagged(
        request, lambda: api.plan_compare(place, name, other, year=year).as_record(), state_of=api.plan_state_of
    )


@door.get(
    "/plans/{name}/tiles/{z}/{x}/{y}.png", "read", response_class=Response, responses=pictured(PNG),
)  # fmt: skip
def tile(
    request: Request,
    name: _Name,
    z: Zoom,
    x: TilePlace,
    y: TilePlace,
    by: _By = "treatment",
    year: _Survey = None,
    against: _Against = None,
) -> Response:
    """A picture of what a plan chooses, in Web Mercator; by differs, of another plan where the two are not the same."""
    place = office_of(request).workspace
    return sent(request, api.plan_tile(place, name, by, z, x, y, year=year, against=against), PNG)


@door.get(
    "/plans/{name}/files/{file:path}",
    "read",
    response_class=FileResponse,
    responses={200: {"description": "The file.", "content": {_BYTES: {"schema": {"type": "string"}}}}},
)
def plan_file(request: Request, name: _Name, file: Annotated[str, Path(min_length=1, max_length=200)]) -> Response:
    """A file of a plan: its inputs, the solution, the workbook of every unit's assignment."""
    path = api.plan_file(office_of(request).workspace, name, file)
    return FileResponse(path, filename=path.name, media_type=_BYTES)


class Document(BaseModel):
    """The master plan, or special plans by a label of the units; the whole of a plan, or the parcels of a zone each."""

    model_config = ConfigDict(extra="forbid")

    kind: Literal["master", "special"] = "master"
    by: Annotated[str, Field(max_length=60, pattern=r"^[^\x00-\x1f]*$")] = ""
    lang: Literal["en", "zh"] | None = None
    formats: Annotated[list[Literal["docx", "pdf", "xlsx", "gpkg"]], Field(min_length=1, max_length=4)] = [
        "docx", "pdf", "xlsx", "gpkg",
    ]  # fmt: skip


@door.post("/plans/{name}/documents", "read", status_code=202, response_model=JobRecord)
def document(request: Request, write: Write, name: _Name, given: Document, year: _Survey = None) -> Response:
    """The master plan or the special plans of a solved plan as documents, workbook and map."""
    place, spoken = office_of(request).workspace, given.lang or language()

    def work(at: Place) -> dict[str, Any]:
        done = api.plan_document(
            place, name, out=at.files, kind=given.kind, by=given.by, year=year, lang=spoken,
            formats=tuple(dict.fromkeys(given.formats)),
        )  # fmt: skip
        return named_files(done.as_record(), at.files)

    return begun(request, write, "plan-document", work, content=given.model_dump_json() + spoken)
