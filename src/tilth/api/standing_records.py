"""What `standing` gives back: regions and groups against their tasks, with land book, quality and trend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from tilth.core import Finding, breaking

if TYPE_CHECKING:
    from tilth.change import Handed, Held, Holding, Trend
    from tilth.ledger import Summed


@dataclass(frozen=True)
class Detail:
    """What is known of a region besides its tasks; None or empty where nothing is."""

    held: Held | None = None
    handed: Mapping[str, Handed] = field(default_factory=dict)  # holding_dm2, pbf_dm2: what is handed down of it
    book: Summed | None = None
    farmland: Trend | None = None
    pbf: Trend | None = None  # of the permanent basic farmland that is farmland still

    def as_record(self, row: Holding, cap_year: int) -> dict[str, Any]:
        """For JSON."""
        return {
            "stable_dm2": None if self.held is None else self.held.stable_dm2,
            "handed_down": {what.removesuffix("_dm2"): one.as_record() for what, one in self.handed.items()},
            "quality": None if self.held is None else self.held.quality_record(),
            "book": None if self.book is None else self.book.as_record(cap_year),
            "trend": {
                "farmland": None if self.farmland is None else self.farmland.as_record(row.farmland_task_dm2),
                "pbf": None if self.pbf is None else self.pbf.as_record(row.pbf_task_dm2),
            },
        }


@dataclass(frozen=True)
class GroupStanding:
    """The exact sums over the members of a group. A number that a member lacks is summed without it, and says so."""

    name: str
    members: tuple[str, ...]
    inside: tuple[str, ...]  # members that lie in another member, and are not counted twice
    total: Holding
    detail: Detail
    missing: Mapping[str, tuple[str, ...]]  # by what is summed, the members that have none of it

    def as_record(self, cap_year: int) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "members": list(self.members),
            "inside_another": list(self.inside),
            "missing": {what: list(codes) for what, codes in self.missing.items() if codes},
            **self.total.as_record(),
            **self.detail.as_record(self.total, cap_year),
        }


@dataclass(frozen=True)
class Ungraded:
    """A farmland parcel that lacks a quality grade, in whole or in part."""

    parcel: str
    region: str
    class_code: str
    area_dm2: int

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"parcel": self.parcel, "region": self.region, "class_code": self.class_code, "area_dm2": self.area_dm2}


@dataclass(frozen=True)
class Standings:
    """What every region holds against its tasks in a year, and what goes with it."""

    year: int
    rows: tuple[Holding, ...]
    findings: tuple[Finding, ...]
    details: Mapping[str, Detail] = field(default_factory=dict)
    group: GroupStanding | None = None
    book_on: date | None = None  # the day of the land book; None: as it stands
    cap_year: int = 0
    ungraded: tuple[Ungraded, ...] = ()

    @property
    def breaks(self) -> bool:
        """Is a task missed?"""
        return bool(breaking(self.findings))

    def detail(self, region: str) -> Detail:
        """What is known of a region besides its tasks."""
        return self.details.get(region, Detail())

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "year": self.year,
            "book_on": self.book_on.isoformat() if self.book_on else None,
            "rows": [row.as_record() | self.detail(row.region).as_record(row, self.cap_year) for row in self.rows],
            "group": None if self.group is None else self.group.as_record(self.cap_year),
            "ungraded_parcels": [one.as_record() for one in self.ungraded],
            "findings": [finding.as_record() for finding in self.findings],
        }
