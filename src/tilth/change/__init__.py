"""Land tables, flows between years, and the check of a footprint against layers and rules."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.change.basic_farmland import designated, homes, net_once
    from tilth.change.check import check_footprint
    from tilth.change.contest import Contest, hit_id, read_contests, write_contests
    from tilth.change.flowing import Flows, flows
    from tilth.change.hectares import rounded_ha, shown_ha
    from tilth.change.matrix import flow_matrix_from_transitions
    from tilth.change.outlines import Outlines
    from tilth.change.partition import flag_kinds
    from tilth.change.pieces import Measured
    from tilth.change.rulepack import Outcome, Rule, RulePack, load_rules
    from tilth.change.rules import StableRule, flow_classes, stable_rule
    from tilth.change.seea import ROW_WORDS
    from tilth.change.shapes import moved, valid
    from tilth.change.status import status_tables
    from tilth.change.tasks import Holding, designated_by_region, holdings, task_findings
    from tilth.change.verdict import Hit, PlotVerdict, RuleOutcome, Verdict, hits_frame, layer_label
    from tilth.change.years import compare_years, pbf_by_class
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "ROW_WORDS",
    "Contest",
    "Flows",
    "Hit",
    "Holding",
    "Measured",
    "Outcome",
    "Outlines",
    "PlotVerdict",
    "Rule",
    "RuleOutcome",
    "RulePack",
    "StableRule",
    "Verdict",
    "check_footprint",
    "compare_years",
    "designated",
    "designated_by_region",
    "flag_kinds",
    "flow_classes",
    "flow_matrix_from_transitions",
    "flows",
    "hit_id",
    "hits_frame",
    "holdings",
    "homes",
    "layer_label",
    "load_rules",
    "moved",
    "net_once",
    "pbf_by_class",
    "read_contests",
    "rounded_ha",
    "shown_ha",
    "stable_rule",
    "status_tables",
    "task_findings",
    "valid",
    "write_contests",
]
