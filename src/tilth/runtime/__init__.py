"""Where bytes are: workspace folders, database connections and schema steps, progress."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.runtime.archive import Archive, ChangedError, Part, is_safe, write_archive
    from tilth.runtime.cache import cached, drop_cached, keep_cached
    from tilth.runtime.database import Clash, Database, Lost
    from tilth.runtime.desk import Desk, Mark
    from tilth.runtime.dumping import SCHEMA, Dumped, dump, file_of, frozen, holds, is_empty, load
    from tilth.runtime.files import fill_whole, settle, write_whole
    from tilth.runtime.placing import beside, take_place
    from tilth.runtime.prepared import Inserted, Prepared, streams
    from tilth.runtime.progress import Reporter, reporting, working
    from tilth.runtime.workspace import Workspace
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "SCHEMA",
    "Archive",
    "ChangedError",
    "Clash",
    "Database",
    "Desk",
    "Dumped",
    "Inserted",
    "Lost",
    "Mark",
    "Part",
    "Prepared",
    "Reporter",
    "Workspace",
    "beside",
    "cached",
    "drop_cached",
    "dump",
    "file_of",
    "fill_whole",
    "frozen",
    "holds",
    "is_empty",
    "is_safe",
    "keep_cached",
    "load",
    "reporting",
    "settle",
    "streams",
    "take_place",
    "working",
    "write_archive",
    "write_whole",
]
