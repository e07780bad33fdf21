"""Several processes that serve one workspace: who is signed in stands in the database, what each counts in a folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import FastAPI

from tilth.runtime import Workspace
from tilth.web.access_log import AccessLog
from tilth.web.app import create_app
from tilth.web.metrics import Counts

#: Names the folder in which the processes find what they are to serve.
_FOLDER = "TILTH_SERVING"
_SETTINGS = "settings.json"


def serve_by_several(place: Workspace, key: str, access_log: str, workers: int, running: dict[str, Any]) -> None:
    """Serve with `workers` processes until stopped; one that dies is replaced."""
    import uvicorn

    told = {"workspace": str(place.root.absolute()), "key": key, "access_log": access_log}
    with TemporaryDirectory(prefix="tilth-serving-") as folder:
        file = os.open(Path(folder) / _SETTINGS, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(file, "w", encoding="utf-8") as settings:
            json.dump(told, settings)
        os.environ[_FOLDER] = folder
        try:
            uvicorn.run("tilth.web.workers:application", factory=True, workers=workers, **running)
        finally:
            del os.environ[_FOLDER]


def application() -> FastAPI:
    """What one of the processes serves."""
    folder = Path(os.environ[_FOLDER])
    told = json.loads((folder / _SETTINGS).read_text(encoding="utf-8"))
    log = AccessLog(told["access_log"]) if told["access_log"] else None
    counts = Counts(folder)
    counts.keep(always=True)
    return create_app(told["workspace"], start_key=told["key"], counts=counts, log=log)
