"""What a yearbook is made of: plain records that any caller can fill, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import geopandas as gpd
import pandas as pd

from tilth.change import Holding, layer_label
from tilth.core import Adjustment, AreaTable, Finding, Label, label
from tilth.land import Snapshot

Kind = Literal["text", "count", "area", "hectares", "fine", "mean", "number"]


@dataclass(frozen=True, slots=True)
class KeyFigure:
    """One number of the summary: the whole area, the farmland, what changed. `before_dm2` where a year came before.

    `hectares` and `before_hectares` are what the land tables of the two years show for it, in 0.01 ha; without them
    the hectares are rounded from the dm².
    """

    label: Label
    dm2: int
    before_dm2: int | None = None
    hectares: int | None = None
    before_hectares: int | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of one rule for one project. `outcome` is a word with an entry REPORT-OUTCOME-… or any text."""

    project: str
    rule: str
    outcome: str
    area_dm2: int | None = None  # of the project that the rule concerns
    title: Label | None = None  # what the rule says
    version: str = ""
    note: str | Label = ""


@dataclass(frozen=True, slots=True)
class Imported:
    """One snapshot or layer that the numbers rest on. Rows in = rows stored + rows quarantined."""

    name: str | Label
    id: str
    rows_in: int
    rows_stored: int
    rows_quarantined: int

    def __post_init__(self) -> None:
        assert self.rows_in == self.rows_stored + self.rows_quarantined, self

    @classmethod
    def of(cls, snapshot: Snapshot, name: str | None = None) -> Imported:
        """From a stored snapshot; named by its kind and year unless `name` is given."""
        meta = snapshot.meta
        kind = layer_label(meta.kind)
        year = "" if meta.year is None else f" {meta.year}"
        return cls(
            name or Label(kind.en + year, kind.zh + year),
            snapshot.id,
            meta.rows_in,
            meta.rows_stored,
            meta.rows_quarantined,
        )


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where every number came from: software, rule versions, source files with their SHA-256, and the row counts."""

    software: str  # "tilth 0.1.0"
    rules: tuple[tuple[str, str], ...] = ()  # (name of the rule set, version)
    sources: tuple[tuple[str, str], ...] = ()  # (file name, SHA-256)
    imports: tuple[Imported, ...] = ()

    @classmethod
    def of(cls, version: str, rules: Sequence[tuple[str, str]], snapshots: Sequence[Snapshot]) -> Provenance:
        """Of a report that rests on `snapshots`."""
        sources = dict.fromkeys((source.name, source.sha256) for one in snapshots for source in one.meta.sources)
        return cls(f"tilth {version}", tuple(rules), tuple(sources), tuple(Imported.of(one) for one in snapshots))

    def line(self) -> str:
        """One line for a page footer: software, rule versions, short hashes of the inputs."""
        rules = ", ".join(f"{name} {version}" for name, version in self.rules)
        hashes = " ".join(sha256[:8] for _, sha256 in self.sources[:6])
        more = f" +{len(self.sources) - 6}" if len(self.sources) > 6 else ""
        inputs = str(label("REPORT-SOURCES-SHA", hashes=hashes + more)) if hashes else ""
        return " · ".join(part for part in (self.software, rules, inputs) if part)


@dataclass(frozen=True)
class Figure:
    """A map or chart: drawn when it is needed, in the language ("en" or "zh") that `draw` is called with; PNG bytes."""

    id: str
    caption: Label
    draw: Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Category:
    """One value of a styled column: how it is called and coloured (#rrggbb)."""

    value: str
    label: Label
    colour: str


@dataclass(frozen=True)
class StyledLayer:
    """One layer of the GeoPackage: its rows, and how a map viewer should colour them by `column`.

    Without categories every row has `colour`. Columns ending in _dm2 are written with a twin in m².
    """

    name: str  # lower-case ASCII, the layer's name in the file
    title: Label
    frame: gpd.GeoDataFrame
    column: str = ""
    categories: tuple[Category, ...] = ()
    colour: str = "#7a7a7a"
    filled: bool = True  # False: outline only


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column of a listing. "area", "hectares" and "fine" hold dm² and are shown in m², in ha of two and in
    ha of four decimals; "mean" holds hundredths of a plain number; "number" is shown as it is. None is shown blank."""

    code: str
    label: Label
    kind: Kind = "text"
    on_paper: bool = True  # False: only in the workbook and CSV
    csv_only: bool = False  # a code of the software's own, for machines


@dataclass(frozen=True)
class Listing:
    """A table that is not only areas: checks, findings, the change list. Rows hold values in the order of `columns`."""

    id: str
    title: Label
    columns: tuple[ListColumn, ...]
    rows: tuple[tuple[object, ...], ...]
    note: Label | None = None
    depths: tuple[int, ...] | None = None  # of each row in the region tree: indents its first cell

    def __post_init__(self) -> None:
        assert all(len(row) == len(self.columns) for row in self.rows), self.id
        assert self.depths is None or len(self.depths) == len(self.rows), self.id


@dataclass(frozen=True)
class Yearbook:
    """One region's year, ready to print. Tables keep the order they are given in."""

    title: Label
    unit: Label  # the county, or any region or group
    year: int
    provenance: Provenance
    made_on: str  # "2025-01-31": the only date that gets into the files
    tables: Sequence[AreaTable] = ()
    flows: Sequence[AreaTable] = ()  # flow matrix, three classes, SEEA account, farmland in and out
    key_figures: Sequence[KeyFigure] = ()
    standing: Sequence[Holding] = ()
    checks: Sequence[Verdict] = ()
    findings: Sequence[Finding] = ()
    adjustments: Sequence[Adjustment] = ()  # beyond those that the tables carry
    change_list: pd.DataFrame | None = None
    quarantine: pd.DataFrame | None = None
    figures: Sequence[Figure] = ()
    layers: Sequence[StyledLayer] = ()
    compiled_by: str = ""
    checked_by: str = ""
    file_stem: str = field(default="")

    @property
    def stem(self) -> str:
        """Name of the files, without ending."""
        return self.file_stem or f"yearbook-{self.year}"
