"""What a parcel, a class, a region, a task and a survey snapshot is."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.land.classes import (
        CodeSystem,
        Correspondence,
        LandClass,
        code_system,
        correspondence,
        observed_code_system,
    )
    from tilth.land.ground_covered import covered
    from tilth.land.in_folders import due_files, stored_folders
    from tilth.land.kinds import kind_of, meant_kind, near_kind
    from tilth.land.naming import told_apart
    from tilth.land.regions import Region, RegionTree, Task, level_of_code, tree_from_codes
    from tilth.land.rows import retold
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
else:
    __getattr__ = on_demand(__name__)

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
    "covered",
    "due_files",
    "kind_of",
    "level_of_code",
    "meant_kind",
    "near_kind",
    "observed_code_system",
    "retold",
    "ridge_deduction",
    "stored_folders",
    "told_apart",
    "tree_from_codes",
    "typed",
]
