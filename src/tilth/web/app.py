"""The application: every route, the pages, and what holds for all of them."""

from __future__ import annotations

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

from tilth import __version__, api
from tilth.runtime import Workspace
from tilth.runtime.held import HOLDING
from tilth.web import problems
from tilth.web.described import describe
from tilth.web.guard import Guard
from tilth.web.logged import Logged
from tilth.web.routes import DOORS
from tilth.web.state import Office

#: So many rows of surveys and layers the server holds in memory.
HELD_ROWS = 4_000_000
#: The pages as they are built; absent in a checkout whose pages have not been built.
PAGES = Path(str(files("tilth.web"))) / "static"


def create_app(workspace: Workspace | str | Path, *, start_key: str = "") -> FastAPI:
    """The application that serves one workspace.

    Parameters
    ----------
    start_key
        Opens a session with every role to whoever knows it: shown by the server to the person who starts it.

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
    problems.add_handlers(app)
    for door in DOORS:
        app.include_router(door.router)
    describe(app)
    if PAGES.is_dir():
        _add_pages(app)
    app.add_middleware(Logged)
    app.add_middleware(Guard)
    return app


@asynccontextmanager
async def _serving(app: FastAPI) -> AsyncIterator[None]:
    """While it is served; then what is still worked at is asked to end."""
    yield
    app.state.office.jobs.close()


def _owner() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "local"


def _add_pages(app: FastAPI) -> None:
    app.mount("/assets", StaticFiles(directory=PAGES / "assets"), name="assets")

    @app.get("/{page:path}", include_in_schema=False)
    def pages(page: str) -> FileResponse:
        """The one page that shows all others; the front end reads the rest of the address."""
        return FileResponse(_inside(page) or PAGES / "index.html")


def _inside(page: str) -> Path | None:
    """The file of that name among the pages; None where there is none, and for whatever lies elsewhere."""
    try:
        asked = (PAGES / page).resolve()
        return asked if asked.is_relative_to(PAGES.resolve()) and asked.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None
