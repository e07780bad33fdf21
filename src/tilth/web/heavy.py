"""Work that keeps a processor busy for a while: done by a few at a time, so that what is quick need not wait for it.

The threads of one process take turns at the interpreter. With as many at heavy work as there are people who ask for it,
each gets on no faster, and whoever asks for something quick waits for all of them at every turn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request

_T = TypeVar("_T")
#: So many pieces of heavy work are done at a time; others wait in line, in the order in which they came.
AT_A_TIME = 2
#: How long a thread may keep the interpreter where another waits for it. [s]
TURN_S = 0.0005


async def heavily(request: Request, work: Callable[[], _T]) -> _T:
    """What `work` gives, done by a thread when it is its turn."""
    state = request.app.state
    if not hasattr(state, "heavy"):
        state.heavy = CapacityLimiter(AT_A_TIME)
    return await run_sync(work, limiter=state.heavy)


def short_turns() -> None:
    """Let threads of this process take turns more often than they do by themselves: for servers."""
    sys.setswitchinterval(TURN_S)
