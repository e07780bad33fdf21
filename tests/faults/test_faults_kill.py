"""A process that is killed at any moment of an import leaves the old state or the new one, never anything between."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.land import Store

SCRIPT = Path(__file__).with_name("import_once.py")


def _survey(path: Path, rows: int, code: str) -> Path:
    """A GeoPackage of squares of one class."""
    corners = [(38400000 + 20 * (n % 100), 3500000 + 20 * (n // 100)) for n in range(rows)]
    squares = [shapely.box(x, y, x + 20, y + 20) for x, y in corners]
    frame = gpd.GeoDataFrame({"BSM": [f"{n:018d}" for n in range(rows)], "DLBM": code}, geometry=squares, crs=4526)
    frame.to_file(path)
    return path


def _import(folder: Path, file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), str(folder), str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def _wait_until_ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"


@pytest.mark.slow
def test_a_killed_import_leaves_the_old_state_or_the_new_one(tmp_path: Path, full: bool) -> None:
    workspace = api.init(tmp_path / "w", region="999901", name="县")
    old = api.import_survey(workspace, _survey(tmp_path / "old.gpkg", 50, "0103"), year=2024).snapshot
    file = _survey(tmp_path / "new.gpkg", 3000, "0102")

    with _import(workspace.root, file) as process:
        _wait_until_ready(process)
        began = time.monotonic()
        new = str(process.stdout and process.stdout.readline()).strip()
        length = time.monotonic() - began
    assert process.returncode == 0
    assert len(new) == 64

    chance = random.Random(4)
    seen: dict[str, int] = {}
    for _ in range(60 if full else 6):
        api.import_survey(workspace, tmp_path / "old.gpkg", year=2024)
        with _import(workspace.root, file) as process:
            _wait_until_ready(process)
            time.sleep(chance.random() * length * 1.1)
            process.kill()
        found = Store(api.open_workspace(workspace.root)).survey(2024)
        assert found.id in (old.id, new)
        assert len(found.parcels) == (50 if found.id == old.id else 3000)
        assert found.meta.rows_in == found.meta.rows_stored + found.meta.rows_quarantined
        seen[found.id] = seen.get(found.id, 0) + 1
    assert old.id in seen, "no kill came early enough to say anything"
    with workspace.writing():
        assert not (workspace.root / ".staging").exists()
