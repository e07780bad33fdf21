"""The quality register as a workbook: the register, what is lacking, the accounts, and the table of weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tilth.core import Label, label, message
from tilth.report.model import Kind, ListColumn, Listing, Yearbook
from tilth.report.xlsx import write_xlsx
from tilth.soil import PROVENANCE, register_columns


def _columns(spec: str) -> tuple[ListColumn, ...]:
    """Columns from "name" or "name:kind"."""
    found = []
    for word in spec.split():
        name, _, kind = word.partition(":")
        kinds: Mapping[str, Kind] = {"": "text", "area": "area", "count": "count", "number": "number"}
        found.append(ListColumn(name, label(f"QUALITY-COL-{name.upper().replace('_', '-')}"), kinds[kind]))
    return tuple(found)


def register_listing(items: Sequence[Mapping[str, Any]], degradations: Mapping[str, Label]) -> Listing:
    """The register: a row for each parcel, each value with its source, date and confidence."""
    used = [id for id in register_columns() if any(id in one["values"] for one in items)]
    columns = [
        *_columns(
            "parcel_id region class_code net_area:area grade:count basis index:number index_low:number "
            "index_high:number index_grade:count index_grade_best:count index_grade_worst:count known_share:number "
            "confidence:number confidence_word"
        ),
        *(ListColumn(id, title) for id, title in degradations.items()),
    ]
    for id in used:
        column = register_columns()[id]
        title = f" ({column.unit})" if column.unit else ""
        shown = Label(column.label.en + title, column.label.zh + title)
        columns.append(ListColumn(id, shown, "text" if column.levels else "number"))
        for says in PROVENANCE:
            word = label(f"QUALITY-COL-{says.upper()}")
            columns.append(
                ListColumn(f"{id}.{says}", Label(f"{column.label.en}: {word.en}", f"{column.label.zh}{word.zh}"))
            )
    rows = tuple(_register_row(one, degradations, used) for one in items)
    return Listing("quality-register", label("QUALITY-SHEET-REGISTER"), tuple(columns), rows)


def _register_row(one: Mapping[str, Any], degradations: Mapping[str, Label], used: Sequence[str]) -> tuple[object, ...]:
    names = ("index", "index_low", "index_high", "index_grade", "index_grade_best", "index_grade_worst", "known_share",
             "confidence")  # fmt: skip
    row: list[object] = [one["parcel_id"], one["region"], one["class_code"], one["net_area_dm2"], one["grade"]]
    row += [message(f"QUALITY-BASIS-{one['basis'].upper()}"), *(one[name] for name in names)]
    row += [message(f"QUALITY-WORD-{one['confidence_word'].upper()}")]
    row += [message(f"QUALITY-DEGREE-{one['degraded'][kind].upper()}") for kind in degradations]
    for id in used:
        held = one["values"].get(id)
        if held is None:
            row += [None if not register_columns()[id].levels else "", "", "", ""]
            continue
        row += [shown_value(id, held["value"]), held["source"], held["date"], _mark(held["confidence"])]
    return tuple(row)


def shown_value(id: str, value: object) -> object:
    """A value as it is shown: numbers as they are, levels by their names."""
    levels = register_columns()[id].levels
    return next((str(one.label) for one in levels if one.id == value), value)


def _mark(confidence: str) -> str:
    return message(f"SOIL-CONFIDENCE-{confidence.upper()}") if confidence else ""


def lacks_listing(items: Sequence[Mapping[str, Any]], measures: Mapping[str, str]) -> Listing:
    """What each parcel lacks: one row for each thing, with candidate measures."""
    rows = tuple(
        (
            one["parcel_id"], one["region"], one["net_area_dm2"], lack["label"], lack["value"], lack["limit"],
            lack["short"], "; ".join(measures.get(each, each) for each in lack["measures"]),
        )
        for one in items
        for lack in one["lacks"]
    )  # fmt: skip
    columns = _columns("parcel_id region net_area:area lacking value limit short:number measures")
    return Listing("quality-lacks", label("QUALITY-SHEET-LACKS"), columns, rows, label("QUALITY-LACKS-NOTE"))


def needs_listing(needs: Sequence[Mapping[str, Any]], measures: Mapping[str, str]) -> Listing:
    """How much land lacks what, and of how much it is not known."""
    rows = tuple(
        (
            one["label"], one["limit"], *_decided(one), one["unknown_dm2"],
            "; ".join(other["label"] for other in one["answered_by"]),
            sum(other["area_dm2"] for other in one["answered_by"]) or None,
            "; ".join(measures.get(each, each) for each in one["measures"]), one["source"], _mark(one["confidence"]),
        )
        for one in needs
    )  # fmt: skip
    columns = _columns(
        "lacking limit parcels:count lacks:area known:area unknown:area answered_by answered:area measures source "
        "confidence"
    )
    return Listing("quality-needs", label("QUALITY-SHEET-NEEDS"), columns, rows, label("QUALITY-LACKS-NOTE"))


def _decided(need: Mapping[str, Any]) -> tuple[int | None, ...]:
    """Parcels and area that lack it, and area that it decides; blank where others of its group answer for all land."""
    if need["known_dm2"] == 0 and need["answered_by"]:
        return None, None, None
    return need["parcels"], need["lacking_dm2"], need["known_dm2"]


def measures_listing(measures: Sequence[Mapping[str, Any]]) -> Listing:
    """Candidate measures with their costs and effects."""
    rows = tuple(
        (
            one["label"], *one["capex_yuan_mu"], *one["opex_yuan_mu"], one["effect"], one["source"],
            _mark(one["confidence"]),
        )
        for one in measures
    )  # fmt: skip
    columns = _columns(
        "measure capex_low:number capex_high:number opex_low:number opex_high:number effect source confidence"
    )
    return Listing("quality-measures", label("QUALITY-SHEET-MEASURES"), columns, rows)


def indicators_listing(indicators: Sequence[Mapping[str, Any]]) -> Listing:
    """How what can be counted changed on land that has it in both years."""
    rows = tuple(
        (
            one["label"], one["unit"], one["area_dm2"], round(one["mean_before"], 4), round(one["mean_after"], 4),
            one["rose_dm2"], one["fell_dm2"], one["same_dm2"],
        )
        for one in indicators
    )  # fmt: skip
    columns = _columns(
        "indicator unit both_years:area mean_before:number mean_after:number rose:area fell:area same:area"
    )
    return Listing("quality-indicators", label("QUALITY-SHEET-INDICATORS"), columns, rows)


def weights_listing(table: Mapping[str, Any]) -> Listing:
    """The table of weights: every figure with its source and how sure it is."""
    rows = tuple(
        (
            one["label"], message(f"QUALITY-PART-{one['part'].upper()}"), one["weight"], membership_said(one),
            one["source"], _mark(one["confidence"]),
        )
        for one in table["indicators"]
    )  # fmt: skip
    columns = _columns("indicator part weight:number membership source confidence")
    note = Label(*2 * (f"{table['title']} {table['version']}: {table['source']}",))
    return Listing("quality-weights", label("QUALITY-SHEET-WEIGHTS"), columns, rows, note)


def membership_said(one: Mapping[str, Any]) -> str:
    """How a value of an indicator becomes a membership, in a line."""
    if "scores" in one:
        return "; ".join(f"{shown_value(one['id'], level)} {score:g}" for level, score in one["scores"].items())
    ends = [f"{name} {one[name]:g}" for name in ("low", "high") if one[name] is not None]
    return ", ".join([message(f"QUALITY-SHAPE-{one['shape'].upper()}"), f"a {one['a']:g}", f"c {one['c']:g}", *ends])


def write_quality_book(book: Yearbook, path: Path, listings: Sequence[Listing]) -> Path:
    """Write the workbook: the accounts that stand in `book`, then the lists."""
    return write_xlsx(book, path, listings)
