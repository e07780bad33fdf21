"""Samples and covariates brought together for a salinity model: from a table as it is, or from a stored set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, NeedsAnswer, NotFound

if TYPE_CHECKING:
    import pandas as pd

    from tilth.core import FloatArray
    from tilth.intake import CovariateRasters
    from tilth.runtime import Workspace
    from tilth.soil import Training

#: The covariate that a sample's depth is: the middle of its horizon. [cm]
DEPTH = "depth_cm"
_STORED = ("ece_ds_m", "ec_ds_m")


@dataclass(frozen=True)
class Learned:
    """What the user says of the samples that a model learns from."""

    value: str = "ece_ds_m"  # the column that is modelled
    unit: str = "dS/m"  # of it, in a table
    x: str = "x"
    y: str = "y"
    top: str | None = None  # columns of a horizon's depths [cm]; without, depth is no covariate
    bottom: str | None = None
    columns: Sequence[str] = ()  # covariates that the table itself holds
    crs: str | None = None  # of x and y in a table
    layer: str | None = None
    sheet: str | None = None
    encoding: str | None = None


@dataclass(frozen=True)
class Read:
    """Samples ready for a model, and how many rows were left out for which want."""

    samples: Training
    file: str
    crs: str  # of their coordinates
    left_out: dict[str, int]


def learned_from(
    file: str | Path, asked: Learned, *, workspace: Workspace | None, rasters: CovariateRasters | None
) -> Read:
    """Samples with covariates from the table's own columns and from the rasters' cells they lie in.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If the file or a column is not there, a place is in no known system or outside the rasters, or no model can
        be fitted to what remains.
    """
    import numpy as np

    from tilth.soil import training

    frame, crs, name = _rows(file, asked, workspace)
    frame, left_out = _whole(frame)
    x, y, system = _projected(frame["x"].to_numpy(float), frame["y"].to_numpy(float), crs, rasters, name)
    names, columns = list(asked.columns), [frame[f"covariate {one}"].to_numpy(float) for one in asked.columns]
    if rasters is not None:
        _refuse_outside(rasters, x, y, frame["row"].to_numpy(int))
        names += rasters.names
        columns += list(rasters.at(x, y).T)
    of_sample = []
    if "depth" in frame and frame["depth"].nunique() > 1:
        names.append(DEPTH)
        columns.append(frame["depth"].to_numpy(float))
        of_sample.append(DEPTH)
    if not names or names == [DEPTH]:
        raise BadInput("SOIL-MODEL-NO-COVARIATES", file=name)
    samples = training(
        frame["value"].to_numpy(float), np.column_stack(columns) if len(frame) else np.empty((0, len(names))), names,
        x, y, of_sample=of_sample, target=asked.value,
    )  # fmt: skip
    return Read(samples, name, system, left_out)


def _rows(file: str | Path, asked: Learned, workspace: Workspace | None) -> tuple[pd.DataFrame, str, str]:
    """Columns row, value, x, y, top, bottom and one for each covariate, with the reference system of x and y."""
    if Path(file).exists():
        return _of_table(Path(file), asked)
    if workspace is None:
        raise NotFound("INTAKE-FILE-MISSING", file=str(file))
    import pandas as pd

    from tilth.soil import get_samples

    stored = get_samples(workspace, str(file))
    if asked.value not in _STORED:
        raise BadInput("SOIL-MODEL-COLUMN", column=asked.value, file=stored.name, known=", ".join(_STORED))
    source = stored.frame
    frame = pd.DataFrame(
        {
            "row": source["source_row"].to_numpy(), "value": source[asked.value].to_numpy(float),
            "x": source["x"].to_numpy(float), "y": source["y"].to_numpy(float),
            "top": source["top_cm"].to_numpy(float), "bottom": source["bottom_cm"].to_numpy(float),
        }
    )  # fmt: skip
    if frame[["top", "bottom"]].isna().all(axis=None):
        frame = frame.drop(columns=["top", "bottom"])
    return frame, stored.meta.crs, stored.name


def _of_table(file: Path, asked: Learned) -> tuple[pd.DataFrame, str, str]:
    import pandas as pd

    from tilth.intake import POINT_X, POINT_Y, read_sample_table
    from tilth.soil import asked_unit, numbers, refuse_other_unit, refuse_two_units

    table = read_sample_table(file, layer=asked.layer, sheet=asked.sheet, encoding=asked.encoding, crs=asked.crs)
    points = POINT_X in table.frame
    wanted: dict[str, str | None] = {
        "value": asked.value,
        "x": POINT_X if points else asked.x,
        "y": POINT_Y if points else asked.y,
        "top": asked.top,
        "bottom": asked.bottom,
        **{f"covariate {one}": one for one in asked.columns},
    }
    out: dict[str, Any] = {"row": table.frame["source_row"].to_numpy()}
    for name, column in wanted.items():
        if column is None:
            continue
        if column not in table.frame:
            known = ", ".join(str(one) for one in table.frame.columns if one != "source_row")
            raise BadInput("SOIL-MODEL-COLUMN", column=column, file=file.name, known=known)
        out[name] = numbers(table.frame[column]).values
    _refuse_mixed(table.frame, file.name)
    out["value"] = out["value"] * asked_unit("ec", asked.unit, asked.value).factor
    crs = table.crs if points else asked.crs
    if crs is None:
        raise NeedsAnswer("INTAKE-ROWS-NO-CRS", file=file.name)
    refuse_two_units(file.name, asked.value, out["value"])
    refuse_other_unit(file.name, asked.value, out["value"])
    return pd.DataFrame(out), crs, file.name


def _refuse_mixed(frame: pd.DataFrame, file: str) -> None:
    """The import converts rows in several units or extracts, a map does not: BadInput names the column that says so."""
    from tilth.soil.cells import texts
    from tilth.soil.samples.headings import read_heading

    for heading in frame.columns:
        read = read_heading(str(heading))
        if read is None or read.column.name not in ("ec_unit", "extract"):
            continue
        told = sorted(set(texts(frame[heading])) - {""})
        if len(told) > 1:
            raise BadInput("SOIL-MODEL-MIXED", file=file, heading=heading, told=", ".join(map(str, told[:6])))


def _whole(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, int]]:
    """Rows with a value, a place and, where depths count, a depth that has its bottom below its top."""
    wants = {"value": frame["value"].isna(), "place": frame["x"].isna() | frame["y"].isna()}
    if {"top", "bottom"} <= set(frame.columns):
        wants["depth"] = ~(frame["bottom"] > frame["top"])
        frame = frame.assign(depth=(frame["top"] + frame["bottom"]) / 2)
    left_out, kept = {}, frame["value"].notna() | frame["value"].isna()
    for want, lacking in wants.items():
        if (lacking & kept).any():
            left_out[want] = int((lacking & kept).sum())
        kept &= ~lacking
    return frame[kept].reset_index(drop=True), left_out


def _projected(
    x: FloatArray, y: FloatArray, crs: str, rasters: CovariateRasters | None, file: str
) -> tuple[FloatArray, FloatArray, str]:
    """In the rasters' system, else in the samples' own if that is in metres, else in the UTM zone they lie in."""
    import numpy as np
    import pyproj

    own = pyproj.CRS.from_user_input(crs)
    if rasters is not None:
        to = pyproj.CRS.from_user_input(rasters.grid.crs)
    elif own.is_geographic:
        lon, lat = float(np.mean(x)), float(np.mean(y))
        if not (-180 <= lon <= 180 and -84 <= lat <= 84):
            raise BadInput("SOIL-MODEL-DEGREES", file=file, x=f"{lon:,.1f}", y=f"{lat:,.1f}", crs=crs)
        to = pyproj.CRS.from_epsg((32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1)
    else:
        to = own
    if to != own:
        x, y = pyproj.Transformer.from_crs(own, to, always_xy=True).transform(x, y)
    return np.asarray(x), np.asarray(y), to.to_string()


def _refuse_outside(rasters: CovariateRasters, x: FloatArray, y: FloatArray, row: Any) -> None:
    import numpy as np

    outside = np.flatnonzero(rasters.grid.cells_at(x, y)[:, 0] < 0)
    if len(outside):
        first = outside[0]
        raise BadInput(
            "SOIL-RASTER-MISSES", count=len(outside), samples=len(x), row=int(row[first]), x=f"{x[first]:,.1f}",
            y=f"{y[first]:,.1f}", crs=rasters.grid.crs,
        )  # fmt: skip


def covariate_columns(
    file: str | Path, given: str, *, encoding: str | None = None, layer: str | None = None
) -> tuple[str, ...]:
    """Names of a table's columns from text: "A,B" names them, "FIRST..LAST" is all of them from one to another.

    Raises
    ------
    BadInput
        If the table has no such column.
    """
    from tilth.intake import read_sample_table

    if ".." not in given:
        return tuple(one.strip() for one in given.split(",") if one.strip())
    names = [str(one) for one in read_sample_table(file, encoding=encoding, layer=layer).frame.columns]
    out: list[str] = []
    for part in (one.strip() for one in given.split(",")):
        first, sign, last = part.partition("..")
        ends = [first, last] if sign else [first]
        for one in ends:
            if one not in names:
                raise BadInput("SOIL-MODEL-COLUMN", column=one, file=Path(file).name, known=", ".join(names))
        out += names[names.index(ends[0]) : names.index(ends[-1]) + 1]
    return tuple(out)
