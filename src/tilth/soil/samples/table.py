"""Samples from a laboratory's table: one unit each, every extract named, every conversion recorded, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tilth.core import BadInput, Finding, FloatArray, NeedsAnswer
from tilth.soil import cells
from tilth.soil.chemistry.conversions import Conversions, shipped
from tilth.soil.samples.headings import Read, Told, columns, matched
from tilth.soil.samples.reading import Reading, SetAside, as_plain, read_or_told
from tilth.soil.samples.salt_columns import conductivity, ions, units_by_row
from tilth.soil.samples.units import Unit, quantities

#: Columns of every frame of samples, with their dtypes. Others follow under their own names.
SAMPLE_COLUMNS: Mapping[str, str] = {
    "sample_id": "str",
    "source_row": "int64",
    "site_id": "str",
    "date": "str",
    "x": "float64",
    "y": "float64",
    "top_cm": "float64",
    "bottom_cm": "float64",
    "ec_ds_m": "float64",  # as measured, at 25 °C
    "ec_extract": "str",  # paste, 1:1, 1:2, 1:2.5, 1:5; "" where the table does not say
    "ece_ds_m": "float64",  # of the saturated paste
    "ece_low_ds_m": "float64",  # the range that the conversion leaves open
    "ece_high_ds_m": "float64",
    "ece_method": "str",
    "ph": "float64",
    "salt_g_kg": "float64",
    "salt_method": "str",
    "sar": "float64",  # of the saturated paste
    "sar_extract": "float64",  # of the solution that the ions were measured in
    "ion_extract": "str",
    "esp_pct": "float64",
    "texture": "str",
    "ion_balance_pct": "float64",  # cations less anions, of their sum
}


@dataclass(frozen=True)
class SampleTable:
    """Samples that were read. rows_in = len(frame) + len(aside)."""

    frame: pd.DataFrame
    conversions: pd.DataFrame  # source_row, column, stated, unit, value, method
    aside: tuple[SetAside, ...]
    findings: tuple[Finding, ...]
    rows_in: int
    reads: Mapping[str, Read]

    def __post_init__(self) -> None:
        assert self.rows_in == len(self.frame) + len(self.aside), (self.rows_in, len(self.frame), len(self.aside))

    def without(self, wrong: Mapping[int, tuple[str, Mapping[str, Any]]]) -> SampleTable:
        """The same, some rows of the frame (by place) set aside with code and values of the reason."""
        if not wrong:
            return self
        out = [
            SetAside(int(self.frame["source_row"].iloc[at]), code, values, as_plain(self.frame.iloc[at]))
            for at, (code, values) in wrong.items()
        ]
        frame = self.frame.drop(index=self.frame.index[list(wrong)]).reset_index(drop=True)
        conversions = self.conversions[self.conversions["source_row"].isin(frame["source_row"])]
        aside = tuple(sorted((*self.aside, *out), key=lambda one: one.source_row))
        return replace(self, frame=frame, conversions=conversions.reset_index(drop=True), aside=aside)


def samples_from(
    source: pd.DataFrame, told: Told | None = None, *, file: str = "", table: Conversions | None = None,
    regression: str | None = None,
) -> SampleTable:  # fmt: skip
    """Samples from a table with a column source_row (1-based row of the file).

    Parameters
    ----------
    told
        What the user says of columns, units and extract; it wins over the headings.
    regression
        Id of a regional regression to ECe, for rows without saturation and texture.

    Raises
    ------
    BadInput, NeedsAnswer
        If no measured column is found, a heading leaves its unit open, or units are mixed.
    """
    from tilth.soil.samples.checks import check
    from tilth.soil.samples.derived import derived, textures

    reading = Reading(source.reset_index(drop=True), file, told or Told({}, {}), table or shipped())
    names = [str(one) for one in source.columns if one not in ("source_row", "geometry")]
    reading.reads, found = matched(names, reading.told, file)
    reading.findings += found
    _measured_or_refuse(reading, names)
    _texts(reading)
    _numbers(reading)
    _depths(reading)
    conductivity(reading)
    ions(reading)
    textures(reading)
    derived(reading, regression)
    _nothing_measured(reading)
    check(reading)
    return _done(reading, names)


def _measured_or_refuse(reading: Reading, names: list[str]) -> None:
    kinds = {one.column.kind for one in reading.reads.values()}
    if not kinds & {"ec", "ion", "number"}:
        raise BadInput("SOIL-NO-SAMPLES", file=reading.file, columns=", ".join(names)[:200])


def _texts(reading: Reading) -> None:
    for name, read in reading.reads.items():
        if read.column.kind in ("id", "text", "date"):
            reading.out[name] = cells.texts(reading.source[read.heading])
    if "date" in reading.out:
        reading.out["date"] = np.array([str(one)[:10] for one in reading.out["date"]], dtype=object)


def _numbers(reading: Reading) -> None:
    for name, read in reading.reads.items():
        column = read.column
        if column.kind not in ("number", "depth", "place", "ec"):
            continue
        got = cells.numbers(reading.source[read.heading])
        if _is_text(reading, read, got):
            continue
        read_or_told(reading, read, got)
        unit = _unit(reading, read, got)
        if unit is None and column.quantity:
            continue  # which unit is not known: said, and not used
        values = got.values * (unit.factor if unit else 1.0)
        values = np.round(values, 9) if unit and unit.factor != 1 else values
        if unit is not None and not unit.name:
            values = units_by_row(reading, read, got)
            reading.out[name] = _in_range(reading, read, got, values)
            continue
        values = _in_range(reading, read, got, values)
        reading.out[name] = values
        if column.kind != "place":
            stated = unit.name if unit else ""
            method = f"× {unit.factor:g}" if unit and unit.factor != 1 else "as stated"
            reading.record(name, got.text, stated, values, method)


def _is_text(reading: Reading, read: Read, got: cells.Cells) -> bool:
    """Is it a column of words? It is then not used, and said once."""
    given = int((got.text != "").sum())
    if len(got.unread) * 2 <= given:
        return False
    shown = {"heading": read.heading, "text": str(got.text[got.unread[0]])[:60]}
    reading.find("SOIL-COLUMN-TEXT", count=len(got.unread), of=given, **shown)
    return True


def _unit(reading: Reading, read: Read, got: cells.Cells) -> Unit | None:
    """The unit of a column: as said, or as the numbers show beyond doubt; for EC it is asked, for others it is left."""
    column = read.column
    if read.unit is not None or not column.quantity:
        return read.unit
    known = quantities()[column.quantity]
    values = got.values[np.isfinite(got.values)]
    if not len(values):
        return None
    taken = _evident(column.name, column.quantity, values)
    if taken:
        reading.find("SOIL-UNIT-TAKEN", heading=read.heading, unit=taken, most=f"{values.max():g}")
        return known.units[taken]
    shown = {"heading": read.heading, "least": f"{values.min():g}", "middle": f"{np.median(values):g}",
             "most": f"{values.max():g}", "known": ", ".join(known.units), "column": column.name}  # fmt: skip
    if column.quantity == "ec":
        if "ec_unit" in reading.reads:
            return Unit("", 1.0)  # each row says its own, see conductivity
        raise NeedsAnswer("SOIL-UNIT-UNSAID-EC", file=reading.file, **shown)
    reading.find("SOIL-UNIT-UNSAID", **shown)
    return None


def _evident(name: str, quantity: str, values: FloatArray) -> str:
    """The only unit in which the numbers can be; "" where several are possible."""
    if quantity == "length" and values.max() > 12:
        return "cm"  # nobody samples soil below 12 m
    if quantity == "saturation":
        return "kg/kg" if values.max() <= 3 else "%" if values.min() > 3 else ""
    if name in ("sand_pct", "silt_pct", "clay_pct"):
        return "fraction" if values.max() <= 1 else "%" if values.max() > 2 else ""
    return {"percent": "%", "temperature": "°C"}.get(quantity, "")


def _in_range(reading: Reading, read: Read, got: cells.Cells, values: FloatArray) -> FloatArray:
    """Rows with what no soil has are set aside; a column far beyond any soil in use is not used."""
    from tilth.soil.samples.checks import refuse_other_unit

    column = read.column
    with np.errstate(invalid="ignore"):
        low = values < (column.least if column.least is not None else -np.inf)
        high = values > (column.most if column.most is not None else np.inf)
    wrong = np.flatnonzero(low | high)
    given = np.isfinite(values).sum()
    if column.kind == "ec":
        refuse_other_unit(reading.file, read.heading, values, column.most)
    for at in wrong:
        shown = {
            "heading": read.heading,
            "text": got.text[at],
            "least": f"{column.least:g}",
            "most": f"{column.most:g}",
        }
        reading.set_aside(int(at), "SOIL-ROW-IMPOSSIBLE", **shown)
    if not read.told and column.odd_most is not None and given and float(np.nanmedian(values)) > column.odd_most:
        shown = {"heading": read.heading, "middle": f"{np.nanmedian(values):g}", "most": f"{column.odd_most:g}"}
        reading.find("SOIL-COLUMN-ODD", column=column.name, **shown)
        return np.full(len(values), np.nan)
    return values


def _depths(reading: Reading) -> None:
    """Top and bottom of each row, from their own columns or from texts such as "0-20 cm"."""
    if "depth" in reading.out and "top_cm" not in reading.out:
        pairs = [cells.depths(str(text)) for text in reading.out["depth"]]
        reading.out["top_cm"] = np.array([one[0] if one else np.nan for one in pairs])
        reading.out["bottom_cm"] = np.array([one[1] if one else np.nan for one in pairs])
        unread = sum(one is None and text != "" for one, text in zip(pairs, reading.out["depth"], strict=True))
        if unread:
            reading.find("SOIL-DEPTH-UNREAD", heading=reading.reads["depth"].heading, count=unread)
    reading.out.pop("depth", None)
    if {"top_cm", "bottom_cm"} <= reading.out.keys():
        with np.errstate(invalid="ignore"):
            upside = reading.out["bottom_cm"] <= reading.out["top_cm"]
        for at in np.flatnonzero(upside):
            top, bottom = (f"{reading.out[name][at]:g}" for name in ("top_cm", "bottom_cm"))
            reading.set_aside(int(at), "SOIL-ROW-DEPTH", top=top, bottom=bottom)


def _nothing_measured(reading: Reading) -> None:
    """Rows without any measured value are no samples."""
    measured = [name for name, read in reading.reads.items() if read.column.kind in ("ec", "ion", "number")]
    some = np.zeros(len(reading.rows), dtype=np.bool_)
    for name in measured:
        if name in reading.out:
            some |= np.isfinite(np.asarray(reading.out[name], dtype=np.float64))
    for at in np.flatnonzero(~some):
        reading.set_aside(int(at), "SOIL-ROW-EMPTY")


def _done(reading: Reading, names: Iterable[str]) -> SampleTable:
    kept = np.array([at for at in range(len(reading.rows)) if at not in reading.aside], dtype=np.int64)
    out: dict[str, Any] = {}
    ids = reading.out.get("sample_id", np.full(len(reading.rows), "", dtype=object))
    reading.out["sample_id"] = np.where(ids == "", reading.rows.astype(str), ids)
    reading.out["source_row"] = reading.rows
    for name, dtype in SAMPLE_COLUMNS.items():
        blank: Any = "" if dtype == "str" else np.nan
        values = reading.out.get(
            name, np.full(len(reading.rows), blank, dtype=object if dtype == "str" else np.float64)
        )
        out[name] = pd.Series(values).astype(dtype)
    own = [name for name in reading.out if name not in out and columns()[name].kind != "text"]
    used = {one.heading for one in reading.reads.values() if one.column.name in reading.out}
    for name in own:
        out[name] = pd.Series(reading.out[name])
    for name in names:
        if name not in used and name not in out:
            out[name] = reading.source[name].reset_index(drop=True)
    frame = pd.DataFrame(out).iloc[kept].reset_index(drop=True)
    made = [one for one in reading.converted if len(one)]
    conversions = pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=list(_CONVERSION_COLUMNS))
    conversions = conversions[conversions["source_row"].isin(frame["source_row"])].reset_index(drop=True)
    aside = tuple(reading.aside[at] for at in sorted(reading.aside))
    return SampleTable(frame, conversions, aside, tuple(reading.findings), len(reading.rows), dict(reading.reads))


_CONVERSION_COLUMNS = ("source_row", "column", "stated", "unit", "value", "method")
