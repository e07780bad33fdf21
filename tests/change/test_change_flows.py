"""Flows between two years: every margin closes, in m² to the last 0.01, for every region."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from change_cases import SD2017, TREE, VILLAGES, column, parcels, pieces, year_pairs
from hypothesis import given, settings

from tilth.change import Flows, Measured, flow_matrix_from_transitions, flows, stable_rule, status_tables
from tilth.change.hectares import rounded_ha
from tilth.change.lines import SINKS, SOURCES
from tilth.core import AreaTable, BadInput, Label, speaking
from tilth.land import RegionTree, observed_code_system
from tilth.overlay import PieceTable

NAME = Label("Demo", "示范")


def flow(before: pd.DataFrame, after: pd.DataFrame, found: PieceTable) -> Flows:
    return flows(before, after, found, SD2017, TREE, years=(2022, 2023))


def cell(table: AreaTable, row: str, name: str) -> int:
    return int(table.column(name)[[one.key[0] for one in table.rows].index(row)])


def worked_county() -> Flows:
    """The worked test of the balance rules, in m²."""
    before = parcels(
        {"class_code": "0101", "m2": 200_000, "slope_grade": 1},
        {"class_code": "0102", "m2": 800_000, "slope_grade": 1},
        {"class_code": "0201", "m2": 30_000},
        {"class_code": "1204", "m2": 5_000},
    )
    after = parcels(
        {"class_code": "0101", "m2": 188_000, "slope_grade": 1},
        {"class_code": "0601", "m2": 12_000},
        {"class_code": "0102", "m2": 793_000, "slope_grade": 1},
        {"class_code": "0202", "m2": 4_000},
        {"class_code": "1101", "m2": 3_000},
        {"class_code": "0103", "m2": 30_000, "slope_grade": 1},
        {"class_code": "0103", "m2": 5_000, "slope_grade": 1},
    )
    found = pieces((0, 0, 188_000), (0, 1, 12_000), (1, 2, 793_000), (1, 3, 4_000), (1, 4, 3_000), (2, 5, 30_000),
                   (3, 6, 5_000))  # fmt: skip
    return flow(before, after, found)


def test_worked_year_gives_the_stable_net_that_caps_next_year():
    result = worked_county()
    assert result.stable_net_dm2 == 16_000_00
    table = result.farmland_in_out
    assert table is not None
    assert column(table) == {
        "OPENING": 100_000_000, "IN-02": 3_000_000, "IN-1204": 500_000, "IN-SUM": 3_500_000,
        "OUT-CONSTRUCTION": 1_200_000, "OUT-02": 400_000, "OUT-WATER": 300_000, "OUT-SUM": 1_900_000,
        "NET": 1_600_000, "CLOSING": 101_600_000,
        "STABLE-OPENING": 100_000_000, "STABLE-IN": 3_500_000, "STABLE-OUT": 1_900_000, "STABLE-NET": 1_600_000,
        "STABLE-CLOSING": 101_600_000,
    }  # fmt: skip
    assert cell(result.matrix, "0101", "CLOSING") == 188_000_00
    assert result.findings == ()


def test_worked_year_as_a_seea_account():
    result = worked_county()
    account, matrix = result.seea, result.seea_matrix
    assert account is not None and matrix is not None
    assert cell(account, "opening stock", "herbaceous_crops") == 100_000_000
    assert cell(account, "managed expansion", "herbaceous_crops") == 3_500_000
    assert cell(account, "managed regression", "herbaceous_crops") == 1_600_000
    assert cell(account, "natural regression", "herbaceous_crops") == 300_000
    assert cell(account, "natural expansion", "inland_water") == 300_000
    assert cell(account, "closing stock", "herbaceous_crops") == 101_600_000
    assert cell(matrix, "herbaceous_crops", "woody_crops") == 400_000


def test_a_field_built_over_gives_its_net_area_and_its_ridges():
    before = parcels({"class_code": "0103", "m2": 100, "ridge_coef": 0.1, "slope_grade": 3})
    after = parcels({"class_code": "0601", "m2": 100})
    result = flow(before, after, pieces((0, 0, 100)))
    assert cell(result.matrix, "0103", "0601") == 9_000
    assert cell(result.matrix, "1203", "0601") == 1_000
    assert cell(result.matrix, "total", "0601") == 10_000


def test_a_new_ridge_coefficient_moves_land_between_fields_and_ridges_and_is_no_gain():
    before = parcels({"class_code": "0103", "m2": 100, "ridge_coef": 0.1, "slope_grade": 3})
    after = parcels({"class_code": "0103", "m2": 100, "ridge_coef": 0.04, "slope_grade": 3})
    for old, new, sign in ((before, after, 1), (after, before, -1)):
        result = flow(old, new, pieces((0, 0, 100)))
        table = result.farmland_in_out
        assert table is not None
        found = column(table)
        assert found["RIDGE"] == 600 * sign and found["STABLE-OTHER"] == 600 * sign
        assert "NET" not in found and result.stable_net_dm2 == 0


def test_pieces_are_levelled_to_the_recorded_parcel_by_the_survey_rule():
    before = parcels({"class_code": "0301", "m2": 100.00})
    after = parcels(*({"class_code": code, "m2": 33.33} for code in ("0601", "0602", "0701")))
    result = flow(before, after, pieces((0, 0, 33.3333), (0, 1, 33.3333), (0, 2, 33.3333)))
    land = result.booked[result.booked["kind"] == "land"]
    assert land["gross"].tolist() == [3334, 3333, 3333]
    assert result.edges["difference"] == -1 and result.findings == ()
    assert cell(result.matrix, "DIFFERENCE", "0601") == -1


def test_recorded_areas_that_are_not_the_measured_ones_scale_the_pieces():
    before, after = parcels({"class_code": "0301", "m2": 100}), parcels({"class_code": "0601", "m2": 100})
    measured = Measured(np.array([99.96]), np.array([4]), np.zeros(1))
    result = flows(before, after, pieces((0, 0, 99.96)), SD2017, TREE, opening=measured, closing=measured)
    assert result.booked["gross"].tolist() == [10_000] and result.findings == ()


def test_extent_lost_and_gained_are_booked_and_named():
    before = parcels({"class_code": "0101", "m2": 100})
    after = parcels({"class_code": "0101", "m2": 70})
    result = flow(before, after, pieces((0, 0, 60)))
    assert result.edges == {"lost": 4000, "overlap_before": 0, "gained": 1000, "overlap_after": 0, "difference": 0}
    assert [finding.code for finding in result.findings] == ["CHANGE-EXTENT-LOST", "CHANGE-EXTENT-GAINED"]
    assert "40.00 m² of this parcel (100.00 m²)" in result.findings[0].said
    table = result.farmland_in_out
    assert table is not None and column(table)["EXTENT"] == -3000
    assert result.stable_net_dm2 == 0


def test_pieces_beyond_a_parcel_are_double_cover_not_land():
    before = parcels({"class_code": "0101", "m2": 100})
    after = parcels({"class_code": "0601", "m2": 100}, {"class_code": "0602", "m2": 20})
    result = flow(before, after, pieces((0, 0, 100), (0, 1, 20)))
    assert result.edges["overlap_after"] == 2000 and result.edges["lost"] == 0
    assert [finding.code for finding in result.findings] == ["CHANGE-COVERED-TWICE"]
    again = flow(after, before, pieces((0, 0, 100), (1, 0, 20)))
    assert again.edges["overlap_before"] == 2000


def test_a_recorded_area_that_the_pieces_do_not_give_is_a_measured_difference_with_a_finding():
    before, after = parcels({"class_code": "0301", "m2": 100}), parcels({"class_code": "0301", "m2": 130})
    measured = Measured(np.array([100.0]), np.array([4]), np.zeros(1))
    result = flows(before, after, pieces((0, 0, 100)), SD2017, TREE, opening=measured, closing=measured)
    assert result.edges["difference"] == 3000
    assert [finding.code for finding in result.findings] == ["CHANGE-MEASURED-DIFFERENCE"]
    assert "difference 30.00 m²" in result.findings[0].said


def test_a_parcel_without_ground_keeps_its_area_as_extent_lost():
    before, after = parcels({"class_code": "0301", "m2": 5}), parcels({"class_code": "0301", "m2": 5})
    nothing = Measured(np.zeros(1), np.zeros(1, np.int64), np.zeros(1))
    result = flows(before, after, pieces(), SD2017, TREE, opening=nothing, closing=nothing)
    assert result.edges["lost"] == 500 and result.edges["difference"] == 500


def test_stable_use_follows_slope_refinement_or_a_given_flag():
    frame = parcels(
        {"class_code": "0103", "m2": 1, "slope_grade": 5},
        {"class_code": "0103", "m2": 1, "refinement": "HDGD"},
        {"class_code": "0103", "m2": 1, "refinement": "YJGD"},
        {"class_code": "0301", "m2": 1},
    )
    assert stable_rule().holds(frame, SD2017).tolist() == [False, False, True, False]
    frame["WDGD"] = ["1", "", "0", "1"]
    assert stable_rule().holds(frame, SD2017).tolist() == [True, False, False, False]


def test_farmland_that_ceases_to_be_in_stable_use_lowers_the_net():
    before = parcels({"class_code": "0103", "m2": 10}, {"class_code": "0103", "m2": 5, "slope_grade": 5})
    after = parcels({"class_code": "0103", "m2": 10, "refinement": "HQGD"}, {"class_code": "0103", "m2": 5})
    assert flow(before, after, pieces((0, 0, 10), (1, 1, 5))).stable_net_dm2 == -500


def test_a_change_of_village_boundary_is_a_transfer_not_a_change_of_class():
    before = parcels({"class_code": "0101", "m2": 10, "region_code": VILLAGES[0]})
    after = parcels({"class_code": "0101", "m2": 4, "region_code": VILLAGES[0]},
                    {"class_code": "0601", "m2": 6, "region_code": VILLAGES[2]})  # fmt: skip
    result = flow(before, after, pieces((0, 0, 4), (0, 1, 6)))
    table = result.farmland_in_out
    assert table is not None
    rows = [row.key[1] for row in table.rows]
    assert column(table, rows.index(VILLAGES[0]))["BOUNDARY"] == -600
    there = column(table, rows.index(VILLAGES[2]))
    assert there["BOUNDARY"] == 600 and there["OUT-CONSTRUCTION"] == 600 and "CLOSING" not in there
    assert "BOUNDARY" not in column(table)
    left, right = result.matrix_of(VILLAGES[0]), result.matrix_of("650102002")
    assert cell(left, "0101", "TO-OTHERS") == 600 and cell(right, "FROM-OTHERS", "0601") == 600
    assert result.change_list["kind"].tolist() == ["class"]


def test_the_change_list_names_what_changed():
    before = parcels(
        {"class_code": "0101", "m2": 10, "planting": "LS"},
        {"class_code": "0101", "m2": 10},
        {"class_code": "0301", "m2": 3},
        {"class_code": "0301", "m2": 8, "region_code": VILLAGES[0]},
    )
    after = parcels(
        {"class_code": "0101", "m2": 10, "planting": "FLS"},
        {"class_code": "0101", "m2": 10},
        {"class_code": "0301", "m2": 8, "region_code": VILLAGES[1]},
    )
    result = flow(before, after, pieces((0, 0, 10), (1, 1, 10), (3, 2, 8)))
    shown = result.change_list[["seq", "kind", "old_parcel", "new_parcel", "area_dm2"]]
    assert shown.to_numpy().tolist() == [
        [1, "attribute", "p0", "p0", 1000],
        [2, "lost", "p2", "", 300],
        [3, "region", "p3", "p2", 800],
    ]
    assert result.change_list["planting_after"].tolist()[0] == "FLS"
    assert result.changes == 3


def test_what_is_shown_alike_is_no_change():
    before, after = parcels({"class_code": "0101", "m2": 10}), parcels({"class_code": "0101", "m2": 10})
    before["planting"], after["planting"] = pd.Series([""], dtype=object), pd.Series([None], dtype=object)
    result = flow(before, after, pieces((0, 0, 10)))
    assert result.changes == len(result.change_list) == 0


def test_another_code_system_has_its_matrix_and_no_chinese_tables():
    system = observed_code_system("fiboa", ["rye", "beet"])
    before, after = parcels({"class_code": "rye", "m2": 10}), parcels({"class_code": "beet", "m2": 10})
    result = flows(before, after, pieces((0, 0, 10)), system, RegionTree({}))
    assert cell(result.matrix, "rye", "beet") == 1000
    assert set(result.tables) == {"matrix", "by_region"}
    assert result.stable_net_dm2 is None


def test_an_unknown_class_is_refused():
    with pytest.raises(BadInput):
        flow(parcels({"class_code": "x", "m2": 1}), parcels({"class_code": "0101", "m2": 1}), pieces())


# ---- laws ---------------------------------------------------------------------------------------------------------


def class_sums(frame: pd.DataFrame) -> dict[str, int]:
    """An independent count: net area by level-2 class, ridges in 1203."""
    sums: dict[str, int] = {}
    for code, net, ridge in zip(frame["class_code"], frame["net_area_dm2"], frame["deduct_dm2"], strict=True):
        sums[SD2017.base(code)] = sums.get(SD2017.base(code), 0) + int(net)
        sums["1203"] = sums.get("1203", 0) + int(ridge)
    return {code: area for code, area in sums.items() if area}


@given(year_pairs())
def test_the_matrix_closes_on_both_margins_and_every_account_agrees_with_it(
    case: tuple[pd.DataFrame, pd.DataFrame, PieceTable],
):
    before, after, found = case
    result = flow(before, after, found)
    matrix = result.matrix
    classes = [row.key[0] for row in matrix.rows if row.key[0] in SD2017]
    inner = [
        one.code for one in matrix.columns if one.code not in ("OPENING", "DECREASE", "INCREASE", "NET", "CLOSING")
    ]
    position = [[one.code for one in matrix.columns].index(code) for code in inner]
    opening, closing = class_sums(before), class_sums(after)
    for index, code in enumerate(classes):
        assert matrix.dm2[index, position].sum() == opening.get(code, 0) == cell(matrix, code, "OPENING")
        assert matrix.column(code)[:-1].sum() == closing.get(code, 0) == cell(matrix, code, "CLOSING")
    assert set(opening) | set(closing) <= set(classes)
    booked = result.booked[result.booked["kind"] != "difference"]
    assert (booked["gross"] >= 0).all() and (booked["ridge_before"] >= 0).all() and (booked["ridge_after"] >= 0).all()
    assert_accounts_agree_with_the_matrix(result, before, after)
    assert_hectares_close_and_adjustments_explain_them(matrix)


@given(year_pairs())
def test_every_region_closes_and_regions_add_up(case: tuple[pd.DataFrame, pd.DataFrame, PieceTable]):
    before, after, found = case
    result = flow(before, after, found)
    for row in result.places.rows:
        inside = [code for code in result.places.codes if code.startswith(row.key[1])]
        own = result.matrix_of(row.key[1])
        if "not in" in row.key[0]:
            continue
        opening = class_sums(before[before["region_code"].isin(inside)])
        closing = class_sums(after[after["region_code"].isin(inside)])
        assert cell(own, "total", "OPENING") == sum(opening.values())
        assert cell(own, "total", "CLOSING") == sum(closing.values())
    for table in (result.by_region, result.farmland_in_out):
        assert table is not None
        for cells in (table.dm2, table.hectares):
            assert cells is not None
            villages = [index for index, one in enumerate(table.rows) if _is_bottom(table, index) and one.key[1]]
            assert np.array_equal(cells[villages].sum(axis=0), cells[0])


@settings(max_examples=15)
@given(year_pairs())
def test_opening_and_closing_hectares_are_those_of_the_land_tables(case: tuple[pd.DataFrame, pd.DataFrame, PieceTable]):
    before, after, found = case
    result = flow(before, after, found)
    top = result.places.rows[0].key[1]
    assert result.farmland_in_out is not None
    old, new = (status_tables(one, SD2017, TREE, year=2023, unit_name=NAME, top=top) for one in (before, after))
    for part, printed in (("OPENING", old["1"]), ("CLOSING", new["1"])):
        for row in printed.rows:
            for code in SD2017.headings:
                assert hectares(result.by_region, row.key, f"{code}:{part}") == hectares(printed, row.key, code)
            assert hectares(result.farmland_in_out, row.key, part) == hectares(printed, row.key, "01")
    codes = {one.code.removesuffix("HJ"): one.code for one in old["2"].columns}
    for place in old["2"].rows:
        if place.key not in [row.key for row in new["2"].rows] or "not in" in place.key[0]:
            continue
        matrix = result.matrix if place.key[1] == top else result.matrix_of(place.key[1])
        assert_hectares_close_and_adjustments_explain_them(matrix)
        for row in matrix.rows:
            if row.key[0] in SD2017:
                for part, second in (("OPENING", old["2"]), ("CLOSING", new["2"])):
                    assert hectares(matrix, row.key, part) == hectares(second, place.key, codes[row.key[0]])
    assert_groups_show_the_hectares_of_their_classes(result)


STOCKS = {"OPENING", "CLOSING", "ROUNDING", "opening stock", "closing stock", "rounding of the hectare tables"}


def test_a_flow_without_land_is_no_flow_in_hectares_and_rounding_has_a_column_of_its_own():
    """447 m² are 0.04 ha: the 0.01 ha that three times 149 m² leave over goes to the garden class with the highest
    code. Another class takes it in the second year, and only 40 m² moved."""
    before = parcels(*({"class_code": code, "m2": 149} for code in ("0101", "0102", "0201")))
    land = (("0101", 149), ("0102", 149), ("0201", 109), ("0202", 40))
    after = parcels(*({"class_code": code, "m2": m2} for code, m2 in land))
    result = flow(before, after, pieces((0, 0, 149), (1, 1, 149), (2, 2, 109), (2, 3, 40)))
    for table in result.tables.values():
        assert_rounding_stands_alone(table)
    names = ("OPENING", "DECREASE", "INCREASE", "NET", "ROUNDING", "CLOSING")
    shown = {row.key[0]: [hectares(result.matrix, row.key, name) for name in names] for row in result.matrix.rows}
    assert shown["0201"] == [2, 0, 0, 0, -1, 1] and shown["0202"] == [0, 0, 0, 0, 1, 1]
    assert shown["0101"] == [1, 0, 0, 0, 0, 1] and shown["total"] == [4, 0, 0, 0, 0, 4]


@settings(max_examples=40)
@given(year_pairs())
def test_what_levelling_leaves_over_is_never_a_change_of_land(case: tuple[pd.DataFrame, pd.DataFrame, PieceTable]):
    before, after, found = case
    result = flow(before, after, found)
    for table in result.tables.values():
        assert_rounding_stands_alone(table)
    assert_a_flow_reads_the_same_in_every_table(result)
    for matrix in (result.matrix, result.three_class, result.seea_matrix):
        assert matrix is not None and matrix.hectares is not None
        shown = {one.code: matrix.hectares[:, at] for at, one in enumerate(matrix.columns)}
        rounding = shown.get("ROUNDING", np.zeros(len(matrix.rows), dtype=np.int64))
        assert np.array_equal(shown["OPENING"] - shown["DECREASE"] + shown["INCREASE"] + rounding, shown["CLOSING"])
        assert np.array_equal(shown["NET"], shown["INCREASE"] - shown["DECREASE"])
        inner = [at for at, one in enumerate(matrix.columns) if one.code not in SUMMARY]
        own = [at for at, row in enumerate(matrix.rows) if row.key[0] in {matrix.columns[at].code for at in inner}]
        assert np.array_equal(matrix.hectares[np.ix_(own, inner)].sum(axis=1), shown["OPENING"][own])
        assert (matrix.hectares[np.ix_(own, inner)] >= 0).all()


SUMMARY = {"OPENING", "DECREASE", "INCREASE", "NET", "ROUNDING", "CLOSING"}


def assert_rounding_stands_alone(table: AreaTable) -> None:
    """Cells without land show none, but for the two stocks, their rounding, and sums of both."""
    assert table.hectares is not None
    for at, row in enumerate(table.rows):
        for place, heading in enumerate(table.columns):
            words = {heading.code.rpartition(":")[2], heading.code.removeprefix("STABLE-"), row.key[0]}
            if words & STOCKS:
                continue
            if table.dm2[at, place] == 0 and not _is_a_sum(table, at, place):
                assert table.hectares[at, place] == 0, (table.id, row.key, heading.code)


def _is_a_sum(table: AreaTable, row: int, column: int) -> bool:
    """Net columns are a gain less a loss, which may be equal in m² and not in hectares; so are transfers."""
    codes = {"NET", "STABLE-NET", "STABLE-OTHER", "BOUNDARY", "DIFFERENCE", "RIDGE", "EXTENT", "OVERLAP", "MEASURED"}
    own = table.columns[column].code
    return own.rpartition(":")[2] in codes or table.rows[row].key[0] in ("DIFFERENCE", "total")


def assert_a_flow_reads_the_same_in_every_table(result: Flows) -> None:
    farmland, seea, seea_matrix = result.farmland_in_out, result.seea, result.seea_matrix
    assert farmland is not None and seea is not None and seea_matrix is not None and result.matrix.hectares is not None
    rows, columns = [row.key[0] for row in result.matrix.rows], [one.code for one in result.matrix.columns]
    moved = {
        (source, sink): int(result.matrix.hectares[at, place])
        for at, source in enumerate(rows)
        for place, sink in enumerate(columns)
        if source in SD2017 and sink in SD2017 and source != sink
    }
    top = farmland.rows[0].key

    def farm(code: str) -> bool:
        return SD2017.is_farmland(code)

    assert hectares(farmland, top, "IN-SUM") + hectares(farmland, top, "RIDGE") == sum(
        ha for (old, new), ha in moved.items() if farm(new) and not farm(old)
    ) - sum(ha for (old, new), ha in moved.items() if farm(old) and new == "1203")  # fmt: skip
    assert hectares(farmland, top, "OUT-SUM") == sum(
        ha for (old, new), ha in moved.items() if farm(old) and not farm(new) and new != "1203"
    )
    for code in SD2017.headings:
        gone = sum(ha for (a, b), ha in moved.items() if SD2017.heading(a) == code != SD2017.heading(b))
        come = sum(ha for (a, b), ha in moved.items() if SD2017.heading(b) == code != SD2017.heading(a))
        top_row = result.by_region.rows[0].key
        assert hectares(result.by_region, top_row, f"{code}:DECREASE") == gone
        assert hectares(result.by_region, top_row, f"{code}:INCREASE") == come
    names = {row.key[0]: row.key for row in seea.rows}
    for row in seea_matrix.rows:
        if row.key[0] in [one.code for one in seea.columns][1:]:
            ups = sum(hectares(seea, names[f"{how} expansion"], row.key[0]) for how in ("managed", "natural"))
            downs = sum(hectares(seea, names[f"{how} regression"], row.key[0]) for how in ("managed", "natural"))
            lost = sum(hectares(seea_matrix, row.key, one.code) for one in seea_matrix.columns if one.code in SINKS)
            won = sum(
                hectares(seea_matrix, other.key, row.key[0]) for other in seea_matrix.rows if other.key[0] in SOURCES
            )
            assert hectares(seea_matrix, row.key, "DECREASE") - lost == downs
            assert hectares(seea_matrix, row.key, "INCREASE") - won == ups


def assert_groups_show_the_hectares_of_their_classes(result: Flows) -> None:
    assert result.three_class is not None and result.seea is not None and result.seea_matrix is not None
    seea = {row.key[0]: row.key for row in result.seea.rows}
    classes = [row.key for row in result.matrix.rows if row.key[0] in SD2017]
    for part, stock in (("OPENING", "opening stock"), ("CLOSING", "closing stock")):
        whole = sum(hectares(result.matrix, key, part) for key in classes)
        for row in result.three_class.rows[:-1]:
            inside = [key for key in classes if SD2017.three_class(key[0]) == row.key[0]]
            expected = sum(hectares(result.matrix, key, part) for key in inside)
            if "K" not in str(inside) and row.key[0] != "DIFFERENCE":
                assert hectares(result.three_class, row.key, part) >= 0
            assert expected >= 0
        for row in result.seea_matrix.rows:
            if row.key[0] in [column.code for column in result.seea.columns][1:]:
                assert hectares(result.seea, seea[stock], row.key[0]) == hectares(result.seea_matrix, row.key, part)
        assert hectares(result.seea, seea[stock], "total") == whole


def hectares(table: AreaTable, key: tuple[str, ...], name: str) -> int:
    assert table.hectares is not None
    rows, columns = [row.key for row in table.rows], [one.code for one in table.columns]
    return int(table.hectares[rows.index(key), columns.index(name)])


def _is_bottom(table: AreaTable, index: int) -> bool:
    return index + 1 == len(table.rows) or table.rows[index + 1].depth <= table.rows[index].depth


def assert_accounts_agree_with_the_matrix(result: Flows, before: pd.DataFrame, after: pd.DataFrame) -> None:
    assert result.three_class is not None and result.seea is not None and result.seea_matrix is not None
    table = result.farmland_in_out
    assert table is not None
    for name, row, frame in (("OPENING", "opening stock", before), ("CLOSING", "closing stock", after)):
        total = cell(result.matrix, "total", name)
        assert cell(result.three_class, "total", name) == total == cell(result.seea_matrix, "total", name)
        assert cell(result.seea, row, "total") == total
        stable = stable_rule().holds(frame, SD2017)
        assert table.column(f"STABLE-{name}")[0] == frame["net_area_dm2"].to_numpy()[stable].sum()


def assert_hectares_close_and_adjustments_explain_them(table: AreaTable) -> None:
    assert table.hectares is not None
    assert np.array_equal(table.hectares[:-1].sum(axis=0), table.hectares[-1])
    explained = rounded_ha(table.dm2)
    rows, columns = [row.key for row in table.rows], [one.code for one in table.columns]
    for moved in table.adjustments:
        explained[rows.index(moved.row), columns.index(moved.column)] += moved.units
    assert np.array_equal(explained, table.hectares)


def test_half_a_unit_is_rounded_alike_whichever_piece_comes_first():
    """16.20 m² of pieces in 11.34 m²: the piece of 12.35 m² is cut to 8.645, and the last bit of the sum decides."""
    before = parcels(*({"class_code": "0101", "m2": size} for size in (1.97, 12.36, 1.88, 0.02)))
    after = parcels({"class_code": "0101", "m2": 0.03}, {"class_code": "0101", "m2": 11.34})
    rows = ((0, 1, 1.97), (1, 0, 0.01), (1, 1, 12.35), (2, 0, 0.01), (2, 1, 1.87), (3, 0, 0.01), (3, 1, 0.01))
    told = set()
    for turned in (rows, rows[::-1]):
        for first in range(len(rows)):
            one = flow(before, after, pieces(*turned[first:], *turned[:first])).booked
            told.add(tuple(sorted(zip(one["kind"], one["left"], one["right"], one["gross"], strict=True))))
    assert len(told) == 1


@given(year_pairs())
def test_the_order_of_parcels_and_pieces_changes_nothing(case: tuple[pd.DataFrame, pd.DataFrame, PieceTable]):
    before, after, found = case
    turned = PieceTable(
        (len(before) - 1 - found.left)[::-1], (len(after) - 1 - found.right)[::-1], found.area_m2[::-1].copy()
    )
    one = flow(before, after, found)
    other = flow(before.iloc[::-1].reset_index(drop=True), after.iloc[::-1].reset_index(drop=True), turned)
    assert np.array_equal(one.matrix.dm2, other.matrix.dm2)
    pd.testing.assert_frame_equal(one.change_list, other.change_list)
    assert one.changes == len(one.change_list)


# ---- published transitions ----------------------------------------------------------------------------------------


def test_a_transition_table_becomes_a_closed_matrix():
    frame = pd.DataFrame({"from": ["0101", "0101", "0201"], "to": ["0101", "0601", "0201"], "area": [7, 3, 5]})
    table = flow_matrix_from_transitions(frame, SD2017)
    assert [row.key[0] for row in table.rows] == ["0101", "0201", "0601", "total"]
    assert table.row("0101", "Paddy field").tolist() == [10, 7, 0, 3, 3, 0, -3, 7]
    assert table.row("total", "total").tolist() == [15, 7, 5, 3, 3, 3, 0, 15]


def test_a_table_speaks_the_language_it_is_read_in_whatever_language_it_was_made_in():
    frame = pd.DataFrame({"from": ["0101"], "to": ["0201"], "area": [7]})
    with speaking("en"):
        table = flow_matrix_from_transitions(frame, SD2017)
        english = [row.key for row in table.rows]
    with speaking("zh"):
        assert [row.key for row in table.rows] == [("0101", "水田"), ("0201", "果园"), ("total", "合计")]
        assert table.row("total", "合计").tolist() == table.dm2[-1].tolist()
    assert english == [("0101", "Paddy field"), ("0201", "Orchard"), ("total", "total")]


@pytest.mark.parametrize("wrong", [-1, 0.5, "a", None])
def test_areas_that_are_no_whole_numbers_are_refused_with_their_row(wrong: object):
    frame = pd.DataFrame({"from": ["a", "b"], "to": ["a", "b"], "area": [1, wrong]})
    with pytest.raises(BadInput, match="row 2"):
        flow_matrix_from_transitions(frame)
