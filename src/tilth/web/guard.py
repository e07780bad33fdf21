"""What holds for every answer: security headers, the language of the reader, a limit to what is taken in."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tilth.core import message
from tilth.core.language import LANGUAGES, speaking
from tilth.web.problems import problem

LANGUAGE_COOKIE = "tilth_lang"
#: Largest body of a request that is no upload [bytes], and of one that is.
MOST_BODY, MOST_UPLOAD = 1 << 20, 2 << 30
_UPLOADS = (
    "/api/v1/imports", "/api/v1/checks", "/api/v1/conversions", "/api/v1/areas", "/api/v1/national",
    "/api/v1/ledger/entries", "/api/v1/ledger/reservations", "/api/v1/ledger/acceptances", "/api/v1/reports",
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
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            part = await receive()
            taken += len(part.get("body", b""))
            if taken > most:
                raise _TooLargeError
            return part

        async def with_headers(part: MutableMapping[str, Any]) -> None:
            if part["type"] == "http.response.start":
                headers = MutableHeaders(scope=part)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                if scope["path"].startswith("/api/"):
                    headers.setdefault("Cache-Control", "no-store")
            await send(part)

        with speaking(language_of(scope)):
            if not stated.isdecimal() or int(stated) > most:
                await _too_large(most)(scope, receive, with_headers)
                return
            try:
                await self.app(scope, counted, with_headers)
            except _TooLargeError:
                await _too_large(most)(scope, receive, with_headers)


class _TooLargeError(Exception):
    pass


def _too_large(most: int) -> ASGIApp:
    values = {"most": most >> 20}
    return problem(413, "WEB-TOO-LARGE", message("WEB-TOO-LARGE", **values), message("WEB-TOO-LARGE", "remedy"))


def language_of(scope: Scope) -> str:
    """Of the query (`lang`), the cookie, or what the browser prefers."""
    asked = QueryParams(scope["query_string"]).get("lang")
    if asked in LANGUAGES:
        return asked
    headers = Headers(scope=scope)
    for pair in headers.get("cookie", "").split(";"):
        name, _, value = pair.strip().partition("=")
        if name == LANGUAGE_COOKIE and value in LANGUAGES:
            return value
    return "zh" if headers.get("accept-language", "").lower().startswith("zh") else "en"
