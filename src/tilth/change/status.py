"""Land status tables of one year: what there is, by class, tenure, settlement, slope, planting, for every region."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from tilth.change import status_columns as columns
from tilth.change.distinct import by_value, distinct
from tilth.change.layout import Split, Sum, base_cells, land, split_cells, sum_table
from tilth.change.places import places
from tilth.core import AreaTable, Label, label
from tilth.land import CodeSystem, RegionTree

#: The code system whose attributes (slope, planting, tenure, settlement) the official tables 3 to 15 need.
CHINESE = "sd2017"

Kinds = Callable[[pd.DataFrame, CodeSystem], list[str]]


def status_tables(
    parcels: pd.DataFrame,
    codes: CodeSystem,
    regions: RegionTree,
    *,
    year: int,
    unit_name: Label,
    pbf_pieces: pd.DataFrame | None = None,
    top: str | None = None,
) -> dict[str, AreaTable]:
    """The tables of one year, by id: "1", "2", "3", "4", "5", "6", "10", "12", "15", "restorable", "three_class".

    Rows are the county, its townships and villages; every row is the exact sum of those below it, every heading the
    exact sum of its columns, in dm² and in hectares. Where there are islands or enclaves, the tables stand again for
    them alone under "1-island", "1-enclave" and so on; the tables of the whole include both.

    Parameters
    ----------
    parcels
        Columns of `tilth.land.PARCEL_COLUMNS`; any row order. [dm²]
    codes
        The parcels' code system. For other systems than the third survey's, only "1" and "2" exist.
    year
        The year that the tables end (31 December).
    unit_name
        Name of the county or whatever the tables are of, for the titles.
    pbf_pieces
        Rows of `tilth.change.pbf_by_class`, for table 15; without it there is no table 15.
    top
        Region code of the first row; otherwise the county that holds all parcels.

    Raises
    ------
    BadInput
        If a class code is not in `codes`.
    """
    _known(parcels["class_code"], codes)
    tables = _tables(parcels, codes, regions, year=year, unit_name=unit_name, top=top)
    if codes.id != CHINESE:
        return tables
    for part in ("island", "enclave"):
        inside = parcels[parcels[part].fillna(False).to_numpy(bool)]
        if len(inside):
            parts = _tables(inside, codes, regions, year=year, unit_name=unit_name, top=top, part=part)
            tables |= {number: table for number, table in parts.items() if table.dm2.any()}
    if pbf_pieces is not None:
        tables["15"] = _pbf_table(pbf_pieces, codes, regions, _title("15", unit_name, year, ""), top)
    return tables


def _known(found: pd.Series, codes: CodeSystem) -> None:
    for code in pd.unique(found):
        codes[code]


def _tables(
    parcels: pd.DataFrame,
    codes: CodeSystem,
    regions: RegionTree,
    *,
    year: int,
    unit_name: Label,
    top: str | None,
    part: str = "",
) -> dict[str, AreaTable]:
    named = parcels.drop_duplicates("region_code", keep="last")
    names = dict(zip(named["region_code"], named["region_name"], strict=True))
    held = places(distinct(parcels["region_code"]), regions, names=names, top=top)
    place = held.of(parcels["region_code"])
    lines = land(parcels)
    _known(lines["class_code"], codes)
    base = base_cells(lines, held, list(codes.classes), place)

    def table(number: str, sums: Sequence[Sum], kinds: Kinds | None = None, splits: Sequence[Split] = ()) -> AreaTable:
        cells = split_cells(base, lines, place, kinds(parcels, codes)) if kinds else base
        keys = (*_keys(), label(f"CHANGE-KEY-{number}")) if splits else _keys()
        return sum_table(
            f"{number}-{part}" if part else number,
            _title(number, unit_name, year, part),
            cells,
            sums,
            key_columns=keys,
            splits=splits,
            notes=_notes(part, codes),
        )

    tables = [table("1", columns.by_heading(codes)), table("2", columns.by_class(codes))]
    if codes.id == CHINESE:
        tables += [
            table("3", columns.by_heading(codes), _tenure, columns.tenure_splits()),
            table("4", columns.by_class(codes), _settlement, columns.settlement_splits()),
            table("5", columns.by_slope(codes), _slope),
            table("6", columns.by_planting(codes), _planting),
            table("10", columns.adjustable(codes)),
            table("12", columns.by_refinement(codes), _refinement),
            table("restorable", columns.restorable(codes), _restorable),
            table("three_class", columns.three_class(codes)),
        ]
    return {one.id: one for one in tables}


def _keys() -> tuple[Label, ...]:
    return label("CHANGE-NAME"), label("CHANGE-CODE")


def _title(number: str, unit_name: Label, year: int, part: str) -> Label:
    suffix = label(f"CHANGE-{part}") if part else Label("", "")
    title = label(f"CHANGE-TABLE-{number}")
    english = f"{unit_name.en}: {title.en}{' (' + suffix.en + ')' if part else ''}, {year}"
    return Label(english, f"{unit_name.zh}{year}年{title.zh}{'（' + suffix.zh + '）' if part else ''}")


def _notes(part: str, codes: CodeSystem) -> tuple[Label, ...]:
    if part:
        return (label("CHANGE-NOTE-PART"),)
    if codes.id != CHINESE:
        return (label("CHANGE-NOTE-OTHER-SYSTEM", system=str(codes.title)),)
    return ()


def _pbf_table(
    pieces: pd.DataFrame, codes: CodeSystem, regions: RegionTree, title: Label, top: str | None
) -> AreaTable:
    """Table 15. Permanent basic farmland that no parcel covers stands in a column of its own, and so does what
    several features cover beyond once: that is no land, no task can be met with it, and no total has it."""
    known = pieces["class_code"].to_numpy(object)
    held = places(distinct(pieces["region_code"]), regions, top=top)
    place = held.of(pieces["region_code"])
    frame = pieces.assign(class_code=np.where(known == "", columns.OTHER, known))
    there = [*codes.classes, columns.OTHER]
    base = base_cells(land(frame), held, [*there, columns.TWICE], place)
    first = replace(columns.total(label("CHANGE-PBF-TOTAL")), classes=frozenset(there))
    sums = [*columns.by_class(codes, first), columns.outside_the_survey(), columns.counted_twice()]
    return sum_table("15", title, base, sums, key_columns=_keys(), notes=(label("CHANGE-NOTE-PBF"),))


def _text(parcels: pd.DataFrame, name: str) -> list[str]:
    return list(by_value(parcels[name].fillna(""), lambda value: str(value).strip(), object))


def _farmland(parcels: pd.DataFrame, codes: CodeSystem) -> list[bool]:
    return list(by_value(parcels["class_code"], codes.is_farmland, bool).tolist())


def _among(value: str, known: Sequence[str]) -> str:
    """`value`, or the sign for a value that stands in no official column."""
    return value if value in known else columns.OTHER


def _tenure(parcels: pd.DataFrame, codes: CodeSystem) -> list[str]:
    first = {"1": "state", "2": "state", "3": "collective", "4": "collective"}
    return [first.get(value[:1], columns.OTHER) for value in _text(parcels, "tenure")]


def _settlement(parcels: pd.DataFrame, codes: CodeSystem) -> list[str]:
    return [_among(value[:3], columns.SETTLEMENTS) if value else "" for value in _text(parcels, "settlement")]


def _slope(parcels: pd.DataFrame, codes: CodeSystem) -> list[str]:
    kinds = []
    grades = parcels["slope_grade"].astype("Int64").fillna(0).to_numpy(np.int64).tolist()
    for farmland, grade, form in zip(_farmland(parcels, codes), grades, _text(parcels, "farmland_form"), strict=True):
        if not farmland:
            kinds.append("")
        elif grade == 1:
            kinds.append("1")
        elif str(grade) in columns.STEEP_GRADES:
            kinds.append(str(grade) + _among(form, columns.FORMS))
        else:
            kinds.append(columns.OTHER)
    return kinds


def _planting(parcels: pd.DataFrame, codes: CodeSystem) -> list[str]:
    values = zip(_farmland(parcels, codes), _text(parcels, "planting"), strict=True)
    return [_among(value, columns.PLANTING) if farmland else "" for farmland, value in values]


def _refinement(parcels: pd.DataFrame, codes: CodeSystem) -> list[str]:
    values = zip(_farmland(parcels, codes), _text(parcels, "refinement"), strict=True)
    return [_among(value, columns.FARMLAND_REFINEMENTS) if farmland and value else "" for farmland, value in values]


def _restorable(parcels: pd.DataFrame, codes: CodeSystem) -> list[str]:
    return [value if value in columns.RESTORABLE else "" for value in _text(parcels, "planting")]
