"""What was found beside salinity maps: zones, trends, candidate land, places to sample; listed and told with files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from tilth.core import BadInput, NotFound, language, message, speaking
from tilth.core.language import LANGUAGES

if TYPE_CHECKING:
    from tilth.runtime import Workspace

#: By kind of result: the folder that holds one folder for each, and the file in it that tells of it.
RESULTS: Mapping[str, tuple[str, str]] = {
    "zones": ("zones", "zones.json"),
    "trends": ("rasters", "trend.json"),
    "candidates": ("candidates", "candidates.json"),
    "next-samples": ("next-samples", "next-samples.json"),
}
#: Figures that a list shows of each, where it has them.
_FIGURES = ("year", "years", "band", "units", "total_dm2", "candidates", "usable_dm2", "design", "tests")
#: What of a record is said in words, and so in both languages in its file.
_IN_WORDS = ("rule", "zones", "said", "findings")
_SPOKEN = "spoken"


class Finished(Protocol):
    """A result in its folder."""

    @property
    def folder(self) -> Path:
        """Where it lies."""

    def as_record(self) -> dict[str, Any]:
        """For JSON, in the language in use."""


def write_about(done: Finished, file: str) -> None:
    """The file that tells of a result; it is written last, so that what has one is whole."""
    from tilth.runtime import write_whole

    spoken = {}
    for lang in LANGUAGES:
        with speaking(lang):
            record = done.as_record()
            spoken[lang] = {key: record[key] for key in _IN_WORDS if key in record}
    text = json.dumps(done.as_record() | {_SPOKEN: spoken}, ensure_ascii=False, indent=1)
    write_whole(done.folder / file, text.encode("utf-8"))


def soil_result_made(done: Finished, files: Path) -> dict[str, Any]:
    """A result that was just made, for JSON; the folder `files` gets its files too."""
    for one in sorted(done.folder.iterdir()):
        if one.is_file():
            shutil.copyfile(one, files / one.name)
    return done.as_record() | {"folder": done.folder.name}


def soil_results(workspace: Workspace, kind: str) -> list[dict[str, Any]]:
    """The finished results of a kind, the newest first.

    Raises
    ------
    NotFound, BadInput
        If there is no such kind, or one is damaged.
    """
    home, about = _of_kind(kind)
    found = [(file.stat().st_mtime_ns, file.parent.name) for file in (workspace.root / home).glob(f"*/{about}")]
    told = (_read(workspace, kind, name) for _, name in sorted(found, reverse=True))
    return [{key: one[key] for key in ("name", "made_at", *_FIGURES) if key in one} for one in told]


def soil_result(workspace: Workspace, kind: str, name: str) -> dict[str, Any]:
    """A finished result in the language in use, with a legend of what its picture shows.

    Raises
    ------
    NotFound, BadInput
        If there is no such kind or result, or it is damaged.
    """
    found = _read(workspace, kind, name)
    folder = _folder(workspace, kind, name)
    files = [
        {"name": one.name, "bytes": one.stat().st_size}
        for one in sorted(folder.iterdir())
        if one.is_file() and not one.name.startswith(".")
    ]
    picture = f"{_PICTURES[kind]}-{language()}.png"
    there = any(one["name"] == picture for one in files)
    return {**found, "files": files, "picture": picture if there else None, "legend": _legend(kind, found)}


def soil_result_file(workspace: Workspace, kind: str, name: str, file: str) -> Path:
    """A file of a finished result.

    Raises
    ------
    NotFound
        If there is no such kind, result or file.
    """
    folder = _folder(workspace, kind, name)
    known = sorted(one.name for one in folder.iterdir() if one.is_file() and not one.name.startswith("."))
    if file not in known:
        raise NotFound("SOIL-RESULT-NO-FILE", name=name, file=file, known=", ".join(known))
    return folder / file


#: How the picture of the whole is called.
_PICTURES: Mapping[str, str] = {
    "zones": "zones", "trends": "trend", "candidates": "candidates", "next-samples": "next-samples",
}  # fmt: skip


def _of_kind(kind: str) -> tuple[str, str]:
    if kind not in RESULTS:
        raise NotFound("SOIL-RESULT-KIND", kind=kind, known=", ".join(RESULTS))
    return RESULTS[kind]


def _folder(workspace: Workspace, kind: str, name: str) -> Path:
    home, about = _of_kind(kind)
    known = sorted(one.parent.name for one in (workspace.root / home).glob(f"*/{about}"))
    if name not in known:
        raise NotFound("SOIL-RESULT-NONE", kind=kind, name=name, known=", ".join(known) or "–")
    return workspace.root / home / name


def _read(workspace: Workspace, kind: str, name: str) -> dict[str, Any]:
    file = _folder(workspace, kind, name) / RESULTS[kind][1]
    try:
        found = dict(json.loads(file.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        why = (str(error) or type(error).__name__).splitlines()[0]
        raise BadInput("SOIL-DESK-MAP-DAMAGED", name=name, why=why) from error
    spoken = found.pop(_SPOKEN, {}).get(language(), {})
    made = datetime.fromtimestamp(file.stat().st_mtime, UTC).isoformat(timespec="seconds")
    return {**found, **spoken, "folder": name, "name": name, "kind": kind, "made_at": made}


def _legend(kind: str, found: Mapping[str, Any]) -> list[dict[str, str]]:
    """What the colours of the picture stand for."""
    from tilth.report import TREND_COLOURS, zone_colour
    from tilth.soil import DIRECTIONS

    makers: Mapping[str, Callable[[], list[tuple[str, str]]]] = {
        "zones": lambda: [(zone_colour(at), one["zone"]) for at, one in enumerate(found["zones"])],
        "trends": lambda: [
            (colour, message(f"SOIL-TREND-DIRECTION-{DIRECTIONS[way].upper()}"))
            for way, colour in TREND_COLOURS.items()
        ],
        "candidates": lambda: _candidate_legend(found),
        "next-samples": lambda: [
            (zone_colour(one["day"] - 1), message("SOIL-NEXT-DAY", day=one["day"])) for one in found["days"]
        ],
    }
    return [{"colour": colour, "label": said} for colour, said in makers[kind]()]


def _candidate_legend(found: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Kinds of which some is usable, what is taken out where something is, and other land: as the picture has them."""
    from tilth.report import CANDIDATE_COLOURS, CANDIDATE_OUT, CANDIDATE_REST

    kinds = [
        (CANDIDATE_COLOURS[one["kind"]], message(f"SOIL-CANDIDATES-KIND-{one['kind'].upper()}"))
        for one in found["kinds"]
        if one["usable"]
    ]
    out = [(CANDIDATE_OUT, message("SOIL-CANDIDATES-OUT"))] if found["usable_dm2"] < found["total_dm2"] else []
    return [*kinds, *out, (CANDIDATE_REST, message("REPORT-MAP-OTHER-LAND"))]
