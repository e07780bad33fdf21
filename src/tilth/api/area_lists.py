"""The list of measured polygons as a file: CSV, a workbook or JSON, by the ending of its name."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tilth.api.results import Measurement
from tilth.core import BadInput, in_units, label
from tilth.report import ListColumn, Listing, listing_csv
from tilth.report.cells import readable
from tilth.runtime import write_whole

#: Columns of the list: their code, and the message that heads them.
_COLUMNS = (
    ("row", "CLI-AREA-ROW"), ("name", "CLI-AREA-NAME"), ("survey_m2", "CLI-AREA-SURVEY"),
    ("engine_m2", "CLI-AREA-ENGINE"), ("planar_m2", "CLI-AREA-PLANAR"), ("stated_ha", "CLI-AREA-STATED"),
    ("stated_matches", "CLI-AREA-MATCHES"), ("left_out", "CLI-AREA-LEFT-OUT"),
)  # fmt: skip


def write_areas(measured: Measurement, out: str | Path) -> Path:
    """Write every polygon of `measured` to `out`, and every row left out with its reason.

    Rows are in the order of the file. Survey areas have the survey's two decimals, engine and planar areas four.

    Raises
    ------
    BadInput
        If the ending of `out` is not .csv, .xlsx or .json, or it cannot be written.
    """
    place = Path(out)
    kinds: dict[str, Callable[[Measurement], bytes]] = {".csv": _as_csv, ".xlsx": _as_xlsx, ".json": _as_json}
    ending = place.suffix.lower()
    if ending not in kinds:
        raise BadInput("API-AREA-ENDING", file=str(place), known=", ".join(kinds))
    return write_whole(place, kinds[ending](measured))


def _rows(measured: Measurement) -> list[tuple[Any, ...]]:
    """One row for each row of the file, values in the order of `_COLUMNS`; None where there is none."""
    found: list[tuple[Any, ...]] = [
        (
            one.row, one.name, None if one.survey_dm2 is None else in_units(one.survey_dm2, "m2"),
            round(one.engine_m2, 4), None if one.planar_m2 is None else round(one.planar_m2, 4), one.stated_ha,
            one.stated_matches, "",
        )
        for one in measured.polygons
    ]  # fmt: skip
    found += [(row, "", None, None, None, None, "", f"{code}: {why}") for row, code, why in measured.rejected]
    return sorted(found, key=lambda one: one[0])


def _as_csv(measured: Measurement) -> bytes:
    columns = tuple(ListColumn(code, label(heading, unit="m²")) for code, heading in _COLUMNS)
    rows = tuple(tuple("" if value is None else str(value) for value in row) for row in _rows(measured))
    return listing_csv(Listing("areas", label("CLI-AREA-ROW"), columns, rows))


def _as_xlsx(measured: Measurement) -> bytes:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("areas")
    sheet.freeze_panes = "A2"
    sheet.append([str(label(heading, unit="m²")) for _, heading in _COLUMNS])
    for row in _rows(measured):
        sheet.append([text_cell(sheet, value) if isinstance(value, str) else value for value in row])
    held = io.BytesIO()
    book.save(held)
    return held.getvalue()


def text_cell(sheet: Any, value: str) -> Any:
    """A cell that holds a text whatever it begins with, never a formula."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, readable(value))
    cell.data_type = "s"
    return cell


def _as_json(measured: Measurement) -> bytes:
    return json.dumps(measured.as_record(), ensure_ascii=False, indent=1).encode()
