"""One solver on one problem in a process of its own: OR-tools and HiGHS cannot live in one, and peaks are told apart.

`python plan_engines.py ENGINE FOLDER --goal 0.001 --limit 300` reads what `plan.py` put into the folder and leaves
`answer.npz` there: times, peak memory, what the solver said, its choice or its prices. Loading, building its own model
and (for Tilth) the first use of compiled code are not timed; Tilth's own compilation of the problem is.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from tables import peak_mb

Run = Callable[[], dict[str, Any]]
NOT_THERE = 3


def tilth(folder: Path, how: str, goal: float, limit: float) -> Run:
    """Tilth on the table of options."""
    from tilth.plan import Options, solve

    from plan_land import land, problem

    about = json.loads((folder / "about.json").read_text())
    with np.load(folder / "table.npz") as kept:
        table = Options(
            ptr=kept["ptr"], treatment=kept["treatment"], treatments=tuple(about["treatments"]),
            columns={name: kept[name] for name in about["columns"]}, labels={"township": kept["township"]},
        )  # fmt: skip
    asked = problem(table, about["seed"])
    solve(problem(land(2_000, 0), 0), gap=goal)

    def run() -> dict[str, Any]:
        found = solve(asked, gap=goal, seconds=limit)
        return {"status": found.proof, "pick": found.options, "lam": found.lam, "bound": found.bound}

    return run


def highs(folder: Path, how: str, goal: float, limit: float) -> Run:
    """HiGHS on the rows: a relaxation by `how` to its own tolerance, or all of it to the goal ("milp")."""
    import highspy

    m = dict(np.load(folder / "rows.npz"))
    units, size = int(m["units"]), len(m["cost"])
    free = np.full(len(m["limit"]), -highspy.kHighsInf)
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = size, units + len(free)
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = m["cost"], np.zeros(size), np.ones(size)
    lp.row_lower_ = np.concatenate([np.ones(units), free])
    lp.row_upper_ = np.concatenate([np.ones(units), m["limit"]])
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = m["start"], m["index"], m["value"]
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("time_limit", limit)
    if how == "milp":
        lp.integrality_ = [highspy.HighsVarType.kInteger] * size
        solver.setOptionValue("mip_rel_gap", goal)
    else:
        solver.setOptionValue("solver", how)
        solver.setOptionValue("run_crossover", "off")  # a bound needs no vertex
    solver.passModel(lp)

    def run() -> dict[str, Any]:
        solver.run()
        found, info = solver.getSolution(), solver.getInfo()
        told: dict[str, Any] = {"status": solver.modelStatusToString(solver.getModelStatus())}
        if how == "milp":
            told["bound"] = -info.mip_dual_bound
            if info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible:
                told["pick"] = picked(np.array(found.col_value), units)
        elif found.dual_valid:
            told["lam"] = np.maximum(-np.array(found.row_dual)[units:], 0.0)
            told["relaxed"] = -info.objective_function_value
        return told

    return run


def ortools_pdlp(folder: Path, how: str, goal: float, limit: float) -> Run:
    """OR-tools' first-order method on the relaxation, to its own tolerance."""
    from ortools.pdlp import solvers_pb2
    from ortools.pdlp.python import pdlp
    from scipy.sparse import csc_matrix

    m = dict(np.load(folder / "rows.npz"))
    units, size = int(m["units"]), len(m["cost"])
    program = pdlp.QuadraticProgram()
    program.objective_vector = m["cost"]
    program.constraint_matrix = csc_matrix((m["value"], m["index"], m["start"]), (units + len(m["limit"]), size))
    program.constraint_lower_bounds = np.concatenate([np.ones(units), np.full(len(m["limit"]), -np.inf)])
    program.constraint_upper_bounds = np.concatenate([np.ones(units), m["limit"]])
    program.variable_lower_bounds, program.variable_upper_bounds = np.zeros(size), np.ones(size)
    asked = solvers_pb2.PrimalDualHybridGradientParams()
    asked.num_threads = cores()
    asked.termination_criteria.time_sec_limit = limit

    def run() -> dict[str, Any]:
        found = pdlp.primal_dual_hybrid_gradient(program, asked)
        reason = solvers_reason(found.solve_log)
        lam = np.maximum(-np.asarray(found.dual_solution)[units:], 0.0)
        return {"status": reason, "lam": lam, "relaxed": -float(m["cost"] @ np.asarray(found.primal_solution))}

    def solvers_reason(log: Any) -> str:
        from ortools.pdlp import solve_log_pb2

        return str(solve_log_pb2.TerminationReason.Name(log.termination_reason)).removeprefix("TERMINATION_REASON_")

    return run


def ortools_cpsat(folder: Path, how: str, goal: float, limit: float) -> Run:
    """CP-SAT on all of it, to the goal."""
    from ortools.sat.python import cp_model

    m = dict(np.load(folder / "rows.npz"))
    units, size = int(m["units"]), len(m["cost"])
    model = cp_model.CpModel()
    chosen = [model.new_bool_var("") for _ in range(size)]
    of = np.repeat(np.arange(size), np.diff(m["start"]))
    order = np.argsort(m["index"], kind="stable")
    at, value = of[order], m["value"][order].astype(np.int64)
    begins = np.searchsorted(m["index"][order], np.arange(units + len(m["limit"]) + 1))
    for row in range(units + len(m["limit"])):
        inside = slice(begins[row], begins[row + 1])
        terms = [chosen[j] for j in at[inside].tolist()]
        if row < units:
            model.add_exactly_one(terms)
        else:
            weights = value[inside].tolist()
            model.add(cp_model.LinearExpr.weighted_sum(terms, weights) <= int(m["limit"][row - units]))
    model.maximize(cp_model.LinearExpr.weighted_sum(chosen, (-m["cost"]).astype(np.int64).tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = limit
    solver.parameters.relative_gap_limit = goal
    solver.parameters.num_workers = cores()

    def run() -> dict[str, Any]:
        status = solver.solve(model)
        told: dict[str, Any] = {"status": solver.status_name(status), "bound": float(solver.best_objective_bound)}
        if status in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            told["pick"] = picked(np.array([solver.boolean_value(one) for one in chosen], dtype=float), units)
        return told

    return run


def picked(share: Any, units: int) -> Any:
    """(units) the option of each, all units having as many."""
    each = len(share) // units
    return np.argmax(share.reshape(units, each), axis=1) + np.arange(units) * each


def cores() -> int:
    """Processors that may be used."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


#: Each engine: how it is begun, in what way, and whose version it is.
ENGINES: dict[str, tuple[Callable[[Path, str, float, float], Run], str, str]] = {
    "tilth": (tilth, "", "tilth"),
    "highs-simplex": (highs, "simplex", "highspy"),
    "highs-ipm": (highs, "ipm", "highspy"),
    "highs-pdlp": (highs, "pdlp", "highspy"),
    "highs-milp": (highs, "milp", "highspy"),
    "ortools-pdlp": (ortools_pdlp, "", "ortools"),
    "ortools-cpsat": (ortools_cpsat, "", "ortools"),
}
#: Those that give a relaxation's bound and no plan.
RELAXATIONS = ("highs-simplex", "highs-ipm", "highs-pdlp", "ortools-pdlp")


def main() -> None:
    """Run one engine once."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=list(ENGINES))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--goal", type=float, default=1e-3)
    parser.add_argument("--limit", type=float, default=300.0)
    asked = parser.parse_args()
    begin, how, package = ENGINES[asked.engine]
    try:
        version = metadata.version(package)
        run = begin(asked.folder, how, asked.goal, asked.limit)
    except (ImportError, metadata.PackageNotFoundError):
        raise SystemExit(NOT_THERE) from None
    began, worked = time.perf_counter(), time.process_time()
    told = run()
    took, work = time.perf_counter() - began, time.process_time() - worked
    np.savez(
        asked.folder / "answer.npz",
        seconds=took,
        processor_seconds=work,
        peak_gib=peak_mb() / 1024,
        version=version,
        **told,
    )  # fmt: skip


if __name__ == "__main__":
    main()
