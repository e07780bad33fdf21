"""Run one command line, and say whatever goes wrong in one sentence with its remedy."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from contextvars import copy_context

import typer
from typer.exceptions import TyperException

from tilth import __version__
from tilth.cli.commands import app
from tilth.cli.usage import said_of
from tilth.core import TilthError, message

#: Exit status of a command that was interrupted (Ctrl-C).
_STOPPED = 130


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command line; the exit status. No exception leaves this function, no option outlives it."""
    return copy_context().run(_run, arguments)


#: What is made anew between two looks for garbage, and looks at what is young between looks at what is older. A
#: command makes many things that stay, and ends soon.
_COLLECTING = 100_000, 50, 100


def _run(arguments: Sequence[str] | None) -> int:
    gc.set_threshold(*_COLLECTING)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        status = app(args=None if arguments is None else list(arguments), standalone_mode=False, prog_name="tilth")
        if status == _STOPPED:
            _say("", message("CLI-STOPPED"), "")
        return status if isinstance(status, int) else 0
    except TilthError as error:
        _say(error.code, *_in_words(error.said, error.remedy))
    except TyperException as error:
        said = error.format_message()
        if said.startswith("Usage: "):  # called without anything: the help is the answer
            typer.echo(said)
        else:
            _say("", said_of(said), message("CLI-HELP"))
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


def _in_words(*texts: str) -> tuple[str, ...]:
    """Marks of accounts in the language in use; ids whole, as they may be asked for again."""
    from tilth.report import in_words

    return tuple(in_words(one) for one in texts)


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
