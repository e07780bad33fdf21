"""The words of the statement: columns, kinds, marks, and how entries are named in a cell."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from tilth.core import Label, label, language
from tilth.core.language import catalogue
from tilth.land import code_system
from tilth.ledger import Quantities
from tilth.report.cells import class_name
from tilth.report.model import Kind, ListColumn

#: Letters of a list of entries in one cell, and how many signs of a digest stand on paper.
_LETTERS, SHORT = 60, 16


def columns(spec: str) -> tuple[ListColumn, ...]:
    """Columns from a short spec: "id", "area_m2:area", "area_ha:fine". A leading ~ keeps one off paper.

    The heading of a column is that of its name without the unit; another name may stand behind a slash.
    """
    kinds: dict[str, Kind] = {"text": "text", "count": "count", "area": "area", "fine": "fine", "mean": "mean"}
    found = []
    for word in spec.split():
        name, _, kind = word.lstrip("~").partition(":")
        code, _, heading = name.partition("/")
        stem = (heading or code).removesuffix("_m2").removesuffix("_ha")
        text = _heading(stem.upper().replace("_", "-"))
        found.append(ListColumn(code, text, kinds[kind or "text"], on_paper=not word.startswith("~")))
    return tuple(found)


_PLAIN = str.maketrans({"_": "-", " ": "-", ".": "-", "·": "-", "²": "-SQUARED"})


def _heading(key: str) -> Label:
    """The heading of a column: from the catalogue; "opening-paddy" is made of two, and A1 is A1."""
    first, _, second = key.partition("-")
    if key.startswith("PART-"):
        return label(f"STATEMENT-{key}")
    if f"STATEMENT-COL-{key}" in catalogue():
        return label(f"STATEMENT-COL-{key}")
    if second:
        one, other = label(f"STATEMENT-COL-{first}"), label(f"STATEMENT-COL-{second}")
        return Label(f"{one.en}: {other.en}", f"{one.zh}：{other.zh}")
    return Label(key, key)


def said(key: str, **values: object) -> str:
    """A text of the statement in the language in use."""
    return str(label(f"STATEMENT-{key}", **values)) if values else _text(f"STATEMENT-{key}", language())


def word(family: str, code: str) -> str:
    """The word for a code of the book (a kind, a pool, a status); the code itself where there is none."""
    key = f"STATEMENT-{family}-{code.upper().translate(_PLAIN)}"
    return _text(key, language()) if key in catalogue() else code


@lru_cache(maxsize=2048)
def _text(key: str, lang: str) -> str:
    """A text without values; lists of a year ask for the same ones a hundred thousand times."""
    return label(key).text(lang)


def joined(names: Sequence[str]) -> str:
    """Names in one cell; what does not fit is counted."""
    text = said("SEPARATOR").join(names) if len(names) != 1 else names[0]
    if len(text) <= 3 * _LETTERS:
        return text
    kept = [name for at, name in enumerate(names) if sum(len(one) + 2 for one in names[: at + 1]) <= 3 * _LETTERS]
    return f"{said('SEPARATOR').join(kept)} … (+{len(names) - len(kept):,})"


def spans(numbers: Sequence[int]) -> str:
    """Ascending numbers as spans; what does not fit is counted.

    >>> spans([3, 4, 5, 9])
    '3–5, 9'
    """
    found: list[list[int]] = []
    for one in numbers:
        if found and one == found[-1][1] + 1:
            found[-1][1] = one
        else:
            found.append([one, one])
    texts = [str(first) if first == last else f"{first}–{last}" for first, last in found]
    shown = 0
    while shown < len(texts) and len(", ".join(texts[: shown + 1])) <= _LETTERS:
        shown += 1
    left = sum(last - first + 1 for first, last in found[shown:])
    return ", ".join(texts[:shown]) + (f" … (+{left:,})" if left else "")


def classes(codes: Sequence[str]) -> str:
    """Classes with their names."""
    system = code_system("sd2017")
    return joined([class_name(system, code) for code in codes])


def mean_grade(quantities: Quantities) -> int | None:
    """Area × grade over area, in hundredths; None where there is no grade.

    >>> mean_grade(Quantities(3_500_000, 0, 0, 19_500_000)), mean_grade(Quantities(5))
    (557, None)
    """
    area, graded = abs(quantities.area_dm2), abs(quantities.grade_dm2)
    if not area or not graded:
        return None
    return (200 * graded + area) // (2 * area)
