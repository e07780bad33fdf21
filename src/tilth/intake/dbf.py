"""What a .dbf file says of itself: its fields, how many records it declares and holds, which are marked as deleted.

GDAL reads the values; this module sees what GDAL passes over in silence. Source: dBASE III file format.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput

_HEADER = 32
_END_OF_FIELDS = 0x0D
_DELETED = ord("*")
_SAMPLE = 20_000
_CHUNK = 100_000
_BLANKS = b" \0\t"
_NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_NOTHING, _DIGIT, _SIGN, _POINT, _OTHER = range(5)


def _kinds() -> npt.NDArray[np.uint8]:
    kinds = np.full(256, _OTHER, dtype=np.uint8)
    for signs, kind in ((_BLANKS, _NOTHING), (b"0123456789", _DIGIT), (b"+-", _SIGN), (b".", _POINT)):
        kinds[list(signs)] = kind
    return kinds


#: What a byte is in the cell of a number. Shape (256,).
_KINDS = _kinds()


@dataclass(frozen=True)
class Field:
    """One field: its name as bytes, its type letter, and where it stands in a record (bytes)."""

    name: bytes
    type: str
    offset: int
    length: int
    decimals: int


@dataclass(frozen=True)
class Dbf:
    """A .dbf file. `declared` is the record count in the header, `held` how many whole records the file holds."""

    path: Path
    fields: tuple[Field, ...]
    declared: int
    held: int
    language: int
    _start: int
    _record_length: int

    @classmethod
    def open(cls, path: Path) -> Dbf:
        """Read the header of `path`.

        Raises
        ------
        BadInput
            If it is not a .dbf file or its header contradicts itself.
        """
        with path.open("rb") as file:
            head = file.read(_HEADER)
            if len(head) < _HEADER:
                raise BadInput("INTAKE-DBF-BROKEN", file=path.name)
            declared = int.from_bytes(head[4:8], "little")
            start = int.from_bytes(head[8:10], "little")
            record_length = int.from_bytes(head[10:12], "little")
            descriptors = file.read(max(start - _HEADER, 0))
        fields = _fields(descriptors)
        width = 1 + sum(field.length for field in fields)
        if not fields or start <= _HEADER or record_length < 1 or width > record_length:
            raise BadInput("INTAKE-DBF-BROKEN", file=path.name)
        held = max(path.stat().st_size - start, 0) // record_length
        return cls(path, fields, declared, min(held, declared), head[29], start, record_length)

    def records(self) -> npt.NDArray[np.uint8]:
        """Every whole record as bytes: shape (held, record length). Mapped from the file, not read."""
        if self.held == 0:
            return np.zeros((0, self._record_length), dtype=np.uint8)
        flat = np.memmap(
            self.path, dtype=np.uint8, mode="r", offset=self._start, shape=(self.held, self._record_length)
        )
        return flat.view(np.ndarray)

    def deleted(self) -> npt.NDArray[np.bool_]:
        """True where a record is marked as deleted. Shape (held,)."""
        return np.asarray(self.records()[:, 0] == _DELETED)

    def texts(self) -> list[bytes]:
        """Distinct pieces of text that are not plain ASCII: field names, and cells of a sample of the records."""
        records = self.records()
        found = {field.name for field in self.fields if not field.name.isascii()}
        rows = [
            first + np.flatnonzero((records[first : first + _SAMPLE] & 0x80).any(axis=1))
            for first in range(0, len(records), _SAMPLE)
        ]
        odd = np.concatenate(rows) if rows else np.zeros(0, dtype=np.int64)
        sample = records[odd[:: len(odd) // _SAMPLE + 1]]
        for field in self.fields:
            if field.type in "CMNF":
                cells = {cell.tobytes() for cell in sample[:, field.offset : field.offset + field.length]}
                found |= {cell.rstrip(b" \0") for cell in cells if not cell.isascii()}
        return sorted(found)

    def wide_integers(self) -> list[int]:
        """Positions of whole-number fields too wide for 64 bits: codes of 19 digits that a float would damage."""
        return [
            index for index, field in enumerate(self.fields)
            if field.type in "NF" and field.decimals == 0 and field.length > 18
        ]  # fmt: skip

    def texts_in_numbers(self) -> list[int]:
        """Positions of number fields with a cell that is neither a number nor blank, such as 约12亩.

        GDAL reads of such a cell the digits at its start, or 0.
        """
        return [
            index
            for index, field in enumerate(self.fields)
            if field.type in "NF" and any(self._is_text(cell) for cell in self._suspects(field))
        ]

    def _suspects(self, field: Field) -> list[bytes]:
        """Cells of a number field that are not plainly digits with at most a sign before and one point between."""
        found: list[bytes] = []
        records = self.records()
        for first in range(0, len(records), _CHUNK):
            cells = records[first : first + _CHUNK, field.offset : field.offset + field.length]
            kind = _KINDS[cells]
            filled = kind != _NOTHING
            begins = filled.copy()
            begins[:, 1:] &= ~filled[:, :-1]
            plain = (kind != _OTHER).all(axis=1) & (begins.sum(axis=1) <= 1)
            plain &= ((kind == _POINT).sum(axis=1) <= 1) & ~((kind == _SIGN) & ~begins).any(axis=1)
            plain &= (kind == _DIGIT).any(axis=1) | ~filled.any(axis=1)
            found += {cell.tobytes() for cell in cells[~plain]}
        return found

    @staticmethod
    def _is_text(cell: bytes) -> bool:
        bare = cell.strip(_BLANKS)
        return bool(bare.strip(b"*")) and _NUMBER.fullmatch(bare) is None

    def column(self, index: int) -> list[str]:
        """The cells of one field as text, one for each held record, blanks stripped."""
        field = self.fields[index]
        cells = np.ascontiguousarray(self.records()[:, field.offset : field.offset + field.length])
        texts = [cell.tobytes().strip(_BLANKS).decode("latin-1") for cell in cells]
        if field.type not in "NF":
            return texts
        return ["" if not text.strip("*") else text for text in texts]  # stars: no value


def _fields(descriptors: bytes) -> tuple[Field, ...]:
    """The field descriptors of 32 bytes each, up to the end mark."""
    fields = []
    offset = 1  # the deletion mark comes first
    for start in range(0, len(descriptors) - 31, 32):
        entry = descriptors[start : start + 32]
        if entry[0] == _END_OF_FIELDS:
            break
        name = entry[:11].split(b"\0", 1)[0]
        letter = chr(entry[11]).upper()
        length = entry[16] + (entry[17] << 8 if letter == "C" else 0)
        fields.append(Field(name, letter, offset, length, 0 if letter == "C" else entry[17]))
        offset += length
    return tuple(fields)
