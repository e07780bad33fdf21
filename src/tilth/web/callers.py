"""Who asks, as a request shows it; and what was found of them a moment ago."""

from __future__ import annotations

import asyncio
from hashlib import sha256
from hmac import compare_digest
from time import monotonic
from typing import NamedTuple

from starlette.types import Scope

from tilth import api
from tilth.core import TilthError
from tilth.identity import Caller, Remembered
from tilth.runtime import Workspace

#: What the browser says of the page that asks, where it is ours or the address was typed in.
OUR_PAGES = ("same-origin", "none")
#: While quick answers are asked for, it is looked so often whether anything changed; for so long after the last. [s]
_LOOK_S, _GOES_ON_S = 0.4, 60.0


class Shown(NamedTuple):
    """Somebody known, by a session or a token."""

    caller: Caller
    csrf: str | None  # what pages of their session send along with a change; None of a program, which has a token

    def may_change(self, site: str, sent: str) -> bool:
        """Is a change asked for by themselves: not by a page of another site?

        Parameters
        ----------
        site, sent
            The headers `Sec-Fetch-Site` (of our pages, without) and `X-CSRF-Token`.
        """
        return site in OUR_PAGES and (self.csrf is None or compare_digest(sent.encode(), self.csrf.encode()))


def who_of(scope: Scope) -> bytes:
    """A digest of all by which a caller is known: the same for nobody else."""
    client = scope["client"][0] if scope.get("client") else ""
    digest = sha256(f"{scope['scheme']} {client} ".encode())
    for name, value in scope["headers"]:
        if name in (b"cookie", b"authorization"):
            digest.update(b"%s %d %s" % (name, len(value), value))
    return digest.digest()


class Looking:
    """Sees behind the scenes whether anything changed, while quick answers are asked for: who asks next need not wait
    for that."""

    def __init__(self, workspace: Workspace, callers: Remembered[Shown]) -> None:
        self._workspace, self._callers = workspace, callers
        self._used = self._looked = float("-inf")
        self._under_way = False

    def used(self) -> None:
        """Something was answered from what is known."""
        self._used = monotonic()
        self.go_on()

    def go_on(self) -> None:
        """Look again if it is time; called for every request."""
        now = monotonic()
        if self._under_way or now - self._looked <= _LOOK_S or now - self._used > _GOES_ON_S:
            return
        self._under_way, self._looked = True, now
        asyncio.get_running_loop().run_in_executor(None, self._look)

    def _look(self) -> None:
        try:
            self._callers.look()
            api.look_again(self._workspace)
            api.look_under_again(self._workspace)
        except TilthError:  # the next who asks is told
            pass
        finally:
            self._under_way = False
