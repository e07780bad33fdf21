"""The land book: what every region holds, owes, has in the pool and may still occupy. It only grows, and is chained."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.ledger.book import Book, counter
    from tilth.ledger.chart import Chart, may_be_negative
    from tilth.ledger.closing import Closing
    from tilth.ledger.history import Recorded, posted, recalled
    from tilth.ledger.lots import Lot, Use
    from tilth.ledger.model import Account, Balance, Entry, Line, Phase, Quantities, Receipt
    from tilth.ledger.reading import read_entries
    from tilth.ledger.redline import RedLine
    from tilth.ledger.sealing import Sealed, seals
    from tilth.ledger.statement import (
        INVARIANTS,
        CapLike,
        Compensation,
        Drawn,
        LotStatus,
        Occupation,
        Part,
        Scope,
        Statement,
        rules_of,
        scope_of,
        state,
        statement_record,
    )
    from tilth.ledger.tested import Outcome, Tested
    from tilth.ledger.turnover import AccountTurn, Moved, Turn, Turnover, booked, moves
    from tilth.ledger.verifying import Verified, replay, verify
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "INVARIANTS",
    "Account",
    "AccountTurn",
    "Balance",
    "Book",
    "CapLike",
    "Chart",
    "Closing",
    "Compensation",
    "Drawn",
    "Entry",
    "Line",
    "Lot",
    "LotStatus",
    "Moved",
    "Occupation",
    "Outcome",
    "Part",
    "Phase",
    "Quantities",
    "Receipt",
    "Recorded",
    "RedLine",
    "Scope",
    "Sealed",
    "Statement",
    "Tested",
    "Turn",
    "Turnover",
    "Use",
    "Verified",
    "booked",
    "counter",
    "may_be_negative",
    "moves",
    "posted",
    "read_entries",
    "recalled",
    "replay",
    "rules_of",
    "scope_of",
    "seals",
    "state",
    "statement_record",
    "verify",
]
