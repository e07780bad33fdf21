"""Options that several commands share, said once. What cannot be right is refused here, before anything is opened."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tilth.core import BadInput, NotFound

if TYPE_CHECKING:
    from tilth.runtime import Workspace

#: The workspace folder that the root option names.
folder: ContextVar[Path] = ContextVar("tilth_folder", default=Path())

# Names that other rooms know as well; a test holds the two together. They stand here so that a slip of the pen is
# answered without loading those rooms.
UNITS = ("ha", "m2", "mu")
LEVELS = ("county", "township", "village")
REGION_LEVELS = ("country", "province", "prefecture", "county", "township", "village")
TABLE_FORMATS = ("text", "json", "csv", "xlsx")
BOOK_FORMATS = ("xlsx", "docx", "pdf", "gpkg", "csv")
STATEMENT_FORMATS = ("xlsx", "docx", "pdf", "csv", "json")
AREA_ENDINGS = (".csv", ".xlsx", ".json")
CODE_SYSTEMS = ("sd2017", "ed2007", "gh2023")
STATUS_TABLES = ("1", "2", "3", "4", "5", "6", "10", "12", "15", "restorable", "three_class")
#: Endings of a status table's name, where the county has islands or enclaves.
PARTS = ("island", "enclave")
YEARS = range(1900, 2201)


def one_of(option: str, known: Sequence[str], parts: Sequence[str] = ()) -> Callable[[Any], Any]:
    """A callback that takes only values in `known`, in any case of letters, and names the nearest to a wrong one.

    One of `parts` may follow a value after a hyphen.
    """

    def checked(value: Any) -> Any:
        if not value:
            return value
        if isinstance(value, str):
            return _known(option, value, known, parts)
        return [_known(option, one, known, parts) for one in value]

    return checked


def _known(option: str, value: str, names: Sequence[str], parts: Sequence[str]) -> str:
    asked = value.strip().lower()
    stem, _, part = asked.partition("-")
    if asked in names or (stem in names and part in parts):
        return asked
    near = get_close_matches(asked, names, n=1)
    code = "CLI-NOT-ONE-OF-NEAR" if near else "CLI-NOT-ONE-OF"
    raise BadInput(code, option=option, value=value, known=", ".join(names), near="".join(near))


def a_year(value: int | None) -> int | None:
    """Refuse what is no year of a survey."""
    if value is not None and value not in YEARS:
        raise BadInput("API-YEAR", year=value)
    return value


def a_file(value: Any) -> Any:
    """Refuse a file that is not there. Addresses and virtual paths are left to the reader, which says more of them."""
    for path in value if isinstance(value, (list, tuple)) else [value]:
        if path is not None and not Path(path).exists() and ":" not in str(path) and not str(path).startswith("/vsi"):
            raise BadInput("INTAKE-FILE-MISSING", file=str(path))
    return value


def a_kind(value: str) -> str:
    """Refuse a slip of the pen."""
    from tilth.land import meant_kind

    return meant_kind(value)


def an_encoding(value: str | None) -> str | None:
    """Refuse a name that is no encoding."""
    try:
        codecs.lookup(value or "utf-8")
    except (LookupError, ValueError) as error:
        raise BadInput("INTAKE-ENCODING-UNKNOWN", encoding=value) from error
    return value


File = Annotated[
    Path, typer.Argument(metavar="FILE", callback=a_file, help="The file, folder (FileGDB) or zip to read.")
]
Year = Annotated[int, typer.Option("--year", callback=a_year, help="The survey year, e.g. 2024.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Layer = Annotated[str | None, typer.Option("--layer", help="Which layer, where the file has several.")]
Encoding = Annotated[
    str | None,
    typer.Option("--encoding", callback=an_encoding, help="Text encoding, where the file does not say: gbk, utf-8, …"),
]
Crs = Annotated[
    str | None,
    typer.Option("--crs", metavar="EPSG", help="Coordinate system, where the file does not say: 4526, EPSG:4490, …"),
]
Most = Annotated[int, typer.Option("--most", min=0, help="How many findings of each kind to print.")]
Unit = Annotated[
    str,
    typer.Option(
        "--unit", callback=one_of("--unit", UNITS), help="Unit of printed tables: ha (levelled), m2 (exact) or mu."
    ),
]
Format = Annotated[
    str, typer.Option("--format", callback=one_of("--format", TABLE_FORMATS), help="text, json, csv or xlsx.")
]
Level = Annotated[
    str | None,
    typer.Option(
        "--level",
        callback=one_of("--level", LEVELS),
        help="Down to county, township or village; if not said, township in print and village in files.",
    ),
]
Out = Annotated[
    Path | None, typer.Option("--out", help="File (text, json, xlsx) or folder (csv) to write instead of printing.")
]
Folder = Annotated[Path | None, typer.Option("--out", help="Folder for the files; in the workspace without.")]
CoverDate = Annotated[
    datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Date on the cover; today without.")
]
CompiledBy = Annotated[str, typer.Option("--compiled-by", help="Name in the signature block.")]
CheckedBy = Annotated[str, typer.Option("--checked-by", help="Name in the signature block.")]


def _formats(known: Sequence[str], otherwise: str) -> Any:
    """The option --format of a command that writes files in several formats."""
    told = f"{', '.join(known[:-1])} or {known[-1]}; may be repeated; {otherwise} without."
    return typer.Option("--format", callback=one_of("--format", known), help=told)


BookFormats = Annotated[list[str] | None, _formats(BOOK_FORMATS, "all")]
StatementFormats = Annotated[list[str] | None, _formats(STATEMENT_FORMATS, "xlsx")]
Pictures = Annotated[
    Path | None, typer.Option("--pictures", metavar="DIR", help="Folder for pictures (PNG) in the language in use.")
]
All = Annotated[bool, typer.Option("--all", help="Print rows and columns without any area too.")]


def workspace(*years: int | None) -> Workspace:
    """The workspace that the root option names; opened once, when a command needs it.

    Parameters
    ----------
    years
        Years whose surveys the command is about: one that has none is refused at once.

    Raises
    ------
    NotFound
        If there is none, or no survey of a year; a workspace that lies just below or above is named.
    """
    place = folder.get()
    if not (place / "tilth.toml").is_file():
        near = _near(place)
        if near is not None:
            raise NotFound("CLI-WORKSPACE-NEAR", folder=str(place), near=str(near))
    from tilth.api import open_workspace

    return open_workspace(place, years=[year for year in years if year is not None])


def some_workspace() -> Workspace | None:
    """The workspace that the root option names, for commands that do without one; None where there is none."""
    return workspace() if (folder.get() / "tilth.toml").is_file() else None


def _near(place: Path) -> Path | None:
    """A workspace in a folder of `place` or above it, if there is just one."""
    if not place.is_dir():
        return None
    below = sorted({one.parent for depth in ("*", "*/*") for one in place.glob(f"{depth}/tilth.toml")})
    above = [one for one in place.resolve().parents if (one / "tilth.toml").is_file()]
    found = below or above
    return found[0] if len(found) == 1 else None


def on_cover(day: datetime | None) -> str | None:
    """A day as the cover of a report prints it."""
    return day.date().isoformat() if day else None


def crs_of(text: str | None) -> str | None:
    """`4526` means `EPSG:4526`."""
    return f"EPSG:{text}" if text and text.isdigit() else text
