"""One function for each thing a user can do. The command line and the web application call these and nothing else."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.api.accepting import Acceptance, FollowUp, Judged, ledger_accept, ledger_follow_up
    from tilth.api.accounting import Flowed, Standings, accounts, down_to, flows, standing, write_tables
    from tilth.api.area_lists import write_areas
    from tilth.api.booking import (
        Booked,
        balance_records,
        land_book,
        ledger_balance,
        ledger_close,
        ledger_post,
        ledger_replay,
        ledger_reserve,
        ledger_verify,
        ledger_void,
    )
    from tilth.api.demonstration import Demonstration, demo
    from tilth.api.examining import Examined, Mended, repair, validate
    from tilth.api.importing import (
        import_changes,
        import_layer,
        import_regions,
        import_ridges,
        import_survey,
        import_tasks,
    )
    from tilth.api.measuring import Converted, area, convert
    from tilth.api.projects import Checked, check
    from tilth.api.results import Accounts, Imported, Measured, Measurement, Rows, Written
    from tilth.api.workspaces import contents, init, open_workspace, set_aside, use
    from tilth.api.yearbook import Reviewed, report, review
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "Acceptance",
    "Accounts",
    "Booked",
    "Checked",
    "Converted",
    "Demonstration",
    "Examined",
    "Flowed",
    "FollowUp",
    "Imported",
    "Judged",
    "Measured",
    "Measurement",
    "Mended",
    "Reviewed",
    "Rows",
    "Standings",
    "Written",
    "accounts",
    "area",
    "balance_records",
    "check",
    "contents",
    "convert",
    "demo",
    "down_to",
    "flows",
    "import_changes",
    "import_layer",
    "import_regions",
    "import_ridges",
    "import_survey",
    "import_tasks",
    "init",
    "land_book",
    "ledger_accept",
    "ledger_balance",
    "ledger_close",
    "ledger_follow_up",
    "ledger_post",
    "ledger_replay",
    "ledger_reserve",
    "ledger_verify",
    "ledger_void",
    "open_workspace",
    "repair",
    "report",
    "review",
    "set_aside",
    "standing",
    "use",
    "validate",
    "write_areas",
    "write_tables",
]
