"""The flow matrix of two files by one peer, as JSON: `python one_matrix.py ENGINE BEFORE AFTER THREADS`."""

from __future__ import annotations

import json
import sys
from importlib import import_module
from pathlib import Path

#: Where each peer lives: importing the module of one imports no other.
_PEERS = {
    "geopandas": "geos.GeoPandas",
    "duckdb": "duck.DuckDb",
    "sedonadb": "sedona.Sedona",
    "shapely-expert": "geos.ShapelyExpert",
}


def main() -> None:
    """Print the matrix."""
    name, before, after, threads = sys.argv[1:]
    module, kind = _PEERS[name].split(".")
    engine = getattr(import_module(f"peers.{module}"), kind)(int(threads))
    matrix = engine.matrix(Path(before), Path(after))
    print(json.dumps([[old, new, float(area)] for (old, new), area in matrix.items()]))


if __name__ == "__main__":
    main()
