"""The reference of soil says what the product's tables say."""

from __future__ import annotations

from pathlib import Path

from tilth.soil import indices, load_conversions, schemes_in
from tilth.soil.samples.headings import columns

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "soil.md").read_text(encoding="utf-8")


def test_the_reference_has_every_column_scheme_figure_and_index() -> None:
    table = load_conversions(None)
    lines = PAGE.splitlines()
    for name in (*columns(), *indices(), *table.figures, *table.lines):
        assert any(line.startswith(f"| `{name}` |") for line in lines), name
    for one in schemes_in().values():
        assert f"### `{one.id}`: {one.title.en} · {one.title.zh}" in lines
        for each in one.classes:
            assert any(line.startswith(f"| `{each.id}` | {each.label.en} | {each.label.zh} |") for line in lines)


def test_the_reference_has_the_numbers_of_the_conversions() -> None:
    for name, one in load_conversions(None).figures.items():
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
        assert f"| {one.value:g} |" in line and one.source in line
    for name, one in load_conversions(None).lines.items():
        (line,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
        assert f"| {one.slope:g} | {one.low:g} to {one.high:g} | {one.intercept:g} |" in line
