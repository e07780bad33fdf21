"""Outlines kept in a folder say what fresh ones say, to the last bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import shapely
from change_cases import CRS, SD2017, TREE, snapshot, square

from tilth.change import Outlines, compare_years
from tilth.overlay import intersection_areas

BOW_TIE = shapely.Polygon(
    [(39_500_300, 4_000_000), (39_500_400, 4_000_100), (39_500_400, 4_000_000), (39_500_300, 4_000_100)]
)
BEFORE = [square(0, 0, 100, 100), square(90, 0, 100, 100), BOW_TIE]
AFTER = [square(0, 0, 120, 100), square(120, 0, 70, 100), square(300, 0, 100, 100)]
ROWS = [{"class_code": code} for code in ("0101", "0301", "0601")]


def kept(outlines: Outlines, folder: Path) -> Outlines:
    folder.mkdir()
    outlines.keep(folder)
    return Outlines.kept(folder, CRS)


def test_kept_outlines_are_the_ones_that_were_kept(tmp_path: Path) -> None:
    survey = snapshot(2022, ROWS, BEFORE)
    fresh = Outlines.of(survey.parcels.geometry, CRS)
    back = kept(fresh, tmp_path / "one")
    for name in ("area_m2", "vertices", "mended"):
        assert np.array_equal(getattr(fresh, name), getattr(back, name)), name
    for name in ("left", "right", "area_m2"):
        assert np.array_equal(getattr(fresh.overlaps, name), getattr(back.overlaps, name)), name
    assert len(fresh.overlaps) == 1 and fresh.mended[:, 0].tolist() == [2]
    one, two = (intersection_areas(each.layer, AFTER, CRS) for each in (fresh, back))
    assert np.array_equal(one.area_m2, two.area_m2) and len(one) > 0
    assert shapely.equals(back.shapes(survey.parcels.geometry), fresh.shapes(survey.parcels.geometry)).all()


def test_flows_from_kept_outlines_are_the_same(tmp_path: Path) -> None:
    before, after = snapshot(2022, ROWS, BEFORE), snapshot(2023, ROWS, AFTER)
    fresh = compare_years(before, after, SD2017, TREE)
    outlines = [Outlines.of(one.parcels.geometry, CRS) for one in (before, after)]
    again = compare_years(
        before, after, SD2017, TREE, outlines=(kept(outlines[0], tmp_path / "a"), kept(outlines[1], tmp_path / "b"))
    )
    assert fresh.booked.equals(again.booked) and fresh.findings == again.findings
    assert {"CHANGE-MENDED", "CHANGE-OVERLAPS"} <= {finding.code for finding in fresh.findings}
