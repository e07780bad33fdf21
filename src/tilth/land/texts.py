"""A column of text of which a few of a million rows are read at once, without a frame of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

    from tilth.core import IntArray


@dataclass(frozen=True, eq=False)
class Texts:
    """n texts, one behind the other."""

    value: memoryview  # UTF-8
    start: IntArray  # (n + 1,) where each begins

    @classmethod
    def of(cls, column: pd.Series) -> Texts:
        """Of a column of a frame, "" where it has nothing. What pandas holds in one piece is not copied."""
        import numpy as np
        import pyarrow as pa

        given = pa.array(column, from_pandas=True)
        whole = given.combine_chunks() if isinstance(given, pa.ChunkedArray) else given
        whole = whole.cast(pa.large_string()).fill_null("")
        _, first, value = whole.buffers()
        start = np.zeros(1, np.int64) if first is None else np.frombuffer(first, np.int64)[whole.offset :]
        return cls(memoryview(value or b""), start[: len(whole) + 1])

    def at(self, rows: IntArray) -> list[str]:
        """(k,) the texts of some rows."""
        value = self.value
        first, behind = self.start[rows].tolist(), self.start[rows + 1].tolist()
        return [str(value[a:b], "utf-8") for a, b in zip(first, behind, strict=True)]
