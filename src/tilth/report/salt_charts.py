"""Charts of the salt chain: salt through time with bands, yield by option, and which option is best where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np

from tilth.core import FloatArray, Label, label, speaking
from tilth.report.canvas import font, map_sheet, new_figure, png
from tilth.report.cells import cut
from tilth.report.colours import ring_colour
from tilth.report.maps import bounds_of, fill_parcels, finished

#: More panels or bars than this make no picture; what is left out is said.
MOST_OPTIONS = 12
_COLUMNS = 3


@dataclass(frozen=True)
class OptionCourse:
    """One option through the years: means over units, and the band in which salt may lie."""

    label: Label
    ece: FloatArray  # (y,) of the root zone in the growing season [dS/m]
    low: FloatArray  # (y,) [dS/m]; NaN where salt is not a distribution
    high: FloatArray  # (y,)


@dataclass(frozen=True)
class OptionYield:
    """Share of full yield under one option: mean over units and years, and the middle 80 % of them."""

    label: Label
    mean: float
    low: float
    high: float


def salt_chart(years: Sequence[int], courses: Sequence[OptionCourse], units: int, title: Label, lang: str) -> bytes:
    """A panel for each option, on one scale: mean salt of the root zone of `units` units by year, and its band."""
    with speaking(lang):
        shown = courses[:MOST_OPTIONS]
        columns = min(_COLUMNS, max(len(shown), 1))
        rows = -(-max(len(shown), 1) // columns)
        height = 1.25 + 2.05 * rows
        figure = new_figure(2.75 * columns + 0.75 if columns > 1 else 5.6, height)
        wide = figure.get_size_inches()[0]
        figure.text(0.16 / wide, 1 - 0.3 / height, title.text(lang), fontproperties=font(13), va="center")
        ends = [value for one in shown for value in (*one.high.tolist(), *one.ece.tolist()) if np.isfinite(value)]
        top = max(ends, default=1.0) * 1.08
        step = (wide - 0.75) / columns
        for at, one in enumerate(shown):
            left, row = 0.68 + step * (at % columns), at // columns
            bottom = height - 0.62 - 2.05 * (row + 1) + 0.36
            axes = figure.add_axes((left / wide, bottom / height, (step - 0.28) / wide, 1.5 / height))
            _course(axes, years, one, ring_colour(at), lang, int(30 * (step - 0.28) / 2.2))
            axes.set_ylim(0, top)
            if at % columns == 0:
                axes.set_ylabel(str(label("SALT-CHART-ECE")), fontproperties=font(8))
            else:
                axes.set_yticklabels([])
            if at + columns >= len(shown):
                axes.set_xlabel(str(label("SALT-CHART-YEAR")), fontproperties=font(8))
        note = str(label("SALT-CHART-BAND-NOTE" if _banded(shown) else "SALT-CHART-NO-BAND", count=f"{units:,}"))
        note += _left_out(len(courses))
        figure.text(0.16 / wide, 0.1 / height, note, fontproperties=font(7.5), va="bottom")
        return png(figure)


def _banded(courses: Sequence[OptionCourse]) -> bool:
    return any(bool(np.isfinite(one.low).any()) for one in courses)


def _left_out(count: int) -> str:
    more = count - MOST_OPTIONS
    return f"  {label('SALT-CHART-LEFT-OUT', count=more)}" if more > 0 else ""


def _course(axes: Any, years: Sequence[int], one: OptionCourse, colour: str, lang: str, signs: int) -> None:
    axes.set_title(cut(one.label.text(lang), signs), fontproperties=font(8.5), loc="left", pad=4)
    axes.fill_between(years, one.low, one.high, color=colour, alpha=0.28, linewidth=0)
    axes.plot(years, one.ece, color=colour, linewidth=1.8)
    axes.set_xlim(min(years) - 0.3, max(years) + 0.3)
    axes.locator_params(axis="x", nbins=5, integer=True)
    axes.locator_params(axis="y", nbins=5)
    axes.grid(axis="y", color="#e4e4e0", linewidth=0.6)
    axes.set_axisbelow(True)
    if not np.isfinite(one.ece).any():
        axes.text(0.5, 0.5, str(label("SALT-CHART-FALLOW")), transform=axes.transAxes, ha="center",
                  fontproperties=font(8))  # fmt: skip
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for tick in (*axes.get_xticklabels(), *axes.get_yticklabels()):
        tick.set_fontproperties(font(7.5))


def yield_chart(options: Sequence[OptionYield], target: float, title: Label, lang: str) -> bytes:
    """A bar for each option with the middle 80 % of units and years, and the target."""
    with speaking(lang):
        shown = options[:MOST_OPTIONS]
        height = 1.55 + 0.38 * len(shown)
        figure = new_figure(7.8, height)
        figure.text(0.02, 1 - 0.3 / height, title.text(lang), fontproperties=font(13), va="center")
        axes = figure.add_axes((0.39, 0.80 / height, 0.53, 1 - 1.42 / height))
        places = list(range(len(shown)))
        means = [100 * one.mean if np.isfinite(one.mean) else 0.0 for one in shown]
        axes.barh(
            places, means, color=[ring_colour(at) for at in places], edgecolor="#666666", linewidth=0.4, height=0.62
        )
        for place, one in zip(places, shown, strict=True):
            known = np.isfinite(one.mean)
            if known:
                axes.plot([100 * one.low, 100 * one.high], [place, place], color="#333333", linewidth=1.1)
                axes.plot([100 * one.low, 100 * one.high], [place, place], "|", color="#333333", markersize=6)
            text = f"{100 * one.mean:.0f} %" if known else str(label("SALT-CHART-FALLOW"))
            axes.text(102.5, place, text, va="center", fontproperties=font(8))
        axes.axvline(100 * target, color="#b03a2e", linewidth=1.0, linestyle=(0, (4, 3)))
        axes.text(100 * target, -0.75, str(label("SALT-CHART-TARGET", share=f"{100 * target:.0f}")), color="#b03a2e",
                  ha="center", va="bottom", fontproperties=font(7.5))  # fmt: skip
        axes.set_yticks(places, labels=[cut(one.label.text(lang), 44) for one in shown], fontproperties=font(8))
        axes.set_ylim(len(shown) - 0.4, -0.7)
        axes.set_xlim(0, 100)
        axes.set_xlabel(str(label("SALT-CHART-YIELD")), fontproperties=font(8.5))
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        for tick in axes.get_xticklabels():
            tick.set_fontproperties(font(8))
        note = str(label("SALT-CHART-YIELD-NOTE")) + _left_out(len(options))
        figure.text(0.02, 0.1 / height, note, fontproperties=font(7.5), va="bottom")
        return png(figure)


def best_option_map(
    parcels: gpd.GeoDataFrame, best: Mapping[str, int], options: Sequence[Label], title: Label, lang: str
) -> bytes:
    """Every parcel in the colour of the option that earns most on it and reaches the target.

    Parameters
    ----------
    parcels
        With `parcel_id`; those that are not in `best` are ground.
    best
        Position among `options` by parcel; -1 where no option reaches the target.
    """
    with speaking(lang):
        at = parcels["parcel_id"].map(lambda one: best.get(str(one), -2)).to_numpy(int)
        own = parcels[at > -2]
        sheet = map_sheet(title.text(lang), bounds_of(own if len(own) else parcels), parcels.crs, width=8.4)
        count = max(len(parcels), 1)
        fill_parcels(sheet, parcels.geometry[at == -2], "#efefec", count)
        entries = []
        for number, name in enumerate(options):
            chosen = at == number
            if chosen.any():
                colour = ring_colour(number)
                fill_parcels(sheet, parcels.geometry[chosen], colour, 1)
                entries.append((colour, f"{name.text(lang)} ({int(chosen.sum()):,})"))
        if (at == -1).any():
            fill_parcels(sheet, parcels.geometry[at == -1], "#8f8f8b", 1)
            entries.append(("#8f8f8b", f"{label('SALT-MAP-NONE')} ({int((at == -1).sum()):,})"))
        entries.append(("#efefec", str(label("SALT-MAP-OTHER"))))
        return finished(sheet, parcels.crs, entries)
