"""Entries that surveys ask for, and what stands of them: also where one was reversed and came again by a later id."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from tilth.ledger.flow_steps import MARKS_FIRST
from tilth.ledger.model import LONGEST_ID, Entry


def stands(entry: Entry, ids: Collection[str], places: Collection[str]) -> bool:
    """Does it stand, or an entry of somebody's own for its parcels? That of a change stands for its marks too.

    Parameters
    ----------
    ids
        Of entries that stand, and the first id of each.
    places
        Their geometries.
    """
    if entry.id in ids or cut(entry.id) in ids:
        return True
    place = entry.geometry
    return bool(place) and (place in places or place.removesuffix(MARKS_FIRST) in places)


def next_of(entry: Entry, gone: Collection[str]) -> Entry:
    """An entry that was posted and reversed comes again under the next id."""
    name, number = entry.id, 2
    while name in gone:
        name, number = f"{cut(entry.id)}~{number}", number + 1
    return entry if name == entry.id else replace(entry, id=name)


def cut(id: str) -> str:
    """What of an id stands before the number of a later one."""
    return id[: LONGEST_ID - 4]


def first_id(id: str) -> str:
    """The id under which an entry came first, maybe cut.

    >>> first_id("flow:2023-2024:410882:ridges~2"), first_id("flow:2023-2024:410882:ridges")
    ('flow:2023-2024:410882:ridges', 'flow:2023-2024:410882:ridges')
    """
    first, _, number = id.rpartition("~")
    return first if number.isdecimal() and first else id
