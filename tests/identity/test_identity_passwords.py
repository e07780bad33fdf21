"""Which passwords are refused, and how the others are kept."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest
from argon2.profiles import RFC_9106_LOW_MEMORY

from tilth.core import BadInput
from tilth.identity import passwords


@pytest.mark.parametrize(
    "password", ["seven grey geese", "稻花香里说丰年听取蛙声一片", "849201748392", "x" * 11 + "y", "q7" * 5 + "zw"]
)
def test_length_alone_makes_a_password(password: str) -> None:
    assert passwords.agreed(password, "li.wei") == password


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "LENGTH"), ("elevenchars", "LENGTH"), ("x" * 64 + "y" * 65, "LENGTH"),
        ("password1234", "COMMON"), ("Password!2026", "COMMON"), ("woaini1314520", "COMMON"),
        ("qwertyuiop12", "COMMON"), ("administrator", "COMMON"), ("自然资源局20261126", "COMMON"),
        ("aaaaaaaaaaaa", "COMMON"), ("abcabcabcabc", "COMMON"), ("abcdefghijkl", "COMMON"), ("zyxwvutsrqpo", "COMMON"),
        ("geese of Li Wei", "NAME"), ("LIWEI over the water", "NAME"), ("李伟在田间地头走了一圈又一圈", "NAME"),
    ],
)  # fmt: skip
def test_what_is_tried_first_is_refused(password: str, code: str) -> None:
    with pytest.raises(BadInput) as refused:
        passwords.agreed(password, "li.wei", "李伟")
    assert refused.value.code == f"IDENTITY-PASSWORD-{code}"
    assert password not in str(refused.value), "a refusal repeats no password"


def test_a_password_is_kept_as_argon2id_of_the_recommended_strength() -> None:
    kept = passwords.hashed("seven grey geese")
    assert argon2.extract_parameters(kept) == RFC_9106_LOW_MEMORY
    assert kept != passwords.hashed("seven grey geese"), "each with a salt of its own"
    assert passwords.fits(kept, "seven grey geese") and not passwords.fits(kept, "seven grey geesf")
    assert not passwords.outdated(kept)


def test_the_same_letters_from_another_keyboard_are_the_same_password() -> None:
    assert passwords.fits(passwords.hashed("ｓｅｖｅｎ grey geese"), "seven grey geese")


def test_a_hash_of_older_parameters_still_fits_and_is_outdated() -> None:
    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("seven grey geese")
    assert passwords.fits(old, "seven grey geese") and passwords.outdated(old)


def test_who_has_no_password_takes_as_much_work_and_never_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    verified = []
    real = argon2.PasswordHasher.verify
    monkeypatch.setattr(
        argon2.PasswordHasher, "verify", lambda self, kept, word: verified.append(kept) or real(self, kept, word)
    )
    assert not passwords.fits(None, "seven grey geese")
    assert not passwords.fits(None, passwords._NOBODY)
    assert [argon2.extract_parameters(kept) for kept in verified] == [RFC_9106_LOW_MEMORY] * 2


def test_no_more_than_four_are_hashed_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    at_once, most, lock = 0, 0, threading.Lock()

    class Slow:
        def hash(self, _password: str) -> str:
            nonlocal at_once, most
            with lock:
                at_once, most = at_once + 1, max(most, at_once + 1)
            time.sleep(0.02)
            with lock:
                at_once -= 1
            return "x"

    monkeypatch.setattr(passwords, "_hasher", Slow)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(passwords.hashed, ["seven grey geese"] * 40))
    assert most == 4
