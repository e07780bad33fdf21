"""A project's footprint as a file: every row is judged or left out with its reason."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.core import BadInput

CRS = "EPSG:4526"
X, Y = 38_500_000, 3_900_000
FIELD = {"BSM": "1", "DLBM": "0102", "ZLDWDM": "9999011002010000000", "KCXS": 0.0, "GDPDJB": "1"}
FAR = shapely.box(1e30, 1e30, 2e30, 2e30)


def square(x: float, y: float, size: float) -> shapely.Polygon:
    return shapely.box(X + x, Y + y, X + x + size, Y + y + size)


def footprint(path: Path, *shapes: shapely.Geometry) -> Path:
    gpd.GeoDataFrame({"id": [str(at) for at in range(len(shapes))]}, geometry=list(shapes), crs=CRS).to_file(path)
    return path


def test_a_plot_that_lies_nowhere_is_left_out_and_the_others_are_judged(tmp_path: Path) -> None:
    workspace = api.init(tmp_path / "w", region="999901", name="T")
    gpd.GeoDataFrame([FIELD], geometry=[square(0, 0, 1000)], crs=CRS).to_file(tmp_path / "s.gpkg")
    api.import_survey(workspace, tmp_path / "s.gpkg", year=2024)
    checked = api.check(workspace, footprint(tmp_path / "f.gpkg", FAR, square(10, 10, 100)), year=2024)
    assert [plot.area_dm2 for plot in checked.verdict.plots] == [1_000_000]
    ((row, code, why),) = checked.left_out
    assert (row, code) == (1, "INTAKE-ROW-COORDINATES") and "1e+30" in why and not checked.clear
    with pytest.raises(BadInput, match="API-NO-ROWS"):
        api.check(workspace, footprint(tmp_path / "g.gpkg", FAR), year=2024)
