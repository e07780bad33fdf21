"""What surveys and accepted ground say of a year of the land book: the invariants that no entry can show by itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from tilth.core import NotFound, TilthError, label
from tilth.ledger import Beside, Outcome, Surveys, Tested, load_limits, once_in_pool

if TYPE_CHECKING:
    from tilth.land import RegionTree
    from tilth.ledger import Repeat
    from tilth.runtime import Workspace


def surveys_of(workspace: Workspace, year: int) -> Surveys:
    """What the survey of `year` says of accepted parcels (INV-7); nothing, as long as it has not seen one of them."""
    from tilth.api.following import ledger_follow_up

    try:
        found = ledger_follow_up(workspace, year=year)
    except NotFound:
        return Surveys()
    lost = tuple(one.ground.entry for one in found.of(Outcome.FAIL))
    unseen = found.of(Outcome.NOT_ASSESSED) or not found.followed
    return Surveys(not_farmland=lost if lost or not unseen else None)


def surveyed(workspace: Workspace, tree: RegionTree, region: str, year: int) -> Beside:
    """INV-4, if there are surveys to compare, and INV-6; with what each rests on, so that INV-17 can do them again."""
    below = sorted(tree.below(region))
    limits = load_limits(region, year, workspace.root)
    once = once_in_pool(workspace.database, region, below, year, limits)
    rests_on: dict[str, Mapping[str, Any]] = {
        "INV-6": {"regions": below, "pack": limits.pack, "version": limits.version}
    }
    years = _surveyed_years(workspace, year)
    if years is None:
        return Beside((once,), rests_on)
    matrix, used = _matrix(workspace, region, years)
    if used is not None:
        rests_on["INV-4"] = used
    return Beside((matrix, once), rests_on)


class _Pack(NamedTuple):
    pack: str
    version: str


def repeating(workspace: Workspace) -> Repeat:
    """Does INV-4 and INV-6 again, as far as the workspace still has what they rested on."""

    def repeat(invariant: str, region: str, year: int, rests_on: Mapping[str, Any]) -> Tested | None:
        if invariant == "INV-6":
            pack = _Pack(rests_on["pack"], rests_on["version"])
            return once_in_pool(workspace.database, region, rests_on["regions"], year, pack)
        before, after = rests_on["years"]
        if invariant != "INV-4" or not _has(workspace, before, after):
            return None
        if _rests_on(workspace, (before, after)) != rests_on:
            return None
        return _matrix(workspace, region, (before, after))[0]

    return repeat


def _has(workspace: Workspace, *years: int) -> bool:
    from tilth.land import Store

    return set(years) <= set(Store(workspace).survey_years())


def _surveyed_years(workspace: Workspace, year: int) -> tuple[int, int] | None:
    """The survey of `year` and the last one before it; None without both."""
    from tilth.land import Store

    known = Store(workspace).survey_years()
    before = max((one for one in known if one < year), default=None)
    return None if before is None or year not in known else (before, year)


def _rests_on(workspace: Workspace, years: tuple[int, int]) -> dict[str, Any]:
    """The two surveys, and the layers of basic farmland that they use, by their ids."""
    from tilth.land import Store

    store = Store(workspace)
    layers = [[one.id for one in store.chosen(year) if one.kind == "pbf"] for year in years]
    return {"years": list(years), "surveys": [store.survey(year).id for year in years], "layers": layers}


def _matrix(workspace: Workspace, region: str, years: tuple[int, int]) -> tuple[Tested, dict[str, Any] | None]:
    """INV-4: rows of the flow matrix are the opening, columns the closing, and no cell is below nothing."""
    from tilth.api.flow_posting import stocks_of
    from tilth.land import Store

    before, year = years
    try:
        flows, _ = stocks_of(workspace, Store(workspace), before, year, lambda village: workspace.region)
    except TilthError as error:
        about = label("SURVEYED-MATRIX-NOT", before=before, after=year, why=str(error))
        return _tested(region, year, Outcome.NOT_ASSESSED, None, about), None
    open_ = flows.unclosed()
    about = label("SURVEYED-MATRIX", before=before, after=year, accounts=len(flows.accounts), off=len(open_))
    outcome = Outcome.FAIL if open_ else Outcome.PASS
    return _tested(region, year, outcome, len(open_), about), _rests_on(workspace, years)


def _tested(region: str, year: int, outcome: Outcome, found: int | None, about: object) -> Tested:
    return Tested("INV-4", region, year, outcome, found, 0, "accounts", "flow-matrix", "1", None, "sure", about)  # type: ignore[arg-type]
