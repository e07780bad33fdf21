"""What a repair did, as a person reads it."""

from __future__ import annotations

import pandas as pd

from tilth.core import speaking
from tilth.report import listing_csv, repair_listing

NAMES = ["parcel_id", "source_row", "what", "before", "after", "moved_dm2", "geometry_moved"]
CHANGES = pd.DataFrame(
    [
        ["P1", 1, "rings", "187.27 m²", "187.27 m²", 0, True],
        ["P2", 2, "overlap P1", "20.00 m²", "18.00 m²", 200, True],
        ["P3", 3, "stated_deduct_dm2", "203324", "202324", 0, False],
        ["P4", 4, "class_name", "水田", "水浇地", 0, False],
        ["P5", 5, "something new", "a", "b", 0, False],
    ],
    columns=NAMES,
)


def test_a_repair_is_told_in_words_and_square_metres() -> None:
    with speaking("en"):
        assert [row[2:] for row in repair_listing(CHANGES).rows] == [
            ("outline tidied; its area stays", "187.27 m²", "187.27 m²", 0),
            ("cut where it overlaps P1", "20.00 m²", "18.00 m²", 200),
            ("stated ridge deduction (KCMJ) recomputed", "2,033.24 m²", "2,023.24 m²", 0),
            ("class name (DLMC) written from DLBM", "水田", "水浇地", 0),
            ("something new", "a", "b", 0),
        ]
    with speaking("zh"):
        assert repair_listing(CHANGES).rows[0][2] == "清理界线，面积不变"


def test_the_file_of_a_repair_has_areas_in_square_metres() -> None:
    head, *rows = listing_csv(repair_listing(CHANGES)).decode("utf-8-sig").splitlines()
    assert head == "parcel,source_row,done,before,after,moved_m2" and rows[1].endswith("18.00 m²,2.00")
