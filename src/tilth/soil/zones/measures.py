"""Which measures a zone calls for, by what drives its salt: a table of rules, less what other rules forbid there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tilth.core import BadInput, Label
from tilth.soil.salt_chain.fitting import planned
from tilth.soil.salt_chain.measures import excluded, treated, treatments
from tilth.soil.salt_chain.tolerances import table

#: Crop that stands for any where the rules on measures ask whether there is one.
_ANY_CROP = "cotton"
_NO = frozenset({"no", "none", "0", "false", "无", "否"})


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule: where a driver's median lies in a range, or its main kind is one of some, these measures help."""

    id: str
    driver: str
    at_least: float | None
    below: float | None
    kinds: frozenset[str]
    treatments: tuple[str, ...]
    why: Label
    confidence: str
    source: str

    def holds(self, value: float | str) -> bool:
        """Does it hold for a median or a kind? Lower bounds are inclusive."""
        if isinstance(value, str):
            return value.strip().casefold().replace(" ", "_") in self.kinds
        if self.kinds or value != value:  # noqa: PLR0124  NaN is not known
            return False
        return (self.at_least is None or value >= self.at_least) and (self.below is None or value < self.below)


@dataclass(frozen=True, slots=True)
class Called:
    """A measure that a zone calls for, why, and the rules (T1 to T8) by which it may not stand there."""

    treatment: str
    label: Label
    why: tuple[Label, ...]
    forbidden: tuple[str, ...]


@cache
def reasons() -> tuple[Reason, ...]:
    """The rules that ship."""

    def number(text: str) -> float | None:
        return float(text) if text else None

    return tuple(
        Reason(
            row["id"], row["driver"], number(row["at_least"]), number(row["below"]),
            frozenset(one.casefold() for one in row["kinds"].split()), tuple(row["treatments"].split()),
            Label(row["why_en"], row["why_zh"]), row["confidence"], row["source"],
        )
        for row in table("zone-measures.csv")
    )  # fmt: skip


def driver_names() -> tuple[str, ...]:
    """Names of drivers that the rules ask about."""
    return tuple(dict.fromkeys(one.driver for one in reasons()))


def called_for(drivers: Mapping[str, float | str]) -> list[Called]:
    """Measures for a zone whose drivers have these medians and main kinds; those that may stand there first.

    >>> [one.treatment for one in called_for({"gw_depth_m": 1.2, "outlet": "no"}) if not one.forbidden]
    ['RAISED_BED', 'STRAW_INTERLAYER', 'HALO_FEED']
    """
    why: dict[str, list[Label]] = {}
    for rule in reasons():
        value = drivers.get(rule.driver)
        if value is not None and rule.holds(value):
            for one in rule.treatments:
                why.setdefault(one, [])
                if rule.why not in why[one]:
                    why[one].append(rule.why)
    found = [Called(one, treatments()[one].label, tuple(told), _forbidden(one, drivers)) for one, told in why.items()]
    return sorted(found, key=lambda one: bool(one.forbidden))


def _forbidden(treatment: str, drivers: Mapping[str, float | str]) -> tuple[str, ...]:
    def number(name: str) -> float:
        value = drivers.get(name, float("nan"))
        return float("nan") if isinstance(value, str) else value

    outlet = str(drivers.get("outlet", "yes")).strip().casefold() not in _NO
    water = str(drivers.get("water", "yes")).strip().casefold() not in _NO
    option = treated(planned(_ANY_CROP), [treatment])
    rules = excluded(option, ece=number("ece_ds_m"), esp=number("esp_pct"), outlet=outlet, water=water)
    return tuple(sorted(rules))


def meant(given: Mapping[str, str], columns: tuple[str, ...]) -> dict[str, str]:
    """Columns by the driver that each stands for: its own name, or what is said of it.

    Raises
    ------
    BadInput
        If a column is not there.
    """
    for column in given:
        if column not in columns:
            raise BadInput("SOIL-ZONES-COLUMN", column=column, known=", ".join(columns))
    return {given.get(one, one): one for one in columns}
