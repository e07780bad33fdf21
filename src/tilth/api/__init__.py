"""One function for each thing a user can do. The command line and the web application call these and nothing else."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.api.accepting import ledger_accept
    from tilth.api.accounting import Flowed, accounts, down_to, flows, write_tables
    from tilth.api.answering import answer_once
    from tilth.api.area_lists import write_areas
    from tilth.api.assessing import Assessed, ledger_assess, ledger_rules
    from tilth.api.backing_up import BackedUp, backup
    from tilth.api.book_reading import (
        ledger_entries,
        ledger_entry,
        ledger_reservations_of,
        ledger_statement_record,
    )
    from tilth.api.booking import (
        Booked,
        balance_records,
        land_book,
        ledger_balance,
        ledger_expire,
        ledger_post,
        ledger_replay,
        ledger_reservations,
        ledger_reserve,
        ledger_verify,
        ledger_void,
        reservation_record,
    )
    from tilth.api.closing import Closed, ledger_close
    from tilth.api.collecting import collection, collections
    from tilth.api.demonstration import Demonstration, demo
    from tilth.api.entry_rights import Offered, claim_regions, letting_go_needs, offered
    from tilth.api.examining import Examined, Mended, repair, validate
    from tilth.api.findings_shown import findings_page
    from tilth.api.flow_posting import FlowPosted, ledger_post_flows
    from tilth.api.following import FollowUp, ledger_follow_up
    from tilth.api.groups import group_standing
    from tilth.api.importing import (
        import_changes,
        import_layer,
        import_regions,
        import_ridges,
        import_survey,
        import_tasks,
    )
    from tilth.api.judged import Acceptance, Judged
    from tilth.api.map_sheets import prepare_map
    from tilth.api.map_tiles import MapTile, map_layers, map_overview, map_record, map_tile, map_tilejson
    from tilth.api.measuring import Converted, area, convert
    from tilth.api.missed import missed_tasks
    from tilth.api.parcel_lists import parcel_list, parcel_years
    from tilth.api.parcels import parcel
    from tilth.api.people import (
        LogVerified,
        TokenMade,
        at_console,
        user_add,
        user_list,
        user_log,
        user_log_verify,
        user_password,
        user_remove,
        user_role,
        user_token,
        user_token_end,
        user_tokens,
    )
    from tilth.api.projects import Checked, JudgedFootprint, check, judge
    from tilth.api.published import national
    from tilth.api.restoring import Restored, restore
    from tilth.api.results import Accounts, Imported, Measured, Measurement, Rows, Written
    from tilth.api.settling import Settled, ledger_settle
    from tilth.api.standing_records import Detail, GroupStanding, Standings, Ungraded
    from tilth.api.standings import booked_by_region, standing
    from tilth.api.states import state_of
    from tilth.api.stating import Stated, ledger_statement, statement_of
    from tilth.api.tables_shown import ChangesWanted, accounts_record, changes_page, flows_record
    from tilth.api.today import today
    from tilth.api.transferring import ledger_transfer
    from tilth.api.watching import Figures, figures, ready
    from tilth.api.workspaces import contents, init, open_workspace, set_aside, use
    from tilth.api.yearbook import Reviewed, report, review
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "Acceptance",
    "Accounts",
    "Assessed",
    "BackedUp",
    "Booked",
    "ChangesWanted",
    "Checked",
    "Closed",
    "Converted",
    "Demonstration",
    "Detail",
    "Examined",
    "Figures",
    "FlowPosted",
    "Flowed",
    "FollowUp",
    "GroupStanding",
    "Imported",
    "Judged",
    "JudgedFootprint",
    "LogVerified",
    "MapTile",
    "Measured",
    "Measurement",
    "Mended",
    "Offered",
    "Restored",
    "Reviewed",
    "Rows",
    "Settled",
    "Standings",
    "Stated",
    "TokenMade",
    "Ungraded",
    "Written",
    "accounts",
    "accounts_record",
    "answer_once",
    "area",
    "at_console",
    "backup",
    "balance_records",
    "booked_by_region",
    "changes_page",
    "check",
    "claim_regions",
    "collection",
    "collections",
    "contents",
    "convert",
    "demo",
    "down_to",
    "figures",
    "findings_page",
    "flows",
    "flows_record",
    "group_standing",
    "import_changes",
    "import_layer",
    "import_regions",
    "import_ridges",
    "import_survey",
    "import_tasks",
    "init",
    "judge",
    "land_book",
    "ledger_accept",
    "ledger_assess",
    "ledger_balance",
    "ledger_close",
    "ledger_entries",
    "ledger_entry",
    "ledger_expire",
    "ledger_follow_up",
    "ledger_post",
    "ledger_post_flows",
    "ledger_replay",
    "ledger_reservations",
    "ledger_reservations_of",
    "ledger_reserve",
    "ledger_rules",
    "ledger_settle",
    "ledger_statement",
    "ledger_statement_record",
    "ledger_transfer",
    "ledger_verify",
    "ledger_void",
    "letting_go_needs",
    "map_layers",
    "map_overview",
    "map_record",
    "map_tile",
    "map_tilejson",
    "missed_tasks",
    "national",
    "offered",
    "open_workspace",
    "parcel",
    "parcel_list",
    "parcel_years",
    "prepare_map",
    "ready",
    "repair",
    "report",
    "reservation_record",
    "restore",
    "review",
    "set_aside",
    "standing",
    "state_of",
    "statement_of",
    "today",
    "use",
    "user_add",
    "user_list",
    "user_log",
    "user_log_verify",
    "user_password",
    "user_remove",
    "user_role",
    "user_token",
    "user_token_end",
    "user_tokens",
    "validate",
    "write_areas",
    "write_tables",
]
