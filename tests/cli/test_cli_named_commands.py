"""Every command that a message, a remedy or a page of the documentation names exists, with the options it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer.main

from tilth.cli.app import app
from tilth.cli.commands import app as registered
from tilth.core.language import catalogue

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
#: Where a call ends that stands in the middle of a sentence.
_ENDS = re.compile(r"[`'\"()（），。；：、,;·|#“”]| \.|[.:] |[.:]$")
_CALL = re.compile(r"(?<![\w/.-])tilth (?=[a-z-])(.*)")
_OPTION = re.compile(r"(?<!\S)(--?[a-z][a-z-]*)")


def calls(text: str) -> Iterator[str]:
    """What is called in a text, each call up to the end of its part of the sentence."""
    for line in text.splitlines():
        for part in re.split(r"(?<![\w/.-])(?=tilth [a-z-])", line):
            if found := _CALL.match(part):
                yield _ENDS.split(found[1])[0].strip()


@cache
def known_commands() -> Any:
    assert registered is app
    return typer.main.get_command(app)


def refused(call: str) -> str:
    """Why the command line does not know a call; "" where it does."""
    command = known_commands()
    shared = {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)} | {"--help", "-h"}
    words = call.split()
    while words and words[0] in ("-w", "--workspace", "--lang"):
        words = words[2:]
    while hasattr(command, "commands") and words and not words[0].startswith("-"):
        name = words.pop(0)
        if name in ("COMMAND", "WORDS"):
            return ""
        if name not in command.commands:
            return f"no command {name!r} in {call!r}"
        command = command.commands[name]
    known = shared | {flag for one in command.params for flag in (*one.opts, *one.secondary_opts)}
    wrong = [flag for flag in _OPTION.findall(" ".join(words)) if flag not in known]
    return f"no option {wrong} in {call!r}" if wrong else ""


def test_a_call_is_taken_out_of_its_sentence() -> None:
    told = "Import them (tilth import regions FILE), then 'tilth use {id} --off'. See tilth nothing."
    assert list(calls(told)) == ["import regions FILE", "use {id} --off", "nothing"]
    assert refused("import regions FILE") == refused("use 1 --off") == refused("-w d ledger post F --lang zh") == ""
    assert "no command" in refused("nothing") and "no option" in refused("use 1 --away")


NAMING = sorted(key for key, texts in catalogue().items() if any("tilth " in str(text) for text in texts.values()))


@pytest.mark.parametrize("key", NAMING)
def test_a_message_names_commands_that_exist(key: str) -> None:
    parts = [text for text in catalogue()[key].values() if isinstance(text, str)]
    assert [why for text in parts for call in calls(text) if (why := refused(call))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_commands_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    shell = re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`([^`\n]*tilth [^`\n]*)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    assert [why for part in (*shell, *inline) for call in calls(part) if (why := refused(call))] == []
