"""Soil samples into classes: a file or a stored set, under one scheme or several, counted and row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from tilth.api.sampling import CONVERSIONS, SCHEMES, Asked, SamplesRead, read_samples
from tilth.core import BadInput, Finding, Where, safe_cell

if TYPE_CHECKING:
    from tilth.runtime import Workspace
    from tilth.soil import ClassCount, SampleSet, Scheme

_ROW = ("source_row", "sample_id", "class", "class_label", "class_possible", "class_range", "class_note")


@dataclass(frozen=True)
class UnderScheme:
    """The samples under one scheme: how many of each class, and each row."""

    scheme: Scheme
    counts: tuple[ClassCount, ...]
    rows: (
        pd.DataFrame
    )  # source_row, sample_id, class, class_label, class_possible, class_range, class_note, class_salt, …

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        classes = [one.as_record() for one in self.counts]
        return {"scheme": self.scheme.as_record(), "classes": classes, "rows": self.rows.to_dict("records")}


@dataclass(frozen=True)
class Classified:
    """Samples under every scheme asked for."""

    samples: SampleSet
    schemes: tuple[UnderScheme, ...]
    findings: tuple[Finding, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        meta = self.samples.meta
        return {
            "samples": self.samples.name,
            "rows_in": meta.rows_in,
            "rows_classified": meta.rows_stored,
            "rows_quarantined": meta.rows_quarantined,
            "schemes": [one.as_record() for one in self.schemes],
            "quarantine": SamplesRead(self.samples).as_record()["quarantine"],
            "findings": [one.as_record() for one in self.findings],
        }


def soil_classify(
    file: str | Path,
    *,
    schemes: Sequence[str] = ("ussl",),
    workspace: Workspace | None = None,
    asked: Asked | None = None,
    out: str | Path | None = None,
) -> Classified:
    """Classes of the samples in a file, or of the stored set that `file` names by its id or label.

    What a scheme asks about and a row does not give is computed where it can be; else the class is unknown.

    Parameters
    ----------
    schemes
        Ids or other names of schemes, files of one's own (.toml), or "all": those that the samples have no column for
        are then left out, and a finding says why.
    asked
        What the user says of the table, see `import_samples`.
    out
        A CSV of every row under every scheme.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If the file cannot be used, or there is no such scheme or set.
    """
    from tilth.soil import (
        UNKNOWN,
        class_counts,
        classify,
        find_scheme,
        get_samples,
        load_conversions,
        schemes_in,
        wanted_columns,
    )

    folder = workspace.root / SCHEMES if workspace else None
    names = sorted(schemes_in(folder)) if "all" in schemes else list(dict.fromkeys(schemes))
    chosen = [find_scheme(name, folder) for name in names]
    table = load_conversions(workspace.root / CONVERSIONS if workspace else None)
    if workspace is not None and not Path(file).exists():
        samples = get_samples(workspace, str(file))
    else:
        samples = read_samples(file, asked or Asked(anywhere=True), workspace=workspace).samples
    regression = (asked.regression if asked else None) or samples.meta.extra.get("regression") or None
    frame = _as_measured(samples.frame)
    found, findings = [], list(samples.findings)
    file_said = Where(file=samples.meta.sources[0]["name"])
    for scheme in chosen:
        wanted = wanted_columns(frame, scheme)
        if wanted and "all" in schemes:
            findings.append(Finding("SOIL-SCHEME-LEFT-OUT", file_said, {"scheme": scheme.id, "wanted": wanted}))
            continue
        placed = classify(frame, scheme, regression=regression, table=table)
        labels = {name: str(label) for name, label in scheme.labels().items()}
        placed["class_label"] = placed["class"].map(labels)
        kept = [name for name in placed.columns if name in _ROW or (name.startswith("class_") and name not in frame)]
        found.append(UnderScheme(scheme, class_counts(placed["class"], scheme), placed[_in_order(kept)]))
        if (placed["class"] == UNKNOWN).all():
            values = {"scheme": scheme.id, "metrics": ", ".join(scheme.metrics)}
            findings.append(Finding("SOIL-ALL-UNKNOWN", file_said, values))
    if not found:
        raise BadInput("SOIL-SCHEME-NONE-FITS", file=samples.name, schemes=", ".join(one.id for one in chosen))
    done = Classified(samples, tuple(found), tuple(findings))
    if out is not None:
        write_classes(done, out)
    return done


def _as_measured(frame: pd.DataFrame) -> pd.DataFrame:
    """The samples without what was computed from others: a class says itself how it was come by."""
    out = pd.DataFrame(frame.drop(columns=frame.geometry.name)) if hasattr(frame, "geometry") else frame.copy()
    for column, method in (("ece_ds_m", "ece_method"), ("salt_g_kg", "salt_method")):
        out[column] = out[column].where(out[method] == "as stated")
    return out


def _in_order(names: Sequence[str]) -> list[str]:
    return [*(name for name in _ROW if name in names), *(name for name in names if name not in _ROW)]


def write_classes(done: Classified, path: str | Path) -> Path:
    """Every row under every scheme as CSV, one column of ids and one of labels for each scheme.

    Raises
    ------
    BadInput
        If the ending is not .csv, or the file cannot be written.
    """
    from tilth.runtime import write_whole

    place = Path(path)
    if place.suffix.lower() != ".csv":
        raise BadInput("SOIL-OUT-ENDING", file=place.name)
    columns: dict[str, Any] = {name: done.samples.frame[name] for name in ("source_row", "sample_id")}
    for one in done.schemes:
        for name in one.rows.columns[2:]:
            columns[f"{one.scheme.id}:{name}"] = one.rows[name]
    frame = pd.DataFrame(columns)
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name].dtype):
            frame[name] = frame[name].astype(str).map(safe_cell)
    return write_whole(place, frame.to_csv(index=False).encode("utf-8-sig"))


def soil_schemes(workspace: Workspace | None = None) -> list[Scheme]:
    """Every classification scheme, those of the workspace in place of the ones that ship."""
    from tilth.soil import schemes_in

    found = schemes_in(workspace.root / SCHEMES if workspace else None)
    return [found[name] for name in sorted(found)]


def soil_samples(workspace: Workspace) -> list[Mapping[str, Any]]:
    """The sets of samples in a workspace: id, label, file, rows, coordinate system."""
    from tilth.soil import list_samples

    return [
        {
            "id": key,
            "label": meta.label,
            "file": ", ".join(one["name"] for one in meta.sources),
            "rows_in": meta.rows_in,
            "rows_stored": meta.rows_stored,
            "rows_quarantined": meta.rows_quarantined,
            "crs": meta.crs,
            "depths": meta.extra.get("depths", ""),
            "depth_method": meta.depth_method,
        }
        for key, meta in list_samples(workspace)
    ]


def soil_indices() -> list[Mapping[str, Any]]:
    """Every spectral index: id, formula, bands, where it points, source."""
    from tilth.soil import indices

    return [
        {
            "id": one.id,
            "title": str(one.title),
            "formula": one.formula.text,
            "bands": list(one.bands),
            "parameters": dict(one.parameters),
            "saltier": one.saltier,
            "scale_invariant": one.scale_invariant,
            "source": one.source,
            "confidence": one.confidence,
            "note": one.note,
        }
        for one in indices().values()
    ]
