"""Classification schemes as data: bounds on metrics, lower bound inclusive, each scheme with its source."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from tilth.core import BadInput, Label, NotFound, label
from tilth.core.rulefile import CONFIDENCE, label_in, toml_in

#: The class of a row that cannot be placed.
UNKNOWN = "unknown"
#: What a scheme may ask about, with its unit; the names of columns of a frame.
METRICS: Mapping[str, str] = {
    "ece_ds_m": "dS/m",
    "esp_pct": "%",
    "sar": "(mmolc/L)^½",
    "ph": "-",
    "salt_g_kg": "g/kg",
    "cl_so4_ratio": "-",
    "alkalinity_anions_ratio": "-",
    "alkalinity_cations_ratio": "-",
    "rsc_mmolc_l": "mmolc/L",
    "thickness_cm": "cm",
    "ece_thickness": "dS/m cm",
}
#: The column in which the worst of several schemes keeps the class by each metric.
KEPT_AS: Mapping[str, str] = {
    "ece_ds_m": "class_ece",
    "esp_pct": "class_esp",
    "sar": "class_sar",
    "ph": "class_ph",
    "salt_g_kg": "class_salt",
}


@dataclass(frozen=True, slots=True)
class Bound:
    """A metric from `low`, inclusive, to below `high`; None: open."""

    metric: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class SoilClass:
    """One class: all of its bounds hold. `rank` is its degree, 0 the least."""

    id: str
    label: Label
    rank: int
    when: tuple[Bound, ...]


@dataclass(frozen=True)
class Scheme:
    """Classes in the order in which they are tried, or, in `worst_of`, the schemes whose worst class is taken."""

    id: str
    version: str
    title: Label
    source: str
    confidence: str
    classes: tuple[SoilClass, ...]
    worst_of: tuple[Scheme, ...] = ()
    ordered: bool = True
    aliases: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """What it asks about."""
        if self.worst_of:
            return tuple(dict.fromkeys(name for part in self.worst_of for name in part.metrics))
        return tuple(dict.fromkeys(bound.metric for one in self.classes for bound in one.when))

    def labels(self) -> dict[str, Label]:
        """Every class by id, once, in order of rank, and what is unknown."""
        ranked = sorted(self.classes, key=lambda one: one.rank)
        return {**{one.id: one.label for one in ranked}, UNKNOWN: label("SOIL-WORD-UNKNOWN")}

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "id": self.id,
            "version": self.version,
            "title": str(self.title),
            "source": self.source,
            "confidence": self.confidence,
            "metrics": list(self.metrics),
            "worst_of": [part.id for part in self.worst_of],
            "classes": [
                {
                    "id": one.id,
                    "label": str(one.label),
                    "rank": one.rank,
                    "when": {bound.metric: {"from": bound.low, "below": bound.high} for bound in one.when},
                }
                for one in self.classes
            ],
        }


def schemes_in(folder: Path | None = None) -> dict[str, Scheme]:
    """Every scheme by its id: those that ship, and those of `folder`, which replace one of the same id.

    Raises
    ------
    BadInput
        If a file of `folder` is no scheme.
    """
    found = dict(_shipped())
    rows = [(path.name, toml_in(path, "SOIL-SCHEME-UNREADABLE")) for path in _own(folder)]
    for file, row in rows:
        if "worst_of" not in row:
            one = _scheme(row, file, {})
            found[one.id] = one
    for file, row in rows:
        if "worst_of" in row:
            one = _scheme(row, file, found)
            found[one.id] = one
    return found


def find_scheme(name: str | Path, folder: Path | None = None) -> Scheme:
    """The scheme of an id, of another name of it, or in a TOML file.

    Raises
    ------
    NotFound
        If there is none.
    BadInput
        If the file is no scheme.
    """
    if str(name).endswith(".toml"):
        path = Path(name)
        return _scheme(toml_in(path, "SOIL-SCHEME-UNREADABLE"), path.name, schemes_in(folder))
    known = schemes_in(folder)
    asked = str(name).strip().casefold().replace("_", "-").replace(" ", "-")
    by_name = {alias: one for one in known.values() for alias in (*one.aliases, one.id)}
    if asked in by_name:
        return by_name[asked]
    near = get_close_matches(asked, by_name, n=1)
    raise NotFound("SOIL-SCHEME-NONE", scheme=str(name), near=near[0] if near else "–", known=", ".join(sorted(known)))


def _own(folder: Path | None) -> Iterator[Path]:
    yield from sorted(folder.glob("*.toml")) if folder is not None and folder.is_dir() else ()


@cache
def _shipped() -> dict[str, Scheme]:
    entries = sorted(files("tilth.soil").joinpath("data/schemes").iterdir(), key=lambda one: one.name)
    rows = {one.name: tomllib.loads(one.read_text(encoding="utf-8")) for one in entries if one.name.endswith(".toml")}
    plain = [_scheme(row, name, {}) for name, row in rows.items() if "worst_of" not in row]
    found = {one.id: one for one in plain}
    worst = [_scheme(row, name, found) for name, row in rows.items() if "worst_of" in row]
    return found | {one.id: one for one in worst}


def _scheme(row: Mapping[str, Any], file: str, known: Mapping[str, Scheme]) -> Scheme:
    def bad(key: str, wanted: str) -> BadInput:
        return BadInput("SOIL-SCHEME-BAD", file=file, key=key, value=str(row.get(key, "")), wanted=wanted)

    for key in ("id", "version", "title", "source"):
        if not isinstance(row.get(key), str) or not row[key].strip():
            raise bad(key, "text")
    if row.get("confidence") not in CONFIDENCE:
        raise bad("confidence", ", ".join(CONFIDENCE))
    parts = row.get("worst_of", [])
    if not isinstance(parts, list) or not all(name in known and known[name].ordered for name in parts):
        raise bad("worst_of", ", ".join(sorted(name for name, one in known.items() if one.ordered)))
    given = row.get("class")
    if not isinstance(given, list) or not given or not all(isinstance(one, dict) for one in given):
        raise bad("class", "[[class]]")
    classes = tuple(_class(one, file) for one in given)
    aliases = tuple(str(one).casefold() for one in row.get("aliases", ()))
    return Scheme(
        row["id"], row["version"], label_in(row, "title"), row["source"], row["confidence"], classes,
        tuple(known[name] for name in parts), bool(row.get("ordered", True)), aliases,
    )  # fmt: skip


def _class(row: Mapping[str, Any], file: str) -> SoilClass:
    def bad(key: str, value: object, wanted: str) -> BadInput:
        return BadInput(
            "SOIL-SCHEME-BAD", file=file, key=f"class {row.get('id', '?')}: {key}", value=value, wanted=wanted
        )

    if not isinstance(row.get("id"), str) or row["id"] in ("", UNKNOWN):
        raise bad("id", row.get("id"), "text")
    if type(row.get("rank")) is not int:
        raise bad("rank", row.get("rank"), "0, 1, 2, …")
    bounds = []
    for metric, limits in dict(row.get("when", {})).items():
        if metric not in METRICS:
            raise bad(metric, limits, ", ".join(METRICS))
        low, high = (limits.get(key) if isinstance(limits, dict) else limits for key in ("from", "below"))
        numbers = [one for one in (low, high) if one is not None]
        if not numbers or any(isinstance(one, bool) or not isinstance(one, int | float) for one in numbers):
            raise bad(metric, limits, "{ from = 4, below = 8 }")
        if len(numbers) == 2 and numbers[0] >= numbers[1]:
            raise bad(metric, limits, "from < below")
        bounds.append(Bound(metric, low, high))
    return SoilClass(row["id"], label_in({"label": row["id"], **row}, "label"), row["rank"], tuple(bounds))
