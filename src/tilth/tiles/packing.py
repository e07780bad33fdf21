"""Tiles packed by gzip, alike whoever packs them: what is drawn ahead has the bytes of what is drawn when asked for."""

from __future__ import annotations

import zlib

#: Smaller tiles are never packed.
_WORTH_PACKING = 512
_LEVEL, _GZIP, _PACKED = 1, 31, b"\x1f\x8b"


def packed(content: bytes) -> bytes:
    """A tile packed, where it is large enough for that to pay."""
    if len(content) < _WORTH_PACKING:
        return content
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packing.compress(content) + packing.flush()


def unpacked(content: bytes) -> bytes:
    """A tile as it was before `packed`."""
    return zlib.decompress(content, _GZIP) if is_packed(content) else content


def is_packed(content: bytes) -> bool:
    """Is it packed? No tile begins like that."""
    return content.startswith(_PACKED)
