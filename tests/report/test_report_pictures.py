"""Pictures that are read at a glance, whatever number of classes there is."""

from __future__ import annotations

import io
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from report_sample import CODES, parcels

from tilth.core import Label
from tilth.land import observed_code_system
from tilth.report import area_chart, class_map
from tilth.report import canvas as drawn
from tilth.report.cells import class_name, cut, display_width
from tilth.report.charts import MOST_BARS, largest_areas
from tilth.report.colours import class_colours, ring_colour
from tilth.report.maps import LEGEND_LIMIT, palette

TITLE = Label("Area", "面积")
MANY = observed_code_system("plots", [f"{number}" for number in range(290)])


def size(picture: bytes) -> tuple[int, int]:
    return Image.open(io.BytesIO(picture)).size


def lab(colour: str) -> tuple[float, float, float]:
    """CIE L*a*b* of #rrggbb, D65."""
    part = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in part)
    x = (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.95047
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.08883
    x, y, z = (one ** (1 / 3) if one > 0.008856 else 7.787 * one + 16 / 116 for one in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def apart(one: str, other: str) -> float:
    """Colour difference (CIE 1976); about 2 is just seen side by side."""
    return sum((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True)) ** 0.5


@given(st.lists(st.integers(0, 10**9), max_size=80))
def test_the_bars_of_a_chart_hold_all_the_land_and_the_others_are_none_larger(sizes: list[int]) -> None:
    areas = {str(place): dm2 for place, dm2 in enumerate(sizes)}
    first, rest = largest_areas(areas)
    assert sum(first.values()) + sum(rest) == sum(sizes) and len(first) + len(rest) == len(sizes)
    assert len(first) + bool(rest) <= MOST_BARS + 1 and len(rest) != 1
    assert list(first) == [code for code in areas if code in first], "in the order of the classes"
    assert not rest or max(rest) <= min(first.values())


def test_a_chart_of_hundreds_of_classes_fits_a_page() -> None:
    areas = {code: 1_000_000 + place for place, code in enumerate(MANY.classes)}
    width, height = size(area_chart(areas, MANY, TITLE, "en"))
    assert height < 1.3 * width


def test_a_label_says_code_and_name_once_where_they_are_the_same() -> None:
    assert class_name(MANY, "243") == "243" and class_name(CODES, "01").startswith("01 ")
    assert class_name(MANY, "nobody knows") == "nobody knows"


def test_the_legend_of_a_map_has_as_many_entries_as_can_be_read() -> None:
    frame = parcels()
    frame["class_code"] = [str(place) for place in range(len(frame))]
    colours, entries = palette(frame, frame["class_code"], MANY)
    assert len(colours) == LEGEND_LIMIT and len(entries) == LEGEND_LIMIT + 1
    assert f"{len(frame) - LEGEND_LIMIT}" in entries[-1][1]
    assert len(set(colours.values())) == LEGEND_LIMIT


@pytest.mark.parametrize("letters", [5, 60, 400])
def test_a_legend_is_never_clipped(letters: int) -> None:
    sheet = drawn.map_sheet("Flat", (0, 0, 1000, 100), None)
    drawn.legend(
        sheet, [("#112233", f"{place:02d} " + "longer " * (letters // 7)) for place in range(LEGEND_LIMIT + 1)]
    )
    sheet.figure.canvas.draw()
    box = sheet.side.get_legend().get_window_extent()
    assert box.y0 >= 0, "its last line is on the sheet"
    assert box.x1 <= sheet.figure.bbox.width + 1
    assert class_map(parcels(), CODES, TITLE, "en").startswith(b"\x89PNG")


def test_the_colours_of_level_1_can_be_told_apart() -> None:
    colours = class_colours(CODES)
    for one, other in combinations(CODES.headings, 2):
        assert apart(colours[one], colours[other]) > 25, (one, other)


def test_colours_of_an_unknown_list_can_be_told_apart_as_far_as_a_legend_goes() -> None:
    for one, other in combinations(range(LEGEND_LIMIT), 2):
        assert apart(ring_colour(one), ring_colour(other)) > 8, (one, other)


@given(st.text(alphabet="ab田，é ", max_size=60), st.integers(2, 40))
def test_a_cut_text_is_as_wide_as_asked_and_unchanged_where_it_fits(text: str, most: int) -> None:
    assert display_width(cut(text, most)) <= most
    assert cut(text, most) == text or display_width(text) > most
