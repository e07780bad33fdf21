"""Published national figures held against each other: exact in mu, with the rounding that each figure was printed with.

A figure that was printed to 0.01 × 10⁴ ha stands for any area within half of its last digit. 15 mu are 1 ha, so a
figure in hectares and one in mu may differ by what rounding explains, and no more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tilth.change.trend import Trend
from tilth.core import round_half_away

MU_PER_HA = 15
#: Published tables count in 10⁴ mu.
WAN = 10_000


@dataclass(frozen=True, slots=True)
class Published:
    """A published area in whole mu, how far its rounding reaches, and where it was read."""

    mu: int
    step_mu: int  # one unit of its last printed digit
    source: str = ""

    @classmethod
    def of(cls, text: str, unit_mu: int, source: str = "") -> Published:
        """From what was printed; `unit_mu` is how many mu its unit has.

        >>> Published.of("12786.19", 10_000 * 15)
        Published(mu=1917928500, step_mu=1500, source='')

        Raises
        ------
        ValueError
            If it is no number, or finer than a mu.
        """
        number = Decimal(text)
        if not number.is_finite():
            raise ValueError(text)
        exponent = int(number.as_tuple().exponent)
        exact, step = Fraction(number) * unit_mu, Fraction(10) ** min(exponent, 0) * unit_mu
        if exact.denominator > 1 or step.denominator > 1:
            raise ValueError(f"{text} is finer than a mu")
        return cls(int(exact), int(step), source)

    @property
    def interval(self) -> tuple[Fraction, Fraction]:
        """The least and the most that it may stand for. [mu]"""
        half = Fraction(self.step_mu, 2)
        return self.mu - half, self.mu + half


@dataclass(frozen=True, slots=True)
class Gap:
    """Two figures for one thing, and whether rounding explains what lies between them."""

    name: str
    what: str  # "ha-mu": one printed in ha, one in mu; "change": a reported change, and the one of rounded totals
    first: Published
    second: Published

    @property
    def mu(self) -> int:
        """The first less the second."""
        return self.first.mu - self.second.mu

    @property
    def explained(self) -> bool:
        """May both be right: does what the one stands for reach what the other stands for?"""
        (least, most), (low, high) = self.first.interval, self.second.interval
        return least <= high and low <= most

    def as_record(self) -> dict[str, Any]:
        """For JSON, areas in 10⁴ mu as exact decimals."""
        return {
            "name": self.name,
            "what": self.what,
            "first_wan_mu": wan(self.first.mu),
            "second_wan_mu": wan(self.second.mu),
            "gap_wan_mu": wan(self.mu),
            "first_interval_wan_mu": [wan(end) for end in self.first.interval],
            "second_interval_wan_mu": [wan(end) for end in self.second.interval],
            "inside_rounding": self.explained,
            "sources": [self.first.source, self.second.source],
        }


@dataclass(frozen=True, slots=True)
class Unit:
    """A province, or the whole country: farmland as last surveyed, and its targets."""

    name: str
    farmland: Published | None
    holding: Published | None
    pbf: Published | None

    @property
    def headroom_mu(self) -> int | None:
        """Farmland above the holding target."""
        return None if self.farmland is None or self.holding is None else self.farmland.mu - self.holding.mu

    @property
    def missing(self) -> tuple[str, ...]:
        """What is not known of it: farmland, holding, pbf."""
        return tuple(name for name in ("farmland", "holding", "pbf") if getattr(self, name) is None)

    def as_record(self) -> dict[str, Any]:
        """For JSON, areas in 10⁴ mu as exact decimals."""
        return {
            "name": self.name,
            **{
                f"{name}_wan_mu": None if one is None else wan(one.mu)
                for name, one in (("farmland", self.farmland), ("holding", self.holding), ("pbf", self.pbf))
            },
            "headroom_wan_mu": None if self.headroom_mu is None else wan(self.headroom_mu),
            "missing": list(self.missing),
            "sources": sorted({one.source for one in (self.farmland, self.holding, self.pbf) if one and one.source}),
        }


@dataclass(frozen=True, slots=True)
class Sum:
    """Parts of one published whole."""

    name: str  # what the parts are by: class, slope, …
    whole: Published
    parts: tuple[Published, ...]

    @property
    def over_mu(self) -> int:
        """The parts' sum less the whole."""
        return sum(one.mu for one in self.parts) - self.whole.mu

    @property
    def explained(self) -> bool:
        """Does the rounding of every part and of the whole explain what they differ by?"""
        return 2 * abs(self.over_mu) <= self.whole.step_mu + sum(one.step_mu for one in self.parts)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "name": self.name,
            "parts": len(self.parts),
            "sum_wan_mu": wan(self.whole.mu + self.over_mu),
            "whole_wan_mu": wan(self.whole.mu),
            "over_wan_mu": wan(self.over_mu),
            "inside_rounding": self.explained,
        }


@dataclass(frozen=True)
class National:
    """The national table: the country, its provinces, how the figures agree, and where they were read."""

    country: Unit
    provinces: tuple[Unit, ...]
    series: Mapping[int, Published]  # national farmland by year
    gaps: tuple[Gap, ...]
    sums: tuple[Sum, ...]
    sources: Mapping[str, str]  # title by id

    @property
    def breaks(self) -> bool:
        """Is less held than the red line?"""
        known = (one.headroom_mu for one in (self.country, *self.provinces))
        return any(headroom is not None and headroom < 0 for headroom in known)

    @property
    def latest(self) -> tuple[int, Published] | None:
        """The newest year of the series."""
        return max(self.series.items()) if self.series else None

    @property
    def trend(self) -> Trend:
        """Of the national series, in mu."""
        return Trend({year: one.mu for year, one in self.series.items()})

    @property
    def without_farmland(self) -> tuple[str, ...]:
        """Provinces whose farmland is not in the tables."""
        return tuple(one.name for one in self.provinces if one.farmland is None)

    @property
    def without_targets(self) -> tuple[str, ...]:
        """Provinces whose targets are not in the tables."""
        return tuple(one.name for one in self.provinces if one.holding is None or one.pbf is None)

    @property
    def known_mu(self) -> int:
        """Farmland of the provinces that are known."""
        return sum(one.farmland.mu for one in self.provinces if one.farmland is not None)

    def as_record(self) -> dict[str, Any]:
        """For JSON: areas in 10⁴ mu as exact decimals, in text."""
        target = self.country.holding.mu if self.country.holding else None
        rest = None if self.country.farmland is None else wan(self.country.farmland.mu - self.known_mu)
        return {
            "unit": "10000 mu",
            "country": self.country.as_record(),
            "series_wan_mu": {str(year): wan(one.mu) for year, one in sorted(self.series.items())},
            "headroom_by_year_wan_mu": {
                str(year): None if target is None else wan(one.mu - target) for year, one in sorted(self.series.items())
            },
            "trend": self.trend.as_record(target, "mu"),
            "provinces": [one.as_record() for one in self.provinces],
            "without_farmland": list(self.without_farmland),
            "without_targets": list(self.without_targets),
            "known_provinces_wan_mu": wan(self.known_mu),
            "other_provinces_wan_mu": rest,
            "gaps": [one.as_record() for one in self.gaps],
            "sums": [one.as_record() for one in self.sums],
            "sources": dict(self.sources),
        }


def wan(mu: int | Fraction, *, grouped: bool = False) -> str:
    """Mu as 10⁴ mu, exactly: two decimals, or as many more as it takes.

    >>> wan(1917928500), wan(600), wan(-75), wan(Fraction(1, 2), grouped=True)
    ('191792.85', '0.06', '-0.0075', '0.00005')
    """
    exact = Fraction(mu) / WAN
    digits = 2
    while (exact * 10**digits).denominator > 1:
        digits += 1
    scaled = round_half_away(exact * 10**digits)
    number = Decimal(scaled).scaleb(-digits)
    return f"{number:,.{digits}f}" if grouped else f"{number:.{digits}f}"


def gaps_of(names: Sequence[str], ha: Mapping[str, Published], mu: Mapping[str, Published]) -> list[Gap]:
    """For everything that was published in hectares and in mu: how far the two are apart."""
    return [Gap(name, "ha-mu", ha[name], mu[name]) for name in names if name in ha and name in mu]
