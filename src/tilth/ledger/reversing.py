"""Write-offs and the occupations that they link: one names what it writes off, and that is not taken back before it.

These are laws of the book itself. The second is looked at in the transaction that writes, with the accounts locked.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

from tilth.core import BadInput
from tilth.ledger import statements
from tilth.ledger.canonical import entry_of
from tilth.ledger.model import Account, Entry, Phase
from tilth.ledger.tables import entries
from tilth.runtime import Desk

#: Kinds that may take from claims. Only these, and counter-entries, are looked at.
WRITING_OFF = ("SETTLE", "PROTECT")
_LOOKED_AT = frozenset((*WRITING_OFF, "REVERSE"))


def about_claims(entry: Entry) -> set[str]:
    """The regions whose claims an entry writes off, or takes back."""
    return {account.region for account in taken_of_claims(entry)}


def taken_of_claims(entry: Entry) -> dict[Account, int]:
    """What an entry takes of claims, as positive areas."""
    return {account: -q.area_dm2 for account, q in entry.lines if q.area_dm2 < 0 and account.family == "CLAIM"}


def writes_off(entry: Entry) -> bool:
    """Does an entry write off claims, now or once it is no longer only reserved?"""
    planned = entry.phase in (Phase.POST, Phase.RESERVE)
    return entry.kind == "SETTLE" and planned and not entry.reverses and bool(about_claims(entry))


def links_what_it_writes_off(entry: Entry, named: Mapping[str, Entry]) -> None:
    """Nothing, if a write-off links an occupation for every claim that it takes from.

    Parameters
    ----------
    named
        The entries that it links, by id.

    Raises
    ------
    BadInput
        If it takes from an account on which none of them raised a claim.
    """
    taken = taken_of_claims(entry)
    if not taken:
        return
    raised = {account for name in entry.links for account in _raised(named[name])}
    for account, area in sorted(taken.items()):
        if account not in raised:
            raise BadInput(
                "LEDGER-SETTLE-UNLINKED", id=entry.id, account=str(account), taken=f"{area / 100:,.2f} m²"
            )  # fmt: skip


def _raised(entry: Entry) -> list[Account]:
    """The accounts on which an entry raised a claim, whether or not it was taken back."""
    if entry.phase is not Phase.POST or entry.reverses:
        return []
    return [account for account, q in entry.lines if q.area_dm2 > 0 and account.family == "CLAIM"]


def claims_stand(
    desk: Desk, new: Sequence[Entry], rows: Sequence[tuple[object, ...]], ids: Mapping[Account, int]
) -> None:
    """Nothing, if of the entries of a call none takes back what is written off, or writes off what was taken back.

    Else the write-off would be left without its claim, and eat another's on the same account. Accounts are locked.

    Parameters
    ----------
    rows
        Of entries that the same transaction writes before them.
    ids
        Of the accounts in the database.

    Raises
    ------
    BadInput
        The first that does.
    """
    asked = {one.id: one for one in new if one.kind in _LOOKED_AT and taken_of_claims(one)}
    if not asked:
        return
    seen = [entry_of(str(row[3])) for row in rows if '"CLAIM:' in str(row[3])]
    gone = {one.reverses: one.id for one in seen if one.reverses} | _taken_back(desk, asked.values())
    for one in new:
        if one.id in asked and one.reverses:
            _not_written_off(one, (*_taking(desk, one, ids), *seen), gone)
        elif one.id in asked:
            _not_taken_back(one, gone)
        if one.reverses:
            gone[one.reverses] = one.id
        seen.append(one)


def _not_written_off(entry: Entry, taking: Iterable[Entry], gone: Mapping[str, str]) -> None:
    for one in taking:
        counts = one.phase is Phase.POST and not one.reverses and one.id not in gone
        if counts and entry.reverses in one.links and taken_of_claims(one):
            raise BadInput("POLICY-REVERSE-WRITTEN-OFF", id=entry.id, other=entry.reverses, by=one.id)


def _not_taken_back(entry: Entry, gone: Mapping[str, str]) -> None:
    for name in entry.links:
        if name in gone:
            raise BadInput("LEDGER-SETTLE-TAKEN-BACK", id=entry.id, other=name, by=gone[name])


def _taken_back(desk: Desk, asked: Iterable[Entry]) -> dict[str, str]:
    """Of the occupations that write-offs link, those that stand taken back in the book: by which entry."""
    links = sorted({name for one in asked if not one.reverses for name in one.links})
    if not links:
        return {}
    found = statements.entries_where(desk, entries.c.reverses, links)
    return {name: row.id for name, row in found.items() if taken_of_claims(entry_of(row.body))}


def _taking(desk: Desk, entry: Entry, ids: Mapping[Account, int]) -> list[Entry]:
    """Entries that take from the claims that a counter-entry takes back, name its original, and stand."""
    text = json.dumps(entry.reverses, ensure_ascii=False)
    for odd in "/%_":
        text = text.replace(odd, f"/{odd}")
    found = (
        body
        for account in taken_of_claims(entry)
        for (body,) in statements.TAKING.ask(desk, {"of": ids[account], "naming": f"%{text}%"})
    )
    return [entry_of(body) for body in dict.fromkeys(found)]
