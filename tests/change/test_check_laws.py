"""Laws of the check: the table adds up, cells are counted exactly, the order of rows does not matter."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from check_county import EAST, NORTH, REGIONS, VILLAGES, box, layer, project, survey
from hypothesis import given
from hypothesis import strategies as st

from tilth.change.check import check_footprint
from tilth.change.rulepack import load_rules
from tilth.change.verdict import Verdict
from tilth.land import Snapshot

RULES = load_rules()
SIDE = 12
KINDS = ("ecology", "pbf", "town")


def check(footprint, parcels: Snapshot, layers: dict[str, Snapshot]) -> Verdict:
    return check_footprint(footprint, parcels, layers, REGIONS, (), RULES, year=2024)


@st.composite
def rectangles(draw) -> tuple[int, int, int, int]:
    x, y = draw(st.integers(0, SIDE - 1)), draw(st.integers(0, SIDE - 1))
    return x, y, draw(st.integers(x + 1, SIDE)), draw(st.integers(y + 1, SIDE))


def cells(rectangle: tuple[int, int, int, int]) -> np.ndarray:
    grid = np.zeros((SIDE, SIDE), dtype=bool)
    x0, y0, x1, y1 = rectangle
    grid[x0:x1, y0:y1] = True
    return grid


@given(
    plots=st.lists(rectangles(), min_size=1, max_size=3),
    features=st.lists(st.tuples(st.sampled_from(KINDS), rectangles()), max_size=6),
    cut=st.tuples(st.integers(1, SIDE - 1), st.integers(1, SIDE - 1)),
)
def test_every_cell_of_the_table_is_what_counting_cells_gives(plots, features, cut):
    """Three parcels (the fourth quarter is on none), any rectangles as layers: brute force over one-metre cells."""
    i, j = cut
    quarters = {"a": (0, 0, i, j), "b": (i, 0, SIDE, j), "c": (0, j, i, SIDE)}
    parcels = survey([{"parcel_id": name, "shape": box(*quarter)} for name, quarter in quarters.items()])
    chosen = {kind: [shape for of, shape in features if of == kind] for kind in KINDS}
    layers = {kind: layer(kind, [box(*shape) for shape in shapes]) for kind, shapes in chosen.items() if shapes}
    verdict = check(project(*(box(*plot) for plot in plots)), parcels, layers)
    mask = {k: np.any([cells(shape) for shape in chosen[k]], axis=0) if chosen[k] else None for k in KINDS}
    owner = np.full((SIDE, SIDE), "", dtype=object)
    for name, quarter in quarters.items():
        owner[cells(quarter)] = name
    counted: dict[tuple, int] = {}
    for number, plot in enumerate(plots, 1):
        for x, y in np.argwhere(cells(plot)):
            flags = tuple(None if mask[k] is None else bool(mask[k][x, y]) for k in KINDS)
            key = (str(number), owner[x, y], *flags)
            counted[key] = counted.get(key, 0) + 100
    found: dict[tuple, int] = {}
    for row in verdict.pieces.to_dict("records"):
        flags = tuple(None if mask[k] is None else bool(row[k]) for k in KINDS)
        key = (row["plot_id"], row["parcel_id"], *flags)
        found[key] = found.get(key, 0) + row["area_dm2"]
    assert found == counted
    assert not [finding for finding in verdict.findings if finding.code == "CHECK-AREA"]


angles = st.floats(0, 2 * np.pi, allow_nan=False)


@st.composite
def polygons(draw) -> shapely.Polygon:
    """A star-shaped polygon of 3 to 12 corners somewhere in a hundred metres."""
    turn = sorted(draw(st.lists(angles, min_size=3, max_size=12, unique=True)))
    reach = [draw(st.floats(3, 60)) for _ in turn]
    x, y = draw(st.floats(20, 80)), draw(st.floats(20, 80))
    corners = [(EAST + x + r * np.cos(t), NORTH + y + r * np.sin(t)) for t, r in zip(turn, reach, strict=True)]
    return shapely.make_valid(shapely.Polygon(corners))


@pytest.fixture(scope="module")
def parcels() -> Snapshot:
    rows = [
        {
            "parcel_id": f"{x}-{y}",
            "shape": box(x, y, x + 20, y + 25),
            "ridge_coef": 0.0412,
            "region_code": VILLAGES[x // 40 % 2],
        }
        for x in range(0, 100, 20)
        for y in range(0, 100, 25)
    ]
    return survey(rows)


@given(plots=st.lists(polygons(), min_size=1, max_size=2), shapes=st.lists(polygons(), min_size=1, max_size=4))
def test_the_table_adds_up_to_each_plot_and_rows_may_come_in_any_order(parcels, plots, shapes):
    usable = [plot for plot in plots if plot.geom_type == "Polygon" and plot.area > 1]
    shapes = [shape for shape in shapes if shape.geom_type in ("Polygon", "MultiPolygon") and shape.area > 1]
    if not usable or not shapes:
        return
    ids = [f"f{n}" for n in range(len(shapes))]
    forward = {"pbf": layer("pbf", shapes, ids), "ecology": layer("ecology", shapes[:1], ["e"])}
    backward = {"ecology": forward["ecology"], "pbf": layer("pbf", shapes[::-1], ids[::-1])}
    first = check(project(*usable), parcels, forward)
    second = check(project(*usable), parcels, backward)
    by_plot = first.cross().groupby("plot_id")["area_dm2"].sum()
    assert by_plot.to_dict() == {plot.id: plot.area_dm2 for plot in first.plots}
    assert first.cross(by_plot=False)["area_dm2"].sum() == first.area_dm2
    assert (first.pieces["net_dm2"] + first.pieces["deduct_dm2"]).sum() == first.area_dm2
    assert first.cross().equals(second.cross())
    assert [(h.id, h.area_dm2, h.parcel_ids) for h in first.hits] == [
        (h.id, h.area_dm2, h.parcel_ids) for h in second.hits
    ]
    assert not [finding for finding in first.findings if finding.code == "CHECK-AREA"]


def test_hits_of_features_that_do_not_overlap_add_up_to_the_rule(parcels):
    strips = [box(3.33 * n, 0, 3.33 * n + 1.117, 100) for n in range(20)]
    shape = shapely.Polygon([(EAST + 1, NORTH + 2), (EAST + 61.7, NORTH + 9.1), (EAST + 44.4, NORTH + 71.3)])
    verdict = check(project(shape), parcels, {"pbf": layer("pbf", strips)})
    outcome = next(o for o in verdict.outcomes if o.rule == "cn-pbf-occupied")
    assert sum(hit.area_dm2 for hit in verdict.hits if hit.layer == "pbf") == outcome.area_dm2 > 0


def test_a_check_against_five_layers_with_a_huge_red_line_adds_up(full):
    """2,500 parcels (10,000 in full), five layers, a red line of 50,000 vertices."""
    side = 100 if full else 50
    rows = [
        {"parcel_id": f"{x:03}{y:03}", "shape": box(x * 30, y * 30, x * 30 + 30, y * 30 + 30)}
        for x in range(side)
        for y in range(side)
    ]
    turn = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    reach = 500 + 3 * np.sin(400 * turn)
    red_line = shapely.Polygon(np.column_stack([EAST + 700 + reach * np.cos(turn), NORTH + 700 + reach * np.sin(turn)]))
    tiles = [box(x * 100 + 3, y * 100 + 3, x * 100 + 95, y * 100 + 95) for x in range(15) for y in range(15)]
    layers = {"ecology": layer("ecology", [red_line]), "pbf": layer("pbf", tiles)}
    layers |= {kind: layer(kind, [box(0, 0, 650, 650)]) for kind in ("town", "reserve", "project")}
    parcels = survey(rows)
    footprint = project(box(400, 300, 1000, 360.5))
    verdict = check(footprint, parcels, layers)
    assert verdict.cross()["area_dm2"].sum() == verdict.area_dm2 and not verdict.findings
