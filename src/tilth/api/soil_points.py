"""A stored set of samples as a map and a table show it: places, values, how each was come by, what was noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tilth.api.sampling import SamplesRead
from tilth.api.soil_legends import legend_of, scale_of

if TYPE_CHECKING:
    import pandas as pd

    from tilth.core import FloatArray
    from tilth.runtime import Workspace
    from tilth.soil import SampleSet

#: Of each sample; what a row does not have is null.
_SHOWN = (
    "source_row", "sample_id", "top_cm", "bottom_cm", "ece_ds_m", "ece_method", "ec_ds_m", "ec_extract", "ph",
    "esp_pct",
)  # fmt: skip
#: So many places are told; a larger set is told in part, with how many there are.
MOST = 5_000
_UNKNOWN = "#9aa5a0"


def soil_sample_set(workspace: Workspace, name: str) -> dict[str, Any]:
    """A stored set of samples: what was read and set aside, conversions by method, and each sample at its place.

    Raises
    ------
    NotFound, BadInput
        If there is no such set, or it is damaged.
    """
    from tilth.soil import get_samples

    found = get_samples(workspace, name)
    record = SamplesRead(found).as_record()
    return {
        **record,
        "conversions_made": _conversions(found.conversions),
        "points": _points(found),
        "legend": legend_of("mean", (), ()),
        "points_left_out": max(0, len(found.frame) - MOST),
    }


def _conversions(made: pd.DataFrame) -> list[dict[str, Any]]:
    """By column, unit and method: how many values, and the first of them."""
    out: list[dict[str, Any]] = []
    if not len(made):
        return out
    for (column, unit, method), rows in made.groupby(["column", "unit", "method"], sort=True, dropna=False):
        first = rows.iloc[0]
        out.append(
            {"column": str(column), "unit": str(unit), "method": str(method), "rows": len(rows),
             "stated": str(first["stated"]), "value": float(first["value"]), "source_row": int(first["source_row"])}
        )  # fmt: skip
    return out


def _points(found: SampleSet) -> dict[str, Any]:
    from tilth.api.on_maps import collection

    frame = found.frame.iloc[:MOST]
    placed = frame[frame.geometry.notna()]
    if not len(placed) or not found.meta.crs:
        return {"type": "FeatureCollection", "features": []}
    columns = [name for name in _SHOWN if name in placed]
    rows = [
        {name: _plain(value) for name, value in zip(columns, row, strict=True)}
        for row in placed[columns].itertuples(index=False, name=None)
    ]
    colours = _colours(placed["ece_ds_m"].to_numpy(float))
    rows = [{**row, "colour": colour} for row, colour in zip(rows, colours, strict=True)]
    return collection(list(placed.geometry), found.meta.crs, rows)


def _colours(ece: FloatArray) -> list[str]:
    """As the map's own legend has it; grey where ECe is not known."""
    palette = (_UNKNOWN, *scale_of("mean").colours)
    return [palette[step] for step in scale_of("mean").steps(ece.astype("float32")).tolist()]


def _plain(value: Any) -> Any:
    import pandas as pd

    if pd.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value
