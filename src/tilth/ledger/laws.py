"""What every entry must obey by itself, whatever stands in the book. The numbers are those of the specification."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from datetime import date

from tilth.core import BadInput, NotFound
from tilth.ledger.chart import FARMLAND, Chart, kinds, movers
from tilth.ledger.marks import unmarked
from tilth.ledger.model import LONGEST_ID, MAX_QUANTITY, NOTHING, Account, Entry, Phase, Quantities

_LAND = (FARMLAND, "LAND")
_GROUND = (*_LAND, "TRANSFER", "OPENING")
#: Regions that missed their farmland task, of one year, or by year.
Missed = Container[str] | Callable[[int], Container[str]]

_DUTIES = ("CLAIM", "EXEMPT")
TRADED = ("POOL", "CAP")
_FIRST_YEAR = 1900
#: What takes of a cap as much as it occupies.
_OCCUPY_CAP = ("NONAG", "RURALHOUSE")
_RESERVE, _POST, _LETS_GO = Phase.RESERVE, Phase.POST, (Phase.VOID, Phase.EXPIRE)


def check(entry: Entry, chart: Chart, today: date, *, missed: Missed = ()) -> None:
    """Nothing, if `entry` is sound by itself.

    Parameters
    ----------
    missed
        Regions that missed their farmland task of the year before the act: they may not give compensation away
        (INV-11). If it is asked by year, it is asked only about transfers.

    Raises
    ------
    BadInput, NotFound
        The first thing that is wrong with it.
    """
    _filled(entry)
    _dated(entry, today)
    _phased(entry)
    sums = _summed(entry, chart)
    if not sums:
        return
    conserved(entry, sums)
    trading, lost = 0, False
    for one in sums.values():
        trading += one.traded
        lost = lost or one.gained_dm2 != one.farmland.area_dm2
    if entry.kind == "TRANSFER" or trading > 1:
        traded(entry, missed)
    if not entry.reverses:
        claimed(entry, sums)
        if lost or entry.kind == "BOUNDARY":
            unmarked(entry, chart)
    if trading and entry.kind in _OCCUPY_CAP:
        capped(entry, sums)
    if entry.kind in ("SETTLE", "PROTECT"):
        settled(entry, sums)
    elif entry.kind == "UPGRADE" and any(one.pooled_dm2 for one in sums.values()):
        raise BadInput("LEDGER-UPGRADE-POOL", id=entry.id)


@dataclass(slots=True)
class _Sums:
    """What an entry does in one region."""

    ground_dm2: int = 0  # over all that is land, or comes from it
    farmland: Quantities = NOTHING
    raised: dict[str, Quantities] = field(default_factory=dict)  # by name of claim or exemption
    traded: bool = False  # does it touch a pool or a cap?
    settled_dm2: int = 0  # taken from claims
    drawn_dm2: int = 0  # taken from pools
    pooled_dm2: int = 0  # added to pools, less what was taken
    protected_dm2: int = 0
    gained_dm2: int = 0  # farmland of the accounts that grow
    moved_dm2: int = 0  # over accounts of neighbours


def _summed(entry: Entry, chart: Chart) -> dict[str, _Sums]:
    """The sums of each region. Each line counts whole units, of a size that land has, and its quantities agree."""
    sums: dict[str, _Sums] = {}
    most, allowed = MAX_QUANTITY, movers()
    for account, quantities in entry.lines:
        part = chart.part(account)
        area, paddy, capacity, graded = quantities
        region, name, _, wet, _, grade = account
        if not (
            (type(area) is type(paddy) is type(capacity) is type(graded) is int)
            and (-most <= area <= most and -most <= paddy <= most)
            and (-most <= capacity <= most and -most <= graded <= most)
        ):
            raise BadInput("LEDGER-QUANTITY", id=entry.id, account=str(account), value=list(quantities))
        if not (area or paddy or capacity or graded):
            raise BadInput("LEDGER-NOTHING", id=entry.id, account=str(account))
        if grade and graded != area * grade:
            raise BadInput(
                "LEDGER-GRADE", id=entry.id, account=str(account), grade=_m2(graded), expected=_m2(area * grade)
            )
        one = sums.get(region)
        if one is None:
            one = sums[region] = _Sums()
        if part in _GROUND:
            one.ground_dm2 += area
            if part in _LAND and paddy != (area if wet else 0):
                raise BadInput("LEDGER-PADDY", id=entry.id, account=str(account), paddy=_m2(paddy))
            if not grade and graded and part in _LAND:
                raise BadInput("LEDGER-GRADE", id=entry.id, account=str(account), grade=_m2(graded), expected=_m2(0))
            if part in _LAND and area < 0 and entry.kind == "OPENING":
                raise BadInput("LEDGER-MOVES", id=entry.id, kind=entry.kind, account=str(account))
            if part == "TRANSFER":
                one.moved_dm2 += area
            if part == FARMLAND:
                if area > 0:
                    one.gained_dm2 += area
                one.farmland = one.farmland.plus(quantities) if one.farmland is not NOTHING else quantities
            continue
        if part in allowed:
            adds, takes = allowed[part]
            if (max(quantities) > 0 and entry.kind not in adds) or (min(quantities) < 0 and entry.kind not in takes):
                raise BadInput("LEDGER-MOVES", id=entry.id, kind=entry.kind, account=str(account))
        if part in _DUTIES:
            one.settled_dm2 -= min(0, area)
            if area >= 0 and min(quantities) < 0 and not entry.reverses:
                raise BadInput("LEDGER-MOVES", id=entry.id, kind=entry.kind, account=str(account))
            if area > 0:
                one.raised[name] = one.raised.get(name, NOTHING).plus(quantities)
        else:
            one.traded = True
            if part == "POOL":
                one.drawn_dm2 -= min(0, area)
                one.pooled_dm2 += area
            elif part == "PROTECT":
                one.protected_dm2 += area
    return sums


def _filled(entry: Entry) -> None:
    """Every entry has an id, a known kind, evidence and an author (INV-5, INV-18)."""
    if not entry.id or len(entry.id) > LONGEST_ID or not entry.id.isprintable():
        raise BadInput("LEDGER-ID", id=entry.id)
    if not entry.evidence.strip():
        raise BadInput("LEDGER-EVIDENCE", id=entry.id)
    if not entry.author.strip():
        raise BadInput("LEDGER-AUTHOR", id=entry.id)
    if entry.kind not in kinds():
        raise NotFound("LEDGER-KIND", id=entry.id, kind=entry.kind, known=", ".join(kinds()))
    texts = f"{entry.evidence}{entry.author}{entry.geometry}{entry.rule_pack}{entry.rule_version}"
    if not (texts.isprintable() and "".join(entry.refers).isprintable()):
        raise BadInput("LEDGER-TEXT", id=entry.id)


def _dated(entry: Entry, today: date) -> None:
    """Both days are kept, and nothing is booked before it happened or before its day has come (INV-22)."""
    if entry.posting_date > today:
        raise BadInput("LEDGER-FUTURE", id=entry.id, day=entry.posting_date, today=today)
    if entry.act_date.year < _FIRST_YEAR or entry.posting_date.year < _FIRST_YEAR:
        raise BadInput("LEDGER-TOO-OLD", id=entry.id, day=min(entry.act_date, entry.posting_date), first=_FIRST_YEAR)
    if entry.phase is not _RESERVE and entry.act_date > entry.posting_date:
        raise BadInput("LEDGER-ACT-LATER", id=entry.id, act=entry.act_date, posting=entry.posting_date)
    if entry.expires is not None and (entry.phase is not _RESERVE or entry.expires < entry.posting_date):
        raise BadInput("LEDGER-EXPIRES", id=entry.id, expires=entry.expires)
    if entry.due is not None and entry.due < entry.act_date:
        raise BadInput("LEDGER-DUE", id=entry.id, due=entry.due, act=entry.act_date)


def _phased(entry: Entry) -> None:
    """Only what a reservation held can be let go, and only what was booked can be reversed."""
    lets_go = entry.phase in _LETS_GO
    if lets_go != (not entry.lines):
        raise BadInput("LEDGER-LINES", id=entry.id, phase=str(entry.phase))
    if (lets_go and not entry.settles) or (entry.phase is _RESERVE and entry.settles):
        raise BadInput("LEDGER-SETTLES", id=entry.id, phase=str(entry.phase))
    if bool(entry.reverses) != (entry.kind == "REVERSE") or (
        entry.reverses and (entry.phase is not _POST or entry.settles)
    ):
        raise BadInput("LEDGER-REVERSES", id=entry.id)
    accounts = [account for account, _ in entry.lines]
    if len(set(accounts)) < len(accounts):
        twice = next(one for one in accounts if accounts.count(one) > 1)
        raise BadInput("LEDGER-ACCOUNT-TWICE", id=entry.id, account=str(twice))


def conserved(entry: Entry, sums: Mapping[str, _Sums]) -> None:
    """INV-1: in each region, what one class loses others gain, or a neighbour, or it stood in the first survey.

    Raises
    ------
    BadInput
        If land appears or disappears.
    """
    for region, one in sums.items():
        if one.ground_dm2:
            raise BadInput("LEDGER-UNBALANCED", id=entry.id, region=region, area_m2=_m2(one.ground_dm2))


def claimed(entry: Entry, sums: Mapping[str, _Sums]) -> None:
    """INV-5: farmland that is lost raises a claim of the same area, grade and paddy, or is exempt by its kind.

    Raises
    ------
    BadInput
        If neither is raised, both are, or less or more than was lost.
    """
    duty = kinds()[entry.kind]
    if duty == "none":
        if entry.kind == "BOUNDARY":
            _at_the_boundary(entry, sums)
        if entry.kind != "OPENING":
            _no_duty(entry, sums)
        return
    for region, one in sums.items():
        if duty in ("claim", "exempt") and one.gained_dm2:
            raise BadInput("LEDGER-GAIN", id=entry.id, kind=entry.kind, region=region, area_m2=_m2(one.gained_dm2))
        loses = one.farmland.area_dm2 < 0
        if not loses and not one.raised:
            continue
        lost = one.farmland.negated() if loses else NOTHING
        if loses and duty == "never":
            raise BadInput("LEDGER-LOSS", id=entry.id, kind=entry.kind, region=region, area_m2=_m2(lost.area_dm2))
        name = f"{duty.upper()}:{entry.kind}"
        found = one.raised.get(name, NOTHING)
        other = [raised for raised in one.raised if raised != name]
        if other:
            raise BadInput("LEDGER-DUTY-KIND", id=entry.id, kind=entry.kind, account=other[0], name=name)
        if (found.area_dm2, found.paddy_dm2, found.grade_dm2) != (lost.area_dm2, lost.paddy_dm2, lost.grade_dm2):
            raise BadInput(
                "LEDGER-DUTY", id=entry.id, region=region, name=name,
                lost_m2=_m2(lost.area_dm2), lost_paddy_m2=_m2(lost.paddy_dm2), lost_grade=lost.grade_dm2,
                found_m2=_m2(found.area_dm2), found_paddy_m2=_m2(found.paddy_dm2), found_grade=found.grade_dm2,
            )  # fmt: skip


def _no_duty(entry: Entry, sums: Mapping[str, _Sums]) -> None:
    """What is no loss raises no claim and no exemption."""
    for one in sums.values():
        for raised in one.raised:
            raise BadInput("LEDGER-NO-DUTY", id=entry.id, kind=entry.kind, account=raised)


def _at_the_boundary(entry: Entry, sums: Mapping[str, _Sums]) -> None:
    """Farmland that a region loses at its boundary is what a neighbour gets."""
    for region, one in sums.items():
        if one.farmland.area_dm2 < 0 and one.moved_dm2 < -one.farmland.area_dm2:
            lost = _m2(-one.farmland.area_dm2)
            raise BadInput("LEDGER-LOSS", id=entry.id, kind=entry.kind, region=region, area_m2=lost)


def settled(entry: Entry, sums: Mapping[str, _Sums]) -> None:
    """INV-8: a claim is settled by no less area of the pool, or of land that is protected in its place.

    Raises
    ------
    BadInput
        If more of claims is written off than is taken from pools.
    """
    for region, one in sums.items():
        drawn = one.drawn_dm2 if entry.kind == "SETTLE" else one.protected_dm2
        if one.settled_dm2 > drawn:
            raise BadInput(
                "LEDGER-SETTLE",
                id=entry.id,
                region=region,
                settled_m2=_m2(one.settled_dm2),
                drawn_m2=_m2(drawn),
            )


def capped(entry: Entry, sums: Mapping[str, _Sums]) -> None:
    """INV-10: an occupation takes of the cap of the year of its act, and no more than it occupies.

    Raises
    ------
    BadInput
        If it takes of the cap of another year, or more.
    """
    for account, quantities in entry.lines:
        if account.family != "CAP":
            continue
        year, claim = entry.act_date.year, sums[account.region].raised.get(f"CLAIM:{entry.kind}", NOTHING)
        if account.member != str(year):
            raise BadInput("LEDGER-CAP-YEAR", id=entry.id, account=str(account), year=year)
        if -quantities.area_dm2 > claim.area_dm2:
            raise BadInput(
                "LEDGER-CAP-MORE", id=entry.id, account=str(account), taken_m2=_m2(-quantities.area_dm2),
                occupied_m2=_m2(claim.area_dm2),
            )  # fmt: skip


def traded(entry: Entry, missed: Missed) -> None:
    """INV-11: what the seller gives the buyer gets, in every quantity, inside one province unless the State says so.

    Raises
    ------
    BadInput
        If the two differ, the seller missed its task, or pool and cap change region in another kind of entry.
    """
    lines = [line for line in entry.lines if line.account.name.startswith(TRADED)]
    regions = {line.account.region for line in lines}
    if entry.kind != "TRANSFER":
        if len(regions) > 1 and not entry.reverses:
            raise BadInput("LEDGER-TRANSFER-KIND", id=entry.id, regions=", ".join(sorted(regions)))
        return
    if len(regions) < 2 or len(lines) < len(entry.lines):
        raise BadInput("LEDGER-TRANSFER-SIDES", id=entry.id)
    over: dict[str, Quantities] = {}
    for account, quantities in lines:
        indicator = indicator_of(account)
        over[indicator] = over.get(indicator, NOTHING).plus(quantities)
    for indicator, left in over.items():
        if left != NOTHING:
            raise BadInput("LEDGER-TRANSFER-UNEQUAL", id=entry.id, what=indicator, over=", ".join(map(str, left)))
    if len({region[:2] for region in regions}) > 1 and not entry.by_state:
        raise BadInput("LEDGER-PROVINCE", id=entry.id, regions=", ".join(sorted(regions)))
    sellers = sorted({account.region for account, quantities in lines if min(quantities) < 0})
    last_year = missed(entry.act_date.year - 1) if callable(missed) else missed
    barred = [region for region in sellers if region in last_year]
    if barred:
        raise BadInput("LEDGER-SELLER", id=entry.id, region=barred[0])


def indicator_of(account: Account) -> str:
    """What may be exchanged for each other: pools of one quality and any source, the old stock, caps of one year."""
    if account.family == "CAP" or account.member == "LEGACY":
        return account.name
    return f"POOL {account.paddy} {account.stable} {account.grade}"


def _m2(dm2: int) -> str:
    return f"{dm2 / 100:,.2f}"
