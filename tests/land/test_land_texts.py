"""A few of many texts are read as the frame has them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.land.texts import Texts


@pytest.mark.parametrize("dtype", ["str", object])
@given(texts=st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=20), data=st.data())
def test_texts_of_some_rows_are_those_of_the_column(dtype, texts, data):
    rows = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1))), dtype=np.int64)
    assert Texts.of(pd.Series(texts, dtype=dtype)).at(rows) == [texts[row] for row in rows]


def test_what_is_missing_is_blank_and_a_part_of_a_column_begins_at_its_own_beginning():
    column = pd.Series(["一", None, "three"], dtype="str")
    assert Texts.of(column).at(np.arange(3)) == ["一", "", "three"]
    assert Texts.of(column[1:]).at(np.arange(2)) == ["", "three"]
    assert Texts.of(pd.concat([column, column])).at(np.array([5, 0])) == ["three", "一"]
    assert Texts.of(column[:0]).at(np.zeros(0, np.int64)) == []
