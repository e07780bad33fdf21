"""The edge in: foreign files become tables, tables become drafts of snapshots, with findings on their quality."""

from tilth.intake.crs import ResolvedCrs, normalised, resolve_crs
from tilth.intake.domains import Domains, RidgeTable, read_ridge_table, shipped_domains
from tilth.intake.exchange import ExchangeFile, Plot, exchange_table, read_exchange, read_exchange_table
from tilth.intake.exchange_area import StatedArea, compare_stated_area, stated_area_findings
from tilth.intake.exchange_said import dialect_said, stated_said
from tilth.intake.exchange_write import write_exchange
from tilth.intake.layers import layer_from
from tilth.intake.model import Rejected, Table, quarantine_frame
from tilth.intake.national import read_national
from tilth.intake.profiles import Profile, choose_profile, profile
from tilth.intake.regions import ReadRegions, regions_from
from tilth.intake.repair import Repaired, repair
from tilth.intake.reproject import carried
from tilth.intake.rules_model import Validation
from tilth.intake.screen import crossed, impossible_places
from tilth.intake.survey import IMPORT_RULES, parcels_from
from tilth.intake.tables import read_table
from tilth.intake.tasks import tasks_from
from tilth.intake.updates import changes_from
from tilth.intake.validate import all_findings, validate
from tilth.intake.vector import LayerInfo, list_layers, read_vector, sha256
from tilth.intake.write import write_vector

__all__ = [
    "IMPORT_RULES",
    "Domains",
    "ExchangeFile",
    "LayerInfo",
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
    "all_findings",
    "carried",
    "changes_from",
    "choose_profile",
    "compare_stated_area",
    "crossed",
    "dialect_said",
    "exchange_table",
    "impossible_places",
    "layer_from",
    "list_layers",
    "normalised",
    "parcels_from",
    "profile",
    "quarantine_frame",
    "read_exchange",
    "read_exchange_table",
    "read_national",
    "read_ridge_table",
    "read_table",
    "read_vector",
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
]
