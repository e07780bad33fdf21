"""The edge out: tables, maps, charts, documents and exchange files, all from the same exact numbers."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.report.cells import hundredths_of_ha
    from tilth.report.charts import area_chart, band_chart, flow_chart
    from tilth.report.check_maps import check_map, groups_of
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
    from tilth.report.spoken import fold, folded, in_words
    from tilth.report.statement import STATEMENT_FORMATS, write_statement
    from tilth.report.tables import TABLE_FORMATS, write_tables
    from tilth.report.tested_numbers import about_of, numbers_of
    from tilth.report.text import aligned, as_json, as_text
    from tilth.report.xlsx import column_heading
    from tilth.report.yearbook import FORMATS, write_yearbook
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "FORMATS",
    "STATEMENT_FORMATS",
    "TABLE_FORMATS",
    "Category",
    "Figure",
    "Imported",
    "KeyFigure",
    "ListColumn",
    "Listing",
    "Provenance",
    "StyledLayer",
    "Verdict",
    "Yearbook",
    "about_of",
    "aligned",
    "area_chart",
    "as_json",
    "as_text",
    "band_chart",
    "change_layer",
    "change_map",
    "check_map",
    "checks_listing",
    "class_map",
    "column_heading",
    "farmland_map",
    "findings_layer",
    "findings_listing",
    "findings_summary",
    "flow_chart",
    "fold",
    "folded",
    "frame_listing",
    "groups_of",
    "hundredths_of_ha",
    "in_words",
    "listing_csv",
    "numbers_of",
    "parcel_layer",
    "plain_layer",
    "repair_listing",
    "standing_listing",
    "table_csv",
    "write_csvs",
    "write_geopackage",
    "write_statement",
    "write_tables",
    "write_yearbook",
]
