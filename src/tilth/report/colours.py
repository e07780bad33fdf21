"""A colour for every land class: a shipped table for the survey's classes, a ring of colours for any other list."""

from __future__ import annotations

import colorsys
import csv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

from tilth.land import CodeSystem

GREY = "#c9c9c9"
FARMLAND = "#f2d36b"
PBF = "#b3541e"
PBF_FILL = "#d08a4e"
LOST = "#c0392b"
GAINED = "#2e8b57"
CHANGED = "#4a6fa5"
#: A step around the colour circle (the golden section) that keeps neighbours in a list apart.
_TURN = 0.618033988749895


@cache
def _shipped(system: str) -> Mapping[str, str]:
    source = files("tilth.report").joinpath(f"data/colours-{system}.csv")
    if not source.is_file():
        return {}
    rows = csv.DictReader(source.read_text(encoding="utf-8").splitlines())
    return {row["code"]: row["colour"] for row in rows}


def ring_colour(place: int) -> str:
    """The colour at `place` of an endless list. Hues come near each other again after 8, 13, 21 steps; five steps of
    lightness, which share no factor with these, keep those apart too."""
    hue = (0.11 + place * _TURN) % 1.0
    lightness = (0.52, 0.68, 0.40, 0.78, 0.30)[place % 5]
    return "#" + "".join(f"{round(part * 255):02x}" for part in colorsys.hls_to_rgb(hue, lightness, 0.45))


def chosen_colours(system: CodeSystem, chosen: Sequence[str]) -> dict[str, str]:
    """Colours for the few classes that a picture tells apart, in the order of its legend."""
    shipped = _shipped(system.id)
    return {code: shipped.get(code) or ring_colour(place) for place, code in enumerate(chosen)}


def class_colours(system: CodeSystem) -> dict[str, str]:
    """#rrggbb for every class of `system`, by code."""
    shipped = _shipped(system.id)
    return {code: shipped.get(code) or ring_colour(place) for place, code in enumerate(system.classes)}
