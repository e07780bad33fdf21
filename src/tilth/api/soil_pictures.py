"""Pictures of what was found of soil and salt: maps with intervals, classes, coverage, salt through time, options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.sampling import SCHEMES
from tilth.api.soil_mapping import APPLICABILITY, CLASSES, EC
from tilth.core import Label, label, language

if TYPE_CHECKING:
    import numpy as np

    from tilth.api.classifying import Classified
    from tilth.api.salting import OptionsFitted, Simulated
    from tilth.api.soil_mapping import SoilMapped
    from tilth.api.soil_validating import Validated
    from tilth.runtime import Workspace
    from tilth.soil import Scheme, Table


def class_labels(workspace: Workspace, scheme: str, bounds: Sequence[float], names: Sequence[str]) -> tuple[Label, ...]:
    """Names of a map's classes in both languages: of the scheme it was made by; classes by bounds have but one name."""
    from tilth.soil import find_scheme

    if not bounds:
        found = find_scheme(scheme, workspace.root / SCHEMES)
        ordered = sorted(found.classes, key=lambda one: one.when[0].low or 0.0)
        if len(ordered) == len(names):
            return tuple(one.label for one in ordered)
    return tuple(Label(f"{name} dS/m", f"{name} dS/m") for name in names)


def map_pictures(
    mapped: SoilMapped, classes: Sequence[Label], folder: str | Path, *, value: str = "ece_ds_m",
    lang: str | None = None,
) -> list[Path]:  # fmt: skip
    """Mean with interval panel, and classes, of a finished map: `salinity.png` and `classes.png` in `folder`.

    Parameters
    ----------
    classes
        As `class_labels` gives them.
    value
        The column that was mapped; any other than `ece_ds_m` is called EC.
    lang
        "en" or "zh"; the language in use where not said.

    Raises
    ------
    BadInput, NotFound
        If the map's rasters are gone or the folder cannot be written.
    """
    import numpy as np

    from tilth.intake import read_surface
    from tilth.report import salinity_class_map, salinity_map

    lang, samples = lang or language(), mapped.read.samples
    surface = read_surface(mapped.folder / EC, mapped.folder / CLASSES, mapped.folder / APPLICABILITY)
    unit = label("SOIL-PICTURE-ECE" if value == "ece_ds_m" else "SOIL-PICTURE-EC")
    places = np.unique(np.column_stack([samples.x, samples.y]), axis=0)
    areas = () if mapped.areas is None else [(one.area_dm2, one.share_bp) for one in mapped.areas.rows]
    return _written(
        folder,
        {
            "salinity.png": salinity_map(surface, label("SOIL-PICTURE-MAP-TITLE"), unit, lang, places=places),
            "classes.png": salinity_class_map(surface, classes, label("SOIL-PICTURE-CLASSES"), lang, areas=areas),
        },
    )


def validation_pictures(tried: Validated, folder: str | Path, *, lang: str | None = None) -> list[Path]:
    """How often intervals hold, at every nominal level and in every third of salinity: `coverage.png`."""
    from tilth.report import coverage_chart
    from tilth.soil import coverage_curve

    curve = coverage_curve(tried.result)
    drawn = coverage_chart(curve, label("SOIL-CHART-COVERAGE"), lang or language())
    return _written(folder, {"coverage.png": drawn})


def class_pictures(done: Classified, folder: str | Path, *, lang: str | None = None) -> list[Path]:
    """How many samples are in each class: `classes-SCHEME.png` for every scheme."""
    from tilth.report import sample_class_chart
    from tilth.soil import UNKNOWN

    drawn = {}
    for one in done.schemes:
        known = [each for each in one.counts if each.id != UNKNOWN]
        unknown = sum(each.rows for each in one.counts if each.id == UNKNOWN)
        drawn[f"classes-{one.scheme.id}.png"] = sample_class_chart(
            [each.label for each in known], [each.rows for each in known], unknown, one.scheme.title,
            lang or language(), ordered=_ranked(one.scheme),
        )  # fmt: skip
    return _written(folder, drawn)


def _ranked(scheme: Scheme) -> bool:
    """Do its classes go from fresh to salty, each with a rank of its own?"""
    ranks = [one.rank for one in scheme.classes]
    return len(ranks) > 1 and len(set(ranks)) == len(ranks)


def salt_pictures(
    found: Simulated, folder: str | Path, *, labels: Mapping[str, Label] | None = None, target: float = 0.5,
    lang: str | None = None,
) -> list[Path]:  # fmt: skip
    """Salt through time and yield of every option of a simulation: `salt.png` and `yield.png`."""
    return _written(folder, _salt_drawn(found.table, labels or {}, target, lang or language()))


def option_pictures(
    found: OptionsFitted, folder: str | Path, *, workspace: Workspace | None = None, year: int | None = None,
    labels: Mapping[str, Label] | None = None, lang: str | None = None,
) -> list[Path]:  # fmt: skip
    """Salt through time, yield by option and, where units are parcels of a survey, the best of each: `best.png`.

    Parameters
    ----------
    workspace, year
        The survey whose parcels the units are, by their ids.

    Raises
    ------
    NotFound
        If there is no such survey, or none of the units is a parcel of it.
    """
    lang, named = lang or language(), labels or {}
    table, fitted = found.fitted.table, found.fitted
    drawn = _salt_drawn(table, named, fitted.target, lang)
    if workspace is not None and year is not None:
        best = dict(zip(table.units, fitted.best.tolist(), strict=True))
        shown = [option_label(one, named) for one in table.options]
        drawn["best.png"] = best_picture(workspace, year, best, shown, lang)
    return _written(folder, drawn)


def best_picture(
    workspace: Workspace, year: int, best: Mapping[str, int], options: Sequence[Label], lang: str
) -> bytes:
    """The map of the best option of each parcel in `best`.

    Raises
    ------
    NotFound
        If none of the units is a parcel of the survey.
    """
    from tilth.core import NotFound
    from tilth.land import Store
    from tilth.report import best_option_map

    parcels = Store(workspace).survey(year).parcels
    known = parcels["parcel_id"].astype(str).isin(set(best))
    if not known.any():
        raise NotFound("SALT-MAP-NO-PARCEL", unit=next(iter(best)), year=year, units=len(best))
    return best_option_map(parcels, best, options, label("SALT-MAP-BEST"), lang)


def option_label(option: str, labels: Mapping[str, Label]) -> Label:
    """The name of an option: as given, else made of the names of its crop and measures."""
    from tilth.core import NotFound
    from tilth.soil import tolerance, treatments

    if option in labels:
        return labels[option]
    first, *rest = option.split("+")
    try:
        crop = tolerance(first).label
    except NotFound:
        crop = Label(first, first)
    names = [crop, *(treatments()[one].label if one in treatments() else Label(one, one) for one in rest)]
    return Label(" + ".join(one.en for one in names), "＋".join(one.zh for one in names))


def _salt_drawn(table: Table, labels: Mapping[str, Label], target: float, lang: str) -> dict[str, bytes]:
    import warnings

    import numpy as np

    from tilth.report import OptionCourse, OptionYield, salt_chart, yield_chart

    low, high = (table.columns.get(f"ece_ds_m_{end}") for end in ("low", "high"))
    courses, yields = [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # means over options without a crop
        for at, option in enumerate(table.options):
            name = option_label(option, labels)
            ece = table.column("ece_ds_m")[at]
            blank = np.full(len(table.years), np.nan)
            courses.append(
                OptionCourse(name, _mean(ece), blank if low is None else _mean(low[at]),
                             blank if high is None else _mean(high[at]))
            )  # fmt: skip
            share = table.column("relative_yield")[at].astype(np.float64)
            ends = np.nanquantile(share, [0.1, 0.9]) if np.isfinite(share).any() else (np.nan, np.nan)
            yields.append(OptionYield(name, float(np.nanmean(share)), float(ends[0]), float(ends[1])))
    return {
        "salt.png": salt_chart(table.years, courses, len(table.units), label("SALT-CHART-THROUGH-TIME"), lang),
        "yield.png": yield_chart(yields, target, label("SALT-CHART-YIELDS"), lang),
    }


def _mean(cube: np.ndarray) -> Any:
    import numpy as np

    return np.nanmean(cube.astype(np.float64), axis=0)


def _written(folder: str | Path, drawn: Mapping[str, bytes]) -> list[Path]:
    from tilth.runtime import write_whole

    return [write_whole(Path(folder) / name, picture) for name, picture in drawn.items()]


def option_names(file: str | Path | None) -> dict[str, Label]:
    """Names that the options of a file have, by their ids; none without a file."""
    from tilth.core.rulefile import toml_in

    rows = [] if file is None else toml_in(Path(file), "SALT-OPTIONS-FILE").get("option", [])
    return {
        str(row["id"]): Label(str(row.get("name", row["id"])), str(row.get("name_zh", row.get("name", row["id"]))))
        for row in rows
        if "name" in row or "name_zh" in row
    }
