"""What is wrong with a year's survey, and mending what can be mended without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tilth.api.importing import RIDGES, changes_table
from tilth.api.layers import usable_layers
from tilth.core import Finding, breaking, message
from tilth.intake import Repaired, Validation, all_findings, read_ridge_table
from tilth.intake import repair as mend
from tilth.intake import validate as examine
from tilth.land import Snapshot, Store
from tilth.report import listing_csv, repair_listing
from tilth.runtime import Workspace, working, write_whole


@dataclass(frozen=True)
class Examined:
    """A year's survey, everything found in it, and which rules could be asked."""

    snapshot: Snapshot
    validation: Validation
    findings: tuple[Finding, ...]  # of the import and of the examination

    @property
    def breaks(self) -> bool:
        """Does anything break a rule?"""
        return bool(breaking(self.findings)) or self.snapshot.meta.rows_quarantined > 0

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "snapshot": self.snapshot.id,
            "year": self.snapshot.meta.year,
            "rows_in": self.snapshot.meta.rows_in,
            "rows_stored": self.snapshot.meta.rows_stored,
            "rows_quarantined": self.snapshot.meta.rows_quarantined,
            "assessed": list(self.validation.assessed),
            "not_assessed": [{"rule": rule, "why": str(why)} for rule, why in self.validation.not_assessed],
            "findings": [finding.as_record() for finding in self.findings],
        }


def validate(workspace: Workspace, *, year: int) -> Examined:
    """Examine the survey of `year` by rules V1–V15 and by its geometry.

    Raises
    ------
    NotFound
        If there is no survey of that year.
    """
    store = Store(workspace)
    snapshot = store.survey(year)
    return examined(workspace, store, snapshot)


def examined(workspace: Workspace, store: Store, snapshot: Snapshot) -> Examined:
    """Examine one snapshot with whatever else the workspace holds."""
    year = snapshot.meta.year
    layers, left_out = usable_layers(store, snapshot, ["village", "pbf"])
    ridges = workspace.root / RIDGES
    changes = workspace.root / changes_table(year or 0)
    earlier = [
        entry for entry in store.listed(kind="survey") if entry.year is not None and entry.year == (year or 0) - 1
    ]
    with working(message("API-VALIDATING", year=year)):
        validation = examine(
            snapshot,
            codes=snapshot.codes,
            regions=store.regions(),
            villages=layers.get("village"),
            pbf=layers.get("pbf"),
            changes=pd.read_csv(changes, dtype="str", keep_default_na=False) if changes.is_file() else None,
            previous=store.load(earlier[-1]) if earlier else None,
            ridge_table=read_ridge_table(ridges) if ridges.is_file() else None,
        )
    return Examined(snapshot, validation, (*left_out, *all_findings(snapshot, validation)))


@dataclass(frozen=True)
class Mended:
    """A repaired survey, now the one its year uses, and the record of what was done."""

    snapshot: Snapshot
    repaired: Repaired
    file: Path  # the record as CSV
    set_aside: int  # rows that the repair put into the quarantine

    @property
    def breaks(self) -> bool:
        """Was a row set aside, or left as it was because nothing sound can be made of it?"""
        return self.set_aside > 0 or bool(breaking(self.repaired.findings))

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "snapshot": self.snapshot.id,
            "rows_stored": self.snapshot.meta.rows_stored,
            "rows_quarantined": self.snapshot.meta.rows_quarantined,
            "rows_set_aside": self.set_aside,
            "changes": self.repaired.changes.to_dict("records"),
            "moved_dm2": self.repaired.moved_dm2,
            "file": str(self.file),
            "findings": [finding.as_record() for finding in self.repaired.findings],
        }


def repair(workspace: Workspace, *, year: int) -> Mended:
    """Mend the survey of `year` as a new snapshot. The old one stays; what was changed is written beside the reports.

    Raises
    ------
    NotFound
        If there is no survey of that year.
    BadInput
        If another survey of the year was imported while this one was being mended.
    """
    store = Store(workspace)
    snapshot = store.survey(year)
    with working(message("API-REPAIRING", year=year)):
        repaired = mend(snapshot, codes=snapshot.codes)
    stored = store.publish(repaired.draft, follows=snapshot.id)
    file = workspace.root / "reports" / f"repair-{year}-{stored.id[:8]}.csv"
    write_whole(file, listing_csv(repair_listing(repaired.changes)))
    return Mended(stored, repaired, file, stored.meta.rows_quarantined - snapshot.meta.rows_quarantined)
