"""The update-process table (DLTBGXGC) of a year: a row for each piece of a parcel that changed, for rule V15."""

from __future__ import annotations

import pandas as pd

from tilth.core import BadInput
from tilth.intake.columns import as_areas, found_column, listed
from tilth.intake.model import Rejected, Table
from tilth.intake.rules_totals import PARENT_FIELDS, PIECE_FIELDS
from tilth.intake.screen import file_of, in_order


def changes_from(table: Table) -> tuple[pd.DataFrame, list[Rejected]]:
    """The rows that can be added up, all their columns and `source_row` kept, and those that cannot, with the reason.

    A table has the parcel before (BGQTBBSM, or parent; blank for land that no parcel had) and the area of the piece
    in m² (TBBGMJ, or area).

    Raises
    ------
    BadInput
        If one of the two columns is missing.
    """
    frame = pd.DataFrame(table.frame).drop(columns="geometry", errors="ignore").reset_index(drop=True)
    names = [str(name) for name in frame.columns]
    parent, piece = found_column(names, PARENT_FIELDS), found_column(names, PIECE_FIELDS)
    if parent is None or piece is None:
        wanted = " / ".join(PARENT_FIELDS if parent is None else PIECE_FIELDS)
        raise BadInput("INTAKE-CHANGES-NO-FIELD", file=file_of(table), wanted=wanted, columns=listed(names))
    areas = as_areas(frame[piece], "m2")
    lost = areas.bad | ~areas.given | (areas.dm2 < 0)
    rejected = []
    for at, row in frame[lost].iterrows():
        read = row.to_dict()
        values = {"column": piece, "value": str(areas.text.iat[at])[:60]}
        rejected.append(Rejected(int(read.pop("source_row")), "INTAKE-CHANGES-AREA", values, read))
    return frame[~lost].reset_index(drop=True), in_order([*table.rejected, *rejected])
