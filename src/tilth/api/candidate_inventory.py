"""Inventory of land that could become farmland: why in, why out, how well it suits, what it needs; areas close."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.api.raster_parcels import raster_folder
from tilth.api.soil_finished import write_about
from tilth.api.zone_units import parcel_units, rows_by_parcel
from tilth.core import BadInput, Finding, Label, Where, label, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from tilth.core import FloatArray, IntArray
    from tilth.report import Listing
    from tilth.runtime import Workspace
    from tilth.soil import Suitability

FOLDER, TABLE, ABOUT, PACKAGE = "candidates", "candidates.csv", "candidates.json", "candidates.gpkg"
FORMATS = ("docx", "pdf", "xlsx")
#: Layers that take land out, in this order.
LAYERS = ("ecology", "reserve")
SLOPE, WATER, USABLE = "slope", "water", "usable"
_STEEP = 5
_NO = frozenset({"no", "none", "0", "false", "无", "否"})


@dataclass(frozen=True)
class SoilCandidates:
    """n candidate parcels. Of each the parts add up to its area; of all they add up to the candidates' area."""

    folder: Path
    year: int
    ids: npt.NDArray[np.object_]
    classes: npt.NDArray[np.object_]
    kind: npt.NDArray[np.object_]
    areas: IntArray  # [dm²]
    reasons: tuple[str, ...]  # of being out, then "usable"
    parts: IntArray  # (n, reasons) [dm²]
    suited: Suitability
    need: FloatArray  # leaching water [m³/ha]
    measures: tuple[str, ...]  # main measures of each, with blanks between
    assessed: tuple[str, ...]  # criteria that were known of some parcel
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> IntArray:
        """(n,) [dm²]"""
        return self.parts[:, -1]

    def records(self) -> list[dict[str, Any]]:
        """A row for each candidate."""
        return [self._record(at) for at in range(len(self.ids))]

    def _record(self, at: int) -> dict[str, Any]:
        out = {one: int(dm2) for one, dm2 in zip(self.reasons[:-1], self.parts[at], strict=False) if dm2}
        usable, area = int(self.usable[at]), int(self.areas[at])
        need = _number(self.need[at])
        return {
            "parcel_id": str(self.ids[at]), "class_code": str(self.classes[at]), "kind": str(self.kind[at]),
            "area_dm2": area, "usable_dm2": usable,
            "verdict": "in" if usable == area else "out" if usable == 0 else "part", "out_dm2": out,
            "score": _number(self.suited.score[at]), "known": float(self.suited.known[at]),
            "grade": str(self.suited.grade[at]), "water_m3_ha": need,
            "water_m3": None if need is None else need * usable / 1e6, "measures": self.measures[at].split(),
        }  # fmt: skip

    def summary(self) -> list[dict[str, Any]]:
        """By kind: parcels, area, area by reason, usable area by suitability."""
        from tilth.soil import CANDIDATE_KINDS, SUITABILITY_GRADES

        rows = []
        for kind in CANDIDATE_KINDS:
            own = self.kind == kind
            parts = {one: int(self.parts[own, at].sum()) for at, one in enumerate(self.reasons)}
            grades = {one: int(self.usable[own & (self.suited.grade == one)].sum()) for one in SUITABILITY_GRADES}
            rows.append(
                {"kind": kind, "parcels": int(own.sum()), "area_dm2": int(self.areas[own].sum()), **parts, **grades}
            )
        return rows

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "folder": str(self.folder),
            "files": sorted(one.name for one in self.folder.iterdir() if one.is_file()),
            "year": self.year, "candidates": len(self.ids), "total_dm2": int(self.areas.sum()),
            "usable_dm2": int(self.usable.sum()), "excluded_by": list(self.reasons[:-1]),
            "criteria_known": list(self.assessed), "kinds": self.summary(), "parcels": self.records(),
            "findings": [one.as_record() for one in self.findings],
        }  # fmt: skip


def _number(value: float) -> float | None:
    import math

    return None if math.isnan(value) else float(value)


def soil_candidates(
    workspace: Workspace,
    year: int,
    *,
    tables: Sequence[str | Path] = (),
    rasters: Sequence[str | Path] = (),
    meaning: Mapping[str, str] | None = None,
    abandoned: str | Path | None = None,
    exclude: Sequence[str] = (),
    steepest: int = _STEEP - 1,
    water_m3_ha: float | None = None,
    name: str = FOLDER,
    made_on: str | None = None,
    formats: Sequence[str] = FORMATS,
) -> SoilCandidates:
    """The inventory into the workspace's `candidates/NAME`: table, map, GeoPackage, papers in both languages.

    Parameters
    ----------
    tables, rasters, meaning
        What is known of parcels, as for `soil_zones`: criteria of suitability (ece_ds_m, gw_depth_m, …), `outlet`,
        `water` (may the parcel have any: yes or no).
    abandoned
        A table with the parcel_id of parcels that were found abandoned.
    exclude
        Kinds of layers that take land out, beside `LAYERS`.
    steepest
        Slope grade up to which land may be used, 1 to 5.
    water_m3_ha
        Leaching water that there is; land that needs more is out.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If there is no such survey, a file cannot be used, or the survey has no candidate.
    """
    import numpy as np

    from tilth.api.layers import usable_layers
    from tilth.land import Store
    from tilth.soil import candidate_kinds, meant, suitability, water_need

    if not 1 <= steepest <= _STEEP:
        raise BadInput("SOIL-CANDIDATES-SLOPE", given=steepest)
    store = Store(workspace)
    survey = store.survey(year)
    frame = survey.parcels
    units = parcel_units(
        workspace, year, rasters=[Path(one) for one in rasters], tables=[Path(one) for one in tables], columns=(),
        kinds=(), weights={}, need=False,
    )  # fmt: skip
    held = {one.name: one for one in units.drivers}
    known = {driver: held[column] for driver, column in meant(meaning or {}, tuple(held)).items()}
    numbers = {name: one.numbers for name, one in known.items() if one.numbers is not None}
    gone = None if abandoned is None else _listed_parcels(Path(abandoned), units.ids, year)
    kind = candidate_kinds(frame, survey.codes, ece=numbers.get("ece_ds_m"), abandoned=gone)
    at = np.flatnonzero(kind != "")
    if not len(at):
        raise BadInput("SOIL-CANDIDATES-NONE", year=year)
    values = {name: one[at] for name, one in numbers.items()}
    wanted = tuple(dict.fromkeys((*LAYERS, *exclude)))
    layers, left_out = usable_layers(store, survey, (*wanted, SLOPE))
    values["slope_grade"] = _slope(frame, values.get("slope_grade"), units, at, layers.get(SLOPE))
    values["area_ha"] = units.areas[at] / 1e6
    suited = suitability(values, len(at))
    need = water_need(values.get("ece_ds_m", np.full(len(at), np.nan)))
    reasons, parts = _parts(
        units, at, layers, wanted, values["slope_grade"], steepest, _dry(known, at, need, water_m3_ha)
    )
    done = SoilCandidates(
        workspace.root / FOLDER / Path(raster_folder(workspace, name)).name, year, units.ids[at],
        units.classes[at] if units.classes is not None else units.ids[at], kind[at], units.areas[at], reasons, parts,
        suited, need, _measures(known, at), tuple(sorted(set(values) & _criteria())),
        (*left_out, *_findings(wanted, layers, left_out, "ece_ds_m" in numbers, values, year)),
    )  # fmt: skip
    _written(done, workspace, units, at, made_on or datetime.now(UTC).date().isoformat(), formats)
    return done


def _slope(frame: Any, told: FloatArray | None, units: Any, at: IntArray, layer: Any) -> FloatArray:
    """(n,) Slope grade of the candidates: of the table, else of the survey, else of the slope layer."""
    import numpy as np

    from tilth.api.candidate_ground import main_grades

    own = frame["slope_grade"].astype("Float64").to_numpy(np.float64, na_value=np.nan)[at]
    out: FloatArray = own if told is None else np.where(np.isfinite(told), told, own)
    blank = np.flatnonzero(np.isnan(out))
    if layer is not None and len(blank):
        rows = at[blank]
        ids = [str(one) for one in units.ids[rows]]
        out = out.copy()
        out[blank] = main_grades(units.shapes[rows], ids, units.areas[rows], layer, SLOPE, units.crs)
    return out


def _criteria() -> set[str]:
    from tilth.soil import criteria

    return {one.id for one in criteria()}


def _listed_parcels(path: Path, ids: npt.NDArray[np.object_], year: int) -> npt.NDArray[np.bool_]:
    import numpy as np

    from tilth.intake import read_table

    rows = rows_by_parcel(read_table(path).frame, path.name, set(ids.tolist()), year)
    return np.array([one in rows for one in ids], dtype=bool)


def _dry(known: Mapping[str, Any], at: IntArray, need: FloatArray, water_m3_ha: float | None) -> npt.NDArray[np.bool_]:
    """Candidates that may have no water, or not as much as they need."""
    import numpy as np

    out = np.zeros(len(at), dtype=bool)
    water = known.get("water")
    if water is not None and water.kinds is not None:
        out |= np.array([one.strip().casefold() in _NO for one in water.kinds[at]], dtype=bool)
    elif water is not None:
        out |= water.numbers[at] == 0
    if water_m3_ha is not None:
        out |= np.nan_to_num(need, nan=0.0) > water_m3_ha
    return out


def _parts(
    units: Any, at: IntArray, layers: Mapping[str, Any], wanted: Sequence[str], slope: FloatArray, steepest: int,
    dry: npt.NDArray[np.bool_],
) -> tuple[tuple[str, ...], IntArray]:  # fmt: skip
    """Area by the first reason that takes it out, and what is usable."""
    import numpy as np

    from tilth.api.candidate_ground import ground_by_layer

    kinds = {one: layers[one] for one in wanted if one in layers}
    ids = [str(one) for one in units.ids[at]]
    found, _ = ground_by_layer(units.shapes[at], ids, units.areas[at], kinds, units.crs)
    left, none = found[:, -1], np.zeros(len(at), dtype=np.int64)
    steep = np.nan_to_num(slope, nan=0.0) > steepest
    by_slope = np.where(steep, left, none)
    by_water = np.where(dry & ~steep, left, none)
    parts = np.column_stack([found[:, :-1], by_slope, by_water, left - by_slope - by_water]).astype(np.int64)
    assert np.array_equal(parts.sum(axis=1), units.areas[at])
    return (*kinds, SLOPE, WATER, USABLE), parts


def _measures(known: Mapping[str, Any], at: IntArray) -> tuple[str, ...]:
    """Measures that may stand on each candidate, by what is known of it."""
    from tilth.soil import called_for

    out, held = [], dict[tuple[tuple[str, float | str], ...], str]()
    for one in at.tolist():
        told: dict[str, float | str] = {
            name: str(each.kinds[one]) if each.numbers is None else round(float(each.numbers[one]), 2)
            for name, each in known.items()
            if each.known[one]
        }
        key = tuple(sorted(told.items()))
        if key not in held:
            held[key] = " ".join(each.treatment for each in called_for(told) if not each.forbidden)
        out.append(held[key])
    return tuple(out)


def _findings(
    wanted: Sequence[str], layers: Mapping[str, Any], left_out: Sequence[Finding], salt: bool,
    values: Mapping[str, FloatArray], year: int,
) -> tuple[Finding, ...]:  # fmt: skip
    import numpy as np

    found = []
    damaged = {one.where.layer for one in left_out}
    for kind in wanted:
        if kind not in layers and kind not in damaged:
            found.append(Finding("SOIL-CANDIDATES-LAYER", Where(layer=kind), {"kind": kind, "year": year}))
    if not salt:
        found.append(Finding("SOIL-CANDIDATES-SALT", Where(), {}))
    blank = int(np.isnan(values["slope_grade"]).sum())
    if blank:
        count = len(values["slope_grade"])
        found.append(Finding("SOIL-CANDIDATES-SLOPES", Where(), {"count": blank, "parcels": count}))
    return tuple(found)


# --- files ---------------------------------------------------------------------------------------------------------


def _written(
    done: SoilCandidates, workspace: Workspace, units: Any, at: IntArray, made_on: str, formats: Sequence[str]
) -> None:
    from tilth.core import speaking
    from tilth.report import Paper, Part, Provenance, candidate_map, write_paper

    done.folder.mkdir(parents=True, exist_ok=True)
    _table(done)
    _packaged(done, units, at, made_on)
    provenance = Provenance(f"tilth {__version__}", (), units.sources)
    for lang in ("en", "zh"):
        with speaking(lang):
            picture = candidate_map(
                units.shapes, units.shapes[at], done.kind, done.usable, done.areas, units.crs,
                label("SOIL-CANDIDATES-TITLE"), lang,
            )  # fmt: skip
            (done.folder / f"candidates-{lang}.png").write_bytes(picture)
            lists = (_summary_list(done), _suits_list(done), _parcel_list(done))
            said = (
                message("SOIL-CANDIDATES-SAID", count=f"{len(done.ids):,}", area=_ha(int(done.areas.sum())),
                        usable=_ha(int(done.usable.sum()))),
                message("SOIL-CANDIDATES-RULE"),
            )  # fmt: skip
            notes = tuple(one.said for one in done.findings)
            title = str(label("SOIL-CANDIDATES-TITLE"))
            part = Part(title, said, notes, picture, title, lists)
            unit = Label(workspace.name, workspace.name)
            paper = Paper(label("SOIL-CANDIDATES-TITLE"), unit, done.year, (part,), provenance, made_on)
            write_paper(paper, done.folder, f"candidates-{lang}", [one for one in formats if one != "csv"])
    write_about(done, ABOUT)


def _ha(dm2: int) -> str:
    return f"{dm2 / 1e6:,.2f}"


def _table(done: SoilCandidates) -> None:
    from tilth.core import safe_cell

    with (done.folder / TABLE).open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["parcel_id", "class_code", "kind", "verdict", "area_m2", *(f"{one}_m2" for one in done.reasons), "score",
             "known_share", "suitability", "water_m3_ha", "water_m3", "measures"]
        )  # fmt: skip
        for at, one in enumerate(done.records()):
            told = ["" if one[key] is None else f"{one[key]:.4g}" for key in ("score", "known")]
            water = ["" if one[key] is None else f"{one[key]:.0f}" for key in ("water_m3_ha", "water_m3")]
            writer.writerow(
                [safe_cell(one["parcel_id"]), one["class_code"], one["kind"], one["verdict"],
                 f"{one['area_dm2'] / 100:.2f}", *(f"{dm2 / 100:.2f}" for dm2 in done.parts[at].tolist()), *told,
                 one["grade"], *water, " ".join(one["measures"])]
            )  # fmt: skip


def _packaged(done: SoilCandidates, units: Any, at: IntArray, made_on: str) -> None:
    import geopandas as gpd

    from tilth.report import CANDIDATE_COLOURS, Category, StyledLayer, write_geopackage

    rows = done.records()
    keys = ("parcel_id", "class_code", "kind", "verdict", "area_dm2", "usable_dm2", "score", "known", "grade")
    frame = gpd.GeoDataFrame(
        {key: [one[key] for one in rows] for key in (*keys, "water_m3_ha")},
        geometry=list(units.shapes[at]),
        crs=units.crs,
    )
    frame = frame.astype({"score": "float64", "water_m3_ha": "float64"})
    categories = tuple(Category(one, _kind_label(one), colour) for one, colour in CANDIDATE_COLOURS.items())
    layer = StyledLayer("candidates", label("SOIL-CANDIDATES-TITLE"), frame, "kind", categories)
    write_geopackage([layer], done.folder / PACKAGE, made_on)


def _kind_label(kind: str) -> Label:
    return label(f"SOIL-CANDIDATES-KIND-{kind.upper()}")


def _reason(one: str) -> Label:
    from tilth.change import layer_label

    own = {SLOPE: "STEEP", WATER: "WATER", USABLE: "USABLE"}
    return label(f"SOIL-CANDIDATES-{own[one]}") if one in own else layer_label(one)


def _summary_list(done: SoilCandidates) -> Listing:
    """Area by kind and reason, with their sums: rows and columns close."""
    from tilth.report import ListColumn, Listing

    rows = [
        (str(_kind_label(one["kind"])), one["parcels"], one["area_dm2"], *(one[reason] for reason in done.reasons))
        for one in done.summary()
    ]
    rows.append((message("SOIL-CANDIDATES-TOTAL"), *(sum(row[at] for row in rows) for at in range(1, len(rows[0])))))
    columns = (
        ListColumn("kind", label("SOIL-CANDIDATES-COL-KIND")),
        ListColumn("parcels", label("SOIL-CANDIDATES-COL-PARCELS"), "count"),
        ListColumn("area", label("SOIL-CANDIDATES-COL-AREA"), "area"),
        *(ListColumn(one, _reason(one), "area") for one in done.reasons),
    )
    return Listing("candidates-by-kind", label("SOIL-CANDIDATES-BY-KIND"), columns, tuple(rows))


def _suits_list(done: SoilCandidates) -> Listing:
    from tilth.report import ListColumn, Listing
    from tilth.soil import SUITABILITY_GRADES

    rows = [
        (str(_kind_label(one["kind"])), *(one[grade] for grade in SUITABILITY_GRADES), one[USABLE])
        for one in done.summary()
    ]
    rows.append((message("SOIL-CANDIDATES-TOTAL"), *(sum(row[at] for row in rows) for at in range(1, len(rows[0])))))
    columns = (
        ListColumn("kind", label("SOIL-CANDIDATES-COL-KIND")),
        *(ListColumn(one, label(f"SOIL-CANDIDATES-GRADE-{one.upper()}"), "area") for one in SUITABILITY_GRADES),
        ListColumn(USABLE, _reason(USABLE), "area"),
    )
    return Listing("candidates-suitability", label("SOIL-CANDIDATES-SUITS"), columns, tuple(rows))


def _parcel_list(done: SoilCandidates) -> Listing:
    from tilth.report import ListColumn, Listing

    rows = []
    for one in done.records():
        out = "; ".join(f"{_reason(reason)} {dm2 / 100:,.2f} m²" for reason, dm2 in one["out_dm2"].items())
        score = None if one["score"] is None else round(one["score"], 2)
        water = None if one["water_m3"] is None else round(one["water_m3"])
        grade = message(f"SOIL-CANDIDATES-GRADE-{one['grade'].upper()}")
        rows.append(
            (
                one["parcel_id"],
                str(_kind_label(one["kind"])),
                one["area_dm2"],
                one["usable_dm2"],
                out,
                score,
                grade,
                water,
            )
        )
    kinds = {"area": "area", "usable": "area", "score": "number", "water": "count"}
    names = ("parcel", "kind", "area", "usable", "out", "score", "grade", "water")
    columns = tuple(
        ListColumn(one, label(f"SOIL-CANDIDATES-COL-{one.upper()}"), kinds.get(one, "text"))  # type: ignore[arg-type]
        for one in names
    )
    return Listing("candidates", label("SOIL-CANDIDATES-PARCELS"), columns, tuple(rows))
