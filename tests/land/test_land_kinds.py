"""What a layer is for, by whatever name it comes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from tilth.core import BadInput
from tilth.land import covered, kind_of, meant_kind, near_kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [("PBF", "pbf"), ("ＹＪＪＢＮＴＴＢ", "pbf"), ("生态红线", "ecology"), (" XZQ ", "township"), ("soil", "soil")],
)
def test_a_layer_is_known_by_its_code_or_its_name(word: str, kind: str) -> None:
    assert kind_of(word) == meant_kind(word) == kind


@pytest.mark.parametrize(
    ("slip", "meant"), [("pfb", "pbf"), ("ecolgy", "ecology"), ("resrv", "reserve"), ("toen", "town")]
)
def test_a_letter_or_two_off_a_known_kind_is_asked_about(slip: str, meant: str) -> None:
    with pytest.raises(BadInput, match=meant):
        meant_kind(slip)


def test_a_word_that_resembles_a_known_layer_gets_its_kind_named() -> None:
    assert near_kind("yjjbntt") == "pbf"
    assert near_kind("rainfall") is None


def test_a_shape_without_a_place_covers_nothing() -> None:
    endless = shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])
    assert [shape.is_empty for shape in covered([endless, None])] == [True, True]
