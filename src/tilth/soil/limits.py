"""What a measured or given quantity may be: slips of unit are answered with a sentence, never computed with."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tilth.core import BadInput, FloatArray

#: No soil water conducts more: a saturated brine of sodium chloride at 25 °C has some 250 dS/m. [dS/m]
MOST_EC = 300.0


def conductivity(values: object, name: str = "ec", *, where: Sequence[object] | None = None) -> FloatArray:
    """`values` as dS/m. NaN stays: it is unknown.

    Raises
    ------
    BadInput
        If one is negative, infinite, or so high that it must be µS/cm; the first such row is named.
    """
    found = given_numbers(values, name, where)
    _refuse(found, found < 0.0, "SALT-EC-NEGATIVE", name, where)
    _refuse(found, found > MOST_EC, "SALT-EC-UNIT", name, where, most=MOST_EC)
    return found


def within(
    values: object, name: str, low: float, high: float, unit: str, *, where: Sequence[object] | None = None
) -> FloatArray:
    """`values` as they are, once every known one lies in `low` to `high`, both included."""
    found = given_numbers(values, name, where)
    bad = (found < low) | (found > high)
    _refuse(found, bad, "SALT-OUT-OF-RANGE", name, where, low=f"{low:g}", high=f"{high:g}", unit=unit)
    return found


def given_numbers(values: object, name: str, where: Sequence[object] | None = None) -> FloatArray:
    """`values` as numbers. BadInput names the first that is none."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        for at, value in enumerate(np.asarray(values, dtype=object).ravel().tolist()):
            try:
                float(value)
            except (TypeError, ValueError):
                row = where[at] if where is not None and at < len(where) else at + 1
                raise BadInput("SALT-NOT-A-NUMBER", name=name, row=row, value=value) from None
        raise  # pragma: no cover - lists of unlike lengths


def _refuse(
    found: FloatArray, bad: np.ndarray, code: str, name: str, where: Sequence[object] | None, **more: object
) -> None:
    if not bad.any():
        return
    at = int(np.flatnonzero(bad.ravel())[0])
    row = where[at] if where is not None and at < len(where) else at + 1
    raise BadInput(code, name=name, row=row, value=f"{found.ravel()[at]:g}", **more)
