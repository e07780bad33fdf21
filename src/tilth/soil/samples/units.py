"""Units of soil laboratories, as they are written in headings: each by its spellings and its size."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tilth.core import BadInput
from tilth.soil.chemistry.ions import CHARGES, GRAMS_PER_CHARGE


@dataclass(frozen=True, slots=True)
class Unit:
    """One unit: by how much a number in it is multiplied. For ions: what it counts, and in the water or of the soil."""

    name: str
    factor: float
    per: str = ""  # mass, mole or charge
    where: str = ""  # solution or soil

    @property
    def of_soil(self) -> bool:
        """Does it count by the mass of soil, so that the extract must be known for a concentration?"""
        return self.where == "soil"

    def of_ion(self, ion: str) -> float:
        """The factor to mmolc by litre of solution or by kg of soil."""
        if self.per == "mass":
            return self.factor / GRAMS_PER_CHARGE[ion]
        return self.factor * CHARGES[ion] if self.per == "mole" else self.factor


@dataclass(frozen=True)
class Quantity:
    """The units of one quantity: by name, and by spelling."""

    base: str
    units: Mapping[str, Unit]
    spellings: Mapping[str, str]

    def unit(self, text: str) -> Unit | None:
        """The unit that `text` spells; None where it spells none."""
        name = self.spellings.get(spelled(text))
        return self.units[name] if name else None


@cache
def quantities() -> Mapping[str, Quantity]:
    """Every quantity by its name."""
    rows = tomllib.loads(files("tilth.soil").joinpath("data/units.toml").read_text(encoding="utf-8"))
    return {name: _quantity(row) for name, row in rows.items()}


def _quantity(row: Mapping[str, object]) -> Quantity:
    given = row["units"]
    assert isinstance(given, dict)
    units = {
        name: Unit(name, float(one["factor"]), str(one.get("per", "")), str(one.get("in", "")))
        for name, one in given.items()
    }
    spellings = {spelled(text): name for name, one in given.items() for text in (name, *one["names"])}
    return Quantity(str(row["base"]), units, spellings)


def asked_unit(quantity: str, text: str, column: str) -> Unit:
    """The unit that somebody asked for.

    Raises
    ------
    BadInput
        If the quantity has no such unit.
    """
    known = quantities().get(quantity) or Quantity("-", {}, {})
    found = known.unit(text)
    if found is None:
        raise BadInput("SOIL-UNIT-UNKNOWN", column=column, unit=text, known=", ".join(known.units) or "–")
    return found


def spelled(text: str) -> str:
    """A unit as it is compared.

    >>> spelled("µS cm⁻¹"), spelled("cmol(+)·kg-1"), spelled("g/kg"), spelled("dS_m")
    ('μs/cm', 'cmol+/kg', 'g/kg', 'ds_m')
    """
    plain = unicodedata.normalize("NFKC", text).casefold().replace("−", "-")
    plain = re.sub(r"[\s·⋅∙*.^()\[\]]", "", plain)
    return re.sub(r"^(.*?)/?(cm|kg|l|m)-1$", r"\1/\2", plain)
