"""What a printed yearbook consists of, in one language: headings, texts, tables, pictures. docx and PDF draw it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of `level` 1 or 2."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; a note is printed smaller."""

    text: str
    note: bool = False


@dataclass(frozen=True, slots=True)
class HeadCell:
    """One cell of a heading row, over `span` columns."""

    text: str
    span: int = 1


@dataclass(frozen=True)
class Grid:
    """A table of texts. `widths` are shares of the page's width, summing to 1."""

    caption: str
    unit: str  # line above the table, e.g. "Unit: ha"
    head: tuple[tuple[HeadCell, ...], ...]
    body: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    widths: tuple[float, ...]
    depths: tuple[int, ...]  # of each row: indents its first cell
    notes: tuple[str, ...] = ()
    wide: bool = False  # needs a page on its side
    size: float = 9.0  # letters, in points

    def __post_init__(self) -> None:
        count = len(self.numeric)
        assert all(sum(cell.span for cell in row) == count for row in self.head), self.caption
        assert all(len(row) == count for row in self.body) and len(self.widths) == count, self.caption
        assert len(self.depths) == len(self.body), self.caption


@dataclass(frozen=True)
class Picture:
    """A picture over the page's width, with its caption."""

    png: bytes
    caption: str


@dataclass(frozen=True)
class Signatures:
    """The lines to sign: who, and what is already known (a name, a date) or ""."""

    lines: tuple[tuple[str, str], ...]


Block = Heading | Paragraph | Grid | Picture | Signatures


@dataclass(frozen=True)
class Section:
    """Blocks on pages of one orientation: A4 upright, or on its side where a table is too wide."""

    wide: bool
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole document in one language."""

    language: str  # "en" or "zh"
    title: str
    subtitle: str
    cover: tuple[str, ...]  # further lines of the cover
    footer: str
    made_on: str
    sections: tuple[Section, ...]
