"""What grows or stands on each parcel, and every attribute that the survey then asks for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import shapely

from tilth.core import FloatArray, IntArray
from tilth.demo.geometry import OPEN, TOWN, Partition
from tilth.demo.mesh import absorb
from tilth.demo.names import COUNTY_CODE, Village
from tilth.demo.terrain import BoolArray, Land
from tilth.land import code_system, ridge_deduction

#: Field-ridge coefficients of the made-up county, by farmland form and slope grade.
RIDGE = {
    "PD2": 0.0486,
    "PD3": 0.0872,
    "PD4": 0.1214,
    "PD5": 0.1536,
    "TT2": 0.0623,
    "TT3": 0.1085,
    "TT4": 0.1467,
    "TT5": 0.1869,
}
FARMLAND = ("0101", "0102", "0103")
PLANTING = {
    "LS": "种植粮食作物",
    "FLS": "种植非粮食作物",
    "LYFL": "粮与非粮轮作",
    "LLJZ": "林粮间作",
    "XG": "休耕",
    "WG": "未耕种",
    "JKHF": "即可恢复",
    "GCHF": "工程恢复",
}
RESTORABLE = frozenset(
    (
        *("0201", "0202", "0204", "0201K", "0202K", "0204K", "0301", "0301K", "0302", "0305", "0307", "0307K"),
        *("0403K", "0404", "1104", "1104A", "1104K"),
    )
)
REFINEMENT = {"YJGD": "盐碱耕地", "HDGD": "河道耕地", "LQGD": "林区耕地", "LQYD": "林区园地"}
_STATE = frozenset(["1001", "1003", "1101", "1103", "1106", "1107A"])
_SLOPE_LIMITS = (2.0, 6.0, 15.0, 25.0)  # degrees, upper ends of grades 1 to 4
_MERGING = frozenset(["0101", "0102", "0103", "0301", "0305", "0307", "0404", "1204"])

_Mix = Mapping[str, float]
_TOWN_MIX: _Mix = {
    "0701": 42, "05H1": 13, "08H1": 6, "08H2": 8, "0810": 8, "0810A": 2, "0601": 9, "0809": 3, "1005": 2, "1201": 4,
    "0508": 3,
}  # fmt: skip
_VILLAGE_MIX: _Mix = {
    "0702": 74, "08H2": 5, "05H1": 4, "0810": 3, "1201": 5, "0809": 2, "08H1": 2, "1104": 2, "0601": 3
}  # fmt: skip
_MOUNTAIN: _Mix = {
    "0301": 50, "0305": 13, "0307": 9, "0302": 3, "0404": 10, "0103": 7, "0204": 2, "1207": 2, "1206": 1, "0301K": 1,
    "0602": 2,
}  # fmt: skip
_HILLS: _Mix = {
    "0103": 45, "0201": 10, "0201K": 5, "0202": 3, "0301": 12, "0404": 9, "0305": 4, "0307": 5, "0102": 6, "0307K": 1
}  # fmt: skip
_WET: _Mix = {"0101": 74, "0102": 10, "1104A": 6, "1104": 3, "1106": 3, "0307": 2, "1202": 2}
_SALT: _Mix = {"0102": 58, "1204": 21, "0404": 8, "1104A": 4, "0103": 5, "0307": 2, "1202": 2}
_PLAIN: _Mix = {
    "0102": 79, "0103": 3, "0201": 4, "0201K": 3, "0301": 2, "0307": 2, "1104": 1, "1202": 3, "0601": 2, "1104K": 1
}  # fmt: skip


def draw_classes(land: Land, drawn: Partition, rng: np.random.Generator) -> tuple[Partition, np.ndarray]:
    """A class for every polygon, and neighbours of one village and class joined here and there.

    Returns
    -------
    The partition after joining, and the class code of each of its polygons.
    """
    xy = shapely.get_coordinates(shapely.point_on_surface(drawn.polygons))
    code = _classes(land, drawn, xy, rng)
    joins = np.isin(code, sorted(_MERGING)) & (drawn.settlement == OPEN) & (drawn.strip < 0)
    joins &= rng.random(len(code)) < 0.10
    _, rank = np.unique(np.char.add(code, drawn.village.astype(str)), return_inverse=True)
    rank = np.where(drawn.strip < 0, rank, -1 - drawn.strip)
    polygons, owner = absorb(drawn.polygons, joins, rank, only_rank=True, rounds=1)
    kept = Partition(polygons, drawn.strip[owner], drawn.village[owner], drawn.settlement[owner], drawn.strips)
    return kept, code[owner]


def _classes(land: Land, drawn: Partition, xy: FloatArray, rng: np.random.Generator) -> np.ndarray:
    hill, salt = land.hill(xy), land.salt(xy)
    river = land.river_distance(xy) * (1.0 + 0.45 * land.detail(xy))
    # A slow wave added to the draw makes neighbours alike: whole slopes of orchard, whole flats of salt.
    draw = (rng.random(len(xy)) * 0.55 + 0.45 * (0.5 + 0.5 * land.detail(xy))) % 1.0
    free = rng.random(len(xy))
    code = np.full(len(xy), "0102", dtype="<U5")
    open_land = drawn.settlement == OPEN
    county_town = (drawn.settlement == TOWN) & (drawn.village == land.seat_of[0])
    plain = open_land & (hill <= 0.45)
    for where, mix, dice in (
        (open_land & (hill > 0.66), _MOUNTAIN, draw),
        (open_land & (hill > 0.45) & (hill <= 0.66), _HILLS, draw),
        (plain & (river < 0.10 * land.radius), _WET, draw),
        (plain & (river >= 0.10 * land.radius) & (salt > 0.42), _SALT, draw),
        (plain & (river >= 0.10 * land.radius) & (salt <= 0.42), _PLAIN, free),
        (county_town, _TOWN_MIX, free),
        (~open_land & ~county_town, _VILLAGE_MIX, free),
    ):
        shares = np.cumsum(list(mix.values())) / sum(mix.values())
        code[where] = np.array(list(mix), dtype="<U5")[np.searchsorted(shares, dice[where], side="right")]
    kinds = np.array([strip.kind for strip in drawn.strips] + [""], dtype="<U5")[drawn.strip]
    # Ponds are drawn from 400 m² on; smaller ones between houses are part of the homestead.
    code[(code == "1104") & ~open_land & (shapely.area(drawn.polygons) < 450)] = "0702"
    street = (kinds == "1006") & ~open_land
    return np.where(street, "1004", np.where(drawn.strip >= 0, kinds, code))


def attributes(
    land: Land, drawn: Partition, code: np.ndarray, villages: list[Village], rng: np.random.Generator
) -> pd.DataFrame:
    """Every DLTB field but the areas and the identifiers, for the survey of the first year."""
    xy = shapely.get_coordinates(shapely.point_on_surface(drawn.polygons))
    n = len(code)
    farmland = np.isin(code, FARMLAND)
    hill, salt = land.hill(xy), land.salt(xy)
    slope = 66.0 * np.maximum(hill - 0.40, 0.0) ** 1.15 * rng.lognormal(0.0, 0.35, n)
    slope = np.where(code == "0101", np.minimum(slope, 5.9), slope)
    widths = np.array([strip.width for strip in drawn.strips] + [0.0])[drawn.strip]
    linear = np.array([code_system("sd2017")[name].linear for name in code])
    frame = pd.DataFrame(
        {
            "DLBM": code.astype(object),
            "GDPDJB": np.where(farmland, (np.searchsorted(_SLOPE_LIMITS, slope) + 1).astype(str), ""),
            "XZDWKD": np.where(linear, widths, 0.0),
            "ZZSXDM": _planting(code, farmland, rng),
            "TBXHDM": _refinement(code, farmland, salt, land.river_distance(xy), hill),
            "GDDB": _grade(4.5 + 5.5 * salt + 4.0 * hill + rng.normal(0, 0.9, n), 15, farmland),
            "ZLDJ": _grade(2.6 + 5.0 * salt + 3.2 * hill + rng.normal(0, 0.8, n), 10, farmland),
            "CZCSXM": _settlement(land, drawn, code),
            "SJNF": 2023,
            "MSSM": "00",
            "HDMC": "",
            "TBYBH": "",
            "BZ": "",
        }
    )
    terraced = rng.random(n) < np.clip(2.2 * (hill - 0.45), 0.05, 0.75)
    frame["GDLX"] = np.where(terraced, "TT", "PD")
    _tenure(frame, drawn.village, drawn.settlement == TOWN, villages, rng)
    return derive(frame)


def derive(frame: pd.DataFrame) -> pd.DataFrame:
    """Fill the fields that follow from others: names, farmland form off slopes, coefficients, blanks off farmland."""
    system = code_system("sd2017")
    farmland = frame["DLBM"].isin(FARMLAND)
    sloping = farmland & frame["GDPDJB"].isin(["2", "3", "4", "5"])
    out = frame.copy()
    out["YSDM"] = "2001010100"
    out["DLMC"] = [system[code].label.zh for code in frame["DLBM"]]
    out["GDPDJB"] = frame["GDPDJB"].where(farmland, "")
    out["GDLX"] = frame["GDLX"].where(sloping, "")
    out["KCXS"] = [RIDGE.get(form + grade, 0.0) for form, grade in zip(out["GDLX"], out["GDPDJB"], strict=True)]
    out["KCDLBM"] = np.where(out["KCXS"] > 0, "1203", "")
    out["ZZSXMC"] = [PLANTING.get(code, "") for code in frame["ZZSXDM"]]
    out["TBXHMC"] = [REFINEMENT.get(code, "") for code in frame["TBXHDM"]]
    for column in ("GDDB", "ZLDJ"):
        out[column] = frame[column].astype("Int64").where(farmland)
    collective = frame["QSXZ"].str[0].isin(["3", "4"])
    out["FRDBS"] = np.where(collective & (frame["QSDWDM"].str[:12] != frame["ZLDWDM"].str[:12]), "1", "0")
    return out


def with_areas(frame: pd.DataFrame, area_dm2: IntArray) -> pd.DataFrame:
    """The frame with gross, deducted and net areas, in dm²."""
    deducted = ridge_deduction(area_dm2, frame["KCXS"].to_numpy())
    return frame.assign(TBMJ=area_dm2, KCMJ=deducted, TBDLMJ=area_dm2 - deducted)


def _planting(code: np.ndarray, farmland: BoolArray, rng: np.random.Generator) -> np.ndarray:
    on_farmland = rng.choice(
        ["LS", "FLS", "LYFL", "LLJZ", "XG", "WG"], len(code), p=[0.77, 0.11, 0.05, 0.01, 0.02, 0.04]
    )
    elsewhere = rng.choice(["", "JKHF", "GCHF"], len(code), p=[0.55, 0.25, 0.20])
    adjustable = np.char.endswith(code, "K")
    elsewhere = np.where(adjustable & (elsewhere == ""), "JKHF", elsewhere)
    restorable = np.isin(code, sorted(RESTORABLE))
    found: np.ndarray = np.where(farmland, on_farmland, np.where(restorable, elsewhere, "")).astype(object)
    return found


def _refinement(
    code: np.ndarray, farmland: BoolArray, salt: FloatArray, river: FloatArray, hill: FloatArray
) -> np.ndarray:
    found = np.where(farmland & (river < 110), "HDGD", "")
    found = np.where(farmland & (salt > 0.42) & (found == ""), "YJGD", found)
    found = np.where(farmland & (hill > 0.70), "LQGD", found)
    garden = np.char.startswith(code, "02")
    return np.where(garden & (hill > 0.70), "LQYD", found).astype(object)


def _grade(value: FloatArray, worst: int, farmland: BoolArray) -> pd.Series:
    return pd.Series(np.clip(np.rint(value), 1, worst).astype(np.int64), dtype="Int64").where(pd.Series(farmland))


def _settlement(land: Land, drawn: Partition, code: np.ndarray) -> np.ndarray:
    through = np.isin(code, ["1001", "1003", "1101", "1107", "1107A", "1103"])
    seat = drawn.village == land.seat_of[0]
    inside = np.where(drawn.settlement == TOWN, np.where(seat, "201", "202"), "203")
    outside = np.select([code == "0601", code == "0602", code == "09"], ["203A", "204", "205"], "")
    return np.where((drawn.settlement != OPEN) & ~through, inside, outside).astype(object)


def _tenure(
    frame: pd.DataFrame, village: IntArray, town: BoolArray, villages: list[Village], rng: np.random.Generator
) -> None:
    """Owner and location: mostly the village's groups, state land by class and in towns, a few enclaves."""
    n = len(frame)
    state = frame["DLBM"].isin(_STATE).to_numpy() | (town & (rng.random(n) < 0.8))
    enclave = ~state & frame["DLBM"].isin(FARMLAND).to_numpy() & (rng.random(n) < 0.008)
    owner = np.where(enclave, (village + 1) % len(villages), village)
    group = rng.integers(1, 7, n)
    use_right = rng.choice(["30", "31", "32"], n, p=[0.75, 0.15, 0.10])
    frame["QSXZ"] = np.where(state, "20", np.where(frame["DLBM"] == "0702", "40", use_right))
    frame["QSDWDM"] = np.where(
        state, COUNTY_CODE + "0" * 13, [f"{villages[v].code}{g:02d}00000" for v, g in zip(owner, group, strict=True)]
    )
    frame["QSDWMC"] = np.where(
        state, "国有", [f"{villages[v].name}{'一二三四五六'[g - 1]}组" for v, g in zip(owner, group, strict=True)]
    )
    frame["ZLDWDM"] = [villages[v].location for v in village]
    frame["ZLDWMC"] = [villages[v].name for v in village]
