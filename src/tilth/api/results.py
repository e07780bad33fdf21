"""What the functions of `tilth.api` give back: frozen records that print themselves as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import Finding, breaking
from tilth.land import Snapshot, retold

if TYPE_CHECKING:
    from tilth.core import AreaTable


@dataclass(frozen=True)
class Imported:
    """One file brought in. Rows in = rows stored + rows quarantined."""

    snapshot: Snapshot
    findings: tuple[Finding, ...]
    in_use: bool = True  # False: stored, and its year does not use it

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many rows were quarantined, by reason."""
        held = self.snapshot.quarantine
        return Counter() if held is None else Counter(str(code) for code in held["code"])

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        import pandas as pd

        meta, held = self.snapshot.meta, self.snapshot.quarantine
        shown = ["source_row", "code", "reason"]
        quarantine = [] if held is None else pd.DataFrame(retold(held))[shown].to_dict("records")
        return {
            "id": self.snapshot.id,
            "kind": meta.kind,
            "year": meta.year,
            "in_use": self.in_use,
            "crs": meta.crs,
            "profile": meta.profile,
            "code_system": meta.code_system,
            "sources": [{"name": s.name, "sha256": s.sha256, "encoding": s.encoding} for s in meta.sources],
            "rows_in": meta.rows_in,
            "rows_stored": meta.rows_stored,
            "rows_quarantined": meta.rows_quarantined,
            "area_dm2": meta.area_dm2,
            "area_from": meta.area_from,
            "quarantine": quarantine,
            "findings": [finding.as_record() for finding in self.findings],
        }


@dataclass(frozen=True)
class Rows:
    """A table brought in that is not a layer (tasks, regions, groups)."""

    what: str
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    quarantine: tuple[tuple[int, str, str], ...] = ()  # (source row, code, reason)
    findings: tuple[Finding, ...] = ()

    def __post_init__(self) -> None:
        assert self.rows_in == self.rows_stored + self.rows_quarantined, self

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kind": self.what,
            "rows_in": self.rows_in,
            "rows_stored": self.rows_stored,
            "rows_quarantined": self.rows_quarantined,
            "quarantine": [{"source_row": r, "code": c, "reason": w} for r, c, w in self.quarantine],
            "findings": [finding.as_record() for finding in self.findings],
        }


@dataclass(frozen=True)
class Measured:
    """The areas of one polygon. `survey_dm2` is None outside CGCS2000."""

    row: int
    name: str
    engine_m2: float
    survey_dm2: int | None
    planar_m2: float | None
    stated_ha: float | None = None
    stated_matches: str = ""

    @property
    def stated_said(self) -> str:
        """Which area the stated one is, in the language in use."""
        from tilth.intake import stated_said

        return stated_said(self.stated_matches)

    def as_record(self) -> dict[str, Any]:
        """For JSON, areas in m²."""
        return {
            "row": self.row,
            "name": self.name,
            "survey_m2": None if self.survey_dm2 is None else self.survey_dm2 / 100,
            "engine_m2": self.engine_m2,
            "planar_m2": self.planar_m2,
            "stated_ha": self.stated_ha,
            "stated_matches": self.stated_matches,
        }


@dataclass(frozen=True)
class Measurement:
    """All polygons of a file, with what could not be measured."""

    file: str
    crs: str
    rows_in: int
    polygons: tuple[Measured, ...]
    rejected: tuple[tuple[int, str, str], ...]  # (source row, code, reason)
    findings: tuple[Finding, ...]
    dialect: str = ""

    @property
    def dialect_said(self) -> str:
        """How the exchange text is written, in the language in use; empty for any other file."""
        from tilth.intake import dialect_said

        return dialect_said(self.dialect)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        known = [one.survey_dm2 for one in self.polygons if one.survey_dm2 is not None]
        return {
            "file": self.file,
            "crs": self.crs,
            "dialect": self.dialect,
            "rows_in": self.rows_in,
            "rows_measured": len(self.polygons),
            "rows_rejected": len(self.rejected),
            "total_survey_m2": sum(known) / 100 if len(known) == len(self.polygons) and known else None,
            "total_engine_m2": float(sum(one.engine_m2 for one in self.polygons)),
            "polygons": [one.as_record() for one in self.polygons],
            "rejected": [{"row": r, "code": c, "reason": w} for r, c, w in self.rejected],
            "findings": [finding.as_record() for finding in self.findings],
        }


@dataclass(frozen=True)
class Accounts:
    """The status tables of a year, and what they leave out."""

    year: int
    snapshot: Snapshot
    tables: Mapping[str, AreaTable]
    findings: tuple[Finding, ...] = ()
    designated: Mapping[str, int] | None = None  # permanent basic farmland by village, as tasks count it [dm²]


@dataclass(frozen=True)
class Written:
    """Files that a command wrote, and the findings that stand in them."""

    files: tuple[Path, ...]
    findings: tuple[Finding, ...] = field(default=())

    @property
    def broken(self) -> int:
        """How many of the findings break a rule."""
        return len(breaking(self.findings))

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"files": [str(path) for path in self.files], "findings": len(self.findings), "broken": self.broken}
