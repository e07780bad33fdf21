"""Serve the made-up county from a process of its own, as GDAL holds this one while it waits: `python … FOLDER`.

Prints the address. "whole" is the session of somebody who may look at all of it, "part" of somebody of one township.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvicorn
from feature_county import TOWNSHIPS, served

from tilth.identity import Caller, Grant
from tilth.web import create_app
from tilth.web.access import Session


async def main(folder: Path) -> None:
    app = create_app(served(folder))
    app.state.office.sessions["whole"] = Session(Caller("Li", (Grant("viewer", "999901"),)))
    app.state.office.sessions["part"] = Session(Caller("Wang", (Grant("viewer", TOWNSHIPS[0]),)))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    print(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/ogc", flush=True)
    await running


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
