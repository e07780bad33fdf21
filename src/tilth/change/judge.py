"""Each question a rule can ask, answered from the pieces. What is not known is "not assessed", never a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

import pandas as pd

from tilth.change.rulepack import PARCELS, Kind, Outcome, Rule, RulePack
from tilth.change.standing import Standing
from tilth.change.verdict import BEYOND, GAP, ON_PARCEL, UNKNOWN, RuleOutcome, layer_label
from tilth.change.withheld import Withheld
from tilth.core import Label, in_units, label, round_half_away


@dataclass(frozen=True)
class Facts:
    """What there was to judge by."""

    filled: frozenset[str]  # layer kinds that are there and have features
    empty: frozenset[str]  # layer kinds that are there and have none
    farmland_known: bool  # does the code system say which classes are farmland?
    county_known: bool  # is there a boundary to tell a gap from land outside the county?
    holding: tuple[Standing, ...]  # of regions that have a task and lose land
    pbf_holding: tuple[Standing, ...]
    strange: frozenset[str] = frozenset()  # class codes under the footprint that the code system lacks
    withheld: Mapping[str, Mapping[str, Withheld]] = field(default_factory=dict)  # by layer kind, then by plot id
    unusable: Mapping[str, Label] = field(default_factory=dict)  # by kind: why a layer that is stored is not used

    def beside(self, kind: str, pieces: pd.DataFrame) -> Withheld:
        """Quarantined rows of the layer `kind` that may hold for the plots of `pieces`."""
        by_plot = self.withheld.get(kind, {})
        return sum((by_plot[name] for name in pieces["plot_id"].unique() if name in by_plot), Withheld())

    def unknown(self, pieces: pd.DataFrame) -> int:
        """The land of `pieces` whose class nobody knows: on no parcel, or of a class that is in no system. [dm²]"""
        return area(pieces, (pieces["ground"] != ON_PARCEL) | pieces["class_code"].isin(self.strange))


@dataclass(frozen=True)
class Answer:
    """The answer to one question, before it is made an outcome of its rule."""

    area_dm2: int
    said: Label
    outcome: Outcome | None  # None: the rule's own outcome where there is an area, else a pass
    values: Mapping[str, Any]
    doubts: tuple[Label, ...] = ()  # what may be worse than it looks; the rule's own outcome stands all the same


def judge(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> RuleOutcome:
    """What `rule` says of `pieces`, all of a footprint or one plot of it."""
    answer = _QUESTIONS[rule.kind](rule, pieces, facts)
    outcome = answer.outcome
    if outcome is None:
        outcome = rule.outcome if answer.area_dm2 > 0 else Outcome.PASS
        if outcome is Outcome.FAIL and answer.area_dm2 <= rule.tolerance_dm2:
            outcome = Outcome.WARN
    said = answer.said
    if answer.doubts and outcome is not Outcome.NOT_ASSESSED:
        if outcome is rule.outcome:
            said = _listed((said, *answer.doubts))
        else:
            said, outcome = label("CHECK-SAID-DOUBT", why=_listed(answer.doubts)), Outcome.NOT_ASSESSED
    silent = outcome is Outcome.PASS
    return RuleOutcome(
        rule=rule.id,
        version=rule.version,
        title=rule.title,
        outcome=outcome,
        area_dm2=answer.area_dm2,
        said=said,
        duty=Label("", "") if silent else rule.duty,
        source=rule.source,
        confidence=rule.confidence,
        values=answer.values,
        at_worst=rule.outcome,
    )


def measured_only(kind: str, pieces: pd.DataFrame, facts: Facts, pack: RulePack, day: date) -> RuleOutcome:
    """What is known of a layer that no rule in force on `day` looks at: how much of `pieces` lies in it."""
    name, inside, total = layer_label(kind), area(pieces, pieces[kind].fillna(False).astype(bool)), area(pieces)
    answer = _without_layer(kind, facts)
    if answer is None:
        values = {"inside": m2(inside), "outside": m2(total - inside), "share": _percent(inside, total)}
        said = label("CHECK-SAID-MEASURED", layer=name, pack=pack.id, day=day.isoformat(), **values)
        beyond = _beyond_the_layer(kind, pieces)
        said = _listed((said, *beyond, *_set_aside(facts.beside(kind, pieces))))
        outcome = Outcome.NOT_ASSESSED if area(pieces, _uncovered(kind, pieces)) == total else Outcome.INFO
        said = label("CHECK-SAID-DOUBT", why=beyond[0]) if outcome is Outcome.NOT_ASSESSED else said
        answer = Answer(inside, said, outcome, {"inside_dm2": inside, "outside_dm2": total - inside})
    assert answer.outcome is not None
    return RuleOutcome(
        rule=f"layer:{kind}",
        version=pack.version,
        title=label("CHECK-MEASURED-TITLE", layer=name),
        outcome=answer.outcome,
        area_dm2=answer.area_dm2,
        said=answer.said,
        duty=Label("", ""),
        source="",
        confidence="sure",
        values=answer.values,
    )


def chosen(rule: Rule, pieces: pd.DataFrame) -> pd.Series:
    """(pieces,) True where the rule's condition holds; all False for kinds that are about no single piece."""
    if rule.kind is Kind.INSIDE:
        return pieces[rule.layer].fillna(False).astype(bool)
    if rule.kind is Kind.OUTSIDE:
        return ~pieces[rule.layer].fillna(True).astype(bool)
    if rule.kind is Kind.FARMLAND:
        return pieces["farmland"].astype(bool)
    if rule.kind is Kind.SLOPE:
        return pieces["farmland"].astype(bool) & pieces["slope_grade"].isin(rule.grades)
    if rule.kind is Kind.GAP:
        return pieces["ground"].isin((GAP, UNKNOWN))
    if rule.kind is Kind.BEYOND:
        return pieces["ground"] == BEYOND
    return pd.Series(False, index=pieces.index)


def area(pieces: pd.DataFrame, mask: Any = None, column: str = "area_dm2") -> int:
    """Σ of an area column, over the pieces of `mask`. [dm²]"""
    return int(pieces[column].sum() if mask is None else pieces.loc[mask, column].sum())


def m2(dm2: int) -> str:
    """An area as a reader sees it: m² with two decimals."""
    return f"{in_units(dm2, 'm2'):,}"


def _not_assessed(key: str, dm2: int = 0, **values: object) -> Answer:
    return Answer(dm2, label(key, **values), Outcome.NOT_ASSESSED, {})


def _without_layer(kind: str, facts: Facts) -> Answer | None:
    """The answer where the layer is not there or is empty: which kind is wanted, and how it is brought in."""
    if kind in facts.filled:
        return None
    if kind in facts.unusable:
        return _not_assessed("CHECK-SAID-DOUBT", why=facts.unusable[kind])
    key = "CHECK-SAID-EMPTY-LAYER" if kind in facts.empty else "CHECK-SAID-NO-LAYER"
    return _not_assessed(key, kind=kind, layer=layer_label(kind))


def _listed(parts: Iterable[Label]) -> Label:
    """Several statements as one."""
    texts = list(parts)
    return Label("; ".join(text.en for text in texts), "；".join(text.zh for text in texts))


def _set_aside(found: Withheld) -> tuple[Label, ...]:
    """What is said of quarantined rows; nothing where there are none."""
    said = []
    if found.rows:
        said.append(label("CHECK-SAID-WITHHELD", rows=len(found.rows), area=m2(found.area_dm2)))
    if found.placeless:
        said.append(label("CHECK-SAID-PLACELESS", rows=found.placeless))
    return tuple(said)


def _uncovered(kind: str, pieces: pd.DataFrame) -> pd.Series:
    """(pieces,) True where the survey and its layers end, and the layer `kind` has nothing either."""
    return pieces["ground"].isin((BEYOND, UNKNOWN)) & ~pieces[kind].fillna(False).astype(bool)


def _beyond_the_layer(kind: str, pieces: pd.DataFrame, tolerance_dm2: int = 0) -> tuple[Label, ...]:
    """Why a layer may be silent about land that it does not reach."""
    found = area(pieces, _uncovered(kind, pieces))
    if found <= tolerance_dm2:
        return ()
    key = "CHECK-SAID-UNCOVERED" if found < area(pieces) else "CHECK-SAID-ALL-UNCOVERED"
    return (label(key, area=m2(found), layer=layer_label(kind)),)


def _of_no_class(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> tuple[Label, ...]:
    """Why farmland cannot be ruled out where none is found: land of no known class, parcels that were set aside."""
    unknown, aside = facts.unknown(pieces), _set_aside(facts.beside(PARCELS, pieces))
    if unknown <= rule.tolerance_dm2:
        return aside
    return (label("CHECK-SAID-UNKNOWN-LAND", area=m2(unknown)), *aside)


def _about_a_layer(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> Answer:
    name, missing = layer_label(rule.layer), _without_layer(rule.layer, facts)
    if missing is not None:
        return missing
    total, found = area(pieces), area(pieces, chosen(rule, pieces))
    inside = found if rule.kind is Kind.INSIDE else total - found
    values = {"inside_dm2": inside, "outside_dm2": total - inside}
    key = "CHECK-SAID-INSIDE" if inside else "CHECK-SAID-CLEAR"
    said = label(key, layer=name, inside=m2(inside), outside=m2(total - inside), share=_percent(inside, total))
    doubts = _set_aside(facts.beside(rule.layer, pieces))
    beyond = _beyond_the_layer(rule.layer, pieces, rule.tolerance_dm2)
    if beyond and (rule.kind is Kind.OUTSIDE or found <= rule.tolerance_dm2):
        partly = area(pieces, _uncovered(rule.layer, pieces)) < total
        why = _listed((said, *beyond, *doubts) if partly else (*beyond, *doubts))
        key = "CHECK-SAID-IN-PART" if partly else "CHECK-SAID-DOUBT"
        return Answer(found, label(key, why=why), Outcome.NOT_ASSESSED, values)
    if doubts and rule.kind is Kind.OUTSIDE and found:
        return Answer(found, label("CHECK-SAID-DOUBT", why=_listed((said, *doubts))), Outcome.NOT_ASSESSED, values)
    return Answer(found, said, None, values, () if rule.kind is Kind.OUTSIDE else (*beyond, *doubts))


def _farmland(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> Answer:
    if not facts.farmland_known:
        return _not_assessed("CHECK-SAID-NO-FARMLAND-CLASS")
    land, doubts = pieces[chosen(rule, pieces)], _of_no_class(rule, pieces, facts)
    if len(land) == 0:
        return Answer(0, label("CHECK-SAID-NO-FARMLAND"), None, {}, doubts)
    by_class = {str(code): int(net) for code, net in land.groupby("class_code")["net_dm2"].sum().items()}
    graded = land.groupby("quality_grade", dropna=False)["net_dm2"].sum()
    by_grade = {"" if pd.isna(grade) else str(grade): int(net) for grade, net in graded.items()}
    gross, net, paddy = area(land), area(land, column="net_dm2"), area(land, land["paddy"].astype(bool), "net_dm2")
    values = {
        "gross_dm2": gross,
        "deduct_dm2": gross - net,
        "claim_dm2": net,
        "claim_paddy_dm2": paddy,
        "claim_by_class_dm2": by_class,
        "claim_by_grade_dm2": by_grade,
    }
    listed = ", ".join(f"{code} {m2(dm2)} m²" for code, dm2 in by_class.items())
    grades = ", ".join(f"{grade or '?'}: {m2(dm2)} m²" for grade, dm2 in by_grade.items())
    said = label("CHECK-SAID-FARMLAND", gross=m2(gross), net=m2(net), paddy=m2(paddy), classes=listed, grades=grades)
    return Answer(gross, said, None, values, doubts)


def _slope(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> Answer:
    if not facts.farmland_known:
        return _not_assessed("CHECK-SAID-NO-FARMLAND-CLASS")
    land = pieces[pieces["farmland"].astype(bool)]
    steep, unknown, total = area(land, chosen(rule, land)), area(land, land["slope_grade"].isna()), area(land)
    grades = {str(grade): area(land, (land["slope_grade"] == grade).fillna(False)) for grade in rule.grades}
    values = {"farmland_dm2": total, "ungraded_dm2": unknown, "by_grade_dm2": grades}
    doubts = _of_no_class(rule, pieces, facts)
    if total == 0:
        return Answer(0, label("CHECK-SAID-NO-FARMLAND"), None, values, doubts)
    each = [
        label("CHECK-SAID-OF-GRADE", grade=grade, area=m2(dm2), share=_percent(dm2, total))
        for grade, dm2 in grades.items()
    ]
    english, chinese = ", ".join(one.en for one in each), "，".join(one.zh for one in each)
    values_of = {"total": m2(total), "unknown": m2(unknown)}
    said = Label(
        label("CHECK-SAID-SLOPE", grades=english, **values_of).en,
        label("CHECK-SAID-SLOPE", grades=chinese, **values_of).zh,
    )
    return Answer(steep, said, Outcome.NOT_ASSESSED if steep == 0 and unknown else None, values, doubts)


def _quality(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> Answer:
    if not facts.farmland_known:
        return _not_assessed("CHECK-SAID-NO-FARMLAND-CLASS")
    land, doubts = pieces[pieces["farmland"].astype(bool)], _of_no_class(rule, pieces, facts)
    if len(land) == 0:
        return Answer(0, label("CHECK-SAID-NO-FARMLAND"), None, {}, doubts)
    graded = land[land["quality_grade"].notna()]
    net, unknown = area(graded, column="net_dm2"), area(land, land["quality_grade"].isna(), "net_dm2")
    if net == 0:
        return _not_assessed("CHECK-SAID-NO-GRADE", area(land), total=m2(unknown))
    weighted = int((graded["net_dm2"] * graded["quality_grade"].astype("int64")).sum())
    mean = f"{round_half_away(Fraction(weighted * 100, net)) / 100:.2f}"
    values = {"mean_grade": mean, "area_x_grade": weighted, "graded_dm2": net, "ungraded_dm2": unknown}
    said = label("CHECK-SAID-GRADE", mean=mean, graded=m2(net), unknown=m2(unknown))
    return Answer(net, said, None, values, doubts)


def _gap(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> Answer:
    found = area(pieces, chosen(rule, pieces))
    if (pieces["ground"] == BEYOND).all():
        return _not_assessed("CHECK-SAID-NONE-WITHIN")
    return Answer(found, label("CHECK-SAID-GAP" if found else "CHECK-SAID-NO-GAP", area=m2(found)), None, {})


def _beyond(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> Answer:
    untold = area(pieces, pieces["ground"] == UNKNOWN)
    if not facts.county_known and untold:
        return _not_assessed("CHECK-SAID-NO-BOUNDARY", untold, area=m2(untold))
    found = area(pieces, chosen(rule, pieces))
    return Answer(found, label("CHECK-SAID-BEYOND" if found else "CHECK-SAID-WITHIN", area=m2(found)), None, {})


def _holding(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> Answer:
    if not facts.farmland_known:
        return _not_assessed("CHECK-SAID-NO-FARMLAND-CLASS")
    occupied = area(pieces, pieces["farmland"].astype(bool) & ~pieces["repeated"].astype(bool), "net_dm2")
    doubts = _of_no_class(rule, pieces, facts)
    unknown = facts.unknown(pieces) + facts.beside(PARCELS, pieces).area_dm2
    return _against_tasks(rule, occupied, facts.holding, doubts, unknown)


def _pbf_holding(rule: Rule, pieces: pd.DataFrame, facts: Facts) -> Answer:
    missing = _without_layer(rule.layer, facts)
    if missing is not None:
        return missing
    inside = pieces[rule.layer].fillna(False).astype(bool)
    occupied = area(pieces, inside & ~pieces["repeated"].astype(bool), "net_dm2")
    aside = facts.beside(rule.layer, pieces)
    beyond = _beyond_the_layer(rule.layer, pieces, rule.tolerance_dm2)
    reach = area(pieces, _uncovered(rule.layer, pieces)) if beyond else 0
    unknown = area(pieces) if aside.placeless else aside.area_dm2 + reach
    answer = _against_tasks(rule, occupied, facts.pbf_holding, (*beyond, *_set_aside(aside)), unknown)
    if not answer.values:
        return answer
    how = label("CHECK-SAID-PBF-RECORDED")
    return replace(answer, said=Label(f"{answer.said.en} ({how.en})", f"{answer.said.zh}（{how.zh}）"))


def _against_tasks(
    rule: Rule, occupied: int, standings: tuple[Standing, ...], doubts: tuple[Label, ...], unknown: int
) -> Answer:
    """Fails where a region is left with less than its task, by how much; passes where none is, and none is touched.

    `unknown` more may be occupied [dm²], for the reasons in `doubts`: they count where a region has less to spare.
    """
    if occupied == 0:
        return Answer(0, label("CHECK-SAID-NOTHING-TAKEN"), Outcome.PASS, {}, doubts)
    if not standings:
        return _not_assessed("CHECK-SAID-NO-TASK", occupied, area=m2(occupied))
    broken = [standing for standing in standings if standing.headroom_dm2 < 0]
    texts = [
        label(
            "CHECK-SAID-TASK-BROKEN" if standing.headroom_dm2 < 0 else "CHECK-SAID-TASK-KEPT",
            region=f"{standing.region} {standing.name}",
            year=standing.task_year,
            task=m2(standing.task_dm2),
            before=m2(standing.before_dm2),
            after=m2(standing.after_dm2),
            difference=m2(abs(standing.headroom_dm2)),
        )
        for standing in broken or standings
    ]
    said = _listed(texts)
    if min(standing.headroom_dm2 for standing in standings) >= unknown:
        doubts = ()
    values = {"occupied_dm2": occupied, "standing": [standing.as_record() for standing in standings]}
    return Answer(occupied, said, rule.outcome if broken else Outcome.PASS, values, doubts)


def _percent(part: int, whole: int) -> str:
    return f"{round_half_away(Fraction(part * 10_000, whole)) / 100:.2f}" if whole else "0.00"


_QUESTIONS: Mapping[Kind, Callable[[Rule, pd.DataFrame, Facts], Answer]] = {
    Kind.INSIDE: _about_a_layer,
    Kind.OUTSIDE: _about_a_layer,
    Kind.FARMLAND: _farmland,
    Kind.SLOPE: _slope,
    Kind.QUALITY: _quality,
    Kind.GAP: _gap,
    Kind.BEYOND: _beyond,
    Kind.HOLDING: _holding,
    Kind.PBF_HOLDING: _pbf_holding,
}
