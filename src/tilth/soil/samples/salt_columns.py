"""What a table says of salts: conductivity at 25 °C by extract, and ions by charge."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, FloatArray
from tilth.soil import cells
from tilth.soil.chemistry.extracts import ec_at_25
from tilth.soil.samples.headings import Read, extract_said
from tilth.soil.samples.reading import Reading, read_or_told
from tilth.soil.samples.units import quantities


def conductivity(reading: Reading) -> None:
    """EC at 25 °C of a named extract, each row by its own unit and extract where the table has them."""
    rows = len(reading.rows)
    values = reading.out.get("ec_ds_m")
    if values is None:
        reading.out["ec_extract"] = np.full(rows, "", dtype=object)
        return
    values = _at_25(reading, values)
    reading.out["ec_ds_m"] = values
    said = reading.reads["ec_ds_m"].extract or extract_said(reading.told.extract)
    extract = np.full(rows, said, dtype=object)
    if "extract" in reading.out:
        extract = np.array(
            [_extract_cell(reading, at, str(one)) or said for at, one in enumerate(reading.out["extract"])]
        )
    reading.out["ec_extract"] = np.where(np.isfinite(values), extract, "").astype(object)
    open_rows = int((np.isfinite(values) & (reading.out["ec_extract"] == "")).sum())
    if open_rows:
        reading.find("SOIL-EXTRACT-UNSAID", heading=reading.reads["ec_ds_m"].heading, count=open_rows)


def _at_25(reading: Reading, values: FloatArray) -> FloatArray:
    """EC at 25 °C. Meters compensate by themselves, so a temperature beside EC is used only where somebody says so."""
    temperature = reading.out.get("ec_temperature_c")
    if temperature is None:
        return values
    if not reading.told.uncompensated:
        reading.find("SOIL-EC-TEMPERATURE", heading=reading.reads["ec_temperature_c"].heading)
        return values
    known = np.isfinite(temperature) & np.isfinite(values)
    found = np.where(known, ec_at_25(values, np.where(known, temperature, 25.0), reading.table), np.nan)
    reading.record("ec_ds_m", values.astype(object), "dS/m", found, [f"{one:g} °C → 25 °C" for one in temperature])
    return np.where(known, found, values)


def _extract_cell(reading: Reading, at: int, text: str) -> str:
    try:
        return extract_said(text)
    except BadInput:
        reading.find_row(at, "SOIL-CELL-UNREAD", heading=reading.reads["extract"].heading, text=text[:60])
        return ""


def units_by_row(reading: Reading, read: Read, got: cells.Cells) -> FloatArray:
    """EC in dS/m by the unit that a column beside it says of each row. [dS/m]"""
    known, beside = quantities()["ec"], reading.reads["ec_unit"].heading
    units = [known.unit(str(text)) if text else None for text in reading.out["ec_unit"]]
    for at in np.flatnonzero([one is None for one in units] & np.isfinite(got.values)):
        reading.find_row(int(at), "SOIL-CELL-UNREAD", heading=beside, text=str(reading.out["ec_unit"][at])[:60])
    out: FloatArray = got.values * np.array([one.factor if one else np.nan for one in units])
    for name in sorted({one.name for one in units if one}):
        here = np.array([one is not None and one.name == name for one in units])
        reading.record(read.column.name, got.text, name, np.where(here, out, np.nan), f"× {known.units[name].factor:g}")
    return out


def ions(reading: Reading) -> None:
    """Ions in mmolc/L of the solution they were measured in. By mass of soil, the extract's water is needed."""
    said = extract_said(reading.told.extract)
    own = reading.out.get("ec_extract", np.full(len(reading.rows), "", dtype=object))
    stated = reading.out.get("ion_extract")
    extract = own if stated is None else np.array([_ion_extract(reading, at, str(t)) for at, t in enumerate(stated)])
    extract = np.where(extract == "", said, extract).astype(object)
    any_ion = False
    for name, read in reading.reads.items():
        if read.column.kind != "ion":
            continue
        got = cells.numbers(reading.source[read.heading])
        read_or_told(reading, read, got)
        if read.unit is None:
            values = got.values[np.isfinite(got.values)]
            if len(values):
                shown = {"least": f"{values.min():g}", "middle": f"{np.median(values):g}", "most": f"{values.max():g}"}
                known = ", ".join(quantities()["ion"].units)
                reading.find("SOIL-UNIT-UNSAID", heading=read.heading, column=name, known=known, **shown)
            continue
        for at in np.flatnonzero(got.values < 0):
            shown = {"heading": read.heading, "text": got.text[at], "least": "0", "most": "∞"}
            reading.set_aside(int(at), "SOIL-ROW-IMPOSSIBLE", **shown)
        values = np.where(got.values < 0, np.nan, got.values) * read.unit.of_ion(read.column.ion)
        method = f"{read.unit.name} → mmolc/L"
        if read.unit.of_soil:
            values = values / _litres(extract)
            method += ", ÷ L/kg"
            if np.isnan(values).sum() > np.isnan(got.values).sum():
                reading.find("SOIL-ION-EXTRACT", heading=read.heading, unit=read.unit.name)
        reading.out[name] = values
        reading.record(name, got.text, read.unit.name, values, method)
        any_ion = True
    reading.out["ion_extract"] = extract if any_ion else np.full(len(reading.rows), "", dtype=object)


def _ion_extract(reading: Reading, at: int, text: str) -> str:
    try:
        return extract_said(text)
    except BadInput:
        reading.find_row(at, "SOIL-CELL-UNREAD", heading=reading.reads["ion_extract"].heading, text=text[:60])
        return ""


def _litres(extract: npt.NDArray[np.object_]) -> FloatArray:
    """Water of an extract for each kg of soil; NaN for a paste, whose water differs, and where none is said. [L/kg]"""
    return np.array([float(str(one).split(":")[1]) if ":" in str(one) else np.nan for one in extract])
