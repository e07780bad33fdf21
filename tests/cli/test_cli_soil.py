"""Soil at the command line: what a user types, what is printed, and the exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tilth import api
from tilth.cli.run import run

LAB = (
    "id,lon,lat,depth,EC1:5 (dS/m),texture,ESP (%)\n1,113.1,35.0,0-20,0.5,loam,3\n2,113.2,35.1,0-20,1.5,clay loam,20\n"
)


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    file = tmp_path / "lab.csv"
    file.write_text(LAB, encoding="utf-8")
    return file


@pytest.fixture
def place(tmp_path: Path) -> str:
    return str(api.init(tmp_path / "county", region="410882", name="示范县").root)


def test_samples_come_in_and_are_classified_by_their_label(
    lab: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["-w", place, "import", "samples", str(lab), "--depths", "0-20,20-40", "--label", "spring"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("samples: 2 rows in = 2 stored + 0 quarantined")
    assert "EC as measured, dS/m" in said and "2 layers by depth interval (weighted)" in said
    assert run(["-w", place, "soil", "samples"]) == 0
    assert "spring" in capsys.readouterr().out
    assert (
        run(["-w", place, "soil", "classify", "spring", "--scheme", "ussl", "--scheme", "cn-series-1", "--json"]) == 0
    )
    ussl, series = json.loads(capsys.readouterr().out)["schemes"]
    assert [one["class"] for one in ussl["rows"]] == ["saline", "saline-sodic"]
    assert [one["class"] for one in series["rows"]] == ["light", "strong"]


def test_a_file_is_classified_without_a_workspace(
    lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "classes.csv"
    assert run(["--lang", "zh", "soil", "classify", str(lab), "--scheme", "cn-worst", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "盐碱程度综合分级" in said and out.is_file()
    assert run(["soil", "classify", "nowhere.csv"]) == 2


def test_a_row_set_aside_makes_the_status_1(lab: Path, place: str, capsys: pytest.CaptureFixture[str]) -> None:
    lab.write_text(LAB + "3,113.2,35.1,20-0,1.5,loam,20\n", encoding="utf-8")
    assert run(["-w", place, "import", "samples", str(lab)]) == 1
    assert "#3 SOIL-ROW-DEPTH: the bottom at 0 cm is not below the top at 20 cm" in capsys.readouterr().out


def test_a_unit_that_is_not_said_is_asked_for_with_the_option_that_says_it(
    lab: Path, place: str, capsys: pytest.CaptureFixture[str]
) -> None:
    lab.write_text("id,EC\n1,500\n2,900\n", encoding="utf-8")
    assert run(["-w", place, "import", "samples", str(lab)]) == 2
    assert "--unit ec=µS/cm" in capsys.readouterr().err
    assert run(["-w", place, "import", "samples", str(lab), "--unit", "ec=µS/cm"]) == 0
    assert run(["-w", place, "import", "samples", str(lab), "--unit", "ec"]) == 2
    assert "'ec' is no unit of a column" in capsys.readouterr().err


def test_schemes_and_indices_are_printed_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["soil", "schemes"]) == 0
    assert "slightly saline: 2 ≤ ECe, dS/m < 4" in capsys.readouterr().out
    assert run(["--lang", "zh", "soil", "indices"]) == 0
    assert "冠层响应盐分指数" in capsys.readouterr().out


def test_all_schemes_are_tried_and_those_without_their_columns_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lab.csv"
    file.write_text("id,ESP (%)\n1,3\n2,20\n", encoding="utf-8")
    assert run(["soil", "classify", str(file), "--scheme", "all", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    done = {one["scheme"]["id"] for one in record["schemes"]}
    left = {
        one["said"].split()[2]: one["remedy"] for one in record["findings"] if one["code"] == "SOIL-SCHEME-LEFT-OUT"
    }
    assert "cn-alkali" in done and "ion-type" in left and not done & left.keys(), (done, left)
    assert "cl_so4_ratio" in left["ion-type"]
    assert run(["soil", "classify", str(file), "--scheme", "ion-type"]) == 2
    assert "the scheme ion-type asks about" in capsys.readouterr().err
