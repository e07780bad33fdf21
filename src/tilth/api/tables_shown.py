"""Land tables and flows as records; the flows between two years are kept, so that they are worked out once."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tilth import __version__
from tilth.core import BadInput, language, speaking
from tilth.core.language import LANGUAGES

if TYPE_CHECKING:
    from tilth.api.accounting import Flowed
    from tilth.core import AreaTable
    from tilth.runtime import Workspace

_RECORD, _CHANGES = "record-{}.json", "changes.parquet"
#: Raised when what is kept of flows changes.
_EDITION = 1
_one_at_a_time = Lock()
#: So many findings are told with tables; `tilth accounts --json` tells all.
MOST_FINDINGS = 500


def accounts_record(
    workspace: Workspace, *, year: int, level: str = "township", region: str | None = None
) -> dict[str, Any]:
    """The status tables of a year with the rows down to a level, of a region and what is below it.

    Of the findings, the first are told, and how many there are of each code: a county may have a hundred thousand.

    Raises
    ------
    NotFound
        If there is no survey of that year, or no such region.
    BadInput
        If there is no such level.
    """
    from tilth.api.accounting import accounts, down_to
    from tilth.report import as_json

    found = accounts(workspace, year=year)
    tables = [_within(workspace, down_to(one, level), region) for one in found.tables.values()]
    return {
        "year": year,
        "tables": [as_json(one) for one in tables],
        "findings": [one.as_record() for one in found.findings[:MOST_FINDINGS]],
        "finding_counts": dict(sorted(Counter(one.code for one in found.findings).items())),
    }


def flows_record(
    workspace: Workspace, *, before: int, after: int, level: str = "township", region: str | None = None
) -> dict[str, Any]:
    """The tables of the flows between two years, how many changes there are, and what was found.

    Parameters
    ----------
    region
        Of a region smaller than the whole, only the tables that have a row for each region.

    Raises
    ------
    NotFound
        If a survey is missing, or there is no such region.
    BadInput
        If the years are the same, or the surveys do not go together; or there is no such level.
    """
    from tilth.api.accounting import DEPTH
    from tilth.api.book_reading import regions_below
    from tilth.land import Store

    if level not in DEPTH:
        raise BadInput("API-LEVEL", level=level)
    inside = None if region in (None, workspace.region) else regions_below(Store(workspace).regions(), str(region))
    with kept_flows(workspace, before, after) as folder:
        told = dict(json.loads((folder / _RECORD.format(language())).read_text(encoding="utf-8")))
    by_region = set(told.pop("by_region"))
    for table in told["tables"]:
        if table["id"] in by_region:
            table["rows"] = [
                row
                for row in table["rows"]
                if row["depth"] <= DEPTH[level] and (inside is None or row["key"][1] in inside)
            ]
    if inside is not None:
        told["tables"] = [table for table in told["tables"] if table["id"] in by_region]
    return told


@dataclass(frozen=True)
class ChangesWanted:
    """Which changes a page shows; what is empty is not asked for."""

    kind: str = ""
    old_class: str = ""  # a class, or the beginning of its code
    new_class: str = ""
    region: str | None = None  # before or after


def changes_page(
    workspace: Workspace, *, before: int, after: int, wanted: ChangesWanted, beyond: int = 0, limit: int = 100
) -> dict[str, Any]:
    """Changes between two years, those with a number greater than `beyond`: `items`, `next`, and how many there are.

    Raises
    ------
    NotFound, BadInput
        As for `flows_record`.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    from tilth.api.book_reading import regions_below
    from tilth.land import Store

    inside = None
    if wanted.region not in (None, workspace.region):
        inside = sorted(regions_below(Store(workspace).regions(), str(wanted.region)))
    with kept_flows(workspace, before, after) as folder:
        rows = pq.read_table(folder / _CHANGES)
    meets = pc.greater_equal(rows["seq"], 0)
    if wanted.kind:
        meets = pc.and_(meets, pc.equal(rows["kind"], wanted.kind))
    for name, code in (("old_class", wanted.old_class), ("new_class", wanted.new_class)):
        if code:
            meets = pc.and_(meets, pc.starts_with(rows[name], pattern=code))
    if inside is not None:
        import pyarrow as pa

        known = pa.array(inside, pa.string())
        here = pc.or_(
            *(pc.is_in(rows[name].cast(pa.string()), value_set=known) for name in ("old_region", "new_region"))
        )
        meets = pc.and_(meets, here)
    found = rows.filter(meets)
    later = found.filter(pc.greater(found["seq"], beyond))
    page = later.slice(0, limit)
    area = pc.sum(found["area_dm2"]).as_py() or 0
    return {
        "from": before, "to": after, "count": found.num_rows, "area_dm2": area, "items": page.to_pylist(),
        "next": page["seq"][-1].as_py() if later.num_rows > limit else None,
    }  # fmt: skip


@contextmanager
def kept_flows(workspace: Workspace, before: int, after: int) -> Iterator[Path]:
    """The folder in which the flows between two years are kept: as records in each language, and the changes.

    They are worked out where they are not kept; where the workspace cannot be written, for this once.

    Raises
    ------
    NotFound, BadInput
        As for `flows`.
    """
    from tilth.api.accounting import flows
    from tilth.land import Store
    from tilth.runtime import cached, drop_cached, keep_cached

    store = Store(workspace)
    if before == after:
        raise BadInput("API-SAME-YEAR", year=before)
    first, second, tree = store.in_use(before), store.in_use(after), store.regions()
    about = hashlib.sha256(repr((first.id, sorted(tree.regions.items()), workspace.name)).encode()).hexdigest()[:16]
    key = f"{second.id[:32]}-{__version__}-flows{_EDITION}-{before}-{about}"
    with _one_at_a_time:
        folder = cached(workspace, key)
        if folder is None:
            found = flows(workspace, before=before, after=after)
            if keep_cached(workspace, key, lambda new: _write(new, found)):
                drop_cached(workspace, [key], among=key.removesuffix(about))
                folder = cached(workspace, key)
        if folder is None:
            with tempfile.TemporaryDirectory(prefix="tilth-") as name:
                _write(Path(name), found)
                yield Path(name)
            return
    yield folder


def _write(folder: Path, found: Flowed) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    for code in LANGUAGES:
        with speaking(code):
            text = json.dumps(_record(found), ensure_ascii=False, default=str)
        (folder / _RECORD.format(code)).write_text(text, encoding="utf-8")
    changes = pa.Table.from_pandas(found.flows.change_list, preserve_index=False)
    pq.write_table(changes, folder / _CHANGES, row_group_size=65_536)


def _record(found: Flowed) -> Mapping[str, Any]:
    from tilth.report import as_json

    flows = found.flows
    of_regions = [one.id for one in (flows.farmland_in_out, flows.by_region) if one is not None]
    return {
        "from": found.before.meta.year, "to": found.after.meta.year, "by_region": of_regions,
        "changes": len(flows.change_list), "tables": [as_json(one) for one in found.tables],
        "findings": [one.as_record() for one in flows.findings],
    }  # fmt: skip


def _within(workspace: Workspace, table: AreaTable, region: str | None) -> AreaTable:
    """The rows of a region and what is below it."""
    from dataclasses import replace

    from tilth.api.book_reading import regions_below
    from tilth.land import Store

    if region is None or region == workspace.region:
        return table
    inside = regions_below(Store(workspace).regions(), region)
    kept = [at for at, row in enumerate(table.rows) if row.key[1] in inside]
    return replace(
        table,
        rows=tuple(table.rows[at] for at in kept),
        dm2=table.dm2[kept],
        hectares=None if table.hectares is None else table.hectares[kept],
    )
