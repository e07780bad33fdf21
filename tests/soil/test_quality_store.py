"""The register of a year is what its tables say together: a later one counts where it has a value."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from tilth import api
from tilth.core import BadInput, NotFound
from tilth.soil import put_quality, quality_register, quality_rows, quality_table, quality_years

PARCELS = np.array(["A1", "A2", "A3"], dtype=object)


@pytest.fixture
def place(tmp_path):
    return api.init(tmp_path / "county", region="410882", name="示范县")


def put(place, text, *, year=2024, **more):
    lines = [line.split(",") for line in text.strip().splitlines()]
    frame = pd.DataFrame(lines[1:], columns=lines[0]).assign(source_row=range(1, len(lines)))
    rows = quality_rows(frame, year=year, file="q.csv")
    table = quality_table(rows, year=year, label="", sources=[{"name": "q.csv"}], survey="s", version="0", extra={})
    put_quality(place, table, **more)
    return table


FIRST = "BSM,pH,irrigation,confidence,source\nA1,6.1,met,sure,lab\nA2,7.1,none,sure,lab"
SECOND = "BSM,pH,irrigation,confidence,source\nA1,6.4,,likely,field\nA3,5.0,full,likely,field"


def test_a_later_table_counts_where_it_has_a_value_and_leaves_the_rest(place):
    put(place, FIRST)
    put(place, SECOND)
    found = quality_register(place, 2024, PARCELS).frame
    assert found["ph"].tolist() == [6.4, 7.1, 5.0] and found["irrigation"].tolist() == ["met", "none", "full"]
    assert found["ph.source"].tolist() == ["field", "lab", "field"]
    assert found["irrigation.source"].tolist() == ["lab", "lab", "field"], "each value keeps its own source"
    assert found["ph.confidence"].tolist() == ["likely", "sure", "likely"]


def test_the_same_table_again_is_the_newest_and_stands_there_once(place):
    put(place, FIRST)
    put(place, SECOND)
    put(place, FIRST)
    assert quality_register(place, 2024, PARCELS).frame["ph"].tolist() == [6.1, 7.1, 5.0]
    assert len(quality_years(place)[2024]) == 2


def test_a_table_that_replaces_leaves_nothing_of_the_earlier_ones_of_its_year_only(place):
    put(place, FIRST, year=2023)
    put(place, FIRST)
    put(place, SECOND, replaces=True)
    found = quality_register(place, 2024, PARCELS).frame
    assert np.isnan(found["ph"][1]) and found["irrigation"].tolist() == ["", "", "full"]
    assert quality_register(place, 2023, PARCELS).frame["ph"].tolist()[:2] == [6.1, 7.1]
    assert len(list((place.root / "quality").iterdir())) == 3, "the replaced table stays in the workspace"


def test_a_damaged_table_is_refused_and_mended_by_bringing_it_in_again(place):
    put(place, FIRST)
    (file,) = place.root.glob("quality/*/rows.parquet")
    file.write_bytes(b"x")
    with pytest.raises(BadInput) as refused:
        quality_register(place, 2024, PARCELS)
    assert refused.value.code == "SOIL-STORE-DAMAGED"
    put(place, FIRST)
    assert quality_register(place, 2024, PARCELS).frame["ph"][0] == 6.1


def test_a_damaged_description_is_refused(place):
    put(place, FIRST)
    (file,) = place.root.glob("quality/*/meta.json")
    file.write_text(json.dumps({"id": "x"}), encoding="utf-8")
    with pytest.raises(BadInput, match="SOIL-STORE-DAMAGED"):
        quality_years(place)


def test_a_year_without_a_table_is_named_with_those_that_have_one(place):
    put(place, FIRST)
    with pytest.raises(NotFound) as refused:
        quality_register(place, 2020, PARCELS)
    assert refused.value.code == "QUALITY-NO-YEAR" and "2024" in refused.value.said
