"""Records as answers: JSON with whole numbers, named by all that they hang on (ETag), so that nothing is sent twice."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request, Response

from tilth import api
from tilth.core.language import language
from tilth.runtime import Workspace
from tilth.web.state import office_of

JSON = "application/json"


def as_json(record: Any) -> bytes:
    """`record` as JSON in UTF-8. What is no number is null, what JSON has no word for is text."""
    try:
        text = json.dumps(record, ensure_ascii=False, default=_plain, allow_nan=False)
    except ValueError:
        text = json.dumps(_numbers(record), ensure_ascii=False, default=_plain, allow_nan=False)
    return text.encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    """Numbers of numpy are numbers, its arrays lists; anything else is what it prints."""
    if hasattr(value, "tolist"):
        return _numbers(value.tolist())
    return str(value)


def _numbers(value: Any) -> Any:
    """`value` with None for what is no number."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case dict():
            return {key: _numbers(one) for key, one in value.items()}
        case list() | tuple():
            return [_numbers(one) for one in value]
        case _:
            return value


def told(record: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """`record` as an answer."""
    return Response(as_json(record), status, dict(headers or {}), JSON)


def tagged(
    request: Request,
    make: Callable[[], Any],
    *,
    book: bool = True,
    state_of: Callable[[Workspace], str] | None = None,
) -> Response:
    """What `make` gives as an answer with an ETag; 304 without asking `make` where the reader has it already.

    The tag is that of everything an answer about the workspace hangs on, of the request, and of the language. Whether
    the caller may have it was asked before.

    Parameters
    ----------
    book
        Does the answer hang on the land book? One that does not is good for as long as nothing else changes.
    state_of
        What else an answer hangs on than land and book.
    """
    office = office_of(request)
    of = state_of or (api.state_of if book else api.land_state_of)
    state = of(office.workspace)
    tag = _tag(request, state)
    headers = {"ETag": f'"{tag}"', "Cache-Control": "private, no-cache", "Vary": "Accept-Language, Cookie"}
    if _has(request, tag):
        return Response(status_code=304, headers=headers)
    body = office.answers.get(tag) or office.answers.once(
        tag, lambda: as_json(make()), keep=lambda: of(office.workspace) == state
    )
    return Response(body, headers=headers, media_type=JSON)


def _tag(request: Request, state: str) -> str:
    asked = sorted(request.query_params.multi_items())
    about = [state, request.url.path, repr(asked), language()]
    return hashlib.sha256("\n".join(about).encode("utf-8", "replace")).hexdigest()[:40]


def _has(request: Request, tag: str) -> bool:
    named = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    return "*" in named or f'"{tag}"' in named
