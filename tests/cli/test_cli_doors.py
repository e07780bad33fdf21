"""The command line forgives the order of words, answers a slip at once, and keeps its outputs clean."""

from __future__ import annotations

import importlib
import inspect
import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from tilth.change import status
from tilth.cli import options, show
from tilth.cli.progress import Lines
from tilth.cli.run import run
from tilth.core import AreaTable, Column, Label, Row, language, message
from tilth.core.language import catalogue

SQUARE = {"type": "Polygon", "coordinates": [[[115.0, 31.0], [115.001, 31.0], [115.001, 31.001], [115.0, 31.0]]]}
POINT = {"type": "Point", "coordinates": [115.0, 31.0]}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A polygon with a name that a spreadsheet would run, and a point."""
    file = tmp_path / "mixed.geojson"
    features = [
        {"type": "Feature", "properties": {"plot_name": "=1+1"}, "geometry": SQUARE},
        {"type": "Feature", "properties": {"plot_name": "point"}, "geometry": POINT},
    ]
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return file


# --- the order of words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "--lang zh area nowhere.txt",
        "area --lang zh nowhere.txt",
        "area nowhere.txt --lang zh",
        "area nowhere.txt --lang=zh",
        "-w here import survey nowhere.txt --year 2024 --lang zh",
        "import --lang zh tasks nowhere.txt",
    ],
)
def test_the_language_may_be_asked_for_anywhere(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words.split()) == 2
    assert "文件 nowhere.txt 不存在" in capsys.readouterr().err
    assert language() == "en", "and no longer than for the one command"


def test_the_workspace_may_be_named_after_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "w")
    assert run(["init", place, "--region", "410882"]) == 0
    for words in (["-w", place, "contents"], ["contents", "-w", place], ["contents", f"--workspace={place}"]):
        assert run(words) == 0, capsys.readouterr()


def test_an_option_of_every_command_stands_in_the_help_of_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["check"], ["import", "survey"], ["demo"]):
        run([*words, "--help"])
        shared = capsys.readouterr().out.partition("Options of every command:")[2]
        assert "--lang" in shared and "--workspace" in shared


def test_an_option_without_its_value_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["contents", "--lang"]) == 2
    assert "'--lang' requires an argument" in capsys.readouterr().err


# --- slips of the pen ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("acounts --year 2024", "'accounts'"),
        ("import survay x --year 2024", "'survey'"),
        ("accounts --yaer 2024", "--year"),
        ("accounts --year 2024 --level vilage", "village"),
        ("accounts --year 2024 --table three-class", "three_class"),
        ("report --year 2024 --format doc", "docx"),
    ],
)
def test_a_slip_is_answered_with_what_was_meant(words: str, near: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words.split()) == 2
    assert near in capsys.readouterr().err


def test_names_are_taken_in_any_case_of_letters() -> None:
    assert options.one_of("--unit", options.UNITS)("HA") == "ha"
    assert options.one_of("--table", options.STATUS_TABLES, options.PARTS)(["2", "1-island"]) == ["2", "1-island"]


def test_names_that_the_command_line_knows_are_those_of_the_rooms() -> None:
    from tilth.api.accounting import DEPTH
    from tilth.land import code_system
    from tilth.land.regions import LEVELS
    from tilth.report import FORMATS, STATEMENT_FORMATS, TABLE_FORMATS, text

    assert options.UNITS == text.UNITS
    assert tuple(DEPTH) == options.LEVELS
    assert options.REGION_LEVELS == LEVELS
    assert options.TABLE_FORMATS == TABLE_FORMATS
    assert sorted(options.BOOK_FORMATS) == sorted(FORMATS)
    assert sorted(options.STATEMENT_FORMATS) == sorted(STATEMENT_FORMATS)
    assert [code_system(one).id for one in options.CODE_SYSTEMS] == list(options.CODE_SYSTEMS)
    named = re.search(r"by id: (.+?)\.\n", status.status_tables.__doc__ or "")
    assert named and re.findall(r'"(\w+)"', named[1]) == list(options.STATUS_TABLES)


_LOADED = """
import sys
from tilth.cli.run import run
status = run(sys.argv[1:])
heavy = {"numpy", "pandas", "geopandas", "numba", "sqlalchemy", "matplotlib", "rich", "pyproj"} & set(sys.modules)
assert not heavy, heavy
raise SystemExit(status)
"""


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("--help", 0),
        ("check --help", 0),
        ("accounts --year 2024 --unit acre", 2),
        ("accounts --year 2024 --lang fr", 2),
        ("area nowhere.txt", 2),
        ("flows --from 2023 --to 20245", 2),
    ],
)
def test_help_and_refusals_load_nothing_heavy(words: str, status: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _LOADED, *words.split()], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == status, done.stderr


_CHEAP = """
import sys
from tilth.cli.run import run
status = run(sys.argv[1:])
heavy = {"pandas", "geopandas", "shapely", "pyproj", "numba", "pyogrio", "pyarrow", "matplotlib", "openpyxl", "docx"}
heavy |= {"sqlalchemy"}  # only what writes needs it
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert "alembic" not in sys.modules, "the schema is the newest: its steps are not asked for"
raise SystemExit(status)
"""


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("contents", 0),
        ("use deadbeef", 2),
        ("flows --from 2024 --to 2024", 2),
        ("flows --from 2023 --to 2024", 2),
        ("accounts --year 2024", 2),
        ("standing --year 2024", 2),
        ("validate --year 2024", 2),
        ("repair --year 2024", 2),
        ("check tilth.toml --year 2024", 2),
        ("report --year 2024", 2),
    ],
)
def test_what_computes_nothing_loads_nothing_that_computes(words: str, status: int, tmp_path: Path) -> None:
    run(["init", str(tmp_path)])
    done = subprocess.run(
        [sys.executable, "-c", _CHEAP, *words.split()], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == status, done.stderr


def test_tables_are_made_without_what_draws_and_writes_documents() -> None:
    asked = "import sys, tilth.api; tilth.api.flows, tilth.api.accounts, tilth.api.area, tilth.api.import_survey; "
    drawing = '{"matplotlib", "openpyxl", "docx", "typst", "sqlalchemy.dialects.postgresql", "alembic"}'
    done = subprocess.run(
        [sys.executable, "-c", f"{asked} assert not {drawing} & set(sys.modules)"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_every_public_name_of_a_room_is_there() -> None:
    for room in ("api", "change", "land", "report", "runtime", "core"):
        module = importlib.import_module(f"tilth.{room}")
        for name in module.__all__:
            assert not inspect.ismodule(getattr(module, name)), f"tilth.{room}.{name} is a module of that name"


def test_a_workspace_close_by_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["init", str(tmp_path / "demo" / "workspace"), "--region", "410882"])
    monkeypatch.chdir(tmp_path)
    assert run(["contents"]) == 2
    assert "Add -w demo/workspace" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path / "demo" / "workspace" / "reports")
    assert run(["contents"]) == 2
    assert f"Add -w {tmp_path / 'demo' / 'workspace'}" in capsys.readouterr().err


# --- numbers and words --------------------------------------------------------------------------------------------


def test_one_hit_is_a_hit_and_two_are_hits() -> None:
    def said(count: int) -> str:
        return message("CHECK-FAILS", count=count, rules="r", hits=count)

    assert said(1) == "fails: 1 rule is broken (r), 1 hit, none contested"
    assert said(2) == "fails: 2 rules are broken (r), 2 hits, none contested"


def test_no_message_counts_one_of_many() -> None:
    """A number before a plural stands beside a choice of wording, or the plural is right for every number."""
    right = {
        "{rows} class codes",
        "{count} parcels",
    }  # "1 of {rows} class codes", "covered by {count} parcels" of an overlap
    for key, entry in catalogue().items():
        for part in ("said", "remedy"):
            found = re.search(r"\{(count|rows|hits|changes|pieces|warnings)\} (\w+ )?\w+s\b", entry.get(part, ""))
            assert found is None or found[0] in right, (key, entry[part])


# --- progress -----------------------------------------------------------------------------------------------------


def test_a_log_gets_a_line_at_either_end_and_one_in_ten_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    now = [0.0]
    lines = Lines(clock=lambda: now[0])
    advance = lines.start("overlaying", 200)
    for second in range(1, 21):
        now[0] = float(second)
        advance(5)
    lines.finish()
    assert capsys.readouterr().err.splitlines() == [
        "… overlaying",
        "… overlaying: 25 %, about 30 s left",
        "… overlaying: 50 %, about 20 s left",
        "… overlaying: 20.0 s",
    ]


def test_progress_leaves_the_output_for_programs_clean(mixed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["area", str(mixed), "--crs", "4490", "--json"]) == 1
    said = capsys.readouterr()
    assert json.loads(said.out)["rows_in"] == 2
    assert said.err.splitlines()[0] == "… reading mixed.geojson"


# --- tables -------------------------------------------------------------------------------------------------------


def a_table(dm2: list[list[int]]) -> AreaTable:
    cells = np.array(dm2, dtype=np.int64)
    return AreaTable(
        "t", Label("Table", "表"), (Label("region", "行政区"),),
        tuple(Column(f"C{n}", Label(f"class {n}", f"地类{n}")) for n in range(cells.shape[1])),
        tuple(Row((f"region {n}",), min(n, 1)) for n in range(cells.shape[0])),
        cells,
    )  # fmt: skip


def test_zeros_are_not_printed_unless_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    one = a_table([[500, 0, 700], [500, 0, 0], [0, 0, 0], [0, 0, 700]])
    show.table(one, "m2")
    shown = capsys.readouterr().out
    assert "C0" in shown and "C1" not in shown and "region 1" in shown and "region 2" not in shown
    assert "not printed because zero: 1 column, and 1 row of the blocks above; --all" in shown
    show.table(one, "m2", every=True)
    shown = capsys.readouterr().out
    assert "C1" in shown and "region 2" in shown and "not printed" not in shown
    show.table(a_table([[0, 0], [0, 0]]), "m2")
    assert "region 0" in capsys.readouterr().out, "a table of nothing still says so"


def test_what_levelling_left_without_land_is_printed_in_hectares(capsys: pytest.CaptureFixture[str]) -> None:
    one = a_table([[50_000, 0, 0], [50_000, 0, 0], [0, 0, 0]])
    one = replace(one, hectares=np.array([[5, 0, 2], [5, 0, 0], [0, 0, 2]]))
    show.table(one, "ha")
    shown = capsys.readouterr().out
    assert "C2" in shown and "region 2" in shown and "C1" not in shown
    show.table(one, "m2")
    assert "C2" not in capsys.readouterr().out


def test_a_table_is_as_wide_as_the_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    one = a_table([[10**9 + n for n in range(30)]] * 3)
    for columns in (60, 100, 200):
        monkeypatch.setenv("COLUMNS", str(columns))
        show.table(one, "m2")
        lines = capsys.readouterr().out.splitlines()
        assert columns / 2 < max(map(len, lines)) <= columns
        codes = re.findall(r"C\d+", " ".join(lines))
        assert codes == [f"C{n}" for n in range(30)]


# --- areas in a unit, and in the reader's language -----------------------------------------------------------------


def exchange_text(path: Path) -> Path:
    """A plot of 100 m × 100 m that states its area in m² in the column for hectares."""
    ring = [(3500000, 38500000), (3500100, 38500000), (3500100, 38500100), (3500000, 38500100), (3500000, 38500000)]
    points = [f"J{n + 1 if n < 4 else 1},1,{x}.0000,{y}.0000" for n, (x, y) in enumerate(ring)]
    head = ["[属性描述]", "坐标系=2000国家大地坐标系", "几度分带=3", "带号=38", "[地块坐标]", "4,10000,1,地块,面,,,,@"]
    path.write_text("\r\n".join([*head, *points, ""]), encoding="gbk")
    return path


def test_areas_are_printed_in_the_unit_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(exchange_text(tmp_path / "a.txt"))
    shown = {}
    for unit in ("m2", "ha", "mu"):
        assert run(["area", file, "--unit", unit]) == 0
        shown[unit] = capsys.readouterr().out
    head, row = shown["ha"].splitlines()[1], shown["ha"].splitlines()[3]
    assert "survey area [ha]  engine area [ha]  planar [ha]" in head
    survey, planar = row.split()[2], row.split()[4]
    assert planar == "1.00000000" and len(survey.partition(".")[2]) == 6, "to 0.01 m²"
    assert "planar [mu]" in shown["mu"] and " 15.00000000 " in shown["mu"] and " mu, engine total " in shown["mu"]
    assert "planar [m²]" in shown["m2"] and " 10,000.0000 " in shown["m2"]


def test_what_is_said_of_a_file_is_said_in_chinese_throughout(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(exchange_text(tmp_path / "a.txt"))
    assert run(["area", file, "--lang", "zh"]) == 0
    shown = capsys.readouterr().out
    assert "有属性描述；地块行 9 个字段；点号,圈号,X,Y；东坐标含带号 38；gbk；CRLF" in shown
    assert "10000.0000 = 以平方米填入公顷栏：平面面积+规程面积+精确面积" in shown and "planar" not in shown
    run(["init", str(tmp_path / "w"), "--region", "410882"])
    run(["-w", str(tmp_path / "w"), "import", "layer", file, "--kind", "pbf"])
    capsys.readouterr()
    assert run(["-w", str(tmp_path / "w"), "contents", "--lang", "zh"]) == 0
    assert "永久基本农田 pbf" in capsys.readouterr().out
    run(["-w", str(tmp_path / "w"), "contents"])
    assert "永久基本农田" not in capsys.readouterr().out


def test_a_yearbook_that_cannot_be_written_is_not_said_to_be(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["init", str(tmp_path / "w"), "--region", "410882"])
    capsys.readouterr()
    assert run(["-w", str(tmp_path / "w"), "report", "--year", "2021"]) == 2
    assert capsys.readouterr().err.startswith("LAND-NO-SURVEY: there is no survey of 2021")


# --- areas to a file ----------------------------------------------------------------------------------------------


def test_areas_are_written_as_csv_workbook_and_json(
    mixed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = {}
    for ending in ("csv", "xlsx", "json"):
        out = tmp_path / f"areas.{ending}"
        assert run(["area", str(mixed), "--crs", "4490", "--out", str(out)]) == 1
        assert str(out) in capsys.readouterr().out
        measured[ending] = out
    record = json.loads(measured["json"].read_text(encoding="utf-8"))
    survey = record["polygons"][0]["survey_m2"]
    text = measured["csv"].read_text(encoding="utf-8-sig").splitlines()
    assert text[0] == "row,name,survey_m2,engine_m2,planar_m2,stated_ha,stated_matches,left_out"
    assert f"{survey:.2f}" in text[1] and "API-NOT-A-POLYGON" in text[2] and len(text) == 3
    sheet = list(openpyxl.load_workbook(measured["xlsx"]).active.iter_rows(values_only=True))
    assert float(sheet[1][2]) == survey and sheet[2][-1].startswith("API-NOT-A-POLYGON")
    with zipfile.ZipFile(measured["xlsx"]) as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml"), "a text, whatever it begins with"
    assert sheet[1][1] == "=1+1" and ",'=1+1" in text[1]
