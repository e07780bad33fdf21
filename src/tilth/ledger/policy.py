"""Rule packs of the land book: rules as data, each with its version, days in force, source and how sure it is."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

from tilth.core import BadInput, Label
from tilth.core.rulefile import common, label_in, packed, toml_in
from tilth.ledger.chart import kinds

#: The packs that ship, and what each stands on.
PACKS = ("cn-pooled", "cn-2024", "ldn", "ratio", "seea")
#: What holds where nobody chose: the act date takes its rule from one of the two.
DEFAULT = "cn"
_STANDS_ON: Mapping[str, tuple[str, ...]] = {
    DEFAULT: ("book", "cn-pooled", "cn-2024"),
    **{name: ("book", name) for name in PACKS},
}
_TEXTS = ("id", "version", "title", "source", "confidence")
_COLUMNS = (*_TEXTS, "title_zh", "region", "since", "until")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in one version. `values` are what it sets, in whole numbers."""

    id: str
    version: str
    since: date
    until: date | None  # last day in force; None: still in force
    title: Label
    source: str
    confidence: str
    region: str = ""  # only for regions whose code begins so
    values: tuple[tuple[str, Any], ...] = ()

    def __getitem__(self, name: str) -> Any:
        return dict(self.values)[name]

    def in_force(self, day: date, region: str) -> bool:
        """Does this version hold for an act in `region` on `day`?"""
        return self.since <= day and (self.until is None or day <= self.until) and region.startswith(self.region)

    def as_record(self) -> dict[str, Any]:
        """For JSON, and to be read again."""
        return {
            "id": self.id, "version": self.version, "since": self.since.isoformat(),
            "until": self.until.isoformat() if self.until else None, "title": self.title.en, "title_zh": self.title.zh,
            "source": self.source, "confidence": self.confidence, "region": self.region,
            **{name: list(value) if isinstance(value, tuple) else value for name, value in self.values},
        }  # fmt: skip


@dataclass(frozen=True)
class Policy:
    """Rules under one name. Several versions of one rule may stand in it: the act date and the region choose."""

    id: str
    version: str
    title: Label
    rules: tuple[Rule, ...]

    def rule(self, id: str, day: date, region: str = "") -> Rule | None:
        """The version of a rule for an act in `region` on `day`: that of the narrowest region, the latest."""
        found = [rule for rule in self.rules if rule.id == id and rule.in_force(day, region)]
        return max(found, key=lambda rule: (len(rule.region), rule.since), default=None)

    def in_force(self, day: date, region: str = "") -> list[Rule]:
        """Every rule that holds in `region` on `day`, one version of each, in the order of the pack."""
        names = dict.fromkeys(rule.id for rule in self.rules)
        return [rule for rule in (self.rule(name, day, region) for name in names) if rule is not None]

    def overridden_by(self, other: Policy) -> Policy:
        """This pack with `other`'s rules in the place of those of the same id and region, and its new rules behind."""
        replaced = {(rule.id, rule.region) for rule in other.rules}
        kept = tuple(rule for rule in self.rules if (rule.id, rule.region) not in replaced)
        return Policy(f"{self.id}+{other.id}", f"{self.version}+{other.version}", other.title, (*kept, *other.rules))

    def as_text(self) -> str:
        """The pack as text (JSON), the only one it can have: kept with what was tested by it."""
        told = {
            "id": self.id, "version": self.version, "title": self.title.en, "title_zh": self.title.zh,
            "rule": [rule.as_record() for rule in self.rules],
        }  # fmt: skip
        return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    @property
    def digest(self) -> str:
        """SHA-256 of the text."""
        return sha256(self.as_text().encode()).hexdigest()


def load_policy(chosen: str | Path | None = None) -> Policy:
    """The rule pack of a name, or of a TOML file that replaces rows of another.

    Parameters
    ----------
    chosen
        A shipped pack; "cn" (as without): `cn-pooled` for acts before 2024-02-05 and `cn-2024` from then on. A path:
        the rows of the file replace those of the pack that its `base` names ("cn" without), by id and region.

    Raises
    ------
    BadInput
        If there is no such pack, the file cannot be read, or a row in it is not what its column wants.
    """
    name = str(chosen or DEFAULT)
    if name in _STANDS_ON:
        return _shipped(name)
    if not name.lower().endswith(".toml"):
        near = get_close_matches(name.lower(), _STANDS_ON, n=1)
        raise BadInput("POLICY-UNKNOWN", name=name, known=", ".join(_STANDS_ON), near="".join(near) or DEFAULT)
    source = Path(name)
    found = toml_in(source, "POLICY-UNREADABLE")
    base = str(found.get("base", DEFAULT))
    if base not in _STANDS_ON:
        raise BadInput("POLICY-BASE", file=source.name, name=base, known=", ".join(_STANDS_ON))
    return _shipped(base).overridden_by(_pack(found, source.name))


def policy_of_text(text: str) -> Policy:
    """The pack that `Policy.as_text` wrote."""
    found = json.loads(text)
    for row in found["rule"]:
        for key in ("since", "until"):
            row[key] = date.fromisoformat(row[key]) if row[key] else None
    return _pack(found, found["id"])


@cache
def _shipped(name: str) -> Policy:
    packs = []
    for one in _STANDS_ON[name]:
        text = files("tilth.ledger").joinpath(f"data/policy-{one}.toml").read_text(encoding="utf-8")
        packs.append(_pack(tomllib.loads(text), f"policy-{one}.toml"))
    last = packs[-1]
    version = "+".join(pack.version for pack in packs[1:])
    return Policy(name, version, last.title, tuple(rule for pack in packs for rule in pack.rules))


def _pack(found: Mapping[str, Any], file: str) -> Policy:
    return Policy(*packed(found, file, _rule, empty="POLICY-EMPTY", twice="POLICY-RULE-TWICE"))


def _rule(row: Mapping[str, Any], file: str, number: int) -> Rule:
    """One row; whatever is wrong with it is said with the file, the rule, the key and the value."""

    def refuse(key: str, value: object, wanted: str) -> BadInput:
        return BadInput("POLICY-RULE", file=file, rule=row.get("id", number), key=key, value=value, wanted=wanted)

    since, until = common(row, _TEXTS, refuse)
    if row["id"] not in _SETS:
        near = get_close_matches(row["id"], _SETS, n=1)
        raise refuse("id", row["id"], "".join(near) or ", ".join(_SETS))
    region = row.get("region", "")
    if not isinstance(region, str):
        raise refuse("region", region, "text")
    sets = _SETS[row["id"]]
    for key in row:
        if key not in _COLUMNS and key not in sets:
            raise refuse(key, row[key], ", ".join((*_COLUMNS, *sets)))
    values = []
    for key, (usable, wanted) in sets.items():
        if key not in row or not usable(row[key]):
            raise refuse(key, row.get(key), wanted)
        values.append((key, tuple(row[key]) if isinstance(row[key], list) else row[key]))
    title = label_in(row, "title")
    return Rule(row["id"], row["version"], since, until, title, row["source"], row["confidence"], region, tuple(values))


# --- what a rule may set ------------------------------------------------------------------------------------------

_Usable = tuple[Callable[[Any], bool], str]


def _one_of(*known: str) -> _Usable:
    return (lambda value: value in known), ", ".join(known)


def _some_of(known: Iterable[str]) -> _Usable:
    names = frozenset(known)
    return (lambda value: isinstance(value, list) and set(map(str, value)) <= names), ", ".join(sorted(names))


def _whole(least: int, most: int) -> _Usable:
    return (lambda value: type(value) is int and least <= value <= most), f"{least} … {most}"


def _is_day_or_nothing(value: Any) -> bool:
    try:
        return value == "" or bool(date.fromisoformat(value))
    except (TypeError, ValueError):
        return False


_YEAR = _whole(1900, 2200)
_KINDS = _some_of(kinds())
_SETS_NOTHING = (
    "conservation", "continuity", "levels", "duty", "nothing-below-nothing", "transfer", "in-place", "stored-rules",
    "closed-years", "order", "rounding", "two-dates", "accepted-stays-farmland", "compensation-first", "neutrality",
    "like-for-like", "accepted-only",
)  # fmt: skip
#: By rule: the values that it sets, each with what it may be.
_SETS: Mapping[str, Mapping[str, _Usable]] = {
    **{name: {} for name in _SETS_NOTHING},
    "pools": {"indicators": _some_of(("area", "paddy", "capacity", "grade"))},
    "legacy-pools": {"last_day": (_is_day_or_nothing, '"2027-12-31", ""')},
    "cap": {"leaves_out": _KINDS, "enforced": _one_of("set", "computed")},
    "cap-carry": {"carry": _one_of("none", "positive", "both")},
    "pbf-replacement": {"eligible": _one_of("farmland", "stable")},
    "red-line": {"counts": _one_of("farmland", "stable")},
    "quality": {"measure": _one_of("grade", "capacity")},
    "paddy": {"level": _one_of("province", "project"), "allowed_decrease_m2": _whole(0, 10**12)},
    "baseline": {"first_year": _YEAR, "last_year": _YEAR},
    "easement": {"ratio": _whole(1, 100), "prime_ratio": _whole(1, 100), "prime_to_grade": _whole(0, 10)},
    "closing": {"refuses": _some_of(("fail", "not_assessed"))},
    "land-account": dict.fromkeys(("managed", "natural", "reappraisal", "by_class"), _KINDS),
}  # fmt: skip
