"""May a parcel of replacement land enter the pool? Checks A1 to A13: what is not known is not assessed, and blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tilth.core import message
from tilth.ledger.limits import Limit, Limits
from tilth.ledger.offered import Parcel
from tilth.ledger.tested import Outcome

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.NOT_ASSESSED
_MU_DM2 = Decimal(200_000) / 3
_PADDY = "0101"
_FOREST = "03"
_OUTSIDE = {"outside", "clear", "no", "0", "否", "外", "不涉及", "无"}
_INSIDE = {"inside", "yes", "1", "是", "内", "涉及"}
_ABANDONED = {"abandoned", "fallow", "撂荒", "弃耕"}
_PLAIN, _HILL = {"plain", "平原"}, {"hill", "hills", "mountain", "丘陵", "山区", "丘陵山区"}


@dataclass(frozen=True, slots=True)
class Seen:
    """What surveys and layers of the workspace say of a parcel's ground. None: there is none that could say it."""

    gross_dm2: int
    ridge_dm2: int | None = None  # by the survey of the year of acceptance
    base: str = ""  # survey at t0: year and id; empty without one
    classes_dm2: Mapping[str, int] = field(default_factory=dict)  # ground at t0 by class
    farmland_dm2: int = 0  # of it
    gap_dm2: int = 0  # ground that the survey at t0 does not know
    slope: str = ""  # layer of slope
    slopes_dm2: Mapping[int, int] = field(default_factory=dict)  # ground by slope grade
    layers: Mapping[str, tuple[str, int | None]] = field(
        default_factory=dict
    )  # by kind: its id, ground inside (None: ?)
    now: str = ""  # survey of the year of acceptance, where it knows the ground as farmland
    paddy_dm2: int = 0  # paddy by that survey
    photo_m: float | None = None  # how far the place of the photo lies from the parcel

    @property
    def class_at_t0(self) -> str:
        """The class that most of the ground had."""
        return max(sorted(self.classes_dm2), key=lambda code: self.classes_dm2[code], default="")


@dataclass(frozen=True, slots=True)
class Checked:
    """What one check says, on which evidence and by which limits."""

    check: str
    outcome: Outcome
    code: str  # of the message
    values: Mapping[str, Any]
    evidence: str
    limits: tuple[Limit, ...] = ()

    @property
    def said(self) -> str:
        """What was found, in the language in use."""
        return message(self.code, **self.values)

    @property
    def title(self) -> str:
        """What the check is called."""
        return message(f"ACCEPT-{self.check}")

    @property
    def missing(self) -> tuple[str, ...]:
        """The columns that it would have needed."""
        return tuple(str(self.values["columns"]).split(", ")) if self.code == "ACCEPT-SAID-BLANK" else ()

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "check": self.check, "title": self.title, "outcome": self.outcome.value, "said": self.said,
            "evidence": self.evidence, "limits": [one.as_record() for one in self.limits],
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Case:
    """One parcel under examination."""

    parcel: Parcel
    seen: Seen
    limits: Limits
    document: str

    def says(
        self, check: str, outcome: Outcome, code: str, /, *used: str, evidence: str = "", **values: Any
    ) -> Checked:
        limits = tuple(self.limits.limits[name] for name in used)
        told = {name: _shown(value) for name, value in values.items()}
        return Checked(
            check, outcome, f"ACCEPT-{code}", told, evidence or self.parcel.evidence or self.document, limits
        )

    def blank(self, check: str, *names: str, used: tuple[str, ...] = ()) -> Checked:
        return self.says(check, OPEN, "SAID-BLANK", *used, columns=", ".join(names))

    @property
    def sliver_dm2(self) -> int:
        return int(self.limits.number("sliver") * 100)

    @property
    def slope_grade(self) -> int | None:
        """The steepest grade: of the layer where there is one, of the file otherwise; the worse of the two."""
        grades = [grade for grade, dm2 in self.seen.slopes_dm2.items() if dm2 > self.sliver_dm2]
        if self.parcel.slope_grade is not None:
            grades.append(self.parcel.slope_grade)
        return max(grades, default=None)

    @property
    def plain(self) -> bool | None:
        """Is it plain? As the file says; otherwise by slope: grade 1 (at most 2°) is plain."""
        word = self.parcel.terrain.casefold()
        if word in _PLAIN | _HILL:
            return word in _PLAIN
        grade = self.slope_grade
        return None if grade is None else grade == 1

    @property
    def source_class(self) -> str:
        """The class at t0: the survey's where there is one, the file's otherwise."""
        return self.seen.class_at_t0 or self.parcel.source_class


def examine(parcel: Parcel, seen: Seen, limits: Limits, document: str) -> tuple[Checked, ...]:
    """Every check of one parcel.

    Parameters
    ----------
    document
        The id of the acceptance document: evidence of what the file says, where the parcel names none of its own.
    """
    case = _Case(parcel, seen, limits, document)
    return tuple(check(case) for check in _CHECKS)


def passes(checks: Iterable[Checked]) -> bool:
    """Does every check pass? What is not assessed does not."""
    return all(one.outcome is PASS for one in checks)


def net_dm2(parcel: Parcel, seen: Seen) -> int | None:
    """Net area: the survey's gross area less its ridges; None where nobody knows the ridges. [dm²]"""
    if seen.ridge_dm2 is not None:
        return seen.gross_dm2 - seen.ridge_dm2
    if parcel.ridge_coef is not None:
        return seen.gross_dm2 - int((seen.gross_dm2 * parcel.ridge_coef).quantize(Decimal(1), rounding="ROUND_HALF_UP"))
    steepest = max([*seen.slopes_dm2, *([parcel.slope_grade] if parcel.slope_grade else [])], default=None)
    return seen.gross_dm2 if steepest == 1 else None


def pool_of(parcel: Parcel, seen: Seen, limits: Limits) -> str:
    """The pool that the parcel goes to: what the file says, else by the class at t0."""
    return parcel.pool.upper() or limits.pool_of(seen.class_at_t0 or parcel.source_class)


def as_results(checks: Iterable[Checked], limits: Limits) -> str:
    """Every result as one text, to be kept with the entry: it can be said again in either language."""
    told = [
        {
            "check": one.check, "outcome": one.outcome.value, "code": one.code, "values": one.values,
            "evidence": one.evidence, "limits": {limit.id: limit.shown for limit in one.limits},
        }
        for one in checks
    ]  # fmt: skip
    kept = {"pack": limits.pack, "version": limits.version, "checks": told}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _shown(value: Any) -> Any:
    return f"{value / 100:,.2f}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


# --- the checks ---------------------------------------------------------------------------------------------------


def _area(case: _Case) -> Checked:
    net = net_dm2(case.parcel, case.seen)
    evidence = case.seen.now if case.seen.ridge_dm2 is not None else ""
    if net is None:
        return case.blank("A1", "ridge_coef")
    stated = case.parcel.net_area_m2
    room = case.limits.number("net-difference")
    numbers = {"net": net, "gross": case.seen.gross_dm2, "stated": "-" if stated is None else f"{stated:,.2f}"}
    if net <= 0 or (stated is not None and abs(stated - Decimal(net) / 100) > room):
        return case.says("A1", FAIL, "SAID-AREA-DIFFERS", "net-difference", evidence=evidence, **numbers)
    return case.says("A1", PASS, "SAID-AREA", "net-difference", evidence=evidence, **numbers)


def _class_at_t0(case: _Case) -> Checked:
    parcel, seen = case.parcel, case.seen
    if parcel.illegal:
        return case.says("A2", FAIL, "SAID-ILLEGAL")
    if not seen.base:
        return case.says("A2", OPEN, "SAID-NO-SURVEY")
    known = {"evidence": seen.base, "code": seen.class_at_t0, "stated": parcel.source_class}
    if seen.farmland_dm2 > case.sliver_dm2:
        return case.says(
            "A2", FAIL, "SAID-FARMLAND-T0", "sliver", farmland=seen.farmland_dm2, survey=seen.base, **known
        )
    if seen.gap_dm2 > case.sliver_dm2:
        return case.says("A2", OPEN, "SAID-GAP-T0", "sliver", gap=seen.gap_dm2, survey=seen.base, **known)
    if not case.limits.pool_of(seen.class_at_t0):
        return case.says("A2", OPEN, "SAID-CLASS-UNKNOWN", **known)
    code = "SAID-CLASS-T0" if parcel.source_class == seen.class_at_t0 else "SAID-CLASS-T0-OTHER"
    return case.says("A2", PASS, code, "sliver", survey=seen.base, **known)


def _slope(case: _Case) -> Checked:
    grade, evidence = case.slope_grade, case.seen.slope
    if grade is None:
        return case.blank("A3", "slope_grade")
    told = {"grade": str(grade), "stated": str(case.parcel.slope_grade or "-"), "evidence": evidence}
    if grade >= case.limits.number("slope-never"):
        return case.says("A3", FAIL, "SAID-SLOPE-NEVER", "slope-never", **told)
    if case.parcel.paddy and grade > case.limits.number("slope-paddy"):
        return case.says("A3", FAIL, "SAID-SLOPE-PADDY", "slope-paddy", **told)
    if grade >= case.limits.number("slope-by-review"):
        if not case.parcel.steep_review:
            return case.says("A3", FAIL, "SAID-SLOPE-STEEP", "slope-by-review", **told)
        told["evidence"] = case.parcel.steep_review
        return case.says("A3", PASS, "SAID-SLOPE-REVIEWED", "slope-by-review", **told)
    return case.says("A3", PASS, "SAID-SLOPE", "slope-never", "slope-by-review", "slope-paddy", **told)


def _soil(case: _Case) -> Checked:
    depth, plough = case.parcel.soil_depth_cm, case.parcel.plough_cm
    if depth is None or plough is None:
        return case.blank("A4", *[n for n, v in (("soil_depth_cm", depth), ("plough_cm", plough)) if v is None])
    if case.plain is None:
        return case.blank("A4", "terrain")
    name = "soil-depth-plain" if case.plain else "soil-depth-hill"
    least, layer = case.limits.number(name), case.limits.number("plough-layer")
    outcome = PASS if depth >= least and plough >= layer else FAIL
    return case.says(
        "A4", outcome, "SAID-SOIL", name, "plough-layer", depth=depth, plough=plough, least=least, layer=layer
    )


def _gravel(case: _Case) -> Checked:
    found = case.parcel.gravel_pct
    if found is None:
        return case.blank("A5", "gravel_pct")
    most = case.limits.number("gravel")
    return case.says("A5", PASS if found <= most else FAIL, "SAID-GRAVEL", "gravel", found=found, most=most)


def _ph(case: _Case) -> Checked:
    found = case.parcel.ph
    if found is None:
        return case.blank("A6", "ph")
    least, most = case.limits.number("ph-least"), case.limits.number("ph-most")
    outcome = PASS if least <= found <= most else FAIL
    return case.says("A6", outcome, "SAID-PH", "ph-least", "ph-most", found=found, least=least, most=most)


def _salt(case: _Case) -> Checked:
    """Total salt or ECe, whichever is given (both, if both are), and ESP."""
    parcel, limits = case.parcel, case.limits
    if parcel.esp_pct is None or (parcel.salt_g_kg is None and parcel.ece_ds_m is None):
        missing = ["esp_pct"] if parcel.esp_pct is None else []
        return case.blank("A7", *missing, *(["salt_g_kg", "ece_ds_m"] if parcel.salt_g_kg is parcel.ece_ds_m else []))
    used, good = ["esp"], parcel.esp_pct < limits.number("esp")
    tolerant = bool(parcel.salt_tolerant) and "salt-tolerant" in limits.limits
    if parcel.salt_g_kg is not None:
        used.append("salt-tolerant" if tolerant else "salt")
        most = limits.number(used[-1])
        good &= parcel.salt_g_kg <= most if tolerant else parcel.salt_g_kg < most
    if parcel.ece_ds_m is not None and not (tolerant and parcel.salt_g_kg is not None):
        used.append("ece")
        good &= parcel.ece_ds_m < limits.number("ece")
    told: dict[str, Any] = {
        "salt": "-" if parcel.salt_g_kg is None else parcel.salt_g_kg,
        "ece": "-" if parcel.ece_ds_m is None else parcel.ece_ds_m,
        "esp": parcel.esp_pct,
    }
    shown = ", ".join(limits.limits[name].shown for name in used)
    return case.says("A7", PASS if good else FAIL, "SAID-SALT", *used, limits_shown=shown, **told)


def _pollution(case: _Case) -> Checked:
    found = case.parcel.pollution
    if found is None:
        return case.blank("A8", "pollution")
    most = case.limits.number("pollution")
    return case.says("A8", PASS if found <= most else FAIL, "SAID-POLLUTION", "pollution", found=str(found), most=most)


def _irrigation(case: _Case) -> Checked:
    """Irrigated land needs its water, paddy an outlet besides; paddy that the survey does not see is none."""
    parcel, seen = case.parcel, case.seen
    found, least = parcel.irrigation_pct, case.limits.number("irrigation")
    if parcel.paddy and seen.now and seen.gross_dm2 - seen.paddy_dm2 > case.sliver_dm2:
        numbers = {"paddy": seen.paddy_dm2, "gross": seen.gross_dm2, "survey": seen.now}
        return case.says("A9", FAIL, "SAID-NOT-PADDY", "sliver", evidence=seen.now, **numbers)
    if found is None:
        return case.blank("A9", "irrigation_pct")
    if not parcel.paddy and found == 0:
        return case.says("A9", PASS, "SAID-RAIN-FED")
    if found < least:
        return case.says("A9", FAIL, "SAID-IRRIGATION", "irrigation", found=found, least=least)
    if parcel.paddy and parcel.outlet is False:
        return case.says("A9", FAIL, "SAID-NO-OUTLET", "irrigation")
    if parcel.paddy and parcel.outlet is None:
        return case.blank("A9", "outlet")
    return case.says("A9", PASS, "SAID-IRRIGATION", "irrigation", found=found, least=least)


def _access(case: _Case) -> Checked:
    parcel = case.parcel
    if parcel.road is None:
        return case.blank("A10", "road")
    if case.plain is None:
        return case.blank("A10", "terrain")
    name = "patch-plain" if case.plain else "patch-hill"
    least = case.limits.number(name)
    patch = max(Decimal(case.seen.gross_dm2) / _MU_DM2, parcel.patch_mu or Decimal(0))
    told: dict[str, Any] = {"patch": f"{patch:.2f}", "least": least}
    if not parcel.road:
        return case.says("A10", FAIL, "SAID-NO-ROAD", name, **told)
    if patch >= least or parcel.adjoining:
        return case.says("A10", PASS, "SAID-ACCESS", name, **told)
    if parcel.patch_mu is None and parcel.adjoining is None:
        return case.blank("A10", "patch_mu", "adjoining", used=(name,))
    return case.says("A10", FAIL, "SAID-ACCESS", name, **told)


def _quality(case: _Case) -> Checked:
    found = case.parcel.quality_grade
    if found is None:
        return case.blank("A11", "quality_grade")
    worst = case.limits.number("quality")
    return case.says("A11", PASS if found <= worst else FAIL, "SAID-QUALITY", "quality", found=str(found), worst=worst)


def _evidence(case: _Case) -> Checked:
    """Imagery of two seasons, a photo with its place, one crop planted, and nobody gave the land up."""
    parcel, seen = case.parcel, case.seen
    if parcel.follow_up.casefold() in _ABANDONED:
        return case.says("A12", FAIL, "SAID-ABANDONED", word=parcel.follow_up)
    places = (("photo_lon", parcel.photo_lon), ("photo_lat", parcel.photo_lat))
    texts = (("imagery", parcel.imagery), ("photo", parcel.photo), ("crop", parcel.crop))
    missing = [name for name, text in texts if not text] + [name for name, value in places if value is None]
    if missing:
        return case.blank("A12", *missing)
    seasons = {one.strip() for one in parcel.imagery.replace("；", ";").replace(",", ";").split(";") if one.strip()}
    ids = "; ".join([*sorted(seasons), parcel.photo, parcel.crop])
    distance = seen.photo_m or 0.0
    good = len(seasons) >= case.limits.number("seasons") and distance <= case.limits.number("photo-distance")
    told = {"seasons": str(len(seasons)), "distance": f"{distance:,.0f}", "evidence": ids}
    return case.says("A12", PASS if good else FAIL, "SAID-EVIDENCE", "seasons", "photo-distance", **told)


def _ecology(case: _Case) -> Checked:
    parcel, seen = case.parcel, case.seen
    word, used = parcel.ecology.casefold(), ("layers-kept-clear", "sliver")
    if word in _INSIDE:
        return case.says("A13", FAIL, "SAID-ECOLOGY-STATED", *used)
    looked, open_kinds = [], []
    for kind in case.limits.words("layers-kept-clear"):
        name, inside = seen.layers.get(kind, ("", None))
        if name and inside is None:
            return case.says("A13", OPEN, "SAID-LAYER-UNUSABLE", *used, kind=kind, evidence=name)
        if inside is not None and inside > case.sliver_dm2:
            return case.says("A13", FAIL, "SAID-ECOLOGY-INSIDE", *used, kind=kind, inside=inside, evidence=name)
        looked += [name] if name else []
        open_kinds += [] if name else [kind]
    if open_kinds and word not in _OUTSIDE:
        return case.says("A13", OPEN, "SAID-ECOLOGY-OPEN", *used, kinds=", ".join(open_kinds))
    evidence = "; ".join(looked)
    if case.source_class.startswith(_FOREST):
        if not parcel.forest_rights:
            return case.blank("A13", "forest_rights", used=used)
        if parcel.forest_rights.casefold() in _OUTSIDE:
            return case.says("A13", FAIL, "SAID-FOREST-RIGHTS", *used)
        evidence = "; ".join([*looked, parcel.forest_rights])
    return case.says("A13", PASS, "SAID-ECOLOGY", *used, evidence=evidence)


_CHECKS: tuple[Callable[[_Case], Checked], ...] = (
    _area, _class_at_t0, _slope, _soil, _gravel, _ph, _salt, _pollution, _irrigation, _access, _quality, _evidence,
    _ecology,
)  # fmt: skip
