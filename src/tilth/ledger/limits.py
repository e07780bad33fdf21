"""The limits by which replacement land is accepted: data with a source each, that a province may replace by year."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from tilth.core import BadInput, Label
from tilth.core.rulefile import CONFIDENCE

#: A file of this name in the workspace replaces limits by their id.
FILE = "acceptance.toml"
_NEEDED = ("id", "value", "source", "confidence")


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit, and how well it is known."""

    id: str
    check: str
    value: Decimal | tuple[str, ...]
    unit: str
    label: Label
    source: str
    confidence: str
    regions: tuple[str, ...] = ()  # first digits of region codes; none: everywhere
    since: int = 0  # first and last year of acceptance
    until: int = 9999

    def applies(self, region: str, year: int) -> bool:
        """Is it for this region and year?"""
        return self.since <= year <= self.until and (not self.regions or region.startswith(self.regions))

    @property
    def shown(self) -> str:
        """Value and unit."""
        return f"{self.value} {self.unit}" if isinstance(self.value, Decimal) else ", ".join(self.value)

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id, "check": self.check, "limit": self.shown, "said": str(self.label), "source": self.source,
            "confidence": self.confidence,
        }  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """The limits for one region and year of acceptance."""

    pack: str
    version: str  # of the pack and, behind a +, of what the workspace replaced
    limits: Mapping[str, Limit]
    sources: Mapping[str, str]  # beginning of a class code: the pool that its land goes to

    def number(self, name: str) -> Decimal:
        """A limit that is a number."""
        value = self.limits[name].value
        assert isinstance(value, Decimal), name
        return value

    def words(self, name: str) -> tuple[str, ...]:
        """A limit that is a list."""
        value = self.limits[name].value
        assert isinstance(value, tuple), name
        return value

    def pool_of(self, class_code: str) -> str:
        """The pool that land of this class at t0 goes to; nothing where the table does not know it.

        >>> load_limits("410882", 2024).pool_of("0201")
        'RESTORED'
        """
        known = [start for start in self.sources if class_code.startswith(start)]
        return self.sources[max(known, key=len)] if known else ""


def load_limits(region: str, year: int, folder: Path | None = None) -> Limits:
    """The limits for land of `region` accepted in `year`, with those that the workspace in `folder` replaces.

    Raises
    ------
    BadInput
        If the workspace's file cannot be used.
    """
    told = _shipped()
    own = _own(folder / FILE) if folder is not None and (folder / FILE).is_file() else ()
    chosen: dict[str, Limit] = {}
    for limit in (*_limits(told), *own):
        if limit.applies(region, year):
            chosen[limit.id] = limit
    version = str(told["version"])
    if own:
        version += "+" + sha256(repr(sorted(map(repr, chosen.values()))).encode()).hexdigest()[:8]
    return Limits(str(told["id"]), version, chosen, told["sources"])


@cache
def _shipped() -> Mapping[str, Any]:
    text = files("tilth.ledger").joinpath("data/acceptance-cn.toml").read_text(encoding="utf-8")
    return tomllib.loads(text, parse_float=Decimal)


def _limits(told: Mapping[str, Any]) -> list[Limit]:
    return [_limit(one, {}) for one in told["limit"]]


def _limit(one: Mapping[str, Any], known: Mapping[str, Limit]) -> Limit:
    before = known.get(str(one["id"]))
    value = one["value"]
    label = before.label if before else Label(one["said"], one.get("said_zh", one["said"]))
    return Limit(
        id=str(one["id"]),
        check=before.check if before else str(one["check"]),
        value=tuple(map(str, value)) if isinstance(value, list) else Decimal(value),
        unit=before.unit if before else str(one["unit"]),
        label=label,
        source=str(one["source"]),
        confidence=str(one["confidence"]),
        regions=tuple(map(str, one.get("regions", ()))),
        since=int(one.get("since", 0)),
        until=int(one.get("until", 9999)),
    )


def _own(path: Path) -> Sequence[Limit]:
    """The workspace's own limits. Each names a limit that ships, its value, source and confidence."""
    known = {one.id: one for one in _limits(_shipped())}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
        rows = list(told.get("limit", ()))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput("ACCEPT-LIMITS-FILE", file=path.name, why=str(error)) from error
    made = []
    for at, row in enumerate(rows, start=1):
        name = str(row.get("id", ""))
        missing = [word for word in _NEEDED if word not in row]
        if missing or name not in known or row["confidence"] not in CONFIDENCE:
            why = ", ".join(missing) or name
            raise BadInput("ACCEPT-LIMIT", file=path.name, number=at, why=why, known=", ".join(known))
        number, given = isinstance(known[name].value, Decimal), row["value"]
        fits = isinstance(given, int | Decimal) and not isinstance(given, bool) if number else isinstance(given, list)
        try:
            if not fits:
                raise ValueError(given)
            made.append(_limit(row, known))
        except (ValueError, TypeError, ArithmeticError) as error:
            raise BadInput("ACCEPT-LIMIT", file=path.name, number=at, why=str(error), known=name) from error
    return made
