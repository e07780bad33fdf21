"""A claim is written off once, whoever asks, whenever and for whatever day; what was taken back is written off anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from test_api_settling import COUNTY, DAY, accepted, an_entry, left, place, settle

from tilth import api
from tilth.api import settling
from tilth.cli.run import run
from tilth.core import BadInput
from tilth.land import Region, Store
from tilth.ledger import Account, Entry, Line, Quantities, counter, write_entries
from tilth.runtime import Workspace

__all__ = ["place"]
FIELD = {"paddy": 1, "stable": 1, "grade": 4}
LOST = Quantities(1_200_000, 1_200_000, 0, 4_800_000)


def occupation(id: str) -> Entry:
    return an_entry(
        id, "NONAG", date(2024, 6, 1), ("LAND:0101", FIELD, LOST.negated()), ("LAND:1003", {}, Quantities(1_200_000)),
        ("CLAIM:NONAG", {}, LOST),
    )  # fmt: skip


def post(place: Workspace, *entries: Entry) -> None:
    with api.land_book(place) as book:
        book.post(*entries)


def take_back(place: Workspace, name: str) -> None:
    with api.land_book(place) as book:
        wrong, _ = book.entry(name)
        book.post(counter(wrong, id=f"no {name}", posting_date=DAY, evidence="doc", author="Li"))


def test_a_write_off_that_was_taken_back_is_made_anew_under_the_next_id(place: Workspace) -> None:
    settle(place)
    take_back(place, "settle:n-1")
    done = settle(place)
    assert done.receipt is not None and not done.receipt.again and done.write_off.entry.id == "settle:n-1:2"
    assert left(place, "CLAIM") == {"CLAIM:NONAG": 0}


def test_an_id_that_was_given_and_taken_back_is_not_given_again(place: Workspace) -> None:
    settle(place, id="mine")
    take_back(place, "mine")
    with pytest.raises(BadInput, match="mine"):
        settle(place, id="mine")
    assert left(place, "CLAIM") == {"CLAIM:NONAG": 1_200_000}


def test_a_claim_written_off_later_is_not_written_off_again_for_an_earlier_day(place: Workspace) -> None:
    post(place, occupation("n-2"), accepted("a-9", date(2024, 4, 2), 2_000_000))
    settle(place)
    with pytest.raises(BadInput, match="nothing is left of the claim of n-1"):
        settle(place, on=date(2024, 11, 1), id="other")
    with pytest.raises(BadInput, match="a-1 has nothing left"):
        settle(place, occupation="n-2", on=date(2024, 11, 1), use=["a-1"])
    assert left(place, "CLAIM") == {"CLAIM:NONAG": 1_200_000}


@pytest.fixture
def beaten(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Any]], None]:
    """Lets something happen once, after a write-off was proposed and before it is posted."""

    def plan(meanwhile: Callable[[], Any]) -> None:
        pending = [meanwhile]

        def slow(*given: Any) -> Any:
            found = proposed(*given)
            if pending:
                pending.pop()()
            return found

        proposed = settling.write_off
        monkeypatch.setattr(settling, "write_off", slow)

    return plan


def test_of_two_who_write_off_one_claim_at_once_the_second_finds_nothing_left(
    place: Workspace, beaten: Callable[[Callable[[], Any]], None]
) -> None:
    post(place, occupation("n-2"), accepted("a-9", date(2024, 4, 2), 2_000_000))
    beaten(lambda: settle(place, id="first"))
    with pytest.raises(BadInput, match="nothing is left of the claim of n-1: first wrote it off"):
        settle(place, id="second")
    assert left(place, "CLAIM") == {"CLAIM:NONAG": 1_200_000}


def test_of_two_who_want_one_acceptance_the_second_takes_what_is_left(
    place: Workspace, beaten: Callable[[Callable[[], Any]], None]
) -> None:
    post(place, occupation("n-2"), accepted("a-9", date(2024, 6, 2), 2_000_000))
    beaten(lambda: settle(place, occupation="n-2", area_ha="0.8"))
    second = settle(place)
    assert {one.entry for one in second.write_off.used} == {"a-3", "a-9"}
    assert api.ledger_verify(place).sound


def test_an_occupation_in_two_counties_is_written_off_in_each(tmp_path: Path) -> None:
    one, other = "410882", "410883"
    made = api.init(tmp_path / "w", region=one, name="county")
    Store(made).put_regions([Region(other, "neighbour", "county")])
    lines = [
        line
        for code in (one, other)
        for line in (
            Line(Account(code, "LAND:0103"), Quantities(-100)),
            Line(Account(code, "LAND:1003"), Quantities(100)),
            Line(Account(code, "CLAIM:NONAG"), Quantities(100)),
        )
    ]
    both = Entry("n", "NONAG", date(2024, 6, 1), date(2024, 6, 1), "doc", "Li", tuple(lines))
    with api.land_book(made) as book:
        for code in (one, other):
            day = date(2023, 12, 31)
            stock = (
                Line(Account(code, "OPENING"), Quantities(-900)),
                Line(Account(code, "LAND:0103"), Quantities(900)),
            )
            book.post(Entry(f"o{code}", "OPENING", day, day, "doc", "Li", stock))
            pool = (Line(Account(code, "POOL:RESTORED"), Quantities(500)),)
            book.post(Entry(f"a{code}", "ACCEPT", DAY, DAY, "doc", "Li", pool))
        book.post(both)
    first = settle(made, occupation="n").write_off
    assert (first.area_dm2, first.left_dm2) == (100, 100)
    second = settle(made, occupation="n").write_off
    assert (second.area_dm2, second.left_dm2, second.entry.links) == (100, 0, ("n", "a410883"))
    with pytest.raises(BadInput, match="nothing is left of the claim of n: settle:n, settle:n:2 wrote it off"):
        settle(made, occupation="n")


def test_an_occupation_is_not_taken_back_while_a_write_off_of_its_claim_stands(
    place: Workspace, tmp_path: Path
) -> None:
    name = 'n "2"'
    post(place, occupation(name))
    settle(place, occupation=name)

    def reverse(what: str) -> api.Booked:
        with api.land_book(place) as book:
            wrong, _ = book.entry(what)
        entry = counter(wrong, id=f"no {what}", posting_date=DAY, evidence="doc", author="Li")
        return api.ledger_post(place, write_entries([entry], tmp_path / "reverse.json"))

    with pytest.raises(BadInput, match="wrote its claim off") as told:
        reverse(name)
    assert told.value.code == "POLICY-REVERSE-WRITTEN-OFF"
    assert left(place, "CLAIM") == {"CLAIM:NONAG": 1_200_000}, "n-1 is owed still"
    reverse("n-1")
    reverse(f"settle:{name}")
    reverse(name)
    assert left(place, "CLAIM") == {"CLAIM:NONAG": 0} and api.ledger_verify(place).sound


def test_the_table_in_chinese_names_accounts_in_chinese(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["-w", str(place.root), "--lang", "zh", "ledger", "settle", "n-1", "--on", "2024-11-30", "--dry-run"]
    assert run(asked) == 0
    out = capsys.readouterr().out
    assert "POOL:RESTORED 稳定 5等" in out and "stable" not in out


def test_a_refusal_in_chinese_names_accounts_in_chinese(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    Store(place).put_regions([Region("410883", "neighbour", "county")])
    asked = ["ledger", "transfer", "--from", COUNTY, "--to", "410883", "--account", "POOL:RESTORED", "--grade", "5"]
    more = ["--area-ha", "9", "--evidence", "x", "--author", "Li"]
    assert run(["-w", str(place.root), "--lang", "zh", *asked, *more]) == 2
    assert "POOL:RESTORED 稳定 5等" in capsys.readouterr().err
