"""What a tile tells of each polygon: texts of its own, one of few values, or a whole number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from tilth.core import IntArray
from tilth.tiles.encoding import Bytes, text_bytes, value_bytes, whole_bytes

#: Stands where there is no value.
NONE = -1


class Column(Protocol):
    """One property of every polygon of a layer."""

    @property
    def name(self) -> str:
        """Its name in a tile."""

    def take(self, rows: IntArray) -> Column:
        """Of some rows, in that order."""

    def keep(self, folder: Path) -> dict[str, Any]:
        """Write it into `folder`; the record by which `kept_column` finds it."""

    def values(self, rows: IntArray, first: int) -> tuple[IntArray, int, bytes]:
        """(k,) which value each of `rows` has, counted from `first`, -1 for none; how many values; their bytes."""


@dataclass(frozen=True, eq=False)
class Texts:
    """A text of its own for each."""

    name: str
    text: Bytes
    first: IntArray  # (p + 1,)

    @classmethod
    def of(cls, name: str, texts: Sequence[str]) -> Texts:
        """Of texts as Python has them."""
        each = [text.encode() for text in texts]
        first = np.concatenate([[0], np.cumsum([len(text) for text in each])]).astype(np.int64)
        return cls(name, np.frombuffer(b"".join(each), np.uint8), first)

    def take(self, rows: IntArray) -> Texts:
        """See `Column`."""
        size = np.diff(self.first)[rows]
        first = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        at = np.arange(int(first[-1])) + np.repeat(self.first[rows] - first[:-1], size)
        return Texts(self.name, self.text[at], first)

    def keep(self, folder: Path) -> dict[str, Any]:
        """See `Column`."""
        np.save(folder / f"of_{self.name}.npy", self.text)
        np.save(folder / f"of_{self.name}_first.npy", self.first)
        return {"name": self.name, "as": "texts"}

    def values(self, rows: IntArray, first: int) -> tuple[IntArray, int, bytes]:
        """See `Column`."""
        return np.arange(first, first + len(rows)), len(rows), text_bytes(self.text, self.first, rows).tobytes()


@dataclass(frozen=True, eq=False)
class Wholes:
    """A whole number of its own for each, 0 or more; `NONE` where there is none."""

    name: str
    value: IntArray

    def take(self, rows: IntArray) -> Wholes:
        """See `Column`."""
        return Wholes(self.name, self.value[rows])

    def keep(self, folder: Path) -> dict[str, Any]:
        """See `Column`."""
        np.save(folder / f"of_{self.name}.npy", self.value)
        return {"name": self.name, "as": "wholes"}

    def values(self, rows: IntArray, first: int) -> tuple[IntArray, int, bytes]:
        """See `Column`."""
        value = self.value[rows]
        known = value >= 0
        place = np.where(known, first + np.cumsum(known) - 1, NONE)
        return place, int(known.sum()), whole_bytes(value[known]).tobytes()


@dataclass(frozen=True, eq=False)
class Choices:
    """One of a few values for each; `NONE` where there is none."""

    name: str
    code: npt.NDArray[np.int32]  # (p,) place in `choices`
    choices: tuple[str | int, ...]

    @classmethod
    def of(cls, name: str, given: Any) -> Choices:
        """Of an array of texts ("" for none) or of whole numbers (below 0 for none)."""
        choices, code = np.unique(np.asarray(given), return_inverse=True)
        known = [value.item() if isinstance(value, np.generic) else value for value in choices]
        held = [value for value in known if value != "" and (isinstance(value, str) or value >= 0)]
        place = np.array([held.index(value) if value in held else NONE for value in known], dtype=np.int32)
        return cls(name, place[code] if len(code) else np.zeros(0, np.int32), tuple(held))

    def take(self, rows: IntArray) -> Choices:
        """See `Column`."""
        return Choices(self.name, self.code[rows], self.choices)

    def keep(self, folder: Path) -> dict[str, Any]:
        """See `Column`."""
        np.save(folder / f"of_{self.name}.npy", self.code)
        return {"name": self.name, "as": "choices", "choices": list(self.choices)}

    def values(self, rows: IntArray, first: int) -> tuple[IntArray, int, bytes]:
        """See `Column`."""
        used, place = np.unique(self.code[rows], return_inverse=True)
        known = used >= 0
        number = np.where(known, first + np.cumsum(known) - 1, NONE)
        return number[place], int(known.sum()), b"".join(value_bytes(self.choices[code]) for code in used[known])


def kept_column(folder: Path, about: dict[str, Any]) -> Column:
    """What `keep` wrote, mapped into memory."""

    def load(part: str = "") -> Any:
        return np.load(folder / f"of_{about['name']}{part}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)

    match about["as"]:
        case "texts":
            return Texts(about["name"], load(), load("_first"))
        case "wholes":
            return Wholes(about["name"], load())
        case _:
            return Choices(about["name"], load(), tuple(about["choices"]))
