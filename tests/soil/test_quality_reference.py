"""The reference of farmland quality says what the product's tables say."""

from __future__ import annotations

from pathlib import Path

from tilth.core import speaking
from tilth.soil import load_needs, register_columns, weight_tables

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "quality.md").read_text(encoding="utf-8")
LINES = PAGE.splitlines()


def line_of(id: str, section: str) -> str:
    at = LINES.index(section)
    end = next((n for n in range(at + 1, len(LINES)) if LINES[n].startswith("## ")), len(LINES))
    (line,) = [line for line in LINES[at:end] if line.startswith(f"| `{id}` |")]
    return line


def test_every_column_of_the_register_stands_there_with_both_names_and_its_unit():
    for one in register_columns().values():
        line = line_of(one.id, "## Columns of the register")
        assert f"| {one.label.en} | {one.label.zh} | {one.unit or '–'} |" in line, one.id


def test_every_weight_stands_there_with_its_figures_source_and_mark():
    for table in weight_tables():
        for one in table.indicators:
            line = line_of(one.id, f"## Weights: `{table.id}`")
            assert f"| {one.weight:g} |" in line and one.source in line and line.endswith(f"| {one.confidence} |")
        assert " · ".join(f"{bound:.4f}" for bound in table.grades_from) in PAGE


def test_every_need_and_measure_stands_there_with_its_limit_and_source():
    needs = load_needs()
    with speaking("en"):
        for one in needs.needs:
            line = line_of(one.id, "## What a field needs")
            assert f"| {one.limit} |" in line and one.source in line and line.endswith(f"| {one.confidence} |")
    for each in needs.measures.values():
        used = any(each.id in (*one.measures_low, *one.measures_high) for one in needs.needs)
        if used:
            line = line_of(each.id, "## Measures")
            assert f"| {each.label.en} | {each.label.zh} |" in line and line.endswith(f"| {each.confidence} |")
    for kind in needs.degradations:
        assert kind.label.zh in line_of(kind.id, "## Degraded land")
