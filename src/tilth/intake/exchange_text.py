"""The lines of an exchange text: bytes to text in whatever encoding, and each line told apart by its shape."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tilth.core import BadInput

#: Full-width forms that stand for structure (commas, digits, brackets, signs), and the plain ones they mean.
_PLAIN = str.maketrans(
    {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | {"\u3000": " ", "【": "[", "】": "]", "\ufeff": ""}
)
#: Nothing in the format is longer; a longer line is not a row of it.
LONGEST_LINE = 4_000
KINDS = {"面": "面", "polygon": "面", "区": "面", "线": "线", "line": "线", "polyline": "线", "点": "点", "point": "点"}
_HEADER = re.compile(r"\s*([^=,\[\]@]{1,60})=(.*)", re.DOTALL)


def plain(text: str) -> str:
    """`text` with full-width signs and digits as plain ones, without blanks around it.

    >>> plain("Ｊ１，１，３５００")
    'J1,1,3500'
    """
    return (text if text.isascii() else text.translate(_PLAIN)).strip()


def decoded(data: bytes, name: str, encoding: str | None = None) -> tuple[str, str]:
    """The text of `data` and the encoding it was read in: by its mark, else UTF-8, else GB18030 (which holds GBK).

    Raises
    ------
    BadInput
        If the bytes are no text in any of them, or not in the `encoding` that was asked for.
    """
    if encoding is not None:
        try:
            return data.decode(codecs.lookup(encoding).name).lstrip("\ufeff"), encoding
        except (LookupError, UnicodeError):
            raise BadInput("INTAKE-TXT-ENCODING", file=name, encoding=encoding) from None
    for mark, marked in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if data.startswith(mark):
            return _strict(data, marked, name), marked
    if b"\0" in data:
        raise BadInput("INTAKE-TXT-NOT", file=name)
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strict(data, "gb18030", name), "gbk"


def _strict(data: bytes, encoding: str, name: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError:
        raise BadInput("INTAKE-TXT-NOT", file=name) from None


def read_bytes(path: Path) -> bytes:
    """The bytes of `path`, or BadInput if there is no such file or it can't be read."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise BadInput("INTAKE-TXT-NO-FILE", file=str(path)) from None
    except OSError as error:
        raise BadInput("INTAKE-TXT-UNREADABLE", file=str(path), why=error.strerror or type(error).__name__) from None


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank. `shape` is section, header, plot, point or other."""

    number: int  # 1-based
    shape: str
    fields: tuple[str, ...]  # section: its name; header: key, value; plot and point: the comma fields, stripped
    raw: str


def lines_of(text: str) -> Iterator[Line]:
    """Every line of `text` that is not blank, told apart by its shape alone."""
    for number, raw in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if len(raw) > LONGEST_LINE:
            yield Line(number, "other", (), raw[:60])
        elif line := plain(raw):
            shape, fields = _shape(line, raw)
            yield Line(number, shape, fields, raw.strip()[:60])


def _shape(line: str, raw: str) -> tuple[str, tuple[str, ...]]:
    if line.startswith("[") and line.endswith("]"):
        return "section", (line[1:-1].strip(),)
    ended = line.rstrip(",; \t")
    if ended.endswith("@"):
        return "plot", _plot_fields(ended, raw)
    if "=" in line and (header := _HEADER.fullmatch(line)):
        return "header", (header[1].strip(), header[2].strip())
    fields = tuple(field.strip() for field in (line if "," in line else line.replace("\t", ",")).split(","))
    if len(fields) >= 4 and not line.isascii() and any(field.casefold() in KINDS for field in fields):
        return "plot", _plot_fields(line, raw)
    return ("point" if _two_numbers(fields) else "other"), fields


def _two_numbers(fields: tuple[str, ...]) -> bool:
    numbers = (field for field in reversed(fields) if number(field) is not None)
    return next(numbers, None) is not None and next(numbers, None) is not None


def _plot_fields(line: str, raw: str) -> tuple[str, ...]:
    """The fields of a plot's row, without the closing @. A full-width comma inside a name stays part of the name."""
    own = raw.replace("＠", "@").strip().strip("\ufeff\u3000").rstrip(",;，； \t")
    text = own if own.count(",") >= 3 else line
    return tuple(field.strip() for field in text.removesuffix("@").removesuffix(",").split(","))


def number(field: str) -> float | None:
    """The number that `field` writes in plain decimal digits, or None. `nan`, `inf` and `1_000` are none."""
    if not field or not field.isascii() or "_" in field or field[-1].isalpha():
        return None
    try:
        value = float(field)
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None
