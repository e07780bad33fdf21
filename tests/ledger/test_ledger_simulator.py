"""Random histories: whatever is tried in whatever order, the book holds what the simplest book holds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import date

import pytest
from simulated import GUARDED, Histories, Wish

from tilth.core import TilthError
from tilth.ledger import Account, Book, Entry, Line, Phase, Quantities, replay, verify

#: What the model calls it, and the codes with which the book may refuse it.
SAID = {
    "short": {"LEDGER-SHORT-AREA", "LEDGER-SHORT-PADDY", "LEDGER-SHORT-GRADE"},
    "taken": {"LEDGER-ID-TAKEN"},
    "closed": {"LEDGER-CLOSED"},
    "settled": {"LEDGER-SETTLED"},
    "reversed": {"LEDGER-REVERSED"},
    "written off": {"POLICY-REVERSE-WRITTEN-OFF"},
    "taken back": {"LEDGER-SETTLE-TAKEN-BACK"},
    "before": {"LEDGER-BEFORE"},
    "time": {"LEDGER-BEFORE", "LEDGER-EXPIRED", "LEDGER-NOT-EXPIRED"},
}
STEPS = 250


def as_entry(wish: Wish) -> Entry:
    day = date.fromisoformat(wish.day)
    return Entry(
        id=wish.id, kind=wish.kind, act_date=date(2020, 1, 1), posting_date=day, evidence="doc", author="Li",
        lines=tuple(Line(Account(*account), Quantities(*vector)) for account, vector in wish.lines),
        phase=Phase(wish.phase), settles=wish.settles, reverses=wish.reverses, links=wish.links,
        expires=date.fromisoformat(wish.expires) if wish.expires else None,
    )  # fmt: skip


def history(book: Book, seed: int, steps: int = STEPS) -> Counter[str]:
    """One random history in a county of its own; what was tried, and what became of it."""
    region = f"41{seed:08d}"
    one, model = (histories := Histories(seed, region)), histories.model
    tried: Counter[str] = Counter()
    for step in range(steps):
        act, wishes = one.step()
        where = f"seed {seed}, step {step}: {act} {wishes}"
        if act == "close":
            _close(book, one)
            tried["close"] += 1
            continue
        new = [wish for wish in wishes if wish.id not in model.entries]
        against = model.post(*wishes)
        said = ""
        try:
            book.post(*map(as_entry, wishes))
        except TilthError as refused:
            said = refused.code if refused.code.startswith(("LEDGER", "POLICY")) else str(refused)
        assert bool(against) == bool(said), f"{where}: the model says {against!r}, the book {said!r}"
        # Where two things speak against an entry, either may be said; settled twice and too late, for one.
        known = {code for codes in SAID.values() for code in codes}
        assert not said or said in (SAID[against] if len(wishes) > 1 or against in ("short", "taken") else known), where
        if not against:
            one.done(new)
        tried[f"{act}: {against or 'booked'}"] += 1
        _same(book, one, where, [account for wish in wishes for account, _ in wish.lines])
    _same(book, one, f"seed {seed}, end", list(model.lines), every_day=True)
    return tried


def _close(book: Book, one: Histories) -> None:
    year = one.chance.choice((2023, 2024))
    end = f"{year}-12-31"
    if one.chance.random() < 0.7 or one.model.closed.get(one.region, "") >= end:
        return
    book.close_year(one.region, year, below=[one.region + "N"], evidence="assessment", author="Zhao")
    for region in (one.region, one.region + "N"):
        one.model.closed[region] = max(end, one.model.closed.get(region, ""))


def _same(
    book: Book, one: Histories, where: str, accounts: list[tuple[object, ...]], *, every_day: bool = False
) -> None:
    """The balances of `accounts` are those of the model, at some day and at the end; none is below nothing."""
    for account in accounts:
        days = [row[0] for row in one.model.lines.get(account, ())] if every_day else [one.day()]
        for day in (None, *days):
            found = book.balance(Account(*account), None if day is None else date.fromisoformat(day))  # type: ignore[arg-type]
            assert (tuple(found.booked), tuple(found.held)) == one.model.balance(account, day or "9999"), (
                f"{where}: {account} {day}"
            )
            assert str(account[1]).partition(":")[0] not in GUARDED or min(found.available) >= 0, where
    land = [
        one.model.balance(key)[0][0]
        for key in one.model.lines
        if key[0] == one.region and key[1][:4] in ("LAND", "OPEN")
    ]
    assert sum(land) == 0, f"{where}: land is not conserved (INV-1)"


@pytest.mark.slow
def test_a_random_history_gives_the_book_that_the_simplest_book_gives(new_book: Callable[[], Book], full: bool) -> None:
    book = new_book()
    postgres = book.database.dialect.name == "postgresql"
    wanted = (100_000 if postgres else 1_000_000) if full else (2_000 if postgres else 5_000)
    tried: Counter[str] = Counter()
    seed = 0
    while tried.total() < wanted:
        seed += 1
        try:
            tried += history(book, seed)
        except BaseException:
            print(f"failing seed: {seed} on {book.database.dialect.name}")
            raise
    assert verify(book.database).sound and replay(book.database).sound
    ends = {end for name in tried for end in [name.partition(": ")[2]]}
    assert ends >= {"booked", "short", "taken", "settled", "time", "written off", "taken back"}, tried
    print(
        f"{tried.total()} operations in {seed} histories on {book.database.dialect.name}: {dict(tried.most_common(12))}"
    )


@pytest.mark.parametrize("seed", range(3))
def test_entries_posted_in_another_order_give_the_same_closings(new_book: Callable[[], Book], seed: int) -> None:
    """INV-19, on entries none of which needs another."""
    chance = random.Random(seed)
    one = Histories(seed, f"42{seed:08d}")
    land = (one.land("0201"), one.land("0103", 5), one.land("0101", 4, 1))
    stock = Wish("stock", "OPENING", "post", "2023-01-01", [
        ((one.region, "OPENING", 0, 0, 0, 0), (-3 * 10**6, 0, 0, 0)),
        *((account, (10**6, 10**6 * account[3], 0, 10**6 * account[5])) for account in land),
    ])  # fmt: skip
    wishes = [one._new(chance.choice(("change", "occupy", "accept"))) for _ in range(60)]
    books = []
    for _ in range(2):
        chance.shuffle(wishes)
        book = new_book()
        book.post(as_entry(stock))
        for wish in wishes:
            book.post(as_entry(wish))
        books.append(book)
    accounts = {Account(*account) for wish in (stock, *wishes) for account, _ in wish.lines}
    for account in accounts:
        for year in (2023, 2024, 2025):
            on = date(year, 12, 31)
            assert books[0].balance(account, on) == books[1].balance(account, on)
