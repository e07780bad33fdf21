"""What a layer is for, by whatever name: the kind's own word, or the layer's code or name in the survey's databases."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches

from tilth.core import BadInput
from tilth.land.snapshot import LAYER_KINDS

#: Codes and names of layers in the databases that counties hold, by kind.
LAYER_CODES: dict[str, tuple[str, ...]] = {
    "pbf": ("yjjbnt", "yjjbnttb", "jbnttb", "jbntbhtb", "永久基本农田", "永久基本农田图斑", "基本农田"),
    "ecology": ("stbhhx", "sthx", "生态保护红线", "生态红线"),
    "town": ("czkfbj", "czc", "czcdyd", "城镇开发边界", "城镇村等用地"),
    "reserve": ("zrbhd", "zrbhq", "自然保护地", "自然保护区"),
    "project": ("xm", "xmhx", "项目", "项目红线"),
    "township": ("xzq", "行政区"),
    "village": ("cjdcq", "村级调查区"),
    "slope": ("pdt", "坡度图"),
    "quality": ("gdzldj", "耕地质量等级"),
    "survey": ("dltb", "地类图斑"),
}
#: How many wrong letters make a slip, by the length of the word that was meant: none in one or two letters.
_SLIPS = (0, 0, 0, 1, 1, 1, 2)
_KIND_OF = {name: kind for kind, names in LAYER_CODES.items() for name in names}


def kind_of(word: str) -> str:
    """The kind that `word` means, in any case of letters; a word that is none is a kind of the user's own.

    >>> kind_of("PBF"), kind_of("YJJBNTTB"), kind_of("Soil")
    ('pbf', 'pbf', 'soil')
    """
    folded = unicodedata.normalize("NFKC", word).strip().casefold()
    return _KIND_OF.get(folded, folded)


def meant_kind(word: str) -> str:
    """The kind that `word` means. A word one letter off a known one, or two off a long one, is a slip, and asked about.

    Raises
    ------
    BadInput
        For such a slip.

    >>> meant_kind("PBF"), meant_kind("soil")
    ('pbf', 'soil')
    """
    kind = kind_of(word)
    if kind not in (*LAYER_KINDS, "survey"):
        for known in (*LAYER_KINDS, *(name for name in _KIND_OF if len(name) > 3)):
            if _apart(kind, known) <= _SLIPS[min(len(known), len(_SLIPS) - 1)]:
                raise BadInput("LAND-KIND-SLIP", kind=word, near=kind_of(known))
    return kind


def _apart(one: str, other: str) -> int:
    """How many letters have to be put in, left out, changed or swapped with their neighbour to make `other` of `one`.

    >>> _apart("pfb", "pbf"), _apart("ecolgy", "ecology"), _apart("resrv", "reserve"), _apart("road", "town")
    (1, 1, 2, 3)
    """
    before: list[int] = []
    last, row = before, list(range(len(other) + 1))
    for at, letter in enumerate(one):
        before, last, row = last, row, [at + 1]
        for to, wanted in enumerate(other):
            row.append(min(last[to + 1] + 1, row[to] + 1, last[to] + (letter != wanted)))
            if at and to and (letter, one[at - 1]) == (other[to - 1], wanted):
                row[-1] = min(row[-1], before[to - 1] + 1)
    return row[-1]


def near_kind(word: str) -> str | None:
    """The known kind that an unknown `word` may be a slip of the pen for.

    >>> near_kind("yjjbntt"), near_kind("soil")
    ('pbf', None)
    """
    near = get_close_matches(word, [*LAYER_KINDS, *_KIND_OF], n=1, cutoff=0.7)
    return kind_of(near[0]) if near else None
