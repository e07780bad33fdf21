"""What a new file means beside what the workspace holds already: what it replaces, and what will not use it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tilth.api.layers import reason_out_of_reach
from tilth.core import BadInput, Finding, Where, message
from tilth.land import LAYER_KINDS, Draft, Meta, Snapshot, Store, Stored, near_kind

#: A survey whose area differs by more than one part in so many is asked about: it may be another county's.
OTHER_LAND = 10
#: A delivery of which more than one row in so many is set aside is likely damaged.
MANY_ASIDE = 5


def about_survey(store: Store, draft: Draft, year: int) -> tuple[list[Finding], bool]:
    """What is said of a new survey beside those that are there, and whether its year uses it.

    It is stored and not used where its rows are of another year, or where it looks damaged or like another county's and
    the year has a survey: that one stays in use.
    """
    known = {entry.id: (entry, meta) for entry in store.listed(kind="survey") if (meta := _meta(store, entry))}
    before = [one for one in known.values() if one[0].year == year and one[0].id != draft.id]
    near = sorted(known.values(), key=lambda one: (one[0].id == draft.id, abs((one[0].year or 0) - year)))
    other = _other_land(store, draft.meta.area_dm2, near)
    of_other_year = any(one.code == "INTAKE-YEAR-DIFFERS" for one in draft.findings)
    doubts = [message("API-DOUBT-YEAR", year=year)] if of_other_year else []
    if before:
        doubts += [message("API-DOUBT-ASIDE", aside=aside, rows_in=rows) for aside, rows in _many_aside(draft.meta)]
        doubts += [message("API-DOUBT-LAND")] if other else []
    used = not doubts or draft.id in known
    found = []
    if other:
        advice = message("API-OTHER-LAND-OFF", id=draft.id[:12]) if used else ""
        found.append(Finding("API-OTHER-LAND", values={**other, "advice": advice}))
    if not used:
        stays = [message("API-STAYS", year=year, rows=meta.rows_stored, id=entry.id[:12]) for entry, meta in before]
        why = {"why": "; ".join(doubts), "stays": "; ".join(stays) or message("API-STAYS-NONE", year=year)}
        return [*found, Finding("API-NOT-IN-USE", values={"id": draft.id[:12], **why})], False
    for entry, meta in before:
        values = {"year": year, "rows_before": meta.rows_stored, "before_dm2": meta.area_dm2, "id": entry.id[:12]}
        found.append(Finding("API-REPLACED", values=values))
    return found, True


def _many_aside(meta: Meta) -> Iterator[tuple[int, int]]:
    if meta.rows_quarantined * MANY_ASIDE > meta.rows_in:
        yield meta.rows_quarantined, meta.rows_in


def _other_land(store: Store, now_dm2: int, others: list[tuple[Stored, Meta]]) -> dict[str, Any] | None:
    """What an area is far from: the control area of the regions; without one, that of the first of `others`."""
    control = sum(
        (one.control_dm2 or 0) + (one.control_island_dm2 or 0) for one in store.regions().at_level("township")
    )
    known = [(message("API-OTHER-LAND-CONTROL"), control)] if control else []
    known += [(message("API-OTHER-LAND-SURVEY", year=entry.year), meta.area_dm2) for entry, meta in others]
    for what, before in known[:1]:
        if abs(now_dm2 - before) * OTHER_LAND > before:
            return {"now_dm2": now_dm2, "before_dm2": before, "what": what}
    return None


def about_kind(kind: str) -> Iterator[Finding]:
    """Says that no rule looks at a kind, and which kind may have been meant."""
    near = near_kind(kind)
    if kind in LAYER_KINDS:
        return
    if near is not None:
        yield Finding("API-KIND-NEAR", Where(layer=kind), {"kind": kind, "near": near})
    else:
        yield Finding("API-KIND-UNRULED", Where(layer=kind), {"kind": kind})


def about_layer(store: Store, layer: Snapshot, label: str) -> Iterator[Finding]:
    """Says why surveys will not use a layer that was just stored, and which layer has the same rows."""
    yield from _passed_over(store, layer, label)
    yield from _on_another_datum(store, layer)
    for entry in store.chosen():
        meta = _meta(store, entry)
        if entry.id != layer.id and entry.kind == layer.meta.kind and meta is not None and _same(meta, layer.meta):
            values = {"kind": entry.kind, "label": entry.label or "-", "id": entry.id[:12]}
            yield Finding("API-LAYER-TWICE", Where(layer=entry.kind), values)


def _passed_over(store: Store, layer: Snapshot, label: str) -> Iterator[Finding]:
    kind, of_year, surveys = layer.meta.kind, layer.meta.year, store.survey_years()
    years: dict[int, Stored] = {}
    for year in surveys or sorted({entry.year for entry in store.listed(kind=kind) if entry.year is not None}):
        for one in store.chosen(year):
            if (one.kind, one.label) == (kind, label) and one.id != layer.id:
                years[year] = one
    if years and (of_year is None or len(years) == len(surveys)):
        other = years[max(years)]
        values = {"kind": kind, "years": ", ".join(map(str, years)), "other": other.id[:12], "year": other.year}
        yield Finding("API-LAYER-PASSED", Where(layer=kind), values)
    elif of_year is not None and surveys and of_year > surveys[-1]:
        yield Finding("API-LAYER-LATER", Where(layer=kind), {"kind": kind, "year": of_year, "survey": surveys[-1]})


def _on_another_datum(store: Store, layer: Snapshot) -> Iterator[Finding]:
    for entry in store.listed(kind="survey"):
        meta = _meta(store, entry)
        why = reason_out_of_reach(layer.meta.crs, meta.crs, layer.meta.kind) if meta is not None else None
        if why is not None:
            values = {"kind": layer.meta.kind, "id": layer.id[:12], "year": entry.year, "why": why}
            yield Finding("API-LAYER-DATUM", Where(layer=layer.meta.kind), values)
            return


def _same(one: Meta, other: Meta) -> bool:
    return (one.rows_stored, one.area_dm2) == (other.rows_stored, other.area_dm2) and [
        (source.sha256, source.layer) for source in one.sources
    ] == [(source.sha256, source.layer) for source in other.sources]


def _meta(store: Store, entry: Stored) -> Meta | None:
    """What a stored snapshot is; None for a damaged one, which must not stand in the way of a new one."""
    try:
        return store.meta(entry)
    except BadInput:
        return None
