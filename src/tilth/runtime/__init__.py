"""Where bytes are: workspace folders, database connections and schema steps, progress."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.runtime.cache import cached, drop_cached, keep_cached
    from tilth.runtime.database import Clash, Database, Lost
    from tilth.runtime.desk import Desk, Mark
    from tilth.runtime.files import fill_whole, settle, write_whole
    from tilth.runtime.prepared import Inserted, Prepared, streams
    from tilth.runtime.progress import Reporter, reporting, working
    from tilth.runtime.workspace import Workspace
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "Clash",
    "Database",
    "Desk",
    "Inserted",
    "Lost",
    "Mark",
    "Prepared",
    "Reporter",
    "Workspace",
    "cached",
    "drop_cached",
    "fill_whole",
    "keep_cached",
    "reporting",
    "settle",
    "streams",
    "working",
    "write_whole",
]
