"""What a parcel, a class, a region, a task and a survey snapshot is."""

from tilth.land.classes import (
    CodeSystem,
    Correspondence,
    LandClass,
    code_system,
    correspondence,
    observed_code_system,
)
from tilth.land.regions import Region, RegionTree, Task, level_of_code, tree_from_codes
from tilth.land.snapshot import (
    LAYER_COLUMNS,
    LAYER_KINDS,
    PARCEL_COLUMNS,
    Draft,
    Meta,
    Snapshot,
    Source,
    ridge_deduction,
    typed,
)
from tilth.land.store import Store, Stored

__all__ = [
    "LAYER_COLUMNS",
    "LAYER_KINDS",
    "PARCEL_COLUMNS",
    "CodeSystem",
    "Correspondence",
    "Draft",
    "LandClass",
    "Meta",
    "Region",
    "RegionTree",
    "Snapshot",
    "Source",
    "Store",
    "Stored",
    "Task",
    "code_system",
    "correspondence",
    "level_of_code",
    "observed_code_system",
    "ridge_deduction",
    "tree_from_codes",
    "typed",
]
