"""The application: every route, the pages, and what holds for all of them."""

from __future__ import annotations

import getpass
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from tilth import __version__, api
from tilth.runtime import Workspace
from tilth.runtime.held import HOLDING
from tilth.web import problems
from tilth.web.access_log import AccessLog
from tilth.web.areas_at_hand import AreasAtHand
from tilth.web.at_hand import AtHand
from tilth.web.described import describe
from tilth.web.guard import Guard
from tilth.web.heavy import short_turns
from tilth.web.logged import Logged
from tilth.web.measured import Measured
from tilth.web.metrics import Counts
from tilth.web.pages import add_pages
from tilth.web.routes import DOORS
from tilth.web.state import Office

#: So many rows of surveys and layers the server holds in memory.
HELD_ROWS = 4_000_000


def create_app(
    workspace: Workspace | str | Path,
    *,
    start_key: str = "",
    counts: Counts | None = None,
    log: AccessLog | None = None,
) -> FastAPI:
    """The application that serves one workspace.

    Parameters
    ----------
    start_key
        Opens a session with every role to whoever knows it: shown by the server to the person who starts it.
    counts, log
        Where requests are counted, and written down; counted in memory alone, without.

    Raises
    ------
    NotFound, BadInput
        As for `api.open_workspace`.
    """
    HOLDING.most = HELD_ROWS
    place = workspace if isinstance(workspace, Workspace) else api.open_workspace(workspace)
    app = FastAPI(
        title="Tilth",
        version=__version__,
        summary="Farmland protection and the land book of a county.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        lifespan=_serving,
        redoc_url=None,
    )
    app.state.office = Office(place, start_key, _owner())
    app.state.counts = counts or Counts()
    problems.add_handlers(app)
    for door in DOORS:
        app.include_router(door.router)
    describe(app)
    add_pages(app)
    app.add_middleware(Logged)
    app.add_middleware(Guard)
    app.add_middleware(AreasAtHand, office=app.state.office)
    app.add_middleware(AtHand, office=app.state.office)
    app.add_middleware(Measured, counts=app.state.counts, log=log)
    return app


@asynccontextmanager
async def _serving(app: FastAPI) -> AsyncIterator[None]:
    """While it is served; then what is still worked at is asked to end."""
    before = sys.getswitchinterval()
    short_turns()
    yield
    sys.setswitchinterval(before)
    app.state.office.jobs.close()


def _owner() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"
