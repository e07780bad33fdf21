"""The same bytes for the same content: office files without the clock in them."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

_EPOCH = (1980, 1, 1, 0, 0, 0)
_OFFICE_DATE = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def _as_they_are(parts: dict[str, bytes]) -> dict[str, bytes]:
    return parts


def without_clock(
    office: bytes, made_on: str, changed: Callable[[dict[str, bytes]], dict[str, bytes]] = _as_they_are
) -> bytes:
    """An xlsx or docx file with every time stamp replaced by `made_on`, so that equal content gives equal bytes.

    `changed` may put other content into its parts.
    """
    stamp = rb"\g<1>" + f"{made_on}T00:00:00Z".encode() + rb"\g<2>"
    with zipfile.ZipFile(io.BytesIO(office)) as source:
        parts = {entry.filename: source.read(entry) for entry in source.infolist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in changed(parts).items():
            fresh = zipfile.ZipInfo(name, _EPOCH)
            fresh.compress_type = _packed(name)
            fresh.external_attr = 0o600 << 16
            target.writestr(fresh, _OFFICE_DATE.sub(stamp, content) if name == "docProps/core.xml" else content)
    return out.getvalue()


def _packed(name: str) -> int:
    """Pictures are packed already."""
    return zipfile.ZIP_STORED if name.endswith(".png") else zipfile.ZIP_DEFLATED
