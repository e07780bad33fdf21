"""The outlines of a survey are kept in the workspace; nothing that a user sees hangs on it."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.api import outlined
from tilth.change import Outlines
from tilth.land import Store
from tilth.runtime import Workspace, cached


def _survey(path: Path, widths: list[float]) -> Path:
    """A row of parcels, one behind the other."""
    left, shapes = 38_400_000.0, []
    for width in widths:
        shapes.append(shapely.box(left, 3_500_000, left + width, 3_500_100))
        left += width
    rows = {"BSM": [f"{n:018d}" for n in range(len(widths))], "DLBM": ["0103", "0301"] * (len(widths) // 2)}
    gpd.GeoDataFrame(rows, geometry=shapes, crs=4526).to_file(path)
    return path


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = api.init(tmp_path / "w", region="999901", name="county")
    api.import_survey(made, _survey(tmp_path / "a.gpkg", [100.0, 50.0, 70.0, 80.0]), year=2023)
    api.import_survey(made, _survey(tmp_path / "b.gpkg", [90.0, 60.0, 70.0, 80.0]), year=2024)
    return made


def _kept(workspace: Workspace) -> list[Path]:
    return sorted((workspace.root / "cache").glob("*-outlines-*"))


def test_an_import_keeps_them_and_flows_measure_nothing_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(_kept(workspace)) == 2
    monkeypatch.setattr(Outlines, "of", None)
    assert api.flows(workspace, before=2023, after=2024).flows.matrix.dm2.sum() > 0


@pytest.mark.parametrize("harm", ["gone", "damaged", "unwritable"])
def test_flows_are_the_same_without_them(workspace: Workspace, harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = api.flows(workspace, before=2023, after=2024).flows
    if harm == "damaged":
        file = _kept(workspace)[0] / "vertex.npy"
        file.write_bytes(file.read_bytes()[:-8] + b"\0" * 8)
    else:
        shutil.rmtree(workspace.root / "cache")
    if harm == "unwritable":
        (workspace.root / "cache").write_text("a file stands where the folder would be")
    after = api.flows(workspace, before=2023, after=2024).flows
    assert after.booked.equals(before.booked) and (after.matrix.dm2 == before.matrix.dm2).all()
    if harm != "unwritable":
        assert all(cached(workspace, folder.name) for folder in _kept(workspace)) and len(_kept(workspace)) == 2


def test_flows_do_not_mind_when_they_go_while_they_are_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = api.flows(workspace, before=2023, after=2024).flows

    def found_and_gone(workspace: Workspace, key: str) -> Path | None:
        folder = cached(workspace, key)
        shutil.rmtree(workspace.root / "cache", ignore_errors=True)
        return folder

    monkeypatch.setattr(outlined, "cached", found_and_gone)
    after = api.flows(workspace, before=2023, after=2024).flows
    assert after.booked.equals(before.booked)


def test_of_basic_farmland_what_belongs_to_a_replaced_layer_is_dropped(workspace: Workspace, tmp_path: Path) -> None:
    kept = []
    for width in (60.0, 90.0):
        layer = tmp_path / f"pbf{width}.gpkg"
        shape = shapely.box(38_400_000, 3_500_000, 38_400_000 + width, 3_500_100)
        gpd.GeoDataFrame({"id": ["1"]}, geometry=[shape], crs=4526).to_file(layer)
        api.import_layer(workspace, layer, kind="pbf", year=2023)
        api.accounts(workspace, year=2023)
        kept.append(sorted(folder.name for folder in (workspace.root / "cache").glob("*-pbf-*")))
    assert len(kept[0]) == len(kept[1]) == 1 and kept[0] != kept[1]


def test_those_of_a_replaced_survey_are_dropped(workspace: Workspace, tmp_path: Path) -> None:
    first = Store(workspace).in_use(2024).id
    api.import_survey(workspace, _survey(tmp_path / "c.gpkg", [95.0, 55.0, 70.0, 80.0]), year=2024)
    names = [folder.name[:32] for folder in _kept(workspace)]
    assert len(names) == 2 and first[:32] not in names
    api.use(workspace, first)
    assert api.flows(workspace, before=2023, after=2024).before.meta.year == 2023
    assert first[:32] in [folder.name[:32] for folder in _kept(workspace)]


def test_basic_farmland_is_cut_by_parcels_once_for_tables_and_standing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes = [shapely.box(38_400_010, 3_500_010, 38_400_160, 3_500_090)]
    shapes.append(shapely.box(38_400_050, 3_500_010, 38_400_400, 3_500_050))  # on the first, and beyond all parcels
    gpd.GeoDataFrame({"BSM": ["1", "2"]}, geometry=shapes, crs=4526).to_file(tmp_path / "p.gpkg")
    api.import_layer(workspace, tmp_path / "p.gpkg", kind="pbf", year=2024)
    first = api.accounts(workspace, year=2024)
    monkeypatch.setattr("tilth.change.pbf_by_class", None)
    again = api.accounts(workspace, year=2024)
    assert again.tables["15"].dm2.tolist() == first.tables["15"].dm2.tolist()
    assert [one.as_record() for one in again.findings] == [one.as_record() for one in first.findings]
    assert {"CHANGE-PBF-TWICE", "CHANGE-PBF-OUTSIDE"} <= {one.code for one in again.findings}
    assert outlined.farmland_in(workspace, Store(workspace).layers(2024)["pbf"][0], Store(workspace).survey(2024))
