"""Pictures of soil and salt at the command line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from salty_land import SMALL, bands, raster, salty
from tilth.cli.run import run
from tilth.runtime import Workspace

_RAIN = (2, 3, 5, 8, 16, 24, 45, 50, 25, 8, 3, 2)
_ET0 = (16, 27, 62, 112, 160, 172, 168, 140, 96, 58, 27, 15)


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    from tilth.soil.salinity_map import modelling, validation

    monkeypatch.setattr(modelling.fit_model, "__kwdefaults__", {**modelling.fit_model.__kwdefaults__, "recipes": SMALL})
    kept = validation.cross_validate.__kwdefaults__
    monkeypatch.setattr(validation.cross_validate, "__kwdefaults__", {**kept, "recipes": SMALL})


@pytest.fixture
def lab(tmp_path: Path) -> list[str]:
    """Words that name a table of samples and its rasters."""
    samples = salty()
    with (tmp_path / "lab.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["x", "y", "ece_ds_m"])
        writer.writerows(zip(samples.x, samples.y, samples.value, strict=True))
    stack = raster(tmp_path / "stack.tif", bands())
    return [str(tmp_path / "lab.csv"), "--crs", "32649", "--raster", str(stack)]


def test_a_map_is_drawn_with_its_interval_and_its_classes(
    lab: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Workspace.create(tmp_path / "ws", region="150821", name="test county")
    words = ["-w", str(tmp_path / "ws"), "soil", "map", *lab, "--pictures", str(tmp_path / "out")]
    assert run(words) == 0
    assert sorted(one.name for one in (tmp_path / "out").iterdir()) == ["classes.png", "salinity.png"]
    assert str(tmp_path / "out" / "salinity.png") in capsys.readouterr().out


def test_coverage_of_intervals_is_drawn(lab: list[str], tmp_path: Path) -> None:
    words = ["soil", "validate", *lab, "--folds", "3", "--no-random-split", "--pictures", str(tmp_path / "out")]
    assert run(words) == 0
    assert (tmp_path / "out" / "coverage.png").read_bytes().startswith(b"\x89PNG")


def test_samples_by_class_are_drawn_in_the_language_asked_for(tmp_path: Path) -> None:
    (tmp_path / "lab.csv").write_text("id,ece (dS/m),ph\n1,1,8\n2,5,8\n3,20,8.2\n4,,8\n", encoding="utf-8")
    drawn = {}
    for lang in ("en", "zh"):
        words = ["--lang", lang, "soil", "classify", str(tmp_path / "lab.csv"), "--scheme", "fao-salinity"]
        assert run([*words, "--pictures", str(tmp_path / lang)]) == 0
        drawn[lang] = (tmp_path / lang / "classes-fao-salinity.png").read_bytes()
    assert drawn["en"] != drawn["zh"]


def test_salt_and_yield_are_drawn_under_the_options_of_a_file(tmp_path: Path) -> None:
    rows = [f"P{n},{2 + n},{3 + 2 * n},{6 + 3 * n},1.6,2,loam" for n in range(5)]
    head = "unit_id,ece_q05_ds_m,ece_q50_ds_m,ece_q95_ds_m,groundwater_depth_m,groundwater_ec_ds_m,texture"
    (tmp_path / "units.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    rows = [f"2020,{month},{rain},{et0}" for month, (rain, et0) in enumerate(zip(_RAIN, _ET0, strict=True), start=1)]
    (tmp_path / "weather.csv").write_text("\n".join(["year,month,rain_mm,et0_mm", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "options.toml").write_text(
        '[[option]]\nid = "a"\nname = "Cotton"\nname_zh = "棉花"\ncrops = ["cotton"]\n[[option]]\nid = "fallow"\n',
        encoding="utf-8",
    )
    land = [str(tmp_path / "units.csv"), "--weather", str(tmp_path / "weather.csv"), "--years", "3"]
    land += ["--options", str(tmp_path / "options.toml")]
    for command in ("simulate", "options"):
        out = tmp_path / command
        assert run(["soil", command, *land, "--pictures", str(out), "--out", str(tmp_path / f"{command}.csv")]) == 0
        assert sorted(one.name for one in out.iterdir()) == ["salt.png", "yield.png"]
    table = (tmp_path / "options.csv").read_text(encoding="utf-8-sig").splitlines()
    assert table[0].startswith("option,name,units,relative_yield") and table[1].startswith("a,Cotton,5,")
