"""Pool goes from one region to another in one entry, and only what the seller has."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tilth import api
from tilth.cli.run import run
from tilth.core import BadInput
from tilth.land import Region, Store
from tilth.ledger import Account, Entry, Line, Quantities, counter
from tilth.runtime import Workspace

SELLER, BUYER, DAY = "410882", "410883", date(2024, 6, 1)


def pool(region: str, grade: int = 5) -> Account:
    return Account(region, "POOL:RESTORED", stable=1, grade=grade)


@pytest.fixture
def two(tmp_path: Path) -> Workspace:
    """Two counties; the first has 5 ha of grade 5 and 1 ha of grade 7 in its pool."""
    place = api.init(tmp_path / "w", region=SELLER, name="seller")
    Store(place).put_regions([Region(BUYER, "buyer", "county")])
    with api.land_book(place) as book:
        for grade, area in ((5, 5_000_000), (7, 1_000_000)):
            lines = (Line(pool(SELLER, grade), Quantities(area, 0, 0, area * grade)),)
            book.post(Entry(f"accept-{grade}", "ACCEPT", DAY, DAY, "opinion-1", "Li", lines))
    return place


def give(place: Workspace, area: str, **more: object) -> api.Booked:
    told = {"seller": SELLER, "buyer": BUYER, "account": "POOL:RESTORED", "evidence": "agreement-4", "author": "Li"}
    return api.ledger_transfer(place, area_ha=area, **{**told, **more})  # type: ignore[arg-type]


def test_a_region_gives_itself_nothing(two: Workspace) -> None:
    with pytest.raises(BadInput, match=f"{SELLER} cannot transfer to itself"):
        give(two, "3", buyer=SELLER)


def test_what_the_seller_gives_the_buyer_gets(two: Workspace) -> None:
    give(two, "3", grade=5)
    left, right = (api.ledger_balance(two, region=one, account="POOL") for one in (SELLER, BUYER))
    assert {one.account.grade: one.booked.area_dm2 for one in left} == {5: 2_000_000, 7: 1_000_000}
    assert [(one.account, one.booked) for one in right] == [(pool(BUYER), Quantities(3_000_000, 0, 0, 15_000_000))]


def test_asking_twice_transfers_once(two: Workspace) -> None:
    assert give(two, "3", grade=5).again == 0 and give(two, "3", grade=5).again == 1


def test_a_transfer_that_was_taken_back_is_made_anew(two: Workspace) -> None:
    for number in (1, 2):
        (receipt,) = give(two, "3", grade=5).receipts
        assert not receipt.again and receipt.id.endswith(":2") == (number == 2)
        with api.land_book(two) as book:
            wrong, _ = book.entry(receipt.id)
            book.post(
                counter(wrong, id=f"no {number}", posting_date=wrong.posting_date, evidence="agreement-5", author="Li")
            )
    assert give(two, "3", grade=5).again == 0 and give(two, "3", grade=5).again == 1


def test_which_pool_is_asked_where_there_are_several(two: Workspace) -> None:
    with pytest.raises(BadInput, match="2 accounts POOL:RESTORED"):
        give(two, "1")


def test_more_than_the_seller_has_is_refused(two: Workspace) -> None:
    with pytest.raises(BadInput, match=r"1\.00|10,000\.00"):
        give(two, "2", grade=7)


@pytest.mark.parametrize("area", ["0", "-1", "0.0000001", "much"])
def test_an_area_is_whole_and_above_nothing(two: Workspace, area: str) -> None:
    with pytest.raises(BadInput, match="whole number"):
        give(two, area, grade=5)


def test_the_command_posts_it(two: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["-w", str(two.root), "ledger", "transfer", "--from", SELLER, "--to", BUYER, "--account", "POOL:RESTORED",
             "--grade", "5", "--area-ha", "3", "--evidence", "agreement-4", "--author", "Li"]  # fmt: skip
    assert run(asked) == 0 and "1 entry posted" in capsys.readouterr().out
