"""Routes that say what they need to be allowed: there is no other way to add one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends

from tilth.identity import ACTIONS
from tilth.web.access import current_caller, needs

#: Routes that anybody may call, without being known.
OPEN = "open"
#: Routes that whoever is signed in may call, whatever their roles.
KNOWN = "known"
#: Under this name a route's action stands in the OpenAPI description.
ACTION = "x-tilth-action"


class Door:
    """A group of routes under one tag. Each names the action it needs; `OPEN` needs none.

    With `anywhere=True` it is enough to be allowed in some region, where the address names none: such a route shows no
    more than `access.scope` gives.
    """

    def __init__(self, tag: str, prefix: str = "/api/v1") -> None:
        self.router = APIRouter(prefix=prefix, tags=[tag])

    def get(self, path: str, action: str, **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that only looks."""
        return self._route("GET", path, action, more)

    def post(self, path: str, action: str, **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that makes something."""
        return self._route("POST", path, action, more)

    def put(self, path: str, action: str, **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that sets something to what is sent."""
        return self._route("PUT", path, action, more)

    def delete(self, path: str, action: str, **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that takes something away."""
        return self._route("DELETE", path, action, more)

    def _route(
        self, method: str, path: str, action: str, more: dict[str, Any]
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        assert action in (OPEN, KNOWN, *ACTIONS), action
        anywhere = more.pop("anywhere", False)
        guards = (
            [] if action == OPEN else [Depends(current_caller if action == KNOWN else needs(action, anywhere=anywhere))]
        )
        return self.router.api_route(
            path,
            methods=[method],
            dependencies=[*guards, *more.pop("dependencies", [])],
            openapi_extra={ACTION: action, **more.pop("openapi_extra", {})},
            **more,
        )
