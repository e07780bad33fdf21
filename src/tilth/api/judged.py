"""What became of replacement land that was offered: every parcel with its checks, and what entered the pool."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tilth.core import Finding
from tilth.ledger import Account, Checked, Limits, Parcel, Receipt, passes


@dataclass(frozen=True)
class Judged:
    """One parcel offered: what every check says, and what becomes of it."""

    parcel: Parcel
    entry: str  # id of its entry: the same whenever the same parcel is offered with the same document
    account: Account | None
    net_dm2: int | None
    gross_dm2: int
    checks: tuple[Checked, ...]
    against: tuple[Finding, ...] = ()  # ground that is in the pool already
    receipt: Receipt | None = None

    @property
    def passes(self) -> bool:
        """Does every check pass, and is its ground not in the pool?"""
        return passes(self.checks) and not self.against

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "row": self.parcel.row, "project": self.parcel.project, "parcel": self.parcel.parcel,
            "accepted": self.parcel.accepted.isoformat(), "passes": self.passes,
            "account": str(self.account) if self.account else None, "net_dm2": self.net_dm2,
            "gross_dm2": self.gross_dm2, "entry": self.entry,
            "posted": self.receipt._asdict() if self.receipt else None,
            "checks": [one.as_record() for one in self.checks],
            "against": [one.as_record() for one in self.against],
        }  # fmt: skip


@dataclass(frozen=True)
class Acceptance:
    """What was offered, how it was judged, and what of it entered the pool."""

    file: str
    judged: tuple[Judged, ...]
    left_out: tuple[Finding, ...]  # rows without a polygon
    findings: tuple[Finding, ...]  # of the file and the layers
    limits: tuple[Limits, ...]  # by which it was judged; one for each year of acceptance

    @property
    def posted(self) -> tuple[Judged, ...]:
        """Parcels that stand in the pool now."""
        return tuple(one for one in self.judged if one.receipt is not None)

    @property
    def refused(self) -> int:
        """How many do not pass, rows without a polygon among them."""
        return sum(not one.passes for one in self.judged) + len(self.left_out)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "file": self.file, "parcels": len(self.judged) + len(self.left_out), "refused": self.refused,
            "posted": len(self.posted), "posted_dm2": sum(one.net_dm2 or 0 for one in self.posted),
            "again": sum(one.receipt.again for one in self.posted if one.receipt),
            "rules": [{"pack": one.pack, "version": one.version} for one in self.limits],
            "judged": [one.as_record() for one in self.judged],
            "left_out": [one.as_record() for one in self.left_out],
            "findings": [one.as_record() for one in self.findings],
        }  # fmt: skip
