"""How much of every parcel is permanent basic farmland: found when it is first needed, kept for later times."""

from __future__ import annotations

import hashlib
from contextlib import suppress

from tilth import __version__
from tilth.change import Cover, Outlines, once
from tilth.land import Snapshot
from tilth.runtime import Workspace, cached, keep_cached


def covers_of(
    workspace: Workspace,
    surveys: tuple[Snapshot, Snapshot],
    layers: tuple[Snapshot | None, Snapshot | None],
    outlines: tuple[Outlines, Outlines],
) -> tuple[Cover | None, Cover | None]:
    """The cover of two surveys by the layer of each; None where there is none. One layer is cut only once."""
    first = _cover(workspace, surveys[0], layers[0], outlines[0], None)
    same = layers[0] is not None and layers[1] is not None and layers[0].id == layers[1].id
    return first, _cover(workspace, surveys[1], layers[1], outlines[1], first if same else None)


def cover_of(workspace: Workspace, survey: Snapshot, layer: Snapshot, outlines: Outlines) -> Cover | None:
    """The cover of one survey by a layer in its coordinate system."""
    return _cover(workspace, survey, layer, outlines, None)


def _cover(
    workspace: Workspace, survey: Snapshot, layer: Snapshot | None, outlines: Outlines, twin: Cover | None
) -> Cover | None:
    if layer is None:
        return None
    about = hashlib.sha256(layer.id.encode()).hexdigest()[:16]
    key = f"{survey.id[:32]}-{__version__}-cover-{Cover.EDITION}-{about}"
    folder = cached(workspace, key)
    if folder is not None:
        with suppress(OSError, ValueError):
            return Cover.kept(folder, layer.meta.crs, shapes=None if twin is None else twin.shapes)
    found = Cover.of(layer, outlines, shapes=once(layer) if twin is None else twin.shapes)
    keep_cached(workspace, key, found.keep)
    return found
