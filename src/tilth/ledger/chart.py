"""Which accounts and kinds of entries there are. The table is `data/chart.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from tilth.core import NotFound
from tilth.land import CodeSystem, RegionTree, code_system
from tilth.ledger.model import Account

GRADES = range(11)
#: The part of stocks of farmland in the laws.
FARMLAND = "LAND of farmland"
#: Ridges between fields: no parcel's class, but land tables count them, and so does the book.
RIDGE = "1203"
_YEARS = range(1900, 2201)


@dataclass(frozen=True)
class Chart:
    """The accounts that a workspace may have: its regions, its classes, and the families of the table.

    Parameters
    ----------
    regions
        The codes of the region tree; None takes any.
    above
        The regions that each lies in, upwards: what closes them closes it.
    """

    regions: Collection[str] | None = None
    classes: CodeSystem = field(default_factory=lambda: code_system("sd2017"))
    above: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, tree: RegionTree) -> Chart:
        """The accounts of a region tree."""
        above = {code: tuple(one.code for one in tree.ancestors(code)[1:]) for code in tree.regions}
        return cls(regions=above.keys(), above=above)

    def admit(self, account: Account) -> None:
        """Nothing, if there may be such an account.

        Raises
        ------
        NotFound
            If its region or its name is unknown, or its marks cannot be.
        """
        self.part(account)

    def part(self, account: Account) -> str:
        """What part an account plays in the laws: `FARMLAND` for stocks of farmland, else its family.

        Raises
        ------
        NotFound
            As `admit`.
        """
        part = self._parts.get(account)
        if part is not None:
            return part
        if self.regions is not None and account.region not in self.regions:
            raise NotFound("LEDGER-REGION", account=str(account), region=account.region)
        flags = (account.pbf, account.paddy, account.stable)
        if not self._named(account) or any(flag not in (0, 1) for flag in flags) or account.grade not in GRADES:
            raise NotFound("LEDGER-ACCOUNT", account=str(account), known=", ".join(known_names()))
        if account.family == "LAND" and any(account[3:]) and account.name not in self.farmland:
            raise NotFound("LEDGER-MARKS", account=str(account))
        part = self._parts[account] = FARMLAND if account.name in self.farmland else account.family
        return part

    def _named(self, account: Account) -> bool:
        family = families().get(account.family)
        if family is None or not account.region.isalnum():
            return False
        member, known = account.member, family["member"]
        if known == "class":
            return member in self._leaves
        if known == "year":
            return len(member) == 4 and member.isascii() and member.isdigit() and int(member) in _YEARS
        if known == "word":
            return member.isalnum()
        if known == "none":
            return account.name == account.family
        return member in known

    def may_begin(self, words: str) -> bool:
        """May the name of an account begin so?"""
        names = (*(f"{family}:" for family in families()), *(f"LAND:{code}" for code in self._leaves))
        return any(name.startswith(words) for name in names) or self._named(Account("0", words))

    @cached_property
    def farmland(self) -> frozenset[str]:
        """The names of the accounts that count farmland."""
        return frozenset(f"LAND:{code}" for code in self.classes.leaves if self.classes.is_farmland(code))

    @cached_property
    def _leaves(self) -> frozenset[str]:
        return frozenset(code for code in (*self.classes.leaves, RIDGE) if code in self.classes)

    @cached_property
    def _parts(self) -> dict[Account, str]:
        return {}


@cache
def may_be_negative(name: str) -> bool:
    """May an account of this name fall below nothing? Stocks, claims, pools and caps never."""
    return bool(families()[name.partition(":")[0]]["may_be_negative"])


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads(files("tilth.ledger").joinpath("data/chart.toml").read_text(encoding="utf-8"))


@cache
def families() -> Mapping[str, Mapping[str, Any]]:
    """The families of accounts, by the first word of their name."""
    families: Mapping[str, Mapping[str, Any]] = _table()["family"]
    return families


@cache
def kinds() -> Mapping[str, str]:
    """The kinds of entries, and what a loss of farmland must raise in each: claim, exempt, none, never, reverse."""
    kinds: Mapping[str, str] = _table()["kind"]
    return kinds


@cache
def marks_moved_by(kind: str) -> frozenset[str]:
    """The marks of farmland that an entry of this kind may change in place: pbf, stable, grade."""
    return frozenset(_table()["marks"].get(kind, ()))


@cache
def movers() -> Mapping[str, tuple[frozenset[str], frozenset[str]]]:
    """The kinds of entries that may add to accounts of a family, and that may take from them, where not any may."""

    def may(settings: Mapping[str, Any], way: str) -> frozenset[str]:
        return frozenset((*settings.get(way, kinds()), "REVERSE"))

    return {
        family: (may(settings, "grows_by"), may(settings, "falls_by"))
        for family, settings in families().items()
        if "falls_by" in settings
    }


@cache
def known_names() -> tuple[str, ...]:
    """The names of accounts, as a message lists them."""
    names = []
    for family, settings in families().items():
        members = settings["member"]
        if isinstance(members, list):
            names.append(f"{family}:{'|'.join(members)}")
        else:
            names.append(family if members == "none" else f"{family}:<{members}>")
    return tuple(names)
