"""Replacement land: checked, accepted into the pool, and looked at again in later surveys."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from tilth.api.booking import land_book
from tilth.api.layers import in_crs, usable_layers
from tilth.change import moved
from tilth.core import BadInput, Finding, TilthError, Where
from tilth.intake import Table, impossible_places, read_vector
from tilth.land import Snapshot, Store, covered
from tilth.ledger import (
    Account,
    Around,
    Checked,
    Entry,
    Followed,
    Ground,
    Limits,
    Line,
    Outcome,
    Parcel,
    Quantities,
    Receipt,
    Seen,
    absent_columns,
    accept,
    accepted_before,
    as_results,
    counter,
    day_number,
    examine,
    families,
    follow_up,
    load_limits,
    look,
    make_ground,
    net_dm2,
    passes,
    pool_of,
    read_parcels,
    shared_before,
    shared_within,
    standing_grounds,
)

if TYPE_CHECKING:
    from tilth.runtime import Workspace

_AREAL = (3, 6)
_SLOPE = "slope"


@dataclass(frozen=True)
class Judged:
    """One parcel offered: what every check says, and what becomes of it."""

    parcel: Parcel
    entry: str  # id of its entry: the same whenever the same parcel is offered with the same document
    account: Account | None
    net_dm2: int | None
    gross_dm2: int
    checks: tuple[Checked, ...]
    against: tuple[Finding, ...] = ()  # ground that is in the pool already
    receipt: Receipt | None = None

    @property
    def passes(self) -> bool:
        """Does every check pass, and is its ground not in the pool?"""
        return passes(self.checks) and not self.against

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "row": self.parcel.row, "project": self.parcel.project, "parcel": self.parcel.parcel,
            "accepted": self.parcel.accepted.isoformat(), "passes": self.passes,
            "account": str(self.account) if self.account else None, "net_dm2": self.net_dm2,
            "gross_dm2": self.gross_dm2, "entry": self.entry,
            "posted": self.receipt._asdict() if self.receipt else None,
            "checks": [one.as_record() for one in self.checks],
            "against": [one.as_record() for one in self.against],
        }  # fmt: skip


@dataclass(frozen=True)
class Acceptance:
    """What was offered, how it was judged, and what of it entered the pool."""

    file: str
    judged: tuple[Judged, ...]
    left_out: tuple[Finding, ...]  # rows without a polygon
    findings: tuple[Finding, ...]  # of the file and the layers
    limits: tuple[Limits, ...]  # by which it was judged; one for each year of acceptance

    @property
    def posted(self) -> tuple[Judged, ...]:
        """Parcels that stand in the pool now."""
        return tuple(one for one in self.judged if one.receipt is not None)

    @property
    def refused(self) -> int:
        """How many do not pass, rows without a polygon among them."""
        return sum(not one.passes for one in self.judged) + len(self.left_out)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "file": self.file, "parcels": len(self.judged) + len(self.left_out), "refused": self.refused,
            "posted": len(self.posted), "posted_dm2": sum(one.net_dm2 or 0 for one in self.posted),
            "again": sum(one.receipt.again for one in self.posted if one.receipt),
            "rules": [{"pack": one.pack, "version": one.version} for one in self.limits],
            "judged": [one.as_record() for one in self.judged],
            "left_out": [one.as_record() for one in self.left_out],
            "findings": [one.as_record() for one in self.findings],
        }  # fmt: skip


def ledger_accept(
    workspace: Workspace,
    file: str | Path,
    *,
    evidence: str,
    submitter: str,
    author: str,
    only_passing: bool = False,
    base_year: int | None = None,
    on: date | None = None,
    layer: str | None = None,
    encoding: str | None = None,
    crs: str | None = None,
) -> Acceptance:
    """Check the replacement parcels of a file, and accept them into the pool: all of them, or none.

    Parameters
    ----------
    evidence
        The id of the acceptance document.
    submitter, author
        Who submitted the parcels, and who accepts them: two persons.
    only_passing
        Accept those that pass; the others are listed with their reasons.
    base_year
        The survey that says what the land was before; the last one before the year of acceptance without it.
    on
        The day of posting; today without one.

    Raises
    ------
    BadInput, NeedsAnswer, NotFound
        If the file cannot be used, a person is missing or the same as the other, or the book refuses.
    """
    _four_eyes(evidence, submitter, author)
    offer = _offered(file, layer, encoding, crs)
    who = {"evidence": evidence, "submitter": submitter, "author": author}
    cases, findings = _cases(workspace, offer, who, base_year)
    cases = _pooled(workspace, cases)
    wanted = [one for one in cases if one.judged.passes]
    complete = len(wanted) == len(cases) + len(offer.left_out)
    if wanted and (only_passing or complete):
        day = on or datetime.now(UTC).astimezone().date()
        with land_book(workspace) as book:
            receipts = {one.id: one for one in accept(book, [(_entry(one, who, day), one.ground) for one in wanted])}
        cases = [
            replace(one, judged=replace(one.judged, receipt=receipts.get(one.judged.entry, one.judged.receipt)))
            for one in cases
        ]
    noted = (*offer.table.findings, *findings, *_absences(offer, cases, Path(file).name))
    limits = {one.limits.version: one.limits for one in cases}
    return Acceptance(
        Path(file).name, tuple(one.judged for one in cases), offer.left_out, noted, tuple(limits.values())
    )


def _four_eyes(evidence: str, submitter: str, author: str) -> None:
    for option, word in (("--evidence", evidence), ("--submitter", submitter), ("--author", author)):
        if not word.strip():
            raise BadInput("ACCEPT-WHO", option=option)
    if _person(submitter) == _person(author):
        raise BadInput("ACCEPT-SAME-PERSON", name=author)


def _person(name: str) -> str:
    """A name without what spellings of it differ in: case, width, spaces, points, marks that nobody sees."""
    return "".join(letter for letter in unicodedata.normalize("NFKC", name).casefold() if letter.isalnum())


# --- the file -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Offer:
    """A file of replacement parcels, read: of each row a polygon and what the file says, or why it has none."""

    table: Table
    crs: str
    shapes: tuple[shapely.Geometry, ...]
    parcels: tuple[Parcel, ...]
    left_out: tuple[Finding, ...]


def _offered(file: str | Path, layer: str | None, encoding: str | None, crs: str | None) -> _Offer:
    table = read_vector(file, layer=layer, encoding=encoding, crs=crs)
    name = Path(file).name
    if table.crs is None:
        raise BadInput("API-NO-CRS", file=name)
    frame = table.frame
    shapes = np.asarray(frame.geometry, dtype=object)
    good = np.isin(shapely.get_type_id(shapes), _AREAL) & ~shapely.is_empty(shapes)
    nowhere, _ = impossible_places(shapes[good], table.crs)
    good[good] = ~nowhere
    rows = frame["source_row"].tolist()
    texts = pd.DataFrame(frame.drop(columns=[frame.geometry.name, "source_row"]))
    records = [{str(key): _text(value) for key, value in one.items()} for one in texts.to_dict("records")]
    if not records:
        raise BadInput("API-NO-ROWS", file=name, rows=table.rows_in, why="-")
    parcels = read_parcels(records, rows, name)
    known = families()["POOL"]["member"]
    for one in parcels:
        if one.pool and one.pool.upper() not in known:
            raise BadInput("ACCEPT-POOL", file=name, row=one.row, pool=one.pool, known=", ".join(known))
    left_out = [Finding(one.code, Where(file=name, row=one.source_row), one.values) for one in table.rejected]
    left_out += [
        Finding("ACCEPT-NO-POLYGON", Where(file=name, row=one.row, parcel=one.name))
        for one, usable in zip(parcels, good, strict=True)
        if not usable
    ]
    kept = [one for one, usable in zip(parcels, good, strict=True) if usable]
    return _Offer(table, table.crs, tuple(shapes[good]), tuple(kept), tuple(left_out))


def _text(value: Any) -> str:
    """A value of a table as text; nothing for what is missing, whole numbers without a point."""
    if value is None or (not isinstance(value, list | tuple | np.ndarray) and pd.isna(value)):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _absences(offer: _Offer, cases: Iterable[_Case], file: str) -> tuple[Finding, ...]:
    """Columns that the file does not have and that checks would have needed."""
    absent = set(absent_columns(str(name) for name in offer.table.frame.columns))
    missed = {name for one in cases for check in one.judged.checks for name in check.missing}
    named = ", ".join(sorted(absent & missed))
    return (Finding("ACCEPT-ABSENT", Where(file=file), {"columns": named}),) if named else ()


# --- judging ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Case:
    """One parcel with its ground and the limits by which it was judged."""

    judged: Judged
    ground: Ground
    limits: Limits


def _cases(
    workspace: Workspace, offer: _Offer, who: Mapping[str, str], base_year: int | None
) -> tuple[list[_Case], list[Finding]]:
    """Every parcel judged, in the order of the file."""
    cases: dict[int, _Case] = {}
    findings: list[Finding] = []
    for year in sorted({one.accepted.year for one in offer.parcels}):
        limits = load_limits(workspace.region, year, workspace.root)
        around, noted = _around(workspace, year, base_year, offer.crs, limits)
        findings += noted
        places = [at for at, one in enumerate(offer.parcels) if one.accepted.year == year]
        parcels = [offer.parcels[at] for at in places]
        drawn = np.array([offer.shapes[at] for at in places], dtype=object)
        shapes = covered(moved(drawn, offer.crs, around.crs, "pool"))
        seen = look(list(shapes), parcels, around)
        for at, parcel, shape, one in zip(places, parcels, shapes, seen, strict=True):
            cases[at] = _case(workspace.region, parcel, shape, around.crs, one, limits, who)
    return [cases[at] for at in sorted(cases)], findings


def _around(
    workspace: Workspace, year: int, base_year: int | None, crs: str, limits: Limits
) -> tuple[Around, tuple[Finding, ...]]:
    """The survey at t0, that of the year of acceptance, and the layers in use then."""
    store = Store(workspace)
    years = store.survey_years()
    before = [one for one in years if one < year]
    if base_year is None and not before:
        return Around(crs), ()
    base = store.survey(before[-1] if base_year is None else base_year)
    now = in_crs(store.survey(year), base.meta.crs) if year in years and year != base.meta.year else None
    asked: Snapshot = replace(base, meta=replace(base.meta, year=year))
    layers, left_out = usable_layers(store, asked, (_SLOPE, *limits.words("layers-kept-clear")))
    unusable = {one.where.layer: str(one.values["why"]) for one in left_out}
    return Around(base.meta.crs, base, now, layers, unusable), left_out


def _case(
    region: str, parcel: Parcel, shape: Any, crs: str, seen: Seen, limits: Limits, who: Mapping[str, str]
) -> _Case:
    checks = examine(parcel, seen, limits, who["evidence"])
    net, pool = net_dm2(parcel, seen), pool_of(parcel, seen, limits)
    marks = {"paddy": int(bool(parcel.paddy)), "stable": int(bool(parcel.stable)), "grade": parcel.quality_grade or 0}
    account = Account(region, f"POOL:{pool}", **marks) if pool else None
    ground = make_ground(
        shape, crs, entry="", region=region, area_dm2=net or 0, accepted=day_number(parcel.accepted),
        submitter=who["submitter"], accepter=who["author"], results=as_results(checks, limits),
    )  # fmt: skip
    named = _id(ground, parcel, who)
    judged = Judged(parcel, named, account, net, seen.gross_dm2, checks)
    return _Case(judged, replace(ground, entry=named), limits)


def _id(ground: Ground, parcel: Parcel, who: Mapping[str, str]) -> str:
    """The same parcel offered again by the same persons with the same document has the same id."""
    told = [ground.region, ground.crs, ground.wkb.hex(), ground.accepted, parcel.project, parcel.parcel, dict(who)]
    return f"ACCEPT-{sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]}"


def _pooled(workspace: Workspace, cases: Sequence[_Case]) -> list[_Case]:
    """The cases, with what speaks against the ground of those that pass, and what stands in the pool already."""
    sound = [one for one in cases if passes(one.judged.checks)]
    rows = {one.judged.entry: one.judged.parcel.row for one in cases}
    known = accepted_before(workspace.database, list(rows))
    against: dict[str, list[Finding]] = {}

    def add(id: str, code: str, **values: Any) -> None:
        against.setdefault(id, []).append(Finding(code, Where(row=rows[id]), values))

    for entry, (_, by) in known.items():
        if by:
            add(entry, "ACCEPT-REVERSED", entry=entry, by=by)
    new = [one.ground for one in sound if one.judged.entry not in known]
    for one in shared_before(workspace.database, new):
        add(one.entry, "ACCEPT-SHARED", other=one.other, area_m2=f"{one.area_m2:,.4f}")
    for one in shared_within(new):
        add(one.entry, "ACCEPT-SHARED-FILE", other=rows[one.other], area_m2=f"{one.area_m2:,.4f}")
        add(one.other, "ACCEPT-SHARED-FILE", other=rows[one.entry], area_m2=f"{one.area_m2:,.4f}")
    standing = {entry: receipt for entry, (receipt, by) in known.items() if not by}
    return [
        replace(
            one,
            judged=replace(
                one.judged,
                against=tuple(against.get(one.judged.entry, ())),
                receipt=standing.get(one.judged.entry),
            ),
        )
        for one in cases
    ]


def _entry(case: _Case, who: Mapping[str, str], day: date) -> Entry:
    judged = case.judged
    assert judged.account is not None and judged.net_dm2 is not None
    net, grade = judged.net_dm2, judged.account.grade
    paddy = net if judged.account.paddy else 0
    quantities = Quantities(net, paddy, judged.parcel.capacity_kg or 0, net * grade)
    return Entry(
        id=judged.entry, kind="ACCEPT", act_date=judged.parcel.accepted, posting_date=day, evidence=who["evidence"],
        author=who["author"], lines=(Line(judged.account, quantities),), geometry=case.ground.seal,
        rule_pack=case.limits.pack, rule_version=case.limits.version,
    )  # fmt: skip


# --- afterwards ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FollowUp:
    """Accepted parcels in the survey of a year, and the counter-entries that follow from it."""

    year: int
    followed: tuple[Followed, ...]
    posted: tuple[Receipt, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()  # id of the counter-entry, and why the book refused it

    def of(self, outcome: Outcome) -> tuple[Followed, ...]:
        """The parcels of one outcome."""
        return tuple(one for one in self.followed if one.outcome is outcome)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "year": self.year, "followed": len(self.followed),
            **{outcome.value: len(self.of(outcome)) for outcome in Outcome},
            "parcels": [one.as_record() for one in self.followed],
            "posted": [one._asdict() for one in self.posted],
            "refused": [{"id": name, "why": why} for name, why in self.refused],
        }  # fmt: skip


def ledger_follow_up(
    workspace: Workspace, *, year: int, post: bool = False, evidence: str = "", author: str = "", on: date | None = None
) -> FollowUp:
    """Overlay every accepted parcel with the survey of `year`; what is no farmland there is to be taken back.

    Parameters
    ----------
    post
        Post the counter-entries, each by itself: what the pool no longer holds, the book refuses, and it is listed.
    evidence, author
        Of the counter-entries.

    Raises
    ------
    BadInput
        If the counter-entries are to be posted and evidence or author is missing.
    """
    if post:
        for option, word in (("--evidence", evidence), ("--author", author)):
            if not word.strip():
                raise BadInput("ACCEPT-WHO", option=option)
    store = Store(workspace)
    years = store.survey_years()
    grounds = standing_grounds(workspace.database, _below(workspace))
    packs: dict[tuple[str, int], Limits] = {}

    def limits(ground: Ground) -> Limits:
        key = ground.region, ground.accepted // 10_000
        return packs.setdefault(key, load_limits(*key, workspace.root))

    followed = follow_up(grounds, year, store.survey(year) if year in years else None, years, limits)
    done = FollowUp(year, tuple(followed))
    return _taken_back(workspace, done, evidence, author, on) if post else done


def _taken_back(workspace: Workspace, found: FollowUp, evidence: str, author: str, on: date | None) -> FollowUp:
    day = on or datetime.now(UTC).astimezone().date()
    posted, refused = [], []
    with land_book(workspace) as book:
        for one in found.of(Outcome.FAIL):
            original, _ = book.entry(one.ground.entry)
            entry = counter(original, id=one.reversal, posting_date=day, evidence=evidence, author=author)
            try:
                posted += book.post(entry)
            except TilthError as error:
                refused.append((one.reversal, str(error)))
    return replace(found, posted=tuple(posted), refused=tuple(refused))


def _below(workspace: Workspace) -> Iterable[str]:
    """The workspace's region and all below it."""
    tree = Store(workspace).regions()
    own = workspace.region
    return [one.code for one in tree.regions.values() if own in {up.code for up in tree.ancestors(one.code)}]
