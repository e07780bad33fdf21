"""The statement for JSON: whole units, areas in dm², nothing rounded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tilth.ledger.history import Recorded
from tilth.ledger.lots import Lot
from tilth.ledger.model import Entry, Quantities
from tilth.ledger.stated import CapLike, Statement, cap_known
from tilth.ledger.turnover import Turnover


def _turnover_record(one: Turnover, code: str) -> dict[str, Any]:
    return {
        "region": code,
        "opening": one.opening._asdict(),
        "moved": [
            {
                "part": moved.part, "detail": moved.detail, **turn.quantities._asdict(),
                "entries": list(turn.numbers), "digest": turn.digest,
            }
            for moved, turn in one.moved.items()
        ],
        "accepted_from": {
            name: {**turn.quantities._asdict(), "entries": list(turn.numbers), "digest": turn.digest}
            for name, turn in one.sources.items()
        },
        "closing": one.closing._asdict(),
        "held": one.held._asdict(),
        "closing_by_source": {name: quantities._asdict() for name, quantities in one.by_source.items()},
        "difference": one.difference._asdict(),
    }  # fmt: skip


def _lot_record(lot: Lot) -> dict[str, Any]:
    entry = lot.recorded.entry
    return {
        "number": lot.recorded.number, "id": entry.id, "digest": lot.recorded.digest, "region": lot.region,
        "account": lot.name, "evidence": entry.evidence, "act_date": entry.act_date.isoformat(),
        "posting_date": entry.posting_date.isoformat(), "due": entry.due.isoformat() if entry.due else None,
        "raised": lot.raised._asdict(), "left": lot.left._asdict(), "taken_by_order": lot.by_order._asdict(),
        "uses": [
            {"number": use.number, "id": use.entry.id, "kind": use.entry.kind, "linked": use.linked,
             **use.quantities._asdict()}
            for use in lot.uses
        ],
        "reversed_by": lot.reversed_by.entry.id if lot.reversed_by else None,
    }  # fmt: skip


def cap_record(cap: CapLike) -> dict[str, Any]:
    """A cap sheet for JSON; None where it is not known."""
    names = (
        "year", "stable_additions_dm2", "net_dm2", "carried_dm2", "transfers_in_dm2", "transfers_out_dm2", "cap_dm2",
        "used_dm2", "held_dm2", "handed_dm2", "remaining_dm2",
    )  # fmt: skip
    known = cap_known(cap)
    always = ("year", "transfers_in_dm2", "transfers_out_dm2", "used_dm2", "held_dm2", "handed_dm2", "remaining_dm2")
    told = {name: getattr(cap, name) if known or name in always else None for name in names}
    return told | {"known": known, "stable_reductions_dm2": dict(cap.stable_reductions_dm2) if known else None}


def entry_record(one: Recorded) -> dict[str, Any]:
    """An entry as it stands in the book, for JSON."""
    entry = one.entry
    days = {name: getattr(entry, name) for name in ("act_date", "posting_date", "expires", "due")}
    return {
        "number": one.number, "id": entry.id, "digest": one.digest, "recorded_at": one.recorded_at,
        "kind": entry.kind, "phase": str(entry.phase), **{k: v.isoformat() if v else None for k, v in days.items()},
        "evidence": entry.evidence, "author": entry.author, "rules": rules_of(entry), "geometry": entry.geometry,
        "links": list(entry.links), "settles": entry.settles, "reverses": entry.reverses,
        "lines": [{**line.account._asdict(), **line.quantities._asdict()} for line in entry.lines],
    }  # fmt: skip


def rules_of(entry: Entry) -> str:
    """The rule pack and version that an entry was posted under, as pack@version."""
    return f"{entry.rule_pack}@{entry.rule_version}" if entry.rule_pack else ""


def statement_record(one: Statement) -> dict[str, Any]:
    """The statement for JSON: whole units, areas in dm², nothing rounded."""
    parts = zip(one.scope.parts, one.by_part, strict=True)
    return {
        "year": one.year,
        "region": one.scope.whole.code,
        "name": str(one.scope.whole.name),
        "pool": _turnover_record(one.pool, one.scope.whole.code),
        "parts": [{"name": str(part.name), **_turnover_record(turn, part.code)} for part, turn in parts],
        "occupations": [
            {
                **_lot_record(row.lot), "status": str(row.status), "classes": list(row.classes),
                "pbf_dm2": row.pbf_dm2, "replaced_dm2": row.replaced_dm2, "compensations": list(row.compensations),
                "replacements": list(row.replacements),
            }
            for row in one.occupations
        ],
        "compensations": [
            {
                **_lot_record(row.lot), "status": str(row.status), "classes": list(row.classes),
                "checks": None if row.checks is None else dict(row.checks),
            }
            for row in one.compensations
        ],
        "caps": [cap_record(cap) for cap in one.caps],
        "red_lines": [
            {**asdict(row), "surplus_dm2": row.surplus_dm2, "pbf_surplus_dm2": row.pbf_surplus_dm2}
            for row in one.red_lines
        ],
        "tested": [test.as_record() for test in one.tested],
        "accounts": [
            {**turn.account._asdict(), **_four("opening", turn.opening), **_four("added", turn.added),
             **_four("taken", turn.taken), **_four("closing", turn.closing), "entries": turn.entries}
            for turn in one.accounts
        ],
        "entries": [entry_record(entry) for entry in one.drawn.entries],
        "digest": one.digest,
        "book": one.drawn.verified.as_record(),
        "closings": [sealed._asdict() for sealed in one.drawn.sealed],
        "open_regions": one.unsealed,
    }  # fmt: skip


def _four(prefix: str, quantities: Quantities) -> dict[str, int]:
    return {f"{prefix}_{name}": value for name, value in quantities._asdict().items()}
