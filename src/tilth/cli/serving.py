"""Serve the workspace to browsers."""

from __future__ import annotations

from importlib import import_module
from typing import Annotated

import typer

from tilth.cli.app import app
from tilth.cli.options import workspace
from tilth.core import message


@app.command()
def serve(
    host: Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 lets other computers in.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen at.")] = 8000,
    tls_cert: Annotated[str, typer.Option("--tls-cert", help="Certificate (PEM): speak https.")] = "",
    tls_key: Annotated[str, typer.Option("--tls-key", help="Private key (PEM) of the certificate.")] = "",
    proxy: Annotated[
        str, typer.Option("--proxy", help="Address of the proxy before the server, which tells who asks: 127.0.0.1.")
    ] = "",
    workers: Annotated[
        int, typer.Option("--workers", min=1, max=64, help="Processes that serve; more than one wants PostgreSQL.")
    ] = 1,
    access_log: Annotated[
        str, typer.Option("--access-log", metavar="FILE", help="Add a line of JSON for each request; - prints it.")
    ] = "",
) -> None:
    """Serve the workspace to browsers, and print the address to open. 网页服务

    Where others can reach it, somebody must have a password first (`tilth user add`).

    Examples: `tilth serve` · `tilth -w county serve --port 8080`
    """
    place = workspace()
    doors = import_module("tilth.web")  # by name: the two doors do not know each other

    def say(url: str) -> None:
        typer.echo(message("CLI-SERVING", folder=place.root, url=url))
        typer.echo(message("CLI-SERVING", "remedy"))

    def warn(text: str) -> None:
        typer.echo(text, err=True)

    doors.serve(
        place.root,
        host=host,
        port=port,
        say=say,
        warn=warn,
        tls_cert=tls_cert,
        tls_key=tls_key,
        proxy=proxy,
        workers=workers,
        access_log=access_log,
    )
