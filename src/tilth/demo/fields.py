"""The fields of each survey layer, with their official types, lengths and decimals (TD/T 1057-2020)."""

from __future__ import annotations

from tilth.demo.dbf import Field


def _char(name: str, length: int) -> Field:
    return Field(name, "char", length)


def _area(name: str) -> Field:
    return Field(name, "float", 18, 2, dm2=True)


def _int(name: str, length: int) -> Field:
    return Field(name, "int", length)


#: Land parcels. ZLDJ, the ten-grade farmland quality of GB/T 33469-2016, is the county's own addition.
DLTB = (
    _char("BSM", 18),
    _char("YSDM", 10),
    _char("TBYBH", 18),
    _char("TBBH", 8),
    _char("DLBM", 5),
    _char("DLMC", 60),
    _char("QSXZ", 2),
    _char("QSDWDM", 19),
    _char("QSDWMC", 60),
    _char("ZLDWDM", 19),
    _char("ZLDWMC", 60),
    _area("TBMJ"),
    _char("KCDLBM", 5),
    Field("KCXS", "float", 6, 4),
    _area("KCMJ"),
    _area("TBDLMJ"),
    _char("GDLX", 2),
    _char("GDPDJB", 2),
    Field("XZDWKD", "float", 5, 1),
    _char("TBXHDM", 6),
    _char("TBXHMC", 20),
    _char("ZZSXDM", 6),
    _char("ZZSXMC", 20),
    _int("GDDB", 2),
    _char("FRDBS", 1),
    _char("CZCSXM", 4),
    _int("SJNF", 4),
    _char("MSSM", 2),
    _char("HDMC", 100),
    _char("BZ", 254),
    _int("ZLDJ", 2),
)

#: Townships.
XZQ = (
    _char("BSM", 18),
    _char("YSDM", 10),
    _char("XZQDM", 12),
    _char("XZQMC", 100),
    _area("DCMJ"),
    _area("JSMJ"),
    _char("MSSM", 2),
    _char("HDMC", 100),
    _char("BZ", 254),
)

#: Village survey areas.
CJDCQ = (
    _char("BSM", 18),
    _char("YSDM", 10),
    _char("ZLDWDM", 19),
    _char("ZLDWMC", 60),
    _area("DCMJ"),
    _area("JSMJ"),
    _char("MSSM", 2),
    _char("HDMC", 100),
    _char("BZ", 254),
)

#: The update-process layer: one row for each piece of changed land.
DLTBGXGC = (
    _char("BSM", 18),
    *(
        field
        for side in ("BGQ", "BGH")
        for field in (
            _char(side + "TBBSM", 18),
            _char(side + "TBBH", 8),
            _char(side + "DLBM", 5),
            _char(side + "QSXZ", 2),
            _char(side + "ZLDWDM", 19),
            Field(side + "KCXS", "float", 6, 4),
            _area(side + "KCMJ"),
            _area(side + "TBDLMJ"),
        )
    ),
    _area("TBBGMJ"),
    _char("BGXW", 1),
    _int("SJNF", 4),
    Field("GXSJ", "date", 8),
)

#: The town development boundary (城镇开发边界).
TOWN = (_char("BSM", 18), _char("MC", 60), _char("XZQDM", 12), _area("MJ"))

#: Permanent basic farmland; lengths do not matter in a GeoPackage, the order and the types do.
YJJBNTTB = [
    *("BSM", "YSDM", "XZQDM", "XZQMC", "YJJBNTTBBH", "TBBH", "DLBM", "DLMC", "QSXZ", "QSDWDM", "QSDWMC"),
    *("ZLDWDM", "ZLDWMC", "GDLX", "GDPDJB", "KCDLBM", "KCXS", "KCMJ", "YJJBNTTBMJ", "YJJBNTMJ", "ZZSXDM"),
    *("SJNF", "BHKSSJ", "BHJSSJ", "BZ"),
]
