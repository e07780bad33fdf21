"""A claim written off against accepted compensation: proposed oldest acceptance first, then posted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tilth.api.assessing import ledger_rules
from tilth.api.booking import land_book
from tilth.api.transferring import whole_dm2
from tilth.core import BadInput
from tilth.ledger import Account, Book, Entry, Policy, Receipt, post_proposed, posted
from tilth.ledger.lots import Lot, lots
from tilth.ledger.settling import Asked, WriteOff, claim_of, write_off

if TYPE_CHECKING:
    from tilth.runtime import Workspace

_FIRST = date(1900, 1, 1)


@dataclass(frozen=True)
class Settled:
    """A write-off, and its receipt; none where it was only proposed."""

    write_off: WriteOff
    receipt: Receipt | None

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {**self.write_off.as_record(), "posted": self.receipt is not None,
                "receipt": self.receipt._asdict() if self.receipt else None}  # fmt: skip


def ledger_settle(
    workspace: Workspace,
    occupation: str,
    *,
    evidence: str = "",
    author: str = "",
    area_ha: str | float | Decimal | None = None,
    use: Sequence[str] = (),
    on: date | None = None,
    id: str = "",
    dry_run: bool = False,
) -> Settled:
    """Write off the claim of an occupation: one entry of kind SETTLE that links it and the acceptances it uses.

    Parameters
    ----------
    area_ha
        So much of the claim; all that is left of it without.
    use
        Use these acceptances only. Without, any but the old stock (POOL:LEGACY). The oldest goes first.
    on
        The day; today without.
    id
        Of the entry; made of the occupation's without.
    dry_run
        Say what would be posted, and post nothing.

    Raises
    ------
    NotFound
        If there is no such entry.
    BadInput
        If it raised no claim, or the pool does not suffice: with what is short; the book's own reasons.
    """
    day = on or datetime.now(UTC).astimezone().date()
    area = None if area_ha is None else whole_dm2(area_ha, "area_ha")
    policy = ledger_rules(workspace)
    asked = Asked(occupation, day, evidence, author, area, tuple(use), id)
    with land_book(workspace) as book:
        entry, _ = book.entry(occupation)
        owing = {one.account.region for one in entry.lines if one.account.family == "CLAIM"}
        regions = sorted(owing or {one.account.region for one in entry.lines} or {workspace.region})
        if dry_run:
            return Settled(_proposed(book, regions, policy, asked), None)
        made: list[WriteOff] = []

        def propose() -> Entry:
            made.append(_proposed(book, regions, policy, asked))
            return made[-1].entry

        receipt = post_proposed(book, propose, regions)
    return Settled(made[-1], receipt)


def _proposed(book: Book, regions: Sequence[str], policy: Policy, asked: Asked) -> WriteOff:
    """The write-off as the book stands: what was there on the day, less what was taken of it until now."""
    history = list(posted(book.database, regions, since=_FIRST, until=date.max, families=("CLAIM", "POOL")))
    claims, pools = (
        [one for one in lots(history, family, frozenset(regions), asked.day) if _there(one, asked.day)]
        for family in ("CLAIM", "POOL")
    )
    region = claim_of(claims, asked).region
    taken = next((one.number for one in history if one.entry.id == asked.id), None)
    if taken is not None:
        raise BadInput("LEDGER-ID-TAKEN", id=asked.id, number=taken)
    rule = policy.rule("pools", asked.day, region)
    full = replace(
        asked, indicators=rule["indicators"] if rule else ("area",),
        standing=frozenset(one.entry.id for one in history),
    )  # fmt: skip
    return write_off(claims, pools, _free(book, region, asked.day), full)


def _there(lot: Lot, day: date) -> bool:
    return lot.recorded.entry.posting_date <= day


def _free(book: Book, region: str, day: date) -> dict[Account, int]:
    """What may be taken of each account of the pool, by the end of the day and as it stands."""
    then, now = (
        {one.account: one.available.area_dm2 for one in book.balances(region, on) if one.account.family == "POOL"}
        for on in (day, None)
    )
    return {account: min(area, now.get(account, area)) for account, area in then.items()}
