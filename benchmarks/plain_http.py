"""As little of HTTP as a browser at work needs: what it costs to ask must not hide what it costs to answer."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """What came back. Names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass
class Browser:
    """A few connections to one server, that stay open; who asks for more waits."""

    url: str
    most: int = 6
    headers: dict[str, str] = field(default_factory=dict)  # sent with every request

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._turn = asyncio.Semaphore(self.most)
        self._free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """One request; once more where a server had hung up meanwhile. OSError where there is no answer."""
        told = {"Host": f"{self._host}:{self._port}", "Accept-Encoding": "gzip", **self.headers, **(headers or {})}
        if method != "GET":
            told["Content-Length"] = str(len(body))
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        message = f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
        async with self._turn:
            while self._free:
                line = self._free.pop()
                try:
                    return await self._asked(line, message)
                except (OSError, asyncio.IncompleteReadError) as error:
                    line[1].close()
                    if isinstance(error, asyncio.IncompleteReadError) and error.partial:
                        raise ConnectionResetError("half an answer") from error
            line = await asyncio.open_connection(self._host, self._port, limit=1 << 20)
            try:
                return await self._asked(line, message)
            except asyncio.IncompleteReadError as error:
                raise ConnectionResetError("no answer") from error

    async def _asked(self, line: tuple[asyncio.StreamReader, asyncio.StreamWriter], message: bytes) -> Answer:
        reader, writer = line
        writer.write(message)
        head = await reader.readuntil(b"\r\n\r\n")
        first, *lines = head[:-4].decode("latin-1").split("\r\n")
        said = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        status = int(first.split(" ", 2)[1])
        if said.get("transfer-encoding") == "chunked":
            body = await _chunks(reader)
        else:
            size = 0 if status in (204, 304) else int(said.get("content-length", 0))
            body = await reader.readexactly(size) if size else b""
        if said.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._free.append(line)
        return Answer(status, said, body)

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._free:
            writer.close()
        self._free.clear()


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    parts = []
    while size := int((await reader.readline()).split(b";")[0], 16):
        parts.append(await reader.readexactly(size))
        await reader.readexactly(2)
    await reader.readuntil(b"\r\n")
    return b"".join(parts)
