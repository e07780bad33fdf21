"""Keep a workspace in one file, and make it again out of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import app
from tilth.cli.options import AsJson, a_file, workspace
from tilth.cli.progress import progress
from tilth.core import message

if TYPE_CHECKING:
    from tilth.ledger import Verified


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The archive to write; one of that name is replaced.")],
    reports: Annotated[
        bool, typer.Option("--reports", help="Keep what was printed (the folder reports), too.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Keep the whole workspace in one file, as it is at this moment, while others go on working. 备份

    Note the fingerprint down outside: it tells whether a file is this backup. Exit status 1: a stored file is damaged.

    Examples: `tilth backup county.tar` · `tilth backup /mnt/disk/county.tar --reports`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.backup(place, file, reports=reports)
    if json:
        show.as_json(done.as_record())
    else:
        told = done.told
        typer.echo(
            message(
                "CLI-BACKED-UP", file=done.file, size=f"{done.size:,}", snapshots=told["snapshots"],
                entries=told["book"]["entries"], at=told["made_at"], fingerprint=done.fingerprint,
            )
        )  # fmt: skip
        show.findings(done.findings, most=5)
    raise typer.Exit(1 if done.findings else 0)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", callback=a_file, help="An archive that backup wrote.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="An empty folder, or one that is not there yet.")],
    database: Annotated[
        str,
        typer.Option(
            "--database", envvar="TILTH_DATABASE", metavar="URL",
            help="An empty PostgreSQL database for the records; SQLite in DIR without.",
        ),
    ] = "",
    json: AsJson = False,
) -> None:  # fmt: skip
    """Make the workspace of a backup again in an empty folder, and verify and replay its land book. 恢复

    The folder is there when everything is in it and checked, or not at all. Exit status 1: something is unsound.

    Examples: `tilth restore county.tar county` ·
    `tilth restore county.tar county --database postgresql://tilth@localhost/county`
    """
    from tilth import api

    with progress():
        done = api.restore(file, folder, database=database)
    if json:
        show.as_json(done.as_record())
    else:
        told = done.told
        typer.echo(
            message(
                "CLI-RESTORED", folder=done.folder, snapshots=told["snapshots"], at=told["made_at"],
                fingerprint=done.fingerprint,
            )
        )  # fmt: skip
        if told["damaged"]:
            names = ", ".join(told["damaged"])
            typer.echo(message("CLI-RESTORED-DAMAGED", count=len(told["damaged"]), files=names))
        _examined("verify", done.verified)
        _examined("replay", done.replayed)
        show.findings(done.log.findings, most=5)
    raise typer.Exit(0 if done.sound else 1)


def _examined(what: str, found: Verified) -> None:
    code = "CLI-LEDGER-SOUND" if found.sound else "CLI-LEDGER-UNSOUND"
    counts = {name: getattr(found, name) for name in ("entries", "lines", "accounts", "closings")}
    typer.echo(f"{what}: " + message(code, **counts, digest=found.digest))
    show.findings(found.faults, most=20)
