"""A year of the land book tested at the command line, by the rules that the workspace names."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tilth.cli.run import run

COUNTY = "410882"
HEAD = "id,kind,posting_date,evidence,account,stable,paddy,grade,area_m2"
STOCK = [
    "o1,OPENING,2023-12-31,survey 2023,OPENING,,,,-160.00",
    "o1,,,,LAND:0201,,,,100.00",
    "o1,,,,LAND:0103,1,,5,50.00",
    "o1,,,,LAND:0101,1,1,4,10.00",
]
BUILT = [
    "b1,NONAG,2024-06-01,approval 3,LAND:0101,1,1,4,-10.00",
    "b1,,,,LAND:1003,,,,10.00",
    "b1,,,,CLAIM:NONAG,,,,10.00",
]

Said = tuple[int, str, str]
Tilth = Callable[..., Said]


def posted(tilth: Tilth, tmp_path: Path, *rows: str) -> Said:
    path = tmp_path / "entries.csv"
    cells = [row.replace("CLAIM:NONAG,,,,10.00", "CLAIM:NONAG,,,,10.00,10.00,40.00") for row in rows]
    path.write_text("\n".join([f"{HEAD},paddy_m2,graded_m2", *cells, ""]), encoding="utf-8")
    return tilth("ledger", "post", str(path), "--author", "Li")


@pytest.fixture
def tilth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tilth:
    """Runs a command in a workspace of a county with 60 m² of farmland; status, output, errors."""
    run(["init", str(tmp_path / "w"), "--region", COUNTY, "--name", "示范县"])

    def call(*words: str) -> Said:
        status = run(["-w", str(tmp_path / "w"), *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    capsys.readouterr()
    assert posted(call, tmp_path, *STOCK)[0] == 0
    return call


def ruled(tmp_path: Path, value: str) -> None:
    config = tmp_path / "w" / "tilth.toml"
    plain = config.read_text(encoding="utf-8").partition("\n[ledger]")[0]
    config.write_text(f"{plain}\n[ledger]\nrules = {value}\n", encoding="utf-8")


def test_a_year_that_breaks_a_rule_says_which_by_how_much_and_how_sure(tilth: Tilth, tmp_path: Path) -> None:
    assert tilth("ledger", "assess", "--year", "2024")[0] == 0
    assert posted(tilth, tmp_path, *BUILT)[0] == 0
    status, out, _ = tilth("ledger", "assess", "--year", "2024")
    assert status == 1
    row = next(line.split() for line in out.splitlines() if line.startswith("INV-15"))
    assert row == ["INV-15", COUNTY, "fail", "0.00", "10.00", "-10.00", "m²", "paddy@2024", "unverified"]
    told = next(line for line in out.splitlines() if line.startswith("INV-9  fail: "))
    assert "1 occupation by construction" in told
    figures = out.partition("Figures that no source confirms yet")[2]
    assert "cap-carry@2024" in figures
    assert "carry = 'none'" in figures
    assert out.splitlines()[-1].startswith("410882 2024 by cn@2017.1+2024.1: ")
    chinese = tilth("--lang", "zh", "ledger", "assess", "--year", "2024")[1]
    assert "可信度" in chinese
    assert next(line.split() for line in chinese.splitlines() if line.startswith("INV-15"))[6] == "平方米"


def test_as_json_every_test_has_its_numbers_and_its_rule(tilth: Tilth, tmp_path: Path) -> None:
    posted(tilth, tmp_path, *BUILT)
    status, out, _ = tilth("ledger", "assess", "--year", "2024", "--region", COUNTY, "--json")
    told = json.loads(out)
    assert (status, told["fail"] > 0, told["kept"]) == (1, True, False)
    paddy = next(one for one in told["tests"] if one["invariant"] == "INV-15")
    assert (paddy["found"], paddy["wanted"], paddy["difference"], paddy["unit"]) == (0, 1000, -1000, "dm2")
    assert (paddy["rule"], paddy["rule_version"], paddy["confidence"]) == ("paddy", "2024", "unverified")
    assert {one["id"] for one in told["unverified"]} == {"legacy-pools", "cap-carry", "paddy"}
    assert all(one["source"] for one in told["unverified"])


def test_a_closed_year_is_kept_and_tested_again_by_the_rules_it_had(tilth: Tilth, tmp_path: Path) -> None:
    tilth("ledger", "close", "--year", "2024", "--evidence", "assessment", "--author", "Zhao")
    for _ in range(2):
        told = json.loads(tilth("ledger", "assess", "--year", "2024", "--json")[1])
        again = next(one for one in told["tests"] if one["invariant"] == "INV-17")
        assert (told["kept"], again["outcome"], again["found"]) == (True, "pass", 0)
    ruled(tmp_path, '"cn-pooled"')
    told = json.loads(tilth("ledger", "assess", "--year", "2024", "--json")[1])
    again = next(one for one in told["tests"] if one["invariant"] == "INV-17")
    assert again["outcome"] == "pass"
    assert "2 earlier assessments" in again["about"]


def test_the_workspace_names_its_rules(tilth: Tilth, tmp_path: Path) -> None:
    posted(tilth, tmp_path, *BUILT)
    row = (
        '[[rule]]\nid = "paddy"\nversion = "ours"\nsince = 2024-01-01\ntitle = "Paddy"\nsource = "notice 5"\n'
        'confidence = "sure"\nlevel = "province"\nallowed_decrease_m2 = 10\n'
    )
    (tmp_path / "w" / "ours.toml").write_text(row, encoding="utf-8")
    ruled(tmp_path, '"ours.toml"')
    told = json.loads(tilth("ledger", "assess", "--year", "2024", "--json")[1])
    paddy = next(one for one in told["tests"] if one["invariant"] == "INV-15")
    assert (told["rules"], paddy["outcome"], paddy["rule_version"]) == ("cn+ours", "pass", "ours")
    for wrong in ('"cn-2042"', "3", '"gone.toml"'):
        ruled(tmp_path, wrong)
        status, _, err = tilth("ledger", "assess", "--year", "2024")
        assert (status, "POLICY-" in err) == (2, True)


def test_a_posting_below_the_task_is_refused_with_the_shortfall(tilth: Tilth, tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.csv"
    tasks.write_text(f"region,year,holding_ha,pbf_ha\n{COUNTY},2024,0.0055,0\n", encoding="utf-8")
    assert tilth("import", "tasks", str(tasks))[0] == 0
    status, _, err = posted(tilth, tmp_path, *BUILT)
    assert status == 2
    assert "POLICY-RED-LINE" in err
    assert "50.00 m² of farmland in stable use; its task of 2024 is 55.00 m²: 5.00 m² short" in err
    assert "b1" not in tilth("ledger", "balance", "--json")[1]
    status, _, err = tilth("ledger", "reserve", str(tmp_path / "entries.csv"), "--author", "Li")
    assert (status, "5.00 m² short" in err) == (2, True)
    told = json.loads(tilth("ledger", "assess", "--year", "2024", "--json")[1])
    red_line = next(one for one in told["tests"] if one["invariant"] == "INV-13")
    assert (red_line["outcome"], red_line["difference"]) == ("pass", 500)


def test_a_posting_beyond_the_cap_is_refused_with_the_excess(tilth: Tilth, tmp_path: Path) -> None:
    assert posted(tilth, tmp_path, "c1,CAP,2024-02-06,quota 1,CAP:2024,,,,9.00")[0] == 0
    status, _, err = posted(tilth, tmp_path, *BUILT)
    assert status == 2
    assert "POLICY-CAP" in err
    assert "to 10.00 m² in 2024; the cap is 9.00 m²: 1.00 m² too much" in err
