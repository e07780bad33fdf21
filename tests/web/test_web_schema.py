"""The description of the interface holds, for every role: whatever fits it or does not, the answer is one that it
names, and nobody gets what the table of rights denies them."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import desk_county as here
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS
from test_web_matrix import ENDS, LETS, TABLE
from web_people import at_work, known

from tilth.ledger import Submissions
from tilth.web.access import CSRF_HEADER

#: What is asked of every answer: no 5xx, and what the description says of status, media type, headers and content.
ASKED = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
)  # fmt: skip
FULL = os.environ.get("TILTH_FULL") == "1"
EXAMPLES = {GenerationMode.POSITIVE: 30 if FULL else 2, GenerationMode.NEGATIVE: 30 if FULL else 1}
SPARE, NOBODY, NORTHERNER = "Zhou", "nobody", "viewer of the north"
#: Who asks: every role over the county, somebody with a role over one township, and somebody who is not signed in.
CALLERS = (NOBODY, *LETS, NORTHERNER)
#: What a value that fits often is, so that it is about something that is there.
LIKELY = {
    "year": 2024, "from": 2023, "to": 2024, "region": here.NORTH, "group": "both", "parcel_id": here.parcel_id(0, 1),
    "level": "village", "collection": "parcels-2024", "layer": "survey-2024", "role": "viewer", "place": here.NORTH,
    "z": 14, "x": 13400, "y": 6700, "tileMatrixSetId": "WebMercatorQuad",
}  # fmt: skip
#: Refusals that come before anybody asks who it is: the address or the body is none that can be read.
UNREAD = (400, 404, 405, 413, 415, 422)


def callers(case):
    """Who asks for a case: everybody; in the short form nobody, somebody from the north, and three roles by turns."""
    roles = tuple(LETS)
    return CALLERS if FULL else (NOBODY, NORTHERNER, *(roles[(3 * case + one) % len(roles)] for one in range(3)))


@dataclass
class Run:
    """The office, who is at work in it, and what came of what they asked."""

    app: object
    browsers: dict
    ids: dict  # of something that is there, by a word of the path
    cases: int = 0
    statuses: dict = field(default_factory=lambda: defaultdict(Counter))

    def credentials(self, caller, operation):
        """Cookies and headers of a browser at which `caller` is at work."""
        if caller == NOBODY:
            return {}, {}
        one = at_work(self.app, caller) if operation in ENDS else self.browsers[caller]
        return dict(one.cookies), {CSRF_HEADER: one.headers[CSRF_HEADER]}


@pytest.fixture
def run(desk, county):
    roles = {role: ((role, here.COUNTY),) for role in LETS} | {NORTHERNER: (("viewer", here.NORTH),)}
    for name, grants in roles.items():
        known(county, name, *grants)
    known(county, SPARE)
    kept = Submissions(county.database)
    for region in (here.SOUTH, here.NORTH):
        submitted = kept.add("offer.gpkg", b"x", region=region, submitter=SPARE, how={}, note=region)
    ids = {
        "stored": desk.get("/api/v1/workspace").json()["stored"][0]["id"],
        "submissions": submitted.id,
        "jobs": desk.post("/api/v1/tables", json={"year": 2024, "format": "json"}).json()["id"],
    }
    return Run(desk.app, {name: at_work(desk.app, name) for name in roles}, ids)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fits", "does-not-fit"])
def test_whatever_any_role_asks_the_answer_is_as_described_and_none_that_the_table_denies(run, mode):
    """Every operation, with values that fit it and values that do not, each asked by everybody."""
    config = schemathesis.Config.from_dict({"generation": {"with-security-parameters": False}})
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", run.app, config=config)
    checks = [CHECKS.get_one(name) for name in ASKED]
    wrong = {}
    operations = {name_of(one): one for one in (found.ok() for found in schema.get_all_operations())}
    assert sorted(operations) == sorted(TABLE)

    def ask(case):
        operation = name_of(case.operation)
        run.cases += 1
        if mode is GenerationMode.POSITIVE and run.cases % 3:
            likely(case, run)
        for caller in callers(run.cases):
            cookies, headers = run.credentials(caller, operation)
            answer = case.call(headers=headers, cookies=cookies)
            if answer.status_code == 503 and answer.json()["code"] == "TILES-BEING-MADE":
                continue  # comes again, as `Retry-After` says
            run.statuses[caller][answer.status_code] += 1
            case.validate_response(answer, checks=checks, headers=headers)
            rightly(operation, caller, answer, mode)
        for job in run.app.state.office.jobs.listed():
            if not job.over:
                run.app.state.office.jobs.cancel(job)

    for name in sorted(operations, key=lambda name: name not in ENDS):
        try:
            each(operations[name], mode, ask)
        except Unsatisfiable:
            continue  # nothing can be wrong with it
        except BaseExceptionGroup as error:
            wrong[name] = "\n".join(str(one) for one in error.exceptions)[:1500]
        except Exception as error:  # noqa: BLE001 - all of them are told at once
            wrong[name] = f"{type(error).__name__}: {error}"[:1500]
    assert not wrong, "\n\n".join(f"{name}\n{said}" for name, said in wrong.items())
    for caller in CALLERS:
        statuses = run.statuses[caller]
        print(f"{mode.value}: {caller}: {sum(statuses.values())} answers, {dict(sorted(statuses.items()))}")
        assert sum(statuses.values()) > (60 if FULL else 30) and max(statuses) < 500, (caller, statuses)


def name_of(operation):
    return f"{operation.method.upper()} {operation.path}"


def rightly(operation, caller, answer, mode):
    """Nobody gets what the table denies them, and the viewer of one township sees nothing of the other."""
    action, _, where = TABLE[operation].partition(" ")
    role = "viewer" if caller == NORTHERNER else caller
    lets = caller != NOBODY and action in ("known", *LETS[role].split())
    if action != "open" and not lets:
        unread = UNREAD if mode is GenerationMode.NEGATIVE else ()
        refused = (401,) if caller == NOBODY else (403,)
        assert answer.status_code in (*refused, *unread), (caller, operation, answer.status_code)
    if action != "open" and caller != NOBODY:
        assert answer.status_code != 401, (caller, operation)
    if caller == NORTHERNER and answer.status_code < 300:
        assert where != "whole", (operation, answer.status_code)
        assert here.SOUTH not in (answer.text or ""), (caller, operation, answer.text)


def likely(case, run):
    """Name something that is there."""
    named = {"name": SPARE}
    for word, id in run.ids.items():
        if word in case.operation.path:
            named["id"] = id
    for place, values in (("query", case.query), ("path", case.path_parameters)):
        for name, value in {**LIKELY, **named}.items():
            known = {one.name for one in getattr(case.operation, f"{place}_parameters" if place == "path" else place)}
            if values is not None and name in known and not (name == "group" and "region" in known):
                values[name] = value


def each(operation, mode, ask):
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    told = settings(
        max_examples=EXAMPLES[mode], deadline=None, database=None, suppress_health_check=quiet,
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    told(seed(17)(given(case=operation.as_strategy(generation_mode=mode))(ask)))()
