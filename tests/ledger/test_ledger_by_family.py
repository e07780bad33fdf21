"""Balances are summed by family of accounts without losing a unit; a missed task is asked by the year of the act."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import BadInput
from tilth.ledger import Account, Balance, Chart, Entry, Line, Quantities, Summed, summed
from tilth.ledger.laws import check

TODAY = date(2025, 12, 31)
names = st.sampled_from(["LAND:0101", "LAND:0103", "LAND:1003", "CLAIM:NONAG", "POOL:RESTORED", "CAP:2025", "CAP:2026"])
amounts = st.integers(0, 10**12)
balances = st.lists(
    st.builds(
        lambda name, stable, pbf, area, held: Balance(
            Account("310115", name, pbf=pbf, stable=stable), None, Quantities(area), Quantities(min(area, held))
        ),
        names, st.integers(0, 1), st.integers(0, 1), amounts, amounts,
    ),
    max_size=12,
)  # fmt: skip


@given(balances)
def test_every_balance_is_in_its_family_once(found: list[Balance]) -> None:
    total = summed(found)
    for family in ("LAND", "CLAIM", "POOL", "CAP"):
        mine = [one for one in found if one.account.family == family]
        assert total.booked.get(family, Quantities()).area_dm2 == sum(one.booked.area_dm2 for one in mine)
        assert total.held.get(family, Quantities()).area_dm2 == sum(one.held.area_dm2 for one in mine)
    farmland = [one for one in found if one.account.name in ("LAND:0101", "LAND:0103")]
    assert total.farmland.area_dm2 == sum(one.booked.area_dm2 for one in farmland)
    assert total.reserved_dm2 == sum(one.held.area_dm2 for one in farmland)
    assert total.stable_dm2 == sum(one.booked.area_dm2 for one in farmland if one.account.stable)
    caps = [one for one in found if one.account.name == "CAP:2025"]
    assert (total.cap_dm2(2025) or 0) == sum(one.available.area_dm2 for one in caps)


@given(balances, balances)
def test_two_sums_together_are_the_sum_of_both(some: list[Balance], others: list[Balance]) -> None:
    both = summed(some).plus(summed(others))
    assert both == summed([*some, *others]) and both.plus(Summed()) == both


def transfer(act: date) -> Entry:
    lines = [
        Line(Account(region, "POOL:RESTORED"), Quantities(area)) for region, area in (("3101", -1000), ("3102", 1000))
    ]
    return Entry("t", "TRANSFER", act, TODAY, "contract", "Li", tuple(lines))


def test_the_task_of_the_year_before_the_act_counts() -> None:
    asked = []

    def missed(year: int) -> frozenset[str]:
        asked.append(year)
        return frozenset(["3101"] if year == 2024 else [])

    check(transfer(date(2024, 12, 31)), Chart(), TODAY, missed=missed)
    with pytest.raises(BadInput, match="3101 missed its farmland task"):
        check(transfer(date(2025, 1, 1)), Chart(), TODAY, missed=missed)
    assert asked == [2023, 2024]
    with pytest.raises(BadInput, match="3101 missed its farmland task"):
        check(transfer(date(2024, 12, 31)), Chart(), TODAY, missed={"3101"})
