"""What answers on plans look like. Areas are whole numbers of dm² (0.01 m²), or null where the land is not known."""

from __future__ import annotations

from typing import Any

from tilth.web.records import FileRecord, Record


class PlanShortRecord(Record):
    """A plan in the list; `solution` is null until it is solved, `varies` of what is no scenario. `damaged` says which
    file is not what was stored."""

    name: str
    title: str
    version: str
    made_at: str
    units: int
    options: int
    varies: Record | None
    solution: Record | None
    damaged: str = ""


class DemandRecord(Record):
    """One demand by its number, in the unit of its column."""

    number: int
    column: str
    at_least: bool
    unit: str
    limit: float
    where: dict[str, Any]
    said: str


class PricedDemandRecord(DemandRecord):
    """A demand of a solved plan: what is used, and what one more unit of the limit is worth to the aim."""

    used: float
    price: float


class GroupRecord(Record):
    """Units, area and sums of one treatment, crop, year of start, or place; its name stands under what it is."""

    units: int
    area_dm2: int | None
    totals: dict[str, float]


class LegendRecord(Record):
    """A treatment, crop or year and its colour on the map."""

    name: str
    colour: str


class SolutionRecord(Record):
    """A plan, and the proof of how far from the best it can be at most; `said` tells what the limits cost."""

    aim: dict[str, float]
    value: float
    bound: float
    gap: float
    gap_asked: float
    seconds: float
    proof: str
    made_at: str
    rows: list[PricedDemandRecord]
    said: list[str]
    totals: GroupRecord
    groups: dict[str, list[GroupRecord]]
    legends: dict[str, list[LegendRecord]]
    files: list[FileRecord]


class PlanRecord(PlanShortRecord):
    """One plan: what it is made of, what is asked for in words and as numbered demands, and what it comes to."""

    rows_in: int
    quarantined: dict[str, int]
    sources: list[Any]
    aim: dict[str, float]
    problem: list[str]
    quantities: list[str]
    rows: list[DemandRecord]
    inputs: list[FileRecord]
    names: dict[str, dict[str, str]]
    survey: Record | None
    solution: SolutionRecord | None


class PlanMadeRecord(Record):
    """A scenario that was made."""

    name: str
    problem: list[str]
    varies: Record


class ChosenRecord(Record):
    """What is chosen for one unit."""

    unit: str
    treatment: str
    totals: dict[str, float]


class ChosenPage(Record):
    """Some units of a plan; `count` is how many there are of what was asked for."""

    count: int
    items: list[ChosenRecord]
    next: str | None


class UnitOptionRecord(Record):
    """An option of a unit: what it brings to the aim, and what is left of that after paying the plan's prices."""

    treatment: str
    crop: str | None
    start: int | None
    amounts: dict[str, float]
    brings: float
    left: float
    allowed: bool
    chosen: bool


class UnitRecord(Record):
    """One unit: all its options, the prices that they pay, and why its own was chosen."""

    unit: str
    labels: dict[str, str]
    aim: dict[str, float]
    options: list[UnitOptionRecord]
    prices: list[Record]
    why: str


class ComparisonRecord(Record):
    """Two plans side by side; what one of them has not is null."""

    plans: list[Record]
    rows: list[Record]
    groups: dict[str, list[Record]]
    units_same: int
    units_differ: int
    units_alone: list[int]
    differ_dm2: int | None
    moves: list[Record]
