"""Replacement land as a user brings it: a file beside real surveys and layers, and the survey of a later year."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.api.surveyed import surveys_of
from tilth.cli.run import run
from tilth.core import BadInput
from tilth.ledger import Outcome, counter
from tilth.runtime import Workspace

X, Y, SIDE = 38_500_000, 3_500_000, 100
WHO: dict[str, Any] = {"evidence": "YS-2024-7", "submitter": "Wang", "author": "Li", "on": date(2024, 7, 1)}
ROW: dict[str, Any] = {
    "project": "ZX-1", "source_class": "0201", "accepted": "2024-06-01", "slope_grade": 1, "soil_depth_cm": 70,
    "plough_cm": 22, "gravel_pct": 4.5, "ph": 7.4, "salt_g_kg": 1.2, "esp_pct": 6, "pollution": 1,
    "irrigation_pct": 80, "outlet": "yes", "road": "yes", "adjoining": "yes", "quality_grade": 6, "paddy": "no",
    "stable": "yes", "imagery": "spring;autumn", "photo": "P", "crop": "C", "ecology": "outside",
}  # fmt: skip


def square(at: float) -> shapely.Polygon:
    return shapely.box(X + SIDE * at, Y, X + SIDE * (at + 1), Y + SIDE)


def surveyed(workspace: Workspace, folder: Path, year: int, *codes: str) -> None:
    """A survey of squares in a row."""
    shapes = [square(at) for at in range(len(codes))]
    given = {"BSM": [f"p{at}" for at in range(len(codes))], "DLBM": list(codes), "SJNF": year, "TBMJ": 10_000.0}
    path = folder / f"survey-{year}.gpkg"
    gpd.GeoDataFrame(given, geometry=shapes, crs=4526).to_file(path)
    api.import_survey(workspace, path, year=year)


def offered(path: Path, *places: float, **changed: Any) -> Path:
    """A file of replacement parcels on these squares."""
    shapes = [square(at) for at in places]
    frame = gpd.GeoDataFrame([{**ROW, "parcel": f"r{at}"} for at in places], geometry=shapes, crs=4526)
    middle = frame.representative_point().to_crs(4490)
    frame["photo_lon"], frame["photo_lat"] = middle.x, middle.y
    for name, values in changed.items():
        frame[name] = values
    frame.to_file(path)
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Four squares: two gardens, waste land and a field; by 2024 all are fields, in 2025 one is built over."""
    made = api.init(tmp_path / "w", region="999901", name="county")
    surveyed(made, tmp_path, 2023, "0201", "0201", "1206", "0103")
    surveyed(made, tmp_path, 2024, "0103", "0103", "0103", "0103")
    return made


def pool(workspace: Workspace) -> dict[str, int]:
    return {str(one.account): one.booked.area_dm2 for one in api.ledger_balance(workspace, account="POOL")}


def outcomes(done: api.Acceptance, check: str) -> list[str]:
    return [next(one.outcome.value for one in parcel.checks if one.check == check) for parcel in done.judged]


def test_parcels_that_pass_enter_the_pool_with_their_net_area_and_marks(workspace: Workspace, tmp_path: Path) -> None:
    done = api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0, 1, 2), **WHO)
    assert (len(done.posted), done.refused) == (3, 0)
    nets = [one.net_dm2 for one in done.judged]
    assert pool(workspace) == {
        "999901 POOL:RESTORED stable grade 6": nets[0] + nets[1],  # type: ignore[operator]
        "999901 POOL:DEVELOPED stable grade 6": nets[2],
    }
    with api.land_book(workspace) as book:
        entry, _ = book.entry(done.judged[0].entry)
    assert (entry.kind, entry.author, entry.evidence, entry.rule_pack) == ("ACCEPT", "Li", "YS-2024-7", "acceptance-cn")
    assert entry.geometry.startswith("ground:")
    assert api.ledger_verify(workspace).sound


def test_posting_a_file_again_changes_nothing(workspace: Workspace, tmp_path: Path) -> None:
    file = offered(tmp_path / "a.gpkg", 0, 1)
    api.ledger_accept(workspace, file, **WHO)
    before = pool(workspace)
    again = api.ledger_accept(workspace, file, **{**WHO, "on": date(2024, 8, 1)})
    assert [one.receipt.again for one in again.posted if one.receipt] == [True, True]
    assert again.refused == 0 and pool(workspace) == before


def test_a_parcel_that_no_longer_passes_is_said_to_stand_in_the_pool(workspace: Workspace, tmp_path: Path) -> None:
    file = offered(tmp_path / "a.gpkg", 0)
    api.ledger_accept(workspace, file, **WHO)
    told = '[[limit]]\nid = "quality"\nvalue = 5\nsource = "province"\nconfidence = "sure"\n'
    (workspace.root / "acceptance.toml").write_text(told)
    (one,) = api.ledger_accept(workspace, file, **WHO).judged
    assert not one.passes and one.receipt is not None and one.receipt.again


def test_one_parcel_that_does_not_pass_holds_up_all_unless_the_others_are_asked_for(
    workspace: Workspace, tmp_path: Path
) -> None:
    file = offered(tmp_path / "a.gpkg", 0, 1, 3)  # the last is a field already
    done = api.ledger_accept(workspace, file, **WHO)
    assert (len(done.posted), done.refused, pool(workspace)) == (0, 1, {})
    assert outcomes(done, "A2") == ["pass", "pass", "fail"], "by the survey, whatever the file says"
    some = api.ledger_accept(workspace, file, only_passing=True, **WHO)
    assert (len(some.posted), some.refused, len(some.judged)) == (2, 1, 3)


def test_four_eyes(workspace: Workspace, tmp_path: Path) -> None:
    file = offered(tmp_path / "a.gpkg", 0)
    for submitter in ("Li", "ｌｉ ", " LI"):
        with pytest.raises(BadInput, match="ACCEPT-SAME-PERSON"):
            api.ledger_accept(workspace, file, **{**WHO, "submitter": submitter})
    for word in ("evidence", "submitter", "author"):
        with pytest.raises(BadInput, match=f"--{word}"):
            api.ledger_accept(workspace, file, **{**WHO, word: " "})
    assert pool(workspace) == {}


def test_ground_in_the_pool_or_twice_in_a_file_is_refused_by_name_and_area(
    workspace: Workspace, tmp_path: Path
) -> None:
    first = api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0), **WHO)
    both = api.ledger_accept(workspace, offered(tmp_path / "b.gpkg", 0.5, 1.2), only_passing=True, **WHO)
    said = [" ".join(one.said for one in parcel.against) for parcel in both.judged]
    assert first.judged[0].entry in said[0] and "row 2" in said[0] and "row 1" in said[1]
    assert (len(both.posted), both.refused) == (0, 2)


def test_layers_are_looked_at_whatever_the_file_claims(workspace: Workspace, tmp_path: Path) -> None:
    line = gpd.GeoDataFrame({"id": ["e"]}, geometry=[square(0.9)], crs=4526)
    line.to_file(tmp_path / "ecology.gpkg")
    api.import_layer(workspace, tmp_path / "ecology.gpkg", kind="ecology", year=2023)
    steep = gpd.GeoDataFrame({"code": ["5"]}, geometry=[square(2)], crs=4526)
    steep.to_file(tmp_path / "slope.gpkg")
    api.import_layer(workspace, tmp_path / "slope.gpkg", kind="slope", year=2023)
    done = api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0, 1, 2, ecology="outside"), **WHO)
    assert outcomes(done, "A13") == ["fail", "fail", "pass"]
    assert outcomes(done, "A3") == ["pass", "pass", "fail"]


def test_without_a_survey_before_acceptance_the_class_at_t0_is_not_assessed(
    workspace: Workspace, tmp_path: Path
) -> None:
    done = api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0, accepted="2023-06-01"), **WHO)
    assert outcomes(done, "A2") == ["not_assessed"] and done.posted == ()


def test_paddy_that_the_survey_does_not_see_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    done = api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0, paddy="yes"), **WHO)
    assert outcomes(done, "A9") == ["fail"]


def test_rows_without_a_polygon_are_named_and_hold_up_the_others(workspace: Workspace, tmp_path: Path) -> None:
    offered(tmp_path / "a.gpkg", 0, 1)
    frame = gpd.read_file(tmp_path / "a.gpkg")
    frame.loc[1, "geometry"] = shapely.Point(X, Y)
    frame.to_file(tmp_path / "b.geojson", driver="GeoJSON")
    done = api.ledger_accept(workspace, tmp_path / "b.geojson", crs="EPSG:4526", **WHO)
    assert [one.where.row for one in done.left_out] == [2]
    assert (done.refused, done.posted) == (1, ())


def test_a_shapefile_with_chinese_columns_is_read(workspace: Workspace, tmp_path: Path) -> None:
    frame = gpd.read_file(offered(tmp_path / "a.gpkg", 0, paddy="否"))
    named = {"parcel": "地块编号", "accepted": "验收日期", "ph": "PH值"}
    frame = frame.rename(columns=named).rename(columns=lambda name: name[:10])  # as a shapefile cuts them
    frame.to_file(tmp_path / "c.shp", encoding="GBK")
    done = api.ledger_accept(workspace, tmp_path / "c.shp", **WHO)
    assert len(done.posted) == 1


# --- follow-up ----------------------------------------------------------------------------------------------------


def test_what_is_no_farmland_in_the_next_survey_is_proposed_and_taken_back(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done = api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0, 2), **WHO)
    surveyed(workspace, tmp_path, 2025, "0601", "0103", "0103", "0103")
    assert len(api.ledger_follow_up(workspace, year=2024).of(Outcome.PASS)) == 2
    found = api.ledger_follow_up(workspace, year=2025)
    (lost,) = found.of(Outcome.FAIL)
    assert lost.ground.entry == done.judged[0].entry and found.posted == ()
    assert surveys_of(workspace, 2025).not_farmland == (lost.ground.entry,), "what INV-7 is tested by"
    with pytest.raises(BadInput, match="--evidence"):
        api.ledger_follow_up(workspace, year=2025, post=True)
    told = {"evidence": "survey 2025", "author": "Zhao", "on": date(2026, 1, 5)}
    assert run(["-w", str(workspace.root), "ledger", "follow-up", "--year", "2025"]) == 1
    assert f"REVERSE  {lost.reversal}" in capsys.readouterr().out
    back = api.ledger_follow_up(workspace, year=2025, post=True, **told)
    assert [one.id for one in back.posted] == [lost.reversal]
    assert sorted(pool(workspace).values()) == [0, done.judged[1].net_dm2]
    after = api.ledger_follow_up(workspace, year=2025, post=True, **told)
    assert (len(after.followed), after.posted) == (1, ())
    assert surveys_of(workspace, 2025).not_farmland == ()
    assert api.ledger_verify(workspace).sound


def test_years_without_a_survey_are_not_assessed_and_follow_up_ends(workspace: Workspace, tmp_path: Path) -> None:
    api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0), **WHO)
    (one,) = api.ledger_follow_up(workspace, year=2026).followed
    assert (one.outcome, one.unseen) == (Outcome.NOT_ASSESSED, (2025, 2026))
    assert surveys_of(workspace, 2026).not_farmland is None
    assert api.ledger_follow_up(workspace, year=2030).followed == ()


def test_a_counter_entry_that_the_pool_cannot_bear_is_listed(workspace: Workspace, tmp_path: Path) -> None:
    api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0), **WHO)
    surveyed(workspace, tmp_path, 2025, "0601", "0103", "0103", "0103")
    (account,) = [one.account for one in api.ledger_balance(workspace, account="POOL")]
    spent = tmp_path / "spent.csv"
    spent.write_text(
        f"id,kind,posting_date,evidence,account,stable,grade,area_m2\ns,SETTLE,2024-09-01,x,{account.name},1,6,-10.00\n"
    )
    api.ledger_post(workspace, spent, author="Zhao")
    told = {"evidence": "survey 2025", "author": "Zhao", "on": date(2026, 1, 5)}
    done = api.ledger_follow_up(workspace, year=2025, post=True, **told)
    assert done.posted == () and "LEDGER-SHORT" in done.refused[0][1]


# --- the command --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_command_says_what_was_refused_why_and_by_which_limits(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    file = offered(tmp_path / "a.gpkg", 0, 1, ph=[7.0, 9.0])
    asked = ["-w", str(workspace.root), "--lang", lang, "ledger", "accept", str(file)]
    asked += ["--evidence", "YS-1", "--submitter", "Wang", "--author", "Li"]
    assert run(asked) == 1
    out = capsys.readouterr().out
    for word in ("A6 pH", "9.0" if "9.0" in out else "9", "[YS-1]"):
        assert word in out
    assert ("nobody has verified" if lang == "en" else "尚未核实") in out
    assert run([*asked, "--only-passing", "--json"]) == 1
    assert '"posted": 1' in capsys.readouterr().out


def test_a_text_in_a_column_of_numbers_is_named_with_row_and_column(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = offered(tmp_path / "a.gpkg", 0, 1, gravel_pct=["4", "some"])
    asked = ["-w", str(workspace.root), "ledger", "accept", str(file)]
    assert run([*asked, "--evidence", "YS-1", "--submitter", "Wang", "--author", "Li"]) == 2
    assert "a.gpkg row 2: gravel_pct is 'some'" in capsys.readouterr().err


def test_the_class_before_acceptance_is_in_the_statement_though_no_entry_is_linked(
    workspace: Workspace, tmp_path: Path
) -> None:
    done = api.ledger_accept(workspace, offered(tmp_path / "a.gpkg", 0, 2), **WHO)
    one = api.statement_of(workspace, year=2024)
    assert [row.classes for row in one.compensations] == [("0201",), ("1206",)], "as the survey at t0 has them"
    assert "UNKNOWN" not in one.pool.sources
    assert {row.checks["A2"] for row in one.compensations if row.checks} == {"pass"}
    with api.land_book(workspace) as book:
        entry, _ = book.entry(done.judged[0].entry)
        undo = {"posting_date": date(2024, 9, 1), "evidence": "slip", "author": "Li"}
        book.post(counter(entry, id="undo", **undo))
    again = api.statement_of(workspace, year=2024)
    assert ("0201",) in [row.classes for row in again.compensations], "of a reversed one too"


def test_acceptance_speaks_chinese(workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from test_cli_chinese import latin

    file = offered(tmp_path / "a.gpkg", 0, 1)
    who = ["--evidence", "1-1", "--submitter", "王", "--author", "李"]
    run(["-w", str(workspace.root), "--lang", "zh", "ledger", "accept", str(file), *who])
    told = capsys.readouterr().out.replace("acceptance-cn", "").replace("pH", "").replace("dS", "").replace("ECe", "")
    assert "POOL:RESTORED 稳定 6等" in told
    assert latin(told) == []
