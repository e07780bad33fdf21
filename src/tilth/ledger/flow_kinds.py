"""Which kind of entry a change between two surveys is. The table is `data/flow-kinds.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from tilth.change import flow_classes
from tilth.land import CodeSystem
from tilth.ledger.chart import kinds

_DM2_PER_HA = 1_000_000
#: From the least to the best farmland.
_WORTH = ("0103", "0102", "0101")


@cache
def flow_kinds() -> Mapping[str, Any]:
    """The table."""
    return tomllib.loads(files("tilth.ledger").joinpath("data/flow-kinds.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """What a record of changes knows of one piece; "" or None where it does not say."""

    kind: str = ""
    document: str = ""
    act_date: date | None = None


NO_RECORD = ChangeRecord()


def kind_of_loss(code: str, codes: CodeSystem) -> str:
    """The kind of an occupation by the class that farmland became.

    >>> from tilth.land import code_system
    >>> [kind_of_loss(code, code_system("sd2017")) for code in ("0601", "0702", "0201", "1202", "1006", "1101", "1206")]
    ['NONAG', 'RURALHOUSE', 'AGSTRUCT', 'AGFACILITY', 'FARMINFRA', 'WATER', 'DISASTER']
    """
    table = flow_kinds()["lost"]
    if code in table["class"]:
        return str(table["class"][code])
    flow = codes[code].lost_to
    if flow in table["flow"]:
        return str(table["flow"][flow])
    known = flow_classes(codes.id).get(code)
    return str(table["natural"].get(known.farmland_to if known else "", "OTHER_EXEMPT"))


def capacity_of(dm2: int, grade15: int) -> int | None:
    """Grain capacity of farmland of a grade of the 15-grade system, rounded up; None where it has no such grade. [kg]

    >>> capacity_of(1_000_000, 6), capacity_of(1, 15), capacity_of(1_000_000, 0)
    (15000, 1, None)
    """
    table = flow_kinds()["capacity"]
    if not 1 <= grade15 <= table["worst"]:
        return None
    exact = dm2 * int(table["kg_per_grade"]) * (int(table["worst"]) + 1 - grade15)
    return -(-exact // _DM2_PER_HA)


def kind_of_change(old: str, new: str, grades: tuple[int, int]) -> str:
    """The kind of a change inside farmland: made better in place, appraised anew, or merely changed.

    Parameters
    ----------
    grades
        Before and after.

    >>> kind_of_change("0103", "0101", (0, 0)), kind_of_change("0101", "0103", (0, 0))
    ('UPGRADE', 'CHANGE')
    >>> kind_of_change("0103", "0103", (6, 4)), kind_of_change("0103", "0103", (4, 6))
    ('UPGRADE', 'REAPPRAISAL')
    """
    before, after = (_WORTH.index(code) if code in _WORTH else -1 for code in (old, new))
    better = grades[0] > grades[1] > 0
    if after > before >= 0 or (after == before and better):
        return "UPGRADE"
    return "REAPPRAISAL" if old == new and grades[0] != grades[1] else "CHANGE"


def records_of(
    columns: Iterable[str], rows: Iterable[Mapping[str, str]]
) -> tuple[dict[tuple[str, str], ChangeRecord], list[tuple[str, str, str]]]:
    """Records by parcel before and after; and (before, after, word) of causes that are no kind."""
    have = set(columns)
    named = {name: next((one for one in known if one in have), "") for name, known in flow_kinds()["columns"].items()}
    found: dict[tuple[str, str], ChangeRecord] = {}
    odd = []
    for row in rows:
        told = {name: str(row.get(column, "") or "").strip() if column else "" for name, column in named.items()}
        word = told["kind"]
        kind = flow_kinds()["causes"].get(word, word.upper())
        pair = (told["before"], told["after"])
        if kind and kinds().get(kind) not in ("claim", "exempt"):
            odd.append((*pair, word))
            kind = ""
        found[pair] = ChangeRecord(kind, told["document"], _day(told["date"]))
    return found, odd


def _day(text: str) -> date | None:
    """
    >>> _day("20241231"), _day("2024-05-31"), _day("spring")
    (datetime.date(2024, 12, 31), datetime.date(2024, 5, 31), None)
    """
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None
