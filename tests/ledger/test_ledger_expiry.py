"""Reservations whose last day is over are let go in one sweep; once more, there is nothing to let go."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from ledger_cases import COUNTY, FIELD, opening, reserve, restore, settle

from tilth.core import BadInput
from tilth.ledger import Book, Phase, held_by, reservations, verify

DAY = date(2024, 6, 1)


@pytest.fixture
def planned(book: Book) -> Book:
    """Four plans on 1000 dm² of field: over, not over, without a last day, and over but done."""
    book.post(opening(1000, FIELD))
    for name, days in (("over", 10), ("runs", 100), ("done", 10)):
        book.post(reserve(name, 100, expires=DAY + timedelta(days=days), due=DAY + timedelta(days=5)))
    book.post(reserve("open", 50), settle("d", "done", Phase.VOID, "2024-06-05"))
    return book


def swept(book: Book, on: date) -> list[str]:
    return [one.id for one in book.expire(on, evidence="daily sweep", author="Li")]


def test_what_is_over_is_let_go_and_nothing_else(planned: Book) -> None:
    assert [one.id for one in reservations(planned.database)] == ["over", "runs", "open"]
    assert swept(planned, DAY + timedelta(days=10)) == []
    assert swept(planned, DAY + timedelta(days=11)) == ["over expire"]
    assert planned.balance(FIELD).held.area_dm2 == 150
    entry, _ = planned.entry("over expire")
    assert (entry.phase, entry.settles, entry.kind) == (Phase.EXPIRE, "over", "NONAG")
    assert verify(planned.database).sound


def test_sweeping_again_is_harmless(planned: Book) -> None:
    on = DAY + timedelta(days=200)
    assert swept(planned, on) == ["over expire", "runs expire"]
    assert swept(planned, on) == swept(planned, on + timedelta(days=1)) == []
    assert [one.id for one in reservations(planned.database)] == ["open"]
    assert planned.balance(FIELD).held.area_dm2 == 50


def test_a_sweep_names_its_evidence_and_keeps_to_the_open_years(planned: Book) -> None:
    with pytest.raises(BadInput, match="LEDGER-EVIDENCE"):
        planned.expire(DAY + timedelta(days=11), evidence="", author="Li")
    with pytest.raises(BadInput, match="LEDGER-FUTURE"):
        swept(planned, date(2026, 1, 1))
    planned.close_year(COUNTY, 2024, evidence="assessment", author="Zhao")
    with pytest.raises(BadInput, match="LEDGER-CLOSED"):
        swept(planned, date(2024, 12, 31))
    assert len(swept(planned, date(2025, 1, 1))) == 2


def test_somebody_else_may_settle_a_reservation_in_the_middle_of_a_sweep(
    planned: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    import tilth.ledger.book

    found = list(reservations(planned.database))
    planned.post(settle("mine", "over", Phase.VOID, "2024-06-05"))
    monkeypatch.setattr(tilth.ledger.book, "reservations", lambda _database: iter(found))
    assert swept(planned, DAY + timedelta(days=200)) == ["runs expire"]


def test_an_entry_that_only_speaks_of_reservations_is_none(book: Book) -> None:
    book.post(opening(1000))
    book.post(restore("r", 1, evidence='x","phase":"reserve","kind":"NONAG', author='","phase":"reserve","kind":"'))
    assert list(reservations(book.database)) == []


def test_a_reservation_with_the_longest_id_is_let_go_too(book: Book) -> None:
    long = reserve("x" * 100, 10, expires=DAY)
    book.post(opening(1000, FIELD), long)
    assert [(str(line.account), line.quantities.area_dm2) for line in held_by(long)] == [(str(FIELD), 10)]
    assert len(swept(book, DAY + timedelta(days=1))) == 1
    assert book.balance(FIELD).held.area_dm2 == 0
