"""Two languages, one catalogue: every message, label and heading is looked up here, English and Chinese side by side.

The catalogue is the set of TOML files in `core/data/messages`, one for each room. A table in them is one message:

    [V2]
    severity = "breaks"            # findings only: "breaks" a rule, or "odd" (allowed but odd)
    said = "{field} is {value!r}, not 19 digits"
    said_zh = "{field} 的值为 {value!r}，不是19位数字"
    remedy = "Correct the code in the source file."
    remedy_zh = "请在源文件中更正代码。"

Where a number decides between two wordings, both stand there: "{count} {count:rule is|rules are} broken".
"""

from __future__ import annotations

import locale
import os
import re
import string
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

LANGUAGES = ("en", "zh")
#: Where a message begins in its file.
_HEAD = re.compile(r'^\["?([\w-]+)"?\][ \t]*(?:#.*)?$', re.MULTILINE)
_LONGEST_VALUE = 300


def _language_of_the_machine() -> str:
    asked = (os.environ.get(name) for name in ("TILTH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"))
    wanted = next((name for name in asked if name), locale.getlocale()[0] or "")
    return "zh" if wanted.lower().startswith(("zh", "chinese")) else "en"


_current: ContextVar[str | None] = ContextVar("tilth_language", default=None)


def language() -> str:
    """The language in use: "en" or "zh"."""
    return _current.get() or _language_of_the_machine()


def set_language(code: str) -> None:
    """Speak `code` ("en" or "zh") from here on."""
    if code not in LANGUAGES:
        raise ValueError(f"language must be one of {LANGUAGES}, got {code!r}")
    _current.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak `code` inside the block."""
    before = _current.get()
    set_language(code)
    try:
        yield
    finally:
        _current.set(before)


@dataclass(frozen=True, slots=True)
class Label:
    """A text in both languages; `str()` gives it in the language in use."""

    en: str
    zh: str

    def __str__(self) -> str:
        return self.zh if language() == "zh" else self.en

    def text(self, code: str) -> str:
        """The text in language `code`."""
        return self.zh if code == "zh" else self.en


class _Catalogue(Mapping[str, Mapping[str, str]]):
    """Messages by their keys. Each is read when it is first asked for: of the thousands, a command says a few."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._written: dict[str, str] = {}
        self._known: dict[str, Mapping[str, str]] = {}
        for text in texts:
            heads = list(_HEAD.finditer(text))
            ends = [*(head.start() for head in heads[1:]), len(text)]
            for head, end in zip(heads, ends, strict=True):
                assert head[1] not in self._written, f"message {head[1]} is in two files"
                self._written[head[1]] = text[head.end() : end]

    def __getitem__(self, key: str) -> Mapping[str, str]:
        """The parts of a message."""
        if key not in self._known:
            self._known[key] = tomllib.loads(self._written[key])
        return self._known[key]

    def __contains__(self, key: object) -> bool:
        return key in self._written

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Every message of every room, by its key. A key that two rooms claim is our own mistake."""
    entries = sorted(files("tilth.core").joinpath("data/messages").iterdir(), key=lambda item: item.name)
    return _Catalogue(entry.read_text(encoding="utf-8") for entry in entries if entry.name.endswith(".toml"))


def message(key: str, part: str = "said", /, **values: object) -> str:
    """Message `key` in the language in use, with `values` filled in.

    `part` is "said" or "remedy". A missing remedy is an empty string; an unknown key is our own mistake.
    """
    entry = catalogue()[key]
    template = entry.get(f"{part}_zh") if language() == "zh" else None
    template = template or entry.get(part, "")
    return _WORDING.vformat(template, (), {name: _short(value) for name, value in values.items()}) if template else ""


class _Wording(string.Formatter):
    """Fills in a template.

    "{count:hit|hits}" is "hit" for 1 and "hits" for any other; "{ids:、}" parts a list as Chinese does;
    "{reason:=GEOS}" is the message GEOS-… of that word, or the word itself where there is none.
    """

    def format_field(self, value: object, format_spec: str) -> str:
        if format_spec == "、":
            return str(value).replace(", ", "、")
        if format_spec.startswith("="):
            return _word(format_spec[1:], str(value))
        if "|" not in format_spec:
            return str(super().format_field(value, format_spec))
        one, other = format_spec.split("|")
        return one if str(value) == "1" else other


_WORDING = _Wording()


def _word(room: str, value: str) -> str:
    """What the catalogue calls a word that a library or a table uses; what stands in brackets behind it is kept."""
    word, bracket, place = value.partition("[")
    key = f"{room}-{'-'.join(word.upper().replace('_', ' ').split())}"
    return f"{message(key)}{bracket and ' ['}{place}" if key in catalogue() else value


def _short(value: object) -> object:
    """A text cut to what a sentence can carry; some files have names and values without end."""
    return f"{value[: _LONGEST_VALUE - 1]}…" if type(value) is str and len(value) > _LONGEST_VALUE else value


def enumerated(names: Iterable[object]) -> Label:
    """Names one after the other, as each language parts them; commas inside a name stay.

    >>> enumerated(["n1", "road 7, west"])
    Label(en='n1, road 7, west', zh='n1、road 7, west')
    """
    every = [str(one) for one in names]
    return Label(", ".join(every), "、".join(every))


def label(key: str, **values: object) -> Label:
    """Message `key` as a `Label`, both languages at once."""
    with speaking("en"):
        english = message(key, **values)
    with speaking("zh"):
        return Label(english, message(key, **values))
