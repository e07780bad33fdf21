"""Parameters that many routes take, and the places where a long list goes on."""

from __future__ import annotations

import base64
import binascii
import json
from datetime import date
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator

from tilth.web.problems import Problem

_TEXT = r"^[^\x00-\x1f]+$"
Year = Annotated[int, Query(ge=1900, le=2200, description="The survey year.", examples=[2024])]
MaybeYear = Annotated[int | None, Query(ge=1900, le=2200, description="The survey year; the newest without.")]
Region = Annotated[
    str | None,
    Query(
        min_length=1, max_length=32, pattern=_TEXT,
        description="Only this region and what is below it; the whole workspace without.",
    ),
]  # fmt: skip
Group = Annotated[
    str | None,
    Query(min_length=1, max_length=100, pattern=_TEXT, description="The members of this group instead of a region."),
]
Level = Annotated[
    str, Query(pattern="^(county|township|village)$", description="Rows down to county, township or village.")
]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]
Cursor = Annotated[
    str | None, Query(max_length=200, pattern=r"^[A-Za-z0-9_-]+$", description="`next` of the page before.")
]
Day = Annotated[date | None, Query(description="A day, 2024-12-31.")]
Name = Annotated[str | None, Query(min_length=1, max_length=200, pattern=_TEXT)]
Encoding = Annotated[
    str | None, Query(max_length=40, pattern=r"^[A-Za-z0-9._-]+$", description="Text encoding: gbk, utf-8, …")
]
Crs = Annotated[
    str | None,
    Query(max_length=40, pattern=r"^([Ee][Pp][Ss][Gg]:)?[0-9]{4,6}$", description="Coordinate system: EPSG:4526."),
    AfterValidator(lambda text: f"EPSG:{text}" if text and text.isdigit() else text),
]


def place_of(cursor: str | None) -> int | None:
    """The number that `cursor` keeps; None for the first page.

    Raises
    ------
    Problem
        422 for anything that no page gave.
    """
    if cursor is None:
        return None
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        found = None
    if type(found) is not int or not 0 <= found < 1 << 62:
        raise Problem(422, "WEB-CURSOR", cursor=cursor)
    return found


def cursor_at(place: int | None) -> str | None:
    """`place` as a reader sends it back."""
    return None if place is None else base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")
