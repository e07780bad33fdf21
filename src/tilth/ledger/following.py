"""Is what was accepted still farmland? Each later survey is asked (INV-7); and did no ground come in twice (INV-6)?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np

from tilth.change import moved
from tilth.core import BadInput, label, message
from tilth.land import Snapshot
from tilth.ledger.grounds import Ground, grounds_at, shared_within
from tilth.ledger.history import posted
from tilth.ledger.limits import Limits
from tilth.ledger.model import day_of
from tilth.ledger.overlaid import farmland_in, name_of
from tilth.ledger.tested import Outcome, Tested
from tilth.runtime import Database

_FIRST = date(1900, 1, 1)


@dataclass(frozen=True, slots=True)
class Followed:
    """One accepted parcel in the survey of one year."""

    ground: Ground
    year: int
    outcome: Outcome
    code: str
    values: dict[str, Any]
    gross_dm2: int | None = None
    lost_dm2: int | None = None  # no farmland in the survey
    unseen: tuple[int, ...] = ()  # years since acceptance that have no survey

    @property
    def said(self) -> str:
        """What was found, in the language in use."""
        return message(self.code, **self.values)

    @property
    def reversal(self) -> str:
        """The id of the counter-entry that takes it back."""
        return f"{self.ground.entry} not farmland {self.year}"

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "entry": self.ground.entry, "region": self.ground.region, "net_dm2": self.ground.area_dm2,
            "accepted": day_of(self.ground.accepted).isoformat(), "year": self.year, "outcome": self.outcome.value,
            "said": self.said, "gross_dm2": self.gross_dm2, "lost_dm2": self.lost_dm2, "unseen": list(self.unseen),
            "reversal": self.reversal if self.outcome is Outcome.FAIL else None,
        }  # fmt: skip


def follow_up(
    grounds: Iterable[Ground],
    year: int,
    survey: Snapshot | None,
    surveyed: Sequence[int],
    limits: Callable[[Ground], Limits],
) -> list[Followed]:
    """Each parcel whose follow-up takes in `year`, by the survey of that year.

    Parameters
    ----------
    surveyed
        The years that have a survey.
    """
    due = []
    for ground in grounds:
        since = ground.accepted // 10_000
        if since <= year <= since + int(limits(ground).number("follow-up-years")):
            due.append((ground, tuple(one for one in range(since, year + 1) if one not in surveyed)))
    if survey is None:
        said = {"year": year}
        return [Followed(one, year, Outcome.NOT_ASSESSED, "FOLLOW-NO-SURVEY", said, None, None, un) for one, un in due]
    return [_followed(ground, year, survey, unseen, limits(ground)) for ground, unseen in due]


def _followed(ground: Ground, year: int, survey: Snapshot, unseen: tuple[int, ...], limits: Limits) -> Followed:
    told: dict[str, Any] = {"survey": name_of(survey)}
    try:
        there = moved(np.array([ground.shape], dtype=object), ground.crs, survey.meta.crs, "pool")
    except BadInput as error:
        told["why"] = str(error)
        return Followed(ground, year, Outcome.NOT_ASSESSED, "FOLLOW-OUT-OF-REACH", told, None, None, unseen)
    gross, farmland, gap = (int(one[0]) for one in farmland_in(list(there), survey.meta.crs, survey))
    lost = max(0, gross - farmland - gap)
    told |= {"gross_m2": f"{gross / 100:,.2f}", "lost_m2": f"{lost / 100:,.2f}", "gap_m2": f"{gap / 100:,.2f}"}
    room = int(limits.number("follow-up-not-farmland") * gross / 100)
    if lost > room:
        return Followed(ground, year, Outcome.FAIL, "FOLLOW-NOT-FARMLAND", told, gross, lost, unseen)
    if lost + gap > room:
        return Followed(ground, year, Outcome.NOT_ASSESSED, "FOLLOW-GAP", told, gross, lost, unseen)
    return Followed(ground, year, Outcome.PASS, "FOLLOW-FARMLAND", told, gross, lost, unseen)


class Pack(Protocol):
    """Rules by their name and version, such as `Limits`."""

    @property
    def pack(self) -> str:
        """Their name."""

    @property
    def version(self) -> str:
        """Their version."""


def once_in_pool(database: Database, region: str, regions: Iterable[str], year: int, limits: Pack) -> Tested:
    """INV-6: of what was accepted until the end of `year`, each has its ground, and no two share more than 0.01 m².

    A year is tested by what stood at its end. What was taken back, or came in, later makes no difference.
    """
    wanted = sorted(set(regions))
    until = date(year, 12, 31)
    entries = [one.entry for one in posted(database, wanted, since=_FIRST, until=until)]
    back = {entry.reverses for entry in entries if entry.reverses}
    standing = grounds_at(database, until)
    accepted = {entry.id for entry in entries if entry.kind == "ACCEPT" and entry.id not in back}
    bare = sorted(accepted - {one.entry for one in standing})
    twice = [one for one in shared_within(standing) if {one.entry, one.other} & accepted]
    wrong = len(bare) + len(twice)
    named = ", ".join([*bare, *(f"{one.entry} = {one.other} ({one.area_m2:,.2f} m²)" for one in twice)]) or "-"
    about = label("POOL-ONCE", accepted=len(accepted), bare=len(bare), twice=len(twice), named=named)
    outcome = Outcome.FAIL if wrong else Outcome.PASS
    return _tested("INV-6", region, year, outcome, (wrong, 0), limits, about)


def _tested(
    invariant: str, region: str, year: int, outcome: Outcome, numbers: tuple[int | None, int | None], limits: Pack,
    about: Any,
) -> Tested:  # fmt: skip
    return Tested(
        invariant, region, year, outcome, *numbers, "entries", limits.pack, limits.version, None, "likely", about
    )
