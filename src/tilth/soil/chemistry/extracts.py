"""From the conductivity of any extract to that of the saturated paste, with the range that the method leaves open.

A paste is wetter than a field and drier than an extract: its conductivity follows from how much water the soil takes
up, so a saturation or a texture is needed. Nothing is converted without one, and every value keeps its method.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tilth.core import BadInput, FloatArray
from tilth.soil.chemistry.conversions import EXTRACTS, PASTE, Conversions, Line, shipped
from tilth.soil.model import Estimate

#: What a saturated soil can hold. Below is no soil, above is a percentage taken for a fraction. [kg/kg]
SATURATION_LEAST, SATURATION_MOST = 0.1, 3.0
_RATIO = re.compile(r"^1\s*(?::|to|/|_|-|比|∶|：)?\s*(1|2|2[.,]5|5)$")
_PASTE_NAMES = {
    "paste",
    "saturated paste",
    "saturation",
    "se",
    "ece",
    "饱和",
    "饱和泥浆",
    "饱和浸提",
    "饱和浸提液",
    "饱和泥浆浸提液",
}


def extract_of(text: str) -> str:
    """The extract that a text names: "paste", "1:1", "1:2", "1:2.5" or "1:5".

    Raises
    ------
    BadInput
        If it names none of them.

    >>> extract_of("1：5"), extract_of("1 to 2,5"), extract_of("饱和泥浆")
    ('1:5', '1:2.5', 'paste')
    """
    plain = str(text).strip().casefold()
    if plain in _PASTE_NAMES:
        return PASTE
    found = _RATIO.match(plain)
    if found is None:
        raise BadInput("SOIL-EXTRACT-UNKNOWN", extract=text, known=", ".join(EXTRACTS))
    return f"1:{found[1].replace(',', '.')}"


def ece_from_extract(
    ec: npt.ArrayLike,
    extract: str,
    *,
    saturation: npt.ArrayLike | None = None,
    texture: str | Sequence[str] | None = None,
) -> FloatArray:
    """Conductivity of the saturated paste from that of an extract.

    Parameters
    ----------
    ec
        Conductivity of the extract at 25 °C, any shape. [dS/m]
    extract
        "1:5", "1:1", "1:2" (soil to water by mass) or "paste".
    saturation
        Water of the saturated paste, one value or one for each of `ec`; used where it is known. [kg/kg]
    texture
        Name of the texture in English or Chinese, one or one for each of `ec`; used where `saturation` is not known.

    Returns
    -------
    ECe, NaN where `ec` is NaN or neither saturation nor texture is known. [dS/m]

    Raises
    ------
    BadInput
        If neither is given, there is no conversion for the extract, or a value cannot be.

    >>> ece_from_extract([1.0, 2.0], "1:5", saturation=0.45).round(2).tolist()
    [9.19, 18.39]
    >>> ece_from_extract(1.0, "1:5", texture="loam").tolist()
    9.5
    """
    given = np.asarray(ec, dtype=np.float64)
    found = ece_estimate(given, extract, saturation=saturation, texture=texture).value
    return found.reshape(given.shape)


def ece_estimate(
    ec: npt.ArrayLike,
    extract: str,
    *,
    saturation: npt.ArrayLike | None = None,
    texture: str | Sequence[str] | None = None,
    regression: str | None = None,
    table: Conversions | None = None,
) -> Estimate:
    """`ece_from_extract` with its range and method, value by value; arrays are flat.

    Parameters
    ----------
    regression
        Id of a regional regression ("australia-all", "korea-tideland", a county's own), used where neither saturation
        nor texture is known.
    table
        The conversions to use; those that ship without.

    Raises
    ------
    BadInput
        As `ece_from_extract`, or if there is no such regression for the extract.
    """
    table = table or shipped()
    kind = extract_of(extract)
    values = conductivity(ec)
    if kind == PASTE:
        return Estimate(values, values, values, "dS/m", _said(values, "ECe"), "")
    if saturation is None and texture is None and regression is None:
        raise BadInput("SOIL-ECE-NEEDS", extract=kind)
    out = _Converting(values, kind, table)
    if saturation is not None and kind == "1:5":
        out.by_saturation(saturations(saturation, values.shape))
    if texture is not None:
        out.by_texture(texture)
    if regression is not None:
        out.by_regression(regression)
    if saturation is not None and texture is None and regression is None and kind != "1:5":
        raise BadInput("SOIL-ECE-NEEDS-TEXTURE", extract=kind)
    return out.done()


class _Converting:
    """Values on their way to ECe; each is converted once, by the first way that knows it."""

    def __init__(self, values: FloatArray, extract: str, table: Conversions) -> None:
        self.values, self.extract, self.table = values, extract, table
        self.found = np.full((3, len(values)), np.nan)
        self.method = np.full(len(values), "", dtype=object)
        self.sources: dict[str, None] = {}

    def by_saturation(self, saturation: FloatArray) -> None:
        """f = a + b / SP, source Slavich and Petterson 1993."""
        factor = self.table["slavich-a"] + self.table["slavich-b"] / saturation
        sandy = saturation < self.table["f-sand-below"]
        share = np.where(sandy, self.table["f-share-sand"], self.table["f-share-loam"])
        rows = self._open(np.isfinite(saturation))
        self._put(rows, [factor * scale * self.values for scale in (1.0, 1 - share, 1 + share)])
        self.method[rows] = [f"EC1:5 → ECe, SP {one:g}" for one in saturation[rows]]
        self.sources[self.table.figures["slavich-a"].source] = None

    def by_texture(self, texture: str | Sequence[str]) -> None:
        """The line of the texture group."""
        names = np.full(len(self.values), texture, dtype=object) if isinstance(texture, str) else np.asarray(texture)
        if names.shape != self.values.shape:
            raise BadInput("SOIL-LENGTHS-DIFFER", one=len(self.values), other=names.size)
        for name in dict.fromkeys(str(one) for one in names if isinstance(one, str) and one.strip()):
            known = self.table.texture(name)
            group = known.group if self.extract == "1:5" else known.coarse_group
            line = self.table.line(self.extract, group)
            if line is None:
                raise BadInput("SOIL-NO-CONVERSION", extract=self.extract)
            self._line(line, self._open(names == name), f"EC{self.extract} → ECe, {group}")

    def by_regression(self, name: str) -> None:
        """A regression of any texture, by its id."""
        line = regression_line(name, self.table, self.extract)
        self._line(line, self._open(np.ones(len(self.values), dtype=np.bool_)), f"EC{self.extract} → ECe, {name}")

    def done(self) -> Estimate:
        """What was found."""
        value, low, high = self.found
        return Estimate(value, low, high, "dS/m", tuple(map(str, self.method)), "; ".join(self.sources))

    def _open(self, known: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
        return np.flatnonzero(known & np.isfinite(self.values) & np.isnan(self.found[0]))

    def _line(self, line: Line, rows: npt.NDArray[np.int64], method: str) -> None:
        """Near the origin a line with a negative intercept falls below the extract itself, which no paste does: it is
        made of the same salt in less water. There the extract's own conductivity is taken."""
        self._put(rows, [slope * self.values + line.intercept for slope in (line.slope, line.low, line.high)])
        lifted = rows[(line.slope * self.values + line.intercept < self.values)[rows]]
        self.method[rows] = method
        self.method[lifted] = f"{method}, ≥ EC{self.extract}"
        if len(rows):
            self.sources[line.source] = None

    def _put(self, rows: npt.NDArray[np.int64], three: Sequence[FloatArray]) -> None:
        for at, found in enumerate(three):
            self.found[at, rows] = np.maximum(found[rows], self.values[rows])


def regression_line(name: str, table: Conversions, extract: str = "") -> Line:
    """The regional regression of an id, of one extract or of any.

    Raises
    ------
    BadInput
        If there is none.
    """
    known = [one for one in table.lines.values() if not one.group and extract in ("", one.extract)]
    found = next((one for one in known if one.id == name), None)
    if found is None:
        names = ", ".join(f"{one.id} ({one.extract})" for one in known) or "–"
        raise BadInput("SOIL-REGRESSION-UNKNOWN", name=name, extract=extract or "1:n", known=names)
    return found


def ec_at_25(ec: npt.ArrayLike, temperature_c: npt.ArrayLike, table: Conversions | None = None) -> FloatArray:
    """Conductivity at 25 °C from that at another temperature. [dS/m]

    >>> float(ec_at_25(1.0, 20.0).round(4))
    1.1056
    """
    slope = (table or shipped())["temperature"]
    found: FloatArray = np.asarray(ec, np.float64) / (1.0 + slope * (np.asarray(temperature_c, np.float64) - 25.0))
    return found


def conductivity(ec: npt.ArrayLike) -> FloatArray:
    """`ec` flat, as floats.

    Raises
    ------
    BadInput
        If one is negative.
    """
    values = np.atleast_1d(np.asarray(ec, dtype=np.float64)).ravel()
    if (values < 0).any():
        at = int(np.flatnonzero(values < 0)[0])
        raise BadInput("SOIL-EC-NEGATIVE", value=f"{values[at]:g}", place=at + 1)
    return values


def saturations(saturation: npt.ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    """Saturations, one for each value. [kg/kg]

    Raises
    ------
    BadInput
        If one is no fraction of mass: a percentage is refused, not divided.
    """
    found = np.asarray(saturation, dtype=np.float64).ravel()
    if found.size not in (1, shape[0]):
        raise BadInput("SOIL-LENGTHS-DIFFER", one=shape[0], other=found.size)
    wrong = found[(found < SATURATION_LEAST) | (found > SATURATION_MOST)]
    if wrong.size:
        raise BadInput(
            "SOIL-SATURATION-UNIT", value=f"{wrong[0]:g}", least=f"{SATURATION_LEAST:g}", most=f"{SATURATION_MOST:g}"
        )
    return np.broadcast_to(found, shape).astype(np.float64)


def _said(values: FloatArray, text: str) -> tuple[str, ...]:
    return tuple(text if np.isfinite(value) else "" for value in values)
