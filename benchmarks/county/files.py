"""The made-up county as GeoParquet files, made once for each size and seed."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyproj
import shapely

from county import layers
from county.mesh import county_mesh
from county.rings import CRS, ORIGIN_M, polygons
from county.years import CLASSES, Year, first_year, second_year

#: Raised when the same seed makes another county, so that old files are not taken for it.
EDITION = 1
#: How far the jittered second survey is off at every vertex and on each axis, at most. [m]
JITTER_M = 0.002
_LAYERS = ("pbf", "towns", "townships", "ecology", "footprints")
_ROW_GROUP = 50_000
_TYPES = {3: "Polygon", 6: "MultiPolygon"}


@dataclass(frozen=True)
class County:
    """Where the files of one county are: y1, y2, y2j (jittered) and the layers, `<name>.parquet` each."""

    folder: Path
    made: dict[str, Any]  # what the manifest says: size, seed, polygons and vertices of each file

    def path(self, name: str) -> Path:
        """The GeoParquet file of a survey or layer."""
        return self.folder / f"{name}.parquet"


def county(cache: Path, size: int, seed: int, say: Any = print) -> County:
    """The county of about `size` parcels that `seed` makes, from `cache` if it is there."""
    folder = cache / f"county-{size}-{seed}-v{EDITION}"
    manifest = folder / "manifest.json"
    if not manifest.exists():
        say(f"making a county of {size:,} parcels in {folder}")
        draft = folder.with_name(folder.name + ".part")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        made = {"size": size, "seed": seed, "edition": EDITION, "crs": CRS, "files": _make(draft, size, seed)}
        (draft / manifest.name).write_text(json.dumps(made, indent=1), encoding="utf-8")
        draft.rename(folder)
    return County(folder, json.loads(manifest.read_text(encoding="utf-8")))


def _make(folder: Path, size: int, seed: int) -> dict[str, dict[str, int]]:
    rng = np.random.default_rng(seed)
    first = first_year(county_mesh(size, rng), rng)
    made = {"y1": _write_year(folder / "y1.parquet", first)}
    made |= {name: _write(folder / f"{name}.parquet", shapes) for name, shapes in _layers(first, rng).items()}
    second = second_year(first, rng)
    made["y2"] = _write_year(folder / "y2.parquet", second)
    moved = Year(second.mesh.moved(rng, JITTER_M), second.parcel, second.code, second.name)
    made["y2j"] = _write_year(folder / "y2j.parquet", moved)
    return made


def _layers(year: Year, rng: np.random.Generator) -> dict[str, Any]:
    width = layers.width(year.mesh.centre)
    return {
        "pbf": layers.basic_farmland(year, rng),
        "towns": layers.towns(width, rng),
        "townships": layers.townships(year, rng),
        "ecology": layers.ecology(width, rng),
        "footprints": layers.footprints(width, rng),
    }


def _write_year(path: Path, year: Year) -> dict[str, int]:
    shapes = polygons(year.mesh, year.parcel)
    _check_cover(shapes, polygons(year.mesh, np.zeros(len(year.parcel), dtype=np.int64)))
    return _write(path, shapes, parcel_id=year.name, class_code=CLASSES[year.code])


def _write(path: Path, shapes: Any, **columns: Any) -> dict[str, int]:
    """`shapes` with their row numbers and `columns` as GeoParquet, block by block to bound memory."""
    schema = _schema(shapes, columns)
    with pq.ParquetWriter(path, schema) as writer:
        for at in range(0, len(shapes), _ROW_GROUP):
            some = slice(at, at + _ROW_GROUP)
            _check_valid(path, shapes, some)
            values = {name: column[some] for name, column in columns.items()}
            wkb = pa.array(shapely.to_wkb(shapes[some], flavor="iso"), pa.binary())
            rows = np.arange(len(shapes))[some]
            writer.write_table(pa.table({"row": rows, **values, "geometry": wkb}, schema=schema))
    return layers.counts(shapes)


def _check_valid(path: Path, shapes: Any, some: slice) -> None:
    valid = shapely.is_valid(shapes[some])
    if not valid.all():
        row = some.start + int(np.argmin(valid))
        raise AssertionError(f"{path.name} row {row}: {shapely.is_valid_reason(shapes[row])}")


def _schema(shapes: Any, columns: dict[str, Any]) -> pa.Schema:
    """Columns and the GeoParquet 1.0 description of the geometry."""
    types = [_TYPES[kind] for kind in np.unique(shapely.get_type_id(shapes))]
    column = {
        "encoding": "WKB",
        "geometry_types": types,
        "crs": pyproj.CRS(CRS).to_json_dict(),
        "bbox": shapely.total_bounds(shapes).tolist(),
    }
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": column}}
    fields = [("row", pa.int64()), *((name, pa.array(value[:1]).type) for name, value in columns.items())]
    return pa.schema([*fields, ("geometry", pa.binary())], metadata={"geo": json.dumps(geo)})


def _check_cover(parcels: Any, outline: Any) -> None:
    """Parcels that fit without gap or overlap measure what their outline does: exactly, in whole 1e-8 m²."""
    blocks = [parcels[at : at + _ROW_GROUP] for at in range(0, len(parcels), _ROW_GROUP)]
    parts, whole = sum(_twice(block) for block in blocks), _twice(outline)
    assert parts == whole, f"parcels add up to {parts / 2e8} m², their outline to {whole / 2e8} m²"


def _twice(shapes: Any) -> int:
    """Twice the area of `shapes` together, as whole 1e-8 m² (coordinates are whole 0.1 mm)."""
    rings, owner = shapely.get_rings(shapely.get_parts(shapes), return_index=True)
    hole = np.append(False, owner[1:] == owner[:-1])
    first = np.cumsum(np.append(0, shapely.get_num_coordinates(rings)))
    units = np.rint((shapely.get_coordinates(rings) - ORIGIN_M) * 1e4).astype(np.int64)
    # A sum that runs over comes back into range, as int64 wraps around and the area itself fits.
    cross = units[:-1, 0] * units[1:, 1] - units[1:, 0] * units[:-1, 1]
    cross[first[1:-1] - 1] = 0
    size = np.abs(np.add.reduceat(cross, first[:-1]))
    return int(sum(np.where(hole, -size, size).tolist()))
