"""The yearbook: everything of a year in files that can be signed, mapped and recalculated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from tilth import __version__
from tilth.api.accounting import Flowed, accounts, flows, standing_of, unit_name
from tilth.api.examining import Examined, examined
from tilth.api.layers import LEFT_OUT, usable_layers
from tilth.api.projects import Checked, drawn
from tilth.api.results import Accounts, Written
from tilth.change import layer_label, load_rules, stable_rule
from tilth.core import AreaTable, BadInput, Finding, Label, label, language, message
from tilth.intake import IMPORT_RULES
from tilth.land import CodeSystem, Snapshot, Store, retold
from tilth.overlay import PieceTable, piece_geometry
from tilth.report import (
    FORMATS,
    Figure,
    KeyFigure,
    Provenance,
    StyledLayer,
    Yearbook,
    area_chart,
    change_layer,
    change_map,
    class_map,
    farmland_map,
    findings_layer,
    flow_chart,
    hundredths_of_ha,
    parcel_layer,
    plain_layer,
    write_yearbook,
)
from tilth.report import Verdict as Line
from tilth.runtime import Workspace, working

#: Colour of the outline of a layer, by kind, in the order in which the GeoPackage shows them; others come behind.
_OUTLINES = {
    "pbf": "#8c510a", "reserve": "#bf812d", "ecology": "#1b7837", "town": "#7b3294", "project": "#c51b7d",
    "village": "#555555", "township": "#222222",
}  # fmt: skip
_OTHER_OUTLINE = "#4575b4"


@dataclass(frozen=True)
class Reviewed:
    """Everything computed of a year: its tables, the flows that led to it, and what was found wrong."""

    accounts: Accounts
    flowed: Flowed | None
    examined: Examined


def review(workspace: Workspace, *, year: int, before: int | None = None) -> Reviewed:
    """Compute what a yearbook of `year` shows; `before` as for `report`.

    Raises
    ------
    NotFound
        If there is no survey of that year.
    """
    store = Store(workspace)
    found = accounts(workspace, year=year)
    return Reviewed(found, _flowed(workspace, store, year, before), examined(workspace, store, found.snapshot))


def report(
    workspace: Workspace,
    *,
    year: int,
    before: int | None = None,
    reviewed: Reviewed | None = None,
    folder: str | Path | None = None,
    lang: str | None = None,
    formats: Sequence[str] = FORMATS,
    made_on: str | None = None,
    checks: Sequence[Checked] = (),
    compiled_by: str = "",
    checked_by: str = "",
) -> Written:
    """Write the yearbook of `year`.

    Parameters
    ----------
    before
        The year that flows start from; the newest earlier survey if None, no flows if there is none.
    reviewed
        What `review` computed, for a second language without computing it again.
    folder
        Where the files go; `reports/<year>-<lang>` in the workspace if None.
    made_on
        The date on the cover, "2025-01-31"; today if None.
    checks
        Checks of projects to list.

    Raises
    ------
    NotFound
        If there is no survey of that year.
    BadInput
        For an unknown language or format, or if a file cannot be written.
    """
    for one in formats:
        if one not in FORMATS:
            raise BadInput("API-FORMAT", format=one, known=", ".join(FORMATS))
    Store(workspace).in_use(year)
    spoken = lang or language()
    with working(message("API-WRITING", year=year)):
        known = reviewed or review(workspace, year=year, before=before)
        book = _book(workspace, Store(workspace), known, checks)
        book = replace(
            book,
            made_on=made_on or datetime.now(UTC).date().isoformat(),
            compiled_by=compiled_by,
            checked_by=checked_by,
        )
        target = Path(folder) if folder else workspace.root / "reports" / f"{year}-{spoken}"
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadInput("RUNTIME-FOLDER-UNUSABLE", folder=str(target), why=error.strerror or str(error)) from error
        files = write_yearbook(book, target, lang=spoken, formats=formats)
    return Written(tuple(files), tuple(book.findings))


def _flowed(workspace: Workspace, store: Store, year: int, before: int | None) -> Flowed | None:
    if before is None:
        earlier = [one.year for one in store.listed(kind="survey") if one.year is not None and one.year < year]
        if not earlier:
            return None
        before = max(earlier)
    return flows(workspace, before=before, after=year)


def _book(
    workspace: Workspace,
    store: Store,
    known: Reviewed,
    checks: Sequence[Checked],
) -> Yearbook:
    found, flowed, exam = known.accounts, known.flowed, known.examined
    snapshot, year = found.snapshot, found.year
    codes = snapshot.codes
    layers, left_out = usable_layers(store, snapshot)
    holdings, missed = standing_of(found, store.regions(), store.tasks(year)) if codes.id == "sd2017" else ([], [])
    pieces = _changed_pieces(flowed)
    name = unit_name(workspace)
    noted = [*exam.findings, *found.findings, *missed, *(flowed.flows.findings if flowed else ())]
    findings = [*left_out, *(finding for finding in noted if finding.code != LEFT_OUT)]
    used = [snapshot, *([flowed.before] if flowed else []), *layers.values()]
    return Yearbook(
        title=label("API-YEARBOOK-TITLE", year=year),
        unit=name,
        year=year,
        provenance=Provenance.of(__version__, _rules(), used),
        made_on="",
        tables=tuple(found.tables.values()),
        flows=flowed.tables if flowed else (),
        key_figures=_key_figures(found, flowed),
        standing=tuple(holdings),
        checks=tuple(line for one in checks for line in _lines(one)),
        findings=tuple(findings),
        change_list=flowed.flows.change_list if flowed else None,
        quarantine=_quarantine(used),
        figures=_figures(found, flowed, pieces, layers, checks),
        layers=_map_layers(snapshot, codes, pieces, layers, findings),
    )


def _rules() -> list[tuple[str, str]]:
    pack, stable = load_rules(), stable_rule()
    return [("import", IMPORT_RULES), (pack.id, pack.version), ("stable-use", stable.version)]


def _quarantine(used: Sequence[Snapshot]) -> pd.DataFrame:
    """Rows that no total knows, of every file the numbers rest on."""
    frames = []
    for one in used:
        if one.quarantine is not None and len(one.quarantine):
            rows = pd.DataFrame(retold(one.quarantine))[["source_row", "code", "reason", "attributes"]].copy()
            rows.insert(0, "file", ", ".join(source.name for source in one.meta.sources))
            frames.append(rows)
    columns = ["file", "source_row", "code", "reason", "attributes"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def _key_figures(found: Accounts, flowed: Flowed | None) -> tuple[KeyFigure, ...]:
    rows = found.snapshot.parcels
    codes = found.snapshot.codes
    before = flowed.before.parcels if flowed else None

    def farmland(frame: pd.DataFrame) -> int:
        return int(frame.loc[[codes.is_farmland(code) for code in frame["class_code"]], "net_area_dm2"].sum())

    shown = _first_row(found.tables["1"])
    opening = _first_row(flowed.flows.by_region) if flowed else {}
    figures = [
        KeyFigure(
            label("API-KEY-TOTAL"),
            int(rows["area_dm2"].sum()),
            None if before is None else int(before["area_dm2"].sum()),
            shown["total"],
            sum(hectares for code, hectares in opening.items() if code.endswith(":OPENING")) if flowed else None,
        )
    ]
    if codes.id == "sd2017":
        was = None if before is None else farmland(before)
        figures.append(
            KeyFigure(label("API-KEY-FARMLAND"), farmland(rows), was, shown["01"], opening.get("01:OPENING"))
        )
    if "15" in found.tables:
        table = found.tables["15"]
        total = _first_row(table)[table.columns[0].code]
        figures.append(KeyFigure(label("API-KEY-PBF"), int(table.dm2[0, 0]), hectares=total))
    return tuple(figures)


def _first_row(table: AreaTable) -> dict[str, int]:
    """What the table shows of the whole, by column. [0.01 ha]"""
    return dict(zip([column.code for column in table.columns], hundredths_of_ha(table)[0].tolist(), strict=True))


def _lines(checked: Checked) -> list[Line]:
    clear = "pass" if checked.clear else "fail" if checked.verdict.failed else "not_assessed"
    said = checked.verdict.said
    if checked.left_out:
        more = label("API-LEFT-OUT", count=len(checked.left_out))
        said = Label(f"{said.en}; {more.en}", f"{said.zh}；{more.zh}")
    whole = Line(checked.name, "", clear, checked.verdict.area_dm2, label("API-VERDICT"), note=said)
    return [whole, *_rule_lines(checked)]


def _rule_lines(checked: Checked) -> list[Line]:
    return [
        Line(
            project=checked.name,
            rule=one.rule,
            outcome=str(one.outcome),
            area_dm2=one.area_dm2,
            title=one.title,
            version=one.version,
            note=one.said,
        )
        for one in checked.verdict.outcomes
    ]


def _changed_pieces(flowed: Flowed | None) -> gpd.GeoDataFrame | None:
    """The pieces whose class changed, with geometry; their areas are the book's, not the picture's."""
    if flowed is None:
        return None
    booked = flowed.flows.booked
    booked = booked[(booked["left"] >= 0) & (booked["right"] >= 0)]
    old = flowed.before.parcels["class_code"].to_numpy(object)[booked["left"].to_numpy(np.int64)]
    new = flowed.after.parcels["class_code"].to_numpy(object)[booked["right"].to_numpy(np.int64)]
    changed = old != new
    some = booked[changed]
    table = PieceTable(
        some["left"].to_numpy(np.int64), some["right"].to_numpy(np.int64), np.zeros(len(some), dtype=np.float64)
    )
    shapes = piece_geometry(flowed.before.parcels.geometry, flowed.after.parcels.geometry, table)
    return gpd.GeoDataFrame(
        {"old_class": old[changed], "new_class": new[changed], "area_dm2": some["gross"].to_numpy(np.int64)},
        geometry=list(shapes),
        crs=flowed.after.meta.crs,
    )


def _figures(
    found: Accounts,
    flowed: Flowed | None,
    pieces: gpd.GeoDataFrame | None,
    layers: dict[str, Snapshot],
    checks: Sequence[Checked],
) -> tuple[Figure, ...]:
    snapshot, codes, year = found.snapshot, found.snapshot.codes, found.year
    parcels = snapshot.parcels
    titles = {key: label(f"API-FIGURE-{key}", year=year) for key in ("CLASSES", "FARMLAND", "AREAS")}
    pbf = layers["pbf"].parcels if "pbf" in layers else None
    headings = _as_printed(found.tables["1"], codes.headings)
    figures = [
        Figure(
            "classes",
            titles["CLASSES"],
            lambda lang: class_map(parcels, codes, titles["CLASSES"], lang, by_heading=True),
        ),
        Figure("areas", titles["AREAS"], lambda lang: area_chart(headings, codes, titles["AREAS"], lang)),
    ]
    if codes.id == "sd2017":
        figures.insert(
            1,
            Figure(
                "farmland", titles["FARMLAND"], lambda lang: farmland_map(parcels, codes, pbf, titles["FARMLAND"], lang)
            ),
        )
    if flowed is not None and pieces is not None:
        years = {"before": flowed.before.meta.year, "year": year}
        changes, largest = label("API-FIGURE-CHANGES", **years), label("API-FIGURE-FLOWS", **years)
        moved = _as_booked(flowed.flows.matrix, codes)
        figures.append(Figure("changes", changes, lambda lang: change_map(parcels, pieces, codes, changes, lang)))
        figures.append(Figure("flows", largest, lambda lang: flow_chart(moved, codes, largest, lang)))
    figures += [_check_figure(one, snapshot, layers) for one in checks]
    return tuple(figures)


def _as_booked(matrix: AreaTable, codes: CodeSystem) -> list[tuple[str, str, int]]:
    """The flows between classes (before, after, dm²) as the hectares of the matrix say: a chart shows what it shows."""
    shown = hundredths_of_ha(matrix) * 10_000
    return [
        (row.key[0], column.code, int(shown[at, to]))
        for at, row in enumerate(matrix.rows)
        for to, column in enumerate(matrix.columns)
        if row.key[0] in codes and column.code in codes and row.key[0] != column.code and shown[at, to]
    ]


def _as_printed(table: AreaTable, codes: Sequence[str]) -> dict[str, int]:
    """The first row's areas in dm², as the hectares of the table say: a chart shows what the table shows."""
    cells = table.dm2[0] if table.hectares is None else table.hectares[0] * 10_000
    areas = dict(zip([column.code for column in table.columns], cells.tolist(), strict=True))
    return {code: areas[code] for code in codes if code in areas}


def _check_figure(checked: Checked, snapshot: Snapshot, layers: dict[str, Snapshot]) -> Figure:
    title = label("API-FIGURE-CHECK", project=checked.name)

    def picture(lang: str) -> bytes:
        spoken, image = checked.drawing
        return image if lang == spoken else drawn(checked.name, checked.verdict, snapshot, layers, lang)

    return Figure(f"check-{checked.name}", title, picture)


def _map_layers(
    snapshot: Snapshot,
    codes: CodeSystem,
    pieces: gpd.GeoDataFrame | None,
    layers: dict[str, Snapshot],
    findings: Sequence[Finding],
) -> tuple[StyledLayer, ...]:
    found = [parcel_layer(snapshot.parcels, codes)]
    if pieces is not None:
        found.append(change_layer(pieces, codes))
    noted = findings_layer(findings, snapshot.meta.crs)
    taken = {one.name for one in (*found, noted)}
    for kind in [*(one for one in _OUTLINES if one in layers), *sorted(set(layers) - set(_OUTLINES))]:
        name = f"layer_{kind}" if kind in taken else kind
        title = layer_label(kind) if name == kind else Label(name, name)
        found.append(plain_layer(name, title, layers[kind].parcels, _OUTLINES.get(kind, _OTHER_OUTLINE)))
    return (*found, noted)
