"""Every file of the sample data comes in by the door that fits it, or is refused with one sentence that says why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tilth import api
from tilth.core import TilthError
from tilth.intake import read_table
from tilth.runtime import Workspace


@dataclass(frozen=True)
class Way:
    """How one kind of file of the data folder comes in. `rows` as counted in the folder's README, where it says."""

    pattern: str
    door: str  # survey, layer, regions, tasks, table, area
    rows: int | None = None
    options: dict[str, str] = field(default_factory=dict)
    refused: str = ""  # the code it is refused with


WAYS = (
    Way("parcels_fiboa_fixtures/be_wal_*", "survey", 10, {"layer": "ExistingLandUseObject"}),
    Way("parcels_fiboa_fixtures/be_wal_*", "survey", refused="INTAKE-LAYER-WHICH"),
    Way("parcels_fiboa_fixtures/pt_*", "survey", 100, {"layer": "Culturas_Aveiro"}),
    Way("parcels_fiboa_fixtures/pt_*", "survey", 100, {"layer": "OcupacoesSolo_Aveiro"}),
    Way("parcels_fiboa_fixtures/pt_*", "survey", refused="INTAKE-LAYER-WHICH"),
    Way("parcels_fiboa_fixtures/se_*", "survey", 10),
    Way("parcels_fiboa_fixtures/*.[zgp]*", "survey", 100),
    Way("parcels_cambridge_ma/*2013.topojson", "survey", 13_159, {"crs": "EPSG:4326"}),
    Way("parcels_cambridge_ma/*2014.topojson", "survey", 13_116, {"crs": "EPSG:4326"}),
    Way("parcels_cambridge_ma/*", "survey", refused="INTAKE-CRS-MISSING"),
    Way("cn_admin/china_provinces_schematic.geojson", "layer", 34),
    Way("cn_admin/china_prefectures_schematic.geojson", "layer", 455),
    Way("cn_admin/division_provinces.csv", "regions", 31),
    Way("cn_admin/division_cities.csv", "regions", 342),
    Way("cn_admin/division_areas.csv", "regions", 2_978),
    Way("cn_txt_exchange/*.txt", "layer", 1),
    Way("cn_txt_exchange/*.txt", "area", 1),
    Way("stats_cn/province_targets_2035.csv", "tasks", 32),
    Way("farmland_registry_okayama_jp/*.geojson", "layer", refused="API-NO-ROWS"),  # points
    Way("sal_cafine_gw/*.geojson", "layer", refused="API-NO-ROWS"),
    Way("sal_odisha_bd/*.shp", "layer", refused="API-NO-ROWS"),
    Way("rs_abandonment_points_ee/*.shp", "layer", refused="API-NO-ROWS"),
    Way("rs_abandonment_points_ee/Training*.dbf", "table", 11_757),
    Way("rs_abandonment_points_ee/Aabandonment*.dbf", "table", 3_341),
    Way("rs_abandonment_points_ee/*.dbf", "table", 3_509),
    Way("sal_odisha_bd/*.dbf", "table", 92),
    Way("sal_ucrb_us/*SAR*.txt", "table", 3_939),
    Way("sal_ucrb_us/*ec12*.txt", "table", 3_067),
    Way("sal_xinjiang_cn/*.xlsx", "table", 322),
    Way("rs_mt_modis/samples.csv", "table", 603),
    Way("crop_salt_tolerance/crop_salt_tolerance.csv", "table", 54),
    Way("lulc_transitions_sl/lulc_Multistep.csv", "table", 130),
    Way("lulc_transitions_sl/lulc_Onestep.csv", "table", 45),
    Way("cn_landclass_codes/sandiao_to_guokong.csv", "table", 81),
    Way("cn_landclass_codes/erdiao_to_guokong.csv", "table", 27),
    Way("cn_landclass_codes/sandiao_style_rgb.csv", "table", 74),
    Way("sal_odisha_bd/soil_data_raw.csv", "table", 113),
    Way("*.csv", "table"),
    Way("*.xls", "table"),
    Way("*.tif", "layer", refused="INTAKE-FORMAT-UNKNOWN"),
    Way("*.rda", "table", refused="INTAKE-FORMAT-UNKNOWN"),
    Way("*LICENSE*.txt", "layer", refused="INTAKE-TXT-NOT"),
    Way("*.md", "table", refused="INTAKE-FORMAT-UNKNOWN"),
    Way("*/LICENSE", "table", refused="INTAKE-FORMAT-UNKNOWN"),
    Way("rs_mt_modis/timeline", "table", refused="INTAKE-FORMAT-UNKNOWN"),
    Way("rs_mt_modis/samples_projection", "table", refused="INTAKE-FORMAT-UNKNOWN"),
)
#: Parts of a shapefile that are read with it.
BESIDE = (".shx", ".prj", ".cpg", ".sbn", ".sbx")


@dataclass(frozen=True)
class Came:
    """What became of one file."""

    file: str
    door: str
    rows_in: int = 0
    stored: int = 0
    aside: int = 0
    refused: str = ""
    said: str = ""


def came_in(workspace: Workspace, file: Path, name: str, way: Way) -> Came:
    """Bring one file in, or say why it is refused."""
    door = way.door + "".join(f" --{option} {value}" for option, value in way.options.items())
    try:
        if way.door == "area":
            measured = api.area(file, **way.options)
            return Came(name, door, measured.rows_in, len(measured.polygons), len(measured.rejected))
        if way.door == "table":
            table = read_table(file, **way.options)
            return Came(name, door, table.rows_in, len(table.frame), len(table.rejected))
        if way.door == "survey":
            done = api.import_survey(workspace, file, year=2024, **way.options).as_record()
        elif way.door == "regions":
            done = api.import_regions(workspace, file, **way.options).as_record()
        elif way.door == "tasks":
            done = api.import_tasks(workspace, file, **way.options).as_record()
        else:
            done = api.import_layer(workspace, file, kind="other", **way.options).as_record()
    except TilthError as error:
        return Came(name, door, refused=error.code, said=error.said)
    return Came(name, door, done["rows_in"], done["rows_stored"], done["rows_quarantined"])


def ways_of(name: str) -> list[Way]:
    """The ways for a file: all with the first pattern that it fits, and refusals of the same file without options."""
    fitting = [way for way in WAYS if fnmatch(name, way.pattern)]
    first = fitting[0].pattern if fitting else ""
    with_answer = [way for way in fitting if way.pattern == first]
    unanswered = [way for way in fitting if way.refused and way.pattern != first and with_answer[0].options]
    return with_answer + unanswered


def everything(data: Path, workspace: Workspace) -> Iterator[tuple[Way, Came]]:
    """Every file of the data folder by every way it has."""
    for file in sorted(data.rglob("*")):
        name = file.relative_to(data).as_posix()
        if not file.is_file() or "/" not in name or file.suffix in BESIDE:
            continue
        ways = ways_of(name)
        assert ways, f"nobody has said how {name} comes in"
        for way in ways:
            yield way, came_in(workspace, file, name, way)


@pytest.mark.data
def test_every_file_comes_in_whole_or_is_refused_with_one_sentence(tmp_path: Path, data_dir: Path) -> None:
    workspace = api.init(tmp_path / "w", region="999901", name="县")
    wrong = []
    for way, came in everything(data_dir, workspace):
        whole = came.rows_in == came.stored + came.aside and (way.rows is None or came.rows_in == way.rows)
        sentence = "\n" not in came.said and len(came.said) < 400
        if came.refused != way.refused or not whole or not sentence:
            wrong.append(came)
    assert not wrong, "\n".join(map(str, wrong))
