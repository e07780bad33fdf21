"""What surveys and accepted ground say of a year of the land book: the invariants that no entry can show by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tilth.core import NotFound, TilthError, label
from tilth.ledger import Outcome, Surveys, Tested, load_limits, once_in_pool

if TYPE_CHECKING:
    from tilth.land import RegionTree
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


def surveyed_tests(workspace: Workspace, tree: RegionTree, region: str, year: int) -> tuple[Tested, ...]:
    """INV-4, if there are surveys to compare, and INV-6."""
    below = {one.code for one in tree.regions.values() if region in {up.code for up in tree.ancestors(one.code)}}
    limits = load_limits(region, year, workspace.root)
    return (*_matrix(workspace, region, year), once_in_pool(workspace.database, region, below, year, limits))


def _matrix(workspace: Workspace, region: str, year: int) -> tuple[Tested, ...]:
    """INV-4: rows of the flow matrix are the opening, columns the closing, and no cell is below nothing."""
    from tilth.api.flow_posting import stocks_of
    from tilth.land import Store

    store = Store(workspace)
    before = max((one for one in store.survey_years() if one < year), default=None)
    if before is None or year not in store.survey_years():
        return ()
    try:
        flows, _ = stocks_of(workspace, store, before, year, lambda village: workspace.region)
    except TilthError as error:
        about = label("SURVEYED-MATRIX-NOT", before=before, after=year, why=str(error))
        return (_tested(region, year, Outcome.NOT_ASSESSED, None, about),)
    open_ = flows.unclosed()
    about = label("SURVEYED-MATRIX", before=before, after=year, accounts=len(flows.accounts), off=len(open_))
    return (_tested(region, year, Outcome.FAIL if open_ else Outcome.PASS, len(open_), about),)


def _tested(region: str, year: int, outcome: Outcome, found: int | None, about: object) -> Tested:
    return Tested("INV-4", region, year, outcome, found, 0, "accounts", "flow-matrix", "1", None, "sure", about)  # type: ignore[arg-type]
