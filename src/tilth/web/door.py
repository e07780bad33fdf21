"""Routes that say what they need to be allowed: there is no other way to add one."""

from __future__ import annotations

import inspect
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
#: … and under this one, for as long as it is made, that its answer carries an ETag.
TAGGED = "x-tilth-tagged"
#: Parameters that say which regions a request is about.
_PLACES = frozenset({"region", "group"})


class Door:
    """A group of routes under one tag. Each names the action it needs; `OPEN` needs none.

    With `anywhere=True` it is enough to have the right in some region: the route shows what lies there and no more.
    """

    def __init__(self, tag: str, prefix: str = "/api/v1") -> None:
        self.router = APIRouter(prefix=prefix, tags=[tag])

    def get(
        self, path: str, action: str, *, tagged: bool = False, **more: Any
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """A route that only looks; `tagged` if its answer carries an ETag."""
        more["openapi_extra"] = {TAGGED: True, **more.pop("openapi_extra", {})} if tagged else more.get("openapi_extra")
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
        guards, extra = more.pop("dependencies", []), {ACTION: action, **(more.pop("openapi_extra", None) or {})}

        def added(endpoint: Callable[..., Any]) -> Callable[..., Any]:
            by = _PLACES & set(inspect.signature(endpoint).parameters)
            asked = current_caller if action in (KNOWN, OPEN) else needs(action, by=by, anywhere=anywhere)
            first = [] if action == OPEN else [Depends(asked)]
            route = self.router.api_route(
                path, methods=[method], dependencies=[*first, *guards], openapi_extra=extra, **more
            )
            return route(endpoint)

        return added
