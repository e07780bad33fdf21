"""The land book at the command line: what is posted is told, what cannot be is refused in one sentence."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tilth.cli.run import run

COUNTY = "410882"
HEAD = "id,kind,posting_date,act_date,evidence,account,stable,grade,area_m2"
STOCK = "o1,OPENING,2023-12-31,,survey 2023,{0},{1},{2},{3}"

Said = tuple[int, str, str]
Tilth = Callable[..., Said]


@pytest.fixture
def tilth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tilth:
    """Runs a command in a workspace; status, output, errors."""
    run(["init", str(tmp_path / "w"), "--region", COUNTY, "--name", "示范县"])
    capsys.readouterr()

    def call(*words: str) -> Said:
        status = run(["-w", str(tmp_path / "w"), *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    return call


def a_csv(path: Path, *rows: str, head: str = HEAD) -> str:
    path.write_text("\n".join([head, *rows, ""]), encoding="utf-8")
    return str(path)


@pytest.fixture
def stocked(tilth: Tilth, tmp_path: Path) -> Tilth:
    """A county with 100 m² of garden and 50 m² of field."""
    rows = [
        "o1,OPENING,2023-12-31,,survey 2023,OPENING,,,-150.00",
        "o1,,,,,LAND:0201,,,100.00",
        "o1,,,,,LAND:0103,1,5,50.00",
    ]
    status, out, _ = tilth("ledger", "post", a_csv(tmp_path / "stock.csv", *rows), "--author", "Li")
    assert (status, out.splitlines()[0]) == (0, "1 entry posted, 0 stood in the book already")
    return tilth


def restored(tmp_path: Path, area: str = "30.00", day: str = "2024-03-01", evidence: str = "acceptance 7") -> str:
    rows = [f"r1,RESTORE,{day},2024-02-20,{evidence},LAND:0201,,,-{area}", f"r1,,,,,LAND:0103,1,5,{area}"]
    return a_csv(tmp_path / "restore.csv", *rows)


def booked(tilth: Tilth, *words: str) -> dict[str, dict[str, Any]]:
    status, out, _ = tilth("ledger", "balance", *words, "--json")
    assert status == 0
    return {row["name"]: row for row in json.loads(out)}


def test_what_is_posted_is_in_the_balance_of_its_day(stocked: Tilth, tmp_path: Path) -> None:
    assert stocked("ledger", "post", restored(tmp_path), "--author", "Li")[0] == 0
    assert booked(stocked)["LAND:0103"]["booked_area_dm2"] == 8000
    assert booked(stocked, "--on", "2024-02-29")["LAND:0103"]["booked_area_dm2"] == 5000
    assert list(booked(stocked, "LAND:02")) == ["LAND:0201"]
    status, out, _ = stocked("ledger", "balance", "LAND:0103")
    assert (status, out.splitlines()[2].split()[-5:]) == (0, ["0.00", "80.00", "0.00", "0", "400.00"]), out
    assert "可用 [平方米]" in stocked("ledger", "balance", "--lang", "zh")[1]


def test_a_file_posted_twice_is_booked_once(stocked: Tilth, tmp_path: Path) -> None:
    file = restored(tmp_path)
    stocked("ledger", "post", file, "--author", "Li")
    assert stocked("ledger", "post", file, "--author", "Li")[1].startswith(
        "0 entries posted, 1 stood in the book already"
    )
    assert booked(stocked)["LAND:0103"]["booked_area_dm2"] == 8000


def test_a_reservation_holds_until_it_is_void(stocked: Tilth, tmp_path: Path) -> None:
    plan = {
        "id": "plan", "kind": "NONAG", "posting_date": "2024-05-01", "evidence": "approval 3", "author": "Li",
        "rules": "cn-2024@1", "expires": "2024-12-31",
        "lines": [
            {"account": "LAND:0103", "stable": 1, "grade": 5, "area_m2": -20},
            {"account": "LAND:1003", "area_m2": "20.00"},
            {"account": "CLAIM:NONAG", "area_dm2": 2000, "graded_ha": 0.01},
        ],
    }  # fmt: skip
    file = tmp_path / "plan.json"
    file.write_text(json.dumps([plan]), encoding="utf-8")
    assert stocked("ledger", "reserve", str(file))[0] == 0
    assert booked(stocked)["LAND:0103"]["available_area_dm2"] == 3000
    words = ("ledger", "void", "plan", "--evidence", "withdrawal", "--author", "Li", "--on", "2024-06-01")
    assert stocked(*words)[0] == 0
    assert booked(stocked)["LAND:0103"]["available_area_dm2"] == 5000
    status, _, err = stocked(*words[:-1], "2024-06-02", "--id", "again")
    assert status == 2 and err.startswith("LEDGER-SETTLED")


def test_a_book_that_was_changed_is_found_out(stocked: Tilth, tmp_path: Path) -> None:
    stocked("ledger", "post", restored(tmp_path), "--author", "Li")
    status, out, _ = stocked("ledger", "verify")
    assert status == 0 and out.startswith("the book is whole: 2 entries, 5 lines")
    assert stocked("ledger", "replay")[0] == 0
    with sqlite3.connect(tmp_path / "w" / "tilth.sqlite") as database:
        database.execute("UPDATE ledger_entry SET body = replace(body, 'acceptance 7', 'acceptance 8') WHERE id = 'r1'")
    status, out, _ = stocked("ledger", "verify")
    assert status == 1 and "entry number 2 (r1) is not what was posted" in out
    assert stocked("ledger", "verify", "--json")[0] == 1


def test_a_year_is_closed_and_stays_closed(stocked: Tilth, tmp_path: Path) -> None:
    words = ("ledger", "close", "--year", "2024", "--evidence", "assessment", "--author", "Zhao")
    status, out, _ = stocked(*words)
    assert status == 0 and out.startswith("410882 is closed for 2024: 3 accounts sealed")
    assert "was closed for 2024 before" in stocked(*words)[1]
    status, _, err = stocked("ledger", "post", restored(tmp_path), "--author", "Li")
    assert status == 2 and "but the book of 410882 is closed until 2024-12-31 (INV-18)" in err
    assert stocked("ledger", "verify")[0] == 0
    assert stocked("ledger", "close", "--year", "2190", "--evidence", "a", "--author", "b")[2].startswith(
        "LEDGER-YEAR-RUNS"
    )


def asked(tmp_path: Path, change: tuple[str, str], **more: str) -> str:
    """The good file, with one thing in it changed."""
    file = Path(restored(tmp_path, **more))
    file.write_text(file.read_text(encoding="utf-8").replace(*change), encoding="utf-8")
    return str(file)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("LAND:0103", "LAND:9999"), "LEDGER-ACCOUNT: there is no account 410882 LAND:9999"),
        (("LAND:0103", "POND"), "LEDGER-ACCOUNT: there is no account 410882 POND"),
        (("area_m2", "area_mu"), "LEDGER-UNIT: restore.csv #2: the book does not know the unit of 'area_mu'"),
        (("30.00", "30.001"), "LEDGER-FRACTION: restore.csv #2: area_m2 is -30.001"),
        (("30.00", "lots"), "LEDGER-FILE-VALUE: restore.csv #2: '-lots' is no value for area_m2"),
        (("acceptance 7", ""), "LEDGER-EVIDENCE: entry r1 names no evidence"),
        (("30.00", "100.01"), "LEDGER-SHORT-AREA: entry r1: 410882 LAND:0201 has 100.00 m² available on 2024-03-01;"),
        (("2024-03-01", "2199-03-01"), "LEDGER-FUTURE: entry r1 is to be posted on 2199-03-01, which has not come yet"),
        (("2024-03-01", "1.3.2024"), "LEDGER-FILE-DATE: restore.csv #2: posting_date is '1.3.2024', not a day"),
        (("RESTORE", "GIFT"), "LEDGER-KIND: entry r1: there is no kind 'GIFT'; use NONAG"),
        (("grade", "colour"), "LEDGER-FILE-FIELD: restore.csv #3: there is no field 'colour'; known: region, account"),
        (("r1,RESTORE", ",RESTORE"), "LEDGER-FILE-LACKS: restore.csv #2: the field 'id' is missing"),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_in_one_sentence(
    stocked: Tilth, tmp_path: Path, change: tuple[str, str], said: str
) -> None:
    status, out, err = stocked("ledger", "post", asked(tmp_path, change), "--author", "Li")
    assert (status, out) == (2, "")
    assert err.startswith(said)
    assert not said.startswith("LEDGER-SHORT") or "; 0.01 m² short" in err
    assert stocked("ledger", "post", asked(tmp_path, change), "--author", "Li", "--lang", "zh")[0] == 2
    assert booked(stocked)["LAND:0103"]["booked_area_dm2"] == 5000


def test_the_same_id_with_another_content_is_refused(stocked: Tilth, tmp_path: Path) -> None:
    stocked("ledger", "post", restored(tmp_path), "--author", "Li")
    status, _, err = stocked("ledger", "post", restored(tmp_path, area="29.00"), "--author", "Li")
    assert status == 2
    assert (
        err.splitlines()[0] == "LEDGER-ID-TAKEN: entry r1 stands in the book already (number 2), with another content"
    )


def test_other_bad_requests_are_refused(tilth: Tilth, tmp_path: Path) -> None:
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    (tmp_path / "odd.json").write_text('["a"]', encoding="utf-8")
    for words, said in (
        (("post", str(tmp_path / "bad.json")), "LEDGER-FILE-JSON"),
        (("post", str(tmp_path / "odd.json")), "LEDGER-FILE-JSON"),
        (("post", str(tmp_path)), "LEDGER-FILE-UNREADABLE"),
        (("post", "nowhere.csv"), "INTAKE-FILE-MISSING"),
        (("void", "plan", "--evidence", "a", "--author", "b"), "LEDGER-NO-ENTRY"),
        (("balance", "LAND:9999"), "LEDGER-ACCOUNT"),
        (("balance", "--region", "999999"), "LEDGER-REGION"),
        (("close", "--year", "2020", "--region", "9", "--evidence", "a", "--author", "b"), "LAND-REGION-UNKNOWN"),
    ):
        status, _, err = tilth("ledger", *words)
        assert (status, err.split(":")[0]) == (2, said)
    assert tilth("ledger", "balance")[1] == "no account of that name holds anything\n"


def test_a_csv_from_a_chinese_workbook_is_read(tilth: Tilth, tmp_path: Path) -> None:
    file = tmp_path / "gbk.csv"
    rows = ["o,OPENING,2023-12-31,,三调成果,OPENING,,,-10.00", "o,,,,,LAND:0201,,,10.00"]
    file.write_bytes("\n".join([HEAD, *rows]).encode("gbk"))
    assert tilth("ledger", "post", str(file), "--author", "李")[0] == 0
    assert booked(tilth)["LAND:0201"]["booked_area_dm2"] == 1000


def test_the_file_of_the_how_to_is_posted_as_it_stands(tilth: Tilth, tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "how-to" / "ledger.md"
    rows = page.read_text(encoding="utf-8").partition("```csv\n")[2].partition("```")[0]
    file = tmp_path / "changes-2024.csv"
    file.write_text(rows, encoding="utf-8")
    status, out, err = tilth("ledger", "post", str(file), "--author", "Li")
    assert (status, out.splitlines()[0]) == (0, "3 entries posted, 0 stood in the book already"), err
    assert booked(tilth)["CLAIM:NONAG"]["booked_area_dm2"] == 1_200_000


def test_reservations_are_listed_until_they_expire(stocked: Tilth, tmp_path: Path) -> None:
    rows = ["p,CHANGE,2024-05-01,2024-05-31,approval 3,LAND:0201,,,-20.00", "p,,,,,LAND:1003,,,20.00"]
    head = HEAD.replace("act_date", "expires")
    assert stocked("ledger", "reserve", a_csv(tmp_path / "p.csv", *rows, head=head), "--author", "Li")[0] == 0
    status, out, _ = stocked("ledger", "reservations")
    assert (status, out.splitlines()[2].split()) == (0, ["p", "CHANGE", "2024-05-31", COUNTY, "LAND:0201", "20.00"])
    assert json.loads(stocked("ledger", "reservations", "--json")[1])[0]["holds"][0]["area_dm2"] == 2000
    words = ("ledger", "expire", "--evidence", "sweep", "--author", "Li", "--on")
    assert stocked(*words, "2024-05-31")[1].startswith("0 entries posted")
    assert stocked(*words, "2024-06-01")[1].startswith("1 entry posted")
    assert stocked(*words, "2024-06-01")[1].startswith("0 entries posted")
    assert stocked("ledger", "reservations")[1] == "no reservation is open\n"
    assert booked(stocked)["LAND:0201"]["available_area_dm2"] == 10000
