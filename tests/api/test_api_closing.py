"""A year is closed with what was not in order told, or not at all where the rules say so."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.cli.run import run
from tilth.core import BadInput, speaking
from tilth.ledger import Outcome
from tilth.runtime import Workspace

X, Y, SIDE = 38_400_000, 3_500_000, 100
COUNTY = "999901"


def survey(path: Path, classes: tuple[str, ...], year: int) -> Path:
    shapes = [shapely.box(X + SIDE * at, Y, X + SIDE * (at + 1), Y + SIDE) for at in range(len(classes))]
    rows = {
        "BSM": [f"p{at}" for at in range(len(classes))], "DLBM": list(classes), "SJNF": [year] * len(classes),
        "ZLDWDM": ["9999010010010000000"] * len(classes), "TBMJ": [shape.area for shape in shapes],
        "KCXS": [0.0] * len(classes),
    }  # fmt: skip
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4526).to_file(path)
    return path


@pytest.fixture
def county(tmp_path: Path) -> Workspace:
    """Three hectares: one is flooded without a document, one is built on."""
    place = api.init(tmp_path / "w", region=COUNTY, name="county")
    for year, classes in ((2023, ("0103", "0103", "0103")), (2024, ("0103", "1101", "0601"))):
        api.import_survey(place, survey(tmp_path / f"{year}.gpkg", classes, year), year=year)
    return place


def closed(place: Workspace) -> api.Closed:
    return api.ledger_close(place, year=2024, evidence="assessment", author="Zhao")


def test_what_fails_and_what_the_book_lacks_is_told_with_the_closing(county: Workspace) -> None:
    api.ledger_post_flows(county, before=2023, after=2024, author="Li")
    found = closed(county)
    assert found.link and not found.again, "it is closed all the same"
    assert "INV-9" in found.names(Outcome.FAIL) and "INV-13" in found.names(Outcome.NOT_ASSESSED)
    assert found.unbooked is not None and (found.unbooked.unmatched, found.unbooked.missing) == (1, 0)
    tests, changes = found.warnings
    assert f"tilth ledger assess --year 2024 --region {COUNTY}" in tests and "INV-9" in tests
    assert changes.startswith("closed with 1 change between the surveys of 2023 and 2024") and "--propose" in changes
    with speaking("zh"):
        assert all("结账时有" in said for said in found.warnings)
    told = found.as_record()
    assert told["link"] == found.link and told["unbooked"]["unmatched"] == 1 and "INV-9" in told["failed"]
    assert json.loads(json.dumps(told)) == told


def test_what_nobody_posted_is_told(county: Workspace) -> None:
    found = closed(county)
    assert found.unbooked is not None and found.unbooked.missing >= 2 and found.unbooked.unmatched == 1


def test_a_book_that_surveys_cannot_be_held_against_is_said(county: Workspace) -> None:
    api.ledger_post_flows(county, before=2023, after=2024, author="Li")
    api.ledger_post(county, _a_change(county))
    found = closed(county)
    assert found.unbooked is not None and found.unbooked.why
    assert found.warnings[1].startswith("the book was not held against the surveys of 2023 and 2024: ")


def test_the_command_says_it_on_the_terminal(county: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["-w", str(county.root), "ledger", "close", "--year", "2024", "--evidence", "e", "--author", "Zhao"]
    assert run(words) == 0
    first, *warnings = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{COUNTY} is closed for 2024") and len(warnings) == 2
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["again"] is True


@pytest.mark.parametrize(("refuses", "stops"), [("[]", False), ('["fail"]', True), ('["not_assessed"]', True)])
def test_the_rules_may_refuse_to_close_such_a_year(county: Workspace, refuses: str, stops: bool) -> None:
    api.ledger_post_flows(county, before=2023, after=2024, author="Li")
    (county.root / "own.toml").write_text(
        'id = "own"\nversion = "1"\ntitle = "own"\n[[rule]]\nid = "closing"\nversion = "1"\nsince = 2024-01-01\n'
        f'title = "no year is closed that fails"\nsource = "the county"\nconfidence = "sure"\nrefuses = {refuses}\n',
        encoding="utf-8",
    )
    config = county.root / "tilth.toml"
    config.write_text(config.read_text(encoding="utf-8") + '\n[ledger]\nrules = "own.toml"\n', encoding="utf-8")
    if not stops:
        assert closed(county).link
        return
    with pytest.raises(BadInput, match="by rule closing@1"):
        closed(county)
    assert api.ledger_post(county, _a_change(county)).receipts, "the year is open"


def _a_change(place: Workspace) -> Path:
    lines = [{"account": "LAND:0601", "area_m2": "-1.00"}, {"account": "LAND:0201", "area_m2": "1.00"}]
    one = {"id": "x", "kind": "CHANGE", "posting_date": "2024-12-31", "evidence": "e", "author": "Li", "lines": lines}
    file = place.root / "x.json"
    file.write_text(json.dumps([one]), encoding="utf-8")
    return file


def test_inv_17_does_the_matrix_and_the_ground_of_a_closed_year_again(county: Workspace, tmp_path: Path) -> None:
    api.ledger_post_flows(county, before=2023, after=2024, author="Li")
    closed(county)

    def again() -> tuple[str, str]:
        found = api.ledger_assess(county, year=2024)
        assert found.kept
        one = next(one for one in found.tests if one.invariant == "INV-17")
        return one.outcome.value, one.about.en

    assert again() == again() == ("pass", "1 earlier assessment tested again by stored rules; 0 results differ")
    basic = tmp_path / "pbf.gpkg"
    gpd.GeoDataFrame({"BSM": ["b"]}, geometry=[shapely.box(X, Y, X + SIDE, Y + SIDE)], crs=4526).to_file(basic)
    api.import_layer(county, basic, kind="pbf", year=2023)
    outcome, said = again()
    assert outcome == "not_assessed" and "no longer there: INV-4" in said, "the layers are not those of the closing"
