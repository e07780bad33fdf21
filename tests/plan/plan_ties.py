"""Made-up land whose units are tied: blocks within zones within townships, crops; and an independent model of it."""

from __future__ import annotations

from dataclasses import replace

import highspy
import numpy as np
from plan_lands import land, problem

from tilth.plan import EitherOr, Options, Patch, Problem, Solution, Whole

KINDS = ("whole", "patch", "units", "either", "either-overall", "patch-overall", "crops")


def tied_land(n: int, seed: int, towns: int, block: int, crops: bool = False) -> Options:
    """The units of `land` in zones of a township and blocks of a zone; with `crops`, two options for each treatment."""
    rng = np.random.default_rng(seed + 5)
    table = land(n, seed, towns)
    zone = table.labels["township"] * 3 + rng.integers(0, 3, n)
    inside = np.argsort(zone, kind="stable")
    blocks = np.empty(n, np.int64)
    blocks[inside] = zone[inside] * 10_000 + np.arange(n) // block
    named = np.where(rng.uniform(size=n) < 0.1, "", blocks.astype(str))
    area = np.repeat(rng.integers(5, 60, n), np.diff(table.ptr))
    table = replace(
        table, labels={**table.labels, "zone": zone, "block": named}, columns={**table.columns, "area_mu": area}
    )
    if not crops:
        return table
    twice = {name: np.repeat(column, 2) for name, column in table.columns.items()}
    second = np.arange(2 * table.size) % 2 == 1
    for name in ("income_yuan", "water_m3", "grain_t"):
        changed = np.rint(twice[name] * rng.uniform(0.6, 1.5, 2 * table.size)).astype(np.int64)
        twice[name] = np.where(second, changed, twice[name])
    names = tuple(f"{one} / {crop}" for one in table.treatments for crop in ("beet", "wheat"))
    treatment = np.repeat(table.treatment, 2) * 2 + second
    return replace(table, ptr=table.ptr * 2, columns=twice, treatment=treatment, treatments=names)


def tied_problem(table: Options, seed: int, tight: float, kinds: list[str]) -> Problem:
    """The rows of `problem` and ties of these kinds; whether they can be met is another question."""
    rng = np.random.default_rng(seed + 77)
    asked = problem(table, seed, tight) if "drains" in table.treatments else _rows(table, seed, tight)

    def named(one: str) -> list[str]:
        return [name for name in table.treatments if name.split(" / ")[0] == one]

    measures = list(dict.fromkeys(name.split(" / ")[0] for name in table.treatments))
    for kind in kinds:
        if kind == "whole":
            asked = asked.whole("block", [named(one) for one in measures])
        elif kind == "patch":
            asked = asked.patch(*named("drains"), by="zone", area_mu=int(rng.integers(60, 900)))
        elif kind == "units":
            asked = asked.patch(*named("gypsum"), by="zone", units=int(rng.integers(2, 9)))
        elif kind == "either":
            asked = asked.either_or(*((one, named(one)) for one in ("drains", "gypsum")), by="township")
        elif kind == "either-overall":
            asked = asked.either_or(*((one, named(one)) for one in ("leach", "straw", "gypsum")))
        elif kind == "patch-overall":
            asked = asked.patch(*named("straw"), area_mu=int(0.3 * 30 * table.n))
    return asked


def _rows(table: Options, seed: int, tight: float) -> Problem:
    """The rows of `problem`, where the limit on drains falls on drains with the first crop."""
    drains = next(one for one in table.treatments if one.startswith("drains"))
    renamed = tuple("drains" if one == drains else one for one in table.treatments)
    asked = problem(replace(table, treatments=renamed), seed, tight)
    rows = tuple(
        replace(row, where=tuple((k, drains if k == "treatment" else v) for k, v in row.where)) for row in asked.rows
    )
    return replace(asked, options=table, rows=rows)


def milp(asked: Problem, gap: float, seconds: float = 60.0) -> tuple[float, float] | None:
    """Value and bound by HiGHS from a model written row by row here; None where it says there is no plan."""
    table = asked.options
    highs = highspy.Highs()
    highs.silent()
    highs.setOptionValue("mip_rel_gap", gap)
    highs.setOptionValue("time_limit", seconds)
    highs.setOptionValue("mip_feasibility_tolerance", 1e-9)
    infinite = highspy.kHighsInf
    unit, size = table.unit_of(), table.size
    names = np.array(table.treatments)[table.treatment]
    count = [size]

    def column(cost: float = 0.0) -> int:
        highs.addCol(cost, 0.0, 1.0, 0, np.array([], np.int32), np.array([]))
        count[0] += 1
        return count[0] - 1

    def row(low: float, high: float, of: np.ndarray, values: np.ndarray | float) -> None:
        of = np.asarray(of, np.int32)
        highs.addRow(low, high, len(of), of, np.broadcast_to(np.asarray(values, float), of.shape).copy())

    for j in range(size):
        highs.addCol(float(table.columns["income_yuan"][j]), 0.0, 1.0, 0, np.array([], np.int32), np.array([]))
    for i in range(table.n):
        row(1.0, 1.0, np.arange(table.ptr[i], table.ptr[i + 1]), 1.0)
    for one in asked.rows:
        inside = np.ones(size, dtype=bool)
        for label, value in one.where:
            inside &= names == value if label == "treatment" else table.labels[label][unit] == value
        of = np.flatnonzero(inside & (table.columns[one.column] != 0))
        limit = float(one.limit)
        row(*((limit, infinite) if one.at_least else (-infinite, limit)), of, table.columns[one.column][of])
    for tie in asked.ties:
        for members in _groups(table, tie.by):
            within = np.isin(unit, members)
            if isinstance(tie, Whole):
                parts = [np.isin(names, same) for same in tie.alike] or [names == one for one in table.treatments]
                for part in parts:
                    y = column()
                    for i in members:
                        of = np.flatnonzero((unit == i) & part)
                        row(0.0, 0.0, np.append(of, y), np.append(np.ones(len(of)), -1.0))
                continue
            sides = [tie.treatments] if isinstance(tie, Patch) else [side for _, side in tie.sides]
            used = [column() for _ in sides]
            for z, side in zip(used, sides, strict=True):
                of = np.flatnonzero(within & np.isin(names, side))
                for i in np.unique(unit[of]):
                    own = of[unit[of] == i]
                    row(-infinite, 0.0, np.append(own, z), np.append(np.ones(len(own)), -1.0))
                if isinstance(tie, Patch):
                    amount = table.columns[tie.column][of] if tie.column else np.ones(len(of))
                    row(0.0, infinite, np.append(of, z), np.append(amount, -float(tie.least)))
            if isinstance(tie, EitherOr):
                row(-infinite, 1.0, np.array(used), 1.0)
    every = np.arange(count[0], dtype=np.int32)
    highs.changeColsIntegrality(count[0], every, np.array([highspy.HighsVarType.kInteger] * count[0]))
    highs.changeObjectiveSense(highspy.ObjSense.kMaximize)
    highs.run()
    if highs.getModelStatus() in {
        highspy.HighsModelStatus.kInfeasible, highspy.HighsModelStatus.kUnboundedOrInfeasible,
    }:  # fmt: skip
        return None
    info = highs.getInfo()
    known = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    return info.objective_function_value if known else -np.inf, info.mip_dual_bound


def _groups(table: Options, by: str) -> list[np.ndarray]:
    if not by:
        return [np.arange(table.n)]
    label = table.labels[by].astype(str)
    return [np.flatnonzero(label == one) for one in np.unique(label) if one]


def keeps(asked: Problem, found: Solution) -> str:
    """What a plan breaks, added up again in whole numbers; empty where it keeps everything."""
    table, names = asked.options, np.array(found.choice)
    for row in asked.rows:
        inside = np.ones(table.n, dtype=bool)
        for label, value in row.where:
            inside &= names == value if label == "treatment" else table.labels[label] == value
        total = int(table.columns[row.column][found.options][inside].sum())
        if total < row.limit if row.at_least else total > row.limit:
            return str(row)
    for tie in asked.ties:
        for members in _groups(table, tie.by):
            taken = set(names[members].tolist())
            if isinstance(tie, Whole):
                if len({next((same for same in tie.alike if one in same), (one,)) for one in taken}) > 1:
                    return f"{tie} {members}"
            elif isinstance(tie, EitherOr):
                if sum(bool(taken & set(side)) for _, side in tie.sides) > 1:
                    return f"{tie} {members}"
            else:
                own = members[np.isin(names[members], tie.treatments)]
                amount = int(table.columns[tie.column][found.options][own].sum()) if tie.column else len(own)
                if len(own) and amount < tie.least:
                    return f"{tie} {members} {amount}"
    return ""
