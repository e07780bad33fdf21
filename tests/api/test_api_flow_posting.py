"""Two surveys go into the land book: an entry for every change, what no entry explains, and book = survey."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from flow_cases import AFTER, BEFORE, SIDE, X, Y, kinds_of, post, records, survey

from tilth import api
from tilth.change import Stocked
from tilth.cli.run import run
from tilth.core import BadInput
from tilth.demo import write_county
from tilth.land import Store, code_system
from tilth.ledger import Account, Terms, closes, posted, propose, read_entries
from tilth.ledger.judging_book import moves_area
from tilth.runtime import Workspace


@pytest.fixture
def county(tmp_path: Path) -> Workspace:
    """Nine hectares in a row, two surveys, basic farmland under a, b and half of d."""
    place = api.init(tmp_path / "w", region="999901", name="county")
    api.import_survey(place, survey(tmp_path / "1.gpkg", *BEFORE, year=2023), year=2023)
    api.import_survey(place, survey(tmp_path / "2.gpkg", *AFTER, year=2024), year=2024)
    basic = [shapely.box(X, Y, X + 3 * SIDE, Y + SIDE), shapely.box(X + 4 * SIDE, Y, X + 4.5 * SIDE, Y + SIDE)]
    rows = {"BSM": ["p", "q"]}
    gpd.GeoDataFrame(rows, geometry=basic, crs=4526).to_file(tmp_path / "pbf.gpkg")
    api.import_layer(place, tmp_path / "pbf.gpkg", kind="pbf", year=2023)
    return place


def land(place: Workspace, on: date | None = None) -> dict[Account, int]:
    found = api.ledger_balance(place, account="LAND", on=on)
    return {one.account: one.booked.area_dm2 for one in found if one.booked.area_dm2}


def test_every_change_has_its_kind_and_its_claim(county: Workspace) -> None:
    done = post(county)
    assert kinds_of(done) == {
        "b > b2": "NONAG", "c > c": "RESTORE", "e > e2": "CHANGE", "f > f2": "RURALHOUSE", "g > g2": "AGFACILITY",
    }  # fmt: skip
    (entry,) = [one for one in done.entries if one.kind == "NONAG"]
    lines = {str(line.account): line.quantities for line in entry.lines}
    lost = lines["999901 LAND:0101 pbf paddy stable"]
    assert lines["999901 CLAIM:NONAG"] == lost.negated() and lost.paddy_dm2 == lost.area_dm2 < 0
    assert entry.act_date == entry.posting_date == date(2024, 12, 31) and entry.evidence.endswith("act-date:assumed")


def test_an_exempt_change_without_a_document_is_listed_and_not_posted(county: Workspace) -> None:
    done = post(county)
    (one,) = done.unmatched
    assert (one.kind, one.old_parcel, one.new_parcel) == ("WATER", "d", "d2") and "document" in str(one.why)
    assert {str(it.account) for it in done.differences} == {
        "999901 LAND:0103 pbf stable", "999901 LAND:0103 stable", "999901 LAND:1101",
    }  # fmt: skip
    assert sum(it.book_dm2 - it.survey_dm2 for it in done.differences) == 0
    assert not any(it.left_dm2 for it in done.differences), "posting it would close the book"


def test_with_its_document_it_is_posted_and_book_and_survey_agree(county: Workspace, tmp_path: Path) -> None:
    records(
        county, tmp_path, ("d", "d2", "水域自然扩张", "flood-7", "2024-07-20"), ("b", "b2", "NONAG", "permit-3", "")
    )
    done = post(county)
    assert not done.unmatched and not done.differences and done.accounts == len(land(county))
    by = {one.geometry: one for one in done.entries}
    assert (by["d > d2"].kind, by["d > d2"].act_date) == ("WATER", date(2024, 7, 20))
    assert by["d > d2"].evidence == "flood-7" and by["b > b2"].evidence.startswith("permit-3")
    held = api.ledger_balance(county, account="EXEMPT:WATER")
    assert held[0].booked.area_dm2 == sum(-q.area_dm2 for a, q in by["d > d2"].lines if a.name == "LAND:0103")
    assert api.ledger_verify(county).sound and api.ledger_replay(county).sound


def test_a_record_that_no_piece_answers_to_is_listed(county: Workspace, tmp_path: Path) -> None:
    records(county, tmp_path, ("x", "y", "NONAG", "permit-9", ""))
    assert [(one.old_parcel, one.new_parcel) for one in post(county).unmatched] == [("d", "d2"), ("x", "y")]


def test_a_forest_planted_by_state_arrangement_is_exempt_by_its_record(county: Workspace, tmp_path: Path) -> None:
    records(county, tmp_path, ("g", "g2", "生态退耕", "order-1", ""))
    assert kinds_of(post(county))["g > g2"] == "ECO"


def test_the_opening_is_the_first_survey_and_comes_once(county: Workspace) -> None:
    done = post(county)
    assert [one.kind for one in done.entries].count("OPENING") == 1
    parcels = Store(county).survey(2023).attributes
    by_class: dict[str, int] = {}
    for account, dm2 in land(county, date(2023, 12, 31)).items():
        by_class[account.member] = by_class.get(account.member, 0) + dm2
    assert by_class == parcels.groupby("class_code")["net_area_dm2"].sum().to_dict()


def test_posting_again_changes_nothing_and_goes_on_where_it_was_cut_off(
    county: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tilth.api.flow_posting._BATCH", 2)
    whole = api.ledger_post_flows(county, before=2023, after=2024, author="Li", to=county.root / "p.json").entries
    with api.land_book(county) as book:
        book.post(*whole[:3])
    done = post(county)
    assert {one.id for one in done.entries} == {one.id for one in whole[3:]}
    before = api.ledger_verify(county).digest
    again = post(county)
    assert not again.entries and again.again == len(whole) - 1 and api.ledger_verify(county).digest == before


@pytest.mark.parametrize("name", ["p.csv", "p.json"])
def test_what_is_proposed_can_be_edited_posted_and_counts_as_explained(county: Workspace, name: str) -> None:
    done = post(county, to=county.root / name)
    assert not land(county), "nothing was posted"
    assert tuple(read_entries(done.files[0], region="999901")) == done.entries
    text = done.files[1].read_text(encoding="utf-8-sig")
    text = (
        text.replace('"evidence": ""', '"evidence": "flood-7"')
        if name == "p.json"
        else text.replace(",,Li", ",flood-7,Li")
    )
    done.files[1].write_text(text, encoding="utf-8")
    api.ledger_post(county, done.files[0])
    api.ledger_post(county, done.files[1])
    again = post(county)
    assert not again.entries and not again.unmatched and not again.differences


def test_an_entry_of_the_officers_own_explains_a_change_by_its_parcels(county: Workspace) -> None:
    whole = post(county, to=county.root / "p.json").entries
    mine = replace(next(one for one in whole if one.kind == "NONAG"), id="permit-12", evidence="permit-12")
    with api.land_book(county) as book:
        book.post(whole[0], mine)
    done = post(county)
    assert "NONAG" not in {one.kind for one in done.entries} and len(done.differences) == 3


def test_a_book_that_does_not_hold_the_first_survey_takes_nothing(county: Workspace) -> None:
    whole = post(county, to=county.root / "p.json").entries
    mine = replace(next(one for one in whole if one.kind == "NONAG"), id="permit-12", geometry="")
    with api.land_book(county) as book:
        book.post(whole[0], mine)
    with pytest.raises(BadInput, match=r"holds .* in the book .* by the survey of 2023"):
        post(county)
    assert api.ledger_verify(county).entries == 2


def test_year_follows_year_also_where_a_parcel_changes_twice_under_one_id(county: Workspace, tmp_path: Path) -> None:
    records(county, tmp_path, ("d", "d2", "WATER", "flood-7", ""))
    post(county)
    third = [("c" if one[0] == "c" else one[0], "0201" if one[0] == "c" else one[1], *one[2:]) for one in AFTER]
    api.import_survey(county, survey(tmp_path / "3.gpkg", *third, year=2025), year=2025)
    done = api.ledger_post_flows(county, before=2024, after=2025, author="Li", to=county.root / "p.json")
    assert {one.geometry: one.kind for one in done.entries} == {"c > c": "AGSTRUCT"}
    done = api.ledger_post_flows(county, before=2024, after=2025, author="Li")
    assert not done.differences and not done.unmatched
    again = api.ledger_post_flows(county, before=2024, after=2025, author="Li")
    assert (len(again.entries), again.again) == (0, 1)
    assert not post(county).entries, "the year before is as it was"


def test_townships_keep_books_of_their_own_and_boundaries_move_between_them(tmp_path: Path) -> None:
    files = write_county(tmp_path / "files", seed=3, parcels=700)
    place = api.init(tmp_path / "w", region=files.code, name=files.name)
    for one in (files.townships, files.villages):
        api.import_regions(place, one)
    for year in (2023, 2024):
        api.import_survey(place, files.parcels[year], year=year)
    done = post(place, level="township")
    lacking = [one for one in done.unmatched if one.entry]
    assert len(done.differences) <= 4 * len(lacking) and not any(one.left_dm2 for one in done.differences)
    assert {len(one.account.region) for entry in done.entries for one in entry.lines} == {9}


def test_the_made_up_county_closes_to_the_square_decimetre(tmp_path: Path) -> None:
    files = write_county(tmp_path / "files", seed=17, parcels=700)
    place = api.init(tmp_path / "w", region=files.code, name=files.name)
    for year in (2023, 2024):
        api.import_survey(place, files.parcels[year], year=year)
    api.import_layer(place, files.basic_farmland, kind="pbf", year=2023)
    done = post(place)
    assert done.entries and not any(one.left_dm2 for one in done.differences)
    better = [one for one in done.entries if one.kind == "UPGRADE"]
    assert better and not any(moves_area(one.lines) for one in better), "INV-16"
    rest = [one.entry for one in done.unmatched if one.entry]
    with api.land_book(place) as book:
        book.post(*(replace(one, evidence="found-later") for one in rest))
    assert not post(place).differences


@pytest.fixture
def two_years(county: Workspace) -> Stocked:
    from tilth.api.outlined import outlines_of
    from tilth.change import stocked

    first, second = (Store(county).survey(year) for year in (2023, 2024))
    outlines = outlines_of(county, first), outlines_of(county, second)
    return stocked(first, second, code_system("sd2017"), lambda _: "999901", outlines=outlines)


def spoiled(flows: Stocked, what: str) -> Stocked:
    if what in ("opening", "closing"):
        stock = getattr(flows, what).copy()
        stock[0] += 1
        return replace(flows, **{what: stock})
    side = flows.before.copy()
    if what == "cell":  # the sums stay: one cell is below nothing, another has more
        more = pd.DataFrame({"piece": [0, 0], "account": [side["account"][0]] * 2, "dm2": [-5, 5]})
        return replace(flows, before=pd.concat([side, more], ignore_index=True))
    account = flows.before["account"].to_numpy()
    twins = np.flatnonzero(account == account[0])[:2]
    side.loc[twins[0], "dm2"] += 1
    side.loc[twins[1], "dm2"] -= 1
    return replace(flows, before=side)


@pytest.mark.parametrize("what", ["opening", "closing", "cell", "piece"])
def test_a_flow_matrix_that_does_not_close_is_refused(two_years: Stocked, what: str) -> None:
    closes(two_years)
    with pytest.raises(BadInput, match="does not close"):
        propose(spoiled(two_years, what), code_system("sd2017"), {}, Terms(date(2024, 12, 31), "Li"))


def test_long_parcel_ids_give_entries_an_id_of_100_signs_at_most(tmp_path: Path) -> None:
    place = api.init(tmp_path / "w", region="999901", name="county")
    name = "n" * 60
    api.import_survey(place, survey(tmp_path / "1.gpkg", (name, "0103", 0, 1), year=2023), year=2023)
    api.import_survey(place, survey(tmp_path / "2.gpkg", (name, "0601", 0, 1), year=2024), year=2024)
    ids = [one.id for one in post(place, to=place.root / "p.json").entries]
    assert ids == [one.id for one in post(place).entries] and max(map(len, ids)) <= 100


def test_the_command_posts_proposes_and_says_what_is_left(
    county: Workspace, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked = ["-w", str(county.root), "ledger", "post", "--from-flows", "2023", "2024", "--author", "Li"]
    assert run([*asked, "--propose", str(tmp_path / "p.csv")]) == 1
    assert "nothing was posted" in capsys.readouterr().out
    assert run(asked) == 1
    out = capsys.readouterr().out
    assert "6 entries posted" in out and "1 change is explained by no entry" in out and "WATER" in out
    assert run(["-w", str(county.root), "ledger", "post"]) == 2


def test_an_entry_that_was_reversed_comes_again_under_the_next_id(county: Workspace) -> None:
    from tilth.ledger import counter

    post(county)
    with api.land_book(county) as book:
        entries = [
            one.entry for one in posted(county.database, ["999901"], since=date(2024, 1, 1), until=date(2024, 12, 31))
        ]
        wrong = next(one for one in entries if one.kind == "NONAG")
        book.post(counter(wrong, id="oops", posting_date=wrong.posting_date, evidence="x", author="Li"))
    done = post(county)
    assert [one.id for one in done.entries] == [f"{wrong.id}~2"] and len(done.differences) == 3


@pytest.mark.parametrize(
    ("years", "said", "remedy"),
    [
        (("2024", "2023"), "wrong order: 2024 comes after 2023", "--from-flows 2023 2024"),
        (("2024", "2024"), "2024 was given twice", "--from-flows 2023 2024"),
    ],
)
def test_years_in_the_wrong_order_are_named_with_the_right_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], years: tuple[str, str], said: str, remedy: str
) -> None:
    place = api.init(tmp_path / "w", region="999901", name="county")
    assert run(["-w", str(place.root), "ledger", "post", "--from-flows", *years, "--author", "Li"]) == 2
    told = capsys.readouterr().err
    assert said in told and remedy in told
