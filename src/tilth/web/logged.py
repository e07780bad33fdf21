"""Every change that somebody known asks for, and every refusal, is written into the log of acts before the answer."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from tilth.core import TilthError, message
from tilth.identity import Actor, AuditLog, Caller
from tilth.web.access import SAFE
from tilth.web.problems import problem
from tilth.web.state import Office

#: What such a route answers well keeps nothing: no change.
_KEEPS_NOTHING = ("read", "check")


class Logged:
    """Around the routes, inside what guards them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        lost = False

        async def after_the_log(part: MutableMapping[str, Any]) -> None:
            nonlocal lost
            if part["type"] == "http.response.start" and _counts(scope, state, part["status"]):
                try:
                    await run_in_threadpool(_write_down, scope, state, part["status"])
                except TilthError:
                    lost = True
                    code = "WEB-NOT-WRITTEN-DOWN"
                    said = problem(503, code, message(code), message(code, "remedy"))
                    await said(scope, receive, send)
            if not lost:
                await send(part)

        await self.app(scope, receive, after_the_log)


def acting(request: Request) -> Actor:
    """Who asks, for a change that writes itself into the log: it is not written down twice."""
    request.state.logged = True
    caller: Caller = request.state.caller
    return caller.actor


def _counts(scope: Scope, state: dict[str, Any], status: int) -> bool:
    """Is it an act of somebody known that the log should have?"""
    if "caller" not in state:
        return False
    if status >= 400:
        return status == 403 or scope["method"] not in SAFE
    return scope["method"] not in SAFE and "logged" not in state and state.get("action") not in _KEEPS_NOTHING


def _write_down(scope: Scope, state: dict[str, Any], status: int) -> None:
    office: Office = scope["app"].state.office
    outcome = "done" if status < 400 else f"refused {status}" if status < 500 else f"failed {status}"
    AuditLog(office.workspace).add(
        state["caller"].actor,
        state.get("action", "known"),
        what=f"{scope['method']} {scope['path']}",
        region=state.get("region", ""),
        outcome=outcome,
    )
