"""Pictures of few colours as PNG."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def indexed_png(pixels: npt.NDArray[np.uint8], colours: Sequence[str | None]) -> bytes:
    """The picture in which each of `pixels` (h, w) is one of `colours` ("#rrggbb", None for nothing)."""
    high, wide = pixels.shape
    lines = np.zeros((high, 1 + wide), np.uint8)  # each line begins with its filter, none
    lines[:, 1:] = pixels
    palette = b"".join(bytes.fromhex((colour or "#000000")[1:]) for colour in colours)
    clear = bytes(0 if colour is None else 255 for colour in colours)
    parts = [(b"IHDR", struct.pack(">IIBBBBB", wide, high, 8, 3, 0, 0, 0)), (b"PLTE", palette), (b"tRNS", clear)]
    parts += [(b"IDAT", zlib.compress(lines.tobytes(), 6)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held)) for kind, held in parts
    )
