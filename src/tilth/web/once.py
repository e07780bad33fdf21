"""Writes: what is sent again under the same `Idempotency-Key` is answered as before, and done once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from tilth import api
from tilth.identity import Caller
from tilth.web.access import Known
from tilth.web.answers import JSON, as_json, told
from tilth.web.state import office_of

REPLAYED = "Idempotent-Replayed"
_Key = Annotated[
    str | None,
    Header(
        min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$",
        description="Chosen by the caller for this one request; sent again with the same content, it is done once.",
    ),
]  # fmt: skip


@dataclass(frozen=True)
class Once:
    """One write of somebody known."""

    request: Request
    caller: Caller
    key: str | None

    def answer(self, content: str, work: Callable[[], Any], *, status: int = 201) -> Response:
        """What `work` gives, as an answer with `status`; `content` stands for all that was sent."""
        if self.key is None:
            return told(work(), status)
        office = office_of(self.request)
        asked = sorted(one for one in self.request.query_params.multi_items() if one[0] != "lang")
        about = "\n".join((self.request.method, self.request.url.path, repr(asked), content))
        digest = hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()
        done = api.answer_once(office.workspace, self.caller.name, self.key, digest, lambda: (status, as_json(work())))
        return Response(done.body, done.status, {REPLAYED: "true"} if done.again else None, JSON)


def _once(request: Request, caller: Known, idempotency_key: _Key = None) -> Once:
    return Once(request, caller, idempotency_key)


Write = Annotated[Once, Depends(_once)]
