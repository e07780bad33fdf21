"""A finding: one thing that is wrong or odd in somebody's data, said so that it can be mended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tilth.core.language import catalogue, message


class Severity(StrEnum):
    """Does it break a rule, or is it allowed but odd?"""

    BREAKS = "breaks"
    ODD = "odd"


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a finding. Whatever is known is given; the rest stays empty."""

    file: str = ""
    layer: str = ""
    row: int | None = None  # 1-based row of the source file
    parcel: str = ""  # parcel, region or feature id
    x: float | None = None  # coordinates in the CRS of the file
    y: float | None = None

    def __str__(self) -> str:
        parts = [self.file, self.layer]
        if self.row is not None:
            parts.append(f"#{self.row}")
        parts.append(self.parcel)
        if self.x is not None and self.y is not None:
            parts.append(f"({self.x:.3f}, {self.y:.3f})")
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its code (a key of the message catalogue), where it is, and the numbers that show it.

    `values` fill the placeholders of the catalogue's text; areas in them are dm² integers under names ending in
    `_dm2`, and are shown in m² through the matching name ending in `_m2`.
    """

    code: str
    where: Where = field(default_factory=Where)
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """As the catalogue has it; a code that does not say breaks a rule."""
        return Severity(catalogue()[self.code].get("severity", Severity.BREAKS))

    @property
    def name(self) -> str:
        """What its rule is called, in the language in use; empty for a note that has no name."""
        return message(self.code, "name")

    def _shown(self) -> dict[str, Any]:
        shown = dict(self.values)
        for name, value in self.values.items():
            if name.endswith("_dm2") and value is not None:
                shown[name[: -len("_dm2")] + "_m2"] = f"{value / 100:,.2f}"
        return shown

    @property
    def said(self) -> str:
        """What was found, both numbers and the difference, in the language in use."""
        return message(self.code, **self._shown())

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return message(self.code, "remedy", **self._shown())

    def __str__(self) -> str:
        start = " ".join(part for part in (self.code, self.name, str(self.where)) if part)
        return f"{start}: {self.said}"

    def as_record(self) -> dict[str, Any]:
        """A flat record for JSON, CSV and the workspace."""
        return {
            "code": self.code,
            "name": self.name,
            "severity": str(self.severity),
            "file": self.where.file,
            "layer": self.where.layer,
            "row": self.where.row,
            "parcel": self.where.parcel,
            "x": self.where.x,
            "y": self.where.y,
            "said": self.said,
            "remedy": self.remedy,
            "values": dict(self.values),
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Finding:
        """The finding that `as_record` wrote."""
        where = Where(*(record[name] for name in ("file", "layer", "row", "parcel", "x", "y")))
        return cls(record["code"], where, record["values"])


def breaking(findings: Iterable[Finding]) -> list[Finding]:
    """Those of `findings` that break a rule."""
    return [finding for finding in findings if finding.severity is Severity.BREAKS]
