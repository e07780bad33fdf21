"""The salt chain once more, unit by unit and layer by layer in plain Python, to hold the compiled one against."""

from __future__ import annotations

from dataclasses import dataclass, field

from tilth.soil.salt_chain.chain import EC_PER_CHARGE, MOST_HARVESTED, NEAREST, READILY


@dataclass
class Field:
    """One unit: its soil, its water and salt by layer, and what went in and out."""

    fc: float
    wp: float
    sat: float
    paste: float
    mixing: float
    rise: float
    exponent: float
    drainable: float  # m³/m³
    table_ec: float
    table_usual: float
    table_pace: float
    infiltration: float
    water: list[float]
    salt: list[float]
    depth: float
    pond: float = 0.0
    pond_salt: float = 0.0
    gypsum: float = 0.0
    sodium: float = 0.0
    flows: dict[str, float] = field(default_factory=dict)

    def note(self, name: str, amount: float) -> None:
        self.flows[name] = self.flows.get(name, 0.0) + amount


@dataclass
class Step:
    """What a step brings."""

    days: float
    rain: float
    rain_ec: float
    irrigation: float
    irrigation_ec: float
    crop: float
    air: float
    thickness: tuple[float, ...]
    uptake: tuple[float, ...]
    refill: float = 0.0
    refill_most: float = 20.0
    pond: float = 0.0
    bund: float = 30.0
    frozen: bool = False
    pull: float = 0.0
    threshold: float = 0.0
    slope: float = 0.0
    depletion: float = 0.5
    rising: float = 1.0
    mixing: float = 1.0
    drain_depth: float = 0.0
    drain_pace: float = 0.0
    shallowest: float = 0.3
    table_shift: float = 0.0
    soluble: float = 30.0
    used: float = 1 / 1.2
    lets_in: float = 1e6
    infiltrating: float = 1.0
    exposed: float = 1.0


def substep(u: Field, s: Step) -> None:
    """One substep, in the order of the domain: water on, water up, water taken, water through, water table."""
    layers = range(len(s.thickness))
    full = [u.fc * t for t in s.thickness]
    dry = [u.wp * t for t in s.thickness]
    roots = [i for i in layers if s.uptake[i] > 0.0]
    air = 0.0 if s.frozen else s.air

    missing = sum(max(full[i] - u.water[i], 0.0) for i in roots)
    on = s.irrigation + min(s.refill * missing, s.refill_most)
    on += max(s.pond - u.pond - on - s.rain, 0.0)
    u.pond += s.rain + on
    u.pond_salt += s.rain * s.rain_ec + on * s.irrigation_ec
    u.note("water in", s.rain + on)
    u.note("salt in", s.rain * s.rain_ec + on * s.irrigation_ec)
    room = sum(full) - sum(u.water) + s.crop + max(u.depth - s.shallowest, 0.0) * u.drainable * 1000.0
    if s.drain_pace > 0.0:
        room += s.drain_pace * s.days * max(s.drain_depth - s.shallowest, 0.0) * u.drainable * 1000.0
    entering = 0.0
    if not s.frozen:
        entering = min(u.pond, u.infiltration * s.infiltrating * s.days, s.lets_in * s.days, max(room, 0.0))
    entering_ec = u.pond_salt / u.pond if u.pond > 0.0 else 0.0
    u.water[0] += entering
    u.salt[0] += entering * entering_ec
    u.pond -= entering
    u.pond_salt -= entering * entering_ec
    over = max(u.pond - s.bund, 0.0)
    if over > 0.0:
        gone = u.pond_salt * over / u.pond
        u.pond_salt -= gone
        u.pond -= over
        u.note("water out", over)
        u.note("salt out", gone)
    from_pond = min(u.pond, air)
    u.pond -= from_pond
    dissolved = min(u.gypsum, s.soluble * entering)
    u.gypsum -= dissolved
    u.salt[0] += EC_PER_CHARGE * dissolved
    u.note("salt in", EC_PER_CHARGE * dissolved)
    u.sodium = max(0.0, u.sodium - s.used * dissolved)

    start = sum((sum(s.thickness[:i]) + s.thickness[i] / 2.0) * s.uptake[i] for i in layers) / 1000.0
    most = u.rise * max(u.depth - start, NEAREST) ** -u.exponent * s.rising * s.days
    wanted, lacking = [], 0.0
    for i in layers:
        top = u.sat * s.thickness[0] if i == 0 and s.frozen else full[i]
        lacking += max(top - u.water[i], 0.0)
        wanted.append(lacking)
    up = [0.0] * len(s.thickness)
    for i in reversed(layers):
        if i == layers[-1]:
            up[i] = min(most, wanted[i])
        else:
            up[i] = min(most + s.pull, wanted[i], up[i + 1] + 0.5 * max(u.water[i + 1] - dry[i + 1], 0.0))
    for i in reversed(layers):  # into layer i
        if i == layers[-1]:
            carried = up[i] * u.table_ec
            u.note("water in", up[i])
            u.note("salt in", carried)
        else:
            carried = up[i] * u.salt[i + 1] / u.water[i + 1]
            u.water[i + 1] -= up[i]
            u.salt[i + 1] -= carried
        u.water[i] += up[i]
        u.salt[i] += carried

    ece = sum(u.salt[i] for i in roots) / (u.paste * sum(s.thickness[i] for i in roots))
    salty = min(1.0, max(0.0, 1.0 - s.slope * (ece - s.threshold)))
    top = u.water[0]
    free = [max(u.water[i] - dry[i], 0.0) for i in layers]
    available = [full[i] - dry[i] for i in layers]
    depleted = 1.0 - sum(free[i] for i in roots) / sum(available[i] for i in roots)
    watered = min(1.0, max(0.0, (1.0 - depleted) / (1.0 - s.depletion)))  # FAO-56, equation 84
    pulls = [s.uptake[i] * min(1.0, free[i] / available[i]) for i in layers]
    for i in layers:
        take = min(s.crop * salty * watered * pulls[i] / sum(pulls), free[i]) if sum(pulls) > 0.0 else 0.0
        u.water[i] -= take
        u.note("water out", take)
    most_lost = s.exposed * (full[0] - dry[0] / 2.0)
    damp = min(1.0, max(0.0, (most_lost - (full[0] - top)) / ((1.0 - READILY) * most_lost)))
    lost = min((air - from_pond) * damp, max(u.water[0] - full[0] + most_lost, 0.0))
    u.water[0] -= lost
    u.note("water out", lost + from_pond)

    f = min(1.0, u.mixing * s.mixing)
    came, came_ec = entering, entering_ec
    for i in layers:
        passing = 0.0 if i == 0 and s.frozen else max(u.water[i] - full[i], 0.0)
        own = u.salt[i] / u.water[i]
        by = min(passing, came)  # the part that came from above with its own salt
        carried = by * (f * own + (1.0 - f) * came_ec) + (passing - by) * own
        u.water[i] -= passing
        u.salt[i] -= carried
        if i + 1 in layers:
            u.water[i + 1] += passing
            u.salt[i + 1] += carried
        else:
            u.note("water out", passing)
            u.note("salt out", carried)
        came, came_ec = passing, carried / passing if passing > 0.0 else own
    u.depth -= (came - up[-1]) / (1000.0 * u.drainable)
    pace = u.table_pace * s.days
    drains = s.drain_pace * s.days if u.depth < s.drain_depth else 0.0
    u.depth = (u.depth + pace * (u.table_usual + s.table_shift) + drains * s.drain_depth) / (1.0 + pace + drains)


def harvest(u: Field, s: Step, salt: float) -> None:
    """Salt that leaves with the crop, from the layers that have roots."""
    roots = [i for i, share in enumerate(s.uptake) if share > 0.0]
    held = sum(u.salt[i] for i in roots)
    share = min(salt / held, MOST_HARVESTED)
    for i in roots:
        u.note("salt out", share * u.salt[i])
        u.salt[i] *= 1.0 - share
