"""What is kept beside the records is as it was written, or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tilth.core import BadInput
from tilth.runtime import Workspace, cached, drop_cached, keep_cached


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.create(tmp_path / "w", region="999901", name="示范县")


def two_files(folder: Path) -> None:
    (folder / "a.npy").write_bytes(b"one")
    (folder / "b.npy").write_bytes(b"two")


def test_what_is_kept_is_found_again(workspace: Workspace) -> None:
    assert cached(workspace, "key") is None
    assert keep_cached(workspace, "key", two_files)
    folder = cached(workspace, "key")
    assert folder is not None and (folder / "a.npy").read_bytes() == b"one"


@pytest.mark.parametrize("damage", ["changed", "shorter", "missing", "more", "no digests", "no list"])
def test_what_was_damaged_is_as_if_it_were_not_there(workspace: Workspace, damage: str) -> None:
    keep_cached(workspace, "key", two_files)
    folder = cached(workspace, "key")
    assert folder is not None
    if damage in ("changed", "shorter"):
        (folder / "a.npy").write_bytes(b"onE" if damage == "changed" else b"on")
    elif damage == "missing":
        (folder / "b.npy").unlink()
    elif damage == "more":
        (folder / "c.npy").write_bytes(b"")
    else:
        (folder / "digests.json").write_text("" if damage == "no digests" else "[1]")
    assert cached(workspace, "key") is None
    assert keep_cached(workspace, "key", two_files)
    assert cached(workspace, "key") == folder


def test_a_writer_that_fails_leaves_the_old_entry(workspace: Workspace) -> None:
    keep_cached(workspace, "key", two_files)

    def full_disk(folder: Path) -> None:
        (folder / "a.npy").write_bytes(b"new")
        raise OSError("no space left")

    assert not keep_cached(workspace, "key", full_disk)
    folder = cached(workspace, "key")
    assert folder is not None and (folder / "a.npy").read_bytes() == b"one"


def test_nothing_is_kept_while_another_process_writes(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise BadInput("RUNTIME-BUSY", folder="w")

    monkeypatch.setattr(Workspace, "writing", busy)
    assert not keep_cached(workspace, "key", two_files)


def test_what_nobody_wants_is_dropped(workspace: Workspace) -> None:
    for key in ("old", "new"):
        keep_cached(workspace, key, two_files)
    drop_cached(workspace, ["new"])
    assert cached(workspace, "old") is None and cached(workspace, "new") is not None
