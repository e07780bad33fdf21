"""The demonstration as a whole: a county goes in as files, and every number that comes out is the same number."""

from __future__ import annotations

import csv
import json
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import shapely

from tilth import api
from tilth.api import Accounts, Demonstration
from tilth.core import AreaTable, BadInput, IntArray
from tilth.land import Snapshot, Store
from tilth.report.cells import filled, printed_names
from tilth.report.contents import PARTS, Numbered, _table_blocks
from tilth.report.document import Grid

#: What each project's footprint was placed on, so what the check must say.
VERDICTS = {
    "clear": [],
    "basic_farmland": ["pbf"],
    "red_line": ["ecology"],
    "hole": ["pbf"],
    "two_parts": [],
    "degrees": [],
}
#: One unit of a hectare table (0.01 ha) in dm².
UNIT = 10_000


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Demonstration:
    """The demonstration on a small county, without its yearbook."""
    return api.demo(tmp_path_factory.mktemp("demo") / "small", parcels=800, languages=())


@pytest.fixture(scope="module")
def book(made: Demonstration) -> dict[str, Path]:
    """The yearbook in the formats that hold numbers, by ending."""
    files = api.report(
        made.workspace, year=2024, reviewed=made.reviewed, lang="en", formats=("xlsx", "gpkg"), checks=made.checks
    ).files
    return {file.suffix: file for file in files}


@pytest.fixture(scope="module")
def years(made: Demonstration) -> dict[int, Accounts]:
    return {2023: api.accounts(made.workspace, year=2023), 2024: made.reviewed.accounts}


def survey(made: Demonstration, year: int) -> Snapshot:
    return Store(made.workspace).survey(year)


def by_class(parcels: pd.DataFrame) -> Counter[str]:
    """Net area of every class, refinements counted in, and the ridges, straight from the parcels. [dm²]"""
    held: Counter[str] = Counter()
    for code, net, gross in zip(parcels["class_code"], parcels["net_area_dm2"], parcels["area_dm2"], strict=True):
        held[code[:4]] += int(net)
        held["1203"] += int(gross - net)
    return +held


# --- what was planted is found, and nothing else -------------------------------------------------------------------


def found_in(made: Demonstration) -> Counter[tuple[str, str]]:
    """Every fault that the examination of the draft names, by code and place; quarantined rows too."""
    found: Counter[tuple[str, str]] = Counter()
    for finding in made.draft.findings:
        if not finding.code.startswith("INTAKE-") or finding.severity == "breaks":
            found[finding.code, finding.where.parcel] += 1
    held = made.draft.snapshot.quarantine
    for code, attributes in zip(held["code"], held["attributes"], strict=True):
        found[code, json.loads(attributes)["BSM"]] += 0  # a row set aside may have its finding too
        found[code, json.loads(attributes)["BSM"]] = max(1, found[code, json.loads(attributes)["BSM"]])
    return found


def test_every_planted_error_is_found_and_no_other_is_said(made: Demonstration) -> None:
    """Precision and recall 1, by the list in the folder and not by the program's own memory of it."""
    with made.files.planted_errors.open(encoding="utf-8", newline="") as file:
        planted = Counter((row["code"], row["parcel_id"]) for row in csv.DictReader(file))
    assert planted.total() >= 40
    assert found_in(made) == planted
    assert made.missed == () and made.invented == ()


def test_the_final_delivery_breaks_no_rule_and_the_draft_is_still_there(made: Demonstration) -> None:
    assert not made.reviewed.examined.breaks
    odd = {finding.where.parcel for finding in made.reviewed.examined.findings if finding.code == "V14-FARMLAND"}
    assert odd == {error.parcel_id for error in made.files.planted if error.code == "V14-FARMLAND"}
    told = [finding for finding in made.reviewed.examined.findings if not finding.code.startswith("INTAKE-")]
    assert len(told) == len(odd)  # land that left farmland during the year, and nothing else
    surveys = [row for row in api.contents(made.workspace) if row["kind"] == "survey"]
    assert [(row["year"], row["in_use"]) for row in surveys] == [(2023, True), (2024, False), (2024, True)]


def test_every_row_that_came_in_is_stored_or_set_aside(made: Demonstration) -> None:
    records = [one.as_record() for one in made.imported]
    assert len(records) >= 11
    for record in records:
        assert record["rows_in"] == record["rows_stored"] + record["rows_quarantined"]
    files = {record["sources"][0]["name"]: record for record in records if "sources" in record}
    for file in (made.files.parcels[2023], made.files.draft, made.files.parcels[2024], made.files.villages):
        assert files[file.name]["rows_in"] == pyogrio.read_info(file, encoding="gbk")["features"]


# --- one number from the parcels to the county ---------------------------------------------------------------------


def whole(table: AreaTable) -> bool:
    """Is it a table of everything, not of enclaves, basic farmland or one kind of land?"""
    return table.columns[0].code == "total" and "enclave" not in table.id and table.id != "15"


def summed(table: AreaTable, cells: IntArray, depth: int) -> dict[tuple[str, ...], list[int]]:
    """Sums over the regions of one depth, by the keys that split a region's rows."""
    sums: dict[tuple[str, ...], IntArray] = {}
    for row, values in zip(table.rows, cells, strict=True):
        if row.depth == depth:
            sums[row.key[2:]] = sums.get(row.key[2:], np.zeros(cells.shape[1], dtype=np.int64)) + values
    return {key: values.tolist() for key, values in sums.items()}


def test_parcels_villages_townships_county_and_control_area_are_one_number(
    made: Demonstration, years: dict[int, Accounts]
) -> None:
    control = int(np.rint(pyogrio.read_dataframe(made.files.townships, encoding="gbk")["DCMJ"] * 100).sum())
    assert control == made.files.control_dm2
    for year, found in years.items():
        assert int(survey(made, year).parcels["area_dm2"].sum()) == control
        for key in ("1", "2", "three_class"):
            column = found.tables[key].column("total")
            for depth in (0, 1, 2):
                assert sum(int(column[at]) for at, row in enumerate(found.tables[key].rows) if row.depth == depth) == (
                    control
                ), (year, key, depth)


def test_every_column_of_every_table_adds_up_from_villages_to_the_county(years: dict[int, Accounts]) -> None:
    for year, found in years.items():
        assert len(found.tables) >= 11
        for table in found.tables.values():
            assert summed(table, table.dm2, 2) == summed(table, table.dm2, 1) == summed(table, table.dm2, 0), (
                year,
                table.id,
            )


def test_levelled_hectares_add_up_the_same_way_and_stay_within_a_few_units(years: dict[int, Accounts]) -> None:
    for year, found in years.items():
        for table in found.tables.values():
            cells = table.hectares
            assert cells is not None and (cells >= 0).all(), (year, table.id)
            assert summed(table, cells, 2) == summed(table, cells, 1) == summed(table, cells, 0), (year, table.id)
            moved = {(one.row, one.column): one.units for one in table.adjustments}
            for row, dm2, units in zip(table.rows, table.dm2.tolist(), cells.tolist(), strict=True):
                for column, exact, shown in zip(table.columns, dm2, units, strict=True):
                    rounded = (2 * exact + UNIT) // (2 * UNIT)
                    assert shown - rounded == moved.get((row.key, column.code), 0), (table.id, row.key, column.code)
                    assert abs(shown - rounded) <= 20


def test_the_table_of_classes_is_the_sum_of_the_parcels(made: Demonstration, years: dict[int, Accounts]) -> None:
    for year, found in years.items():
        table = found.tables["2"]
        shown = dict(zip((column.code.removesuffix("HJ") for column in table.columns), table.dm2[0], strict=True))
        expected = by_class(survey(made, year).parcels)
        assert {code: int(shown[code]) for code in expected} == expected
        assert sum(expected.values()) == int(table.dm2[0, 0]), year


# --- flows ---------------------------------------------------------------------------------------------------------


def test_rows_of_the_matrix_are_the_opening_classes_and_columns_the_closing_ones(made: Demonstration) -> None:
    assert made.reviewed.flowed is not None
    matrix = made.reviewed.flowed.flows.matrix
    opening, closing = by_class(survey(made, 2023).parcels), by_class(survey(made, 2024).parcels)
    codes = [row.key[0] for row in matrix.rows]
    columns = [column.code for column in matrix.columns]
    body = {
        (row, column): int(matrix.dm2[codes.index(row), columns.index(column)])
        for row in codes[:-1]
        for column in columns[1 : columns.index("DECREASE")]
    }
    for code in opening.keys() | closing.keys():
        assert sum(dm2 for (row, _), dm2 in body.items() if row == code) == opening[code], code
        assert sum(dm2 for (_, column), dm2 in body.items() if column == code) == closing[code], code
    total = matrix.row(*matrix.rows[-1].key)
    assert total[0] == total[-1] == made.files.control_dm2


def test_the_change_list_says_what_the_matrix_says(made: Demonstration) -> None:
    assert made.reviewed.flowed is not None
    listed = made.reviewed.flowed.flows.change_list
    assert (listed["area_dm2"] > 0).all() and list(listed["seq"]) == list(range(1, len(listed) + 1))
    classes = listed[(listed["kind"] == "class")]
    outside = classes[(classes["old_net_dm2"] == classes["area_dm2"]) & (classes["new_net_dm2"] == classes["area_dm2"])]
    matrix = made.reviewed.flowed.flows.matrix
    columns = [column.code for column in matrix.columns]
    for (old, new), dm2 in outside.groupby(["old_class", "new_class"])["area_dm2"].sum().items():
        if old[:4] != new[:4]:
            cell = matrix.dm2[[row.key[0] for row in matrix.rows].index(old[:4]), columns.index(new[:4])]
            assert cell >= dm2, (old, new)


def test_every_region_opens_and_closes_with_its_status_tables(made: Demonstration, years: dict[int, Accounts]) -> None:
    assert made.reviewed.flowed is not None
    table = made.reviewed.flowed.flows.by_region
    regions = [row.key for row in table.rows]
    for year, part in ((2023, "OPENING"), (2024, "CLOSING")):
        status = years[year].tables["1"]
        assert [row.key for row in status.rows] == regions
        for column in status.columns[1:]:
            assert table.column(f"{column.code}:{part}").tolist() == status.column(column.code).tolist(), column.code


# --- projects and tasks --------------------------------------------------------------------------------------------


def test_every_project_is_judged_as_it_was_placed(made: Demonstration) -> None:
    checks = {check.name: check for check in made.checks}
    assert len(checks) == len(made.files.projects) == 6
    for case, kinds in VERDICTS.items():
        check = checks[made.files.projects[case].stem]
        broken = [one.rule for one in check.verdict.outcomes if str(one.outcome) == "fail"]
        assert check.clear == (not kinds) == (not broken), case
        assert {hit.layer for hit in check.verdict.hits if hit.rule in broken} >= set(kinds), case
        assert json.loads(check.record.read_text(encoding="utf-8"))["clear"] == check.clear
        assert check.picture.read_bytes().startswith(b"\x89PNG")


def test_a_footprint_breaks_a_red_line_where_plain_geometry_says_so(made: Demonstration) -> None:
    """A second way: the plots cut with the layers' files by GEOS, in the plane."""
    lines = {
        "cn-pbf-occupied": shapely.union_all(gpd.read_file(made.files.basic_farmland, layer="YJJBNTTB").geometry),
        "cn-ecology-red-line": shapely.union_all(gpd.read_file(made.files.ecology).geometry),
    }
    for check in made.checks:
        plots = shapely.union_all([plot.geometry for plot in check.verdict.plots])
        outcomes = {one.rule: one for one in check.verdict.outcomes}
        for rule, line in lines.items():
            square_metres = shapely.intersection(plots, line).area
            assert (str(outcomes[rule].outcome) == "fail") == (square_metres > 0.01), (check.name, rule)
            assert outcomes[rule].area_dm2 / 100 == pytest.approx(square_metres, rel=2e-3, abs=0.02), (check.name, rule)


def test_a_project_in_degrees_is_the_same_project(made: Demonstration) -> None:
    checks = {check.name: check.verdict for check in made.checks}
    metres, degrees = (checks[made.files.projects[case].stem] for case in ("clear", "degrees"))
    assert [plot.area_dm2 for plot in metres.plots] == pytest.approx([plot.area_dm2 for plot in degrees.plots], abs=20)


def test_the_township_that_was_given_too_much_is_named(made: Demonstration) -> None:
    short = [finding.where.parcel for finding in made.standings.findings if finding.code == "TASK-HOLDING"]
    with made.files.tasks.open(encoding="gbk", newline="") as file:
        tasks = {row["行政区代码"]: float(row["耕地保有量(亩)"]) for row in csv.DictReader(file)}
    farmland = {row.region: row.farmland_dm2 for row in made.standings.rows}
    expected = [code for code, mu in tasks.items() if farmland[code] * 15 / 1e6 < mu - 0.01]
    assert short and sorted(short) == sorted(expected)


def test_basic_farmland_designated_is_one_figure_in_standing_checks_and_examination(made: Demonstration) -> None:
    held = {row.region: row.pbf_dm2 for row in made.standings.rows}
    drawn = gpd.read_file(made.files.basic_farmland, layer="YJJBNTTB")
    assert held[made.standings.rows[0].region] == int(np.rint(drawn["YJJBNTMJ"] * 100).sum()), "none lies on another"
    for check in made.checks:
        (outcome,) = (one for one in check.verdict.outcomes if one.rule == "cn-pbf-task")
        for row in outcome.values.get("standing", ()):
            assert row["before_dm2"] == held[row["region"]]
    odd = [one for one in made.reviewed.examined.findings if one.code == "V14-FARMLAND"]
    assert all(one.values["pbf_dm2"] == held[one.where.parcel] for one in odd)
    for row in made.standings.rows:
        children = [one.pbf_dm2 for one in made.standings.rows if one.region[:-3] == row.region and row.depth == 0]
        assert not children or sum(one or 0 for one in children) == row.pbf_dm2


def test_the_change_of_every_region_is_printed_and_its_rows_close(made: Demonstration) -> None:
    assert made.reviewed.flowed is not None
    table = made.reviewed.flowed.flows.by_region
    parts = [block for block in _table_blocks(table, Numbered(), PARTS) if isinstance(block, Grid)]
    assert parts, "it is not left to the workbook"
    codes = [column.code for column in table.columns if filled(table, "ha")[:, table.columns.index(column)].any()]
    for row in range(len(parts[0].body)):
        cells = [float(text.replace(",", "")) for part in parts for text in part.body[row][2:]]
        shown = dict(zip(codes, cells, strict=True))
        for heading in {code.partition(":")[0] for code in codes}:
            opening, down, up, new, rest, closing = (
                shown.get(f"{heading}:{part}", 0.0)
                for part in ("OPENING", "DECREASE", "INCREASE", "MEASURED", "ROUNDING", "CLOSING")
            )
            assert round(opening - down + up + new + rest, 2) == closing, heading


# --- the files that are handed over --------------------------------------------------------------------------------


def test_the_maps_hold_the_same_areas_as_the_tables(made: Demonstration, book: dict[str, Path]) -> None:
    layers = {name: pyogrio.read_dataframe(book[".gpkg"], layer=name) for name, _ in pyogrio.list_layers(book[".gpkg"])}
    parcels = layers["parcels"]
    assert int(parcels["area_dm2"].sum()) == made.files.control_dm2
    assert by_class(parcels) == by_class(survey(made, 2024).parcels)
    assert round(parcels["area_m2"].sum() * 100) == made.files.control_dm2
    assert made.reviewed.flowed is not None
    listed = made.reviewed.flowed.flows.change_list
    changed = listed[listed["kind"].eq("class")]
    assert int(layers["changes"]["area_dm2"].sum()) == int(changed["area_dm2"].sum())
    basic = gpd.read_file(made.files.basic_farmland, layer="YJJBNTTB")
    for held, field in (("area_dm2", "YJJBNTTBMJ"), ("net_area_dm2", "YJJBNTMJ")):
        assert int(layers["pbf"][held].sum()) == int(np.rint(basic[field] * 100).sum()), field
    assert set(layers["findings"]["code"]) >= {
        one.code for one in (*made.reviewed.examined.findings, *made.standings.findings)
    }


def cells_of(sheet: object) -> dict[tuple[str, ...], list[float]]:
    """The rows of a sheet whose cells from the third on are all numbers."""
    found = {}
    for row in sheet.iter_rows(values_only=True):  # type: ignore[attr-defined]
        key = tuple(cell for cell in row if isinstance(cell, str))
        numbers = [cell for cell in row if isinstance(cell, int | float)]
        if key and len(numbers) > 1:
            found[key] = numbers
    return found


def test_the_workbook_reads_back_as_the_tables_to_the_last_digit(made: Demonstration, book: dict[str, Path]) -> None:
    assert made.reviewed.flowed is not None
    tables = [*made.reviewed.accounts.tables.values(), *made.reviewed.flowed.tables]
    workbook = openpyxl.load_workbook(book[".xlsx"], read_only=True)
    metres = [name for name in workbook.sheetnames if name.startswith("m² ")]
    hectares = workbook.sheetnames[1 : 1 + len(tables)]
    assert len(metres) == len(tables)
    for table, in_metres, in_hectares in zip(tables, metres, hectares, strict=True):
        for name, cells in ((in_metres, table.dm2), (in_hectares, table.hectares)):
            shown = cells_of(workbook[name])
            for row, values in zip(table.rows, cells.tolist(), strict=True):  # type: ignore[union-attr]
                key = tuple(printed_names(row.names))
                assert [round(value * 100) for value in shown[key]] == values, (name, key)
    workbook.close()


# --- the function itself -------------------------------------------------------------------------------------------


def test_the_demonstration_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    for folder in (tmp_path, tmp_path / "letter.txt"):
        with pytest.raises(BadInput, match="API-EXISTS"):
            api.demo(folder, parcels=800)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_a_second_language_computes_nothing_again(
    made: Demonstration, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("computed twice")

    for name in ("review", "accounts", "flows", "examined"):
        monkeypatch.setattr(f"tilth.api.yearbook.{name}", refuse)
    files = api.report(
        made.workspace, year=2024, reviewed=made.reviewed, lang="zh", formats=("csv",), folder=tmp_path / "zh"
    ).files
    text = next(file for file in files if file.name.endswith("1-m2.csv")).read_text(encoding="utf-8-sig")
    assert "示范县" in text and f"{made.files.control_dm2 / 100:.2f}" in text


def test_what_the_demonstration_says_of_itself_is_plain_json(made: Demonstration) -> None:
    record = json.loads(json.dumps(made.as_record(), allow_nan=False))
    assert record["planted_missed"] == record["invented"] == []
    assert record["total_dm2"] == record["control_dm2"] == made.files.control_dm2
    assert sum(record["checks"].values()) == 3


def test_a_finding_that_nobody_planted_would_be_told(made: Demonstration, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison itself: leave one error off the list and it is invented; add one and it is missed."""
    from tilth.api.demonstration import compared

    planted = made.files.planted
    one = planted[0]
    missed, invented = compared(planted[1:], made.draft)
    assert missed == () and [(finding.code, finding.where.parcel) for finding in invented] == [one[:2]]
    ghost = one._replace(parcel_id="no such parcel")
    missed, invented = compared((*planted, ghost), made.draft)
    assert missed == (ghost,) and invented == ()


# --- the plan of the salty parcels ---------------------------------------------------------------------------------


def test_the_county_plans_its_salty_parcels_and_proves_how_good_the_plan_is(made: Demonstration) -> None:
    assert made.plans is not None
    assert [one.plan.name for one in made.plans.solved] == ["master", "lean"]
    for one in made.plans.solved:
        assert one.solution.value <= one.solution.bound and one.solution.gap <= 0.01
        assert all(used.left >= 0 for used in one.used)
        basic = np.asarray(one.plan.options.labels["basic"]) == "yes"
        assert not (one.plan.measures[one.solution.options][basic] == "pond").any()
    assert made.plans.solved[0].solution.bound > made.plans.solved[1].solution.value


def test_areas_of_the_county_s_plan_are_those_of_the_survey(made: Demonstration) -> None:
    assert made.plans is not None
    plan = made.plans.solved[0]
    stated = survey(made, 2024).parcels.set_index("parcel_id")["area_dm2"]
    areas = plan.plan.options.columns["area_dm2"][plan.solution.options]
    assert areas.tolist() == [int(stated[str(one)]) for one in plan.plan.options.names]
