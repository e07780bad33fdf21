"""One file for each part of the office. To add a part: write its file, and name its door here."""

from tilth.web.door import Door
from tilth.web.routes import checking, entrance, land_book, land_book_writing, parcels, standings, workspace

DOORS: tuple[Door, ...] = (
    entrance.door,
    workspace.door,
    standings.door,
    land_book.door,
    land_book_writing.door,
    parcels.door,
    checking.door,
)
