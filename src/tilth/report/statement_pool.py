"""Sheet 5.1: the pool from opening to closing, in every quantity, whole and by region; hectares levelled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tilth.core import Label, label
from tilth.ledger import Quantities, Statement, Turn, Turnover
from tilth.report.levelled import UNIT_DM2, Levelled, level_parts, rest_of, units_of
from tilth.report.model import Listing
from tilth.report.statement_words import SHORT, columns, mean_grade, said, spans, word

#: Rows that stand in every statement, moved or not.
_ALWAYS = ("accepted", "in", "out", "written_off", "reversed", "lapsed")
_ORDER = ("taken_over", "accepted", "in", "out", "inner", *_ALWAYS[3:], "other")
_NOTHING = Quantities()
_PAGES = ("area", "paddy", "capacity", "graded")


@dataclass(frozen=True)
class Pool:
    """Statement 5.1 and the tables of hectares in it, which INV-21 looks at."""

    account: Listing
    by_region: tuple[Listing, ...]
    levelled: tuple[Levelled, ...]


def pool_sheets(one: Statement) -> Pool:
    """Statement 5.1 of the whole, and by region where there are several."""
    tables: list[Levelled] = []
    account = _account(one, tables)
    parts = [part for part in _ORDER if part in _ALWAYS or part in {moved.part for moved in one.pool.moved}]
    pages = [_page(one, page, at, parts, tables) for at, page in enumerate(_PAGES)] if len(one.scope.parts) > 1 else []
    return Pool(account, tuple(pages), tuple(tables))


# --- the whole -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Item:
    """A row of 5.1. `area`, `paddy`: printed hectares in units."""

    text: str
    depth: int
    quantities: Quantities | None
    area: int
    paddy: int
    turn: Turn | None = None


def _account(one: Statement, tables: list[Levelled]) -> Listing:
    spec = (
        "item area_m2:area area_ha:fine paddy_m2:area paddy_ha:fine capacity_kg/capacity:count graded_m2:area "
        "mean_grade:mean entries:count numbers digest_16/short ~digest"
    )
    items = list(_items(one, tables))
    return Listing(
        "5-1-account", label("STATEMENT-51"), columns(spec), tuple(_item_row(item) for item in items),
        label("STATEMENT-NOTE-51"), tuple(item.depth for item in items),
    )  # fmt: skip


def _item_row(item: _Item) -> tuple[object, ...]:
    hectares = item.area * UNIT_DM2, item.paddy * UNIT_DM2
    if item.quantities is None:
        return (item.text, None, hectares[0], None, hectares[1], None, None, None, None, "", "", "")
    area, paddy, capacity, graded = item.quantities
    shown = (item.text, area, hectares[0], paddy, hectares[1], capacity, graded, mean_grade(item.quantities))
    if item.turn is None:
        return (*shown, None, "", "", "")
    turn = item.turn
    return (*shown, len(turn.numbers), spans(turn.numbers), turn.digest[:SHORT], turn.digest)


def _items(one: Statement, tables: list[Levelled]) -> Iterator[_Item]:
    pool, year = one.pool, one.year
    parts = [part for part in _ORDER if part in _ALWAYS or pool.details(part)]
    main = [pool.opening, *(pool.part(part) for part in parts), pool.closing]
    yield _plain(said("OPENING", year=year), pool.opening)
    for part, quantities in zip(parts, main[1:-1], strict=True):
        details = pool.details(part)
        turn = Turn.over(details.values())
        yield _plain(word("PART", part), quantities, turn=turn if turn.numbers else None)
        yield from _split([(_detail(part, name), of) for name, of in details.items()], quantities, part, tables)
        if part == "accepted" and pool.sources:
            named = [(said("OF-LAND", what=word("LAND", name)), of) for name, of in pool.sources.items()]
            yield from _split(named, quantities, "accepted-from", tables)
    area, paddy = (rest_of([units_of(quantities[at]) for quantities in main]) for at in (0, 1))
    if area or paddy:
        yield _Item(said("ROUNDING"), 0, None, area, paddy)
    yield _plain(said("CLOSING", year=year), pool.closing)
    by_source = [
        (said("OF-POOL", what=word("POOL", name)), Turn(quantities))
        for name, quantities in pool.by_source.items() if quantities != _NOTHING
    ]  # fmt: skip
    yield from _split(by_source, pool.closing, "closing", tables)
    if pool.held != _NOTHING:
        held = [("HELD", pool.held), ("AVAILABLE", pool.closing.minus(pool.held))]
        yield from _split([(said(key), Turn(of)) for key, of in held], pool.closing, "held", tables)


def _plain(text: str, quantities: Quantities, turn: Turn | None = None) -> _Item:
    return _Item(text, 0, quantities, units_of(quantities.area_dm2), units_of(quantities.paddy_dm2), turn)


def _detail(part: str, name: str) -> str:
    if part == "inner":
        return word("INNER", name)
    if part == "written_off":
        return said("OF-KIND", what=word("KIND", name))
    if part == "other":
        return word("KIND", name)
    return said("OF-POOL", what=word("POOL", name)) if name else ""


def _split(rows: Sequence[tuple[str, Turn]], whole: Quantities, table: str, tables: list[Levelled]) -> Iterator[_Item]:
    """Rows that split the one above them, their hectares levelled to it. Those without a name are left out."""
    named = [(text, turn) for text, turn in rows if text]
    if not named:
        return
    exact = [(turn.quantities.area_dm2, turn.quantities.paddy_dm2) for _, turn in named]
    levelled = Levelled.of(table, (whole.area_dm2, whole.paddy_dm2), exact)
    tables.append(levelled)
    for (text, turn), (area, paddy) in zip(named, levelled.parts, strict=True):
        yield _Item(text, 1, turn.quantities, area, paddy, turn if turn.numbers else None)


# --- by region -----------------------------------------------------------------------------------------------------


def _row(turnover: Turnover, parts: Sequence[str], at: int) -> list[int]:
    return [turnover.opening[at], *(turnover.part(part)[at] for part in parts), turnover.closing[at]]


def _page(one: Statement, page: str, at: int, parts: Sequence[str], tables: list[Levelled]) -> Listing:
    """One quantity: a row for the whole and for each region; m² and kg exact, hectares levelled."""
    turnovers = [one.pool, *one.by_part]
    exact = [_row(turnover, parts, at) for turnover in turnovers]
    names = [("opening", "opening"), *((part, f"part-{part}") for part in parts), ("closing", "closing")]
    held = [turnover.held[at] for turnover in turnovers]
    rows = []
    places = (one.scope.whole, *one.scope.parts)
    if page in ("area", "paddy"):
        levelled = Levelled.of(f"by-region-{page}", exact[0], exact[1:])
        tables.append(levelled)
        spec = [f"{name}_ha/{key}:fine" for name, key in names]
        spec.insert(-1, "rounding_ha:fine")
        spec += [f"~{name}_m2/{key}:area" for name, key in names] + ["~held_m2:area"]
        held_units = [units_of(held[0]), *level_parts(held[1:])]
        spec.insert(len(names) + 1, "held_ha:fine")
        for place, cells, dm2, kept, units in zip(
            places, (levelled.whole, *levelled.parts), exact, held, held_units, strict=True
        ):
            shown = [*cells[:-1], rest_of(cells), cells[-1], units]
            rows.append((place.code, str(place.name), *(unit * UNIT_DM2 for unit in shown), *dm2, kept))
    else:
        kind = "count" if page == "capacity" else "area"
        unit = "kg" if page == "capacity" else "m2"
        spec = [f"{name}_{unit}/{key}:{kind}" for name, key in (*names, ("held", "held"))]
        rows = [
            (place.code, str(place.name), *cells, kept) for place, cells, kept in zip(places, exact, held, strict=True)
        ]
    title: Label = label(f"STATEMENT-51-{'GRADE' if page == 'graded' else page.upper()}")
    depths = (0, *(1 for _ in one.scope.parts))
    return Listing(
        f"5-1-{page}", title, columns(" ".join(["code", "name", *spec])), tuple(rows),
        label("STATEMENT-NOTE-51-PARTS"), depths,
    )  # fmt: skip
