"""The land book: what every region holds, owes, has in the pool and may still occupy. It only grows, and is chained."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.ledger.acceptance import Checked, Seen, as_results, examine, net_dm2, passes, pool_of
    from tilth.ledger.accepted import Accepted, accepted_results
    from tilth.ledger.admitting import admit
    from tilth.ledger.assessing import (
        Assessment,
        Beside,
        Repeat,
        again,
        assess,
        failed,
        in_order,
        keep,
        kept,
        stored_rules_agree,
        tests_of,
    )
    from tilth.ledger.book import Book, counter
    from tilth.ledger.by_family import Summed, regions_used, summed
    from tilth.ledger.cap_left import cap_left_of
    from tilth.ledger.caps import CapSheet, cap_of
    from tilth.ledger.chart import Chart, families, may_be_negative
    from tilth.ledger.closing import Closing, may_close
    from tilth.ledger.entry_files import write_entries
    from tilth.ledger.equivalents import Neutrality, SeeaRow, Status, neutrality, one_out_all_out, seea_account
    from tilth.ledger.flow_caps import charged
    from tilth.ledger.flow_kinds import ChangeRecord, records_of
    from tilth.ledger.flow_steps import MARKS_FIRST
    from tilth.ledger.following import Followed, follow_up, once_in_pool
    from tilth.ledger.from_flows import Proposed, Terms, Unmatched, accounts_of, closes, propose, stock_entry
    from tilth.ledger.gathering import Facts, gather
    from tilth.ledger.gating import post_admitted, post_proposed
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
    from tilth.ledger.history import Recorded, posted, recalled
    from tilth.ledger.holding import held_by, letting_go, reservations
    from tilth.ledger.how_far import BookState, book_state, how_many
    from tilth.ledger.judging import Case, Surveys
    from tilth.ledger.laws import check
    from tilth.ledger.limits import Limit, Limits, load_limits
    from tilth.ledger.lots import Lot, Use, passed_on
    from tilth.ledger.model import Account, Balance, Entry, Line, Phase, Quantities, Receipt, day_number
    from tilth.ledger.offered import Parcel, absent_columns, read_parcels
    from tilth.ledger.overlaid import Around, look
    from tilth.ledger.policy import Policy, Rule, load_policy
    from tilth.ledger.reading import read_entries
    from tilth.ledger.redline import RedLine
    from tilth.ledger.scopes import scope_of
    from tilth.ledger.sealing import Sealed, seals
    from tilth.ledger.stated import (
        INVARIANTS,
        SHEETS,
        CapLike,
        Compensation,
        Drawn,
        LotStatus,
        Occupation,
        Part,
        Scope,
        Statement,
        cap_known,
    )
    from tilth.ledger.statement import state
    from tilth.ledger.statement_records import rules_of, statement_record
    from tilth.ledger.submissions import Submission, Submissions
    from tilth.ledger.tested import Outcome, Tested
    from tilth.ledger.turnover import AccountTurn, Moved, Turn, Turnover, booked, moves, stays_within, told_within
    from tilth.ledger.verifying import Verified, replay, verify
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "INVARIANTS",
    "MARKS_FIRST",
    "SHEETS",
    "Accepted",
    "Account",
    "AccountTurn",
    "Around",
    "Assessment",
    "Balance",
    "Beside",
    "Book",
    "BookState",
    "CapLike",
    "CapSheet",
    "Case",
    "ChangeRecord",
    "Chart",
    "Checked",
    "Closing",
    "Compensation",
    "Drawn",
    "Entry",
    "Facts",
    "Followed",
    "Ground",
    "Limit",
    "Limits",
    "Line",
    "Lot",
    "LotStatus",
    "Moved",
    "Neutrality",
    "Occupation",
    "Outcome",
    "Parcel",
    "Part",
    "Phase",
    "Policy",
    "Proposed",
    "Quantities",
    "Receipt",
    "Recorded",
    "RedLine",
    "Repeat",
    "Rule",
    "Scope",
    "Sealed",
    "SeeaRow",
    "Seen",
    "Shared",
    "Statement",
    "Status",
    "Submission",
    "Submissions",
    "Summed",
    "Surveys",
    "Terms",
    "Tested",
    "Turn",
    "Turnover",
    "Unmatched",
    "Use",
    "Verified",
    "absent_columns",
    "accept",
    "accepted_before",
    "accepted_results",
    "accounts_of",
    "admit",
    "again",
    "as_results",
    "assess",
    "book_state",
    "booked",
    "cap_known",
    "cap_left_of",
    "cap_of",
    "charged",
    "check",
    "closes",
    "counter",
    "day_number",
    "examine",
    "failed",
    "families",
    "follow_up",
    "gather",
    "held_by",
    "how_many",
    "in_order",
    "keep",
    "kept",
    "letting_go",
    "load_limits",
    "load_policy",
    "look",
    "make_ground",
    "may_be_negative",
    "may_close",
    "moves",
    "net_dm2",
    "neutrality",
    "once_in_pool",
    "one_out_all_out",
    "passed_on",
    "passes",
    "pool_of",
    "post_admitted",
    "post_proposed",
    "posted",
    "propose",
    "read_entries",
    "read_parcels",
    "recalled",
    "records_of",
    "regions_used",
    "replay",
    "reservations",
    "rules_of",
    "scope_of",
    "seals",
    "seea_account",
    "shared_before",
    "shared_within",
    "standing_grounds",
    "state",
    "statement_record",
    "stays_within",
    "stock_entry",
    "stored_rules_agree",
    "summed",
    "tests_of",
    "told_within",
    "verify",
    "write_entries",
]
