"""One function for each thing a user can do. The command line and the web application call these and nothing else."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.api.accepting import ledger_accept
    from tilth.api.accounting import Flowed, accounts, down_to, flows, write_tables
    from tilth.api.answering import answer_once
    from tilth.api.area_lists import write_areas
    from tilth.api.assessing import Assessed, ledger_assess, ledger_rules
    from tilth.api.at_once import land_under, land_under_at_hand, look_under_again
    from tilth.api.backing_up import BackedUp, backup
    from tilth.api.book_reading import ledger_entries, ledger_entry, ledger_reservations_of, ledger_statement_record
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
    from tilth.api.candidate_inventory import SoilCandidates, soil_candidates
    from tilth.api.class_names import class_names
    from tilth.api.classifying import (
        Classified,
        UnderScheme,
        soil_classify,
        soil_indices,
        soil_samples,
        soil_schemes,
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
    from tilth.api.map_tiles import (
        MapTile,
        look_again,
        map_layers,
        map_overview,
        map_record,
        map_regions,
        map_tile,
        map_tilejson,
        tile_at_hand,
    )
    from tilth.api.maps_finished import soil_map_file, soil_map_record, soil_map_tile, soil_maps, soil_parcel
    from tilth.api.measuring import Converted, area, convert
    from tilth.api.missed import missed_tasks
    from tilth.api.next_sampling import NextSamples, soil_next_samples
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
    from tilth.api.plan_comparing import PlansCompared, plan_compare
    from tilth.api.plan_documents import DOCUMENT_FORMATS, PlanDocument, plan_document
    from tilth.api.plan_draws import draw_listings
    from tilth.api.plan_explaining import PlanExplained, plan_explain
    from tilth.api.plan_folders import plan_folder
    from tilth.api.plan_following import PlanFollowed, plan_follow
    from tilth.api.plan_forcing import PlanForced, plan_force
    from tilth.api.plan_frontiers import PlanFrontier, frontier_listing, plan_frontier
    from tilth.api.plan_ground import plan_tile
    from tilth.api.plan_making import PlanMade, plan_new
    from tilth.api.plan_opened import plan_state_of
    from tilth.api.plan_sensitivities import PlanSensitivity, plan_sensitivity, sensitivity_listing
    from tilth.api.plan_showing import UnitPage, plan_file, plan_list, plan_record, plan_unit, plan_units
    from tilth.api.plan_solving import PlanSolved, plan_figure, plan_heading, plan_solve
    from tilth.api.plan_varying import plan_vary
    from tilth.api.projects import Checked, JudgedFootprint, check, judge
    from tilth.api.published import national
    from tilth.api.quality_accounting import QualityAccounts, quality_accounts
    from tilth.api.quality_grading import (
        QualityGraded,
        quality_grade,
        quality_page,
        quality_parcel,
        quality_state_of,
        quality_weights,
    )
    from tilth.api.quality_importing import QualityRead, quality_import, quality_tables
    from tilth.api.quality_lacking import quality_lacks, quality_standing
    from tilth.api.quality_writing import quality_book
    from tilth.api.rasters_kept import (
        import_raster,
        make_soil_map,
        rasters_of,
        soil_rasters,
        soil_state_of,
        try_soil_map,
    )
    from tilth.api.restoring import Restored, restore
    from tilth.api.results import Accounts, Imported, Measured, Measurement, Rows, Written
    from tilth.api.salt_of_parcel import Ground, SaltAsked, import_ground, import_weather, parcel_salt, salt_facts
    from tilth.api.salt_units import SALTY_CLASSES, SaltUnits, soil_units, write_units
    from tilth.api.salting import (
        OptionsFitted,
        SaltCalibrated,
        Simulated,
        soil_calibrate,
        soil_measures,
        soil_options,
        soil_simulate,
        write_options,
        write_simulated,
    )
    from tilth.api.sampling import Asked, SamplesRead, import_samples
    from tilth.api.settling import Settled, ledger_settle
    from tilth.api.soil_accounts import soil_by_region, write_soil_account
    from tilth.api.soil_demonstration import SoilShown
    from tilth.api.soil_finished import soil_result, soil_result_file, soil_result_made, soil_results
    from tilth.api.soil_indexing import Indexed, Scaling, soil_composite, soil_index
    from tilth.api.soil_learning import Learned, covariate_columns
    from tilth.api.soil_mapping import SoilMapped, soil_map
    from tilth.api.soil_pictures import (
        class_labels,
        class_pictures,
        map_pictures,
        option_names,
        option_pictures,
        salt_pictures,
        validation_pictures,
    )
    from tilth.api.soil_points import soil_sample_set
    from tilth.api.soil_trending import ParcelTrends, SoilTrend, soil_trend
    from tilth.api.soil_validating import Validated, soil_validate
    from tilth.api.soil_zoning import SoilZones, soil_zones
    from tilth.api.standing_records import Detail, GroupStanding, Standings, Ungraded
    from tilth.api.standings import booked_by_region, standing
    from tilth.api.states import land_state_of, state_of
    from tilth.api.stating import Stated, ledger_statement, statement_of
    from tilth.api.submitting import (
        accept_submission,
        land_submission,
        land_submissions,
        refuse_submission,
        submit_land,
        submitted_file,
        withdraw_submission,
    )
    from tilth.api.tables_shown import ChangesWanted, accounts_record, changes_page, flows_record
    from tilth.api.tile_sets import TileSet, drawn, tile_set, tiled_layer
    from tilth.api.today import today
    from tilth.api.transferring import ledger_transfer
    from tilth.api.under import LandUnder
    from tilth.api.watching import Figures, figures, ready
    from tilth.api.workspaces import contents, init, open_workspace, set_aside, use
    from tilth.api.yearbook import Reviewed, report, review
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "DOCUMENT_FORMATS",
    "SALTY_CLASSES",
    "Acceptance",
    "Accounts",
    "Asked",
    "Assessed",
    "BackedUp",
    "Booked",
    "ChangesWanted",
    "Checked",
    "Classified",
    "Closed",
    "Converted",
    "Demonstration",
    "Detail",
    "Examined",
    "Figures",
    "FlowPosted",
    "Flowed",
    "FollowUp",
    "Ground",
    "GroupStanding",
    "Imported",
    "Indexed",
    "Judged",
    "JudgedFootprint",
    "LandUnder",
    "Learned",
    "LogVerified",
    "MapTile",
    "Measured",
    "Measurement",
    "Mended",
    "NextSamples",
    "Offered",
    "OptionsFitted",
    "ParcelTrends",
    "PlanDocument",
    "PlanExplained",
    "PlanFollowed",
    "PlanForced",
    "PlanFrontier",
    "PlanMade",
    "PlanSensitivity",
    "PlanSolved",
    "PlansCompared",
    "QualityAccounts",
    "QualityGraded",
    "QualityRead",
    "Restored",
    "Reviewed",
    "Rows",
    "SaltAsked",
    "SaltCalibrated",
    "SaltUnits",
    "SamplesRead",
    "Scaling",
    "Settled",
    "Simulated",
    "SoilCandidates",
    "SoilMapped",
    "SoilShown",
    "SoilTrend",
    "SoilZones",
    "Standings",
    "Stated",
    "TileSet",
    "TokenMade",
    "UnderScheme",
    "Ungraded",
    "UnitPage",
    "Validated",
    "Written",
    "accept_submission",
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
    "class_labels",
    "class_names",
    "class_pictures",
    "collection",
    "collections",
    "contents",
    "convert",
    "covariate_columns",
    "demo",
    "down_to",
    "draw_listings",
    "drawn",
    "figures",
    "findings_page",
    "flows",
    "flows_record",
    "frontier_listing",
    "group_standing",
    "import_changes",
    "import_ground",
    "import_layer",
    "import_raster",
    "import_regions",
    "import_ridges",
    "import_samples",
    "import_survey",
    "import_tasks",
    "import_weather",
    "init",
    "judge",
    "land_book",
    "land_state_of",
    "land_submission",
    "land_submissions",
    "land_under",
    "land_under_at_hand",
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
    "look_again",
    "look_under_again",
    "make_soil_map",
    "map_layers",
    "map_overview",
    "map_pictures",
    "map_record",
    "map_regions",
    "map_tile",
    "map_tilejson",
    "missed_tasks",
    "national",
    "offered",
    "open_workspace",
    "option_names",
    "option_pictures",
    "parcel",
    "parcel_list",
    "parcel_salt",
    "parcel_years",
    "plan_compare",
    "plan_document",
    "plan_explain",
    "plan_figure",
    "plan_file",
    "plan_folder",
    "plan_follow",
    "plan_force",
    "plan_frontier",
    "plan_heading",
    "plan_list",
    "plan_new",
    "plan_record",
    "plan_sensitivity",
    "plan_solve",
    "plan_state_of",
    "plan_tile",
    "plan_unit",
    "plan_units",
    "plan_vary",
    "prepare_map",
    "quality_accounts",
    "quality_book",
    "quality_grade",
    "quality_import",
    "quality_lacks",
    "quality_page",
    "quality_parcel",
    "quality_standing",
    "quality_state_of",
    "quality_tables",
    "quality_weights",
    "rasters_of",
    "ready",
    "refuse_submission",
    "repair",
    "report",
    "reservation_record",
    "restore",
    "review",
    "salt_facts",
    "salt_pictures",
    "sensitivity_listing",
    "set_aside",
    "soil_by_region",
    "soil_calibrate",
    "soil_candidates",
    "soil_classify",
    "soil_composite",
    "soil_index",
    "soil_indices",
    "soil_map",
    "soil_map_file",
    "soil_map_record",
    "soil_map_tile",
    "soil_maps",
    "soil_measures",
    "soil_next_samples",
    "soil_options",
    "soil_parcel",
    "soil_rasters",
    "soil_result",
    "soil_result_file",
    "soil_result_made",
    "soil_results",
    "soil_sample_set",
    "soil_samples",
    "soil_schemes",
    "soil_simulate",
    "soil_state_of",
    "soil_trend",
    "soil_units",
    "soil_validate",
    "soil_zones",
    "standing",
    "state_of",
    "statement_of",
    "submit_land",
    "submitted_file",
    "tile_at_hand",
    "tile_set",
    "tiled_layer",
    "today",
    "try_soil_map",
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
    "validation_pictures",
    "withdraw_submission",
    "write_areas",
    "write_options",
    "write_simulated",
    "write_soil_account",
    "write_tables",
    "write_units",
]
