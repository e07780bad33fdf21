"""What redrawing an outline leaves between parcels is measured anew: no occupation, no claim, nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_cases import kinds_of, post, records, survey

from tilth import api
from tilth.cli.run import run
from tilth.runtime import Workspace

#: Of a square of 1 ha, whose ring has five points, up to 0.05 m² are within measuring.
HOUSE = "0601"


def redrawn(folder: Path, by_m: float, *, becomes: str = "0103") -> Workspace:
    """A field beside construction; the line between them lies `by_m` further into the field in the second year."""
    place = api.init(folder / "w", region="999901", name="county")
    first = survey(folder / "1.gpkg", ("a", "0103", 0, 1), ("b", HOUSE, 1, 1), year=2023)
    cut = by_m / 100
    second = survey(folder / "2.gpkg", ("a", becomes, 0, 1 - cut), ("b", HOUSE, 1 - cut, 1 + cut), year=2024)
    api.import_survey(place, first, year=2023)
    api.import_survey(place, second, year=2024)
    return place


@pytest.mark.parametrize("by_m", [0.0001, 0.0004, -0.0004])
def test_a_sliver_raises_no_claim_and_the_book_is_the_survey(tmp_path: Path, by_m: float) -> None:
    place = redrawn(tmp_path, by_m)
    done = post(place)
    assert [one.kind for one in done.entries] == ["OPENING", "REAPPRAISAL"] and not kinds_of(done)
    assert not done.differences and not done.unmatched
    assert (done.slivers, done.slivers_dm2) == (1, round(abs(by_m) * 100 * 100))
    assert not api.ledger_balance(place, account="CLAIM")
    (line,) = [one for one in done.entries[1].lines if one.account.name == "LAND:0601"]
    assert line.quantities.area_dm2 == round(by_m * 100 * 100)
    again = post(place)
    assert not again.entries and not again.differences


def test_what_is_more_than_measuring_is_an_occupation(tmp_path: Path) -> None:
    done = post(redrawn(tmp_path, 0.0006))
    assert kinds_of(done) == {"a > b": "NONAG"} and done.slivers == 0


def test_a_record_of_changes_makes_it_a_change(tmp_path: Path) -> None:
    place = redrawn(tmp_path, 0.0004)
    records(place, tmp_path, ("a", "b", "NONAG", "permit-3", "2024-05-01"))
    done = post(place)
    assert kinds_of(done) == {"a > b": "NONAG"} and done.slivers == 0


def test_a_parcel_that_changed_whole_is_no_sliver(tmp_path: Path) -> None:
    done = post(redrawn(tmp_path, 0.0004, becomes="0201"))
    assert kinds_of(done) == {"a > a": "AGSTRUCT"} and done.slivers == 1 and not done.differences


def test_the_command_counts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = redrawn(tmp_path, 0.0004)
    capsys.readouterr()
    asked = ["-w", str(place.root), "ledger", "post", "--from-flows", "2023", "2024", "--author", "Li"]
    assert run(asked) == 0
    assert "1 sliver between redrawn outlines, 0.04 m² in all, is booked as measured anew" in capsys.readouterr().out
    assert run([*asked, "--json"]) == 0
    assert '"slivers": {"count": 1, "area_dm2": 4}' in " ".join(capsys.readouterr().out.split())
