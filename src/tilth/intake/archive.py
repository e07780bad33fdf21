"""Zip archives, unpacked with care: nothing outside the folder, nothing without end, names in whatever encoding."""

from __future__ import annotations

import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from tilth.core import BadInput
from tilth.intake.encoding import decode, sniff

MB = 1_000_000
_CHUNK = 1 << 20
_UTF8_NAME = 0x800
_ENCRYPTED = 0x1
_DATA_SUFFIXES = frozenset(
    f".{suffix}"
    for line in (
        "shp shx dbf prj cpg gpkg gml xsd kml parquet geoparquet",
        "geojson json topojson geojsonl geojsons ndjson txt csv tsv xlsx xls",
    )
    for suffix in line.split()
)


@dataclass(frozen=True)
class Limits:
    """How much an archive may unpack to."""

    total_mb: int = 16_000
    members: int = 50_000
    #: Data packs to a fiftieth at best; an archive above `free_mb` that unpacks to more times its size is a trap.
    ratio: int = 200
    free_mb: int = 512


LIMITS = Limits()


@contextmanager
def unpacked(path: Path, limits: Limits = LIMITS) -> Iterator[Path]:
    """The folder that the archive `path` was unpacked into; gone when the block ends.

    Only files that can hold data are unpacked. Archives inside the archive are unpacked too, one level deep, into a
    folder of their name.

    Raises
    ------
    BadInput
        If the archive is damaged, locked, too large, or wants to write outside its folder.
    """
    with tempfile.TemporaryDirectory(prefix="tilth-") as folder:
        target = Path(folder)
        _Unpacking(path.name, max(path.stat().st_size, 1), limits).unpack(path, target, depth=0)
        yield target


@dataclass
class _Unpacking:
    name: str
    packed: int
    limits: Limits
    written: int = 0
    members: int = 0

    def unpack(self, path: Path, target: Path, depth: int) -> None:
        try:
            with zipfile.ZipFile(path) as archive:
                for member in archive.infolist():
                    self._member(archive, member, target, depth)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeError, ValueError) as error:
            raise BadInput("INTAKE-ZIP-BROKEN", file=self.name, reason=_reason(error)) from None
        except OSError as error:
            raise BadInput("INTAKE-ZIP-BROKEN", file=self.name, reason=error.strerror or _reason(error)) from None
        except RuntimeError:  # how zipfile says that a password is needed
            raise BadInput("INTAKE-ZIP-PASSWORD", file=self.name) from None

    def _member(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, depth: int) -> None:
        self.members += 1
        if self.members > self.limits.members:
            raise BadInput("INTAKE-ZIP-BOMB", file=self.name, limit_mb=self.limits.total_mb)
        name = PurePosixPath(_name(member).replace("\\", "/"))
        if not name.parts:
            raise BadInput("INTAKE-ZIP-BROKEN", file=self.name, reason="a member without a name")
        link = stat.S_ISLNK(member.external_attr >> 16)
        if link or name.is_absolute() or ".." in name.parts or any(":" in part for part in name.parts):
            raise BadInput("INTAKE-ZIP-UNSAFE", file=self.name, member=str(name))
        nested = name.suffix.lower() == ".zip"
        if member.is_dir() or not (_wanted(name) or nested):
            return
        if member.flag_bits & _ENCRYPTED:
            raise BadInput("INTAKE-ZIP-PASSWORD", file=self.name)
        place = target.joinpath(*name.parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        if nested and depth == 0:
            inner = place.with_name(place.name + ".packed")
            self._write(archive, member, inner)
            place.mkdir(exist_ok=True)
            self.unpack(inner, place, depth + 1)
            inner.unlink()
        elif not nested:
            self._write(archive, member, place)

    def _write(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, place: Path) -> None:
        with archive.open(member) as source, place.open("wb") as out:
            while chunk := source.read(_CHUNK):
                self.written += len(chunk)
                if self._too_much():
                    raise BadInput("INTAKE-ZIP-BOMB", file=self.name, limit_mb=self.limits.total_mb)
                out.write(chunk)

    def _too_much(self) -> bool:
        if self.written > self.limits.total_mb * MB:
            return True
        return self.written > self.limits.free_mb * MB and self.written > self.limits.ratio * self.packed


def _name(member: zipfile.ZipInfo) -> str:
    """The member's name; names that are not marked as UTF-8 come in the code page of the machine that packed them."""
    if member.flag_bits & _UTF8_NAME or member.filename.isascii():
        return member.filename
    raw = member.filename.encode("cp437", errors="replace")
    return decode(raw, sniff([raw]))


def _wanted(name: PurePosixPath) -> bool:
    if name.parts[0] == "__MACOSX" or name.name.startswith("._"):
        return False
    return name.suffix.lower() in _DATA_SUFFIXES or any(part.lower().endswith(".gdb") for part in name.parts[:-1])


def _reason(error: Exception) -> str:
    """The library's reason in one short line; some quote the whole file."""
    return " ".join(str(error).split())[:120] or type(error).__name__


def find(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """Files below `folder` with one of `suffixes`, and `.gdb` folders where ".gdb" is among them, in order of name."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        suffix = path.suffix.lower()
        if path.is_symlink() or path.name.startswith("."):
            continue
        if path.is_dir() and suffix == ".gdb":
            found += [path] if ".gdb" in suffixes else []
        elif path.is_dir():
            found += find(path, suffixes)
        elif suffix in suffixes and suffix != ".gdb":
            found.append(path)
    return found
