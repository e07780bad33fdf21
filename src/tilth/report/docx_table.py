"""A table of the document as WordprocessingML, written row by row as text: thousands of cells in a moment."""

from __future__ import annotations

from itertools import accumulate
from xml.sax.saxutils import escape

from docx.oxml.ns import nsdecls

from tilth.report.document import Grid, HeadCell

_HEAD_FILL = "E4EBDD"
_INDENT = 170  # of a row below another, in twentieths of a point
_SIDES = "".join(f'<w:{side} w:w="40" w:type="dxa"/>' for side in ("left", "right"))


def table_xml(grid: Grid, width: int) -> str:
    """The table, `width` twentieths of a point wide. Its heading rows are repeated on every page it goes over."""
    widths = [int(width * share) for share in grid.widths]
    size = round(2 * grid.size)  # half points
    columns = "".join(f'<w:gridCol w:w="{one}"/>' for one in widths)
    head = "".join(_head_row(row, widths, size) for row in grid.head)
    body = "".join(
        _body_row(texts, depth, grid.numeric, widths, size) for texts, depth in zip(grid.body, grid.depths, strict=True)
    )
    return (
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="TableGrid"/><w:tblW w:w="{sum(widths)}" w:type="dxa"/>'
        f'<w:jc w:val="center"/><w:tblLayout w:type="fixed"/><w:tblCellMar>{_SIDES}</w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{columns}</w:tblGrid>{head}{body}</w:tbl>"
    )


def _head_row(cells: tuple[HeadCell, ...], widths: list[int], size: int) -> str:
    ends = [0, *accumulate(cell.span for cell in cells)]
    row = []
    for cell, first, end in zip(cells, ends, ends[1:], strict=False):
        span = f'<w:gridSpan w:val="{cell.span}"/>' if cell.span > 1 else ""
        shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{_HEAD_FILL}"/><w:vAlign w:val="center"/>'
        row.append(_cell(cell.text, sum(widths[first:end]), size, "center", before=span, after=shade, bold="<w:b/>"))
    return f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{''.join(row)}</w:tr>"


def _body_row(texts: tuple[str, ...], depth: int, numeric: tuple[bool, ...], widths: list[int], size: int) -> str:
    row = []
    for place, text in enumerate(texts):
        side = "right" if numeric[place] else "left"
        row.append(_cell(text, widths[place], size, side, indent=depth * _INDENT if place == 0 else 0))
    return f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{''.join(row)}</w:tr>"


def _cell(
    text: str, width: int, size: int, side: str, *, before: str = "", after: str = "", bold: str = "", indent: int = 0
) -> str:
    moved = f'<w:ind w:left="{indent}"/>' if indent else ""
    lines = escape(text).replace("\n", '</w:t><w:br/><w:t xml:space="preserve">')
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{before}{after}</w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:after="0"/>{moved}<w:jc w:val="{side}"/></w:pPr>'
        f'<w:r><w:rPr>{bold}<w:sz w:val="{size}"/></w:rPr>'
        f'<w:t xml:space="preserve">{lines}</w:t></w:r></w:p></w:tc>'
    )
