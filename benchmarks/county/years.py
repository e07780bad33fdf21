"""Two surveys of one county: the parcels of a mesh, and those of a year later, when 3 % of them have changed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from county.mesh import _STEP_M, FloatArray, IntArray, Mesh, displaced

#: Shares of parcels that are split, that are joined to a neighbour, and of which an edge moves, in a year.
SPLIT, MERGED, RESHAPED = 0.01, 0.01, 0.01
#: Share of the other parcels that get another class.
RECLASSED = 0.01
#: Classes of fields and yards, and how common they are; a road or canal is one of the last three.
CLASSES = np.array(
    "0101 0102 0103 0201 0202 0301 0305 0307 0404 0601 0602 0701 0702 0809 1104 1202 1003 1006 1107".split()  # noqa: SIM905
)
_COMMON = np.array([14, 30, 9, 6, 2, 6, 2, 3, 4, 2, 1, 2, 8, 1, 4, 6])
_LINEAR = (16, 19)


@dataclass(frozen=True, eq=False)
class Year:
    """One survey: the mesh it is drawn on, and which parcel each cell is in. Parcels are numbered from 0."""

    mesh: Mesh
    parcel: IntArray  # (c,)
    code: IntArray  # (p,) place of each parcel's class in `CLASSES`
    name: IntArray  # (p,) number that a parcel keeps from year to year as long as it is not split or joined


def first_year(mesh: Mesh, rng: np.random.Generator) -> Year:
    """The first survey: each cell is a parcel, and the cells of a road are one."""
    cells = np.arange(len(mesh.road))
    _, first, member = np.unique(mesh.road, return_index=True, return_inverse=True)
    lead = np.where(mesh.road >= 0, first[member], cells)
    _, parcel = np.unique(lead, return_inverse=True)
    count = int(parcel.max()) + 1
    code = rng.choice(len(_COMMON), count, p=_COMMON / _COMMON.sum())
    linear = np.unique(parcel[mesh.road >= 0])
    code[linear] = rng.integers(*_LINEAR, len(linear))
    return Year(mesh, parcel, code, np.arange(count))


def second_year(year: Year, rng: np.random.Generator) -> Year:
    """The survey after: parcels split, joined, redrawn and reclassed. Split and joined ones stand last, renumbered."""
    mesh, count = year.mesh, len(year.code)
    fields = rng.permutation(np.flatnonzero(mesh.road < 0))
    splits = fields[: round(SPLIT * count)]
    mesh = _reshaped(_split(mesh, splits), rng)
    parcel = np.concatenate([year.parcel, count + np.arange(len(splits))])
    code = np.concatenate([year.code, rng.choice(len(_COMMON), len(splits))])
    name = np.concatenate([year.name, 2 * count + np.arange(len(splits))])
    again = np.flatnonzero(rng.random(count) < RECLASSED)
    code[again] = np.where(code[again] < _LINEAR[0], rng.choice(len(_COMMON), len(again)), code[again])
    used = np.zeros(len(mesh.road), dtype=bool)
    used[splits] = used[mesh.road >= 0] = used[len(year.parcel) :] = True
    for cell, beside in _pairs(mesh, fields[len(splits) :], used, round(MERGED * count / 2)):
        parcel[beside] = parcel[cell]
        name[parcel[cell]] = 3 * count + parcel[cell]
    name[year.parcel[splits]] = 4 * count + year.parcel[splits]
    left = np.unique(parcel)
    order = np.argsort(name[left], kind="stable")
    number = np.empty(len(name), dtype=np.int64)
    number[left[order]] = np.arange(len(left))
    return Year(mesh, number[parcel], code[left[order]], name[left[order]])


def _pairs(mesh: Mesh, cells: IntArray, used: np.ndarray, wanted: int) -> list[tuple[int, int]]:
    """`wanted` pairs of neighbouring cells, none of them `used` yet; `cells` are tried in their order."""
    first = np.zeros(len(mesh.road), dtype=np.int64)
    first[mesh.cell[mesh.cell >= 0]] = np.flatnonzero(mesh.cell >= 0)
    found: list[tuple[int, int]] = []
    for cell in cells:
        if len(found) == wanted:
            break
        beside = int(mesh.cell[mesh.twin[first[cell]]])
        if beside >= 0 and not used[cell] and not used[beside]:
            used[cell] = used[beside] = True
            found.append((int(cell), beside))
    return found


def _split(mesh: Mesh, cells: IntArray) -> Mesh:
    """The mesh with each of `cells` cut in two, from a node over the point that it grew from to another node."""
    halves = np.flatnonzero(mesh.cell >= 0)
    first = np.zeros(len(mesh.road), dtype=np.int64)
    first[mesh.cell[halves]] = halves
    before = np.empty_like(mesh.following)
    before[mesh.following] = np.arange(len(before))
    one = first[cells]
    sides = np.bincount(mesh.cell[halves], minlength=len(mesh.road))[cells]
    cell, other = mesh.cell.copy(), one.copy()
    for step in range(int(sides.max(initial=0))):
        own = step >= sides // 2
        cell[other[own & (step < sides)]] = len(mesh.road) + np.flatnonzero(own & (step < sides))
        other = mesh.following[other]
    other = one.copy()
    for step in range(int(sides.max(initial=0)) // 2):
        other = np.where(step < sides // 2, mesh.following[other], other)
    chord = len(mesh.cell) + np.arange(len(cells))
    back = chord + len(cells)
    following = np.concatenate([mesh.following, one, other])
    following[before[other]], following[before[one]] = chord, back
    count, bend = _chords(mesh.node[mesh.start[other]], mesh.centre[cells], mesh.node[mesh.start[one]])
    new = len(mesh.bend_start) - 1 + np.arange(len(cells))
    return replace(
        mesh,
        bend=np.concatenate([mesh.bend, bend]),
        bend_start=np.concatenate([mesh.bend_start, mesh.bend_start[-1] + np.cumsum(count)]),
        edge=np.concatenate([mesh.edge, new, new]),
        forward=np.concatenate([mesh.forward, np.ones(len(new), bool), np.zeros(len(new), bool)]),
        twin=np.concatenate([mesh.twin, back, chord]),
        following=following,
        start=np.concatenate([mesh.start, mesh.start[other], mesh.start[one]]),
        cell=np.concatenate([cell, cells, len(mesh.road) + np.arange(len(cells))]),
        centre=np.concatenate([mesh.centre, mesh.centre[cells]]),
        road=np.concatenate([mesh.road, np.full(len(cells), -1)]),
    )


def _chords(start: FloatArray, over: FloatArray, end: FloatArray) -> tuple[IntArray, FloatArray]:
    """Number of inner points, and the points (m, 2), of courses from `start` over `over` to `end`, all (n, 2)."""
    legs = [np.maximum(1, np.hypot(*(b - a).T) // _STEP_M).astype(np.int64) for a, b in ((start, over), (over, end))]
    count = legs[0] + legs[1] - 1
    course = np.repeat(np.arange(len(count)), count)
    step = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count) + 1
    second = step > legs[0][course]
    share = np.where(second, (step - legs[0][course]) / legs[1][course], step / legs[0][course])[:, None]
    a = np.where(second[:, None], over[course], start[course])
    b = np.where(second[:, None], end[course], over[course])
    return count, a + share * (b - a)


def _reshaped(mesh: Mesh, rng: np.random.Generator) -> Mesh:
    """The mesh with edges between two fields bent anew, which redraws `RESHAPED` of the parcels."""
    inner = mesh.forward & (mesh.cell >= 0) & (mesh.cell[mesh.twin] >= 0)
    count = np.diff(mesh.bend_start)
    halves = np.flatnonzero(inner & (mesh.cell != mesh.cell[mesh.twin]) & (count[mesh.edge] > 3))
    owners = np.stack([mesh.cell[halves], mesh.cell[mesh.twin[halves]]])
    grown = (mesh.centre[owners[0]] != mesh.centre[owners[1]]).any(axis=1)  # not a line that a split has drawn
    halves = rng.choice(
        halves[grown & (mesh.road[owners] < 0).all(axis=0)], round(RESHAPED * len(mesh.road) / 2), False
    )
    edge = mesh.edge[halves]
    ends = [mesh.node[mesh.start[halves]], mesh.node[mesh.start[mesh.twin[halves]]]]
    sides = np.stack([*ends, mesh.centre[mesh.cell[halves]], mesh.centre[mesh.cell[mesh.twin[halves]]]])
    points = count[edge]
    step = np.arange(points.sum()) - np.repeat(np.cumsum(points) - points, points)
    bend = mesh.bend.copy()
    bend[np.repeat(mesh.bend_start[edge], points) + step] = displaced(
        sides, points, (step + 1) / np.repeat(points + 1, points), rng
    )
    return replace(mesh, bend=bend)
