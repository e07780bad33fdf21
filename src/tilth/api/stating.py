"""The statement of the land book: read, computed, tested and written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.api.assessing import ledger_rules, year_tests
from tilth.api.booking import land_book
from tilth.api.surveyed import surveys_of
from tilth.core import BadInput, language, message
from tilth.ledger import (
    Case,
    Drawn,
    Scope,
    Statement,
    accepted_results,
    cap_of,
    gather,
    posted,
    recalled,
    scope_of,
    seals,
    state,
    verify,
)
from tilth.runtime import Workspace, working

if TYPE_CHECKING:
    from tilth.ledger import Balance, Book, CapLike, Tested

#: Accounts that lists of a year need the earlier entries of.
_REMEMBERED = ("CLAIM", "POOL")
#: How often the book is read again when somebody posts meanwhile.
_TRIES = 3


@dataclass(frozen=True)
class Stated:
    """A statement, and the files that it was written to."""

    statement: Statement
    files: tuple[Path, ...]

    @property
    def breaks(self) -> bool:
        """Did a test fail, or is the book not what was posted?"""
        return bool(self.statement.failed) or not self.statement.drawn.verified.sound

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        one = self.statement
        return {
            "files": [str(path) for path in self.files],
            "year": one.year,
            "region": one.scope.whole.code,
            "opening": one.pool.opening._asdict(),
            "closing": one.pool.closing._asdict(),
            "tested": [test.as_record() for test in one.tested],
            "book": one.drawn.verified.as_record(),
            "entries": len(one.drawn.entries),
            "entries_booked": one.booked,
            "checks": one.counts,
            "digest": one.digest,
        }


def ledger_statement(
    workspace: Workspace,
    *,
    year: int,
    region: str | None = None,
    group: str | None = None,
    formats: Sequence[str] = ("xlsx",),
    folder: str | Path | None = None,
    lang: str | None = None,
    made_on: str | None = None,
    compiled_by: str = "",
    checked_by: str = "",
) -> Stated:
    """Write the statement of `year` and its sheets 5.1 to 5.5, for a region and those directly below it, or a group.

    Parameters
    ----------
    region
        The workspace's own without one.
    folder
        Where the files go; `reports/statement-<year>-<region>-<lang>` in the workspace if None.
    made_on
        The date on the cover, "2025-01-31"; today if None.

    Raises
    ------
    NotFound
        If there is no such region or group.
    BadInput
        For an unknown language or format, both a region and a group, or if a file cannot be written.
    """
    from tilth.report import write_statement

    spoken = lang or language()
    rules = ledger_rules(workspace)
    with working(message("STATEMENT-WRITING", year=year)):
        one = by_the_rules(
            workspace,
            statement_of(workspace, year=year, region=region, group=group),
        )
        name = one.scope.whole.code or "".join(sign if sign.isalnum() else "-" for sign in str(one.scope.whole.name))
        target = Path(folder) if folder else workspace.root / "reports" / f"statement-{year}-{name}-{spoken}"
        done, files = write_statement(
            one, target, f"statement-{year}-{name}", software=f"tilth {__version__}",
            made_on=made_on or datetime.now(UTC).date().isoformat(),
            rules=[(rules.id, rules.version)], lang=spoken, formats=formats,
            compiled_by=compiled_by, checked_by=checked_by,
        )  # fmt: skip
    return Stated(done, tuple(files))


def statement_of(
    workspace: Workspace,
    *,
    year: int,
    region: str | None = None,
    group: str | None = None,
    tested: Iterable[Tested] = (),
    caps: Sequence[CapLike] = (),
    acceptance: Mapping[str, Mapping[str, str]] | None = None,
) -> Statement:
    """The statement of `year`, exact and not written anywhere.

    Parameters
    ----------
    tested
        What the rules of the year say, beside what the statement tests by itself.
    caps
        The cap of the year, and of the next.
    acceptance
        Results A1 to A13 by the id of the entry that accepted; those that are kept beside the entries without it.

    Raises
    ------
    NotFound
        If there is no such region or group.
    BadInput
        If both are given.
    """
    from tilth.change import flow_classes
    from tilth.land import Store

    if region and group:
        raise BadInput("STATEMENT-REGION-OR-GROUP", region=region, group=group)
    store = Store(workspace)
    tree = store.regions()
    scope = scope_of(tree, region=region or workspace.region, group=group or "")
    accepted = accepted_results(workspace.database)
    checks = {name: one.checks for name, one in accepted.items()} if acceptance is None else acceptance
    classes = {name: one.class_before for name, one in accepted.items()}
    with land_book(workspace) as book:
        farmland = book.chart.farmland
        groups = {code: one.farmland_from for code, one in flow_classes(book.chart.classes.id).items()}
        surveyed = _surveyed(workspace, year)
        for _ in range(_TRIES):
            one = state(
                year, scope, _drawn(book, scope, year), farmland=farmland, groups=groups, tasks=store.tasks(year),
                surveyed=surveyed, acceptance=checks, classes_before=classes, caps=caps,
            )  # fmt: skip
            if not one.torn or not one.unsealed:
                break  # a year that is open may have got an entry while it was read
    return one.with_tests(tested)


def by_the_rules(workspace: Workspace, one: Statement) -> Statement:
    """`one` with what the rules of the workspace say of its year, and with the caps of that year and the next.

    Of a group, each member is tested, and has a cap, by itself.
    """
    from tilth.land import Store

    policy, store, database = ledger_rules(workspace), Store(workspace), workspace.database
    tree, tasks = store.regions(), store.tasks()
    regions = [one.scope.whole.code] if one.scope.whole.code else [part.code for part in one.scope.parts]
    surveys = surveys_of(workspace, one.year)
    cases = [Case(gather(database, tree, code, one.year), policy, tuple(tasks), surveys) for code in regions]
    tested = [test for case in cases for test in year_tests(workspace, case)]
    years = (one.year, one.year + 1)
    caps = [cap for code in regions for year in years if (cap := cap_of(database, tree, code, year, policy))]
    return replace(one.with_tests(tested), caps=tuple(caps))


def _drawn(book: Book, scope: Scope, year: int) -> Drawn:
    """Everything that the book says of the year."""
    database, regions = book.database, sorted(scope.whole.regions)
    begins, ends = date(year, 1, 1), date(year, 12, 31)
    last = begins - timedelta(days=1)
    entries = tuple(posted(database, regions, since=begins, until=ends))
    before = tuple(posted(database, regions, since=date.min, until=last, families=_REMEMBERED))
    opening, closing = _balances(book, regions, last), _balances(book, regions, ends)
    known = {one.entry.id for one in (*before, *entries)}
    named = {name for one in (*before, *entries) for name in one.entry.refers}
    linked = {one.entry.id: one.entry for one in (*before, *entries) if one.entry.id in named}
    linked.update((name, one.entry) for name, one in recalled(database, named - known).items())
    sealed = tuple(seals(database, regions, year))
    return Drawn(entries, before, linked, opening, closing, verify(database), sealed)


def _balances(book: Book, regions: Iterable[str], on: date) -> tuple[Balance, ...]:
    return tuple(one for region in regions for one in book.balances(region, on))


def _surveyed(workspace: Workspace, year: int) -> dict[str, tuple[int, int | None]]:
    """Farmland and permanent basic farmland of each region by the survey of the year, where there is one."""
    from tilth.land import Store

    stored = Store(workspace).listed(kind="survey", year=year)
    if not stored or Store(workspace).meta(stored[-1]).code_system != "sd2017":
        return {}
    from tilth.api.standings import standing

    rows = standing(workspace, year=year).rows
    return {row.region: (row.farmland_dm2, row.pbf_dm2) for row in rows if row.farmland_dm2 is not None}
