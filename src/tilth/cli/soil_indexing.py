"""Commands on rasters: spectral indices by the id of their formula, and composites of scenes and years."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tilth.cli import show
from tilth.cli.app import soil
from tilth.cli.options import AsJson, one_of
from tilth.cli.progress import progress
from tilth.core import BadInput, message

if TYPE_CHECKING:
    from tilth.api import Indexed

WAYS = ("max", "min", "median", "mean")
Rasters = Annotated[list[Path], typer.Option("--raster", help="A raster; several on one grid. May be repeated.")]
Out = Annotated[Path, typer.Option("--out", help="The cloud-optimised GeoTIFF that is written.")]
Fewest = Annotated[int, typer.Option("--fewest", min=1, help="In how many scenes a cell must have been seen.")]
Mask = Annotated[
    Path | None, typer.Option("--mask", help="A raster on any grid; cells it covers to less than half are left out.")
]
Named = Annotated[
    str | None, typer.Option("--bands", help="What the bands are called in their order, for files that do not say.")
]


@soil.command("index")
def index_rasters(
    formulas: Annotated[list[str], typer.Argument(metavar="FORMULA...", help="Ids that `tilth soil indices` lists.")],
    raster: Rasters,
    out: Out,
    band: Annotated[
        list[str], typer.Option("--band", metavar="BAND=NAME", help="A formula's band and its name in the files: R=B4.")
    ],
    product: Annotated[
        str | None, typer.Option("--product", help="How numbers become reflectance: landsat-c2, sentinel2-l2a, …")
    ] = None,
    scale: Annotated[float | None, typer.Option("--scale", help="Or: reflectance = number × scale + offset.")] = None,
    offset: Annotated[float | None, typer.Option("--offset", help="See --scale.")] = None,
    nodata: Annotated[float | None, typer.Option("--nodata", help="The number that stands for no value.")] = None,
    over: Annotated[
        str | None,
        typer.Option(
            "--over", callback=one_of("--over", WAYS), help="Over scenes, a file each: max, min, median, mean."
        ),
    ] = None,
    bare: Annotated[bool, typer.Option("--bare", help="Of bare soil only, over scenes, a file each.")] = False,
    below: Annotated[
        float | None, typer.Option("--below", min=0, max=1, help="NDVI below which ground is bare; 0.25 if not said.")
    ] = None,
    fewest: Fewest = 1,
    mask: Mask = None,
    bands: Named = None,
    json: AsJson = False,
) -> None:
    """Rasters of spectral indices, of one scene or over many. 盐分光谱指数栅格

    Examples: `tilth soil index CRSI SI1 --raster scene.tif --band B=blue --band G=green --band R=red --band NIR=nir
    --product landsat-c2 --out indices.tif` ·
    `tilth soil index CRSI --raster 2021.tif --raster 2022.tif --over max … --out crsi.tif`
    """
    from tilth import api

    with progress():
        done = api.soil_index(
            formulas, raster, out, bands=_pairs(band), scaling=api.Scaling(product, scale, offset, nodata), over=over,
            bare=bare, below=below, fewest=fewest, mask=mask, named=_listed(bands),
        )  # fmt: skip
    _written(done, json)


@soil.command("composite")
def composite_rasters(
    bands_asked: Annotated[list[str], typer.Argument(metavar="BAND...", help="Bands by their description.")],
    raster: Rasters,
    out: Out,
    over: Annotated[
        str, typer.Option("--over", callback=one_of("--over", WAYS), help="max, min, median or mean.")
    ] = "median",
    fewest: Fewest = 1,
    mask: Mask = None,
    bands: Named = None,
    json: AsJson = False,
) -> None:
    """One raster from those of many years, band by band as they are. 多年合成

    Example: `tilth soil composite NIRv --raster 2021.tif --raster 2022.tif --over max --mask crops.tif --out nirv.tif`
    """
    from tilth import api

    with progress():
        done = api.soil_composite(
            bands_asked, raster, out, over=over, fewest=fewest, mask=mask, named=_listed(bands)
        )  # fmt: skip
    _written(done, json)


def _pairs(given: list[str]) -> dict[str, str]:
    out = {}
    for one in given:
        band, sign, name = one.partition("=")
        if not sign or not band.strip() or not name.strip():
            raise BadInput("CLI-SOIL-BAND", given=one)
        out[band.strip()] = name.strip()
    return out


def _listed(given: str | None) -> list[str]:
    return [] if given is None else [one.strip() for one in given.split(",")]


def _written(done: Indexed, json: bool) -> None:
    if json:
        show.as_json(done.as_record())
        return
    rows = [
        (one.name, f"{one.cells - one.without:,}", f"{one.without:,}",
         *(f"{value:.4g}" if one.without < one.cells else "" for value in (one.least, one.mean, one.most)))
        for one in done.bands
    ]  # fmt: skip
    heading = [message(f"CLI-SOIL-BAND-{name}") for name in ("NAME", "CELLS", "WITHOUT", "LEAST", "MEAN", "MOST")]
    show.columns(rows, heading=heading)
    show.findings(done.findings, most=3)
    typer.echo(str(done.file))
