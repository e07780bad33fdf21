"""Findings on a year's survey, a page at a time; those of the survey looked at last are kept for the next page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tilth.core import Finding
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class _Looked:
    """What one examination found, and in which region each finding lies."""

    head: dict[str, Any]
    not_assessed: tuple[tuple[str, Any], ...]
    findings: tuple[Finding, ...]
    regions: tuple[str, ...]


_lock = Lock()
_last: dict[str, _Looked] = {}


def findings_page(
    workspace: Workspace,
    *,
    year: int,
    region: str | None = None,
    severity: str = "",
    code: str = "",
    beyond: int = 0,
    limit: int = 100,
) -> dict[str, Any]:
    """Findings on the survey of a year, those after the first `beyond`: `items`, `next`, and how many of each code.

    Parameters
    ----------
    region
        Only findings on parcels and regions below it.
    severity
        "breaks" or "odd".

    Raises
    ------
    NotFound
        If there is no survey of that year, or no such region.
    """
    from tilth.api.book_reading import regions_below
    from tilth.land import Store

    inside = None
    if region not in (None, workspace.region):
        inside = regions_below(Store(workspace).regions(), str(region))
    looked = _looked(workspace, year)
    found = [
        one
        for one, place in zip(looked.findings, looked.regions, strict=True)
        if (inside is None or place in inside)
        and (not severity or str(one.severity) == severity)
        and (not code or one.code == code)
    ]
    counts = Counter(one.code for one in found)
    return {
        **looked.head,
        "not_assessed": [{"rule": rule, "why": str(why)} for rule, why in looked.not_assessed],
        "count": len(found),
        "codes": dict(sorted(counts.items())),
        "items": [one.as_record() for one in found[beyond : beyond + limit]],
        "next": beyond + limit if beyond + limit < len(found) else None,
    }


def _looked(workspace: Workspace, year: int) -> _Looked:
    from tilth.api.examining import validate
    from tilth.api.states import land_state_of

    key = f"{workspace.root}\n{year}\n{land_state_of(workspace)}"
    with _lock:
        if key not in _last:
            found = validate(workspace, year=year)
            rows = found.snapshot.attributes
            home = dict(zip(rows["parcel_id"].tolist(), rows["region_code"].tolist(), strict=True))
            record = found.as_record()
            head = {name: record[name] for name in
                    ("snapshot", "year", "rows_in", "rows_stored", "rows_quarantined", "assessed")}  # fmt: skip
            places = tuple(home.get(one.where.parcel, one.where.parcel) for one in found.findings)
            _last.clear()
            _last[key] = _Looked(head, tuple(found.validation.not_assessed), found.findings, places)
        return _last[key]
