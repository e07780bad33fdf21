"""Damaged files at the product's doors: a result or one clear refusal, no row lost, and a workspace as it was.

Every case has a name, "door/seed/number": its damage follows from the name alone, so a name is all it takes to see it
again. What once went wrong is kept in `cases`, by the door it went wrong at. Other damage: TILTH_SEED=2, 3, …
"""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import FrameType

import pytest
from mutations import Files, base_files, damaged

from tilth import api
from tilth.core import TilthError
from tilth.land import Store
from tilth.runtime import Workspace

SEED = os.environ.get("TILTH_SEED", "1")
CASES = Path(__file__).with_name("cases")
SLOWEST_S, STUCK_S = 10.0, 60.0  # of work; of waiting, on a machine that does other things too
SLICES = 4 if os.environ.get("TILTH_FULL") == "1" else 1
SHORT, FULL = 16, 260  # cases of each slice of each door


class TooSlow(BaseException):
    """Raised by the watch; no code that catches exceptions may catch this one."""


def _survey(workspace: Workspace, file: Path) -> None:
    done = api.import_survey(workspace, file, year=2024).snapshot.meta
    assert done.rows_in == done.rows_stored + done.rows_quarantined


def _layer(workspace: Workspace, file: Path) -> None:
    done = api.import_layer(workspace, file, kind="pbf", year=2024).snapshot.meta
    assert done.rows_in == done.rows_stored + done.rows_quarantined


def _villages(workspace: Workspace, file: Path) -> None:
    done = api.import_regions(workspace, file).as_record()
    assert done["rows_in"] == done["rows_stored"] + done["rows_quarantined"]


def _tasks(workspace: Workspace, file: Path) -> None:
    done = api.import_tasks(workspace, file, year=2024)
    assert done.rows_in == done.rows_stored + done.rows_quarantined


def _changes(workspace: Workspace, file: Path) -> None:
    done = api.import_changes(workspace, file, year=2024)
    assert done.rows_in == done.rows_stored + done.rows_quarantined


def _area(workspace: Workspace, file: Path) -> None:
    done = api.area(file)
    assert done.rows_in == len(done.polygons) + len(done.rejected)
    assert all(one.engine_m2 >= 0 for one in done.polygons), "an area that is no number"


DOORS: dict[str, tuple[str, str, Callable[[Workspace, Path], None]]] = {
    "area-txt": ("txt", "t.txt", _area),
    "area-shp": ("shp", "t.shp", _area),
    "area-gpkg": ("gpkg", "t.gpkg", _area),
    "area-geojson": ("geojson", "t.geojson", _area),
    "area-gml": ("gml", "t.gml", _area),
    "area-parquet": ("parquet", "t.parquet", _area),
    "area-zip": ("zip", "t.zip", _area),
    "survey-shp": ("shp", "t.shp", _survey),
    "survey-gpkg": ("gpkg", "t.gpkg", _survey),
    "survey-geojson": ("geojson", "t.geojson", _survey),
    "survey-parquet": ("parquet", "t.parquet", _survey),
    "layer-shp": ("shp", "t.shp", _layer),
    "layer-gpkg": ("gpkg", "t.gpkg", _layer),
    "layer-txt": ("txt", "t.txt", _layer),
    "regions-shp": ("shp", "t.shp", _villages),
    "regions-csv": ("regions", "t.csv", _villages),
    "tasks-csv": ("tasks", "t.csv", _tasks),
    "tasks-xlsx": ("xlsx", "t.xlsx", _tasks),
    "changes-dbf": ("dbf", "t.dbf", _changes),
    "changes-csv": ("tasks", "t.csv", _changes),
}


@contextmanager
def watched(seconds: float) -> Iterator[None]:
    """Stop what takes longer than this; code that never returns to Python is left to the run's own limit."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def written(folder: Path, files: Files) -> None:
    for old in folder.iterdir():
        old.unlink()
    for name, raw in files.items():
        (folder / name).write_bytes(raw)


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Files]:
    return base_files(tmp_path_factory.mktemp("bases"))


@pytest.mark.slow
@pytest.mark.parametrize("slice_", range(SLICES))
@pytest.mark.parametrize("door", DOORS)
def test_a_damaged_file_gives_a_result_or_a_refusal_and_the_workspace_stays_whole(
    tmp_path: Path, bases: dict[str, Files], door: str, slice_: int, full: bool
) -> None:
    kind, name, enter = DOORS[door]
    workspace = api.init(tmp_path / "w", region="999901", name="县")
    inbox = tmp_path / "in"
    inbox.mkdir()
    if not door.startswith("area"):
        written(inbox, bases["gpkg"])
        api.import_survey(workspace, inbox / "t.gpkg", year=2024)
    count = FULL if full else SHORT
    wrong = []
    for number in range(slice_ * count, (slice_ + 1) * count):
        case = f"{door}/{SEED}/{number}"
        (tmp_path / "case").write_text(case, encoding="utf-8")  # what a crash of the process leaves behind
        written(inbox, damaged(bases[kind], Random(case)))
        if fault := _fault(workspace, inbox / name, enter):
            wrong.append(f"{case}: {fault}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("case", sorted(folder.name for folder in CASES.iterdir()))
def test_what_once_went_wrong_gives_a_result_or_a_refusal(tmp_path: Path, case: str) -> None:
    _, name, enter = DOORS[case.partition(".")[0]]
    assert _fault(api.init(tmp_path / "w", region="999901", name="县"), CASES / case / name, enter) == ""


def _fault(workspace: Workspace, file: Path, enter: Callable[[Workspace, Path], None]) -> str:
    """What the law has against this case, or nothing."""
    before = Store(workspace).listed()
    began = time.process_time()
    try:
        with watched(STUCK_S):
            enter(workspace, file)
        if time.process_time() - began > SLOWEST_S:
            return f"took {time.process_time() - began:.0f} s"
    except TilthError as error:
        if not error.said or "\n" in error.said or len(error.said) > 600:
            return f"no clear sentence: {error.said!r}"
        return "" if Store(workspace).listed() == before else "a refused file changed the workspace"
    except TooSlow:
        return f"not done after {STUCK_S:.0f} s"
    except Exception as error:  # noqa: BLE001  the one thing that must not come out
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tilth/" in frame.filename]
        at = f"{frames[-1].filename.rsplit('/tilth/')[-1]}:{frames[-1].lineno}" if frames else ""
        return f"{type(error).__name__} at {at}: {str(error)[:200]}"
    return ""
