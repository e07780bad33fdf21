"""The verdict on a footprint: what each rule says, every hit by itself, and the table that it all adds up from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.change.contest import Contest
from tilth.change.rulepack import Outcome
from tilth.core import AreaTable, Column, Finding, Label, Row, breaking, label

#: Where a piece of the footprint lies: on a parcel, between parcels, outside the county, or one of the last two.
ON_PARCEL, GAP, BEYOND, UNKNOWN = "parcel", "gap", "beyond", "unknown"

#: Columns of a verdict's pieces before one boolean column for each layer kind (NA: that layer is missing) and the
#: geometry. A piece lies in one plot, on one parcel, and wholly inside or outside of every layer.
PIECE_COLUMNS = (
    "plot_id",
    "ground",  # parcel, gap, beyond or unknown
    "parcel_id",
    "class_code",
    "farmland",
    "paddy",
    "township",
    "village",
    "slope_grade",
    "quality_grade",
    "repeated",  # this land is in an earlier plot as well
    "area_dm2",
    "deduct_dm2",  # ridge deduction, from the piece's own area and the parcel's coefficient
    "net_dm2",
)
AREAS = ["area_dm2", "deduct_dm2", "net_dm2"]


@dataclass(frozen=True)
class Hit:
    """One feature that a rule found under one plot. The id is the same on every run, so that it can be contested."""

    id: str
    rule: str
    layer: str
    feature_id: str
    name: str
    plot_id: str
    parcel_ids: tuple[str, ...]  # parcels under the hit, the largest share first
    area_dm2: int
    x: float  # a point inside the hit, in the survey's coordinates
    y: float
    geometry: shapely.Geometry = field(repr=False)
    contest: Contest | None = None
    parcel_dm2: tuple[int, ...] = ()  # of the hit, on each of `parcel_ids`; the rest lies on no parcel

    COLUMNS: ClassVar[tuple[str, ...]] = ("id", "rule", "layer", "feature_id", "name", "plot_id", "area_dm2", "x", "y")

    @property
    def parcel_id(self) -> str:
        """The parcel with the largest share of the hit; "" where there is none."""
        return self.parcel_ids[0] if self.parcel_ids else ""

    def as_record(self) -> dict[str, Any]:
        """Everything but the geometry, for JSON and CSV."""
        return {
            **{name: getattr(self, name) for name in self.COLUMNS},
            "parcel_ids": list(self.parcel_ids),
            "parcel_dm2": list(self.parcel_dm2),
            "contest": self.contest.as_record() if self.contest else None,
        }


@dataclass(frozen=True)
class RuleOutcome:
    """What one rule says. `values` holds the numbers behind `said`: areas in dm² under names ending in `_dm2`."""

    rule: str
    version: str
    title: Label
    outcome: Outcome
    area_dm2: int  # the area that the rule is about
    said: Label
    duty: Label  # what follows; empty where the rule passes
    source: str
    confidence: str
    hits: int = 0
    contested: int = 0
    values: Mapping[str, Any] = field(default_factory=dict)
    at_worst: Outcome = Outcome.INFO  # what the rule says where its condition is met

    def as_record(self) -> dict[str, Any]:
        """For JSON, texts in the language in use."""
        names = ("rule", "version", "area_dm2", "source", "confidence", "hits", "contested")
        return {
            **{name: getattr(self, name) for name in names},
            "outcome": str(self.outcome),
            "at_worst": str(self.at_worst),
            "title": str(self.title),
            "said": str(self.said),
            "duty": str(self.duty),
            "values": dict(self.values),
        }


@dataclass(frozen=True)
class PlotVerdict:
    """One plot of the footprint. Rules about tasks are judged for the whole footprint only."""

    id: str
    name: str
    area_dm2: int
    repeated_dm2: int  # of it, land that lies in an earlier plot as well
    outcomes: tuple[RuleOutcome, ...]
    geometry: shapely.Geometry = field(repr=False)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "name": self.name,
            "area_dm2": self.area_dm2,
            "repeated_dm2": self.repeated_dm2,
            "outcomes": [outcome.as_record() for outcome in self.outcomes],
        }


@dataclass(frozen=True)
class Verdict:
    """A footprint judged by the rules in force on the act date. The total counts each plot by itself."""

    year: int
    act_date: date
    crs: str  # of every geometry here: the survey's
    pack: str
    pack_version: str
    area_dm2: int  # Σ plots
    area_from: str  # "survey" or "engine"
    plots: tuple[PlotVerdict, ...]
    outcomes: tuple[RuleOutcome, ...]
    hits: tuple[Hit, ...]
    pieces: gpd.GeoDataFrame = field(repr=False)
    layers: tuple[str, ...]  # kinds that the pieces were cut by, in the order of their columns
    classes: Mapping[str, Label] = field(repr=False)
    findings: tuple[Finding, ...]
    inputs: Mapping[str, str]  # kind -> id of the snapshot that was used

    @property
    def clear(self) -> bool:
        """Is no rule broken, was every rule that can be broken assessed, and is every number sound?"""
        return not self.failed and not self.open and not breaking(self.findings)

    @property
    def failed(self) -> tuple[RuleOutcome, ...]:
        """The rules that the footprint breaks."""
        return tuple(outcome for outcome in self.outcomes if outcome.outcome is Outcome.FAIL)

    @property
    def open(self) -> tuple[RuleOutcome, ...]:
        """The rules that the footprint may break for all that is known: they could not be assessed."""
        silent = (one for one in self.outcomes if one.outcome is Outcome.NOT_ASSESSED)
        return tuple(one for one in silent if one.at_worst is Outcome.FAIL)

    @property
    def distinct_dm2(self) -> int:
        """The land of the footprint with what lies in several plots counted once. [dm²]"""
        return self.area_dm2 - sum(plot.repeated_dm2 for plot in self.plots)

    @property
    def said(self) -> Label:
        """The verdict in one sentence."""
        failed = self.failed
        if failed:
            hits, contested = sum(o.hits for o in failed), sum(o.contested for o in failed)
            rules = _named(failed)
            key = "CHECK-FAILS-CONTESTED" if contested else "CHECK-FAILS"
            return label(key, count=len(failed), rules=rules, hits=hits, contested=contested)
        if self.open:
            return label("CHECK-OPEN", count=len(self.open), rules=_named(self.open))
        if not self.clear:
            return label("CHECK-UNSOUND", count=len(breaking(self.findings)))
        count = {kind: sum(o.outcome is kind for o in self.outcomes) for kind in Outcome}
        return label("CHECK-CLEAR", warnings=count[Outcome.WARN], unassessed=count[Outcome.NOT_ASSESSED])

    def cross(self, *, by_plot: bool = True) -> pd.DataFrame:
        """Area by class × layers × slope × quality × township × village: a partition of the footprint.

        Columns: the keys (plot_id first if `by_plot`), then area_dm2, deduct_dm2 and net_dm2. `area_dm2` sums
        exactly to each plot and to the footprint.
        """
        keys = ["township", "village", "ground", "class_code", *self.layers, "slope_grade", "quality_grade"]
        keys = ["plot_id", *keys] if by_plot else keys
        grouped = pd.DataFrame(self.pieces[[*keys, *AREAS]]).groupby(keys, dropna=False, sort=True)
        return grouped[AREAS].sum().reset_index()

    def tables(self) -> tuple[AreaTable, ...]:
        """What a report prints: one row for each plot and the total, and the cross table."""
        return (_plots_table(self), _cross_table(self))

    def as_record(self) -> dict[str, Any]:
        """Everything but the geometries, for JSON."""
        return {
            "clear": self.clear,
            "said": str(self.said),
            "year": self.year,
            "act_date": self.act_date.isoformat(),
            "crs": self.crs,
            "rules": {"id": self.pack, "version": self.pack_version},
            "area_dm2": self.area_dm2,
            "distinct_dm2": self.distinct_dm2,
            "area_from": self.area_from,
            "plots": [plot.as_record() for plot in self.plots],
            "outcomes": [outcome.as_record() for outcome in self.outcomes],
            "hits": [hit.as_record() for hit in self.hits],
            "cross": [_plain(row) for row in self.cross().to_dict("records")],
            "findings": [finding.as_record() for finding in self.findings],
            "inputs": dict(self.inputs),
        }


def _named(outcomes: Iterable[RuleOutcome]) -> Label:
    """Rules by id and title, in one line."""
    listed = [(one.rule, one.title) for one in outcomes]
    english = ", ".join(f"{rule} {title.en}" for rule, title in listed)
    return Label(english, "、".join(f"{rule} {title.zh}" for rule, title in listed))


def _plain(row: Mapping[Any, Any]) -> dict[str, Any]:
    """A row of plain values: None for NA, whole numbers as int."""
    out: dict[str, Any] = {}
    for key, value in row.items():
        blank = value is None or value is pd.NA
        out[str(key)] = None if blank else value.item() if isinstance(value, np.generic) else value
    return out


def layer_label(kind: str) -> Label:
    """The name of a layer kind; of a kind that no rule knows, the word itself."""
    try:
        return label(f"CHECK-LAYER-{kind.upper()}")
    except KeyError:
        return Label(kind, kind)


def _plots_table(verdict: Verdict) -> AreaTable:
    pieces = verdict.pieces
    farmland, ground = pieces["farmland"].to_numpy(bool), pieces["ground"]
    chosen: list[tuple[str, Label, Any, str]] = [
        ("total", label("CHECK-COLUMN-TOTAL"), np.ones(len(pieces), bool), "area_dm2"),
        ("farmland", label("CHECK-COLUMN-FARMLAND"), farmland, "area_dm2"),
        ("farmland_net", label("CHECK-COLUMN-FARMLAND-NET"), farmland, "net_dm2"),
        ("paddy_net", label("CHECK-COLUMN-PADDY-NET"), pieces["paddy"].to_numpy(bool), "net_dm2"),
    ]
    for kind in verdict.layers:
        if not pieces[kind].isna().any():
            chosen.append((kind, layer_label(kind), pieces[kind].to_numpy(bool), "area_dm2"))
    off_survey = (ground == GAP) | (ground == UNKNOWN)
    chosen.append(("gap", label("CHECK-COLUMN-GAP"), off_survey.to_numpy(bool), "area_dm2"))
    chosen.append(("beyond", label("CHECK-COLUMN-BEYOND"), (ground == BEYOND).to_numpy(bool), "area_dm2"))
    chosen.append(("repeated", label("CHECK-COLUMN-REPEATED"), pieces["repeated"].to_numpy(bool), "area_dm2"))
    of_plot = [(pieces["plot_id"] == plot.id).to_numpy(bool) for plot in verdict.plots]
    cells = [
        [int(pieces[area].to_numpy(np.int64)[mask & mine].sum()) for _, _, mask, area in chosen] for mine in of_plot
    ]
    cells.append([sum(column) for column in zip(*cells, strict=True)])
    rows = [Row((plot.id, plot.name), 1) for plot in verdict.plots]
    return AreaTable(
        id="check-plots",
        title=label("CHECK-TABLE-PLOTS"),
        key_columns=(label("CHECK-COLUMN-PLOT"), label("CHECK-COLUMN-NAME")),
        columns=tuple(Column(code, text) for code, text, _, _ in chosen),
        rows=(*rows, Row((label("CHECK-COLUMN-TOTAL"), ""))),
        dm2=np.array(cells, dtype=np.int64),
        notes=_missing_notes(verdict),
    )


def _missing_notes(verdict: Verdict) -> tuple[Label, ...]:
    missing = [kind for kind in verdict.layers if verdict.pieces[kind].isna().any()]
    return tuple(label("CHECK-SAID-NO-LAYER", kind=kind, layer=layer_label(kind)) for kind in missing)


def _cross_table(verdict: Verdict) -> AreaTable:
    cross = verdict.cross()
    keys = [name for name in cross.columns if name not in AREAS]
    headings = [layer_label(key) if key in verdict.layers else label(f"CHECK-KEY-{key.upper()}") for key in keys]
    rows = [Row(tuple(_shown(verdict, key, row) for key in keys)) for row in cross.to_dict("records")]
    columns = ("CHECK-COLUMN-TOTAL", "CHECK-COLUMN-RIDGES", "CHECK-COLUMN-NET")
    return AreaTable(
        id="check-cross",
        title=label("CHECK-TABLE-CROSS"),
        key_columns=tuple(headings),
        columns=tuple(
            Column(code.removesuffix("_dm2"), label(text)) for code, text in zip(AREAS, columns, strict=True)
        ),
        rows=tuple(rows),
        dm2=cross[AREAS].to_numpy(dtype=np.int64).reshape(len(cross), len(AREAS)),
    )


def _shown(verdict: Verdict, key: str, row: Mapping[Any, Any]) -> str:
    """One cell of the cross table's key columns, in the language in use."""
    value = row[key]
    if key in verdict.layers:
        if row["ground"] in (BEYOND, UNKNOWN) and not pd.isna(value) and not value:
            return str(label("CHECK-CELL-UNKNOWN"))
        return str(label("CHECK-CELL-UNKNOWN" if pd.isna(value) else "CHECK-CELL-IN" if value else "CHECK-CELL-OUT"))
    if pd.isna(value):
        return ""
    if key == "ground":
        return str(label(f"CHECK-GROUND-{value.upper()}"))
    if key == "class_code" and value in verdict.classes:
        return f"{value} {verdict.classes[value]}"
    return str(value)


def hits_frame(hits: Iterable[Hit], crs: str) -> gpd.GeoDataFrame:
    """The hits as a frame with geometry, for a map or a GeoPackage."""
    listed = list(hits)
    rows = []
    for hit in listed:
        row = hit.as_record()
        row["parcel_ids"] = " ".join(hit.parcel_ids)
        del row["parcel_dm2"]
        row["contest"] = hit.contest.reason if hit.contest else ""
        rows.append(row)
    columns = [*Hit.COLUMNS, "parcel_ids", "contest"]
    return gpd.GeoDataFrame(rows, columns=columns, geometry=[hit.geometry for hit in listed], crs=crs)
