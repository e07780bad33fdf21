"""The land book: what every region holds, owes, has in the pool and may still occupy. It only grows, and is chained."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.ledger.acceptance import Checked, Seen, as_results, assess, net_dm2, passes, pool_of
    from tilth.ledger.book import Book, counter
    from tilth.ledger.chart import Chart, families, may_be_negative
    from tilth.ledger.closing import Closing
    from tilth.ledger.following import Followed, follow_up, once_in_pool, still_farmland
    from tilth.ledger.grounds import (
        Ground,
        Shared,
        accept,
        accepted_before,
        make_ground,
        shared_before,
        shared_within,
        standing_grounds,
    )
    from tilth.ledger.history import Recorded, posted
    from tilth.ledger.limits import Limit, Limits, load_limits
    from tilth.ledger.model import Account, Balance, Entry, Line, Phase, Quantities, Receipt, day_number
    from tilth.ledger.offered import Parcel, absent_columns, read_parcels
    from tilth.ledger.overlaid import Around, look
    from tilth.ledger.reading import read_entries
    from tilth.ledger.tested import Outcome, Tested
    from tilth.ledger.verifying import Verified, replay, verify
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "Account",
    "Around",
    "Balance",
    "Book",
    "Chart",
    "Checked",
    "Closing",
    "Entry",
    "Followed",
    "Ground",
    "Limit",
    "Limits",
    "Line",
    "Outcome",
    "Parcel",
    "Phase",
    "Quantities",
    "Receipt",
    "Recorded",
    "Seen",
    "Shared",
    "Tested",
    "Verified",
    "absent_columns",
    "accept",
    "accepted_before",
    "as_results",
    "assess",
    "counter",
    "day_number",
    "families",
    "follow_up",
    "load_limits",
    "look",
    "make_ground",
    "may_be_negative",
    "net_dm2",
    "once_in_pool",
    "passes",
    "pool_of",
    "posted",
    "read_entries",
    "read_parcels",
    "replay",
    "shared_before",
    "shared_within",
    "standing_grounds",
    "still_farmland",
    "verify",
]
