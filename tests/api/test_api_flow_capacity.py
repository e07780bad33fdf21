"""The claim of lost farmland carries its grain capacity where the survey gives a grade; where not, that is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from flow_cases import AFTER, BEFORE, post, survey

from tilth import api
from tilth.runtime import Workspace


@pytest.fixture
def county(tmp_path: Path) -> Workspace:
    return api.init(tmp_path / "w", region="999901", name="county")


def surveyed(place: Workspace, folder: Path, gddb: int | None) -> api.FlowPosted:
    for year, parcels in ((2023, BEFORE), (2024, AFTER)):
        path = survey(folder / f"{year}.gpkg", *parcels, year=year, gddb=gddb)
        api.import_survey(place, path, year=year)
    return post(place)


def test_a_claim_carries_the_capacity_of_the_grade_rounded_up(county: Workspace, tmp_path: Path) -> None:
    done = surveyed(county, tmp_path, 6)
    claims = {one.kind: line.quantities for one in done.entries for line in one.lines if line.account.family == "CLAIM"}
    assert set(claims) == {"NONAG", "RURALHOUSE", "AGFACILITY"}
    assert {q.capacity_kg for q in claims.values()} == {15_000}, "a hectare of grade 6"
    assert not [one for one in done.findings if one.code == "LEDGER-FLOWS-CAPACITY"]
    assert api.ledger_verify(county).sound and not post(county).entries


def test_without_a_grade_it_is_not_assessed_and_not_called_nothing(county: Workspace, tmp_path: Path) -> None:
    done = surveyed(county, tmp_path, None)
    (one,) = [one for one in done.findings if one.code == "LEDGER-FLOWS-CAPACITY"]
    assert "4 occupations of farmland, 40,000.00 m², is not assessed" in str(one.said)
