"""What a plan's treatments, crops, zones and quantities are called: as its demands name them, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tilth.core import BadInput, Label, label
from tilth.core.language import catalogue
from tilth.plan import Row, row_told
from tilth.report.plan_figures import Source


@dataclass(frozen=True)
class Words:
    """Names by kind and value; what is not named is called as the tables call it."""

    names: Mapping[str, Mapping[str, Label]]

    @classmethod
    def of_rows(cls, asked: Mapping[str, Any]) -> Words:
        """From a file of demands.

        Raises
        ------
        BadInput
            If an entry of `names` is no text and no pair of texts.
        """
        given = asked.get("names", {})
        if not isinstance(given, Mapping) or not all(isinstance(one, Mapping) for one in given.values()):
            raise BadInput("PLAN-NAMES", entry="[names]", value=given)
        return cls({
            str(kind): {str(key): named(value, f"[names.{kind}] {key}") for key, value in table.items()}
            for kind, table in given.items()
        })  # fmt: skip

    def value(self, kind: str, value: object) -> Label:
        """What a treatment, crop, zone … is called."""
        text = str(value)
        if not text and kind not in ("treatment", "crop"):
            return label("PLAN-DOC-UNNAMED")
        return self.names.get(kind, {}).get(text) or Label(text, text)

    def quantity(self, name: str) -> Label:
        """What a quantity is called: "pipe drains: cost_yuan" counts one treatment or crop alone."""
        own = self.names.get("quantity", {}).get(name)
        if own is not None:
            return own
        part, colon, rest = name.partition(": ")
        if colon:
            first = self.names.get("treatment", {}).get(part) or self.value("crop", part)
            second = self.quantity(rest)
            return Label(f"{first.en}: {second.en}", f"{first.zh}：{second.zh}")
        return self.heading(name)

    def heading(self, name: str) -> Label:
        """The heading of a column."""
        key = f"PLAN-COL-{name.upper()}"
        return label(key) if key in catalogue() else Label(name, name)

    def unit(self, unit: str) -> str:
        """A unit of the tables as a reader writes it."""
        key = f"PLAN-UNIT-{unit.upper()}"
        return str(label(key)) if key in catalogue() else unit

    def title(self, title: str) -> Label:
        """What the plan is called: [names.plan] title, or the title of the demands."""
        return self.names.get("plan", {}).get("title") or Label(title, title)

    def row(self, row: Row) -> str:
        """A demand in words."""
        said = row_told(row).replace(row.column, str(self.quantity(row.column)), 1)
        for kind, value in row.where:
            said = said.replace(f"{kind} {value}", f"{self.heading(kind)} {self.value(kind, value)}")
        return said


def named(value: Any, entry: str) -> Label:
    """A name of a file of demands: one text for both languages, or {en = …, zh = …}."""
    if isinstance(value, str) and value.strip():
        return Label(value, value)
    if isinstance(value, Mapping) and value and set(value) <= {"en", "zh"}:
        texts = [value[one] for one in ("en", "zh") if one in value]
        if all(isinstance(one, str) and one.strip() for one in texts):
            return Label(str(value.get("en", texts[0])), str(value.get("zh", texts[0])))
    raise BadInput("PLAN-NAMES", entry=entry, value=value)


def sources_of(asked: Mapping[str, Any]) -> tuple[Source, ...]:
    """Who pays: [[source]] with a name and a share each; the shares add up to 1.

    Raises
    ------
    BadInput
        If an entry cannot be meant, or the shares do not add up.
    """
    given = asked.get("source", [])
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in given):
        raise BadInput("PLAN-SOURCES", value=given)
    found = []
    for number, one in enumerate(given, start=1):
        share = one.get("share")
        usable = isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1
        if not usable or set(one) - {"name", "share"}:
            raise BadInput("PLAN-SOURCES", value=dict(one))
        found.append(Source(named(one.get("name"), f"[[source]] {number}"), Fraction(str(share))))
    if found and sum((one.share for one in found), Fraction(0)) != 1:
        raise BadInput("PLAN-SOURCES", value=" + ".join(f"{float(one.share):g}" for one in found))
    return tuple(found)
