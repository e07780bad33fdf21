"""What needs doing in the office today: rules that are broken, tasks that are missed, what ends soon, what is open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tilth.core import NotFound, TilthError, breaking, message

if TYPE_CHECKING:
    from tilth.land import RegionTree, Store
    from tilth.runtime import Workspace

#: A reservation is said to end soon so many days before its last one.
SOON_DAYS = 30


@dataclass(frozen=True)
class Todo:
    """One thing to do."""

    kind: str  # survey, finding, standing, reservation, acceptance, closing
    urgent: bool
    region: str
    said: str
    remedy: str = ""
    due: date | None = None
    count: int = 1
    about: dict[str, Any] = field(default_factory=dict)  # what leads to the place where it is done

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "kind": self.kind, "urgent": self.urgent, "region": self.region, "said": self.said, "remedy": self.remedy,
            "due": self.due.isoformat() if self.due else None, "count": self.count, "about": self.about,
        }  # fmt: skip


def today(workspace: Workspace, *, region: str | None = None, on: date | None = None) -> dict[str, Any]:
    """Everything that needs doing, what is urgent first.

    Parameters
    ----------
    region
        Only what lies in this region.
    on
        Another day than today.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    from tilth.land import Store

    store = Store(workspace)
    tree, day = store.regions(), on or datetime.now(UTC).astimezone().date()
    code = tree[region or workspace.region].code
    years = store.survey_years()
    found = [
        *_findings(store, years, whole=code == workspace.region),
        *_standing(workspace, years, code),
        *_reservations(workspace, code, day),
        *(_acceptances(workspace, tree, years[-1], code) if years else ()),
        *_closings(workspace, tree, code, day),
    ]
    listed = sorted(found, key=lambda one: (not one.urgent, one.due or date.max))
    return {
        "on": day.isoformat(), "region": code, "years": years, "items": [one.as_record() for one in listed],
        "urgent": sum(one.urgent for one in listed),
    }  # fmt: skip


def _findings(store: Store, years: list[int], *, whole: bool) -> Iterator[Todo]:
    """What was found when the newest survey was imported, by code; and rows that were set aside."""
    from tilth.land.noted import noted_in

    own = store.workspace.region
    if not years:
        yield Todo("survey", True, own, message("TODAY-NO-SURVEY"), message("TODAY-NO-SURVEY", "remedy"))
        return
    if not whole:
        return
    stored = store.in_use(years[-1])
    try:
        meta = store.meta(stored)
        broken = breaking(noted_in(store.workspace.root / stored.folder))
    except TilthError as error:
        yield Todo("survey", True, own, error.said, error.remedy)
        return
    about = {"year": years[-1]}
    if meta.rows_quarantined:
        values = {"year": years[-1], "count": meta.rows_quarantined}
        said, remedy = message("TODAY-QUARANTINE", **values), message("TODAY-QUARANTINE", "remedy", **values)
        yield Todo("finding", True, own, said, remedy, count=meta.rows_quarantined, about=about)
    firsts = {one.code: one for one in reversed(broken)}
    for code, count in sorted(Counter(one.code for one in broken).items()):
        first = firsts[code]
        said = message("TODAY-FINDING", code=code, name=first.name, count=count, year=years[-1], first=first.said)
        yield Todo("finding", True, own, said, first.remedy, count=count, about={**about, "code": code})


def _standing(workspace: Workspace, years: list[int], region: str) -> Iterator[Todo]:
    """Tasks that are missed, and other findings on the standing of a region."""
    from tilth.api.standings import standing

    asked = None if region == workspace.region else region
    try:
        found = standing(workspace, region=asked)
    except TilthError as error:
        yield Todo("standing", False, region, error.said, error.remedy)
        return
    for one in found.findings:
        if one.code == "STANDING-NO-SURVEY":
            continue
        about = {"year": found.year, "code": one.code}
        urgent = str(one.severity) == "breaks"
        yield Todo("standing", urgent, one.where.parcel or region, one.said, one.remedy, about=about)


def _reservations(workspace: Workspace, region: str, day: date) -> Iterator[Todo]:
    from tilth.api.book_reading import ledger_reservations_of

    for one in ledger_reservations_of(workspace, region=region):
        ends = date.fromisoformat(one["expires"]) if one["expires"] else None
        if ends is None or ends > day + timedelta(days=SOON_DAYS):
            continue
        over = ends < day
        key = "TODAY-RESERVATION-OVER" if over else "TODAY-RESERVATION"
        values = {"id": one["id"], "ends": ends, "left": (ends - day).days}
        places = sorted({held["region"] for held in one["holds"]})
        said, remedy = message(key, **values), message(key, "remedy", **values)
        yield Todo("reservation", over, places[0] if places else region, said, remedy, ends, about={"id": one["id"]})


def _acceptances(workspace: Workspace, tree: RegionTree, year: int, region: str) -> Iterator[Todo]:
    """Accepted parcels that the newest survey does not have as farmland, or of which it says nothing yet."""
    from tilth.api.book_reading import regions_below
    from tilth.api.following import ledger_follow_up

    inside = regions_below(tree, region)
    try:
        found = ledger_follow_up(workspace, year=year)
    except NotFound as error:
        yield Todo("acceptance", False, region, error.said, error.remedy)
        return
    for one in found.followed:
        if one.outcome.value == "pass" or one.ground.region not in inside:
            continue
        lost = one.outcome.value == "fail"
        about = {"year": year, "entry": one.ground.entry}
        remedy = message("TODAY-ACCEPTANCE", "remedy") if lost else ""
        yield Todo("acceptance", lost, one.ground.region, str(one.said), remedy, about=about)


def _closings(workspace: Workspace, tree: RegionTree, region: str, day: date) -> Iterator[Todo]:
    """Years that are over, in which something was posted, and that are not closed for the region or one above it."""
    from tilth.api.book_reading import regions_below
    from tilth.ledger.newest import closed_years, used_years

    closed = closed_years(workspace.database)
    above = [one.code for one in tree.ancestors(region)]
    last = max((year for code in above for year in closed.get(code, ())), default=0)
    for year in used_years(workspace.database, regions_below(tree, region)):
        if last < year < day.year:
            said, remedy = message("TODAY-CLOSING", year=year), message("TODAY-CLOSING", "remedy", year=year)
            yield Todo("closing", False, region, said, remedy, about={"year": year})
