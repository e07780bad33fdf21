"""One file for each part of the office. To add a part: write its file, and name its door here."""

from tilth.web.door import Door
from tilth.web.routes import entrance, ogc, people, single_sign_on, tiles, workspace

DOORS: tuple[Door, ...] = (entrance.door, workspace.door, people.door, single_sign_on.door, ogc.door, tiles.door)
