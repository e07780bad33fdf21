"""A county whose land book has something of everything: claims, a pool, reservations, a year to close. Not a test."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import submitted_land as land
from web_people import known

from tilth import api

COUNTY, NORTH, SOUTH = land.COUNTY, land.NORTH, land.SOUTH
CLAIM = "road-7"


def entry(id: str, kind: str, day: str, *lines: tuple[str, str, str, dict[str, int]], **more: Any) -> dict[str, Any]:
    """An entry of m²; a line is region, account, area, marks."""
    told = [{"region": one, "account": account, "area_m2": area, **marks} for one, account, area, marks in lines]
    return {"id": id, "kind": kind, "posting_date": day, "act_date": day, "evidence": "doc", "lines": told} | more


FIELD, GRADE = {"grade": 6, "stable": 1}, {"grade": 6}
BOOK = (
    entry("open", "OPENING", "2023-12-31", (COUNTY, "OPENING", "-40000.00", {}), (COUNTY, "LAND:0201", "20000.00", {}),
          (COUNTY, "LAND:1206", "10000.00", {}), (COUNTY, "LAND:0103", "10000.00", FIELD)),
    entry("pool", "OPENING", "2023-12-31", (COUNTY, "POOL:RESTORED", "900.00", GRADE)),
    entry("pool-north", "OPENING", "2023-12-31", (NORTH, "POOL:RESTORED", "500.00", GRADE)),
    entry(CLAIM, "NONAG", "2024-05-01", (COUNTY, "LAND:0103", "-300.00", FIELD), (COUNTY, "LAND:1003", "300.00", {}),
          (COUNTY, "CLAIM:NONAG", "300.00", GRADE)),
)  # fmt: skip
HELD = (
    entry("ended", "CHANGE", "2024-06-01", (COUNTY, "LAND:0201", "-5.00", {}), (COUNTY, "LAND:1206", "5.00", {}),
          expires="2024-09-30"),
    entry("held", "CHANGE", "2024-06-01", (COUNTY, "LAND:0201", "-7.00", {}), (COUNTY, "LAND:1206", "7.00", {}),
          expires="2031-12-31"),
)  # fmt: skip


def build(folder: Path) -> Path:
    """The workspace, the files of land that is offered beside it; in `bare` the same without a book."""
    place = land.built(folder)
    place.database.close()
    shutil.copytree(folder / "county", folder / "bare")
    land.offered(folder / "good.gpkg", 0, 1)
    land.offered(folder / "mixed.gpkg", 0, 3)  # the last one is a field already
    for name, entries, work in (("book", BOOK, api.ledger_post), ("held", HELD, api.ledger_reserve)):
        file = folder / f"{name}.json"
        file.write_text(json.dumps(entries), encoding="utf-8")
        work(place, file, author="Zhao")
    group = folder / "group.csv"
    group.write_text(f"code,name,level,group\n{NORTH},North,township,plain\n{SOUTH},South,township,plain\n", "utf-8")
    api.import_regions(place, group)
    for name, role in (("wang", "submitter"), ("li", "accepter")):
        known(place, name, (role, COUNTY))
    place.database.close()
    return folder
