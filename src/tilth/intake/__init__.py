"""The edge in: foreign files become tables, tables become drafts of snapshots, with findings on their quality."""

from tilth.intake.covariates import CovariateRasters, refuse_other_grid
from tilth.intake.crs import ResolvedCrs, normalised, resolve_crs
from tilth.intake.domains import Domains, RidgeTable, read_ridge_table, shipped_domains
from tilth.intake.drawn import Drawn, read_drawn
from tilth.intake.exchange import ExchangeFile, Plot, exchange_table, read_exchange, read_exchange_table
from tilth.intake.exchange_area import StatedArea, compare_stated_area, stated_area_findings
from tilth.intake.exchange_said import dialect_said, stated_said
from tilth.intake.exchange_write import write_exchange
from tilth.intake.finished_maps import raster_around, raster_grid, raster_tile
from tilth.intake.followed_tables import FollowedTable, followed_table
from tilth.intake.layers import layer_from
from tilth.intake.model import Rejected, Table, quarantine_frame
from tilth.intake.national import read_national
from tilth.intake.option_tables import OptionTable, option_table
from tilth.intake.profiles import Profile, choose_profile, profile
from tilth.intake.regions import ReadRegions, regions_from
from tilth.intake.repair import Repaired, repair
from tilth.intake.reproject import carried
from tilth.intake.rules_model import Validation
from tilth.intake.salinity_maps import read_surface
from tilth.intake.samples import POINT_X, POINT_Y, read_sample_map, read_sample_table
from tilth.intake.screen import crossed, impossible_places
from tilth.intake.stacks import YearRasters, covered_share, year_of
from tilth.intake.survey import IMPORT_RULES, parcels_from
from tilth.intake.tables import read_table
from tilth.intake.tasks import tasks_from
from tilth.intake.updates import changes_from
from tilth.intake.validate import all_findings, validate
from tilth.intake.vector import LayerInfo, list_layers, read_vector, sha256
from tilth.intake.write import write_vector

__all__ = [
    "IMPORT_RULES",
    "POINT_X",
    "POINT_Y",
    "CovariateRasters",
    "Domains",
    "Drawn",
    "ExchangeFile",
    "FollowedTable",
    "LayerInfo",
    "OptionTable",
    "Plot",
    "Profile",
    "ReadRegions",
    "Rejected",
    "Repaired",
    "ResolvedCrs",
    "RidgeTable",
    "StatedArea",
    "Table",
    "Validation",
    "YearRasters",
    "all_findings",
    "carried",
    "changes_from",
    "choose_profile",
    "compare_stated_area",
    "covered_share",
    "crossed",
    "dialect_said",
    "exchange_table",
    "followed_table",
    "impossible_places",
    "layer_from",
    "list_layers",
    "normalised",
    "option_table",
    "parcels_from",
    "profile",
    "quarantine_frame",
    "raster_around",
    "raster_grid",
    "raster_tile",
    "read_drawn",
    "read_exchange",
    "read_exchange_table",
    "read_national",
    "read_ridge_table",
    "read_sample_map",
    "read_sample_table",
    "read_surface",
    "read_table",
    "read_vector",
    "refuse_other_grid",
    "regions_from",
    "repair",
    "resolve_crs",
    "sha256",
    "shipped_domains",
    "stated_area_findings",
    "stated_said",
    "tasks_from",
    "validate",
    "write_exchange",
    "write_vector",
    "year_of",
]
