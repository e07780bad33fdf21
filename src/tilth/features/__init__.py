"""Edge out to other programs: surveys and layers as collections of features, by box, value and place."""

from typing import TYPE_CHECKING

from tilth.core.ondemand import on_demand

if TYPE_CHECKING:
    from tilth.features.collections import Collection, collection_of
    from tilth.features.filtering import columns_of, where
    from tilth.features.query import Page, Query, found
    from tilth.features.systems import CRS84, System, systems_for
else:
    __getattr__ = on_demand(__name__)

__all__ = [
    "CRS84",
    "Collection",
    "Page",
    "Query",
    "System",
    "collection_of",
    "columns_of",
    "found",
    "systems_for",
    "where",
]
