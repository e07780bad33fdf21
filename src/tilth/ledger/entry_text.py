"""The text of a file of entries: in UTF-8, or in what a Chinese workbook writes its CSV in; no byte is replaced."""

from __future__ import annotations

import codecs

from tilth.core import BadInput

#: Where the signs of Chinese, Japanese and Korean begin: text that has one in UTF-8 is no GBK.
_CJK = "\u2e80"


def text_of(raw: bytes, file: str) -> str:
    """`raw` as text: UTF-8, else GB18030, which holds GBK.

    A file that is UTF-8 with a damaged byte would often read as GB18030, with other signs all the way; so it is refused
    when Chinese in UTF-8 stands before that byte.

    Raises
    ------
    BadInput
        If a byte is no text in either; the row (of a CSV, its line) and the place of the byte are named.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = error.start
    marked = len(codecs.BOM_UTF8) if raw.startswith(codecs.BOM_UTF8) else 0
    at = start + marked
    if not marked and not any(sign >= _CJK for sign in raw[:at].decode("utf-8")):
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError as error:
            at = error.start
    row = raw.count(b"\n", 0, at) + 1
    raise BadInput("LEDGER-FILE-BYTES", file=file, row=row, at=f"{at + 1:,}", byte=f"0x{raw[at]:02X}")
