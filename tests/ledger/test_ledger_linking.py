"""What a write-off links, and what a counter-entry takes back: laws of the book itself, through whichever door."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ledger_cases import CLAIM, COUNTY, FIELD, POOL, an_entry, occupy, opening, q, restore

from tilth.core import BadInput, speaking
from tilth.land import Region, RegionTree
from tilth.ledger import Account, Book, Entry, Line, Phase, counter, load_policy, post_admitted, verify

TREE = RegionTree({COUNTY: Region(COUNTY, "示范县", "county")})
HOMES = Account(COUNTY, "CLAIM:RURALHOUSE")


@pytest.fixture
def book(book: Book) -> Book:
    """Two occupations, of 100 and 60, and enough in the pool."""
    book.post(
        opening(1000), restore("r", 500, "2024-01-10"), an_entry("a", "ACCEPT", "2024-02-01", (POOL, 500)),
        occupy("n1", 100), occupy("n2", 60, "2024-06-02"),
    )  # fmt: skip
    return book


def write_off(id: str, area: int, *links: str, day: str = "2024-12-01", claim: Account = CLAIM) -> Entry:
    one = an_entry(id, "SETTLE", day, (POOL, -area), links=links)
    return replace(one, lines=(*one.lines, Line(claim, q(FIELD, -area))))


def back(one: Entry, id: str = "back", day: str = "2024-12-20") -> Entry:
    return counter(one, id=id, posting_date=date.fromisoformat(day), evidence="doc", author="Li")


def by_the_gate(book: Book, *entries: Entry) -> None:
    post_admitted(book, TREE, entries, load_policy())


def directly(book: Book, *entries: Entry) -> None:
    book.post(*entries)


DOORS = pytest.mark.parametrize("post", [directly, by_the_gate])


def refused(book: Book, post: object, *entries: Entry) -> BadInput:
    before = book.balance(CLAIM).booked
    with pytest.raises(BadInput) as caught:
        post(book, *entries)  # type: ignore[operator]
    assert book.balance(CLAIM).booked == before
    return caught.value


@DOORS
def test_a_write_off_that_links_no_occupation_is_refused(book: Book, post: object) -> None:
    for links in ((), ("a",), ("a", "r")):
        told = refused(book, post, write_off("s", 30, *links))
        assert told.code == "LEDGER-SETTLE-UNLINKED" and "0.30 m² of 410882 CLAIM:NONAG" in told.said
        with speaking("zh"):
            assert "未关联" in told.said and "links" in told.remedy


@DOORS
def test_one_that_links_an_occupation_which_raised_no_claim_there_is_refused(book: Book, post: object) -> None:
    home = replace(occupy("h", 10), kind="RURALHOUSE")
    home = replace(home, lines=(*home.lines[:2], Line(HOMES, q(FIELD, 10))))
    book.post(home)
    assert refused(book, post, write_off("s", 10, "h", "a")).code == "LEDGER-SETTLE-UNLINKED"
    assert refused(book, post, write_off("s", 10, "n1", "a", claim=HOMES)).code == "LEDGER-SETTLE-UNLINKED"
    book.post(write_off("s", 10, "h", "a", claim=HOMES))


@DOORS
def test_a_planned_write_off_and_an_easement_link_what_they_compensate_too(book: Book, post: object) -> None:
    plan = replace(write_off("s", 30, "a"), phase=Phase.RESERVE)
    assert refused(book, post, plan).code == "LEDGER-SETTLE-UNLINKED"
    easement = an_entry("e", "PROTECT", "2024-12-01", (Account(COUNTY, "PROTECT:EASEMENT"), 30))
    easement = replace(easement, lines=(*easement.lines, Line(CLAIM, q(FIELD, -30))))
    assert refused(book, directly, easement).code == "LEDGER-SETTLE-UNLINKED"


@DOORS
def test_one_call_may_bring_an_occupation_and_its_write_off(book: Book, post: object) -> None:
    post(book, occupy("n3", 10, "2024-06-03"), write_off("s", 10, "n3", "a"))  # type: ignore[operator]
    assert book.balance(CLAIM).booked.area_dm2 == 160


@DOORS
def test_an_occupation_whose_claim_is_written_off_is_not_taken_back(book: Book, post: object) -> None:
    book.post(write_off("s", 50, "n1", "a"))
    told = refused(book, post, back(occupy("n1", 100)))
    assert told.code == "POLICY-REVERSE-WRITTEN-OFF" and "s wrote its claim off" in told.said
    post(book, back(occupy("n2", 60, "2024-06-02"), "back 2"))  # type: ignore[operator]


@DOORS
def test_it_is_taken_back_after_its_write_off(book: Book, post: object) -> None:
    one = write_off("s", 100, "n1", "a")
    post(book, one, back(one, "s back"), back(occupy("n1", 100)))  # type: ignore[operator]
    assert book.balance(CLAIM).booked.area_dm2 == 60 and verify(book.database).sound


@DOORS
def test_entries_of_one_call_are_held_against_each_other(book: Book, post: object) -> None:
    one = write_off("s", 50, "n1", "a")
    assert refused(book, post, one, back(occupy("n1", 100))).code == "POLICY-REVERSE-WRITTEN-OFF"
    assert refused(book, directly, back(occupy("n1", 100)), one).code == "LEDGER-SETTLE-TAKEN-BACK"


def test_what_was_taken_back_is_not_written_off(book: Book) -> None:
    book.post(back(occupy("n1", 100)))
    told = refused(book, directly, write_off("s", 50, "n1", "a", day="2024-12-24"))
    assert told.code == "LEDGER-SETTLE-TAKEN-BACK" and "but back took n1 back" in told.said
    assert refused(book, by_the_gate, write_off("s", 50, "n1", "a", day="2024-12-24")).code == "POLICY-SETTLE-OWED"


@pytest.mark.parametrize("odd", ["50%", "n_1", "a/b", 'say "n"', "占用"])
def test_ids_with_odd_letters_are_found_too(book: Book, odd: str) -> None:
    built = occupy(odd, 20, "2024-06-04")
    book.post(built, write_off("s", 20, odd, "a"))
    assert refused(book, directly, back(built)).code == "POLICY-REVERSE-WRITTEN-OFF"
