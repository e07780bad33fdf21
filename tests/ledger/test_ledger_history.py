"""What was booked in a span of days comes back entry by entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from ledger_cases import COUNTY, FIELD, POOL, an_entry, occupy, opening, restore

from tilth.core import BadInput
from tilth.ledger import Book, Line, posted, verify
from tilth.ledger.canonical import body_of, entry_of


def test_entries_of_a_span_come_by_day_and_once(book: Book) -> None:
    other = POOL._replace(region="410883")
    book.post(opening(), restore("late", 30, "2024-05-01"), restore("early", 20, "2024-02-01"))
    book.post(an_entry("pool", "ACCEPT", "2024-03-01", (POOL, 50)))
    traded = an_entry("sold", "TRANSFER", "2024-06-01", (POOL, -10), (other, 10))
    book.post(traded)
    found = list(posted(book.database, [COUNTY, "410883"], since=date(2024, 1, 1), until=date(2024, 12, 31)))
    assert [one.entry.id for one in found] == ["early", "pool", "late", "sold"]
    assert found[-1].entry == replace(traded, lines=tuple(sorted(traded.lines)))
    assert [one.entry.id for one in posted(book.database, ["410883"], since=date.min, until=date.max)] == ["sold"]
    assert list(posted(book.database, ["9"], since=date.min, until=date.max)) == []


def test_a_commitment_keeps_the_day_by_which_it_is_due(book: Book) -> None:
    book.post(opening(), restore("made", 50))
    owed = occupy("road", 10, due=date(2025, 6, 1))
    book.post(owed)
    assert book.entry("road")[0].due == date(2025, 6, 1)
    assert entry_of(body_of(owed)).due == owed.due
    assert '"due"' not in body_of(replace(owed, due=None)), "older entries have no such word"
    assert verify(book.database).sound
    with pytest.raises(BadInput, match="cannot be the day by which"):
        book.post(replace(owed, id="other", due=date(2024, 5, 31)))
    assert Line(FIELD, owed.lines[0].quantities) in owed.lines
