"""The edge out: tables, maps, charts, documents and exchange files, all from the same exact numbers."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.report.assignments import assignment_book
    from tilth.report.candidate_maps import CANDIDATE_COLOURS, CANDIDATE_OUT, CANDIDATE_REST, candidate_map
    from tilth.report.cells import hundredths_of_ha
    from tilth.report.charts import area_chart, band_chart, flow_chart
    from tilth.report.check_maps import check_map, groups_of
    from tilth.report.cog import write_cog
    from tilth.report.csvs import listing_csv, table_csv, write_csvs
    from tilth.report.geopackage import change_layer, findings_layer, parcel_layer, plain_layer, write_geopackage
    from tilth.report.listings import (
        checks_listing,
        findings_listing,
        findings_summary,
        frame_listing,
        repair_listing,
        standing_listing,
    )
    from tilth.report.maps import change_map, class_map, farmland_map
    from tilth.report.model import (
        Category,
        Figure,
        Imported,
        KeyFigure,
        ListColumn,
        Listing,
        Provenance,
        StyledLayer,
        Verdict,
        Yearbook,
    )
    from tilth.report.papers import PAPER_FORMATS, Paper, Part, write_paper
    from tilth.report.plan_charts import Border, frontier_chart
    from tilth.report.plan_figures import PlanFigures
    from tilth.report.plan_following import (
        Followed,
        FollowedLine,
        FollowedYear,
        follow_parts,
        follow_workbook,
        indicator_list,
    )
    from tilth.report.plan_paper import PlanPaper, plan_parts, plan_workbook
    from tilth.report.plan_words import Words, sources_of
    from tilth.report.salt_charts import OptionCourse, OptionYield, best_option_map, salt_chart, yield_chart
    from tilth.report.sample_maps import next_samples_map
    from tilth.report.soil_charts import coverage_chart, sample_class_chart
    from tilth.report.soil_maps import salinity_class_map, salinity_map
    from tilth.report.soil_tables import class_area_listing, write_soil_tables
    from tilth.report.spoken import fold, folded, in_words
    from tilth.report.statement import STATEMENT_FORMATS, write_statement
    from tilth.report.tables import TABLE_FORMATS, write_tables
    from tilth.report.tested_numbers import about_of, numbers_of
    from tilth.report.text import aligned, as_json, as_text
    from tilth.report.trend_maps import TREND_COLOURS, trend_map
    from tilth.report.xlsx import column_heading
    from tilth.report.yearbook import FORMATS, write_yearbook
    from tilth.report.zone_sheets import DriverLine, ZoneMap, ZoneSheet, write_zone_papers, zone_colour
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "CANDIDATE_COLOURS",
    "CANDIDATE_OUT",
    "CANDIDATE_REST",
    "FORMATS",
    "PAPER_FORMATS",
    "STATEMENT_FORMATS",
    "TABLE_FORMATS",
    "TREND_COLOURS",
    "Border",
    "Category",
    "DriverLine",
    "Figure",
    "Followed",
    "FollowedLine",
    "FollowedYear",
    "Imported",
    "KeyFigure",
    "ListColumn",
    "Listing",
    "OptionCourse",
    "OptionYield",
    "Paper",
    "Part",
    "PlanFigures",
    "PlanPaper",
    "Provenance",
    "StyledLayer",
    "Verdict",
    "Words",
    "Yearbook",
    "ZoneMap",
    "ZoneSheet",
    "about_of",
    "aligned",
    "area_chart",
    "as_json",
    "as_text",
    "assignment_book",
    "band_chart",
    "best_option_map",
    "candidate_map",
    "change_layer",
    "change_map",
    "check_map",
    "checks_listing",
    "class_area_listing",
    "class_map",
    "column_heading",
    "coverage_chart",
    "farmland_map",
    "findings_layer",
    "findings_listing",
    "findings_summary",
    "flow_chart",
    "fold",
    "folded",
    "follow_parts",
    "follow_workbook",
    "frame_listing",
    "frontier_chart",
    "groups_of",
    "hundredths_of_ha",
    "in_words",
    "indicator_list",
    "listing_csv",
    "next_samples_map",
    "numbers_of",
    "parcel_layer",
    "plain_layer",
    "plan_parts",
    "plan_workbook",
    "repair_listing",
    "salinity_class_map",
    "salinity_map",
    "salt_chart",
    "sample_class_chart",
    "sources_of",
    "standing_listing",
    "table_csv",
    "trend_map",
    "write_cog",
    "write_csvs",
    "write_geopackage",
    "write_paper",
    "write_soil_tables",
    "write_statement",
    "write_tables",
    "write_yearbook",
    "write_zone_papers",
    "yield_chart",
    "zone_colour",
]
