"""Water and salt of many units through time: the compiled part of the salt chain.

A unit's soil is four layers over a water table, with a store on the surface (ponded water, snow). In every substep, in
this order: rain and irrigation enter; water rises from the water table; the crop and the air take water; what is above
field capacity drains, mixed with the soil's own water to the degree of the leaching efficiency; the water table moves.
All is explicit and of first order in the length of the substep.

Units that share weather walk side by side, `LANE` at a time: everything that belongs to them stands in one flat array,
row by row of `LANE` numbers, so that the compiler sees that rows never overlap and does several units at once. What is
the same for all of them is decided once for the lane: a field that is not ponded, frozen or cropped is spared those
loops. Products of what does not change are formed before a lane sets out. Salt is counted in mm × dS/m (6.4 kg/ha).
Compiled by numba on first use.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from tilth.core import FloatArray, IntArray

#: Units walked side by side: their rows stay in the first cache of a core, and each loop is worth its start.
LANE = 64
#: Layers of the soil, the last of them the transition zone.
LAYERS = 4
#: Crops that may grow in one year, one after another.
SEASONS = 2

# Rows of a lane: what a unit is …
FC, PER_AVAILABLE, WP, SAT, PER_PASTE, MIXING, RISE_2, RISE_3, RISE_4 = range(9)
DRAINABLE, PER_DRAINABLE, TABLE_EC, TABLE_DEPTH, TABLE_PACE, INFILTRATION, PER_EVAPORABLE = range(9, 16)
PARAMETERS = 16
# … how it stands …
WATER = 16  # LAYERS rows [mm]
SALT = 20  # LAYERS rows [mm dS/m]
POND, POND_SALT, DEPTH, GYPSUM, SODIUM = range(24, 29)
STATES = 13
# … and what the year added up to.
RAIN, IRRIGATION, RISE, TAKEN, DRAINED, RUNOFF, BY_DRAINS = range(29, 36)
SALT_ON, SALT_UP, SALT_DISSOLVED, SALT_DOWN, SALT_OFF, SALT_HARVESTED = range(36, 42)
SUM_ECE, SUM_WANTED, SUM_WATERED, SUM_SODIUM = range(42, 46)  # of the crop that grows
SEASON = 46  # SEASONS times SEASON_ROWS rows: ECe when sown, then the four sums of each crop
SEASON_ROWS = 5
YEARLY = 29
ENTERED = SEASON + SEASONS * SEASON_ROWS
SUMS = ENTERED - YEARLY
# What one part of a substep tells the next.
ENTERED, ENTERED_EC, FROM_POND, RISEN = range(ENTERED, ENTERED + 4)
# What follows from what a unit is and how its soil is cut.
FULL = RISEN + 1  # LAYERS rows: water at field capacity [mm]
DRY = FULL + LAYERS  # LAYERS rows: water at wilting point [mm]
PER_HELD = DRY + LAYERS  # LAYERS rows: 1 / what a layer holds for the crop [1/mm]
PER_HELD_ROOTS, FROZEN_MORE, TO_ECE = range(PER_HELD + LAYERS, PER_HELD + LAYERS + 3)
ROWS = TO_ECE + 1

# What all units of a lane share in a substep.
(
    X_DAYS, X_RAIN, X_RAIN_EC, X_IRRIGATION, X_IRRIGATION_EC, X_REFILL, X_REFILL_MOST, X_POND, X_BUND, X_CROP, X_AIR,
    X_FROZEN, X_PULL, X_THRESHOLD, X_SLOPE, X_DEPLETION, X_RISING, X_MIXING, X_DRAIN_DEPTH, X_DRAIN_PACE, X_SHALLOWEST,
    X_FROM, X_TABLE_SHIFT, X_SOLUBILITY, X_USED, X_ROOTS, X_LETS_IN, X_INFILTRATION,
) = range(28)  # fmt: skip
X_THICKNESS = 28  # LAYERS of them [mm]
X_UPTAKE = 32  # LAYERS of them [-]
X_INSIDE = 36  # LAYERS of them: 1 a layer of the root zone
X_EXPOSED = 40  # share of the surface that is wet and open to the air
SHARED = 41
# What a lane has added up of what its units share.
T_RAIN, T_IRRIGATION, T_SALT_ON, T_WANTED = range(4)
TALLIES = 4

_COMPILED: dict[str, Any] = {"nogil": True, "error_model": "numpy", "cache": True}
#: A product and a sum may be rounded once instead of twice: nothing is put in another order.
_INNER: dict[str, Any] = {"nogil": True, "error_model": "numpy", "inline": "never", "fastmath": {"contract", "nsz"}}

#: Conductivity that dissolved charge adds: 10 mmolc/L is about 1 dS/m. [dS/m per mmolc/L]
EC_PER_CHARGE = 0.1
#: No distance to the water table counts as less. [m]
NEAREST = 0.2
#: Water in the top layer at which evaporation starts to fall, as a share of what can evaporate (FAO-56, table 19).
READILY = 0.4
#: A harvest takes no more than this share of the salt in the root zone.
MOST_HARVESTED = 0.9


@njit(inline="always")
def _least(a: float, b: float) -> float:
    """The smaller; unlike `min` it does not look for NaN, of which there is none."""
    return a if a < b else b


@njit(inline="always")
def _most(a: float, b: float) -> float:
    """The larger."""
    return a if a > b else b


@njit(**_INNER)
def _ready(s: FloatArray, x: FloatArray) -> None:
    """Form what follows from what units are and how their soil is cut."""
    for j in range(LANE):
        held = 0.0
        for i in range(LAYERS):
            full, dry = s[FC * LANE + j] * x[X_THICKNESS + i], s[WP * LANE + j] * x[X_THICKNESS + i]
            s[(FULL + i) * LANE + j], s[(DRY + i) * LANE + j] = full, dry
            s[(PER_HELD + i) * LANE + j] = 1.0 / (full - dry)
            held += x[X_INSIDE + i] * (full - dry)
        s[PER_HELD_ROOTS * LANE + j] = 1.0 / held
        s[FROZEN_MORE * LANE + j] = (s[SAT * LANE + j] - s[FC * LANE + j]) * x[X_THICKNESS]
        s[TO_ECE * LANE + j] = s[PER_PASTE * LANE + j] / x[X_ROOTS]


@njit(**_INNER)
def _let_on(s: FloatArray, x: FloatArray, lane: int) -> None:
    """Water that each unit needs for itself: a share of what its root zone is short of, or up to the depth ponded."""
    refill, refill_most, wanted, rain = x[X_REFILL], x[X_REFILL_MOST], x[X_POND], x[X_RAIN]
    scheduled, ec = x[X_IRRIGATION], x[X_IRRIGATION_EC]
    i0, i1, i2, i3 = x[X_INSIDE], x[X_INSIDE + 1], x[X_INSIDE + 2], x[X_INSIDE + 3]
    for j in range(lane):
        lack0, lack1 = s[FULL * LANE + j] - s[WATER * LANE + j], s[(FULL + 1) * LANE + j] - s[(WATER + 1) * LANE + j]
        lack2 = s[(FULL + 2) * LANE + j] - s[(WATER + 2) * LANE + j]
        lack3 = s[(FULL + 3) * LANE + j] - s[(WATER + 3) * LANE + j]
        short = i0 * _most(lack0, 0.0) + i1 * _most(lack1, 0.0) + i2 * _most(lack2, 0.0) + i3 * _most(lack3, 0.0)
        pond = s[POND * LANE + j]
        added = _least(refill * short, refill_most)
        added += _most(wanted - pond - (scheduled + added) - rain, 0.0)
        s[POND * LANE + j] = pond + added
        s[POND_SALT * LANE + j] += added * ec
        s[IRRIGATION * LANE + j] += added
        s[SALT_ON * LANE + j] += added * ec


@njit(**_INNER)
def _stand(s: FloatArray, x: FloatArray, lane: int) -> None:
    """On frozen soil rain, snow and water stay where they are; what is over the bund runs off."""
    came, came_salt = x[X_RAIN] + x[X_IRRIGATION], x[X_RAIN] * x[X_RAIN_EC] + x[X_IRRIGATION] * x[X_IRRIGATION_EC]
    bund = x[X_BUND]
    for j in range(lane):
        pond, pond_salt = s[POND * LANE + j] + came, s[POND_SALT * LANE + j] + came_salt
        ec = pond_salt / pond if pond > 0.0 else 0.0
        off = _most(pond - bund, 0.0)
        s[POND * LANE + j] = pond - off
        s[POND_SALT * LANE + j] = pond_salt - off * ec
        s[RUNOFF * LANE + j] += off
        s[SALT_OFF * LANE + j] += off * ec
        s[ENTERED * LANE + j] = 0.0
        s[ENTERED_EC * LANE + j] = ec
        s[FROM_POND * LANE + j] = 0.0


@njit(**_INNER)
def _enter(s: FloatArray, x: FloatArray, lane: int) -> None:
    """Rain and irrigation come on; as much enters as the soil lets in and there is room for; gypsum dissolves in it."""
    days, came = x[X_DAYS], x[X_RAIN] + x[X_IRRIGATION]
    came_salt = x[X_RAIN] * x[X_RAIN_EC] + x[X_IRRIGATION] * x[X_IRRIGATION_EC]
    air, bund, shallowest = x[X_AIR], x[X_BUND], x[X_SHALLOWEST]
    taken = x[X_CROP]  # what is left over on the field has the air's share already
    by_drains = x[X_DRAIN_PACE] * days * _most(x[X_DRAIN_DEPTH] - shallowest, 0.0)
    lets_in, infiltrating = x[X_LETS_IN] * days, x[X_INFILTRATION] * days
    soluble, used = x[X_SOLUBILITY], x[X_USED]
    for j in range(lane):
        w0 = s[WATER * LANE + j]
        lack0, lack1 = s[FULL * LANE + j] - w0, s[(FULL + 1) * LANE + j] - s[(WATER + 1) * LANE + j]
        lack2 = s[(FULL + 2) * LANE + j] - s[(WATER + 2) * LANE + j]
        lack3 = s[(FULL + 3) * LANE + j] - s[(WATER + 3) * LANE + j]
        pond, pond_salt = s[POND * LANE + j] + came, s[POND_SALT * LANE + j] + came_salt
        below = _most(s[DEPTH * LANE + j] - shallowest, 0.0) + by_drains
        room = (lack0 + lack1) + (lack2 + lack3) + (taken + below * s[DRAINABLE * LANE + j])
        let_in = _least(s[INFILTRATION * LANE + j] * infiltrating, lets_in)
        entering = _least(_least(pond, let_in), _most(room, 0.0))
        entering_ec = pond_salt / pond if pond > 0.0 else 0.0
        entering_salt = entering * entering_ec if entering < pond else pond_salt
        pond -= entering
        pond_salt -= entering_salt
        off = _most(pond - bund, 0.0)
        off_salt = off * entering_ec
        pond -= off
        wet_air = _least(pond, air)
        gypsum, sodium = s[GYPSUM * LANE + j], s[SODIUM * LANE + j]
        dissolved = _least(gypsum, entering * soluble)
        s[WATER * LANE + j] = w0 + entering
        s[SALT * LANE + j] += entering_salt + EC_PER_CHARGE * dissolved
        s[POND * LANE + j] = pond - wet_air
        s[POND_SALT * LANE + j] = pond_salt - off_salt
        s[GYPSUM * LANE + j] = gypsum - dissolved
        s[SODIUM * LANE + j] = _most(sodium - used * dissolved, 0.0)
        s[ENTERED * LANE + j] = entering
        s[ENTERED_EC * LANE + j] = entering_ec
        s[FROM_POND * LANE + j] = wet_air
        s[RUNOFF * LANE + j] += off
        s[SALT_OFF * LANE + j] += off_salt


@njit(**_INNER)
def _rise(s: FloatArray, x: FloatArray, lane: int) -> None:
    """Water rises as far as layers from here up are short of it. Freezing pulls it into the top layer."""
    frozen, pull, rising, start = x[X_FROZEN], x[X_PULL], x[X_RISING] * x[X_DAYS], x[X_FROM]
    for j in range(lane):
        w0, w1, w2, w3 = (
            s[WATER * LANE + j], s[(WATER + 1) * LANE + j], s[(WATER + 2) * LANE + j], s[(WATER + 3) * LANE + j],
        )  # fmt: skip
        z1, z2, z3 = s[(SALT + 1) * LANE + j], s[(SALT + 2) * LANE + j], s[(SALT + 3) * LANE + j]
        near = 1.0 / _most(s[DEPTH * LANE + j] - start, NEAREST)
        rate = s[RISE_2 * LANE + j] + near * (s[RISE_3 * LANE + j] + near * s[RISE_4 * LANE + j])
        most = (near * near) * (rate * rising)
        wanted0 = _most(s[FULL * LANE + j] + frozen * s[FROZEN_MORE * LANE + j] - w0, 0.0)
        wanted1 = wanted0 + _most(s[(FULL + 1) * LANE + j] - w1, 0.0)
        wanted2 = wanted1 + _most(s[(FULL + 2) * LANE + j] - w2, 0.0)
        wanted3 = wanted2 + _most(s[(FULL + 3) * LANE + j] - w3, 0.0)
        pulled = most + pull
        up3 = _least(most, wanted3)
        up2 = _least(_least(pulled, wanted2), up3 + 0.5 * _most(w3 - s[(DRY + 3) * LANE + j], 0.0))
        up1 = _least(_least(pulled, wanted1), up2 + 0.5 * _most(w2 - s[(DRY + 2) * LANE + j], 0.0))
        up0 = _least(_least(pulled, wanted0), up1 + 0.5 * _most(w1 - s[(DRY + 1) * LANE + j], 0.0))
        w3 += up3
        z3 += up3 * s[TABLE_EC * LANE + j]
        w2 += up2
        w1 += up1
        w12 = w1 * w2
        part = 1.0 / (w12 * w3)  # one division for the three concentrations
        moved3 = z3 * up2 * (w12 * part)
        z2 += moved3
        moved2 = z2 * up1 * (w1 * w3 * part)
        z1 += moved2
        moved1 = z1 * up0 * (w2 * w3 * part)
        s[WATER * LANE + j] = w0 + up0
        s[(WATER + 1) * LANE + j] = w1 - up0
        s[(WATER + 2) * LANE + j] = w2 - up1
        s[(WATER + 3) * LANE + j] = w3 - up2
        s[SALT * LANE + j] += moved1
        s[(SALT + 1) * LANE + j] = z1 - moved1
        s[(SALT + 2) * LANE + j] = z2 - moved2
        s[(SALT + 3) * LANE + j] = z3 - moved3
        s[RISEN * LANE + j] = up3
        s[RISE * LANE + j] += up3


@njit(**_INNER)
def _take(s: FloatArray, x: FloatArray, growing: float, lane: int) -> None:
    """What the crop takes, stressed by salt and by drought of the whole root zone, and what evaporates from the top.

    It takes from layers by its roots and by how moist each is: where some are dry, others give more. The air
    reaches only the share of the top layer that is wet and open to it, which dries the sooner the smaller it is.
    """
    crop, air, days = x[X_CROP], x[X_AIR] * (1.0 - x[X_FROZEN]), x[X_DAYS] * growing
    r0, r1, r2, r3 = x[X_UPTAKE], x[X_UPTAKE + 1], x[X_UPTAKE + 2], x[X_UPTAKE + 3]
    i0, i1, i2, i3 = x[X_INSIDE], x[X_INSIDE + 1], x[X_INSIDE + 2], x[X_INSIDE + 3]
    exposed = x[X_EXPOSED]
    kept, half, per_open = 1.0 - exposed, 0.5 * exposed, 1.0 / (x[X_THICKNESS] * exposed)
    per_moist = 1.0 / (1.0 - x[X_DEPLETION])
    slope, wanted = x[X_SLOPE], crop * growing
    start = 1.0 + slope * x[X_THRESHOLD]
    for j in range(lane):
        ece = (i0 * s[SALT * LANE + j] + i1 * s[(SALT + 1) * LANE + j]) + (
            i2 * s[(SALT + 2) * LANE + j] + i3 * s[(SALT + 3) * LANE + j]
        )
        ece *= s[TO_ECE * LANE + j]
        drawn = crop * _least(_most(start - slope * ece, 0.0), 1.0)
        w0, dry0 = s[WATER * LANE + j], s[DRY * LANE + j]
        left0, left1 = _most(w0 - dry0, 0.0), _most(s[(WATER + 1) * LANE + j] - s[(DRY + 1) * LANE + j], 0.0)
        left2 = _most(s[(WATER + 2) * LANE + j] - s[(DRY + 2) * LANE + j], 0.0)
        left3 = _most(s[(WATER + 3) * LANE + j] - s[(DRY + 3) * LANE + j], 0.0)
        k0 = r0 * _least(left0 * s[PER_HELD * LANE + j], 1.0)
        k1 = r1 * _least(left1 * s[(PER_HELD + 1) * LANE + j], 1.0)
        k2 = r2 * _least(left2 * s[(PER_HELD + 2) * LANE + j], 1.0)
        k3 = r3 * _least(left3 * s[(PER_HELD + 3) * LANE + j], 1.0)
        left = (i0 * left0 + i1 * left1) + (i2 * left2 + i3 * left3)
        watered = _least(left * s[PER_HELD_ROOTS * LANE + j] * per_moist, 1.0)
        shares = (k0 + k1) + (k2 + k3)
        each = drawn * watered / shares if shares > 0.0 else 0.0
        take0, take1 = _least(each * k0, left0), _least(each * k1, left1)
        take2, take3 = _least(each * k2, left2), _least(each * k3, left3)
        damp = _most(w0 - kept * s[FULL * LANE + j] - half * dry0, 0.0)
        from_pond = s[FROM_POND * LANE + j]
        share = _least(damp * per_open * s[PER_EVAPORABLE * LANE + j], 1.0)
        lost = _least((air - from_pond) * share, _most(damp - take0, 0.0))
        s[WATER * LANE + j] = w0 - take0 - lost
        s[(WATER + 1) * LANE + j] -= take1
        s[(WATER + 2) * LANE + j] -= take2
        s[(WATER + 3) * LANE + j] -= take3
        s[TAKEN * LANE + j] += (take0 + take1) + (take2 + take3) + (lost + from_pond)
        s[SUM_ECE * LANE + j] += days * ece
        s[SUM_WATERED * LANE + j] += wanted * watered
        s[SUM_SODIUM * LANE + j] += days * s[SODIUM * LANE + j]


@njit(**_INNER)
def _evaporate(s: FloatArray, x: FloatArray, lane: int) -> None:
    """What the air takes where nothing grows: as in `_take`."""
    air, exposed = x[X_AIR], x[X_EXPOSED]
    kept, half, per_open = 1.0 - exposed, 0.5 * exposed, 1.0 / (x[X_THICKNESS] * exposed)
    for j in range(lane):
        w0, from_pond = s[WATER * LANE + j], s[FROM_POND * LANE + j]
        damp = _most(w0 - kept * s[FULL * LANE + j] - half * s[DRY * LANE + j], 0.0)
        share = _least(damp * per_open * s[PER_EVAPORABLE * LANE + j], 1.0)
        lost = _least((air - from_pond) * share, damp)
        s[WATER * LANE + j] = w0 - lost
        s[TAKEN * LANE + j] += lost + from_pond


@njit(**_INNER)
def _above(s: FloatArray, lane: int) -> int:
    """How many units have more water in the top layer than it can hold. Below it none ever is above capacity."""
    count = 0
    for j in range(lane):
        count += 1 if s[WATER * LANE + j] > s[FULL * LANE + j] else 0
    return count


@njit(**_INNER)
def _drain(s: FloatArray, x: FloatArray, lane: int) -> None:
    """What is above field capacity drains. A share (1 - f) of what passes keeps the salt it came with."""
    mixing = x[X_MIXING]
    for j in range(lane):
        f = _least(s[MIXING * LANE + j] * mixing, 1.0)
        past = 1.0 - f
        entering_ec = s[ENTERED_EC * LANE + j]
        w0, z0 = s[WATER * LANE + j], s[SALT * LANE + j]
        flow0 = _most(w0 - s[FULL * LANE + j], 0.0)
        w1 = s[(WATER + 1) * LANE + j] + flow0
        flow1 = _most(w1 - s[(FULL + 1) * LANE + j], 0.0)
        w2 = s[(WATER + 2) * LANE + j] + flow1
        flow2 = _most(w2 - s[(FULL + 2) * LANE + j], 0.0)
        w3 = s[(WATER + 3) * LANE + j] + flow2
        flow3 = _most(w3 - s[(FULL + 3) * LANE + j], 0.0)
        w01, w23 = w0 * w1, w2 * w3
        part = 1.0 / (w01 * w23)  # one division for the four concentrations
        own = z0 * (w1 * w23 * part)
        carried = _least(flow0 * own - past * _least(flow0, s[ENTERED * LANE + j]) * (own - entering_ec), z0)
        passing_ec = carried / flow0 if flow0 > 0.0 else own
        s[WATER * LANE + j] = w0 - flow0
        s[SALT * LANE + j] = z0 - carried
        z1 = s[(SALT + 1) * LANE + j] + carried
        passing_ec = f * z1 * (w0 * w23 * part) + past * passing_ec
        carried = _least(flow1 * passing_ec, z1)
        s[(WATER + 1) * LANE + j] = w1 - flow1
        s[(SALT + 1) * LANE + j] = z1 - carried
        z2 = s[(SALT + 2) * LANE + j] + carried
        passing_ec = f * z2 * (w01 * w3 * part) + past * passing_ec
        carried = _least(flow2 * passing_ec, z2)
        s[(WATER + 2) * LANE + j] = w2 - flow2
        s[(SALT + 2) * LANE + j] = z2 - carried
        z3 = s[(SALT + 3) * LANE + j] + carried
        passing_ec = f * z3 * (w01 * w2 * part) + past * passing_ec
        carried = _least(flow3 * passing_ec, z3)
        s[(WATER + 3) * LANE + j] = w3 - flow3
        s[(SALT + 3) * LANE + j] = z3 - carried
        s[DRAINED * LANE + j] += flow3
        s[SALT_DOWN * LANE + j] += carried
        s[RISEN * LANE + j] -= flow3


@njit(**_INNER)
def _settle(s: FloatArray, x: FloatArray, lane: int) -> None:
    """The water table moves: by what left and reached it; drains and country pull at its new depth."""
    days = x[X_DAYS]
    drain_depth, drain_pace, shift = x[X_DRAIN_DEPTH], x[X_DRAIN_PACE] * days, x[X_TABLE_SHIFT]
    for j in range(lane):
        risen = s[DEPTH * LANE + j] + s[RISEN * LANE + j] * s[PER_DRAINABLE * LANE + j]
        pace = s[TABLE_PACE * LANE + j] * days
        drains = drain_pace if risen < drain_depth else 0.0
        around = s[TABLE_DEPTH * LANE + j] + shift
        deep = (risen + pace * around + drains * drain_depth) / (1.0 + pace + drains)
        s[DEPTH * LANE + j] = deep
        s[BY_DRAINS * LANE + j] += drains * (drain_depth - deep) * s[DRAINABLE * LANE + j]


@njit(**_INNER)
def _substep(s: FloatArray, x: FloatArray, tally: FloatArray, growing: float, lane: int) -> None:
    """One substep of the units in `s` (ROWS × LANE, flat) under what they share in `x` (SHARED,); `lane` is LANE.

    It is handed over so that loops are not written out LANE times, which would keep them from being vectorised; and
    they are several, each with few values that wait for one another, so that the processor works on many at a time.
    """
    tally[T_RAIN] += x[X_RAIN]
    tally[T_IRRIGATION] += x[X_IRRIGATION]
    tally[T_SALT_ON] += x[X_RAIN] * x[X_RAIN_EC] + x[X_IRRIGATION] * x[X_IRRIGATION_EC]
    tally[T_WANTED] += growing * x[X_CROP]
    if x[X_REFILL] > 0.0 or x[X_POND] > 0.0:
        _let_on(s, x, lane)
    frozen = x[X_FROZEN] > 0.0
    if frozen:
        _stand(s, x, lane)
    else:
        _enter(s, x, lane)
    _rise(s, x, lane)
    if growing > 0.0 or x[X_CROP] > 0.0:
        _take(s, x, growing, lane)
    elif not frozen:
        _evaporate(s, x, lane)
    if not frozen and _above(s, lane) > 0:
        _drain(s, x, lane)
    _settle(s, x, lane)


@njit(**_INNER)
def _sow(s: FloatArray, x: FloatArray, season: int) -> None:
    """Note ECe of the top layer as a crop is sown."""
    at = (SEASON + season * SEASON_ROWS) * LANE
    for j in range(LANE):
        s[at + j] = s[SALT * LANE + j] * s[PER_PASTE * LANE + j] / x[X_THICKNESS]


@njit(**_INNER)
def _put_away(s: FloatArray, tally: FloatArray, season: int) -> None:
    """Add the sums of the crop that grew to those of its season, and start anew."""
    if season < 0:
        return
    for j in range(LANE):
        s[SUM_WANTED * LANE + j] = tally[T_WANTED]
    tally[T_WANTED] = 0.0
    at = (SEASON + season * SEASON_ROWS + 1) * LANE
    for k in range((SEASON_ROWS - 1) * LANE):
        s[at + k] += s[SUM_ECE * LANE + k]
        s[SUM_ECE * LANE + k] = 0.0


@njit(**_INNER)
def _harvest(s: FloatArray, x: FloatArray, salt: float) -> None:
    """Carry `salt` [mm dS/m] off with a crop, from the layers of the root zone by what they hold."""
    for j in range(LANE):
        held = 0.0
        for i in range(LAYERS):
            held += x[X_INSIDE + i] * s[(SALT + i) * LANE + j]
        share = min(salt / held, MOST_HARVESTED) if held > 0.0 else 0.0
        for i in range(LAYERS):
            gone = x[X_INSIDE + i] * share * s[(SALT + i) * LANE + j]
            s[(SALT + i) * LANE + j] -= gone
            s[SALT_HARVESTED * LANE + j] += gone


@njit(**_INNER)
def _year(s: FloatArray, tally: FloatArray, sums: FloatArray, ends: FloatArray, first: int) -> None:
    """Close a year: add what was tallied for the lane, and tell sums and end of each unit."""
    for j in range(LANE):
        s[RAIN * LANE + j] += tally[T_RAIN]
        s[IRRIGATION * LANE + j] += tally[T_IRRIGATION]
        s[SALT_ON * LANE + j] += tally[T_SALT_ON]
        s[SALT_UP * LANE + j] = s[TABLE_EC * LANE + j] * s[RISE * LANE + j]
        s[SALT_DISSOLVED * LANE + j] -= EC_PER_CHARGE * s[GYPSUM * LANE + j]
    for row in range(SUMS):
        for j in range(LANE):
            sums[row, first + j] = s[(YEARLY + row) * LANE + j]
    for row in range(STATES):
        for j in range(LANE):
            ends[row, first + j] = s[(PARAMETERS + row) * LANE + j]


@njit(**_COMPILED)
def walk(
    units: FloatArray, steps: FloatArray, counts: IntArray, calendar: IntArray, removed: FloatArray,
    doses: FloatArray, years: int, sums: FloatArray, ends: FloatArray,
) -> None:  # fmt: skip
    """Walk units that share weather and option through `years`.

    Parameters
    ----------
    units
        (YEARLY, n) what units are and how they stand; the state at the end is left in it. n is a multiple of `LANE`.
    steps
        (w, t, SHARED) what is shared in each step of each year of weather; amounts are those of the whole step, and
        the cut of the soil is that of the first.
    counts
        (w, t) substeps of each step.
    calendar
        (t, 3) season growing (-1 none), season sown at the start, season harvested at the end.
    removed
        (SEASONS,) salt that a harvest carries off. [mm dS/m]
    doses
        (years,) gypsum spread at the start of each year. [mmolc/m²]
    sums, ends
        (years, SUMS, n) what each year added up to; (years, STATES, n) how units stood at its end.
    """
    n = units.shape[1]
    assert n % LANE == 0
    room, tally = np.zeros(ROWS * LANE + 8), np.empty(TALLIES)
    from_ = (64 - room.ctypes.data % 64) % 64 // 8  # rows start where a line of the cache does
    s = room[from_ : from_ + ROWS * LANE]
    parts = steps.copy()
    for k in (X_DAYS, X_RAIN, X_IRRIGATION, X_CROP, X_AIR, X_PULL):
        parts[:, :, k] /= counts
    for first in range(0, n, LANE):
        for row in range(YEARLY):
            for j in range(LANE):
                s[row * LANE + j] = units[row, first + j]
        _ready(s, parts[0, 0])
        for year in range(years):
            s[YEARLY * LANE : ENTERED * LANE] = 0.0
            tally[:] = 0.0
            season = -1
            for j in range(LANE):
                s[GYPSUM * LANE + j] += doses[year]
                s[SALT_DISSOLVED * LANE + j] = EC_PER_CHARGE * s[GYPSUM * LANE + j]
            weather = year % steps.shape[0]
            for step in range(steps.shape[1]):
                x = parts[weather, step]
                if calendar[step, 0] != season:
                    _put_away(s, tally, season)
                    season = calendar[step, 0]
                growing = 1.0 if season >= 0 else 0.0
                if calendar[step, 1] >= 0:
                    _sow(s, x, calendar[step, 1])
                for _ in range(counts[weather, step]):
                    _substep(s, x, tally, growing, LANE)
                if calendar[step, 2] >= 0:
                    _harvest(s, x, removed[calendar[step, 2]])
            _put_away(s, tally, season)
            _year(s, tally, sums[year], ends[year], first)
        for row in range(YEARLY):
            for j in range(LANE):
                units[row, first + j] = s[row * LANE + j]
