"""The salt chain at the command line."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tilth.cli.run import run
from tilth.soil import Layout, forcing_from_table, planned, units_from_table
from tilth.soil.salt_chain.calibrating import _runs, _seen

_RAIN = (2, 3, 5, 8, 16, 24, 45, 50, 25, 8, 3, 2)
_ET0 = (16, 27, 62, 112, 160, 172, 168, 140, 96, 58, 27, 15)


@pytest.fixture
def land(tmp_path: Path) -> Path:
    """A folder with units.csv and weather.csv."""
    rows = [f"P{n},{3 + 2 * n},{1.2 + 0.1 * n},{2 + n},loam,{4 + n},150" for n in range(8)]
    head = "unit_id,ece_ds_m,groundwater_depth_m,groundwater_ec_ds_m,texture,esp_pct,cec_mmolc_kg"
    (tmp_path / "units.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    rows = [f"2020,{month},{rain},{et0}" for month, (rain, et0) in enumerate(zip(_RAIN, _ET0, strict=True), start=1)]
    (tmp_path / "weather.csv").write_text("\n".join(["year,month,rain_mm,et0_mm", *rows]) + "\n", encoding="utf-8")
    return tmp_path


def test_a_simulation_is_printed_and_written(land: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["soil", "simulate", str(land / "units.csv"), "--weather", str(land / "weather.csv"), "--years", "3"]
    assert run([*words, "--out", str(land / "out.csv")]) == 0
    said = capsys.readouterr().out
    assert "cotton+PIPE_DRAIN" in said and "8 units, 4 options, 3 years; balances close to" in said
    rows = list(csv.DictReader((land / "out.csv").read_text(encoding="utf-8-sig").splitlines()))
    assert len(rows) == 8 * 4 * 3 and rows[0]["unit"] == "P0" and float(rows[0]["relative_yield"]) <= 1.0
    assert run([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["units"] == 8 and told["closes"] < 1e-9 and len(told["rows"]) == 96
    assert told["rows"][0]["ece_ds_m"] == pytest.approx(float(rows[0]["ece_ds_m"]))


def test_options_of_a_file_are_walked(land: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (land / "options.toml").write_text(
        '[[option]]\nid = "rice"\ncrops = ["rice_paddy"]\npond_mm = 50\npercolation_mm_day = 5\nbund_mm = 100\n'
        '[[option]]\nid = "drained"\ncrops = ["wheat", "soybean"]\ntreatments = ["PIPE_DRAIN"]\nlevel = "high"\n'
        '[option.irrigation]\n"04-10" = 80\n',
        encoding="utf-8",
    )
    words = ["soil", "simulate", str(land / "units.csv"), "--weather", str(land / "weather.csv"), "--json"]
    assert run([*words, "--options", str(land / "options.toml")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["options"] == ["rice", "drained"]
    (land / "options.toml").write_text('[[option]]\nid = "x"\nmagic = 1\n', encoding="utf-8")
    assert run([*words, "--options", str(land / "options.toml")]) == 2
    assert "magic" in capsys.readouterr().err


def test_both_directions_are_answered(land: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "soil",
        "options",
        str(land / "units.csv"),
        "--weather",
        str(land / "weather.csv"),
        "--years",
        "3",
        "--json",
    ]
    assert run([*words, "--crop", "cotton", "--crop", "barley", "--target", "0.1"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {row["option"] for row in told["options"]} == {"cotton", "barley"} and len(told["best"]) == 8
    asked = ["--fit", "land-to-crop", "--crop", "棉花", "--measure", "STRAW_INTERLAYER", "--gain", "--no-water"]
    assert run([*words, *asked]) == 0
    told = json.loads(capsys.readouterr().out)
    assert set(told["break_even_gain_ds_m"]) == {"STRAW_INTERLAYER"}
    assert told["options"][0]["excluded"].get("T8", 0) == 1, "one unit above 16 dS/m, and no water to leach it"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("units.csv", "P0,3,", "P0,4500,"), "4500 dS/m is more than any soil water has"),
        (("units.csv", "P0,3,1.2,", "P0,3,-1.2,"), "the water table cannot lie -1.2 m below the surface"),
        (("weather.csv", "2020,7,45,168\n", ""), "lacks rain_mm in 2020, step 07"),
    ],
)
def test_a_slip_in_a_table_is_one_sentence(
    land: Path, change: tuple[str, str, str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file, old, new = change
    text = (land / file).read_text(encoding="utf-8")
    assert old in text
    (land / file).write_text(text.replace(old, new), encoding="utf-8")
    assert run(["soil", "simulate", str(land / "units.csv"), "--weather", str(land / "weather.csv")]) == 2
    assert said in capsys.readouterr().err


def test_factors_are_calibrated_from_two_dates_or_refused(land: Path, capsys: pytest.CaptureFixture[str]) -> None:
    done = '[[option]]\nid = "done"\ncrops = ["cotton"]\nirrigation = { "05-10" = 150, "07-10" = 150 }\n'
    (land / "done.toml").write_text(done, encoding="utf-8")
    units = units_from_table(pd.read_csv(land / "units.csv"))
    forcing, dates = forcing_from_table(pd.read_csv(land / "weather.csv")), ("2020-04-10", "2020-11-10")
    plan = planned("cotton", {"05-10": 150.0, "07-10": 150.0})
    before, after = units.ece[0, :, :1], np.empty((8, 1))
    for at, walk in _runs(units, np.arange(8), plan, forcing, dates, Layout()):
        after[at] = _seen(walk(0.8, 1.5), units.paste[at], Layout(), 1)
    rows = [
        f"P{n},{date},{value}"
        for date, column in zip(dates, (before, after), strict=True)
        for n, value in enumerate(column[:, 0])
    ]
    (land / "measured.csv").write_text("\n".join(["unit_id,date,ece_ds_m", *rows]) + "\n", encoding="utf-8")
    words = ["soil", "calibrate", str(land / "units.csv"), str(land / "measured.csv")]
    words += ["--weather", str(land / "weather.csv"), "--options", str(land / "done.toml")]
    assert run([*words, "--json", "--error", "0.02"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["factors"]["leaching_efficiency"]["factor"] == pytest.approx(0.8, rel=0.05)
    assert told["factors"]["rise_1m_mm_day"]["factor"] == pytest.approx(1.5, rel=0.05) and told["values"] == 8
    assert run([*words, "--error", "0.02"]) == 0
    assert "leaching_efficiency: factor 0.8" in capsys.readouterr().out
    assert run([*words, "--error", "5"]) == 2, "salt measured so badly tells nothing"
    assert "does not tell leaching_efficiency" in capsys.readouterr().err
