"""How an exchange text is written, and which area it states, in the language in use. Records keep the plain words."""

from __future__ import annotations

import re

from tilth.core import message

#: Parts of a dialect line, and the message that says each.
_PARTS = (
    (re.compile("header"), "EXCHANGE-SAID-HEADER"),
    (re.compile("no header"), "EXCHANGE-SAID-NO-HEADER"),
    (re.compile("(?P<fields>[0-9/]+)-field plot rows"), "EXCHANGE-SAID-PLOT-ROWS"),
    (re.compile("no plot rows"), "EXCHANGE-SAID-NO-PLOT-ROWS"),
    (re.compile("(?P<columns>[a-zXY]+(,[a-zXY]+)+)"), "EXCHANGE-SAID-COLUMNS"),
    (re.compile("zone (?P<zone>[0-9]+) in the easting(, easting first)?"), "EXCHANGE-SAID-ZONE"),
    (re.compile("no zone in the easting(, easting first)?"), "EXCHANGE-SAID-NO-ZONE"),
    (re.compile("(?P<columns>lon,lat|lat,lon) degrees"), "EXCHANGE-SAID-DEGREES"),
)
_WORDS = re.compile("serial|point|ring|side|lon|lat")
_AREAS = re.compile("not stated|none|planar|survey|engine")
_EAST_FIRST = ", easting first"


def dialect_said(dialect: str) -> str:
    """The dialect line of a file, in the language in use.

    >>> dialect_said("header; 9-field plot rows; point,ring,X,Y; zone 38 in the easting; gbk; CRLF")
    'header; 9-field plot rows; point,ring,X,Y; zone 38 in the easting; gbk; CRLF'
    """
    return message("EXCHANGE-SAID-SEPARATOR").join(_part(part) for part in dialect.split("; ")) if dialect else ""


def _part(part: str) -> str:
    for pattern, key in _PARTS:
        found = pattern.fullmatch(part)
        if found:
            values = {
                name: _WORDS.sub(lambda word: message(f"EXCHANGE-WORD-{word[0].upper()}"), text)
                for name, text in found.groupdict().items()
            }
            return message(key, **values) + (message("EXCHANGE-SAID-EAST-FIRST") if _EAST_FIRST in part else "")
    return part  # encodings and line ends are called the same in every language


def stated_said(kind: str) -> str:
    """Which measured area a stated one is (`StatedArea.kind`), in the language in use."""
    unit, as_ha, areas = kind.rpartition(" as ha: ")
    said = _AREAS.sub(lambda word: message(f"EXCHANGE-AREA-{word[0].upper().replace(' ', '-')}"), areas)
    return message("EXCHANGE-SAID-AS-HA", unit=message(f"EXCHANGE-UNIT-{unit.upper()}"), areas=said) if as_ha else said
