"""The columns of the official land tables, in their official order, as sums of classes and attributes.

Source: table list of the third national land survey (三调汇总表) and its yearly survey. Headings, classes and their
order come from the code system, so the tables by class serve any system.
"""

from __future__ import annotations

from tilth.change.layout import Split, Sum
from tilth.core import Column, Label, label
from tilth.land import CodeSystem

PLANTING = ("LS", "FLS", "LYFL", "XG", "LLJZ", "WG")
FARMLAND_REFINEMENTS = ("HDGD", "HQGD", "LQGD", "MQGD", "SHGD", "SMGD", "YJGD")
RESTORABLE = ("JKHF", "GCHF")
#: Classes whose land may be marked restorable, as the table of restorable land lists them.
RESTORABLE_CLASSES = (
    "0201", "0201K", "0202", "0202K", "0203", "0203K", "0204", "0204K", "0301", "0301K", "0302", "0302K",
    "0305", "0307", "0307K", "0403K", "0404", "1104", "1104A", "1104K",
)  # fmt: skip
SETTLEMENTS = ("201", "202", "203", "204", "205")
STEEP_GRADES = ("2", "3", "4", "5")
FORMS = ("TT", "PD")
#: A value that stands in no official column, and a blank one where a value is due.
OTHER = "?"
#: Class of land that an earlier feature of the same layer has already; it is in no total.
TWICE = "twice"


def _column(code: str, text: Label, group: Label | None = None) -> Column:
    return Column(code, text, group)


def _farmland(codes: CodeSystem) -> list[str]:
    return [code for code in codes.leaves if codes.is_farmland(code)]


def total(text: Label | None = None) -> Sum:
    """All the land there is."""
    return Sum(_column("total", text or label("CHANGE-TOTAL")))


def outside_the_survey() -> Sum:
    """Land that no parcel covers, where there is any."""
    return Sum(_column(OTHER, label("CHANGE-OUTSIDE-SURVEY")), frozenset([OTHER]), None, True)


def counted_twice() -> Sum:
    """Land under several features of one layer, where there is any: beside the total, not in it."""
    return Sum(_column(TWICE, label("CHANGE-COUNTED-TWICE")), frozenset([TWICE]), None, True)


def by_heading(codes: CodeSystem) -> list[Sum]:
    """Table 1: the total and every level-1 class. Ridges (1203) are in 12."""
    return [total(), *(_heading(codes, code) for code in codes.headings)]


def _heading(codes: CodeSystem, code: str, group: Label | None = None) -> Sum:
    inside = frozenset(other for other in codes.classes if codes.heading(other) == code)
    return Sum(_column(code, codes[code].label, group), inside)


def by_class(codes: CodeSystem, first: Sum | None = None) -> list[Sum]:
    """Table 2: the total, then every level-1 class with its level-2 classes; HJ counts the refinements in."""
    sums = [first or total()]
    for heading in codes.headings:
        group = codes[heading].label
        below = [code for code, land_class in codes.classes.items() if land_class.parent == heading]
        sums.append(_heading(codes, heading, group if below else None))
        sums.extend(_class(codes, code, group) for code in below)
    return sums


def _class(codes: CodeSystem, code: str, group: Label) -> Sum:
    refinements = [other for other, land_class in codes.classes.items() if land_class.parent == code]
    shown = f"{code}HJ" if refinements else code
    return Sum(_column(shown, codes[code].label, group), frozenset([code, *refinements]))


def three_class(codes: CodeSystem) -> list[Sum]:
    """Agricultural, construction and unused land, each with its classes."""
    sums = [total()]
    bases = [code for code in codes.classes if codes.base(code) == code and (codes[code].level > 1 or codes[code].leaf)]
    for view in ("agricultural", "construction", "unused"):
        group = label(f"CHANGE-{view}")
        inside = [code for code in bases if codes.three_class(code) == view]
        members = frozenset(code for code in codes.classes if codes.base(code) in inside)
        sums.append(Sum(_column(view, group, group), members))
        sums.extend(_class(codes, code, group) for code in inside)
    return sums


def by_slope(codes: CodeSystem) -> list[Sum]:
    """Table 5: farmland by slope grade; from grade 2, terraces (TT) and slopes (PD). Kinds are grade + form."""
    farmland = frozenset(_farmland(codes))
    sums = [Sum(_column("01", label("CHANGE-FARMLAND")), farmland)]
    sums.append(Sum(_column("1", label("CHANGE-GRADE", grade=1)), farmland, frozenset(["1"])))
    for grade in STEEP_GRADES:
        group = label("CHANGE-GRADE", grade=grade)
        blank = grade + OTHER
        all_forms = frozenset([*(grade + form for form in FORMS), blank])
        sums.append(Sum(_column(grade, label("CHANGE-SUM"), group), farmland, all_forms))
        sums.extend(
            Sum(_column(grade + form, label(f"CHANGE-{form}"), group), farmland, frozenset([grade + form]))
            for form in FORMS
        )
        sums.append(Sum(_column(blank, label("CHANGE-NO-FORM"), group), farmland, frozenset([blank]), True))
    sums.append(Sum(_column(OTHER, label("CHANGE-NO-GRADE")), farmland, frozenset([OTHER]), True))
    return sums


def by_planting(codes: CodeSystem) -> list[Sum]:
    """Table 6: planting attributes of farmland by its classes."""
    sums = _farmland_block(codes, "HJ", label("CHANGE-SUM"), None)
    for kind in PLANTING:
        sums += _farmland_block(codes, kind, label(f"CHANGE-{kind}"), frozenset([kind]))
    return sums + _farmland_block(codes, OTHER, label("CHANGE-NOT-STATED"), frozenset([OTHER]), True)


def by_refinement(codes: CodeSystem) -> list[Sum]:
    """Table 12: refined farmland (river, lake, …, saline-alkali) by its classes."""
    sums = _farmland_block(codes, "HJ", label("CHANGE-SUM"), frozenset([*FARMLAND_REFINEMENTS, OTHER]))
    for kind in FARMLAND_REFINEMENTS:
        sums += _farmland_block(codes, kind, label(f"CHANGE-{kind}"), frozenset([kind]))
    return sums + _farmland_block(codes, OTHER, label("CHANGE-OTHER"), frozenset([OTHER]), True)


def _farmland_block(
    codes: CodeSystem, kind: str, group: Label, kinds: frozenset[str] | None, only_if_held: bool = False
) -> list[Sum]:
    classes = _farmland(codes)
    text = label("CHANGE-SUM")
    first = Sum(_column(f"{kind}:01", text, group), frozenset(classes), kinds, only_if_held)
    return [
        first,
        *(
            Sum(_column(f"{kind}:{code}", codes[code].label, group), frozenset([code]), kinds, only_if_held)
            for code in classes
        ),
    ]


def adjustable(codes: CodeSystem) -> list[Sum]:
    """Table 10: adjustable classes (K), made from farmland before the survey with the plough layer intact."""
    inside = [code for code in codes.leaves if codes[code].suffix == "K"]
    sums = [Sum(_column("HJ", label("CHANGE-SUM")), frozenset(inside))]
    return sums + [Sum(_column(code, codes[code].label), frozenset([code])) for code in inside]


def restorable(codes: CodeSystem) -> list[Sum]:
    """Land that can be farmland again, at once (JKHF) or by works (GCHF), by class; K classes "of which"."""
    sums = []
    for kind in RESTORABLE:
        group, kinds = label(f"CHANGE-{kind}"), frozenset([kind])
        sums.append(Sum(_column(f"{kind}:HJ", label("CHANGE-SUM"), group), None, kinds))
        for code in RESTORABLE_CLASSES:
            family = [other for other in RESTORABLE_CLASSES if other == code or codes[other].parent == code]
            shown = f"{kind}:{code}HJ" if len(family) > 1 else f"{kind}:{code}"
            sums.append(Sum(_column(shown, codes[code].label, group), frozenset(family), kinds))
        elsewhere = frozenset(codes.classes) - set(RESTORABLE_CLASSES)
        sums.append(Sum(_column(f"{kind}:{OTHER}", label("CHANGE-OTHER"), group), elsewhere, kinds, True))
    return sums


def tenure_splits() -> list[Split]:
    """Table 3: state, collective, and their sum."""
    return [
        Split(label("CHANGE-SUM"), frozenset(["state", "collective", OTHER])),
        Split(label("CHANGE-STATE"), frozenset(["state"])),
        Split(label("CHANGE-COLLECTIVE"), frozenset(["collective"])),
        Split(label("CHANGE-NOT-STATED"), frozenset([OTHER]), True),
    ]


def settlement_splits() -> list[Split]:
    """Table 4: settlements and mining land (20) and their kinds; 201 includes 201A and so on."""
    return [
        Split("20", frozenset([*SETTLEMENTS, OTHER])),
        *(Split(code, frozenset([code])) for code in SETTLEMENTS),
        Split(OTHER, frozenset([OTHER]), True),
    ]
