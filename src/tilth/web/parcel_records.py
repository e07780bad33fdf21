"""What lists of parcels look like, for the description of the interface."""

from __future__ import annotations

from tilth.web.records import Record


class ParcelRow(Record):
    """One parcel of a list."""

    parcel_id: str
    parcel_no: str
    class_code: str
    region: str
    area_dm2: int
    net_area_dm2: int


class ParcelPage(Record):
    """Parcels behind a total: `count` and the sums are those of all pages."""

    year: int
    region: str
    class_code: str
    count: int
    area_dm2: int
    net_area_dm2: int
    items: list[ParcelRow]
    next: str | None


class YearOfParcel(Record):
    """What one survey says of a place."""

    year: int
    parcel_id: str
    class_code: str
    class_name: str
    area_dm2: int


class ParcelYears(Record):
    """What every survey says of the place of a parcel."""

    parcel_id: str
    years: list[YearOfParcel]
