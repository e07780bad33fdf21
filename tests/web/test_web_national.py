"""The national table of published figures over the web: the same as from a folder, and nothing is kept."""

from __future__ import annotations

import pytest

from tilth import api

#: Part of the form: the table it is.
PARTS = {
    "file": "land_survey_2019.csv", "series": "national_farmland_series.csv", "targets": "province_targets_2035.csv",
    "sources": "sources.csv",
}  # fmt: skip


@pytest.fixture
def folder(data_dir):
    place = data_dir / "stats_cn"
    if not place.is_dir():
        pytest.skip("needs the published tables")
    return place


def sent(folder, *without):
    return {
        part: (name, (folder / name).read_bytes(), "text/csv") for part, name in PARTS.items() if part not in without
    }


def test_the_national_table_is_that_of_the_same_files_in_a_folder(desk, folder):
    said = desk.post("/api/v1/national", files=sent(folder))
    assert said.status_code == 200, said.text
    assert said.json() == api.national(folder).as_record()


def test_a_table_that_is_missing_is_named(desk, folder):
    refused = desk.post("/api/v1/national", files=sent(folder, "targets"))
    assert (refused.status_code, refused.json()["code"]) == (422, "WEB-NO-PART") and "targets" in refused.json()[
        "title"
    ]


def test_a_table_with_other_columns_is_named_by_its_own_name(desk, folder):
    files = sent(folder) | {"series": ("a.csv", b"year,farmland\n2019,1\n", "text/csv")}
    refused = desk.post("/api/v1/national", files=files)
    assert refused.status_code == 422 and "national_farmland_series.csv" in refused.json()["title"]
