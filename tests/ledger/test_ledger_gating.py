"""What a gate looks at still holds when the entry is written, however many write at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest
from ledger_cases import CLAIM, COUNTY, FIELD, GARDEN, POOL, ROAD, an_entry, lines, occupy, opening, q, reserve, restore
from sqlalchemy import text

from tilth.core import BadInput, speaking
from tilth.land import Region, RegionTree, Task
from tilth.ledger import Account, Book, Entry, Line, Policy, Receipt, gating, load_policy, post_admitted
from tilth.runtime import Database

TODAY = date(2025, 12, 31)
PROVINCE, OTHER = "41", "410883"
TREE = RegionTree(
    {
        PROVINCE: Region(PROVINCE, "省", "province"),
        COUNTY: Region(COUNTY, "示范县", "county", PROVINCE),
        OTHER: Region(OTHER, "邻县", "county", PROVINCE),
    }
)
TASKS = (Task(COUNTY, 2024, 400, None),)
STEEP = FIELD._replace(stable=0)


def post(book: Book, *entries: Entry, tasks: tuple[Task, ...] = TASKS, policy: Policy | None = None) -> list[Receipt]:
    return post_admitted(book, TREE, entries, policy or load_policy(), tasks=tasks)


def refused(book: Book, *entries: Entry, **more: object) -> str:
    with pytest.raises(BadInput) as caught:
        post(book, *entries, **more)  # type: ignore[arg-type]
    with speaking("zh"):
        assert caught.value.said and caught.value.remedy
    return caught.value.code


@pytest.fixture
def books(new_url: Callable[[], str]) -> Iterator[list[Book]]:
    """Four books on one database, as four processes have: 500 of field, in 0.01 m²."""
    url = new_url()
    made = [Book(Database(url), today=lambda: TODAY) for _ in range(4)]
    made[0].post(opening(1000), restore("r", 500, "2024-01-10"))
    yield made
    for one in made:
        one.close()
    made[0].database.close()  # the four share it


def at_once(books: list[Book], *entries: Entry, tasks: tuple[Task, ...]) -> list[str]:
    """Each entry posted by a book of its own, all at the same time: what became of it."""
    ready, said = threading.Barrier(len(entries)), [""] * len(entries)

    def work(at: int) -> None:
        ready.wait()
        try:
            post(books[at], entries[at], tasks=tasks)
        except BadInput as error:
            said[at] = error.code

    threads = [threading.Thread(target=work, args=(at,)) for at in range(len(entries))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sorted(said)


@pytest.fixture
def slow_gates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever passed a gate takes its time before it writes."""
    admit = gating.admit

    def admitted(*args: object, **more: object) -> None:
        admit(*args, **more)  # type: ignore[arg-type]
        time.sleep(0.2)

    monkeypatch.setattr(gating, "admit", admitted)


@pytest.mark.usefixtures("slow_gates")
def test_of_four_who_post_at_once_no_more_pass_the_red_line_than_it_allows(books: list[Book]) -> None:
    entries = [occupy(f"o{at}", 40) if at % 2 else reserve(f"o{at}", 40) for at in range(4)]
    assert at_once(books, *entries, tasks=TASKS) == ["", "", "POLICY-RED-LINE", "POLICY-RED-LINE"]


@pytest.mark.usefixtures("slow_gates")
def test_of_four_who_post_at_once_no_more_pass_the_cap_than_it_allows(books: list[Book]) -> None:
    books[0].post(an_entry("cap", "CAP", "2024-01-02", (Account(COUNTY, "CAP:2024"), 100)))
    entries = [occupy(f"o{at}", 40) for at in range(4)]
    assert at_once(books, *entries, tasks=()) == ["", "", "POLICY-CAP", "POLICY-CAP"]


@pytest.mark.usefixtures("slow_gates")
def test_two_counties_meet_at_the_gate_of_their_province(books: list[Book]) -> None:
    there = FIELD._replace(region=OTHER)
    books[0].post(opening(500, there, id="there"))
    built = an_entry("o1", "NONAG", "2024-06-01", (there, -60), (ROAD._replace(region=OTHER), 60))
    built = replace(built, lines=(*built.lines, Line(CLAIM._replace(region=OTHER), q(there, 60))))
    tasks = (Task(PROVINCE, 2024, 900, None),)
    assert at_once(books, occupy("o0", 60), built, tasks=tasks) == ["", "POLICY-RED-LINE"]


@pytest.mark.usefixtures("slow_gates")
def test_the_same_entry_posted_by_two_at_once_stands_once(books: list[Book]) -> None:
    assert at_once(books, occupy("o", 60), occupy("o", 60), tasks=TASKS) == ["", ""]
    assert books[0].balance(FIELD).booked.area_dm2 == 440


def test_entries_that_no_gate_is_about_do_not_wait(books: list[Book]) -> None:
    if books[0].database.dialect.name != "postgresql":
        pytest.skip("one writer at a time")
    with books[1].database.transaction() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:gate)"), {"gate": gating._key(COUNTY)})
        started = time.monotonic()
        post(books[0], restore("more", 10))
        assert time.monotonic() - started < 5


# --- what a gate is about -----------------------------------------------------------------------------------------


@pytest.fixture
def county(book: Book) -> Book:
    book.post(opening(1000), restore("r", 500, "2024-01-10"))
    return book


def exempt(kind: str, area: int) -> Entry:
    one = an_entry("x", kind, "2024-06-01", (FIELD, -area), (Account(COUNTY, "LAND:0301"), area))
    return replace(one, lines=(*one.lines, Line(Account(COUNTY, f"EXEMPT:{kind}"), q(FIELD, area))))


@pytest.mark.parametrize("kind", ["ECO", "OTHER_EXEMPT"])
def test_a_conversion_that_was_decided_on_stands_at_the_red_line(county: Book, kind: str) -> None:
    assert refused(county, exempt(kind, 101)) == "POLICY-RED-LINE"
    assert post(county, exempt(kind, 100))


@pytest.mark.parametrize("kind", ["WATER", "DISASTER"])
def test_what_nature_took_is_booked(county: Book, kind: str) -> None:
    assert post(county, exempt(kind, 101))


@pytest.mark.parametrize("kind", ["CHANGE", "REAPPRAISAL"])
def test_farmland_that_leaves_stable_use_stands_at_the_red_line(county: Book, kind: str) -> None:
    assert refused(county, an_entry("x", kind, "2024-06-01", (FIELD, -101), (STEEP, 101))) == "POLICY-RED-LINE"
    assert post(county, an_entry("x", kind, "2024-06-01", (FIELD, -100), (STEEP, 100)))


def test_farmland_taken_off_as_an_error_stands_at_the_red_line(county: Book) -> None:
    assert (
        refused(county, an_entry("x", "REAPPRAISAL", "2024-06-01", (FIELD, -101), (GARDEN, 101))) == "POLICY-RED-LINE"
    )


# --- what a first book may bring ----------------------------------------------------------------------------------

LEGACY = Account(COUNTY, "POOL:LEGACY")


@pytest.mark.parametrize("account", [POOL, CLAIM, LEGACY])
def test_pools_and_claims_from_before_the_book_come_in_its_first_year(book: Book, account: Account) -> None:
    assert post(book, an_entry("with", "OPENING", "2023-06-30", (account, 10)), opening(1000))
    assert post(book, an_entry("later", "OPENING", "2023-12-31", (account, 10)))


@pytest.mark.parametrize("account", [POOL, CLAIM])
def test_no_pool_and_no_claim_is_opened_in_a_later_year(county: Book, account: Account) -> None:
    assert refused(county, an_entry("x", "OPENING", "2024-03-01", (account, 10))) == "POLICY-OPENING"


def test_what_comes_in_one_call_counts_in_its_order(book: Book) -> None:
    late = an_entry("x", "OPENING", "2024-03-01", (POOL, 10))
    assert refused(book, opening(1000), late) == "POLICY-OPENING"
    assert post(book, late, opening(1000, day="2024-03-01"))


def test_old_pools_may_come_later_as_long_as_the_rules_know_them(county: Book) -> None:
    late = an_entry("x", "OPENING", "2024-03-01", (LEGACY, 10))
    assert refused(county, late, policy=load_policy("ldn")) == "POLICY-OPENING"
    base = load_policy()
    ended = replace(
        base,
        rules=tuple(
            replace(one, values=(("last_day", "2024-02-29"),)) if one.id == "legacy-pools" else one
            for one in base.rules
        ),
    )
    assert refused(county, late, policy=ended) == "POLICY-OPENING"
    assert post(county, late)


def test_a_line_of_land_in_a_later_opening_is_no_stock_of_the_pool(county: Book) -> None:
    one = an_entry("x", "OPENING", "2024-03-01")
    account = Account(COUNTY, "OPENING")
    assert post(county, replace(one, lines=lines((account, -10), (FIELD, 10))))
