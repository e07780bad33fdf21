"""The statement in files says what the book says, in both languages, and a reviewer can add it up again."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest

from statement_county import EAST, HILL, M2, WEST, a_county, entry, line, pool, post, the_worked_year
from tilth import ledger
from tilth.api import ledger_balance, ledger_statement, ledger_verify, statement_of
from tilth.cli.run import run
from tilth.core import Label, speaking
from tilth.ledger.statement_records import cap_record
from tilth.report.statement import sheets
from tilth.runtime import Workspace

CHINESE, LATIN = re.compile("[一-鿿]"), re.compile("[A-Za-z]{4,}")
COUNTY = "410882"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    place = a_county(tmp_path_factory.mktemp("county") / "w", name="Qinyang")
    post(place, *the_worked_year())
    return place


@pytest.fixture(scope="module")
def workbook(county: Workspace) -> Any:
    done = ledger_statement(county, year=2024, lang="en", folder=county.root / "en", made_on="2025-01-31")
    return openpyxl.load_workbook(done.files[0])


def rows(workbook: Any, title: str, head: str) -> Iterator[dict[str, Any]]:
    """The rows of a sheet by the names of its columns; `head` is the first of them."""
    told = [list(row) for row in workbook[title].iter_rows(values_only=True)]
    at = next(place for place, row in enumerate(told) if row[0] == head)
    for row in told[at + 1 :]:
        if all(value is None for value in row):
            return
        yield dict(zip(told[at], row, strict=True))


def test_the_workbook_has_the_worked_county_to_the_hundredth(workbook: Any) -> None:
    found = {row["item"]: row for row in rows(workbook, "5.1 Pool account", "item")}
    areas = {name: row["area (m²)"] for name, row in found.items()}
    assert areas["opening pool, 1 January 2024"] == 0
    assert (areas["accepted"], areas["written off"], areas["closing pool, 31 December 2024"]) == (
        35_000,
        -16_000,
        19_000,
    )
    assert (areas["for construction"], areas["for restructuring"]) == (-12_000, -4_000)
    assert found["accepted"]["mean grade"] == 5.57
    assert found["accepted"]["area (ha)"] == 3.5
    assert found["accepted"]["area × grade (m²)"] == 195_000


def test_a_reviewer_adds_up_the_lines_and_gets_every_row(workbook: Any) -> None:
    lines = list(rows(workbook, "Lines of the entries", "no."))
    found = {row["item"]: row for row in rows(workbook, "5.1 Pool account", "item")}

    def added(words: str, column: str = "area (m²)") -> float:
        return float(sum(row[column] for row in lines if (row["row of 5.1"] or "").startswith(words)))

    assert found["transfers in"]["area (m²)"] == found["transfers out"]["area (m²)"] == 0, "none crossed the border"
    for row in ("accepted", "between regions of this statement", "written off"):
        assert added(row) == found[row]["area (m²)"], row
        assert added(row, "area × grade (m²)") == found[row]["area × grade (m²)"], row
        numbers = {one["no."] for one in lines if (one["row of 5.1"] or "").startswith(row)}
        assert len(numbers) == found[row]["entries"]


def test_the_workbook_says_what_the_book_says(county: Workspace, workbook: Any) -> None:
    book = {
        (one.account.region, *one.account[1:]): one.booked.area_dm2
        for region in (EAST, WEST, HILL)
        for one in ledger_balance(county, region=region, on=date(2024, 12, 31))
    }
    told = {
        (row["region"], row["account"], row["PBF"], row["paddy mark"], row["stable"], row["grade"]): row
        for row in rows(workbook, "All accounts through the year", "region")
    }
    assert {key: round(row["closing: area (m²)"] * 100) for key, row in told.items()} == book
    for row in told.values():
        assert (
            row["opening: area (m²)"] + row["added: area (m²)"] - row["taken: area (m²)"] == row["closing: area (m²)"]
        )
    basis = {row["item"]: row["value"] for row in rows(workbook, "What the statement rests on", "item")}
    assert basis["digest of the book"] == ledger_verify(county).digest


def test_every_invariant_is_printed_and_none_that_was_not_looked_at_passes(workbook: Any) -> None:
    found: dict[str, set[str]] = {}
    for row in rows(workbook, "Checks INV-1 to INV-22", "check"):
        found.setdefault(row["check"], set()).add(row["result"])
    assert list(found) == [f"INV-{number}" for number in range(1, 23)]
    assert found["INV-2"] == found["INV-8"] == found["INV-21"] == {"pass"}
    assert found["INV-14"] == {"× FAIL", "not assessed"}, "Q1 fails, and Q2 has no year before to look at"
    assert found["INV-12"] == found["INV-15"] == {"× FAIL"}
    assert found["INV-4"] == {"not assessed"}


def test_tests_of_the_rules_are_printed_with_their_numbers_and_what_is_unverified_is_marked(county: Workspace) -> None:
    tested = ledger.Tested(
        "INV-14", COUNTY, 2024, ledger.Outcome.FAIL, 19_500_000, 15_750_000, "dm2_grade", "quality-mean", "2024.1",
        date(2024, 1, 1), "unverified", Label("mean grade", "平均等级"),
    )  # fmt: skip
    with speaking("en"):
        done = sheets(statement_of(county, year=2024, tested=[tested]))
    checks = next(one for one in done.on_paper if one.id == "checks")
    row = next(row for row in checks.rows if row[0] == "INV-14")
    assert row[2:10] == (
        "× FAIL",
        COUNTY,
        "195,000.00",
        "157,500.00",
        "37,500.00",
        "m² × grade",
        "quality-mean",
        "2024.1",
    )
    assert row[11] == "⚠ unverified"
    assert "could not be confirmed" in str(checks.note)
    assert [one.invariant for one in done.statement.failed] == ["INV-14"]


@dataclass(frozen=True)
class Cap:
    """A cap as the rules give it."""

    year: int = 2025
    stable_additions_dm2: int = 35_000 * M2
    stable_reductions_dm2: dict[str, int] = field(default_factory=lambda: {"NONAG": 1_200_049, "WATER": 300_049})
    net_dm2: int = 1_999_902
    carried_dm2: int = 0
    transfers_in_dm2: int = 0
    transfers_out_dm2: int = 0
    cap_dm2: int = 1_999_902
    used_dm2: int = 500_000
    held_dm2: int = 0
    handed_dm2: int | None = None
    remaining_dm2: int | None = 1_499_902
    whole: bool = True


def test_a_cap_is_printed_with_what_it_is_made_of(county: Workspace) -> None:
    with speaking("en"):
        done = sheets(statement_of(county, year=2024, caps=[Cap()]))
    sheet = next(one for one in done.on_paper if one.id == "5-4-cap")
    told = {row[0]: row[1:] for row in sheet.rows}
    assert told["net addition N of 2024"][0] == 1_999_902
    assert told["cap of 2025"][0] == 1_999_902
    lost, parts = told["farmland in stable use that was lost"], (told["construction"], told["water"])
    assert lost[1] == sum(part[1] for part in parts) == -1_500_100  # type: ignore[misc]
    assert told["remaining by the formula (none was handed down)"] == (1_499_902, 1_499_900, "")
    with speaking("en"):
        part = sheets(statement_of(county, year=2024, caps=[Cap(whole=False, remaining_dm2=None)]))
    told = {row[0]: row[1:] for one in part.on_paper if one.id == "5-4-cap" for row in one.rows}
    unknown = (
        "cap of 2025",
        "net addition N of 2024",
        "remaining",
        "carried over",
        "farmland in stable use that was added",
    )
    assert {told[name] for name in unknown} == {(None, None, "not assessed")}, "nothing is known, and 0 is a number"
    assert "construction" not in told and told["used"][0] == -500_000
    assert cap_record(Cap(whole=False))["cap_dm2"] is None
    with speaking("en"):
        none = sheets(statement_of(county, year=2024))
    assert "not assessed" in str(next(one for one in none.on_paper if one.id == "5-4-cap").rows[0][0])


def test_the_caps_of_the_year_and_the_next_follow_from_the_book(workbook: Any) -> None:
    told = [(row["item"], row["area (m²)"]) for row in rows(workbook, "5.4 Cap sheet", "item")]
    assert ("net addition N of 2024", 16_000) in told
    assert ("cap of 2025", 16_000) in told


def test_what_one_township_sold_to_another_is_in_the_total_once(workbook: Any) -> None:
    told = list(rows(workbook, "5.3 Compensation list", "no."))
    areas = {row["entry"]: (row["area (m²)"], row["transferred (m²)"]) for row in told}
    assert areas["sold"] == (12_000, 0) and areas["accepted 1"] == (30_000, 12_000)
    assert areas["passed on within (counted once)"] == (-12_000, -12_000)
    assert areas["Total"] == (35_000, 0), "35 000 m² were accepted, and none left the county"
    total = told[0]
    assert total["used (m²)"] + total["transferred (m²)"] + total["remaining (m²)"] == total["area (m²)"]
    assert round(total["area (ha)"] * 10_000) == sum(round(row["area (ha)"] * 10_000) for row in told[1:])


def test_what_leaves_the_region_is_transferred(county: Workspace) -> None:
    done = ledger_statement(county, year=2024, region=WEST, lang="en", folder=county.root / "w53")
    told = {row["entry"]: row for row in rows(openpyxl.load_workbook(done.files[0]), "5.3 Compensation list", "no.")}
    assert (told["Total"]["transferred (m²)"], told["Total"]["area (m²)"]) == (12_000, 30_000)
    assert "passed on within (counted once)" not in told


def test_the_class_before_is_that_of_the_entries_or_of_the_acceptance(workbook: Any) -> None:
    told = {row["entry"]: row["class before"] for row in rows(workbook, "5.3 Compensation list", "no.")}
    assert told["accepted 1"].startswith("0201") and told["accepted 2"].startswith("1204")
    assert told["sold"].startswith("0201"), "as the acceptance that it passes on"


def test_results_of_an_acceptance_stand_beside_it(county: Workspace) -> None:
    given = {"accepted 1": {**{f"A{n}": "pass" for n in range(1, 13)}, "A13": "not_assessed"}}
    with speaking("en"):
        done = sheets(statement_of(county, year=2024, acceptance=given))
    sheet = next(one for one in done.on_paper if one.id == "5-3-compensation")
    codes = [column.code for column in sheet.columns]
    told = {row[codes.index("id")]: dict(zip(codes, row, strict=True)) for row in sheet.rows}
    assert told["accepted 1"]["checks"] == "12 passed, A13 not assessed"
    assert told["accepted 1"]["a3"] == "pass"
    assert told["accepted 2"]["checks"] == "-"


def test_json_and_csv_hold_the_same_exact_numbers(county: Workspace) -> None:
    done = ledger_statement(county, year=2024, lang="en", folder=county.root / "machine", formats=("csv", "json"))
    record = json.loads(next(path for path in done.files if path.suffix == ".json").read_text(encoding="utf-8"))
    assert record["pool"]["closing"]["area_dm2"] == 19_000 * M2
    assert record["book"]["digest"] == ledger_verify(county).digest
    assert len(record["entries"]) == len(done.statement.drawn.entries) == 10
    told = next(path for path in done.files if path.name == "5-1-account.csv").read_text(encoding="utf-8-sig")
    closing = next(row for row in csv.DictReader(told.splitlines()) if row["item"].startswith("closing"))
    assert Decimal(closing["area_m2"]) * 100 == record["pool"]["closing"]["area_dm2"]
    assert closing["area_ha"] == "1.9000"


def test_each_language_is_whole(county: Workspace) -> None:
    english = ledger_statement(county, year=2024, lang="en", folder=county.root / "e", formats=("docx",)).files[0]
    done = ledger_statement(county, year=2024, lang="zh", folder=county.root / "z", formats=("docx",))
    chinese = done.files[0]

    def texts(path: Path) -> list[str]:
        told = docx.Document(str(path))
        cells = [cell.text for table in told.tables for row in table.rows for cell in row.cells]
        return [*(one.text for one in told.paragraphs), *cells]

    names = {"东乡", "西镇", "山前镇"}
    assert [one for one in texts(english) if CHINESE.search(one) and one not in names] == []
    known = r"SHA-256|INV|POOL|CLAIM|tilth|standing|ledger|assess|verify|statement|Qinyang|doc |[0-9a-f]{8,}|sure|built"
    known += r"|accepted [12]|planted|flooded|sold|reclaimed|restored|settled [12]"
    known = "|".join([known, *sorted({test.rule for test in done.statement.tested}), done.statement.tested[-2].version])
    mixed = [one for one in texts(chinese) if LATIN.search(re.sub(known, "", one))]
    assert mixed == []


def test_the_same_book_gives_the_same_bytes(county: Workspace) -> None:
    first, second = (
        ledger_statement(county, year=2024, lang="zh", folder=county.root / name, made_on="2025-01-31").files[0]
        for name in ("first", "second")
    )
    assert first.read_bytes() == second.read_bytes()


def test_the_command_writes_the_files_and_says_what_it_rests_on(
    county: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    place = ["-w", str(county.root), "--lang", "en", "ledger", "statement", "--year", "2024"]
    assert run([*place, "--region", WEST, "--format", "csv", "--out", str(county.root / "west")]) == 1
    told = capsys.readouterr().out
    assert "✗ INV-6: 1 accepted parcel: 1 without ground" in told, (
        "it was posted to the book itself, without its ground"
    )
    assert "closing 14,000.00 m²" in told
    assert ledger_verify(county).digest in told
    assert (county.root / "west" / "csv" / "5-2-occupation.csv").is_file()
    assert run([*place, "--group", "plain", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["closing"]["area_dm2"] == 14_000 * M2
    assert run([*place, "--out", str(county.root / "whole")]) == 1
    assert "✗ INV-15" in capsys.readouterr().out, "a rule that fails is named, and the files are written all the same"
    assert (county.root / "whole" / f"statement-2024-{COUNTY}.xlsx").is_file()
    assert run([*place, "--region", "nobody"]) == 2
    assert run([*place, "--format", "xls"]) == 2


def test_a_book_that_was_changed_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import sqlite3

    place = a_county(tmp_path / "w")
    post(place, entry("in", "ACCEPT", "2024-02-01", line(pool(WEST, "RESTORED", 5), 500)))
    place.database.close()
    with sqlite3.connect(tmp_path / "w" / "tilth.sqlite") as opened:
        opened.execute("UPDATE ledger_account SET booked_area = booked_area + 100, booked_grade = booked_grade + 500")
    opened.close()
    assert run(["-w", str(tmp_path / "w"), "--lang", "en", "ledger", "statement", "--year", "2024"]) == 1
    told = capsys.readouterr().out
    assert "✗ INV-2" in told
    assert "LEDGER-V-ACCOUNT" in told


def test_assessment_and_statement_count_the_same_and_say_what_reservations_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tilth.api import ledger_assess
    from tilth.ledger import Phase

    place = a_county(tmp_path / "w")
    held = line(pool(WEST, "RESTORED", 5), -1_000 * M2)
    post(place, *the_worked_year(), entry("plan", "SETTLE", "2024-11-01", held, phase=Phase.RESERVE))
    assessed = ledger_assess(place, year=2024)
    one = ledger_statement(place, year=2024, lang="en", folder=tmp_path / "s").statement
    told = {"passed": ledger.Outcome.PASS, "failed": ledger.Outcome.FAIL, "open": ledger.Outcome.NOT_ASSESSED}
    assert {name: one.counts[name] for name in told} == {name: assessed.counted(of) for name, of in told.items()}
    by_rules = [test for test in one.tested if test.rule != ledger.SHEETS]
    assert [test.as_record() for test in by_rules] == [test.as_record() for test in assessed.tests]
    assert (len(one.drawn.entries), one.booked, assessed.entries) == (11, 10, 10)
    names = [(test.invariant, str(test.about)) for test in one.tested]
    assert len(set(names)) == len(names), "nothing is tested twice"
    capsys.readouterr()
    run(["-w", str(place.root), "--lang", "en", "ledger", "statement", "--year", "2024", "--out", str(tmp_path / "t")])
    said = capsys.readouterr()
    assert "11 entries of the year, 10 of them booked" in said.out
    assert "writing the statement of 2024" in said.err and "yearbook" not in said.err


def test_no_name_of_a_sheet_is_cut(workbook: Any, county: Workspace) -> None:
    for lang in ("en", "zh"):
        with speaking(lang):
            titles = [str(one.title) for one in sheets(statement_of(county, year=2024)).all]
        assert all(len(title) <= 31 for title in titles)
    assert set(workbook.sheetnames) >= {"5.1 Pool account", "5.1 by region, area", "5.5 Red-line sheet"}
