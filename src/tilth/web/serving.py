"""Run the server."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from tilth.web.app import create_app


def serve(folder: str | Path, *, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the workspace in `folder` until stopped. `say` is told the address to open, with its key.

    Raises
    ------
    NotFound, BadInput
        As for `api.open_workspace`.
    """
    import uvicorn

    key = secrets.token_urlsafe(24)
    app = create_app(folder, start_key=key)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104 - compared, not bound
    say(f"http://{shown}:{port}/#key={key}")
    uvicorn.run(app, host=host, port=port, log_level="warning", server_header=False, proxy_headers=False)
