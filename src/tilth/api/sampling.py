"""Soil samples in: a laboratory's table becomes a stored set, with every conversion, doubt and refusal said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.core import BadInput, Finding, NeedsAnswer, Where, message

if TYPE_CHECKING:
    import pandas as pd

    from tilth.intake import Table
    from tilth.runtime import Workspace
    from tilth.soil import SampleSet, SampleTable

#: A county's own conversions and schemes, in its workspace.
CONVERSIONS, SCHEMES = "soil-conversions.toml", "schemes"
#: Columns whose spread is printed after an import.
SHOWN = ("ec_ds_m", "ece_ds_m", "ph", "salt_g_kg", "sar", "sar_extract", "esp_pct", "ion_balance_pct")
_DEGREES = "EPSG:4326"


@dataclass(frozen=True)
class SamplesRead:
    """A table of samples that was read, and stored if there was a workspace to store it in."""

    samples: SampleSet

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed."""
        return self.samples.findings

    def figures(self) -> list[dict[str, Any]]:
        """Number, least, middle and highest value of each quantity."""
        out = []
        for name in SHOWN:
            values = self.samples.frame[name].dropna()
            if len(values):
                found = {"least": values.min(), "median": values.median(), "most": values.max()}
                out.append({"column": name, "n": len(values), **{key: float(one) for key, one in found.items()}})
        return out

    @property
    def reasons(self) -> Mapping[str, int]:
        """How many rows were set aside, by reason."""
        return Counter(one.code for one in self.samples.aside)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        meta, aside = self.samples.meta, self.samples.aside
        rows = sorted((one.source_row, one.code, Finding(one.code, values=one.values).said) for one in aside)
        return {
            "id": self.samples.id,
            "kind": "samples",
            "label": meta.label,
            "crs": meta.crs,
            "sources": list(meta.sources),
            "columns": meta.columns,
            "rows_in": meta.rows_in,
            "rows_stored": meta.rows_stored,
            "rows_quarantined": meta.rows_quarantined,
            "placed": int(self.samples.frame.geometry.notna().sum()),
            "conversions": len(self.samples.conversions),
            "layers": 0 if self.samples.layers is None else len(self.samples.layers),
            "depth_method": meta.depth_method,
            "figures": self.figures(),
            "reasons": dict(self.reasons),
            "quarantine": [{"source_row": r, "code": c, "reason": w} for r, c, w in rows],
            "findings": [one.as_record() for one in self.findings],
        }


@dataclass(frozen=True)
class Asked:
    """What the user says of a table of samples beside its headings."""

    map: str | Path | None = None  # a MAP.toml
    units: Mapping[str, str] | None = None  # column → unit
    extract: str = ""  # of EC and ions, where the table does not say
    regression: str | None = None  # to ECe, for rows without saturation and texture
    uncompensated: bool = False  # was EC not brought to 25 °C by the meter?
    depths: str | None = None  # "0-20,20-40"
    depth_method: str = "weighted"
    anywhere: bool = False  # samples need not lie near the survey
    layer: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    crs: str | None = None


def import_samples(
    workspace: Workspace,
    file: str | Path,
    *,
    map: str | Path | None = None,
    units: Mapping[str, str] | None = None,
    extract: str = "",
    regression: str | None = None,
    uncompensated: bool = False,
    depths: str | None = None,
    depth_method: str = "weighted",
    label: str = "",
    anywhere: bool = False,
    layer: str | None = None,
    sheet: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> SamplesRead:
    """Bring in soil samples: a laboratory's table, or points, with whatever extract, units and depths they have.

    Parameters
    ----------
    map
        A MAP.toml that names columns, units, extract and coordinate system.
    units
        Units by column ("ec": "µS/cm"), where headings do not say them or are wrong.
    extract
        Of EC and ions, where the table does not say: "1:5", "1:1", "1:2", "1:2.5" or "paste".
    regression
        Id of a regional regression to ECe, for rows without saturation and texture.
    uncompensated
        EC was not brought to 25 °C by the meter; the temperatures of the table do it.
    depths, depth_method
        Depth intervals ("0-20,20-40") that horizons are brought to, "weighted" or by "spline".
    anywhere
        Keep samples that lie far from the survey.

    Raises
    ------
    BadInput, NeedsAnswer
        If the file cannot be used, or leaves something open.
    """
    from tilth.runtime import working
    from tilth.soil import put_samples

    asked = Asked(
        map, units, extract, regression, uncompensated, depths, depth_method, anywhere, layer, sheet, encoding, crs
    )
    done = read_samples(file, asked, workspace=workspace, label=label)
    with working(message("API-STORING", file=Path(file).name)):
        put_samples(workspace, done.samples)
    return done


def read_samples(file: str | Path, asked: Asked, *, workspace: Workspace | None = None, label: str = "") -> SamplesRead:
    """The samples of a file, stored nowhere; with the conversions and beside the survey of a workspace if there is one.

    Raises
    ------
    BadInput, NeedsAnswer
        As `import_samples`.
    """
    from tilth.intake import read_sample_map, read_sample_table
    from tilth.soil import SetAside, Told, harmonised, intervals_of, load_conversions, sample_set, samples_from

    told = read_sample_map(Path(asked.map)) if asked.map is not None else {}
    crs = asked.crs or told.get("crs")
    intervals = intervals_of(asked.depths) if asked.depths else ()
    table = read_sample_table(file, layer=asked.layer, sheet=asked.sheet, encoding=asked.encoding, crs=crs)
    name = table.sources[0].name if table.sources else Path(file).name
    conversions = load_conversions(workspace.root / CONVERSIONS if workspace else None)
    units, extract = {**told.get("units", {}), **(asked.units or {})}, asked.extract or told.get("extract", "")
    said = Told(told.get("columns", {}), units, extract, asked.uncompensated)
    read = samples_from(table.frame, said, file=name, table=conversions, regression=asked.regression)
    unread = tuple(SetAside(one.source_row, one.code, one.values, one.attributes) for one in table.rejected)
    read = replace(read, aside=(*unread, *read.aside), rows_in=table.rows_in)
    placed, system, noted = _placed(read, table, crs, name, _ground(workspace) if not asked.anywhere else None)
    if not len(placed.frame):
        first = placed.aside[0] if placed.aside else None
        why = Finding(first.code, values=first.values).said if first else message("INTAKE-EMPTY", file=name)
        raise BadInput("SOIL-SAMPLES-NONE-LEFT", file=name, rows=placed.rows_in, why=why)
    layers: pd.DataFrame | None = None
    findings = [*table.findings, *placed.findings, *noted]
    if intervals:
        layers, more = harmonised(placed.frame, intervals, asked.depth_method, file=name)
        findings += more
    samples = sample_set(
        placed, crs=system, layers=layers, findings=findings, label=label,
        sources=[{"name": one.name, "sha256": one.sha256, "encoding": one.encoding} for one in table.sources],
        conversions=conversions.version, depth_method=asked.depth_method if intervals else "", version=__version__,
        extra={"extract": said.extract, "regression": asked.regression or "", "depths": asked.depths or ""},
    )  # fmt: skip
    return SamplesRead(samples)


def _placed(
    read: SampleTable, table: Table, crs: str | None, file: str, ground: tuple[float, float, float, float] | None
) -> tuple[SampleTable, str, list[Finding]]:
    """Samples with x and y in a known system, those with impossible places set aside."""
    import numpy as np

    from tilth.intake import POINT_X
    from tilth.soil import check_place

    frame = read.frame
    if POINT_X in frame:
        done, system, noted = _from_points(read, table, file)
    elif {"lon", "lat"} <= set(frame.columns):
        done, system, noted = _from_degrees(read, crs, file)
    elif {"x", "y"} <= read.reads.keys():
        done, system, noted = _from_projection(read, crs, file)
    else:
        one = next((read.reads[name].heading for name in ("x", "y", "lon", "lat") if name in read.reads), None)
        noted = [Finding("SOIL-COORDINATE-ONE", Where(file=file), {"heading": one})] if one else []
        return (
            replace(read, frame=frame.assign(x=np.nan, y=np.nan)),
            "",
            [*noted, Finding("SOIL-NO-COORDINATES", Where(file=file))],
        )
    lacking = int((~np.isfinite(done.frame["x"]) | ~np.isfinite(done.frame["y"])).sum())
    if lacking:
        noted.append(Finding("SOIL-ROW-PLACELESS", Where(file=file), {"count": lacking, "of": len(done.frame)}))
    if ground is not None and len(done.frame):
        lon, lat = _in_degrees(done.frame, system)
        noted += check_place(lon, lat, ground, done.frame["source_row"].tolist(), file)
    return done, system, noted


def _from_points(read: SampleTable, table: Table, file: str) -> tuple[SampleTable, str, list[Finding]]:
    from tilth.intake import POINT_X, POINT_Y

    if table.crs is None:
        raise NeedsAnswer("INTAKE-ROWS-NO-CRS", file=file)
    frame = read.frame.assign(x=read.frame[POINT_X], y=read.frame[POINT_Y]).drop(columns=[POINT_X, POINT_Y])
    return replace(read, frame=frame), table.crs, []


def _from_degrees(read: SampleTable, crs: str | None, file: str) -> tuple[SampleTable, str, list[Finding]]:
    from tilth.intake import normalised, resolve_crs
    from tilth.soil import check_degrees

    frame = read.frame
    lon, lat = frame["lon"].to_numpy(float), frame["lat"].to_numpy(float)
    if crs is not None and not _is_degrees(normalised(crs)):
        found = resolve_crs(None, frame[["lon", "lat"]].to_numpy(float), crs, file=file)
        pair = ("lat", "lon") if found.swap else ("lon", "lat")
        return replace(read, frame=frame.assign(x=frame[pair[0]], y=frame[pair[1]])), found.crs, list(found.findings)
    checked = check_degrees(lon, lat, (read.reads["lon"].heading, read.reads["lat"].heading), file)
    done = read.without(checked.wrong)
    noted = checked.findings if crs else [Finding("SOIL-DEGREES-WGS84", Where(file=file)), *checked.findings]
    system = normalised(crs) if crs else _DEGREES
    return replace(done, frame=done.frame.assign(x=done.frame["lon"], y=done.frame["lat"])), system, noted


def _from_projection(read: SampleTable, crs: str | None, file: str) -> tuple[SampleTable, str, list[Finding]]:
    import numpy as np

    from tilth.intake import normalised, resolve_crs
    from tilth.soil import check_degrees

    points = read.frame[["x", "y"]].to_numpy(float)
    found = resolve_crs(None, points, crs, file=file)
    done = read
    if _is_degrees(normalised(found.crs)):
        names = (read.reads["x"].heading, read.reads["y"].heading)
        done = read.without(check_degrees(points[:, 0], points[:, 1], names, file).wrong)
    else:
        zero = np.flatnonzero((points[:, 0] == 0) & (points[:, 1] == 0))
        done = read.without({int(at): ("SOIL-ROW-ZERO", {}) for at in zero})
    frame = done.frame.rename(columns={"x": "y", "y": "x"}) if found.swap else done.frame
    return replace(done, frame=frame), found.crs, list(found.findings)


def _is_degrees(crs: str) -> bool:
    import pyproj

    return bool(pyproj.CRS.from_user_input(crs).is_geographic)


def _in_degrees(frame: pd.DataFrame, crs: str) -> tuple[Any, Any]:
    import numpy as np
    import pyproj

    x, y = frame["x"].to_numpy(float), frame["y"].to_numpy(float)
    given = np.isfinite(x) & np.isfinite(y)
    lon, lat = np.full(len(x), np.nan), np.full(len(y), np.nan)
    turn = pyproj.Transformer.from_crs(crs, _DEGREES, always_xy=True)
    lon[given], lat[given] = turn.transform(x[given], y[given])
    return np.where(np.isfinite(lon), lon, np.nan), np.where(np.isfinite(lat), lat, np.nan)


def _ground(workspace: Workspace | None) -> tuple[float, float, float, float] | None:
    """The box of the newest survey in degrees; None where there is none."""
    if workspace is None:
        return None
    import numpy as np
    import pyproj

    from tilth.land import Store

    store = Store(workspace)
    years = store.survey_years()
    if not years:
        return None
    snapshot = store.survey(years[-1])
    west, south = np.nanmin(snapshot.bounds[:, :2], axis=0)
    east, north = np.nanmax(snapshot.bounds[:, 2:], axis=0)
    turn = pyproj.Transformer.from_crs(snapshot.meta.crs, _DEGREES, always_xy=True)
    found = turn.transform_bounds(west, south, east, north)
    return tuple(float(one) for one in found)  # type: ignore[return-value]
