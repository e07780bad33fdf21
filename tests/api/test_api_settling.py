"""A claim is written off against acceptances, oldest first, to 0.01 m²; what does not suffice is not posted."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from tilth import api
from tilth.cli.run import run
from tilth.core import BadInput, NotFound
from tilth.ledger import Account, Entry, Line, Quantities, counter, posted
from tilth.ledger.lots import lots
from tilth.ledger.settling import Asked, write_off
from tilth.runtime import Workspace

COUNTY = "410882"
DAY = date(2024, 11, 30)


def an_entry(id: str, kind: str, day: date, *lines: tuple[str, dict[str, int], Quantities]) -> Entry:
    told = tuple(Line(Account(COUNTY, name, **marks), quantities) for name, marks, quantities in lines)
    return Entry(id=id, kind=kind, act_date=day, posting_date=day, evidence="doc", author="Li", lines=told)


def accepted(id: str, day: date, area: int, *, grade: int = 5, capacity: int = 0) -> Entry:
    marks = {"stable": 1, "grade": grade}
    return an_entry(id, "ACCEPT", day, ("POOL:RESTORED", marks, Quantities(area, 0, capacity, area * grade)))


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """12,000.00 m² of paddy built on (a claim of grade 4); three acceptances, the oldest posted last."""
    made = api.init(tmp_path / "w", region=COUNTY, name="county")
    field = {"paddy": 1, "stable": 1, "grade": 4}
    lost = Quantities(1_200_000, 1_200_000, 0, 4_800_000)
    with api.land_book(made) as book:
        book.post(
            an_entry("o", "OPENING", date(2023, 12, 31), ("OPENING", {}, Quantities(-9_000_000)),
                     ("LAND:0101", field, Quantities(9_000_000, 9_000_000, 0, 36_000_000))),
            an_entry("n-1", "NONAG", date(2024, 6, 1), ("LAND:0101", field, lost.negated()),
                     ("LAND:1003", {}, Quantities(1_200_000)), ("CLAIM:NONAG", {}, lost)),
            accepted("a-2", date(2024, 4, 1), 500_000, capacity=101),
            accepted("a-3", date(2024, 5, 1), 800_001, grade=6),
            accepted("a-1", date(2024, 3, 1), 300_000),
        )  # fmt: skip
    return made


def settle(place: Workspace, **more: object) -> api.Settled:
    given = {"evidence": "write-off-7", "author": "Li", "on": DAY} | more
    return api.ledger_settle(place, str(given.pop("occupation", "n-1")), **given)  # type: ignore[arg-type]


def left(place: Workspace, name: str) -> dict[str, int]:
    found = api.ledger_balance(place, account=name)
    return {str(one.account).partition(" ")[2]: one.booked.area_dm2 for one in found}


def test_the_oldest_acceptance_goes_first_and_the_entry_links_all_it_uses(place: Workspace) -> None:
    done = settle(place)
    one = done.write_off
    assert [(used.entry, used.quantities.area_dm2) for used in one.used] == [
        ("a-1", 300_000), ("a-2", 500_000), ("a-3", 400_000),
    ]  # fmt: skip
    assert one.entry.links == ("n-1", "a-1", "a-2", "a-3") and one.entry.id == "settle:n-1" and one.left_dm2 == 0
    assert done.receipt is not None and left(place, "CLAIM") == {"CLAIM:NONAG": 0}
    assert left(place, "POOL") == {"POOL:RESTORED stable grade 5": 0, "POOL:RESTORED stable grade 6": 400_001}
    (claim,) = api.ledger_balance(place, account="CLAIM")
    assert claim.booked == Quantities(0, 0, 0, 0), "paddy and area × grade go with it"
    assert api.ledger_verify(place).sound


def test_what_the_book_says_each_acceptance_gave_is_what_was_proposed(place: Workspace) -> None:
    one = settle(place, area_ha="0.650001").write_off
    history = list(posted(place.database, [COUNTY], since=date(2000, 1, 1), until=DAY, families=("POOL",)))
    found = {
        lot.recorded.entry.id: [(use.quantities, use.linked) for use in lot.uses]
        for lot in lots(history, "POOL", frozenset([COUNTY]), DAY)
        if lot.uses
    }
    assert found == {used.entry: [(used.quantities, True)] for used in one.used}
    assert [used.quantities.area_dm2 for used in one.used] == [300_000, 350_001]
    assert one.used[1].quantities.capacity_kg == 101 * 350_001 // 500_000


def test_a_part_is_written_off_to_the_last_square_decimetre_and_then_the_rest(place: Workspace) -> None:
    first = settle(place, area_ha="0.000001", use=["a-3"])
    assert (first.write_off.area_dm2, first.write_off.left_dm2) == (1, 1_199_999)
    second = settle(place)
    assert second.write_off.entry.id == "settle:n-1:2" and left(place, "CLAIM") == {"CLAIM:NONAG": 0}
    with pytest.raises(BadInput, match="nothing is left of the claim of n-1: settle:n-1, settle:n-1:2 wrote it off"):
        settle(place)


def test_a_dry_run_posts_nothing(place: Workspace) -> None:
    before = api.ledger_verify(place).digest
    assert settle(place, dry_run=True, evidence="", author="").receipt is None
    assert api.ledger_verify(place).digest == before


def test_what_is_short_is_said_and_nothing_is_posted(place: Workspace) -> None:
    before = api.ledger_verify(place).digest
    with pytest.raises(BadInput, match=r"wants 12,000.00 .* 2 acceptances give 8,000.00 m²: 4,000.00 m² short") as told:
        settle(place, use=["a-2", "a-1"])
    assert "--area-ha 0.800000" in str(told.value.remedy) and api.ledger_verify(place).digest == before


def test_a_pool_with_nothing_to_use_does_not_advise_to_write_off_nothing(place: Workspace) -> None:
    settle(place, area_ha="0.300000", use=["a-1"])
    with pytest.raises(BadInput) as told:
        settle(place, on=date(2024, 3, 20), occupation="n-1")
    assert told.value.code == "LEDGER-SETTLE-NO-CLAIM"
    settle(place, area_ha="0.900000", id="rest")
    with api.land_book(place) as book:
        lost = Quantities(2_000_000, 2_000_000, 0, 8_000_000)
        book.post(an_entry("n-2", "NONAG", date(2024, 7, 1),
                           ("LAND:0101", {"paddy": 1, "stable": 1, "grade": 4}, lost.negated()),
                           ("LAND:1003", {}, Quantities(2_000_000)), ("CLAIM:NONAG", {}, lost)))  # fmt: skip
    settle(place, occupation="n-2", area_ha="0.400001")
    with pytest.raises(BadInput) as told:
        settle(place, occupation="n-2")
    assert told.value.code == "LEDGER-SETTLE-NOTHING" and "--area-ha" not in told.value.remedy


def test_who_names_an_entry_without_a_claim_is_told_which_have_one(place: Workspace) -> None:
    with pytest.raises(BadInput, match=r"a-1 raised no claim .* claims are open of: n-1"):
        settle(place, occupation="a-1")


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"occupation": "a-1"}, "LEDGER-SETTLE-NO-CLAIM"),
        ({"use": ["n-1"]}, "LEDGER-SETTLE-USE"),
        ({"area_ha": "1.200001"}, "LEDGER-SETTLE-AREA"),
        ({"on": date(2024, 5, 30)}, "LEDGER-SETTLE-NO-CLAIM"),
        ({"evidence": ""}, "LEDGER-EVIDENCE"),
    ],
)
def test_each_bad_request_has_its_sentence(place: Workspace, more: dict[str, object], code: str) -> None:
    with pytest.raises(BadInput) as told:
        settle(place, **more)
    assert told.value.code == code


def test_an_entry_that_there_is_not_is_named(place: Workspace) -> None:
    with pytest.raises(NotFound, match="n-9"):
        settle(place, occupation="n-9")


def test_what_was_taken_back_is_neither_owed_nor_used(place: Workspace) -> None:
    with api.land_book(place) as book:
        for name in ("a-1", "n-1"):
            wrong, _ = book.entry(name)
            book.post(counter(wrong, id=f"no {name}", posting_date=DAY, evidence="doc", author="Li"))
    with pytest.raises(BadInput, match="n-1 was taken back by no n-1"):
        settle(place)


def test_under_rules_that_count_paddy_it_is_not_made_up_for_by_area(place: Workspace) -> None:
    history = list(posted(place.database, [COUNTY], since=date(2000, 1, 1), until=DAY, families=("CLAIM", "POOL")))
    claims, pools = (lots(history, name, frozenset([COUNTY]), DAY) for name in ("CLAIM", "POOL"))
    free = {account: 2_000_000 for lot in pools for account in lot.accounts}
    with pytest.raises(BadInput, match=r"wants 12,000.00 m² of paddy; what would be used has 0.00 m²"):
        write_off(claims, pools, free, Asked("n-1", DAY, "e", "Li", indicators=("area", "paddy", "capacity")))


def test_the_command_proposes_then_posts(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["-w", str(place.root), "ledger", "settle", "n-1", "--on", "2024-11-30"]
    assert run([*asked, "--dry-run"]) == 0
    out = capsys.readouterr().out
    assert "nothing was posted" in out and out.index("a-1") < out.index("a-2") < out.index("a-3")
    assert run([*asked, "--evidence", "w-7", "--author", "Li", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["links"] == ["n-1", "a-1", "a-2", "a-3"]
    assert run([*asked, "--lang", "zh"]) == 2
    assert "已全部核销" in capsys.readouterr().err
