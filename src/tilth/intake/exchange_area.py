"""Which area does the file state? Exporters write the planar one, the survey's, or m² in the column for hectares."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

from tilth import overlay
from tilth.core import Finding, FloatArray, Where
from tilth.intake.exchange import ExchangeFile, Plot
from tilth.intake.exchange_text import number

#: Beyond this share of the measured area a stated one is a fault, not another method. [-]
FAULT_SHARE = 0.005
_M2_PER_UNIT = {"ha": 10_000.0, "m2": 1.0, "mu": 2000 / 3}


@dataclass(frozen=True, slots=True)
class StatedArea:
    """One plot: the area it states and the areas its coordinates give."""

    plot: str
    row: int
    stated: str  # as written
    planar_m2: float  # in the projection plane; NaN for degrees
    survey_dm2: int  # by the survey's method
    engine_m2: float  # exact on the ellipsoid
    matches: tuple[str, ...]  # of "planar", "survey", "engine": all that round to what is stated
    unit: str  # of the stated number: "ha", "m2" or "mu"; "" where nothing matches

    @property
    def kind(self) -> str:
        """ "planar", "survey+engine", …, "none" or "not stated"; "m2 as ha: …" where the unit is not the column's."""
        if not self.stated:
            return "not stated"
        if not self.matches:
            return "none"
        kinds = "+".join(self.matches)
        return kinds if self.unit == "ha" else f"{self.unit} as ha: {kinds}"


def compare_stated_area(file: ExchangeFile) -> list[StatedArea]:
    """For each plot, which of its measured areas the stated one is: equal to within half of its last digit."""
    if not file.plots:
        return []
    geometries = np.asarray([plot.geometry for plot in file.plots], dtype=object)
    geographic = file.crs == "EPSG:4490"
    planar: FloatArray = np.full(len(geometries), np.nan) if geographic else shapely.area(geometries)
    survey = overlay.survey_area(geometries, file.crs)
    engine = overlay.engine_area(geometries, file.crs)
    return [
        _compared(plot, float(planar[at]), int(survey[at]), float(engine[at])) for at, plot in enumerate(file.plots)
    ]


def _compared(plot: Plot, planar: float, survey: int, engine: float) -> StatedArea:
    measured = {"planar": planar, "survey": survey / 100, "engine": engine}
    for unit, per_unit in _M2_PER_UNIT.items():
        matches = tuple(kind for kind, area in measured.items() if _equal(plot, area / per_unit))
        if matches:
            return StatedArea(plot.number, plot.row, plot.area_text, planar, survey, engine, matches, unit)
    return StatedArea(plot.number, plot.row, plot.area_text, planar, survey, engine, (), "")


def _equal(plot: Plot, area: float) -> bool:
    """Does `area`, rounded to the digits that are written, give what is written?"""
    text = plot.area_text
    stated = number(text)
    if stated is None:
        stated, places = plot.stated_area_ha, 6
    else:
        places = len(text.partition(".")[2]) if "e" not in text.casefold() else 6
    if math.isnan(stated) or math.isnan(area) or places > 9:
        return False
    return abs(stated - area) <= 0.5 * 10.0**-places * (1 + 1e-6) and stated > 0


def stated_area_findings(file: ExchangeFile, compared: list[StatedArea]) -> list[Finding]:
    """A finding for each plot whose stated area is none of the measured ones and further off than a method explains."""
    findings = []
    for plot, area in zip(file.plots, compared, strict=True):
        stated_m2 = plot.stated_area_ha * 10_000
        if area.matches or math.isnan(stated_m2) or abs(stated_m2 - area.engine_m2) <= FAULT_SHARE * area.engine_m2:
            continue
        values = {
            "stated": area.stated,
            "planar_m2": f"{area.planar_m2:,.2f}",
            "survey_m2": f"{area.survey_dm2 / 100:,.2f}",
        }
        where = Where(file=file.source.name, row=plot.row, parcel=plot.number)
        findings.append(Finding("INTAKE-TXT-AREA-DIFFERS", where, values))
    return findings
