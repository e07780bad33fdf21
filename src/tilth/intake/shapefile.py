"""The parts of a shapefile: which are there, what each declares, and where they disagree."""

from __future__ import annotations

import re
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, Finding, Where
from tilth.intake.crs import refuse_old, understood
from tilth.intake.dbf import Dbf
from tilth.intake.encoding import Decision, decide, language_driver, read_text

_LONGEST_PRJ = 20_000
_WKT = re.compile(r"\s*(\w+\s*[\[(]|PROJC|GEO[CDG]|COMP|LOCAL|BOUND)", re.I)
_MAGIC = b"\x00\x00\x27\x0a"
_HEADER = 100
_PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")
#: More rows missing than this and the header is not believed.
_MOST_MISSING = 200_000


@dataclass(frozen=True)
class Shapefile:
    """A shapefile ready to be read: the path to give to GDAL, and what its parts declare."""

    path: Path
    dbf: Dbf | None
    shapes: int
    cut: npt.NDArray[np.bool_]  # shape (shapes,): True where the .shp ends before the shape does
    text: Decision
    findings: tuple[Finding, ...]

    @property
    def declared(self) -> int:
        """How many rows there ought to be."""
        return max(self.shapes, self.dbf.declared if self.dbf else 0)


def parts(path: Path) -> dict[str, Path]:
    """The files that make up the shapefile `path`, by suffix, whatever the case of their names."""
    wanted = path.stem.casefold()
    beside = (entry for entry in path.parent.iterdir() if entry.stem.casefold() == wanted and entry.is_file())
    found = {entry.suffix.lower(): entry for entry in sorted(beside) if entry.suffix.lower() in _PARTS}
    return {**found, ".shp": path}


@contextmanager
def opened(path: Path, encoding: str | None) -> Iterator[Shapefile]:
    """The shapefile `path`, with its index or projection mended in a temporary copy where need be.

    Raises
    ------
    BadInput
        If it is not a shapefile, its table is damaged, or its header declares far more rows than it can hold.
    """
    with path.open("rb") as file:
        if file.read(4) != _MAGIC:
            raise BadInput("INTAKE-FORMAT-FALSE", file=path.name, expected="ESRI Shapefile")
    found = parts(path)
    index = _index(found.get(".shx"))
    with TemporaryDirectory(prefix="tilth-") as folder:
        place, findings = path, []
        projection, unread = _projection(found.get(".prj"))
        if unread:
            findings.append(Finding("INTAKE-PRJ-UNREADABLE", Where(file=found[".prj"].name)))
            del found[".prj"]
        if index is None or projection is not None or unread:
            place = Path(folder) / f"{path.stem}.shp"
            for suffix, part in found.items():
                if not (suffix == ".shx" and index is None) and not (suffix == ".prj" and projection is not None):
                    _beside(part, place.with_suffix(suffix))
            if projection is not None:
                place.with_suffix(".prj").write_text(projection, encoding="utf-8")
            if index is None:
                index = _rebuild(place)
                findings.append(Finding("INTAKE-SHX-REBUILT", Where(file=path.name), {"shapes": len(index)}))
        yield _described(path, place, found, index, encoding=encoding, findings=findings)


def _described(
    path: Path,
    place: Path,
    found: dict[str, Path],
    index: npt.NDArray[np.int64],
    *,
    encoding: str | None,
    findings: list[Finding],
) -> Shapefile:
    where = Where(file=path.name)
    size = place.stat().st_size
    ends = (index[:, 0] + index[:, 1] + 4) * 2
    cut = (ends > size) | (index[:, 0] * 2 < _HEADER)
    if ".dbf" not in found:
        findings.append(Finding("INTAKE-DBF-MISSING", where))
        return Shapefile(place, None, len(index), cut, Decision("utf-8"), tuple(findings))
    dbf = Dbf.open(found[".dbf"])
    if max(dbf.declared, len(index)) - min(dbf.held, len(index)) > _MOST_MISSING:
        held = min(dbf.held, len(index))
        raise BadInput("INTAKE-SHP-HEADER", file=path.name, declared=max(dbf.declared, len(index)), held=held)
    if not len(index) == dbf.declared == dbf.held:
        values = {"shapes": len(index), "records": dbf.declared, "held": dbf.held}
        findings.append(Finding("INTAKE-SHP-COUNTS", where, values))
    stated = found[".cpg"].read_bytes()[:40].decode("latin-1").strip("\ufeffï»¿ \r\n\t\0") if ".cpg" in found else ""
    text = decide(dbf.texts(), file=path.name, declared=stated, asked=encoding, hint=language_driver(dbf.language))
    return Shapefile(place, dbf, len(index), cut, text, (*findings, *text.findings))


def _projection(path: Path | None) -> tuple[str | None, bool]:
    """The text to put in place of a .prj that is not UTF-8, as those with Chinese names often are (None if it may
    stay), and whether it is damaged past reading."""
    raw = path.read_bytes()[:_LONGEST_PRJ] if path is not None else b""
    text, same = read_text(raw, file=path.name if path else "")[0], True
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        same = False
    unread = bool(_WKT.match(text)) and not understood(text)
    if unread and path is not None:
        refuse_old(text, path.name)
    return (None if same or unread else text), unread


def _beside(part: Path, place: Path) -> None:
    """Make `part` appear at `place`: by a link where the system has them, else by a copy."""
    try:
        place.symlink_to(part.absolute())
    except (OSError, NotImplementedError):
        shutil.copyfile(part, place)


def _index(path: Path | None) -> npt.NDArray[np.int64] | None:
    """Offset and length of each shape in 16-bit words, shape (n, 2); None if the index is missing or damaged."""
    if path is None:
        return None
    raw = path.read_bytes()
    if raw[:4] != _MAGIC or (len(raw) - _HEADER) % 8 or len(raw) < _HEADER:
        return None
    if struct.unpack(">i", raw[24:28])[0] * 2 != len(raw):
        return None
    return np.frombuffer(raw, dtype=">i4", offset=_HEADER).reshape(-1, 2).astype(np.int64)


def _rebuild(path: Path) -> npt.NDArray[np.int64]:
    """Write the .shx of `path` anew by walking through the .shp; gives offset and length of each shape."""
    raw = path.read_bytes()
    entries = []
    position = _HEADER
    while position + 8 <= len(raw):
        length = struct.unpack(">i", raw[position + 4 : position + 8])[0]
        if length < 2:
            break
        entries.append((position // 2, length))
        position += 8 + 2 * length
    index = np.array(entries, dtype=">i4").reshape(-1, 2)
    header = raw[:24] + struct.pack(">i", (_HEADER + 8 * len(index)) // 2) + raw[28:_HEADER]
    path.with_suffix(".shx").write_bytes(header.ljust(_HEADER, b"\0") + index.tobytes())
    return index.astype(np.int64)
