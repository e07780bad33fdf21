"""One file that holds many: a plain tar, of which every byte is accounted for by the manifest that stands first.

A tool for tar files can list and unpack it. It begins with a line that names the manifest's size and SHA-256; the
manifest names size and SHA-256 of every other part, in order. What a reader finds must be what a writer would have
written for that manifest, byte for byte: names that lead elsewhere, links, parts too many or too large have no place.
"""

from __future__ import annotations

import hashlib
import json
import re
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tilth.core import BadInput

FORMAT = 1
_FIRST, _MANIFEST = "TILTH-BACKUP", "manifest.json"
#: What the first part says: the format, the manifest's size and SHA-256. Of one length for a size of any digits.
_LINE = re.compile(rb"tilth backup (\d{4})\nmanifest (\d{12}) ([0-9a-f]{64})\n")
_LINE_SIZE = 18 + 87
#: Largest manifest that is read [bytes], and most parts that it may name.
MOST_MANIFEST, MOST_PARTS = 256 << 20, 1_000_000
_BLOCK, _CHUNK = 512, 1 << 20
_END = bytes(2 * _BLOCK)
_DIGEST = re.compile("[0-9a-f]{64}")
#: The folders that an archive may have.
DATABASE, FILES = "database", "files"
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Part:
    """A file in the archive."""

    name: str
    size: int
    sha256: str

    @classmethod
    def of(cls, name: str, file: Path, advance: Advance = lambda _: None) -> Part:
        """The part that `file` makes."""
        digest, size = hashlib.sha256(), 0
        with file.open("rb") as opened:
            while chunk := opened.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                advance(len(chunk))
        return cls(name, size, digest.hexdigest())

    def as_record(self) -> dict[str, Any]:
        """For the manifest."""
        return {"name": self.name, "size": self.size, "sha256": self.sha256}


class ChangedError(Exception):
    """A file is not what it was a moment ago."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def write_archive(
    target: Path,
    told: Mapping[str, Any],
    parts: Sequence[tuple[Part, Path]],
    advance: Advance = lambda _: None,
) -> str:
    """Write the files of `parts`, and before them a manifest that says `told` and names them; its SHA-256.

    Raises
    ------
    ChangedError
        If a file is not what its part says.
    OSError
        If something cannot be read or written.
    """
    body = {**told, "format": FORMAT, "files": [part.as_record() for part, _ in parts]}
    manifest = (json.dumps(body, ensure_ascii=False, indent=1) + "\n").encode()
    digest = hashlib.sha256(manifest).hexdigest()
    first = f"tilth backup {FORMAT:04}\nmanifest {len(manifest):012} {digest}\n".encode()
    with target.open("wb") as archive:
        for name, content in ((_FIRST, first), (_MANIFEST, manifest)):
            archive.write(_header(name, len(content)) + content + bytes(-len(content) % _BLOCK))
        for part, file in parts:
            archive.write(_header(part.name, part.size))
            _copied(part, file, archive, advance)
            archive.write(bytes(-part.size % _BLOCK))
        archive.write(_END)
    return digest


def _copied(part: Part, file: Path, archive: BinaryIO, advance: Advance) -> None:
    digest, left = hashlib.sha256(), part.size
    with file.open("rb") as opened:
        while left and (chunk := opened.read(min(_CHUNK, left))):
            archive.write(chunk)
            digest.update(chunk)
            left -= len(chunk)
            advance(len(chunk))
        if left or opened.read(1) or digest.hexdigest() != part.sha256:
            raise ChangedError(part.name)


class Archive:
    """An archive to read. Its manifest is checked when it is opened, the rest while it is unpacked."""

    def __init__(self, path: Path) -> None:
        """Open the archive at `path`.

        Raises
        ------
        BadInput
            If it is none, cannot be read, is damaged or cut short, or a newer version made it.
        """
        self.path = path
        try:
            with path.open("rb") as archive:
                self.told, self.digest = self._begin(archive)
                self._start = archive.tell()
        except OSError as error:
            raise BadInput("BACKUP-UNREADABLE", file=str(path), why=error.strerror or str(error)) from error
        self.parts = self._parts(self.told)
        self._whole()

    def unpack(self, where: Callable[[Part], Path], advance: Advance = lambda _: None) -> None:
        """Write every part to the place that `where` names for it.

        Raises
        ------
        BadInput
            If the archive is damaged: the part and the place in the archive are named.
        OSError
            If a part cannot be written.
        """
        with self.path.open("rb") as archive:
            archive.seek(self._start)
            for part in self.parts:
                self._same(archive, _header(part.name, part.size), part.name)
                place = where(part)
                place.parent.mkdir(parents=True, exist_ok=True)
                with place.open("xb") as file:
                    self._taken(archive, part, file, advance)
                self._same(archive, bytes(-part.size % _BLOCK), part.name)
            self._same(archive, _END, "-")

    def _begin(self, archive: BinaryIO) -> tuple[dict[str, Any], str]:
        """What the manifest says, and its SHA-256."""
        head = archive.read(_BLOCK + _LINE_SIZE)
        line = _LINE.fullmatch(head[_BLOCK:])
        if head[:_BLOCK] != _header(_FIRST, _LINE_SIZE) or line is None:
            raise BadInput("BACKUP-NOT-ONE", file=str(self.path))
        made_by, size, digest = int(line[1]), int(line[2]), line[3].decode()
        if made_by > FORMAT:
            raise BadInput("BACKUP-NEWER", file=str(self.path))
        self._same(archive, bytes(-_LINE_SIZE % _BLOCK), _FIRST)
        if size > MOST_MANIFEST:
            raise self._damaged(_FIRST, _BLOCK, _BLOCK + _LINE_SIZE)
        self._same(archive, _header(_MANIFEST, size), _MANIFEST)
        at = archive.tell()
        manifest = archive.read(size)
        if len(manifest) < size:
            raise self._short(_MANIFEST, at + size)
        if hashlib.sha256(manifest).hexdigest() != digest:
            raise self._damaged(_MANIFEST, at, at + size)
        self._same(archive, bytes(-size % _BLOCK), _MANIFEST)
        try:
            told = json.loads(manifest)
            if not isinstance(told, dict) or told["format"] != made_by:
                raise ValueError(made_by)
        except (ValueError, KeyError, RecursionError) as error:
            raise self._forged(_MANIFEST) from error
        return told, digest

    def _parts(self, told: Mapping[str, Any]) -> tuple[Part, ...]:
        """The parts that the manifest names, none of which may lead out of the folder that they are unpacked in."""
        listed = told.get("files")
        if not isinstance(listed, list) or len(listed) > MOST_PARTS:
            raise self._forged("files")
        parts, taken, folders = [], set[str](), set[str]()
        for one in listed:
            if not _well_formed(one):
                raise self._forged(str(one)[:100])
            part = Part(one["name"], one["size"], one["sha256"])
            name = part.name.casefold()
            above = {name.rsplit("/", n)[0] for n in range(1, name.count("/") + 1)}
            if not is_safe(part.name) or name in taken or name in folders or not taken.isdisjoint(above):
                raise BadInput("BACKUP-UNSAFE", file=str(self.path), part=part.name[:100])
            taken.add(name)
            folders |= above
            parts.append(part)
        return tuple(parts)

    def _whole(self) -> None:
        """Is the archive as long as its manifest makes it?"""
        at = self._start
        there = self.path.stat().st_size
        for part in self.parts:
            at += len(_header(part.name, part.size)) + part.size + -part.size % _BLOCK
            if there < at:
                raise self._short(part.name, at)
        if there < at + len(_END):
            raise self._short("-", at + len(_END))
        if there > at + len(_END):
            raise self._damaged("-", at + len(_END), there)

    def _taken(self, archive: BinaryIO, part: Part, file: BinaryIO, advance: Advance) -> None:
        digest, left, at = hashlib.sha256(), part.size, archive.tell()
        while left and (chunk := archive.read(min(_CHUNK, left))):
            digest.update(chunk)
            file.write(chunk)
            left -= len(chunk)
            advance(len(chunk))
        if left:
            raise self._short(part.name, at + part.size)
        if digest.hexdigest() != part.sha256:
            raise self._damaged(part.name, at, at + part.size)

    def _same(self, archive: BinaryIO, expected: bytes, name: str) -> None:
        """Read on; what stands there must be `expected`."""
        at = archive.tell()
        found = archive.read(len(expected))
        if found == expected:
            return
        if len(found) < len(expected):
            raise self._short(name, at + len(expected))
        first = at + next(n for n, (one, other) in enumerate(zip(found, expected, strict=True)) if one != other)
        raise self._damaged(name, first, first + 1)

    def _damaged(self, part: str, start: int, end: int) -> BadInput:
        return BadInput("BACKUP-DAMAGED", file=str(self.path), part=part, start=start, end=end)

    def _short(self, part: str, needed: int) -> BadInput:
        there = self.path.stat().st_size
        return BadInput("BACKUP-CUT-SHORT", file=str(self.path), part=part, size=there, needed=needed)

    def _forged(self, what: str) -> BadInput:
        return BadInput("BACKUP-FORGED", file=str(self.path), what=what)


def is_safe(name: str) -> bool:
    """Does a part of that name stay in its folder, on any system, and is it none that the product makes itself?"""
    top, *parts = name.split("/")
    return (
        top in (DATABASE, FILES)
        and 0 < len(parts) < 50
        and len(name) <= 1000
        and all(map(_plain, parts))
        and not parts[0].casefold().startswith((".", "tilth.sqlite", "cache"))
    )


def _plain(part: str) -> bool:
    """Is it a file name that every system takes as it is?"""
    return (
        part.isprintable()
        and not set(part) & set('/\\:*?"<>|')
        and part not in ("", ".", "..")
        and part[-1] not in " ."
    )


def _well_formed(one: Any) -> bool:
    if not isinstance(one, dict):
        return False
    name, size, digest = one.get("name"), one.get("size"), one.get("sha256")
    return (
        isinstance(name, str)
        and type(size) is int
        and 0 <= size < 1 << 53
        and isinstance(digest, str)
        and _DIGEST.fullmatch(digest) is not None
    )


def _header(name: str, size: int) -> bytes:
    """What stands before a part: of a name and a size, always the same."""
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, 0
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")
