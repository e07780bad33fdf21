"""A table of parcels becomes the draft of a survey snapshot: columns mapped, areas made exact, bad rows set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth import overlay
from tilth.core import BadInput, Finding, IntArray, Where
from tilth.intake import columns as col
from tilth.intake.columns import M2_PER_UNIT, BoolArray
from tilth.intake.model import Table, quarantine_frame
from tilth.intake.profiles import AREA_COLUMNS, QUALITY_COLUMNS, Matched, Profile, choose_profile
from tilth.intake.screen import (
    Screen,
    crossed,
    file_of,
    flat,
    further_columns,
    in_order,
    measured,
    polygons_of,
    unique_ids,
    where_row,
)
from tilth.land import PARCEL_COLUMNS, CodeSystem, Draft, Meta, code_system, ridge_deduction, typed

#: Version of the import's own rules: the mapping, the screening, the measuring of areas.
IMPORT_RULES = "import-1"
UNCLASSIFIED = "unclassified"
#: Below this share of rows with a known class, the file is likely in another code system. [-]
FEW_KNOWN = 0.5
#: A stated area column is believed when its median ratio to the measured area lies within these. [-]
BELIEVABLE = (0.5, 2.0)
AREA_SAMPLE = 500
#: How far the median ratio may be from that of two units for one to be taken for the other. [-]
UNIT_TOLERANCE = 0.1
#: Measured areas of a village are levelled to its control area within these; beyond, the geometry is incomplete.
LEVEL_DM2_PER_VERTEX, LEVEL_SHARE = 1, 1e-6

_TEXTS = ("class_name", "region_name", "parcel_no", "irrigation", "drainage")
_CODES = ("deduct_class", "farmland_form", "planting", "refinement", "settlement", "tenure", "owner_code")
_WHOLES = ("slope_grade", "grade15", "quality_grade")
_NUMBERS = ("linear_width_m", "organic_matter_g_kg", "soil_depth_cm", "ph", "salt_g_kg")
_YES, _NO = ("1", "Y", "YES", "TRUE", "是"), ("0", "N", "NO", "FALSE", "否")


def parcels_from(
    table: Table,
    profile: str | PathLike[str] | Profile = "auto",
    *,
    year: int,
    region: str,
    code_system: str | None = None,
    controls: Mapping[str, int] | None = None,
    version: str = "",
    rules: str = IMPORT_RULES,
) -> Draft:
    """The draft of a survey snapshot. Rows in = rows stored + rows quarantined.

    Set aside with their reason are rows without a polygon, without a known class (where the profile requires one),
    or with a stated area or ridge coefficient that is no number. Everything else is stored, with findings.

    Parameters
    ----------
    profile
        "dltb", "fiboa", a MAP.toml, a `Profile`, or "auto": dltb where the file has a class field of the survey.
    region
        Code of the county (or other region) that the file covers; stands in for rows without a location code.
    code_system
        Instead of the profile's, e.g. "ed2007" for second-survey data.
    controls
        Control areas of villages by code, in dm². Measured areas are levelled to them.
    version, rules
        Of the software and of its rules, for the meta.

    Raises
    ------
    BadInput
        If the table has no geometry, or the profile can't be used.
    NeedsAnswer
        If the CRS of the table is not known.
    """
    return _Import(table, profile, year, region, code_system, controls or {}, version, rules).draft()


@dataclass
class _Import:
    """One import on its way. The steps run in the order of `draft`."""

    table: Table
    wanted: str | PathLike[str] | Profile
    year: int
    region: str
    system: str | None
    controls: Mapping[str, int]
    version: str
    rules: str
    findings: list[Finding] = field(default_factory=list)
    out: dict[str, pd.Series] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    given_back: list[str] = field(default_factory=list)  # fields that were matched and then not used

    def draft(self) -> Draft:
        self.frame, self.crs = polygons_of(self.table)
        self.file = file_of(self.table)
        self.findings.extend(self.table.findings)
        names = [str(name) for name in self.frame.columns if name not in {self.frame.geometry.name, "source_row"}]
        self.profile, found = choose_profile(self.wanted, names, self.file)
        if self.system is not None:
            code_system(self.system)  # raises if there is none; a profile may bring a list of its own, a request not
        self.system = self.system or self.profile.code_system
        self.matched: Matched = self.profile.match(names)
        self.findings += [*found, *self.matched.findings(self.file)]
        self.screen = Screen(self.frame, list(self.table.rejected))
        self.screen.geometry(self.crs)
        self._classes()
        self._places()
        self._plain_columns()
        self._years()
        gross = self._gross()
        coefficient = self._coefficient(gross)
        further, dropped = further_columns(
            self.frame,
            [*self.matched.rest, *self.given_back],
            [*PARCEL_COLUMNS, *QUALITY_COLUMNS, *AREA_COLUMNS.values(), "geometry"],
            self.file,
        )
        self.findings += dropped
        self._ids()
        return self._made(gross, coefficient, further)

    # -- columns -------------------------------------------------------------------------------------------------

    def _source(self, column: str) -> pd.Series | None:
        """The source values of a column, its default, or None where the file has neither."""
        if column in self.matched.columns:
            return self.frame[self.matched.columns[column]]
        if column in self.profile.defaults:
            return pd.Series(self.profile.defaults[column], index=self.frame.index, dtype="str")
        return None

    def _note(self, column: str, bad: BoolArray, text: pd.Series) -> None:
        """A finding for each row whose value in an optional column can't be read; the column is blank there."""
        rows = np.flatnonzero(bad & self.screen.kept)
        name = self.matched.columns.get(column, column)
        for row in rows:
            where = where_row(self.file, int(self.frame["source_row"].iat[row]))
            values = {"field": name, "value": str(text.iat[row])[:60]}
            self.findings.append(Finding("INTAKE-VALUE-UNREADABLE", where, values))

    def _classes(self) -> None:
        source = self._source("class_code")
        known = shipped_system(str(self.system))
        if source is None:
            if self.profile.class_required:
                known_names = (
                    ", ".join(self.profile.fields["class_code"]) if "class_code" in self.profile.fields else ""
                )
                raise BadInput("INTAKE-PROFILE-NO-CLASS", file=self.file, profile=self.profile.name, known=known_names)
            self.out["class_code"] = pd.Series(UNCLASSIFIED, index=self.frame.index, dtype="str")
            return
        text = col.as_text(source)
        codes = col.plain_codes(text) if known else text
        if known and pd.api.types.is_numeric_dtype(source.dtype):
            codes = codes.where(codes == "", codes.str.zfill(2 if (codes.str.len() <= 2).all() else 4))
            self.findings.append(
                Finding("INTAKE-CODE-PADDED", Where(file=self.file), {"field": self.matched.columns["class_code"]})
            )
        if self.profile.class_required or known:
            self.screen.take_out(codes == "", "INTAKE-ROW-CLASS-NONE")
        if known:
            unknown = (~codes.isin(known.leaves)).to_numpy(dtype=np.bool_)
            self._perhaps_another_system(codes, unknown, known)
            system = np.full(len(codes), known.id, dtype=object)
            self.screen.take_out(unknown, "INTAKE-ROW-CLASS-UNKNOWN", value=codes, system=system)
        self.out["class_code"] = codes.where(codes != "", UNCLASSIFIED)

    def _perhaps_another_system(self, codes: pd.Series, unknown: BoolArray, known: CodeSystem) -> None:
        if not len(codes) or unknown.mean() < FEW_KNOWN:
            return
        for other in ("sd2017", "ed2007", "gh2023"):
            system = shipped_system(other)
            if (
                system is not None
                and other != known.id
                and codes.isin(system.leaves or list(system.classes)).mean() > FEW_KNOWN
            ):
                values = {"system": known.id, "other": other, "unknown": int(unknown.sum()), "rows": len(codes)}
                self.findings.append(Finding("INTAKE-SYSTEM-LIKELY", Where(file=self.file), values))

    def _places(self) -> None:
        location = self._source("location_code")
        stated = self._source("region_code")
        codes = col.plain_codes(col.as_text(location)) if location is not None else None
        if codes is not None:
            self.out["location_code"] = codes
        if stated is not None:
            found = col.as_text(stated)
        elif codes is not None:
            digits = codes.str.extract(r"^(\d{12}|\d{9}|\d{6})", expand=False).fillna("")
            found = digits.astype("str")
        else:
            found = pd.Series("", index=self.frame.index, dtype="str")
        self.out["region_code"] = found.where(found != "", self.region)

    def _plain_columns(self) -> None:
        for name in (*_TEXTS, *_CODES):
            source = self._source(name)
            if source is not None:
                text = col.as_text(source)
                self.out[name] = col.plain_codes(text) if name in _CODES else text
        for name in _WHOLES:
            self._read(name, lambda values: col.as_whole(values, "Int8"))
        self._read("data_year", col.as_year)
        self._read("enclave", lambda values: col.as_flag(values, _YES, _NO))
        self._read("island", lambda values: col.as_flag(values, ("01", "1"), ("00", "0")))
        self.out["island"] = self.out.get("island", pd.Series(False, self.frame.index, dtype="boolean")).fillna(False)
        for name in _NUMBERS:
            source = self._source(name)
            if source is not None:
                numbers = col.as_numbers(source)
                self.out[name] = pd.Series(numbers.values, index=self.frame.index)
                self._note(name, numbers.bad, numbers.text)
        if "linear_width_m" in self.out:
            self.out["linear_width_m"] = self.out["linear_width_m"].fillna(0.0)

    def _years(self) -> None:
        """Says so where most rows are of another year. The date on which a field was outlined (fiboa) is none."""
        if "data_year" not in self.out or self.profile.name == "fiboa":
            return
        stated = self.out["data_year"][self.screen.kept].dropna()
        rows = int((stated != self.year).sum())
        if rows * 2 > len(stated):
            found = int(stated[stated != self.year].mode().iat[0])
            values = {"rows": rows, "given": len(stated), "year": self.year, "found": found}
            field_name = self.matched.columns.get("data_year", "data_year")
            self.findings.append(Finding("INTAKE-YEAR-DIFFERS", Where(file=self.file), {**values, "field": field_name}))

    def _read(self, name: str, reader: Any) -> None:
        source = self._source(name)
        if source is not None:
            self.out[name], bad = reader(source)
            self._note(name, bad, col.as_text(source))

    # -- areas ---------------------------------------------------------------------------------------------------

    def _areas(self, name: str) -> col.Areas | None:
        source = self._source(name)
        if source is None:
            return None
        return col.as_areas(source, self.profile.unit(name, self.matched.columns.get(name, name)))

    def _gross(self) -> IntArray:
        """Recorded areas, and measured ones where the file gives none. Takes out rows with an impossible one."""
        stated = self._areas("area")
        rows = len(self.frame)
        dm2: IntArray = np.zeros(rows, dtype=np.int64)
        given: BoolArray = np.zeros(rows, dtype=np.bool_)
        if stated is not None and self._believed(stated):
            self.screen.take_out(stated.bad, "INTAKE-ROW-AREA-UNREADABLE", value=stated.text)
            self.screen.take_out(stated.given & (stated.dm2 <= 0), "INTAKE-ROW-AREA-NOT-POSITIVE", value=stated.text)
            dm2, given = stated.dm2.copy(), stated.given
        missing = np.flatnonzero(~given & self.screen.kept)
        self.extra["measured_rows"] = len(missing)
        self.area_from = "file"
        if len(missing):
            shapes = np.asarray(self.frame.geometry, dtype=object)[missing]
            dm2[missing], method = measured(flat(shapes), self.crs)
            self.extra["measured_by"] = method
            self.area_from = method if len(missing) == self.screen.kept.sum() else "file"
            values = {"rows": len(missing), "method": method}
            self.findings.append(Finding("INTAKE-AREA-MEASURED", Where(file=self.file), values))
            self.screen.take_out((dm2 <= 0) & ~given, "INTAKE-ROW-AREA-ZERO", area=dm2 / 100)
            if self.area_from == "file":  # repair has to know which areas follow their polygon
                self.extra["measured_source_rows"] = self.frame["source_row"].iloc[missing].astype("int64").tolist()
        return self._levelled(dm2, ~given)

    def _believed(self, stated: col.Areas) -> bool:
        """Is the stated area column in the unit it should be in? Compared on a sample with the measured area."""
        usable = np.flatnonzero(stated.given & ~stated.bad & (stated.dm2 > 0) & self.screen.kept)
        sample = usable[:: max(1, len(usable) // AREA_SAMPLE)]
        if not len(sample):
            return True
        shapes = flat(np.asarray(self.frame.geometry, dtype=object)[sample])
        engine = overlay.engine_area(shapes, self.crs) * 100
        ratio = float(np.median(stated.dm2[sample] / np.where(engine > 0, engine, np.nan)))
        if not BELIEVABLE[0] <= ratio <= BELIEVABLE[1]:
            ignored = self.profile.area_check == "measure"
            self.findings.append(self._another_unit(ratio, "INTAKE-AREA-IGNORED" if ignored else "INTAKE-AREA-UNIT"))
            if ignored:
                self.given_back.append(self.matched.columns["area"])
            return not ignored
        return True

    def _another_unit(self, ratio: float, code: str) -> Finding:
        """The finding `code`; where another unit explains `ratio`, the one that names it."""
        name = self.matched.columns.get("area", "area")
        unit = self.profile.unit("area", name)
        likely = [
            other for other, m2 in M2_PER_UNIT.items() if abs(M2_PER_UNIT[unit] / (ratio * m2) - 1) < UNIT_TOLERANCE
        ]
        values = {"field": name, "ratio": f"{ratio:,.4g}"}
        if likely:
            code, values = f"{code}-LIKELY", {**values, "unit": likely[0], "profile": self.profile.name, "stated": unit}
        return Finding(code, Where(file=self.file), values)

    def _levelled(self, dm2: IntArray, is_measured: BoolArray) -> IntArray:
        """Measured areas levelled to the villages' control areas, where all of a village are measured."""
        if not self.controls or not is_measured.any():
            return dm2
        codes = self.out["region_code"].to_numpy(dtype=object)
        island = self.out["island"].to_numpy(dtype=np.bool_)
        usable = self.screen.kept & ~island
        levelled = dm2.copy()
        vertices = shapely.get_num_coordinates(np.asarray(self.frame.geometry, dtype=object))
        done = 0
        for village, rows in pd.Series(np.flatnonzero(usable)).groupby(codes[usable]):
            at = rows.to_numpy()
            control = self.controls.get(str(village))
            if control is None or not is_measured[at].all():
                continue
            difference = int(control - dm2[at].sum())
            allowed = max(LEVEL_DM2_PER_VERTEX * int(vertices[at].sum()), LEVEL_SHARE * control)
            if abs(difference) > allowed:
                values = {"control_dm2": int(control), "measured_dm2": int(dm2[at].sum()), "difference_dm2": difference}
                self.findings.append(Finding("INTAKE-CONTROL-FAR", Where(file=self.file, parcel=str(village)), values))
            elif difference:
                levelled[at] = overlay.level(dm2[at], int(control), self.frame["source_row"].to_numpy()[at])
                done += 1
        self.extra["villages_levelled"] = done
        return levelled

    def _coefficient(self, gross: IntArray) -> pd.Series:
        """The ridge coefficient as a fraction; takes out rows where it is no number, so their net area is unknown."""
        source = self._source("ridge_coef")
        if source is None:
            return pd.Series(0.0, index=self.frame.index)
        numbers = col.as_numbers(source)
        self.screen.take_out(numbers.bad, "INTAKE-ROW-COEFFICIENT", value=numbers.text)
        values = np.where(numbers.good, numbers.values, 0.0)
        if self._in_percent(values, gross):
            values = values / 100
            field_name = self.matched.columns.get("ridge_coef", "ridge_coef")
            self.findings.append(Finding("INTAKE-COEFFICIENT-PERCENT", Where(file=self.file), {"field": field_name}))
        return pd.Series(np.rint(values * 1e4) / 1e4, index=self.frame.index)

    def _in_percent(self, values: np.ndarray, gross: IntArray) -> bool:
        """Older databases write 8.5 for 0.085. Half of the values above 1 say so, unless the deducted areas deny it."""
        used = (values != 0) & self.screen.kept
        if not used.any() or float(np.median(values[used])) <= 1 or float(values[used].max()) > 100:
            return False
        deducted = self._areas("stated_deduct")
        checked = used & (deducted.dm2 > 0) if deducted is not None else np.zeros(len(values), dtype=np.bool_)
        if deducted is None or not checked.any():
            return True
        share = deducted.dm2[checked] / np.maximum(gross[checked], 1)
        return 0.5 < float(np.median(share / (values[checked] / 100))) < 2

    # -- rows ----------------------------------------------------------------------------------------------------

    def _ids(self) -> None:
        source = self._source("parcel_id")
        blank = pd.Series("", index=self.frame.index, dtype="str")
        stated = col.as_text(source) if source is not None else blank
        kept = self.screen.kept
        rows = self.frame["source_row"]
        ids, repeated = unique_ids(stated[kept].reset_index(drop=True), rows[kept].reset_index(drop=True))
        first_row = dict(zip(ids[::-1], rows[kept][::-1], strict=True))
        for at in np.flatnonzero(repeated):
            name = str(ids.iat[at])
            value = name.rsplit("~", 1)[0]
            values = {"parcel": name, "value": value, "first_row": int(first_row[value])}
            self.findings.append(Finding("V12", where_row(self.file, int(rows[kept].iat[at]), name), values))
        missing = int((stated[kept] == "").sum())
        if missing:
            self.findings.append(Finding("INTAKE-ID-MISSING", Where(file=self.file), {"rows": missing}))
        self.out["parcel_id"] = blank.copy()
        self.out["parcel_id"][kept] = ids.to_numpy()

    def _made(self, gross: IntArray, coefficient: pd.Series, further: pd.DataFrame) -> Draft:
        linear, point = (self._deduction(name) for name in ("linear_deduct", "point_deduct"))
        # The second survey takes linear and point features off first, and the ridges from what is left.
        ridged = gross - linear - point
        self.screen.take_out(
            (ridged <= 0) & (gross > 0), "INTAKE-ROW-DEDUCTIONS", area=gross / 100, deducted=(linear + point) / 100
        )
        factor = coefficient.to_numpy()
        possible = (factor >= 0) & (factor < 1)
        deducted = np.where(possible, ridge_deduction(ridged, np.where(possible, factor, 0.0)), 0)
        index = self.frame.index
        self.out |= {
            "source_row": self.frame["source_row"],
            "area_dm2": pd.Series(gross, index=index),
            "net_area_dm2": pd.Series(ridged - deducted, index=index),
            "ridge_coef": coefficient,
            "deduct_dm2": pd.Series(deducted, index=index),
        }
        for name, values in (("linear_deduct", linear), ("point_deduct", point)):
            if name in self.matched.columns:
                self.out[AREA_COLUMNS[name]] = pd.Series(values, index=index)
        for name in ("stated_net", "stated_deduct"):
            self._stated(name)
        rows = np.flatnonzero(self.screen.kept)
        ordered = typed(pd.DataFrame(self.out, index=index), PARCEL_COLUMNS)
        shapes = flat(np.asarray(self.frame.geometry, dtype=object)[rows])
        self.findings += crossed(shapes, self.crs, self.frame["source_row"].iloc[rows].tolist(), self.file)
        whole = pd.concat([ordered, further], axis=1).iloc[rows].reset_index(drop=True)
        parcels = gpd.GeoDataFrame(whole, geometry=shapes, crs=self.crs)
        return Draft(
            self._meta(parcels),
            parcels,
            tuple(self.findings),
            quarantine_frame(in_order(self.screen.rejected), self.crs),
        )

    def _deduction(self, name: str) -> IntArray:
        areas = self._areas(name)
        if areas is None:
            return np.zeros(len(self.frame), dtype=np.int64)
        self.screen.take_out(areas.bad | (areas.dm2 < 0), "INTAKE-ROW-AREA-UNREADABLE", value=areas.text)
        return areas.dm2

    def _stated(self, name: str) -> None:
        areas = self._areas(name)
        if areas is not None:
            values = pd.Series(areas.dm2, index=self.frame.index, dtype="Int64")
            self.out[AREA_COLUMNS[name]] = values.mask(~areas.given | areas.bad)
            self._note(name, areas.bad, areas.text)

    def _meta(self, parcels: gpd.GeoDataFrame) -> Meta:
        fields = {name: source for name, source in self.matched.columns.items() if source not in self.given_back}
        return Meta(
            kind="survey",
            year=self.year,
            region=self.region,
            crs=self.crs,
            code_system=str(self.system),
            profile=self.profile.name,
            sources=self.table.sources,
            rows_in=self.table.rows_in,
            rows_stored=len(parcels),
            rows_quarantined=len(self.screen.rejected),
            area_dm2=int(parcels["area_dm2"].sum()),
            area_from=self.area_from,
            version=self.version,
            rules=self.rules,
            extra={**self.extra, "fields": fields, "dialect": self.table.dialect},
        )


def shipped_system(name: str) -> CodeSystem | None:
    """The shipped code system of that name, or None: then the codes of the file are their own list."""
    try:
        return code_system(name)
    except BadInput:
        return None
