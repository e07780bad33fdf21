"""Whole commands, from the start of the process to its end: what somebody at the keyboard waits for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from answers import Matrix

_PROFILE = """name = "made-up county"
code_system = "sd2017"
class_required = true
[fields]
parcel_id = "parcel_id"
class_code = "class_code"
"""
_YEARS = ("2022", "2023")


def peer_command(engine: str, before: Path, after: Path, threads: int) -> Callable[[], Matrix]:
    """`matrix` of a peer in a process of its own, which loads nothing but that peer."""
    script = Path(__file__).with_name("one_matrix.py")

    def run() -> Matrix:
        return _matrix(_told([sys.executable, str(script), engine, str(before), str(after), str(threads)]))

    return run


@dataclass(frozen=True)
class Workspace:
    """A workspace of two years, made of two files, for `tilth flows`."""

    folder: Path

    @classmethod
    def of(cls, folder: Path, before: Path, after: Path) -> Workspace:
        """Both files imported; those that are there already are not imported again."""
        made = cls(folder)
        if not (folder / "tilth.toml").exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "profile.toml").write_text(_PROFILE, encoding="utf-8")
            _told([_tilth(), "init", str(folder), "--region", "999901", "--name", "Made-up county"])
        for year, file in zip(_YEARS, (before, after), strict=True):
            profile = str(folder / "profile.toml")
            made._said(["import", "survey", str(file), "--year", year, "--profile", profile])
        return made

    def flows(self, *more: str) -> str:
        """What the command prints."""
        return self._said(["flows", "--from", _YEARS[0], "--to", _YEARS[1], *more])

    def forget(self) -> None:
        """Delete what the imports have prepared, so that the command prepares it again."""
        shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def matrix(self) -> Matrix:
        """The flows between classes that the command tells."""
        said = json.loads(self.flows("--json"))
        rows = next(table for table in said["tables"] if table["id"] == "matrix")["rows"]
        cells = {(row["key"][0], to): dm2 / 100 for row in rows for to, dm2 in row["dm2"].items()}
        return {pair: area for pair, area in cells.items() if area and all(code.isdigit() for code in pair)}

    def _said(self, words: list[str]) -> str:
        return _told([_tilth(), "-w", str(self.folder), *words])


def _tilth() -> str:
    return str(Path(sys.executable).with_name("tilth"))


def _told(command: list[str]) -> str:
    rest = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=rest)  # noqa: S603 - ourselves
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(f"{command[0]}: {done.stderr.strip().splitlines()[-1:]}")
    return done.stdout


def _matrix(text: str) -> Matrix:
    return {(old, new): area for old, new, area in json.loads(text)}
