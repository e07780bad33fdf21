"""Short papers: parts with a heading, sentences, a picture and lists, as a document and a workbook in one language."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tilth.core import BadInput, Label, label, language, message
from tilth.report.contents import Numbered, list_blocks, printable
from tilth.report.csvs import listing_csv
from tilth.report.document import Block, Document, Grid, Heading, Paragraph, Picture, Section
from tilth.report.docx import write_docx
from tilth.report.model import Listing, Provenance, Yearbook
from tilth.report.pdf import write_pdf
from tilth.report.xlsx import write_xlsx
from tilth.runtime import working, write_whole

PAPER_FORMATS = ("docx", "pdf", "xlsx", "csv")
_MOST_ROWS = 200


@dataclass(frozen=True)
class Part:
    """One part of a paper: what it says, shows and lists."""

    heading: str
    said: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    picture: bytes | None = None
    caption: str = ""
    lists: tuple[Listing, ...] = ()


@dataclass(frozen=True)
class Paper:
    """A paper in the language in use when it was made."""

    title: Label
    unit: Label
    year: int | None
    parts: tuple[Part, ...]
    provenance: Provenance
    made_on: str  # "2025-01-31"
    workbook: tuple[Listing, ...] = ()  # lists for the workbook and CSV; those of the parts without
    flowing: bool = False  # parts follow one another on a page


def write_paper(paper: Paper, folder: Path, stem: str, formats: Sequence[str] = PAPER_FORMATS) -> list[Path]:
    """Write it as STEM.docx, .pdf, .xlsx, and a CSV file for each list, into `folder`.

    Raises
    ------
    BadInput
        For an unknown format or date, or if a file cannot be written.
    """
    for one in formats:
        if one not in PAPER_FORMATS:
            raise BadInput("REPORT-FORMAT-UNKNOWN", format=one, known=", ".join(PAPER_FORMATS))
    try:
        datetime.date.fromisoformat(paper.made_on)
    except ValueError:
        raise BadInput("REPORT-DATE", made_on=paper.made_on) from None
    lists = paper.workbook or tuple(one for part in paper.parts for one in part.lists)
    written = []
    if {"docx", "pdf"} & set(formats):
        document = _document(paper)
        if "docx" in formats:
            with _writing(f"{stem}.docx"):
                written.append(write_docx(document, folder / f"{stem}.docx"))
        if "pdf" in formats:
            with _writing(f"{stem}.pdf"):
                written.append(write_pdf(document, folder / f"{stem}.pdf"))
    if "xlsx" in formats:
        # The year of a survey stands in the title of a sheet; without a survey it is that of the day it was made on.
        year = paper.year or int(paper.made_on[:4])
        book = Yearbook(paper.title, paper.unit, year, paper.provenance, paper.made_on)
        with _writing(f"{stem}.xlsx"):
            written.append(write_xlsx(book, folder / f"{stem}.xlsx", lists))
    if "csv" in formats:
        written += [write_whole(folder / f"{one.id}.csv", listing_csv(one)) for one in lists]
    return written


def _writing(file: str) -> AbstractContextManager[object]:
    """Says which file is being written; between two files the work may be ended."""
    return working(message("REPORT-WRITING", file=file))


def _document(paper: Paper) -> Document:
    captions = Numbered()
    return printable(
        Document(
            language=language(),
            title=str(paper.title),
            subtitle=" · ".join(filter(None, (str(paper.unit), "" if paper.year is None else str(paper.year)))),
            cover=(str(label("REPORT-COVER-MADE", date=paper.made_on)),),
            footer=paper.provenance.line(),
            made_on=paper.made_on,
            sections=_sections(paper, captions),
        )
    )


def _sections(paper: Paper, captions: Numbered) -> tuple[Section, ...]:
    """Pages of each part, those of a wide table on their side; words stay with the table or picture that follows."""
    out: list[Section] = []
    for part in paper.parts:
        fresh, words = not paper.flowing, list[Block]()
        blocks = list(_blocks(part, captions))
        for at, block in enumerate(blocks):
            words.append(block)
            if isinstance(block, Heading | Paragraph) and at + 1 < len(blocks):
                continue
            wide = isinstance(block, Grid) and block.wide
            if out and not fresh and out[-1].wide == wide:
                out[-1] = Section(wide, (*out[-1].blocks, *words))
            else:
                out.append(Section(wide, tuple(words)))
            fresh, words = False, []
    return tuple(out)


def _blocks(part: Part, captions: Numbered) -> Iterator[Block]:
    yield Heading(1, part.heading)
    for text in part.said:
        yield Paragraph(text)
    if part.picture is not None:
        yield Picture(part.picture, captions.figure(part.caption or part.heading))
    for one in part.lists:
        yield from list_blocks(one, captions, _MOST_ROWS)
    for text in part.notes:
        yield Paragraph(text, note=True)
