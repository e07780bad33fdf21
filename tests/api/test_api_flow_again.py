"""What was taken back of a posting from surveys comes again, once, also where an entry is a sum."""

from __future__ import annotations

from pathlib import Path

from flow_cases import AFTER, BEFORE, post, survey

from tilth import api
from tilth.ledger import counter


def test_a_sum_that_was_reversed_comes_again_once(tmp_path: Path) -> None:
    place = api.init(tmp_path / "w", region="999901", name="county")
    wider = [*AFTER[:-1], ("h", "1003", 8, 1.5)]  # half a hectare that the first survey did not know
    api.import_survey(place, survey(tmp_path / "1.gpkg", *BEFORE, year=2023), year=2023)
    api.import_survey(place, survey(tmp_path / "2.gpkg", *wider, year=2024), year=2024)
    (extent,) = [one for one in post(place).entries if one.kind == "REAPPRAISAL"]
    for number in (2, 3):
        with api.land_book(place) as book:
            name = extent.id if number == 2 else f"{extent.id}~2"
            wrong, _ = book.entry(name)
            back = counter(wrong, id=f"no {number}", posting_date=extent.posting_date, evidence="doc", author="Li")
            book.post(back)
        assert [one.id for one in post(place).entries] == [f"{extent.id}~{number}"]
        assert not post(place).entries, "it stands"
    assert api.ledger_verify(place).sound
