"""The workbook of a plan: demands with their prices, treatments, and every unit's assignment."""

from __future__ import annotations

from collections.abc import Sequence

from tilth.core import Label
from tilth.report.model import Listing, Provenance, Yearbook
from tilth.report.xlsx import workbook_bytes


def assignment_book(
    lists: Sequence[Listing], *, title: Label, unit: Label, sources: Sequence[Sequence[str]], software: str,
    rules: str, made_on: str,
) -> bytes:  # fmt: skip
    """A workbook of these lists, in the language in use. Equal content gives equal bytes.

    Parameters
    ----------
    unit
        The county.
    sources
        File and SHA-256 of each input.
    rules
        Version of the demands, where they have one.
    """
    versions = (("rows", rules),) if rules else ()
    provenance = Provenance(software, versions, tuple((one[0], one[1]) for one in sources))
    return workbook_bytes(Yearbook(title, unit, int(made_on[:4]), provenance, made_on), lists)
