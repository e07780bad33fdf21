"""Wrong samples and rasters for a salinity model: one clear sentence each at the command line, and nothing guessed."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from salty_land import TOP, bands, raster, salty
from tilth.cli.run import run

#: What is typed beside the samples' file and its rasters.
TYPED = ("--value", "ec", "--x", "easting", "--y", "northing")


@pytest.fixture
def stack(tmp_path):
    return raster(tmp_path / "stack.tif", bands())


def table(path, *, value=None, x=None, y=None, rows=160):
    """Samples as a laboratory would send them; a column can be another."""
    samples = salty()
    columns = [
        samples.value if value is None else value, samples.x if x is None else x, samples.y if y is None else y
    ]  # fmt: skip
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ec", "easting", "northing"])
        writer.writerows(list(zip(*columns, strict=True))[:rows])
    return path


def told(capsys, *typed):
    """What is said on the error stream: the first line, without its code."""
    assert run(["soil", "validate", *(str(one) for one in typed)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    return said.err


def test_two_units_in_one_column_are_refused(tmp_path, stack, capsys):
    value = salty().value.copy()
    value[::3] = value[::3] * 1000 + 500
    file = table(tmp_path / "lab.csv", value=value)
    said = told(capsys, file, "--raster", stack, "--crs", "32649", *TYPED)
    assert "two units are mixed" in said and "'ec'" in said


def test_numbers_that_no_soil_has_are_of_another_unit(tmp_path, stack, capsys):
    file = table(tmp_path / "lab.csv", value=salty().value * 1000)
    said = told(capsys, file, "--raster", stack, "--crs", "32649", *TYPED)
    assert "above 300 dS/m, which no soil has" in said and "--unit ec=µS/cm" in said


def test_a_table_without_coordinates_is_refused_with_its_columns(tmp_path, stack, capsys):
    file = tmp_path / "lab.csv"
    file.write_text("ec,depth\n1.5,10\n2.5,10\n", encoding="utf-8")
    said = told(capsys, file, "--raster", stack, "--crs", "32649", *TYPED)
    assert "lab.csv has no column easting; it has ec, depth" in said


def test_samples_whose_coordinates_are_all_blank_are_too_few(tmp_path, stack, capsys):
    file = table(tmp_path / "lab.csv", x=[""] * 160)
    said = told(capsys, file, "--raster", stack, "--crs", "32649", *TYPED)
    assert "0 samples at 0 places are too few" in said


def test_a_table_that_does_not_say_its_system_is_asked_about_it(tmp_path, stack, capsys):
    said = told(capsys, table(tmp_path / "lab.csv"), "--raster", stack, *TYPED)
    assert "the coordinate system of lab.csv is not known" in said and "--crs" in said


def test_samples_in_another_system_than_was_said_lie_outside_the_rasters(tmp_path, stack, capsys):
    file = table(tmp_path / "lab.csv")
    said = told(capsys, file, "--raster", stack, "--crs", "32650", *TYPED)
    assert "160 of 160 samples lie outside the rasters; the first is sample 1" in said and "EPSG:32649" in said


def test_metres_that_are_called_degrees_are_refused(tmp_path, capsys):
    file = tmp_path / "lab.csv"
    samples = salty()
    lines = [f"{a},{b},{c},1" for a, b, c in zip(samples.value, samples.x, samples.y, strict=True)]
    file.write_text("\n".join(["ec,easting,northing,slope", *lines]), encoding="utf-8")
    said = told(capsys, file, "--covariates", "slope", "--crs", "4326", *TYPED)
    assert "which are no degrees of" in said


def test_rasters_of_two_systems_are_refused(tmp_path, stack, capsys):
    other = raster(tmp_path / "other.tif", bands()[:1], names=("slope",), crs="EPSG:32650")
    said = told(
        capsys, table(tmp_path / "lab.csv"), "--raster", stack, "--raster", other, "--crs", "32649", *TYPED
    )  # fmt: skip
    assert "other.tif is in EPSG:32650 but stack.tif is in EPSG:32649" in said


def test_five_samples_are_too_few(tmp_path, stack, capsys):
    file = table(tmp_path / "lab.csv", rows=5)
    said = told(capsys, file, "--raster", stack, "--crs", "32649", *TYPED)
    assert "5 samples at 5 places are too few for a model; at least 20 places are needed" in said


def test_samples_of_one_value_leave_nothing_to_map(tmp_path, stack, capsys):
    file = table(tmp_path / "lab.csv", value=np.full(160, 3.5))
    said = told(capsys, file, "--raster", stack, "--crs", "32649", *TYPED)
    assert "every one of 160 samples has ec = 3.5, so there is nothing to map" in said


def test_a_covariate_with_a_hole_under_a_sample_is_named(tmp_path, capsys):
    samples = salty()
    row, column = int((TOP - samples.y[6]) // 10), int((samples.x[6] - 500_000) // 10)
    values = bands()
    values[1, row, column] = -9999
    stack = raster(tmp_path / "holed.tif", values)
    said = told(capsys, table(tmp_path / "lab.csv"), "--raster", stack, "--crs", "32649", *TYPED)
    assert "high has no value for 1 of 160 samples; the first is sample 7" in said


def test_a_raster_that_does_not_cover_the_samples_is_refused(tmp_path, capsys):
    part = raster(tmp_path / "part.tif", bands()[:, :, :60])
    said = told(capsys, table(tmp_path / "lab.csv"), "--raster", part, "--crs", "32649", *TYPED)
    assert "of 160 samples lie outside the rasters" in said


@pytest.mark.parametrize(("heading", "said"), [("单位", ["µS/cm", "dS/m"]), ("土水比", ["1:5", "paste"])])
def test_a_table_whose_rows_differ_in_unit_or_extract_is_to_be_imported_first(tmp_path, stack, capsys, heading, said):
    file = table(tmp_path / "lab.csv")
    lines = file.read_text(encoding="utf-8").splitlines()
    mixed = [f"{line},{said[at % 2]}" for at, line in enumerate(lines[1:])]
    file.write_text("\n".join([f"{lines[0]},{heading}", *mixed]), encoding="utf-8")
    words = told(capsys, file, "--raster", stack, "--crs", "32649", *TYPED)
    assert heading in words and "tilth import samples" in words
