"""A workspace opens in its old state or its new one, whatever happened in between."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from tilth.core import BadInput, NotFound
from tilth.runtime import Database, Workspace, reporting, settle, working, write_whole
from tilth.runtime.database import HEAD


def test_a_new_workspace_opens_again_with_its_region(tmp_path: Path) -> None:
    Workspace.create(tmp_path / "县", region="999901", name='示范"县\n')
    again = Workspace.open(tmp_path / "县")
    assert (again.region, again.name) == ("999901", '示范"县\n')


def test_a_second_workspace_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    Workspace.create(tmp_path, region="1", name="a")
    with pytest.raises(BadInput, match="already holds"):
        Workspace.create(tmp_path, region="1", name="a")


@pytest.mark.parametrize("code", ["", "a b", "../x"])
def test_a_region_code_is_letters_and_digits(tmp_path: Path, code: str) -> None:
    with pytest.raises(BadInput, match="region code"):
        Workspace.create(tmp_path / "w", region=code, name="a")


def test_no_workspace_and_broken_settings_are_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no workspace"):
        Workspace.open(tmp_path)
    Workspace.create(tmp_path, region="1", name="a")
    (tmp_path / "tilth.toml").write_text("region = ", encoding="utf-8")
    with pytest.raises(BadInput, match="cannot be read"):
        Workspace.open(tmp_path)
    (tmp_path / "tilth.toml").write_text('region = "1"\nformat = 99', encoding="utf-8")
    with pytest.raises(BadInput, match="newer version"):
        Workspace.open(tmp_path)


def test_a_folder_that_cannot_be_made_is_said_plainly(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="cannot be used"):
        Workspace.create(tmp_path / "file" / "w", region="1", name="a")


def test_a_damaged_database_is_said_plainly(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, region="1", name="a")
    with pytest.raises(BadInput, match="no such table"), workspace.database.transaction() as connection:
        connection.exec_driver_sql("SELECT * FROM nowhere")


def test_a_full_disk_is_called_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = Workspace.create(tmp_path, region="1", name="a").database

    def fill() -> None:
        with base.transaction() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            connection.exec_driver_sql("CREATE TABLE large AS SELECT zeroblob(1000000) AS bytes")

    with pytest.raises(BadInput, match="RUNTIME-DISK-FULL") as refused:
        fill()
    assert "Free some space" in refused.value.remedy
    for free, code in ((0, "RUNTIME-DISK-FULL"), (10**9, "RUNTIME-DATABASE")):
        monkeypatch.setattr(shutil, "disk_usage", lambda place, free=free: SimpleNamespace(free=free))
        with pytest.raises(BadInput, match=code), base.transaction():
            raise OperationalError("INSERT", {}, sqlite3.OperationalError("disk I/O error"))


def test_the_schema_ends_at_the_newest_step(tmp_path: Path) -> None:
    Workspace.create(tmp_path, region="1", name="a")
    with sqlite3.connect(tmp_path / "tilth.sqlite") as database:
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
    steps = Path(__file__).parents[2] / "src/tilth/runtime/migrations/versions"
    assert max(path.name[:4] for path in steps.glob("0*.py")) == HEAD


def test_a_workspace_of_the_first_schema_keeps_its_tasks(tmp_path: Path) -> None:
    Workspace.create(tmp_path, region="1", name="a")
    (tmp_path / "tilth.sqlite").unlink()
    old = Database(f"sqlite:///{tmp_path / 'tilth.sqlite'}")
    old.close()
    old.migrate("0001")
    with sqlite3.connect(tmp_path / "tilth.sqlite") as database:
        database.execute("INSERT INTO task VALUES ('1', 2024, 10, 5, 'a.csv')")
    Workspace.open(tmp_path)
    with sqlite3.connect(tmp_path / "tilth.sqlite") as database:
        assert database.execute("SELECT * FROM task").fetchall() == [("1", 2024, 10, 5, "a.csv")]
        assert database.execute("SELECT version_num FROM alembic_version").fetchone() == (HEAD,)
        database.execute("INSERT INTO task VALUES ('2', 2024, 10, NULL, 'a.csv')")
        with pytest.raises(sqlite3.IntegrityError):
            database.execute("INSERT INTO task VALUES ('1', 2024, 11, 5, 'a.csv')")


def test_half_done_work_is_swept_away_by_the_next_writer(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, region="1", name="a")
    (tmp_path / ".staging" / "dead").mkdir(parents=True)
    with workspace.writing():
        assert not (tmp_path / ".staging" / "dead").exists()


def test_a_second_writer_waits_and_is_then_told(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, region="1", name="a")
    with workspace.writing(), pytest.raises(BadInput, match="another process"), workspace.writing(wait_s=0.05):
        pytest.fail("two writers at once")


def test_a_folder_settles_whole_and_a_file_is_written_whole(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path, region="1", name="a")
    with workspace.staging() as staged:
        (staged / "new").mkdir()
        (staged / "new" / "a.txt").write_text("a")
        (tmp_path / "layers" / "new").mkdir()
        settle(staged / "new", tmp_path / "layers" / "new")
    assert (tmp_path / "layers" / "new" / "a.txt").read_text() == "a"
    assert not list((tmp_path / ".staging").iterdir())
    before = set(tmp_path.iterdir())
    with pytest.raises(BadInput, match="cannot be written"):
        write_whole(tmp_path / "layers", b"x")
    assert set(tmp_path.iterdir()) == before
    assert write_whole(tmp_path / "new" / "a.txt", b"x").read_bytes() == b"x"


def test_progress_reaches_whoever_watches() -> None:
    class Watcher:
        def __init__(self) -> None:
            self.seen: list[object] = []

        def start(self, title: str, total: int | None):
            self.seen.append((title, total))
            return self.seen.append

        def finish(self) -> None:
            self.seen.append("done")

    watcher = Watcher()
    with working("alone") as advance:
        advance(1)
    with reporting(watcher), working("reading", 2) as advance:
        advance(1)
        advance(1)
    assert watcher.seen == [("reading", 2), 1, 1, "done"]
