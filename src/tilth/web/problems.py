"""What went wrong, as RFC 9457 problem details: one sentence and a remedy, in the reader's language."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import Response

from tilth.core import BadInput, NeedsAnswer, NotFound, TilthError, message

MEDIA_TYPE = "application/problem+json"
#: Under this prefix are the routes that GIS programs ask.
GIS = "/ogc"
#: Refusals that say how things stand, not what is wrong with the request.
_STATUS = {
    "RUNTIME-BUSY": 409, "LAND-OVERTAKEN": 409, "LEDGER-ID-TAKEN": 409, "LEDGER-SETTLED": 409, "API-KEY-UNDER-WAY": 409,
    "SUBMIT-DECIDED": 409, "SUBMIT-AT-WORK": 409, "PLAN-THERE": 409,
    "RUNTIME-DATABASE": 503, "RUNTIME-READ-ONLY": 503, "RUNTIME-DISK-FULL": 507,
}  # fmt: skip


class Problem(Exception):
    """A request that is refused at the door. `code` is a key of the message catalogue."""

    def __init__(self, status: int, code: str, **values: object) -> None:
        super().__init__(code)
        self.status, self.code, self.values = status, code, values


def add_handlers(app: FastAPI) -> None:
    """Have every refusal of `app` told in this form."""

    @app.exception_handler(Problem)
    async def _problem(request: Request, error: Problem) -> JSONResponse:
        said, remedy = message(error.code, **error.values), message(error.code, "remedy", **error.values)
        return problem(error.status, error.code, said, remedy, headers=_headers(error, _to_gis(request)))

    @app.exception_handler(TilthError)
    async def _tilth(request: Request, error: TilthError) -> JSONResponse:
        return problem(_status(request, status_of(error)), error.code, error.said, error.remedy)

    @app.exception_handler(RequestValidationError)
    async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        where = [{"at": ".".join(map(str, one["loc"])), "said": one["msg"]} for one in error.errors()]
        said, remedy = message("WEB-INVALID", count=len(where)), message("WEB-INVALID", "remedy", count=len(where))
        return problem(_status(request, 422), "WEB-INVALID", said, remedy, errors=where)

    @app.exception_handler(HTTPException)
    async def _http(_request: Request, error: HTTPException) -> JSONResponse:
        code = {404: "WEB-NO-SUCH-PAGE", 405: "WEB-NO-SUCH-METHOD"}.get(error.status_code, "WEB-REFUSED")
        said, remedy = message(code), message(code, "remedy")
        return problem(error.status_code, code, said, remedy, headers=dict(error.headers or {}))

    @app.exception_handler(ClientDisconnect)
    async def _gone(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=400)  # nobody hears it: whoever asked left before the request was whole


def _to_gis(request: Request) -> bool:
    """Is it an answer to a GIS program?"""
    return request.url.path.startswith(GIS)


def _status(request: Request, status: int) -> int:
    """OGC API – Features has 400 for every parameter that cannot be used (17-069r4, 7.6 and 7.7)."""
    return 400 if status == 422 and _to_gis(request) else status


def _headers(error: Problem, to_gis: bool) -> dict[str, str] | None:
    """What programs read: how to show who they are, and when to come again. Only GIS programs are asked for a name and
    a token as their password: a browser would ask the person for them."""
    match error.status:
        case 401:
            return {"WWW-Authenticate": f'{"Basic" if to_gis else "Bearer"} realm="tilth"'}
        case 429:
            return {"Retry-After": str(error.values.get("seconds", 1))}
        case _:
            return None


def status_of(error: TilthError) -> int:
    """The HTTP status that says what kind of refusal it is."""
    if error.code in _STATUS:
        return _STATUS[error.code]
    match error:
        case NotFound():
            return 404
        case NeedsAnswer() | BadInput():
            return 422
        case _:
            return 409


def problem(
    status: int, code: str, said: str, remedy: str, *, headers: dict[str, str] | None = None, **more: Any
) -> JSONResponse:
    """The answer itself: `type` and `code` name the message, `title` says it, `detail` is what to do about it."""
    return JSONResponse(body_of(status, code, said, remedy, **more), status, headers=headers, media_type=MEDIA_TYPE)


def body_of(status: int, code: str, said: str, remedy: str, **more: Any) -> dict[str, Any]:
    """What the answer says."""
    return {"type": f"tilth:{code}", "code": code, "title": said, "detail": remedy, "status": status, **more}
