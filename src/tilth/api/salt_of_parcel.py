"""Salt, yield, water and money of one parcel under each option, from the salinity map, the ground and the weather.

Groundwater, texture and weather come from two tables that a workspace keeps, groundwater also from a kept raster with
its bands; what a question gives itself goes before all. What nothing says is asked for: nothing is guessed.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.maps_finished import OfParcel, find_map, told_of_parcel
from tilth.api.rasters_kept import SALT, kept_means
from tilth.core import BadInput, message

if TYPE_CHECKING:
    import numpy as np

    from tilth.runtime import Workspace
    from tilth.soil import Fitted, Forcing, Option

#: Tables of the salt chain in a workspace.
WEATHER, GROUND = "weather.csv", "ground.csv"
#: What a row of the ground may say, and what is a number in it.
_TEXTS = ("parcel_id", "region", "zone", "texture")
_NUMBERS = ("groundwater_depth_m", "groundwater_ec_ds_m", "esp_pct", "cec_mmolc_kg")
#: Bands that a raster of the groundwater has.
_GROUNDWATER = ("groundwater_depth_m", "groundwater_ec_ds_m")
_FLAGS = ("outlet", "water")
_NO = frozenset({"0", "no", "false", "n", "否", "无"})
_YES = frozenset({"1", "yes", "true", "y", "是", "有"})
#: Levels of the map's quantiles that salt starts from.
_LEVELS = {"lower": "ece_q05_ds_m", "median": "ece_q50_ds_m", "upper": "ece_q95_ds_m"}
#: Measures that are set side by side where none are named: one of each kind, and two together.
USUAL = (
    "LEACH_DITCH", "PIPE_DRAIN", "GYPSUM", "PIPE_DRAIN+GYPSUM", "STRAW_INTERLAYER", "DRIP_MULCH", "RAISED_BED",
    "ORGANIC",
)  # fmt: skip
MOST_YEARS = 50


@dataclass(frozen=True)
class Ground:
    """What is known of the ground below a parcel; None where nobody said it."""

    texture: str | None = None
    groundwater_depth_m: float | None = None
    groundwater_ec_ds_m: float | None = None
    esp_pct: float | None = None
    cec_mmolc_kg: float | None = None
    zone: str | None = None
    outlet: bool | None = None
    water: bool | None = None


@dataclass(frozen=True)
class SaltAsked:
    """What is asked of a parcel: the ground as far as it is said here, and what is set side by side."""

    ground: Ground = Ground()
    fits: str = "land-to-crop"
    crop: str = "cotton"
    crops: Sequence[str] = ()
    measures: Sequence[str] = ()
    years: int = 10
    target: float = 0.5
    gaps: str = "mean"


def import_weather(workspace: Workspace, file: str | Path) -> dict[str, Any]:
    """Keep a table of weather for the salt chain, in the place of the one before.

    Raises
    ------
    BadInput
        If it cannot be used.
    """
    from tilth.soil import forcing_from_table

    forcing = forcing_from_table(_frame(Path(file)), gaps="mean")
    _put(workspace, Path(file), WEATHER)
    return _weather_record(forcing)


def import_ground(workspace: Workspace, file: str | Path) -> dict[str, Any]:
    """Keep a table of texture and groundwater by parcel or region, in the place of the one before.

    Columns: `parcel_id` or `region` (the code of a region; what lies below it counts too), `texture`,
    `groundwater_depth_m`, `groundwater_ec_ds_m`, and where known `esp_pct`, `cec_mmolc_kg`, `zone` of the weather,
    `outlet` and `water` (1 or 0).

    Raises
    ------
    BadInput
        If it cannot be used, or names a texture or a region that nobody knows.
    """
    rows = _ground_rows(Path(file))
    _refuse_unknown(workspace, rows, Path(file).name)
    _put(workspace, Path(file), GROUND)
    return {"rows": len(rows), "parcels": sum(bool(row["parcel_id"]) for row in rows)}


def salt_facts(workspace: Workspace) -> dict[str, Any]:
    """What the workspace knows for the salt chain: weather, ground, textures, crops with a calendar, measures."""
    from tilth.api.salting import soil_measures
    from tilth.soil import calendars, forcing_from_table, textures, tolerance

    folder = workspace.root / SALT
    weather = folder / WEATHER
    crops = [{"id": one, "name": str(tolerance(one).label)} for one in calendars()]
    return {
        "weather": _weather_record(forcing_from_table(_frame(weather), gaps="mean")) if weather.is_file() else None,
        "ground": len(_ground_rows(folder / GROUND)) if (folder / GROUND).is_file() else None,
        "textures": list(textures()), "crops": crops, "measures": soil_measures(), "usual": list(USUAL),
    }  # fmt: skip


def parcel_salt(
    workspace: Workspace, *, year: int, parcel: str, map: str, asked: SaltAsked | None = None, region: str | None = None
) -> dict[str, Any]:
    """Options of one parcel side by side: value, cost, water, salt left, risk, and salt through time with its band.

    Salt starts from the map's 5 %, 50 % and 95 % quantile over the parcel, so what comes of it is a band and a risk.

    Raises
    ------
    NotFound, BadInput
        If map, survey, parcel, crop or measure are not there, or ground or weather are not known.
    """
    from tilth.soil import side_by_side, units_from_table

    wanted = asked or SaltAsked()
    if not 1 <= wanted.years <= MOST_YEARS:
        raise BadInput("SALT-DESK-YEARS", years=wanted.years, most=MOST_YEARS)
    told = told_of_parcel(workspace, find_map(workspace, map), year, parcel, region)
    if not told.mapped > 0:
        raise BadInput("SALT-DESK-UNMAPPED", parcel=parcel, map=map)
    ground = _ground(workspace, parcel, told, wanted.ground)
    forcing = _forcing(workspace, wanted.gaps)
    zone = ground.zone or (forcing.zones[0] if len(forcing.zones) == 1 else "")
    quantiles = {name: told.salt[1 + at] for at, name in enumerate(_LEVELS.values())}
    land = units_from_table(_one(ground, quantiles, parcel, zone))
    options = _options(wanted)
    outlet, water = ground.outlet is not False, ground.water is not False
    fitted = side_by_side(
        land, options, forcing, wanted.years, target=wanted.target, facts={"outlet": outlet, "water": water}
    )
    return {
        "map": map, "year": year, "parcel_id": parcel, "area_dm2": told.area_dm2, "fits": wanted.fits,
        "crop": wanted.crop if wanted.fits == "land-to-crop" else None, "years": wanted.years, "target": wanted.target,
        "ground": {
            "texture": _texture(ground.texture), "groundwater_depth_m": ground.groundwater_depth_m,
            "groundwater_ec_ds_m": ground.groundwater_ec_ds_m, "esp_pct": ground.esp_pct, "outlet": outlet,
            "water": water, "zone": zone,
        },
        "start_ds_m": {name: float(told.salt[1 + at]) for at, name in enumerate(_LEVELS)},
        "options": [_option_record(fitted, number, one) for number, one in enumerate(options)],
        "best": None if fitted.best[0] < 0 else fitted.table.options[int(fitted.best[0])],
        "not_counted": list(fitted.table.not_counted), "closes": fitted.table.closes,
        "weather_filled": forcing.filled,
    }  # fmt: skip


def _one(ground: Ground, quantiles: Mapping[str, Any], parcel: str, zone: str) -> dict[str, Any]:
    """A table of one row."""
    import numpy as np

    row: dict[str, Any] = {"unit_id": parcel, "zone": zone, **quantiles}
    row |= {name: getattr(ground, name) for name in ("texture", *_NUMBERS) if getattr(ground, name) is not None}
    return {name: np.array([value]) for name, value in row.items()}


def _options(wanted: SaltAsked) -> list[Option]:
    from tilth.soil import calendars, planned, treated

    if wanted.fits == "crop-to-land":
        return [planned(one) for one in wanted.crops or tuple(calendars())]
    if wanted.fits != "land-to-crop":
        raise BadInput("SALT-FIT", fit=wanted.fits, known="crop-to-land, land-to-crop")
    as_is = planned(wanted.crop)
    sets = [one.split("+") for one in wanted.measures or USUAL]
    return [as_is, *(treated(as_is, ids) for ids in sets)]


def _option_record(fitted: Fitted, number: int, option: Option) -> dict[str, Any]:
    import numpy as np

    table = fitted.table

    def by_year(name: str) -> list[float | None]:
        cube = table.columns.get(name)
        values: np.ndarray = np.full(len(table.years), np.nan) if cube is None else cube[number, 0]
        return [None if np.isnan(one) else round(float(one), 4) for one in values]

    def mean(name: str) -> float | None:
        found = [one for one in by_year(name) if one is not None]
        return sum(found) / len(found) if found else None

    rules = fitted.excluded.get(option.id, {})
    return {
        "id": option.id, "name": label_of(option), "treatments": list(option.treatments),
        "allowed": bool(fitted.allowed[number, 0]),
        "excluded": [{"rule": rule, "said": message(f"SALT-RULE-{rule}")} for rule in rules],
        "income_yuan_ha": mean("income_yuan_ha"),
        "cost_yuan_ha": option.opex_yuan_ha + option.capex_yuan_ha / max(option.life_years, 1.0),
        "invest_yuan_ha": _bought(option), "relative_yield": mean("relative_yield"),
        "water_mm": mean("irrigation_mm"), "salt_end_ds_m": by_year("ece_end_ds_m")[-1], "risk": mean("risk"),
        "series": [
            {"year": year, "ece_ds_m": ece, "low_ds_m": low, "high_ds_m": high, "relative_yield": share,
             "water_mm": water}
            for year, ece, low, high, share, water in zip(
                table.years, by_year("ece_ds_m"), by_year("ece_ds_m_low"), by_year("ece_ds_m_high"),
                by_year("relative_yield"), by_year("irrigation_mm"), strict=True,
            )
        ],
    }  # fmt: skip


def label_of(option: Option) -> str:
    """What an option is called, with its measures, in the language in use."""
    from tilth.soil import treatments

    return " + ".join([str(option.label), *(str(treatments()[one].label) for one in option.treatments)])


def _texture(name: str | None) -> str | None:
    """A texture as it is called in the language in use: the table has each in both."""
    from tilth.core.language import language
    from tilth.soil import textures

    known = textures()
    same = [one for one, held in known.items() if name is not None and held is known.get(name.strip().casefold())]
    return next((one for one in same if one.isascii() is (language() == "en")), name)


def _bought(option: Option) -> float:
    """What its measures cost to build, the middle of their ranges. [yuan/ha]"""
    from tilth.soil import treatments

    return sum(15.0 * treatments()[one].capex_yuan_mu.at("mid") for one in option.treatments)


def _ground(workspace: Workspace, parcel: str, told: OfParcel, given: Ground) -> Ground:
    """What is given, then what the table says of the parcel, then of the smallest region around it, then what a raster
    of the groundwater has over it."""
    region = told.region
    found: dict[str, Any] = dict(kept_means(workspace, told.shape, told.crs, _GROUNDWATER))
    file = workspace.root / SALT / GROUND
    rows = _ground_rows(file) if file.is_file() else []
    around = [row for row in rows if not row["parcel_id"] and row["region"] and region.startswith(row["region"])]
    own = [row for row in rows if row["parcel_id"] == parcel]
    for row in (*sorted(around, key=lambda one: len(one["region"])), *own):
        found |= {name: row[name] for name in Ground.__dataclass_fields__ if row.get(name) not in (None, "")}
    found |= {name: value for name in Ground.__dataclass_fields__ if (value := getattr(given, name)) not in (None, "")}
    lacking = [one for one in ("texture", "groundwater_depth_m", "groundwater_ec_ds_m") if one not in found]
    if lacking:
        names = [message(f"SALT-DESK-{one.upper().replace('_', '-')}") for one in lacking]
        raise BadInput("SALT-DESK-GROUND", parcel=parcel, lacking=message("SALT-DESK-AND").join(names))
    return Ground(**found)


def _forcing(workspace: Workspace, gaps: str) -> Forcing:
    from tilth.soil import forcing_from_table

    file = workspace.root / SALT / WEATHER
    if not file.is_file():
        raise BadInput("SALT-DESK-WEATHER")
    return forcing_from_table(_frame(file), gaps=gaps)


def _weather_record(forcing: Forcing) -> dict[str, Any]:
    return {
        "zones": list(forcing.zones), "years": list(forcing.years), "steps": forcing.steps, "filled": forcing.filled,
    }  # fmt: skip


def _frame(file: Path) -> Any:
    from tilth.api.salting import read_salt_table

    return read_salt_table(file)


def _put(workspace: Workspace, file: Path, name: str) -> None:
    from tilth.runtime import write_whole

    (workspace.root / SALT).mkdir(exist_ok=True)
    write_whole(workspace.root / SALT / name, file.read_bytes())


def _ground_rows(file: Path) -> list[dict[str, Any]]:
    try:
        rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput("SALT-TABLE-UNREADABLE", file=file.name, why=str(error).splitlines()[0]) from error
    columns = set(rows[0]) if rows else set()
    if not rows or not columns & {"parcel_id", "region"}:
        raise BadInput("SALT-DESK-GROUND-COLUMNS", file=file.name, found=", ".join(map(str, columns)) or "–")
    return [_ground_row(row, number, file.name) for number, row in enumerate(rows, start=1)]


def _refuse_unknown(workspace: Workspace, rows: Sequence[Mapping[str, Any]], file: str) -> None:
    """BadInput names the first texture or region that nobody knows."""
    from tilth.land import Store
    from tilth.soil import textures

    store = Store(workspace)
    years = store.survey_years()
    codes = {one.code for one, _ in store.regions().walk()}
    codes |= set(store.survey(years[-1]).attributes["region_code"].astype(str)) if years else set()
    known = {"texture": ", ".join(textures()), "region": ", ".join(sorted(codes, key=lambda one: (len(one), one))[:8])}
    for number, row in enumerate(rows, start=1):
        stray = not row["parcel_id"] and not any(code.startswith(row["region"]) for code in codes)
        odd = row["texture"] and row["texture"].casefold() not in textures()
        for name, wrong in (("region", stray), ("texture", odd)):
            if wrong:
                raise BadInput(
                    "SALT-DESK-GROUND-UNKNOWN", file=file, row=number, name=name, value=row[name], known=known[name]
                )


def _ground_row(row: Mapping[str, str | None], number: int, file: str) -> dict[str, Any]:
    found: dict[str, Any] = {name: (row.get(name) or "").strip() for name in _TEXTS}
    for name in _NUMBERS:
        text = (row.get(name) or "").strip()
        try:
            found[name] = float(text) if text else None
        except ValueError:
            raise BadInput("SALT-DESK-GROUND-VALUE", file=file, row=number, name=name, value=text) from None
    for name in _FLAGS:
        text = (row.get(name) or "").strip().casefold()
        if text and text not in _YES | _NO:
            raise BadInput("SALT-DESK-GROUND-VALUE", file=file, row=number, name=name, value=text)
        found[name] = text in _YES if text else None
    return found
