"""Land tables, flows between years, and the check of a footprint against layers and rules."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.change.adding_up import classes_differ, levels_differ
    from tilth.change.basic_farmland import designated, homes, net_once
    from tilth.change.check import check_footprint
    from tilth.change.contest import Contest, hit_id, read_contests, write_contests
    from tilth.change.flowing import Flows, flows
    from tilth.change.footprint import plots_of
    from tilth.change.graded import graded_by_layer
    from tilth.change.handed import Handed, handed_down
    from tilth.change.hectares import levelled_ha, rounded_ha, shown_ha
    from tilth.change.held import Held, grade_said, held_by_region, own_grades, together, unsurveyed
    from tilth.change.matrix import flow_matrix_from_transitions
    from tilth.change.national import Gap, National, Published, wan
    from tilth.change.outlines import Outlines, crossed, mend
    from tilth.change.partition import flag_kinds
    from tilth.change.pieces import Measured
    from tilth.change.rulepack import Outcome, Rule, RulePack, load_rules
    from tilth.change.rules import StableRule, flow_classes, stable_rule
    from tilth.change.seea import ROW_WORDS
    from tilth.change.shapes import moved, valid
    from tilth.change.standing import summed_up
    from tilth.change.status import status_tables
    from tilth.change.stocking import SMALLEST_REDRAWN, Cover, Stocked, once, stocked
    from tilth.change.tasks import Holding, designated_by_region, holdings, task_findings
    from tilth.change.trend import NOT_ASSESSED, Meeting, Outlook, Trend
    from tilth.change.verdict import Hit, PlotVerdict, RuleOutcome, Verdict, hits_frame, layer_label
    from tilth.change.years import compare_years, pbf_by_class
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "NOT_ASSESSED",
    "ROW_WORDS",
    "SMALLEST_REDRAWN",
    "Contest",
    "Cover",
    "Flows",
    "Gap",
    "Handed",
    "Held",
    "Hit",
    "Holding",
    "Measured",
    "Meeting",
    "National",
    "Outcome",
    "Outlines",
    "Outlook",
    "PlotVerdict",
    "Published",
    "Rule",
    "RuleOutcome",
    "RulePack",
    "StableRule",
    "Stocked",
    "Trend",
    "Verdict",
    "check_footprint",
    "classes_differ",
    "compare_years",
    "crossed",
    "designated",
    "designated_by_region",
    "flag_kinds",
    "flow_classes",
    "flow_matrix_from_transitions",
    "flows",
    "grade_said",
    "graded_by_layer",
    "handed_down",
    "held_by_region",
    "hit_id",
    "hits_frame",
    "holdings",
    "homes",
    "layer_label",
    "levelled_ha",
    "levels_differ",
    "load_rules",
    "mend",
    "moved",
    "net_once",
    "once",
    "own_grades",
    "pbf_by_class",
    "plots_of",
    "read_contests",
    "rounded_ha",
    "shown_ha",
    "stable_rule",
    "status_tables",
    "stocked",
    "summed_up",
    "task_findings",
    "together",
    "unsurveyed",
    "valid",
    "wan",
    "write_contests",
]
