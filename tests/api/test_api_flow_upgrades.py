"""Farmland made better in place moves no area out of basic farmland or stable use (INV-16), whatever is measured."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import shapely
from flow_cases import SIDE, X, Y, post, survey

from tilth import api
from tilth.ledger.judging_book import moves_area
from tilth.runtime import Workspace


def fields(folder: Path) -> Workspace:
    """Dry fields of odd widths become paddies of other widths; basic farmland cuts all of them aslant."""
    place = api.init(folder / "w", region="999901", name="county")
    widths = [0.137 * (3 + at % 7) for at in range(12)]
    starts = [sum(widths[:at]) for at in range(12)]
    before = [(f"a{at}", "0103", start, width) for at, (start, width) in enumerate(zip(starts, widths, strict=True))]
    after = [(f"b{at}", "0101", starts[at], widths[at] + widths[at + 1]) for at in range(0, 12, 2)]
    api.import_survey(place, survey(folder / "1.gpkg", *before, year=2023), year=2023)
    api.import_survey(place, survey(folder / "2.gpkg", *after, year=2024), year=2024)
    aslant = shapely.Polygon([(X, Y), (X + SIDE * sum(widths), Y), (X + SIDE * sum(widths), Y + SIDE * 0.913)])
    gpd.GeoDataFrame({"BSM": ["p"]}, geometry=[aslant], crs=4526).to_file(folder / "pbf.gpkg")
    api.import_layer(place, folder / "pbf.gpkg", kind="pbf", year=2023)
    return place


def test_an_upgrade_keeps_basic_farmland_to_the_square_decimetre(tmp_path: Path) -> None:
    done = post(fields(tmp_path))
    kinds = [one.kind for one in done.entries]
    assert kinds.count("UPGRADE") == 12 and not done.differences
    assert not [one.id for one in done.entries if one.kind == "UPGRADE" and moves_area(one.lines)]
    assert done.measured_dm2.get("basic", 0) <= 2 * 12, "what was measured anew is an entry of its own, if any"
