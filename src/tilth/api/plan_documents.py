"""The documents of a solved plan: a master plan, or special plans by zone, with tables, maps and every parcel."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.api.plan_folders import CHOICE, OPTIONS, PROOF, ROWS, SOLUTION, KeptPlan, digest, kept_plan, kept_solution
from tilth.core import BadInput, Label, label, language, message, speaking
from tilth.runtime import working

if TYPE_CHECKING:
    import geopandas as gpd

    from tilth.land import Snapshot
    from tilth.report import PlanFigures, PlanPaper, StyledLayer
    from tilth.report.plan_paper import LeftOut, SaltMapped
    from tilth.runtime import Workspace

KINDS = ("master", "special")
DOCUMENT_FORMATS = ("docx", "pdf", "xlsx", "gpkg")
#: By which labels special plans are made, where none is asked for: the first that the plan has.
SPECIAL_BY = ("zone", "township", "region", "village")
#: One of several draws of a quantity is no quantity of its own.
_DRAW = re.compile(r"_draw\w+$")
_UNFIT = re.compile(r'[\\/:*?"<>|\s\x00-\x1f\x7f]+')
#: Of what a label has no value.
_UNNAMED = "unnamed"
#: Longest part of a file's name that a label's value is. [characters]
_LONGEST = 40


@dataclass(frozen=True)
class PlanDocument:
    """The files of a plan's document, and what they are about."""

    name: str
    kind: str
    by: str  # of special plans: the label that they are made by
    plans: tuple[str, ...]  # of special plans: its values
    figures: PlanFigures  # of all parcels
    year: int | None  # of the survey that the maps are drawn on
    files: tuple[Path, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name, "kind": self.kind, "by": self.by, "plans": list(self.plans), "survey": self.year,
            "units": len(self.figures), "area_dm2": int(self.figures.area.sum()),
            "treated_dm2": int(self.figures.area[self.figures.treated].sum()),
            "files": [str(one) for one in self.files],
        }  # fmt: skip


def plan_document(
    workspace: Workspace,
    name: str,
    *,
    out: str | Path | None = None,
    kind: str = "master",
    by: str = "",
    year: int | None = None,
    map: str = "salinity",
    lang: str | None = None,
    formats: Sequence[str] = DOCUMENT_FORMATS,
    made_on: str | None = None,
) -> PlanDocument:
    """Write the master plan of `plans/NAME`, or its special plans; they add up to the master plan.

    Parameters
    ----------
    out
        Folder of the files; `plans/NAME/documents` without.
    kind
        "master", or "special": one plan for each value of `by`.
    by
        A label of the plan's units: zone, township …; the first of these that it has, without.
    year
        Of the survey whose parcels the units are; the newest without.
    map
        Name of a finished salinity map, shown where there is one.

    Raises
    ------
    BadInput, NotFound
        If there is no such plan or it is not solved, or for a kind, label, year or format that there is not.
    """
    _asked(kind, formats)
    plan = kept_plan(workspace, name)
    spoken = lang or language()
    with speaking(spoken), working(message("PLAN-DOCUMENT-WRITING", name=name)):
        whole, survey = _whole(workspace, plan, year, map)
        figures = whole.figures
        label_of = _by(figures, by) if kind == "special" else ""
        papers = [whole] if kind == "master" else _special(whole, label_of)
        folder = Path(out) if out is not None else plan.folder / "documents"
        date = made_on or datetime.now(UTC).date().isoformat()
        files: list[Path] = []
        for paper, stem in zip(papers, _stems(plan, papers), strict=True):
            files += _written(workspace, plan, paper, folder / stem, formats, date, survey)
    return PlanDocument(
        name, kind, label_of, tuple(one.value for one in papers if one.by), figures, whole.year, tuple(files)
    )


def _asked(kind: str, formats: Sequence[str]) -> None:
    if kind not in KINDS:
        raise BadInput("PLAN-DOCUMENT-KIND", kind=kind, known=", ".join(KINDS))
    for one in formats:
        if one not in DOCUMENT_FORMATS:
            raise BadInput("REPORT-FORMAT-UNKNOWN", format=one, known=", ".join(DOCUMENT_FORMATS))


def _by(figures: PlanFigures, by: str) -> str:
    found = by or next((one for one in SPECIAL_BY if one in figures.labels), "")
    if found not in figures.labels:
        raise BadInput("PLAN-DOCUMENT-BY", by=found or "zone", known=", ".join(figures.labels) or "-")
    return found


# --- what the document is made of -----------------------------------------------------------------------------------


def plan_figures(plan: KeptPlan, areas: Any | None = None) -> PlanFigures:
    """What a solved plan comes to, parcel by parcel; `areas` [dm²] where its table has none."""
    from tilth.report import PlanFigures, sources_of

    found = kept_solution(plan)
    table = plan.problem.options
    kept = {name: table.columns[name] for name in plan.about["quantities"] if not _DRAW.search(name)}
    return PlanFigures.of(
        replace(table, columns=kept), found.options, plan.measures, plan.crops, sources_of(plan.asked), areas
    )


def _whole(workspace: Workspace, plan: KeptPlan, year: int | None, map: str) -> tuple[PlanPaper, Snapshot | None]:
    import numpy as np

    from tilth.report import PlanPaper

    survey = _survey(workspace, year)
    names = [str(one) for one in plan.options.names]
    at = None
    if survey is not None:
        rows = {str(one): place for place, one in enumerate(survey.parcels["parcel_id"])}
        at = np.array([rows.get(one, -1) for one in names], dtype=np.int64)
        if (at < 0).all():
            survey, at = None, None
    areas = None
    if survey is not None and at is not None:
        held = survey.parcels["area_dm2"].to_numpy(np.int64)
        areas = np.where(at < 0, 0, held[at])
    figures = plan_figures(plan, areas)
    paper = PlanPaper(
        figures, plan.words, kept_solution(plan), special=_special_by(figures),
        basis=_basis(plan, survey), left_out=_left_out(plan, survey, at, figures),
    )  # fmt: skip
    if survey is None or at is None:
        return paper, None
    shapes = np.asarray(survey.parcels.geometry, dtype=object)
    own = shapes[at]
    own[at < 0] = None
    return replace(
        paper, shapes=own, ground=survey.parcels, year=survey.meta.year, salt=_salt(workspace, map, figures)
    ), survey  # fmt: skip


def _special_by(figures: PlanFigures) -> tuple[str, ...]:
    return tuple(one for one in SPECIAL_BY if one in figures.labels)


def _survey(workspace: Workspace, year: int | None) -> Snapshot | None:
    from tilth.land import Store

    store = Store(workspace)
    if year is not None:
        return store.survey(year)
    years = [one.year for one in store.listed(kind="survey") if one.year is not None]
    return store.survey(max(years)) if years else None


def _special(whole: PlanPaper, by: str) -> list[PlanPaper]:
    import numpy as np

    found = []
    of = np.asarray(whole.figures.labels[by]).astype(str)
    for value in whole.figures.groups(by):
        own = of == value
        shapes = None if whole.shapes is None else whole.shapes[own]
        salt = None if whole.salt is None else _of_some(whole.salt, own)
        found.append(replace(
            whole, figures=whole.figures.where(own), by=by, value=value, whole=whole.figures, shapes=shapes, salt=salt,
        ))  # fmt: skip
    return found


# --- salinity, what is left out, and the basis ----------------------------------------------------------------------


def _salt(workspace: Workspace, map: str, figures: PlanFigures) -> SaltMapped | None:
    """The classes of a finished map on the parcels; None where there is no such map or it says nothing of them."""
    from tilth.api.soil_mapping import PARCELS, RASTERS

    file = workspace.root / RASTERS / map / PARCELS
    if not file.is_file():
        return None
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = {row["parcel_id"]: row for row in csv.DictReader(opened)}
    first = next(iter(rows.values()), {})
    names = [one.removeprefix("m2 ") for one in first if one.startswith("m2 ") and one != "m2 unmapped"]
    if not any(unit in rows for unit in figures.units) or not names:
        return None
    return _on_parcels(
        map, names, _class_names(workspace, names), [rows.get(str(unit)) for unit in figures.units], figures
    )


def _on_parcels(
    map: str,
    names: Sequence[str],
    labels: tuple[Label, ...],
    rows: Sequence[Mapping[str, str] | None],
    figures: PlanFigures,
) -> SaltMapped:
    import numpy as np

    from tilth.report.plan_paper import SaltMapped

    of = np.array([-1 if row is None or row["class"] not in names else names.index(row["class"]) for row in rows])
    cells = np.zeros((len(rows), len(names)), dtype=np.int64)
    for at, row in enumerate(rows):
        if row is not None:
            cells[at] = [_dm2(row[f"m2 {one}"]) for one in names]
    return SaltMapped(map, labels, of, cells, figures.area)


def _dm2(text: str) -> int:
    whole, _, rest = text.partition(".")
    return int(whole or 0) * 100 + int(f"{rest:0<2}"[:2])


def _of_some(salt: SaltMapped, own: Any) -> SaltMapped:
    return replace(salt, of=salt.of[own], cells=salt.cells[own], area=salt.area[own])


def _class_names(workspace: Workspace, names: Sequence[str]) -> tuple[Label, ...]:
    """Names of a map's classes in both languages, where a scheme has classes so called."""
    from tilth.api.sampling import SCHEMES
    from tilth.soil import schemes_in

    for scheme in schemes_in(workspace.root / SCHEMES).values():
        known = {one.label.en: one.label for one in scheme.classes}
        if set(names) <= set(known):
            return tuple(known[one] for one in names)
    return tuple(Label(one, one) for one in names)


def _left_out(plan: KeptPlan, survey: Snapshot | None, at: Any, figures: PlanFigures) -> LeftOut:
    """Parcels of the classes that the plan is about which have no option, and rows that were set aside."""
    from tilth.report.plan_paper import LeftOut

    rows = tuple(
        (f"{code} {message(f'PLAN-WHY-{code}')}", int(count)) for code, count in plan.about["quarantined"].items()
    )
    lost = len(plan.about["units_lost"])
    if survey is None or at is None:
        return LeftOut((), rows, lost, 0, 0)
    parcels, codes = survey.parcels, survey.codes
    known = at >= 0
    own = parcels["parcel_id"].isin(set(figures.units[known]))
    held = parcels["area_dm2"].astype("int64")
    classes = []
    for code in sorted({str(one) for one in parcels.loc[own, "class_code"]}):
        same = parcels["class_code"].astype(str) == code
        name = codes[code].label if code in codes else Label(code, code)
        classes.append((
            Label(f"{code} {name.en}", f"{code} {name.zh}"), int((same & ~own).sum()), int(held[same & ~own].sum()),
            int((same & own).sum()),
        ))  # fmt: skip
    stated = dict(zip(parcels["parcel_id"], held, strict=True))
    differ = sum(int(figures.area[place] != stated[figures.units[place]]) for place in known.nonzero()[0].tolist())
    return LeftOut(tuple(classes), rows, lost, differ, int((~known).sum()))


def _basis(plan: KeptPlan, survey: Snapshot | None) -> tuple[tuple[str, str], ...]:
    """What every number of the document rests on: files and their SHA-256."""
    files = [(str(one[0]), str(one[1])) for one in plan.about["sources"]]
    files += [(ROWS, plan.inputs[ROWS]), (OPTIONS, plan.inputs[OPTIONS])]
    files += [(f"{SOLUTION}/{one}", digest((plan.folder / SOLUTION / one).read_bytes())) for one in (CHOICE, PROOF)]
    if survey is not None:
        files += [(one.name, one.sha256) for one in survey.meta.sources]
    told = [
        (str(label("PLAN-DOC-VERSION")), str(plan.about["version"]) or "-"),
        (str(label("PLAN-DOC-SOFTWARE")), f"tilth {__version__}"),
    ]
    return (*told, *files)


# --- files ----------------------------------------------------------------------------------------------------------


def _stems(plan: KeptPlan, papers: Sequence[PlanPaper]) -> list[str]:
    """What the files of each paper are called, none like another whatever the case of its letters."""
    found: dict[int, str] = {}
    taken: set[str] = set()
    fits = [_UNFIT.sub("_", one.value)[:_LONGEST] if one.by else "" for one in papers]
    for at in sorted(range(len(papers)), key=lambda at: fits[at] != papers[at].value):  # names that fit are kept
        parts = (papers[at].by, fits[at] or _UNNAMED) if papers[at].by else ("master",)
        stem = _UNFIT.sub("_", "-".join((plan.name, *parts)))
        tries = chain([stem], (f"{stem}_{number}" for number in count(2)))
        found[at] = next(one for one in tries if one.casefold() not in taken)
        taken.add(found[at].casefold())
    return [f"{found[at]}-{language()}" for at in range(len(papers))]


def _written(
    workspace: Workspace, plan: KeptPlan, paper: PlanPaper, target: Path, formats: Sequence[str], made_on: str,
    survey: Snapshot | None,
) -> list[Path]:  # fmt: skip
    from tilth.report import Paper, Provenance, plan_parts, plan_workbook, write_geopackage, write_paper

    folder, stem = target.parent, target.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput("RUNTIME-FOLDER-UNUSABLE", folder=str(folder), why=error.strerror or str(error)) from error
    rules = ((ROWS, " ".join(filter(None, (str(plan.about["version"]), f"SHA-256 {plan.inputs[ROWS][:8]}")))),)
    sources = [(str(one[0]), str(one[1])) for one in plan.about["sources"]]
    if survey is not None:
        sources += [(one.name, one.sha256) for one in survey.meta.sources]
    printed = [one for one in formats if one != "gpkg"]
    drawn = {"docx", "pdf"} & set(printed)
    made = Paper(
        _title(plan, paper), Label(workspace.name, workspace.name), None, plan_parts(paper) if drawn else (),
        Provenance(f"tilth {__version__}", rules, tuple(sources)), made_on,
        workbook=plan_workbook(paper) if "xlsx" in printed else (), flowing=True,
    )  # fmt: skip
    written = write_paper(made, folder, stem, printed)
    if "gpkg" in formats and paper.ground is not None:
        written.append(write_geopackage(_layers(plan, paper, paper.ground), folder / f"{stem}.gpkg", made_on))
    return written


def _title(plan: KeptPlan, paper: PlanPaper) -> Label:
    told, name = paper.words.title(plan.about["title"]), paper.words.value(paper.by, paper.value)
    key = "PLAN-DOC-TITLE-SPECIAL" if paper.by else "PLAN-DOC-TITLE-MASTER"
    return Label(label(key, title=told.en, name=name.en).en, label(key, title=told.zh, name=name.zh).zh)


def _layers(plan: KeptPlan, paper: PlanPaper, ground: gpd.GeoDataFrame) -> list[StyledLayer]:
    """Every parcel with its choice, styled by treatment; again by year and by each label."""
    import geopandas as gpd
    import numpy as np

    from tilth.report import Category, StyledLayer
    from tilth.report.plan_paper import choice_entries, label_entries, year_entries

    figures, words = paper.figures, paper.words
    crops = np.full(len(figures), "", dtype=object) if figures.crop is None else figures.crop
    columns: dict[str, Any] = {"parcel_id": figures.units}
    labels = {name: np.asarray(one).astype(str) for name, one in figures.labels.items()}
    for kind, values in {**labels, "treatment": figures.treatment, "crop": crops}.items():
        columns[kind] = values
        if kind not in labels or kind in words.names:
            for lang in ("en", "zh"):
                columns[f"{kind}_{lang}"] = [words.value(kind, one).text(lang) for one in values]
    columns["start"] = ["" if not one else str(one) for one in figures.start]
    columns["parcel_dm2"], columns["treated_area_dm2"] = figures.area, np.where(figures.treated, figures.area, 0)
    for name, one in figures.quantities.items():
        whole = one.kind in ("area", "count")
        columns[name] = one.values if whole else one.values / 100
    columns["rows_version"] = [str(plan.about["version"])] * len(figures)
    frame = gpd.GeoDataFrame(columns, geometry=list(paper.shapes), crs=ground.crs)  # type: ignore[arg-type]
    told = [("choice", label("PLAN-MAP-CHOICE"), "treatment", choice_entries(figures, words))]
    if figures.years:
        told.append(("start_year", label("PLAN-MAP-YEARS"), "start", year_entries(figures)))
    if "zone" in figures.labels:
        told.append(("zones", label("PLAN-MAP-ZONES"), "zone", label_entries(figures, words, "zone")))
    return [
        StyledLayer(name, title, frame, column, tuple(Category(one.value, one.label, one.colour) for one in entries))
        for name, title, column, entries in told
    ]
