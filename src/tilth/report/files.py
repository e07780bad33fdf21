"""Writing a file whole or not at all, and the same bytes for the same content."""

from __future__ import annotations

import io
import os
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tilth.core import BadInput

_EPOCH = (1980, 1, 1, 0, 0, 0)
_OFFICE_DATE = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Turn the operating system's refusal to write `path` into one clear sentence."""
    try:
        yield
    except OSError as error:
        raise BadInput("REPORT-CANNOT-WRITE", path=str(path), reason=error.strerror or str(error)) from None


def write_whole(path: Path, write: Callable[[Path], None]) -> Path:
    """Let `write` fill a temporary file beside `path`, then put it in place in one step.

    Raises
    ------
    BadInput
        If the folder or the file cannot be written; what stood at `path` stays as it was.
    """
    with refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(suffix=path.suffix, prefix=f".{path.stem}-", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        temporary.unlink()
        try:
            write(temporary)
            temporary.chmod(0o644)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return path


def write_bytes(path: Path, content: bytes) -> Path:
    """Put `content` at `path`, whole or not at all."""

    def write(temporary: Path) -> None:
        temporary.write_bytes(content)

    return write_whole(path, write)


def without_clock(office: bytes, made_on: str) -> bytes:
    """An xlsx or docx file with every time stamp replaced by `made_on`, so that equal content gives equal bytes."""
    stamp = rb"\g<1>" + f"{made_on}T00:00:00Z".encode() + rb"\g<2>"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(office)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = _OFFICE_DATE.sub(stamp, content)
            fresh = zipfile.ZipInfo(entry.filename, _EPOCH)
            fresh.compress_type = zipfile.ZIP_DEFLATED
            fresh.external_attr = 0o600 << 16
            target.writestr(fresh, content)
    return out.getvalue()
