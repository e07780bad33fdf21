"""With the Chinese interface the land book speaks Chinese: what is Latin is an id, a code, a unit or a command."""

from __future__ import annotations

import json
import re
from datetime import date

import pytest

from statement_county import WEST, a_county, post, the_worked_year
from tilth.cli.run import run
from tilth.ledger import counter
from tilth.runtime import Workspace

#: Ids of the book that is posted here, and the names of its persons and documents.
_NAMES = {"--on", "--yea", "a b", "undo", "plan", "Li", "Zhao", "doc", "slip", "sweep", "over", "void", "assessment"}
_IDS = {one.id for one in the_worked_year()} | _NAMES
#: What may be Latin: file names, calls of the product, hashes, ids and versions of rules, invariants and checks, codes
#: of accounts and kinds, settings of a rule, dates and times, units.
_ALLOWED = (
    r"\S*/\S+|\S+\.(?:xlsx|json|csv|gpkg|toml)", r"tilth(?: [a-z][a-z-]+)+|--[a-z-]+(?: FILE)?", r"\b[0-9a-f]{8,}\b",
    r"[\w-]+@[\w.+]+", r"\[ledger\] rules|\[[^\]]*\]|last_day|carry = none、positive 或 both|<\w+>|pbf、paddy、stable",
    r"\b(?:INV|A|Q|V|G)-?\d+\b", r"\b[A-Z][A-Z0-9]*(?:[-_][A-Z0-9]+)*(?::\w+)?\b", r"\d{4}-\d\d-\d\dT[\d:.+]+",
    r"\bm²|\bkg\b|\bha\b|\bmu\b|\b[FN]\b",
)  # fmt: skip
_WORD = re.compile("[A-Za-z]{2,}")


def latin(text: str) -> list[str]:
    """Lines with a Latin word that is none of these."""
    found = []
    for told in text.splitlines():
        rest = told
        for allowed in sorted(_IDS, key=len, reverse=True):
            rest = rest.replace(allowed, " ")
        for pattern in _ALLOWED:
            rest = re.sub(pattern, " ", rest)
        if _WORD.search(rest):
            found.append(told)
    return found


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    place = a_county(tmp_path_factory.mktemp("zh") / "w")
    made = the_worked_year()
    post(place, *made)
    back = made[-1]
    post(place, counter(back, id="undo", posting_date=date(2024, 12, 1), evidence="slip", author="Li"))
    return place


COMMANDS = (
    "standing", "standing --year 2024", "ledger balance", f"ledger balance --region {WEST}", "ledger verify",
    "ledger replay", "ledger reservations", "ledger assess --year 2024",
    "ledger assess --year 2024 --region 410882001", "ledger statement --year 2024 --out {w}/out",
    "ledger statement --year 2024 --group plain --out {w}/g", "ledger follow-up --year 2024",
    "ledger expire --evidence sweep --author Li", "ledger balance NOTHING", "ledger statement --year 2024 --region 1",
    "ledger void over --evidence slip --author Li", "ledger assess", "ledger assess --yea 1", "ledger balance a b",
    "ledger assess --year x", "ledger balance --on 2024-13-01", "ledger assess --year", "ledger verify --nothing",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_no_latin_word_is_left_in_chinese_output(
    county: Workspace, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = command.format(w=county.root).split()
    run(["-w", str(county.root), "--lang", "zh", *words])
    told = capsys.readouterr()
    assert latin(told.out + told.err) == []


def test_what_is_posted_and_reserved_is_said_in_chinese(county: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    held = {
        "id": "plan", "kind": "SETTLE", "act_date": "2024-11-01", "posting_date": "2024-11-01", "evidence": "doc",
        "expires": "2099-01-01",
        "lines": [{"region": WEST, "account": "POOL:RESTORED", "stable": 1, "grade": 5, "area_m2": "-10"}],
    }  # fmt: skip
    file = county.root / "held.json"
    file.write_text(json.dumps({"entries": [held]}), encoding="utf-8")
    place = ["-w", str(county.root), "--lang", "zh", "ledger"]
    assert run([*place, "reserve", str(file), "--author", "Li"]) in (0, 2)
    run([*place, "reservations"])
    told = capsys.readouterr()
    assert latin(told.out + told.err) == []


def test_marks_of_accounts_are_chinese(county: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    run(["-w", str(county.root), "--lang", "zh", "ledger", "balance", "--region", WEST, "--on", "2024-12-31"])
    told = capsys.readouterr().out
    assert "POOL:RESTORED 稳定 5等" in told and "stable" not in told
    run(["-w", str(county.root), "--lang", "zh", "ledger", "balance", "--region", WEST, "--json"])
    assert "POOL:RESTORED" in capsys.readouterr().out


def test_english_output_has_no_chinese_word_beside_names(county: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("ledger assess --year 2024", "standing", "ledger balance", "ledger statement --year 2024"):
        run(["-w", str(county.root), "--lang", "en", *command.split()])
    told = re.sub("沁阳县|东乡|西镇|山前镇", "", capsys.readouterr().out)
    assert [one for one in told.splitlines() if re.search("[一-鿿]", one)] == []


def test_both_tables_say_which_farmland_a_task_is_held_against(
    county: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    for lang, here, other in (("en", "all farmland", "farmland in stable use"), ("zh", "全部耕地", "稳定利用耕地")):
        run(["-w", str(county.root), "--lang", lang, "standing"])
        told = capsys.readouterr().out
        assert here in told.splitlines()[0] and other in told and "5.5" in told
    from tilth.api import statement_of
    from tilth.core import speaking
    from tilth.report.statement import sheets

    named = {"en": ("all farmland", "stable use"), "zh": ("全部耕地", "稳定利用耕地")}
    for lang, words in named.items():
        with speaking(lang):
            sheet = next(one for one in sheets(statement_of(county, year=2024)).on_paper if one.id == "5-5-red-line")
            heads = " ".join(str(column.label) for column in sheet.columns)
            assert all(word in str(sheet.note) for word in (*words, "tilth standing"))
            assert words[0] in heads and words[1] in heads
