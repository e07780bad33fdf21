"""What every part of the room shares: a figure with its range and source, and an estimate with its uncertainty."""

from __future__ import annotations

from dataclasses import dataclass

from tilth.core import FloatArray
from tilth.core.rulefile import CONFIDENCE


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of a paper or a standard, with the range it is given in, its unit, source and how sure it is."""

    value: float
    low: float
    high: float
    unit: str
    source: str
    confidence: str  # sure, likely or unverified

    def __post_init__(self) -> None:
        assert self.low <= self.value <= self.high, self
        assert self.confidence in CONFIDENCE, self


@dataclass(frozen=True)
class Estimate:
    """Values that were computed from others: the value, the range it may lie in, and how it was computed.

    `low` and `high` are the range that the method's source gives, not a confidence interval of known level.
    """

    value: FloatArray  # (n,)
    low: FloatArray  # (n,)
    high: FloatArray  # (n,)
    unit: str
    method: tuple[str, ...]  # (n,) what was done to each value, "" where nothing could be
    source: str
