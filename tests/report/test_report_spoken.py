"""On a screen ids are short and apart, and no cell of a file is run as a formula."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path

import openpyxl
from hypothesis import given
from hypothesis import strategies as st

from tilth.core import label, plain_cell, safe_cell
from tilth.report import fold, folded, in_words, listing_csv
from tilth.report.model import ListColumn, Listing, Provenance, Yearbook
from tilth.report.xlsx import write_xlsx

FLOW = "flow:2023-2024:999901:9999012001{:08d}-9999012001{:08d}"


def test_a_long_id_is_short_on_the_screen() -> None:
    one = FLOW.format(161, 1729)
    assert folded([one])[one] == "flow:2023-2024…999901200100001729"
    assert fold(f"not {one}, road-7; {'ab' * 32}") == f"not flow:2023-2024…999901200100001729, road-7; {'ab' * 32}"
    assert fold("not a-1, flow:2023-2024:9999…; overdue -") == "not a-1, …; overdue -", "half an id is no id"


@given(st.lists(st.tuples(st.integers(0, 99), st.integers(0, 3)), min_size=1, max_size=30))
def test_folded_ids_stay_apart(pairs: list[tuple[int, int]]) -> None:
    ids = {FLOW.format(*pair) for pair in pairs} | {"x" * 41, "x" * 42, "road-7"}
    assert len(set(folded(ids).values())) == len(ids)


def test_marks_are_left_alone_in_english() -> None:
    assert in_words("410882 LAND:0101 pbf grade 4 stable") == "410882 LAND:0101 pbf grade 4 stable"


EVIL = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "＝1+1", " =1")


def evil() -> Listing:
    columns = (ListColumn("id", label("STATEMENT-COL-ID")), ListColumn("area_m2", label("STATEMENT-COL-AREA"), "area"))
    return Listing("evil", label("STATEMENT-52"), columns, tuple((one, -12_345) for one in EVIL))


def test_no_text_of_a_csv_is_a_formula_and_numbers_are_untouched() -> None:
    rows = list(csv.reader(io.StringIO(listing_csv(evil()).decode("utf-8-sig"), newline="")))[1:]
    assert [row[0] for row in rows] == [f"'{one}" for one in EVIL]
    assert {row[1] for row in rows} == {"-123.45"}
    for number in ("-80,134.84", "+5", "-", "-0.01", "12"):
        assert safe_cell(number) == number


def test_every_text_of_a_workbook_is_a_text(tmp_path: Path) -> None:
    book = Yearbook(
        title=label("STATEMENT-TITLE"), unit=label("STATEMENT-OWN"), year=2024,
        provenance=Provenance("tilth", (), ()), made_on="2025-01-31",
    )  # fmt: skip
    path = write_xlsx(book, tmp_path / "evil.xlsx", [evil()])
    with zipfile.ZipFile(path) as parts:
        assert not [name for name in parts.namelist() if b"<f>" in parts.read(name) or b"<f " in parts.read(name)]
    cells = [cell for row in openpyxl.load_workbook(path)["5.2 Occupation list"].iter_rows() for cell in row]
    found = {cell.value: cell.data_type for cell in cells if cell.value in EVIL}
    assert set(found) == set(EVIL)
    assert {cell.value for cell in cells if cell.data_type == "n"} >= {-123.45}
    assert not [cell.value for cell in cells if cell.data_type == "f" and cell.value not in EVIL]


def test_a_file_of_entries_runs_nothing_and_reads_back_as_it_was(tmp_path: Path) -> None:
    from datetime import date

    from tilth.ledger import Account, Entry, Line, Quantities, read_entries, write_entries

    day = date(2024, 3, 1)
    told = Entry(
        id="@r1", kind="CHANGE", act_date=day, posting_date=day, evidence="=HYPERLINK(1)", author="-2+3",
        lines=(
            Line(Account("410882", "LAND:0201"), Quantities(-100)),
            Line(Account("410882", "LAND:0301"), Quantities(100)),
        ),
    )  # fmt: skip
    path = write_entries([told], tmp_path / "entries.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    assert (rows[0]["id"], rows[0]["evidence"], rows[0]["author"]) == ("'@r1", "'=HYPERLINK(1)", "'-2+3")
    assert [row["area_m2"] for row in rows] == ["-1.00", "1.00"]
    (back,) = read_entries(path, region="410882")
    assert (back.id, back.evidence, back.author, back.lines) == (told.id, told.evidence, told.author, told.lines)


@given(st.text(max_size=12))
def test_what_is_made_safe_reads_back(text: str) -> None:
    assert plain_cell(safe_cell(text)) == text or text.startswith("'")


def test_a_list_of_areas_runs_nothing_either(tmp_path: Path) -> None:
    from tilth.api.area_lists import text_cell

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("areas")
    sheet.append([text_cell(sheet, one) for one in EVIL])
    book.save(tmp_path / "areas.xlsx")
    cells = next(openpyxl.load_workbook(tmp_path / "areas.xlsx")["areas"].iter_rows())
    with zipfile.ZipFile(tmp_path / "areas.xlsx") as parts:
        assert b"<f>" not in parts.read("xl/worksheets/sheet1.xml")
    assert [cell.value for cell in cells] == list(EVIL), "as they are, without a sign before them"
