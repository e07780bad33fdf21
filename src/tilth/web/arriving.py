"""A body must arrive: not later than a while after the part before, and on the whole not slower than a bad line."""

from __future__ import annotations

import asyncio
from time import monotonic

from starlette.types import Message, Receive

#: Longest wait for the next part of a body, and for a body of so few bytes as to be no upload. [s]
IDLE_S, GRACE_S = 20.0, 60.0
#: After that, a body must have come at this pace on average. [bytes/s]
SLOWEST = 4096


class SlowError(Exception):
    """A body that does not arrive: the connection is held by somebody who sends next to nothing."""


def in_time(receive: Receive) -> Receive:
    """`receive`, but `SlowError` while a body comes too slowly. What comes after the body may take its time."""
    begun, taken, over = monotonic(), 0, False

    async def next_part() -> Message:
        nonlocal taken, over
        if over:
            return await receive()
        left = GRACE_S + taken / SLOWEST - (monotonic() - begun)
        try:
            async with asyncio.timeout(max(0.0, min(IDLE_S, left))):
                part = await receive()
        except TimeoutError as error:
            raise SlowError from error
        taken += len(part.get("body", b""))
        over = not part.get("more_body", False)
        return part

    return next_part
