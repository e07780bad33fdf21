"""Where bytes are: workspace folders, database connections and schema steps, progress."""

from tilth.runtime.database import Database
from tilth.runtime.files import fill_whole, settle, write_whole
from tilth.runtime.progress import Reporter, reporting, working
from tilth.runtime.workspace import Workspace

__all__ = ["Database", "Reporter", "Workspace", "fill_whole", "reporting", "settle", "working", "write_whole"]
