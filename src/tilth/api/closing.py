"""A year of the land book closed, and what of it was not in order when it was."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, TilthError, message
from tilth.ledger import Closing, Outcome, Tested, may_close

if TYPE_CHECKING:
    from tilth.api.assessing import Assessed
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class Unbooked:
    """Changes between two surveys that are not in the book."""

    years: tuple[int, int]
    unmatched: int  # that no entry explains
    missing: int  # entries that the surveys ask for, and that nobody posted
    why: str = ""  # book and surveys could not be compared

    @property
    def count(self) -> int:
        """All of them."""
        return self.unmatched + self.missing


@dataclass(frozen=True)
class Closed:
    """A year that is closed, with the tests that it did not pass."""

    closing: Closing
    unsound: tuple[Tested, ...]  # that fail, or are not assessed
    unbooked: Unbooked | None  # None: there are no two surveys to hold against it

    @property
    def region(self) -> str:
        """Whose year it is."""
        return self.closing.region

    @property
    def year(self) -> int:
        """The year."""
        return self.closing.year

    @property
    def accounts(self) -> int:
        """How many were sealed."""
        return self.closing.accounts

    @property
    def link(self) -> str:
        """Hash of it and of all closings before."""
        return self.closing.link

    @property
    def again(self) -> bool:
        """Was it closed before?"""
        return self.closing.again

    def names(self, outcome: Outcome) -> tuple[str, ...]:
        """The invariants with a test that came out so, in order."""
        return tuple(dict.fromkeys(one.invariant for one in self.unsound if one.outcome is outcome))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What was not in order, in the language in use, with the command that shows it; nothing if all was."""
        said = []
        if self.unsound:
            failed, left = self.names(Outcome.FAIL), self.names(Outcome.NOT_ASSESSED)
            said.append(
                message(
                    "CLI-CLOSE-UNSOUND", year=self.year, region=self.region, failed=len(failed), left=len(left),
                    failing=", ".join(failed) or "-", open=", ".join(left) or "-",
                )
            )  # fmt: skip
        one = self.unbooked
        if one is not None and (one.count or one.why):
            key = "CLI-CLOSE-NOT-COMPARED" if one.why else "CLI-CLOSE-UNBOOKED"
            values = {"before": one.years[0], "after": one.years[1], "why": one.why, "count": one.count}
            said.append(message(key, **values, unmatched=one.unmatched, missing=one.missing))
        return tuple(said)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        one = self.unbooked
        return {
            **self.closing._asdict(),
            "failed": list(self.names(Outcome.FAIL)), "not_assessed": list(self.names(Outcome.NOT_ASSESSED)),
            "tests": [test.as_record() for test in self.unsound],
            "unbooked": None if one is None else {
                "from": one.years[0], "to": one.years[1], "unmatched": one.unmatched, "missing": one.missing,
                "not_compared": one.why or None,
            },
            "warnings": list(self.warnings),
        }  # fmt: skip


def ledger_close(workspace: Workspace, *, year: int, evidence: str, author: str, region: str | None = None) -> Closed:
    """Close a year for a region (the workspace's own without one) and all below it.

    It is assessed first. What fails or is not assessed is told with the closing, and so are changes between surveys
    that are not in the book; neither stops it, unless the rule `closing` of the workspace's rules refuses them.

    Raises
    ------
    NotFound
        If there is no such region.
    BadInput
        If the year is not over, a later one is closed, or the rules refuse to close a year with such tests.
    """
    from tilth.api.assessing import ledger_assess
    from tilth.api.booking import land_book
    from tilth.land import Store

    tree = Store(workspace).regions()
    top = tree[region or workspace.region].code
    with land_book(workspace) as book:
        may_close(top, year, evidence, author, datetime.now(UTC).astimezone().date())
        found = ledger_assess(workspace, year=year, region=top)
        unsound = tuple(one for one in found.tests if one.outcome is not Outcome.PASS and not _of_closings(one))
        _refused(found, unsound)
        unbooked = _unbooked(workspace, year, top)
        return Closed(
            book.close_year(top, year, below=tree.below(top), evidence=evidence, author=author), unsound, unbooked
        )


def _of_closings(one: Tested) -> bool:
    """Is it about assessments of closed years? Before the first closing there is none to test."""
    return one.invariant == "INV-17" and one.outcome is Outcome.NOT_ASSESSED


def _refused(found: Assessed, unsound: tuple[Tested, ...]) -> None:
    rule = found.policy.rule("closing", date(found.year, 12, 31), found.region)
    against = [one for one in unsound if rule is not None and one.outcome.value in rule["refuses"]]
    if rule is not None and against:
        names = ", ".join(dict.fromkeys(one.invariant for one in against))
        raise BadInput(
            "POLICY-CLOSING", region=found.region, year=found.year, count=len(against), names=names,
            rule=f"{rule.id}@{rule.version}",
        )  # fmt: skip


def _unbooked(workspace: Workspace, year: int, region: str) -> Unbooked | None:
    """What the surveys of the year and of the one before ask for, and the book does not have."""
    from tilth.api.flow_posting import ledger_post_flows
    from tilth.land import Store

    known = Store(workspace).survey_years()
    if not {year - 1, year} <= set(known):
        return None
    years = (year - 1, year)
    with TemporaryDirectory() as folder:
        try:
            asked = ledger_post_flows(
                workspace, before=years[0], after=year, region=region, to=Path(folder) / "entries.json"
            )
        except TilthError as error:
            return Unbooked(years, 0, 0, str(error))
    return Unbooked(years, len(asked.unmatched), len(asked.entries))
