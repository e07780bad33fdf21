"""Options that several commands share, said once."""

from __future__ import annotations

from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from tilth.runtime import Workspace

#: The workspace folder that the root option names.
folder: ContextVar[Path] = ContextVar("tilth_folder", default=Path())

File = Annotated[Path, typer.Argument(metavar="FILE", help="The file, folder (FileGDB) or zip to read.")]
Year = Annotated[int, typer.Option("--year", help="The survey year, e.g. 2024.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Layer = Annotated[str | None, typer.Option("--layer", help="Which layer, where the file has several.")]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="Text encoding, where the file does not say: gbk, utf-8, …")
]
Crs = Annotated[
    str | None,
    typer.Option("--crs", metavar="EPSG", help="Coordinate system, where the file does not say: 4526, EPSG:4490, …"),
]
Most = Annotated[int, typer.Option("--most", min=0, help="How many findings of each kind to print.")]


def workspace() -> Workspace:
    """The workspace that the root option names; opened once, when a command needs it."""
    from tilth.runtime import Workspace

    return Workspace.open(folder.get())


def crs_of(text: str | None) -> str | None:
    """`4526` means `EPSG:4526`."""
    return f"EPSG:{text}" if text and text.isdigit() else text
