"""Sheets 5.2 to 5.5, the checks, and the lists that a reviewer adds up again: accounts, entries, lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from tilth.core import label
from tilth.ledger import (
    INVARIANTS,
    SHEETS,
    CapLike,
    Compensation,
    Entry,
    Line,
    Occupation,
    Outcome,
    Phase,
    Quantities,
    Statement,
    Tested,
    booked,
    cap_known,
    moves,
    passed_on,
    rules_of,
    stays_within,
    told_within,
)
from tilth.report.levelled import UNIT_DM2, Levelled, level_parts, units_of
from tilth.report.model import Listing
from tilth.report.statement_words import SHORT, classes, columns, joined, mean_grade, said, word
from tilth.report.tested_numbers import about_of, numbers_of

#: The checks of an acceptance.
A_CHECKS = tuple(f"A{number}" for number in range(1, 14))


def _hectares(parts_dm2: Sequence[int]) -> list[int]:
    """The parts of a list in levelled hectares as dm², their total first."""
    return [units * UNIT_DM2 for units in (units_of(sum(parts_dm2)), *level_parts(parts_dm2))]


# --- 5.2 -----------------------------------------------------------------------------------------------------------


def occupation_sheet(one: Statement) -> tuple[Listing, Levelled]:
    """The occupation list, its total first."""
    spec = (
        "number:count id/id region kind approval act ~posted class_lost/class area_m2:area area_ha:fine "
        "pbf_m2/pbf:area paddy_m2/of-paddy:area mean_grade:mean settled_m2/settled:area remaining_m2/remaining:area "
        "~by_order_m2/by-order:area compensations ~settled_by ~replaced_m2/replaced:area ~replacements due status "
        "~author ~rules digest_16/short ~digest"
    )
    rows = one.occupations
    areas = [row.lot.raised.area_dm2 for row in rows]
    hectares = _hectares(areas)
    body = [_occupation_row(row, ha) for row, ha in zip(rows, hectares[1:], strict=True)]
    listing = Listing(
        "5-2-occupation", label("STATEMENT-52"), columns(spec), tuple(_with_total(body, hectares[0], 8, 9, 12)),
        label("STATEMENT-NOTE-52"),
    )  # fmt: skip
    return listing, Levelled.of("5-2", [sum(areas)], [[area] for area in areas])


def _occupation_row(row: Occupation, hectares: int) -> tuple[object, ...]:
    lot, entry = row.lot, row.lot.recorded.entry
    counts = str(row.status) not in ("exempt", "reversed")
    used = list(dict.fromkeys(use.entry.id for use in lot.uses))
    return (
        lot.recorded.number, entry.id, lot.region, word("KIND", lot.name.partition(":")[2]), entry.evidence,
        _day(entry.act_date), _day(entry.posting_date), classes(row.classes), lot.raised.area_dm2, hectares,
        row.pbf_dm2, lot.raised.paddy_dm2, mean_grade(lot.raised), lot.used().area_dm2 if counts else None,
        lot.left.area_dm2 if counts else None, lot.by_order.area_dm2 if counts else None,
        joined(row.compensations), joined(used), row.replaced_dm2, joined(row.replacements), _day(entry.due),
        word("STATUS", row.status), entry.author, rules_of(entry), lot.recorded.digest[:SHORT], lot.recorded.digest,
    )  # fmt: skip


def _with_total(
    body: Sequence[tuple[object, ...]], hectares: int, area: int, ha: int, mean: int
) -> Iterator[tuple[object, ...]]:
    """A row of sums before the rows: numbers from the area on are added up, hectares are given."""
    if not body:
        return
    total: list[object] = [""] * len(body[0])
    total[0], total[1] = None, said("TOTAL")
    for at in range(area, len(total)):
        values = [row[at] for row in body]
        if all(value is None or isinstance(value, int) for value in values):
            total[at] = sum(value for value in values if isinstance(value, int))
    total[ha] = hectares
    total[mean] = None
    yield tuple(total)
    yield from body


def _day(day: date | None) -> str:
    return "" if day is None else day.isoformat()


# --- 5.3 -----------------------------------------------------------------------------------------------------------


def compensation_sheet(one: Statement) -> tuple[Listing, Levelled]:
    """The compensation list, its total first."""
    spec = (
        "number:count id/id region kind evidence accepted_on ~posted pool ~geometry class_before area_m2:area "
        "area_ha:fine paddy_m2/of-paddy:area capacity_kg/capacity:count mean_grade:mean used_m2/used:area "
        "sold_m2/sold:area remaining_m2/remaining:area ~by_order_m2/by-order:area ~used_by status checks "
        + " ".join(f"~{name.lower()}" for name in A_CHECKS)
        + " ~author ~rules digest_16/short ~digest"
    )
    rows = one.compensations
    twice = passed_on([row.lot for row in rows], one.scope.whole.regions)
    areas = [row.lot.raised.area_dm2 for row in rows] + [-twice.area_dm2]
    hectares = _hectares(areas)
    body = [_compensation_row(row, ha) for row, ha in zip(rows, hectares[1:-1], strict=True)]
    body = [_passed_on_row(twice, hectares[-1]), *body] if twice != Quantities() else body
    listing = Listing(
        "5-3-compensation", label("STATEMENT-53"), columns(spec), tuple(_with_total(body, hectares[0], 10, 11, 14)),
        label("STATEMENT-NOTE-53"),
    )  # fmt: skip
    return listing, Levelled.of("5-3", [sum(areas)], [[area] for area in areas])


def _compensation_row(row: Compensation, hectares: int) -> tuple[object, ...]:
    lot, entry = row.lot, row.lot.recorded.entry
    sold = lot.used("TRANSFER").area_dm2
    counts = lot.reversed_by is None
    users = list(dict.fromkeys(use.entry.id for use in lot.uses))
    given = row.checks or {}
    return (
        lot.recorded.number, entry.id, lot.region, word("KIND", entry.kind), entry.evidence, _day(entry.act_date),
        _day(entry.posting_date), word("POOL", lot.name.partition(":")[2]), entry.geometry, classes(row.classes),
        lot.raised.area_dm2, hectares, lot.raised.paddy_dm2, lot.raised.capacity_kg, mean_grade(lot.raised),
        lot.used().area_dm2 - sold if counts else None, sold if counts else None,
        lot.left.area_dm2 if counts else None, lot.by_order.area_dm2 if counts else None, joined(users),
        word("STATUS", row.status), _checks_in_short(row), *(_outcome(given.get(name)) for name in A_CHECKS),
        entry.author, rules_of(entry), lot.recorded.digest[:SHORT], lot.recorded.digest,
    )  # fmt: skip


def _passed_on_row(twice: Quantities, hectares: int) -> tuple[object, ...]:
    """What stands in two rows, taken out of the total: of the one that gave it and of the one that got it."""
    less = twice.negated()
    quantities = (less.area_dm2, hectares, less.paddy_dm2, less.capacity_kg, None, None, less.area_dm2, None, None)
    return None, said("PASSED-ON"), *[""] * 8, *quantities, *[""] * (len(A_CHECKS) + 7)


def _outcome(result: str | None) -> str:
    return said("DASH") if result is None else word("OUTCOME", str(result))


def _checks_in_short(row: Compensation) -> str:
    """How many passed, and each that did not."""
    if not row.checks:
        return said("DASH")
    passed = sum(str(result) == "pass" for result in row.checks.values())
    others = [f"{name} {_outcome(result)}" for name, result in row.checks.items() if str(result) != "pass"]
    return said("SEPARATOR").join([said("A-PASSED", count=passed), *others])


# --- 5.4 -----------------------------------------------------------------------------------------------------------


def cap_sheet(caps: Sequence[CapLike]) -> tuple[Listing, list[Levelled]]:
    """What each cap is made of; one row that says so where none is known."""
    rows: list[tuple[str, int | None, int | None, str]] = []
    depths: list[int] = []
    tables = []
    for cap in caps:
        known, handed = cap_known(cap), cap.handed_dm2
        kinds = [kind for kind, area in cap.stable_reductions_dm2.items() if area and known]
        lost = [-cap.stable_reductions_dm2[kind] for kind in kinds]
        levelled = Levelled.of(f"5-4-{cap.year}", [sum(lost)], [[one] for one in lost])
        tables.append(levelled)
        of = "" if cap.remaining_dm2 is None else "-HANDED" if handed is not None else "-FORMULA"
        exact: list[tuple[str, int | None]] = [
            (said("CAP-ADDITIONS"), cap.stable_additions_dm2 if known else None),
            (said("CAP-REDUCTIONS"), sum(lost) if known else None),
            (said("CAP-NET", year=cap.year - 1), cap.net_dm2 if known else None),
            (said("CAP-CARRIED"), cap.carried_dm2 if known else None),
            (said("CAP-IN"), cap.transfers_in_dm2), (said("CAP-OUT"), -cap.transfers_out_dm2),
            (said("CAP-CAP", year=cap.year), cap.cap_dm2 if known else None), (said("CAP-USED"), -cap.used_dm2),
            (said("CAP-HELD"), -cap.held_dm2), (said(f"CAP-REMAINING{of}"), cap.remaining_dm2),
        ]  # fmt: skip
        if handed is not None:
            exact.insert(-3, (said("CAP-HANDED"), handed))
        rows.append((_cap_title(cap), None, None, ""))
        depths.append(0)
        for at, (text, area) in enumerate(exact):
            rows.append(
                (text, area, *((None, said("CAP-UNKNOWN")) if area is None else (units_of(area) * UNIT_DM2, "")))
            )
            depths.append(1)
            if at == 1:
                for kind, less, (units,) in zip(kinds, lost, levelled.parts, strict=True):
                    rows.append((word("KIND", kind), less, units * UNIT_DM2, ""))
                    depths.append(2)
    if not caps:
        rows, depths = [(said("CAP-NONE"), None, None, said("CAP-UNKNOWN"))], [0]
    heads = columns("item area_m2:area area_ha:fine known")
    return Listing(
        "5-4-cap", label("STATEMENT-54"), heads, tuple(rows), label("STATEMENT-NOTE-54"), tuple(depths)
    ), tables


def _cap_title(cap: CapLike) -> str:
    """Which cap it is, and what is to be known of it: rules that are not sure, a year that the book holds in part."""
    title = said("CAP-HEAD", year=cap.year, before=cap.year - 1)
    region, confidence = getattr(cap, "region", ""), getattr(cap, "confidence", "sure")
    more = [f"{region} {title}".strip()]
    if confidence != "sure":
        more.append(word("CONFIDENCE", confidence))
    if not getattr(cap, "whole", True):
        more.append(said("CAP-IN-PART", year=cap.year - 1))
    return said("SEPARATOR").join(more)


# --- 5.5 -----------------------------------------------------------------------------------------------------------


def red_line_sheet(one: Statement) -> tuple[Listing, Levelled]:
    """What each region holds against its tasks; every difference is the one of the numbers printed."""
    surveyed = any(row.survey_farmland_dm2 is not None for row in one.red_lines)
    names = (
        "task", "farmland", "stable", "surplus", "pbf_task/pbf-task", "pbf/pbf-held", "pbf_farmland/pbf-farmland",
        "pbf_surplus/pbf-surplus", "survey_farmland/survey-farmland", "survey_difference/survey-difference",
        "survey_pbf/survey-pbf", "survey_pbf_difference/survey-pbf-difference",
    )  # fmt: skip
    stems = [(name.partition("/")[0], name.partition("/")[2] or name) for name in names]
    spec = ["code", "name"]
    for code, head in stems:  # columns of a survey that is not there are kept off paper
        spec.append(f"{'' if surveyed or not code.startswith('survey') else '~'}{code}_ha/{head}:fine")
    spec += [f"~{code}_m2/{head}:area" for code, head in stems] + ["~task_year", "~document"]
    held = [
        (row.farmland_dm2 or 0, row.stable_dm2 or 0, row.pbf_dm2 or 0, row.pbf_farmland_dm2 or 0)
        for row in one.red_lines
    ]
    # A region without regions below is its own only part, and stands once.
    below = held[1:]
    levelled = Levelled.of("5-5", held[0], below)
    rows = []
    shown = list(
        zip(one.red_lines, (levelled.whole, *levelled.parts), (one.scope.whole, *one.scope.parts), strict=True)
    )
    for row, units_held, place in shown if len(one.scope.parts) > 1 else shown[:1]:
        # Of a region whose land the book does not count, nothing is told.
        farmland, stable, pbf, still = units_held if row.farmland_dm2 is not None else (None,) * 4
        task, pbf_task = _units(row.task_dm2), _units(row.pbf_task_dm2)
        seen, seen_pbf = _units(row.survey_farmland_dm2), _units(row.survey_pbf_dm2)
        units = (
            task, farmland, stable, _less(stable, task), pbf_task, pbf, still, _less(pbf, pbf_task),
            seen, _less(farmland, seen), seen_pbf, _less(pbf, seen_pbf),
        )  # fmt: skip
        exact = (
            row.task_dm2, row.farmland_dm2, row.stable_dm2, row.surplus_dm2, row.pbf_task_dm2, row.pbf_dm2,
            row.pbf_farmland_dm2, row.pbf_surplus_dm2, row.survey_farmland_dm2, row.survey_difference_dm2,
            row.survey_pbf_dm2, row.survey_pbf_difference_dm2,
        )  # fmt: skip
        hectares = (None if unit is None else unit * UNIT_DM2 for unit in units)
        year = "" if row.task_year is None else str(row.task_year)
        rows.append((place.code, str(place.name), *hectares, *exact, year, row.source))
    depths = (0, *(1 for _ in rows[1:]))
    sheet = Listing(
        "5-5-red-line", label("STATEMENT-55"), columns(" ".join(spec)), tuple(rows), label("STATEMENT-NOTE-55"), depths
    )
    return sheet, levelled


def _units(dm2: int | None) -> int | None:
    return None if dm2 is None else units_of(dm2)


def _less(has: int | None, wants: int | None) -> int | None:
    return None if has is None or wants is None else has - wants


# --- checks --------------------------------------------------------------------------------------------------------


def checks_sheet(tested: Iterable[Tested]) -> Listing:
    """Every invariant, each of its tests; those without one as not assessed."""
    by_name: dict[str, list[Tested]] = {}
    for test in tested:
        by_name.setdefault(test.invariant, []).append(test)
    order = [*INVARIANTS, *sorted(set(by_name) - set(INVARIANTS))]
    rows = [row for name in order for row in _check_rows(name, by_name.get(name, []))]
    spec = "invariant says outcome region found wanted difference unit rule version ~since confidence about"
    return Listing("checks", label("STATEMENT-CHECKS"), columns(spec), tuple(rows), label("STATEMENT-NOTE-CHECKS"))


def _check_rows(name: str, tests: Sequence[Tested]) -> Iterator[tuple[object, ...]]:
    title = word("RULE", name.removeprefix("INV-"))
    if not tests:
        yield (name, title, word("OUTCOME", Outcome.NOT_ASSESSED.value), *[""] * 10)
    for one in tests:
        numbers = numbers_of(one)
        yield (
            name, title, word("OUTCOME", one.outcome.value), one.region, *numbers, word("UNIT", one.unit), one.rule,
            one.version, _day(one.since), word("CONFIDENCE", one.confidence), about_of(one),
        )  # fmt: skip


def levelled_test(one: Statement, tables: Sequence[Levelled]) -> Tested:
    """INV-21 on every hectare that the statement prints."""
    off = [fault for table in tables for fault in table.faults()]
    about = label("STATEMENT-INV-21", tables=len(tables), off="; ".join(off[:3]) or "-")
    outcome = Outcome.FAIL if off else Outcome.PASS
    region, year = one.scope.whole.code, one.year
    return Tested("INV-21", region, year, outcome, len(off), 0, "cells", SHEETS, "1", None, "sure", about)


# --- accounts, entries, lines --------------------------------------------------------------------------------------


def accounts_sheet(one: Statement) -> Listing:
    """Every account from opening to closing, in every quantity."""
    stages = ("opening", "added", "taken", "closing")
    spec = [
        "region",
        "account",
        "pbf/pbf-mark:count",
        "paddy/paddy-mark:count",
        "stable/stable-mark:count",
        "grade:count",
    ]
    for quantity, kind in (("area_m2", "area"), ("paddy_m2", "area"), ("capacity_kg", "count"), ("graded_m2", "area")):
        spec += [f"{stage}_{quantity}/{stage}-{quantity.partition('_')[0]}:{kind}" for stage in stages]
    rows = []
    for turn in one.accounts:
        four = (turn.opening, turn.added, turn.taken, turn.closing)
        values = [quantities[at] for at in range(4) for quantities in four]
        rows.append((*turn.account, *values, turn.entries))
    heads = columns(" ".join([*spec, "entries:count"]))
    return Listing("accounts", label("STATEMENT-ACCOUNTS"), heads, tuple(rows), label("STATEMENT-NOTE-ACCOUNTS"))


def entries_sheet(one: Statement) -> Listing:
    """Every entry of the year, with its whole digest."""
    spec = (
        "number:count id/id kind phase act posted recorded evidence author rules geometry links settles reverses due "
        "lines:count digest"
    )
    rows = tuple(
        (
            recorded.number, entry.id, entry.kind, word("PHASE", entry.phase), _day(entry.act_date),
            _day(entry.posting_date), recorded.recorded_at, entry.evidence, entry.author, rules_of(entry),
            entry.geometry, joined(entry.links), entry.settles, entry.reverses, _day(entry.due), len(entry.lines),
            recorded.digest,
        )
        for recorded in one.drawn.entries for entry in (recorded.entry,)
    )  # fmt: skip
    return Listing("entries", label("STATEMENT-ENTRIES"), columns(spec), rows, label("STATEMENT-NOTE-ENTRIES"))


def lines_sheet(one: Statement) -> Listing:
    """Every line of these entries, with the row of 5.1 that it is part of."""
    spec = (
        "number:count id/id kind posted region account pbf/pbf-mark:count paddy_mark:count stable/stable-mark:count "
        "grade:count area_m2:area paddy_m2:area capacity_kg/capacity:count graded_m2:area row"
    )
    within = one.scope.whole.regions
    rows = []
    for recorded in one.drawn.entries:
        entry = recorded.entry
        day = _day(entry.posting_date)
        for line in entry.lines:
            rows.append(
                (
                    recorded.number,
                    entry.id,
                    entry.kind,
                    day,
                    *line.account,
                    *line.quantities,
                    _row_of(entry, line, within),
                )
            )
    return Listing("lines", label("STATEMENT-LINES"), columns(spec), tuple(rows), label("STATEMENT-NOTE-LINES"))


def _row_of(entry: Entry, line: Line, within: frozenset[str]) -> str:
    """The row of 5.1 in words; "" for a line that is not of the pool."""
    if line.account.region not in within:
        return said("NOT-COUNTED")
    if entry.phase is Phase.RESERVE:
        return said("HELD-ONLY")
    if line.account.family != "POOL" or not booked(entry):
        return ""
    found: list[str] = []
    inner = stays_within(entry, within)
    for one, _ in moves(entry, line):
        moved = told_within(one, inner)
        family = {"written_off": "KIND", "other": "KIND", "inner": "INNER"}.get(moved.part, "POOL")
        part = word("PART", moved.part)
        found.append(said("WITHIN", part=part, detail=word(family, moved.detail)) if moved.detail else part)
    return said("SEPARATOR").join(found)
