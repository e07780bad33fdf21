"""What a reader signs: the same hectares in every table, a picture in which every plot is seen, a verdict in words."""

from __future__ import annotations

import io
from dataclasses import replace

import geopandas as gpd
import pytest
import shapely
from PIL import Image
from report_sample import CODES, book, parcels

from tilth.change import Holding
from tilth.core import Label, speaking
from tilth.report import KeyFigure, check_map
from tilth.report import check_maps as drawn
from tilth.report.check_maps import FRAMES, groups_of
from tilth.report.contents import document_of
from tilth.report.document import Grid
from tilth.report.listings import standing_listing


def box(x: float, y: float, size: float = 100) -> shapely.Polygon:
    return shapely.box(39_500_000 + x, 4_000_000 + y, 39_500_000 + x + size, 4_000_000 + y + size)


def test_a_holding_is_shown_in_the_hectares_of_the_land_tables_and_its_row_closes() -> None:
    held = Holding(
        "341881", "Demo", 0, 12_345_000, 10_000_000, 5_000_000, 6_000_000, 2024, "tasks.csv", 1_236, 499, 4_891_000
    )
    (row,) = standing_listing([held]).rows
    assert row[3:9] == (10_000_000, 12_360_000, 2_360_000, 6_000_000, 4_990_000, -1_010_000)  # hectares, as dm²
    assert row[9:11] == (4_890_000, -1_110_000)
    assert row[11:17] == (10_000_000, 12_345_000, 2_345_000, 6_000_000, 5_000_000, -1_000_000)  # exact
    assert row[17:19] == (4_891_000, -1_109_000)


def test_a_region_that_was_not_surveyed_has_a_task_and_no_holding() -> None:
    held = Holding("34", "Anhui", 0, None, 10_000_000, None, None, 2024)
    (row,) = standing_listing([held]).rows
    assert row[3:9] == (10_000_000, None, None, None, None, None)


def test_a_key_figure_is_shown_in_the_hectares_of_the_land_tables() -> None:
    figure = KeyFigure(Label("farmland", "耕地"), 12_345_000, 12_345_000, 1_236, 1_235)
    sample = replace(book(), key_figures=(figure,), figures=())
    grid = next(block for one in document_of(sample).sections for block in one.blocks if isinstance(block, Grid))
    assert grid.body == (("farmland", "12.36", "12.35", "+0.01", "123,450.00"),)


def test_plots_side_by_side_are_one_group_and_so_are_plots_along_a_road() -> None:
    assert len(groups_of([box(0, 0), box(250, 0)])) == 1
    assert len(groups_of([box(place * 250, 0) for place in range(40)])) == 1


def test_plots_far_apart_are_groups_of_their_own_even_as_parts_of_one_plot() -> None:
    shapes = [box(0, 0), box(9_000, 0), box(0, 150), shapely.MultiPolygon([box(9_100, 9_000), box(100, 9_000)])]
    groups = groups_of(shapes)
    assert [group.rows for group in groups] == [(0, 2), (1,), (3,), (3,)]
    assert sum(group.area for group in groups) == pytest.approx(50_000)


def test_large_plots_that_are_not_far_apart_for_their_size_are_seen_in_one_picture() -> None:
    assert len(groups_of([box(0, 0, 900), box(6_000, 0, 900)])) == 1


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_check_of_scattered_plots_has_a_frame_for_each_group_and_names_the_rest(
    lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    names, grid = drawn.named, drawn.map_grid
    monkeypatch.setattr(drawn, "named", lambda axes, text: (seen.append(text), names(axes, text)))
    monkeypatch.setattr(drawn, "map_grid", lambda *args, **more: (seen.append(more["note"]), grid(*args, **more))[1])
    frame = parcels()
    plots = [box(170 * place, (place * 7 % 8) * 150, 10) for place in range(8)]
    footprint = gpd.GeoDataFrame({"plot_id": [f"K{at}" for at in range(8)]}, geometry=plots, crs=frame.crs)
    hits = gpd.GeoDataFrame(geometry=[plots[7], plots[5]], crs=frame.crs)
    title = Label("Scattered", "分散")
    picture = check_map(footprint, frame, {}, hits, codes=CODES, title=title, lang=lang)
    note, *frames, locator = seen
    assert len(frames) == FRAMES and {"D: K5", "E: K7"} <= set(frames)  # those with a hit first
    with speaking(lang):
        assert str(locator) == ("位置示意" if lang == "zh" else "where they lie")
    left = {f"K{at}" for at in range(8)} - {one.split(": ")[1] for one in frames}
    assert len(left) == 3 and all(name in note for name in left)
    width, height = Image.open(io.BytesIO(picture)).size
    assert width > 800 and height > width
