"""Pages that are made from the product itself, so that they cannot differ from it: commands and findings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import typer
from mkdocs.structure.files import File, Files
from typer.testing import CliRunner

#: A plain terminal, 100 letters wide, that speaks English.
TERMINAL = {"TERMINAL_WIDTH": "100", "COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "TILTH_LANG": "en"}


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    for path, content in (("reference/cli.md", commands()), ("reference/findings.md", findings())):
        files.append(File.generated(config, path, content=content))
    return files


def commands() -> str:
    """Every command with its help, as a terminal shows it."""
    import tilth.cli.commands  # noqa: F401  registers the commands
    from tilth.cli.app import app

    lines = ["# Commands", ""]
    for words in ((), *paths(app)):
        lines += [f"## `{' '.join(('tilth', *words))}`", "", "```text", help_of(app, words), "```", ""]
    return "\n".join(lines)


def paths(app: typer.Typer, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The words of every command, groups before what is in them."""
    for command in app.registered_commands:
        yield (*above, command.name or command.callback.__name__)  # type: ignore[union-attr]
    for group in app.registered_groups:
        assert group.typer_instance is not None and group.name is not None
        yield (*above, group.name)
        yield from paths(group.typer_instance, (*above, group.name))


def help_of(app: typer.Typer, words: tuple[str, ...]) -> str:
    """What `tilth WORDS --help` prints."""
    shown = CliRunner().invoke(app, [*words, "--help"], prog_name="tilth", env=TERMINAL)
    assert shown.exit_code == 0, (words, shown.output)
    return "\n".join(line.rstrip() for line in shown.output.strip("\n").splitlines()).strip()


def findings() -> str:
    """Every code of the catalogue, in both languages."""
    from tilth.core.language import catalogue

    lines = ["# Findings and messages", "", "A finding *breaks* a rule or is *odd*: allowed, but worth a look.", ""]
    for code, entry in sorted(catalogue().items()):
        if "remedy" not in entry and "severity" not in entry:
            continue
        lines += [f"## {code}", ""]
        if "severity" in entry:
            lines += [f"*{entry['severity']}*", ""]
        for part in ("said", "remedy", "why"):
            if part in entry:
                lines.append(f"- {part}: `{for_many(entry[part])}`  \n  `{for_many(entry.get(part + '_zh', ''))}`")
        lines.append("")
    return "\n".join(lines)


def for_many(template: str) -> str:
    """A message as it reads for any number but 1."""
    return re.sub(r"\{\w+:[^{}|]*\|([^{}]*)\}", r"\1", template)
