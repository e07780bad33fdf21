"""How a command line is read and explained: options that count wherever they stand, and help that fits a plain page."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

#: Options of the root command that may as well stand after any command.
EVERYWHERE = ("workspace", "lang")
_EXAMPLE = re.compile(r"`([^`]+)`")


def paragraphs(text: str | None) -> list[str]:
    """The paragraphs of a docstring, each in one line."""
    return [" ".join(part.split()) for part in inspect.cleandoc(text or "").split("\n\n") if part.strip()]


def _write_help(text: str | None, formatter: Any) -> None:
    """What a command does; its examples one to a line, so that they can be copied."""
    for paragraph in paragraphs(text):
        if paragraph.startswith("Example"):
            with formatter.section("Examples"):
                for example in _EXAMPLE.findall(paragraph):
                    formatter.write(f"{'':>{formatter.current_indent}}{example}\n")
        else:
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(paragraph)


class Command(TyperCommand):
    """A command. Its help ends with the options that every command takes."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the command does, and its examples."""
        _write_help(self.help, formatter)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the command's own options, then those of every command."""
        super().format_options(ctx, formatter)
        top = ctx.find_root()
        shared = [one.get_help_record(top) for one in top.command.params if one.name in EVERYWHERE]
        if shared:
            with formatter.section("Options of every command"):
                formatter.write_dl(shared)


class Group(TyperGroup):
    """A command that holds others."""

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """Write what the commands in it are for."""
        _write_help(self.help, formatter)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write every command with all that its first paragraph says."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, text in self.listed() if text])

    def listed(self, above: str = "") -> list[tuple[str, str]]:
        """Every command in this one, its words and its first paragraph."""
        found = []
        for name, command in self.commands.items():
            if isinstance(command, Group):
                found += command.listed(f"{above}{name} ")
            else:
                found.append((above + name, "".join(paragraphs(command.help)[:1])))
        return found


class Root(Group):
    """The root command: `tilth check … --lang zh` means `tilth --lang zh check …`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the options in `EVERYWHERE` wherever they stand."""
        return super().parse_args(ctx, self._own_first(args))

    def _own_first(self, args: Sequence[str]) -> list[str]:
        flags = {flag for one in self.params if one.name in EVERYWHERE for flag in one.opts}
        own: list[str] = []
        rest: list[str] = []
        words = iter(args)
        for word in words:
            if word == "--":
                rest += [word, *words]
            elif word in flags:
                value = next(words, None)
                if value is None:
                    return [word]  # refused for the value that it lacks
                own += [word, value]
            else:
                (own if word.startswith("--") and word.split("=")[0] in flags else rest).append(word)
        return own + rest

    def listed(self, above: str = "") -> list[tuple[str, str]]:
        """In the order people use them: first a workspace, then what comes into it; land book and people at the end."""

        def place(one: tuple[str, str]) -> tuple[bool, ...]:
            first, group = one[0], one[0].partition(" ")[0]
            return first != "init", not first.startswith("import "), group in ("ledger", "user"), group == "user"

        return sorted(super().listed(above), key=place)


class Commands(typer.Typer):
    """A group whose commands explain themselves as `Command` does."""

    def command(self, name: str | None = None, **settings: Any) -> Callable[[Any], Any]:
        """Register a command."""
        return super().command(name, **{"cls": Command, **settings})
