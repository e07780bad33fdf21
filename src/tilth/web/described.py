"""The description of the interface (OpenAPI 3.1): each route with the refusals it may give, and how one signs in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI

from tilth.web.door import ACTION, OPEN, TAGGED
from tilth.web.problems import GIS, MEDIA_TYPE
from tilth.web.records import Problem

_REFERENCE = {"$ref": "#/components/schemas/Problem"}
#: What each status says, in the order of the numbers.
_SAID = {
    "400": "The request cannot be read.",
    "401": "Nobody is signed in.",
    "403": "The caller may not do this there, or the request comes from another page.",
    "404": "Something that is named does not exist.",
    "409": "It cannot be done as things stand: somebody else writes, or it was done before with another content.",
    "413": "What is sent is larger than is taken.",
    "415": "What is sent is of another kind than is taken.",
    "422": "A value cannot be used; `errors` names the places.",
    "429": "Too much is asked for at once; `Retry-After` says when to come again.",
}
_EXAMPLE = {
    "type": "tilth:LAND-NO-SURVEY",
    "code": "LAND-NO-SURVEY",
    "title": "there is no survey of 2030; there are 2023, 2024",
    "detail": "Import it first, or name another year.",
    "status": 404,
}
_METHODS = ("get", "post", "put", "patch", "delete")


def describe(app: FastAPI) -> None:
    """Let the description of `app` tell the refusals too."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        known = app.openapi_schema is not None
        described = plain()
        if not known:
            _completed(described)
        return described

    app.openapi = openapi  # type: ignore[method-assign]


def _completed(described: dict[str, Any]) -> None:
    parts = described.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = {**Problem.model_json_schema(), "examples": [_EXAMPLE]}
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["securitySchemes"] = {
        "session": {"type": "apiKey", "in": "cookie", "name": "tilth_session"},
        "token": {"type": "http", "scheme": "bearer"},
    }
    for path, one, method in _routes(described):
        known = one.get(ACTION) != OPEN
        if known:
            one["security"] = [{"session": []}, {"token": []}]
        if path.startswith(GIS):  # see `problems`: 422 is told there as 400
            one["responses"].pop("422", None)
        for status in _statuses(path, method, known):
            one["responses"][status] = {
                "description": _SAID[status],
                "content": {MEDIA_TYPE: {"schema": _REFERENCE}},
            }
        if one.pop(TAGGED, False):
            one["responses"]["304"] = {"description": "The reader has it already (If-None-Match)."}


def _routes(described: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], str]]:
    for path, methods in described["paths"].items():
        for method in _METHODS:
            if method in methods:
                yield path, methods[method], method


def _statuses(path: str, method: str, known: bool) -> list[str]:
    found = {"401", "404", "409", "400" if path.startswith(GIS) else "422"}
    if known:
        found.add("403")
    if method != "get":
        found |= {"400", "403", "413", "415", "429"}
    return sorted(found)
