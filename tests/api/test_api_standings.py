"""Where regions and groups stand, in a real workspace: holdings, tasks, land book, trend, whatever the province."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.cli.run import run
from tilth.core import BadInput, NotFound
from tilth.land import Region, Store
from tilth.runtime import Workspace

DELTA = Path(__file__).parents[2] / "docs" / "how-to" / "yangtze-delta.csv"
SHANGHAI, JIANGSU, ZHEJIANG, ANHUI = "31", "32", "33", "34"
VILLAGES = {"310115100201": 3, "310120100201": 2, "320102100201": 2, "330106100201": 1}
SIDE = 100


def survey(path: Path, farmland: dict[str, int], *, grade: int | None = 5) -> Path:
    """Ten parcels of one hectare in each village, the first so many of them farmland."""
    rows, shapes = [], []
    for at, (village, fields) in enumerate(farmland.items()):
        for number in range(10):
            x, y = 38_400_000 + SIDE * number, 3_500_000 + SIDE * at
            shapes.append(shapely.box(x, y, x + SIDE, y + SIDE))
            code, own = ("0103", grade) if number < fields else ("0301", None)
            rows.append((f"{at:010d}{number:08d}", code, f"{village}0000000", village, own, "1"))
    names = ("BSM", "DLBM", "ZLDWDM", "ZLDWMC", "GDZLDJ", "GDPDJB")
    frame = {name: [row[at] for row in rows] for at, name in enumerate(names)}
    gpd.GeoDataFrame(frame, geometry=shapes, crs=4526).to_file(path)
    return path


def tasks(path: Path, year: int, *rows: tuple[str, str]) -> Path:
    path.write_text("region,year,holding_ha\n" + "".join(f"{code},{year},{area}\n" for code, area in rows), "utf-8")
    return path


@pytest.fixture
def place(tmp_path: Path) -> Workspace:
    """Three provinces of the delta surveyed twice, with counties, tasks of 2023 and the group."""
    workspace = api.init(tmp_path / "w", region=SHANGHAI, name="上海市")
    api.import_regions(workspace, DELTA)
    counties = [Region(code[:6], code[:6], "county", code[:2]) for code in VILLAGES]
    towns = [Region(code[:9], code[:9], "township", code[:6]) for code in VILLAGES]
    Store(workspace).put_regions([*counties, *towns, *(Region(v, v, "village", v[:9]) for v in VILLAGES)])
    api.import_survey(workspace, survey(tmp_path / "a.gpkg", {code: n + 1 for code, n in VILLAGES.items()}), year=2023)
    api.import_survey(workspace, survey(tmp_path / "b.gpkg", VILLAGES), year=2024)
    wanted = ((SHANGHAI, "4.0"), (JIANGSU, "1.0"), (ZHEJIANG, "1.5"), (ANHUI, "9.0"), ("310115", "2.9"))
    api.import_tasks(workspace, tasks(tmp_path / "t.csv", 2023, *wanted))
    return workspace


def post(workspace: Workspace, tmp_path: Path, *entries: dict[str, Any]) -> api.Booked:
    file = tmp_path / "entries.json"
    base = {"evidence": "e", "author": "Li", "posting_date": "2025-02-01", "act_date": "2025-01-15"}
    file.write_text(json.dumps([base | one for one in entries]), encoding="utf-8")
    return api.ledger_post(workspace, file)


def accepted(id: str, region: str, area: str) -> dict[str, Any]:
    line = {"region": region, "account": "POOL:RESTORED", "area_m2": area, "grade": 5}
    return {"id": id, "kind": "OPENING", "lines": [line]}  # stock from before the book began


def capped(id: str, region: str, area: str) -> dict[str, Any]:
    return {"id": id, "kind": "CAP", "lines": [{"region": region, "account": "CAP:2025", "area_m2": area}]}


def sold(seller: str, buyer: str, **more: Any) -> dict[str, Any]:
    """A transfer of 10 m² from the pool of one region to that of another."""
    sides = ((seller, "-10.00"), (buyer, "10.00"))
    lines = [{"region": one, "account": "POOL:RESTORED", "area_m2": area, "grade": 5} for one, area in sides]
    return {"id": f"sold-{seller}", "kind": "TRANSFER", "lines": lines} | more


def test_what_is_left_of_a_cap_is_what_the_gate_leaves_also_of_occupations_without_a_line_on_it(
    place: Workspace, tmp_path: Path
) -> None:
    county = "310115"

    def lines(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
        return [{"region": county, "account": account, "area_m2": area} for account, area in pairs]

    def built(id: str, area: str) -> dict[str, Any]:
        what = lines(("LAND:0103", f"-{area}"), ("LAND:1003", area), ("CLAIM:NONAG", area))
        return {"id": id, "kind": "NONAG", "lines": what}

    stock = lines(("OPENING", "-900.00"), ("LAND:0103", "900.00"))
    post(place, tmp_path, {"id": "o", "kind": "OPENING", "lines": stock}, capped("c", county, "100.00"))
    post(place, tmp_path, built("n", "60.00"))
    book = api.standing(place).detail(county).book
    assert book is not None and book.cap_dm2(2025) == 4_000
    with pytest.raises(BadInput) as caught:
        post(place, tmp_path, built("m", "40.01"))
    assert caught.value.code == "POLICY-CAP"
    post(place, tmp_path, built("m", "40.00"))
    book = api.standing(place).detail(county).book
    assert book is not None and book.cap_dm2(2025) == 0


# --- groups ------------------------------------------------------------------------------------------------------


def test_the_delta_is_a_group_of_four_provinces_and_its_sum_is_exact(place: Workspace) -> None:
    found = api.standing(place, year=2024, group="yangtze-delta")
    assert [row.region for row in found.rows] == [SHANGHAI, JIANGSU, ZHEJIANG, ANHUI]
    assert found.group is not None
    total = found.group.total
    known = [row.farmland_dm2 for row in found.rows if row.farmland_dm2 is not None]
    assert len(known) == 3 and total.farmland_dm2 == sum(known)
    assert total.farmland_task_dm2 == sum(row.farmland_task_dm2 or 0 for row in found.rows) == 15_500_000


def test_a_member_without_data_is_named_and_leaves_the_headroom_of_the_group_open(place: Workspace) -> None:
    found = api.standing(place, year=2024, group="yangtze-delta")
    assert found.group is not None
    assert found.group.missing["farmland_dm2"] == (ANHUI,) and found.group.total.headroom_dm2 is None
    lacking = next(one for one in found.rows if one.region == ANHUI)
    assert (lacking.farmland_dm2, lacking.farmland_task_dm2, lacking.headroom_dm2) == (None, 9_000_000, None)
    named = {one.where.parcel: one.said for one in found.findings if one.code == "STANDING-GROUP-LACKS"}
    assert "farmland" in named[ANHUI] and set(named) == {SHANGHAI, JIANGSU, ZHEJIANG, ANHUI}, "no PBF layer anywhere"
    assert "TASK-HOLDING" not in [one.code for one in found.findings if one.where.parcel == ANHUI]
    Store(place).put_group("three", [SHANGHAI, JIANGSU, ZHEJIANG])
    three = api.standing(place, year=2024, group="three")
    assert three.group is not None and three.group.total.farmland_dm2 is not None
    assert three.group.total.headroom_dm2 == three.group.total.farmland_dm2 - 6_500_000
    trends = [three.detail(code).farmland for code in (SHANGHAI, JIANGSU, ZHEJIANG)]
    together = three.group.detail.farmland
    assert together is not None and found.group.detail.farmland is None, "no trend of a sum that lacks a member"
    assert together.by_year[2023] == sum(one.by_year[2023] for one in trends if one is not None)
    assert together.by_year[2024] == three.group.total.farmland_dm2


def test_pools_claims_and_caps_of_members_are_summed(place: Workspace, tmp_path: Path) -> None:
    post(
        place, tmp_path,
        accepted("a", "310115", "30.00"), accepted("b", SHANGHAI, "5.00"), accepted("c", ZHEJIANG, "7.00"),
        capped("d", SHANGHAI, "100.00"), capped("e", "310115", "60.00"), capped("f", "330106", "8.00"),
    )  # fmt: skip
    found = api.standing(place, group="yangtze-delta")
    assert found.group is not None and found.group.detail.book is not None
    assert found.group.detail.book.pool_dm2 == 3000 + 500 + 700
    books = {code: found.detail(code).book for code in (SHANGHAI, ZHEJIANG, ANHUI)}
    assert books[ANHUI] is None and found.group.missing["book"] == (JIANGSU, ANHUI)
    shanghai, zhejiang = books[SHANGHAI], books[ZHEJIANG]
    assert shanghai is not None and zhejiang is not None
    assert shanghai.pool_dm2 == 3500, "of the province and of the county below it"
    assert shanghai.cap_dm2(2025) == 10_000, "the province's own cap, not that of the county once more"
    assert zhejiang.cap_dm2(2025) == 800, "without one of its own, that of its counties"
    assert found.group.detail.book.cap_dm2(2025) == 10_800
    assert api.standing(place, year=2024, group="yangtze-delta").group.detail.book is None, (
        "at the end of 2024: nothing"
    )  # type: ignore[union-attr]


def test_what_is_reserved_is_shown(place: Workspace, tmp_path: Path) -> None:
    opening = {
        "id": "o", "kind": "OPENING",
        "lines": [
            {"region": "310115", "account": "OPENING", "area_m2": "-50000.00"},
            {"region": "310115", "account": "LAND:0103", "stable": 1, "grade": 5, "area_m2": "50000.00"},
        ],
    }  # fmt: skip
    post(place, tmp_path, opening)
    plan = {
        "id": "p", "kind": "AGSTRUCT", "posting_date": "2025-03-01", "evidence": "approval", "author": "Li",
        "lines": [
            {"region": "310115", "account": "LAND:0103", "stable": 1, "grade": 5, "area_m2": "-20.00"},
            {"region": "310115", "account": "LAND:0201", "area_m2": "20.00"},
            {"region": "310115", "account": "CLAIM:AGSTRUCT", "grade": 5, "area_m2": "20.00"},
        ],
    }  # fmt: skip
    file = tmp_path / "plan.json"
    file.write_text(json.dumps([plan]), encoding="utf-8")
    api.ledger_reserve(place, file)
    book = api.standing(place).detail(SHANGHAI).book
    assert book is not None
    assert (book.reserved_dm2, book.farmland.area_dm2, book.stable_dm2, book.claims_dm2) == (
        2000,
        5_000_000,
        5_000_000,
        0,
    )


def test_a_member_inside_another_is_counted_once(place: Workspace) -> None:
    Store(place).put_group("both", [SHANGHAI, "310115"])
    found = api.standing(place, year=2024, group="both")
    assert found.group is not None and found.group.inside == ("310115",)
    assert found.group.total.farmland_dm2 == next(one for one in found.rows if one.region == SHANGHAI).farmland_dm2
    assert "STANDING-GROUP-INSIDE" in [one.code for one in found.findings]
    with pytest.raises(BadInput):
        api.standing(place, year=2024, group="both", region=SHANGHAI)
    with pytest.raises(NotFound):
        api.standing(place, year=2024, group="none")


# --- trend, levels, what is handed down --------------------------------------------------------------------------


def test_the_trend_goes_through_all_surveys_up_to_the_year(place: Workspace, tmp_path: Path) -> None:
    found = api.standing(place, year=2024)
    trend = found.detail(SHANGHAI).farmland
    assert trend is not None and trend.years == (2023, 2024) and trend.a_year is not None and trend.a_year < 0
    row = next(one for one in found.rows if one.region == SHANGHAI)
    assert trend.by_year[2024] == row.farmland_dm2
    assert str(trend.meets(row.farmland_task_dm2).on).startswith("2025-"), (
        "some 0.99 ha of headroom, 1.99 ha lost a year"
    )
    early = api.standing(place, year=2023).detail(SHANGHAI).farmland
    assert early is not None and early.years == (2023,)
    assert api.standing(place).year == 2024, "the newest, if no year is asked for"
    again = api.import_survey(place, survey(tmp_path / "c.gpkg", {**VILLAGES, "310115100201": 6}), year=2022)
    assert again.in_use
    assert api.standing(place, year=2024).detail("310115").farmland.changes[2023] < 0  # type: ignore[union-attr]


def test_tasks_handed_down_too_small_are_found_with_both_numbers(place: Workspace) -> None:
    found = api.standing(place, year=2024, region=SHANGHAI)
    (short,) = [one for one in found.findings if one.code == "TASK-HANDED-HOLDING"]
    assert short.said == (
        "the holding tasks handed down add up to 29,000.00 m², 11,000.00 m² less than the task of 40,000.00 m²"
    )
    assert found.detail(SHANGHAI).handed["holding_dm2"].over_dm2 == -1_100_000
    assert {row.region[:2] for row in found.rows} == {SHANGHAI}
    assert not [one for one in found.findings if one.code in ("STANDING-LEVELS", "STANDING-CONTROL")]


def test_parcels_without_a_grade_are_counted_and_listed(place: Workspace, tmp_path: Path) -> None:
    api.import_survey(place, survey(tmp_path / "d.gpkg", VILLAGES, grade=None), year=2024)
    found = api.standing(place, year=2024, region="310115", quality=True)
    held = found.detail("310115").held
    assert held is not None and (held.mean_grade_said, held.ungraded_parcels, len(found.ungraded)) == (None, 3, 3)
    assert held.ungraded_dm2 == held.farmland_dm2 == sum(one.area_dm2 for one in found.ungraded)


def test_a_quality_layer_gives_grades_where_parcels_have_none(place: Workspace, tmp_path: Path) -> None:
    api.import_survey(place, survey(tmp_path / "d.gpkg", VILLAGES, grade=None), year=2024)
    file = tmp_path / "zones.gpkg"
    zone = shapely.box(38_400_000, 3_500_000, 38_400_000 + 2 * SIDE, 3_500_000 + SIDE)  # two of the first three fields
    gpd.GeoDataFrame({"BSM": ["1"], "GDZLDJ": ["4"]}, geometry=[zone], crs=4526).to_file(file)
    api.import_layer(place, file, kind="quality", year=2024)
    held = api.standing(place, year=2024).detail("310115").held
    assert held is not None and (held.mean_grade_said, held.ungraded_parcels) == ("4.00", 1)
    assert held.graded_dm2 + held.ungraded_dm2 == held.farmland_dm2 and held.by_grade_dm2[4] == held.graded_dm2
    assert abs(held.graded_dm2 - 2 * held.ungraded_dm2) < 2_000


def test_a_survey_that_cannot_be_read_is_left_out_of_the_trend_and_named(place: Workspace) -> None:
    (old,) = Store(place).listed(kind="survey", year=2023)
    for file in (place.root / old.folder).glob("*.parquet"):
        file.write_bytes(b"no parquet")
    found = api.standing(place, year=2024)
    assert "the trend is without the survey of 2023" in " ".join(one.said for one in found.findings)
    trend = found.detail(SHANGHAI).farmland
    assert trend is not None and trend.years == (2024,) and trend.meets(1).outlook == "not-assessed"


def test_a_book_that_has_another_stock_than_the_survey_is_named(place: Workspace, tmp_path: Path) -> None:
    farmland = next(one.farmland_dm2 for one in api.standing(place, year=2024).rows if one.region == "310115")
    assert farmland is not None

    def opening(dm2: int) -> dict[str, Any]:
        lines = [
            {"region": "310115", "account": "OPENING", "area_dm2": -dm2},
            {"region": "310115", "account": "LAND:0103", "stable": 1, "grade": 5, "area_dm2": dm2},
        ]
        days = {"act_date": "2024-12-31", "posting_date": "2024-12-31"}
        return {"id": f"o{dm2}", "kind": "OPENING", "lines": lines} | days

    def named() -> list[tuple[str, str]]:
        found = api.standing(place, year=2024, region="310115").findings
        return [(one.where.parcel, one.said) for one in found if one.code == "STANDING-BOOK"]

    post(place, tmp_path, opening(farmland - 1))
    ((region, said),) = named()
    assert region == "310115" and said.endswith("-0.01 m² apart")
    (finding,) = (
        one for one in api.standing(place, year=2024, region="310115").findings if one.code == "STANDING-BOOK"
    )
    assert "tilth ledger post --from-flows FROM 2024" in finding.remedy, "the command that posts what is missing"
    post(place, tmp_path, opening(1))
    assert named() == []


def test_without_any_survey_tasks_and_land_book_are_told(tmp_path: Path) -> None:
    workspace = api.init(tmp_path / "office", region="00", name="delta office")
    api.import_regions(workspace, DELTA)
    api.import_tasks(workspace, tasks(tmp_path / "t.csv", 2023, (SHANGHAI, "4"), (ANHUI, "9")))
    post(workspace, tmp_path, accepted("a", SHANGHAI, "30.00"))
    found = api.standing(workspace, group="yangtze-delta")
    assert found.group is not None and found.group.total.farmland_task_dm2 == 13_000_000
    assert found.group.total.farmland_dm2 is None and found.group.detail.book is not None
    assert found.group.detail.book.pool_dm2 == 3000 and not found.breaks
    assert "STANDING-NO-SURVEY" in [one.code for one in found.findings]
    with pytest.raises(NotFound, match="no survey of 2024"):
        api.standing(workspace, year=2024)


# --- missed tasks (INV-11) ---------------------------------------------------------------------------------------


def test_who_missed_a_task_is_told_by_the_survey_of_that_year(place: Workspace) -> None:
    assert api.missed_tasks(place, 2023) == frozenset()
    assert api.missed_tasks(place, 2024) == {ZHEJIANG}, "the task of 2023 holds on; Anhui has no survey"
    assert api.missed_tasks(place, 2022) == frozenset(), "no survey, nobody is barred"


def test_a_seller_that_missed_last_years_task_may_not_transfer(place: Workspace, tmp_path: Path) -> None:
    Store(place).put_regions([Region("330108", "330108", "county", ZHEJIANG)])
    post(place, tmp_path, accepted("a", ZHEJIANG, "30.00"), accepted("b", SHANGHAI, "30.00"))
    with pytest.raises(BadInput, match="33 missed its farmland task of last year") as refused:
        post(place, tmp_path, sold(ZHEJIANG, "330108"))
    assert refused.value.code == "LEDGER-SELLER"
    words = ["-w", str(place.root), "ledger", "post", str(tmp_path / "entries.json")]
    assert run(words) == 2, "nor at the command line"
    post(place, tmp_path, sold(SHANGHAI, "310120")), "Shanghai kept its task"
    last_year = {"act_date": "2024-12-31", "posting_date": "2025-02-01"}
    assert post(place, tmp_path, sold(ZHEJIANG, "330108", **last_year)).receipts, "of 2023 nobody missed a task"


def test_the_survey_is_read_for_transfers_only(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def looked_up(_: Workspace, year: int) -> frozenset[str]:
        asked.append(year)
        return frozenset()

    monkeypatch.setattr("tilth.api.missed.missed_tasks", looked_up)
    post(place, tmp_path, accepted("a", SHANGHAI, "30.00"))
    assert asked == []
    post(place, tmp_path, sold(SHANGHAI, "310120"), sold(SHANGHAI, "310115", id="other"))
    assert asked == [2024], "once for a year"


# --- on a terminal -----------------------------------------------------------------------------------------------


@pytest.fixture
def shown(place: Workspace, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def call(*words: str) -> str:
        run(["-w", str(place.root), *words])
        return capsys.readouterr().out

    return call


def test_a_group_is_printed_with_its_sum_first(shown: Callable[..., str]) -> None:
    said = shown("standing", "--group", "yangtze-delta", "--year", "2024")
    assert said.splitlines()[2].startswith("group yangtze-delta (members: 4)")
    assert "Land book, 2024-12-31: no entry of these regions" in said and "34 安徽省" in said
    assert "区域组 yangtze-delta（成员 4 个）" in shown("--lang", "zh", "standing", "--group", "yangtze-delta")


@pytest.mark.parametrize(("unit", "task"), [("ha", "4.00"), ("m2", "40,000.00"), ("mu", "60.00")])
def test_standing_in_any_unit_has_headrooms_that_are_differences_of_what_is_shown(
    unit: str, task: str, shown: Callable[..., str]
) -> None:
    said = shown("standing", "--year", "2024", "--unit", unit)
    line = next(line.split() for line in said.splitlines() if line.startswith("31 "))
    has, owes, room = (int(one.replace(",", "").replace(".", "")) for one in line[2:5])
    assert line[3] == task and room == has - owes


def test_quality_is_printed_beside_the_areas(shown: Callable[..., str]) -> None:
    said = shown("standing", "--year", "2024", "--quality")
    assert "mean grade  grade 5 [ha]" in said and "5.00" in said
    record = json.loads(shown("standing", "--year", "2024", "--json"))
    row = next(one for one in record["rows"] if one["region"] == SHANGHAI)
    assert row["quality"]["mean_grade"] == "5.00" and row["trend"]["farmland"]["method"] == "least-squares"
    assert row["quality"]["by_grade_dm2"]["5"] == row["farmland_dm2"]
