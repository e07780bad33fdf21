"""Farmland quality at the command line: what a user types, what is printed, and the exit status."""

from __future__ import annotations

import json

import openpyxl
import pytest

from tilth import api
from tilth.cli.run import run
from tilth.demo import write_county


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return write_county(tmp_path_factory.mktemp("county"), parcels=600)


@pytest.fixture(scope="module")
def place(files, tmp_path_factory):
    made = api.init(tmp_path_factory.mktemp("workspace") / "w", region=files.code, name=files.name)
    for year, file in files.parcels.items():
        api.import_survey(made, file, year=year)
    return str(made.root)


def test_the_register_comes_in_and_rows_set_aside_are_told_and_make_the_status_1(files, place, capsys):
    assert run(["-w", place, "quality", "import", str(files.quality[2023]), "--year", "2023"]) == 0
    assert capsys.readouterr().out.startswith("farmland quality: ")
    assert run(["-w", place, "quality", "import", str(files.quality[2024]), "--year", "2024"]) == 1
    said = capsys.readouterr().out
    assert "+ 5 quarantined" in said and "the survey of 2024 has no parcel 999901NOSUCHPARCEL" in said
    assert run(["--lang", "zh", "-w", place, "quality", "import", str(files.quality[2024]), "--year", "2024"]) == 1
    assert "2024 年调查中没有图斑 999901NOSUCHPARCEL" in capsys.readouterr().out


def test_grades_are_printed_with_their_confidence_and_degraded_land(place, capsys):
    assert run(["-w", place, "quality", "grade", "--year", "2024"]) == 0
    said = capsys.readouterr().out
    assert "2024: " in said and "mean grade" in said and "gb33469 [unverified]" in said and "saline" in said
    assert run(["-w", place, "quality", "grade", "--year", "2024", "--by", "index", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["parcels"] == len(record["items"]) > 100
    assert run(["--lang", "zh", "-w", place, "quality", "grade", "--year", "2024"]) == 0
    assert "平均等级" in capsys.readouterr().out
    parcel = record["items"][0]["parcel_id"]
    assert run(["-w", place, "quality", "grade", "--year", "2024", "--parcel", parcel]) == 0
    assert "Yearly survey of farmland quality" in capsys.readouterr().out


def test_accounts_are_printed_and_say_that_they_close(place, capsys, tmp_path):
    words = ["-w", place, "quality", "accounts", "--from", "2023", "--to", "2024"]
    assert run(words) == 0
    said = capsys.readouterr().out
    assert "Account of quality grades" in said and "opening + changes = closing" in said and "organic matter" in said
    assert run([*words, "--out", str(tmp_path / "q.xlsx")]) == 0
    assert openpyxl.load_workbook(tmp_path / "q.xlsx", read_only=True).sheetnames
    assert run(["-w", place, "quality", "accounts", "--from", "2024", "--to", "2023"]) == 2
    assert "2024 is not before 2023" in capsys.readouterr().err


def test_what_is_lacking_is_printed_with_measures_and_what_is_not_known(place, capsys):
    assert run(["-w", place, "quality", "lacks", "--year", "2024", "--most", "2"]) == 0
    said = capsys.readouterr().out
    assert "candidate measures" in said and "canals and pipes for irrigation" in said and "lack something" in said
    assert run(["-w", place, "quality", "lacks", "--year", "2024", "--lacking", "mood"]) == 2
    assert "no column 'mood'" in capsys.readouterr().err


def test_high_standard_farmland_is_printed_by_region(place, capsys):
    assert run(["-w", place, "quality", "standing", "--year", "2024"]) == 0
    said = capsys.readouterr().out
    assert "built, ha" in said and "there is no layer of permanent basic farmland for 2024" in said
    assert run(["-w", place, "quality", "standing", "--year", "2024", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"][0]["pbf_dm2"] is None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--unit", "ph"], "'ph' is no COLUMN=VALUE for --unit"),
        (["--column", "ph=acid"], "has no column 'acid'"),
        (["--confidence", "certain"], "'certain' is no mark of confidence"),
        (["--date", "soon"], "'soon' is no day, month or year"),
    ],
)
def test_a_slip_is_answered_with_one_sentence(files, place, capsys, words, said):
    assert run(["-w", place, "quality", "import", str(files.quality[2023]), "--year", "2023", *words]) == 2
    assert said in capsys.readouterr().err


def test_grades_are_printed_in_the_hectares_of_the_accounts(place, capsys):
    assert run(["-w", place, "quality", "grade", "--year", "2024"]) == 0
    printed = {words[0]: words[1] for words in map(str.split, capsys.readouterr().out.splitlines()) if len(words) == 3}
    assert run(["-w", place, "quality", "accounts", "--from", "2023", "--to", "2024", "--all"]) == 0
    said = capsys.readouterr().out.splitlines()
    closing = [line.split()[-1] for line in said if line.split()[:1] == ["grade"]][-10:]
    assert [printed[str(grade)] for grade in range(1, 11)] == closing


def test_a_need_that_another_column_answers_for_says_so_instead_of_nought(place, capsys):
    assert run(["-w", place, "quality", "lacks", "--year", "2023", "--most", "0"]) == 0
    degree = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("degree of salinisation"))
    assert "total salt" in degree
