"""The tutorials are true: their commands are run as they stand on the page, on the files they speak of."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shlex
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

import openpyxl
import pytest
from filelock import FileLock

from tilth.cli.run import run
from tilth.land import Store
from tilth.runtime import Workspace

DOCS = Path(__file__).parents[2] / "docs"
PAGES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
_BLOCK = re.compile(r"```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A block of code on a page."""

    kind: str
    title: str
    text: str

    @property
    def commands(self) -> list[list[str]]:
        """The `tilth` commands in it, as words after `tilth`."""
        lines = (line.removeprefix("uv run ") for line in self.text.replace("\\\n", " ").splitlines())
        return [shlex.split(line)[1:] for line in lines if line.startswith("tilth ")]


def blocks(page: str) -> list[Block]:
    """The blocks of code of a page of the documentation."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [Block(*found) for found in _BLOCK.findall(text)]


@dataclass(frozen=True)
class Ran:
    """One command of the page, and what became of it."""

    words: list[str]
    status: int
    out: str
    err: str


@pytest.fixture(scope="module")
def tutorial(data_dir: Path, tmp_path_factory: pytest.TempPathFactory, full: bool) -> tuple[Path, list[Ran]]:
    """The second tutorial from its first command to its last, in a folder of its own."""
    folder = data_dir / "parcels_cambridge_ma"
    if not folder.is_dir():
        pytest.skip("needs the parcels of Cambridge")
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if session is None:
        place = tmp_path_factory.mktemp("tutorial")
        return place, followed(folder, place, full)
    place = tmp_path_factory.getbasetemp().parent / f"tutorial-{session}"
    place.mkdir(exist_ok=True)
    with FileLock(place / "lock"):  # once for all test processes
        kept = place / "ran.json"
        if not kept.exists():
            kept.write_text(json.dumps([asdict(one) for one in followed(folder, place, full)]), encoding="utf-8")
    return place, [Ran(**one) for one in json.loads(kept.read_text(encoding="utf-8"))]


def followed(data: Path, place: Path, full: bool) -> list[Ran]:
    """Do in `place` what the page says. In the short form the yearbook is written in one format only."""
    ran = []
    with contextlib.chdir(place):
        for block in blocks("tutorial/own-files.md"):
            if block.kind == "toml":
                Path(block.title).write_text(block.text, encoding="utf-8")
            for words in block.commands:
                real = [word.replace("DATA", str(data), 1) if word.startswith("DATA/") else word for word in words]
                short = ["--format", "csv"] if "report" in words and not full else []
                out, err = io.StringIO(), io.StringIO()
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    status = run([*real, *short])
                ran.append(Ran(words, status, out.getvalue(), err.getvalue()))
    return ran


def one(ran: list[Ran], *words: str) -> list[Ran]:
    """The commands that hold all of `words`."""
    return [command for command in ran if set(words) <= set(command.words)]


@pytest.mark.data
def test_a_file_without_a_coordinate_system_is_asked_about(tutorial: tuple[Path, list[Ran]]) -> None:
    first, *rest = one(tutorial[1], "import")
    assert first.status == 2 and first.out == ""
    complaint = "\n".join(line for line in first.err.splitlines() if not line.startswith("… "))
    assert complaint.startswith("INTAKE-CRS-MISSING") and "--crs" in complaint and "EPSG:4326" in complaint
    assert [command.words[-2:] for command in rest] == [["--crs", "4326"]] * 2


@pytest.mark.data
def test_every_row_of_both_years_is_stored_or_named(tutorial: tuple[Path, list[Ran]]) -> None:
    expected = {"2013": 13_159, "2014": 13_116}
    for command in one(tutorial[1], "import")[1:]:
        year = command.words[command.words.index("--year") + 1]
        rows_in, stored, aside = map(int, re.findall(r"\d+", command.out.splitlines()[0])[:3])
        assert rows_in == expected[year] == stored + aside
        assert len(re.findall(r"^    #\d+ INTAKE-", command.out, re.MULTILINE)) == min(aside, 20)
        assert command.status == 1 and "✗ V12" in command.out


@pytest.mark.data
def test_examining_names_overlaps_with_their_areas(tutorial: tuple[Path, list[Ran]]) -> None:
    (command,) = one(tutorial[1], "validate")
    assert command.status == 1
    assert "Traceback" not in command.out + command.err
    assert re.search(r"^✗ V11 [^×]*  ×\d+", command.out, re.MULTILINE)
    assert re.search(r"\(-71\.\d+, 42\.\d+\): [\d,]+\.\d\d m² of ground is covered by 2 parcels", command.out)
    assert re.search(r"^✗ G-INVALID [^×]*  ×\d+", command.out, re.MULTILINE)
    assert "not assessed: V10" in command.out


@pytest.mark.data
def test_flows_of_real_years_close_on_both_margins_and_name_what_does_not_fit(
    tutorial: tuple[Path, list[Ran]],
) -> None:
    place, ran = tutorial
    (command,) = one(ran, "flows")
    assert command.status == 0
    for year in (2013, 2014):
        assert re.search(rf"\d+ pairs of parcels of {year} overlap, [\d,]+\.\d\d m² in all", command.out)
    for code in ("CHANGE-EXTENT-LOST", "CHANGE-EXTENT-GAINED"):
        assert re.search(rf"^· {code} [^×]*  ×\d+\n    #\d+ \S+: [\d,]+\.\d\d m² ", command.out, re.MULTILINE)
    book = openpyxl.load_workbook(place / "flows.xlsx", read_only=True)
    sheet = next(book[name] for name in book.sheetnames if name.startswith("m² 1 "))
    rows = [row for row in sheet.iter_rows(values_only=True) if any(isinstance(cell, int | float) for cell in row)]
    heads = next(row for row in sheet.iter_rows(values_only=True) if "opening area" in row)
    book.close()
    dm2 = [[round(cell * 100) for cell in row[2:] if cell is not None] for row in rows]
    names = [str(row[1]) for row in rows]
    columns = [str(head) for head in heads[2:] if head is not None]
    assert names[-1] == "total" and columns[0] == "opening area" and columns[-1] == "closing area"
    end = columns.index("decrease")
    years = {year: Store(Workspace.open(place / "cambridge")).survey(year) for year in (2013, 2014)}
    gained, twice = "extent gained", "counted twice in the earlier year"
    edges = {gained, "counted twice in the later year", "measured difference", "extent lost", twice}
    for at, name in enumerate(names[:-1]):
        held = years[2013].parcels.loc[years[2013].parcels["class_code"] == name, "area_dm2"]
        assert name in edges or sum(dm2[at][1:end]) == dm2[at][0] == int(held.sum()), name
    for at, name in enumerate(columns[1:end], start=1):
        held = years[2014].parcels.loc[years[2014].parcels["class_code"] == name, "area_dm2"]
        ends = sum(row[at] for row in dm2[:-1])
        assert name in edges or ends == dm2[-1][at] == int(held.sum()), name
    assert dm2[-1][0] == years[2013].meta.area_dm2 and dm2[-1][-1] == years[2014].meta.area_dm2
    assert gained in names and twice in columns
    assert dm2[names.index(gained)][1:end] != [0] * len(columns[1:end])


@pytest.mark.data
def test_the_yearbook_of_real_files_is_written(tutorial: tuple[Path, list[Ran]], full: bool) -> None:
    (command,) = one(tutorial[1], "report")
    assert command.status == (1 if "✗" in command.out else 0), command.err
    files = [tutorial[0] / line for line in command.out.split("\n") if line and not line.startswith("✗")]
    assert {file.suffix for file in files} == ({".xlsx", ".docx", ".pdf", ".gpkg", ".csv"} if full else {".csv"})
    assert all(file.stat().st_size > 0 for file in files)


def test_the_first_tutorial_names_files_that_the_demonstration_writes() -> None:
    from tilth.demo.projects import write_projects  # the names are in its source

    text = (DOCS / "tutorial/demo.md").read_text(encoding="utf-8")
    source = Path(write_projects.__code__.co_filename).read_text(encoding="utf-8")
    for name in re.findall(r"projects/(\S+\.txt)", text):
        assert name == "*.txt" or name in source


def test_the_profiles_that_pages_show_can_be_read(tmp_path: Path) -> None:
    from tilth.intake import profile

    told = [(page, block) for page in PAGES for block in blocks(page) if block.kind == "toml"]
    shown = [(page, block) for page, block in told if "name" in tomllib.loads(block.text)]
    assert len(shown) >= 2
    for number, (page, block) in enumerate(shown):
        path = tmp_path / f"{number}.toml"
        path.write_text(block.text, encoding="utf-8")
        assert profile(path).name == tomllib.loads(block.text)["name"], page
