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
    from tilth.ledger.history import Recorded, posted
    from tilth.ledger.holding import held_by, letting_go, reservations
    from tilth.ledger.judging import Case, Surveys
    from tilth.ledger.judging_book import proposed_counters
    from tilth.ledger.laws import check
    from tilth.ledger.model import Account, Balance, Entry, Line, Phase, Quantities, Receipt
    from tilth.ledger.policy import Policy, Rule, load_policy
    from tilth.ledger.reading import read_entries
    from tilth.ledger.tested import Outcome, Tested
    from tilth.ledger.verifying import Verified, replay, verify
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "Account",
    "Assessment",
    "Balance",
    "Book",
    "CapSheet",
    "Case",
    "ChangeRecord",
    "Chart",
    "Closing",
    "Entry",
    "Facts",
    "Line",
    "Neutrality",
    "Outcome",
    "Phase",
    "Policy",
    "Proposed",
    "Quantities",
    "Receipt",
    "Recorded",
    "Rule",
    "SeeaRow",
    "Status",
    "Summed",
    "Surveys",
    "Terms",
    "Tested",
    "Unmatched",
    "Verified",
    "accounts_of",
    "admit",
    "again",
    "assess",
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
    "neutrality",
    "one_out_all_out",
    "posted",
    "propose",
    "proposed_counters",
    "read_entries",
    "records_of",
    "regions_used",
    "replay",
    "reservations",
    "seea_account",
    "stock_entry",
    "stored_rules_agree",
    "summed",
    "verify",
    "write_entries",
]
