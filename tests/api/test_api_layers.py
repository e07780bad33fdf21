"""A layer that will not be looked at is said so: when it comes in, and by every command that would have needed it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pyogrio
import pytest
import shapely

from tilth import api
from tilth.api import examining
from tilth.cli.run import run
from tilth.core import BadInput
from tilth.land import Store
from tilth.runtime import Workspace

X, Y = 38_500_000, 3_500_000


def square(at: int, side: int = 100) -> shapely.Polygon:
    return shapely.box(X + 100 * at, Y, X + 100 * at + side, Y + side)


def survey_file(path: Path, count: int = 8, **columns: Any) -> Path:
    """`count` squares of farmland in a row."""
    shapes = [square(at) for at in range(count)]
    given = {"BSM": [f"p{at}" for at in range(count)], "DLBM": "0101", "TBMJ": 9_900.0, "SJNF": 2024, **columns}
    gpd.GeoDataFrame(given, geometry=shapes, crs=4526).to_file(path)
    return path


def layer_file(path: Path, at: int = 0, crs: int = 4526) -> Path:
    """A square of permanent basic farmland."""
    frame = gpd.GeoDataFrame({"YJJBNTTBBH": ["x"], "YJJBNTTBMJ": [9_900.0]}, geometry=[square(at)], crs=4526)
    frame.to_crs(crs).to_file(path)
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = api.init(tmp_path / "w", region="999901", name="county")
    api.import_survey(made, survey_file(tmp_path / "survey.gpkg"), year=2024)
    return made


def noted(done: Any) -> list[str]:
    return [finding.code for finding in done.findings if finding.code.startswith("API-")]


@pytest.mark.parametrize("word", ["pbf", "PBF", " Pbf ", "YJJBNTTB", "yjjbnt", "永久基本农田", "ＰＢＦ"])
def test_a_kind_is_known_by_any_of_its_names(workspace: Workspace, tmp_path: Path, word: str) -> None:
    done = api.import_layer(workspace, layer_file(tmp_path / "a.gpkg"), kind=word, year=2024)
    assert done.snapshot.meta.kind == "pbf" and noted(done) == []


@pytest.mark.parametrize(
    ("word", "code", "severity"),
    [
        ("basic_ecology", "API-KIND-NEAR", "breaks"),
        ("soil", "API-KIND-UNRULED", "odd"),
    ],
)
def test_a_kind_that_no_rule_looks_at_is_said_to_be_one(
    workspace: Workspace, tmp_path: Path, word: str, code: str, severity: str
) -> None:
    done = api.import_layer(workspace, layer_file(tmp_path / "a.gpkg"), kind=word, year=2024)
    assert noted(done) == [code] and done.findings[0].severity == severity


@pytest.mark.parametrize(
    ("word", "meant"),
    [("pfb", "pbf"), ("PBFF", "pbf"), ("yjjbntt", "pbf"), ("ecolgy", "ecology"), ("tonw", "town"), ("基本农用", "pbf")],
)
def test_a_kind_that_is_a_letter_or_two_off_is_asked_about(
    workspace: Workspace, tmp_path: Path, word: str, meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(layer_file(tmp_path / "a.gpkg"))
    assert run(["-w", str(workspace.root), "import", "layer", file, "--kind", word]) == 2
    assert f"did you mean {meant}?" in capsys.readouterr().err
    assert [entry.kind for entry in Store(workspace).listed()] == ["survey"]


@pytest.mark.parametrize("word", ["soil", "road", "corn", "water", "saline", "xm2025", "pet"])
def test_a_word_of_ones_own_is_taken(workspace: Workspace, tmp_path: Path, word: str) -> None:
    done = api.import_layer(workspace, layer_file(tmp_path / "a.gpkg"), kind=word, year=2024)
    assert done.snapshot.meta.kind == word and noted(done) == ["API-KIND-UNRULED"]


@pytest.mark.parametrize("word", ["farmland", "geometry", "Geometry", "_x", "survey", "DLTB", "a b", ""])
def test_a_kind_that_would_break_every_check_is_refused(workspace: Workspace, tmp_path: Path, word: str) -> None:
    with pytest.raises(BadInput):
        api.import_layer(workspace, layer_file(tmp_path / "a.gpkg"), kind=word, year=2024)
    assert [entry.kind for entry in Store(workspace).listed()] == ["survey"]


def test_a_layer_without_a_year_behind_one_with_a_year_is_said_to_be_passed_over(
    workspace: Workspace, tmp_path: Path
) -> None:
    dated = api.import_layer(workspace, layer_file(tmp_path / "a.gpkg"), kind="pbf", year=2023)
    undated = api.import_layer(workspace, layer_file(tmp_path / "b.gpkg", 3), kind="pbf")
    assert noted(dated) == [] and noted(undated) == ["API-LAYER-PASSED"]
    passed = undated.findings[-1]
    assert "for 2024 the layer pbf of 2023" in passed.said and dated.snapshot.id[:12] in passed.remedy
    marked = {row["id"]: (row["in_use"], row["used_for"]) for row in api.contents(workspace)[1:]}
    assert marked == {dated.snapshot.id: (True, [2024]), undated.snapshot.id: (False, [])}
    api.set_aside(workspace, dated.snapshot.id[:12])
    assert [row["in_use"] for row in api.contents(workspace)] == [True, False, True]
    assert [one.id for one in Store(workspace).layers(2024)["pbf"]] == [undated.snapshot.id]


def test_a_layer_later_than_every_survey_is_said_to_be_unused(workspace: Workspace, tmp_path: Path) -> None:
    done = api.import_layer(workspace, layer_file(tmp_path / "a.gpkg"), kind="pbf", year=2025)
    assert noted(done) == ["API-LAYER-LATER"] and not api.contents(workspace)[-1]["in_use"]


def test_a_file_under_two_labels_is_two_layers_and_said_to_count_twice(workspace: Workspace, tmp_path: Path) -> None:
    file = layer_file(tmp_path / "a.gpkg")
    first = api.import_layer(workspace, file, kind="pbf", year=2024, label="A")
    second = api.import_layer(workspace, file, kind="pbf", year=2024, label="B")
    assert (noted(first), noted(second)) == ([], ["API-LAYER-TWICE"])
    assert [(row["label"], row["in_use"]) for row in api.contents(workspace)[1:]] == [("A", True), ("B", True)]
    assert noted(api.import_layer(workspace, file, kind="pbf", year=2024, label="B")) == ["API-LAYER-TWICE"]


def test_a_layer_on_another_datum_is_named_and_stops_nothing(workspace: Workspace, tmp_path: Path) -> None:
    done = api.import_layer(workspace, layer_file(tmp_path / "a.gpkg", crs=4326), kind="pbf", year=2024)
    assert noted(done) == ["API-LAYER-DATUM"] and "different datums" in done.findings[-1].said
    footprint = layer_file(tmp_path / "plot.gpkg")
    checked = api.check(workspace, footprint, year=2024)
    tables = api.accounts(workspace, year=2024)
    for findings in (
        checked.findings,
        tables.findings,
        api.standing(workspace, year=2024).findings,
        api.validate(workspace, year=2024).findings,
    ):
        assert [one.code for one in findings].count("API-LAYER-LEFT-OUT") == 1
    assert "15" not in tables.tables
    of_pbf = [one for one in checked.verdict.outcomes if "pbf" in one.rule]
    assert of_pbf and {str(one.outcome) for one in of_pbf} == {"not_assessed"}
    api.set_aside(workspace, done.snapshot.id[:12])
    assert api.accounts(workspace, year=2024).findings == ()


def test_half_of_a_kind_is_never_taken_for_the_whole(workspace: Workspace, tmp_path: Path) -> None:
    api.import_layer(workspace, layer_file(tmp_path / "a.gpkg"), kind="pbf", year=2024, label="north")
    api.import_layer(workspace, layer_file(tmp_path / "b.gpkg", 3, 4326), kind="pbf", year=2024, label="south")
    tables = api.accounts(workspace, year=2024)
    assert "15" not in tables.tables and [one.code for one in tables.findings] == ["API-LAYER-LEFT-OUT"]


def test_a_quarantined_row_goes_along_where_layers_are_joined_and_moved(workspace: Workspace, tmp_path: Path) -> None:
    from tilth.api.layers import usable_layers

    for label, crs in (("north", 4526), ("south", 4490)):
        rows = gpd.GeoDataFrame({"BSM": ["a", "b"]}, geometry=[square(0), square(2).centroid], crs=4526).to_crs(crs)
        rows.to_file(tmp_path / f"{label}.gpkg")
        api.import_layer(workspace, tmp_path / f"{label}.gpkg", kind="pbf", year=2024, label=label)
    store = Store(workspace)
    layers, left_out = usable_layers(store, store.survey(2024))
    held = layers["pbf"].quarantine
    assert left_out == () and len(layers["pbf"].parcels) == 2 and held is not None and len(held) == 2
    assert layers["pbf"].meta.rows_quarantined == 2
    assert shapely.dwithin(held.geometry.to_numpy(), square(2).centroid, 0.001).all()


def test_a_damaged_survey_stands_in_nobodys_way(workspace: Workspace, tmp_path: Path) -> None:
    (folder,) = (workspace.root / "snapshots").iterdir()
    (folder / "meta.json").write_text("{", encoding="utf-8")
    (row,) = api.contents(workspace)
    assert row["rows_in"] is None and "damaged" in row["damaged"]
    again = api.import_survey(workspace, tmp_path / "survey.gpkg", year=2024)
    assert api.accounts(workspace, year=2024).snapshot.id == again.snapshot.id
    assert api.contents(workspace)[0]["damaged"] == ""


def test_a_damaged_layer_is_named_and_what_needs_it_is_not_assessed(workspace: Workspace, tmp_path: Path) -> None:
    api.import_layer(workspace, layer_file(tmp_path / "a.gpkg"), kind="pbf", year=2024)
    next((workspace.root / "layers").rglob("rows.parquet")).write_bytes(b"")
    tables = api.accounts(workspace, year=2024)
    assert [one.code for one in tables.findings] == ["API-LAYER-LEFT-OUT"] and "damaged" in tables.findings[0].said
    api.import_layer(workspace, tmp_path / "a.gpkg", kind="pbf", year=2024)
    assert "15" in api.accounts(workspace, year=2024).tables


def test_a_repair_never_undoes_an_import_that_came_in_between(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = survey_file(tmp_path / "newer.gpkg", TBMJ=9_901.0)
    mend = examining.mend

    def slow(*given: Any, **more: Any) -> Any:
        done = mend(*given, **more)
        api.import_survey(workspace, newer, year=2024)
        return done

    monkeypatch.setattr(examining, "mend", slow)
    with pytest.raises(BadInput, match="LAND-OVERTAKEN"):
        api.repair(workspace, year=2024)
    assert set(Store(workspace).survey(2024).parcels["area_dm2"]) == {990_100}


def test_the_record_of_a_repair_runs_no_formula_and_a_row_set_aside_breaks(tmp_path: Path) -> None:
    workspace = api.init(tmp_path / "v", region="999901", name="county")
    name = '=HYPERLINK("http://x","y")'
    shapes = [square(0), shapely.box(X + 90, Y, X + 190, Y + 100)]
    rows = {"BSM": [name, "b"], "DLBM": "0101", "TBMJ": [9_900.0, 9_901.0]}
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4526).to_file(tmp_path / "a.gpkg")
    api.import_survey(workspace, tmp_path / "a.gpkg", year=2024)
    mended = api.repair(workspace, year=2024)
    lines = mended.file.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 1 and all(line.startswith("\"'=HYPERLINK") for line in lines[1:])
    assert mended.set_aside == 0 and not mended.breaks

    gpd.GeoDataFrame(rows, geometry=[square(0), square(0)], crs=4526).to_file(tmp_path / "b.gpkg")
    api.import_survey(workspace, tmp_path / "b.gpkg", year=2024)
    mended = api.repair(workspace, year=2024)
    assert (mended.set_aside, mended.breaks, mended.as_record()["rows_set_aside"]) == (1, True, 1)


def test_regions_that_cannot_be_stored_leave_no_trace(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {"ZLDWDM": ["9999011002010000000"], "ZLDWMC": ["v"], "DCMJ": [80_000.0], "MSSM": ["00"]}
    gpd.GeoDataFrame(rows, geometry=[square(0, 800)], crs=4526).to_file(tmp_path / "CJDCQ.gpkg")

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("tilth.land.store.settle", full)
        with pytest.raises(BadInput, match="No space left"):
            api.import_regions(workspace, tmp_path / "CJDCQ.gpkg", group="delta")
    tree = Store(workspace).regions()
    assert list(tree.regions) == ["999901"] and tree.groups == {}
    api.import_regions(workspace, tmp_path / "CJDCQ.gpkg", group="delta")
    assert Store(workspace).regions().members("delta") == ("999901100201",)


def test_every_layer_in_use_is_in_the_yearbooks_geopackage(workspace: Workspace, tmp_path: Path) -> None:
    for number, kind in enumerate(("pbf", "reserve", "project", "saline", "findings")):
        api.import_layer(workspace, layer_file(tmp_path / f"{kind}.gpkg", number), kind=kind)
    (file,) = api.report(workspace, year=2024, formats=("gpkg",), lang="en").files
    held = {name for name, _ in pyogrio.list_layers(file)}
    assert held >= {"pbf", "reserve", "project", "saline", "layer_findings"}
    assert len(gpd.read_file(file, layer="reserve")) == len(gpd.read_file(file, layer="saline")) == 1
