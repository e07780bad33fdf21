"""A new plan: what may be done on each unit, and what is asked for, checked before anything is solved."""

from __future__ import annotations

import csv
import io
import tomllib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.api.plan_folders import (
    ABOUT,
    CROP,
    FOLDER,
    OPTIONS,
    REJECTED,
    ROWS,
    START,
    TREATMENT,
    UNIT,
    as_json,
    digest,
    plan_folder,
    posed,
    put,
    read_options,
)  # fmt: skip
from tilth.core import BadInput, Finding, Where, message

if TYPE_CHECKING:
    from tilth.intake import OptionTable, Rejected
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class PlanMade:
    """What a plan is about."""

    name: str
    folder: Path
    told: str  # the problem in words, as the plan names things
    problem: str  # the same, as its tables name them
    about: dict[str, Any]
    findings: tuple[Finding, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        found = [one.as_record() for one in self.findings]
        return {"folder": str(self.folder), **self.about, "problem": self.problem.splitlines(), "findings": found}


def plan_new(
    workspace: Workspace,
    name: str,
    options: str | Path,
    *,
    rows: str | Path | None = None,
    units: str | Path | None = None,
    encoding: str | None = None,
) -> PlanMade:
    """Put a problem into the workspace's `plans/NAME`; it never changes afterwards.

    Parameters
    ----------
    options
        A table with a row for each unit and treatment: `unit`, `treatment`, quantities whose unit ends their name
        (`cost_yuan`), and if wanted `crop`, `start`, `region`, `zone`. Rows that cannot be used are kept aside.
    rows
        A TOML file of aim, demands and locks. Without it the one quantity called value is to be as large as it can.
    units
        For a table of the salt chain, which counts by hectare: the units with their areas.

    Raises
    ------
    BadInput, NotFound
        If there is a plan of that name, a file cannot be read, or the problem cannot be meant.
    """
    import pandas as pd

    from tilth.intake import option_table
    from tilth.plan import check, told
    from tilth.report import Words, sources_of

    folder = plan_folder(workspace, name)
    if folder.exists():
        raise BadInput("PLAN-THERE", name=name)
    table = option_table(options, units=units, encoding=encoding)
    if not len(table.unit):
        raise BadInput("PLAN-NO-ROW", file=Path(options).name, rows=table.rows_in, reason=_first_reason(table))
    written = _rows(rows, table)
    asked = read_rows(written, ROWS if rows is None else Path(rows).name)
    words = Words.of_rows(asked)
    sources_of(asked)
    kept = io.BytesIO()
    frame = _frame(table)
    frame.to_parquet(kept, index=False)
    files = {OPTIONS: kept.getvalue(), ROWS: written}
    about: dict[str, Any] = {
        "format": 1, "name": name, "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "software": f"tilth {__version__}", "version": str(asked.get("version", "")),
        "title": str(asked.get("title", name)), "inputs": {one: digest(content) for one, content in files.items()},
        "sources": [[one.name, one.sha256] for one in table.sources], "rows_in": table.rows_in,
        "units": len(table.names), "options": len(table.unit),
        "quarantined": dict(Counter(one.code for one in table.rejected)), "units_lost": list(table.lost[:100]),
        "quantities": list(table.columns), "labels": list(table.labels), "ignored": list(table.ignored),
        "chances": dict(table.chances), "key": [one for one in (CROP, START) if one in frame],
    }  # fmt: skip
    with workspace.writing():
        with workspace.staging() as staging:
            (staging / OPTIONS).write_bytes(files[OPTIONS])
            held, crops, measures = read_options(staging / OPTIONS, about)
        problem = posed(held, asked, crops, measures)
        check(problem)
        if folder.exists():
            raise BadInput("PLAN-THERE", name=name)
        if table.rejected:
            files[REJECTED] = quarantined(table.rejected)
        put(workspace, folder, {**files, ABOUT: as_json(about)})
    assert isinstance(frame, pd.DataFrame)
    said = told(problem, words), str(problem)
    return PlanMade(name, folder, *said, about, _findings(table, f"{FOLDER}/{name}/{REJECTED}"))


def _rows(rows: str | Path | None, table: OptionTable) -> bytes:
    if rows is not None:
        try:
            return Path(rows).read_bytes()
        except OSError as error:
            raise BadInput("PLAN-ROWS-UNREADABLE", file=Path(rows).name, why=error.strerror or str(error)) from error
    values = [one for one in table.columns if one == "value" or one.startswith("value_")]
    if len(values) != 1:
        raise BadInput("PLAN-NO-AIM")
    return f'[aim]\nmaximise = "{values[0]}"\n'.encode()


def read_rows(content: bytes, file: str) -> dict[str, Any]:
    """What a TOML file of demands says.

    Raises
    ------
    BadInput
        If it cannot be read.
    """
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput("PLAN-ROWS-UNREADABLE", file=file, why=str(error)) from error


def _frame(table: OptionTable) -> Any:
    """The usable options, those of a unit together, units in the order of the file."""
    import numpy as np
    import pandas as pd

    held: dict[str, Any] = {UNIT: table.names[table.unit], TREATMENT: table.treatment}
    if table.crop is not None:
        held[CROP] = table.crop
    if table.start is not None:
        held[START] = table.start
    held |= {name: one[table.unit] for name, one in table.labels.items()}
    held |= table.columns
    return pd.DataFrame(held).iloc[np.argsort(table.unit, kind="stable")].reset_index(drop=True)


def _first_reason(table: OptionTable) -> str:
    return message(table.rejected[0].code, **table.rejected[0].values) if table.rejected else "-"


def quarantined(rejected: Sequence[Rejected]) -> bytes:
    """Rows that were set aside, as CSV: where each stood, why, and what it said."""
    from tilth.core import safe_cell

    text = io.StringIO()
    names = list(dict.fromkeys(name for one in rejected for name in one.attributes if name != "source_row"))
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["source_row", "code", "reason", *names])
    for one in rejected:
        cells = ["" if one.attributes.get(name) is None else str(one.attributes[name]) for name in names]
        told = [one.source_row, one.code, message(one.code, **one.values), *cells]
        writer.writerow([safe_cell(cell) if isinstance(cell, str) else cell for cell in told])
    return ("\ufeff" + text.getvalue()).encode()


def _findings(table: OptionTable, file: str) -> tuple[Finding, ...]:
    source = table.sources[0].name
    found = [Finding(one.code, Where(file=source, row=one.source_row), one.values) for one in table.rejected]
    if table.lost:
        some = ", ".join(table.lost[:5])
        found.append(Finding("PLAN-UNIT-LOST", Where(file=file), {"count": len(table.lost), "units": some}))
    if table.ignored:
        found.append(Finding("PLAN-IGNORED", Where(file=source), {"columns": ", ".join(table.ignored)}))
    return tuple(found)
