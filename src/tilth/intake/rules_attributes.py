"""Rules on one parcel's attributes: V1–V9, V12, V13 and the code lists. Each is a function from rows to findings."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import numpy.typing as npt
import pandas as pd

from tilth.core import Finding
from tilth.intake.domains import ANY_CODE
from tilth.intake.rules_model import AttributeRule, BoolArray, Subject, rows_where
from tilth.land import ridge_deduction

RIDGE_CLASS = "1203"
#: First digits of QSXZ that stand for collective land.
COLLECTIVE = ("3", "4")
#: GDDB, 15 national use grades of farmland (GB/T 28407-2012), and the ten quality grades of GB/T 33469-2016.
GRADES = {"grade15": ("GDDB", 15), "quality_grade": ("ZLDJ", 10)}
#: Fields whose values are looked up in the code lists. The planting attribute has its own rule, V8.
LISTED = {"tenure": "QSXZ", "settlement": "CZCSXM", "refinement": "TBXHDM"}


def plain(name: str) -> str:
    """A name without the differences that do not matter: full-width forms and spaces.

    >>> plain(" 公用（设施） 用地")
    '公用(设施)用地'
    """
    return "".join(unicodedata.normalize("NFKC", name).split())


def expected_names(subject: Subject) -> dict[str, str]:
    """The DLMC of every class that may stand on a parcel."""
    return {code: subject.codes[code].label.zh for code in subject.codes.leaves}


def class_names(subject: Subject) -> list[Finding]:
    """V1: DLBM is in the list of classes and DLMC is its name."""
    names = expected_names(subject)
    pairs = pd.Series(list(zip(subject.text("class_code"), subject.text("class_name"), strict=True)), dtype=object)
    wrong = {pair for pair in set(pairs) if plain(names.get(pair[0], "\0")) != plain(pair[1])}
    rows = rows_where(pairs.isin(wrong))
    return [
        subject.finding("V1", row, class_code=pairs[row][0], name=pairs[row][1], expected=names.get(pairs[row][0], ""))
        for row in rows
    ]


def nineteen_digits(subject: Subject, column: str) -> BoolArray:
    """(n,) is the unit code of `column` 19 digits?"""
    values = subject.frame[column]
    good = [value for value in values.unique() if re.fullmatch(r"[0-9]{19}", value)]
    return np.asarray(values.isin(good), dtype=np.bool_)


def unit_codes(subject: Subject) -> list[Finding]:
    """V2: QSDWDM and ZLDWDM are 19 digits."""
    found = []
    for column, field in (("owner_code", "QSDWDM"), ("location_code", "ZLDWDM")):
        if not subject.given(column).any():
            continue
        for row in rows_where(~nineteen_digits(subject, column)):
            value = subject.text(column)[row]
            found.append(subject.finding("V2", row, field=field, value=value, digits=len(value)))
    return found


def deducted_class(subject: Subject) -> list[Finding]:
    """V3: KCDLBM is empty or 1203, and stands on farmland only."""
    values = subject.text("deduct_class")
    wrong = (values != "") & ((values != RIDGE_CLASS) | ~subject.farmland)
    classes = subject.text("class_code")
    return [subject.finding("V3", row, value=values[row], class_code=classes[row]) for row in rows_where(wrong)]


def impossible_coefficient(subject: Subject) -> BoolArray:
    """(n,) is KCXS outside 0 ≤ KCXS < 1?"""
    coefficient = subject.number("ridge_coef")
    return np.asarray(~((coefficient >= 0.0) & (coefficient < 1.0)), dtype=np.bool_)


def ridge_coefficient(subject: Subject) -> list[Finding]:
    """V4: 0 ≤ KCXS < 1."""
    values = subject.number("ridge_coef")
    return [subject.finding("V4", row, value=float(values[row])) for row in rows_where(impossible_coefficient(subject))]


def wrong_slope(subject: Subject) -> BoolArray:
    """(n,) is GDPDJB blank or outside 1..5 on farmland, or present elsewhere?"""
    grade = subject.whole("slope_grade")
    given = subject.given("slope_grade")
    return np.asarray(np.where(subject.farmland, (grade < 1) | (grade > 5), given & (grade != 0)), dtype=np.bool_)


def slope_grade(subject: Subject) -> list[Finding]:
    """V5: GDPDJB is 1 to 5 on farmland and empty elsewhere."""
    given, grades, classes = subject.given("slope_grade"), subject.whole("slope_grade"), subject.text("class_code")
    return [
        subject.finding("V5", row, value=int(grades[row]) if given[row] else "", class_code=classes[row])
        for row in rows_where(wrong_slope(subject))
    ]


def _sloping(subject: Subject) -> BoolArray:
    return np.asarray(subject.farmland & (subject.whole("slope_grade") >= 2), dtype=np.bool_)


def wrong_form(subject: Subject) -> BoolArray:
    """(n,) is GDLX other than PD or TT on sloping farmland, or present on flat farmland or off farmland?"""
    form = subject.text("farmland_form")
    good = np.where(_sloping(subject), (form == "PD") | (form == "TT"), form == "")
    return np.asarray(~good.astype(np.bool_) & ~wrong_slope(subject), dtype=np.bool_)


def wrong_ridge(subject: Subject) -> BoolArray:
    """(n,) is KCXS not one of the county's values on sloping farmland (if the table is known), or not 0 elsewhere?"""
    coefficient, sloping = subject.number("ridge_coef"), _sloping(subject)
    off = ~sloping & (coefficient != 0.0)
    if subject.ridge_table is not None:
        off = off | (sloping & ~_in_table(subject))
    return np.asarray(off & ~wrong_form(subject) & ~wrong_slope(subject) & ~impossible_coefficient(subject))


def _key(subject: Subject) -> pd.Series:
    grades = subject.frame["slope_grade"].astype("str")
    return subject.frame["farmland_form"].astype("str").str.cat(grades)


def _in_table(subject: Subject) -> BoolArray:
    assert subject.ridge_table is not None
    keys, coefficient = _key(subject), subject.number("ridge_coef")
    good = np.zeros(len(subject), dtype=np.bool_)
    for key, values in subject.ridge_table.allowed.items():
        good |= np.asarray(keys == key) & np.isin(np.rint(coefficient * 1e4), np.rint(np.array(values) * 1e4))
    return good


def form_and_ridge(subject: Subject) -> list[Finding]:
    """V6: from slope grade 2 on, GDLX is PD or TT and KCXS is in the county's table; at grade 1 and off farmland
    GDLX is empty and KCXS is 0. A wrong form is reported alone: its coefficient cannot be looked up."""
    sloping, classes = _sloping(subject), subject.text("class_code")
    forms, coefficients = subject.text("farmland_form"), subject.number("ridge_coef")
    grades, given = subject.whole("slope_grade"), subject.given("slope_grade")
    found = []
    for row in rows_where(wrong_form(subject)):
        expected = "PD / TT" if sloping[row] else "''"
        found.append((row, "GDLX", repr(forms[row]), expected))
    keys = _key(subject)
    for row in rows_where(wrong_ridge(subject)):
        expected = _shown(_table_values(subject, keys[row])) if sloping[row] else "0"
        found.append((row, "KCXS", f"{coefficients[row]:.4f}", expected))
    return [
        subject.finding(
            "V6",
            row,
            field=field,
            value=value,
            expected=expected,
            class_code=classes[row],
            grade=int(grades[row]) if given[row] else "-",
        )
        for row, field, value, expected in found
    ]


def _table_values(subject: Subject, key: str) -> tuple[float, ...]:
    return subject.ridge_table.allowed.get(key, ()) if subject.ridge_table else ()


def _shown(values: tuple[float, ...]) -> str:
    return " / ".join(f"{value:.4f}" for value in values) or "-"


def linear_width(subject: Subject) -> list[Finding]:
    """V7: XZDWKD is above 0 only on classes of linear features."""
    width, classes = subject.number("linear_width_m"), subject.text("class_code")
    linear = subject.of_classes({code for code, found in subject.codes.classes.items() if found.linear})
    wrong = (width > 0) & ~linear | (width < 0)
    return [subject.finding("V7", row, value=float(width[row]), class_code=classes[row]) for row in rows_where(wrong)]


def planting(subject: Subject) -> list[Finding]:
    """V8: ZZSXDM is in the list of its class and data year; farmland must carry one.

    Where the list of that year holds a flag whose code is not published, any other code is odd, not wrong.
    """
    classes, values = subject.text("class_code"), subject.text("planting")
    found = []
    for row in _outside_lists(subject, "planting", "ZZSXDM", required=subject.farmland):
        allowed = subject.domains.codes("ZZSXDM", subject.year, classes[row])
        code = "V8-OPEN" if ANY_CODE in allowed else "V8"
        shown = " ".join(sorted(allowed - {ANY_CODE})) or "''"
        found.append(
            subject.finding(code, row, value=values[row], class_code=classes[row], year=subject.year, allowed=shown)
        )
    return found


def _outside_lists(subject: Subject, column: str, field: str, required: BoolArray | None = None) -> list[int]:
    """Rows whose value is not in the list of `field` for their class; blank counts only where `required`."""
    values = pd.Series(subject.text(column), dtype=object)
    pairs = pd.Series(list(zip(subject.text("class_code"), values, strict=True)), dtype=object)
    wrong = {
        (code, value)
        for code, value in set(pairs)
        if value and value not in subject.domains.codes(field, subject.year, code)
    }
    rows = np.asarray(pairs.isin(wrong), dtype=np.bool_)
    if required is not None:
        rows = rows | (required & np.asarray(values == "", dtype=np.bool_))
    return [int(row) for row in rows_where(rows)]


def code_lists(subject: Subject) -> list[Finding]:
    """V-DOMAIN: tenure, settlement and refinement codes are in their lists, grades in their range."""
    classes, found = subject.text("class_code"), []
    for column, field in LISTED.items():
        values = subject.text(column)
        for row in _outside_lists(subject, column, field):
            allowed = " ".join(sorted(subject.domains.codes(field, subject.year, classes[row]))) or "''"
            found.append(
                subject.finding(
                    "V-DOMAIN", row, field=field, value=values[row], class_code=classes[row], allowed=allowed
                )
            )
    for column, (field, worst) in GRADES.items():
        grades = subject.whole(column)
        for row in rows_where((grades < 0) | (grades > worst)):
            found.append(
                subject.finding(
                    "V-DOMAIN",
                    row,
                    field=field,
                    value=int(grades[row]),
                    class_code=classes[row],
                    allowed=f"1..{worst}",
                )
            )
    return found


def net_identity(subject: Subject) -> list[Finding]:
    """V9: KCMJ = round2(TBMJ × KCXS) and TBDLMJ = round2(TBMJ − KCMJ), on whole dm².

    A KCMJ that is wrong is reported once, not again through the TBDLMJ that follows from it. Rows whose coefficient
    is itself impossible (V4), or contradicts the county's table while KCMJ follows the table (V6), are left to those.
    """
    area, coefficient = subject.whole("area_dm2"), subject.number("ridge_coef")
    usable = ~impossible_coefficient(subject)
    deduction = ridge_deduction(area, np.where(usable, coefficient, 0.0))
    stated_deduction = subject.whole("stated_deduct_dm2", blank=-1)
    stated_net = subject.whole("stated_net_dm2", blank=-1)
    has_deduction, has_net = subject.given("stated_deduct_dm2"), subject.given("stated_net_dm2")

    bad_deduction = has_deduction & usable & (stated_deduction != deduction) & ~follows_table(subject)
    follows = has_deduction & (stated_net == area - stated_deduction)
    bad_net = has_net & usable & (stated_net != area - deduction) & ~follows
    bad_net |= has_net & ~usable & has_deduction & ~follows
    ways = (
        ("KCMJ", bad_deduction, stated_deduction, deduction),
        ("TBDLMJ", bad_net, stated_net, area - np.where(usable, deduction, stated_deduction)),
    )
    return [
        subject.finding(
            "V9",
            row,
            field=field,
            found_dm2=int(stated[row]),
            expected_dm2=int(expected[row]),
            difference_dm2=int(stated[row] - expected[row]),
            gross_dm2=int(area[row]),
            coefficient=float(coefficient[row]),
        )
        for field, wrong, stated, expected in ways
        for row in rows_where(wrong)
    ]


def follows_table(subject: Subject) -> BoolArray:
    """(n,) is KCXS off the county's table while KCMJ is what the table gives?"""
    follows = np.zeros(len(subject), dtype=np.bool_)
    if subject.ridge_table is None or not subject.given("slope_grade").any():
        return follows
    keys, area = _key(subject), subject.whole("area_dm2")
    stated = subject.whole("stated_deduct_dm2", blank=-1)
    for row in rows_where(wrong_ridge(subject)):
        values = np.array(_table_values(subject, keys[row]))
        follows[row] = bool(np.any(ridge_deduction(np.full(len(values), area[row]), values) == stated[row]))
    return follows


def unique_ids(subject: Subject) -> list[Finding]:
    """V12: BSM is unique. The import names a repeated one "<id>~2", "<id>~3", …; those are reported."""
    first_row: dict[str, int] = {}
    found = []
    for row, name in enumerate(subject.text("parcel_id")):
        base = re.sub(r"~[0-9]+$", "", name) if "~" in name else name
        first = first_row.get(base)
        if first is not None:
            found.append(subject.finding("V12", row, value=base, first_row=subject.source_row(first)))
        first_row.setdefault(name, row)
    return found


def expected_enclave(subject: Subject) -> tuple[BoolArray, BoolArray]:
    """(n,) the FRDBS that tenure and unit codes call for, and (n,) whether they are good enough to say."""
    owner, location = (_first_twelve(subject, column) for column in ("owner_code", "location_code"))
    tenure = subject.frame["tenure"]
    collective = tenure.isin([code for code in tenure.unique() if code.startswith(COLLECTIVE)])
    sure = nineteen_digits(subject, "owner_code") & nineteen_digits(subject, "location_code") & (tenure != "")
    return np.asarray(collective & (owner != location), dtype=np.bool_), np.asarray(sure, dtype=np.bool_)


def _first_twelve(subject: Subject, column: str) -> npt.NDArray[np.object_]:
    values = subject.frame[column]
    return np.asarray(values.map({value: value[:12] for value in values.unique()}), dtype=object)


def enclave_flag(subject: Subject) -> list[Finding]:
    """V13: FRDBS is 1 for collective land whose owner village is not the village it lies in, else 0."""
    expected, sure = expected_enclave(subject)
    stated = subject.frame["enclave"].to_numpy(dtype=object, na_value=None)
    owner, location, tenure = subject.text("owner_code"), subject.text("location_code"), subject.text("tenure")
    wrong = sure & (stated != expected)
    return [
        subject.finding(
            "V13",
            row,
            value="" if stated[row] is None else int(stated[row]),
            expected=int(expected[row]),
            tenure=tenure[row],
            owner=owner[row],
            location=location[row],
        )
        for row in rows_where(wrong)
    ]


ATTRIBUTE_RULES = (
    AttributeRule("V1", class_names, ("class_name",)),
    AttributeRule("V2", unit_codes, ("owner_code", "location_code")),
    AttributeRule("V3", deducted_class, ("deduct_class",)),
    AttributeRule("V4", ridge_coefficient, ("ridge_coef",)),
    AttributeRule("V5", slope_grade, ("slope_grade",)),
    AttributeRule("V6", form_and_ridge, ("slope_grade", "farmland_form", "ridge_coef")),
    AttributeRule("V7", linear_width, ("linear_width_m",)),
    AttributeRule("V8", planting, ("planting",)),
    AttributeRule("V-DOMAIN", code_lists, ("tenure", "settlement", "refinement", "grade15", "quality_grade")),
    AttributeRule("V9", net_identity, ("stated_net_dm2", "stated_deduct_dm2")),
    AttributeRule("V12", unique_ids, ("parcel_id",), survey_only=False),
    AttributeRule("V13", enclave_flag, ("enclave",)),
)
