"""Run the server."""

from __future__ import annotations

import secrets
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tilth import api
from tilth.core import BadInput, message
from tilth.identity import People
from tilth.runtime import Workspace
from tilth.web.app import create_app
from tilth.web.connections import is_loopback, settings


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

    Raises
    ------
    NotFound, BadInput
        As for `api.open_workspace`; if others could reach the server and nobody has a password; if the certificate
        cannot be used.
    """
    import uvicorn

    place = api.open_workspace(folder)
    secure = tls_settings(tls_cert, tls_key)
    key = start_key(place, host, proxied=bool(proxy))
    if not is_loopback(host) and not secure and not proxy:
        warn(message("WEB-NO-TLS", host=host))
        warn(message("WEB-NO-TLS", "remedy"))
    app = create_app(place, start_key=key)
    shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 - compared
    say(f"{'https' if secure else 'http'}://{shown}:{port}/" + (f"#key={key}" if key else ""))
    uvicorn.run(
        app, host=host, port=port, log_level="warning", server_header=False, proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None, **secure, **settings(),
    )  # fmt: skip


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
