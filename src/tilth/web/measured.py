"""Around everything: each request is counted, timed, and written into the access log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import MutableMapping
from typing import Any, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from tilth.web.access_log import AccessLog, line_of
from tilth.web.metrics import OLDEST_S, Counts

_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class CountedAs(NamedTuple):
    """The route under which an answer is counted that goes around the routes."""

    path: str


class Measured:
    """Around the whole application, what guards it included."""

    def __init__(self, app: ASGIApp, counts: Counts, log: AccessLog | None = None) -> None:
        self.app, self.counts, self.log = app, counts, log
        self._later: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status, sent, began = 500, 0, time.perf_counter()

        async def watched(part: MutableMapping[str, Any]) -> None:
            nonlocal status, sent
            if part["type"] == "http.response.start":
                status = part["status"]
            else:
                sent += len(part.get("body", b""))
            await send(part)

        self.counts.under_way += 1
        try:
            await self.app(scope, receive, watched)
        finally:
            self.counts.under_way -= 1
            self._done(scope, status, time.perf_counter() - began, sent)

    def _done(self, scope: Scope, status: int, seconds: float, sent: int) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        self.counts.add(method, route_of(scope), status, seconds, sent)
        if self.log is not None:
            caller = scope.get("state", {}).get("caller")
            who, by = (caller.name, caller.by) if caller is not None else ("", "")
            address = scope["client"][0] if scope.get("client") else ""
            if not self.log.write(line_of(method, scope["path"], status, seconds, sent, who, by, address)):
                self.counts.unlogged()
        if not self.counts.keep() and self._later is None:
            self._later = asyncio.get_running_loop().call_later(OLDEST_S, self._keep)

    def _keep(self) -> None:
        self._later = None
        self.counts.keep(always=True)


def route_of(scope: Scope) -> str:
    """Under which of its routes the application answered: never the address itself, of which there are too many."""
    path = getattr(scope.get("route"), "path", None)
    if isinstance(path, str):
        return path
    return "/assets" if scope["path"].startswith("/assets/") else "-"
