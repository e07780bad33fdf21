"""A backup is refused where a single byte of it is not what was written, and a restore leaves all or nothing."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import random
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tilth import api
from tilth.core import BadInput
from tilth.identity import Entered, Entrance, People
from tilth.land import Store
from tilth.runtime import Archive, Part, Workspace, is_safe, write_archive

PASSWORD = "seven grey geese over Linhe"
ROWS = """id,kind,posting_date,evidence,author,account,area_m2
{id},OPENING,2023-12-31,doc,Li,OPENING,-1.00
{id},,,,,LAND:0201,1.00
"""


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a layer, an entry and a person, and its backup."""
    tmp_path = tmp_path_factory.mktemp("original")
    one = api.init(tmp_path / "county", region="999901", name="Linhe")
    file = tmp_path / "rows.csv"
    file.write_text(ROWS.format(id="first"), encoding="utf-8")
    api.ledger_post(one, file)
    api.user_add(one, "li.wei", shown="李伟", password=PASSWORD)
    api.user_role(one, "li.wei", "submitter")
    square = [[115.0, 31.0], [115.001, 31.0], [115.001, 31.001], [115.0, 31.0]]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [square]}}
    layer = tmp_path / "layer.geojson"
    layer.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    api.import_layer(one, layer, kind="pbf", crs="EPSG:4490")
    api.backup(one, tmp_path / "a.tar")
    one.database.close()
    return tmp_path


@pytest.fixture
def place(original: Path, tmp_path: Path) -> Workspace:
    """A workspace with a layer, an entry and a person."""
    shutil.copytree(original / "county", tmp_path / "county")
    return api.open_workspace(tmp_path / "county")


@pytest.fixture
def archive(original: Path, tmp_path: Path) -> Path:
    """Its backup."""
    return Path(shutil.copy(original / "a.tar", tmp_path / "a.tar"))


def refused(file: Path, folder: Path, **more: Any) -> BadInput:
    with pytest.raises(BadInput) as caught:
        api.restore(file, folder, **more)
    left = [one.name for one in folder.parent.iterdir() if one.name.startswith(f".{folder.name}")]
    assert not folder.exists() and not left, "nothing is left behind"
    return caught.value


# --- what comes back ----------------------------------------------------------------------------------------------


def test_a_workspace_comes_back_with_surveys_book_and_people_but_nobody_is_signed_in(
    place: Workspace, tmp_path: Path
) -> None:
    entered = Entrance(place).by_password("li.wei", PASSWORD)
    done = api.backup(place, tmp_path / "a.tar")
    shutil.rmtree(place.root)
    back = api.restore(done.file, tmp_path / "new" / "county")
    assert back.sound and back.fingerprint == done.fingerprint
    there = api.open_workspace(tmp_path / "new" / "county")
    assert (there.region, there.name) == ("999901", "Linhe")
    assert [len(Store(there).load(one).parcels) for one in Store(there).listed()] == [1]
    assert People(there).get("li.wei").grants and api.user_log_verify(there).findings == ()
    assert isinstance(entered, Entered) and Entrance(there).sessions.find(entered.id, "") is None
    assert isinstance(Entrance(there).by_password("li.wei", PASSWORD), Entered)


def test_any_program_for_tar_files_lists_it(archive: Path) -> None:
    with tarfile.open(archive) as opened:
        names = opened.getnames()
        manifest = opened.extractfile("manifest.json")
        assert manifest is not None
        told = json.loads(manifest.read())
    assert names[:2] == ["TILTH-BACKUP", "manifest.json"] and "files/tilth.toml" in names
    assert (told["snapshots"], told["book"]["entries"], len(told["files"])) == (1, 1, len(names) - 2)


def test_a_stored_file_that_is_damaged_is_kept_and_told(place: Workspace, tmp_path: Path) -> None:
    rows = next(place.root.glob("layers/*/findings.jsonl"))
    rows.write_text("spoilt")
    done = api.backup(place, tmp_path / "a.tar")
    assert [one.code for one in done.findings] == ["BACKUP-DAMAGED-FILE"]
    back = api.restore(done.file, tmp_path / "back")
    assert not back.sound and back.told["damaged"] == [rows.relative_to(place.root).as_posix()]
    shutil.rmtree(rows.parent)
    gone = api.backup(place, tmp_path / "b.tar")
    assert gone.findings and not api.restore(gone.file, tmp_path / "without").sound


def test_reports_are_kept_where_asked_and_rules_that_the_settings_name(place: Workspace, tmp_path: Path) -> None:
    (place.root / "reports" / "2024").mkdir(parents=True)
    (place.root / "reports" / "2024" / "年鉴.txt").write_text("x")
    (place.root / "reports" / "jobs" / "1").mkdir(parents=True)
    (place.root / "reports" / "jobs" / "1" / "sent").write_text("x")
    (place.root / "own-rules.toml").write_text("# rules")
    with (place.root / "tilth.toml").open("a") as settings:
        settings.write('[ledger]\nrules = "own-rules.toml"\n')
    names = {part.name for part in Archive(api.backup(place, tmp_path / "a.tar").file).parts}
    assert "files/own-rules.toml" in names and not any("年鉴" in name for name in names)
    names = {part.name for part in Archive(api.backup(place, tmp_path / "a.tar", reports=True).file).parts}
    assert "files/reports/2024/年鉴.txt" in names and not any("jobs" in name for name in names)


def test_secrets_of_the_settings_stay_behind(place: Workspace, tmp_path: Path) -> None:
    settings = place.root / "tilth.toml"
    plain = settings.read_text()
    settings.write_text(plain + '[web.oidc]\nissuer = "https://x"\nclient_secret = "s3cr3t"  # not for others\n')
    done = api.backup(place, tmp_path / "a.tar")
    assert b"s3cr3t" not in done.file.read_bytes()
    api.restore(done.file, tmp_path / "back")
    assert api.open_workspace(tmp_path / "back").settings("web") == {"oidc": {"issuer": "https://x"}}
    settings.write_text(plain + '[web]\noidc = { issuer = "https://x", client_secret = "s3cr3t" }\n')
    with pytest.raises(BadInput) as caught:
        api.backup(place, tmp_path / "b.tar")
    assert caught.value.code == "BACKUP-SETTINGS" and not (tmp_path / "b.tar").exists()


# --- damage and forgery -------------------------------------------------------------------------------------------


def test_a_byte_changed_anywhere_is_found_and_its_place_told(archive: Path, tmp_path: Path, full: bool) -> None:
    whole = archive.read_bytes()
    places = range(0, len(whole), 7 if full else 197)
    for at in places:
        spoilt = bytearray(whole)
        spoilt[at] ^= 0x20
        file = tmp_path / "spoilt.tar"
        file.write_bytes(spoilt)
        error = refused(file, tmp_path / "back")
        assert error.code in ("BACKUP-DAMAGED", "BACKUP-NOT-ONE"), at
        if error.code == "BACKUP-DAMAGED":
            assert str(file) in error.said and error.values["start"] <= at < error.values["end"]
        else:
            assert at < 1024


def test_an_archive_cut_short_or_made_longer_is_refused(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    for size in (0, 1, 511, 513, 700, 1024, 3000, len(whole) // 2, len(whole) - 1024, len(whole) - 1):
        file = tmp_path / "short.tar"
        file.write_bytes(whole[:size])
        assert refused(file, tmp_path / "back").code in ("BACKUP-CUT-SHORT", "BACKUP-NOT-ONE"), size
    file.write_bytes(whole + b"x")
    assert refused(file, tmp_path / "back").code == "BACKUP-DAMAGED"


@pytest.mark.parametrize(
    "name",
    ["../a", "files/../../a", "/etc/a", "files/a/../../../b", "files//a", "files/", "files", "files/C:a", "files/a\\b",
     "files/tilth.sqlite", "files/TILTH.SQLITE-wal", "files/.tilth.lock", "files/cache/x/y", "other/a", "files/a\n",
     "files/a.", "files/" + "a/" * 60 + "b", "files/" + "a" * 1000],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(name: str, archive: Path, tmp_path: Path) -> None:
    assert not is_safe(name)
    assert refused(forged(archive, tmp_path, extra={name: b"x"}), tmp_path / "back").code == "BACKUP-UNSAFE"


@pytest.mark.parametrize("names", [("files/a", "files/A"), ("files/a", "files/a/b"), ("files/a/b", "files/a")])
def test_names_that_stand_in_each_others_way_are_refused(names: tuple[str, str], archive: Path, tmp_path: Path) -> None:
    file = forged(archive, tmp_path, extra=dict.fromkeys(names, b"x"))
    assert refused(file, tmp_path / "back").code == "BACKUP-UNSAFE"


def test_a_link_in_the_place_of_a_file_is_refused(archive: Path, tmp_path: Path) -> None:
    whole = archive.read_bytes()
    with tarfile.open(archive) as opened:
        at = opened.getmember("files/tilth.toml").offset
    link = tarfile.TarInfo("files/tilth.toml")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    file = tmp_path / "link.tar"
    file.write_bytes(whole[:at] + link.tobuf(tarfile.PAX_FORMAT) + whole[at + 512 :])
    assert refused(file, tmp_path / "back").code == "BACKUP-DAMAGED"


def test_a_table_that_swells_when_it_is_unpacked_is_refused(archive: Path, tmp_path: Path) -> None:
    bomb = gzip.compress(bytes(200 << 20), mtime=0)
    file = forged(archive, tmp_path, extra={"database/task.jsonl.gz": bomb})
    assert refused(file, tmp_path / "back").code == "BACKUP-TABLE"


def test_an_archive_that_says_it_needs_more_room_than_there_is_is_refused(archive: Path, tmp_path: Path) -> None:
    def claims(told: dict[str, Any]) -> None:
        told["tables"][0]["size"] = 1 << 60

    assert refused(forged(archive, tmp_path, change=claims), tmp_path / "back").code == "BACKUP-NO-ROOM"


def test_an_archive_whose_manifest_says_what_is_not_so_is_refused(archive: Path, tmp_path: Path) -> None:
    def other_book(told: dict[str, Any]) -> None:
        told["book"]["digest"] = "0" * 64

    def newer(told: dict[str, Any]) -> None:
        told["schema"] = "9999"

    def nothing(told: dict[str, Any]) -> None:
        told.pop("tables")

    def fewer_rows(told: dict[str, Any]) -> None:
        told["tables"][-1]["rows"] += 1

    for change, code in (
        (other_book, "BACKUP-FORGED"),
        (newer, "BACKUP-NEWER"),
        (nothing, "BACKUP-FORGED"),
        (fewer_rows, "BACKUP-TABLE"),
    ):
        assert refused(forged(archive, tmp_path, change=change), tmp_path / "back").code == code


def test_settings_of_an_archive_cannot_name_a_database(archive: Path, tmp_path: Path) -> None:
    settings = b'region = "1"\ndatabase = "sqlite:////etc/x"\n'
    file = forged(archive, tmp_path, extra={"files/tilth.toml": settings})
    assert refused(file, tmp_path / "back").code == "BACKUP-FORGED"


def forged(archive: Path, tmp_path: Path, *, extra: dict[str, bytes] | None = None, change: Any = None) -> Path:
    """An archive whose digests are right, with other content."""
    folder = tmp_path / f"forging{len(list(tmp_path.iterdir()))}{len(list(tmp_path.glob('forging*')))}"
    folder.mkdir()
    held = Archive(archive)
    held.unpack(lambda part: folder / hashlib.sha256(part.name.encode()).hexdigest())
    contents = {part.name: folder / hashlib.sha256(part.name.encode()).hexdigest() for part in held.parts}
    for name, content in (extra or {}).items():
        contents[name] = folder / f"extra{len(contents)}"
        contents[name].write_bytes(content)
    told = {key: value for key, value in held.told.items() if key not in ("files", "format")}
    if change:
        change(told)
    file = tmp_path / "forged.tar"
    write_archive(file, told, [(Part.of(name, path), path) for name, path in contents.items()])
    return file


# --- all or nothing -----------------------------------------------------------------------------------------------


def test_a_folder_that_holds_something_is_left_as_it_is(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    with pytest.raises(BadInput) as caught:
        api.restore(archive, tmp_path / "full")
    assert caught.value.code == "BACKUP-NOT-EMPTY" and [one.name for one in (tmp_path / "full").iterdir()] == [
        "mine.txt"
    ]
    (tmp_path / "empty").mkdir()
    assert api.restore(archive, tmp_path / "empty").sound


@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_nothing_or_everything(archive: Path, tmp_path: Path, full: bool) -> None:
    chance, whole = random.Random(3), 0
    for n in range(60 if full else 8):
        target = tmp_path / f"back{n}"
        took = killed(["restore", str(archive), str(target)], chance.random() * 3)
        if target.exists():
            whole += 1
            assert api.ledger_verify(api.open_workspace(target)).entries == 1 and took
        again = tmp_path / f"again{n}" if target.exists() else target
        assert api.restore(archive, again).sound, "and the next one is not in the way of what was left"
    print(f"{whole} whole")


@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_the_old_one_or_the_new_one(
    place: Workspace, tmp_path: Path, full: bool
) -> None:
    chance, target, new = random.Random(4), tmp_path / "a.tar", 0
    before = api.backup(place, target).fingerprint
    for _ in range(60 if full else 8):
        killed(["-w", str(place.root), "backup", str(target)], chance.random() * 2)
        found = Archive(target)
        new += found.digest != before
        before = found.digest
        scratch = tmp_path / "scratch"
        found.unpack(lambda part: scratch / part.name)  # noqa: B023
        shutil.rmtree(scratch)
    api.backup(place, target)
    assert not [one for one in tmp_path.iterdir() if one.name.startswith(".a.tar")], "what was left is swept away"
    print(f"{new} new")


def killed(words: list[str], after: float) -> bool:
    """Run a command and kill it after a while; did it come to its end before?"""
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, *words],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    end = time.monotonic() + after
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.005)
    process.kill()
    process.wait()
    return True


_RUN = "import sys; from tilth.cli.run import run; raise SystemExit(run(sys.argv[1:]))"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB with 300 KB left."""
    place = tmp_path / "disk"
    place.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(words, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a disk here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], capture_output=True, check=False)


def test_on_a_full_disk_the_backup_that_was_there_stays(place: Workspace, disk: Path) -> None:
    first = api.backup(place, disk / "a.tar")
    filled(disk)
    with pytest.raises(BadInput) as caught:
        api.backup(place, disk / "a.tar")
    assert caught.value.code in ("RUNTIME-CANNOT-WRITE", "RUNTIME-DISK-FULL")
    assert Archive(disk / "a.tar").digest == first.fingerprint
    assert sorted(one.name for one in disk.iterdir()) == ["a.tar", "other"]


def test_on_a_full_disk_nothing_is_restored(archive: Path, disk: Path) -> None:
    filled(disk)
    assert refused(archive, disk / "back").code in ("BACKUP-NO-ROOM", "RUNTIME-CANNOT-WRITE")
    (disk / "other").write_bytes(bytes(900_000))
    assert refused(archive, disk / "back").code in ("BACKUP-NO-ROOM", "RUNTIME-CANNOT-WRITE", "RUNTIME-DISK-FULL")


def filled(disk: Path) -> None:
    with (disk / "other").open("ab", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))
