"""The least that can stand between HTTP and PostGIS: one statement, a few connections, its rows as JSON.

Started by `desk.py` with uvicorn, which serves Tilth too.
"""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import psycopg

_STATEMENT = os.environ["BENCH_STATEMENT"]
_free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()


async def _start() -> None:
    for _ in range(int(os.environ["BENCH_CONNECTIONS"])):
        one = await psycopg.AsyncConnection.connect(os.environ["BENCH_DSN"], autocommit=True)
        await one.execute("SET jit = off")
        _free.put_nowait(one)


async def app(scope: Any, receive: Any, send: Any) -> None:
    """GeoJSON of a geometry in; pairs of layer, id and shared area out."""
    if scope["type"] == "lifespan":
        await receive()
        await _start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = b""
    while True:
        part = await receive()
        body += part.get("body", b"")
        if not part.get("more_body"):
            break
    found: list[Any] = []
    if body:
        one = await _free.get()
        try:
            async with one.cursor(binary=True) as cursor:
                await cursor.execute(_STATEMENT, (body.decode(),), prepare=True)
                found = await cursor.fetchall()
        finally:
            _free.put_nowait(one)
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(found).encode()})
