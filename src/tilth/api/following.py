"""Accepted parcels in later surveys: those that are farmland no more are taken back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tilth.api.booking import land_book
from tilth.core import BadInput, TilthError
from tilth.land import Store
from tilth.ledger import (
    Followed,
    Ground,
    Limits,
    Outcome,
    Receipt,
    counter,
    follow_up,
    load_limits,
    standing_grounds,
)

if TYPE_CHECKING:
    from tilth.runtime import Workspace


@dataclass(frozen=True)
class FollowUp:
    """Accepted parcels in the survey of a year, and the counter-entries that follow from it."""

    year: int
    followed: tuple[Followed, ...]
    posted: tuple[Receipt, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()  # id of the counter-entry, and why the book refused it

    def of(self, outcome: Outcome) -> tuple[Followed, ...]:
        """The parcels of one outcome."""
        return tuple(one for one in self.followed if one.outcome is outcome)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "year": self.year, "followed": len(self.followed),
            **{outcome.value: len(self.of(outcome)) for outcome in Outcome},
            "parcels": [one.as_record() for one in self.followed],
            "posted": [one._asdict() for one in self.posted],
            "refused": [{"id": name, "why": why} for name, why in self.refused],
        }  # fmt: skip


def ledger_follow_up(
    workspace: Workspace, *, year: int, post: bool = False, evidence: str = "", author: str = "", on: date | None = None
) -> FollowUp:
    """Overlay every accepted parcel with the survey of `year`; what is no farmland there is to be taken back.

    Parameters
    ----------
    post
        Post the counter-entries, each by itself: what the pool no longer holds, the book refuses, and it is listed.
    evidence, author
        Of the counter-entries.

    Raises
    ------
    BadInput
        If the counter-entries are to be posted and evidence or author is missing.
    """
    if post:
        for option, word in (("--evidence", evidence), ("--author", author)):
            if not word.strip():
                raise BadInput("ACCEPT-WHO", option=option)
    store = Store(workspace)
    years = store.survey_years()
    grounds = standing_grounds(workspace.database, _below(workspace))
    packs: dict[tuple[str, int], Limits] = {}

    def limits(ground: Ground) -> Limits:
        key = ground.region, ground.accepted // 10_000
        return packs.setdefault(key, load_limits(*key, workspace.root))

    followed = follow_up(grounds, year, store.survey(year) if year in years else None, years, limits)
    done = FollowUp(year, tuple(followed))
    return _taken_back(workspace, done, evidence, author, on) if post else done


def _taken_back(workspace: Workspace, found: FollowUp, evidence: str, author: str, on: date | None) -> FollowUp:
    day = on or datetime.now(UTC).astimezone().date()
    posted, refused = [], []
    with land_book(workspace) as book:
        for one in found.of(Outcome.FAIL):
            original, _ = book.entry(one.ground.entry)
            entry = counter(original, id=one.reversal, posting_date=day, evidence=evidence, author=author)
            try:
                posted += book.post(entry)
            except TilthError as error:
                refused.append((one.reversal, str(error)))
    return replace(found, posted=tuple(posted), refused=tuple(refused))


def _below(workspace: Workspace) -> Iterable[str]:
    """The workspace's region and all below it."""
    return Store(workspace).regions().below(workspace.region)
