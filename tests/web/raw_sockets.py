"""Requests that no client library would send, over bare sockets. Not a test."""

from __future__ import annotations

import socket


def everything(one: socket.socket) -> bytes:
    """What comes until the other side closes."""
    told = b""
    try:
        while part := one.recv(1 << 16):
            told += part
    except ConnectionResetError:
        pass
    return told
