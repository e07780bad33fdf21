"""The document as PDF, set by Typst with fonts that come with the product, so Chinese needs no font of the machine."""

from __future__ import annotations

import datetime
import json
import tempfile
from importlib.resources import files
from pathlib import Path
from typing import Any

import typst

from tilth.core import BadInput
from tilth.report.canvas import font_folder
from tilth.report.document import Block, Document, Grid, Heading, Paragraph, Picture, Signatures
from tilth.runtime import write_whole


def _as_record(block: Block, pictures: dict[str, bytes]) -> dict[str, Any]:
    if isinstance(block, Heading):
        return {"kind": "heading", "level": block.level, "text": block.text}
    if isinstance(block, Paragraph):
        return {"kind": "note" if block.note else "paragraph", "text": block.text}
    if isinstance(block, Picture):
        name = f"picture-{len(pictures)}.png"
        pictures[name] = block.png
        return {"kind": "picture", "file": name, "caption": block.caption}
    if isinstance(block, Signatures):
        return {"kind": "signatures", "lines": block.lines}
    return _grid_record(block)


def _grid_record(grid: Grid) -> dict[str, Any]:
    return {
        "kind": "grid",
        "caption": grid.caption,
        "unit": grid.unit,
        "head": [[{"text": cell.text, "span": cell.span} for cell in row] for row in grid.head],
        "body": grid.body,
        "numeric": grid.numeric,
        "widths": grid.widths,
        "depths": grid.depths,
        "notes": grid.notes,
        "size": grid.size,
    }


def pdf_bytes(document: Document) -> bytes:
    """The PDF. Texts reach Typst as data, never as markup. Equal content gives equal bytes.

    Raises
    ------
    BadInput
        If Typst refuses the document.
    """
    pictures: dict[str, bytes] = {}
    sections = [
        {"wide": section.wide, "blocks": [_as_record(block, pictures) for block in section.blocks]}
        for section in document.sections
    ]
    record = {
        "language": document.language,
        "title": document.title,
        "subtitle": document.subtitle,
        "cover": document.cover,
        "footer": document.footer,
        "sections": sections,
    }
    with tempfile.TemporaryDirectory(prefix="tilth-pdf-") as name:
        folder = Path(name)
        for picture, content in pictures.items():
            (folder / picture).write_bytes(content)
        (folder / "document.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
        template = files("tilth.report").joinpath("data/yearbook.typ").read_text(encoding="utf-8")
        (folder / "main.typ").write_text(template, encoding="utf-8")
        made = datetime.datetime.fromisoformat(document.made_on).replace(tzinfo=datetime.UTC)
        try:
            return _compiled(folder, made)
        except RuntimeError as error:
            raise BadInput("REPORT-PDF-FAILED", reason=str(error)) from None


def _compiled(folder: Path, made: datetime.datetime) -> bytes:
    compiler = typst.Compiler(
        str(folder / "main.typ"), root=str(folder), font_paths=[str(font_folder())], ignore_system_fonts=True
    )
    content = compiler.compile(format="pdf", timestamp=made)
    assert isinstance(content, bytes)
    return content


def write_pdf(document: Document, path: Path) -> Path:
    """Write the PDF to `path`, whole or not at all."""
    return write_whole(path, pdf_bytes(document))
