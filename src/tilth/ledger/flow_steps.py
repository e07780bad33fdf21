"""A change inside farmland, in the entries that it takes: marks put right in place first, then the change itself."""

from __future__ import annotations

from typing import NamedTuple

from tilth.ledger.flow_kinds import kind_of_change
from tilth.ledger.model import Account

Parts = list[tuple[Account, int]]
#: How the geometry of the first of two entries ends: that of the change, and this.
MARKS_FIRST = " marks"


class Step(NamedTuple):
    """One entry: its kind, and the parts of the ground before and after it."""

    kind: str
    before: Parts
    after: Parts


def steps(before: Parts, after: Parts) -> list[Step]:
    """What field on both sides went through.

    No kind of entry changes every mark. Basic farmland that was drawn anew, and a grade that was appraised anew on a
    field of the same class, are a reappraisal; class and stable use are the change. Where both happened, they are two
    entries.

    Parameters
    ----------
    before, after
        Parts of one piece, as much field before as after; they differ in basic farmland only, on either side.
    """
    old, new = ([(account, dm2) for account, dm2 in parts if dm2] for parts in (before, after))
    if not old or not new:
        return []
    was, became = old[0][0], new[0][0]
    graded = became.grade if was.name == became.name else was.grade
    drawn = _basic(old) != _basic(new)
    kept = was._replace(pbf=became.pbf, grade=graded) == became  # class and stable use
    if kept:
        kind = kind_of_change(was.member, became.member, (was.grade, became.grade))
        return [Step("REAPPRAISAL" if drawn else kind, before, after)]
    kind = "CHANGE"
    if was.stable == became.stable:
        kind = kind_of_change(was.member, became.member, (was.grade, became.grade))
    if not drawn and graded == was.grade:
        return [Step(kind, before, after)]
    between = [(was._replace(pbf=account.pbf, grade=graded), dm2) for account, dm2 in new]
    return [Step("REAPPRAISAL", before, between), Step(kind, between, after)]


def _basic(parts: Parts) -> int:
    return sum(dm2 for account, dm2 in parts if account.pbf)
