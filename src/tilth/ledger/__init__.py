"""The land book: what every region holds, owes, has in the pool and may still occupy. It only grows, and is chained."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.ledger.book import Book, counter
    from tilth.ledger.chart import Chart, may_be_negative
    from tilth.ledger.closing import Closing
    from tilth.ledger.entry_files import write_entries
    from tilth.ledger.flow_kinds import ChangeRecord, records_of
    from tilth.ledger.from_flows import Proposed, Terms, Unmatched, accounts_of, closes, propose, stock_entry
    from tilth.ledger.history import Recorded, posted
    from tilth.ledger.laws import check
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
    "ChangeRecord",
    "Chart",
    "Closing",
    "Entry",
    "Line",
    "Outcome",
    "Phase",
    "Proposed",
    "Quantities",
    "Receipt",
    "Recorded",
    "Terms",
    "Tested",
    "Unmatched",
    "Verified",
    "accounts_of",
    "check",
    "closes",
    "counter",
    "may_be_negative",
    "posted",
    "propose",
    "read_entries",
    "records_of",
    "replay",
    "stock_entry",
    "verify",
    "write_entries",
]
