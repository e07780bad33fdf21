"""Is a project's footprint clear? Every rule's verdict, every hit by itself, and a picture."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from tilth.api.layers import usable_layers
from tilth.api.on_maps import collection
from tilth.api.outlined import designated_in
from tilth.change import Verdict, check_footprint, hits_frame, layer_label, load_rules, read_contests
from tilth.core import BadInput, Finding, Label, label, language, message
from tilth.intake import Table, impossible_places, read_vector
from tilth.land import RegionTree, Snapshot, Store
from tilth.report import check_map, groups_of
from tilth.runtime import Workspace, working, write_whole

#: Columns that may name a plot, in the order they are looked for.
_NUMBERS = ("plot_no", "plot_id", "BSM", "id", "DKBH", "XMBH", "XMDM")
_NAMES = ("plot_name", "name", "DKMC", "XMMC")
#: No picture of a footprint reaches further beyond it than this many times its own size.
PICTURE_REACH = 4.0


@dataclass(frozen=True)
class Checked:
    """One footprint's verdict, and the files that keep it."""

    name: str
    verdict: Verdict
    left_out: tuple[tuple[int, str, str], ...]  # rows of the file that hold no plot: (row, code, reason)
    findings: tuple[Finding, ...]
    picture: Path
    record: Path
    drawing: tuple[str, bytes]  # its language, PNG

    @property
    def clear(self) -> bool:
        """No rule is broken, each that can be was assessed, and nothing of the file was left out."""
        return self.verdict.clear and not self.left_out

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return _record(self.name, self.verdict, self.left_out, self.findings) | {"picture": str(self.picture)}


def _record(
    name: str, verdict: Verdict, left_out: tuple[tuple[int, str, str], ...], findings: tuple[Finding, ...]
) -> dict[str, Any]:
    return {
        "project": name,
        **verdict.as_record(),
        "clear": verdict.clear and not left_out,
        "left_out": [{"row": r, "code": c, "reason": w} for r, c, w in left_out],
        "file_findings": [finding.as_record() for finding in findings],
    }


@dataclass(frozen=True)
class JudgedFootprint:
    """One footprint's verdict, kept nowhere yet."""

    name: str
    verdict: Verdict
    left_out: tuple[tuple[int, str, str], ...]
    findings: tuple[Finding, ...]
    table: Table
    snapshot: Snapshot
    layers: Mapping[str, Snapshot]

    @property
    def clear(self) -> bool:
        """As `Checked.clear`."""
        return self.verdict.clear and not self.left_out

    def regions(self, workspace: Workspace) -> frozenset[str]:
        """The smallest regions of the workspace in which the footprint meets parcels."""
        tree = Store(workspace).regions()
        villages = {str(one) for one in self.verdict.pieces["village"].dropna() if one}
        return frozenset(known_region(village, tree, workspace.region) for village in villages)

    def as_record(self) -> dict[str, Any]:
        """For JSON, with the plots and the hits as web maps draw them."""
        verdict = self.verdict
        plots = [{"plot_id": one.id, "name": one.name, "area_dm2": one.area_dm2} for one in verdict.plots]
        hits = [one.as_record() for one in verdict.hits]
        return {
            **_record(self.name, verdict, self.left_out, self.findings),
            "plots_geojson": collection([one.geometry for one in verdict.plots], verdict.crs, plots),
            "hits_geojson": collection([one.geometry for one in verdict.hits], verdict.crs, hits),
        }


def known_region(village: str, tree: RegionTree, otherwise: str) -> str:
    """The narrowest region of `tree` that the code of a village lies in."""
    return next((village[:end] for end in range(len(village), 0, -1) if village[:end] in tree), otherwise)


def judge(
    workspace: Workspace,
    file: str | Path,
    *,
    year: int,
    act_date: date | None = None,
    contests: str | Path | None = None,
    rules: str | Path | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> JudgedFootprint:
    """As `check`, but without a picture, and nothing is kept.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        As `check`.
    """
    store = Store(workspace)
    store.in_use(year)
    table = read_vector(file, layer=layer, encoding=encoding, crs=crs)
    footprint, left_out = _plots(table, Path(file).name)
    snapshot = store.survey(year)
    layers, unusable = usable_layers(store, snapshot)
    tasks = store.tasks(year)
    with working(message("API-CHECKING", file=Path(file).name)):
        counts = "pbf" in layers and any(task.pbf_dm2 is not None for task in tasks)
        verdict = check_footprint(
            footprint,
            snapshot,
            layers,
            store.regions(),
            tasks,
            load_rules(rules),
            year=year,
            act_date=act_date,
            contests=read_contests(contests) if contests else (),
            unusable={**_too_late(store, year), **{one.where.layer: label(one.code, **one.values) for one in unusable}},
            pbf_held=designated_in(workspace, layers["pbf"], snapshot) if counts else None,
        )
    return JudgedFootprint(Path(file).stem, verdict, left_out, (*unusable, *table.findings), table, snapshot, layers)


def check(
    workspace: Workspace,
    file: str | Path,
    *,
    year: int,
    act_date: date | None = None,
    contests: str | Path | None = None,
    rules: str | Path | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> Checked:
    """Check a project's footprint against the survey of `year`, every layer, and the rules in force on `act_date`.

    Parameters
    ----------
    contests
        A CSV or JSON of objections to single hits (hit_id, reason, who, date).
    rules
        A rule pack of the province's own; the one that ships otherwise.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If the file cannot be used or leaves something open, or there is no survey of that year.
    """
    found = judge(
        workspace, file, year=year, act_date=act_date, contests=contests, rules=rules, layer=layer, encoding=encoding,
        crs=crs,
    )  # fmt: skip
    with working(message("API-CHECKING", file=Path(file).name)):
        picture, record = _kept(workspace, found.table, found.name, year)
        image = drawn(found.name, found.verdict, found.snapshot, found.layers, language())
        write_whole(picture, image)
        checked = Checked(
            found.name, found.verdict, found.left_out, found.findings, picture, record, (language(), image)
        )
        write_whole(record, json.dumps(checked.as_record(), ensure_ascii=False, indent=1, default=str).encode())
    return checked


def drawn(name: str, verdict: Verdict, snapshot: Snapshot, layers: Mapping[str, Snapshot], lang: str) -> bytes:
    """The picture of a verdict: footprint, parcels, layers and hits. PNG."""
    footprint = gpd.GeoDataFrame(
        {"plot_id": [plot.id for plot in verdict.plots]},
        geometry=[plot.geometry for plot in verdict.plots],
        crs=verdict.crs,
    )
    failed = {outcome.rule for outcome in verdict.outcomes if str(outcome.outcome) in ("fail", "warn")}
    hits = hits_frame([hit for hit in verdict.hits if hit.rule in failed], verdict.crs)
    around = _around(footprint)
    shown = {
        kind: (layer_label(kind), _seen(layer, around))
        for kind, layer in layers.items()
        if kind not in ("township", "village")
    }
    parcels = _seen(snapshot, around)
    return check_map(footprint, parcels, shown, hits, codes=snapshot.codes, title=Label(name, name), lang=lang)


def _around(footprint: gpd.GeoDataFrame) -> list[float] | None:
    """A box in which all lies that a picture of the footprint can show; None where it shows the county as well."""
    if len(groups_of(list(footprint.geometry))) > 1:
        return None
    x0, y0, x1, y1 = footprint.total_bounds.tolist()
    far = PICTURE_REACH * max(x1 - x0, y1 - y0)
    return [x0 - far, y0 - far, x1 + far, y1 + far]


def _seen(snapshot: Snapshot, around: list[float] | None) -> gpd.GeoDataFrame:
    """The rows whose box meets `around`; all of them without one."""
    if around is None:
        return snapshot.parcels
    low, high = snapshot.bounds[:, :2] <= around[2:], snapshot.bounds[:, 2:] >= around[:2]
    rows = np.flatnonzero(low.all(axis=1) & high.all(axis=1))
    attributes = pd.DataFrame(snapshot.attributes.iloc[rows]).drop(columns="geometry", errors="ignore")
    return gpd.GeoDataFrame(attributes, geometry=snapshot.shapes(rows), crs=snapshot.meta.crs)


def _too_late(store: Store, year: int) -> dict[str, Label]:
    """Kinds of which only layers later than `year` are stored, and what is said of that."""
    used = {"survey", *(entry.kind for entry in store.chosen(year))}
    later: dict[str, int] = {}
    for entry in store.listed():
        if entry.kind not in used and entry.year is not None:
            later[entry.kind] = min(entry.year, later.get(entry.kind, entry.year))
    return {
        kind: label("CHECK-SAID-LATER-LAYER", kind=kind, layer=layer_label(kind), found=found, year=year)
        for kind, found in later.items()
    }


def _kept(workspace: Workspace, table: Table, stem: str, year: int) -> tuple[Path, Path]:
    """Where the picture and the record go. Files of one name in two folders are told apart by their content."""
    folder = workspace.root / "reports" / "checks"
    folder.mkdir(parents=True, exist_ok=True)
    content = hashlib.sha256("".join(source.sha256 for source in table.sources).encode()).hexdigest()[:8]
    return folder / f"{stem}-{year}-{content}.png", folder / f"{stem}-{year}-{content}.json"


def _plots(table: Table, file: str) -> tuple[gpd.GeoDataFrame, tuple[tuple[int, str, str], ...]]:
    if table.crs is None:
        raise BadInput("API-NO-CRS", file=file)
    frame = table.frame
    shapes = np.asarray(frame.geometry, dtype=object)
    polygon = np.isin(shapely.get_type_id(shapes), (3, 6)) & ~shapely.is_empty(shapes)
    left_out = [(row.source_row, row.code, Finding(row.code, values=row.values).said) for row in table.rejected]
    for row, shape in zip(frame["source_row"][~polygon].tolist(), shapes[~polygon], strict=True):
        values = {"kind": "-" if shape is None else shape.geom_type}
        left_out.append((int(row), "API-NOT-A-POLYGON", Finding("API-NOT-A-POLYGON", values=values).said))
    nowhere, shown = impossible_places(shapes[polygon], table.crs)
    for row, place in zip(frame["source_row"][polygon][nowhere].tolist(), shown[nowhere], strict=True):
        said = Finding("INTAKE-ROW-COORDINATES", values={"value": place}).said
        left_out.append((int(row), "INTAKE-ROW-COORDINATES", said))
    polygon[polygon] = ~nowhere
    if not polygon.any():
        raise BadInput("API-NO-ROWS", file=file, rows=table.rows_in, why=left_out[0][2] if left_out else "-")
    good = frame[polygon]
    plots = gpd.GeoDataFrame(
        {"plot_id": _first(good, _NUMBERS, good["source_row"]), "plot_name": _first(good, _NAMES, "")},
        geometry=list(shapes[polygon]),
        crs=table.crs,
    )
    return plots, tuple(sorted(left_out))


def _first(frame: pd.DataFrame, names: tuple[str, ...], otherwise: Any) -> list[str]:
    by_name = {str(name).casefold(): name for name in frame.columns}
    for name in names:
        if name.casefold() in by_name:
            values = frame[by_name[name.casefold()]]
            return ["" if pd.isna(value) else str(value) for value in values]
    return [str(value) for value in pd.Series(otherwise, index=frame.index)]
