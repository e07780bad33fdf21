"""Exact quantities, tables, findings, errors and the two languages. Imports nothing of ours."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tilth.core.errors import BadInput, NeedsAnswer, NotFound, TilthError
from tilth.core.finding import Finding, Severity, Where, breaking
from tilth.core.formulas import plain_cell, safe_cell
from tilth.core.language import Label, enumerated, label, language, message, set_language, speaking

if TYPE_CHECKING:
    from tilth.core.area import (
        DM2_PER_HA,
        DM2_PER_M2,
        DM2_PER_MU,
        Area,
        BoolArray,
        FloatArray,
        IntArray,
        dm2_array,
        dm2_from_m2,
        in_units,
        round_half_away,
    )
    from tilth.core.table import Adjustment, AreaTable, Column, Row

__all__ = [
    "DM2_PER_HA",
    "DM2_PER_M2",
    "DM2_PER_MU",
    "Adjustment",
    "Area",
    "AreaTable",
    "BadInput",
    "BoolArray",
    "Column",
    "Finding",
    "FloatArray",
    "IntArray",
    "Label",
    "NeedsAnswer",
    "NotFound",
    "Row",
    "Severity",
    "TilthError",
    "Where",
    "breaking",
    "dm2_array",
    "dm2_from_m2",
    "enumerated",
    "in_units",
    "label",
    "language",
    "message",
    "plain_cell",
    "round_half_away",
    "safe_cell",
    "set_language",
    "speaking",
]

_OF_TABLES = ("Adjustment", "AreaTable", "Column", "Row")


def __getattr__(name: str) -> Any:
    """Areas and tables, which need numpy, are fetched when first asked for: a command's help starts without them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module("tilth.core.table" if name in _OF_TABLES else "tilth.core.area"), name)
    globals()[name] = value
    return value
