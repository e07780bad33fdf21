"""What occupations that surveys show take of the cap of their year; where none is set, none is taken, and said so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from tilth.core import Finding, Where
from tilth.ledger.model import Account, Entry, Line, Quantities
from tilth.ledger.policy import Policy

#: Of a region and year: the account of its cap and what may still be taken [dm²]; None where no cap is set.
FindCap = Callable[[str, int], tuple[Account, int] | None]


@dataclass
class _Run:
    """What the occupations of one run took, by cap; and what they could not, by region and year."""

    left: dict[Account, int] = field(default_factory=dict)
    unknown: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    beyond: dict[Account, list[int]] = field(default_factory=dict)


def charged(entries: Iterable[Entry], policy: Policy, find: FindCap) -> tuple[list[Entry], list[Finding]]:
    """`entries`, where each occupation by construction takes its area of the cap, as far as the rules know a cap.

    A survey is what is there: where the cap is less than what was occupied, all of it is taken, and a finding says
    what lies beyond it. Where none is set, none is taken, and that is a finding too (not assessed).
    """
    run, known = _Run(), cache(find)
    return [_charged(one, policy, known, run) for one in entries], _findings(run)


def _charged(entry: Entry, policy: Policy, find: FindCap, run: _Run) -> Entry:
    claim = next((one for one in entry.lines if one.account.name == "CLAIM:NONAG"), None)
    if entry.kind != "NONAG" or claim is None:
        return entry
    region, year, area = claim.account.region, entry.act_date.year, claim.quantities.area_dm2
    if policy.rule("cap", entry.act_date, region) is None:
        return entry
    found = find(region, year)
    if found is None:
        run.unknown.setdefault((region, year), []).append(area)
        return entry
    account, available = found
    left = run.left.setdefault(account, max(0, available))
    part = min(left, area)
    run.left[account] = left - part
    if part < area:
        run.beyond.setdefault(account, []).append(area - part)
    return replace(entry, lines=(*entry.lines, Line(account, Quantities(-part)))) if part else entry


def _findings(run: _Run) -> list[Finding]:
    return [
        *(Finding("LEDGER-FLOWS-CAP-UNKNOWN", Where(), {"region": region, "year": year, **_told(areas)})
          for (region, year), areas in sorted(run.unknown.items())),
        *(Finding("LEDGER-FLOWS-CAP-BEYOND", Where(), {"region": account.region, "cap": account.name, **_told(areas)})
          for account, areas in sorted(run.beyond.items())),
    ]  # fmt: skip


def _told(areas: list[int]) -> dict[str, int]:
    return {"count": len(areas), "area_dm2": sum(areas)}
