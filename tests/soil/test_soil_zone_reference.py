"""The reference page on zones and candidates says what the tables say."""

from __future__ import annotations

from pathlib import Path

from tilth.soil import criteria
from tilth.soil.zones.measures import reasons

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "zones-and-trends.md"


def told(heading: str) -> dict[str, list[str]]:
    """Rows of the table under a heading, by the name in their first cell."""
    part = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("| `")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0].strip("`"): row[1:] for row in cells}


def number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def test_every_rule_on_measures_is_told():
    assert told("Measures by cause") == {
        one.id: [
            f"`{one.driver}`", number(one.at_least), number(one.below), ", ".join(sorted(one.kinds)),
            ", ".join(one.treatments), one.source, one.confidence,
        ]
        for one in reasons()
    }  # fmt: skip


def test_every_criterion_of_suitability_is_told():
    assert told("Criteria of suitability") == {
        one.id: [
            f"{one.weight:g}", " ".join(f"{a:g}:{b:g}" for a, b in zip(one.at, one.share, strict=True)), one.source,
            one.confidence,
        ]
        for one in criteria()
    }  # fmt: skip
