"""Sets of samples in a workspace: a folder for each, named by its content, there whole or not at all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.core import BadInput, Finding, NotFound
from tilth.runtime import Workspace, settle
from tilth.soil.samples.reading import SetAside
from tilth.soil.samples.table import SampleTable

FOLDER = "samples"
ROWS, CONVERSIONS, LAYERS = "rows.parquet", "conversions.parquet", "layers.parquet"
QUARANTINE, FINDINGS, META = "quarantine.jsonl", "findings.jsonl", "meta.json"


@dataclass(frozen=True)
class SampleMeta:
    """What a set of samples is. Rows in = rows stored + rows quarantined, always."""

    label: str
    sources: tuple[Mapping[str, str], ...]  # name and SHA-256 of each file
    crs: str  # "EPSG:n" or WKT; "" for samples without places
    columns: Mapping[str, Mapping[str, str]]  # column → heading, unit and extract of the file
    rows_in: int
    rows_stored: int
    rows_quarantined: int
    conversions: str  # version of the conversions
    depth_method: str  # "" where nothing was brought to depth intervals
    version: str  # of the software that wrote it
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        assert self.rows_in == self.rows_stored + self.rows_quarantined, self


@dataclass(frozen=True)
class SampleSet:
    """Samples as they are stored: `frame` with geometry (points, or none), and all that is known of them."""

    id: str
    meta: SampleMeta
    frame: gpd.GeoDataFrame
    conversions: pd.DataFrame  # source_row, column, stated, unit, value, method
    layers: pd.DataFrame | None  # by site and depth interval, see `harmonised`
    aside: tuple[SetAside, ...]
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """How it is called: its label, else its file, and the beginning of its id."""
        return f"{self.meta.label or self.meta.sources[0]['name']} ({self.id[:12]})"


def sample_set(
    table: SampleTable,
    *,
    crs: str,
    layers: pd.DataFrame | None,
    findings: Sequence[Finding],
    label: str,
    sources: Sequence[Mapping[str, str]],
    conversions: str,
    depth_method: str,
    version: str,
    extra: Mapping[str, Any],
) -> SampleSet:
    """A set of what was read; samples without x and y have no geometry."""
    frame = table.frame
    x, y = frame["x"].to_numpy(np.float64), frame["y"].to_numpy(np.float64)
    placed = np.isfinite(x) & np.isfinite(y)
    points = np.full(len(frame), None, dtype=object)
    points[placed] = shapely.points(x[placed], y[placed])
    rows = gpd.GeoDataFrame(frame, geometry=points, crs=crs or None)
    columns = {
        name: {"heading": one.heading, "unit": one.unit.name if one.unit else "", "extract": one.extract}
        for name, one in table.reads.items()
    }
    meta = SampleMeta(
        label, tuple(dict(one) for one in sources), crs, columns, table.rows_in, len(rows), len(table.aside),
        conversions, depth_method, version, dict(extra),
    )  # fmt: skip
    return SampleSet(_id(meta, rows), meta, rows, table.conversions, layers, table.aside, tuple(findings))


def _id(meta: SampleMeta, rows: gpd.GeoDataFrame) -> str:
    """SHA-256 over the meta, every value and every point, in row order; hexadecimal."""
    digest = hashlib.sha256(json.dumps(asdict(meta), sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(column for column in rows.columns if column != "geometry"):
        digest.update(name.encode())
        digest.update("\x1f".join("" if pd.isna(one) else repr(one) for one in rows[name].tolist()).encode())
    return digest.hexdigest()


def put_samples(workspace: Workspace, samples: SampleSet) -> None:
    """Store a set. The same content again changes nothing, but mends a folder that was damaged.

    Raises
    ------
    BadInput
        If it cannot be written.
    """
    folder = workspace.root / FOLDER / samples.id[:16]
    with workspace.writing():
        if folder.is_dir() and _whole(folder):
            return
        try:
            with workspace.staging() as staged:
                _write(samples, staged / "samples")
                settle(staged / "samples", folder)
        except (OSError, ValueError, TypeError) as error:
            why = getattr(error, "strerror", None) or str(error).splitlines()[0]
            raise BadInput("LAND-SNAPSHOT-UNWRITABLE", why=why) from error


def _write(samples: SampleSet, folder: Path) -> None:
    folder.mkdir()
    samples.frame.to_parquet(folder / ROWS, index=False)
    samples.conversions.to_parquet(folder / CONVERSIONS, index=False)
    if samples.layers is not None:
        samples.layers.to_parquet(folder / LAYERS, index=False)
    _lines(folder / FINDINGS, [one.as_record() for one in samples.findings])
    _lines(folder / QUARANTINE, [asdict(one) for one in samples.aside])
    files = {path.name: sha256_of(path) for path in sorted(folder.iterdir())}
    record = {"id": samples.id, **asdict(samples.meta), "files": files}
    (folder / META).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")


def _lines(path: Path, records: Sequence[Mapping[str, Any]]) -> None:
    lines = [json.dumps(one, ensure_ascii=False, default=str) + "\n" for one in records]
    path.write_text("".join(lines), encoding="utf-8")


def list_samples(workspace: Workspace) -> list[tuple[str, SampleMeta]]:
    """Id and meta of every stored set, in the order of their names."""
    folder = workspace.root / FOLDER
    found = [_record(path.parent) for path in sorted(folder.glob(f"*/{META}"))] if folder.is_dir() else []
    return [(record["id"], _meta(record)) for record in found]


def get_samples(workspace: Workspace, name: str) -> SampleSet:
    """The stored set whose id begins with `name`, or whose label it is.

    Raises
    ------
    NotFound
        If there is none, or several.
    BadInput
        If its files are missing, damaged or not what was stored.
    """
    known = list_samples(workspace)
    found = [key for key, meta in known if key.startswith(name) or (meta.label and meta.label == name)]
    if len(found) != 1 or not name:
        shown = ", ".join(f"{key[:12]} {meta.label or meta.sources[0]['name']}" for key, meta in known) or "–"
        raise NotFound("SOIL-STORE-NONE", name=name, known=shown)
    return read(workspace.root / FOLDER / found[0][:16])


def read(folder: Path) -> SampleSet:
    """The set in a folder. BadInput as `get_samples`."""
    record = _record(folder)
    try:
        for name, digest in record["files"].items():
            if sha256_of(folder / name) != digest:
                raise ValueError(f"{name}: SHA-256")
        layers = pd.read_parquet(folder / LAYERS) if LAYERS in record["files"] else None
        findings = tuple(Finding.from_record(one) for one in _read_lines(folder / FINDINGS))
        aside = tuple(SetAside(**one) for one in _read_lines(folder / QUARANTINE))
        rows = gpd.read_parquet(folder / ROWS)
        conversions = pd.read_parquet(folder / CONVERSIONS)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise damaged(folder, error) from error
    return SampleSet(record["id"], _meta(record), rows, conversions, layers, aside, findings)


def _read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _record(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / META).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise damaged(folder, error) from error


def _meta(record: Mapping[str, Any]) -> SampleMeta:
    rest = {key: value for key, value in record.items() if key not in ("id", "files")}
    return SampleMeta(**{**rest, "sources": tuple(rest["sources"])})


def _whole(folder: Path) -> bool:
    try:
        read(folder)
    except BadInput:
        return False
    return True


def damaged(folder: Path, why: Exception) -> BadInput:
    return BadInput("SOIL-STORE-DAMAGED", folder=str(folder), why=(str(why) or type(why).__name__).splitlines()[0])


def sha256_of(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
