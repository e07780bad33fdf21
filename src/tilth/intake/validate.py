"""The examination of a snapshot: every rule that its data allows, and a plain list of those that it does not."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from tilth.core import Finding, Label, label
from tilth.intake import rules_geometry, rules_totals
from tilth.intake.domains import Domains, RidgeTable, shipped_domains
from tilth.intake.ground import Ground
from tilth.intake.rules_attributes import ATTRIBUTE_RULES
from tilth.intake.rules_model import Subject, Validation, subject_of
from tilth.land import CodeSystem, RegionTree, Snapshot

#: The code system that the numbered rules are written for.
SURVEY_SYSTEM = "sd2017"

#: What the rules call a column, for the reason why one could not be run.
FIELDS = {
    "class_name": "DLMC",
    "owner_code": "QSDWDM",
    "location_code": "ZLDWDM",
    "deduct_class": "KCDLBM",
    "ridge_coef": "KCXS",
    "slope_grade": "GDPDJB",
    "farmland_form": "GDLX",
    "linear_width_m": "XZDWKD",
    "planting": "ZZSXDM",
    "tenure": "QSXZ",
    "settlement": "CZCSXM",
    "refinement": "TBXHDM",
    "grade15": "GDDB",
    "quality_grade": "ZLDJ",
    "stated_net_dm2": "TBDLMJ",
    "stated_deduct_dm2": "KCMJ",
    "parcel_id": "BSM",
    "enclave": "FRDBS",
}


class _Record:
    """What has been run so far."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.assessed: list[str] = []
        self.missed: list[tuple[str, Label]] = []

    def run(self, rule: str, found: Callable[[], list[Finding]]) -> None:
        self.findings += found()
        if rule not in self.assessed:
            self.assessed.append(rule)

    def miss(self, rule: str, reason: str, /, **values: object) -> None:
        self.missed.append((rule, label(reason, **values)))

    def done(self) -> Validation:
        return Validation(tuple(self.findings), tuple(self.assessed), tuple(self.missed))


def validate(
    snapshot: Snapshot,
    *,
    codes: CodeSystem,
    regions: RegionTree,
    villages: Snapshot | None = None,
    pbf: Snapshot | None = None,
    changes: pd.DataFrame | None = None,
    previous: Snapshot | None = None,
    ridge_table: RidgeTable | None = None,
    domains: Domains | None = None,
) -> Validation:
    """Examine `snapshot` by rules V1–V15 of the survey and by its geometry. Nothing is changed.

    Parameters
    ----------
    snapshot
        A survey, with its quarantine: rows set aside at import are neither gaps nor missing area. A `Draft` will do.
    codes, regions
        The code system of the parcels; the region tree with its control areas (V10).
    villages
        Layer of village survey areas (CJDCQ) or townships (XZQ), `code` the region: gaps, protrusions.
    pbf, changes, previous
        Permanent basic farmland (V14); the update layer DLTBGXGC and last year's survey (V15).
    ridge_table
        The county's ridge coefficients (V6).
    domains
        Code lists and minimum sizes; those that ship with the product if None.

    Returns
    -------
    What the rules find, one finding for each fault; which rules were run; which were not, and why. Findings of the
    import are not repeated: see `all_findings`.
    """
    subject = subject_of(snapshot, codes, domains or shipped_domains(), ridge_table)
    ground = Ground(subject, villages, snapshot.quarantine)
    survey = codes.id == SURVEY_SYSTEM
    record = _Record()
    _attributes(record, subject, survey)
    _totals(record, ground, regions, survey)
    _shapes(record, ground, survey)
    _layers(record, ground, pbf, changes, previous)
    if pbf is not None and survey and subject.given("region_code").any():
        record.run("V14", lambda: rules_totals.pbf_above_farmland(pbf, ground, regions))
    return record.done()


def all_findings(snapshot: Snapshot, validation: Validation) -> tuple[Finding, ...]:
    """The findings of the import and of the examination, none twice (by code, row and feature)."""
    known = {_identity(finding) for finding in validation.findings}
    return (*(finding for finding in snapshot.findings if _identity(finding) not in known), *validation.findings)


def _identity(finding: Finding) -> tuple[str, int | None, str]:
    return finding.code, finding.where.row, finding.where.parcel if finding.where.row is None else ""


def _attributes(record: _Record, subject: Subject, survey: bool) -> None:
    for rule in ATTRIBUTE_RULES:
        if rule.survey_only and not survey:
            record.miss(rule.id, "VALIDATE-FOREIGN", system=subject.codes.id)
        elif not any(subject.given(column).any() for column in rule.needs):
            record.miss(rule.id, "VALIDATE-NO-FIELD", fields=", ".join(FIELDS[column] for column in rule.needs))
        elif rule.id == "V9" and subject.area_from != "file":
            record.miss(rule.id, "VALIDATE-MEASURED")
        else:
            record.run(rule.id, lambda rule=rule: rule.run(subject))  # type: ignore[misc]
    if survey and subject.ridge_table is None and subject.given("ridge_coef").any():
        record.miss("V6", "VALIDATE-NO-RIDGE")


def _totals(record: _Record, ground: Ground, regions: RegionTree, survey: bool) -> None:
    subject = ground.subject
    if not survey:
        record.miss("V10", "VALIDATE-FOREIGN", system=subject.codes.id)
        return
    if regions.at_level("village"):
        record.run("V2", lambda: rules_totals.unknown_villages(subject, regions))
    if not rules_totals.control_known(regions):
        record.miss("V10", "VALIDATE-NO-CONTROL")
        return
    record.run("V10", lambda: rules_totals.control_areas(ground, regions))


def _shapes(record: _Record, ground: Ground, survey: bool) -> None:
    rules = {
        "G-INVALID": rules_geometry.invalid_rings,
        "G-SPIKE": rules_geometry.spiky_rings,
        "G-REPEAT": rules_geometry.repeated_vertices,
        "G-DUPLICATE": rules_geometry.copied_polygons,
        "V11": rules_geometry.overlapping,
        "G-SLIVER": rules_geometry.slivers,
    }
    survey_rules = {"G-MINSIZE": rules_geometry.below_minimum, "G-MULTIPART": rules_geometry.multiple_parts}
    for rule, run in rules.items():
        record.run(rule, lambda run=run: run(ground))  # type: ignore[misc]
    for rule, run in survey_rules.items():
        if survey:
            record.run(rule, lambda run=run: run(ground))  # type: ignore[misc]
        else:
            record.miss(rule, "VALIDATE-FOREIGN", system=ground.subject.codes.id)
    if ground.broken.any():
        record.miss("V11", "VALIDATE-BROKEN", count=int(ground.broken.sum()))
    _against_villages(record, ground, survey)
    _against_measured(record, ground, survey)


def _against_villages(record: _Record, ground: Ground, survey: bool) -> None:
    rules = {
        "V11": rules_geometry.uncovered,
        "G-OUTSIDE": rules_geometry.protruding,
        "G-VILLAGE": rules_geometry.wrong_village,
    }
    for rule, run in rules.items():
        if ground.villages is None or len(ground.villages.parcels) == 0:
            record.miss(rule, "VALIDATE-NO-VILLAGES")
        elif rule == "V11" and not survey:
            record.miss(rule, "VALIDATE-FOREIGN", system=ground.subject.codes.id)
        elif rule == "G-VILLAGE" and not set(ground.village_codes) & set(ground.subject.text("region_code")):
            record.miss(rule, "VALIDATE-VILLAGE-CODES")
        else:
            record.run(rule, lambda run=run: run(ground))  # type: ignore[misc]


def _against_measured(record: _Record, ground: Ground, survey: bool) -> None:
    if ground.subject.area_from != "file":
        record.miss("G-AREA", "VALIDATE-MEASURED")
    elif survey:
        record.run("G-AREA", lambda: rules_geometry.recorded_areas(ground))
    else:
        record.run("G-AREA-FOREIGN", lambda: rules_geometry.foreign_areas(ground))


def _layers(
    record: _Record, ground: Ground, pbf: Snapshot | None, changes: pd.DataFrame | None, previous: Snapshot | None
) -> None:
    if pbf is None:
        record.miss("V14", "VALIDATE-NO-PBF")
    else:
        record.run("V14", lambda: rules_totals.pbf_net(pbf))
        record.run("V14", lambda: rules_totals.pbf_crossed(pbf))
        if ground.villages is None:
            record.miss("V14", "VALIDATE-NO-VILLAGES")
        else:
            record.run("V14", lambda: rules_totals.pbf_inside(pbf, ground.county))
    if changes is None or previous is None:
        record.miss("V15", "VALIDATE-NO-CHANGES")
    else:
        record.run("V15", lambda: rules_totals.pieces_of_parents(changes, previous))
