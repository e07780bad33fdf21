"""One file for each part of the office. To add a part: write its file, and name its door here."""

from tilth.web.door import Door
from tilth.web.routes import checking, entrance, land_book, parcel_lists, parcels, standings, workspace

DOORS: tuple[Door, ...] = (
    entrance.door,
    workspace.door,
    standings.door,
    land_book.door,
    parcels.door,
    parcel_lists.door,
    checking.door,
)
