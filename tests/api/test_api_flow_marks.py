"""What a survey says of the marks of a field goes into the book by the kinds of entries that may change them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.ledger import Account
from tilth.runtime import Workspace

X, Y, SIDE = 38_400_000, 3_500_000, 100


def survey(path: Path, *parcels: tuple[str, str, int, int], year: int) -> Path:
    """Parcels (id, class, quality grade, slope grade), each a square of 1 ha in one row."""
    shapes = [shapely.box(X + SIDE * at, Y, X + SIDE * (at + 1), Y + SIDE) for at in range(len(parcels))]
    rows: dict[str, list[Any]] = {
        "BSM": [one[0] for one in parcels], "DLBM": [one[1] for one in parcels], "ZLDJ": [one[2] for one in parcels],
        "GDPDJB": [one[3] for one in parcels], "SJNF": [year] * len(parcels),
        "ZLDWDM": ["9999010010010000000"] * len(parcels), "TBMJ": [shape.area for shape in shapes],
        "KCXS": [0.0] * len(parcels),
    }  # fmt: skip
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4526).to_file(path)
    return path


def basic(path: Path, first: float, last: float) -> Path:
    """Permanent basic farmland under the columns from `first` to `last`."""
    shape = shapely.box(X + SIDE * first, Y, X + SIDE * last, Y + SIDE)
    gpd.GeoDataFrame({"BSM": ["p"]}, geometry=[shape], crs=4526).to_file(path)
    return path


BEFORE = [("better", "0103", 6, 1), ("worse", "0103", 4, 1), ("steep", "0103", 5, 1), ("both", "0103", 5, 1),
          ("dry", "0101", 4, 1), ("off", "0103", 5, 1), ("mixed", "0101", 4, 1)]  # fmt: skip
AFTER = [("better", "0103", 5, 1), ("worse", "0103", 6, 1), ("steep", "0103", 5, 5), ("both", "0103", 7, 5),
         ("dry", "0103", 6, 1), ("off", "0103", 5, 1), ("mixed", "0103", 6, 1)]  # fmt: skip


@pytest.fixture
def done(tmp_path: Path) -> tuple[Workspace, api.FlowPosted]:
    place = api.init(tmp_path / "w", region="999901", name="county")
    api.import_survey(place, survey(tmp_path / "1.gpkg", *BEFORE, year=2023), year=2023)
    api.import_survey(place, survey(tmp_path / "2.gpkg", *AFTER, year=2024), year=2024)
    api.import_layer(place, basic(tmp_path / "1p.gpkg", 3, 7), kind="pbf", year=2023)
    api.import_layer(place, basic(tmp_path / "2p.gpkg", 3, 5), kind="pbf", year=2024)
    return place, api.ledger_post_flows(place, before=2023, after=2024, author="Li")


def test_every_mark_is_changed_by_a_kind_that_may_and_book_and_survey_agree(
    done: tuple[Workspace, api.FlowPosted],
) -> None:
    place, posted = done
    assert {one.geometry: one.kind for one in posted.entries if one.geometry} == {
        "better > better": "UPGRADE",
        "worse > worse": "REAPPRAISAL",
        "steep > steep": "CHANGE",
        "both > both marks": "REAPPRAISAL", "both > both": "CHANGE",
        "dry > dry": "CHANGE",
        "off > off": "REAPPRAISAL",
        "mixed > mixed marks": "REAPPRAISAL", "mixed > mixed": "CHANGE",
    }  # fmt: skip
    assert not posted.differences and not posted.unmatched
    assert api.ledger_verify(place).sound
    again = api.ledger_post_flows(place, before=2023, after=2024, author="Li")
    assert not again.entries and not again.differences


def test_basic_farmland_that_a_survey_takes_off_is_to_be_replaced(done: tuple[Workspace, api.FlowPosted]) -> None:
    place, posted = done
    off = sum(
        -quantities.area_dm2
        for one in posted.entries
        if one.geometry in ("off > off", "mixed > mixed marks")
        for account, quantities in one.lines
        if account.pbf and account.name.startswith("LAND:01")
    )
    found = [one for one in api.ledger_assess(place, year=2024).tests if one.invariant == "INV-12"]
    assert (found[0].outcome.value, found[0].found, found[0].wanted) == ("fail", 0, off)
    assert off > 1_900_000
    held = {one.account: one.booked.area_dm2 for one in api.ledger_balance(place, account="LAND:0103")}
    assert held[Account("999901", "LAND:0103", stable=1, grade=5)] > 0


def test_an_entry_that_explains_a_change_whole_explains_its_marks_too(tmp_path: Path) -> None:
    """So a book in which a survey's change of several marks stands as one entry is not posted to again."""
    place = api.init(tmp_path / "w", region="999901", name="county")
    api.import_survey(place, survey(tmp_path / "1.gpkg", ("both", "0103", 5, 1), year=2023), year=2023)
    api.import_survey(place, survey(tmp_path / "2.gpkg", ("both", "0103", 7, 5), year=2024), year=2024)
    asked = api.ledger_post_flows(place, before=2023, after=2024, author="Li", to=place.root / "p.json").entries
    opening, first, second = asked
    lines = tuple(sorted({*first.lines, *second.lines}))
    whole = [one for one in lines if sum(one.account == other.account for other in lines) == 1]
    with api.land_book(place) as book:
        book.post(opening, replace(second, kind="REAPPRAISAL", lines=tuple(whole)))
    done = api.ledger_post_flows(place, before=2023, after=2024, author="Li")
    assert not done.entries and not done.differences
