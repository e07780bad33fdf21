"""The command line says what `tilth.api` found, in the reader's language, and leaves with the documented status."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import openpyxl
import pytest
import shapely
import typer

import tilth.cli.commands
from tilth import api
from tilth.cli.app import app
from tilth.cli.run import run
from tilth.core import language
from tilth.demo import CountyFiles, write_county

#: Every command that this version has. The names are fixed: people and scripts rely on them.
COMMANDS = (
    "init", "import survey", "import layer", "import regions", "import tasks", "import ridges", "import changes",
    "import samples", "import raster", "import weather", "import ground", "validate", "repair", "accounts", "flows",
    "standing", "check", "area", "convert", "report", "contents", "use", "demo", "backup", "restore", "soil classify",
    "soil samples", "soil schemes", "soil indices", "soil index", "soil composite", "soil validate", "soil map",
    "soil trend", "soil zones", "soil candidates", "soil next-samples", "soil maps", "soil simulate", "soil options",
    "soil units", "soil calibrate", "quality import", "quality grade", "quality accounts", "quality lacks",
    "quality standing", "plan new", "plan solve", "plan explain", "plan vary", "plan compare",
    "plan frontier", "plan sensitivity", "plan force", "plan document", "plan follow",
    "ledger post", "ledger reserve", "ledger void", "ledger reservations", "ledger expire",
    "ledger close", "ledger balance", "ledger verify", "ledger replay", "ledger accept", "ledger follow-up",
    "ledger settle", "ledger assess", "ledger transfer", "ledger statement", "user add", "user password", "user role",
    "user token", "user list", "user remove", "user log",
)  # fmt: skip
SERVES = "serve"  # opens the other door: it prints no result and has no twin in the API

EXAMPLE = """\
[属性描述]
格式版本号=1.01版本
数据产生单位=示例县自然资源局
数据产生日期=2026-01-15
坐标系=2000国家大地坐标系
几度分带=3
投影类型=高斯克吕格
计量单位=米
带号=38
精度=0.001
转换参数=0,0,0,0,0,0,0
[地块坐标]
5,9.1458,2026-001,地块一,面,H50G000001,补充耕地,0102,@
J1,1,3500400.250,38412300.125
J2,1,3500420.500,38412660.750
J3,1,3500180.375,38412700.000
J4,1,3500150.000,38412320.625
J1,1,3500400.250,38412300.125
10,15.3072,2026-002,地块二,面,H50G000001,补充耕地,0103,@
J1,1,3501000.000,38413000.000
J2,1,3501010.000,38413500.000
J3,1,3500700.000,38413520.000
J4,1,3500690.000,38413010.000
J1,1,3501000.000,38413000.000
J5,2,3500900.000,38413200.000
J6,2,3500900.000,38413260.000
J7,2,3500840.000,38413260.000
J8,2,3500840.000,38413200.000
J5,2,3500900.000,38413200.000
10,1.3597,2026-003,地块三,面,H50G000001,工业用地,0601,@
J1,1,3499600.000,38412500.000
J2,1,3499600.000,38412600.000
J3,1,3499500.000,38412600.000
J4,1,3499500.000,38412500.000
J1,1,3499600.000,38412500.000
J5,2,3499600.000,38412700.000
J6,2,3499600.000,38412760.000
J7,2,3499540.000,38412760.000
J8,2,3499540.000,38412700.000
J5,2,3499600.000,38412700.000
"""


class Said(NamedTuple):
    """What a command printed, and its exit status."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """What stands on the error stream besides progress."""
        return "".join(line for line in self.err.splitlines(keepends=True) if not line.startswith("… "))

    @property
    def record(self) -> Any:
        """The output as strict JSON: NaN and Infinity are no numbers."""

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} in JSON")

        return json.loads(self.out, parse_constant=refuse)


Tilth = Callable[..., Said]


@pytest.fixture
def tilth(capsys: pytest.CaptureFixture[str]) -> Tilth:
    """Run one command line in this process."""

    def command(*words: object) -> Said:
        capsys.readouterr()
        status = run([str(word) for word in words])
        return Said(status, *capsys.readouterr())

    return command


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> CountyFiles:
    return write_county(tmp_path_factory.mktemp("county") / "files", parcels=700)


@pytest.fixture(scope="module")
def place(county: CountyFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the whole county in it. Tests that change it take a copy."""
    workspace = api.init(tmp_path_factory.mktemp("made") / "workspace", region=county.code, name=county.name)
    api.import_regions(workspace, county.townships)
    api.import_regions(workspace, county.villages)
    api.import_tasks(workspace, county.tasks)
    for kind in ("ecology", "town", "reserve"):
        api.import_layer(workspace, getattr(county, kind), kind=kind, year=2023)
    api.import_layer(workspace, county.basic_farmland, kind="pbf", year=2023)
    for year, file in county.parcels.items():
        api.import_survey(workspace, file, year=year)
    return workspace.root


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    return api.init(tmp_path / "empty", region="999901", name="示范县").root


@pytest.fixture
def example(tmp_path: Path) -> Path:
    path = tmp_path / "example.txt"
    path.write_text(EXAMPLE, encoding="utf-8")
    return path


def registered(group: typer.Typer = app, above: str = "") -> dict[str, Any]:
    """Every command's words and its function."""
    found = {above + (one.name or one.callback.__name__): one.callback for one in group.registered_commands}
    for one in group.registered_groups:
        found |= registered(one.typer_instance, f"{above}{one.name} ")
    return found


# --- the list of commands -----------------------------------------------------------------------------------------


def test_the_commands_are_the_fixed_ones_in_the_order_people_use_them() -> None:
    commands = [one for one in registered() if one != SERVES]
    assert sorted(commands) == sorted(COMMANDS)
    assert [one for one in commands if " " not in one] == [one for one in COMMANDS if " " not in one]


@pytest.mark.parametrize("words", COMMANDS)
def test_every_command_has_a_twin_in_the_api(words: str) -> None:
    name = words.replace(" ", "_").replace("-", "_")
    assert name in api.__all__ and callable(getattr(api, name))


@pytest.mark.parametrize("words", COMMANDS)
def test_the_help_of_every_command_has_an_example_that_is_a_real_command(words: str, tilth: Tilth) -> None:
    said = tilth(*words.split(), "--help")
    assert said.status == 0
    assert "--json" in said.out, "every command prints its result for programs"
    examples = re.findall(r"`(tilth [^`]+)`", registered()[words].__doc__)
    assert examples, "an example in the help text"
    for one in examples:
        assert re.search(rf"^tilth {words}( |$)", one), one
        assert f"\n  {' '.join(one.split())}\n" in said.out, "each on a line of its own"
        asked = set(re.findall(r"(--[a-z][a-z-]*)", one))
        assert asked <= set(re.findall(r"(--[a-z][a-z-]*)", said.out)), one


def test_help_lists_the_commands_and_the_exit_statuses(tilth: Tilth) -> None:
    said = tilth("--help")
    assert said.status == 0
    listed = said.out.partition("\nCommands:\n")[2]
    for words, command in registered().items():
        what = " ".join(command.__doc__.partition("\n\n")[0].split())
        shown = re.search(rf"^  {words}  (.*(?:\n {{10,}}.*)*)", listed, re.MULTILINE)
        assert shown and " ".join(shown[1].split()) == what
    found = re.findall(r"^  ([a-z]+(?: [a-z-]+)?)  ", listed, re.MULTILINE)
    assert [one for one in found if one != SERVES] == list(COMMANDS), "in the order of use"
    assert found[found.index("demo") + 1] == SERVES
    assert "0 fine, 1 findings that break a rule, 2 bad request or input" in said.out.replace("\n", " ")
    assert tilth("--version").out.startswith("tilth 0.")


# --- exit status 2: the request cannot be met ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        ["validate", "--year", "2024"],
        ["accounts", "--year", "2024"],
        ["flows", "--from", "2023", "--to", "2024"],
        ["standing", "--year", "2024"],
        ["report", "--year", "2024"],
        ["repair", "--year", "2024"],
        ["contents"],
    ],
)
def test_without_a_workspace_every_command_says_how_to_make_one(words: list[str], tilth: Tilth, tmp_path: Path) -> None:
    said = tilth("-w", tmp_path / "nowhere", *words)
    assert said.status == 2 and said.out == ""
    assert said.err.startswith("RUNTIME-NO-WORKSPACE") and "tilth init" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["validate", "--year", "1999"], "LAND-NO-SURVEY"),
        (["flows", "--from", "2024", "--to", "2024"], "API-SAME-YEAR"),
        (["accounts", "--year", "2024", "--table", "1", "--table", "99"], "CLI-NOT-ONE-OF"),
        (["accounts", "--year", "2024", "--level", "street"], "CLI-NOT-ONE-OF"),
        (["accounts", "--year", "2024", "--format", "odt"], "CLI-NOT-ONE-OF"),
        (["accounts", "--year", "2024", "--unit", "acre"], "CLI-NOT-ONE-OF"),
        (["accounts", "--year", "2024", "--table", "1-island"], "CLI-NO-TABLE"),
        (["flows", "--from", "2023", "--to", "24"], "API-YEAR"),
        (["contents", "--lang", "fr"], "CLI-LANG"),
        (["area", __file__, "--out", "areas.doc"], "CLI-NOT-ONE-OF"),
        (["import", "survey", __file__, "--year", "2024", "--encoding", "gbq"], "INTAKE-ENCODING-UNKNOWN"),
        (["check", __file__, "--year", "2024", "--rules", "no-such-file.toml"], "INTAKE-FILE-MISSING"),
        (["standing", "--year", "2024", "--region", "123456"], "LAND-REGION-UNKNOWN"),
        (["standing", "--year", "2024", "--group", "delta"], "LAND-GROUP-UNKNOWN"),
        (["report", "--year", "2024", "--format", "odt"], "CLI-NOT-ONE-OF"),
        (["report", "--year", "2024", "--date", "soon"], ""),
        (["import", "survey", "no-such-file.shp", "--year", "2024"], "INTAKE-"),
        (["import", "layer", __file__, "--kind", "survey"], "API-KIND"),
        (["import", "survey", "no-such-file.shp", "--year", "12"], "API-YEAR"),
        (["area", "no-such-file.txt"], "INTAKE-"),
        (["validate"], ""),
        (["nonsense"], ""),
    ],
)
def test_a_request_that_cannot_be_met_is_said_in_one_sentence(
    words: list[str], code: str, tilth: Tilth, place: Path
) -> None:
    said = tilth("-w", place, *words)
    assert said.status == 2 and said.out == ""
    assert said.complaint.startswith(code) and len(said.complaint.splitlines()) <= 3
    assert "Traceback" not in said.err and "Tilth itself failed" not in said.err


def test_our_own_mistake_is_kept_in_a_file_and_never_shown_as_a_traceback(
    tilth: Tilth, place: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a shelf fell down")

    monkeypatch.setattr(api, "contents", broken)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    said = tilth("-w", place, "contents")
    assert said.status == 70 and "a shelf fell down" in said.err and "Traceback" not in said.err
    assert "Traceback" in next(tmp_path.glob("tilth-report-*.txt")).read_text()


def test_an_interrupted_command_says_so(tilth: Tilth, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "contents", stopped)
    said = tilth("-w", place, "contents")
    assert said.status == 130 and "stopped" in said.err


# --- making a workspace and filling it -----------------------------------------------------------------------------


def test_a_workspace_is_made_once(tilth: Tilth, tmp_path: Path) -> None:
    words = ("init", tmp_path / "w", "--region", "410882", "--name", "示范县", "--json")
    assert tilth(*words).record == {"folder": str(tmp_path / "w"), "region": "410882", "name": "示范县"}
    again = tilth(*words)
    assert again.status == 2 and "RUNTIME-WORKSPACE-EXISTS" in again.err


def test_a_county_is_brought_in_command_by_command(county: CountyFiles, empty: Path, tilth: Tilth) -> None:
    def add(*words: object) -> dict[str, Any]:
        said = tilth("-w", empty, "import", *words, "--json")
        assert said.status == 0, said
        record: dict[str, Any] = said.record
        assert record["rows_in"] == record["rows_stored"] + record["rows_quarantined"] > 0
        return record

    add("regions", county.townships)
    add("regions", county.villages)
    assert add("tasks", county.tasks)["rows_stored"] == 3
    add("ridges", county.ridge)
    add("layer", county.ecology, "--kind", "ecology", "--year", 2023)
    survey = add("survey", county.parcels[2024], "--year", 2024)
    assert survey["rows_stored"] == county.rows[2024] and survey["area_dm2"] == county.control_dm2
    assert survey["code_system"] == "sd2017" and survey["crs"] == "EPSG:4526"
    add("changes", county.process, "--year", 2024)
    rows = tilth("-w", empty, "contents", "--json").record
    assert [(row["kind"], row["year"], row["in_use"]) for row in rows] == [
        ("township", None, True), ("village", None, True), ("ecology", 2023, True), ("survey", 2024, True)
    ]  # fmt: skip
    shown = tilth("-w", empty, "contents").out
    assert "DLTB_2024.shp" in shown and f"{county.control_dm2 / 100:,.2f}" in shown


def test_a_row_set_aside_is_named_and_makes_the_status_1(county: CountyFiles, empty: Path, tilth: Tilth) -> None:
    said = tilth("-w", empty, "import", "survey", county.draft, "--year", 2024)
    assert said.status == 1
    rows_in, stored, aside = map(int, re.findall(r"(\d+)", said.out.splitlines()[0])[:3])
    assert rows_in == stored + aside and aside >= 5
    listed = re.findall(r"^    #(\d+) (INTAKE-ROW-[A-Z-]+): ", said.out, re.MULTILINE)
    assert len(listed) == aside
    record = tilth("-w", empty, "import", "survey", county.draft, "--year", 2024, "--json")
    assert record.status == 1 and record.record["rows_quarantined"] == aside


def test_the_provinces_of_the_yangtze_delta_become_a_group(empty: Path, tilth: Tilth, tmp_path: Path) -> None:
    table = tmp_path / "delta.csv"
    table.write_text("code,name\n31,上海市\n32,江苏省\n33,浙江省\n34,安徽省\n", encoding="utf-8")
    said = tilth("-w", empty, "import", "regions", table, "--group", "yangtze-delta")
    assert said.status == 0 and "4 rows in = 4 stored + 0 quarantined" in said.out
    from tilth.land import Store

    tree = Store(api.open_workspace(empty)).regions()
    assert tree.members("yangtze-delta") == ("31", "32", "33", "34")
    assert {tree[code].level for code in ("31", "32", "33", "34")} == {"province"}


# --- looking at it -------------------------------------------------------------------------------------------------


def test_a_clean_survey_leaves_with_0_and_a_faulty_one_with_1(
    county: CountyFiles, place: Path, tilth: Tilth, tmp_path: Path
) -> None:
    clean = tilth("-w", place, "validate", "--year", 2024)
    assert clean.status == 0 and "0 findings break a rule" in clean.out
    other = shutil.copytree(place, tmp_path / "copy")
    assert tilth("-w", other, "import", "survey", county.draft, "--year", 2024).status == 1
    faulty = tilth("-w", other, "validate", "--year", 2024)
    assert faulty.status == 1 and re.search(r"^✗ V9 [^×]*  ×2$", faulty.out, re.MULTILINE)
    assert "not assessed: V15" in faulty.out
    record = tilth("-w", other, "validate", "--year", 2024, "--json").record
    codes = {finding["code"] for finding in record["findings"]}
    assert {"V1", "V2", "V9", "V11"} <= codes
    assert "V15" in [one["rule"] for one in record["not_assessed"]]


def test_repair_says_what_it_changed_and_keeps_the_old_survey(
    county: CountyFiles, place: Path, tilth: Tilth, tmp_path: Path
) -> None:
    other = shutil.copytree(place, tmp_path / "copy")
    tilth("-w", other, "import", "survey", county.draft, "--year", 2024)
    said = tilth("-w", other, "repair", "--year", 2024, "--json")
    assert said.record["changes"]
    unmended = [one for one in said.record["findings"] if one["severity"] == "breaks"]
    assert said.status == (1 if said.record["rows_set_aside"] or unmended else 0)
    with Path(said.record["file"]).open(encoding="utf-8-sig", newline="") as file:
        assert len(list(csv.DictReader(file))) == len(said.record["changes"])
    surveys = [row for row in tilth("-w", other, "contents", "--json").record if row["kind"] == "survey"]
    assert [row["in_use"] for row in surveys if row["year"] == 2024].count(True) == 1
    assert len(surveys) == 4
    shutil.copytree(place, tmp_path / "again")
    tilth("-w", tmp_path / "again", "import", "survey", county.draft, "--year", 2024)
    told = tilth("-w", tmp_path / "again", "repair", "--year", 2024).out
    assert "ground moved (m²)" in told and "_dm2" not in told and "geometry_moved" not in told
    again = tilth("-w", other, "repair", "--year", 2024)
    assert again.status == 0 and "0 changes, 0.00 m² moved" in again.out


def test_tables_are_printed_in_the_unit_asked_for(county: CountyFiles, place: Path, tilth: Tilth) -> None:
    words = ("-w", place, "accounts", "--year", 2024, "--table", 1)
    metres = tilth(*words, "--unit", "m2", "--level", "county").out
    assert f"{county.control_dm2 / 100:,.2f}" in metres and "青禾镇" not in metres
    villages = tilth(*words, "--level", "village").out
    assert f"{county.control_dm2 / 1e6:,.2f}" in villages and "小张家台村" in villages
    assert tilth(*words, "--unit", "mu").status == 0


def test_tables_in_every_format_hold_the_same_numbers(place: Path, tilth: Tilth, tmp_path: Path) -> None:
    words = ("-w", place, "accounts", "--year", 2024, "--table", 1, "--level", "village")
    record = tilth(*words, "--json").record["tables"][0]
    expected = {tuple(row["key"]): row["dm2"] for row in record["rows"]}
    assert len(expected) > 4 and tilth(*words, "--format", "json").record["tables"] == [record]

    said = tilth(*words, "--format", "csv", "--out", tmp_path / "csv")
    assert said.out.splitlines() == [str(tmp_path / "csv" / "table-1.csv")]
    text = (tmp_path / "csv" / "table-1.csv").read_text(encoding="utf-8-sig")
    for row in csv.DictReader(io.StringIO(text)):
        cells = {code.removesuffix("_m2"): value for code, value in row.items() if code.endswith("_m2")}
        dm2 = {code: round(float(value) * 100) for code, value in cells.items()}
        assert dm2 == expected[row["region"], row["code"]]

    said = tilth(*words, "--format", "xlsx", "--out", tmp_path / "tables.xlsx", "--json")
    assert said.record["files"] == [str(tmp_path / "tables.xlsx")]
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx", read_only=True)
    sheet = next(name for name in book.sheetnames if name.startswith("m² 1 "))
    found = {tuple(row[:2]): row[2] for row in book[sheet].iter_rows(values_only=True) if len(row) > 2}
    book.close()
    for key, cells in expected.items():
        assert round(found[key] * 100) == cells["total"]

    tilth(*words, "--format", "json", "--out", tmp_path / "tables.json")
    assert json.loads((tmp_path / "tables.json").read_text(encoding="utf-8"))[0]["rows"] == record["rows"]


def test_flows_list_every_change_and_close(county: CountyFiles, place: Path, tilth: Tilth, tmp_path: Path) -> None:
    words = ("-w", place, "flows", "--from", 2023, "--to", 2024)
    said = tilth(*words, "--json")
    assert said.status == 0
    tables = {table["id"]: table for table in said.record["tables"]}
    assert {"matrix", "three_class_matrix", "seea", "farmland_in_out", "by_region"} <= tables.keys()
    total = next(row["dm2"] for row in tables["matrix"]["rows"] if row["key"][0] == "total")
    assert total["OPENING"] == total["CLOSING"] == county.control_dm2
    changes = said.record["change_list"]
    text = tilth(*words)
    assert text.status == 0 and f"{len(changes)} pieces in the change list" in text.out
    said = tilth(*words, "--format", "csv", "--out", tmp_path / "flows").out
    assert {Path(line).name for line in said.splitlines()} >= {"table-matrix.csv", "change-list.csv"}
    assert f"{len(changes)} pieces in the change list" in said
    with (tmp_path / "flows" / "change-list.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    assert [round(float(row["area_m2"]) * 100) for row in listed] == [row["area_dm2"] for row in changes]


def test_standing_names_who_misses_a_task(place: Path, tilth: Tilth) -> None:
    said = tilth("-w", place, "standing", "--year", 2024)
    assert said.status == 1 and "TASK-HOLDING" in said.out
    record = tilth("-w", place, "standing", "--year", 2024, "--json").record
    short = {row["region"] for row in record["rows"] if (row["headroom_dm2"] or 0) < 0}
    named = {finding["parcel"] for finding in record["findings"] if finding["code"] == "TASK-HOLDING"}
    assert short == named != set()
    county = record["rows"][0]
    assert county["pbf_farmland_dm2"] < county["pbf_dm2"], "some basic farmland has become other land"
    one = tilth("-w", place, "standing", "--year", 2024, "--region", "999901100201", "--json")
    assert one.status == 0 and [row["region"] for row in one.record["rows"]] == ["999901100201"]


def test_trend_quality_and_tasks_start_from_the_same_numbers(place: Path, tilth: Tilth) -> None:
    by_year = {
        year: {row["region"]: row for row in tilth("-w", place, "standing", "--year", year, "--json").record["rows"]}
        for year in (2023, 2024)
    }
    for region, row in by_year[2024].items():
        quality = row["quality"]
        assert quality["graded_dm2"] + quality["ungraded_dm2"] == row["farmland_dm2"]
        for kind, name in (("farmland", "farmland_dm2"), ("pbf", "pbf_farmland_dm2")):
            trend = row["trend"][kind]
            if trend is not None:
                assert trend["by_year_dm2"]["2024"] == row[name]
                assert trend["by_year_dm2"].get("2023", by_year[2023][region][name]) == by_year[2023][region][name]
        assert row["stable_dm2"] <= row["farmland_dm2"]


def test_standing_reads_the_same_on_screen_as_in_the_yearbook(place: Path, tilth: Tilth, tmp_path: Path) -> None:
    said = tilth("-w", place, "standing", "--year", 2024).out.partition("\n\n")[0].splitlines()
    tilth("-w", place, "report", "--year", 2024, "--format", "csv", "--out", tmp_path)
    with (tmp_path / "csv" / "standing.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = {row["region"]: row for row in csv.DictReader(file)}
    names = ("farmland_held", "farmland_task", "farmland_surplus", "pbf_held", "pbf_task", "pbf_surplus")
    names += ("pbf_farmland", "pbf_farmland_surplus")
    seen = 0
    for line in said:
        code, *shown = line.split()
        if code in listed:
            seen += 1
            assert [one.replace(",", "") for one in shown[-8:]] == [listed[code][f"{n}_ha"] or "-" for n in names]
    assert seen == len(listed)


def test_standing_of_a_group_is_of_its_regions_and_costs_them_nothing(
    place: Path, tilth: Tilth, tmp_path: Path
) -> None:
    other = shutil.copytree(place, tmp_path / "copy")
    before = tilth("-w", other, "standing", "--year", 2024, "--json").record["rows"]
    table = tmp_path / "river.csv"
    table.write_text("code\n999901100201\n999901100202\n", encoding="utf-8")
    assert tilth("-w", other, "import", "regions", table, "--group", "river").status == 0
    grouped = tilth("-w", other, "standing", "--year", 2024, "--group", "river", "--json").record["rows"]
    assert grouped == [row for row in before if row["region"] in ("999901100201", "999901100202")]
    assert tilth("-w", other, "validate", "--year", 2024).status == 0, "their control areas are still known"


def test_a_clear_project_leaves_with_0_and_one_on_basic_farmland_with_1(
    county: CountyFiles, place: Path, tilth: Tilth, tmp_path: Path
) -> None:
    other = shutil.copytree(place, tmp_path / "copy")
    clear = tilth("-w", other, "check", county.projects["clear"], "--year", 2024)
    assert clear.status == 0 and "✗" not in clear.out
    hit = tilth("-w", other, "check", county.projects["basic_farmland"], "--year", 2024, "--json")
    assert hit.status == 1 and not hit.record["clear"]
    assert Path(hit.record["picture"]).is_file()
    failed = [one["rule"] for one in hit.record["outcomes"] if one["outcome"] == "fail"]
    assert failed
    shown = tilth("-w", other, "check", county.projects["basic_farmland"], "--year", 2024, "--act-date", "2024-06-30")
    assert shown.status == 1 and all(f"✗ {rule} " in shown.out for rule in failed)


def test_a_check_is_printed_in_the_unit_asked_for(
    county: CountyFiles, place: Path, tilth: Tilth, tmp_path: Path
) -> None:
    other = shutil.copytree(place, tmp_path / "copy")
    words = ("-w", other, "check", county.projects["basic_farmland"], "--year", 2024)
    square_metres, mu = tilth(*words).out, tilth(*words, "--unit", "mu").out
    assert "area [m²]" in square_metres and "area [mu]" in mu and "area [m²]" not in mu


def test_a_yearbook_in_the_formats_asked_for(place: Path, tilth: Tilth, tmp_path: Path) -> None:
    words = ("-w", place, "report", "--year", 2024, "--out", tmp_path / "book", "--date", "2025-01-31")
    said = tilth(*words, "--format", "xlsx", "--format", "csv", "--json")
    assert said.status == 1 and said.record["broken"] >= 3, "townships miss their tasks"
    files = [Path(file) for file in said.record["files"]]
    assert files and all(file.is_file() for file in files)
    assert {file.suffix for file in files} == {".xlsx", ".csv"}
    book = openpyxl.load_workbook(next(file for file in files if file.suffix == ".xlsx"), read_only=True)
    first = " ".join(str(cell) for row in book.worksheets[0].iter_rows(values_only=True) for cell in row if cell)
    book.close()
    assert "2025-01-31" in first


def test_a_yearbook_without_broken_rules_leaves_with_0(place: Path, tilth: Tilth, tmp_path: Path) -> None:
    other = shutil.copytree(place, tmp_path / "copy")
    words = ("-w", other, "report", "--year", 2024, "--format", "csv")
    broken = tilth(*words)
    assert broken.status == 1 and "findings that break a rule" in broken.out.splitlines()[-1]
    table = tmp_path / "tasks.csv"
    held = tilth("-w", other, "standing", "--year", 2024, "--json").record["rows"]
    tasked = [row["region"] for row in held if row["farmland_task_dm2"] is not None]
    lines = ["region,year,holding_mu,pbf_mu", *(f"{region},2024,1,1" for region in tasked)]
    table.write_text("\n".join(lines), encoding="utf-8")
    assert tilth("-w", other, "import", "tasks", table).status == 0
    kept = tilth(*words)
    assert (kept.status, "✗" in kept.out) == (0, False)


# --- any file ------------------------------------------------------------------------------------------------------


def test_the_areas_of_the_worked_example_are_the_surveys_own(example: Path, tilth: Tilth) -> None:
    said = tilth("area", example)
    assert said.status == 0
    for area in ("91,458.32", "153,071.60", "13,597.44", "258,127.36"):
        assert area in said.out, area
    record = tilth("area", example, "--json").record
    assert [one["survey_m2"] for one in record["polygons"]] == [91458.32, 153071.60, 13597.44]
    assert record["rows_in"] == record["rows_measured"] == 3 and record["total_survey_m2"] == 258127.36


def test_a_finding_that_breaks_a_rule_is_in_the_exit_status(example: Path, tilth: Tilth, tmp_path: Path) -> None:
    example.write_text(example.read_text(encoding="utf-8").replace("9.1458", "19.1458"), encoding="utf-8")
    said = tilth("area", example)
    assert said.status == 1 and "INTAKE-TXT-AREA-DIFFERS" in said.out
    assert tilth("area", example, "--json").status == 1
    squares = [shapely.box(38412000 + 100 * n, 3500000, 38412100 + 100 * n, 3500100) for n in range(30)]
    squares[5] = shapely.affinity.translate(squares[5], 1_000_000)
    gpd.GeoDataFrame(geometry=squares, crs=4526).to_file(tmp_path / "stray.gpkg")
    for command in (["area"], ["area", "--json"], ["convert"], ["convert", "--json"]):
        target = [tmp_path / f"{len(command)}.gpkg"] if command[0] == "convert" else []
        said = tilth(command[0], tmp_path / "stray.gpkg", *target, *command[1:])
        assert said.status == 1 and "INTAKE-CRS-FEW-ELSEWHERE" in said.out


def test_exchange_text_to_geopackage_and_back_keeps_every_area(example: Path, tilth: Tilth, tmp_path: Path) -> None:
    there, back = tmp_path / "plots.gpkg", tmp_path / "plots.txt"
    first = tilth("convert", example, there, "--json")
    assert first.status == 0 and first.record["rows_in"] == first.record["rows_written"] == 3
    assert tilth("convert", there, back).status == 0
    areas = [[one["survey_m2"] for one in tilth("area", file, "--json").record["polygons"]] for file in (there, back)]
    assert areas[0] == areas[1] == [91458.32, 153071.60, 13597.44]
    refused = tilth("convert", example, there)
    assert refused.status == 2 and "--overwrite" in refused.err
    assert tilth("convert", example, there, "--overwrite").status == 0


def test_a_row_without_a_polygon_is_left_out_aloud(tilth: Tilth, tmp_path: Path) -> None:
    file = tmp_path / "mixed.geojson"
    square = {"type": "Polygon", "coordinates": [[[115.0, 31.0], [115.001, 31.0], [115.001, 31.001], [115.0, 31.0]]]}
    point = {"type": "Point", "coordinates": [115.0, 31.0]}
    features = [{"type": "Feature", "properties": {}, "geometry": shape} for shape in (square, point, None)]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    said = tilth("area", file, "--crs", "4490")
    assert said.status == 1 and "3 rows in = 1 measured + 2 left out" in said.out
    assert "#2 API-NOT-A-POLYGON" in said.out
    assert tilth("convert", file, tmp_path / "out.gpkg", "--crs", "4490").status == 1


# --- language ------------------------------------------------------------------------------------------------------


def test_chinese_is_spoken_where_asked_and_not_beyond(place: Path, tilth: Tilth) -> None:
    said = tilth("--lang", "zh", "-w", place, "accounts", "--year", 2024, "--table", 1)
    assert said.status == 0 and "示范县" in said.out and "耕地" in said.out and "单位" in said.out
    wrong = tilth("--lang", "zh", "-w", place, "validate", "--year", 1999)
    assert wrong.status == 2 and wrong.err.startswith("LAND-NO-SURVEY") and "1999" in wrong.err
    assert re.search(r"[\u4e00-\u9fff]", wrong.err)
    assert language() == "en"
    assert "no survey of 1999" in tilth("-w", place, "validate", "--year", 1999).err
