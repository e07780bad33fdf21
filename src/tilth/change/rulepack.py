"""Rules as data: what a footprint is judged by, each rule with its version, its dates in force and its source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from importlib.resources import files
from pathlib import Path
from typing import Any

from tilth.core import BadInput, Label
from tilth.core.rulefile import common, label_in, packed, toml_in

#: Name under which the survey's parcels stand where a rule, a hit or a table names its layer.
PARCELS = "parcels"


class Outcome(StrEnum):
    """What a rule says of a footprint."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    WARN = "warn"
    INFO = "info"
    NOT_ASSESSED = "not_assessed"


class Kind(StrEnum):
    """The question a rule asks."""

    INSIDE = "inside"  # does the footprint lie in the layer?
    OUTSIDE = "outside"  # does it lie outside the layer?
    FARMLAND = "farmland"  # how much farmland does it occupy, and what claim would that create?
    SLOPE = "slope"  # how much of that farmland is of the grades named?
    QUALITY = "quality"  # of what mean grade is it?
    GAP = "gap"  # what part of the footprint does the survey not know?
    BEYOND = "beyond"  # what part lies outside the surveyed county?
    HOLDING = "holding"  # does the farmland left still meet the task?
    PBF_HOLDING = "pbf_holding"  # does the permanent basic farmland left still meet the task?


#: Kinds that ask about a layer other than the parcels.
OF_A_LAYER = frozenset({Kind.INSIDE, Kind.OUTSIDE, Kind.PBF_HOLDING})
#: Layers that a footprint is not inside or outside of: they give grades and boundaries.
NO_FLAG = frozenset({PARCELS, "slope", "quality", "township", "village"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in one version. `outcome` is what it says when its condition is met; otherwise it passes."""

    id: str
    version: str
    since: date
    until: date | None  # last day in force; None: still in force
    title: Label
    layer: str  # a layer kind, or "parcels"
    kind: Kind
    outcome: Outcome
    duty: Label  # what follows where the condition is met
    source: str
    confidence: str  # sure, likely or unverified
    tolerance_dm2: int = 0  # an area up to this is warned of, not failed
    grades: tuple[int, ...] = ()  # of kind "slope"

    def in_force(self, day: date) -> bool:
        """Was this version in force on `day`?"""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True)
class RulePack:
    """Rules under one name and version. Several versions of one rule may stand in it; the act date chooses."""

    id: str
    version: str
    title: Label
    rules: tuple[Rule, ...]

    def in_force(self, day: date) -> tuple[Rule, ...]:
        """The rules in force on `day`, one version of each (the latest), in the order of the pack.

        Raises
        ------
        BadInput
            If none is: a footprint that nothing was asked of must not look clear.
        """
        chosen: dict[str, Rule] = {}
        for rule in self.rules:
            if rule.in_force(day) and (rule.id not in chosen or chosen[rule.id].since < rule.since):
                chosen[rule.id] = rule
        if not chosen:
            first = min((rule.since for rule in self.rules), default=None)
            raise BadInput("CHECK-NO-RULE-IN-FORCE", pack=self.id, day=day, first=first or "-")
        return tuple(chosen.values())

    def overridden_by(self, other: RulePack) -> RulePack:
        """This pack with every rule that `other` names replaced, all its versions, and `other`'s new rules behind."""
        replaced = {rule.id for rule in other.rules}
        kept = tuple(rule for rule in self.rules if rule.id not in replaced)
        return RulePack(f"{self.id}+{other.id}", f"{self.version}+{other.version}", other.title, (*kept, *other.rules))


def load_rules(path: str | Path | None = None) -> RulePack:
    """The rule pack in a TOML file; without `path` the one that ships, "cn-2024".

    Raises
    ------
    BadInput
        If the file cannot be read or a rule in it is incomplete or asks an unknown question.
    """
    if path is None:
        packed = files("tilth.change").joinpath("data/check-rules-cn-2024.toml")
        return _pack(tomllib.loads(packed.read_text(encoding="utf-8")), "check-rules-cn-2024.toml")
    source = Path(path)
    return _pack(toml_in(source, "CHECK-RULES-UNREADABLE"), source.name)


def _pack(found: Mapping[str, Any], file: str) -> RulePack:
    return RulePack(*packed(found, file, _rule, empty="CHECK-RULES-EMPTY", twice="CHECK-RULE-TWICE"))


def _rule(row: Mapping[str, Any], file: str, number: int) -> Rule:
    """One rule of the file; whatever is wrong with it is said with the file, the rule, the key and the value."""

    def refuse(key: str, value: object, wanted: str) -> BadInput:
        return BadInput("CHECK-RULE-BAD", file=file, rule=row.get("id", number), key=key, value=value, wanted=wanted)

    since, until = common(row, ("id", "version", "title", "kind", "outcome", "source", "confidence"), refuse)
    for key, values in (("kind", list(Kind)), ("outcome", list(Outcome))):
        if row[key] not in values:
            raise refuse(key, row[key], ", ".join(values))
    tolerance = row.get("tolerance_m2", 0)
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 <= tolerance < 1e9:
        raise refuse("tolerance_m2", tolerance, "0 … 1e9")
    kind, layer = Kind(row["kind"]), row.get("layer", PARCELS)
    if not isinstance(layer, str) or not _fits(kind, layer):
        raise refuse("layer", layer, "pbf, ecology, town …" if kind in OF_A_LAYER else PARCELS)
    grades = row.get("grades", [])
    if not isinstance(grades, list) or not all(type(grade) is int for grade in grades):
        raise refuse("grades", grades, "[4, 5]")
    return Rule(
        id=row["id"],
        version=row["version"],
        since=since,
        until=until,
        title=label_in(row, "title"),
        layer=layer,
        kind=kind,
        outcome=Outcome(row["outcome"]),
        duty=label_in(row, "duty"),
        source=row["source"],
        confidence=row["confidence"],
        tolerance_dm2=round(tolerance * 100),
        grades=tuple(grades),
    )


def _fits(kind: Kind, layer: str) -> bool:
    """May a rule of `kind` ask about `layer`?"""
    if kind is Kind.PBF_HOLDING:
        return layer == "pbf"
    if kind in OF_A_LAYER:
        return layer not in NO_FLAG
    return layer == PARCELS
