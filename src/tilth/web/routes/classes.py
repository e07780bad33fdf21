"""What the classes of land are called, and their colours."""

from __future__ import annotations

from fastapi import Request, Response

from tilth import api
from tilth.web.answers import tagged
from tilth.web.door import KNOWN, Door
from tilth.web.records import Record
from tilth.web.state import office_of

door = Door("surveys")


class ClassRecord(Record):
    """A class of land in both languages, with its colour on maps."""

    code: str
    label: str
    label_zh: str
    colour: str


@door.get("/classes", KNOWN, tagged=True, response_model=list[ClassRecord])
def classes(request: Request) -> Response:
    """The classes of the code systems of the surveys in use; there whether or not the map is ready."""
    place = office_of(request).workspace
    return tagged(request, lambda: api.class_names(place))
