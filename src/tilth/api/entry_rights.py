"""What entries of a file would do, before they are posted: by whom they are signed, whose books they touch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tilth.core import BadInput
from tilth.ledger import Entry, Phase, read_entries, recalled

if TYPE_CHECKING:
    from tilth.runtime import Workspace

#: Kinds that somebody decides, not submits: what a region may do, and what it gives to another.
_DECIDED = ("CAP", "TRANSFER", "LAPSE")
_LETS_GO = (Phase.VOID, Phase.EXPIRE)


@dataclass(frozen=True)
class Offered:
    """Entries that are not posted yet."""

    authors: frozenset[str]
    #: Which actions in which regions they take.
    acts: frozenset[tuple[str, str]]


def offered(workspace: Workspace, file: str | Path, *, author: str, reserve: bool = False) -> Offered:
    """The entries of a JSON or CSV file by what they need to be allowed.

    Whoever takes back an entry needs what posting it needs. A reservation of somebody else is let go by whoever
    decides.

    Parameters
    ----------
    author
        Who signs where the file does not say.

    Raises
    ------
    BadInput
        If the file cannot be read, or an entry accepts land: that goes by examination alone.
    """
    phase = Phase.RESERVE if reserve else Phase.POST
    entries = read_entries(file, region=workspace.region, author=author, phase=phase)
    for one in entries:
        if one.kind == "ACCEPT" and not one.reverses:
            raise BadInput("API-ACCEPT-BY-ENTRY", id=one.id)
    named = {other for one in entries for other in (one.reverses, one.settles) if other}
    known = {id: found.entry for id, found in recalled(workspace.database, named).items()}
    known |= {one.id: one for one in entries}
    acts = {act for one in entries for act in _acts(one, known, author, workspace.region)}
    return Offered(frozenset(one.author for one in entries), frozenset(acts))


def letting_go_needs(workspace: Workspace, reservation: str, *, author: str) -> frozenset[tuple[str, str]]:
    """What it takes to let go a reservation: one's own is given back, that of another is decided.

    Raises
    ------
    NotFound
        If there is no such entry.
    """
    from tilth.api.booking import land_book

    with land_book(workspace) as book:
        held, _ = book.entry(reservation)
    action = "submit" if held.author == author else "decide"
    return frozenset((action, line.account.region) for line in held.lines)


def claim_regions(workspace: Workspace, occupation: str) -> frozenset[str]:
    """The regions whose claims or land an entry touches.

    Raises
    ------
    NotFound
        If there is no such entry.
    """
    from tilth.api.booking import land_book

    with land_book(workspace) as book:
        entry, _ = book.entry(occupation)
    return frozenset(line.account.region for line in entry.lines)


def _acts(one: Entry, known: dict[str, Entry], author: str, own: str) -> Iterator[tuple[str, str]]:
    about = known.get(one.reverses or one.settles)
    kind = about.kind if about is not None and one.reverses else one.kind
    action = "accept" if kind == "ACCEPT" else "decide" if kind in _DECIDED else "submit"
    if one.phase in _LETS_GO and (about is None or about.author != author):
        action = "decide"
    regions = {line.account.region for line in (*one.lines, *(about.lines if about is not None else ()))}
    for region in regions or {own}:
        yield action, region
