"""Commands on soil: samples in, classes, and what schemes and indices there are."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilth.cli import show
from tilth.cli.app import importing, soil
from tilth.cli.options import AsJson, Crs, Encoding, Layer, Pictures, crs_of, one_of, some_workspace, workspace
from tilth.cli.progress import progress
from tilth.core import BadInput, breaking, message

if TYPE_CHECKING:
    from tilth.api import Classified, SamplesRead

METHODS = ("weighted", "spline")
Map = Annotated[Path | None, typer.Option("--map", help="A MAP.toml that names columns, units and extract.")]
Units = Annotated[
    list[str] | None, typer.Option("--unit", metavar="COLUMN=UNIT", help="Unit of a column: ec=µS/cm. May be repeated.")
]
Extract = Annotated[
    str, typer.Option("--extract", help="Extract of EC and ions, where the table does not say: 1:5, 1:2.5, paste, …")
]
Regression = Annotated[
    str | None,
    typer.Option("--regression", help="Regional regression to ECe where there is no texture."),
]
Sheet = Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook.")]
Uncompensated = Annotated[
    bool, typer.Option("--uncompensated", help="EC was not brought to 25 °C by the meter; use the temperatures.")
]


@importing.command("samples")
def import_samples(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A laboratory's table, or points.")],
    map: Map = None,
    unit: Units = None,
    extract: Extract = "",
    regression: Regression = None,
    uncompensated: Uncompensated = False,
    depths: Annotated[
        str | None, typer.Option("--depths", help="Depth intervals in cm to bring horizons to: 0-20,20-40.")
    ] = None,
    depth_method: Annotated[
        str,
        typer.Option("--depth-method", callback=one_of("--depth-method", METHODS), help="weighted or spline."),
    ] = "weighted",
    label: Annotated[str, typer.Option("--label", help="A name for the set.")] = "",
    anywhere: Annotated[bool, typer.Option("--anywhere", help="Keep samples that lie far from the survey.")] = False,
    sheet: Sheet = None,
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    json: AsJson = False,
) -> None:
    """Bring in soil samples, with every conversion recorded. 导入土壤样品

    Examples: `tilth import samples lab.xlsx --extract 1:5` ·
    `tilth import samples lab.csv --unit ec=µS/cm --extract 1:5 --depths 0-20,20-40,40-60` ·
    `tilth import samples lab.csv --map lab-map.toml --crs 4526`
    """
    place = workspace()
    from tilth import api

    with progress():
        done = api.import_samples(
            place, file, map=map, units=_units(unit), extract=extract, regression=regression,
            uncompensated=uncompensated, depths=depths, depth_method=depth_method, label=label, anywhere=anywhere,
            layer=layer, sheet=sheet, encoding=encoding, crs=crs_of(crs),
        )  # fmt: skip
    _read(done, json)


@soil.command("classify")
def classify(
    file: Annotated[str, typer.Argument(metavar="FILE", help="A table of samples, or the id of a stored set.")],
    scheme: Annotated[
        list[str] | None,
        typer.Option("--scheme", help="ussl, cn-series-1, …, a file of your own (.toml), or all. May be repeated."),
    ] = None,
    map: Map = None,
    unit: Units = None,
    extract: Extract = "",
    regression: Regression = None,
    uncompensated: Uncompensated = False,
    sheet: Sheet = None,
    layer: Layer = None,
    encoding: Encoding = None,
    crs: Crs = None,
    out: Annotated[Path | None, typer.Option("--out", help="A CSV of every row under every scheme.")] = None,
    pictures: Pictures = None,
    json: AsJson = False,
) -> None:
    """Classes of samples under one scheme or several; what cannot be decided is unknown. 盐碱地分级

    Examples: `tilth soil classify lab.xlsx --scheme ussl --scheme cn-series-1` ·
    `tilth soil classify lab.xlsx --scheme all --extract 1:5 --out classes.csv` · `tilth soil classify 3f2a --json`
    """
    place = some_workspace()
    from tilth import api

    if place is None and not Path(file).exists():
        raise BadInput("INTAKE-FILE-MISSING", file=file)
    asked = api.Asked(
        map, _units(unit), extract, regression, uncompensated, anywhere=True, layer=layer, sheet=sheet,
        encoding=encoding, crs=crs_of(crs),
    )  # fmt: skip
    with progress():
        done = api.soil_classify(file, schemes=scheme or ["ussl"], workspace=place, asked=asked, out=out)
        drawn = [] if pictures is None else api.class_pictures(done, pictures)
    if json:
        show.as_json(done.as_record())
    else:
        _classes(done)
        if out is not None:
            typer.echo(str(out))
        show.paths(drawn)
        show.findings(done.findings, most=3)
    aside = done.samples.meta.rows_quarantined
    raise typer.Exit(1 if aside or breaking(done.findings) else 0)


@soil.command("samples")
def samples(json: AsJson = False) -> None:
    """The sets of samples in the workspace. 样品集

    Example: `tilth soil samples`
    """
    place = workspace()
    from tilth import api

    found = api.soil_samples(place)
    if json:
        show.as_json(found)
        return
    heading = [message(f"CLI-SOIL-{name}") for name in ("ID", "FILE", "LABEL", "ROWS", "ASIDE", "CRS")]
    rows = [
        (
            one["id"][:12],
            one["file"],
            one["label"] or "-",
            one["rows_stored"],
            one["rows_quarantined"],
            one["crs"] or "-",
        )
        for one in found
    ]
    show.columns(rows, heading=heading)
    if not rows:
        typer.echo(message("CLI-SOIL-NONE"))


@soil.command("schemes")
def schemes(json: AsJson = False) -> None:
    """The classification schemes, each with its bounds and source. 分级方案

    Example: `tilth soil schemes`
    """
    place = some_workspace()
    from tilth import api

    found = api.soil_schemes(place)
    if json:
        show.as_json([one.as_record() for one in found])
        return
    for one in found:
        typer.echo(f"{one.id}  {one.title}  [{message(f'SOIL-CONFIDENCE-{one.confidence.upper()}')}: {one.source}]")
        if one.worst_of:
            typer.echo("    " + message("CLI-SOIL-WORST", schemes=", ".join(part.id for part in one.worst_of)))
            continue
        for each in one.classes:
            typer.echo(f"    {each.label}: {_bounds(each)}")


@soil.command("indices")
def indices(json: AsJson = False) -> None:
    """The spectral indices of salinity by the id of their formula. 盐分光谱指数

    Example: `tilth soil indices`
    """
    from tilth import api

    found = api.soil_indices()
    if json:
        show.as_json(found)
        return
    heading = [message(f"CLI-SOIL-{name}") for name in ("ID", "TITLE", "FORMULA", "SALTIER", "SOURCE")]
    rows = [
        (one["id"], one["title"], one["formula"], message(f"SOIL-SALTIER-{one['saltier'].upper()}"), one["source"])
        for one in found
    ]
    show.columns(rows, heading=heading)


def _bounds(one: Any) -> str:
    parts = []
    for bound in one.when:
        low = f"{bound.low:g} ≤ " if bound.low is not None else ""
        high = f" < {bound.high:g}" if bound.high is not None else ""
        parts.append(f"{low}{message(f'SOIL-METRIC-{bound.metric.upper()}')}{high}")
    return "; ".join(parts) or message("CLI-SOIL-ELSE")


def _units(given: list[str] | None) -> dict[str, str]:
    out = {}
    for one in given or ():
        column, sign, unit = one.partition("=")
        if not sign or not column.strip() or not unit.strip():
            raise BadInput("CLI-SOIL-UNIT", given=one)
        out[column.strip()] = unit.strip()
    return out


def _read(done: SamplesRead, json: bool) -> None:
    """Print what came in, its spread, what was set aside, and what was noticed. Exit 1 if a row was set aside."""
    record = done.as_record()
    if json:
        show.as_json(record)
    else:
        line = message(
            "CLI-ROWS", what=message("CLI-SOIL-WORD"), rows_in=record["rows_in"], stored=record["rows_stored"],
            aside=record["rows_quarantined"],
        )  # fmt: skip
        crs = record["crs"].split("[")[0] or message("CLI-SOIL-NOWHERE")
        typer.echo(f"{line}  {crs}  {record['id'][:12]}")
        rows = [
            (
                message(f"SOIL-METRIC-{one['column'].upper()}"),
                one["n"],
                *(f"{one[k]:.3g}" for k in ("least", "median", "most")),
            )
            for one in record["figures"]
        ]
        show.columns(rows, heading=[message(f"CLI-SOIL-{name}") for name in ("WHAT", "N", "LEAST", "MEDIAN", "MOST")])
        typer.echo(message("CLI-SOIL-CONVERTED", count=record["conversions"]))
        if record["layers"]:
            typer.echo(message("CLI-SOIL-LAYERS", count=record["layers"], method=record["depth_method"]))
        for row in record["quarantine"][:20]:
            typer.echo(f"    #{row['source_row']} {row['code']}: {row['reason']}")
        show.more(len(record["quarantine"]) - 20)
        show.findings(done.findings, most=3)
    raise typer.Exit(1 if record["rows_quarantined"] or breaking(done.findings) else 0)


def _classes(done: Classified) -> None:
    typer.echo(message("CLI-SOIL-CLASSIFIED", samples=done.samples.name, rows=done.samples.meta.rows_stored))
    for one in done.schemes:
        typer.echo(f"\n{one.scheme.id}  {one.scheme.title}")
        heading = [message(f"CLI-SOIL-{name}") for name in ("CLASS", "LABEL", "ROWS", "SHARE")]
        rows = [(each.id, str(each.label), each.rows, f"{each.share_bp / 100:.2f}") for each in one.counts]
        show.columns(rows, heading=heading)
