"""What the test of one invariant says: the two numbers that were compared, their difference, and by which rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, ClassVar

from tilth.core import Label


class Outcome(StrEnum):
    """What a test says."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    NOT_ASSESSED = "not_assessed"  # what it needs is not known; never read as a pass


@dataclass(frozen=True, slots=True)
class Tested:
    """One test at one closing. `found` and `wanted` are whole numbers of `unit`, compared without division."""

    __test__: ClassVar[bool] = False  # no test case of pytest, whatever its name

    invariant: str  # INV-13
    region: str
    year: int
    outcome: Outcome
    found: int | None
    wanted: int | None
    unit: str  # dm2, kg, dm2_grade, entries, …
    rule: str  # id of the rule in its pack
    version: str
    since: date | None  # the rule is in force from here on
    confidence: str  # sure, likely or unverified
    about: Label  # what was compared, in words, with the entries concerned

    @property
    def difference(self) -> int | None:
        """`found` less `wanted`."""
        return None if self.found is None or self.wanted is None else self.found - self.wanted

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "invariant": self.invariant, "region": self.region, "year": self.year, "outcome": self.outcome.value,
            "found": self.found, "wanted": self.wanted, "difference": self.difference, "unit": self.unit,
            "rule": self.rule, "rule_version": self.version, "since": self.since.isoformat() if self.since else None,
            "confidence": self.confidence, "about": str(self.about),
        }  # fmt: skip
