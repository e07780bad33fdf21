"""What was done of a plan, as a table tells it: two columns of one quantity, and numbers that nothing can have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tilth.intake import FollowedTable, followed_table

OF = {"cost_yuan": "works", "cost_wan_yuan": "works", "grain_kg": "grain_kg"}


def read(folder: Path, text: str) -> FollowedTable:
    (folder / "done.csv").write_text(text)
    return followed_table(
        folder / "done.csv", ["p1", "p2", "p3"], measure=lambda one: one, known=OF.get, most=lambda _: None
    )


def test_a_row_may_fill_one_of_two_columns_of_a_quantity(tmp_path: Path) -> None:
    found = read(tmp_path, "parcel_id,year,cost_yuan,cost_wan_yuan\np1,2026,5,\np2,2026,,7\np3,2026,5,7\n")
    assert found.unit.tolist() == [0, 1]
    assert np.nan_to_num(found.columns["cost_yuan"]).tolist() == [5, 0]
    assert np.nan_to_num(found.columns["cost_wan_yuan"]).tolist() == [0, 7]
    assert [(one.source_row, one.code) for one in found.rejected] == [(3, "FOLLOW-ROW-BOTH")]


@pytest.mark.parametrize("number", ["1e300", "1e17", "inf", "-1e300"])
def test_a_number_that_no_parcel_can_have_is_set_aside(tmp_path: Path, number: str) -> None:
    found = read(tmp_path, f"parcel_id,year,cost_yuan\np1,2026,5\np2,2026,{number}\n")
    assert found.unit.tolist() == [0] and [one.code for one in found.rejected] == ["FOLLOW-ROW-NUMBER"]
