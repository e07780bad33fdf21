"""A request that is sent twice under one key is done once, whichever process of the server it comes to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tilth.core import BadInput

if TYPE_CHECKING:
    from tilth.runtime import Workspace


class Answered(NamedTuple):
    """An answer, and whether it was given before."""

    status: int
    body: bytes
    again: bool


def answer_once(
    workspace: Workspace, caller: str, key: str, about: str, work: Callable[[], tuple[int, bytes]]
) -> Answered:
    """What `work` answers, or what it answered a day ago at most under the same key of the same caller.

    What is refused is not kept: it may be asked for again.

    Parameters
    ----------
    about
        A digest of the whole request.

    Raises
    ------
    BadInput
        If the key stands for another request, or somebody works at it.
    """
    from tilth.runtime.replies import claim, release, settle

    database = workspace.database
    found = claim(database, caller, key, about, int(time.time()))
    if found is not None:
        if found.about != about:
            raise BadInput("API-KEY-OTHER", key=key)
        if found.under_way:
            raise BadInput("API-KEY-UNDER-WAY", key=key)
        return Answered(found.status, found.body, True)
    try:
        status, body = work()
    except BaseException:
        release(database, caller, key)
        raise
    settle(database, caller, key, about, status, body, int(time.time()))
    return Answered(status, body, False)
