"""Imports one survey into a workspace, in a process of its own that a test may kill. Not a test."""

from __future__ import annotations

import sys
from pathlib import Path

from tilth import api

if __name__ == "__main__":
    workspace = api.open_workspace(Path(sys.argv[1]))
    print("ready", flush=True)
    print(api.import_survey(workspace, sys.argv[2], year=2024).snapshot.id, flush=True)
