"""Pages that are made from the product itself, so that they cannot differ from it: commands and findings."""

from __future__ import annotations

from typing import Any

import click
import typer.main
from mkdocs.structure.files import File, Files


def on_files(files: Files, config: Any) -> Files:
    """Add the generated pages."""
    for path, content in (("reference/cli.md", commands()), ("reference/findings.md", findings())):
        files.append(File.generated(config, path, content=content))
    return files


def commands() -> str:
    """Every command with its help."""
    import tilth.cli.commands  # noqa: F401
    from tilth.cli.app import app

    lines = ["# Commands", ""]

    def describe(command: click.Command, name: str, level: int) -> None:
        with click.Context(command, info_name=name) as context:
            lines.extend([f"{'#' * level} `{name}`", "", "```text", command.get_help(context), "```", ""])
            if isinstance(command, click.Group):
                for child in command.list_commands(context):
                    describe(command.commands[child], f"{name} {child}", min(level + 1, 4))

    group = typer.main.get_command(app)
    group.rich_markup_mode = None  # type: ignore[attr-defined]
    describe(group, "tilth", 2)
    return "\n".join(lines)


def findings() -> str:
    """Every code of the catalogue, in both languages."""
    from tilth.core.language import catalogue

    lines = ["# Findings and messages", "", "A finding *breaks* a rule or is *odd*: allowed, but worth a look.", ""]
    for code, entry in sorted(catalogue().items()):
        if "remedy" not in entry and "severity" not in entry:
            continue
        lines.append(f"## {code}")
        lines.append("")
        if "severity" in entry:
            lines.append(f"*{entry['severity']}*\n")
        for part in ("said", "remedy", "why"):
            if part in entry:
                lines.append(f"- {part}: `{entry[part]}`  \n  `{entry.get(part + '_zh', '')}`")
        lines.append("")
    return "\n".join(lines)
