"""One interface for every engine under test: a layer held in its own form, and the three questions asked of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from answers import Matrix, Pieces

Polygons = npt.NDArray[np.object_]


class Unavailable(Exception):
    """An engine that cannot be brought up here; the text says why."""


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer in memory, as shapely polygons; `row` of an answer is a place in `polygons`."""

    name: str
    polygons: Polygons
    crs: str


@dataclass
class Engine(ABC):
    """One way to overlay. What `hold` does is not timed; everything else is.

    Attributes
    ----------
    name
        As in `--peers` and in the tables.
    threads
        Processors that the engine may use.
    does
        Which of the questions it answers: "pairs", "kept", "footprint", "matrix".
    """

    threads: int
    name: str = field(default="", init=False)
    does: frozenset[str] = field(default=frozenset({"pairs"}), init=False)

    @abstractmethod
    def hold(self, layer: Layer) -> Any:
        """`layer` as the engine likes to have it at hand: a table, a frame, an array. Not timed."""

    @abstractmethod
    def pairs(self, left: Any, right: Any) -> Pieces:
        """Cold overlay of two layers as `hold` gave them."""

    def job(self, left: Any, rights: list[Any]) -> list[Pieces]:
        """Cold overlay of one layer with several. Engines that prepare the first only once say so here."""
        return [self.pairs(left, right) for right in rights]

    def keep(self, held: Any) -> Any:
        """All that can be prepared about a layer before the other one is known. Not timed."""
        return held

    def kept_pairs(self, left: Any, right: Any) -> Pieces:
        """Overlay of two layers as `keep` gave them."""
        raise NotImplementedError

    def keep_all(self, held: list[Any]) -> list[Any]:
        """What `footprint` takes of several layers."""
        return [self.keep(one) for one in held]

    def footprint(self, shape: Any, kept: list[Any]) -> list[Pieces]:
        """Overlay of one polygon (left row 0) with each of several layers as `keep_all` gave them."""
        raise NotImplementedError

    def matrix(self, before: Path, after: Path) -> Matrix:
        """Ground by class before and class after, read from two GeoParquet files with `class_code`."""
        raise NotImplementedError

    def in_plane(self, x: float, y: float) -> Engine:
        """The engine that answers with areas in the plane around (x, y), by which all engines can be compared."""
        return self

    def close(self) -> None:
        """Let go of connections and tables."""
        return
