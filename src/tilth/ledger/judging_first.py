"""The test of compensation first (INV-9): what of each occupation by construction was there before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from tilth.core import Label, enumerated, label
from tilth.ledger.allotting import claimed
from tilth.ledger.gathering import Event
from tilth.ledger.judging import Case, told
from tilth.ledger.judging_duties import by_rule
from tilth.ledger.tested import Tested

#: So many are told one by one; of the others their ids.
_TOLD = 5


@dataclass(frozen=True, slots=True)
class _Compensated:
    """An occupation by construction, and what came in for it. [dm²]"""

    event: Event
    owed: int
    in_time: int
    later: int  # written off, but with land that came in after the limit

    @property
    def limit(self) -> date:
        """The day by which it has to be compensated: that of the act, or the one that was promised."""
        return self.event.entry.due or self.event.entry.act_date

    @property
    def late(self) -> bool:
        return self.in_time < self.owed

    @property
    def said(self) -> Label:
        key = "ASSESS-FIRST-OVERDUE" if self.event.entry.due is not None else "ASSESS-FIRST-ONE"
        return label(
            key, id=self.event.entry.id, limit=self.limit, owed=told(self.owed, "dm2"),
            in_time=told(self.in_time, "dm2"), later=_if_any("ASSESS-FIRST-AFTER", self.later),
            left=_if_any("ASSESS-FIRST-LEFT", self.owed - self.in_time - self.later),
        )  # fmt: skip


def compensated_first(case: Case) -> Iterator[Tested]:
    """INV-9: construction is compensated by what was accepted before it, or by the day that was promised."""
    found, promised = _asked(case)
    for rule, events in by_rule(case, "compensation-first", [one.event for one in found]):
        ids = {event.entry.id for event in events}
        ones = [one for one in found if one.event.entry.id in ids]
        late = [one for one in ones if one.late]
        yield case.said(
            "INV-9", rule, "ASSESS-FIRST-LATE" if late else "ASSESS-FIRST", holds=not late,
            found=sum(one.in_time for one in ones), wanted=sum(one.owed for one in ones), count=len(ones),
            late=len(late), which=_listed(late), promised=_if_any("ASSESS-FIRST-PROMISED", promised),
        )  # fmt: skip


def _asked(case: Case) -> tuple[list[_Compensated], int]:
    """The occupations that had to be compensated by the end of the year, and what was promised for later."""
    in_time: dict[str, int] = {}
    ever: dict[str, int] = {}
    for part in case.allotted:
        entry = part.occupation.entry
        if part.accepted is None:
            continue
        ever[entry.id] = ever.get(entry.id, 0) + part.area_dm2
        if part.accepted <= (entry.due or entry.act_date):
            in_time[entry.id] = in_time.get(entry.id, 0) + part.area_dm2
    found, promised = [], 0
    for one in case.facts.standing(("NONAG",)):
        name, due, owed = one.entry.id, one.entry.due, claimed(case.facts, one).area_dm2
        here = one.year == case.facts.year
        if due is not None and due > case.end:
            promised += owed if here else 0
        elif here or (due is not None and (due.year == case.facts.year or ever.get(name, 0) < owed)):
            timely = in_time.get(name, 0)
            found.append(_Compensated(one, owed, timely, ever.get(name, 0) - timely))
    return found, promised


def _if_any(key: str, area: int) -> Label:
    """What is nothing is not said."""
    return label(key, area=told(area, "dm2")) if area else Label("", "")


def _listed(late: Iterable[_Compensated]) -> Label:
    """Each with what it lacks; of many the others by their ids, uncut."""
    every = list(late)
    said = [one.said for one in every[:_TOLD]]
    if every[_TOLD:]:
        said.append(label("ASSESS-FIRST-OTHERS", ids=enumerated(one.event.entry.id for one in every[_TOLD:])))
    return Label("; ".join(one.en for one in said), "；".join(one.zh for one in said))
