"""What the signed document says and shows, and what it leaves to the workbook, said each time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import cast

from tilth.change import shown_ha
from tilth.core import AreaTable, in_units, label, language
from tilth.report.cells import (
    display_width,
    filled,
    grouped,
    hundredths_of_ha,
    official_codes,
    printed_names,
    readable,
    table_notes,
    unit_line,
)
from tilth.report.document import Block, Document, Grid, HeadCell, Heading, Paragraph, Picture, Section, Signatures
from tilth.report.listings import (
    change_listing,
    checks_listing,
    findings_summary,
    imports_listing,
    rules_listing,
    sources_listing,
    standing_listing,
)
from tilth.report.model import Listing, Yearbook
from tilth.report.xlsx import column_heading

#: Area columns that fit a page on its side.
ON_ITS_SIDE = 15
#: Points across an A4 page between margins, upright and on its side, and how wide a letter of one point is.
UPRIGHT_POINTS, SIDE_POINTS, LETTER = 481.0, 728.0, 0.56
SMALLEST, READABLE, LARGEST = 5.0, 7.0, 9.0
#: A table of change may go over this many parts, enough for level-1 classes by region; wider tables are in the
#: workbook only.
PARTS = 6
DEEPEST_ROW = 1  # county and townships
LIST_ROWS = 40
#: A longer text in a list is cut on paper; what a rule said of a project is printed whole.
LETTERS, LETTERS_OF_A_VERDICT = 160, 2000
#: Columns of the change list that belong on paper; the workbook has all of them.
_CHANGE_COLUMNS = {"seq", "kind", "old_parcel", "old_class", "new_parcel", "new_class", "area_dm2"}


class Numbered:
    """Captions with running numbers."""

    def __init__(self) -> None:
        self.tables = 0
        self.figures = 0

    def table(self, title: str) -> str:
        self.tables += 1
        return str(label("REPORT-TABLE", number=self.tables, title=title))

    def figure(self, title: str) -> str:
        self.figures += 1
        return str(label("REPORT-FIGURE", number=self.figures, title=title))


def _fit(widths: Sequence[float]) -> tuple[bool, float]:
    """Whether a table of columns so many letters wide needs a page on its side, and its letters' size in points."""
    letters = sum(widths) * LETTER
    if UPRIGHT_POINTS / letters >= READABLE:
        return False, min(UPRIGHT_POINTS / letters, LARGEST)
    return True, max(SMALLEST, min(SIDE_POINTS / letters, LARGEST))


def _shares(widths: Sequence[float]) -> tuple[float, ...]:
    whole = sum(widths) or 1.0
    return tuple(width / whole for width in widths)


def _table_blocks(table: AreaTable, captions: Numbered, parts_allowed: int) -> Iterator[Block]:
    """The table in hectares, down to townships, without its empty columns; or the word where it is."""
    rows, held = [place for place, row in enumerate(table.rows) if row.depth <= DEEPEST_ROW], filled(table, "ha")
    matrix = parts_allowed > 1
    if matrix and len(rows) > LIST_ROWS // 2:  # a flow matrix over all classes: leave out what never changed
        rows = [place for place in rows if held[place].any()]
    columns = list(range(len(table.columns)))
    if len(columns) > ON_ITS_SIDE:
        if not matrix:
            yield _left_to_workbook(table)
            return
        columns = [place for place in columns if held[:, place].any()]
    parts = max(1, -(-len(columns) // ON_ITS_SIDE))
    if parts > parts_allowed or len(rows) > 6 * LIST_ROWS:
        yield _left_to_workbook(table)
        return
    caption = captions.table(str(table.title))
    for part in range(parts):
        chosen = columns[part * len(columns) // parts : (part + 1) * len(columns) // parts]
        last = part == parts - 1
        title = caption if parts == 1 else str(label("REPORT-PART", title=caption, part=part + 1, parts=parts))
        yield _grid(table, rows, chosen, title, _left_out(table, rows, columns) if last else ())


def _left_to_workbook(table: AreaTable) -> Paragraph:
    shape = {"columns": len(table.columns), "rows": len(table.rows)}
    return Paragraph(str(label("REPORT-WIDE-LEFT", title=str(table.title), **shape)))


def _left_out(table: AreaTable, rows: Sequence[int], columns: Sequence[int]) -> tuple[str, ...]:
    """A sentence for every kind of row or column that is not printed."""
    notes = table_notes(table, "ha")
    deep = sum(row.depth > DEEPEST_ROW for row in table.rows)
    if deep:
        notes.append(str(label("REPORT-VILLAGES-LEFT", count=f"{deep:,}")))
    empty_rows = len(table.rows) - deep - len(rows)
    empty_columns = len(table.columns) - len(columns)
    if empty_rows or empty_columns:
        notes.append(str(label("REPORT-ZEROS-LEFT", columns=empty_columns, rows=empty_rows)))
    return tuple(notes)


def _grid(table: AreaTable, rows: Sequence[int], columns: Sequence[int], title: str, notes: tuple[str, ...]) -> Grid:
    shown = hundredths_of_ha(table)
    body = [
        [*printed_names(table.rows[row].names), *(grouped(int(shown[row, place])) for place in columns)] for row in rows
    ]
    keys = len(table.key_columns)
    picked = [table.columns[place] for place in columns]
    blank = [HeadCell("")] * keys
    head: list[list[HeadCell]] = []
    if any(one.group for one in picked):
        groups = ["" if one.group is None else str(one.group) for one in picked]
        head.append([*blank, *_spans(groups)])
    if codes := official_codes(picked):
        head.append([*blank, *map(HeadCell, codes)])
    head.append([*(HeadCell(str(one)) for one in table.key_columns), *(HeadCell(str(one.label)) for one in picked)])
    indent = max((2.0 * table.rows[row].depth for row in rows), default=0.0)
    widths = [min(max([6.0, *(display_width(line[place]) for line in body)]), 24.0) + 1.5 for place in range(keys)]
    widths[:1] = [width + indent for width in widths[:1]]
    for place, column in enumerate(picked, start=keys):
        word = max((display_width(part) for part in str(column.label).split()), default=0)
        widths.append(max([6.0, min(word, 14.0), *(len(line[place]) for line in body)]) + 1.5)
    wide, size = _fit(widths)
    return Grid(
        caption=title,
        unit=str(unit_line("ha")),
        head=tuple(map(tuple, head)),
        body=tuple(map(tuple, body)),
        numeric=(*[False] * keys, *[True] * len(columns)),
        widths=_shares(widths),
        depths=tuple(table.rows[row].depth for row in rows),
        notes=notes,
        wide=wide,
        size=size,
    )


def _spans(texts: Sequence[str]) -> list[HeadCell]:
    """Neighbouring equal texts as one cell."""
    cells: list[HeadCell] = []
    for text in texts:
        if cells and text and cells[-1].text == text:
            cells[-1] = HeadCell(text, cells[-1].span + 1)
        else:
            cells.append(HeadCell(text))
    return cells


def _list_text(value: object, kind: str, letters: int) -> str:
    if value is None or value == "":
        return ""
    if kind in ("area", "mean"):
        return grouped(int(str(value)))
    if kind == "hectares":
        return f"{in_units(int(str(value)), 'ha'):,}"
    if kind == "fine":
        return f"{in_units(int(str(value)), 'ha', 4):,}"
    text = f"{value:,}" if kind == "count" else str(value)
    return text if len(text) <= letters else text[: letters - 1] + "…"


def list_blocks(listing: Listing, captions: Numbered, most_rows: int = LIST_ROWS) -> Iterator[Block]:
    """A listing's columns that belong on paper, its first rows, and a word about the rest."""
    if not listing.rows:
        yield Paragraph(f"{listing.title}: {label('REPORT-NONE')}")
        return
    places = [place for place, column in enumerate(listing.columns) if column.on_paper and not column.csv_only]
    if listing.id == "change-list":
        places = [place for place in places if listing.columns[place].code in _CHANGE_COLUMNS]
    kinds = [listing.columns[place].kind for place in places]
    letters = LETTERS if listing.id != "checks" else LETTERS_OF_A_VERDICT
    chosen = [at for at, row in enumerate(listing.rows) if _prints(listing, row)]
    left = len(listing.rows) - len(chosen)
    chosen = chosen if listing.id == "checks" else chosen[:most_rows]
    rows = [listing.rows[at] for at in chosen]
    body = [
        tuple(_list_text(row[place], kind, letters) for place, kind in zip(places, kinds, strict=True)) for row in rows
    ]
    names = [column_heading(listing, place) for place in places]
    notes = [str(listing.note)] if listing.note else []
    if left:
        notes.append(str(label("REPORT-TASKLESS-LEFT", count=f"{left:,}")))
    if len(listing.rows) - left > len(rows):
        notes.append(str(label("REPORT-ROWS-LEFT", shown=len(rows), count=f"{len(listing.rows) - left:,}")))
    most = 34 if listing.id != "checks" else 50
    widths = [_list_width(names[at], [line[at] for line in body], most) for at in range(len(places))]
    wide, size = _fit(widths)
    yield Grid(
        caption=captions.table(str(listing.title)),
        unit="",
        head=(tuple(HeadCell(name) for name in names),),
        body=tuple(body),
        numeric=tuple(kind != "text" for kind in kinds),
        widths=_shares(widths),
        depths=tuple(0 if listing.depths is None else listing.depths[at] for at in chosen),
        notes=tuple(notes),
        wide=wide,
        size=size,
    )


def _prints(listing: Listing, row: Sequence[object]) -> bool:
    """Regions without a task of their own are in the workbook; every other row may be printed."""
    tasks = [place for place, one in enumerate(listing.columns) if one.code in ("farmland_task", "pbf_task")]
    return listing.id != "standing" or any(row[place] is not None for place in tasks)


def _list_width(name: str, texts: Sequence[str], most: int) -> float:
    """Letters that a column needs: its longest word whole, and up to `most` of a longer text."""
    longest = max(_unbroken(part) for text in (name or "-", *texts) for part in text.split() or ["-"])
    widest = max((display_width(text) for text in texts), default=4)
    return max(longest, min(widest, most)) + 2.0


def _unbroken(word: str) -> int:
    """Letters of a word that stay on one line; Chinese may break at every sign."""
    return min(display_width(word), 66 if word.isascii() else 12)


def _key_figures(book: Yearbook, captions: Numbered) -> Iterator[Block]:
    if not book.key_figures:
        return
    compared = any(one.before_dm2 is not None for one in book.key_figures)
    names = [str(label("REPORT-ITEM")), str(label("REPORT-THIS-YEAR", year=book.year))]
    names += [str(label("REPORT-YEAR-BEFORE")), str(label("REPORT-CHANGE"))] if compared else []
    names.append(str(label("REPORT-EXACT-M2", year=book.year)))
    body = []
    for one in book.key_figures:
        now = shown_ha(one.dm2, one.hectares)
        line = [str(one.label), grouped(now)]
        if compared and one.before_dm2 is not None:
            before = shown_ha(one.before_dm2, one.before_hectares)
            line += [grouped(before), f"{'+' if now > before else ''}{grouped(now - before)}"]
        elif compared:
            line += ["", ""]
        body.append((*line, grouped(one.dm2)))
    yield Grid(
        caption=captions.table(str(label("REPORT-KEY-FIGURES"))),
        unit="",
        head=(tuple(HeadCell(name) for name in names),),
        body=tuple(body),
        numeric=(False, *[True] * (len(names) - 1)),
        widths=_shares([2.0, *[1.0] * (len(names) - 1)]),
        depths=tuple([0] * len(body)),
        notes=(str(label("REPORT-KEY-NOTE")),) if compared else (),
    )


def _summary(book: Yearbook, captions: Numbered) -> Iterator[Block]:
    yield Heading(1, str(label("REPORT-SUMMARY")))
    yield from _key_figures(book, captions)
    imports = book.provenance.imports
    counts = {
        "rows_in": f"{sum(one.rows_in for one in imports):,}",
        "stored": f"{sum(one.rows_stored for one in imports):,}",
        "quarantined": f"{sum(one.rows_quarantined for one in imports):,}",
    }
    if imports:
        yield Paragraph(str(label("REPORT-COUNTS-LINE", **counts)))
    breaks = sum(finding.severity.value == "breaks" for finding in book.findings)
    found = {"count": f"{len(book.findings):,}", "breaks": f"{breaks:,}", "odd": f"{len(book.findings) - breaks:,}"}
    yield Paragraph(str(label("REPORT-FINDINGS-LINE", **found)))
    yield Paragraph(str(label("REPORT-TABLES-LINE")))


def _blocks(book: Yearbook) -> Iterator[Block]:
    captions = Numbered()
    yield from _summary(book, captions)
    if book.figures:
        yield Heading(1, str(label("REPORT-MAPS")))
    for figure in book.figures:
        yield Picture(figure.draw(language()), captions.figure(str(figure.caption)))
    yield Heading(1, str(label("REPORT-STATUS")))
    for table in book.tables:
        yield from _table_blocks(table, captions, parts_allowed=1)
    if book.flows or book.change_list is not None:
        yield Heading(1, str(label("REPORT-FLOWS")))
    for table in book.flows:
        yield from _table_blocks(table, captions, parts_allowed=PARTS)
    if book.change_list is not None:
        yield from list_blocks(change_listing(book.change_list), captions)
    yield Heading(1, str(label("REPORT-STANDING")))
    yield from list_blocks(standing_listing(book.standing), captions)
    yield Heading(1, str(label("REPORT-CHECKS")))
    yield from list_blocks(checks_listing(book.checks), captions)
    yield Heading(1, str(label("REPORT-DATA-QUALITY")))
    yield from list_blocks(findings_summary(book.findings), captions)
    yield Heading(1, str(label("REPORT-PROVENANCE")))
    for listing in (imports_listing(book), sources_listing(book), rules_listing(book)):
        yield from list_blocks(listing, captions)
    yield Heading(1, str(label("REPORT-SIGNATURES")))
    yield Signatures(
        (
            (str(label("REPORT-COMPILED-BY")), book.compiled_by),
            (str(label("REPORT-CHECKED-BY")), book.checked_by),
            (str(label("REPORT-DATE-LINE")), ""),
        )
    )


def _sections(blocks: Iterable[Block]) -> tuple[Section, ...]:
    """Chapters, on their side as a whole where one of their tables needs it; neighbours alike share their pages."""
    chapters: list[list[Block]] = []
    for block in blocks:
        if not chapters or (isinstance(block, Heading) and block.level == 1):
            chapters.append([])
        chapters[-1].append(block)
    sections: list[Section] = []
    for chapter in chapters:
        wide = any(isinstance(block, Grid) and block.wide for block in chapter)
        if sections and sections[-1].wide == wide:
            sections[-1] = Section(wide, (*sections[-1].blocks, *chapter))
        else:
            sections.append(Section(wide, tuple(chapter)))
    return tuple(sections)


def document_of(book: Yearbook) -> Document:
    """The printed yearbook in the language in use, pictures drawn."""
    document = Document(
        language=language(),
        title=str(book.title),
        subtitle=f"{book.unit} · {book.year}",
        cover=(str(label("REPORT-COVER-YEAR", year=book.year)), str(label("REPORT-COVER-MADE", date=book.made_on))),
        footer=book.provenance.line(),
        made_on=book.made_on,
        sections=_sections(_blocks(book)),
    )
    return printable(document)


def printable(document: Document) -> Document:
    """`document` with every sign that a file cannot hold made visible."""
    return cast(Document, _readable(document))


def _readable(value: object) -> object:
    """`value` with every text in it made printable, however deep it lies."""
    if isinstance(value, str):
        return readable(value)
    if isinstance(value, tuple):
        return tuple(_readable(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{one.name: _readable(getattr(value, one.name)) for one in fields(value)})
    return value
