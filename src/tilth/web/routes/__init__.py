"""One file for each part of the office. To add a part: write its file, and name its door here."""

from tilth.web.door import Door
from tilth.web.routes import (
    checking,
    entrance,
    imports,
    jobs,
    land_book,
    land_book_writing,
    making,
    ogc,
    parcel_lists,
    parcels,
    people,
    single_sign_on,
    standings,
    surveys,
    tiles,
    watching,
    workspace,
)

DOORS: tuple[Door, ...] = (
    entrance.door,
    workspace.door,
    jobs.door,
    standings.door,
    surveys.door,
    land_book.door,
    land_book_writing.door,
    parcels.door,
    parcel_lists.door,
    checking.door,
    imports.door,
    making.door,
    people.door,
    single_sign_on.door,
    ogc.door,
    tiles.door,
    watching.door,
)
