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
    host: Annotated[str, typer.Option("--host", help="Address to listen at; others can reach only 0.0.0.0.")] = (
        "127.0.0.1"
    ),
    port: Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen at.")] = 8000,
) -> None:
    """Serve the workspace to browsers, and print the address to open. 网页服务

    Examples: `tilth serve` · `tilth -w county serve --port 8080`
    """
    place = workspace()
    doors = import_module("tilth.web")  # by name: the two doors do not know each other

    def say(url: str) -> None:
        typer.echo(message("CLI-SERVING", folder=place.root, url=url))
        typer.echo(message("CLI-SERVING", "remedy"))

    doors.serve(place.root, host=host, port=port, say=say)
