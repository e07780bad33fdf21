"""The statement of the land book in files: workbook, document to sign, CSV, JSON, all from the same exact numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tilth.core import BadInput, label, language, speaking
from tilth.core.language import LANGUAGES
from tilth.ledger import LotStatus, Statement, statement_record
from tilth.report.cells import grouped
from tilth.report.contents import Numbered, list_blocks, printable
from tilth.report.csvs import listing_csv
from tilth.report.document import Block, Document, Heading, Paragraph, Section, Signatures
from tilth.report.docx import write_docx
from tilth.report.model import Listing, Provenance, Yearbook
from tilth.report.pdf import write_pdf
from tilth.report.statement_lists import (
    accounts_sheet,
    cap_sheet,
    checks_sheet,
    compensation_sheet,
    entries_sheet,
    levelled_test,
    lines_sheet,
    occupation_sheet,
    red_line_sheet,
)
from tilth.report.statement_pool import pool_sheets
from tilth.report.statement_words import columns, said, word
from tilth.report.tested_numbers import about_of, numbers_of
from tilth.report.xlsx import write_xlsx
from tilth.runtime import write_whole

STATEMENT_FORMATS = ("xlsx", "docx", "pdf", "csv", "json")
#: Rows of a list on paper; the workbook has all.
MOST_ROWS = 200
FAILED_ROWS = 12  # failed tests that the summary names; the checks have all
_PAGES = ("5-1-area", "5-1-paddy", "5-1-capacity", "5-1-graded")


@dataclass(frozen=True)
class Sheets:
    """Every sheet of a statement in one language, and the statement with what the printing itself was tested for."""

    statement: Statement
    on_paper: tuple[Listing, ...]
    workbook_only: tuple[Listing, ...]
    basis: Listing

    @property
    def all(self) -> tuple[Listing, ...]:
        """In the order of the workbook."""
        return (*self.on_paper, self.basis, *self.workbook_only)


def sheets(one: Statement, made_on: str = "") -> Sheets:
    """The sheets in the language in use. `made_on` as on the cover: a year that still runs then is said to."""
    pool = pool_sheets(one)
    occupations, owed = occupation_sheet(one)
    compensations, had = compensation_sheet(one)
    cap, caps = cap_sheet(one.caps)
    red_line, held = red_line_sheet(one)
    tested = one.with_tests([levelled_test(one, [*pool.levelled, owed, had, *caps, held])])
    checks = checks_sheet(tested.tested)
    paper = (pool.account, *pool.by_region, occupations, compensations, cap, red_line, checks)
    return Sheets(tested, paper, (accounts_sheet(one), entries_sheet(one), lines_sheet(one)), _basis(one, made_on))


def _basis(one: Statement, made_on: str) -> Listing:
    drawn, rows = one.drawn, list[tuple[str, str]]()
    verified = drawn.verified
    counts = {name: f"{getattr(verified, name):,}" for name in ("entries", "lines", "accounts", "closings")}
    sound = said("BASIS-SOUND-YES", **counts)
    if not verified.sound:
        sound = said("BASIS-SOUND-NO", fault=str(verified.faults[0]))
    rows += [(said("BASIS-BOOK"), verified.digest), (said("BASIS-SOUND"), sound)]
    for sealed in drawn.sealed:
        told = {**sealed._asdict(), "recorded_at": sealed.recorded_at[:19]}
        rows.append((said("BASIS-CLOSING", number=sealed.number), said("BASIS-CLOSING-SAID", **told)))
    if made_on and made_on <= one.on.isoformat():
        rows.append((said("BASIS-YEAR"), said("RUNS")))
    if one.unsealed:
        rows.append((said("BASIS-OPEN"), _some(one.unsealed)))
    lines = f"{sum(len(recorded.entry.lines) for recorded in drawn.entries):,}"
    rows += [
        (
            said("BASIS-ENTRIES"),
            said("BASIS-ENTRIES-SAID", count=f"{len(drawn.entries):,}", booked=f"{one.booked:,}", lines=lines),
        ),
        (said("BASIS-DIGEST"), one.digest or said("DASH")),
        (said("BASIS-REGIONS"), _some(sorted(one.scope.whole.regions))),
    ]
    if one.scope.nested:
        rows.append(("", said("NESTED", codes=said("SEPARATOR").join(one.scope.nested))))
    rows.append((said("BASIS-REPLAY"), said("BASIS-REPLAY-SAID")))
    return Listing("basis", label("STATEMENT-BASIS"), columns("item value"), tuple(rows))


def _some(codes: Sequence[str], most: int = 12) -> str:
    more = f" … (+{len(codes) - most:,})" if len(codes) > most else ""
    return said("SEPARATOR").join(codes[:most]) + more


# --- the document --------------------------------------------------------------------------------------------------


def _summary(done: Sheets) -> Iterator[Block]:
    one = done.statement
    owed = sum(row.lot.left.area_dm2 for row in one.occupations if row.status in (LotStatus.OPEN, LotStatus.OVERDUE))
    counts = one.counts
    yield Heading(1, said("SUMMARY"))
    pool = {"opening": grouped(one.pool.opening.area_dm2), "closing": grouped(one.pool.closing.area_dm2)}
    yield Paragraph(said("SAID-POOL", **pool, owed=grouped(owed)))
    yield Paragraph(said("SAID-CHECKS", **counts))
    for test in one.failed[:FAILED_ROWS]:
        found, wanted, difference = numbers_of(test)
        told = {"invariant": test.invariant, "about": about_of(test), "unit": word("UNIT", test.unit)}
        yield Paragraph(said("SAID-FAILED", found=found, wanted=wanted, difference=difference, **told))
    yield Paragraph(said("SAID-BOOK", digest=one.drawn.verified.digest))
    yield Paragraph(said("SAID-LISTS", most=MOST_ROWS), note=True)


def _blocks(done: Sheets, book: Yearbook) -> Iterator[Block]:
    captions = Numbered()
    yield from _summary(done)
    for listing in (*done.on_paper, done.basis):
        if listing.id not in _PAGES:
            yield Heading(1, str(listing.title))
        if listing.id in _PAGES and not any(any(row[2:]) for row in listing.rows):
            yield Paragraph(said("ALL-NOTHING", title=str(listing.title)))
        else:
            yield from list_blocks(listing, captions, MOST_ROWS)
    yield Heading(1, str(label("REPORT-SIGNATURES")))
    yield Signatures(
        (
            (str(label("REPORT-COMPILED-BY")), book.compiled_by),
            (str(label("REPORT-CHECKED-BY")), book.checked_by),
            (str(label("REPORT-DATE-LINE")), ""),
        )
    )


def _document(done: Sheets, book: Yearbook) -> Document:
    return printable(
        Document(
            language=language(),
            title=str(book.title),
            subtitle=f"{book.unit} · {book.year}",
            cover=(
                str(label("REPORT-COVER-MADE", date=book.made_on)),
                said("SAID-BOOK", digest=done.statement.drawn.verified.digest[:16]),
            ),
            footer=book.provenance.line(),
            made_on=book.made_on,
            sections=(Section(wide=True, blocks=tuple(_blocks(done, book))),),
        )
    )


# --- files ---------------------------------------------------------------------------------------------------------


def write_statement(
    one: Statement,
    folder: Path,
    stem: str,
    *,
    software: str,
    made_on: str,
    rules: Sequence[tuple[str, str]] = (),
    lang: str = "en",
    formats: Sequence[str] = STATEMENT_FORMATS,
    compiled_by: str = "",
    checked_by: str = "",
    on_file: Callable[[Path], None] | None = None,
) -> tuple[Statement, list[Path]]:
    """Write the statement into `folder`; with what its own printing was tested for, and the files in their order.

    Parameters
    ----------
    rules
        Packs that the tests rest on and their versions, for the foot of every page.

    Raises
    ------
    BadInput
        For an unknown language or format, or if a file cannot be written.
    """
    if lang not in LANGUAGES:
        raise BadInput("REPORT-LANGUAGE-UNKNOWN", lang=lang, known=", ".join(LANGUAGES))
    for format in formats:
        if format not in STATEMENT_FORMATS:
            raise BadInput("REPORT-FORMAT-UNKNOWN", format=format, known=", ".join(STATEMENT_FORMATS))
    written: list[Path] = []
    with speaking(lang):
        done = sheets(one, made_on)
        book = Yearbook(
            title=label("STATEMENT-TITLE"), unit=one.scope.whole.name, year=one.year,
            provenance=Provenance(software, tuple(rules), ((said("BASIS-BOOK"), one.drawn.verified.digest),)),
            made_on=made_on, compiled_by=compiled_by, checked_by=checked_by,
        )  # fmt: skip
        for path in _files(done, book, folder, stem, formats):
            written.append(path)
            if on_file is not None:
                on_file(path)
    return done.statement, written


def _files(done: Sheets, book: Yearbook, folder: Path, stem: str, formats: Sequence[str]) -> Iterator[Path]:
    document = _document(done, book) if {"docx", "pdf"} & set(formats) else None
    if "xlsx" in formats:
        yield write_xlsx(book, folder / f"{stem}.xlsx", done.all)
    if "docx" in formats and document is not None:
        yield write_docx(document, folder / f"{stem}.docx")
    if "pdf" in formats and document is not None:
        yield write_pdf(document, folder / f"{stem}.pdf")
    if "csv" in formats:
        for listing in done.all:
            yield write_whole(folder / "csv" / f"{listing.id}.csv", listing_csv(listing))
    if "json" in formats:
        record = json.dumps(statement_record(done.statement), ensure_ascii=False, indent=1)
        yield write_whole(folder / f"{stem}.json", record.encode())
