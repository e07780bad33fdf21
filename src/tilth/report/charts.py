"""Charts of a yearbook: area by class, and the land that flowed from class to class."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.patches import PathPatch, Rectangle
from matplotlib.path import Path

from tilth.core import DM2_PER_HA, Label, label, speaking
from tilth.land import CodeSystem
from tilth.report.canvas import font, new_figure, png
from tilth.report.cells import class_name, cut, display_width, grouped
from tilth.report.colours import GREY, chosen_colours, class_colours

#: More bars than this make no picture: the others are one bar.
MOST_BARS = 25

Flow = tuple[str, str, int]  # class before, class after, dm²


def _bars(figure: Any, names: list[str], hectares: list[float], colours: list[str], texts: list[str]) -> None:
    height = figure.get_size_inches()[1]
    left = min(0.12 + 0.0088 * max(map(display_width, names), default=0), 0.52)
    axes = figure.add_axes((left, 0.55 / height, 0.88 - left, 1 - 1.15 / height))
    places = list(range(len(names)))
    axes.barh(places, hectares, color=colours, edgecolor="#666666", linewidth=0.4, height=0.7)
    axes.set_yticks(places, labels=names, fontproperties=font(7.5))
    axes.invert_yaxis()
    widest = max(map(abs, hectares), default=0.0) or 1.0
    for place, (value, text) in enumerate(zip(hectares, texts, strict=True)):
        axes.text(max(value, 0) + widest * 0.015, place, text, va="center", fontproperties=font(7.5))
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.locator_params(axis="x", nbins=5)
    for tick in axes.get_xticklabels():
        tick.set_fontproperties(font(7.5))
    axes.ticklabel_format(axis="x", style="plain", useOffset=False)
    axes.set_xlabel(str(label("REPORT-CHART-AREA")), fontproperties=font(8))


def _titled(title: Label, lang: str, rows: int) -> Any:
    height = 1.2 + 0.22 * max(rows, 1)
    figure = new_figure(7.4, height)
    figure.text(0.02, 1 - 0.3 / height, title.text(lang), fontproperties=font(13), va="center")
    return figure


def largest_areas(areas: Mapping[str, int], most: int = MOST_BARS) -> tuple[dict[str, int], list[int]]:
    """The `most` largest of `areas` in their own order, and the areas of the others; all, if one more bar fits them."""
    if len(areas) <= most + 1:
        return dict(areas), []
    kept = set(sorted(areas, key=lambda code: -areas[code])[:most])
    return {code: dm2 for code, dm2 in areas.items() if code in kept}, [
        dm2 for code, dm2 in areas.items() if code not in kept
    ]


def area_chart(areas: Mapping[str, int], codes: CodeSystem, title: Label, lang: str) -> bytes:
    """A bar for each class, the largest of them where there are many, the others in one bar and counted.

    `areas` maps class codes to dm², in the order they are drawn.
    """
    with speaking(lang):
        first, rest = largest_areas(areas)
        colours = chosen_colours(codes, list(first))
        names = [_short(codes, code, 44) for code in first]
        sizes, paint = list(first.values()), [colours.get(code, GREY) for code in first]
        if rest:
            names.append(str(label("REPORT-MAP-OTHER-CLASSES", count=len(rest))))
            sizes.append(sum(rest))
            paint.append(GREY)
        figure = _titled(title, lang, len(names))
        hectares = [dm2 / DM2_PER_HA for dm2 in sizes]
        _bars(figure, names, hectares, paint, [f"{value:,.2f}" for value in hectares])
        return png(figure)


def largest_flows(flows: Sequence[Flow], top: int) -> tuple[list[Flow], list[Flow]]:
    """The `top` largest flows between different classes, and the others; ties by code."""
    changed = sorted((one for one in flows if one[0] != one[1] and one[2]), key=lambda one: (-one[2], one[0], one[1]))
    return changed[:top], changed[top:]


def flow_chart(flows: Sequence[Flow], codes: CodeSystem, title: Label, lang: str, *, top: int = 15) -> bytes:
    """A bar for each of the largest flows from class to class; the rest is summed in one bar and counted."""
    with speaking(lang):
        first, rest = largest_flows(flows, top)
        colours = class_colours(codes)
        names = [f"{_short(codes, old)} → {_short(codes, new)}" for old, new, _ in first]
        hectares = [dm2 / DM2_PER_HA for _, _, dm2 in first]
        paint = [colours.get(new, GREY) for _, new, _ in first]
        if rest:
            names.append(str(label("REPORT-CHART-OTHER-FLOWS", count=len(rest))))
            hectares.append(sum(dm2 for _, _, dm2 in rest) / DM2_PER_HA)
            paint.append(GREY)
        figure = _titled(title, lang, len(names))
        if not names:
            figure.text(0.5, 0.4, str(label("REPORT-MAP-NO-CHANGE")), ha="center", fontproperties=font(10))
            return png(figure)
        _bars(figure, names, hectares, paint, [f"{value:,.2f}" for value in hectares])
        return png(figure)


def _short(codes: CodeSystem, code: str, most: int = 26) -> str:
    """Code and name, cut to what a chart's margin holds."""
    return cut(class_name(codes, code), most)


def band_chart(flows: Sequence[Flow], codes: CodeSystem, title: Label, lang: str) -> bytes:
    """Bands from the level-1 class before to the one after, as wide as the area that changed."""
    with speaking(lang):
        bands: dict[tuple[str, str], int] = defaultdict(int)
        for old, new, dm2 in flows:
            ends = tuple(codes.heading(code) if code in codes else code for code in (old, new))
            if ends[0] != ends[1] and dm2 > 0:
                bands[ends[0], ends[1]] += dm2
        figure = _titled(title, lang, 14)
        axes = figure.add_axes((0.0, 0.02, 1.0, 0.9))
        axes.set_axis_off()
        axes.set_xlim(0, 1)
        axes.set_ylim(1, 0)
        if not bands:
            axes.text(0.5, 0.5, str(label("REPORT-MAP-NO-CHANGE")), ha="center", fontproperties=font(10))
            return png(figure)
        left, right = _stacks(axes, bands, codes, 0), _stacks(axes, bands, codes, 1)
        scale = _scale(bands)
        colours = class_colours(codes)
        for (old, new), dm2 in sorted(bands.items()):
            thick = dm2 * scale
            _band(axes, left[old], right[new], thick, colours.get(old, GREY))
            left[old] += thick
            right[new] += thick
        return png(figure)


_GAP = 0.022


def _scale(bands: Mapping[tuple[str, str], int]) -> float:
    most = max(len({ends[side] for ends in bands}) for side in (0, 1))
    return (0.96 - _GAP * most) / sum(bands.values())


def _stacks(axes: Any, bands: Mapping[tuple[str, str], int], codes: CodeSystem, side: int) -> dict[str, float]:
    """Draw the blocks of one side with their names, and give the upper edge of each."""
    sums: dict[str, int] = defaultdict(int)
    for ends, dm2 in bands.items():
        sums[ends[side]] += dm2
    scale, colours = _scale(bands), class_colours(codes)
    edge, tops = 0.02, {}
    x, text_x, align = (0.34, 0.33, "right") if side == 0 else (0.645, 0.67, "left")
    for code in sorted(sums):
        tall = sums[code] * scale
        axes.add_patch(Rectangle((x, edge), 0.015, tall, fc=colours.get(code, GREY), ec="#666666", lw=0.4))
        hectares = grouped((2 * sums[code] + 10_000) // 20_000)
        text = f"{_short(codes, code)}  {hectares} {label('REPORT-HA')}"
        axes.text(text_x, edge + tall / 2, text, ha=align, va="center", fontproperties=font(7.5))
        tops[code] = edge
        edge += tall + _GAP
    return tops


def _band(axes: Any, top_left: float, top_right: float, thick: float, colour: str) -> None:
    x0, x1, middle = 0.355, 0.645, 0.5
    corners = [(x0, top_left), (middle, top_left), (middle, top_right), (x1, top_right), (x1, top_right + thick)]
    corners += [(middle, top_right + thick), (middle, top_left + thick), (x0, top_left + thick), (x0, top_left)]
    codes = [Path.MOVETO, *[Path.CURVE4] * 3, Path.LINETO, *[Path.CURVE4] * 3, Path.CLOSEPOLY]
    axes.add_patch(PathPatch(Path(corners, codes), fc=colour, ec="none", alpha=0.6))
