"""Codes of the book as a person reads them on a screen: marks of accounts in words, long ids folded.

Files and JSON hold both as they are; here nothing is written that is read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from tilth.core import label, language

#: An id is folded where it takes more signs than this; a hash and the number of an acceptance are not.
_LONG = 40
_HEAD, _TAIL = 14, 18
_ACCOUNT = re.compile(r"\b((?:LAND|CLAIM|POOL|EXEMPT|PROTECT|LDN|CAP):\w+)((?: pbf| paddy| stable| grade \d+)+)")
_MARK = re.compile(r"pbf|paddy|stable|grade \d+")
_ID = re.compile(rf"(?<![^\s,，、；;（(：])[\w.:#/+-]{{{_LONG + 1},}}(?!…)")
#: The id at which a long list was cut off.
_CUT = re.compile(r", [\w.:#/+-]+…(?=[;；）)]|$)")
_HASH = re.compile("[0-9a-f]{64}")


def in_words(text: object) -> str:
    """A text in which the marks behind the names of accounts are said in the language in use.

    >>> from tilth.core import speaking
    >>> with speaking("zh"): print(in_words("410882 LAND:0101 pbf paddy grade 4"))
    410882 LAND:0101 永农 水田 4等
    """
    told = str(text)
    if language() == "en":
        return told
    return _ACCOUNT.sub(lambda found: f"{found[1]} {' '.join(map(_mark, _MARK.findall(found[2])))}", told)


def _mark(word: str) -> str:
    name, _, grade = word.partition(" ")
    return str(label(f"MARK-{name.upper()}", grade=grade))


def folded(ids: Iterable[str]) -> dict[str, str]:
    """Each id, and how it is shown: the middle of a long one left out, as little as keeps all of them apart.

    >>> folded(["flow:2023-2024:999901:999901200100000161-999901200100001729", "road-7"])["road-7"]
    'road-7'
    """
    every = list(dict.fromkeys(ids))
    shown = {one: one for one in every}
    tail = _TAIL
    while True:
        for one in every:
            if len(one) > _LONG and not _HASH.fullmatch(one):
                shown[one] = f"{one[:_HEAD]}…{one[-tail:]}" if _HEAD + tail + 1 < len(one) else one
        if len(set(shown.values())) == len(every):
            return shown
        tail += 4


def fold(text: object) -> str:
    """A text, the long ids in it folded; of a list that was cut off within an id, that id is left out."""
    told = _CUT.sub(", …", str(text))
    shown = folded(_ID.findall(told))
    return _ID.sub(lambda found: shown[found[0]], told)
