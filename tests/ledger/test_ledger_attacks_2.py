"""What was found by attacking the book: nothing is lost on the way, and nothing is told that is not so."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from ledger_cases import (
    CLAIM,
    COUNTY,
    DRY,
    FIELD,
    OLD,
    PADDY,
    POOL,
    a_year,
    an_entry,
    occupy,
    opening,
    reserve,
    restore,
    settle,
    worked_opening,
)
from sqlalchemy import update

from tilth.core import BadInput
from tilth.land import Region, RegionTree, Task
from tilth.ledger import (
    Account,
    Book,
    Case,
    Chart,
    Line,
    Outcome,
    Phase,
    Quantities,
    check,
    counter,
    gather,
    keep,
    load_policy,
    post_admitted,
    read_entries,
    stored_rules_agree,
    tables,
    write_entries,
)
from tilth.ledger import (
    tests_of as every_test,
)

TREE = RegionTree({COUNTY: Region(COUNTY, "示范县", "county")})
HEAD = "id,kind,posting_date,evidence,author,account,area_m2\n"


def test_a_row_with_an_area_and_no_account_is_refused_not_left_out(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text(HEAD + "a1,ACCEPT,2025-03-01,opinion,Li,POOL:RESTORED,30\na1,,,,,,4000\n")
    with pytest.raises(BadInput, match=r"#3.*account") as told:
        read_entries(path, region=COUNTY)
    assert told.value.code == "LEDGER-FILE-LACKS"


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_entries_of_any_phase_are_read_as_they_were_written(tmp_path: Path, ending: str) -> None:
    occupied = occupy("n", 10, due=date(2025, 6, 1), rule_pack="cn", rule_version="2024")
    every = [
        occupied,
        reserve("plan", 7, expires=date(2024, 9, 1)),
        settle("void", "plan", Phase.VOID, "2024-08-01"),
        an_entry("w", "SETTLE", "2024-12-01", (CLAIM, -10), (POOL, -10), links=("n", "a")),
        counter(occupied, id="back", posting_date=date(2025, 1, 1), evidence="doc", author="Li"),
        an_entry("t", "TRANSFER", "2024-12-01", (POOL, -1), (POOL._replace(region="110101"), 1), by_state=True),
        an_entry("p", "CHANGE", "2024-12-01", (PADDY, -1), (PADDY._replace(name="LAND:0102"), 1), geometry="a > b"),
        an_entry("g", "REAPPRAISAL", "2024-12-01", (FIELD, -1), (FIELD._replace(pbf=1), 1)),
    ]
    found = read_entries(write_entries(every, tmp_path / f"e.{ending}"), region="-")
    assert [replace(one, lines=tuple(sorted(one.lines))) for one in found] == [
        replace(one, lines=tuple(sorted(one.lines))) for one in every
    ]


def test_json_keeps_links_to_ids_with_blanks(tmp_path: Path) -> None:
    one = an_entry("w", "SETTLE", "2024-12-01", (CLAIM, -10), (POOL, -10), links=("n 1", "a 1"))
    assert read_entries(write_entries([one], tmp_path / "e.json"), region="-")[0].links == ("n 1", "a 1")


def test_inv_17_a_test_that_was_made_stricter_does_not_make_an_old_closing_another(book: Book) -> None:
    book.post(worked_opening())
    a_year(book)
    book.post(an_entry("off", "REAPPRAISAL", "2024-12-31", (DRY, -500), (OLD, 500)))
    book.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    case = Case(gather(book.database, TREE, COUNTY, 2024), load_policy())
    found = every_test(case)
    stored = keep(book.database, case, found)
    assert stored is not None
    given = {name: told for name, told in json.loads(stored.given).items() if name not in ("tests", "beside")}
    rows = json.loads(stored.results)
    rows = [row for row in rows if "error of an earlier survey" not in row["about"]]
    for row in rows:
        row["about"] = row["about_zh"] = "said otherwise then"
        if row["invariant"] == "INV-12":
            row["found"] = 1  # what the test found then
    texts = [json.dumps(one, ensure_ascii=False, sort_keys=True, separators=(",", ":")) for one in (given, rows)]
    digest = sha256("\n".join((stored.policy, *texts)).encode()).hexdigest()
    with book.database.transaction() as connection:
        told = {"given": texts[0], "results": texts[1], "digest": digest}
        connection.execute(update(tables.assessments).values(told))
    agreed = stored_rules_agree(book.database, case)
    assert agreed.outcome is Outcome.NOT_ASSESSED, agreed.about
    assert agreed.found == 0 and "INV-12, INV-9" in agreed.about.en


def test_an_act_of_a_year_without_a_task_does_not_get_past_the_red_line_of_the_year_it_is_booked_in(book: Book) -> None:
    book.post(opening(1000), restore("r", 500, "2024-01-10"))
    late = replace(occupy("n", 200), act_date=date(2023, 12, 30))
    with pytest.raises(BadInput, match="POLICY-RED-LINE"):
        post_admitted(book, TREE, [late], load_policy(), tasks=(Task(COUNTY, 2024, 400, None),))
    post_admitted(
        book, TREE, [replace(late, id="less", **of(100))], load_policy(), tasks=(Task(COUNTY, 2024, 400, None),)
    )


def of(area: int) -> dict[str, Any]:
    return {"lines": occupy("-", area).lines}


@pytest.mark.parametrize(
    ("year", "area", "code"), [(2025, 10, "LEDGER-CAP-YEAR"), (2024, 11, "LEDGER-CAP-MORE"), (2024, 10, "")]
)
def test_an_occupation_takes_of_the_cap_of_its_own_year_and_no_more_than_it_occupies(
    year: int, area: int, code: str
) -> None:
    entry = occupy("n", 10)
    capped = replace(entry, lines=(*entry.lines, Line(Account(COUNTY, f"CAP:{year}"), Quantities(-area))))
    if not code:
        check(capped, Chart(), date(2025, 12, 31))
        return
    with pytest.raises(BadInput, match=code):
        check(capped, Chart(), date(2025, 12, 31))
