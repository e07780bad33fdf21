"""The quality register of a year beside its survey: grades, index, confidence and degraded land of every parcel."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import isnan
from typing import TYPE_CHECKING, Any

from tilth.core import BadInput, NotFound, message

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from tilth.core import BoolArray, IntArray
    from tilth.land import Snapshot
    from tilth.runtime import Workspace
    from tilth.soil import Needs, QualityIndex, WeightTable

#: A county's own tables, in its workspace.
WEIGHTS, NEEDS = "tables/quality-weights.toml", "tables/quality-needs.toml"
#: How land is graded: as somebody stated it, or by the index.
STATED, INDEX = "stated", "index"
BYS = (STATED, INDEX)
#: On what a grade rests.
BASES = ("none", "register", "survey", "index")


@dataclass(frozen=True)
class QualityGraded:
    """Farmland of a year with all that is known of its quality; n parcels in the order of the survey."""

    year: int
    survey: Snapshot
    rows: IntArray  # (n,) places in the survey
    frame: pd.DataFrame  # the register of these parcels, as `soil.Register.frame`, with the degree of salinisation
    table: WeightTable
    needs: Needs
    index: QualityIndex
    grade: IntArray  # (n,) 1 to 10; 0 without
    basis: IntArray  # (n,) place in BASES
    tables: tuple[str, ...]  # ids of the tables of the register; none where the year has none

    @cached_property
    def parcels(self) -> pd.DataFrame:
        """Attributes of the survey, one row for each parcel."""
        return self.survey.attributes.iloc[self.rows].reset_index(drop=True)

    @cached_property
    def net_dm2(self) -> IntArray:
        """(n,) net area. [dm²]"""
        import numpy as np

        net: IntArray = self.parcels["net_area_dm2"].to_numpy(np.int64)
        return net

    @cached_property
    def degrees(self) -> Mapping[str, IntArray]:
        """(n,) Degree of each kind of degradation, −1 unknown."""
        from tilth.soil import degradation

        return degradation(self.frame, self.needs)

    @cached_property
    def cells(self) -> Mapping[str, npt.NDArray[Any]]:
        """Columns of the register, and of the survey what names a parcel: (n,) each."""
        own = {name: self.parcels[name].to_numpy(dtype=object) for name in ("region_code", "class_code")}
        return {**own, **{str(name): self.frame[name].to_numpy() for name in self.frame.columns}}

    def item(self, at: int) -> dict[str, Any]:
        """One parcel, for JSON."""
        index, cells = self.index, self.cells
        grade = int(self.grade[at])
        return {
            "parcel_id": str(cells["parcel_id"][at]),
            "region": str(cells["region_code"][at]),
            "class_code": str(cells["class_code"][at]),
            "net_area_dm2": int(self.net_dm2[at]),
            "grade": grade or None,
            "basis": BASES[self.basis[at]],
            "index": _number(index.index[at]),
            "index_low": _number(index.low[at]),
            "index_high": _number(index.high[at]),
            "index_grade": int(index.grade[at]) or None,
            "index_grade_best": int(index.grade_best[at]),
            "index_grade_worst": int(index.grade_worst[at]),
            "known_share": round(float(index.known[at]), 4),
            "confidence": round(float(index.confidence[at]), 4),
            "confidence_word": str(index.word[at]),
            "degraded": {kind: self._degree(kind, at) for kind in self.degrees},
            "values": self.values(at),
        }

    def _degree(self, kind: str, at: int) -> str:
        from tilth.soil import DEGREES

        number = int(self.degrees[kind][at])
        return DEGREES[number] if number >= 0 else "unknown"

    def values(self, at: int) -> dict[str, dict[str, Any]]:
        """What the register has of one parcel: each value with its source, date and confidence."""
        from tilth.soil import PROVENANCE, register_columns

        found, cells = {}, self.cells
        for id in register_columns():
            if id not in cells:
                continue
            value = cells[id][at]
            if value == "" or (not isinstance(value, str) and isnan(value)):
                continue
            plain = value if isinstance(value, str) else round(float(value), 9)
            found[id] = {"value": plain, **{says: str(cells[f"{id}.{says}"][at]) for says in PROVENANCE}}
        return found

    def as_record(self, *, rows: IntArray | None = None) -> dict[str, Any]:
        """The year as a whole, for JSON, without its parcels; of some of them where `rows` names them."""
        import numpy as np

        from tilth.change import levelled_ha
        from tilth.soil import DEGREES, level_shares

        at = np.arange(len(self.rows)) if rows is None else rows
        net, grade = self.net_dm2[at], self.grade[at]
        by_grade = np.bincount(grade, net, 11).astype(np.int64)
        words = self.index.word[at]
        stated = (grade > 0) & np.isin(self.basis[at], (1, 2))
        other = stated & (self.index.grade[at] > 0) & (self.index.grade[at] != grade)
        return {
            "year": self.year,
            "table": {"id": self.table.id, "version": self.table.version, "confidence": self.table.confidence},
            "tables": list(self.tables),
            "parcels": len(at),
            "farmland_dm2": int(net.sum()),
            "by_grade_dm2": {str(one): int(by_grade[one]) for one in range(1, 11)},
            "ungraded_dm2": int(by_grade[0]),
            "by_grade_ha": _by_grade(levelled_ha(by_grade)),
            "by_grade_pct": _by_grade(level_shares(by_grade.tolist())),
            "grade_dm2": int(by_grade @ np.arange(11)),
            "mean_grade": mean_said(by_grade),
            "by_basis_dm2": {name: int(net[self.basis[at] == number].sum()) for number, name in enumerate(BASES)},
            "by_confidence_dm2": {name: int(net[words == name].sum()) for name in ("high", "medium", "low", "none")},
            "stated_unlike_index": {"parcels": int(other.sum()), "area_dm2": int(net[other].sum())},
            "degraded_dm2": {
                one.id: {
                    "label": str(one.label),
                    **{name: int(net[self.degrees[one.id][at] == number].sum()) for number, name in enumerate(DEGREES)},
                    "unknown": int(net[self.degrees[one.id][at] < 0].sum()),
                }
                for one in self.needs.degradations
            },
        }


def _by_grade(hundredths: Iterable[int]) -> dict[str, float]:
    """By grade 1 to 10, then "none", in whole units; the given stand from none on."""
    none, *grades = (int(one) / 100 for one in hundredths)
    return {**{str(grade): one for grade, one in enumerate(grades, 1)}, "none": none}


def mean_said(by_grade_dm2: npt.NDArray[np.int64]) -> str | None:
    """The mean grade by area over the land that has one, to 2 decimals; None where none has."""
    from fractions import Fraction

    import numpy as np

    from tilth.change import grade_said

    known = int(by_grade_dm2[1:].sum())
    return grade_said(Fraction(int(by_grade_dm2 @ np.arange(len(by_grade_dm2))), known)) if known else None


def _number(value: float) -> float | None:
    return None if isnan(value) else float(value)


def quality_grade(workspace: Workspace, *, year: int, table: str = "", by: str = STATED) -> QualityGraded:
    """Grade the farmland of a year, with the index of each parcel, its range and confidence.

    Parameters
    ----------
    table
        Id of a table of weights; the workspace's own without, else the general one.
    by
        "stated": the grade that the register states, else the survey's own; "index": the index alone.

    Raises
    ------
    NotFound
        If the year has no survey or no register, or there is no such table.
    BadInput
        If a table of the workspace is none, or `by` is neither.
    """
    return graded(workspace, year, table=table, by=by, needed=True)


def quality_state_of(workspace: Workspace) -> str:
    """As `land_state_of`, with the register of every year and the county's own tables and schemes."""
    from tilth.api.states import land_state_of
    from tilth.soil import quality_years

    told = (land_state_of(workspace), quality_years(workspace), _own_tables(workspace))
    return hashlib.sha256(repr(told).encode()).hexdigest()


def _about(workspace: Workspace, year: int) -> tuple[object, ...]:
    """What the grades of a year hang on: its survey, the tables of its register, and the county's own tables."""
    from tilth.land import Store
    from tilth.soil import quality_years

    tables = tuple((one["id"], one["number"]) for one in quality_years(workspace).get(year, ()))
    return Store(workspace).in_use(year).id, tables, _own_tables(workspace)


def _own_tables(workspace: Workspace) -> tuple[object, ...]:
    from tilth.api.sampling import SCHEMES

    own = [workspace.root / WEIGHTS, workspace.root / NEEDS, *sorted((workspace.root / SCHEMES).glob("*.toml"))]
    return tuple((one.name, one.stat().st_mtime_ns, one.stat().st_size) for one in own if one.is_file())


def graded(workspace: Workspace, year: int, *, table: str = "", by: str = STATED, needed: bool) -> QualityGraded:
    """As `quality_grade`; a year without a register has the survey's own grades where it is not `needed`."""
    from tilth.runtime.held import HOLDING

    if by not in BYS:
        raise BadInput("QUALITY-BY", by=by, known=", ".join(BYS))
    key = ("quality", str(workspace.root), year, table, by, needed, _about(workspace, year))
    return HOLDING.held(key, lambda: _graded(workspace, year, table, by, needed), lambda one: len(one.rows))


def _graded(workspace: Workspace, year: int, table: str, by: str, needed: bool) -> QualityGraded:
    import numpy as np
    import pandas as pd

    from tilth.api.sampling import SCHEMES
    from tilth.land import Store
    from tilth.runtime import working
    from tilth.soil import (
        load_needs,
        numbers_of,
        quality_index,
        quality_register,
        quality_years,
        weight_table,
        with_salinisation,
    )

    weights = weight_table(table, workspace.root / WEIGHTS)
    needs = load_needs(workspace.root / NEEDS)
    survey = Store(workspace).survey(year)
    rows = np.flatnonzero(farmland_in(survey))
    ids = survey.attributes["parcel_id"].to_numpy(dtype=object)[rows]
    with working(message("API-QUALITY", year=year)):
        if needed or year in quality_years(workspace):
            register = quality_register(workspace, year, ids)
            frame, tables = register.frame, register.tables
        else:
            frame, tables = pd.DataFrame({"parcel_id": ids}), ()
        frame = with_salinisation(frame, folder=workspace.root / SCHEMES)
        index = quality_index(frame, weights)
    own = survey.attributes["quality_grade"].astype("Int64").fillna(0).to_numpy(np.int64)[rows]
    own = np.where((own >= 1) & (own <= 10), own, 0)
    said = np.nan_to_num(numbers_of(frame, "quality_grade")).astype(np.int64)
    if by == INDEX:
        grade, basis = index.grade, np.where(index.grade > 0, 3, 0)
    else:
        grade, basis = np.where(said > 0, said, own), np.where(said > 0, 1, np.where(own > 0, 2, 0))
    return QualityGraded(year, survey, rows, frame, weights, needs, index, grade, basis, tables)


def farmland_in(survey: Snapshot) -> BoolArray:
    """(n,) Is each parcel of a survey farmland?"""
    import numpy as np

    codes = survey.codes
    known = {code: code in codes and codes.is_farmland(code) for code in survey.attributes["class_code"].unique()}
    return np.array([known[code] for code in survey.attributes["class_code"]], dtype=np.bool_)


def inside(workspace: Workspace, found: QualityGraded, region: str | None) -> IntArray:
    """Places of the parcels in a region and below it; all of them without one.

    Raises
    ------
    NotFound
        If there is no such region.
    """
    import numpy as np

    from tilth.land import Store

    if region in (None, workspace.region):
        return np.arange(len(found.rows))
    below = Store(workspace).regions().below(str(region))
    return np.flatnonzero(found.parcels["region_code"].isin(below).to_numpy(bool))


def quality_page(
    workspace: Workspace, *, year: int, table: str = "", by: str = STATED, region: str | None = None, after: int = 0,
    limit: int = 100,
) -> dict[str, Any]:  # fmt: skip
    """The register of a year: what holds of all of it, and some of its parcels with every value.

    Parameters
    ----------
    after
        How many parcels to leave out: `next` of the page before.

    Raises
    ------
    NotFound, BadInput
        As for `quality_grade`; or there is no such region.
    """
    found = quality_grade(workspace, year=year, table=table, by=by)
    rows = inside(workspace, found, region)
    page = rows[after : after + limit]
    more = after + limit if after + limit < len(rows) else None
    return {**found.as_record(rows=rows), "items": [found.item(int(at)) for at in page], "next": more}


def quality_parcel(workspace: Workspace, *, year: int, parcel: str, region: str | None = None) -> dict[str, Any]:
    """One parcel of the register: what is known of it, what it lacks, and what earlier and later years say of it.

    Raises
    ------
    NotFound
        If the year has no survey or register, or no such parcel of farmland, in `region` where one is named.
    """
    import numpy as np

    from tilth.api.quality_lacking import lacking_items
    from tilth.soil import quality_years

    found = quality_grade(workspace, year=year)
    rows = inside(workspace, found, region)
    place = rows[(found.parcels["parcel_id"].to_numpy(dtype=object)[rows] == parcel)]
    if not len(place):
        raise NotFound("QUALITY-NO-PARCEL-KNOWN", year=year, parcel=parcel)
    at = int(place[0])
    others = []
    for each in quality_years(workspace):
        other = found if each == year else quality_grade(workspace, year=each)
        there = np.flatnonzero(other.parcels["parcel_id"].to_numpy(dtype=object) == parcel)
        others += [{"year": each, **other.item(int(one))} for one in there[:1]]
    return {"year": year, **found.item(at), **lacking_items(found, place[:1])[0], "years": others}


def quality_weights(workspace: Workspace | None = None, *, table: str = "") -> dict[str, Any]:
    """A table of weights with every figure, its source and how sure it is; and which others there are.

    Raises
    ------
    NotFound, BadInput
        If there is no such table, or the workspace's own is none.
    """
    from tilth.soil import load_needs, weight_table, weight_tables

    root = workspace.root if workspace else None
    found = weight_table(table, root / WEIGHTS if root else None)
    needs = load_needs(root / NEEDS if root else None)
    return {
        **found.as_record(),
        "others": [one.id for one in weight_tables() if one.id != found.id],
        "needs": [
            {"id": one.id, "limit": one.limit, "measures": sorted({*one.measures_low, *one.measures_high}),
             "source": one.source, "confidence": one.confidence}
            for one in needs.needs
        ],
        "measures": [one.as_record() for one in needs.measures.values()],
    }  # fmt: skip
