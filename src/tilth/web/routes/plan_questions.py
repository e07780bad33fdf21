"""Questions to a solved plan, as jobs: a parcel forced, costs that turn out otherwise, what more of something costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from tilth import api
from tilth.core import message
from tilth.core.language import language
from tilth.web.door import Door
from tilth.web.jobs import Place
from tilth.web.once import Write
from tilth.web.records import JobRecord
from tilth.web.state import office_of
from tilth.web.working import begun

if TYPE_CHECKING:
    from tilth.plan import Progress

door = Door("plans")

_Name = Annotated[str, Path(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f/\\]+$")]
_Words = Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f]+$")]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    gap: Annotated[float, Field(ge=0, lt=1)] = 1e-3
    seconds: Annotated[float, Field(gt=0, le=86_400)] = 120.0


class Forcing(_Asked):
    """Which unit must have which treatment, with any of its crops or with the one named behind it."""

    unit: _Words
    treatment: _Words


@door.post("/plans/{name}/forcings", "check", status_code=202, response_model=JobRecord)
def force(request: Request, write: Write, name: _Name, given: Forcing) -> Response:
    """What is lost when a unit must have a treatment, which demands that touches, who gives way. Nothing is kept."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        _saying(at)(message("PLAN-SOLVING", name=name))
        done = api.plan_force(place, name, given.unit, given.treatment, gap=given.gap, seconds=given.seconds)
        return done.as_record()

    return begun(request, write, "plan-forcing", work, content=given.model_dump_json() + language())


class Sensitivity(_Asked):
    """Factors to try for each quantity; empty for the cases low, mid and high that the table has."""

    factors: Annotated[
        dict[_Words, Annotated[list[Annotated[float, Field(ge=0, le=1000)]], Field(max_length=20)]],
        Field(min_length=1, max_length=20),
    ]


@door.post("/plans/{name}/sensitivities", "check", status_code=202, response_model=JobRecord)
def sensitivity(request: Request, write: Write, name: _Name, given: Sensitivity) -> Response:
    """The best plan, and what the plan at hand would come to, as quantities may turn out; a workbook of the cases."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        say = _saying(at)

        def told(column: str, case: str, one: Progress) -> None:
            say(f"{column} × {case}")

        done = api.plan_sensitivity(
            place, name, given.factors, gap=given.gap, seconds=given.seconds, out=at.files, told=told
        )  # fmt: skip
        return done.as_record()

    return begun(request, write, "plan-sensitivity", work, content=given.model_dump_json() + language())


class Frontier(_Asked):
    """What the plan's aim, or the quantity `of`, is set against: more of it wanted, or of `least` less."""

    of: _Words | None = None
    against: Annotated[list[_Words], Field(max_length=10)] = []
    least: Annotated[list[_Words], Field(max_length=10)] = []
    points: Annotated[int, Field(ge=2, le=50)] = 5


@door.post("/plans/{name}/frontiers", "edit", status_code=202, response_model=JobRecord)
def frontier(request: Request, write: Write, name: _Name, given: Frontier) -> Response:
    """What more of another quantity costs in the aim: each point a plan with its proven bound, kept beside the plan."""
    place = office_of(request).workspace

    def work(at: Place) -> dict[str, Any]:
        say = _saying(at)

        def told(other: str, point: int, one: Progress) -> None:
            say(f"{other} {point + 1} / {given.points}")

        done = api.plan_frontier(
            place, name, of=given.of, against=given.against, least=given.least, points=given.points, gap=given.gap,
            seconds=given.seconds, told=told,
        )  # fmt: skip
        return done.as_record() | {"folder": done.folder.name}

    return begun(request, write, "plan-frontier", work, content=given.model_dump_json() + language())


def _saying(at: Place) -> Callable[[str], None]:
    """Notes what the work is at, once for each; and ends it where that is asked for."""
    last = ""

    def say(title: str) -> None:
        nonlocal last
        at.progress.stop_if_cancelled()
        if title != last:
            last = title
            at.progress.note(title=title, done=0, total=None)

    return say
