"""The entries that two surveys ask for: the stock of the first, and for every change a balanced entry."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tilth.change import SMALLEST_REDRAWN, Stocked
from tilth.core import BadInput, IntArray, Label, label
from tilth.land import CodeSystem
from tilth.ledger.chart import kinds
from tilth.ledger.flow_kinds import NO_RECORD, ChangeRecord, capacity_of, flow_kinds, kind_of_loss
from tilth.ledger.flow_steps import MARKS_FIRST, Parts, steps
from tilth.ledger.marks import FLOW_RULES
from tilth.ledger.model import NOTHING, Account, Entry, Line, Quantities

_LONGEST_ID = 100
_RIDGE = "LAND:1203"
#: What is measured anew, by kind of piece: neither gain nor loss.
_MEASURED = {
    "land": "ridges", "lost": "extent", "gained": "extent", "overlap_before": "overlap", "overlap_after": "overlap",
    "difference": "difference",
}  # fmt: skip


class Unmatched(NamedTuple):
    """Land that no entry explains, and why."""

    id: str  # of the entry that it would be
    kind: str
    old_parcel: str
    new_parcel: str
    old_class: str
    new_class: str
    area_dm2: int
    why: Label
    entry: Entry | None = None  # what would be posted, if it had what it lacks

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {**self._asdict(), "why": str(self.why), "entry": self.entry.id if self.entry else None}


@dataclass(frozen=True)
class Proposed:
    """Entries in the order in which they have to be posted, and what none of them explains."""

    entries: tuple[Entry, ...]
    unmatched: tuple[Unmatched, ...]
    assumed: int  # entries whose day of the act no record tells
    measured_dm2: Mapping[str, int]  # what was measured anew, by cause: the sum of what it moves
    uncounted: tuple[int, int] = (0, 0)  # entries that raise a duty without capacity, for want of a grade; their area
    slivers: int = 0  # pieces between redrawn outlines: measured anew, no changes
    slivers_dm2: int = 0


@dataclass(frozen=True)
class Terms:
    """What the entries of one run have in common."""

    posting_date: date
    author: str
    evidence: str = ""  # the surveys themselves without it


def stock_entry(region: str, stock: Iterable[tuple[Account, int]], year: int, survey: str, terms: Terms) -> Entry:
    """The opening of a region's book: just what its first survey holds (INV-2)."""
    lines = [_line(account, dm2) for account, dm2 in stock if dm2]
    total = sum(line.quantities.area_dm2 for line in lines)
    day = date(year, 12, 31)
    return Entry(
        id=f"flow:{year}:{region}:opening", kind="OPENING", act_date=day, posting_date=day, author=terms.author,
        evidence=terms.evidence or _named(year, survey),
        lines=(Line(Account(region, "OPENING"), Quantities(-total)), *lines),
    )  # fmt: skip


def closes(flows: Stocked) -> None:
    """Nothing, if the flow matrix closes (INV-2, INV-4).

    Raises
    ------
    BadInput
        The first account in which rows are not the opening, columns not the closing, or a cell is below nothing.
    """
    found = flows.unclosed()
    if found:
        row, what, is_, wanted = found[0]
        account = accounts_of(flows)[row]
        raise BadInput(
            "LEDGER-FLOWS-OPEN", account=str(account), what=label(f"LEDGER-FLOWS-{what.upper()}"),
            found=f"{is_ / 100:,.2f}", wanted=f"{wanted / 100:,.2f}", count=len(found),
        )  # fmt: skip


def accounts_of(flows: Stocked) -> list[Account]:
    """The account of each row of `flows.accounts`."""
    columns = [flows.accounts[name].tolist() for name in ("region", "pbf", "paddy", "stable", "grade")]
    names = [f"LAND:{code}" for code in flows.accounts["class_code"]]
    return [Account(region, name, *marks) for region, name, *marks in zip(columns[0], names, *columns[1:], strict=True)]


def propose(
    flows: Stocked, codes: CodeSystem, records: Mapping[tuple[str, str], ChangeRecord], terms: Terms
) -> Proposed:
    """An entry for every change between two surveys.

    Boundaries that moved come first, then every change of class or marks, then what was only measured anew, summed
    by cause. A sliver, within measuring of both its parcels, is measured anew too, unless a record of changes names its
    two parcels. An exempt kind without a document is not among the entries, it is unmatched (INV-5).

    Raises
    ------
    BadInput
        If the flow matrix does not close.
    """
    closes(flows)
    work = _Work(flows, codes, records, terms)
    changes, unmatched = work.changes()
    boundaries, measured = work.boundaries(), work.measured()
    entries, left = _in_stock([*boundaries, *changes], measured, work.opening)
    seen = {one.geometry for one in changes} | {f"{one.old_parcel} > {one.new_parcel}" for one in unmatched}
    return Proposed(
        tuple(entries),
        (*unmatched, *left, *work.unrecorded(seen)),
        sum(1 for one in changes if one.evidence.endswith(_ASSUMED)),
        work.moved,
        (work.uncounted, work.uncounted_dm2),
        int(work.sliver.sum()),
        int(flows.pieces["gross"].to_numpy(np.int64)[work.sliver].sum()),
    )


#: Stands in the evidence of an entry whose day of the act is the last of the year for want of a better one.
_ASSUMED = " act-date:assumed"


class _Work:
    """The pieces of two surveys on their way to entries."""

    def __init__(
        self, flows: Stocked, codes: CodeSystem, records: Mapping[tuple[str, str], ChangeRecord], terms: Terms
    ) -> None:
        self.flows, self.codes, self.records, self.terms = flows, codes, records, terms
        self.accounts = accounts_of(flows)
        self.opening = {one: int(dm2) for one, dm2 in zip(self.accounts, flows.opening.tolist(), strict=True)}
        first, last = flows.years
        self.prefix = f"flow:{first}-{last}"
        self.surveys = " ".join(_named(year, survey) for year, survey in zip(flows.years, flows.surveys, strict=True))
        self.year_end = min(date(last, 12, 31), terms.posting_date)
        self.remainder: dict[tuple[str, str], dict[Account, int]] = defaultdict(lambda: defaultdict(int))
        self.moved: dict[str, int] = {}
        self.uncounted = self.uncounted_dm2 = 0
        self._sort()

    def _sort(self) -> None:
        """Which pieces are changes, which moved over a boundary, and which are only measured anew."""
        pieces = self.flows.pieces
        land = pieces["land"].to_numpy(bool)
        before, after = self.flows.before, self.flows.after
        redrawn = self.redrawn = np.zeros(len(pieces), dtype=bool)
        if self.flows.redrawn:
            basic = self.flows.accounts["pbf"].to_numpy(np.int64)
            had, has = (_per_piece(one, basic, len(pieces)) for one in (before, after))
            redrawn[:] = np.abs(had - has) > SMALLEST_REDRAWN
        changed = land & (~pieces["same"].to_numpy(bool) | redrawn)
        self.sliver = changed & pieces["sliver"].to_numpy(bool) & ~self._named(changed & pieces["sliver"])
        self.changed = changed & ~self.sliver
        self.crossed = land & (pieces["from_region"] != pieces["to_region"]).to_numpy(bool)
        # A piece that is the same sum of the same accounts on both sides has nothing to book.
        still = _fingerprint(before, len(pieces)) == _fingerprint(after, len(pieces))
        self.other = ~self.changed & ~(still & ~self.crossed)

    def _named(self, slivers: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
        """(pieces,) those of `slivers` that a record of changes names by both parcels: somebody knows of them."""
        named = np.zeros(len(slivers), dtype=bool)
        rows = np.flatnonzero(slivers)
        pairs = (self.flows.pieces[name].to_numpy(object)[rows] for name in ("old_parcel", "new_parcel"))
        named[rows] = [pair in self.records for pair in zip(*pairs, strict=True)]
        return named

    def _parts(self, pieces: IntArray) -> Iterator[tuple[int, Parts, Parts]]:
        """(piece, parts before, parts after) of each of `pieces`; parts before are in the region it ends in."""
        sides = []
        for table in (self.flows.before, self.flows.after):
            wanted = np.zeros(len(self.flows.pieces), dtype=bool)
            wanted[pieces] = True
            some = table[wanted[table["piece"].to_numpy(np.int64)]]
            found: dict[int, Parts] = defaultdict(list)
            for piece, account, dm2 in zip(*(some[name].tolist() for name in ("piece", "account", "dm2")), strict=True):
                found[piece].append((self.accounts[account], dm2))
            sides.append(found)
        ends = self.flows.pieces["to_region"].to_numpy(object)
        for piece in pieces.tolist():
            before = sides[0].get(piece, [])
            if self.crossed[piece]:
                before = [(account._replace(region=ends[piece]), dm2) for account, dm2 in before]
            yield piece, before, sides[1].get(piece, [])

    def changes(self) -> tuple[list[Entry], list[Unmatched]]:
        """The entry of every piece that changed class or marks."""
        rows = np.flatnonzero(self.changed)
        names = ("old_parcel", "new_parcel", "old_class", "new_class", "to_region", "lost", "won", "farmland",
                 "old_grade15")  # fmt: skip
        columns = {name: self.flows.pieces[name].to_numpy()[rows].tolist() for name in names}
        first, entries, unmatched = list[Entry](), list[Entry](), list[Unmatched]()
        for at, (piece, was, became) in enumerate(self._parts(rows)):
            told = {name: column[at] for name, column in columns.items()}
            record = self._record(told["old_parcel"], told["new_parcel"])
            if told["farmland"]:
                found = [
                    self._entry(told, one.kind, record, one.before, one.after)
                    for one in steps(*self._inside(told["to_region"], was, became, drawn=bool(self.redrawn[piece])))
                ]
                first += [_marked(one) for one in found[:-1] if one is not None]
                entries += [one for one in found[-1:] if one is not None]
                continue
            kind = self._kind(told, record)
            entry = self._entry(told, kind, record, was, became)
            if entry is None:
                continue
            if kinds()[kind] == "exempt" and not record.document:
                area = sum(dm2 for _, dm2 in was)
                unmatched.append(
                    Unmatched(entry.id, kind, told["old_parcel"], told["new_parcel"], told["old_class"],
                              told["new_class"], area, label("LEDGER-FLOWS-NO-DOCUMENT", kind=kind), entry)
                )  # fmt: skip
            else:
                entries.append(entry)
        return [one for some in (first, entries) for one in sorted(some, key=lambda one: one.id)], unmatched

    def _record(self, old: str, new: str) -> ChangeRecord:
        found = self.records.get((old, new))
        return found or self.records.get((old, "")) or NO_RECORD

    def _kind(self, told: Mapping[str, Any], record: ChangeRecord) -> str:
        if told["lost"]:
            return record.kind or kind_of_loss(told["new_class"], self.codes)
        return "RESTORE" if told["won"] else "CHANGE"

    def _inside(self, region: str, before: Parts, after: Parts, *, drawn: bool) -> tuple[Parts, Parts]:
        """Of farmland that stays farmland, what is field on both sides; the rest is ridges measured anew.

        Where basic farmland was not drawn anew, it is as much on both sides too.
        """
        rooms = [_fields(parts, apart=not drawn) for parts in (before, after)]
        kept = []
        for parts, sign in ((before, -1), (after, 1)):
            left = {pbf: min(one.get(pbf, 0) for one in rooms) for pbf in (0, 1)}
            some = []
            for account, dm2 in parts:
                pbf = 0 if drawn else account.pbf
                part = min(left[pbf], dm2) if account.name != _RIDGE else 0
                left[pbf] -= part
                some.append((account, part))
                if dm2 != part:
                    self.remainder[region, "ridges"][account] += sign * (dm2 - part)
            kept.append(some)
        return kept[0], kept[1]

    def _entry(
        self, told: Mapping[str, Any], kind: str, record: ChangeRecord, before: Parts, after: Parts
    ) -> Entry | None:
        lines = _net(before, after)
        if not lines:
            return None
        if told["lost"]:
            lost = NOTHING
            for account, dm2 in before:
                if account.name != _RIDGE:
                    lost = lost.plus(_quantities(account, dm2))
            capacity = capacity_of(lost.area_dm2, told["old_grade15"])
            if capacity is None:
                self.uncounted, self.uncounted_dm2 = self.uncounted + 1, self.uncounted_dm2 + lost.area_dm2
            lost = lost.plus(Quantities(0, 0, capacity or 0, 0))
            lines.append(Line(Account(told["to_region"], f"{kinds()[kind].upper()}:{kind}"), lost))
        day = record.act_date if record.act_date and record.act_date <= self.terms.posting_date else None
        evidence = record.document or self.terms.evidence or self.surveys
        return Entry(
            id=_id(self.prefix, told["to_region"], f"{told['old_parcel']}-{told['new_parcel']}"),
            kind=kind, act_date=day or self.year_end, posting_date=self.terms.posting_date,
            evidence=evidence + ("" if day else _ASSUMED), author=self.terms.author,
            geometry=f"{told['old_parcel']} > {told['new_parcel']}", lines=tuple(lines), rule_pack=FLOW_RULES,
            rule_version=flow_kinds()["version"],
        )  # fmt: skip

    def boundaries(self) -> list[Entry]:
        """Ground that is in another region's book now, at the class that it had."""
        rows = np.flatnonzero(self.crossed)
        starts = self.flows.pieces["from_region"].to_numpy(object)
        sums: dict[tuple[str, str], dict[Account, int]] = defaultdict(lambda: defaultdict(int))
        for piece, before, _ in self._parts(rows):
            for account, dm2 in before:
                sums[starts[piece], account.region][account] += dm2
        entries = []
        for (start, end), moved in sorted(sums.items()):
            whole = sum(moved.values())
            lines = [_line(account._replace(region=start), -dm2) for account, dm2 in moved.items() if dm2]
            lines += [_line(account, dm2) for account, dm2 in moved.items() if dm2]
            lines += [Line(Account(start, f"TRANSFER:{end}"), Quantities(whole)),
                      Line(Account(end, f"TRANSFER:{start}"), Quantities(-whole))]  # fmt: skip
            entries.append(self._summed(f"{self.prefix}:{start}:boundary-{end}", "BOUNDARY", lines))
        return entries

    def measured(self) -> list[Entry]:
        """What was only measured anew, summed by region and cause: ridges, slivers, extent, double cover, …"""
        rows = np.flatnonzero(self.other)
        causes = np.where(self.sliver, "slivers", self.flows.pieces["kind"].map(_MEASURED).to_numpy(object))
        start, end = (self.flows.pieces[name].to_numpy(object) for name in ("from_region", "to_region"))
        for piece, before, after in self._parts(rows):
            sums = self.remainder[end[piece] or start[piece], causes[piece]]
            for parts, sign in ((before, -1), (after, 1)):
                for account, dm2 in parts:
                    sums[account] += sign * dm2
        entries = []
        for (region, cause), sums in sorted(self.remainder.items()):
            lines = [_line(account, dm2) for account, dm2 in sorted(sums.items()) if dm2]
            if lines:
                self.moved[cause] = self.moved.get(cause, 0) + sum(abs(one.quantities.area_dm2) for one in lines)
                entries.append(self._summed(f"{self.prefix}:{region}:{cause}", "REAPPRAISAL", _against(region, lines)))
        return entries

    def _summed(self, id: str, kind: str, lines: Sequence[Line]) -> Entry:
        return Entry(
            id=id, kind=kind, act_date=self.year_end, posting_date=self.terms.posting_date, author=self.terms.author,
            evidence=self.terms.evidence or self.surveys, lines=tuple(lines), rule_pack=FLOW_RULES,
            rule_version=flow_kinds()["version"],
        )  # fmt: skip

    def unrecorded(self, seen: set[str]) -> list[Unmatched]:
        """Records of changes that the surveys do not show."""
        return [
            Unmatched("", record.kind, old, new, "", "", 0, label("LEDGER-FLOWS-NO-PIECE"))
            for (old, new), record in sorted(self.records.items())
            if old and new and record.kind and f"{old} > {new}" not in seen
        ]


def _in_stock(
    changes: Sequence[Entry], measured: Sequence[Entry], opening: Mapping[Account, int]
) -> tuple[list[Entry], list[Unmatched]]:
    """The entries whose stock is there in this order (INV-20), and those for which land is not there yet."""
    held: dict[Account, int] = defaultdict(int, opening)
    for entry in changes:
        _apply(entry, held)
    fine, left = [], []
    waiting = list(measured)
    while waiting:
        good = [one for one in waiting if _fits(one, held)]
        if not good:
            break
        fine.append(good[0])
        _apply(good[0], held)
        waiting.remove(good[0])
    for one in waiting:
        area = sum(max(0, line.quantities.area_dm2) for line in one.lines)
        left.append(Unmatched(one.id, one.kind, "", "", "", "", area, label("LEDGER-FLOWS-NO-STOCK"), one))
    return [*changes, *fine], left


def _apply(entry: Entry, held: dict[Account, int]) -> None:
    for account, quantities in entry.lines:
        held[account] += quantities.area_dm2


def _fits(entry: Entry, held: Mapping[Account, int]) -> bool:
    return all(held[account] + quantities.area_dm2 >= 0
               for account, quantities in entry.lines if account.name.startswith("LAND"))  # fmt: skip


def _fields(parts: Parts, *, apart: bool) -> dict[int, int]:
    """How much field there is; with `apart` by whether it is basic farmland."""
    found: dict[int, int] = defaultdict(int)
    for account, dm2 in parts:
        if account.name != _RIDGE:
            found[account.pbf if apart else 0] += dm2
    return found


def _marked(entry: Entry) -> Entry:
    """The first of two entries of one piece, by an id and a geometry of its own."""
    digest = sha256(entry.id.encode()).hexdigest()[:32]
    prefix, _, _ = entry.id.rpartition(":")
    return replace(entry, id=f"{prefix}:marks-{digest}"[:_LONGEST_ID], geometry=entry.geometry + MARKS_FIRST)


def _against(region: str, lines: list[Line]) -> list[Line]:
    """What one survey knew of and the other did not is held against the opening."""
    over = sum(line.quantities.area_dm2 for line in lines)
    return [*lines, Line(Account(region, "OPENING"), Quantities(-over))] if over else lines


def _net(before: Parts, after: Parts) -> list[Line]:
    sums: dict[Account, int] = defaultdict(int)
    for parts, sign in ((before, -1), (after, 1)):
        for account, dm2 in parts:
            sums[account] += sign * dm2
    return [_line(account, dm2) for account, dm2 in sorted(sums.items()) if dm2]


def _line(account: Account, dm2: int) -> Line:
    return Line(account, _quantities(account, dm2))


def _quantities(account: Account, dm2: int) -> Quantities:
    return Quantities(dm2, dm2 if account.paddy else 0, 0, dm2 * account.grade)


def _id(prefix: str, region: str, rest: str) -> str:
    """An id of at most 100 signs: the rest is hashed where it would be longer."""
    whole = f"{prefix}:{region}:{rest}"
    if len(whole) <= _LONGEST_ID and whole.isprintable():
        return whole
    return f"{prefix}:{region}:#{sha256(rest.encode()).hexdigest()[:32]}"


def _named(year: int, survey: str) -> str:
    return f"survey-{year}:{survey[:16]} kinds:{flow_kinds()['version']}"


def _per_piece(parts: Any, weight: IntArray, count: int) -> IntArray:
    out = np.zeros(count, dtype=np.int64)
    np.add.at(out, parts["piece"].to_numpy(np.int64), parts["dm2"].to_numpy(np.int64) * weight[parts["account"]])
    return out


def _fingerprint(parts: Any, count: int) -> npt.NDArray[np.uint64]:
    """(count,) a number of the parts of each piece: equal parts have an equal one, others all but never."""
    out = np.zeros(count, dtype=np.uint64)
    account = parts["account"].to_numpy(np.uint64) + np.uint64(1)
    mixed = account * np.uint64(0x9E3779B97F4A7C15)
    mixed ^= mixed >> np.uint64(29)
    mixed *= np.uint64(0xBF58476D1CE4E5B9)
    np.add.at(out, parts["piece"].to_numpy(np.int64), mixed * parts["dm2"].to_numpy(np.int64).astype(np.uint64))
    return out
