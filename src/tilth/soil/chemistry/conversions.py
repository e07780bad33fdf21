"""The numbers of the conversions, read from `data/conversions.toml`, and a county's own in place of any of them."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from tilth.core import BadInput
from tilth.core.rulefile import CONFIDENCE, toml_in
from tilth.soil.model import Figure

#: Extracts that an EC can be measured in: the saturated paste, and soil to water by mass.
PASTE = "paste"
EXTRACTS = (PASTE, "1:1", "1:2", "1:2.5", "1:5")


@dataclass(frozen=True, slots=True)
class Line:
    """ECe = slope × EC + intercept [dS/m] for soils of one texture group, or of any."""

    id: str
    extract: str
    group: str  # "" for a regression of any texture, which is used only by name
    slope: float
    low: float
    high: float
    intercept: float
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Texture:
    """A name of a texture: the group it has in a 1:5 extract, and in the coarser groups of 1:1 and 1:2."""

    group: str
    coarse_group: str
    confidence: str


@dataclass(frozen=True)
class Conversions:
    """Every figure and line by its id, and every name of a texture."""

    version: str
    figures: Mapping[str, Figure]
    lines: Mapping[str, Line]
    textures: Mapping[str, Texture]

    def __getitem__(self, name: str) -> float:
        """The value of a figure."""
        return self.figures[name].value

    def line(self, extract: str, group: str) -> Line | None:
        """The line of an extract for a texture group."""
        return next((one for one in self.lines.values() if one.extract == extract and one.group == group), None)

    def texture(self, name: str) -> Texture:
        """What a name of a texture stands for.

        Raises
        ------
        BadInput
            If it is none that the table knows.
        """
        found = self.textures.get(plain_texture(name))
        if found is None:
            known = ", ".join(dict.fromkeys(one.group for one in self.textures.values()))
            raise BadInput("SOIL-TEXTURE-UNKNOWN", texture=name, known=known)
        return found


def plain_texture(name: str) -> str:
    """A name of a texture as it is compared.

    >>> plain_texture("  Silty-Clay  Loam")
    'silty clay loam'
    """
    return re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", str(name)).strip().casefold())


@cache
def shipped() -> Conversions:
    """The conversions that ship."""
    text = files("tilth.soil").joinpath("data/conversions.toml").read_text(encoding="utf-8")
    return _read(tomllib.loads(text), "conversions.toml", None)


def load_conversions(path: Path | None) -> Conversions:
    """The conversions that ship, with those of a county's file in place of theirs by id.

    Raises
    ------
    BadInput
        If the file cannot be read, or a row of it lacks something.
    """
    if path is None or not path.is_file():
        return shipped()
    return _read(toml_in(path, "SOIL-CONVERSIONS-UNREADABLE"), path.name, shipped())


def _read(found: Mapping[str, Any], file: str, under: Conversions | None) -> Conversions:
    figures = dict(under.figures) if under else {}
    lines = dict(under.lines) if under else {}
    textures = dict(under.textures) if under else {}
    for kind, read, into in (("figure", _figure, figures), ("extract", _line, lines)):
        for row in _rows(found, kind, file):
            into[_text(row, "id", file)] = read(row, file)  # type: ignore[assignment]
    for row in _rows(found, "texture", file):
        texture = Texture(_text(row, "group", file), _text(row, "coarse_group", file), _confidence(row, file))
        textures |= {plain_texture(str(name)): texture for name in row.get("names", ())}
    own = str(found.get("version", ""))
    return Conversions(f"{under.version}+{file}" if under else own, figures, lines, textures)


def _rows(found: Mapping[str, Any], kind: str, file: str) -> list[Mapping[str, Any]]:
    rows = found.get(kind, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadInput("SOIL-CONVERSIONS-BAD", file=file, row=kind, key=kind, wanted=f"[[{kind}]]")
    return rows


def _figure(row: Mapping[str, Any], file: str) -> Figure:
    value = _number(row, "value", file)
    low, high = _number(row, "low", file, value), _number(row, "high", file, value)
    if not low <= value <= high:
        raise BadInput("SOIL-CONVERSIONS-BAD", file=file, row=row["id"], key="low, high", wanted="low ≤ value ≤ high")
    return Figure(value, low, high, _text(row, "unit", file), _text(row, "source", file), _confidence(row, file))


def _line(row: Mapping[str, Any], file: str) -> Line:
    slope, share = _number(row, "slope", file), _number(row, "share", file, 0.0)
    extract = _text(row, "extract", file)
    if extract not in EXTRACTS:
        raise BadInput("SOIL-CONVERSIONS-BAD", file=file, row=row["id"], key="extract", wanted=", ".join(EXTRACTS))
    low, high = _number(row, "low", file, slope * (1 - share)), _number(row, "high", file, slope * (1 + share))
    if not 0 < low <= slope <= high:
        raise BadInput(
            "SOIL-CONVERSIONS-BAD", file=file, row=row["id"], key="low, high", wanted="0 < low ≤ slope ≤ high"
        )
    return Line(
        str(row["id"]), extract, str(row.get("group", "")), slope, low, high, _number(row, "intercept", file, 0.0),
        _text(row, "source", file), _confidence(row, file),
    )  # fmt: skip


def _text(row: Mapping[str, Any], key: str, file: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value.strip():
        raise BadInput("SOIL-CONVERSIONS-BAD", file=file, row=row.get("id", "?"), key=key, wanted="text")
    return value


def _number(row: Mapping[str, Any], key: str, file: str, otherwise: float | None = None) -> float:
    value = row.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput("SOIL-CONVERSIONS-BAD", file=file, row=row.get("id", "?"), key=key, wanted="1.5")
    return float(value)


def _confidence(row: Mapping[str, Any], file: str) -> str:
    value = row.get("confidence")
    if value not in CONFIDENCE:
        raise BadInput(
            "SOIL-CONVERSIONS-BAD", file=file, row=row.get("id", "?"), key="confidence", wanted=", ".join(CONFIDENCE)
        )
    return str(value)
