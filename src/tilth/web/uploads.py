"""Files that readers send: of limited size, known by their content, in a private folder, gone when the work is done."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
import unicodedata
import zipfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from tilth.web.problems import Problem

#: Largest body that is JSON itself, not a form with files. [bytes]
MOST_JSON = 64 << 20
_CHUNK = 1 << 20
_LOOKED_AT = 1 << 16
_LONGEST_NAME = 80
_TEXTS = (".csv", ".tsv", ".txt", ".toml")
_JSONS = (".json", ".geojson", ".topojson", ".geojsonl", ".geojsons", ".ndjson")
VECTORS = (".zip", ".gpkg", *_JSONS, ".gml", ".kml", ".parquet", ".txt")
TABLES = (".csv", ".tsv", ".xlsx", ".xls", ".dbf")
ENTRIES = (".json", ".csv")
RASTERS = (".tif",)
#: How a TIFF begins, and a BigTIFF, in either order of bytes.
_TIFF = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


@dataclass(frozen=True)
class Trap:
    """How much an archive may unpack to before it is taken for a trap."""

    entries: int = 10_000
    total: int = 8 << 30
    #: Data packs to a fiftieth at best; what unpacks to more than `free` bytes must not pack better than this.
    ratio: int = 200
    free: int = 256 << 20


TRAP = Trap()


@dataclass
class Sent:
    """The files of one request, by the name of their part, and a digest of all of them."""

    folder: Path
    parts: dict[str, Path] = field(default_factory=dict)
    digest: str = ""
    kept: bool = False  # somebody else looks after the folder now

    @property
    def file(self) -> Path:
        """The part `file`."""
        return self.parts["file"]

    def moved_to(self, folder: Path) -> Sent:
        """The same files in `folder`, for work that goes on when the request is answered."""
        folder.mkdir(parents=True, exist_ok=True)
        parts = {}
        for name, path in self.parts.items():
            place = folder / name
            place.mkdir()
            parts[name] = Path(shutil.move(path, place / path.name))
        return Sent(folder, parts, self.digest)


def sending(
    file: tuple[str, ...], *, raw: str = "", **others: tuple[str, ...]
) -> Callable[[Request], AsyncIterator[Sent]]:
    """A dependency that takes what a request sends: the part `file`, of one of these kinds, and perhaps others.

    Parameters
    ----------
    raw
        The body may be JSON itself: under which name it is read.
    """
    kinds = {"file": file, **others}

    async def sent(request: Request) -> AsyncIterator[Sent]:
        folder = Path(await run_in_threadpool(tempfile.mkdtemp, prefix="tilth-sent-"))
        try:
            media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
            if media == "multipart/form-data":
                yield await _form(request, folder, kinds)
            elif raw and media in ("application/json", "application/geo+json", ""):
                yield await _body(request, folder / raw)
            else:
                raise Problem(415, "WEB-NO-FILE")
        finally:
            await run_in_threadpool(shutil.rmtree, folder, ignore_errors=True)

    return sent


async def _form(request: Request, folder: Path, kinds: Mapping[str, tuple[str, ...]]) -> Sent:
    found, digest = Sent(folder), hashlib.sha256()
    async with request.form(max_files=len(kinds), max_fields=0) as form:
        for name, known in kinds.items():
            part = form.get(name)
            if isinstance(part, UploadFile):
                path, own = await run_in_threadpool(_taken, part.file, part.filename or "", folder / name, known)
                found.parts[name] = path
                digest.update(f"{name}:{own}\n".encode())
    if "file" not in found.parts:
        raise Problem(422, "WEB-NO-FILE")
    found.digest = digest.hexdigest()
    return found


async def _body(request: Request, path: Path) -> Sent:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as out:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MOST_JSON:
                raise Problem(413, "WEB-TOO-LARGE", most=MOST_JSON >> 20)
            digest.update(chunk)
            out.write(chunk)
    with path.open("rb") as opened:
        if not opened.read(_LOOKED_AT).lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
            raise Problem(422, "WEB-NOT-JSON")
    return Sent(path.parent, {"file": path}, digest.hexdigest())


def _taken(source: BinaryIO, claimed: str, folder: Path, known: tuple[str, ...]) -> tuple[Path, str]:
    """Write what was sent into `folder` under a name of ours; its path and digest."""
    folder.mkdir()
    source.seek(0)
    suffix = kind_of(source, claimed)
    shown = safe_name(claimed, suffix)
    if suffix not in known:
        raise Problem(422, "WEB-FILE-KIND", file=shown, known=", ".join(one[1:] for one in known))
    path, digest = folder / shown, hashlib.sha256()
    source.seek(0)
    with path.open("xb") as out:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            out.write(chunk)
    return path, digest.hexdigest()


def kind_of(source: BinaryIO, claimed: str = "") -> str:
    """What a file is by its content, as an ending; its own name decides only between kinds of text.

    Raises
    ------
    Problem
        If it is an archive that would do harm.
    """
    source.seek(0)
    head = source.read(_LOOKED_AT)
    own = PurePosixPath(claimed.lower()).suffix
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_archive(source, safe_name(claimed, ".zip"))
    for mark, kind in ((b"SQLite format 3\0", ".gpkg"), (b"PAR1", ".parquet"), (b"\xd0\xcf\x11\xe0", ".xls")):
        if head.startswith(mark):
            return kind
    if head.startswith(_TIFF):
        return ".tif"
    if own == ".dbf" and head[:1] in (b"\x03", b"\x30", b"\x31", b"\x83", b"\x8b", b"\xf5"):
        return own
    if b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ""
    if text.startswith((b"{", b"[")) and own not in _TEXTS:
        return own if own in _JSONS else ".json"
    if text.startswith(b"<"):
        return ".kml" if b"<kml" in head else ".gml"
    return own if own in _TEXTS else ".txt"


def _kind_of_archive(source: BinaryIO, shown: str) -> str:
    source.seek(0)
    try:
        with zipfile.ZipFile(source) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, UnicodeError):
        return ""
    packed, unpacked = sum(one.compress_size for one in members), sum(one.file_size for one in members)
    trap = unpacked > TRAP.free and unpacked > TRAP.ratio * max(packed, 1)
    if len(members) > TRAP.entries or unpacked > TRAP.total or trap:
        raise Problem(413, "WEB-ZIP-TRAP", file=shown, entries=len(members), mib=unpacked >> 20)
    for one in members:
        place = PurePosixPath(one.filename.replace("\\", "/"))
        linked = stat.S_ISLNK(one.external_attr >> 16)
        if linked or place.is_absolute() or ".." in place.parts or any(":" in part for part in place.parts):
            raise Problem(422, "WEB-ZIP-PLACE", file=shown, entry=one.filename[:100])
    names = {one.filename for one in members}
    return ".xlsx" if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names) else ".zip"


def safe_name(claimed: str, suffix: str) -> str:
    """A name for the file of which only the look is the sender's: no place, no mark that does anything, its own ending.

    >>> safe_name("../../etc/passwd", ".csv"), safe_name("C:\\\\占地 3.shp", ".zip"), safe_name("", ".zip")
    ('passwd.csv', '占地_3.zip', 'file.zip')
    """
    last = unicodedata.normalize("NFC", claimed.replace("\\", "/")).rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0] if "." in last[1:] else last
    plain = "".join(sign if sign.isalnum() or sign in "-_()（）" else "_" for sign in stem)
    return (plain.strip("_")[:_LONGEST_NAME] or "file") + suffix


#: What a body of GeoJSON is, for the description of the interface.
GEOJSON = {
    "type": "object",
    "description": "GeoJSON: a FeatureCollection, a Feature or a geometry.",
    "required": ["type"],
    "properties": {"type": {"type": "string"}},
}


def described(*, raw: dict[str, Any] | None = None, **parts: str) -> dict[str, Any]:
    """The body of a request for the description of the interface: a form with these parts, or JSON like `raw`."""
    files = {name: {"type": "string", "format": "binary", "description": said} for name, said in parts.items()}
    form = {"type": "object", "properties": files, "required": ["file"], "additionalProperties": False}
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}}
    if raw is not None:
        content["application/json"] = {"schema": raw}
    return {"requestBody": {"required": True, "content": content}}
