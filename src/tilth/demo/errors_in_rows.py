"""Errors in what the rows say: single fields, codes, identities, rows that cannot be used, sums."""

from __future__ import annotations

import numpy as np

from tilth.demo.spoiling import Work, collective, flat, sloping
from tilth.land import ridge_deduction


def _fields(w: Work) -> None:
    """V1, V2, V3, V5, V7, V13: single fields."""
    woods = w.where("DLBM", ["0301", "0305", "0307"])
    row = w.take(w.where("DLBM", ["0102"]))
    w.set(row, DLMC="水田")
    w.say("V1", row, "DLMC 水田 on 0102")
    row = w.take(woods)
    w.set(row, DLMC="")
    w.say("V1", row, "DLMC empty")
    row = w.take(flat(w) & collective(w))
    w.set(row, QSDWDM=w.get(row, "QSDWDM")[:18])
    w.say("V2", row, "QSDWDM has 18 digits")
    row = w.take(woods)
    w.set(row, ZLDWDM=w.get(row, "ZLDWDM")[:12] + "00O0000")
    w.say("V2", row, "ZLDWDM with a letter O for a zero")
    row = w.take(woods)
    w.set(row, KCDLBM="1203")
    w.say("V3", row, "KCDLBM 1203 off farmland")
    row = w.take(flat(w))
    w.set(row, GDPDJB="6")
    w.say("V5", row, "GDPDJB 6")
    row = w.take(woods)
    w.set(row, GDPDJB="3")
    w.say("V5", row, "GDPDJB on forest")
    row = w.take(woods)
    w.set(row, XZDWKD=4.5)
    w.say("V7", row, "XZDWKD on forest")
    row = w.take(flat(w) & w.where("FRDBS", ["0"]))
    w.set(row, FRDBS="1")
    w.say("V13", row, "FRDBS 1 where owner and location agree")


def _codes(w: Work) -> None:
    """V8, V-DOMAIN: values outside their lists."""
    row = w.take(flat(w))
    w.set(row, ZZSXDM="JKHF", ZZSXMC="即可恢复")
    w.say("V8", row, "ZZSXDM JKHF on farmland")
    row = w.take(sloping(w))
    w.set(row, ZZSXDM="", ZZSXMC="")
    w.say("V8", row, "ZZSXDM empty on farmland")
    row = w.take(w.where("DLBM", ["0301", "0305", "0307"]))
    w.set(row, ZZSXDM="LS", ZZSXMC="种植粮食作物")
    w.say("V8", row, "ZZSXDM LS on forest")
    row = w.take(collective(w) & w.where("FRDBS", ["0"]))
    w.set(row, QSXZ="50")
    w.say("V-DOMAIN", row, "QSXZ 50")
    row = w.take(flat(w))
    w.set(row, GDDB=16)
    w.say("V-DOMAIN", row, "GDDB 16")
    row = w.take(w.where("DLBM", ["0301", "0305", "0307"]))
    w.set(row, TBXHDM="YJGD", TBXHMC="盐碱耕地")
    w.say("V-DOMAIN", row, "TBXHDM YJGD on forest")


def _identities(w: Work) -> None:
    """V4, V6, V9: coefficients and what follows from them."""
    row = w.take(sloping(w))
    w.set(row, KCXS=1.05)
    w.say("V4", row, "KCXS 1.0500")
    row = w.take(sloping(w))
    w.set(row, GDLX="FD")
    w.say("V6", row, "GDLX FD at slope grade 2 or more")
    row = w.take(sloping(w))
    deducted = int(ridge_deduction(np.array([w.get(row, "TBMJ")]), np.array([0.0999]))[0])
    w.set(row, KCXS=0.0999, KCMJ=deducted, TBDLMJ=w.get(row, "TBMJ") - deducted)
    w.say("V6", row, "KCXS 0.0999 is not in the county's table; KCMJ agrees with it")
    row = w.take(sloping(w))
    w.set(row, KCMJ=w.get(row, "KCMJ") + 1000, TBDLMJ=w.get(row, "TBDLMJ") - 1000)
    w.say("V9", row, "KCMJ 10.00 m² too large, TBDLMJ follows")
    row = w.take(flat(w))
    w.set(row, TBDLMJ=w.get(row, "TBDLMJ") - 1)
    w.say("V9", row, "TBDLMJ 0.01 m² too small")


def _rows_set_aside(w: Work) -> None:
    """Rows that the import cannot store."""
    row = w.take(w.where("DLBM", ["0301", "0305", "0307", "0404"]), ground=True)
    w.set(row, DLBM="0399")
    w.say("INTAKE-ROW-CLASS-UNKNOWN", row, "DLBM 0399 is no class")
    row = w.take(w.where("DLBM", ["0301", "0305", "0307", "0404"]), ground=True)
    w.set(row, DLBM="")
    w.say("INTAKE-ROW-CLASS-NONE", row, "DLBM empty")
    village = w.village_with(flat(w), summed="gap", n=8)
    row = w.take(flat(w), village, ground=True)
    w.shapes[row] = None
    w.say("INTAKE-ROW-GEOMETRY-NONE", row, "no polygon")
    w.say("V11", village, "the gap that the missing polygon leaves")
    village = w.village_with(flat(w), summed="V10", n=8)
    row = w.take(flat(w), village, ground=True)
    w.set(row, TBMJ="about 12 mu")
    w.say("INTAKE-ROW-AREA-UNREADABLE", row, "TBMJ is the text 'about 12 mu'")
    w.say("V10", village[:12], "short of the area that cannot be read")
    village = w.village_with(flat(w), summed="V10", n=8)
    row = w.take(flat(w), village, ground=True)
    w.set(row, TBMJ=0, KCMJ=0, TBDLMJ=0)
    w.say("INTAKE-ROW-AREA-NOT-POSITIVE", row, "TBMJ 0.00")
    w.say("V10", village[:12], "short of the area that is given as 0.00")


def _sums(w: Work) -> None:
    """V10, G-AREA, G-VILLAGE, V2-REGION: areas and villages that do not add up."""
    village = w.village_with(flat(w), summed="V10")
    row = w.take(flat(w), village)
    w.set(row, TBMJ=w.get(row, "TBMJ") + 5, TBDLMJ=w.get(row, "TBDLMJ") + 5)
    w.say("V10", village[:12], "one TBMJ 0.05 m² too large, too little to show against its polygon")
    village = w.village_with(flat(w), n=2)
    first, second = w.take(flat(w), village), w.take(flat(w), village)
    for row, dm2 in ((first, 50_000), (second, -50_000)):
        w.set(row, TBMJ=w.get(row, "TBMJ") + dm2, TBDLMJ=w.get(row, "TBDLMJ") + dm2)
        w.say("G-AREA", row, f"TBMJ {dm2 / 100:+.2f} m² against its polygon; the village's sum is kept")
    row = w.take(flat(w) & w.where("FRDBS", ["0"]))
    village = w.village[row]
    other = next(other for other in w.order if other != village)
    w.set(row, ZLDWDM=other, QSDWDM=other[:12] + w.get(row, "QSDWDM")[12:])
    w.say("G-VILLAGE", row, f"recorded in {other[:12]}, lies in {village[:12]}")
    row = w.take(flat(w) & w.where("FRDBS", ["0"]))
    nowhere = f"{w.village[row][:9]}998" + "0" * 7
    w.set(row, ZLDWDM=nowhere, QSDWDM=nowhere[:12] + w.get(row, "QSDWDM")[12:])
    w.say("V2-REGION", row, "ZLDWDM names a village that the county does not have")


#: Every step, in the order in which ground is taken.
STEPS = (_fields, _codes, _identities, _rows_set_aside, _sums)
