"""The rows of a stored snapshot: attributes at once, shapes only when somebody asks for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from tilth.core import BadInput

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

_SHAPES = "geometry"


@dataclass(frozen=True, eq=False)
class StoredRows:
    """The rows in a GeoParquet file."""

    file: Path

    @cached_property
    def attributes(self) -> pd.DataFrame:
        """(n,) rows without their shapes. ValueError or OSError where the file cannot be read."""
        import pyarrow.parquet as pq

        names = [name for name in pq.read_schema(self.file).names if name != _SHAPES]
        return pq.read_table(self.file, columns=names).to_pandas()

    @cached_property
    def frame(self) -> gpd.GeoDataFrame:
        """(n,) rows, columns in the order of the file.

        Raises
        ------
        BadInput
            If the shapes cannot be read.
        """
        import geopandas as gpd
        import pyarrow.parquet as pq

        try:
            shapes = gpd.read_parquet(self.file, columns=[_SHAPES])[_SHAPES]
            order = pq.read_schema(self.file).names
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise damaged(self.file.parent, error) from error
        rows = gpd.GeoDataFrame(self.attributes.copy(deep=False), geometry=shapes.array, crs=shapes.crs)
        return rows[[name for name in order if name in rows]]


def damaged(folder: Path, why: Exception | str) -> BadInput:
    """What is said of a stored snapshot that cannot be read."""
    text = (str(why) or type(why).__name__).splitlines()[0]
    return BadInput("LAND-SNAPSHOT-DAMAGED", folder=str(folder), why=text)
