"""How results look on a terminal: JSON where asked, progress while working, tables as text."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import typer

from tilth.core import Finding, Severity, message

_NUMBER = re.compile(r"-|[-+]?[\d,]+(\.\d+)?")


def as_json(record: Any) -> None:
    """Print `record` as JSON, in UTF-8, with nothing escaped that a person would read."""
    typer.echo(json.dumps(record, ensure_ascii=False, indent=2, default=str))


def columns(rows: Sequence[Sequence[object]], *, heading: Sequence[str] = ()) -> None:
    """Print rows in aligned columns under their heading; what looks like a number stands to the right."""
    from tilth.report import aligned

    if not rows:
        return
    body = [[str(cell) for cell in row] for row in rows]
    numeric = [all(_NUMBER.fullmatch(row[n]) for row in body) for n in range(len(body[0]))]
    typer.echo(aligned([list(heading)] if heading else [], body, numeric))


def findings(found: Iterable[Finding], *, most: int) -> None:
    """Print a count for each code, then the first `most` findings with place and remedy."""
    listed = sorted(found, key=lambda finding: (finding.severity is not Severity.BREAKS, finding.code))
    counts: dict[str, list[Finding]] = {}
    for finding in listed:
        counts.setdefault(finding.code, []).append(finding)
    for code, same in counts.items():
        mark = "✗" if same[0].severity is Severity.BREAKS else "·"
        typer.echo(f"{mark} {code}  ×{len(same)}")
        for finding in same[:most]:
            typer.echo("    " + ": ".join(part for part in (str(finding.where), finding.said) if part))
        if len(same) > most:
            typer.echo(f"    … {message('CLI-MORE', count=len(same) - most)}")
        if same[0].remedy:
            typer.echo(f"    → {same[0].remedy}")


class _Bars:
    """Progress bars with time left, on the error stream, so that output can be piped."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn

        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: list[Any] = []

    def start(self, title: str, total: int | None) -> Callable[[int], None]:
        if not self._tasks:
            self._progress.start()
        task = self._progress.add_task(title, total=total)
        self._tasks.append(task)
        return lambda done: self._progress.update(task, advance=done)

    def finish(self) -> None:
        self._progress.remove_task(self._tasks.pop())
        if not self._tasks:
            self._progress.stop()


@contextmanager
def progress() -> Iterator[None]:
    """Show progress bars inside the block when a person is watching."""
    if sys.stderr.isatty():
        from tilth.runtime import reporting

        with reporting(_Bars()):
            yield
    else:
        yield
