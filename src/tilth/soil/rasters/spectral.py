"""Spectral indices of salinity by the id of their formula: names alone mean different things to different authors."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, FloatArray, Label, NotFound
from tilth.core.rulefile import label_in
from tilth.soil.rasters.formula import Formula

#: Bands under the names that the formulas use.
BANDS = ("B", "G", "R", "NIR", "SWIR1", "SWIR2")
#: Reflectance of a surface; snow and glint go beyond 1, over-corrected water below 0. Beyond is no reflectance.
LEAST, MOST = -0.2, 1.6
#: Numbers that all become less than this, but for the offset, were scaled already: no scene is as dark throughout. [-]
DARKEST = 0.005


@dataclass(frozen=True)
class Index:
    """One formula under its id. `saltier` says where it points: higher, lower or varies."""

    id: str
    formula: Formula
    bands: tuple[str, ...]
    parameters: Mapping[str, float]
    saltier: str
    scale_invariant: bool
    title: Label
    source: str
    confidence: str
    note: str


@dataclass(frozen=True, slots=True)
class Product:
    """How the stored numbers of a satellite product become reflectance."""

    id: str
    scale: float
    offset: float
    nodata: float | None
    title: Label
    source: str


@cache
def indices() -> Mapping[str, Index]:
    """Every index by its id."""
    text = files("tilth.soil").joinpath("data/indices.csv").read_text(encoding="utf-8")
    found = {}
    for row in csv.DictReader(text.splitlines()):
        pairs = (one.split("=") for one in row["parameters"].split() if one)
        found[row["id"]] = Index(
            row["id"], Formula.read(row["formula"]), tuple(row["bands"].split()),
            {name: float(value) for name, value in pairs}, row["saltier"], row["scale_invariant"] == "yes",
            Label(row["title"], row["title_zh"]), row["source"], row["confidence"], row["note"],
        )  # fmt: skip
    return found


@cache
def products() -> Mapping[str, Product]:
    """Every product by its id."""
    rows = tomllib.loads(files("tilth.soil").joinpath("data/reflectance.toml").read_text(encoding="utf-8"))
    return {
        name: Product(name, float(row["scale"]), float(row["offset"]), row.get("nodata"), label_in(row, "title"),
                      str(row["source"]))
        for name, row in rows.items()
    }  # fmt: skip


def reflectance(
    numbers: npt.ArrayLike,
    product: str | None = None,
    *,
    scale: float | None = None,
    offset: float | None = None,
    nodata: float | None = None,
    checked: bool = True,
) -> FloatArray:
    """Surface reflectance from stored numbers; NaN where there is no data or the result is none of a surface. [-]

    Parameters
    ----------
    product
        Id of a satellite product ("landsat-c2", "sentinel2-l2a", …), or
    scale, offset, nodata
        its numbers; they win over the product's.
    checked
        Refuse numbers of which most become no reflectance. A part of a raster may be all glint or cloud: check a
        sample of the whole, then read its parts unchecked.

    Raises
    ------
    NotFound
        If there is no such product.
    BadInput
        If nothing says how, and the numbers are no reflectance as they stand; or if hardly any becomes one.

    >>> reflectance([9198, 0, 10559], "landsat-c2").round(6).tolist()
    [0.052945, nan, 0.090373]
    """
    values = np.array(numbers, dtype=np.float64)
    values[~np.isfinite(values)] = np.nan
    known = products().get(product or "reflectance")
    if known is None:
        raise NotFound("SOIL-PRODUCT-NONE", product=product, known=", ".join(products()))
    missing = nodata if nodata is not None else known.nodata
    if missing is not None:
        values[values == missing] = np.nan
    factor = known.scale if scale is None else scale
    found = values * factor + (known.offset if offset is None else offset)
    beyond = (found < LEAST) | (found > MOST)
    given = np.isfinite(found)
    dark = factor != 1.0 and given.any() and float(np.nanmax(np.abs(values))) * abs(factor) < DARKEST
    if checked and given.any() and (dark or beyond.sum() * 2 > given.sum()):
        typical = float(np.nanmedian(values))
        code = "SOIL-NOT-REFLECTANCE" if product is None and scale is None else "SOIL-SCALE-WRONG"
        raise BadInput(
            code, typical=f"{typical:g}", becomes=f"{float(np.nanmedian(found)):g}", known=", ".join(products())
        )
    return np.where(beyond, np.nan, found)


def index(
    name: str,
    bands: Mapping[str, npt.ArrayLike],
    *,
    product: str | None = None,
    scale: float | None = None,
    offset: float | None = None,
    nodata: float | None = None,
) -> FloatArray:
    """The index of id `name` from bands by their names (B, G, R, NIR, SWIR1, SWIR2), of one shape.

    Bands are reflectance, or stored numbers of `product`, or of `scale` and `offset`. Division by zero and the root of
    a negative number give NaN.

    Raises
    ------
    NotFound
        If there is no such index or product.
    BadInput
        If a band is missing, the shapes differ, or the numbers are no reflectance.

    >>> index("NDSI", {"R": [0.3], "NIR": [0.2]}).round(3).tolist()
    [0.2]
    """
    return compute([name], bands, product=product, scale=scale, offset=offset, nodata=nodata)[name]


def compute(
    names: Iterable[str],
    bands: Mapping[str, npt.ArrayLike],
    *,
    product: str | None = None,
    scale: float | None = None,
    offset: float | None = None,
    nodata: float | None = None,
) -> dict[str, FloatArray]:
    """Several indices of the same bands, see `index`. What two of them need is computed once."""
    wanted = [find_index(name) for name in names]
    needed = dict.fromkeys(band for one in wanted for band in one.bands)
    missing = [band for band in needed if band not in bands]
    if missing:
        values = {
            "index": ", ".join(one.id for one in wanted),
            "missing": ", ".join(missing),
            "given": ", ".join(bands),
        }
        raise BadInput("SOIL-BANDS-MISSING", **values)
    values_of = {
        band: reflectance(bands[band], product, scale=scale, offset=offset, nodata=nodata) for band in needed
    }  # fmt: skip
    shapes = {band: one.shape for band, one in values_of.items()}
    if len(set(shapes.values())) > 1:
        raise BadInput("SOIL-BANDS-SHAPES", shapes=", ".join(f"{band} {shape}" for band, shape in shapes.items()))
    done: dict[str, FloatArray] = {}
    return {one.id: _computed(one, values_of, done) for one in wanted}


def _computed(one: Index, bands: Mapping[str, FloatArray], done: dict[str, FloatArray]) -> FloatArray:
    if one.id not in done:
        inside = {name: _computed(find_index(name), bands, done) for name in one.formula.names if name in indices()}
        done[one.id] = one.formula({**bands, **one.parameters, **inside})
    return done[one.id]


def find_index(name: str) -> Index:
    """The index of that id.

    Raises
    ------
    NotFound
        If there is none.
    """
    found = indices().get(name)
    if found is None:
        raise NotFound("SOIL-INDEX-NONE", index=name, known=", ".join(indices()))
    return found
