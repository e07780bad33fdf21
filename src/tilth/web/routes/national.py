"""The national table of published figures, from tables that the reader sends; nothing is kept."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request, Response

from tilth import api
from tilth.core import BadInput
from tilth.intake.national import SERIES, SOURCES, SURVEY, TARGETS
from tilth.web import uploads
from tilth.web.answers import told
from tilth.web.door import Door
from tilth.web.table_records import NationalRecord
from tilth.web.uploads import Sent

door = Door("work")

_CSV = (".csv",)
#: Parts of the form, and under which name the table lies in a folder.
_PARTS = {"file": SURVEY, "series": SERIES, "targets": TARGETS, "sources": SOURCES}
_Tables = Annotated[Sent, Depends(uploads.sending(_CSV, series=_CSV, targets=_CSV, sources=_CSV))]


@door.post(
    "/national",
    "check",
    response_model=NationalRecord,
    openapi_extra=uploads.described(
        file="Farmland by class and region (CSV).",
        series="Farmland of the country by year (CSV).",
        targets="Farmland and targets of the provinces (CSV).",
        sources="Titles of the sources (CSV).",
    ),
)
def national(request: Request, sent: _Tables) -> Response:
    """Published farmland and targets of the country and its provinces, and how the figures agree."""
    folder = sent.folder / "national"
    folder.mkdir()
    for part, name in _PARTS.items():
        if part not in sent.parts:
            raise BadInput("WEB-NO-PART", part=part)
        sent.parts[part].rename(folder / name)
    return told(api.national(folder).as_record())
