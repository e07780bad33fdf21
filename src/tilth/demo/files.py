"""Writing the layers as a county has them: GBK shapefiles without .cpg, GeoPackages, and nothing that says when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import pyproj
import shapely

from tilth.demo.dbf import GBK, Field, write_dbf
from tilth.demo.mesh import Polygons

#: CGCS2000, 3-degree zone 38 with the zone number in the easting.
CRS = "EPSG:4526"


def write_shapefile(
    path: Path, frame: pd.DataFrame, polygons: Polygons, fields: Sequence[Field], language: int = GBK
) -> None:
    """A polygon shapefile: .shp, .shx, .prj as ESRI writes it, and a .dbf in GBK. A missing polygon is a null shape."""
    rows = np.arange(len(frame), dtype=np.int32)
    pyogrio.raw.write(
        path,
        geometry=shapely.to_wkb(polygons),
        field_data=[rows],
        fields=["row"],
        geometry_type="Polygon",
        crs=CRS,
        driver="ESRI Shapefile",
        encoding="GBK",
    )
    path.with_suffix(".cpg").unlink(missing_ok=True)
    path.with_suffix(".prj").write_text(pyproj.CRS.from_user_input(CRS).to_wkt("WKT1_ESRI"), encoding="ascii")
    write_dbf(path.with_suffix(".dbf"), frame, fields, language)


def write_geopackage(path: Path, layers: dict[str, tuple[pd.DataFrame, Any]]) -> None:
    """A GeoPackage of polygon layers in the given order; dated 2024-12-31 whatever the day. Empty layers are kept."""
    path.unlink(missing_ok=True)
    dated = {"OGR_CURRENT_DATE": "2024-12-31T00:00:00.000Z"}
    pyogrio.set_gdal_config_options(dated)
    try:
        for name, (frame, polygons) in layers.items():
            pyogrio.raw.write(
                path,
                geometry=shapely.to_wkb(np.asarray(polygons, dtype=object)),
                field_data=[_column(frame[column]) for column in frame],
                fields=list(frame),
                layer=name,
                geometry_type="Polygon",
                crs=CRS,
                driver="GPKG",
                append=path.exists(),
            )
    finally:
        pyogrio.set_gdal_config_options(dict.fromkeys(dated))


def _column(values: pd.Series) -> Any:
    numeric = pd.api.types.is_numeric_dtype(values.dtype)
    return values.to_numpy() if numeric else values.astype(object).to_numpy(dtype=object)
