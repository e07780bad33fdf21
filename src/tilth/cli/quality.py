"""Commands on the quality of farmland: its register, grades, accounts, what is lacking, high-standard farmland."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilth.cli import show
from tilth.cli.app import quality
from tilth.cli.options import All, AsJson, Encoding, Year, a_file, a_year, one_of, workspace
from tilth.cli.progress import progress
from tilth.core import BadInput, breaking, message

if TYPE_CHECKING:
    from tilth.api import QualityAccounts, QualityRead

BYS = ("stated", "index")
Weights = Annotated[
    str, typer.Option("--weights", help="A table of weights by its id; the workspace's own without, else gb33469.")
]
By = Annotated[
    str,
    typer.Option("--by", callback=one_of("--by", BYS), help="stated (register, else survey) or index."),
]
Region = Annotated[str | None, typer.Option("--region", help="Only this region and what is below it.")]
Most = Annotated[int, typer.Option("--most", min=0, help="How many parcels to print.")]
Book = Annotated[Path | None, typer.Option("--out", help="A workbook (.xlsx) to write instead of printing.")]


@quality.command("import")
def quality_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", callback=a_file, help="A table with a row for each parcel.")],
    year: Year,
    unit: Annotated[
        list[str] | None,
        typer.Option("--unit", metavar="COLUMN=UNIT", help="Unit of a column: organic_matter=%. May be repeated."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option("--column", metavar="COLUMN=HEADING", help="Heading of a column: ph=PHZ. May be repeated."),
    ] = None,
    source: Annotated[str, typer.Option("--source", help="Where the values come from, if the table is silent.")] = "",
    date: Annotated[str, typer.Option("--date", help="Of which day they are, if the table is silent.")] = "",
    confidence: Annotated[
        str, typer.Option("--confidence", help="sure, likely or unverified, if the table is silent.")
    ] = "",
    label: Annotated[str, typer.Option("--label", help="A name for the table.")] = "",
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of all that the year has, instead of adding to it.")
    ] = False,
    sheet: Annotated[str | None, typer.Option("--sheet", help="Sheet of a workbook.")] = None,
    encoding: Encoding = None,
    json: AsJson = False,
) -> None:
    """Bring a table by parcel into the quality register of a year. 导入耕地质量数据

    Exit status 1: a row was set aside.

    Examples: `tilth quality import quality.xlsx --year 2024` ·
    `tilth quality import lab.csv --year 2024 --unit organic_matter=% --source 测土 --date 2024-05 --confidence sure`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        done = api.quality_import(
            place, file, year=year, units=_pairs(unit, "--unit"), columns=_pairs(column, "--column"), source=source,
            date=date, confidence=confidence, label=label, replaces=replace, sheet=sheet, encoding=encoding,
        )  # fmt: skip
    record = done.as_record()
    if json:
        show.as_json(record)
    else:
        _read(record)
        show.findings(done.findings, most=3)
    raise typer.Exit(1 if record["rows_quarantined"] or breaking(done.findings) else 0)


@quality.command("grade")
def quality_grade(
    year: Year,
    weights: Weights = "",
    by: By = "stated",
    region: Region = None,
    parcel: Annotated[str | None, typer.Option("--parcel", help="Everything on one parcel, in every year.")] = None,
    out: Book = None,
    json: AsJson = False,
) -> None:
    """Grades of farmland, with the index, its range and confidence, and degraded land. 耕地质量评定

    Examples: `tilth quality grade --year 2024` ·
    `tilth quality grade --year 2024 --by index --weights gb33469-yangtze` ·
    `tilth quality grade --year 2024 --out register.xlsx`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        if out is not None:
            written = api.quality_book(place, year=year, table=weights, by=by, region=region, out=out)
            _files(written.as_record(), json)
            return
        if parcel is not None:
            record = api.quality_parcel(place, year=year, parcel=parcel, region=region)
        else:
            limit = 1_000_000_000 if json else 0
            record = api.quality_page(place, year=year, table=weights, by=by, region=region, limit=limit)
    if json:
        show.as_json(record)
    elif parcel is not None:
        _one(record)
    else:
        _year(record)


@quality.command("accounts")
def quality_accounts(
    before: Annotated[int, typer.Option("--from", callback=a_year, help="The earlier year.")],
    after: Annotated[int, typer.Option("--to", callback=a_year, help="The later year.")],
    weights: Weights = "",
    by: By = "stated",
    region: Region = None,
    unit: Annotated[
        str, typer.Option("--unit", callback=one_of("--unit", ("ha", "m2", "mu")), help="ha, m2, mu.")
    ] = "ha",
    out: Book = None,
    all: All = False,
    json: AsJson = False,
) -> None:
    """What became of farmland of each grade, and of degraded land; every account closes. 耕地质量变化账户

    Examples: `tilth quality accounts --from 2023 --to 2024` ·
    `tilth quality accounts --from 2023 --to 2024 --unit m2 --region 410882101`
    """
    if before >= after:
        raise BadInput("QUALITY-YEARS", before=before, year=after)
    place = workspace(before, after)
    from tilth import api

    with progress():
        if out is not None:
            written = api.quality_book(place, year=after, before=before, table=weights, by=by, region=region, out=out)
            _files(written.as_record(), json)
            return
        done = api.quality_accounts(place, before=before, after=after, table=weights, by=by, region=region)
    if json:
        show.as_json(done.as_record())
        return
    for table in done.tables:
        show.table(table, unit, every=all)
    _moved(done.as_record())


@quality.command("lacks")
def quality_lacks(
    year: Year,
    region: Region = None,
    lacking: Annotated[str, typer.Option("--lacking", help="Only parcels that lack this: ph, irrigation, …")] = "",
    most: Most = 10,
    json: AsJson = False,
) -> None:
    """What each parcel lacks, and measures that may be taken. 耕地短板与备选措施

    Examples: `tilth quality lacks --year 2024` · `tilth quality lacks --year 2024 --lacking irrigation --json`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        limit = 1_000_000_000 if json else most
        record = api.quality_lacks(place, year=year, region=region, lacking=lacking, limit=limit)
    if json:
        show.as_json(record)
        return
    names = {one["id"]: one["label"] for one in record["measures"]}
    rows = [
        (
            one["label"], one["limit"], *_lacking(one), show.area(one["unknown_dm2"], "ha"),
            "; ".join(f"{other['label']} {show.area(other['area_dm2'], 'ha')}" for other in one["answered_by"]) or "-",
            ", ".join(names[each] for each in one["measures"]),
        )
        for one in record["needs"]
    ]  # fmt: skip
    _columns("NEED LIMIT PARCELS LACKS UNKNOWN ANSWERED MEASURES", rows)
    area = show.area(record["lacking_dm2"], "ha")
    typer.echo(message("CLI-QUALITY-LACKING", count=record["count"], parcels=record["parcels"], area=area))
    for one in record["items"]:
        lacks = "; ".join(message("CLI-QUALITY-LACK", **lack) for lack in one["lacks"])
        typer.echo(
            message("CLI-QUALITY-PARCEL", parcel=one["parcel_id"], area=show.area(one["net_area_dm2"]), lacks=lacks)
        )
    show.more(record["count"] - len(record["items"]))
    typer.echo(message("QUALITY-LACKS-NOTE"))


@quality.command("standing")
def quality_standing(year: Year, region: Region = None, json: AsJson = False) -> None:
    """High-standard farmland by region: built, planned, of basic farmland, and what it lacks. 高标准农田建设情况

    Example: `tilth quality standing --year 2024`
    """
    place = workspace(year)
    from tilth import api

    with progress():
        record = api.quality_standing(place, year=year, region=region)
    if json:
        show.as_json(record)
        return
    rows = [
        (
            one["region"], "  " * one["depth"] + one["name"],
            *(show.area(one[f"{name}_dm2"], "ha") for name in ("farmland", "built", "planned", "not_built", "unknown")),
            one["built_share_pct"] or "-", one["pbf_built_share_pct"] or "-", one["mean_grade_built"] or "-",
            one["mean_grade_rest"] or "-", show.area(one["built_lacking_dm2"], "ha"),
        )
        for one in record["rows"]
        if one["depth"] < 2
    ]  # fmt: skip
    _columns(
        "REGION NAME FARMLAND BUILT PLANNED NOT-BUILT UNKNOWN BUILT-SHARE PBF-BUILT GRADE-BUILT GRADE-REST SHORT", rows
    )
    typer.echo(message("CLI-QUALITY-BASIC", told=record["basic_farmland"]))


def said_of_quality(done: QualityAccounts, read: Sequence[QualityRead]) -> None:
    """The register and the accounts of the demonstration."""
    for one in read:
        _read(one.as_record())
    show.table(done.tables[0], "ha")
    _moved(done.as_record())


def _read(record: dict[str, Any]) -> None:
    """How many rows came in, and why some did not."""
    line = message(
        "CLI-ROWS", what=message("CLI-QUALITY-WORD"), rows_in=record["rows_in"], stored=record["rows_stored"],
        aside=record["rows_quarantined"],
    )  # fmt: skip
    typer.echo(f"{line}  {record['year']}  {record['id'][:12]}")
    for row in record["quarantine"][:20]:
        typer.echo(f"    #{row['source_row']} {row['code']}: {row['reason']}")
    show.more(len(record["quarantine"]) - 20)


def _pairs(given: list[str] | None, option: str) -> dict[str, str]:
    out = {}
    for one in given or ():
        name, sign, value = one.partition("=")
        if not sign or not name.strip() or not value.strip():
            raise BadInput("CLI-QUALITY-PAIR", given=one, option=option)
        out[name.strip()] = value.strip()
    return out


def _lacking(need: dict[str, Any]) -> tuple[object, object]:
    """Parcels and area that lack it; dashes where others of its group answer for all land that is known."""
    if need["known_dm2"] == 0 and need["answered_by"]:
        return "-", "-"
    return need["parcels"], show.area(need["lacking_dm2"], "ha")


def _columns(names: str, rows: list[tuple[Any, ...]]) -> None:
    show.columns(rows, heading=[message(f"CLI-QUALITY-{name}") for name in names.split()])


def _files(record: dict[str, Any], json: bool) -> None:
    if json:
        show.as_json(record)
        return
    for file in record["files"]:
        typer.echo(file)


def _year(record: dict[str, Any]) -> None:
    whole = record["farmland_dm2"]
    table = record["table"]
    said = {"table": table["id"], "confidence": message(f"SOIL-CONFIDENCE-{table['confidence'].upper()}")}
    typer.echo(
        message(
            "CLI-QUALITY-YEAR", year=record["year"], area=show.area(whole, "ha"), parcels=record["parcels"],
            mean=record["mean_grade"] or "-", **said,
        )
    )  # fmt: skip
    hectares, shares = record["by_grade_ha"], record["by_grade_pct"]
    rows = [(grade, f"{area:,.2f}", f"{shares[grade]:.2f}") for grade, area in hectares.items()]
    _columns("GRADE AREA SHARE", [("-" if grade == "none" else grade, *rest) for grade, *rest in rows])
    words = {word: show.area(area, "ha") for word, area in record["by_confidence_dm2"].items()}
    typer.echo(message("CLI-QUALITY-CONFIDENT", **words))
    other = record["stated_unlike_index"]
    if other["parcels"]:
        typer.echo(message("CLI-QUALITY-UNLIKE", parcels=other["parcels"], area=show.area(other["area_dm2"], "ha")))
    _degraded(record["degraded_dm2"])


def _degraded(found: dict[str, dict[str, Any]]) -> None:
    degrees = ("none", "slight", "moderate", "strong", "severe", "unknown")
    some = {kind: one for kind, one in found.items() if any(one[degree] for degree in degrees[:-1])}
    heading = [message("CLI-QUALITY-DEGRADED"), *(message(f"QUALITY-DEGREE-{one.upper()}") for one in degrees)]
    rows = [(one["label"], *(show.area(one[degree], "ha") for degree in degrees)) for one in some.values()]
    show.columns(rows, heading=heading)
    rest = [one["label"] for kind, one in found.items() if kind not in some]
    if rest:
        typer.echo(message("CLI-QUALITY-NOTHING-KNOWN", kinds=", ".join(rest)))


def _moved(record: dict[str, Any]) -> None:
    grades = record["grades"]
    areas = {name: show.area(grades[f"{name}_dm2"], "ha") for name in ("improved", "worsened", "same")}
    means = {"before": grades["mean_before"] or "-", "after": grades["mean_after"] or "-"}
    typer.echo(message("CLI-QUALITY-MOVED", from_=record["from"], to=record["to"], **means, **areas))
    sums = {name: show.area(grades[f"{name}_grade_dm2"]) for name in ("opening", "change", "closing")}
    typer.echo(message("CLI-QUALITY-CLOSES", **sums))
    rows = [
        (
            one["label"], one["unit"] or "-", show.area(one["area_dm2"], "ha"), f"{one['mean_before']:.2f}",
            f"{one['mean_after']:.2f}", *(show.area(one[f"{name}_dm2"], "ha") for name in ("rose", "fell", "same")),
        )
        for one in record["indicators"]
    ]  # fmt: skip
    names = ("INDICATOR", "UNIT", "BOTH-YEARS", "MEAN-BEFORE", "MEAN-AFTER", "ROSE", "FELL", "SAME")
    show.columns(rows, heading=[message(f"QUALITY-COL-{name}") for name in names])


def _one(record: dict[str, Any]) -> None:
    """One parcel: each year's grade, index and values, and what it lacks now."""
    from tilth.report.quality import shown_value
    from tilth.soil import register_columns

    for year in record["years"]:
        index = (
            "-" if year["index"] is None else f"{year['index']:.4f} ({year['index_low']:.4f}–{year['index_high']:.4f})"
        )
        word = message(f"QUALITY-WORD-{year['confidence_word'].upper()}")
        typer.echo(
            f"{year['year']}  {message('QUALITY-COL-GRADE')} {year['grade'] or '-'}  "
            f"{message('QUALITY-COL-INDEX')} {index}  "
            f"{message('QUALITY-COL-CONFIDENCE')} {year['confidence']:.2f} {word}"
        )
        rows = [
            (
                register_columns()[id].heading, shown_value(id, one["value"]), one["source"], one["date"] or "-",
                message(f"SOIL-CONFIDENCE-{one['confidence'].upper()}"),
            )
            for id, one in year["values"].items()
        ]  # fmt: skip
        show.columns(
            rows,
            heading=[message(f"QUALITY-COL-{name}") for name in ("INDICATOR", "VALUE", "SOURCE", "DATE", "CONFIDENCE")],
        )
    for one in record["lacks"]:
        typer.echo("✗ " + message("CLI-QUALITY-LACK", **one))
