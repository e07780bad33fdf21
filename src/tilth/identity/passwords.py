"""Passwords: which are refused (NIST SP 800-63B, 3.1.1), and how they are kept (argon2id, RFC 9106)."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from importlib.resources import files
from itertools import pairwise
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from tilth.core import BadInput
from tilth.identity.model import spelt

if TYPE_CHECKING:
    from argon2 import PasswordHasher

#: Least and most letters. No rule asks for capitals, figures or signs: length is what counts.
LEAST, MOST = 12, 128
#: Not a password: what the hash of nobody is made of.
_NOBODY = "nobody has this password, whatever it is"
#: What hashes at once: each takes 64 MiB.
_ROOM = BoundedSemaphore(4)
#: A password that only repeats so few letters is refused.
_REPEATED = 4
_ENDS = re.compile(r"[\W\d_]+$")


def agreed(password: str, *names: str) -> str:
    """`password` as it is hashed, if it may be one of a person called `names`.

    Raises
    ------
    BadInput
        If it is too short or long, one of those that everybody tries first, or holds the person's name.
    """
    plain = _normal(password)
    if not LEAST <= len(plain) <= MOST:
        raise BadInput("IDENTITY-PASSWORD-LENGTH", length=len(plain), least=LEAST, most=MOST)
    small = plain.casefold()
    stem = _ENDS.sub("", small)
    if small in _common() or stem in _common() or _runs(small):
        raise BadInput("IDENTITY-PASSWORD-COMMON")
    held = spelt(plain)
    if any(len(name) >= (3 if name.isascii() else 2) and name in held for name in map(spelt, names)):
        raise BadInput("IDENTITY-PASSWORD-NAME")
    return plain


def hashed(password: str) -> str:
    """What is kept instead of `password`; says itself how it was made."""
    with _ROOM:
        return _hasher().hash(_normal(password))


def fits(kept: str | None, password: str) -> bool:
    """Is `password` the one that `kept` was made of? Takes as long where nobody has such a password."""
    from argon2.exceptions import InvalidHashError, VerificationError

    against = nobody()
    with _ROOM:
        try:
            return _hasher().verify(kept or against, _normal(password[: MOST + 1])) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def outdated(kept: str) -> bool:
    """Was `kept` made with other parameters than are recommended now?"""
    return _hasher().check_needs_rehash(kept)


@cache
def nobody() -> str:
    """A hash like any other, of no person."""
    return hashed(_NOBODY)


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


def _normal(password: str) -> str:
    """The same letters typed on another keyboard are the same password."""
    return unicodedata.normalize("NFKC", password)


def _runs(small: str) -> bool:
    """Does it repeat a few letters, or step through them in order?"""
    repeats = any(small == (small[:size] * len(small))[: len(small)] for size in range(1, _REPEATED + 1))
    steps = {ord(after) - ord(before) for before, after in pairwise(small)}
    return repeats or steps in ({1}, {-1})


@cache
def _common() -> frozenset[str]:
    lines = files("tilth.identity").joinpath("data/common-passwords.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
