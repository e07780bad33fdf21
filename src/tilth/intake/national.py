"""Published national tables: farmland of the land survey, its yearly series, and the targets of the provinces.

Four CSV files in one folder. Figures stay as they were printed: whole mu, with the unit of the last digit. What a
remark says of how a figure was printed ("7840.75 x 10000 mu", "19.29 hundred-million mu", "reported as +1120.4 x
10000 mu") counts as a figure of its own.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tilth.change.national import MU_PER_HA, WAN, Gap, National, Published, Sum, Unit, gaps_of
from tilth.core import BadInput

SURVEY, SERIES, TARGETS, SOURCES = (
    "land_survey_2019.csv",
    "national_farmland_series.csv",
    "province_targets_2035.csv",
    "sources.csv",
)
#: How many mu a unit of the tables has.
_UNITS = {"10000 ha": WAN * MU_PER_HA, "10000 mu": WAN}
_FARMLAND, _WHOLE = "耕地", ("national", "全国")
#: The classes that farmland is made of.
_CLASSES = ("水田", "水浇地", "旱地")
_WAN = re.compile(r"([\d.]+) x 10000 (mu|ha)")
_YI = re.compile(r"([\d.]+) hundred-million mu")
_CHANGE = re.compile(r"reported as ([+-][\d.]+) x 10000 mu against (\d{4})")
_ONE_YEAR, _RAIN, _SLOPE = "one-year", "rainfall", "slope"


def read_national(folder: str | Path) -> National:
    """The national table of a folder.

    Raises
    ------
    BadInput
        If a file or a column is missing, or a value is no number.
    """
    place = Path(folder)
    survey = [*_rows(place / SURVEY, "region", "class", "value", "unit", "source_id", "remark")]
    series = [*_rows(place / SERIES, "year_end", "farmland_10000mu", "source_id", "remark")]
    columns = ("province", "farmland_2019_10000mu", "retention_target_2035_10000mu", "pbf_target_2035_10000mu")
    targets = [*_rows(place / TARGETS, *columns, "farmland_source", "target_source")]
    titles = {row["source_id"]: row["title"] for _, row in _rows(place / SOURCES, "source_id", "title")}
    ha, mu = _farmland(survey)
    units = [_unit(number, row, mu, ha) for number, row in targets]
    by_name = {one.name: one for one in units}
    if "全国" not in by_name:
        raise BadInput("INTAKE-NATIONAL-COUNTRY", file=TARGETS)
    by_year = {_year(number, row): _of_year(number, row) for number, row in series}
    country = by_name.pop("全国")
    gaps = gaps_of(list(ha), ha, mu)
    if country.farmland is not None and "national" in ha and "national" not in mu:
        gaps.append(Gap("national", "ha-mu", ha["national"], country.farmland))
    gaps += _changes(series, by_year)
    return National(country, tuple(by_name.values()), by_year, tuple(gaps), tuple(_sums(survey)), titles)


def _rows(file: Path, *columns: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Rows with their line number, after a look at the columns."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput("INTAKE-NATIONAL-FILE", file=str(file), why=str(error)) from error
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise BadInput("INTAKE-NATIONAL-COLUMN", file=file.name, missing=", ".join(missing))
    for number, row in enumerate(reader, start=2):
        yield number, {name: (row[name] or "").strip() for name in columns}


def _published(file: str, number: int, text: str, unit: int, source: str) -> Published:
    try:
        return Published.of(text, unit, source)
    except (ValueError, ArithmeticError) as error:
        raise BadInput("INTAKE-NATIONAL-VALUE", file=file, row=number, value=text) from error


def _value(number: int, row: Mapping[str, str]) -> Published:
    """A figure of the land survey."""
    unit = _UNITS.get(row["unit"])
    if unit is None:
        raise BadInput("INTAKE-NATIONAL-UNIT", file=SURVEY, row=number, value=row["unit"], known=", ".join(_UNITS))
    said = _YI.search(row["remark"])
    if said and unit == WAN:  # printed more coarsely than the table gives it
        return _published(SURVEY, number, said[1], WAN * WAN, row["source_id"])
    return _published(SURVEY, number, row["value"], unit, row["source_id"])


def _farmland(survey: list[tuple[int, Mapping[str, str]]]) -> tuple[dict[str, Published], dict[str, Published]]:
    """Farmland by region, as printed in hectares and as printed in mu."""
    ha: dict[str, Published] = {}
    mu: dict[str, Published] = {}
    for number, row in survey:
        if row["class"] != _FARMLAND:
            continue
        (ha if row["unit"] == "10000 ha" else mu)[row["region"]] = _value(number, row)
        said = _WAN.search(row["remark"])
        if said and row["unit"] == "10000 ha" and said[2] == "mu":
            mu[row["region"]] = _published(SURVEY, number, said[1], WAN, row["source_id"])
    return ha, mu


def _unit(number: int, row: Mapping[str, str], mu: Mapping[str, Published], ha: Mapping[str, Published]) -> Unit:
    def figure(column: str, source: str) -> Published | None:
        return _published(TARGETS, number, row[column], WAN, row[source]) if row[column] else None

    name = row["province"]
    surveyed = "national" if name == "全国" else name
    given = figure("farmland_2019_10000mu", "farmland_source")
    known = mu.get(surveyed) or ha.get(surveyed)
    if given is not None and known is not None and surveyed in mu and given.mu == known.mu:
        given = known  # with the rounding that it was printed with
    return Unit(
        name,
        given or known,
        figure("retention_target_2035_10000mu", "target_source"),
        figure("pbf_target_2035_10000mu", "target_source"),
    )


def _year(number: int, row: Mapping[str, str]) -> int:
    if not re.fullmatch(r"\d{4}", row["year_end"]):
        raise BadInput("INTAKE-NATIONAL-VALUE", file=SERIES, row=number, value=row["year_end"])
    return int(row["year_end"])


def _of_year(number: int, row: Mapping[str, str]) -> Published:
    said = _YI.search(row["remark"])
    if said:
        return _published(SERIES, number, said[1], WAN * WAN, row["source_id"])
    return _published(SERIES, number, row["farmland_10000mu"], WAN, row["source_id"])


def _changes(series: list[tuple[int, Mapping[str, str]]], by_year: Mapping[int, Published]) -> list[Gap]:
    """Changes as reported, beside those of the rounded totals."""
    found = []
    for number, row in series:
        said = _CHANGE.search(row["remark"])
        if said is None or int(said[2]) not in by_year:
            continue
        year, since = _year(number, row), int(said[2])
        now, then = by_year[year], by_year[since]
        reported = _published(SERIES, number, said[1], WAN, row["source_id"])
        rounded = Published(now.mu - then.mu, now.step_mu + then.step_mu, f"{then.source}, {now.source}")
        found.append(Gap(f"{since}-{year}", "change", reported, rounded))
    return found


def _sums(survey: list[tuple[int, Mapping[str, str]]]) -> Iterator[Sum]:
    """What the parts of the national farmland add up to, by class, by slope, by rainfall and by crops a year."""
    national = [(number, row) for number, row in survey if row["region"] in _WHOLE and row["unit"] == "10000 ha"]
    whole = [_value(number, row) for number, row in national if row["class"] == _FARMLAND]
    if not whole:
        return
    for name in ("class", _ONE_YEAR, _RAIN, _SLOPE):
        parts = [
            _value(number, row)
            for number, row in national
            if (row["class"] in _CLASSES if name == "class" else row["class"].startswith(f"{_FARMLAND}: {name}"))
        ]
        if parts:
            yield Sum(name, whole[0], tuple(parts))
