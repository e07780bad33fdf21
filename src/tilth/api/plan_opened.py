"""Plans that are looked at: read and checked once, kept for as long as nobody changes them, few at a time."""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tilth.api.plan_folders import (
    ABOUT,
    CHOICE,
    FOLDER,
    OPTIONS,
    PROOF,
    ROWS,
    SOLUTION,
    KeptPlan,
    kept_plan,
    kept_solution,
    plan_folder,
)  # fmt: skip

if TYPE_CHECKING:
    import pandas as pd

    from tilth.core import IntArray
    from tilth.plan import Solution
    from tilth.runtime import Workspace

#: A plan of a million units takes about a gigabyte.
_MOST = 2
_FILES = (ABOUT, ROWS, OPTIONS, f"{SOLUTION}/{PROOF}", f"{SOLUTION}/{CHOICE}")


@dataclass(frozen=True)
class OpenPlan:
    """A plan with its solution, none where it is not solved yet."""

    kept: KeptPlan
    solution: Solution | None
    stamp: str  # another one wherever anything of it may be another

    @cached_property
    def units(self) -> pd.Index:
        """(n) what the units are called."""
        import pandas as pd

        return pd.Index(self.kept.options.names.astype(str))

    def place(self, unit: str) -> int | None:
        """The place of the unit of that name."""
        found = int(self.units.get_indexer([unit])[0])
        return None if found < 0 else found

    def themes(self) -> tuple[str, ...]:
        """What is chosen for a unit: treatment, and crop and year of start where the table has them."""
        crops, start = self.kept.crops, self.kept.options.start
        return ("treatment", *(["crop"] if crops is not None else []), *(["start"] if start is not None else []))

    def groups(self) -> dict[str, Any]:
        """(n) by what the units of a solved plan can be grouped: what is chosen, and their labels."""
        import numpy as np

        found = {}
        for by in self.themes():
            place, names = self.codes(by)
            found[by] = np.array(names, dtype=object)[place]
        return {**found, **self.kept.options.labels}

    def codes(self, by: str) -> tuple[IntArray, tuple[str, ...]]:
        """(n) what is chosen for each unit, as a place in the second: all names that the table has, sorted."""
        import numpy as np

        assert self.solution is not None
        chosen = self.solution.options
        if by == "start":
            years = (0, *self.kept.options.years)
            return np.searchsorted(years, self.solution.start), tuple(str(one) for one in years)
        names, place = np.unique(self.kinds(by), return_inverse=True)
        return place.reshape(-1)[self.kept.options.treatment[chosen]], tuple(str(one) for one in names)

    def kinds(self, by: str) -> Any:
        """(treatments of the table) what each of them is called: as "treatment", without its crop, or as "crop"."""
        import numpy as np

        table = self.kept.options
        first = np.empty(len(table.treatments), np.int64)
        first[table.treatment[::-1]] = np.arange(table.size - 1, -1, -1)
        given: Any = self.kept.measures if by == "treatment" else self.kept.crops
        return given[first].astype(str)


_held: OrderedDict[tuple[str, str], OpenPlan] = OrderedDict()
_lock = Lock()


def opened_plan(workspace: Workspace, name: str) -> OpenPlan:
    """The plan of that name, with its solution where it has one.

    Raises
    ------
    BadInput, NotFound
        As `kept_plan` and `kept_solution`.
    """
    folder = plan_folder(workspace, name)
    stamp, place = _stamp(folder), (str(workspace.root), name)
    with _lock:
        held = _held.get(place)
        if held is None or held.stamp != stamp:
            _held.pop(place, None)
            kept = kept_plan(workspace, name)
            solved = (folder / SOLUTION / PROOF).is_file()
            held = _held[place] = OpenPlan(kept, kept_solution(kept) if solved else None, stamp)
            while len(_held) > _MOST:
                _held.popitem(last=False)
        _held.move_to_end(place)
    return held


def plan_state_of(workspace: Workspace) -> str:
    """As `land_state_of`, with all files of all plans."""
    from tilth.api.states import land_state_of

    stamps = []
    for one in sorted((workspace.root / FOLDER).rglob("*")):
        with suppress(FileNotFoundError):  # what is being replaced this moment
            about = one.stat()
            stamps.append((one.relative_to(workspace.root).as_posix(), about.st_mtime_ns, about.st_size))
    return f"{land_state_of(workspace)} {stamps}"


def _stamp(folder: Path) -> str:
    told = []
    for name in _FILES:
        file = folder / name
        about = file.stat() if file.is_file() else None
        told.append(None if about is None else (about.st_mtime_ns, about.st_size))
    return f"{folder.name} {told}"
