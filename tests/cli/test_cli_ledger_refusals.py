"""Each bad request to the land book gets the sentence, in both languages, that the reference page promises."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tilth.cli.run import run

COUNTY = "410882"
HEAD = "id,kind,posting_date,act_date,evidence,region,account,stable,grade,area_m2,links,graded_m2"
STOCK = [
    "o1,OPENING,2023-06-30,,survey 2023,,OPENING,,,-150.00",
    "o1,,,,,,LAND:0201,,,100.00",
    "o1,,,,,,LAND:0103,1,5,50.00",
]
GOOD = ["r1,RESTORE,2025-03-01,2025-02-20,acceptance 7,,LAND:0201,,,-30.00", "r1,,,,,,LAND:0103,1,5,30.00"]
WRITE_OFF = [
    "n1,NONAG,2025-03-01,2025-02-20,approval 3,,LAND:0103,1,5,-30.00",
    "n1,,,,,,LAND:1003,,,30.00",
    "n1,,,,,,CLAIM:NONAG,,,30.00,,150.00",
    "s1,SETTLE,2025-03-02,,acceptance 7,,POOL:RESTORED,1,5,-30.01,n1",
    "s1,,,,,,CLAIM:NONAG,,,-30.01",
]
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "refusals.md"

#: What the page calls the request: what is changed in the good file.
REQUESTS = {
    "an account that there is not": ("LAND:0103", "LAND:9999"),
    "a mark that such land cannot have": ("LAND:0201,,,", "LAND:0201,,5,"),
    "a region that the workspace has not": (",,LAND", ",419999,LAND"),
    "a unit that the book does not count in": ("area_m2", "area_mu"),
    "a day that has not come": ("2025-03-01", "2199-03-01"),
    "a closed year": ("2025-03-01,2025-02-20", "2023-12-31,2023-12-30"),
    "no evidence": ("acceptance 7", ""),
    "more than there is": ("30.00", "100.01"),
    "an id that is taken": ("r1", "o1"),
    "a kind that there is not": ("RESTORE", "GIFT"),
    "a fraction of 0.01 m²": ("30.00", "30.001"),
    "words in a cell for numbers": ("30.00", "some"),
    "a grade changed by the wrong kind": ("LAND:0201,,,", "LAND:0103,1,6,"),
    "stable use changed by the wrong kind": ("LAND:0201,,,", "LAND:0103,0,5,"),
    "a pool opened after the book began": ("\n".join(GOOD), "r1,OPENING,2025-03-01,,old pool,,POOL:RESTORED,1,5,30.00"),
    "a write-off of more than is owed": ("\n".join(GOOD), "\n".join(WRITE_OFF)),
    "a write-off that links no occupation": ("\n".join(GOOD), "\n".join(WRITE_OFF).replace(",n1", ",")),
}
#: … and the request that is bad by its options.
NO_AUTHOR = "no author"

Tilth = Callable[..., tuple[int, str, str]]


def promised() -> dict[str, list[str]]:
    """The sentences and remedies of the page, English before Chinese, by request."""
    rows = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    return {cells[0].strip(): [cell.strip() for cell in cells[1:]] for cells in rows[2:]}


@pytest.fixture
def tilth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Tilth:
    """A county with 100 m² of garden and 50 m² of field, closed for 2023."""

    def call(*words: str) -> tuple[int, str, str]:
        status = run(["-w", str(tmp_path / "w"), *words])
        told = capsys.readouterr()
        return status, told.out, told.err

    run(["init", str(tmp_path / "w"), "--region", COUNTY, "--name", "示范县"])
    assert call("ledger", "post", a_csv(tmp_path, [HEAD, *STOCK]), "--author", "Li")[0] == 0
    assert call("ledger", "close", "--year", "2023", "--evidence", "assessment", "--author", "Zhao")[0] == 0
    return call


def a_csv(folder: Path, rows: Sequence[str], change: tuple[str, str] = ("", "")) -> str:
    file = folder / "restore.csv"
    text = "\n".join([*rows, ""])
    file.write_text(text.replace(*change) if change[0] else text, encoding="utf-8")
    return str(file)


def refused(tilth: Tilth, folder: Path, request: str, language: str) -> list[str]:
    """The sentence and the remedy."""
    file = a_csv(folder, [HEAD, *GOOD], REQUESTS.get(request, ("", "")))
    author = [] if request == NO_AUTHOR else ["--author", "Li"]
    status, out, err = tilth("ledger", "post", file, *author, "--lang", language)
    assert (status, out) == (2, "")
    return [line.removeprefix("  → ") for line in err.splitlines()]


@pytest.mark.parametrize("request_", [*REQUESTS, NO_AUTHOR])
def test_a_bad_request_gets_the_sentence_of_the_page_and_posts_nothing(
    tilth: Tilth, tmp_path: Path, request_: str
) -> None:
    said, remedy, said_zh, remedy_zh = promised()[request_]
    for language, words in (("en", (said, remedy)), ("zh", (said_zh, remedy_zh))):
        found = refused(tilth, tmp_path, request_, language)
        for sentence, expected in zip([*found, "-"][:2], words, strict=True):
            pattern = ".+".join(map(re.escape, expected.split("…")))  # what stands there differs from day to day
            assert re.fullmatch(pattern, sentence), (sentence, expected)
    assert tilth("ledger", "verify")[1].startswith("the book is whole: 1 entry,")


def test_the_page_tells_of_every_request_here() -> None:
    assert set(promised()) == {*REQUESTS, NO_AUTHOR}
