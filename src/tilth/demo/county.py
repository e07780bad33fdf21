"""A whole made-up county, written as the files a county really has. The same seed gives the same bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely

from tilth.core import in_units
from tilth.demo import fields
from tilth.demo.change import Changed, Year, next_year
from tilth.demo.classes import RIDGE, attributes, draw_classes, with_areas
from tilth.demo.dbf import GBK, UNSAID
from tilth.demo.errors import Delivery, Planted, plant
from tilth.demo.files import CRS, write_geopackage, write_shapefile
from tilth.demo.geometry import TOWN, Partition, partition
from tilth.demo.layers import Regions, basic_farmland, red_line, regions, reserve, town_boundary
from tilth.demo.names import COUNTY_CODE, COUNTY_NAME, Village, village_tree
from tilth.demo.projects import Grounds, write_projects
from tilth.demo.quality import write_quality
from tilth.demo.soil import SoilFiles, write_soil
from tilth.demo.terrain import Land, lay_out
from tilth.demo.written import write_csv
from tilth.overlay import level_groups, survey_area

#: Townships hold this share of their farmland as their task; the last one has been given more than it has.
_HOLDING_SHARE, _HOLDING_SHARE_LAST = 0.985, 1.004


@dataclass(frozen=True)
class CountyFiles:
    """Where everything is, what it adds up to, and which errors stand in the draft."""

    folder: Path
    code: str
    name: str
    crs: str
    parcels: Mapping[int, Path]  # DLTB by year: 2023 and 2024, without faults
    draft: Path  # DLTB of 2024 as first delivered, with the planted errors
    process: Path  # DLTBGXGC of 2024
    process_draft: Path
    townships: Path
    villages: Path
    basic_farmland: Path
    basic_farmland_draft: Path
    ecology: Path
    town: Path
    reserve: Path
    ridge: Path
    tasks: Path
    quality: Mapping[int, Path]  # tables of farmland quality by year
    projects: Mapping[str, Path]  # by what they show
    soil: SoilFiles
    planted_errors: Path
    planted: tuple[Planted, ...]
    control_dm2: int
    rows: Mapping[int, int]  # parcels by year


@dataclass(frozen=True)
class County:
    """The county in memory: both years, its regions and its layers."""

    land: Land
    drawn: Partition
    villages: list[Village]
    regions: Regions
    first: Year
    changed: Changed
    basic_farmland: tuple[pd.DataFrame, Any]
    red_line: tuple[pd.DataFrame, Any]
    town: tuple[pd.DataFrame, Any]
    reserve: tuple[pd.DataFrame, Any]


def write_county(
    folder: Path, *, seed: int = 17, parcels: int = 6000, progress: Callable[[str], None] = lambda _: None
) -> CountyFiles:
    """Write the county's files into `folder`, which is made if it is not there.

    Parameters
    ----------
    parcels
        About how many parcels the first year has, 600 or more. Villages (one for 150 parcels) and townships follow.
    progress
        Gets a line of text before each long step.
    """
    if parcels < 600:
        raise ValueError(f"a county needs 600 parcels or more, got {parcels}")
    county = build_county(seed=seed, parcels=parcels, progress=progress)
    progress("writing the files")
    return _write(Path(folder), county, seed)


def build_county(*, seed: int, parcels: int, progress: Callable[[str], None] = lambda _: None) -> County:
    """The county before it is written. One stream of random numbers for each part, so parts change on their own."""
    rng = _streams(seed)
    land = lay_out(rng["land"], parcels)
    drawn = partition(land, rng["parcels"], parcels, progress)
    progress("giving every parcel its class and attributes")
    drawn, code = draw_classes(land, drawn, rng["classes"])
    order = _reading_order(drawn)
    drawn = Partition(
        drawn.polygons[order], drawn.strip[order], drawn.village[order], drawn.settlement[order], drawn.strips
    )
    villages = village_tree(rng["names"], land.township_of)
    progress("levelling areas from the county to the parcels")
    tree = regions(drawn.polygons, drawn.village, villages, land.township_of)
    area = level_groups(survey_area(drawn.polygons, CRS), drawn.village, tree.villages["DCMJ"].to_numpy())
    frame = with_areas(attributes(land, drawn, code[order], villages, rng["attributes"]), area)
    first = Year(_numbered(frame), drawn.polygons)
    progress("changing the land for a year")
    changed = next_year(first, CRS, rng["change"], land.river_distance)
    progress("drawing the layers")
    town = drawn.polygons[drawn.settlement == TOWN]
    line = red_line(land, tree.county, rng["red line"])
    return County(
        land=land,
        drawn=drawn,
        villages=villages,
        regions=tree,
        first=first,
        changed=changed,
        basic_farmland=basic_farmland(first, tree.county, line[1][0], rng["basic farmland"]),
        red_line=line,
        town=town_boundary(land, town, tree.county),
        reserve=reserve(land, tree.county, rng["reserve"]),
    )


def _streams(seed: int) -> dict[str, np.random.Generator]:
    parts = ("land", "parcels", "classes", "names", "attributes", "change", "basic farmland", "red line", "reserve")
    return {part: np.random.default_rng([seed, number]) for number, part in enumerate(parts)}


def _reading_order(drawn: Partition) -> np.ndarray:
    """Village by village, from north to south and from west to east."""
    xy = np.round(shapely.get_coordinates(shapely.centroid(drawn.polygons)), 3)
    order: np.ndarray = np.lexsort([xy[:, 0], -np.floor(xy[:, 1] / 150.0), drawn.village])
    return order


def _numbered(frame: pd.DataFrame) -> pd.DataFrame:
    serial = frame.groupby("ZLDWDM").cumcount() + 1
    return frame.assign(
        BSM=[f"{COUNTY_CODE}2001{row + 1:08d}" for row in range(len(frame))], TBBH=[f"{n:04d}" for n in serial]
    )


def _write(folder: Path, county: County, seed: int) -> CountyFiles:
    folder.mkdir(parents=True, exist_ok=True)
    first, second = county.first, county.changed.year
    write_shapefile(folder / "DLTB_2023.shp", first.frame, first.polygons, fields.DLTB, GBK)
    write_shapefile(folder / "DLTB_2024.shp", second.frame, second.polygons, fields.DLTB, UNSAID)
    write_shapefile(folder / "DLTBGXGC_2024.shp", county.changed.process, county.changed.pieces, fields.DLTBGXGC, GBK)
    tree = county.regions
    write_shapefile(folder / "XZQ.shp", tree.townships, tree.township_shapes, fields.XZQ)
    write_shapefile(folder / "CJDCQ.shp", tree.villages, tree.village_shapes, fields.CJDCQ)
    write_shapefile(folder / "town.shp", *county.town, fields.TOWN)
    spare = (county.basic_farmland[0].iloc[:0], county.basic_farmland[1][:0])
    write_geopackage(folder / "PBF.gpkg", {"YJJBNTTB": county.basic_farmland, "YJJBNTCBQ": spare})
    write_geopackage(folder / "ecology.gpkg", {"STBHHX": county.red_line})
    write_geopackage(folder / "reserve.gpkg", {"ZRBHD": county.reserve})
    draft = plant(_delivery(county), np.random.default_rng([seed, 100]))
    write_shapefile(folder / "DLTB_2024_draft.shp", draft.year.frame, draft.year.polygons, fields.DLTB, UNSAID)
    write_shapefile(folder / "DLTBGXGC_2024_draft.shp", draft.process, county.changed.pieces, fields.DLTBGXGC, GBK)
    write_geopackage(folder / "PBF_draft.gpkg", {"YJJBNTTB": draft.basic_farmland})
    write_csv(folder / "planted_errors.csv", ["code", "parcel_id", "layer", "note"], [p.row for p in draft.planted])
    write_csv(
        folder / "ridge_coefficients.csv",
        ["key", "ridge_coef", "stratum", "source", "confidence"],
        [(key, f"{value:.4f}", "", "县级田坎系数测算", "sure") for key, value in RIDGE.items()],
    )
    write_csv(
        folder / "tasks.csv",
        ["行政区代码", "行政区名称", "年份", "耕地保有量(亩)", "永久基本农田(亩)"],
        _tasks(county),
        "gbk",
    )
    grounds = Grounds(county.land, second, county.basic_farmland[1], county.red_line[1][0])
    projects = write_projects(folder / "projects", grounds, np.random.default_rng([seed, 101]))
    return CountyFiles(
        folder=folder,
        code=COUNTY_CODE,
        name=COUNTY_NAME,
        crs=CRS,
        parcels={2023: folder / "DLTB_2023.shp", 2024: folder / "DLTB_2024.shp"},
        draft=folder / "DLTB_2024_draft.shp",
        process=folder / "DLTBGXGC_2024.shp",
        process_draft=folder / "DLTBGXGC_2024_draft.shp",
        townships=folder / "XZQ.shp",
        villages=folder / "CJDCQ.shp",
        basic_farmland=folder / "PBF.gpkg",
        basic_farmland_draft=folder / "PBF_draft.gpkg",
        ecology=folder / "ecology.gpkg",
        town=folder / "town.shp",
        reserve=folder / "reserve.gpkg",
        ridge=folder / "ridge_coefficients.csv",
        tasks=folder / "tasks.csv",
        quality=write_quality(folder, county, seed),
        projects=projects,
        soil=write_soil(folder / "soil", county.land, tree.county, np.random.default_rng([seed, 102])),
        planted_errors=folder / "planted_errors.csv",
        planted=draft.planted,
        control_dm2=int(tree.townships["DCMJ"].sum()),
        rows={2023: len(first.frame), 2024: len(second.frame)},
    )


def _delivery(county: County) -> Delivery:
    return Delivery(
        year=county.changed.year,
        process=county.changed.process,
        basic_farmland=county.basic_farmland,
        villages=county.regions.villages["ZLDWDM"].tolist(),
        county=county.regions.county,
    )


def _tasks(county: County) -> list[tuple[str, ...]]:
    """Farmland to hold and basic farmland, by township and for the county, in mu."""
    frame, basic = county.first.frame, county.basic_farmland[0]
    farmland = frame[frame["DLBM"].isin(["0101", "0102", "0103"])]
    held = farmland["TBDLMJ"].groupby(farmland["ZLDWDM"].str[:9]).sum()
    kept = np.rint(basic["YJJBNTMJ"] * 100).astype(np.int64).groupby(basic["ZLDWDM"].str[:9]).sum()
    rows, totals = [], [0, 0]
    townships = county.regions.townships
    for position, (code, name) in enumerate(zip(townships["XZQDM"], townships["XZQMC"], strict=True)):
        share = _HOLDING_SHARE if position < len(townships) - 1 else _HOLDING_SHARE_LAST
        task = [int(held.get(code, 0) * share), int(kept.get(code, 0) * 0.99)]
        totals = [total + one for total, one in zip(totals, task, strict=True)]
        rows.append((code, name, "2024", *(str(in_units(value, "mu")) for value in task)))
    return [(COUNTY_CODE, COUNTY_NAME, "2024", *(str(in_units(value, "mu")) for value in totals)), *rows]
