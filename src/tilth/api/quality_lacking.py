"""What each parcel lacks, with candidate measures; and where high-standard farmland stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tilth.core import message

if TYPE_CHECKING:
    from tilth.api.quality_grading import QualityGraded
    from tilth.core import IntArray
    from tilth.runtime import Workspace
    from tilth.soil import Judged, Lack, Needs


def lacking_items(found: QualityGraded, rows: IntArray) -> list[dict[str, Any]]:
    """What each of some parcels lacks, and of what nothing is known, for JSON."""
    from tilth.soil import lacks

    lacking, unknown = lacks(found.frame.iloc[rows], found.needs)
    return [
        {"lacks": [_lack(one) for one in some], "unknown": rest} for some, rest in zip(lacking, unknown, strict=True)
    ]


def _lack(one: Lack) -> dict[str, Any]:
    from tilth.soil import register_columns

    column = register_columns()[one.need.id]
    return {
        "id": one.need.id, "label": str(column.label), "value": one.value, "limit": one.need.limit, "short": one.short,
        "unit": column.unit, "too": "little" if one.low else "much", "measures": list(one.measures),
    }  # fmt: skip


def quality_lacks(
    workspace: Workspace, *, year: int, region: str | None = None, lacking: str = "", after: int = 0, limit: int = 100
) -> dict[str, Any]:
    """What the parcels of a year lack: by need, the area that lacks it; and parcel by parcel with candidate measures.

    A parcel of which something is not known is not counted as lacking it; how much land that is stands beside.

    Parameters
    ----------
    lacking
        Only parcels that lack this, by the name of its column; those that lack anything without.
    after
        How many parcels to leave out: `next` of the page before.

    Raises
    ------
    NotFound
        If the year has no survey or no register, or there is no such region.
    BadInput
        If a table of the workspace is none, or the register has no column `lacking`.
    """
    import numpy as np

    from tilth.api.quality_grading import inside, quality_grade
    from tilth.soil import judged
    from tilth.soil.quality.columns import column_id

    found = quality_grade(workspace, year=year)
    wanted = column_id(lacking) if lacking else ""
    rows = inside(workspace, found, region)
    net = found.net_dm2[rows]
    every, unknown = judged(found.frame.iloc[rows], found.needs)
    lacks_any = np.zeros(len(rows), dtype=np.bool_)
    needs: list[dict[str, Any]] = []
    for number, one in enumerate(every):
        lack = one.low | one.high
        if not wanted or one.need.id == wanted:
            lacks_any |= lack
        open_ = unknown[one.need.group]
        needs.append(
            {
                **_need(found.needs, one.need.id), "parcels": int(lack.sum()), "lacking_dm2": int(net[lack].sum()),
                "known_dm2": int(net[one.known].sum()), "unknown_dm2": int(net[open_].sum()),
                "answered_by": _answering(every[:number], one, net),
            }
        )  # fmt: skip
    chosen = rows[lacks_any]
    page = chosen[after : after + limit]
    more = after + limit if after + limit < len(chosen) else None
    return {
        "year": year,
        "parcels": len(rows),
        "farmland_dm2": int(net.sum()),
        "count": len(chosen),
        "lacking_dm2": int(net[lacks_any].sum()),
        "needs": needs,
        "measures": [one.as_record() for one in found.needs.measures.values() if one.id in _used(found.needs)],
        "items": [{**_item(found, int(at)), **one} for at, one in zip(page, lacking_items(found, page), strict=True)],
        "next": more,
    }


def _answering(before: Sequence[Judged], one: Judged, net: IntArray) -> list[dict[str, Any]]:
    """Columns of the same group that are asked before this one, and the land that they answer for."""
    from tilth.soil import register_columns

    return [
        {"id": other.need.id, "label": str(register_columns()[other.need.id].label), "area_dm2": area}
        for other in before
        if other.need.group == one.need.group and (area := int(net[other.known].sum()))
    ]


def _used(needs: Needs) -> set[str]:
    return {one for need in needs.needs for one in (*need.measures_low, *need.measures_high)}


def _need(needs: Needs, id: str) -> dict[str, Any]:
    from tilth.soil import register_columns

    one = next(one for one in needs.needs if one.id == id)
    return {
        "id": id, "label": str(register_columns()[id].label), "limit": one.limit, "source": one.source,
        "confidence": one.confidence, "measures": list(dict.fromkeys((*one.measures_low, *one.measures_high))),
    }  # fmt: skip


def _item(found: QualityGraded, at: int) -> dict[str, Any]:
    return {
        "parcel_id": str(found.cells["parcel_id"][at]), "region": str(found.cells["region_code"][at]),
        "net_area_dm2": int(found.net_dm2[at]), "grade": int(found.grade[at]) or None,
    }  # fmt: skip


def quality_standing(workspace: Workspace, *, year: int, region: str | None = None) -> dict[str, Any]:
    """Where high-standard farmland stands, by region: built, planned, not built and unknown, of all farmland and of
    permanent basic farmland; its mean grade beside the rest, and what of the built land lacks something.

    Raises
    ------
    NotFound
        If the year has no survey or no register, or there is no such region.
    BadInput
        If a table of the workspace is none.
    """
    import numpy as np

    from tilth.api.quality_grading import inside, quality_grade
    from tilth.change.places import places
    from tilth.land import Store
    from tilth.soil import judged, texts_of

    found = quality_grade(workspace, year=year)
    rows = inside(workspace, found, region)
    pbf, left_out = _basic(workspace, found)
    state = texts_of(found.frame, "high_standard")
    built = state == "built"
    every, _ = judged(found.frame, found.needs)
    short = np.zeros(len(built), dtype=np.bool_)
    for one in every:
        short |= one.low | one.high
    net = found.net_dm2
    grades = np.zeros((len(net), 22), dtype=np.int64)  # area by grade, of what is built and of the rest
    grades[np.arange(len(net)), found.grade + 11 * ~built] = net
    amounts = [np.where(state == word, net, 0) for word in ("built", "planned", "none", "")]
    counts = [np.ones_like(net), built.astype(np.int64), (built & short).astype(np.int64)]
    cells = np.column_stack(
        [net, *amounts, np.where(built & short, net, 0), *counts, grades, pbf, np.where(built, pbf, 0)]
    )
    tree = Store(workspace).regions()
    held = places(found.parcels["region_code"].iloc[rows], tree, top=region or workspace.region)
    by_place = np.zeros((len(held.codes), cells.shape[1]), dtype=np.int64)
    np.add.at(by_place, held.of(found.parcels["region_code"].iloc[rows]), cells[rows])
    told = [
        _standing(row.key, row.depth, one, left_out == "")
        for row, one in zip(held.rows, held.sums(by_place), strict=True)
    ]
    return {"year": year, "basic_farmland": left_out or message("QUALITY-BASIC-KNOWN"), "rows": told}


def _standing(key: tuple[str, ...], depth: int, cells: IntArray, basic: bool) -> dict[str, Any]:
    from tilth.api.quality_grading import mean_said

    names = ("farmland_dm2", "built_dm2", "planned_dm2", "not_built_dm2", "unknown_dm2", "built_lacking_dm2", "parcels",
             "built_parcels", "built_lacking_parcels")  # fmt: skip
    values: Mapping[str, int] = dict(zip(names, map(int, cells[:9]), strict=True))
    whole, pbf, pbf_built = values["farmland_dm2"], int(cells[-2]), int(cells[-1])
    return {
        "name": key[0], "region": key[1], "depth": depth, **values,
        "built_share_pct": _share(values["built_dm2"], whole),
        "mean_grade_built": mean_said(cells[9:20]), "mean_grade_rest": mean_said(cells[20:31]),
        "pbf_dm2": pbf if basic else None, "pbf_built_dm2": pbf_built if basic else None,
        "pbf_built_share_pct": _share(pbf_built, pbf) if basic else None,
    }  # fmt: skip


def _share(part: int, whole: int) -> str | None:
    """A share in percent to 2 decimals, half away from zero; None of nothing."""
    if not whole:
        return None
    hundredths = (2 * 10_000 * part + whole) // (2 * whole)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _basic(workspace: Workspace, found: QualityGraded) -> tuple[IntArray, str]:
    """(n,) net area of each parcel that is permanent basic farmland, and why it is not known where it is not. [dm²]"""
    import numpy as np
    import pandas as pd

    from tilth.api.layers import usable_layers
    from tilth.api.outlined import pbf_pieces_of
    from tilth.land import Store

    layers, left_out = usable_layers(Store(workspace), found.survey, ["pbf"])
    nothing = np.zeros(len(found.rows), dtype=np.int64)
    if "pbf" not in layers:
        return nothing, left_out[0].said if left_out else message("QUALITY-BASIC-NONE", year=found.year)
    pieces, _ = pbf_pieces_of(workspace, layers["pbf"], found.survey)
    area = pieces.groupby("parcel_id")["net_area_dm2"].sum()
    own = pd.Series(found.parcels["parcel_id"].to_numpy(dtype=object)).map(area).fillna(0).to_numpy(np.int64)
    return np.minimum(own, found.net_dm2), ""
