"""Connections that send no request, or a line of it now and then, are closed; so are too many from one address."""

from __future__ import annotations

import asyncio
from collections import Counter
from ipaddress import ip_address
from typing import Any, ClassVar, cast

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

try:
    import httptools
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:  # pragma: no cover - a system for which it is not built
    httptools = None  # type: ignore[assignment]

#: Within so long of its first byte, the head of a request is there, or the connection is closed. [s]
HEAD_S = 10.0
#: Connections from one address at a time. The machine itself and, where there is one, the proxy may have any number.
MOST_FROM_ONE = 100
#: Longest head of a request. [bytes]
MOST_HEAD = 32 << 10


class _Watched(asyncio.Protocol):
    """One connection, as uvicorn serves it, with an eye on the clock: stands before a protocol of uvicorn."""

    config: Any
    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    client: tuple[str, int] | None
    cycle: Any
    _held: ClassVar[Counter[str]] = Counter()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody connected."""
        super().connection_made(transport)
        self._late: asyncio.TimerHandle | None = None
        self._from = self.client[0] if self.client else ""
        self._held[self._from] += 1
        free = self.config.proxy_headers or is_loopback(self._from)
        if self._held[self._from] > MOST_FROM_ONE and not free:
            transport.close()
            return
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """They left, or were shown the door."""
        self._held[self._from] -= 1
        if self._held[self._from] <= 0:
            del self._held[self._from]
        self._stop_watching()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes came: a head that was waited for may be whole by now."""
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._waiting():
            self._watch()
        else:
            self._stop_watching()

    def _waiting(self) -> bool:
        """Is the head of a request not there yet?"""
        return bool((self.cycle is None or self.cycle.response_complete) and self._before_a_body())

    def _before_a_body(self) -> bool:
        """Is the head of a request what comes next, or comes just now?"""
        raise NotImplementedError

    def _watch(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_S, self._give_up)

    def _stop_watching(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        self._late = None
        if self._waiting() and not self.transport.is_closing():
            self.transport.close()


class Connection(_Watched, H11Protocol):
    """A connection read by Python alone."""

    def _before_a_body(self) -> bool:
        return self.conn.their_state is h11.IDLE


if httptools is not None:

    class QuickConnection(_Watched, HttpToolsProtocol):
        """A connection read by compiled code, which itself would take a head of any length."""

        _in_head, _came = True, 0

        def data_received(self, data: bytes) -> None:
            """Some bytes came."""
            self._came = self._came + len(data) if self._in_head else 0
            super().data_received(data)
            if self._in_head and self._came > MOST_HEAD and not self.transport.is_closing():
                self.send_400_response("The head of the request is too long.")

        def on_message_begin(self) -> None:
            """A head begins."""
            self._in_head = True
            super().on_message_begin()

        def on_headers_complete(self) -> None:
            """A head is there."""
            if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > MOST_HEAD:
                raise ValueError("head of a request too long")  # answered as one that cannot be read
            self._in_head, self._came = False, 0
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            """A body is there; a head is what comes next."""
            self._in_head = True
            super().on_message_complete()

        def _before_a_body(self) -> bool:
            return self._in_head


def is_loopback(host: str) -> bool:
    """Can only this machine reach `host`?"""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def settings() -> dict[str, Any]:
    """How uvicorn is to treat connections."""
    return {
        "http": cast(Any, Connection if httptools is None else QuickConnection),
        "ws": "none",
        "limit_concurrency": 1000,  # connections and requests at a time; the next is told to come again (503)
        "timeout_keep_alive": 15,  # [s]
        "h11_max_incomplete_event_size": MOST_HEAD,
        "timeout_graceful_shutdown": 10,  # [s]
    }
