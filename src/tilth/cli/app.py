"""The root command: global options, the list of commands, and how anything that goes wrong is said."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextvars import copy_context
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from tilth import __version__
from tilth.cli import options
from tilth.core import BadInput, TilthError, message, set_language
from tilth.core.language import LANGUAGES

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="""
    A county's land book: from survey files to tables, flows, project checks and a yearbook, exact to 0.01 m².

    Exit status: 0 fine, 1 findings that break a rule, 2 bad request or input.
    """,
)
importing = typer.Typer(no_args_is_help=True, help="Bring files into the workspace. 导入数据")
app.add_typer(importing, name="import")

#: Exit status of a command that was interrupted (Ctrl-C).
_STOPPED = 130


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"tilth {__version__}")
        raise typer.Exit


@app.callback()
def root(
    workspace: Annotated[
        Path, typer.Option("--workspace", "-w", envvar="TILTH_WORKSPACE", help="The workspace folder.")
    ] = Path(),
    lang: Annotated[
        str | None, typer.Option("--lang", envvar="TILTH_LANG", help="en or zh; the machine's language by default.")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Global options."""
    if lang:
        _speak(lang)
    options.folder.set(workspace)


def _speak(lang: str) -> None:
    """Locale names such as zh_CN.UTF-8 count by their language."""
    code = lang.lower()[:2]
    if code in LANGUAGES:
        set_language(code)
    elif lang != os.environ.get("TILTH_LANG"):
        raise BadInput("CLI-LANG", lang=lang)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit status. No exception leaves this function, no option outlives it."""
    return copy_context().run(_run, arguments)


def _run(arguments: Sequence[str] | None) -> int:
    import tilth.cli.commands  # noqa: F401  registers the commands

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = app(args=None if arguments is None else list(arguments), standalone_mode=False, prog_name="tilth")
        if status == _STOPPED:
            _say("", message("CLI-STOPPED"), "")
        return status if isinstance(status, int) else 0
    except TilthError as error:
        _say(error.code, error.said, error.remedy)
    except TyperException as error:
        _say("", error.format_message(), message("CLI-HELP"))
    except (typer.Abort, KeyboardInterrupt):
        _say("", message("CLI-STOPPED"), "")
        return _STOPPED
    except (BrokenPipeError, SystemExit):  # typer leaves so when nobody reads the output any more: `tilth … | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return 0
    except MemoryError:
        _say("", message("CLI-MEMORY"), "")
    except Exception as error:  # noqa: BLE001  our own mistake: kept for a report, never shown as a traceback
        _say("", message("CLI-OUR-MISTAKE", what=f"{type(error).__name__}: {error}", file=_keep(error)), "")
        return 70
    return 2


def _say(code: str, said: str, remedy: str) -> None:
    typer.echo(" ".join(part for part in (f"{code}:" if code else "", said) if part), err=True)
    if remedy:
        typer.echo(f"  → {remedy}", err=True)


def _keep(error: Exception) -> str:
    with tempfile.NamedTemporaryFile(
        "w", prefix="tilth-report-", suffix=".txt", delete=False, encoding="utf-8"
    ) as file:
        file.write(f"tilth {__version__}\n" + "".join(traceback.format_exception(error)))
    return file.name
