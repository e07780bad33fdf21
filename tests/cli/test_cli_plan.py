"""The planner at the command line: a problem is posed, solved to a proven gap, and explained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tilth import api
from tilth.cli.run import run

OPTIONS = """\
图斑编号,措施,region,value_yuan,cost_yuan,grain_kg,water_m3
p1,as is,North,0,0,10,5
p1,drains,North,1900,500,30,9
p2,as is,South,0,0,10,5
p2,drains,South,1700,500,20,7
p3,as is,South,0,0,10,5
p3,leach,South,300,100,12,8
"""
ROWS = """\
title = "Drains of the east"
version = "2026-1"
[aim]
maximise = "value_yuan"
[[within]]
column = "cost_yuan"
most = "0.065 wan_yuan"
[[within]]
column = "cost_yuan"
most = 600
where = {treatment = "drains"}
[[at_least]]
column = "grain_kg"
least = {North = 10, South = 22}
by = "region"
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    api.init(tmp_path / "w", region="150821", name="示范县")
    (tmp_path / "options.csv").write_bytes(OPTIONS.encode("gbk"))
    (tmp_path / "rows.toml").write_text(ROWS, encoding="utf-8")
    return tmp_path / "w"


#: Headings of the workbook.
QUANTITIES = ("Gain (yuan)", "Works (yuan)", "Grain a year (kg)", "Water a year (m³)")


def told(place: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    status = run(["-w", str(place), *words])
    out = capsys.readouterr()
    return status, out.out, out.err


def made(place: Path, capsys: pytest.CaptureFixture[str], name: str = "east", *words: str) -> tuple[int, str, str]:
    files = ("--options", str(place.parent / "options.csv"), "--rows", str(place.parent / "rows.toml"))
    return told(place, capsys, "plan", "new", name, *files, *words)


def test_a_plan_is_posed_solved_and_explained(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = made(place, capsys)
    assert status == 0
    assert "Choose one option for each of 3 units (6 options) so that" in out
    assert "Works (yuan) is at most 600 (Treatment drains)" in out
    assert "6 rows read: 6 options of 3 units, 0 set aside" in out
    status, out, err = told(place, capsys, "plan", "solve", "east", "--date", "2026-01-31")
    assert status == 0
    assert "… value 2,200, bound 2,390" in err and "gap " in err
    lines = [" ".join(one.split()) for one in out.splitlines()]
    assert any(one.startswith("Gain (yuan) 2,200 2,200") for one in lines)
    assert any(one.startswith("Works (yuan) is at most 0.065 × 10,000 yuan 600 650 yuan") for one in lines)
    assert any(one.startswith("Grain a year (kg) is at least 22 (Region South) 22 22 kg") for one in lines)
    assert "Gain (yuan) per yuan" in out
    status, out, _ = told(place, capsys, "plan", "explain", "east")
    assert status == 0 and out.startswith("Gain (yuan): 2,200; no plan is better than 2,2")


def test_totals_of_the_workbook_are_those_that_are_printed(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(place, capsys)
    out_folder = place.parent / "papers"
    status, out, _ = told(place, capsys, "plan", "solve", "east", "--out", str(out_folder))
    assert status == 0 and str(out_folder / "plan-east.xlsx") in out
    printed = next(" ".join(one.split()) for one in out.splitlines() if one.startswith("Total"))
    book = openpyxl.load_workbook(out_folder / "plan-east.xlsx")
    assert len(book.sheetnames) == 4
    cells = [row for row in book["Assignment of every unit"].iter_rows(values_only=True) if row[0]]
    head = next(at for at, row in enumerate(cells) if row[0] == "Land unit")
    names = list(cells[head])
    total, units = cells[head + 1], cells[head + 2 : head + 5]
    assert [row[0] for row in units] == ["p1", "p2", "p3"]
    assert [row[names.index("Treatment")] for row in units] == ["drains", "as is", "leach"]
    sums = [sum(row[names.index(one)] for row in units) for one in QUANTITIES]
    assert list(total[names.index(QUANTITIES[0]) :]) == sums
    assert printed == "Total 3 " + " ".join(f"{one:,}" for one in sums)
    demands = [row for row in book["Demands and prices"].iter_rows(values_only=True) if row[1] == "yuan"]
    assert demands[0][2] == sums[1] == 600 and demands[0][3] == 650


def test_output_for_programs_is_json_and_nothing_else(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    made(place, capsys)
    code = "import sys; from tilth.cli.run import run; sys.exit(run(sys.argv[1:]))"
    words = ["-w", str(place), "plan", "solve", "east", "--gap", "0", "--json"]
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, check=False)
    assert done.returncode == 0
    record = json.loads(done.stdout)
    assert record["value"] == 2200 and record["bound"] >= 2200 and record["gap"] < 1e-6
    assert record["totals"] == {"value_yuan": 2200, "cost_yuan": 600, "grain_kg": 52, "water_m3": 22}
    assert [one["used"] for one in record["rows"]] == [600, 500, 30, 22]
    status, out, _ = told(place, capsys, "plan", "explain", "east", "--json")
    assert status == 0 and json.loads(out)["rows"] == record["rows"]


def test_a_plan_that_cannot_be_names_the_conflict_and_the_smallest_relaxation(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = place.parent / "rows.toml"
    rows.write_text(ROWS + '[[lock]]\ntreatment = "drains"\nunits = ["p1", "p2"]\n', encoding="utf-8")
    made(place, capsys)
    status, out, err = told(place, capsys, "plan", "solve", "east")
    assert status == 2 and out == ""
    assert "no plan meets all demands; in conflict: " in err
    assert "cost_yuan is at most 600 (treatment drains): 400" in err
    assert not (place / "plans" / "east" / "solution").exists()
    status, _, err = told(place, capsys, "plan", "explain", "east")
    assert status == 2 and "the plan 'east' is not solved yet" in err


def test_rows_that_cannot_be_used_are_set_aside_and_counted(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = "p4,as is,South,none of it,0,0,0\np1,drains,North,1,1,1,1\n,leach,North,1,1,1,1\np2,leach,West,1,1,1,1\n"
    (place.parent / "options.csv").write_bytes((OPTIONS + bad).encode("gbk"))
    status, out, _ = made(place, capsys)
    assert status == 1
    assert "10 rows read: 6 options of 3 units, 4 set aside" in out
    assert "options.csv #7: value_yuan of unit p4 is 'none of it', which is no number" in out
    assert "region of unit p2 is 'West' here and 'South' in its first row" in out
    assert "1 unit has no usable row and is left out: p4" in out
    kept = pd.read_csv(place / "plans" / "east" / "quarantine.csv")
    assert kept["source_row"].tolist() == [7, 8, 9, 10]
    assert kept["code"].tolist() == ["PLAN-ROW-NUMBER", "PLAN-ROW-TWICE", "PLAN-ROW-UNIT", "PLAN-ROW-LABEL"]


def test_wrong_requests_are_answered_with_one_sentence(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options, rows = place.parent / "options.csv", place.parent / "rows.toml"

    def refused(*, table: str = OPTIONS, asked: str = ROWS) -> str:
        options.write_bytes(table.encode("gbk"))
        rows.write_text(asked, encoding="utf-8")
        status, out, err = made(place, capsys)
        assert status == 2 and out == "" and not (place / "plans" / "east").exists()
        return err

    assert "cost_yuan of unit p1, treatment 'drains', is nan" in refused(table=OPTIONS.replace("1900,500", "1900,"))
    assert "has no column of treatments" in refused(table=OPTIONS.replace("措施", "做法"))
    assert "has no column that names the units" in refused(table=OPTIONS.replace("图斑编号", "序号"))
    assert "value_yuan_ha of options.csv is counted by hectare" in refused(
        table=OPTIONS.replace("value_yuan", "value_yuan_ha")
    )
    assert "[[within]] 1 has 'mots'" in refused(asked=ROWS.replace("most", "mots", 1))
    assert "[[within]] 1 has the value 5 tons" in refused(asked=ROWS.replace("0.065 wan_yuan", "5 tons"))
    assert "its limit is given in m3" in refused(asked=ROWS.replace("wan_yuan", "m3"))
    assert "there is no quantity 'dung_t'" in refused(asked=ROWS.replace('"cost_yuan"', '"dung_t"', 1))
    assert "the problem has no aim" in refused(asked="")
    assert "there is no treatment 'pipes'" in refused(asked=ROWS.replace('treatment = "drains"', 'treatment = "pipes"'))
    assert "cannot be read as TOML" in refused(asked="[aim")
    status, _, err = told(place, capsys, "plan", "solve", "../x")
    assert status == 2 and "'../x' cannot be the name of a plan" in err
    status, _, err = told(place, capsys, "plan", "solve", "west")
    assert status == 2 and "there is no plan 'west'" in err


def test_the_planner_speaks_chinese(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ("--options", str(place.parent / "options.csv"), "--rows", str(place.parent / "rows.toml"))
    status, out, _ = told(place, capsys, "--lang", "zh", "plan", "new", "东区", *files)
    assert status == 0 and "共读取 6 行：3 个单元的 6 个方案，0 行移入隔离区" in out
    status, out, err = told(place, capsys, "--lang", "zh", "plan", "solve", "东区")
    assert status == 0 and "影子价格" in out and "合计" in out and "目标值 2,200" in err
    book = openpyxl.load_workbook(place / "plans" / "东区" / "solution" / "plan-东区.xlsx")
    assert book.sheetnames[1:] == ["约束与影子价格", "按措施汇总", "各单元措施安排"]


NAMES = """
[names.treatment]
"as is" = {en = "No works", zh = "维持现状"}
drains = {en = "Pipe drains", zh = "暗管排盐"}
leach = {en = "Leaching", zh = "淋洗压盐"}
[names.quantity]
value_yuan = {en = "Profit (yuan)", zh = "净收益（元）"}
"""


@pytest.mark.parametrize(("lang", "treatment", "aim", "unit", "raw"), [
    ("en", "Pipe drains", "Profit (yuan)", "yuan", "Works (yuan)"),
    ("zh", "暗管排盐", "净收益（元）", "元", "工程投资（元）"),
])  # fmt: skip
def test_people_read_the_names_that_the_plan_gives_and_programs_those_of_its_tables(
    place: Path, capsys: pytest.CaptureFixture[str], lang: str, treatment: str, aim: str, unit: str, raw: str
) -> None:
    (place.parent / "rows.toml").write_text(ROWS + NAMES, encoding="utf-8")
    said = [made(place, capsys, "east", "--lang", lang)[1]]
    assert treatment in told(place, capsys, "--lang", lang, "plan", "solve", "east")[1]
    assert told(place, capsys, "plan", "vary", "east", "low", "--row", "1=500")[0] == 0
    assert told(place, capsys, "plan", "solve", "low")[0] == 0
    asked = (
        ("solve", "east"), ("explain", "east"), ("compare", "east", "low"),
        ("frontier", "east", "--against", "grain_kg"),
        ("sensitivity", "east", "--factor", "cost_yuan=0.8,1.2"),
        ("force", "east", "--unit", "p2", "--treatment", "drains"),
    )  # fmt: skip
    for one in asked:
        status, out, _ = told(place, capsys, "--lang", lang, "plan", *one)
        assert status == 0
        said.append(out)
    for out in said:
        for name in ("value_yuan", "cost_yuan", "grain_kg", "leach", "as is"):
            assert name not in out, out
    assert aim in said[0] and f"{treatment}" in said[0] + said[1] and raw in said[2]
    record = json.loads(told(place, capsys, "--lang", lang, "plan", "explain", "east", "--json")[1])
    assert record["said"][0].startswith("value_yuan") and record["rows"][0]["said"].startswith("cost_yuan ")
    assert unit in said[1]


def test_what_is_a_state_of_the_land_is_told_of_each_unit_and_never_summed(place: Path, capsys) -> None:
    head, *rows = OPTIONS.strip().split("\n")
    salty = "\n".join([f"{head},ece_ds_m", *(f"{one},8.5" for one in rows)])
    (place.parent / "options.csv").write_bytes(salty.encode("gbk"))
    made(place, capsys)
    status, out, _ = told(place, capsys, "plan", "solve", "east", "--out", str(place.parent / "papers"), "--json")
    record = json.loads(out)
    assert status == 0 and "ece_ds_m" not in record["totals"] and "ece_ds_m" not in record["treatments"][0]
    book = openpyxl.load_workbook(place.parent / "papers" / "plan-east.xlsx")
    cells = [row for row in book["Assignment of every unit"].iter_rows(values_only=True) if row[0]]
    head = next(at for at, row in enumerate(cells) if row[0] == "Land unit")
    assert [row[-1] for row in cells[head + 1 : head + 5]] == [None, 8.5, 8.5, 8.5]
