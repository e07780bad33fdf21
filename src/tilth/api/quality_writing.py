"""The quality register as a workbook: register, lacking, accounts, weights, in either language."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tilth import __version__
from tilth.api.quality_grading import STATED, inside, quality_grade, quality_weights
from tilth.api.quality_lacking import quality_lacks
from tilth.core import label, language, message, speaking

if TYPE_CHECKING:
    from tilth.api.results import Written
    from tilth.runtime import Workspace


def quality_book(
    workspace: Workspace,
    *,
    year: int,
    before: int | None = None,
    table: str = "",
    by: str = STATED,
    region: str | None = None,
    out: str | Path | None = None,
    lang: str | None = None,
) -> Written:
    """Write the register of a year as a workbook, with the accounts since `before` where it is given.

    Parameters
    ----------
    out
        The file; `reports/quality-<year>-<lang>.xlsx` in the workspace if None.

    Raises
    ------
    NotFound, BadInput
        As for `quality_grade` and `quality_accounts`; or the file cannot be written.
    """
    from tilth.api.accounting import unit_name
    from tilth.api.quality_accounting import quality_accounts
    from tilth.api.results import Written
    from tilth.report import Provenance, Yearbook
    from tilth.report.quality import (
        indicators_listing,
        lacks_listing,
        measures_listing,
        needs_listing,
        register_listing,
        weights_listing,
        write_quality_book,
    )
    from tilth.runtime import working

    spoken = lang or language()
    with speaking(spoken), working(message("QUALITY-WRITING", year=year)):
        found = quality_grade(workspace, year=year, table=table, by=by)
        rows = inside(workspace, found, region)
        lacking = quality_lacks(workspace, year=year, region=region, limit=len(found.rows))
        accounts = None
        if before is not None:
            accounts = quality_accounts(workspace, before=before, after=year, table=table, by=by, region=region)
        names = {one.id: str(one.label) for one in found.needs.measures.values()}
        kinds = {one.id: one.label for one in found.needs.degradations}
        listings = [indicators_listing(accounts.as_record()["indicators"])] if accounts is not None else []
        listings += [
            register_listing([found.item(int(at)) for at in rows], kinds),
            needs_listing(lacking["needs"], names),
            lacks_listing(lacking["items"], names),
            measures_listing(lacking["measures"]),
            weights_listing(quality_weights(workspace, table=table)),
        ]
        used = [found.survey] if accounts is None else [accounts.before.survey, found.survey]
        book = Yearbook(
            title=label("QUALITY-BOOK-TITLE"), unit=unit_name(workspace), year=year,
            provenance=Provenance.of(__version__, [(found.table.id, found.table.version)], used),
            made_on=datetime.now(UTC).date().isoformat(), tables=() if accounts is None else accounts.tables,
        )  # fmt: skip
        target = Path(out) if out else workspace.root / "reports" / f"quality-{year}-{spoken}.xlsx"
        return Written((write_quality_book(book, target, listings),))
