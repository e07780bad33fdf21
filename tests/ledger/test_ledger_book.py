"""What is posted stands, once, balanced and never below nothing; what is refused leaves no trace."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ledger_cases import (
    CLAIM,
    COUNTY,
    FIELD,
    GARDEN,
    OPENING,
    PADDY,
    POOL,
    ROAD,
    lines,
    occupy,
    opening,
    q,
    reserve,
    restore,
    settle,
)  # fmt: skip

from tilth.core import BadInput, NotFound
from tilth.ledger import Account, Book, Entry, Line, Phase, Quantities, counter

ALL = (GARDEN, FIELD, PADDY, ROAD, POOL, CLAIM, OPENING)


def area(book: Book, account: Account, on: str | None = None) -> int:
    return book.balance(account, date.fromisoformat(on) if on else None).booked.area_dm2


def available(book: Book, account: Account, on: str | None = None) -> int:
    return book.balance(account, date.fromisoformat(on) if on else None).available.area_dm2


# --- posting ------------------------------------------------------------------------------------------------------


def test_what_one_class_loses_another_gains(book: Book) -> None:
    book.post(opening(1000), restore("r", 300))
    assert (area(book, GARDEN), area(book, FIELD), area(book, OPENING)) == (700, 300, -1000)
    assert book.balance(FIELD).booked == Quantities(300, 0, 0, 1500)


def test_a_balance_is_that_of_the_end_of_its_day(book: Book) -> None:
    book.post(
        opening(1000), restore("a", 100, "2024-02-01"), restore("b", 20, "2024-02-01"), restore("c", 3, "2024-05-09")
    )
    days = ("2023-12-30", "2023-12-31", "2024-01-31", "2024-02-01", "2024-05-08", "2024-05-09", "2025-01-01")
    assert [area(book, GARDEN, day) for day in days] == [0, 1000, 1000, 880, 880, 877, 877]


def test_an_account_nobody_used_holds_nothing(book: Book) -> None:
    assert book.balance(PADDY).available == Quantities()
    with pytest.raises(NotFound, match="LEDGER-ACCOUNT"):
        book.balance(Account(COUNTY, "LAND:9999"))


def test_asking_twice_books_once(book: Book) -> None:
    first = book.post(opening(1000), restore("r", 300))
    again = book.post(opening(1000), restore("r", 300))
    assert [one._replace(again=False) for one in again] == first
    assert all(one.again for one in again)
    assert area(book, FIELD) == 300
    kept, receipt = book.entry("r")
    assert (sorted(kept.lines), receipt) == (sorted(restore("r", 300).lines), first[1])


def test_asking_twice_is_harmless_though_nothing_is_left_to_take(book: Book) -> None:
    book.post(opening(1000))
    book.post(restore("r", 1000))
    assert book.post(restore("r", 1000))[0].again


def test_a_known_entry_beside_a_new_one_is_booked_once(book: Book) -> None:
    book.post(opening(1000), restore("a", 100))
    receipts = book.post(restore("b", 20), restore("a", 100), restore("c", 3))
    assert [one.again for one in receipts] == [False, True, False]
    assert area(book, FIELD) == 123


def test_the_order_of_the_lines_makes_no_difference(book: Book) -> None:
    book.post(opening(1000), restore("r", 300))
    entry = restore("r", 300)
    assert book.post(replace(entry, lines=entry.lines[::-1]))[0].again


def test_the_same_id_with_another_content_is_refused(book: Book) -> None:
    book.post(opening(1000), restore("r", 300))
    for other in (restore("r", 299), restore("r", 300, evidence="doc-2"), restore("r", 300, geometry="P1")):
        with pytest.raises(BadInput, match="LEDGER-ID-TAKEN"):
            book.post(other)
    assert area(book, FIELD) == 300


def test_entries_of_one_call_are_all_booked_or_none(book: Book) -> None:
    book.post(opening(1000))
    with pytest.raises(BadInput, match="LEDGER-SHORT-AREA"):
        book.post(restore("a", 600), restore("b", 600))
    assert area(book, GARDEN) == 1000
    with pytest.raises(NotFound):
        book.entry("a")


def test_the_shortfall_is_said_to_the_hundredth_of_a_square_metre(book: Book) -> None:
    book.post(opening(1000))
    with pytest.raises(BadInput) as refused:
        book.post(restore("r", 1001))
    assert refused.value.said == ("entry r: 410882 LAND:0201 has 10.00 m² available on 2024-03-01; 0.01 m² short")


# --- between dates ------------------------------------------------------------------------------------------------


def test_nothing_is_taken_before_it_is_there(book: Book) -> None:
    book.post(opening(1000, day="2024-05-01"))
    with pytest.raises(BadInput, match="LEDGER-SHORT-AREA"):
        book.post(restore("r", 1, "2024-04-30"))
    book.post(restore("r", 1000, "2024-05-01"))


def test_what_is_taken_later_cannot_be_taken_before(book: Book) -> None:
    book.post(opening(1000, day="2024-01-01"), restore("late", 900, "2024-06-01"))
    with pytest.raises(BadInput, match=r"on 2024-06-01; 0.01 m² short"):
        book.post(restore("early", 101, "2024-02-01"))
    book.post(restore("early", 100, "2024-02-01"))
    assert [area(book, GARDEN, day) for day in ("2024-01-31", "2024-02-01", "2024-06-01")] == [1000, 900, 0]


def test_what_was_taken_inside_a_day_cannot_be_taken_before(book: Book) -> None:
    book.post(opening(500, day="2024-01-01"), restore("a", 500, "2024-06-01"))
    book.post(opening(800, day="2024-06-01", id="more"))
    with pytest.raises(BadInput, match="LEDGER-SHORT-AREA"):
        book.post(restore("early", 1, "2024-02-01"))
    assert area(book, GARDEN) == 800


def test_days_that_come_in_any_order_give_the_same_balances(book: Book) -> None:
    book.post(opening(1000, day="2024-01-01"))
    for at, day in enumerate(("2024-05-01", "2024-03-01", "2024-09-01", "2024-02-01", "2024-03-01", "2024-08-31")):
        book.post(restore(f"r{at}", 10 + at, day))
    days = ("2024-02-01", "2024-03-01", "2024-05-01", "2024-08-31", "2024-09-01")
    assert [area(book, FIELD, day) for day in days] == [13, 38, 48, 63, 75]


# --- reservations -------------------------------------------------------------------------------------------------


@pytest.fixture
def planned(book: Book) -> Book:
    book.post(opening(1000, FIELD), reserve("plan", 400, expires=date(2024, 9, 1)))
    return book


def test_a_reservation_holds_and_books_nothing(planned: Book) -> None:
    assert (area(planned, FIELD), available(planned, FIELD)) == (1000, 600)
    assert (area(planned, ROAD), area(planned, CLAIM)) == (0, 0)
    with pytest.raises(BadInput, match="LEDGER-SHORT-AREA"):
        planned.post(occupy("other", 601))
    planned.post(occupy("other", 600))


def test_a_posted_reservation_books_all_of_it(planned: Book) -> None:
    planned.post(settle("post", "plan", Phase.POST, "2024-07-01", 400))
    assert (area(planned, FIELD), available(planned, FIELD), area(planned, CLAIM)) == (600, 600, 400)
    assert available(planned, FIELD, "2024-06-30") == 600


def test_a_reservation_posted_in_part_returns_the_rest(planned: Book) -> None:
    planned.post(settle("post", "plan", Phase.POST, "2024-07-01", 150))
    assert (area(planned, FIELD), available(planned, FIELD), area(planned, ROAD)) == (850, 850, 150)


@pytest.mark.parametrize(("phase", "day"), [(Phase.VOID, "2024-07-01"), (Phase.EXPIRE, "2024-09-02")])
def test_a_reservation_let_go_returns_all_of_it(planned: Book, phase: Phase, day: str) -> None:
    planned.post(settle("go", "plan", phase, day))
    assert (area(planned, FIELD), available(planned, FIELD)) == (1000, 1000)


def test_a_reservation_is_settled_once(planned: Book) -> None:
    planned.post(settle("void", "plan", Phase.VOID, "2024-07-01"))
    for phase, part in ((Phase.POST, 400), (Phase.VOID, 0)):
        with pytest.raises(BadInput, match="settled already"):
            planned.post(settle("again", "plan", phase, "2024-07-02", part))
    assert planned.post(settle("void", "plan", Phase.VOID, "2024-07-01"))[0].again


def test_a_reservation_has_its_limits(planned: Book) -> None:
    for code, entry in (
        ("LEDGER-MORE-THAN-RESERVED", settle("x", "plan", Phase.POST, "2024-07-01", 401)),
        ("LEDGER-EXPIRED", settle("x", "plan", Phase.POST, "2024-09-02", 400)),
        ("LEDGER-NOT-EXPIRED", settle("x", "plan", Phase.EXPIRE, "2024-09-01")),
        ("LEDGER-BEFORE", settle("x", "plan", Phase.VOID, "2024-05-31")),
        ("LEDGER-NO-RESERVATION", settle("x", "opening", Phase.VOID, "2024-07-01")),
        ("LEDGER-NO-RESERVATION", settle("x", "plan", Phase.VOID, "2024-07-01", kind="AGSTRUCT")),
        ("LEDGER-NO-ENTRY", settle("x", "nothing", Phase.VOID, "2024-07-01")),
        ("LEDGER-NOT-RESERVED", replace(occupy("x", 1, "2024-07-01"), settles="plan", lines=(
            *lines((PADDY, -1), (ROAD, 1)), Line(CLAIM, q(PADDY, 1))))),
    ):  # fmt: skip
        with pytest.raises((BadInput, NotFound), match=code):
            planned.post(entry)
    with pytest.raises(BadInput, match=r"posts 4\.01 m² on .*, but plan reserved 4\.00 m²"):
        planned.post(settle("x", "plan", Phase.POST, "2024-07-01", 401))
    assert available(planned, FIELD) == 600


def test_a_plan_and_what_becomes_of_it_may_come_in_one_call(book: Book) -> None:
    book.post(opening(1000, FIELD), reserve("plan", 400), settle("post", "plan", Phase.POST, "2024-07-01", 400))
    assert (area(book, FIELD), available(book, FIELD)) == (600, 600)
    with pytest.raises(BadInput, match="settled already"):
        book.post(
            reserve("plan 2", 100),
            settle("a", "plan 2", Phase.VOID, "2024-07-01"),
            settle("b", "plan 2", Phase.VOID, "2024-07-01"),
        )
    assert available(book, FIELD) == 600


# --- reversal -----------------------------------------------------------------------------------------------------


def reversal(original: Entry, day: str = "2024-08-01", id: str = "back") -> Entry:
    return counter(original, id=id, posting_date=date.fromisoformat(day), evidence="doc-9", author="Wang")


def test_a_counter_entry_takes_an_entry_back(book: Book) -> None:
    book.post(opening(1000), restore("r", 300))
    book.post(reversal(restore("r", 300)))
    assert (area(book, GARDEN), area(book, FIELD)) == (1000, 0)
    assert area(book, FIELD, "2024-07-31") == 300
    with pytest.raises(BadInput, match="reversed already"):
        book.post(reversal(restore("r", 300), id="again"))


def test_only_the_exact_opposite_of_what_was_booked_reverses(book: Book) -> None:
    book.post(opening(1000), restore("r", 300), opening(50, FIELD, id="o2"), reserve("plan", 10))
    back = reversal(restore("r", 300))
    half = replace(back, lines=lines((GARDEN, 150), (FIELD, -150)))
    for code, entry in (
        ("LEDGER-NOT-OPPOSITE", half),
        ("LEDGER-BEFORE", replace(reversal(restore("r", 300), "2024-02-01"), act_date=date(2024, 2, 1))),
        ("LEDGER-NOT-REVERSIBLE", replace(back, reverses="plan")),
        ("LEDGER-REVERSES", replace(back, kind="RESTORE")),
        ("LEDGER-REVERSES", replace(restore("x", 1), kind="REVERSE")),
    ):
        with pytest.raises(BadInput, match=code):
            book.post(entry)
    book.post(back)
    with pytest.raises(BadInput, match="LEDGER-NOT-REVERSIBLE"):
        book.post(replace(reversal(back, "2024-08-02", "twice"), reverses="back"))


def test_what_was_used_since_cannot_be_taken_back(book: Book) -> None:
    book.post(opening(1000), restore("r", 300), occupy("o", 200))
    with pytest.raises(BadInput, match="LEDGER-SHORT-AREA"):
        book.post(reversal(restore("r", 300)))


# --- many at once -------------------------------------------------------------------------------------------------


def test_a_large_call_is_as_good_as_many_small_ones(new_book: Callable[[], Book]) -> None:
    large, small = new_book(), new_book()
    asked = [
        opening(100_000),
        *(restore(f"r{n}", 1 + n % 7, f"2024-{1 + n % 12:02d}-{1 + n % 28:02d}") for n in range(300)),
    ]
    assert len(large.post(*asked)) == 301
    for entry in asked:
        small.post(entry)
    for account, month in itertools.product((GARDEN, FIELD), range(1, 13)):
        on = date(2024, month, 15)
        assert large.balance(account, on) == small.balance(account, on)


def test_threads_that_take_from_one_account_never_take_more_than_is_there(book: Book) -> None:
    book.post(opening(100))
    done: list[str] = []
    codes: set[str] = set()

    def take(writer: int) -> None:
        for n in range(8):
            try:
                book.post(restore(f"{writer}-{n}", 1))
                done.append(f"{writer}-{n}")
            except BadInput as refused:
                codes.add(refused.code)

    threads = [threading.Thread(target=take, args=(writer,)) for writer in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), codes) == (100, {"LEDGER-SHORT-AREA"})
    assert (area(book, GARDEN), area(book, FIELD)) == (0, 100)


def test_a_refused_call_spoils_no_other_that_is_written_with_it(book: Book) -> None:
    book.post(opening(1000))
    outcome: dict[int, object] = {}

    def ask(writer: int) -> None:
        try:
            amount = 5000 if writer % 3 == 0 else 2
            outcome[writer] = book.post(restore(f"{writer}a", 1), restore(f"{writer}b", amount))
        except BadInput as refused:
            outcome[writer] = refused

    threads = [threading.Thread(target=ask, args=(writer,)) for writer in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [writer for writer in sorted(outcome) if isinstance(outcome[writer], BadInput)] == list(range(0, 30, 3))
    assert area(book, FIELD) == 60


@given(order=st.permutations(range(6)))
def test_entries_of_a_day_give_the_same_balances_in_any_order(order: list[int]) -> None:
    from tilth.ledger.timeline import Timeline

    amounts = [(900, 0, 0, 0), (-50, 0, 0, 0), (-70, 0, 0, 0), (20, 5, 0, 0), (-3, -2, 0, 0), (8, 0, 1, 9)]
    one = Timeline(guarded=False)
    for at in order:
        assert one.add(20240301 + at % 2, amounts[at], (0, 0, 0, 0)) is None
    assert one.last.booked == (805, 3, 1, 9)
    assert [day.day for day in (*one.before, one.last)] == [20240301, 20240302]
