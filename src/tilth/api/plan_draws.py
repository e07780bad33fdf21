"""A plan over the draws of what is uncertain, as records and as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tilth.core import label

if TYPE_CHECKING:
    from tilth.plan import Naming, Outcomes, Over
    from tilth.report import Listing

_WORST = 0.1


def over_record(over: Over | None) -> dict[str, Any] | None:
    """How draws are taken together, for JSON."""
    return None if over is None else {"how": over.how, "share": over.share}


def in_draws(found: Outcomes | None) -> dict[str, Any] | None:
    """The spread of the value, and how often each demand on something uncertain holds, for JSON."""
    from tilth.plan import row_told

    if found is None:
        return None
    value = None
    if found.values is not None:
        value = {
            "mean": found.mean, "worst_tenth": found.worst(_WORST), "least": float(found.values.min()),
            "most": float(found.values.max()), "quantiles": {f"{at:g}": one for at, one in found.quantiles.items()},
            "draws": found.values.tolist(),
        }  # fmt: skip
    return {
        "count": len(found.labels), "labels": list(found.labels), "chances": found.chance.tolist(), "value": value,
        "rows": [
            {"said": row_told(one.row), "holds": one.holds, "worst": one.worst, "least": float(one.used.min()),
             "most": float(one.used.max())}
            for one in found.rows
        ],
    }  # fmt: skip


def draw_listings(found: Outcomes | None, naming: Naming) -> list[Listing]:
    """The spread of the value, and how often each demand holds, as tables; none where nothing is uncertain."""
    if found is None:
        return []
    return [*([] if found.values is None else [_values(found)]), *([_demands(found, naming)] if found.rows else [])]


def _values(found: Outcomes) -> Listing:
    from tilth.api.plan_solving import plan_heading
    from tilth.report import ListColumn, Listing

    assert found.values is not None
    told = [
        (label("PLAN-DRAWS-MEAN"), found.mean), (label("PLAN-DRAWS-WORST"), found.worst(_WORST)),
        (label("PLAN-DRAWS-LEAST"), float(found.values.min())),
        *((label("PLAN-DRAWS-QUANTILE", share=f"{100 * at:g}"), one) for at, one in found.quantiles.items()),
        (label("PLAN-DRAWS-MOST"), float(found.values.max())),
    ]  # fmt: skip
    columns = (ListColumn("what", plan_heading("draws")), ListColumn("value", plan_heading("value"), "number"))
    rows = tuple((str(name), round(value, 2)) for name, value in told if value is not None)
    return Listing("draws", label("PLAN-DRAWS-VALUE"), columns, rows, label("PLAN-DRAWS-NOTE", count=len(found.labels)))


def _demands(found: Outcomes, naming: Naming) -> Listing:
    from tilth.api.plan_solving import plan_heading
    from tilth.plan import row_told
    from tilth.report import ListColumn, Listing

    columns = (
        ListColumn("demand", plan_heading("demand")),
        *(
            ListColumn(one, plan_heading(f"draws_{one}"), "number")
            for one in ("holds", "worst", "least", "most")
        ),
    )  # fmt: skip
    rows = tuple(
        (row_told(one.row, naming), round(100 * one.holds, 2), one.worst, float(one.used.min()), float(one.used.max()))
        for one in found.rows
    )
    return Listing("draw_demands", label("PLAN-DRAWS-DEMANDS"), columns, rows)
