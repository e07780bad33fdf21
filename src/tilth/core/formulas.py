"""Texts in CSV files that a spreadsheet would run as formulas: written so that they stay texts, and read back as they
were."""

from __future__ import annotations

import re

#: How a formula begins, in half and in full width, and what a spreadsheet skips before it (OWASP, CSV injection).
_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
#: A number or a dash alone is no formula.
_HARMLESS = re.compile(r"-|[-+]?[0-9][0-9,]*(\.[0-9]+)?")


def safe_cell(text: str) -> str:
    """A text for a cell; with an apostrophe before it where a spreadsheet would take it for a formula.

    >>> safe_cell("=1+1"), safe_cell("@SUM(A1)"), safe_cell("-80,134.84"), safe_cell("-")
    ("'=1+1", "'@SUM(A1)", '-80,134.84', '-')
    """
    return "'" + text if _runs(text) else text


def plain_cell(text: str) -> str:
    """What `safe_cell` was given.

    >>> plain_cell(safe_cell("=1+1")), plain_cell("'tis")
    ('=1+1', "'tis")
    """
    return text[1:] if text.startswith("'") and _runs(text[1:]) else text


def _runs(text: str) -> bool:
    return text.lstrip(" ").startswith(_SIGNS) and not _HARMLESS.fullmatch(text)
