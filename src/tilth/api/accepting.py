"""Replacement land: checked, and accepted into the pool."""

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

from tilth.api.booking import land_book
from tilth.api.judged import Acceptance, Judged
from tilth.api.layers import in_crs, usable_layers
from tilth.api.offering import Offer, offered
from tilth.change import moved
from tilth.core import BadInput, Finding, Where
from tilth.land import Snapshot, Store, covered
from tilth.ledger import (
    Account,
    Around,
    Entry,
    Ground,
    Limits,
    Line,
    Parcel,
    Quantities,
    Seen,
    absent_columns,
    accept,
    accepted_before,
    as_results,
    day_number,
    examine,
    load_limits,
    look,
    make_ground,
    net_dm2,
    passes,
    pool_of,
    shared_before,
    shared_within,
)

if TYPE_CHECKING:
    from tilth.runtime import Workspace

_AREAL = (3, 6)
_SLOPE = "slope"


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
    offer = offered(file, layer, encoding, crs)
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


def _absences(offer: Offer, cases: Iterable[_Case], file: str) -> tuple[Finding, ...]:
    """Columns that the file does not have and that checks would have needed."""
    absent = set(absent_columns(str(name) for name in offer.table.frame.columns))
    missed = {name for one in cases for check in one.judged.checks for name in check.missing}
    named = ", ".join(sorted(absent & missed))
    return (Finding("ACCEPT-ABSENT", Where(file=file), {"columns": named}),) if named else ()


@dataclass(frozen=True)
class _Case:
    """One parcel with its ground and the limits by which it was judged."""

    judged: Judged
    ground: Ground
    limits: Limits


def _cases(
    workspace: Workspace, offer: Offer, who: Mapping[str, str], base_year: int | None
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
