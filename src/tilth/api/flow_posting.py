"""Two surveys into the land book: an entry for every change between them, and the proof that book and survey agree."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, Finding, Where, message
from tilth.ledger import (
    Account,
    Book,
    ChangeRecord,
    Entry,
    Phase,
    Policy,
    Proposed,
    Recorded,
    Terms,
    Unmatched,
    cap_left_of,
    charged,
    check,
    posted,
    propose,
    records_of,
    stock_entry,
    write_entries,
)
from tilth.ledger.flow_again import cut, first_id, next_of, stands
from tilth.runtime import Workspace, working

if TYPE_CHECKING:
    from tilth.change import Stocked
    from tilth.land import RegionTree, Store
    from tilth.ledger.flow_caps import FindCap

#: So many entries are one transaction. Ids are the same on every run, so what was cut off goes on where it stopped.
_BATCH = 5_000
_LEVELS = ("county", "township", "village")


@dataclass(frozen=True)
class Difference:
    """An account in which book and survey are not the same."""

    account: Account
    book_dm2: int
    survey_dm2: int
    left_dm2: int  # what would still differ if all that is unmatched were posted

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {"account": str(self.account), "book_dm2": self.book_dm2, "survey_dm2": self.survey_dm2,
                "difference_dm2": self.book_dm2 - self.survey_dm2, "left_dm2": self.left_dm2}  # fmt: skip


@dataclass(frozen=True)
class FlowPosted:
    """What was posted (or proposed) from two surveys, what no entry explains, and where book and survey differ."""

    years: tuple[int, int]
    entries: tuple[Entry, ...]  # new ones, in their order
    again: int  # how many stood in the book already
    unmatched: tuple[Unmatched, ...]
    differences: tuple[Difference, ...]
    accounts: int  # LAND accounts compared with the second survey
    assumed: int
    measured_dm2: Mapping[str, int]
    findings: tuple[Finding, ...]
    files: tuple[Path, ...] = ()  # entries proposed; those that lack a document
    slivers: int = 0  # pieces between redrawn outlines that are booked as measured anew
    slivers_dm2: int = 0

    @property
    def kinds(self) -> dict[str, tuple[int, int, int]]:
        """Entries, farmland gained (or lost, below nothing) and land moved by kind [dm²]."""
        found: dict[str, tuple[int, int, int]] = {}
        for entry in self.entries:
            count, farmland, moved = found.get(entry.kind, (0, 0, 0))
            land = [(one.account.name, one.quantities.area_dm2) for one in entry.lines if one.account.family == "LAND"]
            found[entry.kind] = (
                count + 1,
                farmland + sum(area for name, area in land if name.startswith("LAND:01")),
                moved + sum(area for _, area in land if area > 0),
            )
        return dict(sorted(found.items()))

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "from": self.years[0], "to": self.years[1], "posted": 0 if self.files else len(self.entries),
            "proposed": len(self.entries) if self.files else 0, "again": self.again, "act_date_assumed": self.assumed,
            "kinds": {kind: {"entries": count, "farmland_dm2": farmland, "moved_dm2": moved}
                      for kind, (count, farmland, moved) in self.kinds.items()},
            "measured_anew_dm2": dict(self.measured_dm2),
            "slivers": {"count": self.slivers, "area_dm2": self.slivers_dm2},
            "unmatched": [one.as_record() for one in self.unmatched], "accounts": self.accounts,
            "differences": [one.as_record() for one in self.differences],
            "files": [str(one) for one in self.files],
            "findings": [one.as_record() for one in self.findings],
        }  # fmt: skip


def ledger_post_flows(
    workspace: Workspace,
    *,
    before: int,
    after: int,
    region: str | None = None,
    level: str = "county",
    author: str = "",
    evidence: str = "",
    on: date | None = None,
    to: str | Path | None = None,
) -> FlowPosted:
    """Post a balanced entry for every change between two surveys, and the opening where the book has no land yet.

    Entries go in by transactions of some thousand; each has the same id on every run, so a run that was cut off can
    simply be asked for again. Before the first one, all are held against every law of a single entry.

    Parameters
    ----------
    region, level
        Whose book: the regions of `level` in `region` (the workspace's own without one).
    evidence
        Document that the entries rest on where no record of changes names one; the two surveys without it.
    on
        The posting date; the last day of the second year without one.
    to
        Write the entries to this file (JSON, or CSV) and post nothing.

    Raises
    ------
    NotFound
        If a survey or the region is missing.
    BadInput
        If the second year is not after the first, the flow matrix does not close, or the book does not hold what the
        first survey holds.
    """
    _in_order(before, after)
    from tilth.api.assessing import ledger_rules
    from tilth.api.booking import land_book
    from tilth.land import Store

    store = Store(workspace)
    tree = store.regions()
    home, wanted = _books(tree, workspace.region, region, level)
    terms = Terms(on or date(after, 12, 31), author, evidence)
    flows, codes = stocks_of(workspace, store, before, after, home)
    records, odd = _records(workspace, after)
    with land_book(workspace) as book:
        if flows is not None and codes.id != book.chart.classes.id:
            raise BadInput("LEDGER-FLOWS-SYSTEM", wanted=book.chart.classes.id, found=codes.id)
        with working(message("API-FLOW-ENTRIES", before=before, after=after)):
            asked = _within(propose(flows, codes, records, terms), wanted)
            stocks = _stocks(flows, wanted)
            standing = _Standing(book, (before, after), asked, wanted, terms)
            openings = standing.openings(stocks[0], before, flows.surveys[0])
            standing.holds(stocks[0], openings, before)
        rules = ledger_rules(workspace)
        charging, uncharged = charged(standing.new, rules, _caps(book, tree, terms.posting_date, rules))
        new = (*openings, *charging)
        files: tuple[Path, ...] = ()
        if to is None:
            _post(book, new)
            held = _held(book, wanted, terms.posting_date)
        else:
            files = _proposed(Path(to), new, standing.unmatched)
            held = standing.held_after(new, openings)
    differences, compared = _differences(held, stocks[1], standing.unmatched)
    return FlowPosted(
        (before, after), new, standing.again, standing.unmatched, differences, compared, asked.assumed,
        asked.measured_dm2, (*flows.findings, *odd, *uncharged, *_ungraded(asked)), files,
        asked.slivers, asked.slivers_dm2,
    )  # fmt: skip


def _in_order(before: int, after: int) -> None:
    if before == after:
        raise BadInput("API-FLOW-ONE-YEAR", year=after, before=after - 1)
    if before > after:
        raise BadInput("API-FLOW-ORDER", before=before, after=after)


def _books(tree: RegionTree, own: str, region: str | None, level: str) -> tuple[Callable[[str], str], set[str]]:
    """Which region's book counts a village, and the regions whose books are meant."""
    if level not in _LEVELS:
        raise BadInput("API-LEVEL", level=level)
    top = tree[region or own]
    depth = max(_LEVELS.index(level), _LEVELS.index(top.level) if top.level in _LEVELS else 0)

    def home(village: str) -> str:
        code = village
        while code and code not in tree:
            code = code[:-1]
        line = [one for one in tree.ancestors(code) if one.level in _LEVELS] if code else []
        fits = [one.code for one in line if _LEVELS.index(one.level) <= depth]
        return fits[0] if fits else own

    return home, set(tree.below(top.code))


def stocks_of(workspace: Workspace, store: Store, before: int, after: int, home: Callable[[str], str]) -> Any:
    from tilth.api.accounting import _codes
    from tilth.api.basic_cover import covers_of
    from tilth.api.layers import usable_layers
    from tilth.api.outlined import outlines_of_both
    from tilth.change import stocked

    store.in_use(after)
    first, second = store.survey(before), store.survey(after)
    with working(message("API-FLOWS", before=before, after=after)):
        layers = [usable_layers(store, one, ["pbf"]) for one in (first, second)]
        codes = _codes(first, second)
        basic = layers[0][0].get("pbf"), layers[1][0].get("pbf")
        outlines = outlines_of_both(workspace, first, second)
        found = stocked(
            first, second, codes, home, outlines=outlines,
            basic=covers_of(workspace, (first, second), basic, outlines),
            redrawn=(basic[0] and basic[0].id) != (basic[1] and basic[1].id),
        )  # fmt: skip
    left_out = tuple(one for _, some in layers for one in some)
    return replace(found, findings=(*left_out, *found.findings)), codes


def _records(workspace: Workspace, year: int) -> tuple[dict[tuple[str, str], ChangeRecord], list[Finding]]:
    """What the imported record of changes of a year says of each piece."""
    from tilth.api.importing import changes_table

    path = workspace.root / changes_table(year)
    if not path.is_file():
        return {}, []
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.DictReader(stream)
        found, odd = records_of(reader.fieldnames or (), reader)
    return found, [
        Finding("LEDGER-FLOWS-CAUSE", Where(parcel=old), {"before": old, "after": new, "word": word})
        for old, new, word in odd
    ]


def _ungraded(asked: Proposed) -> list[Finding]:
    """The capacity of occupations whose farmland has no grade is not known, and not nothing."""
    count, area = asked.uncounted
    return [Finding("LEDGER-FLOWS-CAPACITY", Where(), {"count": count, "area_dm2": area})] if count else []


def _caps(book: Book, tree: RegionTree, day: date, policy: Policy) -> FindCap:
    """The cap of a year that a region has, or the nearest above it, and what is left of it.

    It is that of the year, as it was set by its end, less what acts of the year occupy, with or without a line on the
    cap. No more is taken than its account has, by the end of `day` and as it stands.
    """

    def available(account: Account, on: date | None) -> int | None:
        held = (one.available.area_dm2 for one in book.balances(account.region, on) if one.account == account)
        return next(held, None)

    def find(region: str, year: int) -> tuple[Account, int] | None:
        for code in [one.code for one in tree.ancestors(region)] if region in tree else [region]:
            account = Account(code, f"CAP:{year}")
            by_then, then, now = (available(account, on) for on in (date(year, 12, 31), day, None))
            if by_then is not None and then is not None and now is not None:
                left = cap_left_of(book.database, tree, code, year, policy, book.chart) if code in tree else None
                return account, min(then, now, by_then if left is None else left)
        return None

    return find


def _within(found: Proposed, wanted: set[str]) -> Proposed:
    """What lies in the books that are meant; a boundary that moved, if one of its sides does."""

    def meant(entry: Entry | None) -> bool:
        return entry is None or any(one.account.region in wanted for one in entry.lines)

    return replace(
        found,
        entries=tuple(one for one in found.entries if meant(one)),
        unmatched=tuple(one for one in found.unmatched if meant(one.entry)),
    )


def _stocks(flows: Stocked, wanted: set[str]) -> tuple[dict[Account, int], dict[Account, int]]:
    from tilth.ledger import accounts_of

    accounts = accounts_of(flows)
    first, second = (
        {one: dm2 for one, dm2 in zip(accounts, stock.tolist(), strict=True) if dm2 and one.region in wanted}
        for stock in (flows.opening, flows.closing)
    )
    return first, second


def _since(book: Book, regions: Iterable[str], year: int, until: date) -> list[Recorded]:
    """What was posted in books of `regions` after the last day of `year`."""
    return list(posted(book.database, regions, since=date(year + 1, 1, 1), until=until))


class _Standing:
    """What stands in the book of that which the surveys ask for."""

    def __init__(self, book: Book, years: tuple[int, int], asked: Proposed, wanted: set[str], terms: Terms) -> None:
        there = _since(book, wanted, years[0], terms.posting_date)
        self.wanted, self.terms = wanted, terms
        span = f"{years[0]}-{years[1]}"
        gone = {one.entry.reverses for one in there if one.entry.reverses}
        self._there = [one.entry for one in there if one.entry.phase is Phase.POST and not one.entry.reverses]
        self._there = [one for one in self._there if one.id not in gone]
        # A parcel may change again under the same id: what was posted from other years explains nothing here.
        own = [one for one in self._there if not one.id.startswith("flow:") or one.id.startswith(f"flow:{span}:")]
        ids = {first for one in own for first in (one.id, first_id(one.id))}
        places = {one.geometry for one in own if one.geometry}
        self.new = tuple(next_of(one, gone) for one in asked.entries if not stands(one, ids, places))
        self.again = len(asked.entries) - len(self.new)
        self.unmatched = tuple(
            one for one in asked.unmatched if one.entry is None or not stands(one.entry, ids, places)
        )
        explained = {one.id for one in asked.entries} | {one.entry.id for one in asked.unmatched if one.entry}
        about = {one.geometry for one in asked.entries if one.geometry}
        about |= {one.entry.geometry for one in asked.unmatched if one.entry and one.entry.geometry}
        explained |= {cut(one) for one in explained}
        self.matched = [one for one in own if first_id(one.id) in explained or one.geometry in about]
        self.held = _held(book, wanted, terms.posting_date)

    def openings(self, stock: Mapping[Account, int], year: int, survey: str) -> tuple[Entry, ...]:
        """The opening of every region whose book has no land."""
        have = {account.region for account in self.held}
        regions = sorted({account.region for account in stock} - have)
        return tuple(
            stock_entry(
                one, [(a, dm2) for a, dm2 in sorted(stock.items()) if a.region == one], year, survey, self.terms
            )
            for one in regions
        )

    def holds(self, stock: Mapping[Account, int], openings: Sequence[Entry], year: int) -> None:
        """Nothing, if the book holds the first survey and what was posted of the changes since.

        Raises
        ------
        BadInput
            The first account in which it does not.
        """
        wanted = _moved(self.matched, defaultdict(int, stock), self.wanted)
        found = _moved(openings, defaultdict(int, self.held), self.wanted)
        off = [one for one in sorted({*wanted, *found}) if wanted[one] != found[one]]
        if off:
            raise BadInput(
                "LEDGER-FLOWS-BOOK", account=str(off[0]), found=f"{found[off[0]] / 100:,.2f}",
                wanted=f"{wanted[off[0]] / 100:,.2f}", day=self.terms.posting_date, year=year, count=len(off),
            )  # fmt: skip

    def held_after(self, new: Sequence[Entry], _openings: Sequence[Entry]) -> dict[Account, int]:
        """What the book would hold with `new` posted."""
        return dict(_moved(new, defaultdict(int, self.held), self.wanted))


def _moved(entries: Iterable[Entry], held: defaultdict[Account, int], wanted: set[str]) -> defaultdict[Account, int]:
    for entry in entries:
        for account, quantities in entry.lines:
            if account.name.startswith("LAND") and account.region in wanted:
                held[account] += quantities.area_dm2
    return held


def _held(book: Book, regions: Iterable[str], on: date) -> dict[Account, int]:
    return {
        one.account: one.booked.area_dm2
        for region in sorted(regions)
        for one in book.balances(region, on)
        if one.account.family == "LAND" and one.booked.area_dm2
    }


def _post(book: Book, new: Sequence[Entry]) -> None:
    today = datetime.now(UTC).astimezone().date()
    for entry in new:
        check(entry, book.chart, today)
    with working(message("API-FLOW-POSTING", count=len(new)), len(new)) as done:
        for start in range(0, len(new), _BATCH):
            some = new[start : start + _BATCH]
            book.post(*some)
            done(len(some))


def _proposed(path: Path, new: Sequence[Entry], unmatched: Sequence[Unmatched]) -> tuple[Path, ...]:
    rest = [replace(one.entry, evidence="") for one in unmatched if one.entry is not None]
    files = [write_entries(new, path)]
    if rest:
        files.append(write_entries(rest, path.with_name(f"{path.stem}-unmatched{path.suffix}")))
    return tuple(files)


def _differences(
    held: Mapping[Account, int], survey: Mapping[Account, int], unmatched: Sequence[Unmatched]
) -> tuple[tuple[Difference, ...], int]:
    """Where the book is not the survey, and what of it would be left if all that is unmatched were posted."""
    lacking: defaultdict[Account, int] = defaultdict(int)
    for one in unmatched:
        for account, quantities in one.entry.lines if one.entry else ():
            lacking[account] += quantities.area_dm2
    every = sorted({*held, *survey})
    found = [(one, held.get(one, 0), survey.get(one, 0)) for one in every]
    return tuple(
        Difference(account, book, wanted, book + lacking[account] - wanted)
        for account, book, wanted in found
        if book != wanted
    ), len(every)
