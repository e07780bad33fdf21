"""Every engine under test, by the name it has in `--peers`."""

from peers.duck import DuckDb, DuckDbCut
from peers.geos import GeoPandas, Shapely, ShapelyChanged, ShapelyExpert
from peers.model import Engine, Layer, Unavailable
from peers.postgis import PostGis, PostGisExpert
from peers.sedona import Sedona, SedonaCut
from peers.tilth_engine import Tilth, TilthArrays

ENGINES: dict[str, type[Engine]] = {
    "tilth": Tilth,
    "tilth-arrays": TilthArrays,
    "geopandas": GeoPandas,
    "shapely": Shapely,
    "shapely-expert": ShapelyExpert,
    "shapely-changed": ShapelyChanged,
    "duckdb": DuckDb,
    "duckdb-cut": DuckDbCut,
    "sedonadb": Sedona,
    "sedonadb-cut": SedonaCut,
    "postgis": PostGis,
    "postgis-expert": PostGisExpert,
}
#: Left out unless asked for by name: see their docstrings.
ON_REQUEST = {"shapely-changed"}

__all__ = ["ENGINES", "ON_REQUEST", "Engine", "Layer", "Tilth", "Unavailable"]
