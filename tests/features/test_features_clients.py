"""Programs that people have read the collections over the network, and find what the library finds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyogrio
import pytest
import shapely
from feature_county import TOWNSHIPS, parcels

FRAME = parcels()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A server of the county, see `serve_county`: its address, and two tokens."""
    script, folder = Path(__file__).with_name("serve_county.py"), tmp_path_factory.mktemp("clients") / "county"
    with subprocess.Popen([sys.executable, script, folder], stdout=subprocess.PIPE, text=True) as process:
        yield process.stdout.readline().split()
        process.terminate()


@pytest.fixture
def source(served):
    """How GDAL names the server, with the token of somebody who may look at all of it."""
    address, whole, _ = served
    closed = ("GDAL_HTTP_PROXY", "GDAL_HTTP_TIMEOUT")  # imports close the way out
    before = {name: pyogrio.get_gdal_config_option(name) for name in closed}
    pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": f"Li:{whole}"} | dict.fromkeys(closed))
    yield f"OAPIF:{address}"
    pyogrio.set_gdal_config_options({"GDAL_HTTP_USERPWD": None} | before)


def asked_of(served, token):
    from owslib.ogcapi.features import Features

    return Features(served[0], headers={"Authorization": f"Bearer {served[token]}"})


pytestmark = pytest.mark.skipif("OAPIF" not in pyogrio.list_drivers(), reason="GDAL has no driver of OGC API Features")


@pytest.mark.parametrize("epsg", [4490, 4526])
def test_gdal_reads_every_parcel_where_it_lies(source, epsg):
    read = pyogrio.read_dataframe(source, layer="parcels-2024", PAGE_SIZE=50, CRS=f"EPSG:{epsg}")
    expected = FRAME.to_crs(epsg)
    assert read["parcel_id"].tolist() == expected["parcel_id"].tolist()
    assert read["area_dm2"].sum() == expected["area_dm2"].sum()
    off = shapely.hausdorff_distance(read.geometry.to_numpy(), expected.geometry.to_numpy())
    assert off.max() < (1e-8 if epsg == 4490 else 1e-3)


def test_gdal_filters_by_class_and_box_as_the_library_does(source):
    inside = FRAME.geometry.iloc[[20, 21, 22, 23, 32, 33]].buffer(-20)
    box = inside.to_crs(4490).total_bounds
    by_class = pyogrio.read_dataframe(source, layer="parcels-2024", where="class_code = '0101'")
    assert by_class["parcel_id"].tolist() == FRAME["parcel_id"][FRAME["class_code"] == "0101"].tolist()
    by_box = pyogrio.read_dataframe(source, layer="parcels-2024", bbox=tuple(box), CRS="EPSG:4490")
    near = FRAME.to_crs(4490).intersects(shapely.box(*box))
    assert set(by_box["parcel_id"]) == set(FRAME["parcel_id"][near])


def test_owslib_finds_the_collection_and_its_features(served):
    known = asked_of(served, 1)
    assert known.feature_collections() == ["parcels-2024"]
    items = known.collection_items("parcels-2024", limit=5, class_code="0101")
    assert items["numberMatched"] == int((FRAME["class_code"] == "0101").sum()) and items["numberReturned"] == 5


def test_somebody_of_one_township_sees_its_parcels_alone(served):
    known = asked_of(served, 2)
    own = FRAME["region_code"].str.startswith(TOWNSHIPS[0])
    assert known.collection_items("parcels-2024", limit=1)["numberMatched"] == int(own.sum())
    other = FRAME["parcel_id"][~own].iloc[0]
    with pytest.raises(RuntimeError, match="FEATURES-NO-FEATURE"):
        known.collection_item("parcels-2024", other)
