"""However the command is called, it answers with one sentence and a remedy, and leaves the workspace as it was."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from tilth import api
from tilth.cli.run import run
from tilth.land import Store

TILTH = (sys.executable, "-c", "from tilth.cli import main; main()")


def survey(path: Path, rows: int = 4) -> Path:
    """A GeoPackage of squares in zone 38."""
    squares = [
        shapely.box(38_400_000 + 20 * (n % 100), 3_500_000 + 20 * (n // 100), 38_400_020 + 20 * (n % 100),
                    3_500_020 + 20 * (n // 100))
        for n in range(rows)
    ]  # fmt: skip
    frame = gpd.GeoDataFrame({"BSM": [f"{n:018d}" for n in range(rows)], "DLBM": "0103"}, geometry=squares, crs=4526)
    frame.to_file(path, layer="DLTB")
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a workspace `w` that holds the survey of 2024, and files of every bad kind."""
    monkeypatch.chdir(tmp_path)
    api.import_survey(api.init(Path("w"), region="999901", name="县"), survey(Path("good.gpkg")), year=2024)
    Path("dir").mkdir()
    Path("binary.txt").write_bytes(bytes(range(256)) * 40)
    Path("empty.shp").write_bytes(b"")
    Path("half.gpkg").write_bytes(Path("good.gpkg").read_bytes()[:5_000])
    Path("text.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    return tmp_path


ABUSE = {
    "import survey missing.shp --year 2024": "missing.shp",
    "import survey dir --year 2024": "dir",
    "import survey /dev/null --year 2024": "/dev/null",
    "import survey empty.shp --year 2024": "empty.shp",
    "import survey half.gpkg --year 2024": "half.gpkg",
    "import survey text.csv --year 2024": "text.csv",
    "import survey good.gpkg --year abc": "--year",
    "import survey good.gpkg --year 99999": "99999",
    "import survey good.gpkg --year -1": "-1",
    "import survey good.gpkg": "--year",
    "import survey good.gpkg --year 2024 --layer klingon": "DLTB",
    "import survey good.gpkg --year 2024 --crs klingon": "--crs",
    "import survey good.gpkg --year 2024 --crs 4527": "EPSG:4526",
    "import survey good.gpkg --year 2024 --encoding klingon": "klingon",
    "import survey good.gpkg --year 2024 --profile klingon": "dltb",
    "import survey good.gpkg --year 2024 --profile text.csv": "text.csv",
    "import survey good.gpkg --year 2024 --code-system klingon": "sd2017",
    "import layer good.gpkg --kind a/b": "a/b",
    "import layer good.gpkg --kind survey": "survey",
    "import regions good.gpkg --level klingon": "klingon",
    "import regions text.csv": "text.csv",
    "import tasks good.gpkg": "good.gpkg",
    "import tasks text.csv": "text.csv",
    "import ridges missing.csv": "missing.csv",
    "import ridges dir": "dir",
    "import ridges binary.txt": "binary.txt",
    "import changes missing.dbf --year 2024": "missing.dbf",
    "area binary.txt": "binary.txt",
    "area /dev/null": "/dev/null",
    "area http://example.org/a.shp": "example.org",
    "area /vsicurl/a.shp": "/vsicurl/a.shp",
    "convert good.gpkg out.klingon": ".gpkg",
    "convert good.gpkg good.gpkg": "good.gpkg",
    "convert good.gpkg text.csv/out.shp": "out.shp",
    "check missing.txt --year 2024": "missing.txt",
    "check good.gpkg --year 1999": "1999",
    "validate --year 1999": "2024",
    "accounts --year 2024 --format klingon": "klingon",
    "flows --from 2023 --to 2024": "2023",
    "init w": "w",
    "init binary.txt": "binary.txt",
    "init new --region ../x": "../x",
    "klingon": "klingon",
    "import": "--help",
}


def _complaint(err: str) -> str:
    """What stands on the error stream besides progress."""
    return "".join(line for line in err.splitlines(keepends=True) if not line.startswith("… "))


@pytest.mark.parametrize("command", ABUSE)
def test_abuse_is_answered_with_status_2_and_a_sentence_that_names_what_is_wrong(
    folder: Path, capfd: pytest.CaptureFixture[str], command: str
) -> None:
    before = Store(api.open_workspace(Path("w"))).listed()
    assert run(["-w", "w", *command.split()]) == 2
    said = capfd.readouterr()
    assert ABUSE[command] in said.err + said.out
    assert "Traceback" not in said.err + said.out and len(_complaint(said.err).splitlines()) <= 4
    assert Store(api.open_workspace(Path("w"))).listed() == before


@pytest.mark.parametrize("place", ["nowhere", "good.gpkg", "dir", "/dev/null"])
def test_what_is_no_workspace_is_said_to_be_none(folder: Path, capfd: pytest.CaptureFixture[str], place: str) -> None:
    assert run(["-w", place, "import", "survey", "good.gpkg", "--year", "2024"]) == 2
    said = capfd.readouterr().err
    assert place in said and "tilth init" in said


@pytest.mark.parametrize(
    ("variables", "expected"),
    [({"LANG": "zh_CN.UTF-8"}, "不存在"), ({"LC_ALL": "zh_CN.GBK"}, "不存在"), ({"LANG": "C"}, "there is no file")],
)
def test_the_machine_s_language_is_spoken_whether_or_not_it_is_installed(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    variables: dict[str, str],
    expected: str,
) -> None:
    for name in ("TILTH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert run(["area", "missing.txt"]) == 2
    assert expected in capfd.readouterr().err


def _tilth(*arguments: str, **options: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "TILTH_LANG": "en", "PYTHONUTF8": "1"}
    return subprocess.Popen(
        [*TILTH, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        **options,  # type: ignore[call-overload]
    )


@pytest.mark.slow
def test_an_import_that_is_stopped_by_hand_leaves_the_workspace_as_it_was(folder: Path) -> None:
    survey(Path("large.gpkg"), 20_000)
    before = Store(api.open_workspace(Path("w"))).listed()
    for wait in (1.5, 3.0):
        with _tilth("-w", "w", "import", "survey", "large.gpkg", "--year", "2024") as process:
            time.sleep(wait)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate(timeout=60)
        after = Store(api.open_workspace(Path("w"))).listed()
        assert "Traceback" not in said
        if process.returncode in (0, 1):  # it was faster
            break
        assert process.returncode in (130, -signal.SIGINT)
        assert after == before
    assert len(Store(api.open_workspace(Path("w"))).survey(2024).parcels) in (4, 20_000)


def test_a_reader_that_leaves_early_is_no_mistake(folder: Path) -> None:
    survey(Path("large.gpkg"), 2_000)
    with _tilth("area", "large.gpkg", "--json") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.read(1)
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 0 and _complaint(said) == ""


def _without_privileges() -> None:
    """Permissions hold for root too, in the process to come. Source: linux/prctl.h, linux/capability.h."""
    drop, dac_override, dac_read_search = 24, 1, 2
    libc = ctypes.CDLL(None)
    for capability in (dac_override, dac_read_search):
        libc.prctl(drop, capability, 0, 0, 0)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="permissions as Linux has them")
@pytest.mark.parametrize("what", ["file", "workspace"])
def test_what_may_not_be_read_or_written_is_named(folder: Path, what: str) -> None:
    closed = folder / ("good.gpkg" if what == "file" else "w")
    inside = [closed, *closed.rglob("*")] if closed.is_dir() else [closed]
    modes = {path: path.stat().st_mode for path in inside}
    survey(folder / "other.gpkg", 6)
    for path in inside:
        path.chmod(0o000 if what == "file" else 0o555 if path.is_dir() else 0o444)
    file = "good.gpkg" if what == "file" else "other.gpkg"
    with _tilth("-w", "w", "import", "survey", file, "--year", "2024", preexec_fn=_without_privileges) as process:
        out, said = process.communicate(timeout=120)
    for path, mode in modes.items():
        path.chmod(mode)
    assert process.returncode == 2, (out, said)
    assert "Traceback" not in said and closed.name in said
    assert len(Store(api.open_workspace(Path("w"))).survey(2024).parcels) == 4


_LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from tilth.cli.run import run
raise SystemExit(run(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits on the size of files")
def test_a_full_disk_is_said_and_the_old_survey_stays(folder: Path) -> None:
    survey(Path("large.gpkg"), 20_000)
    before = Store(api.open_workspace(Path("w"))).listed()
    done = subprocess.run(
        [sys.executable, "-c", _LIMITED, "-w", "w", "import", "survey", "large.gpkg", "--year", "2024"],
        capture_output=True, text=True, check=False, env={**os.environ, "TILTH_LANG": "en"},
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert Store(api.open_workspace(Path("w"))).listed() == before
