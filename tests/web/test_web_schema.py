"""The description of the interface holds: whatever fits it or does not, the answer is one that it names."""

from __future__ import annotations

import os

import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import CHECKS

from tilth.web.access import CSRF_HEADER

#: What is asked of every answer: no 5xx, and what the description says of status, media type, headers and content.
ASKED = (
    "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
    "response_schema_conformance",
)  # fmt: skip
FULL = os.environ.get("TILTH_FULL") == "1"
EXAMPLES = 60 if FULL else 4
ENDLESS = "/events"


def described(desk):
    return schemathesis.openapi.from_asgi("/api/openapi.json", desk.app)


def test_whatever_is_asked_the_answer_is_as_described(desk):
    """Every operation, with values that fit it and values that do not, in a fixed order."""
    schema = described(desk)
    checks = [CHECKS.get_one(name) for name in ASKED]
    cookies = dict(desk.cookies)
    headers = {CSRF_HEADER: desk.headers[CSRF_HEADER]}
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if (operation.method.upper(), operation.path) == ("DELETE", "/api/v1/session"):
            continue  # whoever leaves asks nothing more

        def ask(case):
            nonlocal asked
            asked += 1
            answer = case.call(headers=headers, cookies=cookies)
            case.validate_response(answer, checks=checks)

        strategy = operation.as_strategy()
        run_each(strategy, ask)
    assert asked > 100


def run_each(strategy, ask):
    from hypothesis import given, seed

    quiet = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    test = settings(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=quiet,
        phases=[Phase.explicit, Phase.generate],
    )(seed(17)(given(case=strategy)(ask)))  # fmt: skip
    test()
