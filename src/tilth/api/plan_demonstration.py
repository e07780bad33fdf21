"""The plan of the demonstration: the options of the county's salty parcels, and two budgets solved over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tilth.api.plan_making import plan_new
from tilth.api.plan_solving import PlanSolved, plan_solve
from tilth.api.salting import OptionsFitted, options_in_file
from tilth.core import FloatArray, message

if TYPE_CHECKING:
    from tilth.runtime import Workspace

#: Asked of the plans: a proven distance from the best; it takes seconds, and more only where the machine has no rest.
GAP, SECONDS = 1e-2, 600.0
#: Digits of a township's code.
_TOWNSHIP = 9


@dataclass(frozen=True)
class PlansShown:
    """The plans of the demonstration, the master plan first."""

    solved: tuple[PlanSolved, ...]
    written: tuple[Path, ...]

    def as_record(self) -> dict[str, Any]:
        """For JSON."""
        names = ("name", "value", "bound", "gap")
        records = [one.as_record() for one in self.solved]
        return {"plans": [{name: record[name] for name in names} for record in records]}

    def lines(self) -> list[str]:
        """Value, bound and gap of each plan, in words."""
        from tilth.api.plan_solving import plan_figure

        return [
            message(
                "DEMO-PLANNED", name=one.plan.name, units=one.plan.options.n, value=plan_figure(one.solution.value),
                bound=plan_figure(one.solution.bound), gap=f"{100 * one.solution.gap:.2g}",
            )
            for one in self.solved
        ]  # fmt: skip


def plans_shown(
    workspace: Workspace, fitted: OptionsFitted, options: Path, units: Path, folder: Path, *, year: int
) -> PlansShown:
    """Pose and solve the county's plans; their files go to `folder`.

    Parameters
    ----------
    fitted
        What the options of file `options` came to on `units`.
    """
    import numpy as np

    from tilth.demo import PlanGains, PlanLand, write_plan

    table = fitted.fitted.table
    full = {one.id: one.growing[0].full_kg_ha for one in options_in_file(options) if one.growing}

    def cube(name: str) -> FloatArray:
        return np.asarray(table.column(name), dtype=np.float64)

    gains = PlanGains(
        table.options, cube("income_yuan_ha"), cube("irrigation_mm"), cube("ece_end_ds_m"), cube("relative_yield"), full
    )
    land = PlanLand(**_land(workspace, list(table.units), units, year))
    files = write_plan(folder, land, gains)
    solved = []
    for name, rows in files.rows.items():
        plan_new(workspace, name, files.options, rows=rows)
        solved.append(plan_solve(workspace, name, gap=GAP, seconds=SECONDS))
    return PlansShown(tuple(solved), (files.options, *files.rows.values()))


def _land(workspace: Workspace, names: list[str], units: Path, year: int) -> Mapping[str, Any]:
    """What is known of the parcels: area, class, township, salt, and if any of it is permanent basic farmland."""
    from tilth.api.layers import usable_layers
    from tilth.api.outlined import pbf_pieces_of
    from tilth.api.salting import read_salt_table
    from tilth.land import Store

    store = Store(workspace)
    survey = store.survey(year)
    parcels = survey.parcels.set_index("parcel_id").loc[names]
    tree = store.regions()
    codes = [str(one)[:_TOWNSHIP] for one in parcels["region_code"]]
    layers, _ = usable_layers(store, survey, ["pbf"])
    basic: set[str] = set()
    if "pbf" in layers:
        pieces, _ = pbf_pieces_of(workspace, layers["pbf"], survey)
        basic = set(pieces["parcel_id"])
    salt = read_salt_table(units).set_index("unit_id").loc[names]
    return {
        "units": names, "areas": parcels["area_dm2"].astype(int).tolist(),
        "classes": parcels["class_code"].astype(str).tolist(),
        "townships": [tree[one].name if one in tree else one for one in codes],
        "basic": [one in basic for one in names], "ece": salt["ece_q50_ds_m"].tolist(),
    }  # fmt: skip
