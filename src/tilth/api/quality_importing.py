"""The quality register in: a county's table by parcel becomes a stored table of its year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.core import BadInput, Finding, Where, message

if TYPE_CHECKING:
    from tilth.runtime import Workspace
    from tilth.soil import QualityTable


@dataclass(frozen=True)
class QualityRead:
    """A table of the register that was read and stored."""

    table: QualityTable

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed."""
        return self.table.findings

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many rows were set aside, by reason."""
        return Counter(one.code for one in self.table.aside)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        meta = self.table.meta
        rows = [(one.source_row, one.code, Finding(one.code, values=one.values).said) for one in self.table.aside]
        return {
            "id": self.table.id,
            "kind": "quality",
            "year": meta.year,
            "label": meta.label,
            "sources": list(meta.sources),
            "columns": meta.columns,
            "rows_in": meta.rows_in,
            "rows_stored": meta.rows_stored,
            "rows_quarantined": meta.rows_quarantined,
            "reasons": dict(self.reasons),
            "quarantine": [{"source_row": r, "code": c, "reason": w} for r, c, w in rows],
            "findings": [one.as_record() for one in self.findings],
        }


def quality_import(
    workspace: Workspace,
    file: str | Path,
    *,
    year: int,
    units: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    source: str = "",
    date: str = "",
    confidence: str = "",
    label: str = "",
    replaces: bool = False,
    sheet: str | None = None,
    encoding: str | None = None,
) -> QualityRead:
    """Bring a table of farmland quality into the register of a year, which has a survey: a row for each parcel.

    A later table counts where it has a value; what it leaves blank stays as an earlier one of the year has it.

    Parameters
    ----------
    units
        Units by column ("organic_matter_g_kg": "%"), where headings do not say them or are wrong.
    columns
        Headings by column, where they are not known.
    source, date, confidence
        Of the values, where the table does not say. Values of which nobody says how sure they are are unverified.
    replaces
        The table takes the place of all that the year has; these stay in the workspace.

    Raises
    ------
    NotFound
        If there is no survey of that year.
    BadInput, NeedsAnswer
        If the file cannot be used, or leaves something open.
    """
    import numpy as np

    from tilth.intake import read_table
    from tilth.land import Store
    from tilth.runtime import working
    from tilth.soil import QualityTold, put_quality, quality_rows, quality_table

    told = QualityTold(dict(units or {}), dict(columns or {}), source, date, confidence)
    survey = Store(workspace).survey(year)
    parcels = survey.attributes["parcel_id"].to_numpy(dtype=object)
    with working(message("API-READING", file=Path(file).name)):
        table = read_table(file, sheet=sheet, encoding=encoding)
        name = table.sources[0].name if table.sources else Path(file).name
        rows = quality_rows(table.frame, year=year, told=told, file=name, known=parcels)
    if not len(rows.frame):
        first = rows.aside[0] if rows.aside else None
        why = Finding(first.code, values=first.values).said if first else message("INTAKE-EMPTY", file=name)
        raise BadInput("QUALITY-NONE-LEFT", file=name, rows=rows.rows_in, why=why)
    codes = survey.codes
    farmland = {
        one
        for one, code in zip(parcels, survey.attributes["class_code"], strict=True)
        if code in codes and codes.is_farmland(code)
    }
    other = int(np.sum([one not in farmland for one in rows.frame["parcel_id"]]))
    noted = [Finding("QUALITY-OTHER-LAND", Where(file=name), {"count": other})] if other else []
    rows = replace(rows, findings=(*table.findings, *rows.findings, *noted))
    done = quality_table(
        rows, year=year, label=label, survey=survey.id, version=__version__,
        sources=[{"name": one.name, "sha256": one.sha256, "encoding": one.encoding} for one in table.sources],
        extra={"source": source, "date": date, "confidence": confidence},
    )  # fmt: skip
    with working(message("API-STORING", file=Path(file).name)):
        put_quality(workspace, done, replaces=replaces)
    return QualityRead(done)


def quality_tables(workspace: Workspace) -> list[dict[str, Any]]:
    """The tables that the register of each year uses, the oldest first."""
    from tilth.soil import quality_years

    kept = ("id", "year", "label", "rows_in", "rows_stored", "rows_quarantined", "replaces")
    return [
        {**{name: one[name] for name in kept}, "file": one["sources"][0]["name"], "columns": list(one["columns"])}
        for tables in quality_years(workspace).values()
        for one in tables
    ]
