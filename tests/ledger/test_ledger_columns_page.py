"""The page on the columns of a file of replacement parcels says what the product reads, and `--help` points to it."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from tilth.cli.run import run
from tilth.ledger.offered import columns

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "acceptance-columns.md").read_text(encoding="utf-8")
ROWS, LIMIT_ROWS = (
    {found[1]: found[0] for line in part.splitlines() if (found := re.match(r"\| `([\w-]+)`.*", line))}
    for part in PAGE.split("## Limits")
)
LIMITS = tomllib.loads(files("tilth.ledger").joinpath("data/acceptance-cn.toml").read_text(encoding="utf-8"))["limit"]


def test_every_column_has_a_row_and_no_row_is_of_none() -> None:
    assert set(ROWS) == set(columns())
    assert set(LIMIT_ROWS) == {one["id"] for one in LIMITS}


@pytest.mark.parametrize("name", columns())
def test_a_column_is_told_with_its_names_and_what_is_allowed(name: str) -> None:
    one, row = columns()[name], ROWS[name]
    assert all(word in row for word in one["names"][1:])
    assert ("*needed*" in row) == bool(one.get("needed"))
    if "least" in one:
        assert f"number, {one['least']} to {one['most']}" in row
    if one["type"] == "yes":
        assert "yes or no" in row
    assert len([cell for cell in row.split("|") if cell.strip()]) == 7, "unit, check, meaning and source, or a dash"


@pytest.mark.parametrize("limit", LIMITS, ids=lambda one: str(one["id"]))
def test_a_limit_is_told_with_its_source_and_how_sure_it_is(limit: dict[str, object]) -> None:
    row = LIMIT_ROWS[str(limit["id"])]
    value = limit["value"]
    shown = ", ".join(value) if isinstance(value, list) else str(value)
    assert f"| {shown} {limit['unit']} |" in row
    assert str(limit["source"]) in row and f"| {limit['confidence']} |" in row


def test_the_values_of_pollution_and_slope_are_explained() -> None:
    assert "screening value" in ROWS["pollution"] and "control value" in ROWS["pollution"]
    assert "over 15° to 25°" in ROWS["slope_grade"]


def test_help_points_to_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "accept", "--help"]) == 0
    assert "acceptance-columns" in "".join(capsys.readouterr().out.split())
