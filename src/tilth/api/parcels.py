"""One parcel of a survey: its attributes, the row of the file that it came from, its shape."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from tilth.core import NotFound

if TYPE_CHECKING:
    from tilth.runtime import Workspace


def parcel(workspace: Workspace, *, year: int, parcel: str, region: str | None = None) -> dict[str, Any]:
    """A parcel of the survey that `year` uses, with where it comes from, as a record.

    `hash` is that of its attributes and its shape as they are stored.

    Parameters
    ----------
    region
        Only if it lies in this region.

    Raises
    ------
    NotFound
        If there is no survey of that year, or no such parcel in it.
    """
    import numpy as np
    import shapely

    from tilth.api.book_reading import regions_below
    from tilth.api.on_maps import collection
    from tilth.land import Store

    store = Store(workspace)
    survey = store.survey(year)
    rows = survey.attributes
    place = np.flatnonzero((rows["parcel_id"] == parcel).to_numpy(bool))
    inside = None if region in (None, workspace.region) else regions_below(store.regions(), str(region))
    if not len(place) or (inside is not None and rows["region_code"].iloc[int(place[0])] not in inside):
        raise NotFound("API-NO-PARCEL", parcel=parcel, year=year)
    at = int(place[0])
    found = {str(name): _plain(rows[name].iloc[at]) for name in rows.columns if name != "geometry"}
    shape = survey.shapes(np.array([at]))[0]
    code = str(found["class_code"])
    codes = survey.codes
    known = code in codes
    meta = survey.meta
    return {
        "year": year, "parcel_id": parcel, "region": found["region_code"], "class_code": code,
        "class_name": str(codes.classes[code].label) if known and code in codes.classes else found["class_name"],
        "farmland": known and codes.is_farmland(code), "area_dm2": found["area_dm2"],
        "net_area_dm2": found["net_area_dm2"], "attributes": found,
        "source": {
            "row": found["source_row"], "snapshot": survey.id,
            "files": [{"name": one.name, "sha256": one.sha256, "layer": one.layer} for one in meta.sources],
            "stored_under_rules": meta.rules,
        },
        "hash": hashlib.sha256(repr(sorted(found.items())).encode() + shapely.to_wkb(shape)).hexdigest(),
        "crs": meta.crs,
        "geometry": collection([shape], meta.crs, [{}])["features"][0]["geometry"],
        "findings": [one.as_record() for one in survey.findings if one.where.parcel == parcel],
    }  # fmt: skip


def _plain(value: Any) -> Any:
    """A cell as JSON has it: None for what is missing."""
    import pandas as pd

    if value is None or (not isinstance(value, list | tuple | dict) and bool(pd.isna(value))):
        return None
    return value.item() if hasattr(value, "item") else value if isinstance(value, bool | int | float) else str(value)
