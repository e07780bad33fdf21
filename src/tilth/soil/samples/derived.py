"""What follows from the values of a sample: texture of its particles, ECe, total salt, SAR, each with its method."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tilth.soil.chemistry.conversions import PASTE, Conversions, plain_texture
from tilth.soil.chemistry.extracts import ece_estimate, extract_of, regression_line
from tilth.soil.chemistry.salts import salt_from_ec15
from tilth.soil.chemistry.sodicity import sar
from tilth.soil.chemistry.texture import usda_texture

if TYPE_CHECKING:
    from tilth.soil.samples.reading import Reading

#: No solution conducts more at 25 °C: saturated brine has some 250. A conversion that gives more has left its range.
_ECE_MOST = 300.0


def textures(reading: Reading) -> None:
    """Names of textures that the conversions know; from sand, silt and clay where no name is given."""
    rows = len(reading.rows)
    stated = reading.out.get("texture", np.full(rows, "", dtype=object))
    known = np.array([plain_texture(str(one)) in reading.table.textures for one in stated], dtype=np.bool_)
    unknown = sorted({str(one) for one in stated[~known] if one})
    if unknown:
        count = int((~known & (stated != "")).sum())
        reading.find("SOIL-TEXTURES-UNKNOWN", count=count, textures=", ".join(unknown)[:120])
    out = np.where(known, stated, "").astype(object)
    parts = [reading.out.get(name) for name in ("sand_pct", "silt_pct", "clay_pct")]
    if all(one is not None for one in parts):
        out = np.where(out == "", usda_texture(*(np.asarray(one, np.float64) for one in parts)), out)
    reading.out["texture"] = out.astype(object)


def derived(reading: Reading, regression: str | None) -> None:
    """ECe, total salt and SAR, each with its method."""
    rows, out = len(reading.rows), reading.out
    blank = np.full(rows, np.nan)
    given = out.get("ece_ds_m", blank)
    found = {"value": given.copy(), "low": given.copy(), "high": given.copy()}
    method = np.where(np.isfinite(given), "as stated", "").astype(object)
    for extract in sorted({str(one) for one in out["ec_extract"] if one}):
        here = np.where((out["ec_extract"] == extract) & np.isnan(given), out["ec_ds_m"], np.nan)
        here = np.where(here < 0, np.nan, here)
        if not np.isfinite(here).any() or (extract != PASTE and not _convertible(reading.table, extract)):
            continue
        own = regression if regression and regression_line(regression, reading.table).extract == extract else None
        saturation = out.get("saturation_kg_kg", blank)
        saturation = np.where((saturation < 0.1) | (saturation > 3), np.nan, saturation)
        done = ece_estimate(
            here, extract, saturation=saturation, texture=out["texture"].tolist(), regression=own, table=reading.table
        )
        fresh = np.isfinite(done.value) & np.isnan(found["value"])
        for name, before in found.items():
            found[name] = np.where(fresh, getattr(done, name), before)
        method = np.where(fresh, np.array(done.method, dtype=object), method)
    beyond = np.nan_to_num(found["value"]) > _ECE_MOST
    if beyond.any():
        reading.find("SOIL-ECE-BEYOND", count=int(beyond.sum()), most=f"{_ECE_MOST:g}")
        found = {name: np.where(beyond, np.nan, one) for name, one in found.items()}
        method = np.where(beyond, "", method)
    out["ece_ds_m"], out["ece_low_ds_m"], out["ece_high_ds_m"] = found["value"], found["low"], found["high"]
    out["ece_method"] = method
    made = np.where(np.isfinite(given), np.nan, found["value"])
    reading.record("ece_ds_m", out.get("ec_ds_m", blank).astype(object), "dS/m", made, method)
    _salt(reading)
    ions = [out.get(f"{ion}_mmolc_l", blank) for ion in ("na", "ca", "mg")]
    out["sar_extract"] = sar(*(np.where(one < 0, np.nan, one) for one in ions))
    stated = out.get("sar", blank)
    paste = np.where(out["ion_extract"] == PASTE, out["sar_extract"], np.nan)
    out["sar"] = np.where(np.isfinite(stated), stated, paste)
    reading.record("sar_extract", np.full(rows, "", dtype=object), "", out["sar_extract"], "Na, Ca, Mg → SAR")


def _convertible(table: Conversions, extract: str) -> bool:
    return any(line.extract == extract_of(extract) for line in table.lines.values())


def _salt(reading: Reading) -> None:
    out, rows = reading.out, len(reading.rows)
    blank = np.full(rows, np.nan)
    given = out.get("salt_g_kg", blank)
    ec15 = np.where(out["ec_extract"] == "1:5", out.get("ec_ds_m", blank), np.nan)
    made = salt_from_ec15(np.where(ec15 < 0, np.nan, ec15), reading.table)
    fresh = np.isnan(given) & np.isfinite(made.value)
    out["salt_g_kg"] = np.where(fresh, made.value, given)
    out["salt_method"] = np.where(fresh, np.array(made.method, object), np.where(np.isfinite(given), "as stated", ""))
    reading.record("salt_g_kg", ec15.astype(object), "dS/m", np.where(fresh, made.value, np.nan), out["salt_method"])
