"""What a plan's treatments, crops, zones and quantities are called: as its demands name them, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tilth.core import BadInput, Label, label
from tilth.core.language import catalogue
from tilth.plan import unit_of
from tilth.report.plan_figures import Source

#: What stands between a treatment and its crop, where a table has both.
_WITH_CROP = " / "


@dataclass(frozen=True)
class Words:
    """The `Naming` of a plan. Names by kind and value; what is not named is called as the tables call it."""

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
        """What a treatment, crop, zone … is called; a treatment also with its crop, as "pipe-drains / maize"."""
        text = str(value)
        treatment, slash, crop = text.partition(_WITH_CROP)
        if kind == "treatment" and slash and text not in self.names.get(kind, {}):
            first, second = self.value(kind, treatment), self.value("crop", crop)
            return Label(f"{first.en}{slash}{second.en}", f"{first.zh}{slash}{second.zh}")
        if not text and kind not in ("treatment", "crop"):
            return label("PLAN-DOC-UNNAMED")
        return self.names.get(kind, {}).get(text) or Label(text, text)

    def quantity(self, name: str) -> Label:
        """What a quantity is called where its figures stand in dm²: the name of an area does not say so."""
        found, unit = self.column(name), label("PLAN-UNIT-DM2")
        if unit_of(name) != "dm2" or found.en.endswith(("dm2", f"({unit.en})")):
            return found
        return Label(f"{found.en} ({unit.en})", f"{found.zh}（{unit.zh}）")

    def column(self, name: str) -> Label:
        """What a quantity is called: "pipe drains: cost_yuan" counts one treatment or crop alone."""
        own = self.names.get("quantity", {}).get(name)
        if own is not None:
            return own
        part, colon, rest = name.partition(": ")
        if colon:
            first = self.names.get("treatment", {}).get(part) or self.value("crop", part)
            second = self.column(rest)
            return Label(f"{first.en}: {second.en}", f"{first.zh}：{second.zh}")
        return self.heading(name)

    def heading(self, name: str) -> Label:
        """The heading of a column."""
        key = f"PLAN-COL-{name.upper()}"
        return label(key) if key in catalogue() else Label(name, name)

    def over(self, other: Words) -> Words:
        """These names, and those of another plan for what has none here."""
        kinds = {*self.names, *other.names}
        return Words({one: {**other.names.get(one, {}), **self.names.get(one, {})} for one in kinds})

    def unit(self, unit: str) -> str:
        """A unit of the tables as a reader writes it."""
        key = f"PLAN-UNIT-{unit.upper()}"
        return str(label(key)) if key in catalogue() else unit

    def title(self, title: str) -> Label:
        """What the plan is called: [names.plan] title, or the title of the demands."""
        return self.names.get("plan", {}).get("title") or Label(title, title)


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
