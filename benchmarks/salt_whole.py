"""The salt chain in NumPy, all units a step: what a careful analyst would write, and the peer that Tilth is held to."""

from __future__ import annotations

from typing import Any

import numpy as np
from tilth.soil.salt_chain import chain


class Whole:
    """State of all units as arrays; `step` takes them one substep on."""

    def __init__(self, units: np.ndarray) -> None:
        row = units.__getitem__
        self.fc, self.wp, self.sat = row(chain.FC).copy(), row(chain.WP).copy(), row(chain.SAT).copy()
        self.per_available, self.per_paste = row(chain.PER_AVAILABLE), row(chain.PER_PASTE)
        self.mixing, self.stored, self.per_stored = row(chain.MIXING), row(chain.DRAINABLE), row(chain.PER_DRAINABLE)
        self.rise = [row(chain.RISE_2), row(chain.RISE_3), row(chain.RISE_4)]
        self.table_ec, self.usual, self.pace = row(chain.TABLE_EC), row(chain.TABLE_DEPTH), row(chain.TABLE_PACE)
        self.infiltration, self.per_evaporable = row(chain.INFILTRATION), row(chain.PER_EVAPORABLE)
        self.water = [row(chain.WATER + i).copy() for i in range(4)]
        self.salt = [row(chain.SALT + i).copy() for i in range(4)]
        self.pond, self.pond_salt = row(chain.POND).copy(), row(chain.POND_SALT).copy()
        self.depth, self.gypsum, self.sodium = (
            row(chain.DEPTH).copy(), row(chain.GYPSUM).copy(), row(chain.SODIUM).copy()
        )  # fmt: skip
        n = units.shape[1]
        self.full: list[Any] = []
        self.dry: list[Any] = []
        self.sums = {name: np.zeros(n) for name in (
            "irrigation", "rise", "taken", "drained", "runoff", "by_drains", "salt_on", "salt_up", "dissolved",
            "salt_down", "salt_off", "harvested", "ece", "wanted", "watered", "sodium",
        )}  # fmt: skip

    def step(self, x: np.ndarray, growing: bool) -> None:
        """One substep; `x` as `chain` has it."""
        days, frozen = x[chain.X_DAYS], x[chain.X_FROZEN]
        crop, air, rain = x[chain.X_CROP], x[chain.X_AIR] * (1.0 - frozen), x[chain.X_RAIN]
        thickness = x[chain.X_THICKNESS : chain.X_THICKNESS + 4]
        uptake, inside = x[chain.X_UPTAKE : chain.X_UPTAKE + 4], x[chain.X_INSIDE : chain.X_INSIDE + 4]
        w, z, s = self.water, self.salt, self.sums
        if not self.full:  # the cut of the soil stays as it is
            self.full, self.dry = [self.fc * t for t in thickness], [self.wp * t for t in thickness]
        full, dry = self.full, self.dry
        short = sum(np.maximum(full[i] - w[i], 0.0) for i in range(4) if inside[i])
        added = x[chain.X_IRRIGATION] + np.minimum(x[chain.X_REFILL] * short, x[chain.X_REFILL_MOST])
        added = added + np.maximum(x[chain.X_POND] - self.pond - added - rain, 0.0)
        on = rain * x[chain.X_RAIN_EC] + added * x[chain.X_IRRIGATION_EC]
        self.pond += rain + added
        self.pond_salt += on
        drain_pace = x[chain.X_DRAIN_PACE] * days
        room = np.maximum(self.depth - x[chain.X_SHALLOWEST], 0.0) + drain_pace * max(
            x[chain.X_DRAIN_DEPTH] - x[chain.X_SHALLOWEST], 0.0
        )
        room = sum(full) - sum(w) + crop + room * self.stored
        entering = np.minimum(
            np.minimum(self.pond, self.infiltration * x[chain.X_INFILTRATION] * days), x[chain.X_LETS_IN] * days
        )
        entering = np.minimum(entering, np.maximum(room, 0.0)) * (1.0 - frozen)
        entering_ec = np.where(self.pond > 0.0, self.pond_salt / self.pond, 0.0)
        entering_salt = np.where(entering < self.pond, entering * entering_ec, self.pond_salt)
        self.pond -= entering
        self.pond_salt -= entering_salt
        w[0] += entering
        z[0] += entering_salt
        off = np.maximum(self.pond - x[chain.X_BUND], 0.0)
        self.pond -= off
        self.pond_salt -= off * entering_ec
        wet_air = np.minimum(self.pond, air)
        self.pond -= wet_air
        dissolved = np.minimum(self.gypsum, entering * x[chain.X_SOLUBILITY])
        self.gypsum -= dissolved
        z[0] += chain.EC_PER_CHARGE * dissolved
        self.sodium -= np.minimum(self.sodium, x[chain.X_USED] * dissolved)
        up_salt, up = self._rise(x, full, dry, thickness, frozen, days)
        take0, exposed = 0.0, x[chain.X_EXPOSED]
        if growing or crop > 0.0:
            ece = sum(z[i] for i in range(4) if inside[i]) / x[chain.X_ROOTS] * self.per_paste
            salty = np.clip(1.0 - x[chain.X_SLOPE] * (ece - x[chain.X_THRESHOLD]), 0.0, 1.0)
            free = [np.maximum(w[i] - dry[i], 0.0) for i in range(4)]
            pulls = [uptake[i] * np.minimum(free[i] * self.per_available / thickness[i], 1.0) for i in range(4)]
            wet = sum(free[i] for i in range(4) if inside[i]) * self.per_available / x[chain.X_ROOTS]
            wet = np.minimum(wet / (1.0 - x[chain.X_DEPLETION]), 1.0)
            total = sum(pulls)
            each = np.where(total > 0.0, crop * salty * wet / total, 0.0)
            take = [np.minimum(each * pulls[i], free[i]) for i in range(4)]
            take0 = take[0]
        if not frozen:
            damp = np.maximum(w[0] - full[0] + exposed * (full[0] - 0.5 * dry[0]), 0.0)
            share = np.minimum(damp * self.per_evaporable / (thickness[0] * exposed), 1.0)
            lost = np.minimum((air - wet_air) * share, np.maximum(damp - take0, 0.0))
            w[0] -= lost
            s["taken"] += lost + wet_air
        if growing or crop > 0.0:
            for i in range(4):
                w[i] -= take[i]
            s["taken"] += sum(take)
        f = np.minimum(self.mixing * x[chain.X_MIXING], 1.0)
        flow = (1.0 - frozen) * np.maximum(w[0] - full[0], 0.0)
        own = z[0] / w[0]
        carried = np.minimum(flow * own - (1.0 - f) * np.minimum(flow, entering) * (own - entering_ec), z[0])
        passing_ec = np.where(flow > 0.0, carried / np.where(flow > 0.0, flow, 1.0), own)
        w[0] -= flow
        z[0] -= carried
        for i in range(1, 4):
            w[i] += flow
            z[i] += carried
            flow = np.maximum(w[i] - full[i], 0.0)
            passing_ec = f * (z[i] / w[i]) + (1.0 - f) * passing_ec
            carried = np.minimum(flow * passing_ec, z[i])
            w[i] -= flow
            z[i] -= carried
        risen = self.depth - (flow - up) * self.per_stored
        pace = self.pace * days
        drains = np.where(risen < x[chain.X_DRAIN_DEPTH], drain_pace, 0.0)
        self.depth = (risen + pace * (self.usual + x[chain.X_TABLE_SHIFT]) + drains * x[chain.X_DRAIN_DEPTH]) / (
            1.0 + pace + drains
        )
        s["irrigation"] += added
        s["rise"] += up
        s["drained"] += flow
        s["runoff"] += off
        s["by_drains"] += drains * (x[chain.X_DRAIN_DEPTH] - self.depth) * self.stored
        s["salt_on"] += on
        s["salt_up"] += up_salt
        s["dissolved"] += chain.EC_PER_CHARGE * dissolved
        s["salt_down"] += carried
        s["salt_off"] += off * entering_ec
        if growing:
            s["ece"] += days * ece
            s["wanted"] += crop
            s["watered"] += crop * wet
            s["sodium"] += days * self.sodium

    def _rise(self, x: np.ndarray, full: Any, dry: Any, thickness: Any, frozen: float, days: float) -> Any:
        w, z = self.water, self.salt
        near = 1.0 / np.maximum(self.depth - x[chain.X_FROM], chain.NEAREST)
        most = near * near * (self.rise[0] + near * (self.rise[1] + near * self.rise[2])) * (x[chain.X_RISING] * days)
        wanted = [np.maximum(full[0] + frozen * (self.sat - self.fc) * thickness[0] - w[0], 0.0)]
        for i in range(1, 4):
            wanted.append(wanted[-1] + np.maximum(full[i] - w[i], 0.0))
        up = [np.minimum(most, wanted[3])]
        for i in (2, 1, 0):
            pulled = np.minimum(most + x[chain.X_PULL], wanted[i])
            up.insert(0, np.minimum(pulled, up[0] + 0.5 * np.maximum(w[i + 1] - dry[i + 1], 0.0)))
        up_salt = up[3] * self.table_ec
        w[3] += up[3]
        z[3] += up_salt
        for i in (3, 2, 1):
            moved = z[i] * (up[i - 1] / w[i])
            w[i] -= up[i - 1]
            z[i] -= moved
            w[i - 1] += up[i - 1]
            z[i - 1] += moved
        return up_salt, up[3]


def walk(units: np.ndarray, course: Any, years: int) -> Whole:
    """All units through `years` under a course of `tilth.soil.salt_chain.options`."""
    state = Whole(units)
    with np.errstate(invalid="ignore", divide="ignore"):
        for year in range(years):
            state.gypsum += course.doses[year]
            weather = year % course.steps.shape[0]
            for step in range(course.steps.shape[1]):
                x, count = course.steps[weather, step].copy(), int(course.counts[weather, step])
                for k in (chain.X_DAYS, chain.X_RAIN, chain.X_IRRIGATION, chain.X_CROP, chain.X_AIR, chain.X_PULL):
                    x[k] /= count
                for _ in range(count):
                    state.step(x, course.calendar[step, 0] >= 0)
                if course.calendar[step, 2] >= 0:
                    _harvest(state, x, course.removed[course.calendar[step, 2]])
    return state


def _harvest(state: Whole, x: np.ndarray, salt: float) -> None:
    inside = x[chain.X_INSIDE : chain.X_INSIDE + 4]
    held = sum(inside[i] * state.salt[i] for i in range(4))
    share = np.minimum(salt / held, chain.MOST_HARVESTED)
    for i in range(4):
        gone = inside[i] * share * state.salt[i]
        state.salt[i] -= gone
        state.sums["harvested"] += gone
