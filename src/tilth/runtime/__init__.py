"""Where bytes are: workspace folders, database connections and schema steps, progress."""

from tilth.runtime.database import Database
from tilth.runtime.progress import Reporter, reporting, working
from tilth.runtime.workspace import Workspace, settle, write_whole

__all__ = ["Database", "Reporter", "Workspace", "reporting", "settle", "working", "write_whole"]
