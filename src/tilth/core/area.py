"""Land area as an exact number. Every area in the product is a whole count of dm² (0.01 m²)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

DM2_PER_M2 = 100
DM2_PER_HA = 1_000_000
#: 1 mu = 2000/3 m², so 1 mu = 200000/3 dm² and 15 mu = 1 ha exactly.
DM2_PER_MU = Fraction(200_000, 3)
#: The largest area a column can hold: far above the land surface of the Earth, far below int64.
MAX_DM2 = 10**17


def round_half_away(value: Fraction | Decimal) -> int:
    """The whole number nearest to `value`; a half goes away from zero, as the survey's tables round.

    >>> round_half_away(Fraction(5, 2)), round_half_away(Fraction(-5, 2))
    (3, -3)
    """
    exact = Fraction(value)
    magnitude = (2 * abs(exact.numerator) + exact.denominator) // (2 * exact.denominator)
    return magnitude if exact >= 0 else -magnitude


def dm2_from_m2(value: str | float | Decimal) -> int:
    """Whole dm² from square metres, half away from zero on the *decimal* that a person would read.

    A float is taken by its shortest decimal form, so 2.675 rounds to 2.68 as on paper.

    Raises
    ------
    ValueError
        If `value` is not a finite number or is larger than any land on Earth.

    >>> dm2_from_m2("91458.32"), dm2_from_m2(2.675)
    (9145832, 268)
    """
    try:
        number = Decimal(str(value).strip())
        scaled = (number * DM2_PER_M2).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not an area in m²") from error
    if not number.is_finite():
        raise ValueError(f"{value!r} is not an area in m²")
    if abs(scaled) > MAX_DM2:
        raise ValueError(f"{value!r} m² is larger than any land")
    return int(scaled)


def dm2_array(square_metres: npt.ArrayLike) -> IntArray:
    """Whole dm² for an array of m², half away from zero. Shape kept.

    Floats that carry two decimals come back as exactly those decimals. NaN, infinite and oversized values raise.
    """
    values = np.asarray(square_metres, dtype=np.float64)
    if not np.all(np.isfinite(values)) or np.any(np.abs(values) > MAX_DM2 / DM2_PER_M2):
        raise ValueError("areas must be finite and smaller than the Earth")
    # Below 1e6 m² the product of a two-decimal float with 100 is within 1e-8 of a whole number; nudging by
    # 1e-6 dm² makes x.xx5 written in binary round as it reads, without touching anything else.
    scaled = np.abs(values) * DM2_PER_M2
    whole = np.floor(scaled + 0.5 + 1e-6)
    return np.where(values < 0, -whole, whole).astype(np.int64)


@dataclass(frozen=True, slots=True, order=True)
class Area:
    """A land area, held as whole dm² (0.01 m², the survey's own precision), so sums are exact."""

    dm2: int

    def __post_init__(self) -> None:
        if not isinstance(self.dm2, int) or isinstance(self.dm2, bool):
            raise TypeError(f"an Area is a whole number of dm², got {self.dm2!r}")

    @classmethod
    def from_m2(cls, value: str | float | Decimal) -> Area:
        """From square metres; see `dm2_from_m2` for the rounding."""
        return cls(dm2_from_m2(value))

    @classmethod
    def from_ha(cls, value: str | float | Decimal) -> Area:
        """From hectares (1 ha = 10 000 m²)."""
        return cls(round_half_away(Fraction(Decimal(str(value))) * DM2_PER_HA))

    @classmethod
    def from_mu(cls, value: str | float | Decimal | Fraction) -> Area:
        """From mu (15 mu = 1 ha)."""
        exact = value if isinstance(value, Fraction) else Fraction(Decimal(str(value)))
        return cls(round_half_away(exact * DM2_PER_MU))

    def __add__(self, other: Area) -> Area:
        return Area(self.dm2 + other.dm2)

    def __sub__(self, other: Area) -> Area:
        return Area(self.dm2 - other.dm2)

    def __neg__(self) -> Area:
        return Area(-self.dm2)

    def __bool__(self) -> bool:
        return self.dm2 != 0

    def in_units(self, unit: str, decimals: int = 2) -> Decimal:
        """The area in "m2", "ha" or "mu", rounded half away from zero. For display only."""
        return in_units(self.dm2, unit, decimals)

    def __str__(self) -> str:
        return f"{self.in_units('m2'):,} m²"


_PER_UNIT = {"m2": Fraction(DM2_PER_M2), "ha": Fraction(DM2_PER_HA), "mu": DM2_PER_MU}


def in_units(dm2: int, unit: str, decimals: int = 2) -> Decimal:
    """`dm2` in "m2", "ha" or "mu" as a decimal of `decimals` places. Convert sums, never sum conversions."""
    scaled = round_half_away(Fraction(int(dm2)) / _PER_UNIT[unit] * 10**decimals)
    return Decimal(scaled).scaleb(-decimals)


def total(areas: Iterable[Area]) -> Area:
    """The sum of `areas`."""
    return Area(sum(area.dm2 for area in areas))
