"""Tables and options of the salt chain with letters where numbers belong: one sentence that names the cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tilth.core import BadInput, Label
from tilth.soil import Option, forcing_from_table, units_from_table
from tilth.soil.salt_chain.forcing import DECADES, step_of

LAND = {
    "unit_id": ["P1", "P2"], "ece_ds_m": [3.0, 4.0], "groundwater_depth_m": [1.5, 2.0],
    "groundwater_ec_ds_m": [5.0, 5.0], "texture": ["loam", "loam"],
}  # fmt: skip
WEATHER = {"year": [2001] * 12, "month": range(1, 13), "rain_mm": [10.0] * 12, "et0_mm": [50.0] * 12}


@pytest.mark.parametrize("column", ["ece_ds_m", "groundwater_depth_m", "groundwater_ec_ds_m"])
def test_letters_in_a_column_of_units_are_named_with_their_unit(column: str) -> None:
    with pytest.raises(BadInput) as caught:
        units_from_table(pd.DataFrame({**LAND, column: ["3", "abc"]}))
    assert caught.value.code == "SALT-NOT-A-NUMBER"
    assert column in caught.value.said and "P2" in caught.value.said and "'abc'" in caught.value.said


@pytest.mark.parametrize("column", ["year", "month", "rain_mm"])
def test_letters_in_a_column_of_weather_are_named_with_their_row(column: str) -> None:
    frame = pd.DataFrame(WEATHER).astype({column: object})
    frame.loc[4, column] = "20x5"
    with pytest.raises(BadInput) as caught:
        forcing_from_table(frame)
    assert caught.value.code == "SALT-NOT-A-NUMBER"
    assert f"{column}, row 5: '20x5'" in caught.value.said


@pytest.mark.parametrize("name", ["irrigation_ec", "drain_spacing_m", "capex_yuan_ha"])
def test_letters_in_an_option_are_named(name: str) -> None:
    with pytest.raises(BadInput) as caught:
        Option("o", Label("o", "o"), **{name: "abc"})
    assert caught.value.code == "SALT-NOT-A-NUMBER" and name in caught.value.said


def test_water_on_no_day_and_a_word_for_a_list_are_told() -> None:
    for day in ("5月", "13-01", "05", "05-40"):
        with pytest.raises(BadInput) as caught:
            step_of(day, np.asarray(DECADES, dtype=float))
        assert caught.value.code == "SALT-OPTION-DAY"
    with pytest.raises(BadInput) as caught:
        Option("o", Label("o", "o"), treatments="PIPE_DRAIN")  # type: ignore[arg-type]
    assert caught.value.code == "SALT-OPTION-LIST"
    with pytest.raises(BadInput):
        Option("o", Label("o", "o"), irrigation={"05-05": "x"})  # type: ignore[dict-item]
