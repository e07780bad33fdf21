"""The pages: built from `web/frontend` when Tilth is installed, one document that reads the rest of the address."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, HTTPException
from fastapi.responses import FileResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import Scope

from tilth.core import message

#: Absent in a checkout whose pages have not been built.
PAGES = Path(str(files("tilth.web"))) / "static"
#: Names of assets hold a digest of what is in them, so a browser need never ask again.
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}
_ASK_AGAIN = {"Cache-Control": "no-cache"}


class _Assets(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_FOR_GOOD)
        return response


def add_pages(app: FastAPI, pages: Path = PAGES) -> None:
    """Have `app` serve them for every address that is not the API's; where they are not built, say how to."""
    if (pages / "assets").is_dir():
        app.mount("/assets", GZipMiddleware(_Assets(directory=pages / "assets")), name="assets")

    @app.get("/{page:path}", include_in_schema=False)
    def page_of(page: str) -> Response:
        """A file of the pages, or the document that shows all of them."""
        if page.partition("/")[0] in ("api", "ogc"):
            raise HTTPException(404)
        if not (pages / "index.html").is_file():
            said = f"{message('WEB-NO-PAGES')}\n{message('WEB-NO-PAGES', 'remedy')}\n"
            return PlainTextResponse(said, 503, headers=_ASK_AGAIN)
        return FileResponse(_inside(pages, page) or pages / "index.html", headers=_ASK_AGAIN)


def _inside(pages: Path, page: str) -> Path | None:
    """The file of that name among the pages; None where there is none, and for whatever lies elsewhere."""
    try:
        asked = (pages / page).resolve()
        return asked if asked.is_relative_to(pages.resolve()) and asked.is_file() else None
    except (OSError, ValueError):  # a name that no file can have
        return None
