"""Repair: mend what has one sensible mending, record every change and how much ground it moved, leave the rest.

What is done, in this order, again until nothing changes:

1. repeated vertices and spikes are taken off, crossed rings rebuilt from the ground they enclose (polygons only);
2. the later of two equal polygons goes into the quarantine;
3. where two parcels overlap, one keeps the ground and the other is cut: the larger one by recorded area keeps, or the
   earlier one (`keep`); but a parcel of which nothing would remain keeps its ground and the other is cut;
4. DLMC is written from DLBM, KCMJ and TBDLMJ from TBMJ and KCXS, FRDBS from tenure and unit codes.

The recorded area TBMJ is never touched. Where a polygon moved further from it than the survey allows, a finding
says so. An area that the import measured, for want of a recorded one, is measured anew where its polygon moved. Gaps
are left: nobody but the surveyor knows whose ground they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from tilth.core import Finding, IntArray, dm2_array
from tilth.intake.domains import RidgeTable, shipped_domains
from tilth.intake.geometry import Shapes, beyond_tolerance, copies, polygonal, rows_to_mend, trimmed
from tilth.intake.ground import measured_dm2
from tilth.intake.model import Rejected, quarantine_frame
from tilth.intake.profiles import AREA_COLUMNS
from tilth.intake.rules_attributes import (
    expected_enclave,
    expected_names,
    follows_table,
    impossible_coefficient,
    plain,
)
from tilth.intake.rules_model import Subject, subject_of
from tilth.land import CodeSystem, Draft, Meta, Snapshot, covered, ridge_deduction
from tilth.overlay import engine_area, overlaps

Keep = Literal["larger", "earlier"]

CHANGE_COLUMNS = ("parcel_id", "source_row", "what", "before", "after", "moved_dm2", "geometry_moved")
#: A cut can leave a spike and a spike's removal an overlap; this many rounds are more than either ever needed.
MOST_ROUNDS = 8


@dataclass(frozen=True)
class Repaired:
    """A mended snapshot, ready to be stored, and the record of what was done to it."""

    draft: Draft
    changes: pd.DataFrame  # CHANGE_COLUMNS, in the order of the work; moved_dm2 is the ground that changed hands
    findings: tuple[Finding, ...]

    @property
    def parcels(self) -> gpd.GeoDataFrame:
        """The mended rows."""
        return self.draft.parcels

    @property
    def moved_dm2(self) -> int:
        """Ground moved in all. [dm²]"""
        return int(self.changes["moved_dm2"].sum())


def repair(
    snapshot: Snapshot | Draft, *, codes: CodeSystem, keep: Keep = "larger", ridge_table: RidgeTable | None = None
) -> Repaired:
    """Mend `snapshot` and say what was done. Repairing the result again changes nothing.

    Parameters
    ----------
    snapshot
        A survey, stored or not.
    codes
        Its code system; names, deductions and enclave flags are written for the national survey only.
    keep
        Who keeps ground that two parcels claim: the "larger" by recorded area, or the "earlier" row.
    ridge_table
        The county's ridge coefficients: a KCMJ that agrees with them while KCXS does not is left alone.
    """
    work = _Work(snapshot, codes, keep, ridge_table)
    for _ in range(MOST_ROUNDS):
        before = len(work.changes)
        work.mend_rings()
        work.drop_copies()
        work.cut_overlaps()
        if len(work.changes) == before:
            break
    work.measure_anew()
    if codes.id == "sd2017":
        work.write_attributes()
    return work.done()


class _Work:
    """A repair under way: the frame as far as it is mended, and the record so far."""

    def __init__(self, snapshot: Snapshot | Draft, codes: CodeSystem, keep: Keep, ridge: RidgeTable | None) -> None:
        self.snapshot = snapshot
        self.codes = codes
        self.keep = keep
        self.ridge_table = ridge
        self.crs = snapshot.meta.crs
        self.frame = snapshot.parcels.reset_index(drop=True)
        self.shapes: Shapes = np.array(list(self.frame.geometry), dtype=object)
        self.original = self.shapes.copy()
        self.kept = np.ones(len(self.frame), dtype=np.bool_)
        self.measured = _measured_rows(snapshot.meta, self.frame)
        self.rejected: list[Rejected] = []
        self.changes: list[dict[str, Any]] = []
        self.findings: list[Finding] = []

    # --- polygons ------------------------------------------------------------------------------------------------

    def mend_rings(self) -> None:
        """Repeated vertices, spikes, crossed rings."""
        for row in rows_to_mend(np.where(self.kept, self.shapes, shapely.Polygon()), self.crs):
            shape = self.shapes[row]
            mended = mended_rings(shape, self.crs)
            if mended.is_empty:
                self._leave(int(row), str(shapely.is_valid_reason(shape)))
            elif not shapely.equals_exact(shape, mended):
                self._move(int(row), "rings", mended)

    def drop_copies(self) -> None:
        """The later of two equal polygons."""
        rows = np.flatnonzero(self.kept)
        for later, first in copies(self.shapes[rows]).items():
            row, other = int(rows[later]), int(rows[first])
            area = int(self.frame["area_dm2"].iat[row])
            values = {"parcel": self._id(row), "other": self._id(other), "other_row": self._source(other)}
            self._set_aside(row, "G-DUPLICATE", {**values, "area_dm2": area})
            self._record(row, "copy", (self._id(other), ""), area)

    def cut_overlaps(self) -> None:
        """Ground that two parcels claim."""
        usable = self.kept & shapely.is_valid(self.shapes)
        table = overlaps(np.where(usable, self.shapes, shapely.Polygon()), self.crs)
        for left, right in zip(table.left, table.right, strict=True):
            winner, loser = self._ranked(int(left), int(right))
            # Measured anew: an earlier cut may have settled it.
            if not self._meet(self.shapes[winner], self.shapes[loser]):
                continue
            rest = self._rest(loser, winner)
            if rest is None:
                winner, loser = loser, winner
                rest = self._rest(loser, winner)
            if rest is None:
                self._leave(loser, f"{self._id(winner)} = {self._id(loser)}")
            else:
                self._move(loser, "overlap", rest, self._id(winner))

    def _meet(self, shape: shapely.Geometry, other: shapely.Geometry) -> bool:
        """Do two polygons share more ground than rounding leaves?"""
        piece = polygonal(shapely.intersection(shape, other))
        return not piece.is_empty and beyond_tolerance(piece, float(engine_area([piece], self.crs)[0]), self.crs)

    def _rest(self, loser: int, winner: int) -> shapely.Geometry | None:
        """What `loser` keeps; None where nothing is left, or where the cut is so narrow that it closes again."""
        rest = mended_rings(_without(self.shapes[loser], self.shapes[winner]), self.crs)
        return None if rest.is_empty or self._meet(rest, self.shapes[winner]) else rest

    def _ranked(self, left: int, right: int) -> tuple[int, int]:
        """Who keeps the ground, and who is cut."""
        if self.keep == "earlier":
            return left, right
        area = self.frame["area_dm2"]
        first = (-int(area.iat[left]), self._id(left)) <= (-int(area.iat[right]), self._id(right))
        return (left, right) if first else (right, left)

    def _move(self, row: int, what: str, mended: shapely.Geometry, by: str = "") -> None:
        before, after = self.shapes[row], mended
        self.shapes[row] = mended
        moved = moved_dm2(before, after, self.crs)
        shown = [
            f"{measured_dm2(np.array([_sound(shape)], dtype=object), self.crs)[0] / 100:.2f} m²"
            for shape in (before, after)
        ]
        self._record(row, f"{what} {by}".strip(), (shown[0], shown[1]), moved)

    def _leave(self, row: int, reason: str) -> None:
        finding = self._subject().finding("REPAIR-LEFT", row, reason=reason)
        if all(known.where.parcel != finding.where.parcel for known in self.findings):
            self.findings.append(finding)

    def _set_aside(self, row: int, code: str, values: dict[str, Any]) -> None:
        attributes = self.frame.drop(columns=self.frame.geometry.name).iloc[row]
        read = {name: None if pd.isna(value) else value for name, value in attributes.items()}
        self.rejected.append(Rejected(self._source(row), code, values, read, self.shapes[row]))
        self.kept[row] = False

    # --- measured areas ------------------------------------------------------------------------------------------

    def measure_anew(self) -> None:
        """Areas that the import measured follow their polygon, and the net areas and deductions follow them."""
        candidates = np.flatnonzero(self.kept & self.measured)
        rows = candidates[[self.shapes[row] is not self.original[row] for row in candidates]]
        if not len(rows):
            return
        self.frame = self.frame.copy()
        gross = measured_dm2(np.array([_sound(shape) for shape in self.shapes[rows]], dtype=object), self.crs)
        ridged = gross - sum(self._deducted(name)[rows] for name in ("linear_deduct", "point_deduct"))
        for row in rows[ridged <= 0]:
            area = {"area": int(gross[rows == row][0]) / 100}
            self._set_aside(int(row), "INTAKE-ROW-AREA-ZERO", area)
            self._record(int(row), "area_dm2", (str(self.frame["area_dm2"].iat[row]), ""))
        factor = self.frame["ridge_coef"].to_numpy()[rows]
        possible = (factor >= 0) & (factor < 1)
        deducted = np.where(possible, ridge_deduction(ridged, np.where(possible, factor, 0.0)), 0)
        for column, values in (("area_dm2", gross), ("deduct_dm2", deducted), ("net_area_dm2", ridged - deducted)):
            wanted = self.frame[column].to_numpy().copy()
            wanted[rows] = values
            self._write(column, [int(value) for value in wanted], wanted != self.frame[column].to_numpy())

    def _deducted(self, name: str) -> IntArray:
        column = AREA_COLUMNS[name]
        if column not in self.frame:
            return np.zeros(len(self.frame), dtype=np.int64)
        values: IntArray = self.frame[column].to_numpy(dtype=np.int64)
        return values

    # --- attributes ----------------------------------------------------------------------------------------------

    def write_attributes(self) -> None:
        """Names, deductions and enclave flags, as far as what they follow from is sound."""
        self.frame = self.frame.copy()
        subject = self._subject()
        names = expected_names(subject)
        wanted = [names.get(code, name) for code, name in self.frame[["class_code", "class_name"]].to_numpy()]
        given = bool(subject.given("class_name").any())
        self._write(
            "class_name",
            wanted,
            [given and plain(a) != plain(b) for a, b in zip(wanted, subject.text("class_name"), strict=True)],
        )
        sure = ~impossible_coefficient(subject) & ~follows_table(subject)
        area = subject.whole("area_dm2")
        deduction = ridge_deduction(area, np.where(sure, subject.number("ridge_coef"), 0.0))
        for column, values in (("stated_deduct_dm2", deduction), ("stated_net_dm2", area - deduction)):
            wrong = sure & subject.given(column) & (subject.whole(column) != values)
            self._write(column, [int(value) for value in values], wrong)
        for column, values in (("deduct_dm2", deduction), ("net_area_dm2", area - deduction)):
            self._write(column, [int(value) for value in values], sure & (subject.whole(column) != values))
        if subject.given("enclave").any():
            flags, known = expected_enclave(subject)
            stated = self.frame["enclave"].to_numpy(dtype=object, na_value=None)
            self._write("enclave", [bool(flag) for flag in flags], known & (stated != flags))

    def _write(self, column: str, values: list[Any], wrong: npt.ArrayLike) -> None:
        position = self.frame.columns.get_loc(column)
        for row in np.flatnonzero(np.asarray(wrong, dtype=np.bool_) & self.kept):
            before = self.frame[column].iat[row]
            self.frame.iloc[row, position] = values[row]
            self._record(int(row), column, ("" if pd.isna(before) else str(before), str(values[row])))

    # --- the record ----------------------------------------------------------------------------------------------

    def _subject(self) -> Subject:
        view = Snapshot("", self.snapshot.meta, self.frame)
        return subject_of(view, self.codes, shipped_domains(), self.ridge_table)

    def _id(self, row: int) -> str:
        return str(self.frame["parcel_id"].iat[row])

    def _source(self, row: int) -> int:
        return int(self.frame["source_row"].iat[row])

    def _record(self, row: int, what: str, values: tuple[str, str], moved: int | None = None) -> None:
        """`values`: before and after. `moved` is None for an attribute. [dm²]"""
        entry = (self._id(row), self._source(row), what, *values, moved or 0, moved is not None)
        self.changes.append(dict(zip(CHANGE_COLUMNS, entry, strict=True)))

    def _drifted(self) -> Iterator[Finding]:
        """Polygons that repair moved away from their recorded area."""
        subject = self._subject()
        rows = [row for row in np.flatnonzero(self.kept) if self.shapes[row] is not self.original[row]]
        if not rows:
            return
        recorded = subject.whole("area_dm2")
        measured = measured_dm2(np.array([_sound(self.shapes[row]) for row in rows], dtype=object), self.crs)
        for row, now in zip(rows, measured, strict=True):
            allowed = max(int(shapely.get_num_coordinates(self.shapes[row])), int(recorded[row] * 1e-6))
            moved = moved_dm2(self.original[row], self.shapes[row], self.crs)
            rebuilt = moved > 0 or not self.original[row].is_valid
            if rebuilt and abs(int(now) - int(recorded[row])) > allowed:
                yield subject.finding(
                    "REPAIR-AREA", int(row), moved_dm2=moved, measured_dm2=int(now), recorded_dm2=int(recorded[row])
                )

    def done(self) -> Repaired:
        """The draft and the record."""
        self.findings += list(self._drifted())
        changes = pd.DataFrame(self.changes, columns=list(CHANGE_COLUMNS))
        parcels = self.frame.set_geometry(gpd.GeoSeries(list(self.shapes), index=self.frame.index, crs=self.frame.crs))
        parcels = parcels[self.kept].reset_index(drop=True)
        meta, findings = self.snapshot.meta, (*self._still_true(), *self.findings)
        quarantine = self._quarantine()
        if self.changes:
            meta = replace(
                meta,
                rows_stored=len(parcels),
                rows_quarantined=meta.rows_in - len(parcels),
                area_dm2=int(parcels["area_dm2"].sum()),
                extra={**meta.extra, "repaired_from": self.snapshot.id, "repair_keep": self.keep},
            )
        return Repaired(Draft(meta, parcels, findings, quarantine), changes, tuple(self.findings))

    def _still_true(self) -> Iterator[Finding]:
        """Findings of the import, without those on rings that have been mended since."""
        mended = {change["source_row"] for change in self.changes if change["geometry_moved"]}
        for finding in self.snapshot.findings:
            if not (finding.code.startswith("G-") and finding.where.row in mended):
                yield finding

    def _quarantine(self) -> gpd.GeoDataFrame:
        added = quarantine_frame(self.rejected, self.crs)
        before = self.snapshot.quarantine
        if before is None or len(before) == 0:
            return added
        if len(added) == 0:
            return before
        return gpd.GeoDataFrame(pd.concat([before, added], ignore_index=True), geometry="geometry", crs=self.crs)


def _measured_rows(meta: Meta, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """(n,) True where the import measured the area because the file gave none."""
    if meta.area_from != "file":
        return np.ones(len(frame), dtype=np.bool_)
    rows: list[int] = meta.extra.get("measured_source_rows", [])
    return np.isin(frame["source_row"].to_numpy(), rows)


def mended_rings(shape: shapely.Geometry, crs: str) -> shapely.Geometry:
    """`shape` without repeated vertices and spikes, and valid; the very same object where nothing is to be done."""
    for _ in range(MOST_ROUNDS):
        better = trimmed(shape, crs)
        if shapely.equals_exact(better, shape):
            better = shape
        if not better.is_valid:
            better = covered([better])[0]
        if better is shape or better.is_empty:
            return better
        shape = better
    return shape


def _sound(shape: shapely.Geometry) -> shapely.Geometry:
    """The ground that `shape` covers, whatever its rings do."""
    return covered([shape])[0]


def _without(shape: shapely.Geometry, other: shapely.Geometry) -> shapely.Geometry:
    return polygonal(shapely.difference(shape, other))


def moved_dm2(before: shapely.Geometry, after: shapely.Geometry, crs: str) -> int:
    """Ground that one of two polygons covers and the other does not. [dm²]"""
    changed = polygonal(shapely.symmetric_difference(_sound(before), _sound(after)))
    return int(dm2_array(engine_area([changed], crs))[0])
