"""Accepted compensation, or cap, from one region to another: one entry with both sides (INV-11)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256

from tilth.api.booking import Booked, land_book
from tilth.core import BadInput
from tilth.ledger import Account, Book, Entry, Line, Quantities, accepted_before
from tilth.ledger.reading import number
from tilth.runtime import Workspace

_DM2_PER_HA = 1_000_000


def ledger_transfer(
    workspace: Workspace,
    *,
    seller: str,
    buyer: str,
    account: str,
    area_ha: str | float | Decimal,
    evidence: str,
    author: str,
    grade: int | None = None,
    paddy: bool | None = None,
    stable: bool | None = None,
    paddy_ha: str | float | Decimal = 0,
    capacity_kg: int = 0,
    on: date | None = None,
    by_state: bool = False,
    id: str = "",
) -> Booked:
    """Give `area_ha` of a pool or cap of `seller` to `buyer`. What one gives the other gets, in every quantity.

    Parameters
    ----------
    account
        POOL:RESTORED, CAP:2025, …
    grade, paddy, stable
        Which of the seller's accounts of that name, where there are several.
    paddy_ha, capacity_kg
        What goes with it, where the account does not tell: an account of paddy fields gives paddy.
    id
        Of the entry; made of the parties, the account and the evidence without, so that asking twice posts once.

    Raises
    ------
    BadInput
        If it is not clear which account is meant, or the seller has less, or a law of transfers is broken.
    """
    if seller == buyer:
        raise BadInput("LEDGER-TRANSFER-SAME", region=seller)
    area = whole_dm2(area_ha, "area_ha")
    day = on or datetime.now(UTC).astimezone().date()
    marks = {"grade": grade, "paddy": paddy, "stable": stable}
    with land_book(workspace) as book:
        given = _account(book, seller, account, {name: int(one) for name, one in marks.items() if one is not None})
        wet = area if given.paddy else whole_dm2(paddy_ha, "paddy_ha", least=0)
        size = Quantities(area, wet, capacity_kg, area * given.grade)
        entry = Entry(
            id=id or _not_taken_back(book, _id(seller, buyer, given, evidence)), kind="TRANSFER", act_date=day,
            posting_date=day, evidence=evidence, author=author, by_state=by_state,
            lines=(Line(given, size.negated()), Line(given._replace(region=buyer), size)),
        )  # fmt: skip
        return Booked(tuple(book.post(entry)))


def _id(seller: str, buyer: str, given: Account, evidence: str) -> str:
    """The same for the same parties, account and document; hashed so that it is never too long."""
    about = sha256(f"{given} {evidence}".encode()).hexdigest()[:16]
    return f"transfer:{seller}-{buyer}:{given.name}:{about}"


def _not_taken_back(book: Book, first: str) -> str:
    """The id, or the next after it, of which no entry was reversed: such a transfer is made anew."""
    name, number = first, 2
    while accepted_before(book.database, [name]).get(name, (None, ""))[1]:
        name, number = f"{first}:{number}", number + 1
    return name


def _account(book: Book, region: str, name: str, marks: dict[str, int]) -> Account:
    """The one account that is meant; with all marks 0 but those given, if the seller has none of that name."""
    plain = Account(region, name, **marks)
    book.chart.admit(plain)
    found = [
        one.account
        for one in book.balances(region)
        if one.account.name == name and all(getattr(one.account, mark) == value for mark, value in marks.items())
    ]
    if len(found) > 1:
        known = "; ".join(map(str, found))
        raise BadInput("LEDGER-TRANSFER-WHICH", region=region, name=name, count=len(found), known=known)
    return found[0] if found else plain


def whole_dm2(value: str | float | Decimal, name: str, *, least: int = 1) -> int:
    """Hectares as whole dm²; what is finer is refused, not rounded."""
    try:
        exact = number(value) * _DM2_PER_HA
        whole = int(exact)
    except (ArithmeticError, ValueError):
        raise BadInput("LEDGER-TRANSFER-AREA", field=name, value=str(value)[:60]) from None
    if exact != whole or whole < least:
        raise BadInput("LEDGER-TRANSFER-AREA", field=name, value=str(value))
    return whole
