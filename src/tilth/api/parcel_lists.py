"""From a total to its parcels, and from a parcel to what its ground was in other years."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.land import CodeSystem, Snapshot
    from tilth.runtime import Workspace

_SHOWN = ("parcel_id", "parcel_no", "class_code", "region_code", "area_dm2", "net_area_dm2")


def parcel_list(
    workspace: Workspace,
    *,
    year: int,
    region: str | None = None,
    class_code: str = "",
    after: int = 0,
    limit: int = 100,
) -> dict[str, Any]:
    """Parcels of a survey, in the order of the survey, with how many there are and their sums over all pages.

    Parameters
    ----------
    region
        Only those in it or below it; the whole survey without.
    class_code
        Only those of this class, of any level.
    after
        How many to leave out: `next` of the page before.

    Raises
    ------
    NotFound
        If there is no survey of that year, or no such region.
    BadInput
        If the survey knows no such class.
    """
    import numpy as np

    from tilth.api.book_reading import regions_below
    from tilth.land import Store

    store = Store(workspace)
    survey = store.survey(year)
    rows = survey.attributes
    wanted: npt.NDArray[np.bool_] = np.ones(len(rows), dtype=bool)
    if region not in (None, workspace.region):
        wanted &= rows["region_code"].isin(regions_below(store.regions(), str(region))).to_numpy(bool)
    if class_code:
        wanted &= rows["class_code"].isin(_classes_in(survey.codes, class_code)).to_numpy(bool)
    places = np.flatnonzero(wanted)
    page = rows[list(_SHOWN)].iloc[places[after : after + limit]]
    more = after + limit < len(places)
    return {
        "year": year, "region": region or workspace.region, "class_code": class_code, "count": len(places),
        "area_dm2": int(rows["area_dm2"].to_numpy()[places].sum()),
        "net_area_dm2": int(rows["net_area_dm2"].to_numpy()[places].sum()),
        "items": [
            {
                "parcel_id": str(one.parcel_id), "parcel_no": str(one.parcel_no), "class_code": str(one.class_code),
                "region": str(one.region_code), "area_dm2": int(one.area_dm2), "net_area_dm2": int(one.net_area_dm2),
            }
            for one in page.itertuples()
        ],
        "next": after + limit if more else None,
    }  # fmt: skip


def parcel_years(workspace: Workspace, *, year: int, parcel: str, region: str | None = None) -> dict[str, Any]:
    """What stands in every survey where a point inside a parcel of one year lies: its class, year by year.

    Raises
    ------
    NotFound
        As for `parcel`.
    """
    import numpy as np
    import shapely

    from tilth.api.parcels import parcel as one_parcel
    from tilth.land import Store

    one_parcel(workspace, year=year, parcel=parcel, region=region)
    store = Store(workspace)
    asked = store.survey(year)
    place = int(np.flatnonzero((asked.attributes["parcel_id"] == parcel).to_numpy(bool))[0])
    point = shapely.point_on_surface(asked.shapes(np.array([place]))[0])
    found = []
    for each in store.survey_years():
        survey = store.survey(each)
        if survey.meta.crs != asked.meta.crs:
            continue
        at = place if each == year else _covering(survey, point)
        if at is not None:
            found.append({"year": each, **_told(survey, at)})
    return {"parcel_id": parcel, "years": found}


def _classes_in(codes: CodeSystem, wanted: str) -> set[str]:
    """The codes that are counted in `wanted`: it, what refines it, and what stands under it as a heading."""
    codes[wanted]
    return {one for one in codes.classes if wanted in (one, codes.base(one), codes.heading(one))}


def _covering(survey: Snapshot, point: Any) -> int | None:
    """The parcel in which `point` lies; None where the survey has no ground."""
    import numpy as np
    import shapely

    left, low, right, high = survey.bounds.T
    near = np.flatnonzero((left <= point.x) & (point.x <= right) & (low <= point.y) & (point.y <= high))
    if not len(near):
        return None
    inside = near[shapely.intersects(survey.shapes(near), point)]
    return int(inside[0]) if len(inside) else None


def _told(survey: Snapshot, at: int) -> dict[str, Any]:
    row = survey.attributes.iloc[at]
    code = str(row["class_code"])
    codes = survey.codes
    return {
        "parcel_id": str(row["parcel_id"]), "class_code": code,
        "class_name": str(codes.classes[code].label) if code in codes.classes else str(row["class_name"]),
        "area_dm2": int(row["area_dm2"]),
    }  # fmt: skip
