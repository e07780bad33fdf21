"""Who may do what, where: every operation of the interface × role × region, against the table declared here."""

from __future__ import annotations

import re
from pathlib import Path

import desk_county as here
import pytest

import tilth.web
from tilth import api

#: What each role lets do, said here once more: a slip in the product's own table is a difference.
LETS = {
    "viewer": "read check", "editor": "read check edit", "submitter": "read check submit",
    "accepter": "read check accept", "decider": "read check decide", "auditor": "read check audit",
    "administrator": "read check administer",
}  # fmt: skip
#: By operation: what it needs, and where. "region": in the region that is asked for, else in the whole workspace;
#: "whole": in the whole workspace; "somewhere": in any region, and what it shows lies there; "somewhere-region": in the
#: region that is asked for, else in any.
TABLE = {
    "DELETE /api/v1/jobs/{id}": "known",
    "DELETE /api/v1/ledger/submissions/{id}": "submit somewhere",
    "DELETE /api/v1/people/{name}": "administer somewhere",
    "DELETE /api/v1/people/{name}/roles/{role}/{place}": "administer somewhere",
    "DELETE /api/v1/people/{name}/tokens/{id}": "administer somewhere",
    "DELETE /api/v1/session": "known",
    "DELETE /api/v1/stored/{id}/use": "edit whole",
    "DELETE /api/v1/tokens/{id}": "known",
    "GET /api/v1/accounts": "read region",
    "GET /api/v1/audit": "audit somewhere-region",
    "GET /api/v1/audit/verified": "audit whole",
    "GET /api/v1/changes": "read region",
    "GET /api/v1/classes": "known",
    "GET /api/v1/flows": "read region",
    "GET /api/v1/health": "open",
    "GET /api/v1/health/alive": "open",
    "GET /api/v1/jobs": "known",
    "GET /api/v1/jobs/{id}": "known",
    "GET /api/v1/jobs/{id}/events": "known",
    "GET /api/v1/jobs/{id}/files/{name}": "known",
    "GET /api/v1/jobs/{id}/result": "known",
    "GET /api/v1/ledger/assessment": "read region",
    "GET /api/v1/ledger/balance": "read region",
    "GET /api/v1/ledger/entries": "read region",
    "GET /api/v1/ledger/entry": "read region",
    "GET /api/v1/ledger/follow-up": "read whole",
    "GET /api/v1/ledger/reservations": "read region",
    "GET /api/v1/ledger/rules": "read whole",
    "GET /api/v1/ledger/statement": "read region",
    "GET /api/v1/ledger/submissions": "read somewhere",
    "GET /api/v1/ledger/submissions/{id}": "read somewhere",
    "GET /api/v1/ledger/submissions/{id}/file": "read somewhere",
    "GET /api/v1/map": "read somewhere",
    "GET /api/v1/me": "open",
    "GET /api/v1/metrics": "audit whole",
    "GET /api/v1/parcels": "read region",
    "GET /api/v1/parcels/{year}/{parcel_id}": "read region",
    "GET /api/v1/parcels/{year}/{parcel_id}/years": "read region",
    "GET /api/v1/people": "administer somewhere",
    "GET /api/v1/people/{name}": "administer somewhere",
    "GET /api/v1/plans": "read whole",
    "GET /api/v1/plans/{name}": "read whole",
    "GET /api/v1/plans/{name}/against/{other}": "read whole",
    "GET /api/v1/plans/{name}/files/{file}": "read whole",
    "GET /api/v1/plans/{name}/tiles/{z}/{x}/{y}.png": "read whole",
    "GET /api/v1/plans/{name}/units": "read whole",
    "GET /api/v1/plans/{name}/units/{unit}": "read whole",
    "GET /api/v1/quality/accounts": "read region",
    "GET /api/v1/quality/lacks": "read region",
    "GET /api/v1/quality/parcels": "read region",
    "GET /api/v1/quality/parcels/{year}/{parcel_id}": "read region",
    "GET /api/v1/quality/standing": "read region",
    "GET /api/v1/quality/tables": "read whole",
    "GET /api/v1/quality/weights": "read whole",
    "GET /api/v1/regions": "read somewhere",
    "GET /api/v1/session/oidc": "open",
    "GET /api/v1/session/oidc/back": "open",
    "GET /api/v1/soil/indices": "read whole",
    "GET /api/v1/soil/maps": "read whole",
    "GET /api/v1/soil/maps/{name}": "read whole",
    "GET /api/v1/soil/maps/{name}/files/{file}": "read whole",
    "GET /api/v1/soil/maps/{name}/tiles/{z}/{x}/{y}.png": "read whole",
    "GET /api/v1/soil/parcels/{year}/{parcel_id}": "read region",
    "GET /api/v1/soil/parcels/{year}/{parcel_id}/options": "read region",
    "GET /api/v1/soil/rasters": "read whole",
    "GET /api/v1/soil/results/{kind}": "read whole",
    "GET /api/v1/soil/results/{kind}/{name}": "read whole",
    "GET /api/v1/soil/results/{kind}/{name}/files/{file}": "read whole",
    "GET /api/v1/soil/salt": "read somewhere",
    "GET /api/v1/soil/samples": "read whole",
    "GET /api/v1/soil/samples/{name}": "read whole",
    "GET /api/v1/soil/schemes": "read whole",
    "GET /api/v1/standing": "read region",
    "GET /api/v1/tiles/overview/{year}/{z}/{x}/{y}.png": "read somewhere",
    "GET /api/v1/tiles/{layer}.json": "read somewhere",
    "GET /api/v1/tiles/{layer}/{z}/{x}/{y}.mvt": "read somewhere",
    "GET /api/v1/today": "read region",
    "GET /api/v1/tokens": "known",
    "GET /api/v1/validate": "read region",
    "GET /api/v1/workspace": "read somewhere",
    "GET /ogc": "open",
    "GET /ogc/collections": "read somewhere",
    "GET /ogc/collections/{collection}": "read somewhere",
    "GET /ogc/collections/{collection}/items": "read somewhere",
    "GET /ogc/collections/{collection}/items/{feature}": "read somewhere",
    "GET /ogc/collections/{collection}/queryables": "read somewhere",
    "GET /ogc/collections/{collection}/tiles": "read somewhere",
    "GET /ogc/collections/{collection}/tiles/{tileMatrixSetId}": "read somewhere",
    "GET /ogc/collections/{collection}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}": "read somewhere",
    "GET /ogc/conformance": "open",
    "GET /ogc/tileMatrixSets": "open",
    "GET /ogc/tileMatrixSets/{tileMatrixSetId}": "open",
    "POST /api/v1/areas": "check whole",
    "POST /api/v1/areas/lists": "check whole",
    "POST /api/v1/checks": "check region",
    "POST /api/v1/checks/areas": "check region",
    "POST /api/v1/conversions": "check whole",
    "POST /api/v1/imports/changes": "edit whole",
    "POST /api/v1/imports/ground": "edit whole",
    "POST /api/v1/imports/layer": "edit whole",
    "POST /api/v1/imports/quality": "edit whole",
    "POST /api/v1/imports/raster": "edit whole",
    "POST /api/v1/imports/regions": "edit whole",
    "POST /api/v1/imports/ridges": "edit whole",
    "POST /api/v1/imports/samples": "edit whole",
    "POST /api/v1/imports/survey": "edit whole",
    "POST /api/v1/imports/tasks": "edit whole",
    "POST /api/v1/imports/weather": "edit whole",
    "POST /api/v1/jobs/{id}/stop": "known",
    "POST /api/v1/ledger/acceptances": "accept whole",
    "POST /api/v1/ledger/closings": "decide region",
    "POST /api/v1/ledger/entries": "submit region",
    "POST /api/v1/ledger/expiries": "decide whole",
    "POST /api/v1/ledger/flow-entries": "submit region",
    "POST /api/v1/ledger/follow-ups": "accept whole",
    "POST /api/v1/ledger/replays": "audit whole",
    "POST /api/v1/ledger/reservations": "submit region",
    "POST /api/v1/ledger/reservations/{id}/void": "check region",  # and then: its own to give back, or to decide
    "POST /api/v1/ledger/settlements": "submit region",
    "POST /api/v1/ledger/submissions": "submit region",
    "POST /api/v1/ledger/submissions/{id}/refusal": "accept whole",
    "POST /api/v1/ledger/transfers": "decide region",
    "POST /api/v1/ledger/verifications": "audit whole",
    "POST /api/v1/national": "check whole",
    "POST /api/v1/people": "administer somewhere",
    "POST /api/v1/people/{name}/restore": "administer somewhere",
    "POST /api/v1/people/{name}/roles": "administer somewhere",
    "POST /api/v1/plans": "edit whole",
    "POST /api/v1/plans/{name}/documents": "read whole",
    "POST /api/v1/plans/{name}/forcings": "check whole",
    "POST /api/v1/plans/{name}/frontiers": "edit whole",
    "POST /api/v1/plans/{name}/scenarios": "edit whole",
    "POST /api/v1/plans/{name}/sensitivities": "check whole",
    "POST /api/v1/plans/{name}/solutions": "edit whole",
    "POST /api/v1/quality/books": "read whole",
    "POST /api/v1/repairs": "edit whole",
    "POST /api/v1/reports": "read whole",
    "POST /api/v1/session": "open",
    "POST /api/v1/soil/candidates": "edit whole",
    "POST /api/v1/soil/classes": "check whole",
    "POST /api/v1/soil/maps": "edit whole",
    "POST /api/v1/soil/next-samples": "edit whole",
    "POST /api/v1/soil/trends": "edit whole",
    "POST /api/v1/soil/validations": "edit whole",
    "POST /api/v1/soil/zones": "edit whole",
    "POST /api/v1/statements": "read region",
    "POST /api/v1/tables": "read whole",
    "POST /api/v1/tokens": "known",
    "PUT /api/v1/me/password": "known",
    "PUT /api/v1/people/{name}/password": "administer somewhere",
    "PUT /api/v1/stored/{id}/use": "edit whole",
}
PATHS = {
    "id": "0" * 32, "year": "2024", "parcel_id": here.parcel_id(0, 1), "name": "x", "collection": "parcels-2024",
    "feature": "x", "region": here.NORTH, "role": "viewer",
    "tileMatrixSetId": "WebMercatorQuad", "tileMatrix": "10", "tileRow": "415", "tileCol": "833",
    "place": here.NORTH, "kind": "zones", "file": "ec.tif", "layer": "survey-2024", "z": "10", "x": "833", "y": "415",
    "other": "y", "unit": "p1",
}  # fmt: skip
#: Seen from a role over the northern township.
FROM_NORTH = {
    "own": here.NORTH, "child": f"{here.NORTH}001", "sibling": here.SOUTH, "parent": here.COUNTY, "other": "110101",
    "none": "",
}  # fmt: skip
WITHIN = ("own", "child")
#: Where a right hangs on the region that is asked for. Elsewhere the short form asks for few regions.
BY_REGION = ("region", "somewhere-region")


def operations(browser):
    described = browser.get("/api/openapi.json").json()
    found = {}
    for path, methods in described["paths"].items():
        for method, one in methods.items():
            found[f"{method.upper()} {path}"] = one
    return found


#: Operations that would end the session with which the next one is asked.
ENDS = ("DELETE /api/v1/session",)


def asked(browser, operation, region):
    """The answer to an operation of which nothing but the place is right: it is refused only for that."""
    method, path = operation.split(" ")
    address = re.sub(r"{(\w+)(:path)?}", lambda found: PATHS[found[1]], path)
    return browser.request(method, address, params={"region": region} if region else {})


def test_no_operation_is_missing_from_the_table(desk):
    found = operations(desk)
    assert sorted(found) == sorted(TABLE)
    assert {name: one["x-tilth-action"] for name, one in found.items()} == {
        name: needs.split(" ")[0] for name, needs in TABLE.items()
    }


def test_nobody_unknown_gets_anything_but_the_entrance(desk):
    desk.cookies.clear()
    for operation, needs in TABLE.items():
        answer = asked(desk, operation, "")
        assert (answer.status_code == 401) is (needs != "open"), (operation, answer.status_code)


@pytest.mark.parametrize("role", LETS)
def test_a_role_over_a_township_reaches_it_and_what_is_below_and_no_further(as_role, role, full):
    browser = as_role(role, here.NORTH)
    wrong = []
    for operation, needs in TABLE.items():
        if operation in ENDS:
            continue
        action, _, where = needs.partition(" ")
        for relation, region in FROM_NORTH.items():
            if not (full or where in BY_REGION or relation in ("own", "none")):
                continue
            held = action in LETS[role].split()
            reach = {"region": WITHIN, "somewhere": FROM_NORTH, "somewhere-region": (*WITHIN, "none")}
            reaches = relation in reach.get(where, ())
            expected = action in ("open", "known") or (held and reaches)
            if (asked(browser, operation, region).status_code not in (401, 403)) is not expected:
                wrong.append((operation, relation, expected))
    assert wrong == []


@pytest.mark.parametrize("role", LETS)
def test_a_role_over_the_county_reaches_all_of_it(as_role, role, full):
    browser = as_role(role, here.COUNTY)
    wrong = []
    for operation, needs in TABLE.items():
        if operation in ENDS:
            continue
        action, _, where = needs.partition(" ")
        for region in ("", here.COUNTY, here.SOUTH) if full or where in BY_REGION else ("",):
            expected = action in ("open", "known", *LETS[role].split())
            if (asked(browser, operation, region).status_code not in (401, 403)) is not expected:
                wrong.append((operation, region, expected))
    assert wrong == []


def test_a_role_over_a_group_reaches_its_members_and_them_together(as_role):
    browser = as_role("viewer", "both")
    for path in (f"standing?region={here.SOUTH}", "standing?group=both"):
        assert browser.get(f"/api/v1/{path}").status_code == 200
    assert browser.get("/api/v1/standing").status_code == 403


# --- what can be done at all ------------------------------------------------------------------------------------------

#: Functions of `tilth.api` that no route calls, and why.
NOT_REACHED = {
    "init": "the server is started on a workspace that is there", "open_workspace": "likewise",
    "demo": "makes a workspace of its own",
    "land_book": "a part of others", "missed_tasks": "a part of others", "review": "a part of report",
    "group_standing": "a part of standing", "booked_by_region": "a part of standing",
    "ledger_reservations": "as ledger_reservations_of", "reservation_record": "likewise",
    "statement_of": "as ledger_statement_record", "validate": "as findings_page", "check": "as judge",
    "backup": "writes to a place of the machine", "restore": "makes a workspace", "map_layers": "a part of map_record",
    "prepare_map": "done by itself when a map is asked for", "balance_record": "as balance_records",
    "ledger_accept": "a part of accept_submission: here the submitter is who submitted, not who is named",
    "quality_grade": "a part of quality_page",
    "at_console": "who stands at the machine", "soil_map": "as make_soil_map, of rasters that are kept",
    "soil_index": "writes to the machine", "soil_composite": "likewise", "soil_validate": "as try_soil_map",
    "covariate_columns": "reads tables of the machine",
    "soil_simulate": "as parcel_salt, of tables of the machine",
    "soil_options": "likewise", "soil_measures": "a part of soil_options",
    "soil_calibrate": "reads tables of the machine", "write_simulated": "writes to the machine",
    "write_options": "likewise", "write_soil_account": "likewise", "write_units": "likewise",
    "soil_units": "as soil_parcel and parcel_salt, of many parcels for a table", "soil_by_region": "a part of soil_map",
    "class_labels": "a part of soil_map_record", "option_names": "a part of parcel_salt",
    "map_pictures": "as soil_map_tile, for paper", "class_pictures": "pictures for paper",
    "option_pictures": "likewise", "salt_pictures": "likewise", "validation_pictures": "likewise",
    "plan_figure": "a part of plan_solve", "plan_heading": "likewise",
    "frontier_listing": "a part of plan_frontier", "sensitivity_listing": "a part of plan_sensitivity",
    "draw_listings": "a part of plan_solve", "plan_explain": "a part of plan_record",
    "plan_follow": "at the command line so far",
}  # fmt: skip


def test_every_function_of_the_product_is_reached_over_the_web():
    folder = Path(tilth.web.__file__).parent
    text = "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))
    functions = [name for name in api.__all__ if name[0].islower()]
    missing = [name for name in functions if f"api.{name}" not in text and name not in NOT_REACHED]
    assert missing == []
