"""Serve the made-up county from a process of its own, as GDAL holds this one while it waits: `python … FOLDER`.

Prints the address, the token of somebody who may look at all of it, and of somebody of one township.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvicorn
from feature_county import TOWNSHIPS, served

from tilth import api
from tilth.identity import Actor
from tilth.web import create_app


async def main(folder: Path) -> None:
    place, tokens = served(folder), []
    for name, region in (("Li", "999901"), ("Wang", TOWNSHIPS[0])):
        api.user_add(place, name, by=Actor("root"))
        api.user_role(place, name, "viewer", place=region, by=Actor("root"))
        tokens.append(api.user_token(place, name, "GIS", by=Actor("root")).secret)
    server = uvicorn.Server(uvicorn.Config(create_app(place), port=0, log_level="warning"))
    running = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    print(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/ogc", *tokens, flush=True)
    await running


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
