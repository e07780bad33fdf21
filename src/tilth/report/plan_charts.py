"""Charts of plans: what more of one quantity costs in another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tilth.core import Label, label, speaking
from tilth.report.canvas import font, new_figure, png

_PLAN, _BOUND, _BETWEEN = "#1f6f8b", "#9a9a94", "#e4e4df"


@dataclass(frozen=True)
class Border:
    """Points of one border: the other quantity, value and bound of each."""

    name: str
    less: bool  # whether less of the other quantity is better
    other: Sequence[float]
    value: Sequence[float]
    bound: Sequence[float]


def frontier_chart(borders: Sequence[Border], aim: str, title: Label, lang: str) -> bytes:
    """A panel for each border: value over the other quantity, each point with the bound that no plan passes."""
    with speaking(lang):
        across = min(2, len(borders))
        down = -(-len(borders) // across)
        width, height = 0.8 + 4.6 * across, 0.9 + 3.7 * down
        figure = new_figure(width, height)
        figure.text(0.02, 1 - 0.28 / height, title.text(lang), fontproperties=font(12.5), va="center")
        for at, border in enumerate(borders):
            left = (0.95 + 4.65 * (at % across)) / width
            bottom = (0.6 + 3.7 * (down - 1 - at // across)) / height
            axes = figure.add_axes((left, bottom, 3.75 / width, 3.15 / height))
            _border(axes, border, aim)
        return png(figure)


def _border(axes: Any, border: Border, aim: str) -> None:
    points = sorted(zip(border.other, border.value, border.bound, strict=True))
    other, value, bound = (list(one) for one in zip(*points, strict=True))
    axes.fill_between(other, value, bound, color=_BETWEEN, linewidth=0, zorder=1)
    axes.plot(other, bound, color=_BOUND, linewidth=1.0, linestyle=(0, (4, 3)), zorder=2,
              label=str(label("PLAN-FRONTIER-BOUND")))  # fmt: skip
    axes.plot(other, value, color=_PLAN, linewidth=1.6, marker="o", markersize=4, zorder=3,
              label=str(label("PLAN-FRONTIER-PLAN")))  # fmt: skip
    named = "PLAN-FRONTIER-LESS" if border.less else "PLAN-FRONTIER-MORE"
    axes.set_xlabel(str(label(named, name=border.name)), fontproperties=font(9))
    axes.set_ylabel(aim, fontproperties=font(9))
    axes.legend(loc="best", frameon=False, prop=font(8))
    axes.locator_params(nbins=5)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda one, _: f"{one:,.10g}")
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_fontproperties(font(8))
