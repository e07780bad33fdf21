"""What an entry does to each account: what it books, and what it holds or lets go."""

from __future__ import annotations

from tilth.core import BadInput
from tilth.ledger.model import NOTHING, Account, Entry, Phase, Quantities

#: The change of one account: what is booked, and what is held.
Effect = tuple[Account, Quantities, Quantities]


def effects(entry: Entry, reservation: Entry | None) -> list[Effect]:
    """What `entry` does; `reservation` is the one that it settles.

    Raises
    ------
    BadInput
        If it posts what was not reserved.
    """
    if reservation is not None:
        return _settling(entry, reservation)
    if entry.phase is Phase.RESERVE:
        return [(account, NOTHING, quantities.taken()) for account, quantities in entry.lines]
    return [(account, quantities, NOTHING) for account, quantities in entry.lines]


def _settling(entry: Entry, reservation: Entry) -> list[Effect]:
    """Books what it posts, and lets go all that was held: what a partial post leaves returns."""
    posted = dict(entry.lines)
    beside = posted.keys() - dict(reservation.lines).keys()
    if beside:
        raise BadInput("LEDGER-NOT-RESERVED", id=entry.id, settles=entry.settles, account=str(min(beside)))
    done = []
    for account, reserved in reservation.lines:
        booked = posted.get(account, NOTHING)
        for place, (part, whole) in enumerate(zip(booked, reserved, strict=True)):
            if part * whole < 0 or abs(part) > abs(whole):
                raise BadInput(
                    "LEDGER-MORE-THAN-RESERVED", id=entry.id, settles=entry.settles, account=str(account),
                    part=_shown(place, part), whole=_shown(place, whole),
                )  # fmt: skip
        done.append((account, booked, reserved.taken().negated()))
    return done


def _shown(place: int, quantity: int) -> str:
    """A quantity as people write it: areas in m², kg whole."""
    return f"{quantity:,} kg" if Quantities._fields[place] == "capacity_kg" else f"{quantity / 100:,.2f} m²"


def settlable(entry: Entry, reservation: Entry) -> None:
    """Nothing, if `entry` may settle `reservation`.

    Raises
    ------
    BadInput
        If that is no reservation, of another kind, or its last day is over (to post) or not (to expire).
    """
    if reservation.phase is not Phase.RESERVE or reservation.kind != entry.kind:
        raise BadInput("LEDGER-NO-RESERVATION", id=entry.id, settles=entry.settles, kind=entry.kind)
    if entry.posting_date < reservation.posting_date:
        raise BadInput("LEDGER-BEFORE", id=entry.id, other=reservation.id, day=reservation.posting_date)
    over = reservation.expires is not None and entry.posting_date > reservation.expires
    if entry.phase is Phase.POST and over:
        raise BadInput("LEDGER-EXPIRED", id=entry.id, settles=entry.settles, expires=reservation.expires)
    if entry.phase is Phase.EXPIRE and not over:
        raise BadInput("LEDGER-NOT-EXPIRED", id=entry.id, settles=entry.settles, expires=reservation.expires or "-")


def reversible(entry: Entry, original: Entry) -> None:
    """Nothing, if `entry` is the counter-entry of `original`.

    Raises
    ------
    BadInput
        If it is not its exact opposite, or `original` booked nothing or is a counter-entry itself.
    """
    if original.phase is not Phase.POST or original.reverses:
        raise BadInput("LEDGER-NOT-REVERSIBLE", id=entry.id, reverses=entry.reverses)
    if entry.posting_date < original.posting_date:
        raise BadInput("LEDGER-BEFORE", id=entry.id, other=original.id, day=original.posting_date)
    opposite = {account: quantities.negated() for account, quantities in original.lines}
    if dict(entry.lines) != opposite:
        raise BadInput("LEDGER-NOT-OPPOSITE", id=entry.id, reverses=entry.reverses)
