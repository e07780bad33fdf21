"""The quality register of a whole county: from its tables to accounts that close, and back to every parcel."""

from __future__ import annotations

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from tilth import api
from tilth.core import BadInput, NeedsAnswer, NotFound, TilthError
from tilth.demo import write_county
from tilth.land import Store
from tilth.report import as_json
from tilth.soil import CHANGES


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_county(tmp_path_factory.mktemp("county"), parcels=600)


@pytest.fixture(scope="module")
def read(files, tmp_path_factory):
    """The workspace, and what each table of quality came to."""
    place = api.init(tmp_path_factory.mktemp("workspace") / "w", region=files.code, name=files.name)
    api.import_regions(place, files.townships)
    api.import_regions(place, files.villages)
    api.import_layer(place, files.basic_farmland, kind="pbf", year=2023)
    for year, file in files.parcels.items():
        api.import_survey(place, file, year=year)
    return place, {year: api.quality_import(place, file, year=year) for year, file in files.quality.items()}


@pytest.fixture(scope="module")
def place(read):
    return read[0]


@pytest.fixture(scope="module")
def accounts(place):
    return api.quality_accounts(place, before=2023, after=2024)


def farmland(place, year):
    found = Store(place).survey(year)
    rows = found.attributes
    return rows[[code in ("0101", "0102", "0103") for code in rows["class_code"]]]


def test_every_row_of_the_countys_tables_is_stored_or_set_aside_with_its_reason(files, read):
    _, done = read
    for year, one in done.items():
        with files.quality[year].open(encoding="gbk" if year == 2023 else "utf-8", newline="") as file:
            assert one.table.meta.rows_in == len(list(csv.reader(file))) - 1
    assert done[2023].reasons == {}
    assert done[2024].reasons == {
        "QUALITY-ROW-UNKNOWN": 1, "QUALITY-ROW-TWICE": 1, "QUALITY-ROW-NO-PARCEL": 1, "QUALITY-ROW-IMPOSSIBLE": 1,
        "QUALITY-ROW-LEVEL": 1,
    }  # fmt: skip


def test_the_accounts_close_to_the_surveys_of_both_years_for_every_grade(place, accounts):
    found = accounts.grades
    for year, stock in ((2023, found.opening), (2024, found.closing)):
        graded = api.quality_grade(place, year=year)
        assert int(stock.sum()) == int(farmland(place, year)["net_area_dm2"].sum())
        for grade in range(11):
            assert stock[grade] == graded.net_dm2[graded.grade == grade].sum()
    assert (found.opening + found.changes.sum(axis=1) == found.closing).all()
    first, change, last = found.graded.tolist()
    assert first + change == last
    assert found.improved_dm2 > 0 and found.worsened_dm2 > 0


def test_the_changes_of_the_account_are_those_of_the_land(place, accounts):
    """A second way: the flows between classes say how much farmland came and went."""
    flows = api.flows(place, before=2023, after=2024).flows
    assert flows.farmland_in_out is not None
    table = flows.farmland_in_out
    opening, closing = int(table.column("OPENING")[0]), int(table.column("CLOSING")[0])
    assert (opening, closing) == (int(accounts.grades.opening.sum()), int(accounts.grades.closing.sum()))
    by = {name: int(accounts.grades.changes[:, at].sum()) for at, name in enumerate(CHANGES)}
    assert by["came"] > 0 > by["left"] and sum(by.values()) == closing - opening


def test_regions_add_up_to_the_county_and_every_printed_table_closes_in_hectares(accounts):
    (_, code, depth, whole), *below = accounts.regions
    assert depth == 0 and code == "999901" and len(below) >= 2
    for end in ("opening", "closing"):
        parts = [getattr(one, end) for _, _, each, one in below if each == 1]
        assert (np.sum(parts, axis=0) == getattr(whole, end)).all()
    for table in accounts.tables:
        for cells in (table.dm2, table.hectares):
            assert (cells[:, 0] + cells[:, 1:-1].sum(axis=1) == cells[:, -1]).all(), table.id
            assert (cells[:-1].sum(axis=0) == cells[-1]).all(), table.id


def test_an_account_of_one_township_is_that_of_the_regions(place, accounts):
    name, code, _, one = accounts.regions[1]
    alone = api.quality_accounts(place, before=2023, after=2024, region=code)
    assert (alone.grades.opening == one.opening).all() and (alone.grades.closing == one.closing).all()
    assert name and (alone.grades.changes == one.changes).all()


def test_accounts_of_degraded_land_close_and_say_what_got_worse(accounts):
    assert {"acidified", "thinned", "saline", "eroded"} == set(accounts.degraded)
    for kind, one in accounts.degraded.items():
        assert (one.opening + one.changes.sum(axis=1) == one.closing).all(), kind
    ph = next(one for one in accounts.indicators if one.id == "ph")
    organic = next(one for one in accounts.indicators if one.id == "organic_matter_g_kg")
    assert ph.fell_dm2 > 0 and organic.mean_after > organic.mean_before


def test_by_the_index_both_years_are_graded_the_same_way_and_close(place):
    done = api.quality_accounts(place, before=2023, after=2024, by="index")
    assert (done.grades.opening + done.grades.changes.sum(axis=1) == done.grades.closing).all()
    assert done.before.table.id == done.after.table.id == "gb33469"
    assert set(done.after.basis.tolist()) <= {0, 3}


def test_a_year_whose_register_is_empty_has_the_grades_of_its_survey(files, tmp_path):
    place = api.init(tmp_path / "w", region=files.code, name=files.name)
    for year, file in files.parcels.items():
        api.import_survey(place, file, year=year)
    done = api.quality_accounts(place, before=2023, after=2024)
    rows = farmland(place, 2023)
    own = rows["quality_grade"].astype("Int64").fillna(0)
    assert done.grades.opening.tolist() == [int(rows["net_area_dm2"][own == grade].sum()) for grade in range(11)]
    with pytest.raises(NotFound) as refused:
        api.quality_grade(place, year=2023)
    assert refused.value.code == "QUALITY-NO-YEAR"


def test_sums_of_the_year_are_those_of_its_parcels_and_pages_hold_each_once(place):
    whole = api.quality_page(place, year=2024, limit=10_000)
    assert whole["parcels"] == len(whole["items"]) == len(farmland(place, 2024)) and whole["next"] is None
    assert sum(whole["by_grade_dm2"].values()) + whole["ungraded_dm2"] == whole["farmland_dm2"]
    graded = [(one["grade"], one["net_area_dm2"]) for one in whole["items"] if one["grade"]]
    mean = Fraction(sum(grade * area for grade, area in graded), sum(area for _, area in graded))
    assert abs(float(mean) - float(whole["mean_grade"])) <= 0.005
    seen, after = [], 0
    while after is not None:
        page = api.quality_page(place, year=2024, after=after, limit=97)
        seen += [one["parcel_id"] for one in page["items"]]
        after = page["next"]
    assert seen == [one["parcel_id"] for one in whole["items"]]


def test_each_value_of_a_parcel_has_its_source_date_and_confidence(place):
    whole = api.quality_page(place, year=2023, limit=50)
    values = [value for one in whole["items"] for value in one["values"].values()]
    assert values and all(one["source"] and one["date"] == "2023-10" and one["confidence"] == "sure" for one in values)


def test_a_blank_cell_lowers_the_confidence_of_its_parcel_and_nothing_is_zero(place):
    items = api.quality_page(place, year=2023, limit=10_000)["items"]
    by_count = {}
    for one in items:
        by_count.setdefault(len(one["values"]), []).append(one)
    most, least = by_count[max(by_count)], by_count[min(by_count)]
    assert min(one["confidence"] for one in most) > max(one["confidence"] for one in least)
    assert all(value["value"] != 0 for one in least for value in one["values"].values())


def test_what_is_lacking_is_counted_as_the_table_has_it(files, place):
    with files.quality[2023].open(encoding="gbk", newline="") as file:
        rows = {row["BSM"]: row for row in csv.DictReader(file)}
    found = api.quality_lacks(place, year=2023, limit=10_000)
    listed = {one["parcel_id"]: {lack["id"] for lack in one["lacks"]} for one in found["items"]}
    by_need = {one["id"]: one for one in found["needs"]}
    for need, heading, lacks in (
        ("ph", "pH", lambda text: not 5.5 <= float(text) <= 8.5),
        ("organic_matter_g_kg", "有机质(g/kg)", lambda text: float(text) < 20),
        ("irrigation", "灌溉能力", lambda text: text in ("基本满足", "不满足")),
        ("salt_g_kg", "全盐量(g/kg)", lambda text: float(text) >= 3),
    ):
        wanted = {id for id, row in rows.items() if row[heading] and lacks(row[heading])}
        assert {id for id, some in listed.items() if need in some} == wanted, need
        assert by_need[need]["parcels"] == len(wanted)
    blank = sum(row["pH"] == "" for row in rows.values())
    assert blank and by_need["ph"]["unknown_dm2"] > 0
    only = api.quality_lacks(place, year=2023, lacking="灌溉能力", limit=10_000)
    assert only["count"] == by_need["irrigation"]["parcels"]


def test_high_standard_farmland_stands_as_the_table_has_it(files, place):
    with files.quality[2024].open(encoding="utf-8", newline="") as file:
        built = {row["parcel_id"] for row in csv.DictReader(file) if row["high-standard farmland"] == "built"}
    rows = farmland(place, 2024)
    found = api.quality_standing(place, year=2024)
    county = found["rows"][0]
    assert county["built_dm2"] == int(rows["net_area_dm2"][rows["parcel_id"].isin(built)].sum()) > 0
    parts = ("built_dm2", "planned_dm2", "not_built_dm2", "unknown_dm2")
    for row in found["rows"]:
        assert sum(row[part] for part in parts) == row["farmland_dm2"]
        assert row["pbf_built_dm2"] <= min(row["built_dm2"], row["pbf_dm2"]) and row["pbf_dm2"] <= row["farmland_dm2"]
        assert row["built_lacking_dm2"] <= row["built_dm2"]
    for part in (*parts, "pbf_dm2", "pbf_built_dm2"):
        assert sum(row[part] for row in found["rows"] if row["depth"] == 1) == county[part]
    assert float(county["built_share_pct"]) == round(100 * county["built_dm2"] / county["farmland_dm2"], 2)


def test_one_parcel_is_told_in_every_year_with_what_it_lacks(place):
    lacking = api.quality_lacks(place, year=2024, lacking="irrigation", limit=1)["items"][0]
    one = api.quality_parcel(place, year=2024, parcel=lacking["parcel_id"])
    assert one["lacks"] == lacking["lacks"] and [year["year"] for year in one["years"]][-1] == 2024
    with pytest.raises(NotFound) as refused:
        api.quality_parcel(place, year=2024, parcel="nobody")
    assert refused.value.code == "QUALITY-NO-PARCEL-KNOWN"


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_workbook_holds_the_register_and_the_accounts_with_the_same_numbers(place, accounts, tmp_path, lang):
    done = api.quality_book(place, year=2024, before=2023, out=tmp_path / "q.xlsx", lang=lang)
    book = openpyxl.load_workbook(done.files[0], read_only=True)
    sheets = {name: list(book[name].iter_rows(values_only=True)) for name in book.sheetnames}
    book.close()
    register = sheets["Register" if lang == "en" else "质量登记"]
    heading = register[2]
    ids = [row[0] for row in register[3:] if row and str(row[0]).startswith("9999")]
    assert ids == farmland(place, 2024)["parcel_id"].tolist()
    ph = heading.index("pH" if lang == "en" else "pH值")
    known = [row[ph] for row in register[3 : 3 + len(ids)] if row[ph] is not None]
    assert known and all(isinstance(value, float | int) for value in known), "numbers are numbers"
    account = next(rows for name, rows in sheets.items() if name.startswith("m² 1"))
    total = next(row for row in account if row and str(row[0]).strip() in ("all farmland", "耕地合计"))
    assert [round(cell * 100) for cell in total[1:]] == accounts.tables[0].dm2[-1].tolist()


def test_a_backup_holds_the_register(place, tmp_path):
    api.backup(place, tmp_path / "county.tar")
    done = api.restore(tmp_path / "county.tar", tmp_path / "again")
    there = api.open_workspace(done.folder)
    assert api.quality_page(there, year=2024, limit=3)["items"] == api.quality_page(place, year=2024, limit=3)["items"]


def test_a_countys_own_weights_and_limits_are_used_at_once(place):
    before = api.quality_page(place, year=2024, by="index", limit=0)
    folder = place.root / "tables"
    folder.mkdir(exist_ok=True)
    own = folder / "quality-weights.toml"
    own.write_text(
        'base = "gb33469"\nid = "strict"\nversion = "1"\ntitle = "strict"\nsource = "a test"\nconfidence = "sure"\n'
        '[grades]\nfrom = [0.99, 0.98, 0.97, 0.96, 0.95, 0.94, 0.93, 0.92, 0.91]\nconfidence = "sure"\n',
        encoding="utf-8",
    )
    try:
        after = api.quality_page(place, year=2024, by="index", limit=0)
        assert after["table"] == {"id": "strict", "version": "1", "confidence": "sure"}
        assert after["grade_dm2"] > before["grade_dm2"]
        assert api.quality_weights(place)["id"] == "strict" and "gb33469" in api.quality_weights(place)["others"]
        own.write_text("id = 3", encoding="utf-8")
        with pytest.raises(BadInput, match="QUALITY-WEIGHTS-BAD"):
            api.quality_grade(place, year=2024)
    finally:
        own.unlink()


#: What is asked wrongly, and the code of the one sentence that answers it.
WRONG = [
    (lambda place, _: api.quality_accounts(place, before=2024, after=2023), "QUALITY-YEARS"),
    (lambda place, _: api.quality_accounts(place, before=2024, after=2024), "QUALITY-YEARS"),
    (lambda place, _: api.quality_accounts(place, before=2019, after=2024), "LAND-NO-SURVEY"),
    (lambda place, _: api.quality_accounts(place, before=2023, after=2024, region="110101"), "LAND-REGION-UNKNOWN"),
    (lambda place, _: api.quality_grade(place, year=2024, by="guess"), "QUALITY-BY"),
    (lambda place, _: api.quality_grade(place, year=2024, table="mars"), "QUALITY-WEIGHTS-NONE"),
    (lambda place, _: api.quality_grade(place, year=1999), "LAND-NO-SURVEY"),
    (lambda place, _: api.quality_lacks(place, year=2024, lacking="mood"), "QUALITY-MAP-COLUMN"),
    (lambda place, _: api.quality_standing(place, year=2024, region="110101"), "LAND-REGION-UNKNOWN"),
    (lambda place, file: api.quality_import(place, file("BSM,pH\nX,7"), year=2024), "QUALITY-NONE-LEFT"),
    (lambda place, file: api.quality_import(place, file("BSM,pH\nX,7"), year=2019), "LAND-NO-SURVEY"),
    (lambda place, file: api.quality_import(place, file("BSM,pH"), year=2024), "QUALITY-NONE-LEFT"),
    (lambda place, file: api.quality_import(place, file("a,b\n1,2"), year=2024), "QUALITY-NO-PARCEL"),
    (lambda place, file: api.quality_import(place, file("BSM,有机质\nX,7"), year=2024), "QUALITY-UNIT-UNSAID"),
    (lambda place, _: api.quality_import(place, Path("nowhere.csv"), year=2024), ""),
]


@pytest.mark.parametrize("number", range(len(WRONG)))
def test_what_is_asked_wrongly_is_answered_with_one_clear_sentence_and_changes_nothing(place, tmp_path, number):
    def file(text):
        (tmp_path / "q.csv").write_text(text, encoding="utf-8")
        return tmp_path / "q.csv"

    ask, code = WRONG[number]
    before = api.quality_tables(place)
    with pytest.raises((BadInput, NeedsAnswer, NotFound)) as refused:
        ask(place, file)
    assert isinstance(refused.value, TilthError) and code in refused.value.code
    assert refused.value.said and "\n" not in refused.value.said
    assert api.quality_tables(place) == before


def test_grades_are_shown_in_the_hectares_of_the_accounts_and_their_shares_add_up(place):
    whole = api.quality_page(place, year=2024, limit=1)
    hectares, shares = whole["by_grade_ha"], whole["by_grade_pct"]
    assert round(sum(hectares.values()), 2) == round(whole["farmland_dm2"] / 1e6, 2)
    assert round(sum(shares.values()), 2) == 100.00
    account = as_json(api.quality_accounts(place, before=2023, after=2024).tables[0])
    closing = [row["ha"]["CLOSING"] for row in account["rows"]]
    assert closing == [*(hectares[str(grade)] for grade in range(1, 11)), hectares["none"], sum(closing[:-1])]


def test_what_answers_for_land_of_a_group_is_named_where_a_column_is_not_asked(place):
    needs = {one["id"]: one for one in api.quality_lacks(place, year=2023)["needs"]}
    salt, ece, degree = (needs[id] for id in ("salt_g_kg", "ece_ds_m", "salinisation"))
    assert salt["answered_by"] == [] and salt["known_dm2"] > 0
    assert ece["answered_by"] == [{"id": "salt_g_kg", "label": salt["label"], "area_dm2": salt["known_dm2"]}]
    for one in (ece, degree):
        answered = sum(other["area_dm2"] for other in one["answered_by"])
        assert one["known_dm2"] + answered + one["unknown_dm2"] <= salt["known_dm2"] + salt["unknown_dm2"]
    last = degree["known_dm2"] + sum(other["area_dm2"] for other in degree["answered_by"]) + degree["unknown_dm2"]
    assert last == salt["known_dm2"] + ece["known_dm2"] + degree["known_dm2"] + salt["unknown_dm2"]
