"""Salt, water and yield of units through years, and which crop or measure fits them. Neither needs a workspace."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from tilth.core import BadInput, Label, message
from tilth.core.rulefile import toml_in
from tilth.runtime import working, write_whole
from tilth.soil import (
    Calibrated,
    Fitted,
    Forcing,
    Option,
    Table,
    Units,
    break_even_gain,
    calibrate,
    fit,
    forcing_from_table,
    observed_from_table,
    planned,
    reason,
    side_by_side,
    simulate,
    treated,
    treatments,
    units_from_table,
)

#: Columns of a simulation that is printed.
_PRINTED = (
    "relative_yield", "salt_yield", "ece_ds_m", "ece_end_ds_m", "irrigation_mm", "et_mm", "drained_mm", "rise_mm",
    "water_table_m", "income_yuan_ha",
)  # fmt: skip


@dataclass(frozen=True)
class Simulated:
    """A simulation, and what weather was filled in for it."""

    table: Table
    filled: int
    draws: tuple[tuple[float, Table], ...] = ()  # chance and results of each quantile of salt, all units at the same

    def as_record(self) -> dict[str, Any]:
        """For JSON: every unit, option and year."""
        return {
            "units": len(self.table.units), "options": list(self.table.options), "years": len(self.table.years),
            "closes": self.table.closes, "not_counted": list(self.table.not_counted), "weather_filled": self.filled,
            "summary": self.table.summary(), "rows": list(self.table.records()),
        }  # fmt: skip


@dataclass(frozen=True)
class SaltCalibrated:
    """Factors of leaching efficiency and capillary rise that two measurements tell, and the dates of these."""

    found: Calibrated
    dates: tuple[str, str]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "dates": list(self.dates), "values": self.found.values, "misfit": self.found.misfit,
            "misfit_before": self.found.misfit_before,
            "factors": {one.name: {"factor": one.factor, "low": one.low, "high": one.high} for one in self.factors},
        }  # fmt: skip

    @property
    def factors(self) -> tuple[Any, ...]:
        """Both, the one of leaching efficiency first."""
        return self.found.efficiency, self.found.rise


@dataclass(frozen=True)
class OptionsFitted:
    """Options side by side, and the gain of a variety that is worth as much as each measure."""

    fitted: Fitted
    gains: Mapping[str, float]  # measure -> dS/m; infinite where no gain is

    def reasons(self) -> dict[str, str]:
        """What each rule that left units out says."""
        rules = {rule for one in self.fitted.excluded.values() for rule in one}
        return {rule: reason(rule) for rule in sorted(rules)}

    def as_record(self) -> dict[str, Any]:
        """For JSON: a row for each option, the best of each unit."""
        table = self.fitted.table
        names = [table.options[at] if at >= 0 else None for at in self.fitted.best.tolist()]
        return {
            "target": self.fitted.target, "closes": table.closes, "not_counted": list(table.not_counted),
            "options": self.fitted.rows(), "reasons": self.reasons(),
            "best": dict(zip(table.units, names, strict=True)),
            "break_even_gain_ds_m": {one: None if gain == float("inf") else gain for one, gain in self.gains.items()},
        }  # fmt: skip


def soil_simulate(
    units: str | Path, weather: str | Path, *, options: str | Path | None = None, crop: str = "cotton", years: int = 10,
    target: float = 0.5, gaps: str = "refuse", model: str = "maas-hoffman", substeps: int = 1, draws: bool = False,
) -> Simulated:  # fmt: skip
    """Salt, yield and water of each unit of a table under each option of a file, year by year.

    Without `options`: the crop on land as it is, leached, drained and leached, and with gypsum.
    `draws`: results of each quantile of salt too, for a plan over them.

    Raises
    ------
    BadInput, NotFound
        If a table, an option or a value cannot be used.
    """
    land, forcing = _land(units), _weather(weather, gaps)
    plans = options_in_file(Path(options)) if options is not None else _usual(crop)
    if draws and len(land.levels) < 2:
        raise BadInput("SALT-NO-DRAWS", file=Path(units).name)
    parts = [replace(land, ece=land.ece[q : q + 1], levels=land.levels[q : q + 1]) for q in range(len(land.levels))]
    with working(message("SALT-CHAIN-RUNNING", units=len(land), options=len(plans), years=years)):
        table, *each = [
            simulate(one, plans, forcing, years, columns=_PRINTED, target=target, model=model, substeps=substeps)
            for one in [land, *(parts if draws else [])]
        ]
    chances = land.weights.tolist() if draws else []
    return Simulated(table, forcing.filled, tuple(zip(chances, each, strict=True)))


def soil_options(
    units: str | Path, weather: str | Path, *, fits: str = "crop-to-land", crops: Sequence[str] = (),
    measures: Sequence[str] = (), years: int = 10, target: float = 0.5, gaps: str = "refuse",
    outlet: bool = True, water: bool = True, gain: bool = False, options: str | Path | None = None,
) -> OptionsFitted:  # fmt: skip
    """Crop to land, or land to crop: what each option yields, costs and needs, where it may stand, where it is best.

    `options`: those of a file are set side by side instead.
    `gain`: look for the gain in the crop's threshold that earns as much as each measure (land to crop only).

    Raises
    ------
    BadInput, NotFound
        If a table, a crop or a measure cannot be used.
    """
    land, forcing = _land(units), _weather(weather, gaps)
    facts = {"outlet": outlet, "water": water}
    plans = None if options is None else options_in_file(Path(options))
    count = len(plans or measures or crops) or 1
    with working(message("SALT-CHAIN-RUNNING", units=len(land), options=count, years=years)):
        if plans is not None:
            return OptionsFitted(side_by_side(land, plans, forcing, years, target=target, facts=facts), {})
        fitted = fit(land, forcing, years, fits=fits, crops=crops, measures=measures, target=target, facts=facts)
        gains = {}
        if gain and fits == "land-to-crop":
            as_is = planned(crops[0])
            for one in measures:
                gains[one] = break_even_gain(land, forcing, years, as_is, treated(as_is, one.split("+")))
    return OptionsFitted(fitted, gains)


def soil_calibrate(
    units: str | Path, weather: str | Path, measured: str | Path, *, options: str | Path | None = None,
    crop: str = "cotton", error: float = 0.10, gaps: str = "refuse",
) -> SaltCalibrated:  # fmt: skip
    """Leaching efficiency and capillary rise, from salt that was measured twice on the same units.

    `options`: a file whose first option is what was done between the dates; the crop as it is usually grown without.

    Raises
    ------
    BadInput, NotFound
        If a table cannot be used, or the measurements do not tell a factor.
    """
    land, forcing = _land(units), _weather(weather, gaps)
    plan = options_in_file(Path(options))[0] if options is not None else planned(crop)
    dates, before, after = observed_from_table(read_salt_table(measured), land)
    with working(message("SALT-CHAIN-RUNNING", units=len(land), options=1, years=1)):
        found = calibrate(land, plan, forcing, dates, before, after, error=error)
    return SaltCalibrated(found, dates)


def write_simulated(simulated: Simulated, out: str | Path) -> Path:
    """Write every unit, option and year to a CSV file; of draws, where there are, a row for each."""
    text = io.StringIO()
    rows = iter(simulated.table.records())
    if simulated.draws:
        rows = (
            {"draw": at, "chance": round(chance, 6), **row}
            for at, (chance, table) in enumerate(simulated.draws, start=1)
            for row in table.records()
        )
    first = next(rows)
    writer = csv.DictWriter(text, list(first), lineterminator="\r\n")
    writer.writeheader()
    writer.writerow(first)
    writer.writerows(rows)
    return write_whole(Path(out), ("\ufeff" + text.getvalue()).encode())


def write_options(found: OptionsFitted, out: str | Path, *, labels: Mapping[str, Label] | None = None) -> Path:
    """Write a row for each option to a CSV file: what it yields, needs and earns, and on how many units it is best."""
    from tilth.core import safe_cell

    text = io.StringIO()
    rows = found.fitted.rows()
    names = [name for name in rows[0] if name not in ("option", "excluded")]
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(["option", "name", *names, "excluded"])
    for row in rows:
        label = (labels or {}).get(row["option"])
        barred = "; ".join(f"{rule} {units}" for rule, units in row["excluded"].items())
        shown = ["" if row[name] is None else row[name] for name in names]
        writer.writerow([safe_cell(row["option"]), safe_cell(str(label or row["option"])), *shown, barred])
    return write_whole(Path(out), ("\ufeff" + text.getvalue()).encode())


def read_salt_table(file: str | Path) -> Any:
    """A table of units or weather; codes stay text. BadInput if it cannot be read."""
    import pandas as pd

    place = Path(file)
    if not place.exists():
        raise BadInput("INTAKE-FILE-MISSING", file=str(place))
    try:
        return _csv(place, "utf-8-sig")
    except UnicodeDecodeError:
        try:
            return _csv(place, "gb18030")
        except (ValueError, pd.errors.ParserError) as error:
            raise BadInput("SALT-TABLE-UNREADABLE", file=place.name, why=str(error).splitlines()[0]) from error
    except (ValueError, pd.errors.ParserError) as error:
        raise BadInput("SALT-TABLE-UNREADABLE", file=place.name, why=str(error).splitlines()[0]) from error


def _csv(place: Path, encoding: str) -> Any:
    import pandas as pd

    return pd.read_csv(place, encoding=encoding, dtype={"unit_id": str, "zone": str, "texture": str})


def _land(file: str | Path) -> Units:
    return units_from_table(read_salt_table(file))


def _weather(file: str | Path, gaps: str) -> Forcing:
    return forcing_from_table(read_salt_table(file), gaps=gaps)


def _usual(crop: str) -> list[Option]:
    as_is = planned(crop)
    return [as_is, *(treated(as_is, [one]) for one in ("LEACH_DITCH", "PIPE_DRAIN", "GYPSUM"))]


def options_in_file(file: Path) -> list[Option]:
    """The options of a TOML file, one [[option]] each: fields of `Option`, and `treatments` to add."""
    found = toml_in(file, "SALT-OPTIONS-FILE").get("option")
    if not isinstance(found, list) or not found or not all(isinstance(row, dict) for row in found):
        raise BadInput("SALT-OPTIONS-FILE", file=file.name, why="[[option]] ?")
    known = {one.name for one in fields(Option)} - {"label", "calendars", "without"} | {"name", "name_zh", "level"}
    plans = []
    for number, row in enumerate(found, start=1):
        strange = sorted(set(row) - known)
        if strange or not isinstance(row.get("id"), str):
            raise BadInput(
                "SALT-OPTIONS-FILE", file=file.name, why=f"[[option]] {number}: {', '.join(strange) or 'id'}"
            )
        plans.append(_option(row))
    return plans


def _option(row: Mapping[str, Any]) -> Option:
    given = {name: value for name, value in row.items() if name not in ("name", "name_zh", "level", "treatments")}
    given["label"] = Label(str(row.get("name", row["id"])), str(row.get("name_zh", row.get("name", row["id"]))))
    for name in ("crops", "gypsum_t_ha", "treatments"):
        if isinstance(row.get(name), str):
            raise BadInput("SALT-OPTION-LIST", name=name, option=row["id"], value=row[name])
        if name in given:
            given[name] = tuple(given[name])
    plan = Option(**given)
    measures = list(row.get("treatments", ()))
    if not measures:
        return plan
    changed = treated(plan, measures, str(row.get("level", "mid")))
    return Option(**{**{one.name: getattr(changed, one.name) for one in fields(Option)}, "id": plan.id})


def soil_measures() -> list[dict[str, Any]]:
    """The measures that ship, with their ranges."""
    return [
        {
            "id": one.id, "name": str(one.label), "capex_yuan_mu": [one.capex_yuan_mu.low, one.capex_yuan_mu.high],
            "opex_yuan_mu": [one.opex_yuan_mu.low, one.opex_yuan_mu.high], "needs": list(one.needs),
            "effects": {name: [effect.low, effect.high] for name, effect in one.effects.items()},
            "confidence": one.confidence, "source": one.source,
        }
        for one in treatments().values()
    ]  # fmt: skip
