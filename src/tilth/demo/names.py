"""The made-up county's code, names and village tree. No real place has county code 999901."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tilth.core import IntArray

COUNTY_CODE, COUNTY_NAME = "999901", "示范县"

_TOWNSHIPS = ("青禾镇", "白塔镇", "临河镇", "沙窝乡", "盐池镇", "石岭乡", "柳林镇", "稻香乡", "三桥镇", "牧马乡")
_FIRST = "东西南北上下前后大小"
_SECOND = "柳杨李王张刘陈赵周吴郑孙马朱胡郭何高林罗"
_LAST = ("庄", "屯", "堡", "家营", "家沟", "湾", "坡", "家洼", "家台", "店")


@dataclass(frozen=True)
class Village:
    """One village survey area."""

    code: str  # 12 digits
    name: str
    township: str  # 9 digits
    township_name: str

    @property
    def location(self) -> str:
        """The 19-digit location code (ZLDWDM)."""
        return self.code + "0" * 7


def village_tree(rng: np.random.Generator, township_of: IntArray) -> list[Village]:
    """A code and a name for every village, in the order given; serial numbers count inside each township."""
    names = rng.permutation([a + b + c + "村" for a in _FIRST for b in _SECOND for c in _LAST])
    serial = dict.fromkeys(range(int(township_of.max()) + 1), 0)
    villages = []
    for position, township in enumerate(township_of.tolist()):
        serial[township] += 1
        code = f"{COUNTY_CODE}{100 + township:03d}"
        villages.append(
            Village(f"{code}{200 + serial[township]:03d}", str(names[position]), code, township_name(township))
        )
    return villages


def township_name(position: int) -> str:
    """The name of the township at `position`."""
    again, which = divmod(position, len(_TOWNSHIPS))
    name = _TOWNSHIPS[which]
    return name if not again else f"{'新老前后'[again % 4]}{name}"
