"""The land book to look at: pages of entries, one by its id, reservations of a region, a statement unwritten."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tilth.ledger.newest import Wanted, newest
from tilth.ledger.statement_records import entry_record

if TYPE_CHECKING:
    from tilth.land import RegionTree
    from tilth.runtime import Workspace


def ledger_entries(
    workspace: Workspace,
    *,
    region: str | None = None,
    below: int | None = None,
    limit: int = 50,
    since: date | None = None,
    until: date | None = None,
    kind: str = "",
) -> dict[str, Any]:
    """Entries of a region and all below it, newest first: `items`, and the number to ask `below` for the next ones.

    Parameters
    ----------
    region
        The workspace's own without one: then every entry of the book.
    since, until
        By posting date, both days among them.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    from tilth.land import Store

    tree = Store(workspace).regions()
    code = tree[region or workspace.region].code
    regions = None if code == workspace.region else regions_below(tree, code)
    page = newest(workspace.database, Wanted(regions, since, until, kind.upper()), below=below, limit=limit)
    return {"items": [entry_record(one) for one in page.items], "next": page.next}


def ledger_entry(workspace: Workspace, id: str, *, region: str | None = None) -> dict[str, Any]:
    """One entry by its id.

    Raises
    ------
    NotFound
        If there is none, or none of the region.
    """
    from tilth.core import NotFound
    from tilth.land import Store
    from tilth.ledger import recalled

    found = recalled(workspace.database, [id]).get(id)
    if found is not None and region not in (None, workspace.region):
        inside = regions_below(Store(workspace).regions(), str(region))
        settled = recalled(workspace.database, [found.entry.settles]) if found.entry.settles else {}
        known = settled.get(found.entry.settles)
        if not Wanted(inside).meets(found.entry, known.entry if known else None):
            found = None
    if found is None:
        raise NotFound("LEDGER-NO-ENTRY", id=id, other=id)
    return entry_record(found)


def ledger_reservations_of(workspace: Workspace, *, region: str | None = None) -> list[dict[str, Any]]:
    """Open reservations that hold something of a region or below it, as records; all of them without a region.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    from tilth.api.booking import ledger_reservations, reservation_record
    from tilth.land import Store

    found = ledger_reservations(workspace)
    if region not in (None, workspace.region):
        inside = regions_below(Store(workspace).regions(), str(region))
        found = [one for one in found if any(line.account.region in inside for line in one.lines)]
    return [reservation_record(one) | {"author": one.author} for one in found]


def ledger_statement_record(
    workspace: Workspace, *, year: int, region: str | None = None, group: str | None = None
) -> dict[str, Any]:
    """The statement of a year as a record, tested by the rules, and written nowhere.

    Raises
    ------
    NotFound
        If there is no such region or group.
    BadInput
        If both are asked for.
    """
    from tilth.api.stating import by_the_rules, statement_of
    from tilth.ledger import statement_record

    found = statement_of(workspace, year=year, region=region, group=group)
    return statement_record(by_the_rules(workspace, found))


def regions_below(tree: RegionTree, code: str) -> frozenset[str]:
    """A region and all below it.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    top = tree[code].code
    return frozenset(one for one in tree.regions if top in {up.code for up in tree.ancestors(one)})
