"""Two surveys make the same book on SQLite and on a PostgreSQL server: the same entries, balances and digests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, tzinfo
from pathlib import Path

import pytest
from flow_cases import AFTER, BEFORE, post, records, survey

from postgres_server import Server
from tilth import api
from tilth.ledger import Account, Entry, Line, Quantities, posted
from tilth.runtime import Workspace

CAP = Line(Account("999901", "CAP:2024"), Quantities(500_000))


class Clock(datetime):
    """Every entry of the test is recorded at one moment, so that digests can be compared."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        return cls(2026, 3, 1, 12, tzinfo=tz)


@pytest.fixture
def county(tmp_path: Path, server: Server) -> Callable[[str], Workspace]:
    """The same county in a workspace that keeps its records in a store of either kind."""

    def make(store: str) -> Workspace:
        folder = tmp_path / store
        place = api.init(folder, region="999901", name="county")
        if store == "postgresql":
            place.database.close()
            settings = folder / "tilth.toml"
            settings.write_text(f'{settings.read_text()}database = "{server.copy()}"\n')
            place = api.open_workspace(folder)
        for year, parcels in ((2023, BEFORE), (2024, AFTER)):
            path = tmp_path / f"{year}.gpkg"
            path = path if path.exists() else survey(path, *parcels, year=year)
            api.import_survey(place, path, year=year)
        records(place, tmp_path, ("d", "d2", "WATER", "flood-7", "2024-07-20"))
        day = date(2024, 2, 1)
        cap = Entry(id="cap", kind="CAP", act_date=day, posting_date=day, evidence="p", author="Li", lines=(CAP,))
        with api.land_book(place) as book:
            book.post(cap)
        return place

    return make


def accept(place: Workspace) -> None:
    """A hectare accepted into the pool."""
    day, pool = date(2025, 2, 1), Account("999901", "POOL:RESTORED", stable=1, grade=5)
    line = Line(pool, Quantities(1_000_000, 0, 0, 5_000_000))
    with api.land_book(place) as book:
        book.post(
            Entry(id="a-1", kind="ACCEPT", act_date=day, posting_date=day, evidence="a", author="Li", lines=(line,))
        )


def digests(place: Workspace) -> dict[str, str]:
    found = posted(place.database, ["999901"], since=date(2000, 1, 1), until=date(2030, 1, 1))
    return {one.entry.id: one.digest for one in found}


def test_both_stores_give_the_same_book(county: Callable[[str], Workspace], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tilth.ledger.book.datetime", Clock)
    told = []
    for store in ("sqlite", "postgresql"):
        place = county(store)
        done = post(place)
        assert place.database.url.startswith(store) and not done.differences
        assert [one.code for one in done.findings if "-CAP-" in one.code] == ["LEDGER-FLOWS-CAP-BEYOND"]
        again = post(place)
        assert not again.entries and again.again == len(done.entries) - 1
        accept(place)
        settled = api.ledger_settle(
            place, "flow:2023-2024:999901:b-b2", evidence="w-7", author="Li", on=date(2025, 3, 1)
        )
        assert settled.write_off.entry.links[1:] == ("a-1",) and settled.write_off.left_dm2 == 0
        verified, replayed = api.ledger_verify(place), api.ledger_replay(place)
        assert verified.sound and replayed.sound
        balances = {one.account: one.booked for one in api.ledger_balance(place)}
        told.append((digests(place), verified.digest, verified.entries, verified.lines, balances))
        place.database.close()
    assert told[0] == told[1]
