"""What holds for every answer: security headers, the language of the reader, a limit to what is taken in."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tilth.core import message
from tilth.core.language import LANGUAGES, speaking
from tilth.web.arriving import SlowError, in_time
from tilth.web.problems import problem
from tilth.web.room import is_short

LANGUAGE_COOKIE = "tilth_lang"
#: Largest body of a request that is no upload [bytes], and of one that is.
MOST_BODY, MOST_UPLOAD = 1 << 20, 2 << 30
_UPLOADS = (
    "/api/v1/imports", "/api/v1/checks", "/api/v1/conversions", "/api/v1/areas", "/api/v1/national",
    "/api/v1/ledger/entries", "/api/v1/ledger/reservations", "/api/v1/ledger/submissions", "/api/v1/reports",
)  # fmt: skip
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
#: … and these over an encrypted connection.
SECURE = {"Strict-Transport-Security": "max-age=31536000"}
_RAW = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
_RAW_SECURE = [*_RAW, *((name.lower().encode(), value.encode()) for name, value in SECURE.items())]


def raw_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The security headers of an answer that goes around `Guard`."""
    return list(_RAW_SECURE if scope["scheme"] == "https" else _RAW)


class Guard:
    """Around the whole application."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        most = MOST_UPLOAD if scope["path"].startswith(_UPLOADS) else MOST_BODY
        stated = Headers(scope=scope).get("content-length", "0")
        arriving, taken = in_time(receive), 0
        refusal: ASGIApp | None = None  # what is answered in the place of whatever the routes make of a broken body
        answered, whole = False, not _has_body(scope)

        async def counted() -> Message:
            nonlocal taken, refusal, whole
            try:
                part = await arriving()
            except SlowError:
                refusal = _slow()
                raise
            before, taken = taken, taken + len(part.get("body", b""))
            whole = not part.get("more_body", False)
            if taken > most or is_short(before, taken):
                refusal = _too_large(most) if taken > most else _no_room()
                raise _TooLargeError
            return part

        async def with_headers(part: MutableMapping[str, Any]) -> None:
            if part["type"] == "http.response.start":
                headers = MutableHeaders(scope=part)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["scheme"] == "https":
                    for name, value in SECURE.items():
                        headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
                if not whole:  # what of the body has not come need not come any more
                    headers["Connection"] = "close"
            await send(part)

        async def or_refused(part: MutableMapping[str, Any]) -> None:
            nonlocal answered
            if refusal is None:
                await with_headers(part)
            elif not answered:
                answered = True
                await refusal(scope, receive, with_headers)

        with speaking(language_of(scope)):
            if not stated.isdecimal() or len(stated) > 18 or int(stated) > most:
                await _too_large(most)(scope, receive, with_headers)
                return
            try:
                await self.app(scope, counted, or_refused)
            except (_TooLargeError, SlowError):
                await or_refused({})


def _has_body(scope: Scope) -> bool:
    headers = Headers(scope=scope)
    return "transfer-encoding" in headers or headers.get("content-length", "0") != "0"


class _TooLargeError(Exception):
    pass


def _too_large(most: int) -> ASGIApp:
    values = {"most": most >> 20}
    said, remedy = message("WEB-TOO-LARGE", **values), message("WEB-TOO-LARGE", "remedy")
    return problem(413, "WEB-TOO-LARGE", said, remedy, headers={"Connection": "close"})


def _slow() -> ASGIApp:
    closing = {"Connection": "close"}
    return problem(408, "WEB-SLOW", message("WEB-SLOW"), message("WEB-SLOW", "remedy"), headers=closing)


def _no_room() -> ASGIApp:
    closing = {"Connection": "close"}
    return problem(507, "WEB-NO-ROOM", message("WEB-NO-ROOM"), message("WEB-NO-ROOM", "remedy"), headers=closing)


def language_of(scope: Scope) -> str:
    """Of the query (`lang`), the cookie, or what the browser prefers."""
    if b"lang" in scope["query_string"]:
        asked = QueryParams(scope["query_string"]).get("lang")
        if asked in LANGUAGES:
            return asked
    headers = Headers(scope=scope)
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == LANGUAGE_COOKIE and value in LANGUAGES:
            return value
    return "zh" if headers.get("accept-language", "").lower().startswith("zh") else "en"
