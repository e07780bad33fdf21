"""The yearbook: one region's year as a workbook, a document to sign, CSV tables and a map, from the same numbers."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

from tilth.core import BadInput, speaking
from tilth.core.language import LANGUAGES
from tilth.report.contents import document_of
from tilth.report.csvs import write_csvs
from tilth.report.document import Document
from tilth.report.docx import write_docx
from tilth.report.geopackage import write_geopackage
from tilth.report.model import Yearbook
from tilth.report.pdf import write_pdf
from tilth.report.xlsx import write_xlsx

FORMATS = ("xlsx", "docx", "pdf", "csv", "gpkg")


def _checked(book: Yearbook, lang: str, formats: Sequence[str]) -> None:
    if lang not in LANGUAGES:
        raise BadInput("REPORT-LANGUAGE-UNKNOWN", lang=lang, known=", ".join(LANGUAGES))
    for one in formats:
        if one not in FORMATS:
            raise BadInput("REPORT-FORMAT-UNKNOWN", format=one, known=", ".join(FORMATS))
    try:
        datetime.date.fromisoformat(book.made_on)
    except ValueError:
        raise BadInput("REPORT-DATE", made_on=book.made_on) from None


def write_yearbook(
    book: Yearbook,
    folder: Path,
    *,
    lang: str = "en",
    formats: Sequence[str] = FORMATS,
    on_file: Callable[[Path], None] | None = None,
) -> list[Path]:
    """Write the yearbook into `folder` and list the files, in the order they were written.

    Parameters
    ----------
    lang
        "en" or "zh".
    formats
        Any of "xlsx", "docx", "pdf", "csv", "gpkg". The GeoPackage is written only if the book has layers.
    on_file
        Told of each file as it is done, for progress.

    Raises
    ------
    BadInput
        For an unknown language, format or date, or if a file cannot be written. A file that stood there before
        is then left as it was.
    """
    _checked(book, lang, formats)
    written: list[Path] = []

    def done(*paths: Path) -> None:
        for path in paths:
            written.append(path)
            if on_file is not None:
                on_file(path)

    with speaking(lang):
        document: Document | None = document_of(book) if {"docx", "pdf"} & set(formats) else None
        if "xlsx" in formats:
            done(write_xlsx(book, folder / f"{book.stem}.xlsx"))
        if "docx" in formats and document is not None:
            done(write_docx(document, folder / f"{book.stem}.docx"))
        if "pdf" in formats and document is not None:
            done(write_pdf(document, folder / f"{book.stem}.pdf"))
        if "csv" in formats:
            done(*write_csvs(book, folder / "csv"))
        if "gpkg" in formats and book.layers:
            done(write_geopackage(book.layers, folder / f"{book.stem}.gpkg", book.made_on))
    return written
