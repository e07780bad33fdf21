"""Which encoding a file's text is in, when it does not say so or says it wrongly.

Survey offices hand over text in GBK (cp936) without saying so, so that is the default for bytes that are not UTF-8.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from tilth.core import BadInput, Finding, Where

GBK = "cp936"
#: Names that .cpg files and people use for a code page, where Python has another name for it.
_ALIASES = {"936": GBK, "gbk": GBK, "gb2312": GBK, "ansi936": GBK, "65001": "utf-8", "ansi": "cp1252"}
#: "language driver" byte of a .dbf header -> code page. 0x57 and 0x03 ("ANSI") are written by every machine, whatever
#: its code page, and say nothing. Source: dBASE file format, ESRI's list of language driver ids.
_LANGUAGE_DRIVERS = {0x4D: GBK, 0x4F: "cp950", 0x7B: "cp932", 0x4E: "cp949", 0xC8: "cp1250", 0xC9: "cp1251"}

#: Common Chinese characters in GBK whose two bytes are also a letter in UTF-8, beyond all Latin ones (一 is one):
#: text of nothing but these is a short Chinese word, not a word in letters, which would have lower second bytes too.
#: Some (农) are Latin letters: no word has these beside others and none of the plain alphabet.
_GBK_BY_CHANCE_UTF8 = re.compile(
    rb"(?:[\x00-\x7f]|[\xca-\xdf][\xa1-\xbf])*|(?=.*[\xca-\xdf])(?:[\x00-\x40]|[\xc4-\xdf][\xa1-\xbf])*", re.DOTALL
)


@dataclass(frozen=True)
class Decision:
    """The encoding to read a file with, and what there is to say about the choice."""

    codec: str
    findings: tuple[Finding, ...] = ()


def codec_name(name: str) -> str | None:
    """The codec that `name` stands for in a .cpg file or on the command line; None if it stands for none.

    >>> codec_name("ANSI 936"), codec_name("UTF8"), codec_name("88591"), codec_name("klingon")
    ('cp936', 'utf-8', 'iso8859-1', None)
    """
    bare = re.sub(r"[^a-z0-9]", "", name.lower())
    if re.fullmatch(r"8859\d{1,2}", bare):
        bare = f"iso8859-{bare[4:]}"
    bare = _ALIASES.get(bare, f"cp{bare}" if bare.isdigit() else bare)
    for candidate in (bare, name.strip()):
        try:
            found = codecs.lookup(candidate)
        except (LookupError, ValueError):
            continue
        if getattr(found, "_is_text_encoding", True):
            return GBK if found.name in {"gbk", "gb2312"} else found.name
    return None


def asked_codec(name: str) -> str:
    """The codec that the user asked for.

    Raises
    ------
    BadInput
        If there is no such encoding.
    """
    codec = codec_name(name)
    if codec is None:
        raise BadInput("INTAKE-ENCODING-UNKNOWN", encoding=name)
    return codec


def language_driver(byte: int) -> str | None:
    """The code page that a .dbf header's language byte names, None where it says nothing definite."""
    return _LANGUAGE_DRIVERS.get(byte)


def sniff(texts: Iterable[bytes]) -> str:
    """The likeliest encoding of pieces of text: "ascii", "utf-8", "cp936", "gb18030" or "cp1252".

    A piece may end inside a character, as fields cut at their width do.
    """
    pieces = [text for text in texts if not text.isascii()]
    if not pieces:
        return "ascii"
    if all(_fits(piece, "utf-8") for piece in pieces):
        return GBK if all(_GBK_BY_CHANCE_UTF8.fullmatch(piece) for piece in pieces) else "utf-8"
    if _looks_chinese(pieces):
        for codec in (GBK, "gb18030"):
            if all(_fits(piece, codec) for piece in pieces):
                return codec
        if sum(_fits(piece, GBK) for piece in pieces) * 2 > len(pieces):
            return GBK  # a few damaged cells do not change what the rest is written in
    return "cp1252"


def _fits(piece: bytes, codec: str) -> bool:
    """Whether `piece` is text in `codec`, apart from a character cut at its end."""
    try:
        codecs.getincrementaldecoder(codec)().decode(piece, final=False)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _looks_chinese(pieces: Sequence[bytes]) -> bool:
    """GBK text is pairs of two high bytes; in western text a high byte stands alone among letters.

    A third of the characters may be rare ones whose second byte is low.
    """
    high_pairs = single = 0
    for piece in pieces:
        position = 0
        while position < len(piece) - 1:
            if piece[position] < 0x80:
                position += 1
                continue
            if piece[position + 1] >= 0x80:
                high_pairs += 1
            else:
                single += 1
            position += 2
        single += position < len(piece) and piece[position] >= 0x80
    return high_pairs >= 2 * single


def decide(
    texts: Sequence[bytes], *, file: str, declared: str = "", asked: str | None = None, hint: str | None = None
) -> Decision:
    """The encoding to read `texts` with.

    Parameters
    ----------
    texts
        Pieces of the file's text as bytes.
    declared
        What the file says of itself (its .cpg); "" if it says nothing.
    asked
        What the user asked for; wins over everything.
    hint
        A code page that the .dbf header names, used where nothing better is known.

    Raises
    ------
    BadInput
        If `asked` is not an encoding.
    """
    if asked:
        return Decision(asked_codec(asked))
    seen = sniff(texts)
    stated = codec_name(declared) if declared else None
    if seen == "ascii":
        return Decision(stated or "utf-8")
    if stated is not None and _agrees(stated, seen, texts):
        return Decision(stated)
    used = hint if hint and not declared and seen != "utf-8" and _mostly_fits(texts, hint) else seen
    said = declared or hint
    code = "INTAKE-ENCODING-WRONG" if said else "INTAKE-ENCODING-ASSUMED"
    if said and said == hint == used:
        code = "INTAKE-ENCODING-BYTE"
    return Decision(used, (Finding(code, Where(file=file), {"encoding": used, "declared": said or ""}),))


def _agrees(stated: str, seen: str, texts: Sequence[bytes]) -> bool:
    """Whether the text can be in the encoding that the file states.

    Text that is valid UTF-8 with three-byte characters is UTF-8, whatever a .cpg says: Chinese in GBK, or western
    text in one-byte code pages, does not come out like that by chance.
    """
    if stated == seen:
        return True
    if seen == "utf-8" and stated != "utf-8":
        one_byte = stated.startswith(("cp12", "iso8859"))
        return not (one_byte or any(re.search(rb"[\xe0-\xef][\x80-\xbf]{2}", text) for text in texts))
    return _mostly_fits(texts, stated)


def _mostly_fits(texts: Sequence[bytes], codec: str) -> bool:
    pieces = [text for text in texts if not text.isascii()]
    return sum(_fits(piece, codec) for piece in pieces) * 20 >= len(pieces) * 19


def decode(text: bytes, codec: str) -> str:
    """`text` in `codec`; bytes that stand for nothing become U+FFFD."""
    return text.decode(codec, errors="replace")


def decode_latin1(values: pd.Series[Any], codec: str) -> tuple[pd.Series[Any], int]:
    """Text that was read byte for byte (as Latin-1) in its true encoding, and how many cells held broken text."""
    distinct = {value for value in values.dropna().unique() if isinstance(value, str) and not value.isascii()}
    if not distinct:
        return values, 0
    known = {value: decode(value.encode("latin-1", errors="replace"), codec).rstrip("\x00 ") for value in distinct}
    broken = {value for value, text in known.items() if "\ufffd" in text}
    decoded = values.map(lambda value: known.get(value, value) if isinstance(value, str) else value)
    return decoded, int(values.isin(broken).sum()) if broken else 0


def read_text(raw: bytes, *, file: str, asked: str | None = None) -> tuple[str, Decision]:
    """The text of a whole text file (CSV, GeoJSON), whatever it is encoded in; a byte order mark is dropped.

    Raises
    ------
    BadInput
        If `asked` is not an encoding.
    """
    for mark, codec in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if raw.startswith(mark) and asked is None:
            return raw.decode(codec, errors="replace").lstrip("\ufeff"), Decision(codec)
    decision = decide(raw.splitlines() or [raw], file=file, asked=asked)
    if decision.codec == "utf-8":  # what text files are in unless they show otherwise: nothing to report
        decision = Decision("utf-8")
    return decode(raw, decision.codec).lstrip("\ufeff"), decision
