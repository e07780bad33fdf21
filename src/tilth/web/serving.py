"""Run the server."""

from __future__ import annotations

import os
import secrets
import socket
import ssl
from collections.abc import Callable
from contextlib import closing
from errno import EADDRINUSE
from pathlib import Path
from typing import Any

from tilth import api
from tilth.core import BadInput, message
from tilth.identity import People
from tilth.runtime import Workspace
from tilth.web.access_log import AccessLog
from tilth.web.app import create_app
from tilth.web.connections import is_loopback, settings
from tilth.web.workers import serve_by_several


def serve(
    folder: str | Path,
    *,
    host: str,
    port: int,
    say: Callable[[str], None],
    warn: Callable[[str], None] = lambda _: None,
    tls_cert: str = "",
    tls_key: str = "",
    proxy: str = "",
    workers: int = 1,
    access_log: str = "",
) -> None:
    """Serve the workspace in `folder` until stopped. `say` is told the address to open.

    To this machine alone, the address holds a key that lets in whoever starts the server. Where others can reach it,
    there is no such key: people sign in.

    Parameters
    ----------
    tls_cert, tls_key
        PEM files; https is spoken then.
    proxy
        Address of a proxy that stands before the server: what it says of the client is believed.
    workers
        Processes that serve; whichever is free takes the next request.
    access_log
        File to which a line of JSON is added for each request; the output with `-`, none without.

    Raises
    ------
    NotFound, BadInput
        As for `api.open_workspace`; if others could reach the server and nobody has a password; if the certificate
        cannot be used; if nothing can listen at `host` and `port`.
    """
    import uvicorn

    if access_log and access_log != "-":
        access_log = str(Path(access_log).absolute())
    if access_log:
        AccessLog(access_log).close()
    place = api.open_workspace(folder)
    secure = tls_settings(tls_cert, tls_key)
    key = start_key(place, host, proxied=bool(proxy))
    listen_once(host, port)
    if not is_loopback(host) and not secure and not proxy:
        warn(message("WEB-NO-TLS", host=host))
        warn(message("WEB-NO-TLS", "remedy"))
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 - compared
    say(f"{'https' if secure else 'http'}://{shown}:{port}/" + (f"#key={key}" if key else ""))
    running = {
        "host": host, "port": port, "log_level": "warning", "access_log": False, "server_header": False,
        "proxy_headers": bool(proxy), "forwarded_allow_ips": proxy or None, **secure, **settings(),
    }  # fmt: skip
    if workers == 1:
        log = AccessLog(access_log) if access_log else None
        uvicorn.run(create_app(place, start_key=key, log=log), **running)
    else:
        serve_by_several(place, key, access_log, workers, running)


def listen_once(host: str, port: int) -> None:
    """Take the address and let it go: whoever is told to open it shall find this server there, and no other.

    Raises
    ------
    BadInput
        If another program listens there, or the address is none of this computer.
    """
    try:
        family, kind, proto, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, proto)) as taken:
            if os.name == "posix":
                taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(address)
            taken.listen()
    except (OSError, UnicodeError) as error:
        code = "WEB-PORT-TAKEN" if getattr(error, "errno", None) == EADDRINUSE else "WEB-ADDRESS"
        why = getattr(error, "strerror", None) or str(error)
        raise BadInput(code, host=host, port=port, why=why) from error


def start_key(place: Workspace, host: str, *, proxied: bool = False) -> str:
    """The key that lets in whoever starts the server; none where others can reach it.

    Raises
    ------
    BadInput
        If others could reach a server at `host` and nobody has a password.
    """
    if is_loopback(host) and not proxied:
        return secrets.token_urlsafe(24)
    if not People(place).anybody_with_password():
        raise BadInput("WEB-NOBODY-YET", host=host)
    return ""


def tls_settings(cert: str, key: str) -> dict[str, Any]:
    """What uvicorn needs to speak https; nothing without a certificate.

    Raises
    ------
    BadInput
        If one is missing, or they do not belong together.
    """
    if not cert and not key:
        return {}
    if not cert or not key:
        raise BadInput("WEB-TLS-HALF")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise BadInput("WEB-TLS-UNREADABLE", cert=cert, key=key, why=error.strerror or str(error)) from error
    return {"ssl_certfile": cert, "ssl_keyfile": key}
