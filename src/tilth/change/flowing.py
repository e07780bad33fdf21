"""What became of the land between two years: the flows, and every table that is made of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from tilth.change.change_list import change_list, changed
from tilth.change.distinct import by_value, distinct, numbered
from tilth.change.farmland import farmland_in_out
from tilth.change.hectares import adjusted
from tilth.change.layout import RIDGE, stock_hectares
from tilth.change.leaves import flow_leaves
from tilth.change.lines import ENDS, Ends, class_lines, inside, seen_from
from tilth.change.matrix import Stocks, class_matrix, three_class_matrix
from tilth.change.pieces import Booked, Measured, Pieces, booked_pieces
from tilth.change.places import Places, places
from tilth.change.rules import StableRule, stable_rule
from tilth.change.seea import land_account, land_matrix
from tilth.core import AreaTable, Column, Finding, IntArray, Label, label
from tilth.land import CodeSystem, RegionTree


@dataclass(frozen=True)
class Flows:
    """All flows from one year to the next. Tables that the code system has no rule for are None."""

    surveys: tuple[pd.DataFrame, pd.DataFrame]  # parcels of both years
    matrix: AreaTable  # level-2 classes
    three_class: AreaTable | None
    seea: AreaTable | None
    seea_matrix: AreaTable | None
    farmland_in_out: AreaTable | None
    by_region: AreaTable  # level-1 classes: opening, decrease, increase, re-measured, closing, for every region
    pieces: Booked
    leaves: pd.DataFrame  # `leaves.flow_leaves`: flows between classes, with the hectares that every table shows
    findings: tuple[Finding, ...]
    codes: CodeSystem
    places: Places
    stocks_ha: tuple[IntArray, IntArray]  # (places, classes) as the land tables of both years show it, 0.01 ha

    @property
    def booked(self) -> pd.DataFrame:
        """The pieces as a table, see `pieces.Booked.frame`."""
        return self.pieces.frame

    @cached_property
    def change_list(self) -> pd.DataFrame:
        """`change_list.COLUMNS`, one row for every piece of land that is not what it was."""
        return change_list(*self.surveys, self.pieces)

    @property
    def changes(self) -> int:
        """How many rows the change list has, without making it."""
        return int(changed(*self.surveys, self.pieces).sum())

    @property
    def edges(self) -> Mapping[str, int]:
        """Land that only one year knows, by kind, gross [dm²]: lost, gained, overlaps, measured difference."""
        return {kind: int(self.pieces.gross[self.pieces.of(kind)].sum()) for kind in ENDS}

    @property
    def stable_net_dm2(self) -> int | None:
        """N_t, the net increase of farmland in stable use, of the whole [dm²]; None without farmland."""
        return None if self.farmland_in_out is None else int(self.farmland_in_out.column("STABLE-NET")[0])

    def matrix_of(self, region: str) -> AreaTable:
        """The matrix of one region, with what came from and went to its neighbours. LookupError if it has no row."""
        name = self.places.rows[self.places.row_of(region)].key[0]
        title = _titled("matrix", Label(name, name), None)
        leaves, own = (
            seen_from(self.leaves, inside(self.places, region)),
            self.places.members[self.places.row_of(region)],
        )
        opened, closed = (own @ hectares for hectares in self.stocks_ha)
        return class_matrix(f"matrix-{region}", title, leaves, self.codes, _stocks(opened, closed, self.codes))

    @property
    def tables(self) -> dict[str, AreaTable]:
        """Every table there is, by id."""
        found = (self.matrix, self.three_class, self.by_region, self.farmland_in_out, self.seea, self.seea_matrix)
        return {table.id: table for table in found if table is not None}


def flows(
    before: pd.DataFrame,
    after: pd.DataFrame,
    pieces: Pieces,
    codes: CodeSystem,
    regions: RegionTree,
    *,
    opening: Measured | None = None,
    closing: Measured | None = None,
    years: tuple[int, int] | None = None,
    unit_name: Label | None = None,
    rule: StableRule | None = None,
    top: str | None = None,
) -> Flows:
    """The flows that measured `pieces` of year × year give.

    Parameters
    ----------
    before, after
        Columns of `tilth.land.PARCEL_COLUMNS`, classes of `codes`.
    pieces
        Intersection areas of rows of `before` (left) and `after` (right). [m²]
    opening, closing
        What was measured of the parcels; recorded areas without it.
    years, unit_name
        For the titles.
    rule
        Which farmland is in stable use; the default rule without it.
    top
        Region of the first row.

    Returns
    -------
    Flows whose matrix has the opening areas as row sums and the closing areas as column sums, exactly (INV-2 to 4).
    """
    for code in {*distinct(before["class_code"]), *distinct(after["class_code"])}:
        codes[code]
    opening, closing = opening or Measured.as_recorded(before), closing or Measured.as_recorded(after)
    booked, findings = booked_pieces(before, after, pieces, opening, closing)
    held = _places(before, after, regions, top)
    name = unit_name or Label(*2 * (held.rows[0].key[0],))
    opened, closed = (stock_hectares(parcels, held, codes) for parcels in (before, after))
    stocks = _stocks(opened.sum(axis=0), closed.sum(axis=0), codes)
    ends = (Ends.of(parcels, codes, rule or stable_rule()) for parcels in (before, after))
    leaves = flow_leaves(class_lines(booked, *ends), stocks.opening)
    result = Flows(
        surveys=(before, after),
        matrix=class_matrix("matrix", _titled("matrix", name, years), leaves, codes, stocks),
        three_class=three_class_matrix(
            "three_class_matrix", _titled("three_class_matrix", name, years), leaves, codes, stocks
        ),
        seea=land_account(_titled("seea", name, years), leaves, codes, stocks),
        seea_matrix=land_matrix(_titled("seea_matrix", name, years), leaves, codes, stocks),
        farmland_in_out=farmland_in_out(
            _titled("farmland_in_out", name, years),
            leaves,
            held,
            codes,
            opening_ha=_of_farmland(opened, codes),
            closing_ha=_of_farmland(closed, codes),
        ),
        by_region=_by_region(
            _titled("by_region", name, years),
            leaves,
            held,
            codes,
            (_by_heading(opened, codes), _by_heading(closed, codes)),
        ),
        pieces=booked,
        leaves=leaves,
        findings=tuple(findings),
        codes=codes,
        places=held,
        stocks_ha=(opened, closed),
    )
    _assert_closed(result, before, after)
    return result


def _stocks(opened: IntArray, closed: IntArray, codes: CodeSystem) -> Stocks:
    """From (classes,) hectares of both years."""
    return Stocks(*(dict(zip(codes.classes, one.tolist(), strict=True)) for one in (opened, closed)))


def _of_farmland(stock: IntArray, codes: CodeSystem) -> IntArray:
    chosen = [number for number, code in enumerate(codes.classes) if codes.is_farmland(code)]
    farmland: IntArray = stock[:, chosen].sum(axis=1)
    return farmland


def _by_heading(stock: IntArray, codes: CodeSystem) -> IntArray:
    """(places, headings) from (places, classes)."""
    index = {code: position for position, code in enumerate(codes.headings)}
    sums = np.zeros((len(stock), len(index)), dtype=np.int64)
    for number, code in enumerate(codes.classes):
        sums[:, index[codes.heading(code)]] += stock[:, number]
    return sums


def _titled(table: str, name: Label, years: tuple[int, int] | None) -> Label:
    title = label(f"CHANGE-TABLE-{table}")
    span = "" if years is None else f"{years[0]}–{years[1]}"
    english, chinese = (f", {span}", f"{span}年") if span else ("", "")
    return Label(f"{name.en}: {title.en}{english}", f"{name.zh}{chinese}{title.zh}")


def _places(before: pd.DataFrame, after: pd.DataFrame, regions: RegionTree, top: str | None) -> Places:
    columns = ["region_code", "region_name"]
    both = pd.concat([parcels[columns].drop_duplicates("region_code", keep="last") for parcels in (before, after)])
    names = dict(zip(both["region_code"], both["region_name"], strict=True))
    return places(both["region_code"], regions, names=names, top=top)


def _by_region(
    title: Label, leaves: pd.DataFrame, held: Places, codes: CodeSystem, stocks: tuple[IntArray, IntArray]
) -> AreaTable:
    """Level-1 classes of every region. A change of boundary and whatever is measured anew is in MEASURED; in hectares,
    ROUNDING is what is left over between `stocks` (opening, closing), which are those of the land tables."""
    headings = codes.headings
    index = {code: position for position, code in enumerate(headings)}
    row = {code: position for position, code in enumerate(held.codes)}
    heading = {code: codes.heading(code) for code in codes.classes}
    # OPENING, DECREASE, INCREASE, MEASURED, ROUNDING of each heading; closing is made of them.
    cells, hectares = (np.zeros((len(held.codes), len(headings), 5), dtype=np.int64) for _ in range(2))
    keys = ["source", "sink", "from_region", "to_region"]
    grouped = leaves.groupby(keys, sort=False)[["dm2", "ha"]].sum()
    for (source, sink, start, end), dm2, ha in zip(grouped.index, grouped["dm2"], grouped["ha"], strict=True):
        old, new = heading.get(source, ""), heading.get(sink, "")
        for code, region, part, sign in _region_entries(old, new, start, end):
            cells[row[region], index[code], part] += sign * dm2
            hectares[row[region], index[code], part] += sign * ha
    hectares[:, :, _OPENING] = stocks[0]
    hectares[:, :, _ROUNDING] = stocks[1] - hectares @ _CLOSING
    return _region_table(title, cells, hectares, held, codes)


def _region_entries(old: str, new: str, start: str, end: str) -> Iterator[tuple[str, str, int, int]]:
    """(heading, region, part, sign) that a flow is booked in; a heading is "" where the flow has no class."""
    if old:
        yield old, start, _OPENING, 1
    if old and new and start != end:
        yield old, start, _MEASURED, -1
        yield old, end, _MEASURED, 1
    if old and new and old != new:
        yield old, end, _DECREASE, 1
        yield new, end, _INCREASE, 1
    elif old and not new:
        yield old, start, _MEASURED, -1
    elif new and not old:
        yield new, end, _MEASURED, 1


_OPENING, _DECREASE, _INCREASE, _MEASURED, _ROUNDING = range(5)
_REGION_PARTS = ("OPENING", "DECREASE", "INCREASE", "MEASURED", "ROUNDING", "CLOSING")
_CLOSING = np.array([1, -1, 1, 1, 1], dtype=np.int64)


def _region_table(title: Label, cells: IntArray, hectares: IntArray, held: Places, codes: CodeSystem) -> AreaTable:
    weights = np.column_stack([np.eye(5, dtype=np.int64), _CLOSING])
    shape = (len(held.codes), -1)
    columns = tuple(
        Column(f"{code}:{part}", label(f"CHANGE-{part}"), codes[code].label)
        for code in codes.headings
        for part in _REGION_PARTS
    )
    keys = (label("CHANGE-NAME"), label("CHANGE-CODE"))
    dm2 = held.sums((cells @ weights).reshape(shape))
    notes = (label("CHANGE-NOTE-STOCK-HA", column=label("CHANGE-ROUNDING")),)
    table = AreaTable("by_region", title, keys, columns, held.rows, dm2, notes=notes)
    return adjusted(table, held.sums((hectares @ weights).reshape(shape)))


def _assert_closed(result: Flows, before: pd.DataFrame, after: pd.DataFrame) -> None:
    """INV-2 to INV-4 against the parcels themselves, class by class and region by region."""
    codes, held = result.codes, result.places
    index = {code: position for position, code in enumerate(codes.headings)}
    for column, parcels in (("OPENING", before), ("CLOSING", after)):
        number, values = numbered(parcels["class_code"])
        place = held.of(parcels["region_code"])
        by_class: Counter[str] = Counter()
        expected = np.zeros((len(held.codes), len(codes.headings)), dtype=np.int64)
        net, ridges = (parcels[name].to_numpy(np.int64) for name in ("net_area_dm2", "deduct_dm2"))
        for classes, some, dm2 in ((list(values), number, net), ([RIDGE], np.zeros_like(number), ridges)):
            sums = np.zeros((len(held.codes), len(classes)), dtype=np.int64)
            np.add.at(sums, (place, some), dm2)
            for at, own in enumerate(classes):
                if sums[:, at].any():
                    by_class[codes.base(own)] += int(sums[:, at].sum())
                    expected[:, index[codes.heading(own)]] += sums[:, at]
        for row, area in zip(result.matrix.rows, result.matrix.column(column), strict=True):
            if row.key[0] in codes:
                assert int(area) == by_class[row.key[0]], (column, row.key, int(area))
        shown = np.column_stack([result.by_region.column(f"{code}:{column}") for code in codes.headings])
        assert np.array_equal(shown, held.sums(expected)), column
        if result.farmland_in_out is not None:
            farmland = by_value(parcels["class_code"], codes.is_farmland, bool)
            assert int(result.farmland_in_out.column(column)[0]) == int(net[farmland].sum()), column
