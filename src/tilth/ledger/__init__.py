"""The land book: what every region holds, owes, has in the pool and may still occupy. It only grows, and is chained."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.ledger.book import Book, counter
    from tilth.ledger.by_family import Summed, regions_used, summed
    from tilth.ledger.chart import Chart, may_be_negative
    from tilth.ledger.closing import Closing
    from tilth.ledger.history import Recorded, posted
    from tilth.ledger.model import Account, Balance, Entry, Line, Phase, Quantities, Receipt
    from tilth.ledger.reading import read_entries
    from tilth.ledger.tested import Outcome, Tested
    from tilth.ledger.verifying import Verified, replay, verify
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "Account",
    "Balance",
    "Book",
    "Chart",
    "Closing",
    "Entry",
    "Line",
    "Outcome",
    "Phase",
    "Quantities",
    "Receipt",
    "Recorded",
    "Summed",
    "Tested",
    "Verified",
    "counter",
    "may_be_negative",
    "posted",
    "read_entries",
    "regions_used",
    "replay",
    "summed",
    "verify",
]
