"""Charts of soil: how often a model's intervals hold, and how many samples are in which class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tilth.core import Label, label, speaking
from tilth.report.canvas import font, new_figure, png
from tilth.report.soil_maps import class_ramp
from tilth.soil import CoverageCurve

#: Fresh, middle and salty third.
_THIRDS = ("#3b8ea5", "#d9962f", "#9b2d3c")
_ALL = "#1c1c1c"
#: The level that maps are drawn at. [%]
_USUAL = 90.0


def coverage_chart(curve: CoverageCurve, title: Label, lang: str) -> bytes:
    """Observed against nominal coverage, overall and by thirds of salinity, found and expected."""
    with speaking(lang):
        figure = new_figure(8.6, 4.9)
        figure.text(0.02, 0.955, title.text(lang), fontproperties=font(13), va="center")
        for at, (name, thirds) in enumerate((("FOUND", curve.by_found), ("EXPECTED", curve.by_expected))):
            axes = figure.add_axes((0.085 + 0.475 * at, 0.135, 0.415, 0.70))
            _curves(axes, curve, thirds)
            axes.set_title(str(label(f"SOIL-CHART-BY-{name}")), fontproperties=font(9.5))
            axes.set_xlabel(str(label("SOIL-CHART-NOMINAL")), fontproperties=font(9))
            if at == 0:
                axes.set_ylabel(str(label("SOIL-CHART-OBSERVED")), fontproperties=font(9))
        note = str(label("SOIL-CHART-COVERAGE-NOTE", count=f"{curve.samples:,}"))
        figure.text(0.02, 0.02, note, fontproperties=font(7.5), va="bottom")
        return png(figure)


def _curves(axes: Any, curve: CoverageCurve, thirds: np.ndarray) -> None:
    nominal = 100.0 * curve.nominal
    # What chance alone does to the share of so many samples, twice its standard deviation.
    wide = 200.0 * np.sqrt(curve.nominal * (1.0 - curve.nominal) / max(curve.samples, 1))
    axes.fill_between(nominal, nominal - wide, nominal + wide, color="#dcdcd8", linewidth=0, zorder=1)
    axes.plot([0, 100], [0, 100], color="#8a8a86", linewidth=0.9, linestyle=(0, (4, 3)), zorder=2)
    axes.axvline(_USUAL, color="#b9b9b5", linewidth=0.7, zorder=1)
    at = int(np.argmin(np.abs(nominal - _USUAL)))
    for name, colour, values in zip(("LOW", "MIDDLE", "HIGH"), _THIRDS, thirds, strict=True):
        text = f"{label(f'SOIL-CHART-THIRD-{name}')}: {100 * values[at]:.0f} %"
        axes.plot(nominal, 100 * values, color=colour, linewidth=1.3, marker="o", markersize=2.4, label=text, zorder=3)
    text = f"{label('SOIL-CHART-ALL')}: {100 * curve.overall[at]:.0f} %"
    axes.plot(nominal, 100 * curve.overall, color=_ALL, linewidth=2.0, label=text, zorder=4)
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 100)
    axes.set_aspect("equal")
    _plain(axes)
    heading = str(label("SOIL-CHART-AT-90"))
    axes.legend(
        loc="lower right", framealpha=1.0, edgecolor="none", borderaxespad=0.1, prop=font(7.8), title=heading,
        title_fontproperties=font(7.8), alignment="left",
    ).set_zorder(5)  # fmt: skip


def _plain(axes: Any) -> None:
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_fontproperties(font(8))


def sample_class_chart(
    classes: Sequence[Label], counts: Sequence[int], unknown: int, title: Label, lang: str, *, ordered: bool = True
) -> bytes:
    """How many samples are in each class; those that cannot be told have a bar of their own.

    `ordered`: the classes go from fresh to salty, and take colours that say so.
    """
    with speaking(lang):
        names = [one.text(lang) for one in classes] + [str(label("SOIL-CHART-UNKNOWN"))]
        values = [*counts, unknown]
        whole = max(sum(values), 1)
        height = 1.35 + 0.36 * len(names)
        figure = new_figure(7.4, height)
        figure.text(0.02, 1 - 0.3 / height, title.text(lang), fontproperties=font(13), va="center")
        axes = figure.add_axes((0.30, 0.62 / height, 0.58, 1 - 1.22 / height))
        plain = ["#5b8db8"] * len(classes)
        colours = (class_ramp(len(classes)) if ordered and len(classes) else plain) + ["#c9c9c9"]
        places = list(range(len(names)))
        axes.barh(places, values, color=colours, edgecolor="#666666", linewidth=0.4, height=0.68)
        for place, value in zip(places, values, strict=True):
            text = f"{value:,}  ({100 * value / whole:.1f} %)"
            axes.text(value + max(values) * 0.015, place, text, va="center", fontproperties=font(8))
        axes.set_yticks(places, labels=names, fontproperties=font(8.5))
        axes.set_xlim(0, max(*values, 1) * 1.18)
        axes.invert_yaxis()
        axes.set_xlabel(str(label("SOIL-CHART-SAMPLES")), fontproperties=font(9))
        axes.locator_params(axis="x", nbins=5, integer=True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for tick in axes.get_xticklabels():
            tick.set_fontproperties(font(8))
        return png(figure)
