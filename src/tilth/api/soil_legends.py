"""How the quantities of a salinity map are coloured, and what each colour says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from tilth.core import message

#: What a map is shown by: values of salinity, the width of their interval, the likeliest class, how far the land is
#: from what the model was tested on; and `p0`, `p1`, … for the probability of one class.
SALT = ("mean", "lower", "median", "upper")
WIDTH, CLASS, APPLICABILITY = "width", "class", "applicability"
QUANTITIES = (*SALT, WIDTH, CLASS, APPLICABILITY)


@dataclass(frozen=True)
class Scale:
    """Steps of a quantity, lower-inclusive, and a colour for each: one more than there are bounds."""

    unit: str
    bounds: tuple[float, ...]
    colours: tuple[str, ...]

    def steps(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
        """1 and more for each value, 0 where there is none."""
        found = np.searchsorted(np.asarray(self.bounds, dtype=np.float32), values, side="right") + 1
        return np.where(np.isfinite(values), found, 0).astype(np.uint8)

    def texts(self, decimals: str = "g") -> list[str]:
        """What each step says, without its unit."""
        shown = [f"{one:{decimals}}" for one in self.bounds]
        return [f"< {shown[0]}", *(f"{low}–{high}" for low, high in pairwise(shown)), f"≥ {shown[-1]}"]


_SALT = Scale(
    "dS/m",
    (1, 2, 4, 6, 8, 12, 16, 24),
    ("#fff7d6", "#fee9a8", "#fdd67a", "#fbb84f", "#f4953a", "#e06f2b", "#c24a23", "#96301f", "#611a1a"),
)
_WIDTH = Scale(
    "dS/m",
    (1, 2, 4, 8, 12, 16, 24),
    ("#f6f2fb", "#e3daf1", "#c8b7e2", "#aa92cf", "#8d6cba", "#71499f", "#542c83", "#371460"),
)
_CHANCE = Scale("%", (10, 30, 50, 70, 90), ("#f1f6fb", "#d3e3f2", "#a6c8e4", "#6ba3d0", "#2f78b3", "#0b4a82"))
#: Dissimilarity over the limit of the model: 1 is where tested land ends.
_APPLICABLE = Scale("", (0.5, 1.0, 1.5), ("#cfe8d5", "#93c9a3", "#b9a892", "#6f5f52"))
#: From fresh to salty; as many as a scheme has are taken from it, evenly.
_CLASSES = ("#4f9d69", "#b7d58a", "#fce08a", "#f2a24a", "#d9622b", "#a5291f", "#611a1a", "#2b0f14")


def class_colours(count: int) -> tuple[str, ...]:
    """Colours of `count` classes, from the freshest to the saltiest.

    >>> class_colours(2)
    ('#4f9d69', '#2b0f14')
    """
    last = len(_CLASSES) - 1
    return tuple(_CLASSES[round(one * last / max(count - 1, 1)) if count <= len(_CLASSES) else min(one, last)]
                 for one in range(count))  # fmt: skip


def scale_of(quantity: str) -> Scale:
    """The scale of what is no class."""
    if quantity in SALT:
        return _SALT
    return {WIDTH: _WIDTH, APPLICABILITY: _APPLICABLE}.get(quantity, _CHANCE)


def palette_of(quantity: str, classes: Sequence[str]) -> tuple[str | None, ...]:
    """Colours by step, none first."""
    return (None, *(class_colours(len(classes)) if quantity == CLASS else scale_of(quantity).colours))


def legend_of(quantity: str, classes: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
    """Colour and text of each step, in the language in use; `names` are the classes as people read them."""
    colours = palette_of(quantity, classes)[1:]
    if quantity == CLASS:
        texts = list(names)
    elif quantity == APPLICABILITY:
        texts = [message(f"SOIL-DESK-UNLIKE-{one}") for one in range(len(colours))]
    else:
        texts = scale_of(quantity).texts()
    return [{"colour": colour, "label": text} for colour, text in zip(colours, texts, strict=True)]


def quantity_records(classes: Sequence[str], names: Sequence[str]) -> list[dict[str, Any]]:
    """Everything that a map can be shown by, with its unit and legend."""
    shown: Mapping[str, str] = {one: message(f"SOIL-DESK-BY-{one.upper()}") for one in QUANTITIES}
    found = [
        {"id": one, "label": shown[one], "unit": "" if one == CLASS else scale_of(one).unit,
         "legend": legend_of(one, classes, names)}
        for one in QUANTITIES
    ]  # fmt: skip
    chances = [
        {"id": f"p{at}", "label": message("SOIL-DESK-BY-CHANCE", name=name), "unit": "%",
         "legend": legend_of(f"p{at}", classes, names)}
        for at, name in enumerate(names)
    ]  # fmt: skip
    return [*found, *chances]
