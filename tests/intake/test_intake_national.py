"""Published national figures stay as they were printed, and what lies between two of them is shown, not hidden."""

from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth import api
from tilth.change import Gap, National, Outlook, Published, wan
from tilth.change.national import WAN, Sum
from tilth.cli.run import run
from tilth.core import BadInput


@pytest.fixture(scope="module")
def folder(data_dir: Path) -> Path:
    place = data_dir / "stats_cn"
    if not place.is_dir():
        pytest.skip("needs the published tables")
    return place


@pytest.fixture(scope="module")
def table(folder: Path) -> National:
    return api.national(folder)


def test_the_country_stands_above_its_red_line(table: National) -> None:
    country = table.country
    assert country.farmland is not None and country.holding is not None and country.pbf is not None
    assert country.farmland.mu == 1_917_927_900
    assert (country.holding.mu, country.pbf.mu) == (18 * 10**8, 1_546_000_000)
    assert (country.headroom_mu, wan(country.headroom_mu or 0)) == (117_927_900, "11792.79")
    assert not table.breaks
    assert table.trend.meets(country.holding.mu).outlook is Outlook.KEPT


def test_hectares_times_fifteen_and_the_published_mu_differ_by_rounding(table: National) -> None:
    gap = next(one for one in table.gaps if one.name == "national" and one.what == "ha-mu")
    assert (wan(gap.first.mu), wan(gap.second.mu), wan(gap.mu)) == ("191792.85", "191792.79", "0.06")
    assert [wan(end) for end in gap.first.interval] == ["191792.775", "191792.925"]
    assert gap.explained
    assert {one.name for one in table.gaps if one.what == "ha-mu"} == {"national", "四川", "巴彦淖尔"}
    assert all(one.explained for one in table.gaps)


def test_the_reported_change_and_that_of_rounded_totals_stand_side_by_side(table: National) -> None:
    (gap,) = [one for one in table.gaps if one.what == "change"]
    assert (wan(gap.first.mu), wan(gap.second.mu), wan(gap.mu)) == ("1120.40", "1107.21", "13.19")
    assert gap.explained, "19.29 × 10⁸ mu stands for ± 50 × 10⁴ mu"


def test_parts_of_the_national_farmland_add_up(table: National) -> None:
    assert [(one.name, len(one.parts), one.over_mu) for one in table.sums] == [
        ("class", 3, 0),
        ("one-year", 3, 0),
        ("rainfall", 4, 0),
        ("slope", 5, 0),
    ]


def test_provinces_without_figures_are_named(table: National) -> None:
    by_name = {one.name: one for one in table.provinces}
    assert len(by_name) == 31
    assert by_name["四川"].farmland is not None and wan(by_name["四川"].farmland.mu) == "7840.75"
    heilongjiang = by_name["黑龙江"].farmland
    assert heilongjiang is not None and (wan(heilongjiang.mu), heilongjiang.step_mu) == ("25790.00", 10 * WAN)
    jiangxi = by_name["江西"]
    assert (jiangxi.missing, jiangxi.headroom_mu) == (("farmland",), None)
    assert jiangxi.holding is not None and jiangxi.pbf is not None
    assert (wan(jiangxi.holding.mu), wan(jiangxi.pbf.mu)) == ("4004.59", "3545.43")
    assert len(table.without_farmland) == 29 and len(table.without_targets) == 30
    assert wan(table.known_mu) == "33630.75"


def test_the_command_prints_it_without_a_workspace(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["standing", "--national", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "gap 0.06; inside the rounding" in said and "gap 13.19; inside the rounding" in said
    assert "北京, 天津" in said and "80.61 %" in said
    assert run(["standing", "--national", str(folder), "--json"]) == 0
    record = capsys.readouterr().out
    assert '"gap_wan_mu": "0.06"' in record and '"first_wan_mu": "191792.85"' in record
    assert run(["--lang", "zh", "standing", "--national", str(folder)]) == 0
    assert "全国：公顷数 × 15 = 191,792.85" in capsys.readouterr().out


def test_a_folder_that_lacks_a_file_or_holds_no_number_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"land_survey_2019\.csv cannot be read"):
        api.national(tmp_path)
    place = shutil.copytree(folder, tmp_path / "copy", copy_function=shutil.copyfile)
    place.chmod(0o755)
    targets = place / "province_targets_2035.csv"
    targets.write_text(targets.read_text(encoding="utf-8").replace("4004.59", "4004 or so"), encoding="utf-8")
    with pytest.raises(BadInput, match="4004 or so"):
        api.national(place)


def test_what_rounding_cannot_explain_is_said() -> None:
    ha, mu = Published.of("100.00", WAN * 15), Published.of("1500.09", WAN)
    assert not Gap("x", "ha-mu", ha, mu).explained
    assert Gap("x", "ha-mu", ha, Published.of("1500.08", WAN)).explained, "both are rounded"
    assert not Sum("class", Published.of("3", WAN), (Published.of("1.0", WAN), Published.of("1.0", WAN))).explained


@given(st.decimals(0, 10**6, places=2), st.sampled_from([WAN, WAN * 15]))
def test_a_figure_is_kept_exactly_and_printed_as_it_was(number: Decimal, unit: int) -> None:
    one = Published.of(f"{number:.2f}", unit)
    assert one.mu == int(number * unit) and one.step_mu == unit // 100
    if unit == WAN:
        assert wan(one.mu) == f"{number:.2f}"
