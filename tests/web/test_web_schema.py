"""The description of the interface holds: whatever fits it or does not, the answer is one that it names."""

from __future__ import annotations

import os
from collections import Counter

import desk_county as here
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS

from tilth.web.access import CSRF_HEADER

#: What is asked of every answer: no 5xx, and what the description says of status, media type, headers and content.
ASKED = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
)  # fmt: skip
FULL = os.environ.get("TILTH_FULL") == "1"
EXAMPLES = 40 if FULL else 3
#: What a value that fits often is, so that it is about something that is there.
LIKELY = {
    "year": 2024, "from": 2023, "to": 2024, "region": here.NORTH, "group": "both", "parcel_id": here.parcel_id(0, 1),
    "level": "village",
}  # fmt: skip


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fits", "does-not-fit"])
def test_whatever_is_asked_the_answer_is_as_described(desk, mode):
    """Every operation, with values that fit it and values that do not, in a fixed order."""
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", desk.app)
    checks = [CHECKS.get_one(name) for name in ASKED]
    cookies, headers = dict(desk.cookies), {CSRF_HEADER: desk.headers[CSRF_HEADER]}
    office, statuses, wrong = desk.app.state.office, Counter(), {}

    def ask(case):
        if mode is GenerationMode.POSITIVE and sum(statuses.values()) % 3:
            likely(case)
        answer = case.call(headers=headers, cookies=cookies)
        if answer.status_code == 503 and answer.json()["code"] == "TILES-BEING-MADE":
            return  # comes again, as `Retry-After` says
        statuses[answer.status_code] += 1
        case.validate_response(answer, checks=checks, headers=headers)
        for job in office.jobs.listed() if answer.status_code == 202 else ():
            office.jobs.cancel(job)

    for found in schema.get_all_operations():
        operation = found.ok()
        name = f"{operation.method.upper()} {operation.path}"
        if name == "DELETE /api/v1/session":
            continue  # whoever leaves asks nothing more
        try:
            each(operation, mode, ask)
        except Unsatisfiable:
            continue  # nothing can be wrong with it
        except BaseExceptionGroup as error:
            wrong[name] = "\n".join(str(one) for one in error.exceptions)[:1500]
        except Exception as error:  # noqa: BLE001 - all of them are told at once
            wrong[name] = f"{type(error).__name__}: {error}"[:1500]
    assert not wrong, "\n\n".join(f"{name}\n{said}" for name, said in wrong.items())
    assert sum(statuses.values()) > 100 and max(statuses) < 500, statuses


def likely(case):
    """Name something that is there."""
    for place, values in (("query", case.query), ("path", case.path_parameters)):
        for name, value in LIKELY.items():
            known = {one.name for one in getattr(case.operation, f"{place}_parameters" if place == "path" else place)}
            if values is not None and name in known and not (name == "group" and "region" in known):
                values[name] = value


def each(operation, mode, ask):
    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    told = settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=quiet,
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    told(seed(17)(given(case=operation.as_strategy(generation_mode=mode))(ask)))()
