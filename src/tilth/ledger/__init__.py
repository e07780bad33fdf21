"""The land book: what every region holds, owes, has in the pool and may still occupy. It only grows, and is chained."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.ledger.admitting import admit
    from tilth.ledger.assessing import Assessment, again, assess, failed, in_order, keep, kept, stored_rules_agree
    from tilth.ledger.book import Book, counter
    from tilth.ledger.by_family import Summed, regions_used, summed
    from tilth.ledger.caps import CapSheet, cap_of
    from tilth.ledger.chart import Chart, may_be_negative
    from tilth.ledger.closing import Closing
    from tilth.ledger.entry_files import write_entries
    from tilth.ledger.equivalents import Neutrality, SeeaRow, Status, neutrality, one_out_all_out, seea_account
    from tilth.ledger.flow_kinds import ChangeRecord, records_of
    from tilth.ledger.from_flows import Proposed, Terms, Unmatched, accounts_of, closes, propose, stock_entry
    from tilth.ledger.gathering import Facts, gather
    from tilth.ledger.history import Recorded, posted, recalled
    from tilth.ledger.holding import held_by, letting_go, reservations
    from tilth.ledger.judging import Case, Surveys
    from tilth.ledger.judging_book import proposed_counters
    from tilth.ledger.laws import check
    from tilth.ledger.lots import Lot, Use
    from tilth.ledger.model import Account, Balance, Entry, Line, Phase, Quantities, Receipt
    from tilth.ledger.policy import Policy, Rule, load_policy
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
    "Assessment",
    "Balance",
    "Book",
    "CapLike",
    "CapSheet",
    "Case",
    "ChangeRecord",
    "Chart",
    "Closing",
    "Compensation",
    "Drawn",
    "Entry",
    "Facts",
    "Line",
    "Lot",
    "LotStatus",
    "Moved",
    "Neutrality",
    "Occupation",
    "Outcome",
    "Part",
    "Phase",
    "Policy",
    "Proposed",
    "Quantities",
    "Receipt",
    "Recorded",
    "RedLine",
    "Rule",
    "Scope",
    "Sealed",
    "SeeaRow",
    "Statement",
    "Status",
    "Summed",
    "Surveys",
    "Terms",
    "Tested",
    "Turn",
    "Turnover",
    "Unmatched",
    "Use",
    "Verified",
    "accounts_of",
    "admit",
    "again",
    "assess",
    "booked",
    "cap_of",
    "check",
    "closes",
    "counter",
    "failed",
    "gather",
    "held_by",
    "in_order",
    "keep",
    "kept",
    "letting_go",
    "load_policy",
    "may_be_negative",
    "moves",
    "neutrality",
    "one_out_all_out",
    "posted",
    "propose",
    "proposed_counters",
    "read_entries",
    "recalled",
    "records_of",
    "regions_used",
    "replay",
    "reservations",
    "rules_of",
    "scope_of",
    "seals",
    "seea_account",
    "state",
    "statement_record",
    "stock_entry",
    "stored_rules_agree",
    "summed",
    "verify",
    "write_entries",
]
