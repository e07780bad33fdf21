"""Which unit gets which treatment: the best use of money and water under demands, with a proven gap."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.plan.checking import check
    from tilth.plan.draws import drawn, plain, summed, with_means
    from tilth.plan.explaining import explained
    from tilth.plan.forcing import Forced, forced
    from tilth.plan.measures import STATES, UNITS, Amount, unit_of
    from tilth.plan.naming import AS_WRITTEN, Naming
    from tilth.plan.outcoming import SHARES, Outcomes, RowInDraws, outcomes
    from tilth.plan.problem import EitherOr, Lock, Over, Patch, Problem, Row, Then, Whole
    from tilth.plan.solving import Enough, Progress, Solution, Stage, solve
    from tilth.plan.staging import by_first_aim, staged
    from tilth.plan.table import Options, Stream, options, sequenced
    from tilth.plan.tallying import Used, amounts, tallied, total, worth
    from tilth.plan.telling import aim_told, row_told, told
    from tilth.plan.trading import Point, frontier
    from tilth.plan.varying import LEVELS, Case, cases_of, in_case, varied
    from tilth.plan.written import from_rows

__all__ = [
    "AS_WRITTEN",
    "LEVELS",
    "SHARES",
    "STATES",
    "UNITS",
    "Amount",
    "Case",
    "EitherOr",
    "Enough",
    "Forced",
    "Lock",
    "Naming",
    "Options",
    "Outcomes",
    "Over",
    "Patch",
    "Point",
    "Problem",
    "Progress",
    "Row",
    "RowInDraws",
    "Solution",
    "Stage",
    "Stream",
    "Then",
    "Used",
    "Whole",
    "aim_told",
    "amounts",
    "by_first_aim",
    "cases_of",
    "check",
    "drawn",
    "explained",
    "forced",
    "from_rows",
    "frontier",
    "in_case",
    "options",
    "outcomes",
    "plain",
    "row_told",
    "sequenced",
    "solve",
    "staged",
    "summed",
    "tallied",
    "told",
    "total",
    "unit_of",
    "varied",
    "with_means",
    "worth",
]

__getattr__ = on_demand(__name__)
